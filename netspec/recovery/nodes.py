"""Nodes that parse and cannot be said: each costs itself, and what it reads is passed on to what follows it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from netspec.diagnostics.codes.code import Stage
from netspec.diagnostics.problems import Edit, Problem, Span
from netspec.diagnostics.words import suggest
from netspec.kinds import KINDS
from netspec.recovery.entries import Reading, completed, without
from netspec.recovery.lines import Done, edited, stretch, text_at
from netspec.recovery.lost import Lost, lost_names, params_of, unknown_names
from netspec.recovery.mends import bare_keys, guesses
from netspec.recovery.places import (
    Spot,
    Unit,
    kind_span,
    options_of,
    place_of,
    sections,
    spot_at,
    steps_in,
    unit_at,
    units,
    wiring_of,
)
from netspec.recovery.standing import NO_BLOCK, TWICE, Structure, badness, errors_of, failing, faults
from netspec.recovery.stops import Change, stop_of
from netspec.spec.names import RECEIVED
from netspec.syntax.tree import Scalar, last_line, span_of

if TYPE_CHECKING:
    from netspec.pipeline import Spec
    from netspec.syntax.tree import Tree

MAX_GUESSES = 6  # at what a line was meant to be
MAX_KEYS = 3  # that are left out to see whether they are one too many
MAX_ROUNDS = 5  # of decoding
MAX_CHECKS = 4  # of the whole, each the price of one more `check_text`
MAX_EFFORT = 1_000  # nodes made for them; what is wrong then is left so
_NO_KIND = ("NS201", NO_BLOCK)
_DEFINED = re.compile(r"(?m)^ +([A-Z]\w*):")
_NO_NAME = "NS303"
_NO_OPTION = "NS202"
_EXPRESSION = re.compile(r"\"[^\"]*\$[^\"]*\"|[^\[,\"]*\$[^,\]\"]*")  # a size in brackets
_SECOND = re.compile(r",\s*(\w+:) [^,{}\[\]]*(?=[,}])")  # an entry in braces
PASSED_ON = "linear"  # the kind that yields what it reads, whatever that is


class Nodes:
    """Makes nodes that cannot be said ones that can.

    Args:
        lines: Those of a text that can be read.
        done: Takes the lines that are changed, and what was done to each.
        structure: Reads a text.
        check: Checks lines as the text that is recovered was.
    """

    def __init__(
        self,
        lines: list[str],
        done: dict[int, Done],
        structure: Callable[[str], Structure],
        check: Callable[[list[str]], Spec],
    ) -> None:
        self.lines = lines
        self.done = done
        self.structure = structure
        self.check = check
        self.meant: set[tuple[int, str]] = set()  # problems outside the nodes of which it was asked what was meant
        self.attempts: dict[int, int] = {}  # by the first line of a node or an entry, how often it was changed
        self.vain: set[str] = set()  # kinds and blocks that there are not, of which no guess was better
        self.lost: set[Lost] = set()  # what stood for nothing before something was changed

    def said(self) -> Spec:
        """The spec of the lines, once all that can be said of them is."""
        self._key_too_many()
        for _ in range(MAX_ROUNDS):
            if not self._structure():
                break
        spec = self.check(self.lines)
        if errors_of(spec):
            spec = self._or_left_out(spec)
        effort, changed = 0, False
        for _ in range(MAX_CHECKS):
            if spec.graph is None or effort > MAX_EFFORT or not self._meaning(spec):
                break
            spec = self.check(self.lines)
            effort += spec.effort
            changed = True
        return self._or_left_out(spec) if changed and errors_of(spec) else spec

    def _key_too_many(self) -> None:
        """Leave out a key without which nothing is wrong any longer, and under which only something else has come to stand."""
        problems = self._found().problems
        places = {problem.span.line - 1 for problem in problems[:2]}
        places |= {note.span.line - 1 for problem in problems[:2] for note in problem.notes if note.span is not None}
        candidates = dict.fromkeys(each for place in sorted(places) for each in bare_keys(self.lines, place))
        for number in islice(candidates, MAX_KEYS):
            change = Change(number, ("",), "emptied")
            lines = change.applied(self.lines)
            if stop_of(lines) is None:
                found = self.structure("\n".join(lines))
                if found.document is not None and not found.problems:
                    self._make(change)
                    return

    def _or_left_out(self, spec: Spec) -> Spec:
        """The spec with what it reads in the place of each node that was mended, or without it, if less is wrong then."""
        tree = spec.document.source.tree if spec.document is not None else None
        found = units(tree, self.lines)
        mended = {unit_at(found, (number, 0)) for number, done in self.done.items() if done == "mended"}
        whole = [unit for unit in mended if unit is not None and set(range(unit.start, unit.end)) <= {*self.done}]
        wrong, before = (badness(spec), errors_of(spec)), (self.lines, dict(self.done))
        for way in (lambda unit: self._passing(unit, []) or _nothing(unit), _nothing):
            tried = self.lines
            for unit in whole:
                self._make(way(unit))
            if self.lines == tried:
                continue
            other = self.check(self.lines)
            if other.graph is not None and (badness(other), errors_of(other)) < wrong:
                return other
        if self.lines == before[0]:
            return spec
        self.lines, self.done = before
        return self.check(self.lines)  # again: a spec holds until the next check

    def _structure(self) -> bool:
        """One round over what decoding finds; was anything changed?"""
        found = self._found()
        if found.document is not None:
            self.lost.update(lost_names(found.document, found.problems))
        if self._renamed(found):
            return True
        return self._changed(found.tree, list(found.problems), ())

    def _found(self) -> Structure:
        """What the lines say."""
        return self.structure("\n".join(self.lines))

    def _renamed(self, found: Structure) -> bool:
        """Give a block or a param that nothing uses the name that is used and not there, where that is near."""
        document = found.document
        if document is None:
            return False
        unknown = {problem.span: problem for problem in found.problems if problem.code == NO_BLOCK}
        used = {step.kind_name for step in steps_in(document) if step.span in unknown}
        blocks = {name: block.key for name, block in document.blocks.items() if name not in document.blocks_used}
        params = {name: key for name, key in document.param_keys.items() if name not in document.names_used}
        unknown_params = unknown_names(self.lines, found.problems)
        missing = (unknown_params | document.names_used.difference(params_of(document))).difference(RECEIVED)
        for problem in found.problems:
            if problem.code == _NO_NAME and self._respelt(problem.span, missing | used):
                return True
        for block in document.blocks.values():
            own = {name: key for name, key in block.param_keys.items() if name not in document.names_used}
            if own and self._near(own, self._given(found, block.name)):
                return True
            params |= own
        return self._near(blocks, used) or self._near(params, missing)

    def _given(self, found: Structure, block: str) -> set[str]:
        """The names that uses of a block give, of which it has no param."""
        assert found.document is not None
        uses = [step for step in steps_in(found.document) if step.block == block and step.tree is not None]
        return {
            text_at(self.lines, problem.span)
            for problem in found.problems
            if problem.code == _NO_OPTION
            and any(span_of(use.tree).line <= problem.span.line <= last_line(use.tree) for use in uses if use.tree)
        }

    def _respelt(self, span: Span, wanted: set[str]) -> bool:
        """Give what cannot be a name the one that is meant."""
        written = text_at(self.lines, span)
        bare = "".join(each for each in written if each.isalnum() or each == "_").lstrip("0123456789")
        meant = bare if bare in wanted else near.meant if (near := suggest(bare, sorted(wanted))) is not None else None
        return meant is not None and self._make(self._put(span, meant))

    def _near(self, declared: dict[str, Scalar], wanted: set[str]) -> bool:
        for name, key in declared.items():
            near = suggest(name, sorted(wanted))
            meant = (
                near.meant
                if near is not None and near.sure
                else next((each for each in wanted if each.startswith(name)), None)
            )
            if meant is None or name.startswith(meant) or key.start.line != key.end.line:
                continue
            if self._make(self._put(span_of(key), meant)):
                return True
        return False

    def _put(self, span: Span, text: str) -> Change:
        """The line of a place with another text there."""
        return Change(span.line - 1, (edited(self.lines, [Edit(span, text)])[span.line - 1],), "mended")

    def _meaning(self, spec: Spec) -> bool:
        """One round over the nodes whose shapes cannot be said though what they read can; was anything changed?"""
        assert spec.graph is not None
        assert spec.document is not None
        tree, problems = spec.document.source.tree, list(faults(spec))
        self.lost.update(lost_names(spec.document, problems))
        if self._renamed(Structure(tree, spec.document, tuple(problems))) or self._changed(tree, problems, ()):
            return True  # what is wrong after them may be so because of them
        wrong = failing(spec.graph)
        failures = Counter(node.span for node in wrong)
        at = Counter(node.span for node in spec.graph.nodes if node.span in failures)
        places = []
        for node in wrong:
            span = node.span
            use = spec.graph.uses.get(node.path.partition(".")[0])
            if use is not None and failures[span] < at[span]:
                span = use  # elsewhere the same lines are right
            places.append(place_of(span))
        return self._changed(tree, [], places)

    def _changed(self, tree: Tree | None, problems: list[Problem], places: Iterable[tuple[int, int]]) -> bool:
        """Change what stands at problems and at places; was anything?"""
        if tree is None:
            return False
        read = Reading(tree, self.lines, units(tree, self.lines))
        of_unit: dict[Unit, list[Problem]] = {}
        others: list[Problem] = []
        for problem in problems:
            unit = unit_at(read.units, place_of(problem.span))
            if unit is None or problem.code == TWICE:
                others.append(problem)
            else:
                of_unit.setdefault(unit, []).append(problem)
        for place in places:
            unit = unit_at(read.units, place)
            if unit is not None:
                of_unit.setdefault(unit, [])
        changed = False
        for problem in others:
            changed |= self._entry_meant(tree, problem)
        if changed:
            return True
        for unit in [*of_unit]:
            if not any(other is not unit and unit.start <= other.start and other.end <= unit.end for other in of_unit):
                changed |= self._unit(read, unit, of_unit[unit])
        for problem in others if not changed else ():
            changed |= self._without_entry(tree, problem)
        return changed

    def _unit(self, read: Reading, unit: Unit, problems: list[Problem]) -> bool:
        """Change a node: as its problem proposes, without the entries that are wrong, to what passes on, to nothing."""
        ways = (
            lambda: self._proposed(unit, problems),
            lambda: self._guessed(problems),
            lambda: self._without(read, unit, problems),
            lambda: self._filled(read, unit),
            lambda: self._passing(unit, problems),
            lambda: _nothing(unit),
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
        return Change(unit.start, tuple(edited(self.lines, edits)[unit.start : unit.end]), "mended")

    def _guessed(self, problems: list[Problem]) -> Change | None:
        """The line of the first problem as it was probably meant, if fewer things are wrong then."""
        if not problems:
            return None
        line = problems[0].span.line - 1
        kind_name = self._kind_name(problems[0])
        fewest, best = len(self._found().problems), None
        if not fewest or kind_name in self.vain:
            return None
        for change in islice(self._guesses(line, problems[0]), MAX_GUESSES):
            changed = change.applied(self.lines)
            if changed != self.lines and stop_of(changed) is None:
                found = self.structure("\n".join(changed))
                if found.document is not None and len(found.problems) < fewest:
                    fewest, best = len(found.problems), change
        if best is None and kind_name:
            self.vain.add(kind_name)
        return best

    def _kind_name(self, problem: Problem) -> str:
        """The kind or block that a problem says there is not; nothing of other problems."""
        return text_at(self.lines, problem.span) if problem.code in _NO_KIND else ""

    def _guesses(self, line: int, problem: Problem) -> Iterator[Change]:
        kind_name = self._kind_name(problem)
        if len(kind_name) > 2:
            near = suggest(kind_name, (*KINDS, *_DEFINED.findall("\n".join(self.lines))))
            if near is not None:
                yield self._put(problem.span, near.meant)
        yield from guesses(self.lines, line)

    def _without(self, read: Reading, unit: Unit, problems: list[Problem]) -> Change | None:
        """The node without the hyperparameters that are wrong, or with the nearest other one's where it needs them."""
        spots: dict[tuple[int, int], Spot] = {}
        for problem in problems:
            if place_of(problem.span) <= place_of(kind_span(unit.item)):
                return None
            spot = spot_at(unit.item, place_of(problem.span), 1)
            if spot is None:
                return None
            spots[id(spot.mapping), spot.number] = spot
        lines = without(self.lines, spots.values()) if spots else None
        if lines is not None:
            options = options_of(unit.item)
            gone = [spot.name for spot in spots.values() if spot.mapping is options]
            lines = completed(read, unit, lines, gone)
        return None if lines is None else Change(unit.start, tuple(lines[unit.start : unit.end]), "mended")

    def _filled(self, read: Reading, unit: Unit) -> Change | None:
        """The node with what it needs and has not, as the nearest other one of its kind has it."""
        lines = completed(read, unit, self.lines)
        return None if lines is None else Change(unit.start, tuple(lines[unit.start : unit.end]), "mended")

    def _passing(self, unit: Unit, problems: list[Problem]) -> Change | None:
        """A node that yields what it reads, under the same name."""
        if self.lines[unit.start][: unit.column].strip():
            return None
        wiring = wiring_of(unit.item, [place_of(problem.span) for problem in problems])
        if not wiring and unit.end == unit.start + 1:
            return None  # nobody names it, and nothing of it is whole
        written = ", ".join(f"{key}: {value}" for key, value in wiring.items())
        first = f"{' ' * unit.column}- {PASSED_ON}" + (f": {{{written}}}" if written else "")
        return Change(unit.start, (first, *[""] * (unit.end - unit.start - 1)), "passed on")

    def _entry_meant(self, tree: Tree, problem: Problem) -> bool:
        """What is wrong outside the nodes as it was probably meant, such as a key; is it another then?"""
        line = problem.span.line - 1
        if (line, problem.code) in self.meant:
            return False
        self.meant.add((line, problem.code))
        if problem.code == TWICE:
            return self._twice(line)
        unit = Unit(line, line + 1, 0, tree)
        if problem.stage is Stage.EXPRESSIONS:  # of which a proposal mends the first character only
            change = self._guessed([problem]) or self._proposed(unit, [problem])
        else:
            change = self._proposed(unit, [problem]) or self._guessed([problem])
        if change is not None:
            return self._make(change)
        part = sections(tree).get("input", range(0))
        sizes = _EXPRESSION.sub("null", self.lines[line]) if line in part else self.lines[line]
        return sizes != self.lines[line] and self._make(Change(line, (sizes,), "mended"))

    def _without_entry(self, tree: Tree, problem: Problem) -> bool:
        """Leave out an entry outside the nodes, such as a param or one of `defaults`; keys of the top are left."""
        place = place_of(problem.span)
        line = place[0]
        spot = spot_at(tree, place, 1)
        parts = sections(tree)
        attempt = self.attempts.get(line, 0)
        if spot is None or attempt > 1 or any(line in parts.get(key, ()) for key in ("input", "inputs")):
            return False
        self.attempts[line] = attempt + 1
        lines = without(self.lines, [spot])
        return lines is not None and self._make(Change(0, tuple(lines), "emptied"))

    def _twice(self, line: int) -> bool:
        """Leave out a key that stands twice, so that what stands under it belongs to what is above, or with all of that."""
        inline = _SECOND.sub(
            lambda match: match[0] if match[1] not in match.string[: match.start()] else "", self.lines[line]
        )
        if inline != self.lines[line] and self._make(Change(line, (inline,), "mended")):
            return True
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


def _nothing(unit: Unit) -> Change:
    return Change(unit.start, ("",) * (unit.end - unit.start), "emptied")
