"""Chains of items that occur again and again, the one that is best made a block first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from netspec.conversion.folding.alike import REPEAT, Alike, Likeness, Slot
from netspec.conversion.folding.items import Item, base, size, walk
from netspec.conversion.folding.params import Params, params_of

_LONGEST = 48  # items of a window
_HEAD = 3  # lines of a block beside its body
_FEW = 4  # nodes that stand in one line
_PARAM = 0.7  # lines that a param costs, which a reader has to follow
_ARGUMENT = 0.3  # and that an argument beside the first does
_LEAST = 3.0  # lines that a block must spare
_TRIED = 40  # windows whose params are worked out, of those that look best

Body = Sequence[Item]


class Place(NamedTuple):
    """A window: items of a body that stand together, and what they read from outside beside what enters them."""

    body: int
    start: int
    outside: tuple[str, ...]


class Window(NamedTuple):
    """A chain of items that occurs at several places."""

    length: int
    places: tuple[Place, ...]
    params: Params


Channels = Callable[[str], int | None]


def best_window(bodies: Sequence[Body], alike: Alike, channels: Channels, kept: frozenset[str]) -> Window | None:
    """The window that spares most lines as a block; None where none spares enough.

    Args:
        bodies: All bodies of the spec.
        alike: Which items are.
        channels: How many channels the output of an item has, by its name, if that is known.
        kept: Names that are read from afar, so that no window may hide them.
    """
    groups: list[tuple[int, int, tuple[Place, ...]]] = []
    ends = [_ends(body, kept) for body in bodies]
    for likeness in Likeness:
        keys = _numbered(bodies, alike, likeness)
        found: dict[tuple[int, object], list[Place]] = defaultdict(list)
        for number, body in enumerate(bodies):
            for start in range(len(body)):
                for length, key, outside in _windows(body, start, keys[number], ends[number]):
                    found[(length, key)].append(Place(number, start, outside))
        for (length, _), places in found.items():
            apart = _apart(places, length)
            if len(apart) > 1:
                first = apart[0]
                items = bodies[first.body][first.start : first.start + length]
                lines = size(items)
                is_short = len(items) <= _FEW and not any(item.bodies for item in items)
                bound = len(apart) * lines - (2 if is_short else lines + _HEAD) - 1
                if bound >= _LEAST:
                    groups.append((bound, length, tuple(apart)))
    groups.sort(key=lambda group: (-group[0], group[1], group[2]))
    best: tuple[float, Window] | None = None
    for bound, size_, group in groups[:_TRIED]:
        if best is not None and bound <= best[0]:
            break
        params = _params(bodies, size_, group, alike, channels)
        if params is None:
            continue
        gain = bound + 1 - _uses(bodies, size_, group, params) - _burden(params, group)
        if gain >= _LEAST and (best is None or gain > best[0]):
            best = gain, Window(size_, group, params)
    return None if best is None else best[1]


def _ends(body: Body, kept: frozenset[str]) -> list[int]:
    """For each item the last of the body that reads it; beyond the body where its name must be known outside."""
    place = {item.name: index for index, item in enumerate(body)}
    found = [0] * len(body)
    for index, item in enumerate(body):
        for inner in walk([item]):
            for name in inner.all_read:
                if base(name) in place:
                    found[place[base(name)]] = index
    return [len(body) if item.name in kept else end for item, end in zip(body, found, strict=True)]


def _numbered(bodies: Sequence[Body], alike: Alike, likeness: Likeness) -> list[list[int]]:
    """A number for what alike items have in common; -1 for those that cannot be inside a block."""
    table: dict[object, int] = {}
    found = []
    for body in bodies:
        row = []
        for item in body:
            lone = any(inner.share is not None for inner in walk([item])) or _reaches_out(item)
            row.append(-1 if lone else table.setdefault(alike.key(item, likeness), len(table)))
        found.append(row)
    return found


def _reaches_out(item: Item) -> bool:
    """Does something inside it read what stands outside?"""
    for inner in walk([item]):
        for body in inner.bodies.values():
            known = {inner.entering} | {each.name for each in body}
            if any(base(name) not in known for each in body for name in each.all_read):
                return True
    return False


def _windows(
    body: Body, start: int, keys: Sequence[int], ends: Sequence[int]
) -> Iterator[tuple[int, object, tuple[str, ...]]]:
    """The windows that begin at an item: their lengths, what alike ones have in common, what they read from outside."""
    first = body[start]
    entering = first.reads[0] if len(first.reads) == 1 else ""
    place = {first.name: 0}
    key: list[object] = [keys[start], len(first.reads), tuple(map(len, first.beside.values()))]
    outside = [name for names in first.beside.values() for name in names]
    if keys[start] < 0:
        return
    reach = ends[start]
    if first.bodies:
        yield 1, tuple(key), tuple(outside)
    for end in range(start + 1, min(len(body), start + _LONGEST)):
        item = body[end]
        if keys[end] < 0:
            return
        wires = []
        for name in item.all_read:
            source = base(name)
            if source in place:
                wires.append(f"{place[source]}{name[len(source) :]}")
            elif name == entering:
                wires.append("in")
            else:
                if name not in outside:
                    outside.append(name)
                wires.append(f"out{outside.index(name)}")
        key.append((keys[end], tuple(wires)))
        place[item.name] = end - start
        if reach <= end and not _is_periodic(key):
            yield end - start + 1, tuple(key), tuple(outside)
        reach = max(reach, ends[end])


def _is_periodic(key: list[object]) -> bool:
    """Is it one chain several times over? That one is the block."""
    names = [key[0], *(each[0] for each in key[3:])]  # type: ignore[index]
    count = len(names)
    return any(count % part == 0 and names == names[:part] * (count // part) for part in range(1, count // 2 + 1))


def _apart(places: Sequence[Place], length: int) -> list[Place]:
    """Those that do not overlap, from the start of each body."""
    found: list[Place] = []
    for place in places:
        if not found or found[-1].body != place.body or found[-1].start + length <= place.start:
            found.append(place)
    return found


def _params(
    bodies: Sequence[Body], length: int, places: Sequence[Place], alike: Alike, channels: Channels
) -> Params | None:
    windows = [bodies[place.body][place.start : place.start + length] for place in places]
    inner = [list(walk(window)) for window in windows]

    def entering(item: int) -> list[object]:
        return [channels(base(each[item].reads[0])) if each[item].reads else None for each in inner]

    def made(item: int) -> list[object]:
        return [channels(each[item].name) for each in inner]

    columns = alike.columns(windows)
    if length == 1:
        columns = (
            each for each in columns if each[0] != Slot(0, REPEAT)
        )  # the uses are repeated, and not what is inside
    return params_of(list(columns), entering, made)


def _uses(bodies: Sequence[Body], length: int, places: Sequence[Place], params: Params) -> int:
    """The lines of the uses: those that stand in a row and say the same are one."""
    lines = 0
    before: tuple[object, ...] = ()
    for use, place in enumerate(places):
        said = tuple(repr(param.argument(use)) for param in params.params)
        first = bodies[place.body][place.start]
        follows = place.start > 0 and first.reads == (bodies[place.body][place.start - 1].name,)
        this = (place.body, place.start, said)
        joins = bool(before) and follows and before == (place.body, place.start - length, said) and not place.outside
        lines += not joins
        before = this
    return lines


def _burden(params: Params, places: Sequence[Place]) -> float:
    """What params cost a reader, in lines."""
    said = sum(param.argument(use) is not None for param in params.params[1:] for use in range(len(places)))
    return _PARAM * (len(params.params) + len(places[0].outside)) + _ARGUMENT * said
