"""Where a place is by the text alone, held against the tree of texts that parse, and beside mistakes elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.diagnostics.problems import Problems
from netspec.lsp.context import context
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, lines_of
from netspec.zoo import GROUPS
from tests.support.lsp_client import marked

SPECS = Path(__file__).parents[2] / "specs"
ZOO = [name for names in GROUPS.values() for name in names]


def scalars(
    tree: Tree, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[Scalar, tuple[str | int, ...], str, set[str]]]:
    """Every scalar: the way to its map, list or key, what is expected there, the other keys of its map."""
    if isinstance(tree, Mapping):
        for name, (key, value) in tree.entries.items():
            if path[-1:] == (0,) and not tree.flow and key is next(iter(tree.entries.values())).key:
                yield key, path[:-1], "item", set()  # behind a dash a word alone may stand too
            else:
                yield key, path, "key", {*tree.entries} - {name}
            if isinstance(value, Scalar):
                yield value, (*path, name), "value", {*tree.entries}
            else:
                yield from scalars(value, (*path, name))
    elif isinstance(tree, Sequence):
        for item in tree.items:
            if isinstance(item, Scalar):
                yield item, path, "item", set()
            else:
                yield from scalars(item, (*path, 0))


@pytest.mark.parametrize("name", ZOO)
def test_the_way_is_that_of_the_tree(name: str) -> None:
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    tree = read_text(text, name, Problems()).tree
    assert tree is not None
    lines = lines_of(text)
    count = 0
    for scalar, path, expects, given in scalars(tree):
        start, end = scalar.start, scalar.end
        if start.line != end.line or start.column == end.column:
            continue
        column = end.column - (not scalar.plain)
        found = context(lines, end.line, column)
        assert found is not None
        assert (found.keys, found.expects) == (path, expects), lines[end.line]
        if expects == "key":
            assert found.given == given, lines[end.line]
        # The same while it is written: nothing stands behind it yet.
        cut = [*lines[: end.line], lines[end.line][:column]]
        half = context(cut, end.line, column)
        assert half is not None
        assert (half.keys, half.expects) == (path, expects), lines[end.line]
        count += 1
    assert count > 20


PLACES = {
    "a bracket above is never closed": (
        "layers:\n  - conv: {filters: [3, 4\n  - relu\n  - dense: {units: ‸\n",
        ("layers", 0, "dense", "units"),
        "value",
    ),
    "a quote above is never closed": (
        'layers:\n  - conv: {name: "a, filters: 3}\n  - pool: {‸\n',
        ("layers", 0, "pool"),
        "key",
    ),
    "a bracket over several lines": (
        "layers:\n  - conv: {filters: 3,\n           kernel_size: 3,\n           ‸\n",
        ("layers", 0, "conv"),
        "key",
    ),
    "a bracket that ends before the next key": (
        "params: {a: 1, b: [2\ninput: ‸\n",
        ("input",),
        "value",
    ),
    "a list at the column of its key": ("layers:\n- conv:\n    ‸\n", ("layers", 0, "conv"), "key"),
    "an item of such a list": ("train:\n  metrics:\n  - acc‸\n", ("train", "metrics"), "item"),
    "quoted keys": ("layers:\n  - \"conv\": {'filters': ‸}\n", ("layers", 0, "conv", "filters"), "value"),
    "a colon in a value": ("weights: {a: keras.applications:Res‸}\n", ("weights", "a"), "value"),
    "tabs": ("layers:\n\t- conv: {‸}\n", (), "key"),
    "the beginning": ("‸", (), "key"),
    "behind everything": ("netspec: 1\nlayers: [relu]\n‸", (), "key"),
    "nested dashes": (
        "layers:\n  - inception: {branches: {a: [[‸]]}}\n",
        ("layers", 0, "inception", "branches", "a", 0),
        "item",
    ),
    "JSON without line ends": ('{"layers":[{"conv":{"filters":3,"‸"}}]}', ("layers", 0, "conv"), "key"),
    "JSON, a value": ('{"layers":[{"conv":{"padding":"‸"}}]}', ("layers", 0, "conv", "padding"), "value"),
}


@pytest.mark.parametrize("case", PLACES)
def test_places(case: str) -> None:
    text, keys, expects = PLACES[case]
    content, (place,) = marked(text)
    found = context(content.split("\n"), place["line"], place["character"])
    assert found is not None
    assert (found.keys, found.expects) == (keys, expects)


@pytest.mark.parametrize("text", ["# a‸", "layers:  # ‸", "  - conv: {filters: 3} # ‸", "a: 'b' #‸", "  - relu\n  # ‸"])
def test_comments_hold_nothing(text: str) -> None:
    content, (place,) = marked(text)
    assert context(content.split("\n"), place["line"], place["character"]) is None


@pytest.mark.parametrize("text", ["a: 'b # ‸'", "a: b#‸", "- {a: 'x # ‸"])
def test_no_comments(text: str) -> None:
    content, (place,) = marked(text)
    assert context(content.split("\n"), place["line"], place["character"]) is not None
