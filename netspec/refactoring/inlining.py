"""A use of a block becomes its nodes, with what it was given in the place of the block's params."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.diagnostics.words import listing
from netspec.refactoring.bodies import CannotBe, Item, Layout
from netspec.refactoring.copies import Copy
from netspec.refactoring.definitions import Definition, Style, Use
from netspec.refactoring.nodes import flat, put
from netspec.refactoring.substituting import Substitution, as_piece, in_braces


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
            yield Inlining(title, _edits(definition, uses, style, ends=ends))
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


def _edits(definition: Definition, uses: list[Use], style: Style, *, ends: bool) -> tuple[Edit, ...]:
    edits: list[Edit] = []
    reread: dict[Span, str] = {}  # what paths are now that read the uses
    several = sum(map(definition.times, uses)) > 1 or any(map(definition.is_unrolled, uses))
    lent: dict[str, dict[int, str]] = {}  # what nodes are called whose weights others take, by the name of the use
    last: dict[Use, str | None] = {}  # what the last node of each use is called
    serial = 0
    for number, use in enumerate(uses):
        given = definition.substitution(use)._replace(renamed=reread)
        entering = definition.entering(use, given, last)
        copies: list[Copy] = []
        for repetition in range(definition.times(use)):
            serial += 1
            copy = Copy(definition, use, given, style, repetition, entering, lent, str(serial) if several else "")
            copies.append(copy)
            entering = last[use] = copy.last
        nodes = [copy.nodes() for copy in copies]
        kept = definition.layout.within(use.body.span(use.at, use.at))
        if ends and number == 0:
            kept = [*definition.comments, *kept]
        edits.append(put(definition.layout, use.body, use.at, use.at, nodes, kept))
        reread.update(_reread(definition, use, copies))
    if ends:
        edits.append(definition.removal())
    gone = [edit.span for edit in edits]
    return (
        *edits,
        *(Edit(*each) for each in reread.items() if not any(span[:2] <= each[0][:2] < span[2:] for span in gone)),
    )


def _reread(definition: Definition, use: Use, copies: list[Copy]) -> Iterator[Edit]:
    """The edits of what reads a use from outside, by names that are gone."""
    for which, word in definition.readers(use):
        read = copies if which is None else copies[which:][:1]
        paths = [copy.path(word.rest) for copy in read]
        if definition.is_counted(use) and copies[0].style.named == "each" and not word.rest and which in (None, -1):
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
