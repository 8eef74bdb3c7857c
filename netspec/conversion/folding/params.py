"""What differs between the places that become uses of one block: its params, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from netspec.conversion.folding.alike import REPEAT, Slot
from netspec.conversion.folding.items import IDENTITY, PROJECT, Formula
from netspec.conversion.naming import free_name
from netspec.spec.names import RECEIVED

Column = Sequence[object]
_SIZES = ("filters", "units", "groups", "start", "stop")  # hyperparameters that count channels
_DISTINCT = 3  # values that differ from others by the same, so that it is no chance
_OF_CHANNELS = re.compile(r"(?:(\d+) \* )?\$channels(?: // (\d+))?")
CHANNELS = "channels"
SHORTCUT = "shortcut"


class Param(NamedTuple):
    """A param of a block: its values at the uses, and the one that most uses have, if they are many."""

    name: str
    values: tuple[object, ...]
    default: object | None

    def argument(self, use: int) -> object | None:
        """What a use says; None where it is the default."""
        value = self.values[use]
        return None if self.default is not None and repr(value) == repr(self.default) else value


class Params(NamedTuple):
    """The params of a block, the principal one first, and what stands at each place in it."""

    params: tuple[Param, ...]
    values: Mapping[Slot, object]


def params_of(
    columns: Sequence[tuple[Slot, Column]], channels: Callable[[int], Column], made: Callable[[int], Column]
) -> Params | None:
    """The fewest params from which the values at all places follow.

    Args:
        columns: For each place, its value at each use.
        channels: For an item, the channels that enter it at each use; None where that is not known.
        made: The same of the channels that it gives.

    Returns:
        The params; None where a value is a formula of what its node receives, and a use would receive another.
    """
    found: dict[str, list[object]] = {}
    values: dict[Slot, object] = {}
    waiting = []
    for slot, given in columns:
        column = _in_force(given, channels(slot.item))
        if len(set(map(repr, column))) == 1 and not (isinstance(column[0], Formula) and column[0].is_of_a_block):
            values[slot] = column[0]
        else:
            waiting.append((slot, list(column)))
    for slot, column in sorted(waiting, key=_urgency):
        if slot.item != 0 and any(isinstance(value, Formula) and value.is_of_the_input for value in column):
            return None
        rule = _follows(slot.name, column, found) or _of_channels(slot, column, channels(slot.item))
        if rule is None and slot.name == SHORTCUT:
            rule = _of_widths(column, channels(slot.item), made(slot.item), found)
        if rule is None:
            name = _free(slot.name, found)
            found[name] = column
            rule = f"${name}"
        values[slot] = Formula(rule)
    _name_output(found, values)
    params = tuple(Param(name, tuple(column), _default(name, column)) for name, column in found.items())
    return Params(tuple(sorted(params, key=lambda each: each.default is not None)), values)


def _name_output(found: dict[str, list[object]], values: dict[Slot, object]) -> None:
    """Give the name `filters`, and the first place, to the channels that come out, of several that differ."""
    last = max((slot for slot in values if slot.name == "filters"), default=None)
    word = values[last] if last is not None else None
    names = [] if not isinstance(word, Formula) else [name[1:] for name in re.findall(r"\$\w+", word)]
    if len(names) != 1 or names[0] not in found or names[0] == "filters":
        return
    swapped = {"filters": names[0], names[0]: "filters"}
    for slot, value in values.items():
        if isinstance(value, Formula):
            values[slot] = Formula(re.sub(r"\$(\w+)", lambda match: f"${swapped.get(match[1], match[1])}", value))
    renamed = {swapped.get(name, name): column for name, column in found.items()}
    found.clear()
    found["filters"] = renamed.pop("filters")
    found.update(renamed)


def _in_force(column: Column, channels: Column) -> Column:
    """The column with the numbers as the formula of others, where all are what it comes to."""
    formulas = {value for value in column if isinstance(value, Formula) and value.is_of_the_input}
    if len(formulas) != 1:
        return column
    (formula,) = formulas
    is_same = all(
        value == formula or (isinstance(value, int) and isinstance(here, int) and _worked_out(formula, here) == value)
        for value, here in zip(column, channels, strict=True)
    )
    return [formula] * len(column) if is_same else column


def _worked_out(formula: Formula, channels: int) -> int | None:
    """The number that a formula of the channels comes to; None of others."""
    found = _OF_CHANNELS.fullmatch(formula)
    if found is None:
        return None
    factor, part = found.groups()
    return channels * int(factor or 1) // int(part or 1)


def _urgency(waiting: tuple[Slot, list[object]]) -> tuple[object, ...]:
    """Sizes first, small ones before their multiples, so that others follow from them."""
    slot, column = waiting
    whole = _integers(column)
    is_size = _is_size(slot.name)
    return (not is_size, slot.name == SHORTCUT, whole is None, sum(whole or ()) if is_size else 0, slot.item)


def _integers(column: Column) -> list[int] | None:
    numbers = [value for value in column if isinstance(value, int) and not isinstance(value, bool) and value > 0]
    return numbers if len(numbers) == len(column) else None


def _follows(name: str, column: list[object], found: Mapping[str, list[object]]) -> str | None:
    """The values as those of a param, or a whole multiple or part of them."""
    alike = {param: values for param, values in found.items() if _is_size(param) == _is_size(name)}
    for param, others in alike.items():
        if list(map(repr, others)) == list(map(repr, column)) and (_is_size(name) or param.startswith(name)):
            return f"${param}"
    for param, others in alike.items() if _is_size(name) else ():
        rule = _multiple(column, others, f"${param}") or _offset(column, others, f"${param}")
        if rule is not None:
            return rule
    return None


def _offset(column: Column, others: Column, word: str) -> str | None:
    """The values as others and the same number more."""
    numbers, bases = ([value for value in each if type(value) is int] for each in (column, others))
    if not len(numbers) == len(bases) == len(column) or len(set(numbers)) < _DISTINCT:
        return None
    more = {number - base for number, base in zip(numbers, bases, strict=True)}
    return f"{word} {'-' if min(more) < 0 else '+'} {abs(min(more))}" if len(more) == 1 else None


def _is_size(name: str) -> bool:
    return name.startswith(_SIZES)


def _of_channels(slot: Slot, column: list[object], channels: Column) -> str | None:
    if not _is_size(slot.name):
        return None
    return f"${CHANNELS}" if list(channels) == column else _multiple(column, channels, f"${CHANNELS}")


def _of_widths(column: Column, entering: Column, made: Column, found: Mapping[str, list[object]]) -> str | None:
    """A shortcut that projects exactly where the channels change."""
    if any(
        value not in (IDENTITY, PROJECT) or None in (a, b) or (value == IDENTITY) != (a == b)
        for value, a, b in zip(column, entering, made, strict=True)
    ):
        return None
    width = _follows("filters", list(made), found)
    return None if width is None else f"'{IDENTITY}' if ${CHANNELS} == {width} else '{PROJECT}'"


def _multiple(column: Column, others: Column, word: str) -> str | None:
    numbers, bases = _integers(column), _integers(others)
    if numbers is None or bases is None:
        return None
    if numbers[0] % bases[0] == 0:
        factor = numbers[0] // bases[0]
        return f"{factor} * {word}" if all(n == factor * b for n, b in zip(numbers, bases, strict=True)) else None
    if bases[0] % numbers[0] == 0:
        factor = bases[0] // numbers[0]
        return f"{word} // {factor}" if all(factor * n == b for n, b in zip(numbers, bases, strict=True)) else None
    return None


def _default(name: str, column: list[object]) -> object | None:
    """The value that most uses have; sizes are said at each use."""
    if _is_size(name):
        return None
    texts = [repr(value) for value in column]
    most = max(dict.fromkeys(texts), key=texts.count)
    value = column[texts.index(most)]
    if isinstance(value, Formula) or texts.count(most) * 2 < len(texts) or texts.count(most) < 2:
        return None
    return value


def _free(name: str, taken: Mapping[str, object]) -> str:
    word = "blocks" if name == REPEAT else f"new_{name}" if name in RECEIVED else name
    return free_name(word, taken)
