"""What nodes are called that others name: as somebody called them, else by what they are."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache

from netspec.conversion.folding.items import Item, base, walk
from netspec.conversion.folding.structure import STRUCTURES
from netspec.conversion.naming import free_name
from netspec.conversion.nodes import ENTERING
from netspec.kinds import KINDS
from netspec.spec.names import is_identifier

_CELLS = ("conv1x1",)  # of nodes whose kind is no identifier
_LAST = "last"  # of a block, so that what is called by it can be told from what the use is called
_NUMBER = re.compile(r"_\d+\Z")
_STEP = re.compile(r".*_\d+_")  # the way to a node through what is counted
Body = tuple[Sequence[Item], str]  # items, and what enters before the first


def label(items: Sequence[Item], blocks: Sequence[Body], inputs: Iterable[str], outputs: Mapping[str, str]) -> None:
    """Give the nodes that others name the names that they are written with.

    A name is the same where the text is built and imported again. What an argument of a use names is looked for inside the block
    first, so it is called as no node in one is.

    Args:
        items: Of the network.
        blocks: The bodies of the blocks.
        inputs: The names of the network's inputs.
        outputs: The network's outputs, and the nodes that they are.
    """
    every = [item for body, _ in (*blocks, (items, "")) for item in walk(body)]
    exposed = exposed_by(every)
    for item in (each for body, _ in blocks for each in body):
        item.label = ""
    arguments = {base(name) for item in every if item.block for reads in item.beside.values() for name in reads}
    taken = {ENTERING, *inputs}
    _label_network(items, taken, outputs)
    named = {item.label for item in items if not arguments.isdisjoint(item.gives)}
    inside = [(number, item) for number, body in enumerate(blocks) for item in _read_inside(body, exposed)]
    ends = {id(body[-1]) for body, _ in blocks}
    inside += [(-1, item) for item in _read_in_compositions(items, exposed)]
    mine: dict[int, set[str]] = {number: {ENTERING} for number in range(len(blocks))} | {-1: taken}
    for is_argument in (True, False):
        for number, item in inside:
            if arguments.isdisjoint(item.gives) is not is_argument:
                local = item.name.rpartition("/")[2]
                others = mine[number] | named
                free = number >= 0 and is_kept(item) and local not in others
                item.label = (
                    local if free else _LAST if id(item) in ends and _LAST not in others else _free(item, others)
                )
                mine[number].add(item.label)
                if is_argument:
                    named.add(item.label)


def _label_network(items: Sequence[Item], taken: set[str], outputs: Mapping[str, str]) -> None:
    """The nodes that stand in no other: outputs as these, others as somebody called them."""
    read = read_from_afar(items, "")
    waiting = []
    for item in items:
        if is_kept(item) and not (item.is_wanted and called(item, outputs)):
            item.label = item.name
            taken.add(item.name)
        elif item.name in read or item.is_wanted:
            waiting.append(item)
        else:
            item.label = ""
    for item in sorted(waiting, key=lambda each: not each.is_wanted):
        wanted = called(item, outputs)
        item.label = free_name(wanted, taken, "x" if wanted[-1].isdigit() else "") if wanted else _free(item, taken)
        taken.add(item.label)


def is_kept(item: Item) -> bool:
    """Did somebody give the node its name, and is it still that node?"""
    return item.is_named and item.is_plain and item.repeat == 1 and item.share is None


def exposed_by(items: Iterable[Item]) -> set[str]:
    """The names in blocks of what others read from outside by a path."""
    return {side.name for item in items for side in item.sides.values()}


def called(item: Item, outputs: Mapping[str, str]) -> str:
    """What somebody called an item, if anything: its output, or the node or the use that it is."""
    if item.is_wanted:
        return next((name for name, node in outputs.items() if node == item.name and is_identifier(name)), "")
    return item.label or (_given(item.name) if item.share is None else "")


def _given(name: str) -> str:
    """What of a name is no kind and number, as unnamed nodes have it: `third_p4` of `third_p4_Fuse_1_batch_norm_1`."""
    rest, before = name, ""
    while rest != before:
        before = rest
        rest = _counted().sub("", rest)
        rest = _NUMBER.sub("", rest) if rest == before else rest
        rest = _kind_at_end().sub("", rest) if rest == before else rest
    rest = _STEP.sub("", rest)
    return rest if is_identifier(rest) and rest not in KINDS and rest != ENTERING else ""


@cache
def _counted() -> re.Pattern[str]:
    """The end of a name that is a kind or a block, and a number: as unnamed nodes are counted, and as `_free` names others."""
    return re.compile(rf"(?:\A|_)(?:{_words()}|[A-Z][A-Za-z0-9]*)_\d+\Z|_(?:{_words()}|{_blocks()})\d+\Z")


@cache
def _kind_at_end() -> re.Pattern[str]:
    """The end of a name that is a kind or a block without a number, or the last of a block."""
    return re.compile(rf"_(?:{_words()}|{_blocks()}|{_LAST})\Z")


def _words() -> str:
    return "|".join(sorted((*KINDS, *_CELLS), key=len, reverse=True))


def _blocks() -> str:
    return "|".join(map(_snake, STRUCTURES))


def _snake(block: str) -> str:
    """The words of a block's name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", block.rstrip("0123456789")).lower()


def _free(item: Item, taken: set[str]) -> str:
    """A name by what an item is, which is not as those that are counted."""
    words = _snake(item.kind) if item.block else item.kind
    number = 1
    while f"{words}{number}" in taken:
        number += 1
    return f"{words}{number}"


def _read_inside(body: Body, exposed: Container[str]) -> Iterator[Item]:
    """The items of a body and those in it that are named by others, from outside too."""
    for items, entering in _bodies(*body):
        read = read_from_afar(items, entering)
        yield from (item for item in items if item.name in read or item.name in exposed)


def _read_in_compositions(items: Sequence[Item], exposed: Container[str]) -> Iterator[Item]:
    for item in items:
        for body in item.bodies.values():
            yield from _read_inside((body, item.entering), exposed)


def _bodies(items: Sequence[Item], entering: str) -> Iterator[Body]:
    yield items, entering
    for item in items:
        for body in item.bodies.values():
            yield from _bodies(body, item.entering)


def read_from_afar(items: Sequence[Item], entering: str) -> set[str]:
    """The items of a body that another names, as it does not stand just behind."""
    before = entering
    read: set[str] = set()
    for item in items:
        read.update(base(name) for name in (item.all_read if item.reads != (before,) else item.all_read[1:]))
        for inner in walk([item]):
            if inner.share is not None:
                read.add(inner.share)
            if inner is not item:
                read.update(base(name) for names in inner.beside.values() for name in names)
        before = item.name
    return read | {item.name for item in items if item.sides}


class Paths:
    """The paths to what uses hold.

    Args:
        blocks: The bodies of the blocks, labelled.
    """

    def __init__(self, blocks: Iterable[Sequence[Item]]) -> None:
        self._giver = {name: item for items in blocks for item in items for name in item.gives}

    def behind(self, item: Item, name: str) -> str:
        """What comes behind an item's name where others read what it gives under a name."""
        if name == item.name:
            return ""
        side = item.sides[name]
        number = f"_{side.repetition}" if side.repetition else ""
        if not side.name:
            return number
        inner = self._giver[side.name]
        return f"{number}.{inner.label}{self.behind(inner, side.name)}"
