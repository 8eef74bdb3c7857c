"""A use of a block becomes its nodes, with what it was given in the place of the block's params."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.diagnostics.words import listing
from netspec.refactoring.bodies import CannotBe, Item, Layout
from netspec.refactoring.copies import Copy, wired
from netspec.refactoring.definitions import Definition, Style, Use
from netspec.refactoring.nodes import Nodes, apart, flat, put
from netspec.refactoring.substituting import Substitution, as_piece, in_braces
from netspec.refactoring.words import readers, recounted


class Inlining(NamedTuple):
    """Edits that may inline uses, or why there are none."""

    title: str
    edits: tuple[Edit, ...]
    why_not: str = ""


def inlinings(layout: Layout, item: Item) -> Iterator[Inlining]:
    """Ways to inline this use, then all of the block, the likelier first.

    Args:
        layout: Of the spec.
        item: A use of a block.
    """
    name = item.step.block
    assert name is not None
    uses = [Use(body, at) for body in layout.bodies for at, each in enumerate(body.items) if each.step.block == name]
    written = sum(step.block == name for step in layout.steps.values())
    alone = len(uses) == written == 1
    here = [use for use in uses if use.item.step is item.step]
    yield from _ways(layout, name, here, f"Inline `{name}`", ends=alone)
    if not alone and len(uses) == written:
        yield from _ways(layout, name, uses, f"Inline all {written} uses of `{name}`", ends=True)


def _ways(layout: Layout, name: str, uses: list[Use], title: str, *, ends: bool) -> Iterator[Inlining]:
    try:
        definition = Definition(layout, name)
        definition.refuse(uses)
        styles = [*definition.styles(uses)]
        title += _bounds(definition, uses)
    except CannotBe as error:
        yield Inlining(title, (), str(error))
        return
    for style in styles:
        try:
            yield Inlining(title, _Written(definition, uses, style, ends=ends).edits)
        except CannotBe as error:
            yield Inlining(title, (), str(error))


def _bounds(definition: Definition, uses: list[Use]) -> str:
    """Up to how many repetitions the text will follow an expression that says how many there are."""
    bounds: dict[str, int] = {}
    for use in uses:
        if use.item.step.repeat is not None and definition.is_counted(use):
            text = flat(definition.layout.lines, use.item.step.repeat.tree)
            bounds[text] = max(bounds.get(text, 0), definition.times(use))
    told = listing([f"`{text}` up to {times}" for text, times in bounds.items()], quote=False)
    return f" ({told})" if told else ""


class _Written:
    """Uses of a block written out.

    Args:
        definition: The block.
        uses: The uses, in the order of the text.
        style: How they are written out.
        ends: Does the block go with them?

    Attributes:
        edits: The change.
    """

    def __init__(self, definition: Definition, uses: list[Use], style: Style, *, ends: bool) -> None:
        self.definition = definition
        self.layout = definition.layout
        self.style = style
        self.several = sum(map(definition.times, uses)) > 1 or any(map(definition.is_unrolled, uses))
        self.lent: dict[
            str, dict[int, str]
        ] = {}  # what nodes are called whose weights others take, by the name of the use
        self.last: dict[Use, str | None] = {}  # what the last node of each use is called
        self.unnamed: dict[Use, list[str]] = {}  # what the names begin with of nodes without one in the place of others
        self.reread: dict[Span, str] = {}  # what paths are now that read the uses
        self.serial = 0
        edits: list[Edit] = []
        for use in uses:
            edits += self._named_before(use)
            kept = self.layout.within(use.body.span(use.at, use.at))
            if ends and use is uses[0]:
                kept = [*definition.comments, *kept]
            edits.append(put(self.layout, use.body, use.at, use.at, self._nodes(use), kept))
        if ends:
            edits.append(definition.removal())
        for body in {id(use.body): use.body for use in uses}.values():
            made = {use.at: bases for use, bases in self.unnamed.items() if use.body is body}
            self.reread.update(recounted(self.layout, body, made))
        read = (Edit(span, text) for span, text in self.reread.items())
        self.edits = (*edits, *apart(read, [edit.span for edit in edits]))

    def _named_before(self, use: Use) -> Iterator[Edit]:
        """The edits that name the node which enters a use, where it has to have a name."""
        before = self.definition.before(use)
        if self.style.entered and before is not None and before not in self.last and before.item.step.name is None:
            step, tree = before.item.step, before.item.tree
            serial = str(self.serial + 1) if self.several else ""
            self.last[before] = "_".join(filter(None, (self.definition.name.lower(), serial, "input")))
            self.unnamed[before] = []
            wiring = {"name": self.last[before] or ""}
            yield from wired(step, tree, wiring, self.layout.principal(step), flow=before.body.flow)

    def _nodes(self, use: Use) -> list[Nodes]:
        """The nodes of a use, once for each repetition."""
        definition = self.definition
        given = definition.substitution(use)._replace(renamed=self.reread)
        entering = definition.entering(use, given, self.last)
        copies: list[Copy] = []
        for number in range(definition.times(use)):
            self.serial += 1
            serial = str(self.serial) if self.several else ""
            copies.append(Copy(definition, use, given, self.style, number, entering, self.lent, serial))
            entering = copies[-1].last
        self.last[use] = entering
        self.unnamed[use] = [base for copy in copies for base in copy.unnamed]
        nodes = [copy.nodes() for copy in copies]
        self.reread.update(self._reread(use, copies))
        return nodes

    def _reread(self, use: Use, copies: list[Copy]) -> Iterator[Edit]:
        """The edits of what reads a use from outside, by names that are gone."""
        definition = self.definition
        by_count = definition.is_counted(use) and self.style.named == "each"
        for which, word in readers(self.layout, use.body, use.item):
            paths = [copy.path(word.rest) for copy in (copies if which is None else copies[which:][:1])]
            if by_count and not word.rest and which in (None, -1):
                paths = [_by_count(use, copies[0].given, which)] if word.is_alone else []
            elif definition.is_repeated_node(use):
                paths = [] if use.name is not None or which is None else [f"{copies[0].last}_{which + 1}"]
            edit = word.replaced([path for path in paths if path is not None])
            if edit is not None and None not in paths and edit.text != word.text:
                yield edit


def _by_count(use: Use, given: Substitution, which: int | None) -> str:
    """How the last repetition is read, or all are, whose number an expression knows."""
    assert use.item.step.repeat is not None
    count = given.expression(use.item.step.repeat.tree)
    if which is None:
        return f"\"['{use.name}_${{$k + 1}}' for k in range({count})]\""
    return in_braces(f"{use.name}_{as_piece(count)}")
