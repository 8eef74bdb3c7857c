"""Neovim itself, with the settings of the documentation: it starts the server, shows its problems and takes them back."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.editors.programs import said_by, settings

NEOVIM = shutil.which("nvim")

# Typed by a script in the editor: wait for the problem, mend it, wait until it is gone, ask for the shapes.
SESSION = r"""
local said = {}
local function wait_for(count)
  assert(vim.wait(30000, function() return #vim.diagnostic.get(0) == count end, 20), "no answer")
end
wait_for(1)
local problem = vim.diagnostic.get(0)[1]
said.filetype = vim.bo.filetype
said.problem = { problem.lnum, problem.col, problem.end_col, problem.severity, problem.code, problem.message, problem.source }
vim.api.nvim_win_set_cursor(0, { 5, 4 })
vim.cmd("normal! cerelu")
wait_for(0)
said.line = vim.api.nvim_get_current_line()
local answers = vim.lsp.buf_request_sync(0, "netspec/shapes", { textDocument = vim.lsp.util.make_text_document_params() }, 30000)
for _, answer in pairs(answers) do said.shapes = vim.tbl_map(function(node) return { node.line, node.name, node.output_shape } end, answer.result.nodes) end
local function beside()
  if vim.lsp.config then
    return vim.tbl_map(function(each) return { each.inlay_hint.position.line, each.inlay_hint.label } end, vim.lsp.inlay_hint.get())
  end
  local marks = vim.api.nvim_buf_get_extmarks(0, vim.api.nvim_create_namespace("netspec"), 0, -1, { details = true })
  return vim.tbl_map(function(mark) return { mark[2], vim.trim(mark[4].virt_text[1][1]) } end, marks)
end
vim.cmd("doautocmd TextChanged")  -- which comes when a key is waited for, and so never in a script
local function all_known()
  local found = beside()
  return #found == 6 and not vim.tbl_contains(vim.tbl_map(function(each) return vim.startswith(each[2], "≈") end, found), true)
end
assert(vim.wait(30000, all_known, 20), "no shapes beside the lines")
said.beside = beside()
local at = { textDocument = vim.lsp.util.make_text_document_params() }
at.position = { line = 3, character = 61 }
at.newName = "root"
for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/rename", at, 30000)) do
  vim.lsp.util.apply_workspace_edit(answer.result, "utf-16")
end
said.renamed = { vim.fn.getline(4), vim.fn.getline(6) }
said.clients = #(vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = 0 }) or vim.lsp.buf_get_clients())
vim.fn.writefile({ vim.fn.json_encode(said) }, "said.json")
vim.cmd("qall!")
"""


def versions() -> str:
    """Those for which the page has settings of its own, and of which this one is."""
    assert NEOVIM is not None
    said = subprocess.run([NEOVIM, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.match(r"NVIM v(\d+)\.(\d+)", said)
    assert found is not None, said
    return "0.11 or later" if (int(found[1]), int(found[2])) >= (0, 11) else "0.7 to 0.10"


@pytest.mark.skipif(NEOVIM is None, reason="needs Neovim")
def test_the_settings_of_the_page_in_neovim(tmp_path: Path) -> None:
    assert NEOVIM is not None
    command = [
        NEOVIM,
        "--headless",
        "-n",
        "-i",
        "NONE",
        "-u",
        "init.lua",
        "net.netspec.yaml",
        "-c",
        "luafile session.lua",
    ]
    said = said_by(tmp_path, command, {"init.lua": settings(f"init.lua ({versions()})"), "session.lua": SESSION})
    assert said == {
        "filetype": "netspec",
        "problem": [4, 4, 8, 1, "NS201", "there is no kind 'rleu'; did you mean `relu`?", "netspec"],
        "line": "  - relu: {name: act}  # é 😀",
        "shapes": [
            [4, "stem", [28, 28, 8]],
            [5, "act", [28, 28, 8]],
            [6, "add_1", [28, 28, 8]],
            [7, "flatten_1", [6272]],
            [8, "dense_1", [10]],
        ],
        "beside": [
            [1, "28×28×1"],
            [3, "28×28×8"],
            [4, "28×28×8"],
            [5, "28×28×8"],
            [6, "6272"],
            [7, "10"],
        ],
        "renamed": [
            "  - conv: {filters: 8, kernel_size: 3, padding: same, name: root}",
            "  - add: {from: [root, act]}",
        ],
        "clients": 1,
    }
