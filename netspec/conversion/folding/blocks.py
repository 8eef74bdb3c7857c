"""Windows made blocks, and their places uses of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from netspec.conversion.folding.alike import REPEAT, Slot
from netspec.conversion.folding.items import Formula, Item, base, walk
from netspec.conversion.folding.params import Param
from netspec.conversion.folding.windows import Place, Window

OUTSIDE = "other"  # the param that names a node beside the one that enters


class Block(NamedTuple):
    """A block: its params, some of which name nodes, and its body, which begins with `entering`."""

    name: str
    params: tuple[Param, ...]
    outside: tuple[str, ...]  # params that name nodes
    items: list[Item]
    entering: str

    def defaults(self) -> dict[str, object]:
        """Of the params that have one."""
        return {param.name: param.default for param in self.params if param.default is not None}


def made_block(bodies: Sequence[list[Item]], window: Window, name: str) -> Block:
    """Make a block of a window, and put its uses where it occurred."""
    first = window.places[0]
    items = bodies[first.body][first.start : first.start + window.length]
    outside = _names(len(first.outside))
    block = _block(items, window, name, first, outside)
    for number in reversed(range(len(window.places))):
        place = window.places[number]
        body = bodies[place.body]
        here = body[place.start : place.start + window.length]
        body[place.start : place.start + window.length] = [_use(here, window, name, number, place, outside)]
    return block


def _names(count: int) -> tuple[str, ...]:
    return tuple(OUTSIDE if number == 0 else f"{OUTSIDE}_{number + 1}" for number in range(count))


def _use(items: Sequence[Item], window: Window, name: str, number: int, place: Place, outside: Sequence[str]) -> Item:
    first, last = items[0], items[-1]
    repeat = first.repeat if len(items) == 1 else 1  # of one item the use is repeated
    values: dict[str, object] = {}
    for param in window.params.params:
        value = param.argument(number)
        if value is not None:
            values[param.name] = value
    return Item(
        name,
        last.name,
        values,
        first.reads,
        {param: (read,) for param, read in zip(outside, place.outside, strict=True)},
        is_wanted=last.is_wanted,
        repeat=repeat,
        block=True,
    )


def _block(items: Sequence[Item], window: Window, name: str, first: Place, outside: Sequence[str]) -> Block:
    """The body with formulas for what differs, under names of its own."""
    entering = f"{name}/input"
    renamed = {item.name: f"{name}/{number}" for number, item in enumerate(items)}
    if len(items[0].reads) == 1:
        renamed.setdefault(items[0].reads[0], entering)
    for param, read in zip(outside, first.outside, strict=True):
        renamed.setdefault(read, f"${param}")
    numbered = {id(item): number for number, item in enumerate(walk(items))}
    body = [_copied(item, window.params.values, numbered, renamed, f"{name}/") for item in items]
    body[0].reads = (entering,)
    if len(body) == 1:
        body[0].repeat = 1
    return Block(name, window.params.params, tuple(outside), body, entering)


def _copied(
    item: Item, values: Mapping[Slot, object], numbered: Mapping[int, int], renamed: Mapping[str, str], prefix: str
) -> Item:
    number = numbered[id(item)]
    here = {slot.name: value for slot, value in values.items() if slot.item == number}
    repeat = here.pop(REPEAT, item.repeat)

    def name(read: str) -> str:
        source = base(read)
        return f"{renamed.get(source, f'{prefix}{source}')}{read[len(source) :]}"

    return replace(
        item,
        name=name(item.name),
        values={option: here.get(option, item.values.get(option)) for option in dict.fromkeys((*item.values, *here))},
        reads=tuple(map(name, item.reads)),
        beside={option: tuple(map(name, reads)) for option, reads in item.beside.items()},
        is_named=False,
        is_wanted=False,
        bodies={
            word: [_copied(inner, values, numbered, renamed, prefix) for inner in body]
            for word, body in item.bodies.items()
        },
        entering=name(item.entering) if item.entering else "",
        repeat=repeat if isinstance(repeat, int | Formula) else 1,
    )
