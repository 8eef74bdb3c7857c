"""Nodes that follow one another become a block; the numbers in which like places differ become its params."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.refactoring.bodies import WIDTH, Body, Item, Layout, lines_edit
from netspec.refactoring.nodes import Nodes, put
from netspec.spec.edits import added, removed
from netspec.spec.keys import WIRING
from netspec.spec.names import RECEIVED
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, last_line, span_of

_NAME = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_INSTEAD = {"repeat": "times", "when": "present", "trainable": "learned"}  # names of params, which wiring must not have
MOST_PARAMS = 8


class _Leaf(NamedTuple):
    """A number of a node that may be another at a like place: the key under which it stands, and where."""

    key: str
    scalar: Scalar


class _Place(NamedTuple):
    """Nodes that follow one another."""

    body: Body
    first: int
    last: int
    leaves: tuple[_Leaf, ...]
    name: Scalar | None  # what the last of them is called, which the use of the block will be

    @property
    def items(self) -> tuple[Item, ...]:
        return self.body.items[self.first : self.last + 1]

    @property
    def span(self) -> Span:
        return self.body.span(self.first, self.last)


def extractions(layout: Layout, body: Body, first: int, last: int) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """A title and edits: with all like places, then with this one alone.

    Args:
        layout: Of the spec.
        body: The list that the nodes are in.
        first: The first of them, by its place in the list.
        last: The last.
    """
    reader = _Reader(layout)
    mine, shape = reader.place(body, first, last)
    places = reader.alike(mine, shape)
    name = _block_name(layout, mine.items)
    if len(places) > 1:
        edits = _edits(layout, mine, places, name)
        if edits is not None:
            yield f"Extract block `{name}` ({len(places)} places)", edits
    edits = _edits(layout, mine, [mine], name)
    if edits is not None:
        yield f"Extract block `{name}`" + (" (here only)" if len(places) > 1 else ""), edits


class _Reader:
    """Tells what nodes look like, but for their numbers."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._known: dict[tuple[int, bool], tuple[object, tuple[_Leaf, ...]]] = {}

    def place(self, body: Body, first: int, last: int) -> tuple[_Place, list[object]]:
        """Some nodes, and what they look like."""
        shapes = []
        leaves: list[_Leaf] = []
        for number in range(first, last + 1):
            shape, numbers = self._item(body.items[number].tree, number == last)
            shapes.append(shape)
            leaves += numbers
        return _Place(body, first, last, tuple(leaves), _name_of(body.items[last].tree)), shapes

    def alike(self, mine: _Place, shape: list[object]) -> list[_Place]:
        """The places that look like one, none of which overlaps another, in the order of the text."""
        count = len(shape)
        taken = [mine.span]
        places = [mine]
        for body in self.layout.bodies:
            at = 0
            while at + count <= len(body.items):
                if all(self._item(body.items[at + k].tree, k == count - 1)[0] == shape[k] for k in range(count)):
                    place, _ = self.place(body, at, at + count - 1)
                    if all(place.span[2:] <= each[:2] or each[2:] <= place.span[:2] for each in taken):
                        taken.append(place.span)
                        places.append(place)
                        at += count
                        continue
                at += 1
        return sorted(places, key=lambda place: place.span)

    def _item(self, tree: Tree, is_last: bool) -> tuple[object, tuple[_Leaf, ...]]:
        key = id(tree), is_last
        if key not in self._known:
            leaves: list[_Leaf] = []
            self._known[key] = self._node(tree, leaves, without_name=is_last), tuple(leaves)
        return self._known[key]

    def _node(self, tree: Tree, leaves: list[_Leaf], *, without_name: bool = False) -> object:
        """What a node looks like; a value alone is that of the principal hyperparameter."""
        step = self.layout.step(tree)
        if step is None:
            return self._value(tree, "", leaves)
        value = step.tree
        if value is None or (isinstance(value, Scalar) and value.value is None and not value.text):
            return (step.kind_name, ())
        if not isinstance(value, Mapping):
            principal = self.layout.principal(step)
            return (step.kind_name, ((principal, self._value(value, principal or "", leaves)),))
        names = sorted(name for name in value.entries if not (without_name and name == "name"))
        return (step.kind_name, tuple((name, self._value(value.entries[name].value, name, leaves)) for name in names))

    def _value(self, tree: Tree, key: str, leaves: list[_Leaf]) -> object:
        if isinstance(tree, Scalar):
            if tree.plain and isinstance(tree.value, (bool, int, float)):
                leaves.append(_Leaf(key, tree))
                return type(tree.value) is bool
            return (tree.text, tree.plain)
        if isinstance(tree, Sequence):
            if any(self.layout.step(item) is not None for item in tree.items):
                return tuple(self._node(item, leaves) for item in tree.items)
            return tuple(self._value(item, key, leaves) for item in tree.items)
        if self.layout.step(tree) is not None:
            return self._node(tree, leaves)
        return {name: self._value(tree.entries[name].value, name, leaves) for name in sorted(tree.entries)}


def _name_of(tree: Tree) -> Scalar | None:
    """What a node is called."""
    inner = next(iter(tree.entries.values())).value if isinstance(tree, Mapping) and tree.entries else None
    name = inner.entries.get("name") if isinstance(inner, Mapping) else None
    return name.value if name is not None and isinstance(name.value, Scalar) else None


def _block_name(layout: Layout, items: tuple[Item, ...]) -> str:
    """`ConvBlock` for what begins with a convolution: the first of its nodes that computes something."""
    words = [item.step.kind_name for item in items]
    word = next((word for word in words if word not in _PLAIN), words[0])
    word = f"conv{word}" if word[0].isdigit() else word
    stem = f"{''.join(part[:1].upper() + part[1:] for part in word.split('_')).removesuffix('Block')}Block"
    taken = {*layout.document.blocks}
    return next(name for name in (stem, *(f"{stem}{n}" for n in range(2, len(taken) + 3))) if name not in taken)


_PLAIN = frozenset({"batch_norm", "relu", "dropout", "pool", "flatten", "zero_pad", "activation"})


def _edits(layout: Layout, mine: _Place, places: list[_Place], name: str) -> tuple[Edit, ...] | None:
    """The edits that put a block in the place of some nodes; None where the layout has no room."""
    params = _params(layout, mine, places)
    if params is None:
        return None
    passed = _passed(layout, mine, places)
    nodes = _nodes(layout, mine, params)
    made = None if nodes is None else _definition(layout, name, nodes, (*passed, *params))
    if made is None:
        return None
    definition, left = made
    own = set(layout.within(mine.span))
    edits = [definition]
    for place in places:
        given = {param: f"${param}" for param in passed}
        given.update({param: place.leaves[at[0]].scalar.text for param, at in params.items()})
        kept = left if place is mine else [each for each in layout.within(place.span) if each not in own]
        use = _use(name, given, None if place.name is None else layout.source(place.name))
        edits.append(put(layout, place.body, place.first, place.last, use, kept))
    return tuple(edits)


def _params(layout: Layout, mine: _Place, places: list[_Place]) -> dict[str, list[int]] | None:
    """The params that numbers become: for each, which numbers it is. Numbers that differ in the same way are one."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for at in range(len(mine.leaves)):
        values = tuple((type(place.leaves[at].scalar.value), place.leaves[at].scalar.value) for place in places)
        if any(value != values[0] for value in values):
            groups.setdefault(values, []).append(at)
    if len(groups) > MOST_PARAMS:
        return None
    taken = {*WIRING, *RECEIVED, *layout.document.params, *layout.document.names_used}
    params: dict[str, list[int]] = {}
    for numbers in groups.values():
        key = mine.leaves[numbers[0]].key
        stem = _INSTEAD.get(key, key if key.isidentifier() else "n")
        name = next(each for n in range(1, 99) if (each := stem if n == 1 else f"{stem}_{n}") not in taken)
        taken.add(name)
        params[name] = numbers
    return params


def _passed(layout: Layout, mine: _Place, places: list[_Place]) -> list[str]:
    """The params of the blocks around, which the nodes read: they are handed on."""
    around = {param for place in places if place.body.block is not None for param in layout.params_of(place.body.block)}
    text = "\n".join(layout.lines[mine.items[0].first : mine.items[-1].last + 1])
    return [name for name in dict.fromkeys(_NAME.findall(text)) if name in around]


def _nodes(layout: Layout, mine: _Place, params: dict[str, list[int]]) -> Nodes | None:
    """The nodes as the block has them: params for numbers, and without the name that the use will have."""
    inside = [Edit(span_of(mine.leaves[at].scalar), f"${param}") for param, numbers in params.items() for at in numbers]
    if mine.name is not None:
        gone = _without_name(layout, mine.items[-1])
        if gone is None:
            return None
        inside.append(gone)
    return Nodes(layout, mine.body.tree, mine.first, mine.last, tuple(inside))


def _definition(layout: Layout, name: str, nodes: Nodes, params: tuple[str, ...]) -> tuple[Edit, list[str]] | None:
    """The block's definition, at the end of `blocks`, which is made where there is none; and the comments that it has not."""
    blocks = layout.blocks_tree
    if blocks is None and "blocks" in layout.root.entries:
        return None
    if layout.root.flow if blocks is None else blocks.flow:
        return _in_braces(layout, name, nodes, params)
    if blocks is None:
        column, at, head, tail = 2, layout.above(layout.root.entries["layers"].key), ["blocks:"], [""]
    elif not blocks.entries:
        return None
    else:
        each = list(blocks.entries.values())
        column = each[0].key.start.column
        at = last_line(each[-1].value) + 1
        if each[-1].value.start.line < each[-1].key.start.line:  # it is an alias
            return None
        spaced = len(each) < 2 or not layout.lines[each[-1].key.start.line - 1].strip()
        head, tail = [""] * spaced, []
    pad = " " * column
    declared = ", ".join(f"{param}: " for param in params)
    text = [
        *head,
        f"{pad}{name}:",
        *([f"{pad}  params: {{{declared}}}"] if declared else []),
        *_layers(nodes, column + 2),
        *tail,
    ]
    if at >= len(layout.lines):  # the text ends here, without a line end
        return Edit(Span(at, len(layout.lines[-1]) + 1, at, len(layout.lines[-1]) + 1), "\n" + "\n".join(text)), []
    return lines_edit(at, at - 1, text), []


def _layers(nodes: Nodes, column: int) -> list[str]:
    """The key `layers` of a block: in brackets, where the nodes were and have room in a line."""
    head = f"{' ' * column}layers:"
    if nodes.flow:
        text, _ = nodes.in_brackets(" " * (len(head) + 2))
        if "\n" in text or len(head) + len(text) + 3 <= WIDTH:
            return f"{head} [{text}]".split("\n")
    return [head, *nodes.in_lines(" " * (column + 2))]


def _in_braces(layout: Layout, name: str, nodes: Nodes, params: tuple[str, ...]) -> tuple[Edit, list[str]] | None:
    """The same where `blocks` is in braces, or will be."""
    blocks, root = layout.blocks_tree, layout.root
    around = root if blocks is None else blocks
    empty = "null" if layout.is_json else ""
    declared = f"params: {{{', '.join(f'{param}: {empty}' for param in params)}}}" if params else ""
    if blocks is not None and not blocks.entries:
        return None
    first = next(iter(around.entries.values())).key
    margin = layout.margin(first)
    if (
        around.start.line == first.start.line or layout.lines[first.start.line][: first.start.column].strip()
    ):  # on one line
        text, left = nodes.in_brackets(nodes.margin)
        entry = f"{name}: {{{declared}{', ' if declared else ''}layers: [{text}]}}"
        return added(around, entry if blocks is not None else f"blocks: {{{entry}}}", "layers"), left
    pads = [margin + layout.indent * (n + (blocks is None)) for n in range(3)]
    text, left = nodes.in_brackets(pads[2])
    lines = [
        f"{name}: {{",
        *([f"{pads[1]}{declared},"] if declared else []),
        f"{pads[1]}layers: [",
        *f"{pads[2]}{text}".split("\n"),
        f"{pads[1]}]",
        f"{pads[0]}}}",
    ]
    if blocks is None:
        lines = ["blocks: {", f"{pads[0]}{lines[0]}", *lines[1:], f"{margin}}}"]
    return added(around, "\n".join(lines), "layers", f",\n{margin}"), left


def _without_name(layout: Layout, item: Item) -> Edit | None:
    """The edit that takes a node's name away."""
    tree = item.step.tree
    assert isinstance(tree, Mapping)
    key, value = tree.entries["name"]
    if not tree.flow:
        rest = layout.lines[key.start.line][value.end.column :]
        if rest.strip() or len(tree.entries) == 1 or key.start.line != value.end.line:
            return None
    elif len(tree.entries) == 1:
        word = item.step.key
        if isinstance(item.tree, Mapping) and item.tree.flow:
            return Edit(span_of(item.tree), layout.source(word))
        return Edit(Span(word.end.line + 1, word.end.column + 1, *span_of(tree)[2:]), "")
    return removed(tree, "name")


def _use(name: str, given: dict[str, str], called: str | None) -> str:
    """A use of a block, in the shortest form."""
    if called is None and not given:
        return name
    if called is None and len(given) == 1:
        return f"{name}: {next(iter(given.values()))}"
    entries = {**({} if called is None else {"name": called}), **given}
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in entries.items())}}}"
