"""Nodes that follow one another become a block; the numbers in which like places differ become its params."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.graph.elaboration.names import base_of
from netspec.refactoring.bodies import WIDTH, Body, Item, Layout, lines_edit
from netspec.refactoring.nodes import Nodes, apart, flat, put, without
from netspec.refactoring.places import Place, Reader
from netspec.spec.edits import added
from netspec.spec.keys import WIRING
from netspec.spec.names import RECEIVED
from netspec.syntax.tree import Entry, Mapping, last_line, span_of

_INSTEAD = {"repeat": "times", "when": "present", "trainable": "learned"}  # names of params, which wiring must not have
MOST_PARAMS = 8


def extractions(layout: Layout, body: Body, first: int, last: int) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """A title and edits: with all like places, then with this one alone.

    Args:
        layout: Of the spec.
        body: The list that the nodes are in.
        first: The first of them, by its place in the list.
        last: The last.
    """
    reader = Reader(layout)
    mine = reader.place(body, first, last)
    places = reader.alike(mine)
    name = _block_name(layout, mine.items)
    if len(places) > 1:
        edits = _edits(layout, mine, places, name)
        if edits is not None:
            yield f"Extract block `{name}` ({len(places)} places)", edits
    edits = _edits(layout, mine, [mine], name)
    if edits is not None:
        yield f"Extract block `{name}`" + (" (here only)" if len(places) > 1 else ""), edits


def _block_name(layout: Layout, items: tuple[Item, ...]) -> str:
    """`ConvBlock` for what begins with a convolution: the first of its nodes that computes something."""
    words = [item.step.kind_name for item in items]
    word = base_of(next((word for word in words if word not in _PLAIN), words[0]))
    stem = f"{''.join(part[:1].upper() + part[1:] for part in word.split('_')).removesuffix('Block')}Block"
    taken = {*layout.document.blocks}
    return next(name for name in (stem, *(f"{stem}{n}" for n in range(2, len(taken) + 3))) if name not in taken)


_PLAIN = frozenset({"batch_norm", "relu", "dropout", "pool", "flatten", "zero_pad", "activation"})


def _edits(layout: Layout, mine: Place, places: list[Place], name: str) -> tuple[Edit, ...] | None:
    """The edits that put a block in the place of some nodes; None where the layout has no room."""
    differing = _differing(mine, places)
    if len(differing) > MOST_PARAMS:
        return None
    gone = tuple(Edit(span_of(mine.leaves[at].scalar), "") for numbers in differing for at in numbers)
    staying = Nodes(layout, mine.body.tree, mine.first, mine.last, gone).names()
    params = _params(mine, differing, {*WIRING, *RECEIVED, *layout.document.params, *staying})
    nodes = _nodes(layout, mine, params)
    if nodes is None:
        return None
    around = {param for place in places for param in layout.params_of(place.body.block)}
    passed = [param for param in staying if param in around]
    made = _definition(layout, name, nodes, (*passed, *params))
    if made is None:
        return None
    definition, left = made
    own = set(layout.within(mine.span))
    reread = dict(_rewired(layout, mine, places, name))
    edits = [definition]
    for place in places:
        given = {} if place.name is None else {"name": layout.source(place.name)}
        if place.source is not None:
            given["from"] = reread.get(place.source.span, place.source.text)
        given.update({param: f"${param}" for param in passed})
        given.update({param: flat(layout.lines, place.leaves[at[0]].scalar) for param, at in params.items()})
        kept = left if place is mine else [each for each in layout.within(place.span) if each not in own]
        edits.append(put(layout, place.body, place.first, place.last, _use(name, given), kept))
    return (*edits, *apart(map(Edit._make, reread.items()), [edit.span for edit in edits]))


def _rewired(layout: Layout, mine: Place, places: list[Place], name: str) -> Iterator[Edit]:
    """The edits of what reads the nodes from outside, or others by numbers which are others now."""
    for body in {id(place.body): place.body for place in places}.values():
        made: dict[int, list[str]] = {}
        number = 0
        for place in places:
            if place.body is body:
                made.update({at: [] for at in range(place.first, place.last + 1)})
                number += place.name is None
                made[place.first] = [name] if place.name is None else []
                use = f"{name}_{number}" if place.name is None else place.name.text
                yield from place.rewired(use, mine)
        yield from layout.words.recounted(body, made)


def _differing(mine: Place, places: list[Place]) -> list[list[int]]:
    """The numbers in which like places differ, by their places among them; those that differ in the same way together."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for at in range(len(mine.leaves)):
        values = tuple((type(place.leaves[at].scalar.value), place.leaves[at].scalar.value) for place in places)
        if any(value != values[0] for value in values):
            groups.setdefault(values, []).append(at)
    return [*groups.values()]


def _params(mine: Place, differing: list[list[int]], taken: set[str]) -> dict[str, list[int]]:
    """The params that numbers become, for each which they are; some names are taken."""
    params: dict[str, list[int]] = {}
    for numbers in differing:
        key = mine.leaves[numbers[0]].key
        stem = _INSTEAD.get(key, key if key.isidentifier() else "n")
        name = next(
            each for n in range(1, 99) if (each := stem if n == 1 else f"{stem}_{n}") not in taken | params.keys()
        )
        params[name] = numbers
    return params


def _nodes(layout: Layout, mine: Place, params: dict[str, list[int]]) -> Nodes | None:
    """The nodes as the block has them: params for numbers, `input` for what enters, and without the name that the use will have."""
    inside = [Edit(span_of(mine.leaves[at].scalar), f"${param}") for param, numbers in params.items() for at in numbers]
    read = ((word, mine.inside(word, mine)) for word in mine.words)
    inside += [Edit(word.span, path) for word, path in read if path != word.text]
    gone = [] if mine.name is None else [without(layout, mine.items[-1], "name")]
    gone += [] if mine.source is None else [without(layout, mine.items[0], "from")]
    if None in gone:
        return None
    inside += filter(None, gone)
    return Nodes(layout, mine.body.tree, mine.first, mine.last, tuple(inside))


def _definition(layout: Layout, name: str, nodes: Nodes, params: tuple[str, ...]) -> tuple[Edit, list[str]] | None:
    """The block's definition, at the end of `blocks`, which is made where there is none; and the comments that it has not."""
    entry = layout.root.entries.get("blocks")
    blocks = entry.value if entry is not None and isinstance(entry.value, Mapping) and entry.value.entries else None
    if entry is not None and blocks is None and flat(layout.lines, entry.value) not in ("", "{}", "null"):
        return None
    if layout.root.flow if blocks is None else blocks.flow:
        return _in_braces(layout, name, nodes, params, blocks, entry)
    room = _room(layout, blocks, entry)
    if room is None:
        return None
    pad = " " * room.column
    declared = ", ".join(f"{param}: " for param in params)
    text = [
        *room.head,
        f"{pad}{name}:",
        *([f"{pad}  params: {{{declared}}}"] if declared else []),
        *_layers(nodes, room.column + 2),
        *room.tail,
    ]
    if room.first >= len(layout.lines):  # the text ends here, without a line end
        end = len(layout.lines[-1]) + 1
        return Edit(Span(room.first, end, room.first, end), "\n" + "\n".join(text)), []
    return lines_edit(room.first, room.last, text), []


class _Room(NamedTuple):
    """Where a definition goes: its column, the lines that it replaces, and those that stand before and after it then."""

    column: int
    first: int
    last: int
    head: list[str]
    tail: list[str]


def _room(layout: Layout, blocks: Mapping | None, entry: Entry | None) -> _Room | None:
    """Where a definition in lines goes: after the others, under `blocks` that has none, or above `layers`."""
    if blocks is not None:
        others = [*blocks.entries.values()]
        key, value = others[-1]
        if value.start.line < key.start.line:  # it is an alias
            return None
        at = last_line(value) + 1
        is_spaced = len(others) < 2 or not layout.lines[key.start.line - 1].strip()
        return _Room(others[0].key.start.column, at, at - 1, [""] * is_spaced, [])
    if entry is None:
        at = layout.above(layout.root.entries["layers"].key)
        return _Room(2, at, at - 1, ["blocks:"], [""])
    at = entry.key.start.line
    comment = "".join(f"   {each}" for each in layout.comments(at, at))
    is_followed = at + 1 < len(layout.lines) and layout.lines[at + 1].strip() != ""
    return _Room(2, at, at, [f"blocks:{comment}"], [""] * is_followed)


def _layers(nodes: Nodes, column: int) -> list[str]:
    """The key `layers` of a block: in brackets, where the nodes were and have room in a line."""
    head = f"{' ' * column}layers:"
    if nodes.flow:
        text, _ = nodes.in_brackets(" " * (len(head) + 2))
        if "\n" in text or len(head) + len(text) + 3 <= WIDTH:
            return f"{head} [{text}]".split("\n")
    return [head, *nodes.in_lines(" " * (column + 2))]


def _in_braces(
    layout: Layout, name: str, nodes: Nodes, params: tuple[str, ...], blocks: Mapping | None, entry: Entry | None
) -> tuple[Edit, list[str]]:
    """The same where `blocks` is in braces, or will be."""
    around = layout.root if blocks is None else blocks
    empty = "null" if layout.is_json else ""
    declared = f"params: {{{', '.join(f'{param}: {empty}' for param in params)}}}" if params else ""
    first = next(iter(around.entries.values())).key
    if first.start.line == around.start.line or not layout.begins_line(first):  # it is on one line
        text, left = nodes.in_brackets(nodes.margin)
        made = f"{name}: {{{declared}{', ' if declared else ''}layers: [{text}]}}"
        opened, closed, between = "{", "}", ", "
    else:
        margin = layout.margin(first)
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
        made = "\n".join(lines)
        opened, closed, between = f"{{\n{pads[0]}", f"\n{margin}}}", f",\n{margin}"
    if blocks is None and entry is not None:
        return Edit(span_of(entry.value), f"{opened}{made}{closed}"), left
    return added(around, made if blocks is not None else f"blocks: {opened}{made}{closed}", "layers", between), left


def _use(name: str, given: dict[str, str]) -> str:
    """A use of a block, in the shortest form."""
    if not given:
        return name
    if len(given) == 1 and not given.keys() & WIRING:
        return f"{name}: {next(iter(given.values()))}"
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in given.items())}}}"
