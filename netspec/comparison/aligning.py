"""Two sequences side by side: which elements of one are which of the other, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

MOST_CELLS = 40_000  # of a table of all pairs; beyond it, what is equal is sought first
MOST_STEPS = 400_000  # of a search for what is equal

T = TypeVar("T")
Pairs = list[tuple[int, int]]


def common(first: Sequence[object], second: Sequence[object]) -> Pairs:
    """A longest common subsequence, as places in both (Myers 1986, "An O(ND) difference algorithm").

    Of sequences that have very little in common it is a common subsequence, and perhaps not a longest.
    """
    start, limit = 0, min(len(first), len(second))
    while start < limit and first[start] == second[start]:
        start += 1
    end = 0
    while end < limit - start and first[-1 - end] == second[-1 - end]:
        end += 1
    n, m = len(first) - start - end, len(second) - start - end
    pairs = [(i, i) for i in range(start)]
    a, b = first[start : start + n], second[start : start + m]
    inner = _myers(a, b)
    if inner is None:
        inner = _in_order(a, b)
    pairs += [(start + i, start + j) for i, j in inner]
    pairs += [(start + n + i, start + m + i) for i in range(end)]
    return pairs


def _myers(a: Sequence[object], b: Sequence[object]) -> Pairs | None:
    """None where it would take too long."""
    n, m = len(a), len(b)
    if not n or not m:
        return []
    furthest = {1: 0}
    trace: list[dict[int, int]] = []
    steps = 0
    for d in range(n + m + 1):
        trace.append(dict(furthest))
        steps += d + 1
        if steps > MOST_STEPS:
            return None
        for k in range(-d, d + 1, 2):
            down = k == -d or (k != d and furthest[k - 1] < furthest[k + 1])
            x = furthest[k + 1] if down else furthest[k - 1] + 1
            while x < n and x - k < m and a[x] == b[x - k]:
                x += 1
            furthest[k] = x
            if x >= n and x - k >= m:
                return _back(trace, n, m)
    return []


def _back(trace: list[dict[int, int]], x: int, y: int) -> Pairs:
    found = []
    for d in range(len(trace) - 1, -1, -1):
        furthest, k = trace[d], x - y
        down = k == -d or (k != d and furthest[k - 1] < furthest[k + 1])
        before = k + 1 if down else k - 1
        x0 = furthest[before]
        y0 = x0 - before
        while x > x0 and y > y0 and x > 0 and y > 0:
            x, y = x - 1, y - 1
            found.append((x, y))
        x, y = x0, y0
    return found[::-1]


def _in_order(a: Sequence[object], b: Sequence[object]) -> Pairs:
    """Each element with the next equal one, as long as that does not leave too many out."""
    places: dict[object, list[int]] = {}
    for j in range(len(b) - 1, -1, -1):
        places.setdefault(b[j], []).append(j)
    found, last = [], -1
    for i, each in enumerate(a):
        waiting = places.get(each, [])
        while waiting and waiting[-1] <= last:
            waiting.pop()
        if waiting and waiting[-1] - last < 4 + abs(len(b) - len(a)):
            last = waiting.pop()
            found.append((i, last))
    return found


def aligned(
    first: Sequence[T],
    second: Sequence[T],
    same: Callable[[T], object],
    likeness: Callable[[T, T], float],
) -> Pairs:
    """The pairs, in order, whose likeness together is greatest.

    Args:
        first: One sequence.
        second: The other.
        same: What two elements have in common that are surely a pair where they meet.
        likeness: How alike two elements are; 0: they are no pair.
    """
    start, limit = 0, min(len(first), len(second))
    while start < limit and same(first[start]) == same(second[start]):
        start += 1
    end = 0
    while end < limit - start and same(first[-1 - end]) == same(second[-1 - end]):
        end += 1
    n, m = len(first) - start - end, len(second) - start - end
    a, b = first[start : start + n], second[start : start + m]
    pairs = [(i, i) for i in range(start)]
    pairs += [(start + i, start + j) for i, j in _middle(a, b, same, likeness)]
    pairs += [(start + n + i, start + m + i) for i in range(end)]
    return pairs


def _middle(a: Sequence[T], b: Sequence[T], same: Callable[[T], object], likeness: Callable[[T, T], float]) -> Pairs:
    if len(a) * len(b) <= MOST_CELLS:
        return _best(a, b, likeness)
    found: Pairs = []
    i = j = 0
    for x, y in [*common([same(each) for each in a], [same(each) for each in b]), (len(a), len(b))]:
        if (x - i) * (y - j) <= MOST_CELLS:
            found += [(i + p, j + q) for p, q in _best(a[i:x], b[j:y], likeness)]
        else:  # side by side
            found += [(i + p, j + p) for p in range(min(x - i, y - j)) if likeness(a[i + p], b[j + p])]
        if x < len(a):
            found.append((x, y))
        i, j = x + 1, y + 1
    return found


def _best(a: Sequence[T], b: Sequence[T], likeness: Callable[[T, T], float]) -> Pairs:
    """By a table of all pairs (Needleman and Wunsch 1970)."""
    if not a or not b:
        return []
    width = len(b) + 1
    table = [[0.0] * width]
    values = []
    for x in a:
        above, row, alike = table[-1], [0.0], []
        for j, y in enumerate(b):
            value = likeness(x, y)
            alike.append(value)
            best = above[j] + value if value else 0.0
            row.append(max(best, above[j + 1], row[j]))
        table.append(row)
        values.append(alike)
    found, i, j = [], len(a), len(b)
    while i and j:
        value = values[i - 1][j - 1]
        here = table[i][j]
        if value and here == table[i - 1][j - 1] + value:
            i, j = i - 1, j - 1
            found.append((i, j))
        elif here == table[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return found[::-1]
