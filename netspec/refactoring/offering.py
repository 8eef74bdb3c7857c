"""What can be done to the nodes of a selection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Span
from netspec.pipeline import Spec, mend
from netspec.refactoring.bodies import Body, Layout
from netspec.refactoring.extracting import extractions
from netspec.refactoring.forms import forms, unwrapping, wrapping
from netspec.refactoring.inlining import inlinings
from netspec.refactoring.networks import Networks
from netspec.refactoring.proving import Proof
from netspec.syntax.edits import between, in_json
from netspec.syntax.tree import span_of

EXTRACT, INLINE, REWRITE = "refactor.extract", "refactor.inline", "refactor.rewrite"
MAX_ROUNDS = 5  # of mending


class Refactoring(NamedTuple):
    """A change of a spec's text that may be made.

    Attributes:
        title: What it does.
        kind: Of what kind it is, as the protocol of language servers calls it.
        edits: The change.
        same_network: Is the network the same afterwards? Its nodes may have other names.
        refused: Why there are no edits; empty where there are.
        others: Other ways to do it, which may not hold.
    """

    title: str
    kind: str
    edits: tuple[Edit, ...]
    same_network: bool = True
    refused: str = ""
    others: tuple[tuple[Edit, ...], ...] = ()


def refactorings(
    spec: Spec,
    first: int,
    last: int,
    kinds: tuple[str, ...] = ("refactor",),
    *,
    columns: tuple[int, int] | None = None,
    variants: bool = True,
    refusals: bool = False,
) -> list[Refactoring]:
    r"""What can be done to the nodes on some lines, each proved: the network is the same, and nothing new is wrong.

    A shortcut put around nodes, or taken away, makes another network; of these it is proved that it has no new errors.

    Args:
        spec: A spec that has been checked; `repairs=False` is enough.
        first: The first line of the selection, from 1.
        last: The last, which may be the same.
        kinds: The kinds that are asked for, each with those below it: `refactor` with `refactor.extract`.
        columns: From which column of the first line to which of the last, from 1: of several nodes in brackets on one
            line these say which are meant. Without them it is all of the lines.
        variants: Prove it of all variants, and not only of the network at hand. What has been offered without can be
            proved by `confirmed`.
        refusals: Tell of uses that cannot be inlined too, and why.

    Returns:
        Those that hold; none where the text has no graph.

    Examples:
        >>> from netspec.pipeline import check_text
        >>> spec = check_text("netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - 1x1: 4\n  - relu\n")
        >>> [each.title for each in refactorings(spec, 4, 5)]
        ['Extract block `Conv1x1Block`']
        >>> [each.title for each in refactorings(spec, 4, 4)]
        ['Name `filters`']
    """
    if spec.document is None or spec.graph is None:
        return []
    layout = Layout(spec)
    start, end = columns or (1, len(layout.lines[min(last, len(layout.lines)) - 1]) + 1)
    selected = _selected(layout, Span(first, start, last, end))
    if selected is None:
        return []
    proof = Proof(layout.networks, others=variants)
    found: dict[str, Refactoring] = {}
    refused: dict[str, Refactoring] = {}  # the first of each title that says itself why it cannot be, or the first
    for each in _candidates(layout, *selected):
        if not any(each.kind == kind or each.kind.startswith(f"{kind}.") for kind in kinds):
            continue
        edits = in_json(each.edits, spec.text) if layout.is_json else each.edits
        if each.title in found:
            known = found[each.title]
            found[each.title] = known._replace(others=(*known.others, edits) if edits else known.others)
            continue
        objection = each.refused or proof.objection(edits, same=each.same_network)
        if not objection:
            found[each.title] = each._replace(edits=edits)
        elif each.kind == INLINE and (each.title not in refused or (refused[each.title].edits and each.refused)):
            refused[each.title] = each._replace(refused=objection)
    told = refused.values() if refusals else ()
    return [*found.values(), *(each._replace(edits=()) for each in told if each.title not in found)]


def confirmed(spec: Spec, offered: Refactoring) -> Refactoring | None:
    """What has been offered, in a way that holds in all variants too; None where there is none."""
    proof = Proof(Networks(spec))
    for edits in (offered.edits, *offered.others):
        if not proof.objection(edits, same=offered.same_network):
            return offered._replace(edits=edits, others=())
    return None


def _selected(layout: Layout, where: Span) -> tuple[Body, int, int] | None:
    """The innermost list that has nodes on all of the selection, and which of its nodes these are.

    A list in lines is asked by lines, one in brackets by what is selected between these.
    """
    first, last = where.line - 1, where.end_line - 1
    found: tuple[Body, int, int] | None = None
    for body in layout.bodies:  # an inner one comes after those around it
        if body.flow:
            whole = span_of(body.tree)
            inside = whole[:2] < where[:2] and where[2:] < whole[2:]
            spans = [span_of(item.tree) for item in body.items] if inside else []
            touched = [n for n, span in enumerate(spans) if span[:2] <= where[2:] and where[:2] <= span[2:]]
        elif body.items[0].first <= last and first <= body.items[-1].last and _is_inside(layout, body, first, last):
            touched = [n for n, item in enumerate(body.items) if item.first <= last and item.last >= first]
        else:
            continue
        if touched:
            found = body, touched[0], touched[-1]
    return found


def _is_inside(layout: Layout, body: Body, first: int, last: int) -> bool:
    """Is everything on the selected lines in a list's nodes, but for comments and empty lines?"""
    start, end = body.items[0].first, body.items[-1].last
    return all(
        start <= line <= end or not layout.lines[line].strip() or layout.lines[line].lstrip().startswith("#")
        for line in range(max(first, 0), min(last, len(layout.lines) - 1) + 1)
    )


def _candidates(layout: Layout, body: Body, first: int, last: int) -> Iterator[Refactoring]:
    """What might be done, not proved yet; of several with one title the first that holds is meant."""
    item = body.items[first]
    if first < last or layout.has_bodies(item):
        for title, edits in extractions(layout, body, first, last):
            yield Refactoring(title, EXTRACT, edits)
    if first == last:
        if item.step.block is not None:
            for title, edits, why_not in inlinings(layout, item):
                yield Refactoring(title, INLINE, edits, refused=why_not)
        for title, edits in forms(layout, item, body):
            yield Refactoring(title, REWRITE, edits)
        for title, edits in unwrapping(layout, item, body):
            yield Refactoring(title, REWRITE, edits, same_network=False)
    for title, edits in wrapping(layout, body, first, last):
        yield Refactoring(title, REWRITE, edits, same_network=False)


class Mending(NamedTuple):
    """What mends the errors of a text.

    Attributes:
        edits: Those of all errors that can be mended together.
        broken: The variants for whose sake others are left out; None is the network without.
    """

    edits: tuple[Edit, ...]
    broken: tuple[str | None, ...]


def mended(spec: Spec) -> Mending:
    """Mend all errors that can be mended together, as `netspec validate --fix` does."""
    last = mend(spec)
    for _ in range(MAX_ROUNDS - 1):
        if last.done:
            last = mend(last.spec)
    broken = dict.fromkeys(variant for each in last.left for variant in each.broken)
    return Mending(between(spec.text, last.spec.text), tuple(broken))
