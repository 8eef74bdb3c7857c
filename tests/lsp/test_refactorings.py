"""Refactorings in brackets and in JSON, and uses that cannot be inlined with the reason: at marked places, through a real client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from lsprotocol import types

from netspec.pipeline import check_text
from netspec.refactoring.proving import same_network
from tests.support.lsp_client import Editor, marked
from tests.support.positions import edited

Json = Any

BRACKETS = """\
netspec: 1
input: [16, 16, 4]
blocks:
  Unit: {params: {filters: , depth: 1}, layers: [{1x1: {filters: $filters, name: first}}, relu]}
layers: [   # é🙂
  ‸{Un‸it: 4},   # 🙂 once
  {1x1: 4}, ‸relu, {1x1: 8}, relu,   # a pair
  {‸Unit: {filters: 4, repeat: 2, name: u}},
  ‸1x1: 4‸,
  {skip: {body: ‸[{U‸nit: {filters: 4, name: lender}}, {1‸x1: 4}]}},
  {Unit: {filters: 4, repeat: 2}},
]
"""
JSON = """\
{
  "netspec": 1, "input": [16, 16, 4],
  "blocks": {"Unit": {"params": {"filters": null}, "layers": [{"1x1": "$filters"}, "relu"]}},
  "layers": [
    {"Un‸it": 4},
    ‸{"1x1": 8}, "relu"‸, {"1x1": 4}, "relu",
    {"U‸nit": {"filters": 4, "repeat": 2, "share": "Unit_1"}},
    {"dense‸": {"units": 4}}
  ]
}
"""


@pytest.fixture(scope="module")
def telling() -> Iterator[Editor]:
    """An editor that shows what cannot be done, with the reason."""
    support = types.CodeActionClientCapabilities(disabled_support=True)
    made = Editor(types.ClientCapabilities(text_document=types.TextDocumentClientCapabilities(code_action=support)))
    yield made
    assert made.leave() == 0
    assert made.log == []


def asked(editor: Editor, text: str, start: Json, end: Json, *, name: str | None = None) -> tuple[str, list[Json]]:
    """The refactorings of a selection."""
    uri = editor.open(text, name=name, language="json" if name else "yaml")
    params = {
        "textDocument": {"uri": uri},
        "range": {"start": start, "end": end},
        "context": {"diagnostics": [], "only": ["refactor"]},
    }
    return uri, editor.ask("textDocument/codeAction", params)


def chosen(text: str, uri: str, actions: list[Json], title: str) -> str:
    """The text once an action has been chosen; the network is the same."""
    (action,) = [each for each in actions if each["title"] == title]
    new = edited(text, action["edit"])
    assert same_network(check_text(text, repairs=False), check_text(new, repairs=False))
    return new


TEXT, PLACES = marked(BRACKETS)
CASES: list[tuple[int, int, dict[str, dict[str, str]]]] = [
    (
        1,
        1,
        {
            "Inline `Unit`": {"  {Unit: 4},   # 🙂 once": "  {1x1: {filters: 4, name: first}}, relu,   # 🙂 once"},
            "Name `filters`": {"  {Unit: 4},   # 🙂 once": "  {Unit: {filters: 4}},   # 🙂 once"},
        },
    ),
    (
        3,
        3,
        {
            "Inline `Unit`": {
                "  {Unit: {filters: 4, repeat: 2, name: u}},": "  {1x1: {filters: 4, name: first_1}}, {relu: {name: u_1}}, "
                "{1x1: {filters: 4, name: first_2}}, {relu: {name: u_2}},",
            },
            "Write in lines": {
                "  {Unit: {filters: 4, repeat: 2, name: u}},": "  {Unit: {\n    filters: 4,\n    repeat: 2,\n    name: u\n  }},"
            },
        },
    ),
    (4, 5, {"Name `filters`": {"  1x1: 4,": "  1x1: {filters: 4},"}}),
    (
        8,
        8,
        {
            "Name `filters`": {
                "{skip: {body: [{Unit: {filters: 4, name: lender}}, {1x1: 4}]}}": "{skip: {body: [{Unit: {filters: 4, name: lender}}, "
                "{1x1: {filters: 4}}]}}",
            },
        },
    ),
]


def test_the_fixtures_are_right() -> None:
    for text in (TEXT, marked(JSON).text):
        assert not [problem.message for problem in check_text(text, repairs=False).problems if problem.is_error]


@pytest.mark.parametrize(("first", "last", "changes"), CASES)
def test_in_brackets(editor: Editor, first: int, last: int, changes: dict[str, dict[str, str]]) -> None:
    uri, actions = asked(editor, TEXT, PLACES[first], PLACES[last])
    for title, replaced in changes.items():
        ((old, new),) = replaced.items()
        assert old in TEXT
        assert chosen(TEXT, uri, actions, title) == TEXT.replace(old, new)


def test_all_that_is_offered_in_brackets(editor: Editor) -> None:
    offered = [[each["title"] for each in asked(editor, TEXT, place, place)[1]] for place in PLACES]
    inline = ["Inline `Unit`", "Inline all 4 uses of `Unit`"]
    assert offered == [
        [*inline, "Name `filters`", "Wrap in `skip`"],
        [*inline, "Name `filters`", "Wrap in `skip`"],
        ["Wrap in `skip`"],
        [*inline, "Write in lines"],
        ["Name `filters`", "Wrap in `skip`"],
        ["Name `filters`", "Wrap in `skip`"],
        ["Extract block `SkipBlock`", "Write in lines", "Unwrap `skip`", "Wrap in `skip`"],
        [*inline, "Wrap in `skip`"],
        ["Name `filters`", "Wrap in `skip`"],
    ]


IN_JSON: list[tuple[int, int, dict[str, dict[str, str]]]] = [
    (0, 0, {"Name `filters`": {'{"Unit": 4}': '{"Unit": {"filters": 4}}'}}),
    (
        1,
        2,
        {
            "Extract block `Conv1x1Block` (2 places)": {
                '"relu"]}},': '"relu"]}, "Conv1x1Block": {"params": {"filters": null}, "layers": [{"1x1": "$filters"}, "relu"]}},',
                '{"1x1": 8}, "relu", {"1x1": 4}, "relu",': '{"Conv1x1Block": 8}, {"Conv1x1Block": 4},',
            },
            "Extract block `Conv1x1Block` (here only)": {
                '"relu"]}},': '"relu"]}, "Conv1x1Block": {"layers": [{"1x1": 8}, "relu"]}},',
                '{"1x1": 8}, "relu", {"1x1": 4}, "relu",': '"Conv1x1Block", {"1x1": 4}, "relu",',
            },
        },
    ),
    (
        3,
        3,
        {
            "Inline `Unit`": {
                '{"Unit": {"filters": 4, "repeat": 2, "share": "Unit_1"}},': '{"1x1": {"filters": 4, "share": "Unit_1.conv1x1_1"}}, '
                '{"relu": {"share": "Unit_1.relu_1"}}, {"1x1": {"filters": 4, "share": "Unit_1.conv1x1_1"}}, '
                '{"relu": {"share": "Unit_1.relu_1"}},',
            },
            "Write in lines": {
                '{"Unit": {"filters": 4, "repeat": 2, "share": "Unit_1"}},': '{"Unit": {\n      "filters": 4,\n'
                '      "repeat": 2,\n      "share": "Unit_1"\n    }},',
            },
        },
    ),
    (4, 4, {"Write `dense: 4`": {'{"dense": {"units": 4}}': '{"dense": 4}'}}),
]


@pytest.mark.parametrize(("first", "last", "changes"), IN_JSON)
def test_in_json(editor: Editor, first: int, last: int, changes: dict[str, dict[str, str]]) -> None:
    text, places = marked(JSON)
    uri, actions = asked(editor, text, places[first], places[last], name=f"net{first}.netspec.json")
    for title, replaced in changes.items():
        expected = text
        for old, new in replaced.items():
            assert old in text
            expected = expected.replace(old, new)
        new = chosen(text, uri, actions, title)
        assert new == expected
        assert json.loads(new)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_selection_that_ends_before_a_node_does_not_hold_it(editor: Editor, column: int) -> None:
    text = """\
netspec: 1
input: [8, 8, 3]
layers:
  - 1x1: 4
  - relu
  - 1x1: 8
  - batch_norm
"""
    uri, actions = asked(editor, text, {"line": 3, "character": column}, {"line": 5, "character": column})
    (action,) = [each for each in actions if each["title"] == "Extract block `Conv1x1Block`"]
    assert action["edit"]["changes"][uri][-1] == {
        "range": {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 0}},
        "newText": "  - Conv1x1Block\n",
    }


def test_why_a_use_is_not_inlined(telling: Editor) -> None:
    text, (place,) = marked(
        "netspec: 1\nparams: {n: 2}\ninput: [8]\nblocks: {Two: {layers: [{dense: 4}, relu]}}\n"
        "layers: [tanh, {T‸wo: {repeat: 60}}]\n"
    )
    _, actions = asked(telling, text, place, place)
    assert actions[-1:] == [
        {
            "title": "Inline `Two`",
            "kind": "refactor.inline",
            "disabled": {"reason": "`repeat: 60` of 2 nodes, 60 times: at most 100 are written out"},
        }
    ]
