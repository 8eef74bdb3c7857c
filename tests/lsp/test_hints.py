"""Shapes beside the lines, in whole answers: each hint is written where it stands, `⟨…⟩`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types

from tests.support.lsp_client import Editor

WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 1000, "character": 0}}


def hints(editor: Editor, uri: str, range_: object = WHOLE) -> Any:
    return editor.ask("textDocument/inlayHint", {"textDocument": {"uri": uri}, "range": range_})


def shown(editor: Editor, text: str, uri: str | None = None) -> str:
    """A text with its hints in place, as an editor shows it."""
    lines = text.split("\n")
    found = hints(editor, uri or editor.open(text))
    for hint in sorted(found, key=lambda each: tuple(each["position"].values()), reverse=True):
        line, units = hint["position"]["line"], hint["position"]["character"]
        assert (hint["kind"], hint["paddingLeft"]) == (1, True)
        before = lines[line].encode("utf-16-le")[: 2 * units].decode("utf-16-le")
        lines[line] = f"{before} ⟨{hint['label']}⟩{lines[line][len(before) :]}"
    return "\n".join(lines)


def without(text: str) -> str:
    """The text without its hints."""
    return re.sub(r" ⟨[^⟩]*⟩", "", text)


CASES = {
    "a chain": """\
netspec: 1
input: [28, 28, 1] ⟨28×28×1⟩
layers:
  - conv: {filters: 6, kernel_size: 5, padding: same} # a comment ⟨28×28×6⟩
  - pool ⟨14×14×6⟩
  - conv: {filters: 16, kernel_size: 5} ⟨10×10×16⟩
  - flatten ⟨1600⟩
  - dense: ⟨10⟩
      units: 10
      activation: softmax
""",
    "inputs by name, some sizes unknown": """\
netspec: 1
inputs:
  image: [null, null, 3] ⟨?×?×3⟩
  words: {shape: [20], dtype: int32} ⟨20⟩
layers:
  - conv: {from: image, filters: 4, kernel_size: 3} ⟨?×?×4⟩
  - global_pool: {name: seen} ⟨4⟩
  - embedding: {from: words, input_dim: 10, output_dim: 4} ⟨20×4⟩
  - global_pool: {name: read} ⟨4⟩
  - concat: {from: [seen, read]} ⟨8⟩
""",
    "repetitions": """\
netspec: 1
input: [32, 32, 3] ⟨32×32×3⟩
layers:
  - conv: {filters: 8 * 2 ** $index, kernel_size: 3, padding: same, repeat: 3} ⟨32×32×8 → 32×32×32⟩
  - pool: {repeat: 2} ⟨16×16×32 → 8×8×32⟩
  - relu: {repeat: 3} ⟨8×8×32⟩
  - relu: {repeat: 0}
  - relu: {when: false}
""",
    "blocks": """\
netspec: 1
input: [32, 32, 8] ⟨32×32×8⟩
blocks:
  Twice: ⟨16×16×8 (+2)⟩
    params: {filters: }
    layers:
      - conv: {filters: $filters, kernel_size: 3, padding: same, repeat: 2} ⟨32×32×8 (+2)⟩
      - pool ⟨16×16×8 (+2)⟩
  Grows: ⟨2×2×32⟩
    layers:
      - conv: {filters: 16 * 2 ** $index, kernel_size: 1, repeat: 2} ⟨4×4×16 → 4×4×32⟩
      - pool ⟨2×2×32⟩
  Idle:
    layers: [relu]
layers:
  - Twice: 8 ⟨16×16×8⟩
  - Twice: {filters: 16 * 2 ** $index, repeat: 2} ⟨8×8×16 → 4×4×32⟩
  - Grows ⟨2×2×32⟩
""",
    "compositions": """\
netspec: 1
input: [32, 32, 8] ⟨32×32×8⟩
layers:
  - inception: {1x1: 4, 3x3: [4, 8], pool: max} ⟨32×32×20⟩
  - inception: ⟨32×32×56⟩
      branches:
        narrow: [{1x1: 16}] ⟨32×32×16⟩
        wide: [{1x1: 4} ⟨32×32×4⟩, relu ⟨32×32×4⟩, {conv: {filters: 8, kernel_size: 3, padding: same}} ⟨32×32×8⟩]
        none: []
        pool:
          - pool: {pool_size: 3, strides: 1, padding: same} ⟨32×32×20⟩
          - 1x1: 12 ⟨32×32×12⟩
  - skip: ⟨16×16×8⟩
      shortcut: project
      body:
        - conv: {filters: 8, kernel_size: 3, strides: 2, padding: same} ⟨16×16×8⟩
        - batch_norm ⟨16×16×8⟩
  - head: {name: aux, body: [{global_pool: avg} ⟨8⟩, {dense: 2} ⟨2⟩]} ⟨2⟩
  - skip: [{1x1: 8} ⟨16×16×8⟩, relu ⟨16×16×8⟩] ⟨16×16×8⟩
""",
    "UTF-16 and JSON's brackets": """\
{"netspec": 1, "input": [8] ⟨8⟩, "description": "😀",
 "layers": [{"dense": 4} ⟨4⟩, "relu" ⟨4⟩, {"dense": {"name": "é😀", "units": 3}} ⟨3⟩]}
""",
    "a merge that does not fit": """\
netspec: 1
input: [32, 32, 16] ⟨32×32×16⟩
layers:
  - skip: ⟨≈32×32×16⟩
      - conv: {filters: 16, kernel_size: 3, padding: same} ⟨32×32×16⟩
      - conv: {filters: 6, kernel_size: 3, padding: same} ⟨32×32×6⟩
  - relu ⟨≈32×32×16⟩
  - global_pool ⟨≈16⟩
""",
    "branches that do not fit have what most agree on, and their channels together": """\
netspec: 1
input: [28, 28, 16] ⟨28×28×16⟩
layers:
  - inception: ⟨≈28×28×24⟩
      branches:
        a: [{1x1: 4}] ⟨28×28×4⟩
        b: [{conv: {filters: 8, kernel_size: 3}}] ⟨26×26×8⟩
        c: [{conv: {filters: 12, kernel_size: 5, padding: same}}] ⟨28×28×12⟩
  - relu ⟨≈28×28×24⟩
  - flatten ⟨≈18816⟩
  - dense: 10 ⟨≈10⟩
  - skip: [relu ⟨≈10⟩, {dense: 4} ⟨≈4⟩] ⟨≈10⟩
  - dense: 3 ⟨≈3⟩
""",
    "of two branches the larger one counts": """\
netspec: 1
input: [9, 9, 2] ⟨9×9×2⟩
layers:
  - inception: ⟨≈9×9×8⟩
      branches:
        pooled: [{pool: {pool_size: 3, strides: 1}} ⟨7×7×2⟩, {1x1: 4} ⟨7×7×4⟩]
        narrow: [{1x1: 4}] ⟨9×9×4⟩
  - global_pool ⟨≈8⟩
""",
    "what is wrong, and what follows": """\
netspec: 1
input: [10, 10, 1] ⟨10×10×1⟩
layers:
  - relu ⟨10×10×1⟩
  - conv: {filters: 4, kernel_size: 3, strides: 2} ⟨≈4×4×4⟩
  - global_pool ⟨≈4⟩
  - dense: 3 ⟨≈3⟩
  - cov: {filters: 3}
  - relu ⟨≈3⟩
  - conv: {filters: 3, kernel_size: 3}
  - relu ⟨≈3⟩
""",
}


@pytest.mark.parametrize("case", CASES)
def test_hints(editor: Editor, case: str) -> None:
    expected = CASES[case]
    assert shown(editor, without(expected)) == expected


TEXT = without(CASES["a chain"])


def test_only_of_the_lines_asked_for(editor: Editor) -> None:
    some = {"start": {"line": 4, "character": 0}, "end": {"line": 5, "character": 3}}
    assert [(hint["position"]["line"], hint["label"]) for hint in hints(editor, editor.open(TEXT), some)] == [
        (4, "14×14×6"),
        (5, "10×10×16"),
    ]


def test_a_whole_answer(editor: Editor) -> None:
    some = {"start": {"line": 3, "character": 0}, "end": {"line": 3, "character": 0}}
    assert hints(editor, editor.open(TEXT), some) == [
        {
            "position": {"line": 3, "character": 65},
            "label": "28×28×6",
            "kind": 1,
            "paddingLeft": True,
            "tooltip": {
                "kind": "markdown",
                "value": "`conv_1`: 28 x 28 x 6, float32\n\n"
                "156 parameters, 117,600 MACs, receptive field 5 x 5 in steps of 1",
            },
        }
    ]


COSTS = """\
netspec: 1
input: [8, 8, 3]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same, repeat: 2}
  - batch_norm
  - skip:
      shortcut: project
      body:
        - pool
  - relu: {repeat: 10}
  - dense: 1
"""


def test_tooltips(editor: Editor) -> None:
    found = {hint["position"]["line"]: hint["tooltip"]["value"] for hint in hints(editor, editor.open(COSTS))}
    assert found == {
        1: "`input`: 8 x 8 x 3, float32\n\n0 parameters, 0 MACs, receptive field 1 x 1 in steps of 1",
        3: "- `conv_1`: 8 x 8 x 4, float32\n- `conv_2`: 8 x 8 x 4, float32\n\n260 parameters, 16,128 MACs",
        4: "`batch_norm_1`: 8 x 8 x 4, float32\n\n"
        "16 parameters (8 non-trainable), 0 MACs, receptive field 5 x 5 in steps of 1",
        5: "`skip_1`: 4 x 4 x 4, float32\n\n20 parameters, 256 MACs, receptive field 6 x 6 in steps of 2",
        8: "`skip_1.pool_1`: 4 x 4 x 4, float32\n\n0 parameters, 0 MACs, receptive field 6 x 6 in steps of 2",
        9: "\n".join(f"- `relu_{n}`: 4 x 4 x 4, float32" for n in range(1, 9))
        + "\n- … and 2 more\n\n0 parameters, 0 MACs, receptive field 6 x 6 in steps of 2",
        10: "`dense_1`: 4 x 4 x 1, float32\n\n5 parameters, 64 MACs, receptive field 6 x 6 in steps of 2",
    }


def test_costs_by_setting(editor: Editor) -> None:
    uri = editor.open(COSTS)
    editor.notify("workspace/didChangeConfiguration", {"settings": {"netspec": {"hints": {"costs": True}}}})
    assert [hint["label"] for hint in hints(editor, uri)] == [
        "8×8×3",
        "8×8×4 · 260 · 16.1 k MACs",
        "8×8×4 · 16",
        "4×4×4 · 20 · 256 MACs",
        "4×4×4",
        "4×4×4",
        "4×4×1 · 5 · 64 MACs",
    ]
    editor.notify("workspace/didChangeConfiguration", {"settings": {}})
    assert [hint["label"] for hint in hints(editor, uri)][1] == "8×8×4"


def test_of_another_variant(editor: Editor) -> None:
    text = """\
netspec: 1
params: {units: 4}
variants: {large: {units: 400}}
input: [8]
layers:
  - dense: $units
"""
    uri = editor.open(text)
    assert [hint["label"] for hint in hints(editor, uri)] == ["8", "4"]
    editor.ask("workspace/executeCommand", {"command": "netspec.variant", "arguments": [uri, "large"]})
    assert [hint["label"] for hint in hints(editor, uri)] == ["8", "400"]


def test_what_is_half_written_has_none_and_what_is_whole_has_its_own(editor: Editor) -> None:
    assert hints(editor, editor.open("netspec: 1\nlayers: [\n")) == []
    text = """\
netspec: 1
input: [8, 8, 3] ⟨8×8×3⟩
layers:
  - conv: {filters: 4, kernel_size: 3} ⟨6×6×4⟩
  - po
  - separable_conv: {filters: 4, kernel_size:
  - relu ⟨≈6×6×4⟩
"""
    assert shown(editor, without(text)) == text


@pytest.fixture(scope="module")
def lazy() -> Iterator[Editor]:
    """An editor without Markdown that asks for tooltips when they are shown, and takes hints anew when told to."""
    capabilities = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            inlay_hint=types.InlayHintClientCapabilities(
                resolve_support=types.ClientInlayHintResolveOptions(properties=["tooltip"])
            ),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.PlainText]),
        ),
        workspace=types.WorkspaceClientCapabilities(
            inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
        ),
    )
    made = Editor(capabilities)
    yield made
    assert made.leave() == 0
    assert made.log == []


def test_a_tooltip_when_it_is_shown(lazy: Editor) -> None:
    uri = lazy.open(COSTS)
    hint = hints(lazy, uri)[1]
    assert hint == {
        "position": {"line": 3, "character": 64},
        "label": "8×8×4",
        "kind": 1,
        "paddingLeft": True,
        "data": {"uri": uri, "span": [4, 5, 4, 9]},
    }
    assert lazy.ask("inlayHint/resolve", hint) == {
        **hint,
        "tooltip": "- conv_1: 8 x 8 x 4, float32\n- conv_2: 8 x 8 x 4, float32\n260 parameters, 16,128 MACs",
    }
    lazy.type(uri, {"text": "netspec: 1\ninput: [1]\nlayers: [relu]\n"})
    assert lazy.ask("inlayHint/resolve", hint) == hint


def test_hints_are_taken_anew_when_the_setting_changes(lazy: Editor) -> None:
    lazy.refreshed.clear()
    lazy.notify("workspace/didChangeConfiguration", {"settings": {"netspec": {"hints": {"costs": True}}}})
    lazy.notify("workspace/didChangeConfiguration", {"settings": None})
    lazy.published(lazy.open(TEXT))
    assert lazy.refreshed == ["workspace/inlayHint/refresh"] * 2
