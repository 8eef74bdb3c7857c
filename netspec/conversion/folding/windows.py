"""Chains of items that occur again and again, the one that is best made a block first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from netspec.conversion.folding.alike import REPEAT, Alike, Likeness, Slot
from netspec.conversion.folding.items import Item, base, is_short, size, walk
from netspec.conversion.folding.params import Params, params_of

_LONGEST = 48  # items of a window
_HEAD = 3  # lines of a block beside its body
_PARAM = 0.7  # lines that a param costs, which a reader has to follow
_LEAST = 3.0  # lines that a block must spare
_TRIED = 40  # windows whose params are worked out, of those that look best

Body = Sequence[Item]


class Taste(NamedTuple):
    """What is preferred among windows that spare much; now one of these leads to the shorter spec, now another.

    Args:
        share: Of the windows that spare this share of what the best does, the one that occurs most is taken.
        argument: The lines that each argument of a use costs beside the first.
    """

    share: float
    argument: float


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


def best_window(
    bodies: Sequence[Body], alike: Alike, channels: Channels, kept: frozenset[str], taste: Taste
) -> Window | None:
    """The window that spares most lines as a block; None where none spares enough.

    Args:
        bodies: All bodies of the spec.
        alike: Which items are.
        channels: How many channels the output of an item has, by its name, if that is known.
        kept: Names that are read from afar, so that no window may hide them.
        taste: What is preferred.
    """
    groups: list[tuple[int, int, tuple[Place, ...]]] = []
    ends = [_ends(body, kept) for body in bodies]
    kinds = _numbered(bodies, alike, Likeness.KINDS)
    for likeness in Likeness:
        for length, places in _groups(bodies, _numbered(bodies, alike, likeness), kinds, ends):
            first = places[0]
            items = bodies[first.body][first.start : first.start + length]
            lines = size(items)
            bound = len(places) * lines - (2 if is_short(items) else lines + _HEAD) - 1
            if bound >= _LEAST:
                groups.append((bound, length, places))
    groups.sort(key=lambda group: (-group[0], group[1], group[2]))
    tried: list[tuple[float, Window]] = []
    most = 0.0
    for bound, length, places in groups:
        if len(tried) == _TRIED or bound <= most * taste.share:
            break
        params = _params(bodies, length, places, alike, channels)
        if params is not None:
            gain = bound + 1 - _uses(bodies, length, places, params) - _burden(params, places, taste)
            most = max(most, gain)
            tried.append((gain, Window(length, places, params)))
    good = [each for each in tried if each[0] >= max(_LEAST, taste.share * most)]
    return max(good, key=lambda each: (len(each[1].places) if taste.share < 1 else 0, each[0]))[1] if good else None


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
    shared = {item.share for body in bodies for item in walk(body) if item.share is not None}
    found = []
    for body in bodies:
        row = []
        for item in body:
            lone = any(inner.share is not None or inner.name in shared for inner in walk([item])) or _reaches_out(item)
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


class _Growing:
    """A window that grows from its first item: what it has in common with alike ones, as a number, and what it reads."""

    def __init__(self, body: int, start: int, first: Item, end: int) -> None:
        self.body = body
        self.start = start
        self.key = 0
        self.entering = first.reads[0] if len(first.reads) == 1 else ""
        self.outside = [name for names in first.beside.values() for name in names]
        self.place = {first.name: 0}
        self.reach = end  # the last item of the body that reads one of the window's but its last
        self.last = end

    def wires(self, item: Item) -> tuple[str, ...]:
        """How the next item reads: from within, what enters, from outside."""
        if len(item.reads) == 1 and not item.beside and item.reads[0] in self.place:
            return (str(self.place[item.reads[0]]),)
        found = []
        for name in item.all_read:
            source = base(name)
            if source in self.place:
                found.append(f"{self.place[source]}{name[len(source) :]}")
            elif name == self.entering:
                found.append("in")
            else:
                if name not in self.outside:
                    self.outside.append(name)
                found.append(f"out{self.outside.index(name)}")
        return tuple(found)


def _groups(
    bodies: Sequence[Body], keys: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]], ends: Sequence[Sequence[int]]
) -> Iterator[tuple[int, tuple[Place, ...]]]:
    """Alike windows that could be uses of one block, by their lengths. Only what occurs twice is made longer."""
    table: dict[object, int] = {}
    growing = []
    for number, body in enumerate(bodies):
        for start, first in enumerate(body):
            if keys[number][start] >= 0:
                one = _Growing(number, start, first, ends[number][start])
                shape = (keys[number][start], len(first.reads), tuple(map(len, first.beside.values())))
                one.key = table.setdefault(shape, len(table))
                growing.append(one)
    for length in range(1, _LONGEST + 1):
        alike: dict[int, list[_Growing]] = defaultdict(list)
        for one in growing:
            alike[one.key].append(one)
        growing = []
        for same in alike.values():
            if len(same) < 2:
                continue
            places = [
                Place(one.body, one.start, tuple(one.outside)) for one in same if _may_be(one, length, bodies, kinds)
            ]
            apart = _apart(places, length)
            if len(apart) > 1 and not _is_periodic(keys[apart[0].body][apart[0].start : apart[0].start + length]):
                yield length, tuple(apart)
            for one in same:
                end = one.start + length
                body = bodies[one.body]
                if end < len(body) and keys[one.body][end] >= 0 and not _names_entering(body[end], one.entering):
                    item = body[end]
                    one.key = table.setdefault((one.key, keys[one.body][end], one.wires(item)), len(table))
                    one.place[item.name] = length
                    one.reach, one.last = max(one.reach, one.last), ends[one.body][end]
                    growing.append(one)


def _names_entering(item: Item, entering: str) -> bool:
    """Would an argument of a use be `input`, which is another node inside the block that it is for?"""
    return item.block and any(entering in reads for reads in item.beside.values())


def _may_be(one: _Growing, length: int, bodies: Sequence[Body], kinds: Sequence[Sequence[int]]) -> bool:
    """Can it be the use of a block: are its inner items read inside only, does it end where alike items end?"""
    if bodies[one.body][0].reads[:1] and bodies[one.body][0].reads[0] in one.outside:
        return False
    if length == 1:
        return bool(bodies[one.body][one.start].bodies)
    return one.reach < one.start + length and not _cuts(kinds[one.body], one.start, one.start + length)


def _cuts(kinds: Sequence[int], start: int, end: int) -> bool:
    """Does a window begin or end within a row of alike items?"""
    return (start > 0 and kinds[start - 1] == kinds[start]) or (end < len(kinds) and kinds[end] == kinds[end - 1])


def _is_periodic(keys: Sequence[int]) -> bool:
    """Is it one chain several times over? That one is the block."""
    names, count = list(keys), len(keys)
    return any(count % part == 0 and names[:part] * (count // part) == names for part in range(1, count // 2 + 1))


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

    steady = [_steady(window, channels) for window in windows]

    def entering(item: int) -> list[object]:
        return [
            channels(base(each[item].reads[0])) if each[item].reads and id(each[item]) in same else None
            for each, same in zip(inner, steady, strict=True)
        ]

    def made(item: int) -> list[object]:
        return [channels(each[item].name) for each in inner]

    columns = alike.columns(windows)
    if length == 1:
        columns = (
            each for each in columns if each[0] != Slot(0, REPEAT)
        )  # the uses are repeated, and not what is inside
    return params_of(list(columns), entering, made)


def _steady(items: Sequence[Item], channels: Channels) -> set[int]:
    """The items, by their identities, to which no repetition brings other channels than the first."""
    found: set[int] = set()
    for item in items:
        entering = channels(base(item.reads[0])) if item.reads else None
        if item.repeat == 1 or (entering is not None and entering == channels(item.name)):
            found.add(id(item))
            for body in item.bodies.values():
                found |= _steady(body, channels)
    return found


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


def _burden(params: Params, places: Sequence[Place], taste: Taste) -> float:
    """What params cost a reader, in lines."""
    said = sum(param.argument(use) is not None for param in params.params[1:] for use in range(len(places)))
    return _PARAM * (len(params.params) + len(places[0].outside)) + taste.argument * said
