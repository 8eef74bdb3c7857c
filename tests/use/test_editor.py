"""`use` in an editor: problems, definitions, and another file that is edited."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from netspec.lsp.features import FEATURES as TABLE
from netspec.lsp.page import Client, Page
from netspec.lsp.rpc import Refused
from netspec.lsp.workspace import Workspace
from tests.support.lsp_client import WAIT, Editor, marked
from tests.use.test_use import BLOCKS, NET, change, project

__all__ = ["project"]


@pytest.fixture
def editor() -> Iterator[Editor]:
    made = Editor()
    yield made
    assert made.leave() == 0
    assert made.log == []


def uri(name: str) -> str:
    return Path(name).absolute().as_uri()


def opened(editor: Editor, text: str, name: str) -> str:
    return editor.open(text, name=str(Path(name).absolute()).lstrip("/"))


def test_a_problem_of_another_file_is_shown_where_it_is_used(project: Path, editor: Editor) -> None:
    change("parts/gates.yaml", "merge: multiply", "merging: multiply")
    opened(editor, NET, "net.yaml")
    (found,) = editor.published(uri("net.yaml"))
    gates = project / "parts" / "gates.yaml"
    assert found["message"] == f"{gates}:7:11: `skip` has no hyperparameter 'merging'; did you mean `merge`?"
    assert found["range"] == {"start": {"line": 3, "character": 2}, "end": {"line": 3, "character": 13}}
    (place,) = found["relatedInformation"]
    assert place["location"] == {
        "uri": uri("parts/gates.yaml"),
        "range": {"start": {"line": 6, "character": 10}, "end": {"line": 6, "character": 17}},
    }


def test_a_definition_leads_to_the_other_file(project: Path, editor: Editor) -> None:
    text, (at,) = marked(NET.replace("- Bottleneck: 8", "- Bottle‸neck: 8"))
    opened(editor, text, "net.yaml")
    (place,) = editor.at("textDocument/definition", uri("net.yaml"), at)
    assert place == {
        "uri": uri("blocks.yaml"),
        "range": {"start": {"line": 3, "character": 2}, "end": {"line": 3, "character": 12}},
    }
    found = editor.at("textDocument/documentHighlight", uri("net.yaml"), at)
    assert [each["range"]["start"]["line"] for each in found] == [3, 7, 8]


def test_an_edit_of_the_other_file_is_noticed_as_it_is_typed(project: Path, editor: Editor) -> None:
    opened(editor, NET, "net.yaml")
    assert editor.published(uri("net.yaml")) == []
    opened(editor, BLOCKS.replace("- relu", "- rellu"), "blocks.yaml")  # not saved
    wrong = []
    until = time.monotonic() + WAIT
    while not wrong and time.monotonic() < until:
        time.sleep(0.05)
        wrong = [each["code"] for each in editor.published(uri("net.yaml"))]
    assert wrong == ["NS201"]


def test_a_block_of_another_file_is_renamed_there(project: Path) -> None:
    page = Page(uri("net.yaml"), "netspec", 1, NET, Client())
    at = {"line": 7, "character": 6}
    with pytest.raises(Refused) as caught:
        TABLE["textDocument/prepareRename"].load()(page, {"position": at})
    assert str(caught.value) == "`Bottleneck` is a block of another file; rename it there, and where it is used"


# Every feature at every place, of a page that uses other files and of one whose other file is gone.
FEATURES = (
    "textDocument/hover",
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/prepareRename",
    "textDocument/prepareCallHierarchy",
)
WHOLE = (
    "textDocument/documentSymbol",
    "textDocument/foldingRange",
    "textDocument/codeLens",
    "textDocument/documentLink",
    "textDocument/semanticTokens/full",
)


@pytest.mark.parametrize(
    "text", [NET, NET.replace("- flatten", "- flat"), NET.replace("blocks.yaml", "none.yaml"), NET[:-4]]
)
def test_every_feature_answers_at_every_place(project: Path, text: str) -> None:
    workspace = Workspace(Client(), {})
    page = Page(uri("net.yaml"), "netspec", 1, text, Client(), workspace.text_at)
    workspace.pages[page.uri] = page
    lines = text.splitlines()
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": len(lines), "character": 0}}
    for method in WHOLE:
        TABLE[method].load()(page, {"textDocument": {"uri": page.uri}})
    hints = TABLE["textDocument/inlayHint"].load()(page, {"textDocument": {"uri": page.uri}, "range": whole})
    assert isinstance(hints, list)
    assert all(hint["position"]["line"] < len(lines) for hint in hints)
    for line, content in enumerate(lines):
        for character in range(0, len(content) + 1, 3):
            params = {
                "textDocument": {"uri": page.uri},
                "position": {"line": line, "character": character},
                "context": {},
            }
            for method in FEATURES:
                with suppress(Refused):
                    TABLE[method].load()(page, params)
            at = {"start": params["position"], "end": params["position"]}
            TABLE["textDocument/codeAction"].load()(page, {**params, "range": at, "context": {"diagnostics": []}})
