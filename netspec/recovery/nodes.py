"""Nodes that parse and cannot be said: each costs itself, and what it reads is passed on to what follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from netspec.diagnostics.problems import Problem, Problems, TooManyProblems
from netspec.memory import gc_paused
from netspec.recovery.lines import Done, indent_of, stretch
from netspec.recovery.places import Spot, Unit, kind_span, place_of, sections, spot_at, unit_at, units, wiring_of
from netspec.recovery.standing import faults
from netspec.recovery.stops import Change, stop_of
from netspec.spec.decoding import decode
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, entry_ending, last_line

if TYPE_CHECKING:
    from netspec.pipeline import Spec
    from netspec.syntax.tree import Tree

MAX_ROUNDS = 5  # of decoding
MAX_CHECKS = 3  # of the whole, each the price of one more `check_text`
_TWICE = "NS102"
PASSED_ON = "linear"  # the kind that yields what it reads, whatever that is


class Nodes:
    """Makes nodes that cannot be said ones that can.

    Args:
        lines: Those of a text that can be read.
        done: Takes the lines that are changed, and what was done to each.
        check: Checks a text as the one that is recovered was.
    """

    def __init__(self, lines: list[str], done: dict[int, Done], check: Callable[[list[str]], Spec]) -> None:
        self.lines = lines
        self.done = done
        self.check = check
        self.attempts: dict[int, int] = {}  # by the first line of a node or an entry, how often it was changed

    def said(self) -> Spec:
        """The spec of the lines, once all that can be said of them is."""
        for _ in range(MAX_ROUNDS):
            if not self._structure():
                break
        spec = self.check(self.lines)
        for _ in range(MAX_CHECKS):
            if spec.graph is None or not self._meaning(spec):
                break
            spec = self.check(self.lines)
        return spec

    def _structure(self) -> bool:
        """One round over what decoding finds; was anything changed?"""
        from netspec.pipeline import Spec

        problems = Problems()
        document = None
        with gc_paused():
            source = read_text("\n".join(self.lines), "<text>", problems)
            try:
                document = decode(source, problems)
            except TooManyProblems:
                return False
        spec = Spec(source.path, source.text, document, None, problems.ordered())
        return self._changed(source.tree, list(faults(spec)), ())

    def _meaning(self, spec: Spec) -> bool:
        """One round over the nodes whose shapes cannot be said though what they read can; was anything changed?"""
        assert spec.graph is not None
        assert spec.document is not None
        nodes = spec.graph.nodes
        wrong = [
            node
            for node in nodes
            if node.tainted and node.shape is None and not any(nodes[each].shape is None for each in node.inputs)
        ]
        at = {node.span: sum(each.span == node.span for each in nodes) for node in wrong}
        places = []
        for node in wrong:
            span = node.span
            use = spec.graph.uses.get(node.path.partition(".")[0])
            if use is not None and sum(each.span == span for each in wrong) < at[span]:
                span = use  # elsewhere the same lines are right
            places.append(place_of(span))
        return self._changed(spec.document.source.tree, list(faults(spec)), places)

    def _changed(self, tree: Tree | None, problems: list[Problem], places: Iterable[tuple[int, int]]) -> bool:
        """Change what stands at problems and at places; was anything?"""
        if tree is None:
            return False
        found = units(tree, self.lines)
        of_unit: dict[Unit, list[Problem]] = {}
        others: list[Problem] = []
        for problem in problems:
            unit = unit_at(found, place_of(problem.span))
            if unit is None or problem.code == _TWICE:
                others.append(problem)
            else:
                of_unit.setdefault(unit, []).append(problem)
        for place in places:
            unit = unit_at(found, place)
            if unit is not None:
                of_unit.setdefault(unit, [])
        changed = False
        for unit in [*of_unit]:
            if not any(other is not unit and other.start <= unit.start and unit.end <= other.end for other in of_unit):
                changed |= self._unit(tree, unit, of_unit[unit])
        for problem in others:
            changed |= self._entry(tree, problem)
        return changed

    def _unit(self, tree: Tree, unit: Unit, problems: list[Problem]) -> bool:
        """Change a node: as its problem proposes, without the entries that are wrong, to what passes on, to nothing."""
        ways = (
            lambda: self._proposed(unit, problems),
            lambda: self._without(unit, problems),
            lambda: self._passing(unit),
            lambda: Change(unit.start, ("",) * (unit.end - unit.start), "emptied"),
        )
        while (attempt := self.attempts.get(unit.start, 0)) < len(ways):
            self.attempts[unit.start] = attempt + 1
            change = ways[attempt]()
            if change is not None and self._make(change):
                return True
        return False

    def _proposed(self, unit: Unit, problems: list[Problem]) -> Change | None:
        """The node with what its problems propose."""
        edits = [
            edit
            for problem in problems
            for edit in (problem.candidates[0].edits if problem.candidates else ())
            if unit.start < edit.span.line <= edit.span.end_line <= unit.end and edit.span.line == edit.span.end_line
        ]
        if not edits or any("\n" in edit.text for edit in edits):
            return None
        lines = self.lines[unit.start : unit.end]
        last: tuple[int, int] | None = None
        for edit in sorted(edits, key=lambda each: each.span, reverse=True):
            at, start, end = edit.span.line - 1 - unit.start, edit.span.column - 1, edit.span.end_column - 1
            if last is None or (at, end) <= last:
                lines[at] = lines[at][:start] + edit.text + lines[at][end:]
                last = at, start
        return Change(unit.start, tuple(lines), "mended")

    def _without(self, unit: Unit, problems: list[Problem]) -> Change | None:
        """The node without the hyperparameters that are wrong."""
        spots: dict[tuple[int, int], Spot] = {}
        for problem in problems:
            if place_of(problem.span) <= place_of(kind_span(unit.item)):
                return None
            spot = spot_at(unit.item, place_of(problem.span), 1)
            if spot is None:
                return None
            spots[id(spot.mapping), spot.number] = spot
        lines = without(self.lines, [*spots.values()])
        return None if lines is None or not spots else Change(unit.start, tuple(lines[unit.start : unit.end]), "mended")

    def _passing(self, unit: Unit) -> Change | None:
        """A node that yields what it reads, under the same name; None where nobody names it."""
        wiring = wiring_of(unit.item)
        if not wiring:
            return None
        written = ", ".join(f"{key}: {value}" for key, value in wiring.items())
        first = f"{' ' * unit.column}- {PASSED_ON}: {{{written}}}"
        before = self.lines[unit.start][: unit.column]
        if before.strip():
            return None
        return Change(unit.start, (first, *[""] * (unit.end - unit.start - 1)), "passed on")

    def _entry(self, tree: Tree, problem: Problem) -> bool:
        """Leave out an entry outside the nodes, such as a param or one of `defaults`; keys of the top are left."""
        place = place_of(problem.span)
        line = place[0]
        attempt = self.attempts.get(line, 0)
        self.attempts[line] = attempt + 1
        if problem.code == _TWICE:
            return attempt < 1 and self._twice(line)
        spot = spot_at(tree, place, 1)
        parts = sections(tree)
        if spot is None or attempt > 1 or any(line in parts.get(key, ()) for key in ("input", "inputs")):
            return False
        lines = without(self.lines, [spot])
        return lines is not None and self._make(Change(0, tuple(lines), "emptied"))

    def _twice(self, line: int) -> bool:
        """Leave out a key that stands twice, so that what stands under it belongs to what is above, or with all of that."""
        for end in (line + 1, stretch(self.lines, line)):
            change = Change(line, ("",) * (end - line), "emptied")
            if stop_of(change.applied(self.lines)) is None:
                return self._make(change)
        return False

    def _make(self, change: Change) -> bool:
        """Make a change, if it is one and what it leaves can be read."""
        lines = change.applied(self.lines)
        if lines == self.lines or stop_of(lines) is not None:
            return False
        for number, line in enumerate(change.lines, change.start):
            if line != self.lines[number]:
                self.done[number] = change.done
        self.lines = lines
        return True


def without(lines: list[str], spots: list[Spot]) -> list[str] | None:
    """Lines without some entries of maps; None where they cannot be taken out of them."""
    cuts: list[tuple[tuple[int, int], tuple[int, int]]] = []
    lines = list(lines)
    for mapping in {id(spot.mapping): spot.mapping for spot in spots}.values():
        entries = [*mapping.entries.values()]
        out = {spot.number for spot in spots if spot.mapping is mapping}
        for number in out:
            key, value = entries[number]
            start, end = key.start, entry_ending(entries[number]).tree.end
            if not mapping.flow:
                last = max(last_line(value) if isinstance(value, Mapping) else end.line, start.line)
                if indent_of(lines[start.line]) != start.column:  # after a dash, or in the line of another
                    return None
                lines[start.line : last + 1] = [""] * (last + 1 - start.line)
            elif number + 1 < len(entries):
                following = entries[number + 1].key.start
                cuts.append(((start.line, start.column), (following.line, following.column)))
            else:
                kept = next((each for each in range(number - 1, -1, -1) if each not in out), None)
                first = start if kept is None else entry_ending(entries[kept]).tree.end
                cuts.append(((first.line, first.column), (end.line, end.column)))
    done: tuple[int, int] | None = None
    for begin, until in sorted(cuts, reverse=True):
        if begin[0] != until[0]:
            return None
        line = lines[begin[0]]
        stop = until if done is None or done[0] != begin[0] else min(until, done)
        lines[begin[0]] = line[: begin[1]] + line[stop[1] :]
        done = begin
    return lines
