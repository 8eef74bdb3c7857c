"""What blocks are called: by the names of their uses and of the layers in them where these agree, else by what they are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from netspec.conversion.folding.blocks import Block
from netspec.conversion.folding.items import Item, common, walk, words_in, words_of
from netspec.conversion.folding.labels import called, read_from_afar
from netspec.conversion.naming import free_name

# Words of layers' names that say nothing of what many layers are together.
_GENERAL = frozenset(
    word
    for words in (
        "add avg bn batch block body branch cell concat conv convolution depthwise dense dropout expand expanded",
        "feature features functional global group input layer layers linear main max mixed model module multiply node norm",
        "normalization op ops out output pad padding path pool pooling project reduce relu residual reshape root separable",
        "sequential shortcut skip stack stage stem torch unit zero",
        # Of the names that are given by structure: what was folded before is called the same again.
        "bottleneck convs down encoder excite inception inverted last layer pre squeeze transition",
    )
    for word in words.split()
)
_NUMBER = re.compile(r"\d+\Z")

Words = tuple[str, ...]


class _Inner(NamedTuple):
    """A use inside another node."""

    words: Words
    around: frozenset[str]  # words of the compositions around it
    block: str  # in which it stands; none in the network itself


def with_names(items: list[Item], blocks: Sequence[Block], outputs: Mapping[str, str]) -> list[Block]:
    """The blocks under their names for good, their uses too, in place.

    A model that is built of a spec keeps two things in its layers' names: what uses are called that others name, and of other uses
    the names of their blocks. Nothing else counts here, so that what is imported again has the same names. A block is called by
    what all its uses have in common: what they are called, or else their layers, those inside other blocks without the words of
    what is around them. Where a use in the network itself is called something, the uses inside others do not count.

    Args:
        items: Of the network.
        blocks: With names by their structure, except those that the model itself has.
        outputs: The network's outputs, and the nodes that they are.
    """
    uses = _Uses(items, blocks, outputs)
    taken = {block.name for block in blocks if block.is_given}
    names = {name: name for name in taken}
    bases: dict[str, str] = {}
    by_name = {block.name: block for block in blocks}

    def base_of(block: Block) -> str:
        if block.name not in bases:
            inner = by_name.get(block.items[0].kind) if len(block.items) == 1 else None
            if block.is_given:
                bases[block.name] = block.name
            elif inner is not None:  # it only repeats that one
                bases[block.name] = base_of(inner)
            else:
                bases[block.name] = uses.word(block) or _NUMBER.sub("", block.name)
        return bases[block.name]

    for block in blocks:
        if not block.is_given:
            names[block.name] = free_name(base_of(block), taken, "")
            taken.add(names[block.name])
    for item in walk([*items, *(each for block in blocks for each in block.items)]):
        item.kind = names.get(item.kind, item.kind)
    return [block._replace(name=names[block.name]) for block in blocks]


class _Uses:
    """The words of each block's uses: of those in the network itself, and of those inside others.

    Args:
        items: Of the network.
        blocks: All blocks.
        outputs: The network's.
    """

    def __init__(self, items: Sequence[Item], blocks: Sequence[Block], outputs: Mapping[str, str]) -> None:
        self._tops: dict[str, list[Words]] = defaultdict(list)
        self._inside: dict[str, list[_Inner]] = defaultdict(list)
        self._called: set[str] = set()
        self._around: dict[str, frozenset[str]] = {}
        self._blocks = {block.name: block for block in blocks}
        read = read_from_afar(items, "")
        for item in items:
            name = called(item, outputs) if item.name in read or item.is_wanted else ""
            if item.block:
                self._tops[item.kind].append(words_in(name) if name else item.words)
                self._called |= {item.kind} if name else set()
            self._see(item, frozenset(words_in(name)), "")
        for block in blocks:
            for item in block.items:
                if item.block:
                    self._inside[item.kind].append(_Inner(item.words, frozenset(), block.name))
                self._see(item, frozenset(), block.name)

    def word(self, block: Block) -> str:
        """The first word that says something and that all uses have in common; none if there is none."""
        uses = [*self._tops[block.name]]
        if block.name not in self._called:
            uses += [self._own(use) for use in self._inside[block.name]]
        kinds = {word for item in walk(block.items) for word in (item.kind, *item.kind.split("_"))}
        found = (word for word in common(uses) if word not in _GENERAL and word not in kinds)
        return next(found, "").capitalize()

    def _see(self, item: Item, around: frozenset[str], block: str) -> None:
        """Note the uses in a composition."""
        around |= frozenset(words_of(item))
        for body in item.bodies.values():
            for inner in body:
                if inner.block:
                    self._inside[inner.kind].append(_Inner(inner.words, around, block))
                self._see(inner, around, block)

    def _own(self, use: _Inner) -> Words:
        """The words of a use that what is around it has not."""
        around = use.around | self._words_around(use.block)
        return tuple(word for word in use.words if word not in around)

    def _words_around(self, block: str) -> frozenset[str]:
        """The words that what stands in a block may have of what is around: its own, and those of its uses."""
        if not block:
            return frozenset()
        if block not in self._around:
            found = set(common(map(words_of, self._blocks[block].items)))
            found.update(word for words in self._tops[block] for word in words)
            for use in self._inside[block]:
                found |= use.around | self._words_around(use.block)
            self._around[block] = frozenset(found)
        return self._around[block]
