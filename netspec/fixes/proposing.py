"""Fixes of a problem: candidates from the problem itself and from the rules, verified, the best first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from netspec.diagnostics.codes import Stage
from netspec.diagnostics.problems import Candidate, Confidence, Edit, Fix, Problem, is_far
from netspec.fixes.candidates import Search, candidates
from netspec.fixes.elsewhere import Elsewhere, remark
from netspec.fixes.together import Change, Together, together
from netspec.fixes.verification import (
    Checked,
    Known,
    Place,
    Recheck,
    Verified,
    Watch,
    cost_of,
    known_errors,
    new_errors,
    parameters_of,
    place_of,
    verify,
)
from netspec.syntax.edits import Moves, apply, between, in_json, is_json

# Each candidate is a whole check, whose time grows with the nodes and with the problems. A file with many of either
# gets its first repairs only.
MAX_CHECKS = 60
MAX_NODES_CHECKED = 15_000
MAX_PROBLEMS_CHECKED = 1_500
MAX_NODES_SEARCHED = 200_000  # by the rules, for all problems together
MAX_OFFERED = 3
MAX_CHAIN = 12  # changes that one repair may be made of
ELSEWHERE: tuple[Confidence, ...] = ("possible", "unlikely")  # what is looked for at other nodes, one after the other


class Proposer:
    """Finds fixes for the problems of one text, until its budget of checks is spent.

    Args:
        checked: The text.
        variant: The variant that is meant.
        recheck: Checks another text in its place.
        elsewhere: Says which of its other networks are sound.
        known: Takes what is found out, and is not asked again.
    """

    def __init__(
        self,
        checked: Checked,
        variant: str | None,
        recheck: Recheck,
        elsewhere: Elsewhere,
        known: Known | None = None,
    ) -> None:
        self.before = checked
        self.known = Known() if known is None else known
        self.elsewhere = elsewhere
        self.variant = variant
        self.recheck = recheck
        self._last: Checked | None = None
        self.budget = MAX_CHECKS
        self.is_json = is_json(checked.text)
        nodes = len(checked.graph.nodes) if checked.graph is not None else 0
        problems = len(checked.problems)
        self.price = 1 + checked.size * MAX_CHECKS // MAX_NODES_CHECKED + problems * MAX_CHECKS // MAX_PROBLEMS_CHECKED
        if checked.size > MAX_NODES_CHECKED:
            self.budget = 0  # a single check would take longer than all that others get
        self.searches = MAX_NODES_SEARCHED // max(nodes, 1)  # problems for which the rules may look at all nodes

    def written(self, edits: tuple[Edit, ...], text: str) -> tuple[Edit, ...]:
        """Edits of a text as it is written: in JSON words stand in quotes."""
        return in_json(edits, text) if self.is_json else edits

    @property
    def affordable(self) -> int:
        """How many whole checks there is time for, one at least."""
        return max(1, MAX_CHECKS // self.price)

    @cached_property
    def search(self) -> Search | None:
        """Made for the first problem that needs it."""
        return self._search(self.before)

    @cached_property
    def parameters(self) -> int | None:
        """How many the network has now."""
        return parameters_of(self.before.graph)

    def checked(self, text: str, watch: Watch | None = None) -> Checked:
        """Check a text in the place of the one at hand; the document of one that was checked before holds no longer."""
        self._last = None
        self._last = self.recheck(text, watch)
        return self._last

    def latest(self, checked: Checked) -> Checked:
        """A text that was checked, with a document that holds."""
        return checked if checked is self._last or checked is self.before else self.checked(checked.text)

    @cached_property
    def _sound(self) -> tuple[str | None, ...]:
        """The other networks that a repair is to leave without errors; none where an error may hide some of theirs."""
        if not self.elsewhere.variants or any(e.is_error and e.stage is Stage.STRUCTURE for e in self.before.problems):
            return ()
        return self.elsewhere.sound(self.before, self.elsewhere.variants, self.latest)

    def broken(self, after: Checked) -> tuple[str | None, ...]:
        """Those of the other networks that had no errors and have some in a text that was mended."""
        was = self._sound
        still = self.elsewhere.sound(after, was, self.latest)
        return tuple(each for each in was if each not in still)

    def fixes(self, *problems: Problem) -> tuple[Fix, ...]:
        """Those that hold for a problem, three at most; or for several of one code at one place, as of a block's uses.

        What was surely meant comes first, then the changes of the node itself in their order, then those of other nodes, those
        that change the fewest weights on the way to it first. One that leaves nothing wrong stands before one that leaves other
        problems; the likeliest, if it leaves some, is tried together with the repairs of those. What mends one of several
        mends all, so the next is looked at only while there are not three, and nothing is tried twice.
        """
        whole: list[Fix] = []
        others: list[Fix] = []
        tried: set[tuple[Edit, ...]] = set()
        for problem in problems:
            if self.budget > 0 and not problem.file and len(whole) < MAX_OFFERED:
                found, more = self._fixes(problem, tried)
                whole += found
                others += more
        for problem in problems:
            self.known.tried.pop(problem.key, None)  # their graphs are large
        return (*whole, *others)[:MAX_OFFERED]

    def mend(self) -> Together:
        """All that mends errors and holds together: of each its first fix, or what was probably meant where none is verified."""
        changes = []
        for problem in self.before.problems:
            if problem.is_error and problem.fixes:
                changes.append(Change(problem, problem.fixes[0].title, problem.fixes[0].edits))
            elif problem.is_error and problem.candidates:  # not tried yet, for want of time
                first = problem.candidates[0]
                changes.append(Change(problem, first.title, self.written(first.edits, self.before.text)))
        found = together(self.before, changes, self.checked, self.affordable, self.broken)
        return found._replace(after=self.latest(found.after))

    def _fixes(self, problem: Problem, tried: set[tuple[Edit, ...]]) -> tuple[list[Fix], list[Fix]]:
        """Those that leave nothing wrong, and those that leave other problems; `tried` is what is not tried again."""
        search = self.search
        self.searches -= 1
        rules = search if self.searches > 0 else None
        likely = candidates(rules, problem, "likely") if rules is not None else ()
        own = sorted((*likely, *_repairs(problem, search)), key=lambda each: each.confidence != "likely")
        offers = self._verified(problem, own, tried)
        for confidence in ELSEWHERE if problem.is_error else ():
            if rules is not None and sum(each.whole for each, _ in offers) < MAX_OFFERED and self.budget > 0:
                offers += self._by_change(
                    problem, self._verified(problem, candidates(rules, problem, confidence), tried)
                )
        whole = [fix for each, fix in offers if each.whole]
        if offers and problem.stage is Stage.SHAPES:
            first, least = offers[0][0], min((each for each, _ in offers), key=lambda each: len(each.uncovered))
            if first.uncovered and first.candidate.confidence == "likely":
                whole = [*self._chained(problem, first), *whole]
            if not whole and least.uncovered:
                whole = self._chained(problem, least)
        return whole, [fix for each, fix in offers if not each.whole]

    def _by_change(self, problem: Problem, offers: list[tuple[Verified, Fix]]) -> list[tuple[Verified, Fix]]:
        """Those first that change the fewest of the weights on the way to the node."""
        if len(offers) < 2:
            return offers
        now = self.before.weights_before(problem, place_of(problem))

        def change(offer: tuple[Verified, Fix]) -> tuple[int, int]:
            more = offer[0].after.weights_before(problem, offer[0].place) - now
            return abs(more), more

        return sorted(offers, key=change)

    def _search(self, checked: Checked) -> Search | None:
        if checked.document is None or checked.graph is None:
            return None
        return Search(checked.document, checked.graph, self.variant)

    def _verified(
        self, problem: Problem, every: Iterable[Candidate], tried: set[tuple[Edit, ...]]
    ) -> list[tuple[Verified, Fix]]:
        """Those that hold and have not been tried yet, in their order, until enough leave nothing wrong."""
        found: list[tuple[Verified, Fix]] = []
        for candidate in every:
            if candidate.edits in tried or any(is_far(edit.span) for edit in candidate.edits):
                continue
            if self.budget <= 0 or sum(each.whole for each, _ in found) >= MAX_OFFERED:
                break
            self.budget -= self.price
            tried.add(candidate.edits)
            held = self._held(problem, candidate)
            if held is not None:
                held = held._replace(broken=self.broken(held.after))
                result = _result(problem, held.place, held.after, candidate, held.broken)
                fix = Fix(candidate.title, held.edits, result)
                found.append((held, cost_of(held.after, self.parameters, fix)))
        return found

    def _held(self, problem: Problem, candidate: Candidate) -> Verified | None:
        known = self.known.tried.setdefault(problem.key, {})
        if candidate.edits not in known:
            edits = self.written(candidate.edits, self.before.text)
            known[candidate.edits] = verify(self.before, problem, candidate, edits, self.checked)
        return known[candidate.edits]

    def _chained(self, problem: Problem, first: Verified) -> list[Fix]:
        """A candidate that uncovers other problems, together with those nodes' own repairs of them."""
        state, place, changes = self.latest(first.after), first.place, 0
        known = known_errors(self.before, (problem,), Moves(first.edits))
        while new := new_errors(state, known):
            following = self._mended(state, new[0], first.candidate)
            if following is None or changes == MAX_CHAIN:
                return []
            state, moves = following
            known = tuple(each.after(moves) for each in known)
            place = moves.moved(*place)
            changes += 1
        title = f"{first.candidate.title}, and {changes} more change{'s' * (changes > 1)}"
        result = _result(problem, place, state, first.candidate, self.broken(state))
        fix = Fix(title, between(self.before.text, state.text), result)
        return [cost_of(state, self.parameters, fix)]

    def _mended(self, state: Checked, error: Problem, first: Candidate) -> tuple[Checked, Moves] | None:
        """A text after a node's own repair of its problem; the change that was made before is tried first."""
        for candidate in sorted(_repairs(error, self._search(state)), key=lambda each: each.options != first.options):
            if self.budget <= 0:
                return None
            self.budget -= self.price
            edits = self.written(candidate.edits, state.text)
            after = self.checked(apply(state.text, edits))
            moves = Moves(edits)
            if not after.has((error,), moves):
                return after, moves
        return None


def _repairs(problem: Problem, search: Search | None) -> tuple[Candidate, ...]:
    """What the one who found the problem proposes."""
    return problem.candidates if search is None else search.repaired(problem)


def _result(problem: Problem, place: Place, after: Checked, candidate: Candidate, broken: Sequence[str | None]) -> str:
    return ", ".join(filter(None, (after.shape_of(problem, place), candidate.remark, remark(broken))))
