"""The lines of a text that are not as they were, taken back to what was last known good."""

from __future__ import annotations

from typing import NamedTuple

from netspec.recovery.lines import Done, is_empty

MAX_MOVED = 6  # lines between deleted ones and an empty line that gives its place to them


class Hunk(NamedTuple):
    """The lines in which two texts differ: `[start, was)` of the one, `[start, now)` of the other."""

    start: int
    was: int
    now: int


def hunk_of(before: list[str], after: list[str]) -> Hunk:
    """What lies between the lines that two texts begin with and those that they end with."""
    most = min(len(before), len(after))
    start = 0
    while start < most and before[start] == after[start]:
        start += 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return Hunk(start, len(before) - end, len(after) - end)


def carried(good: list[str], now: list[str], hunk: Hunk) -> list[str]:
    """The good lines with those of a hunk as they are now."""
    return [*good[: hunk.start], *now[hunk.start : hunk.now], *good[hunk.was :]]


def taken_back(good: list[str], hunk: Hunk) -> tuple[list[str], dict[int, Done]] | None:
    """The good lines, in as many lines as there are now; None where there are too few for them.

    Where lines were deleted, an empty line or a comment near them gives its place, if there are only few lines between.
    """
    was, now = hunk.was - hunk.start, hunk.now - hunk.start
    old = good[hunk.start : hunk.was]
    if was <= now:
        lines = [*good[: hunk.start], *old, *[""] * (now - was), *good[hunk.was :]]
        return lines, dict.fromkeys(range(hunk.start, hunk.now), "taken back")
    missing = was - now
    above = _room(good, range(hunk.start - 1, -1, -1), missing)
    below = _room(good, range(hunk.was, len(good)), missing)
    for room in sorted((each for each in (above, below) if each is not None), key=len):
        kept = [number for number in range(len(good)) if number not in room.given]
        lines = [good[number] for number in kept]
        first = min(hunk.start, *room.given)
        last = max(hunk.now, *(number - missing + 1 for number in room.given if number >= hunk.was), first + 1)
        return lines, dict.fromkeys(range(first, last), "taken back")
    return None


class _Room(NamedTuple):
    """Lines that say nothing, which others can be put in the place of; how far away the last is."""

    given: frozenset[int]
    moved: int

    def __len__(self) -> int:
        return self.moved


def _room(good: list[str], numbers: range, missing: int) -> _Room | None:
    given: list[int] = []
    moved = 0
    for number in numbers:
        if is_empty(good[number]):
            given.append(number)
            if len(given) == missing:
                return _Room(frozenset(given), moved)
        else:
            moved += 1
            if moved > MAX_MOVED or good[number].lstrip().startswith("-"):
                return None
    return None


def moved(holes: dict[int, Done], hunk: Hunk) -> dict[int, Done]:
    """The holes of the text before a hunk, but for those in it, by their lines after it."""
    by = hunk.now - hunk.was
    return {
        number if number < hunk.start else number + by: done
        for number, done in holes.items()
        if not hunk.start <= number < hunk.was
    }


def widened(hunk: Hunk, holes: dict[int, Done]) -> Hunk:
    """A hunk with the whole of the holes that it touches."""
    start, was, now = hunk
    while start - 1 in holes and (start in holes or was > start):
        start -= 1
    while was in holes and was - 1 in holes and was > start:
        was, now = was + 1, now + 1
    return Hunk(start, was, now)
