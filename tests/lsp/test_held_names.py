"""Names of nodes that params hold: where they are found, and renamed wherever they are given; through a real client."""

from __future__ import annotations

from typing import Any

import pytest

from netspec.pipeline import check_text
from tests.support.lsp_client import Editor, marked
from tests.support.positions import edited, stretch

Json = Any

SPEC = """\
netspec: 1
params: {source: st‸em, many: [stem, mid], deep: false}
variants: {deep: {source: m‸id}, other: {many: [mid, stem], deep: true}}
input: [8, 8, 4]
blocks:
  Join:
    params: {first: , side: stem, rest: $first}
    layers:
      - 1x1: 4
      - add: {from: [conv1x1_1, $si‸de, $rest]}
  Outer:
    params: {other: , stage: stage}
    layers:
      - 1x1: {filters: 4, name: m‸id}
      - Join: {first: $other, side: mid}
      - add: {from: [Join_1, "'stem' if $deep else 'mid'", "${stage}.inner"]}
layers:
  - 1x1: {filters: 4, name: stem}
  - 1x1: {filters: 4, name: mid}
  - skip: {name: stage, body: [{1x1: {filters: 4, name: in‸ner}}, relu]}   # é🙂
  - Join: st‸em
  - Outer: {other: mid}
  - Join: {first: "'stem' if $deep else 'mid'"}
  - add: {from: [Join_2, $source, "$many[1]"]}
  - concat: {from: "[$each for each in $many]", name: all}
  - add: {from: [add_1, all], when: false}
outputs: [$source, add_1, all]
"""
TEXT, PLACES = marked(SPEC)
DEFAULT, IN_VARIANT, PARAM, INSIDE, INNER, GIVEN = PLACES

STEM = (
    ["17:28-32"],
    ["1:17-21", "1:30-34", "2:52-56", "6:28-32", "15:31-35", "20:10-14", "22:20-24"],
)
MID = (
    ["18:28-31"],
    ["1:36-39", "2:26-29", "2:47-50", "21:19-22", "22:41-44"],
)
FOUND: list[tuple[Json, list[str], list[str]]] = [
    (DEFAULT, *STEM),
    (GIVEN, *STEM),
    (IN_VARIANT, *MID),
    (INSIDE, ["13:32-35"], ["14:36-39", "15:52-55"]),
    (INNER, ["19:56-61"], ["15:69-74"]),
    (PARAM, ["6:22-26"], ["9:33-37", "14:30-34"]),
]


def test_the_fixture_is_right() -> None:
    assert [problem.message for problem in check_text(TEXT, "net.netspec.yaml").problems] == []


@pytest.mark.parametrize(("at", "definitions", "uses"), FOUND)
def test_definition_references_and_highlights(
    editor: Editor, at: Json, definitions: list[str], uses: list[str]
) -> None:
    uri = editor.open(TEXT)
    assert [stretch(each["range"]) for each in editor.at("textDocument/definition", uri, at)] == definitions
    told = editor.at("textDocument/references", uri, at, context={"includeDeclaration": False})
    assert [stretch(each["range"]) for each in told] == uses
    marks = editor.at("textDocument/documentHighlight", uri, at)
    assert {stretch(each["range"]) for each in marks} == {*definitions, *uses}


RENAMED: list[tuple[Json, dict[int, str]]] = [
    (
        DEFAULT,
        {
            2: "params: {source: root, many: [root, mid], deep: false}",
            3: "variants: {deep: {source: mid}, other: {many: [mid, root], deep: true}}",
            7: "    params: {first: , side: root, rest: $first}",
            16: "      - add: {from: [Join_1, \"'root' if $deep else 'mid'\", \"${stage}.inner\"]}",
            18: "  - 1x1: {filters: 4, name: root}",
            21: "  - Join: root",
            23: "  - Join: {first: \"'root' if $deep else 'mid'\"}",
        },
    ),
    (
        INSIDE,
        {
            14: "      - 1x1: {filters: 4, name: root}",
            15: "      - Join: {first: $other, side: root}",
            16: "      - add: {from: [Join_1, \"'stem' if $deep else 'root'\", \"${stage}.inner\"]}",
        },
    ),
    (
        INNER,
        {
            16: "      - add: {from: [Join_1, \"'stem' if $deep else 'mid'\", \"${stage}.root\"]}",
            20: "  - skip: {name: stage, body: [{1x1: {filters: 4, name: root}}, relu]}   # é🙂",
        },
    ),
    (
        PARAM,
        {
            7: "    params: {first: , root: stem, rest: $first}",
            10: "      - add: {from: [conv1x1_1, $root, $rest]}",
            15: "      - Join: {first: $other, root: mid}",
        },
    ),
]


@pytest.mark.parametrize(("at", "lines"), RENAMED)
def test_a_rename_changes_what_params_hold(editor: Editor, at: Json, lines: dict[int, str]) -> None:
    text = edited(TEXT, editor.at("textDocument/rename", editor.open(TEXT), at, newName="root"))
    both = zip(TEXT.split("\n"), text.split("\n"), strict=True)
    changed = {number: new for number, (old, new) in enumerate(both, 1) if old != new}
    assert changed == lines
    for variant in (None, "deep", "other"):
        before, after = (check_text(each, "x", variant=variant, repairs=False) for each in (TEXT, text))
        assert before.graph is not None
        assert after.graph is not None
        assert [(node.kind_name, node.inputs, node.shape) for node in after.graph.nodes] == [
            (node.kind_name, node.inputs, node.shape) for node in before.graph.nodes
        ]
        assert after.problems == before.problems == ()


def test_a_node_without_a_name_gets_one_in_json(editor: Editor) -> None:
    text, (first, second) = marked(
        '{"netspec": 1, "params": {"n": 4}, "input": [8], "layers": [\n  "relu", {"dense": "2 * $n"},\n'
        '  {"add": {"from": ["re‸lu_1", "den‸se_1"]}}]}\n'
    )
    uri = editor.open(text, name="named.netspec.json", language="json")
    new = edited(text, editor.at("textDocument/rename", uri, first, newName="start"))
    assert new == text.replace('"relu",', '{"relu": {"name": "start"}},').replace('"relu_1"', '"start"')
    new = edited(text, editor.at("textDocument/rename", uri, second, newName="wide"))
    assert new == text.replace('"2 * $n"', '{"units": "2 * $n", "name": "wide"}').replace('"dense_1"', '"wide"')
