"""Problems: what netspec tells a user about a file, and where.

A problem never holds a reference to the code that found it. Rules state the bare fact; whoever drives the rules knows the
place and the chain of uses that led there and adds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from netspec.diagnostics.codes import CODES, Severity, Stage
from netspec.diagnostics.words import listing


class Span(NamedTuple):
    """A stretch of a file, counted from 1 in lines and in characters (code points); the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


FILE_START = Span(1, 1, 1, 1)
FAR = (
    2**25
)  # lines, more than any text has: the places of other files that a spec uses are counted on from multiples of it


def is_far(span: Span) -> bool:
    """Is a place in another file than the spec itself?"""
    return span.line > FAR


def near(span: Span) -> Span:
    """A place as its own file counts."""
    lines = (span.line - 1) // FAR * FAR
    return Span(span.line - lines, span.column, span.end_line - lines, span.end_column) if lines else span


class Edit(NamedTuple):
    """Replace the text of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


Confidence = Literal["likely", "possible", "unlikely"]


class Repair(NamedTuple):
    """Another value of one hyperparameter, which might repair the problem of its node: `kernel_size: 4`.

    It says nothing of places: whoever looks for fixes finds the node's step and makes a `Candidate` of it.
    """

    option: str
    value: str
    remark: str = ""  # what it does, for people, where the shape does not show it
    confidence: Confidence = "possible"  # "likely": more so than any other change


class Candidate(NamedTuple):
    """A change of the text that might repair a problem. It becomes a `Fix` once it has been tried."""

    edits: tuple[Edit, ...]
    words: str = ""  # what it does; "" where `options` say it
    options: tuple[tuple[str, str], ...] = ()  # hyperparameters that it gives other values
    nodes: tuple[str, ...] = ()  # paths of the nodes whose they are, other than the one that the problem is of
    remark: str = ""
    confidence: Confidence = "possible"

    @property
    def title(self) -> str:
        """What it does, in words."""
        words = self.words or ", ".join(f"{option}: {value}" for option, value in self.options)
        return f"{words} at {listing(self.nodes)}" if self.nodes else words


class Fix(NamedTuple):
    """A repair that was applied to a copy of the text, checked again, and held."""

    title: str
    edits: tuple[Edit, ...]
    result: str = ""  # what the node yields afterwards, for people: "4 x 4 x 16"
    parameters: int | None = None  # of the whole network afterwards, where nothing is wrong then
    macs: int | None = None
    more: int | None = None  # parameters than now, where now is known


class Note(NamedTuple):
    """Another place that has a part in the problem."""

    message: str
    span: Span | None = None
    told: bool = False  # the problem's own message has said it: the note is there for editors, which lead to its place
    names_line: bool = False  # its words say the line of its place
    file: str = ""  # in which the place is, where that is not the spec itself


class Problem(NamedTuple):
    """One thing that is wrong or doubtful in one file.

    `candidates` and `repairs` are what the one who found it knows of its mending, and `fixes` what has been verified:
    `netspec.propose` makes the one of the others.
    """

    code: str
    message: str
    span: Span
    notes: tuple[Note, ...] = ()
    fixes: tuple[Fix, ...] = ()
    node: str = ""  # path of the node concerned, where there is one
    candidates: tuple[Candidate, ...] = ()  # the likeliest first
    repairs: tuple[Repair, ...] = ()
    step: Span | None = None  # where the node whose `repairs` they are is written, if not at `span`
    file: str = ""  # in which the place is, where that is another than the spec itself, which uses blocks of it

    @property
    def key(self) -> tuple[str, Span, str]:
        """What is the same of two that say the same."""
        return self.code, self.span, f"{self.file}\0{self.message}" if self.file else self.message

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    @property
    def stage(self) -> Stage:
        return CODES[self.code].stage

    @property
    def is_error(self) -> bool:
        return CODES[self.code].severity == "error"


MAX_PROBLEMS = 1_000  # of one file; nobody reads more, and a file with more is another kind of file
MAX_FOUND = 10_000  # errors of one file that are found, the same ones found again included


class TooManyProblems(Exception):
    """A file has so many errors that nothing more is looked for in it. Whoever drives a stage catches it."""


class Problems:
    """Collects the problems of one file; the same word on the same place is said once.

    Of more than there is room for the errors are kept before the warnings.

    Args:
        most: How many there is room for.
    """

    def __init__(self, most: int = MAX_PROBLEMS) -> None:
        self._most = most
        self._items: dict[tuple[str, Span, str], Problem] = {}
        self._errors = 0
        self._found = 0  # errors, the same ones found again included
        self._watch: Callable[[Problem], None] | None = None
        self.offered = (
            0  # problems that were put, taken or not: who sees the number unchanged knows that nothing was wrong
        )

    def add(
        self,
        code: str,
        message: str,
        span: Span,
        notes: tuple[Note, ...] = (),
        *,
        node: str = "",
        candidates: tuple[Candidate, ...] = (),
        repairs: tuple[Repair, ...] = (),
        step: Span | None = None,
    ) -> None:
        """Take a problem in; the arguments are its fields. Raises TooManyProblems as `put` does."""
        self.put(Problem(code, message, span, notes, (), node, candidates, repairs, step))

    def put(self, problem: Problem) -> None:
        """Take a problem in that has been made elsewhere.

        Raises:
            TooManyProblems: It is an error, and there is no room for another; or errors were found `MAX_FOUND`
                times.
        """
        self.offered += 1
        is_known = problem.key in self._items
        if not problem.is_error:
            if not is_known and len(self._items) < self._most:
                self._items[problem.key] = problem
            return
        self._found += 1
        if self._found > MAX_FOUND or (self.full and not is_known):
            raise TooManyProblems
        if is_known:
            return
        if len(self._items) >= self._most:
            self.remove(next(each for each in reversed(self._items.values()) if not each.is_error))
        self._items[problem.key] = problem
        self._errors += 1
        if self._watch is not None:
            self._watch(problem)

    def watched(self, watch: Callable[[Problem], None] | None) -> None:
        """Show somebody each error, those first that there are already; `watch` raises where the rest is not wanted."""
        self._watch = watch
        if watch is not None:
            for problem in self._items.values():
                if problem.is_error:
                    watch(problem)

    def extend(self, problems: tuple[Problem, ...]) -> None:
        """Take several problems in."""
        for problem in problems:
            self.put(problem)

    def remove(self, problem: Problem) -> None:
        """Take a problem back."""
        if self._items.pop(problem.key, None) is not None:
            self._errors -= problem.is_error

    def ordered(self) -> tuple[Problem, ...]:
        """All problems in order of position."""
        return tuple(sorted(self._items.values(), key=_order))

    @property
    def has_errors(self) -> bool:
        return self._errors > 0

    @property
    def full(self) -> bool:
        """No more errors are taken."""
        return self._errors >= self._most

    @property
    def crowded(self) -> bool:
        """No more warnings are taken."""
        return len(self._items) >= self._most


def _order(problem: Problem) -> tuple[str, int, int, str]:
    return problem.file, problem.span.line, problem.span.column, problem.code


def placed(problems: Iterable[Problem], files: Sequence[str]) -> tuple[Problem, ...]:
    """Problems with their files, and in those the lines that these count; in order of position, the spec's own first.

    What is known of the mending of a problem in another file is dropped: fixes change the spec alone.

    Args:
        problems: As they were found.
        files: The names of the files that the spec uses, in the order in which their lines are counted on.
    """
    return tuple(sorted((_placed(problem, files) for problem in problems), key=_order)) if files else tuple(problems)


def _placed(problem: Problem, files: Sequence[str]) -> Problem:
    notes = tuple(
        note._replace(span=near(note.span), file=_file(note.span, files)) if note.span and is_far(note.span) else note
        for note in problem.notes
    )
    if not is_far(problem.span):
        return problem._replace(notes=notes)
    span, file = near(problem.span), _file(problem.span, files)
    return problem._replace(span=span, file=file, notes=notes, fixes=(), candidates=(), repairs=(), step=None)


def _file(span: Span, files: Sequence[str]) -> str:
    return files[(span.line - 1) // FAR - 1]


class SpecError(Exception):
    """A file has errors; `problems` holds all of them, warnings included.

    Raised by the Python functions. The commands print the problems instead, with their lines where `text` holds them.
    """

    def __init__(self, path: str, problems: tuple[Problem, ...], text: str = "") -> None:
        self.path = path
        self.text = text
        self.problems = problems
        first = next((p for p in problems if p.is_error), None)
        more = sum(p.is_error for p in problems) - 1
        said = (
            f"{first.file or path}:{first.span.line}:{first.span.column}: {first.code}: {first.message}"
            if first
            else path
        )
        super().__init__(said + (f" (and {more} more)" if more > 0 else ""))
