"""Chains of items that occur again and again, the one that is best made a block first."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from netspec.conversion.folding.alike import REPEAT, Alike, Likeness, Slot
from netspec.conversion.folding.around import Around, Body, Numbers, Steps
from netspec.conversion.folding.chains import alike_windows
from netspec.conversion.folding.items import Item, base, is_short, size, walk
from netspec.conversion.folding.params import Params, params_of
from netspec.conversion.folding.tracing import Place

_LONGEST = 48  # items of a window
_HEAD = 3  # lines of a block beside its body
_PARAM = 0.7  # lines that a param costs, which a reader has to follow
_LEAST = 3.0  # lines that a block must spare
_SIDE = 0.5  # lines that it costs at each place that others read what a use holds
_TRIED = 20  # windows whose params are worked out, of those that look best


class Taste(NamedTuple):
    """What is preferred among windows that spare much; now one of these leads to the shorter spec, now another.

    Args:
        share: Of the windows that spare this share of what the best does, the one that occurs most is taken.
        argument: The lines that each argument of a use costs beside the first.
    """

    share: float
    argument: float


class Window(NamedTuple):
    """A chain of items that occurs at several places."""

    length: int
    places: tuple[Place, ...]
    params: Params


Channels = Callable[[str], int | None]


class Windows:
    """The chains of items that occur more than once.

    Args:
        bodies: All bodies of the spec.
        tops: Which of them are inside no other, so that what their uses hold can be read by a path.
        alike: Which items are.
        channels: How many channels the output of an item has, by its name, if that is known.
        kept: Names that are read from afar.
    """

    def __init__(
        self, bodies: Sequence[Body], tops: Container[int], alike: Alike, channels: Channels, kept: frozenset[str]
    ) -> None:
        self._bodies = bodies
        self._alike = alike
        self._channels = channels
        self._params: dict[tuple[int, tuple[Place, ...]], Params | None] = {}
        self._found = sorted({*self._bounded(tops, kept)}, key=lambda each: (-each[0], each[1], each[2]))

    def best(self, taste: Taste) -> Window | None:
        """The one that spares most lines as a block; None where none spares enough."""
        tried: list[tuple[float, Window]] = []
        most = 0.0
        for bound, length, places in self._found:
            if len(tried) == _TRIED or bound <= most * taste.share:
                break
            params = self._params_of(length, places)
            if params is not None:
                gain = bound + 1 - _uses(self._bodies, length, places, params) - _burden(params, places, taste)
                most = max(most, gain)
                tried.append((gain, Window(length, places, params)))
        good = [each for each in tried if each[0] >= max(_LEAST, taste.share * most)]
        return max(good, key=lambda each: (len(each[1].places) if taste.share < 1 else 0, each[0]))[1] if good else None

    def _bounded(self, tops: Container[int], kept: frozenset[str]) -> Iterator[tuple[float, int, tuple[Place, ...]]]:
        """Alike windows, and the most lines that each may spare."""
        bodies = self._bodies
        numbers = _numbered(bodies, self._alike)
        steps = Steps(len(Likeness))
        around = [
            Around(number, body, numbers[number], kept, steps, is_top=number in tops)
            for number, body in enumerate(bodies)
        ]
        sizes = [list(accumulate((size([item]) for item in body), initial=0)) for body in bodies]
        for length, places, degrees in alike_windows(around, steps, _LONGEST):
            number, start, *_ = places[0]
            end = start + length
            lines = sizes[number][end] - sizes[number][start]
            sides = len({side for place in places for side in place.sides})
            own = 2 if is_short(bodies[number][start:end]) else lines + _HEAD
            bound = len(places) * (lines - _SIDE * sides) - own - 1
            if bound >= _LEAST and any(
                not _is_periodic([each[degree] for each in numbers[number][start:end]]) for degree in degrees
            ):
                yield bound, length, tuple(places)

    def _params_of(self, length: int, places: tuple[Place, ...]) -> Params | None:
        key = (length, places)
        if key not in self._params:
            self._params[key] = _params(self._bodies, length, places, self._alike, self._channels)
        return self._params[key]


def _numbered(bodies: Sequence[Body], alike: Alike) -> list[list[Numbers]]:
    """Numbers for what alike items have in common; none for those that cannot be inside a block."""
    tables: list[dict[object, int]] = [{} for _ in Likeness]
    shared = {item.share for body in bodies for item in walk(body) if item.share is not None}
    found = []
    for body in bodies:
        row: list[Numbers] = []
        for item in body:
            if any(inner.share is not None or inner.name in shared for inner in walk([item])) or _reaches_out(item):
                row.append(())
            else:
                keys = zip(tables, alike.keys(item), strict=True)
                row.append(tuple([table.setdefault(key, len(table)) for table, key in keys]))
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


def _is_periodic(keys: Sequence[int]) -> bool:
    """Is it one chain several times over? That one is the block."""
    count = len(keys)
    return any(keys[part:] == keys[:-part] for part in range(1, count // 2 + 1) if count % part == 0)


def _params(
    bodies: Sequence[Body], length: int, places: Sequence[Place], alike: Alike, channels: Channels
) -> Params | None:
    windows = [bodies[place.body][place.start : place.start + length] for place in places]
    inner = [list(walk(window)) for window in windows]

    steady = [_steady(window, channels) for window in windows]

    @cache
    def entering(item: int) -> list[object]:
        return [
            channels(base(each[item].reads[0])) if each[item].reads and id(each[item]) in same else None
            for each, same in zip(inner, steady, strict=True)
        ]

    @cache
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
