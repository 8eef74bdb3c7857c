"""The lines above a spec's sections, in whole answers."""

from __future__ import annotations

from typing import Any

from tests.support.lsp_client import Editor

TEXT = """\
netspec: 1
params: {width: 4}
variants:
  small: {width: 2}
  "1.5": {width: 6}
input: [8, 8, 1]
blocks:
  Conv:
    params: {filters: }
    layers: [{conv: {filters: $filters, kernel_size: 3}}, relu]
  Twice:
    layers: [{Conv: $width}, {Conv: $width}]
  Idle:
    layers: [relu]
  Absent:
    layers: [relu]
layers:
  - Conv: $width
  - Twice
  - Absent: {when: false}
"""


def lenses(editor: Editor, uri: str) -> Any:
    return editor.ask("textDocument/codeLens", {"textDocument": {"uri": uri}})


def at(line: int, start: int, end: int) -> dict[str, dict[str, int]]:
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def expected(uri: str, totals: str, chosen: str | None) -> list[dict[str, object]]:
    layers = at(16, 0, 6)
    return [
        {"range": layers, "command": {"title": totals, "command": ""}},
        *(
            {
                "range": layers,
                "command": {
                    "title": f"{'●' if name == chosen else '○'} {name or 'as written'}",
                    "command": "netspec.variant",
                    "arguments": [uri, name],
                },
            }
            for name in (None, "small", "1.5")
        ),
        {"range": at(7, 2, 6), "command": {"title": "3 uses", "command": ""}},
        {"range": at(10, 2, 7), "command": {"title": "1 use", "command": ""}},
        {"range": at(12, 2, 6), "command": {"title": "not used", "command": ""}},
        {"range": at(14, 2, 8), "command": {"title": "1 use, left out", "command": ""}},
    ]


def test_totals_variants_and_uses(editor: Editor) -> None:
    uri = editor.open(TEXT)
    assert lenses(editor, uri) == expected(uri, "336 parameters, 4.18 k MACs, 1.75 KiB of activations", None)
    editor.ask("workspace/executeCommand", {"command": "netspec.variant", "arguments": [uri, "small"]})
    small = expected(uri, "96 parameters, 1.37 k MACs, 896 B of activations", "small")
    assert lenses(editor, uri) == small
    editor.ask("workspace/executeCommand", {"command": "netspec.variant", "arguments": [uri, None]})
    assert lenses(editor, uri) == expected(uri, "336 parameters, 4.18 k MACs, 1.75 KiB of activations", None)


def titles(editor: Editor, text: str) -> list[str]:
    return [lens["command"]["title"] for lens in lenses(editor, editor.open(text))]


def test_a_block_that_is_made_more_often_than_it_is_written(editor: Editor) -> None:
    text = """\
netspec: 1
input: [8]
blocks: {Relu: {layers: [relu]}}
layers: [{Relu: {repeat: 3}}]
"""
    assert titles(editor, text) == ["0 parameters, 0 MACs, 96 B of activations", "1 use, made 3 times"]


def test_totals_of_what_is_not_known(editor: Editor) -> None:
    text = "netspec: 1\ninput: [null, 3]\nlayers: [{dense: 4}]\n"
    assert titles(editor, text) == ["16 parameters, MACs not known, activations not known"]


def test_totals_of_what_is_wrong(editor: Editor) -> None:
    text = "netspec: 1\ninput: [9, 3]\nlayers: [{dense: 4}, {conv: {filters: 1, kernel_size: 2, strides: 2}}]\n"
    assert titles(editor, text) == ["≈ 25 parameters, MACs not known, 160 B of activations"]
    assert titles(editor, "netspec: 1\ninput: [9, 3]\nlayers: []\n") == ["no output yet"]


def test_what_is_half_written(editor: Editor) -> None:
    assert titles(editor, "netspec: 1\nlayers: [\n") == ["no output yet"]
    text = "netspec: 1\ninput: [3]\nlayers:\n  - dense: 4\n  - dense: {units: 2, \n"
    assert titles(editor, text) == ["≈ 26 parameters, 20 MACs, 24 B of activations"]
