"""The words by which nodes read others, and those that read a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.expressions import ExpressionError, is_built
from netspec.expressions.lexer import tokens_of
from netspec.spec.document import Step
from netspec.spec.naming import given_to, naming_params
from netspec.syntax.tree import Scalar, Sequence, Tree, part_of, span_of

if TYPE_CHECKING:
    from netspec.refactoring.bodies import Body, Item, Layout


class Word(NamedTuple):
    """A path by which a node is read, `name` or `name.rest`.

    Attributes:
        text: The path.
        span: Where it stands, with its quotes; inside an expression, without them.
        is_alone: Is it no part of an expression?
        among: The list of which it is an item.
    """

    text: str
    span: Span
    is_alone: bool
    among: Sequence | None

    @property
    def name(self) -> str:
        """What it begins with."""
        return self.text.partition(".")[0]

    @property
    def rest(self) -> str:
        """What leads on from there."""
        return self.text.partition(".")[2]

    def renamed(self, name: str) -> Edit:
        """The edit by which it begins with another name."""
        return Edit(self.span, name + self.text.removeprefix(self.name))

    def replaced(self, texts: list[str]) -> Edit | None:
        """The edit that writes other paths in its place; None where there is no room for them."""
        if len(texts) == 1:
            return Edit(self.span, texts[0])
        if not texts or not self.is_alone:
            return None
        if self.among is None:
            return Edit(self.span, f"[{', '.join(texts)}]")
        between = ", " if self.among.flow else f"\n{' ' * self.among.start.column}- "
        return Edit(self.span, between.join(texts))


class Words:
    """All words of a text by which nodes are read.

    Args:
        layout: Of the text.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._around: dict[Span, tuple[Body, ...]] = {}

    def of(self, step: Step) -> Iterator[Word]:
        """The paths that stand at a node: those that it reads, and those that it hands to params by which others read."""
        for given in step.paths():
            yield from _in(given.tree)
        params = self.layout.params_of(step.block)
        for param in params:
            handed = given_to(step, param, params[0]) if (step.block, param) in self._naming else None
            if handed is not None:
                yield from _in(handed)

    @cached_property
    def _naming(self) -> frozenset[tuple[str, str]]:
        """The params of blocks that hold names of nodes, each with its block."""
        return naming_params(self.layout.document)

    @cached_property
    def _by_name(self) -> dict[str, list[Word]]:
        """The paths of all nodes and of the outputs, by what they begin with."""
        found: dict[str, list[Word]] = {}
        for step in self.layout.steps.values():
            for word in self.of(step):
                found.setdefault(word.name, []).append(word)
        for tree in self.layout.outputs:
            for word in _in(tree):
                found.setdefault(word.name, []).append(word)
        return found

    def readers(self, body: Body, item: Item) -> Iterator[tuple[int | None, Word]]:
        """What reads a node of a list: which repetition of it, from 0, or -1 the last, None all; and by which word."""
        names = self.layout.local_names(item.step)
        if item.step.name is not None and item.step.repeat is not None:
            names += [name for name in self._by_name if any(name.startswith(f"{each}_") for each in names)]
        for name in names:
            for word in self._by_name.get(name, ()):
                for which in self.meant(word, body, item):
                    yield which, word

    def meant(self, word: Word, body: Body, item: Item) -> list[int | None]:
        """Which repetition of a node of a list a word means, as above; nothing where it means another node."""
        which = self._repetition(item.step, word.name)
        inner = takewhile(lambda each: each is not body, self.around(word)) if which else ()
        return [] if any(self._repetition(own.step, word.name) for each in inner for own in each.items) else which

    def around(self, word: Word) -> tuple[Body, ...]:
        """The lists of nodes around a word, the innermost first."""
        if word.span not in self._around:
            self._around[word.span] = self.layout.bodies_around(word.span) or self.layout.top
        return self._around[word.span]

    def _repetition(self, step: Step, name: str) -> list[int | None]:
        """Which repetition of a node a name means that stands in its own list."""
        local = self.layout.local_names(step)
        if step.name is None:
            return [local.index(name)] if name in local else []
        if name in local:
            return [-1]
        stem, _, number = name.rpartition("_")
        if step.repeat is None or stem not in local:
            return []
        return [None] if number == "*" else [int(number) - 1] if number.isdigit() and int(number) else []

    def recounted(self, body: Body, made: dict[int, list[str]]) -> Iterator[Edit]:
        """The edits of what reads nodes of a list by their numbers, where these are others once some of the nodes are replaced.

        Args:
            body: The list.
            made: By the places of those, the nodes without a name that come instead: what their names begin with.
        """
        named = (item.step for item in body.items if item.step.name is not None)
        numbers = Numbers({name for step in named for name in self.layout.local_names(step)})
        for at, item in enumerate(body.items):
            for base in made.get(at, ()):
                numbers.next(base)
            if at not in made and item.step.name is None:
                old = self.layout.local_names(item.step)
                new = [numbers.next(word.rpartition("_")[0]) for word in old]
                if old != new:
                    becomes = dict(zip(old, new, strict=True))
                    yield from (word.renamed(becomes[word.name]) for _, word in self.readers(body, item))


class Numbers:
    """Counts the nodes of a list that have no name.

    Args:
        taken: The names of the others.
    """

    def __init__(self, taken: Container[str]) -> None:
        self.taken = taken
        self._counts: Counter[str] = Counter()

    def next(self, base: str) -> str:
        """What the next is called, whose name begins so."""
        self._counts[base] += 1
        while f"{base}_{self._counts[base]}" in self.taken:
            self._counts[base] += 1
        return f"{base}_{self._counts[base]}"


def _in(tree: Tree, among: Sequence | None = None) -> Iterator[Word]:
    if isinstance(tree, Sequence):
        for item in tree.items:
            yield from _in(item, tree)
    if not isinstance(tree, Scalar) or not isinstance(tree.value, str):
        return
    if "$" not in tree.text:
        yield Word(tree.text, span_of(tree), True, among)
    elif not is_built(tree.text):
        try:
            tokens = tokens_of(tree.text)
        except ExpressionError:
            return
        for token in tokens:
            span = part_of(tree, token.start + 1, token.end - 1)
            if token.kind == "text" and "$" not in token.text and span != span_of(tree):
                yield Word(token.text[1:-1], span, False, among)
