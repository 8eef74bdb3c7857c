"""Nodes in brackets, on one line and on several, and in JSON: what is offered there, and what becomes of the text."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from netspec.pipeline import Spec, check, check_text
from netspec.refactoring import Refactoring, refactorings
from netspec.refactoring.bodies import Layout
from netspec.refactoring.proving import same_network
from netspec.syntax.edits import apply
from netspec.syntax.tree import span_of
from tests.support.bracketed import as_json, in_brackets

ZOO = sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml"))
HEAD = "netspec: 1\ninput: [16, 16, 3]\n"


def offered(text: str) -> tuple[str, dict[str, Refactoring]]:
    """A text without its marks `‸`, and what is offered for what stands between them; one mark is a cursor."""
    first, last = text.index("‸"), text.rindex("‸")
    plain = text.replace("‸", "")
    places = []
    for at in (first, max(last - 1, first)):
        line = plain.count("\n", 0, at)
        places.append((line + 1, at - plain.rfind("\n", 0, at)))
    (line, column), (end_line, end_column) = places
    spec = check_text(plain, repairs=False)
    assert spec.graph is not None
    return plain, {each.title: each for each in refactorings(spec, line, end_line, columns=(column, end_column))}


def done(text: str, title: str) -> str:
    """The text once something has been done to what is marked."""
    plain, found = offered(text)
    assert title in found, [*found]
    return apply(plain, found[title].edits)


ONE_LINE = HEAD + "layers: [‸{1x1: 8}, relu‸, {1x1: 16}, relu, global_pool]   # all\n"
LINES = (
    HEAD
    + """\
layers: [
  # edges
  ‸{conv: {filters: 8, kernel_size: 3, padding: same}},   # first
  {relu: {name: here}}‸,
  {conv: {filters: 16, kernel_size: 3, padding: same}},   # second
  relu,
  {global_pool: {from: here}},
]
"""
)
JSON = """\
{
  "netspec": 1,
  "input": [16, 16, 3],
  "layers": [
    ‸{"conv": {"filters": 8, "kernel_size": 3, "padding": "same"}},
    {"relu": {"name": "here"}}‸,
    {"conv": {"filters": 16, "kernel_size": 3, "padding": "same"}},
    "relu",
    {"global_pool": {"from": "here"}}
  ]
}
"""
BLOCKS_JSON = """\
{
  "netspec": 1,
  "params": {"base": 4},
  "input": [16, 16, 3],
  "blocks": {
    "Down": {
      "params": {"filters": null, "scale": "2 * $base"},
      "layers": [
        {"conv": {"filters": "$filters * 2", "kernel_size": 3, "name": "window"}},
        {"1x1": "$scale"},
        "relu"
      ]
    }
  },
  "layers": [
    {"‸Down": 8},
    {"Down": {"filters": 16, "name": "last"}},
    {"global_pool": {"from": "last"}}
  ]
}
"""


def test_extract_on_one_line() -> None:
    assert done(ONE_LINE, "Extract block `Conv1x1Block` (2 places)") == HEAD + (
        "blocks:\n  Conv1x1Block:\n    params: {filters: }\n    layers: [{1x1: $filters}, relu]\n\n"
        "layers: [{Conv1x1Block: 8}, {Conv1x1Block: 16}, global_pool]   # all\n"
    )
    assert done(ONE_LINE, "Extract block `Conv1x1Block` (here only)") == HEAD + (
        "blocks:\n  Conv1x1Block:\n    layers: [{1x1: 8}, relu]\n\n"
        "layers: [Conv1x1Block, {1x1: 16}, relu, global_pool]   # all\n"
    )


def test_extract_over_several_lines_keeps_comments_and_layout() -> None:
    assert done(LINES, "Extract block `ConvBlock` (2 places)") == HEAD + (
        "blocks:\n  ConvBlock:\n    params: {filters: }\n"
        "    layers: [{conv: {filters: $filters, kernel_size: 3, padding: same}},   # first\n"
        "             relu]\n\n"
        "layers: [\n  # edges\n  {ConvBlock: {name: here, filters: 8}},\n  # second\n  {ConvBlock: 16},\n"
        "  {global_pool: {from: here}},\n]\n"
    )


def test_extract_in_json() -> None:
    assert (
        done(JSON, "Extract block `ConvBlock` (2 places)")
        == """\
{
  "netspec": 1,
  "input": [16, 16, 3],
  "blocks": {
    "ConvBlock": {
      "params": {"filters": null},
      "layers": [
        {"conv": {"filters": "$filters", "kernel_size": 3, "padding": "same"}},
        "relu"
      ]
    }
  },
  "layers": [
    {"ConvBlock": {"name": "here", "filters": 8}},
    {"ConvBlock": 16},
    {"global_pool": {"from": "here"}}
  ]
}
"""
    )


def test_extract_beside_other_blocks_in_json() -> None:
    text = BLOCKS_JSON.replace("‸", "").replace('{"Down": 8},', '{"Down": 8}, ‸{"1x1": 4}, "relu"‸,')
    assert done(text, "Extract block `Conv1x1Block` (here only)") == text.replace("‸", "").replace(
        '{"1x1": 4}, "relu",', '"Conv1x1Block",'
    ).replace(
        '        "relu"\n      ]\n    }\n  },\n',
        '        "relu"\n      ]\n    },\n    "Conv1x1Block": {\n      "layers": [\n'
        '        {"1x1": 4}, "relu"\n      ]\n    }\n  },\n',
    )


def test_extract_in_a_text_of_one_line() -> None:
    text = '{"netspec": 1, "input": [8], "layers": [‸{"dense": 4}, "relu"‸, {"dense": 8}, "relu"]}'
    assert done(text, "Extract block `DenseBlock` (2 places)") == (
        '{"netspec": 1, "input": [8], "blocks": {"DenseBlock": {"params": {"units": null}, '
        '"layers": [{"dense": "$units"}, "relu"]}}, "layers": [{"DenseBlock": 4}, {"DenseBlock": 8}]}'
    )


def test_like_places_in_lines_and_in_brackets() -> None:
    text = HEAD + (
        "blocks: {Old: {layers: [relu]}}\nlayers:\n  ‸- 1x1: 4   # why\n  - relu‸\n  - Old\n"
        "  - skip: [{1x1: 6}, relu, {1x1: 4}]\n"
    )
    assert done(text, "Extract block `Conv1x1Block` (2 places)") == HEAD + (
        "blocks: {Old: {layers: [relu]}, Conv1x1Block: {params: {filters: }, layers: [{1x1: $filters}, relu]}}\n"
        "layers:\n  # why\n  - Conv1x1Block: 4\n  - Old\n  - skip: [{Conv1x1Block: 6}, {1x1: 4}]\n"
    )


def test_inline_in_json() -> None:
    assert done(BLOCKS_JSON, "Inline `Down`") == BLOCKS_JSON.replace(
        '{"‸Down": 8},',
        '{"conv": {"filters": 16, "kernel_size": 3, "name": "window"}},\n    {"1x1": "2 * $base"},\n    "relu",',
    )
    text = BLOCKS_JSON.replace(', "name": "window"', "")
    assert (
        done(text, "Inline all 2 uses of `Down`")
        == """\
{
  "netspec": 1,
  "params": {"base": 4},
  "input": [16, 16, 3],
  "layers": [
    {"conv": {"filters": 16, "kernel_size": 3}},
    {"1x1": "2 * $base"},
    "relu",
    {"conv": {"filters": 32, "kernel_size": 3}},
    {"1x1": "2 * $base"},
    {"relu": {"name": "last"}},
    {"global_pool": {"from": "last"}}
  ]
}
"""
    )


def test_inline_from_lines_into_brackets() -> None:
    text = HEAD + (
        "blocks:\n  Two:\n    layers:\n      # why\n      - 1x1:   # four\n          filters: 4\n      - relu\n\n"
        "layers: [batch_norm, ‸Two, relu]\n"
    )
    assert done(text, "Inline `Two`") == HEAD + (
        "layers: [batch_norm,\n         # why\n         # four\n         {1x1: {filters: 4}}, relu, relu]\n"
    )


def test_inline_from_brackets_into_lines() -> None:
    text = HEAD + (
        "blocks:\n  Two:\n    layers: [{1x1: 4},   # four\n      relu]\n  One: {layers: [relu]}\nlayers:\n  - ‸Two\n  - One\n"
    )
    assert done(text, "Inline `Two`") == HEAD + (
        "blocks:\n  One: {layers: [relu]}\nlayers:\n  - 1x1: 4   # four\n  - relu\n  - One\n"
    )


def test_wrap_and_unwrap() -> None:
    text = HEAD + "layers: [{1x1: 4}, ‸relu, {1x1: 4}‸]   # c\n"
    wrapped = HEAD + "layers: [{1x1: 4}, {‸skip: [relu, {1x1: 4}]}]   # c\n"
    assert done(text, "Wrap in `skip`") == wrapped.replace("‸", "")
    assert done(wrapped, "Unwrap `skip`") == text.replace("‸", "")
    in_json = JSON.replace("‸", "").replace('    "relu",', '    ‸"relu",')
    assert done(in_json, "Wrap in `skip`") == in_json.replace('‸"relu"', '{"skip": ["relu"]}')
    spread = HEAD + "layers: [\n  {1x1: 4},\n  {sk‸ip: {body: [relu,   # a\n    {1x1: 4}], merge: add}},   # b\n]\n"
    assert done(spread, "Unwrap `skip`") == HEAD + ("layers: [\n  {1x1: 4},\n  relu,   # a\n  {1x1: 4},   # b\n]\n")


def test_forms() -> None:
    text = HEAD + "layers: [\n  {co‸nv: {filters: 4, kernel_size: 3}}, {1x1: 4}, {relu: {}}\n]   # c\n"
    spread = HEAD + "layers: [\n  {co‸nv: {\n    filters: 4,\n    kernel_size: 3\n  }}, {1x1: 4}, {relu: {}}\n]   # c\n"
    assert done(text, "Write in lines") == spread.replace("‸", "")
    assert done(spread, "Write on one line") == text.replace("‸", "")
    assert "Write in lines" not in offered(text.replace("[\n  ", "["))[1]  # in the middle of a line
    text = text.replace("‸", "")
    named = text.replace("{1x1: 4}", "{1x1: {filters: 4}}")
    assert done(text.replace("{1x1", "{‸1x1"), "Name `filters`") == named
    assert done(named.replace("{1x1", "{‸1x1"), "Write `1x1: 4`") == text
    assert done(text.replace("{relu", "{‸relu"), "Write `relu` alone") == text.replace("{relu: {}}", "relu")


def test_forms_in_json() -> None:
    text = '{"netspec": 1, "input": [8], "layers": [{"dense": 4}, {"relu": {}}]}\n'
    named = text.replace('{"dense": 4}', '{"dense": {"units": 4}}')
    assert done(text.replace('{"dense', '{"‸dense'), "Name `units`") == named
    assert done(named.replace('{"dense', '{"‸dense'), "Write `dense: 4`") == text
    assert done(text.replace('{"relu', '{"‸relu'), "Write `relu` alone") == text.replace('{"relu": {}}', '"relu"')


@pytest.mark.parametrize("marked", ["lay‸ers: [relu, tanh]\n", "layers: ‸[relu, tanh]\n", "layers: [relu, tanh]‸\n"])
def test_beside_the_nodes_nothing_is_offered(marked: str) -> None:
    assert offered(HEAD + marked)[1] == {}


def written(path: Path, style: str) -> Spec:
    """A spec of the zoo, written otherwise."""
    spec = check(path, repairs=False)
    assert spec.document is not None
    tree = spec.document.source.tree
    assert tree is not None
    text = as_json(tree) if style == "json" else in_brackets(spec.text, tree)
    after = check_text(text, spec.path, repairs=False)
    assert same_network(spec, after)
    return after


@pytest.mark.parametrize("style", ["brackets", "json"])
@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo(path: Path, style: str) -> None:
    """Whatever is offered at some places leaves the network as it is, keeps all comments, and JSON stays JSON."""
    rng = random.Random(f"{path.stem} {style}")
    spec = written(path, style)
    layout = Layout(spec)
    before = set(layout.comments(0, len(layout.lines)))
    bodies = [body for body in layout.bodies if body.flow]
    for _ in range(2):
        body = rng.choice(bodies)
        first = rng.randrange(len(body.items))
        last = min(len(body.items) - 1, first + rng.choice((0, 0, 1, 2)))
        start, end = span_of(body.items[first].tree), span_of(body.items[last].tree)
        columns = start.column + 1, end.end_column - 1
        for each in refactorings(spec, start.line, end.end_line, columns=columns, variants=False):
            text = apply(spec.text, each.edits)
            after = check_text(text, spec.path, repairs=False)
            assert after.ok, each.title
            assert same_network(spec, after) or not each.same_network, each.title
            layout = Layout(after)
            assert before <= set(layout.comments(0, len(layout.lines))), each.title
            assert style != "json" or json.loads(text), each.title
