"""The words by which nodes read others, and those that read a node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.expressions import ExpressionError, is_built
from netspec.expressions.lexer import tokens_of
from netspec.refactoring.bodies import Body, Item, Layout
from netspec.spec.document import Step
from netspec.spec.naming import given_to
from netspec.syntax.tree import Scalar, Sequence, Tree, part_of, span_of


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


def words_of(layout: Layout, step: Step) -> Iterator[Word]:
    """The paths that stand at a node: those that it reads, and those that it hands to params by which others read."""
    for given in step.paths():
        yield from _in(given.tree)
    params = layout.params_of(step.block)
    for param in params:
        handed = given_to(step, param, params[0]) if (step.block, param) in layout.naming else None
        if handed is not None:
            yield from _in(handed)


def readers(layout: Layout, body: Body, item: Item) -> Iterator[tuple[int | None, Word]]:
    """What reads a node of a list: which repetition of it, from 0, or -1 the last, None all; and by which word."""
    read = [word for step in layout.steps.values() for word in words_of(layout, step)]
    for word in (*read, *(word for tree in layout.outputs for word in _in(tree))):
        for which in meant(layout, word, body, item):
            yield which, word


def meant(layout: Layout, word: Word, body: Body, item: Item) -> list[int | None]:
    """Which repetition of a node of a list a word means, as above; nothing where it means another node."""
    which = _repetition(layout, item.step, word.name)
    if not which:
        return []
    inner = takewhile(lambda each: each is not body, layout.bodies_around(word.span) or layout.top)
    return [] if any(_repetition(layout, own.step, word.name) for each in inner for own in each.items) else which


def _repetition(layout: Layout, step: Step, name: str) -> list[int | None]:
    """The same, of a name that stands in the node's own list."""
    local = local_names(layout, step)
    if step.name is None:
        return [local.index(name)] if name in local else []
    if name in local:
        return [-1]
    stem, _, number = name.rpartition("_")
    if step.repeat is None or stem not in local:
        return []
    return [None] if number == "*" else [int(number) - 1] if number.isdigit() and int(number) else []


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


def counted(taken: set[str]) -> Callable[[str], str]:
    """Counts the nodes of a list that have no name: gives what the next of a kind is called, where some names are taken."""
    counts: Counter[str] = Counter()

    def count(base: str) -> str:
        counts[base] += 1
        while f"{base}_{counts[base]}" in taken:
            counts[base] += 1
        return f"{base}_{counts[base]}"

    return count


def recounted(layout: Layout, body: Body, made: dict[int, list[str]]) -> Iterator[Edit]:
    """The edits of what reads nodes of a list by their numbers, where these are others once some of the nodes are replaced.

    Args:
        layout: Of the text.
        body: The list.
        made: By the places of those, the nodes without a name that come instead: what their names begin with.
    """
    count = counted(
        {name for item in body.items if item.step.name is not None for name in local_names(layout, item.step)}
    )
    for at, item in enumerate(body.items):
        if at in made:
            [*map(count, made[at])]
        elif item.step.name is None:
            new = {word: count(word.rpartition("_")[0]) for word in local_names(layout, item.step)}
            if any(old != word for old, word in new.items()):
                yield from (word.renamed(new[word.name]) for _, word in readers(layout, body, item))


def local_names(layout: Layout, step: Step | None) -> list[str]:
    """What a node is called in its body: its name, or those that the graph gave it, one for each repetition; none if unknown."""
    if step is None:
        return []
    if step.name is not None:
        return [step.name.value] if isinstance(step.name.value, str) and not step.name.dynamic else []
    return layout.numbered.get(step.span, [])
