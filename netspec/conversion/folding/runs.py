"""Neighbours that are equal, or differ by a rule in one number, made one item with `repeat`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from math import isclose

from netspec.conversion.folding.alike import REPEAT, Alike, Likeness, Slot
from netspec.conversion.folding.blocks import Block
from netspec.conversion.folding.items import Formula, Item, Side, base, common, walk, words_of

_LEAST = 3  # items of a run that differ by a rule
_CYCLE = 4  # numbers of a cycle, so that it is no chance
_DIGITS = 14  # of numbers that somebody may have written
_ARGUMENTS = 1  # in which the first of a run may differ

_Run = tuple[int, dict[Slot, Formula]]  # where a run ends, and what its first item says for all


def with_runs(body: list[Item], alike: Alike, kept: frozenset[str]) -> None:
    """Fold the runs of a body, in place."""
    readers = Counter(base(name) for each in walk(body) for name in each.all_read)
    start = 0
    while start < len(body):
        end = start + 1
        while end < len(body) and _continues(body, end, kept, readers) and _equal(body[start], body[end], alike):
            end += 1
        if end - start > 1:
            body[start:end] = [_folded(body[start:end])]
        start += 1


def with_rules(body: list[Item], alike: Alike, kept: frozenset[str]) -> None:
    """Fold runs whose first is another, or in which a number goes by a rule, in place."""
    readers = Counter(base(name) for each in walk(body) for name in each.all_read)
    start = 0
    while start < len(body):
        found = _ruled(body, start, alike, kept, readers) or _with_first(body, start, alike, kept, readers)
        if found is not None:
            end, values = found
            inside = list(walk([body[start]]))
            for slot, value in values.items():
                inside[slot.item].values[slot.name] = value
            body[start:end] = [_folded(body[start:end])]
        start += 1


def with_parallel(body: list[Item], block: Block, uses: int, inputs: Container[str], alike: Alike) -> None:
    """Fold the uses of a block that all read the same input of the network, in place, if nothing else uses it.

    The block then names the input itself, as each repetition is handed what the one before it gives.

    Args:
        body: The network's.
        block: The block.
        uses: How many there are of it anywhere.
        inputs: The network's, of which there are several, so that each has a name.
        alike: Which items are.
    """
    places = [number for number, item in enumerate(body) if item.kind == block.name]
    items = [body[number] for number in places]
    if not _LEAST <= len(items) == uses or places != list(range(places[0], places[-1] + 1)):
        return
    first, *others = block.items
    source = items[0].reads
    if (
        len(source) != 1
        or source[0] not in inputs
        or any(item.reads != source or item.beside or item.sides or item.repeat != 1 for item in items)
    ):
        return
    if first.reads != (block.entering,) or any(block.entering in item.all_read_within for item in others):
        return
    columns = _differing(items, alike)
    rule = _rule(columns[0][1]) if len(columns) == 1 else None
    if rule is None or any(item.share is not None for item in items):
        return
    first.reads = source
    earlier = {item.name: Side("", number) for number, item in enumerate(items[:-1], 1)}
    items[0].values[columns[0][0].name] = Formula(rule)
    body[places[0] : places[-1] + 1] = [_folded(items)]
    items[0].sides |= earlier


def _differing(items: Sequence[Item], alike: Alike) -> list[tuple[Slot, list[object]]]:
    """Where items differ, and the value of each."""
    columns = alike.columns([[item] for item in items])
    return [(slot, values) for slot, values in columns if len(set(map(repr, values))) > 1]


def _folded(items: Sequence[Item]) -> Item:
    first, last = items[0], items[-1]
    first.sides = _sides(items)
    first.words = common(map(words_of, items))
    first.repeat = sum(item.repeat for item in items if isinstance(item.repeat, int))
    first.name, first.is_wanted, first.is_named = last.name, last.is_wanted, False
    return first


def _sides(items: Sequence[Item]) -> dict[str, Side]:
    """What others read of items that become repetitions of one."""
    found, before = dict[str, Side](), 0
    for item in items:
        for name, side in item.sides.items():
            found[name] = side._replace(repetition=before + max(side.repetition, 1))
        before += item.repeat if isinstance(item.repeat, int) else 1
    return found


def _continues(body: Sequence[Item], index: int, kept: frozenset[str], readers: Mapping[str, int]) -> bool:
    """Does an item go on from the one before it, which nothing else reads?"""
    before, item = body[index - 1], body[index]
    if item.reads != (before.name,) or before.name in kept or item.beside or before.beside:
        return False
    if any(name.startswith("$") for name in before.reads):
        return False  # each repetition would read the node that a param names
    if any(each.share is not None for each in walk([before, item])):
        return False
    if not (isinstance(before.repeat, int) and isinstance(item.repeat, int)):
        return False
    inside = sum(name == before.name for each in walk([item]) for name in map(base, each.all_read))
    return readers[before.name] == inside


def _equal(one: Item, other: Item, alike: Alike) -> bool:
    return (
        _has_no_formula(one)
        and alike.are_alike(one, other, Likeness.WORDS)
        and all(
            repr(values[0]) == repr(values[1])
            for slot, values in alike.columns([[one], [other]])
            if not (slot.item == 0 and slot.name == REPEAT)
        )
    )


def _has_no_formula(item: Item) -> bool:
    """Of `$index` each repetition has its own, and `$channels` may change from one to the next."""
    return not any(
        isinstance(value, Formula) and ("$index" in value or "$channels" in value) for value in item.values.values()
    )


def _ruled(
    body: Sequence[Item], start: int, alike: Alike, kept: frozenset[str], readers: Mapping[str, int]
) -> _Run | None:
    """The longest run from an item in which one number goes by a rule: where it ends, and the rule."""
    first = body[start]
    if not (first.block or first.bodies) or any(item.repeat != 1 for item in walk([first])):
        return None  # `$index` would be another's
    best: _Run | None = None
    for end in range(start + 1, len(body)):
        if not _continues(body, end, kept, readers) or body[end].repeat != 1:
            break
        if not alike.are_alike(first, body[end], Likeness.WORDS):
            break
        columns = _differing(body[start : end + 1], alike)
        rule = _rule(columns[0][1]) if len(columns) == 1 else None
        if rule is None and end > start + 1:
            break
        if rule is None or (end + 1 - start < _LEAST and not isinstance(columns[0][1][0], float)):
            continue
        best = end + 1, {columns[0][0]: Formula(rule)}
    return best


def _with_first(
    body: Sequence[Item], start: int, alike: Alike, kept: frozenset[str], readers: Mapping[str, int]
) -> _Run | None:
    """A use of a block and the run of others behind it, where they differ in a few arguments."""
    first, end = body[start], start + 1
    if not first.block or first.repeat != 1 or end == len(body) or not _continues(body, end, kept, readers):
        return None
    rest = body[end]
    if rest.repeat == 1 or first.kind != rest.kind or not (_has_no_formula(first) and _has_no_formula(rest)):
        return None
    values: dict[Slot, Formula] = {}
    for slot, (one, other) in alike.columns([[first], [rest]]):
        if slot.name != REPEAT and repr(one) != repr(other):
            rule = _either(one, other)
            if rule is None or slot.item != 0:
                return None
            values[slot] = Formula(rule)
    return (end + 1, values) if 0 < len(values) <= _ARGUMENTS else None


def _either(one: object, other: object) -> str | None:
    """A formula that is one value for the first repetition, and another for the rest."""
    words = []
    for value in (one, other):
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        words.append(str(value) if isinstance(value, Formula | int | float) else f"'{value}'")
    return f"{words[0]} if $index == 0 else {words[1]}"


def _rule(values: Sequence[object]) -> str | None:
    """Numbers as a formula of `$index`."""
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if len(numbers) < len(values):
        return None
    first, step = numbers[0], numbers[1] - numbers[0]
    if not all(isinstance(number, int) for number in numbers):
        return _of_floats(numbers)
    if all(number == first + step * index for index, number in enumerate(numbers)):
        return _sum(first, step)
    factor, rest = divmod(numbers[1], first) if first else (0, 1)
    if factor > 1 and not rest and all(number == first * factor**index for index, number in enumerate(numbers)):
        return f"{factor} ** $index" if first == 1 else f"{first} * {factor} ** $index"
    return _in_cycles(numbers)


def _in_cycles(numbers: Sequence[float]) -> str | None:
    """Numbers that begin anew, by the formula of one cycle."""
    period = next((index for index, number in enumerate(numbers) if index and number == numbers[0]), 0)
    if period < _CYCLE or any(number != numbers[index % period] for index, number in enumerate(numbers)):
        return None
    rule = _rule(numbers[:period])
    return None if rule is None else rule.replace("$index", f"($index % {period})")


def _sum(first: float, step: float) -> str:
    start = "" if first == 0 else f"{first!r} "
    sign = "-" if step < 0 else "+" if start else ""
    factor = "" if abs(step) == 1 else f"{abs(step)!r} * "
    return f"{start}{sign} {factor}$index".strip() if start else f"{sign}{factor}$index"


def _of_floats(numbers: Sequence[float]) -> str | None:
    """An arithmetic series, its numbers as short as they may be; equal but for what floats round."""
    step = (numbers[-1] - numbers[0]) / (len(numbers) - 1)
    # Exactly, if few digits do that, so that what was folded once is folded to the same again.
    for last, tolerance in ((_DIGITS, 0.0), (17, 1e-12)):
        for digits in range(2, last + 1):
            first, each = float(f"{numbers[0]:.{digits}g}"), float(f"{step:.{digits}g}")
            made = [first + each * index for index in range(len(numbers))]
            if all(isclose(a, b, rel_tol=tolerance) for a, b in zip(made, numbers, strict=True)):
                return _sum(first, each)
    return None
