"""Neovim itself, with the settings of the documentation: it starts the server, shows its problems and takes them back."""

from __future__ import annotations

import shutil
import tomllib
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
local at = vim.lsp.util.make_position_params()
at.position = { line = 3, character = 61 }
at.newName = "root"
for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/rename", at, 30000)) do
  vim.lsp.util.apply_workspace_edit(answer.result, "utf-16")
end
said.renamed = { vim.fn.getline(4), vim.fn.getline(6) }
said.clients = #vim.lsp.buf_get_clients()
vim.fn.writefile({ vim.fn.json_encode(said) }, "said.json")
vim.cmd("qall!")
"""


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
    said = said_by(tmp_path, command, {"init.lua": settings("init.lua"), "session.lua": SESSION})
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
        "renamed": [
            "  - conv: {filters: 8, kernel_size: 3, padding: same, name: root}",
            "  - add: {from: [root, act]}",
        ],
        "clients": 1,
    }


def test_the_settings_for_helix_are_toml() -> None:
    read = tomllib.loads(settings("~/.config/helix/languages.toml"))
    server = read["language-server"]["netspec"]
    assert [server["command"], *server["args"]] == ["netspec", "lsp"]
    assert read["language"][0]["language-servers"] == ["netspec"]
