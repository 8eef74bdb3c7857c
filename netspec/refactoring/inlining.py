"""A use of a block becomes its nodes, with what it was given in the place of the block's params."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.diagnostics.words import listing
from netspec.refactoring.bodies import Body, CannotBe, Item, Layout
from netspec.refactoring.copies import Copy, wired
from netspec.refactoring.definitions import Definition
from netspec.refactoring.nodes import Nodes, apart, put
from netspec.refactoring.substituting import Substitution, as_piece, in_braces
from netspec.refactoring.uses import Style, Use, refuse, styles
from netspec.syntax.tree import Scalar


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
    places = [(body, at) for body in layout.bodies for at, each in enumerate(body.items) if each.step.block == name]
    written = sum(step.block == name for step in layout.steps.values())
    is_only = len(places) == written == 1
    here = [(body, at) for body, at in places if body.items[at].step is item.step]
    yield from _ways(layout, name, here, f"Inline `{name}`", ends=is_only)
    if not is_only and len(places) == written:
        yield from _ways(layout, name, places, f"Inline all {written} uses of `{name}`", ends=True)


def _ways(layout: Layout, name: str, places: list[tuple[Body, int]], title: str, *, ends: bool) -> Iterator[Inlining]:
    try:
        definition = Definition(layout, name)
        uses = [Use(definition, body, at) for body, at in places]
        refuse(definition, uses)
        ways = [*styles(definition, uses)]
        title += _bounds(uses)
    except CannotBe as error:
        yield Inlining(title, (), str(error))
        return
    for style in ways:
        try:
            yield Inlining(title, _Written(definition, uses, style, ends=ends).edits)
        except CannotBe as error:
            yield Inlining(title, (), str(error))


def _bounds(uses: list[Use]) -> str:
    """Up to how many repetitions the text will follow an expression that says how many there are."""
    bounds: dict[str, int] = {}
    for use in uses:
        given = use.step.repeat
        if given is not None and isinstance(given.tree, Scalar) and use.is_counted:
            bounds[given.tree.text] = max(bounds.get(given.tree.text, 0), use.times)
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
        self.name = definition.name
        self.layout = definition.layout
        self.style = style
        self.several = sum(use.times for use in uses) > 1 or any(use.is_unrolled for use in uses)
        self.lent: dict[
            str, dict[int, str]
        ] = {}  # what nodes are called whose weights others take, by the name of the use
        self.last: dict[Item, str | None] = {}  # what reads a use, or what enters one, now
        self.bases: dict[
            Item, list[str]
        ] = {}  # what the names begin with of nodes without one that stand in the place of others
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
            made = {at: self.bases[item] for at, item in enumerate(body.items) if item in self.bases}
            self.reread.update(self.layout.words.recounted(body, made))
        read = (Edit(span, text) for span, text in self.reread.items())
        self.edits = (*edits, *apart(read, [edit.span for edit in edits]))

    def _named_before(self, use: Use) -> Iterator[Edit]:
        """The edits that name the node which enters a use, where it has to have a name."""
        before = use.before
        if self.style.entered and before is not None and before not in self.last and before.step.name is None:
            name = "_".join((self.name.lower(), *([str(self.serial + 1)] if self.several else []), "input"))
            self.last[before] = name
            self.bases[before] = []
            principal = self.layout.principal(before.step)
            yield from wired(before.step, before.tree, {"name": name}, principal, flow=use.body.flow)

    def _nodes(self, use: Use) -> list[Nodes]:
        """The nodes of a use, once for each repetition."""
        given = use.given._replace(renamed=self.reread)
        entering = self._entering(use, given)
        copies: list[Copy] = []
        for number in range(use.times):
            self.serial += 1
            serial = str(self.serial) if self.several else ""
            copies.append(Copy(use, given, self.style, number, entering, self.lent, serial))
            entering = copies[-1].last
        self.last[use.item] = entering
        self.bases[use.item] = [base for copy in copies for base in copy.bases]
        nodes = [copy.nodes() for copy in copies]
        self.reread.update(self._reread(use, copies))
        return nodes

    def _entering(self, use: Use, given: Substitution) -> str | None:
        """What `input` in the block is called where it is used; None where it is `input` there too."""
        if use.step.sources is not None:
            text = given.of(use.step.sources.tree)
            return text.strip("[]\"'") if "," not in text and "$" not in text else None
        if use.before in self.last:
            return self.last[use.before]
        names = [] if use.before is None else self.layout.local_names(use.before.step)
        return names[-1] if names else None

    def _reread(self, use: Use, copies: list[Copy]) -> Iterator[Edit]:
        """The edits of what reads a use from outside, by names that are gone."""
        by_count = use.is_counted and self.style.named == "each"
        for which, word in use.readers:
            paths = [copy.path(word.rest) for copy in (copies if which is None else copies[which:][:1])]
            if by_count and not word.rest and which in (None, -1):
                paths = [_by_count(use, which)] if word.is_alone else []
            elif use.is_repeated_node:
                paths = [] if use.name is not None or which is None else [f"{copies[0].last}_{which + 1}"]
            edit = word.replaced([path for path in paths if path is not None])
            if edit is not None and None not in paths and edit.text != word.text:
                yield edit


def _by_count(use: Use, which: int | None) -> str:
    """How the last repetition is read, or all are, whose number an expression knows."""
    assert use.step.repeat is not None
    count = use.given.expression(use.step.repeat.tree)
    if which is None:
        return f"\"['{use.name}_${{$k + 1}}' for k in range({count})]\""
    return in_braces(f"{use.name}_{as_piece(count)}")
