"""Items that are alike but for their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from netspec.conversion.folding.defaults import Defaults
from netspec.conversion.folding.items import CONV, Formula, Item, walk
from netspec.kinds import KINDS

_NEVER = frozenset(("merge", "axis", "type"))  # hyperparameters that make a node what it is
REPEAT = "repeat"


class Slot(NamedTuple):
    """Where a value stands in a window: which of its items, in the order of `walk`, and which hyperparameter."""

    item: int
    name: str


class Likeness(IntEnum):
    """How much items must have in common to be alike, each degree more than the one before it."""

    KINDS = 0
    WORDS = 1  # and truth values
    WINDOWS = 2  # and every number that is no width, stride, rate or repetition


_FREE = ("filters", "units", "strides", "rate", "groups", "rounding", "padding")


def _least(name: str, value: object) -> Likeness | None:
    """The lowest degree of likeness for which a value must be the same; None where it may always differ."""
    if not is_column(name, value):
        return Likeness.KINDS
    if isinstance(value, Formula):
        return Likeness.WINDOWS if value.is_of_the_input else None
    if isinstance(value, str | bool):
        return Likeness.WORDS
    return None if name.startswith(_FREE) else Likeness.WINDOWS


def is_column(name: str, value: object) -> bool:
    """May it differ from one item to another that is alike?"""
    if name in _NEVER:
        return False
    if isinstance(value, list | tuple):
        return all(
            isinstance(each, int) or (isinstance(each, list | tuple) and is_column(name, each)) for each in value
        )
    return isinstance(value, bool | int | float | str)


def in_order(kind: str, names: Iterable[str]) -> list[str]:
    """Hyperparameters in the order of their declaration."""
    declared = list(KINDS[kind].options) if kind in KINDS else []
    return sorted(names, key=lambda name: declared.index(name) if name in declared else len(declared))


class Alike:
    """Says of items whether they are alike.

    Args:
        defaults: The spec's.
        blocks: Of each block, the defaults of its params.
    """

    def __init__(self, defaults: Defaults, blocks: Mapping[str, Mapping[str, object]]) -> None:
        self.defaults = defaults
        self.blocks = blocks

    def keys(self, item: Item) -> list[object]:
        """What items have in common that are alike, by degree; what is alike to one degree is to all below it."""
        fixed = [(_least(name, value), name, repr(value)) for name, value in sorted(item.values.items())]
        bodies = [(word, [self.keys(inner) for inner in body]) for word, body in item.bodies.items()]
        return [
            (
                item.kind,
                tuple([(name, text) for least, name, text in fixed if least is not None and least <= degree]),
                tuple([(word, tuple([keys[degree] for keys in body])) for word, body in bodies]),
                item.trainable,
                repr(item.inner),
            )
            for degree in Likeness
        ]

    def are_alike(self, one: Item, other: Item, likeness: Likeness) -> bool:
        """Are two items alike to this degree?"""
        return one.kind == other.kind and self.keys(one)[likeness] == self.keys(other)[likeness]

    def value(self, item: Item, name: str) -> object:
        """The value that is in force, said or not."""
        if name == REPEAT:
            return item.repeat
        if name in item.values:
            return item.values[name]
        if item.block:
            return self.blocks[item.kind].get(name)
        given = self.defaults.get(item.kind, {})
        if name in given and not (item.kind == CONV and name == "padding" and item.values.get("kernel_size") == 1):
            return given[name]
        if item.kind not in KINDS or name not in KINDS[item.kind].options:
            return None
        default = KINDS[item.kind].options[name].default
        return list(default) if isinstance(default, tuple) else default

    def columns(self, windows: Sequence[Sequence[Item]]) -> Iterator[tuple[Slot, list[object]]]:
        """The values that may differ between windows that are alike: where each stands, and one value a window."""
        for number, items in enumerate(zip(*(list(walk(window)) for window in windows), strict=True)):
            names = in_order(items[0].kind, dict.fromkeys(name for item in items for name in item.values))
            for name in names:
                values = [self.value(item, name) for item in items]
                if name == "padding":
                    values = self._in_numbers(items, values)
                if name in ("rounding", "padding"):
                    values = _where_open(items, name, values)
                yield Slot(number, name), values
            yield Slot(number, REPEAT), [item.repeat for item in items]

    def _in_numbers(self, items: Sequence[Item], values: list[object]) -> list[object]:
        """Paddings, `same` as the numbers that it comes to, where others are numbers."""
        if all(isinstance(value, str) for value in values):
            return values
        found = []
        for item, value in zip(items, values, strict=True):
            numbers = self._same(item) if value == "same" and not _is_pointwise(item) else None
            found.append(value if numbers is None else numbers)
        return found

    def _same(self, item: Item) -> int | list[int] | None:
        """What `same` adds on each side, of an odd window whose stride is 1."""
        window = self.value(item, "pool_size" if item.kind == "pool" else "kernel_size")
        dilation = self.value(item, "dilation_rate") or 1
        strides = self.value(item, "strides")
        if item.kind not in KINDS or strides not in (1, [1] * (len(window) if isinstance(window, list) else 1)):
            return None
        sizes = window if isinstance(window, list) else [window]
        if dilation != 1 or not all(isinstance(size, int) and size % 2 == 1 for size in sizes):
            return None
        amounts = [size // 2 for size in sizes if isinstance(size, int)]
        return amounts if isinstance(window, list) else amounts[0]


def _where_open(items: Sequence[Item], name: str, values: list[object]) -> list[object]:
    """The values with the others' where it does not matter: what is dropped where nothing is, padding of a window of 1."""
    if name == "rounding":
        return ["floor"] * len(values) if set(map(repr, values)) == {"'floor'", "'exact'"} else values
    said = [
        value for item, value in zip(items, values, strict=True) if not _is_pointwise(item) and isinstance(value, str)
    ]
    if not said:
        return values
    return [said[0] if _is_pointwise(item) else value for item, value in zip(items, values, strict=True)]


def _is_pointwise(item: Item) -> bool:
    return item.kind == CONV and item.values.get("kernel_size") == 1
