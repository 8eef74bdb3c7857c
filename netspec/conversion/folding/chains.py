"""Chains of items that are alike wherever they begin, found by making them longer step by step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from netspec.conversion.folding.around import Around, Steps
from netspec.conversion.folding.tracing import Place, Trace

_Group = tuple[Sequence[Trace], range]  # chains that are alike, and the degrees to which no others are alike to them


def alike_windows(around: Sequence[Around], steps: Steps, longest: int) -> Iterator[tuple[int, list[Place], range]]:
    """Windows that could be uses of one block.

    Args:
        around: All bodies.
        steps: The steps in these.
        longest: The most items of a window.

    Yields:
        The length of the windows, two or more that do not overlap, and the degrees to which just these are alike.
    """
    every = [Trace(body, start) for body in around for start, numbers in enumerate(body.numbers) if numbers]
    growing = [(group, 1) for group in _split(every, [trace.first for trace in every], range(len(steps.at)), steps)]
    while growing:
        (same, degrees), length = growing.pop()
        while True:
            places = [place for trace in same if (place := trace.places[length - 1]) is not None]
            if len(places) > 1:
                places = _apart(places, length)
                if len(places) > 1:
                    yield length, places, degrees
            if length == longest:
                break
            taken = [trace.step(length) for trace in same]
            length += 1
            if taken.count(taken[0]) < len(taken):
                growing += [(group, length) for group in _split(same, taken, degrees, steps)]
                break
            if taken[0] < 0:
                break


def _split(same: Sequence[Trace], taken: Sequence[int], degrees: range, steps: Steps) -> Iterator[_Group]:
    """Chains that are still alike after the steps that they take, one each. What occurs once is of no use."""
    numbers = steps.at[degrees[0]]
    groups: dict[int, list[int]] = defaultdict(list)
    for index, step in enumerate(taken):
        if step >= 0:
            groups[numbers[step]].append(index)
    for group in groups.values():
        if len(group) > 1:
            chains, theirs = [same[index] for index in group], [taken[index] for index in group]
            apart = next((n for n in degrees if len({steps.at[n][step] for step in theirs}) > 1), degrees.stop)
            yield chains, range(degrees.start, apart)
            if apart < degrees.stop:
                yield from _split(chains, theirs, range(apart, degrees.stop), steps)


def _apart(places: Sequence[Place], length: int) -> list[Place]:
    """Those that do not overlap, from the start of each body."""
    found: list[Place] = []
    for place in places:
        if not found or found[-1].body != place.body or found[-1].start + length <= place.start:
            found.append(place)
    return found
