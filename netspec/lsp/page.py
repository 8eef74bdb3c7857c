"""One open text, and what is known of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from netspec.diagnostics.problems import Fix, Problem, Span
from netspec.keeping import Memory, Trials
from netspec.lsp.rpc import Params
from netspec.lsp.shifting import Shift, shift
from netspec.lsp.text import Encoding, Text
from netspec.pipeline import Spec, check_text, propose
from netspec.spec.index import Index

if TYPE_CHECKING:
    from netspec.lsp.names import Names
    from netspec.recovery import History, Recovered

SUFFIXES = (".netspec.yaml", ".netspec.yml", ".netspec.json")
T = TypeVar("T")
MAX_READY = 500  # lines of a text that is made ready: to read one that is longer would keep a key waiting
MAX_AHEAD = 4  # problems, those of one place counted once, whose repairs are found before they are asked for
MAX_EFFORT_AHEAD = (
    3_000  # nodes of a network of which they are: those of a larger one are not left quickly enough for a key
)
_LOOKS_LIKE_ONE = re.compile(r"(?m)^\s*\{?\s*[\"']?netspec[\"']?\s*:|netspec\.schema\.json")


class Client(NamedTuple):
    """What an editor can show, as it said at the beginning."""

    encoding: Encoding = "utf-16"
    snippets: bool = False  # completions may have places to fill in
    markdown: bool = True
    resolves_hints: bool = False  # are tooltips of hints asked for when they are shown?
    refreshes_hints: bool = False
    refreshes_lenses: bool = False
    versioned_edits: bool = False
    costs: bool = False  # do hints say what a node costs, beside its shape? The setting `netspec.hints.costs`
    resolves_edits: bool = False  # an action's edit may come when it is chosen
    shows_refusals: bool = False  # an action that cannot be done may be shown, with the reason


class Page:
    """A text that is open in the editor, in its version of the moment.

    Everything that is worked out of it is kept until the text changes, and asked for only when needed.

    Attributes:
        uri: What the editor calls it.
        version: The editor's number of the text as it is.
        variant: The variant of which shapes are shown; None for the spec as it stands.
        memory: What checks of one version keep for the next.
        trials: What is kept of texts that were tried as repairs.
        touched: The line of the last change, from 1.
    """

    def __init__(
        self,
        uri: str,
        language: str,
        version: int,
        content: str,
        client: Client,
        opened: Callable[[str], str | None] | None = None,
    ) -> None:
        self.uri = uri
        self.opened = opened  # the text of another file that is open, by its path
        self.language = language
        self.version = version
        self.client = client
        self.text = Text(content, client.encoding)
        self.variant: str | None = None
        self.memory = Memory()
        self.trials = Trials()
        self.touched = 1
        self._history: History | None = None
        self._kept: dict[object, object] = {}  # what functions have worked out of the text as it is
        self.of_variants: tuple[Problem, ...] = ()  # errors of variants, as far as they are known
        self.looking: list[
            Problem
        ] = []  # those found so far of the text as it is, until all variants have been looked at

    @property
    def name(self) -> str:
        """What messages and networks call it: the file's path."""
        parts = urlsplit(self.uri)
        return unquote(parts.path) if parts.scheme == "file" else "untitled"

    @property
    def is_spec(self) -> bool:
        """Is it a spec at all? Editors may send every YAML file."""
        if self.language == "netspec" or self.name.endswith(SUFFIXES):
            return True
        return _LOOKS_LIKE_ONE.search(self.text.content) is not None

    def change(self, version: int, changes: list[Params]) -> None:
        """Take over what was typed."""
        for change in changes:
            first, last, now = self.text.change(change)
            self.touched = first + 1
            self.of_variants = _moved(self.of_variants, first + 1, last + 1, now - last)
        self.version = version
        self._forget()

    def show(self, variant: str | None) -> None:
        """Show the shapes of another variant from now on."""
        self.variant = variant
        self._history = None
        self._forget()

    def _forget(self) -> None:
        for name, kept in vars(Page).items():
            if isinstance(kept, cached_property):
                self.__dict__.pop(name, None)
        self._kept.clear()

    def kept(self, make: Callable[[Page], T]) -> T:
        """What a function works out of this page; it is called once until the text or the variant changes."""
        if make not in self._kept:
            self._kept[make] = make(self)
        return self._kept[make]  # type: ignore[return-value]  # which this function has returned

    @cached_property
    def spec(self) -> Spec:
        """The text as it is, checked: what its problems are read from."""
        return self._checked(None)

    @property
    def mended_together(self) -> list[tuple[Problem, ...]]:
        """The problems that may have repairs, those of one code at one place together: what mends one of them mends all."""
        told_later = (each for each in self.of_variants if each.candidates)
        groups: dict[tuple[str, Span, str], list[Problem]] = {}
        for problem in (*self.spec.problems, *told_later):
            groups.setdefault((problem.code, problem.span, problem.file), []).append(problem)
        return [tuple(each) for each in groups.values()]

    def fixes(self, problems: tuple[Problem, ...], watch: Callable[[], None] | None = None) -> tuple[Fix, ...]:
        """The repairs of problems that are mended together, which are kept; `watch` raises when something else is wanted."""
        if problems not in self._fixes:
            self._fixes[problems] = propose(self.spec, *problems, memory=self.memory, trials=self.trials, watch=watch)
        return self._fixes[problems]

    @cached_property
    def _fixes(self) -> dict[tuple[Problem, ...], tuple[Fix, ...]]:
        return {}

    def work_ahead(self, watch: Callable[[], None]) -> bool:
        """Find the repairs of some problems more that are likely to be asked for; is there anything left?"""
        if self.text.content.count("\n") > MAX_READY or self.spec.effort > MAX_EFFORT_AHEAD:
            return False
        likely = sorted(self.mended_together, key=lambda each: abs(each[0].span.line - self.touched))[:MAX_AHEAD]
        left = [each for each in likely if each not in self._fixes]
        if left:
            self.fixes(left[0], watch)
        return len(left) > 1

    @cached_property
    def recovered(self) -> Recovered:
        """The text, or where it is half-written one in its place that can be checked: of the variant that was chosen."""
        from netspec.recovery import recover  # which nobody waits for at the start

        found = recover(self.text.content, self._history, self._of_variant)
        self._history = found.history
        return found

    @property
    def is_ready(self) -> bool:
        """Is all known that a next version needs which cannot be checked?"""
        from netspec.recovery import is_ready

        history = self.recovered.history
        return is_ready(history) or history.text.count("\n") > MAX_READY

    def make_ready(self, watch: Callable[[], None]) -> None:
        """Find out what a next version needs which cannot be checked, while nobody waits; `watch` raises when somebody does."""
        from netspec.recovery import ready

        self._history = ready(self.recovered.history, self._of_variant, watch)
        self.recovered = self.recovered._replace(history=self._history)

    @property
    def _of_variant(self) -> Spec:
        document = self.spec.document
        if self.variant is None or (document is not None and self.variant not in document.variants):
            return self.spec
        return self._checked(self.variant)

    def _checked(self, variant: str | None) -> Spec:
        return check_text(
            self.text.content,
            self.name,
            variant=variant,
            repairs=False,
            memory=self.memory,
            folder=self.folder,
            opened=self.opened,
            later=True,
        )

    @property
    def folder(self) -> str | None:
        """Where it lies; None of a text that is no file yet."""
        parts = urlsplit(self.uri)
        return os.path.dirname(self.name) if parts.scheme == "file" else None

    def uses(self, path: str) -> bool:
        """Does it use blocks of a file, as far as is known?"""
        known = self.__dict__.get("spec")
        used = known.document.used if isinstance(known, Spec) and known.document is not None else None
        return used is not None and any(os.path.realpath(each.path) == path for each in used.files)

    def check_anew(self) -> None:
        """Forget what hangs on other files, one of which has changed."""
        self._forget()

    @property
    def shown(self) -> Spec:
        """The spec whose nodes and shapes are shown; its lines are those of the text."""
        return self.recovered.spec

    @cached_property
    def _shifts(self) -> dict[int, Shift]:
        """How the lines of what is shown that are not in the text became those that are, by their numbers from 1."""
        if not self.recovered.holes:
            return {}
        shown = Text(self.recovered.text, self.client.encoding)
        lines = (number for hole in self.recovered.holes for number in range(hole.start, hole.end))
        return {number + 1: shift(shown.line(number), self.text.line(number)) for number in lines}

    def written(self, span: Span) -> Span | None:
        """Where a span of what is shown stands in the text; None where the text does not have it."""
        if span.line == span.end_line:
            known = self._shifts.get(span.line)
            if known is None:
                return span
            moved = known.moved(span.column - 1, span.end_column - 1)
            return moved and span._replace(column=moved[0] + 1, end_column=moved[1] + 1)
        start = self.written(Span(*span[:2], *span[:2]))
        end = self.written(Span(*span[2:], *span[2:]))
        return Span(*start[:2], *end[2:]) if start is not None and end is not None else None

    def shown_at(self, line: int, column: int) -> tuple[int, int] | None:
        """Which place of what is shown stands at a place of the text, counted from 1; None where none does."""
        known = self._shifts.get(line)
        if known is None:
            return line, column
        moved = known.back.moved(column - 1, column - 1)
        return moved and (line, moved[0] + 1)

    @cached_property
    def provisional(self) -> frozenset[int]:
        """The nodes of what is shown whose shapes may be wrong, because something before them is half-written."""
        if not self.recovered.holes and self.shown.ok:
            return frozenset()
        from netspec.recovery import provisional

        return provisional(self.shown, self.recovered)

    @cached_property
    def index(self) -> Index | None:
        """What stands where; None where the text cannot be read."""
        return None if self.shown.document is None else Index(self.shown.document)

    @cached_property
    def names(self) -> Names | None:
        """All names with their places; None where the text cannot be read."""
        from netspec.lsp.gathering import gather  # only where an editor asks for names

        shown = self.shown
        return None if shown.document is None else gather(shown.document, (shown.graph,))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those of the text as it stands, and of its variants as far as they are known."""
        said = {problem.key for problem in self.spec.problems}
        return (*self.spec.problems, *(each for each in self.of_variants if each.key not in said))

    def range(self, span: Span) -> dict[str, dict[str, int]]:
        """A span as a range of the protocol."""
        return self.text.range(span)


def _moved(problems: tuple[Problem, ...], first: int, last: int, lines: int) -> tuple[Problem, ...]:
    """Problems after a change of lines `first` to before `last`, from 1, that made so many lines more; those in it are dropped."""

    def touched(span: Span) -> bool:
        return span.line < last and span.end_line >= first

    def moved(span: Span) -> Span:
        if span.line < last:
            return span
        return Span(span.line + lines, span.column, span.end_line + lines, span.end_column)

    return tuple(
        each._replace(
            span=moved(each.span),
            notes=tuple(
                note if note.span is None else note._replace(span=moved(note.span))
                for note in each.notes
                if note.span is None or not touched(note.span)
            ),
        )
        for each in problems
        if not touched(each.span)
    )
