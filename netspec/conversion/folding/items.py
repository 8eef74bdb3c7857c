"""A spec that is being folded: bodies of items, each a node, a composition or the use of a block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from netspec.conversion.nodes import Flat, FlatNode
from netspec.conversion.writing import body_of, named_inside
from netspec.spec.names import RECEIVED

CONV = "conv"
POINTWISE = "1x1"
COMPOSITIONS = frozenset(("skip", "inception"))
IDENTITY = "identity"
PROJECT = "project"


_FEW = 4  # nodes of a body that stand in one line
_NAME = re.compile(r"\$(\w+)")
_LEAST = 2  # letters that are no word yet
_NO_WORD = re.compile(r"[^a-z]+")
_BETWEEN = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # the words of `squeezeExcite`


class Formula(str):
    """A value that is an expression, `4 * $filters`."""

    __slots__ = ()

    @property
    def is_of_the_input(self) -> bool:
        """Does it read what its node receives, as `$channels`?"""
        return any(name in RECEIVED for name in _NAME.findall(self))

    @property
    def is_of_a_block(self) -> bool:
        """Does it read a param of the block where it stands, which another block does not know?"""
        return any(name not in RECEIVED for name in _NAME.findall(self))


class Side(NamedTuple):
    """A tensor inside an item that others read by a path: `use.inner`, `use_2.inner`, `use_2`."""

    name: str  # in the body of the block; the item's own output if empty
    repetition: int = 0  # which, counted from 1, where the item is repeated


@dataclass
class Item:
    """One entry of a body.

    A 1x1 convolution is a `conv` whose window is 1 here, so that both are found to be alike.
    """

    kind: str  # of a node; `skip`, `inception`; a block's name
    name: str  # of its output, unique in the whole network
    values: dict[str, object]  # hyperparameters, or arguments of a block
    reads: tuple[str, ...]
    beside: dict[str, tuple[str, ...]] = field(default_factory=dict)
    share: str | None = None
    trainable: bool = True
    is_named: bool = False
    is_wanted: bool = False  # must it have its name: an output, or read by others under it?
    bodies: dict[str, list[Item]] = field(default_factory=dict)  # of a composition: `body`, `shortcut`, or its branches
    inner: list[object] | None = None  # of `time_distributed`: its body as it is written
    entering: str = ""  # of a composition: what its bodies begin with
    repeat: int | Formula = 1
    block: bool = False
    label: str = ""  # what it is called where that is another name than its output's
    sides: dict[str, Side] = field(default_factory=dict)  # by their names in the whole network
    words: tuple[str, ...] = ()  # of its name in the model; those that the names of all layers in a use have in common

    @property
    def gives(self) -> tuple[str, ...]:
        """The names of what others may read of it."""
        return (self.name, *self.sides)

    @property
    def all_read(self) -> tuple[str, ...]:
        """What it reads in any way, bodies aside."""
        return (*self.reads, *(name for names in self.beside.values() for name in names))

    @property
    def all_read_within(self) -> list[str]:
        """What it reads, and what stands inside it reads from outside it."""
        inside = {each.name for each in walk([self])} - {self.name} | {self.entering}
        deeper = (name for each in walk([self]) if each is not self for name in (*each.all_read, each.entering))
        return [*self.all_read, *(name for name in dict.fromkeys(deeper) if name and base(name) not in inside)]

    @property
    def is_plain(self) -> bool:
        """Is it a node by itself?"""
        return not self.bodies and not self.block


def items_of(flat: Flat) -> list[Item]:
    """The nodes of a model as items."""
    ends = set(flat.outputs.values())
    if ends == {flat.nodes[-1].name}:
        ends = set()  # the last node is the output whatever its name
    return [_item(node, is_end=node.name in ends) for node in flat.nodes]


def _item(node: FlatNode, *, is_end: bool) -> Item:
    values = dict(node.values)
    kind = node.kind_name
    if kind == POINTWISE:
        kind = CONV
        values["kernel_size"] = 1
    inner = body_of(node, named_inside(node)) if node.body else None
    return Item(
        kind,
        node.name,
        values,
        node.reads,
        {name: tuple(reads) for name, reads in node.beside.items()},
        node.share,
        node.trainable,
        node.is_named,
        is_end,
        inner=inner,
        words=words_in(node.name),
    )


def base(name: str) -> str:
    """The node of a name that may be one of its outputs."""
    return name.partition(".")[0]


def copied(items: Iterable[Item]) -> list[Item]:
    """The items anew, so that what folding changes of these leaves the others as they are."""
    return [
        replace(
            item,
            values=dict(item.values),
            bodies={word: copied(body) for word, body in item.bodies.items()},
            sides=dict(item.sides),
        )
        for item in items
    ]


def walk(items: Iterable[Item]) -> Iterator[Item]:
    """All items, those inside others after them."""
    for item in items:
        yield item
        for body in item.bodies.values():
            yield from walk(body)


def bodies_in(items: list[Item]) -> Iterator[list[Item]]:
    """A body, and all those inside it."""
    yield items
    for item in items:
        for body in item.bodies.values():
            yield from bodies_in(body)


def words_in(name: str) -> tuple[str, ...]:
    """The words of a layer's name that are long enough to say something."""
    return tuple(word for word in _NO_WORD.split(_BETWEEN.sub("_", name).lower()) if len(word) > _LEAST)


def words_of(item: Item) -> tuple[str, ...]:
    """The words that the names of all layers in an item have in common."""
    return common([item.words, *(words_of(inner) for body in item.bodies.values() for inner in body)])


def common(names: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The words that names have in common, in the first one's order."""
    first, *others = [*names] or [()]
    return tuple(word for word in first if all(word in other for other in others))


def size(items: Iterable[Item]) -> int:
    """How many lines some items take, about."""
    return sum(1 + sum(size(body) + (len(item.bodies) > 1) for body in item.bodies.values()) for item in items)


def is_divisible(item: Item) -> bool:
    """May the first repetition of an item stand apart?"""
    formulas = (value for value in item.values.values() if isinstance(value, Formula))
    return (
        item.block
        and isinstance(item.repeat, int)
        and not item.sides
        and item.share is None
        and not any("$index" in value for value in formulas)
    )


def is_short(items: Sequence[Item]) -> bool:
    """May they stand in one line?"""
    return len(items) <= _FEW and not any(item.bodies for item in items)


Shapes = Mapping[str, tuple[int | None, ...]]
