"""Windows made blocks, and their places uses of these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from netspec.conversion.folding.alike import REPEAT, Slot
from netspec.conversion.folding.items import Formula, Item, Side, base, common, is_divisible, walk, words_of
from netspec.conversion.folding.params import Param
from netspec.conversion.folding.tracing import Place
from netspec.conversion.folding.windows import Window

OUTSIDE = "other"  # the param that names a node beside the one that enters


class Block(NamedTuple):
    """A block: its params, some of which name nodes, and its body, which begins with `entering`."""

    name: str
    params: tuple[Param, ...]
    outside: tuple[str, ...]  # params that name nodes
    items: list[Item]
    entering: str
    is_given: bool = False  # is the name the model's own?

    def defaults(self) -> dict[str, object]:
        """Of the params that have one."""
        return {param.name: param.default for param in self.params if param.default is not None}


def made_block(bodies: Sequence[list[Item]], window: Window, name: str, kept: frozenset[str]) -> Block:
    """Make a block of a window, and put its uses where it occurred."""
    first = window.places[0]
    everywhere = [bodies[place.body][place.start : place.start + window.length] for place in window.places]
    outside = _names(len(first.outside))
    readers = _readers(bodies)
    sides = [_sides(items, name, readers, kept) for items in everywhere]
    block = _block(everywhere, window, name, first, outside)
    for number in reversed(range(len(window.places))):
        place = window.places[number]
        use = _use(everywhere[number], window, name, number, place, outside)
        use.sides = sides[number]
        bodies[place.body][place.start : place.start + window.length] = [use]
    return block


def _readers(bodies: Iterable[Sequence[Item]]) -> Mapping[str, set[int]]:
    """By a name, the items that read it."""
    found: dict[str, set[int]] = defaultdict(set)
    for body in bodies:
        for item in body:
            for name in item.all_read:
                found[base(name)].add(id(item))
    return found


def _sides(items: Sequence[Item], block: str, readers: Mapping[str, set[int]], kept: frozenset[str]) -> dict[str, Side]:
    """What others read of the items that become a use, beside what the last of them gives."""
    inside = {id(inner) for inner in walk(items)}
    return {
        name: Side(_inner(block, number, item, name))
        for number, item in enumerate(items)
        for name in item.gives
        if (item is not items[-1] or name != item.name) and (readers[name] - inside or name in kept)
    }


def _inner(block: str, number: int, item: Item, name: str) -> str:
    """The name in a block of what one of its items gives, the same whatever use it is taken from."""
    side = item.sides.get(name)
    return f"{block}/{number}" if side is None else f"{block}/{number} {side.name} {side.repetition}"


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
        words=common(map(words_of, items)),
    )


def _block(
    everywhere: Sequence[Sequence[Item]], window: Window, name: str, first: Place, outside: Sequence[str]
) -> Block:
    """The body with formulas for what differs, under names of its own."""
    entering, items = f"{name}/input", everywhere[0]
    renamed = {each: _inner(name, number, item, each) for number, item in enumerate(items) for each in item.gives}
    if len(items[0].reads) == 1:
        renamed.setdefault(items[0].reads[0], entering)
    for param, read in zip(outside, first.outside, strict=True):
        renamed.setdefault(read, f"${param}")
    numbered = {id(item): number for number, item in enumerate(walk(items))}
    body = [_copied(item, window.params.values, numbered, renamed, f"{name}/") for item in items]
    for number, item in enumerate(body):
        item.sides = {
            _inner(name, number, each[number], given): side
            for each in everywhere
            for given, side in each[number].sides.items()
        }
    body[0].reads = (entering,)
    if len(body) == 1:
        body[0].repeat = 1
    return Block(name, window.params.params, tuple(outside), body, entering)


def divided(item: Item, own: Callable[[Item], str]) -> list[Item]:
    """The item, its first repetition apart where each would read the node that a param names.

    Args:
        item: Of a block.
        own: The name of a block that does what an item does.
    """
    if item.repeat == 1 or not item.reads[0].startswith("$") or not is_divisible(item):
        return [item]
    if not any(isinstance(value, Formula) and value.is_of_a_block for value in item.values.values()):
        return [replace(item, kind=own(item), values={}, repeat=1)]
    first = replace(item, name=f"{item.name} first", repeat=1, values=dict(item.values))
    return [first, replace(item, reads=(first.name,), repeat=item.repeat - 1 if isinstance(item.repeat, int) else 1)]


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
