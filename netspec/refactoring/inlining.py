"""A use of a block becomes its nodes, with what it was given in the place of the block's params."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit
from netspec.diagnostics.words import listing
from netspec.refactoring.bodies import CannotBe, Item, Layout
from netspec.refactoring.copies import Copy
from netspec.refactoring.definitions import Definition, Style, Use
from netspec.refactoring.nodes import flat, put


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
    read: list[Edit] = []  # of what reads nodes from outside
    several = sum(map(definition.times, uses)) > 1 or any(map(definition.is_unrolled, uses))
    lent: dict[str, dict[int, str]] = {}  # what nodes are called whose weights others take, by the name of the use
    last: dict[Use, str | None] = {}  # what the last node of each use is called
    serial = 0
    for number, use in enumerate(uses):
        entering = definition.entering(use, last)
        nodes = []
        for repetition in range(definition.times(use)):
            serial += 1
            copy = Copy(definition, use, style, repetition, entering, lent, str(serial) if several else "")
            nodes.append(copy.nodes())
            entering = last[use] = copy.last
            read += copy.read()
        kept = definition.layout.within(use.body.span(use.at, use.at))
        if ends and number == 0:
            kept = [*definition.comments, *kept]
        edits.append(put(definition.layout, use.body, use.at, use.at, nodes, kept))
    if ends:
        edits.append(definition.removal())
    gone = [edit.span for edit in edits]
    return (*edits, *(each for each in read if not any(span[:2] <= each.span[:2] < span[2:] for span in gone)))
