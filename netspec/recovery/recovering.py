"""A text in the place of one that cannot be read or checked: what was last known good, or the text with its holes mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import filterfalse
from typing import NamedTuple

from netspec.keeping import Memory
from netspec.memory import gc_paused
from netspec.pipeline import Spec, check_again, check_text
from netspec.recovery.filling import filled, likely
from netspec.recovery.lines import Done, Hole, by_line, edited, holes_of, is_empty, joined, split
from netspec.recovery.lost import Lost, lost_names, words_of
from netspec.recovery.mending import MAX_WHOLE, Mending
from netspec.recovery.nodes import Nodes
from netspec.recovery.standing import badness, failing, faults, is_understood, needs_recovery, structure
from netspec.recovery.stops import stop_of
from netspec.recovery.taking_back import Hunk, carried, hunk_of, moved, taken_back, widened
from netspec.syntax.tree import Mapping

_CLOSING = frozenset("}]")


class History(NamedTuple):
    """What is remembered of the version of a text before this one.

    Attributes:
        text: That version.
        good: The text that stood for it, line for line; itself, where nothing was wrong with it.
        holes: Where they differ.
        badness: How much of `good` could not be said.
        failing: How many nodes of it fail, whose shapes could not be found by passing on what they read.
        last_good: The last version before it of which all could be said; None where there was none.
        lost: What is read in `text` and stands for nothing: a line may be missing.
        memory: What is known of the texts that were checked in the place of others, so that the next is checked faster.
        checked: The last of them, which holds until the next check with that memory: mostly it stands for the next version too.
    """

    text: str
    good: str
    holes: tuple[Hole, ...] = ()
    badness: int = 0
    failing: int = 0
    last_good: History | None = None
    lost: frozenset[Lost] = frozenset()
    memory: Memory | None = None
    checked: Spec | None = None


class Recovered(NamedTuple):
    """A text that can be read and checked.

    Attributes:
        text: It, with as many lines as the one that it stands for. Those outside of `holes` are the same.
        holes: The lines that are not, in their order.
        history: What to hand in with the next version.
        spec: The text as it was checked, without repairs.
    """

    text: str
    holes: tuple[Hole, ...]
    history: History
    spec: Spec


def recover(text: str, history: History | None = None, spec: Spec | None = None) -> Recovered:
    r"""A text that can be read and checked, in the place of one that cannot.

    Args:
        text: A version of a text.
        history: What was handed back for the version before; None for the first.
        spec: The version, if it has been checked, as `check_text` does; `repairs=False` is enough.

    Returns:
        The text itself where all of it can be said; this costs nothing if `spec` is given.

    Examples:
        >>> found = recover("netspec: 1\ninput: [8]\nlayers:\n  - dense: {units: 4, na\n  - relu")
        >>> found.text.splitlines()[3], found.holes
        ('  - dense: {units: 4}', (Hole(start=3, end=4, done='mended'),))
        >>> recover(found.text + "\n  - dens", found.history).holes
        (Hole(start=5, end=6, done='taken back'),)
    """
    if spec is None:
        spec = check_text(text, repairs=False)
    shown = _with_likely(spec)
    if not needs_recovery(shown):
        known = History(text, text)
        if history is not None:
            known = known._replace(memory=history.memory, checked=history.checked)
        return Recovered(text, (), known, shown)
    with gc_paused():
        found = _Recovery(text, shown, history).found(history)
        if shown.graph is None or found.spec.graph is None or not is_understood(spec):
            return found
        # Nodes before what is wrong have the shapes that the text says.
        graph = filled(shown.graph, found.spec.graph, by_line(found.holes))
        return found._replace(text=text, holes=(), spec=spec._replace(graph=graph))


def _with_likely(spec: Spec) -> Spec:
    """A spec with the shapes that nodes probably have where something is wrong."""
    return spec if spec.ok or spec.graph is None else spec._replace(graph=likely(spec.graph))


def is_ready(history: History) -> bool:
    """Has what is remembered been checked as what stands for the next version, if that cannot be?"""
    return history.checked is not None and history.checked.text == history.good


def ready(history: History, spec: Spec, watch: Callable[[], None] | None = None) -> History:
    """What is remembered of a version, made ready for a next one that cannot be checked: that costs no more than others then.

    Args:
        history: What was handed back for the version.
        spec: The version, as it was checked.
        watch: Is called again and again; raises where something else is wanted.
    """
    with gc_paused():
        history = history._replace(memory=history.memory or Memory())
        recovery = _Recovery(history.text, spec, history)
        recovery.check(split(history.good)[0], watch)
        return history._replace(checked=recovery.checked)


class _Recovery:
    """The ways from one version of a text to one that can be checked."""

    def __init__(self, text: str, spec: Spec, history: History | None) -> None:
        self.text = text
        self.memory = Memory() if history is None or history.memory is None else history.memory
        self.checked = None if history is None else history.checked  # the last that was, which alone holds
        self.spec = spec
        self.now, self.ends = split(text)
        self.structure = lru_cache(MAX_WHOLE + 1)(structure)  # the same text is asked about again

    def found(self, history: History | None) -> Recovered:
        """What stands for the text."""
        best = self._best(history)
        if best.spec is not self.checked:
            best = best._replace(spec=self.check(split(best.text)[0]))
        return best._replace(history=best.history._replace(checked=self.checked))

    def _best(self, history: History | None) -> Recovered:
        best: Recovered | None = None
        start, done = list(self.now), dict[int, Done]()
        if history is not None and history.failing and is_understood(self.spec):
            best = self._as_before(history)
            if best.spec.graph is not None and best.history.failing <= history.failing:
                return best
        if history is not None and self._is_more(history):
            best = self._mended(*self._start(history), history)
            if not best.history.badness:
                return best
        for known in (history, None if history is None else history.last_good):
            if known is None:
                continue
            for lines, changed, is_back in self._remembered(known):
                if not is_back and known is history:
                    start, done = list(lines), dict(changed)
                    if not changed:  # the text itself, of which it is known that it is not right
                        continue
                candidate = self._checked(lines, changed, history)
                if best is None or candidate.history.badness < best.history.badness:
                    best = candidate
                if not best.history.badness:
                    return best
        if best is not None and badness(self.spec) < best.history.badness:
            best = self._recovered(self.now, {}, self.spec, history)
        if best is None or best.history.badness > (history.badness if history is not None else 0):
            mended = self._mended(start, done, history)
            if best is None or mended.history.badness < best.history.badness:
                best = mended
        return best

    def _is_more(self, history: History) -> bool:
        """Have lines been added, as by pasting or while a line was written to its end, of which most may be right?

        To take them all back would lose them. A line that was only broken in two is not more.
        """
        start, before, after = self._hunk(history)
        was = [*filterfalse(is_empty, split(history.text)[0][start:before])]
        now = [*filterfalse(is_empty, self.now[start:after])]
        return len(now) > max(1, len(was)) and _bare(now) != _bare(was)

    def _hunk(self, history: History) -> Hunk:
        """What has changed since the version before."""
        return hunk_of(split(history.text)[0], self.now)

    def _start(self, history: History) -> tuple[list[str], dict[int, Done]]:
        """The version before with what has changed since."""
        return next((lines, done) for lines, done, _ in self._remembered(history))

    def _remembered(self, history: History) -> Iterator[tuple[list[str], dict[int, Done], bool]]:
        """The version before with what has changed since, where it was not the version itself; and with that taken back."""
        good, holes = split(history.good)[0], by_line(history.holes)
        hunk = widened(self._hunk(history), holes)
        lines, done = carried(good, self.now, hunk), moved(holes, hunk)
        self._settled(lines, done)
        yield lines, done, False
        back = self._back(good, holes, hunk)
        if back is not None:
            yield *back, True

    def _as_before(self, history: History) -> Recovered:
        """The text, of which only shapes are wrong, with what stood before for nodes that fail."""
        hunk = self._hunk(history)
        holes = moved(by_line(history.holes), hunk)
        done: dict[int, Done] = {number: what for number, what in holes.items() if what != "taken back"}
        good = carried(split(history.good)[0], self.now, hunk)
        lines = [good[number] if number in done else line for number, line in enumerate(self.now)]
        return self._checked(lines, done, history)

    def _back(self, good: list[str], holes: dict[int, Done], hunk: Hunk) -> tuple[list[str], dict[int, Done]] | None:
        found = taken_back(good, hunk)
        if found is None:
            return None
        lines, done = found
        others = {number: what for number, what in moved(holes, hunk).items() if number not in done}
        if not any(number in done for number in moved(holes, hunk)):
            self._settled(lines, others)
        return lines, {**others, **done}

    def _settled(self, lines: list[str], done: dict[int, Done]) -> None:
        """Take holes out of which nothing is wrong any longer, where that can be said: the text parses."""
        if self.spec.document is None:
            return
        wrong = {problem.span.line - 1 for problem in self.spec.problems if problem.is_error and not problem.file}
        for hole in holes_of(done):
            numbers = range(hole.start, hole.end)
            if wrong.isdisjoint(numbers):
                for number in numbers:
                    lines[number] = self.now[number]
                    del done[number]

    def _mended(self, lines: list[str], done: dict[int, Done], history: History | None) -> Recovered:
        """The text with each stretch that cannot be read or said mended, emptied or passed on."""
        if self.spec.document is None or stop_of(lines) is not None:
            lines = Mending(self._proposed(lines, done), done, self.structure).mended()
        nodes = Nodes(lines, done, self.structure, self.check)
        spec = nodes.said()
        return self._recovered(nodes.lines, nodes.done, spec, history, nodes.lost)

    def _proposed(self, lines: list[str], done: dict[int, Done]) -> list[str]:
        """The lines with what the reader proposes, if they parse then."""
        errors = [problem for problem in self.spec.problems if problem.is_error and not problem.file]
        candidates = errors[0].candidates if errors else ()
        if not candidates or all(
            set(edit.text) <= _CLOSING for edit in candidates[0].edits
        ):  # which is done better here
            return lines
        edits = candidates[0].edits
        numbers = [edit.span.line - 1 for edit in edits]
        if any(edit.span.line != edit.span.end_line or "\n" in edit.text for edit in edits):
            return lines
        if any(number >= len(lines) or lines[number] != self.now[number] for number in numbers):
            return lines
        changed = edited(lines, edits)
        if stop_of(changed) is not None or self.structure("\n".join(changed)).problems:
            return lines
        done.update(dict.fromkeys(numbers, "mended"))
        return changed

    def check(self, lines: list[str], watch: Callable[[], None] | None = None) -> Spec:
        """The spec of these lines; the last that was checked is not checked again."""
        request = self.spec.request
        text = joined(lines, self.ends)
        if self.checked is None or not self._is_of(self.checked, text):
            checked = check_again(
                self.spec, text, params=request.params, variant=request.variant, memory=self.memory, watch=watch
            )
            self.checked = _with_likely(checked)  # what has a probable shape needs nothing in its place
        return self.checked

    def _is_of(self, checked: Spec, text: str) -> bool:
        """Would a check of a text come to what one before has come to? What stands in other files may be another."""
        one, other = checked.request, self.spec.request
        same = checked.text == text and checked.path == self.spec.path
        alike = one.params == other.params and one.variant == other.variant and one.folder == other.folder
        tree = checked.document.source.tree if checked.document is not None else None
        return same and alike and isinstance(tree, Mapping) and "use" not in tree.entries

    def _checked(self, lines: list[str], done: dict[int, Done], history: History | None) -> Recovered:
        return self._recovered(lines, done, self.check(lines), history)

    def _recovered(
        self,
        lines: list[str],
        done: dict[int, Done],
        spec: Spec,
        history: History | None,
        lost: Iterable[Lost] = (),
    ) -> Recovered:
        holes = holes_of(done)
        text, bad = joined(lines, self.ends), badness(spec)
        last = None
        if history is not None:
            last = history if not history.badness else history.last_good
            if last is not None and last.last_good is not None:
                last = last._replace(last_good=None, checked=None)
        left = len(failing(spec.graph)) if bad and spec.graph is not None else 0
        lost = self._lost(done, spec, history, lost)
        known = History(self.text, text, holes, bad, left, last if bad else None, lost, self.memory)
        return Recovered(text, holes, known, spec)

    def _lost(self, done: Iterable[int], spec: Spec, history: History | None, found: Iterable[Lost]) -> frozenset[Lost]:
        """What stands for nothing in the text, and did not so from the first if a version before is remembered."""
        lost = {*found, *_lost_in(self.spec)}
        if history is not None:
            words = words_of(split(history.good)[0]) if lost else set[str]()
            lost = {each for each in lost if each.name in words} | history.lost
        words = words_of(self.now[number] for number in done if number < len(self.now)) if lost else set[str]()
        return frozenset(each for each in lost if each.name in words).union(_lost_in(spec))


def _bare(lines: Iterable[str]) -> str:
    """What lines say, without spaces."""
    return "".join("".join(lines).split())


def _lost_in(spec: Spec) -> Iterator[Lost]:
    return lost_names(spec.document, faults(spec)) if spec.document is not None else iter(())
