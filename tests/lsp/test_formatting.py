"""A text's layout, asked for by an editor."""

from __future__ import annotations

from typing import Any

from tests.lsp.test_actions import edited
from tests.support.lsp_client import Editor

OPTIONS = {"tabSize": 4, "insertSpaces": False}  # of the editor; a spec's layout is its own


def formatted(editor: Editor, uri: str, lines: tuple[int, int] | None = None) -> Any:
    """The edits for a text, or for some of its lines from 0, the last excluded."""
    params: dict[str, Any] = {"textDocument": {"uri": uri}, "options": OPTIONS}
    if lines is None:
        return editor.ask("textDocument/formatting", params)
    params["range"] = {"start": {"line": lines[0], "character": 0}, "end": {"line": lines[1], "character": 0}}
    return editor.ask("textDocument/rangeFormatting", params)


UGLY = "netspec:   1\ninput: [8,8, 1]\nlayers:\n- relu # é🙂\n-   relu\n"


def test_a_text(editor: Editor) -> None:
    uri = editor.open(UGLY)
    edits = formatted(editor, uri)
    assert edited(UGLY, edits) == "netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - relu   # é🙂\n  - relu\n"
    assert all(edit["range"]["start"]["line"] != 2 for edit in edits)  # that line stays


def test_a_text_without_a_line_end(editor: Editor) -> None:
    text = "netspec: 1\ninput: [8]\nlayers: [relu]"
    uri = editor.open(text)
    assert edited(text, formatted(editor, uri)) == text + "\n"


def test_a_text_with_the_layout(editor: Editor) -> None:
    uri = editor.open("netspec: 1\ninput: [8]\nlayers: [relu]\n")
    assert formatted(editor, uri) == []


def test_windows_line_ends(editor: Editor) -> None:
    uri = editor.open("netspec: 1\r\ninput: [8]\r\nlayers:\r\n- relu\r\n- tanh\r\n")
    (edit,) = formatted(editor, uri)
    assert edit["newText"] == "  - relu\r\n  - tanh\r\n"


def test_some_lines(editor: Editor) -> None:
    uri = editor.open(UGLY)
    assert edited(UGLY, formatted(editor, uri, (0, 2))) == UGLY.replace("netspec:   1", "netspec: 1").replace(
        "8,8,", "8, 8,"
    )
    assert formatted(editor, uri, (3, 4)) == []  # the dash of one item alone cannot move


def test_a_half_written_text_stays(editor: Editor) -> None:
    uri = editor.open("netspec:   1\ninput: [8\n")
    assert formatted(editor, uri) is None
    assert formatted(editor, uri, (0, 1)) is None
