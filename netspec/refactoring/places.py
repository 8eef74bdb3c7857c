"""Nodes that follow one another, the places that look like them, and what they are called in a block made of them."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cached_property
from typing import NamedTuple

from netspec.diagnostics.problems import Edit
from netspec.expressions import is_built
from netspec.graph.elaboration.names import base_of
from netspec.refactoring.bodies import Body, Item, Layout
from netspec.refactoring.nodes import without
from netspec.refactoring.words import Numbers, Word
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, span_of

_NAMING = ("name", "from", "share")  # whose expressions stand for names


class Leaf(NamedTuple):
    """A number or an expression of a node that may be another at a like place: the key under which it stands, and where."""

    key: str
    scalar: Scalar


class Look(NamedTuple):
    """What a node of a list looks like.

    Attributes:
        shape: All of it but for the rest, and its name.
        leaves: What may be another at a like place.
        words: By what it reads other nodes.
        source: The only one that `from` names, where the layout has room to say that elsewhere.
    """

    shape: object
    leaves: tuple[Leaf, ...]
    words: tuple[Word, ...]
    source: Word | None


class Place:
    """Nodes that follow one another.

    Args:
        layout: Of the text.
        body: The list in which they stand.
        first: The first of them, by its place in the list.
        last: The last.
        looks: What they look like.

    Attributes:
        leaves: What may be another at a like place.
        words: By what they read other nodes.
        reads: Which of them have a `from` among these.
        source: What the first of several reads, which the use of the block will read.
        name: What the last of them is called, which the use will be.
    """

    def __init__(self, layout: Layout, body: Body, first: int, last: int, looks: list[Look]) -> None:
        self.layout = layout
        self.body = body
        self.first = first
        self.last = last
        self.leaves = [leaf for look in looks for leaf in look.leaves]
        self.source = looks[0].source if len(looks) > 1 else None
        sources = [look.source for look in (looks[1:] or looks)]
        self.reads = [source is not None for source in sources]
        self.words = [*filter(None, sources), *(word for look in looks for word in look.words)]
        self.items = body.items[first : last + 1]
        self.span = body.span(first, last)
        self.name = name_of(self.items[-1])

    @property
    def is_block(self) -> bool:
        """Is it all that there is in a block?"""
        block = None if self.body.block is None else self.layout.block_tree(self.body.block)
        layers = None if block is None else block.entries.get("layers")
        return layers is not None and layers.value is self.body.tree and len(self.items) == len(self.body.items)

    @cached_property
    def local(self) -> list[list[str]]:
        """What each node is called in the block, where the last has no name: by the repetitions of one that has none."""
        named = [None if item is self.items[-1] else name_of(item) for item in self.items]
        numbers = Numbers({name.text for name in named if name is not None})
        found = []
        for item, name in zip(self.items, named, strict=True):
            count, base = self.layout.repetitions(item.step), base_of(item.step.kind_name)
            found.append([name.text] if name is not None else [numbers.next(base) for _ in range(count)])
        return found

    def inside(self, word: Word, block: Place) -> str:
        """A path that a node of them reads, as it is in the block that is made of these nodes or of others like them."""
        for at, item in enumerate(self.items):
            for which in self._meant(word, item):
                return block.called(at, which) + word.text.removeprefix(word.name)
        if self.layout.words.around(word)[:1] != (self.body,):
            return word.text
        if self.source is not None:
            return "input" if word.text == self.source.text else word.text
        before = self.body.items[: self.first][-1:]
        enters = not word.rest and any(self._meant(word, item) == [-1] for item in before)
        return "input" if enters else word.text

    def rewired(self, use: str, block: Place) -> Iterator[Edit]:
        """The edits of what reads the nodes from outside, by the name of the use of that block."""
        for at, item in enumerate(self.items):
            for _, word in self.layout.words.readers(self.body, item):
                (which,) = self._meant(word, item)
                path = use if item is self.items[-1] and which == -1 else f"{use}.{block.called(at, which)}"
                if path != word.name and not self.span[:2] <= word.span[:2] < self.span[2:]:
                    yield word.renamed(path)

    def called(self, at: int, which: int | None) -> str:
        """What a repetition of a node is called in the block: from 0, or -1 the last, None all."""
        local = self.local[at]
        if name_of(self.items[at]) is None or self.items[at] is self.items[-1]:
            return local[which if which is not None and which < len(local) else -1]
        return local[0] if which == -1 else f"{local[0]}_{'*' if which is None else which + 1}"

    def _meant(self, word: Word, item: Item) -> list[int | None]:
        """Which repetition of a node a word means, -1 the last, also of one without a name; nothing where it means another."""
        which = self.layout.words.meant(word, self.body, item)
        return [-1] if item.step.name is None and which == [self.layout.repetitions(item.step) - 1] else which


class Reader:
    """Tells what nodes look like, but for their numbers and the names of nodes."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._words = {
            word.span: word for step in layout.steps.values() for word in layout.words.of(step) if word.is_alone
        }
        self._known: dict[int, Look] = {}

    def place(self, body: Body, first: int, last: int) -> Place:
        """Some nodes."""
        return Place(self.layout, body, first, last, [*map(self._look, body.items[first : last + 1])])

    def alike(self, mine: Place) -> list[Place]:
        """The places that look like one, none of which overlaps another, in the order of the text."""
        shape = [self._look(item).shape for item in mine.items]
        read = [mine.inside(word, mine) for word in mine.words]
        places = [mine]
        for body in self.layout.bodies:
            at = 0
            while at + len(shape) <= len(body.items):
                if [self._look(item).shape for item in body.items[at : at + len(shape)]] == shape:
                    place = self.place(body, at, at + len(shape) - 1)
                    apart = all(place.span[2:] <= each.span[:2] or each.span[2:] <= place.span[:2] for each in places)
                    is_like = place.reads == mine.reads and [place.inside(word, mine) for word in place.words] == read
                    if apart and is_like and not place.is_block:
                        places.append(place)
                        at += len(shape)
                        continue
                at += 1
        return sorted(places, key=lambda place: place.span)

    def _look(self, item: Item) -> Look:
        """What a node of a list looks like."""
        if id(item) not in self._known:
            leaves: list[Leaf] = []
            words: list[Word] = []
            given = item.step.sources
            source = None if given is None else self._words.get(span_of(given.tree))
            if source is not None and without(self.layout, item, "from") is None:
                source = None
            hidden = {"name"} if source is None else {"name", "from"}
            shape = self._node(item.tree, leaves, words, hidden)
            self._known[id(item)] = Look(shape, tuple(leaves), tuple(words), source)
        return self._known[id(item)]

    def _node(self, tree: Tree, leaves: list[Leaf], words: list[Word], hidden: Container[str] = ()) -> object:
        """What a node looks like; a value alone is that of the principal hyperparameter."""
        step = self.layout.step(tree)
        if step is None:
            return self._value(tree, "", leaves, words)
        value = step.tree
        if value is None or (isinstance(value, Scalar) and value.value is None and not value.text):
            return (step.kind_name, ())
        if not isinstance(value, Mapping):
            principal = self.layout.principal(step)
            return (step.kind_name, ((principal, self._value(value, principal or "", leaves, words)),))
        names = sorted(name for name in value.entries if name not in hidden)
        values = ((name, self._value(value.entries[name].value, name, leaves, words)) for name in names)
        return (step.kind_name, tuple(values))

    def _value(self, tree: Tree, key: str, leaves: list[Leaf], words: list[Word]) -> object:
        if isinstance(tree, Scalar):
            if span_of(tree) in self._words:
                words.append(self._words[span_of(tree)])
                return None
            if _may_differ(tree, key):
                leaves.append(Leaf(key, tree))
                return type(tree.value) is bool
            return (tree.text, tree.plain)
        if isinstance(tree, Sequence):
            if any(self.layout.step(item) is not None for item in tree.items):
                return tuple(self._node(item, leaves, words) for item in tree.items)
            return tuple(self._value(item, key, leaves, words) for item in tree.items)
        if self.layout.step(tree) is not None:
            return self._node(tree, leaves, words)
        return {name: self._value(tree.entries[name].value, name, leaves, words) for name in sorted(tree.entries)}


def _may_differ(scalar: Scalar, key: str) -> bool:
    """Is it a number, or an expression that may stand for one?"""
    if isinstance(scalar.value, str):
        return (
            "$" in scalar.text
            and key not in _NAMING
            and not is_built(scalar.text)
            and scalar.start.line == scalar.end.line
        )
    return scalar.plain and isinstance(scalar.value, (bool, int, float))


def name_of(item: Item) -> Scalar | None:
    """What a node is called."""
    tree = item.step.tree
    name = tree.entries.get("name") if isinstance(tree, Mapping) else None
    return name.value if name is not None and isinstance(name.value, Scalar) else None
