"""Text to a plain tree with positions: the only place where netspec meets YAML or JSON.

PyYAML's C parser yields events; the values are made here, by the YAML 1.2 core schema, so that editors (which follow 1.2)
and netspec agree on every file. Nothing is constructed, resolved or merged by PyYAML: a spec is data.
"""

from __future__ import annotations

import codecs
import math
import os
import re
import stat
from bisect import bisect_left
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

import yaml

from netspec.diagnostics.patterns import later
from netspec.diagnostics.problems import FILE_START, Note, Problems, Span, TooManyProblems
from netspec.diagnostics.words import printable, show
from netspec.syntax.content import no_text, other_content
from netspec.syntax.pieces import is_piece, join, may_be_cut, report_duplicate
from netspec.syntax.tree import Entry, Mapping, Scalar, Sequence, SourceText, Tree, Unreadable, lines_of

if TYPE_CHECKING:
    from pathlib import Path  # a light command does without it

    from netspec.syntax.events import Event, Parser
    from netspec.syntax.tree import Mark, ScalarValue

STDIN = "<stdin>"  # what messages call the text of standard input

# The limits that make reading safe. Each is far above what a person or a generator of architectures writes and low
# enough that the worst file at the limit is refused, or read, in seconds and in memory that a laptop has.
MAX_BYTES = 16 * 2**20  # a spec of 50,000 nodes is 2 MB
MAX_DEPTH = 64  # a body in a branch in a block is three levels; no network needs twenty
MAX_VALUES = 2_000_000  # keys, scalars, and both ends of lists and maps; those 50,000 nodes are 400,000
MAX_ALIASED = 200_000  # of them that aliases stand for: an alias bomb is small text, large tree
MAX_SCALAR = 100_000  # characters of one scalar: a description may be long, a number or a name is not
MAX_INTEGER = 2**53  # beyond it JSON Schema tools and editors, which count in doubles, see another number


def read(path: str | Path, problems: Problems) -> SourceText:
    """Read the file at `path`. Whatever is wrong with it goes to `problems`."""
    name = str(path)
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            problems.add("NS111", no_text(name, mode), FILE_START)
            return SourceText(name, "", None)
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.add("NS111", f"cannot read {show(name, 200)}: {(error.strerror or str(error)).lower()}", FILE_START)
        return SourceText(name, "", None)
    except ValueError as error:  # a NUL in the path
        problems.add("NS111", f"cannot read {show(name, 200)}: {error}", FILE_START)
        return SourceText(name, "", None)
    return read_bytes(data, name, problems)


def read_bytes(data: bytes, name: str, problems: Problems) -> SourceText:
    """The same from bytes in hand; `name` is what messages call them."""
    wrong = other_content(data)
    if wrong:
        problems.add("NS107", wrong, FILE_START)
        return SourceText(name, "", None)
    if len(data) > MAX_BYTES:
        problems.add(
            "NS106",
            f"the file is larger than {MAX_BYTES // 2**20} MiB, the most that netspec reads",
            FILE_START,
        )
        return SourceText(name, "", None)
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        span = _point(before, len(before))
        problems.add("NS107", f"the byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8", span)
        return SourceText(name, "", None)
    return read_text(text, name, problems)


# What YAML forbids, and the three characters at which its older version ends a line and editors do not.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_ESCAPED = re.compile("[\ud800-\udfff]")
_SURROGATES = later(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def read_text(text: str, name: str, problems: Problems) -> SourceText:
    """The same from text in hand."""
    return SourceText(name, text, parse_text(text, problems).tree)


class Parsed(NamedTuple):
    """What a text is."""

    tree: Tree | None  # None where it could not be read
    has_anchors: bool  # may a part of the tree stand in it several times?


def parse_text(text: str, problems: Problems) -> Parsed:
    """A text as a tree. Whatever is wrong with it goes to `problems`."""
    bad = _FORBIDDEN.search(text)
    if bad:
        what = "a NUL character" if bad.group() == "\x00" else f"the control character U+{ord(bad.group()):04X}"
        problems.add("NS107", f"the text holds {what}; remove it", _point(text, bad.start()))
        return Parsed(None, False)
    pairs = None
    parsed = text
    if "\\u" in text and text.lstrip()[:1] == "{":
        # JSON writes characters outside the basic plane as two escapes, which YAML's parser refuses.
        pairs = _Pairs(text)
        parsed = pairs.text
    reader = _Reader(parsed, text, problems, pairs)
    return Parsed(reader.document(), bool(reader.anchors))


def _point(text: str, index: int) -> Span:
    before = lines_of(text[:index])
    line, column = len(before), len(before[-1]) + 1
    return Span(line, column, line, column + 1)


class _Mark(NamedTuple):
    """A place as the parser's marks give it, counted from 0."""

    line: int
    column: int


class _Pairs:
    """JSON text with each pair of surrogate escapes written as the one character, and the way back to its columns."""

    def __init__(self, text: str) -> None:
        self.columns: dict[int, list[int]] = {}  # by line, where in the changed text those characters stand
        parts: list[str] = []
        line = column = done = 0
        for match in _SURROGATES.finditer(text):
            between = lines_of(text[done : match.start()])
            line += len(between) - 1
            column = len(between[-1]) + (column if len(between) == 1 else 0)
            self.columns.setdefault(line, []).append(column)
            high, low = int(match[1], 16), int(match[2], 16)
            parts += text[done : match.start()], chr(0x10000 + ((high & 0x3FF) << 10 | low & 0x3FF))
            column += 1
            done = match.end()
        self.text = "".join((*parts, text[done:]))

    def original(self, mark: Mark) -> Mark:
        """A mark of the changed text as a place of the original one, where a character was twelve."""
        before = bisect_left(self.columns.get(mark.line, ()), mark.column)
        return _Mark(mark.line, mark.column + 11 * before) if before else mark


class Refused(Enum):
    """Stands for the value of a number that was refused."""

    REFUSED = "refused"


REFUSED: Final = Refused.REFUSED


class _Stop(Exception):
    """Reading cannot go on; the problem has been reported."""


_WORDS: dict[str, ScalarValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_RADIX = later(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = later(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_NUMBER_STARTS = frozenset("+-.0123456789")


class _Reader:
    def __init__(self, text: str, written: str, problems: Problems, pairs: _Pairs | None = None) -> None:
        self.problems = problems
        self.written = written
        self.pairs = pairs
        self.has_pieces = may_be_cut(text)
        self.anchors: dict[str, tuple[Tree | None, int]] = {}  # None while the anchored value is still open
        self.aliased = 0  # values that aliases stand for so far
        # Of a loader only the parser is used. The C one is libyaml's, ten times as fast; a PyYAML built without it lacks it.
        self.parser: Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        self.next: Callable[[], Event] = self.parser.get_event if pairs is None else self._next

    def document(self) -> Tree | None:
        try:
            return self._document()
        except (_Stop, TooManyProblems):
            return None
        except yaml.YAMLError as error:
            self._syntax(error)
            return None
        finally:
            self.parser.dispose()

    def _next(self) -> Event:
        event = self.parser.get_event()
        assert self.pairs is not None
        event.start_mark, event.end_mark = (
            self.pairs.original(event.start_mark),
            self.pairs.original(event.end_mark),
        )
        return event

    def _document(self) -> Tree | None:
        get = self.next
        get()  # stream start
        event = get()
        if _is_end(event):
            self.problems.add(
                "NS112",
                "the file is empty; a spec needs at least `netspec`, `input` and `layers`",
                FILE_START,
            )
            return None
        if event.tags:
            self._fail("NS103", "a %TAG directive has no place in a spec; remove it", event)
        tree = self._value(get())
        if self.has_pieces:
            join(tree, self.problems)
        get()  # document end
        event = get()
        if not _is_end(event):
            self.problems.add(
                "NS110", "a second document starts here; a spec file holds one document", _event_span(event)
            )
        return tree

    def _fail(self, code: str, message: str, event: Event, notes: tuple[Note, ...] = ()) -> NoReturn:
        self.problems.add(code, message, _event_span(event), notes)
        raise _Stop

    def _syntax(self, error: yaml.YAMLError) -> None:
        said = printable(str(getattr(error, "problem", None) or getattr(error, "context", None) or error))
        context = printable(str(getattr(error, "context", None) or ""))
        stopped, began = (
            self._place(getattr(error, "problem_mark", None)),
            self._place(getattr(error, "context_mark", None)),
        )
        place = stopped or began or FILE_START
        # Only where a text has failed.
        from netspec.syntax.hints import hint_at
        from netspec.syntax.parser_words import BEGINNINGS, SYNTAX, TAB

        hint = hint_at(self.written, place) if self.pairs is None else None
        if hint is not None:
            self.problems.add("NS101", f"not YAML: {hint.words}", hint.span, candidates=(hint.candidate(),))
            return
        beginning = next((words for fragment, words in BEGINNINGS if fragment in context), None)
        notes: tuple[Note, ...] = ()
        if began and beginning and began.line != place.line:
            notes = (Note(beginning, began),)
        for fragment, at_beginning, words in SYNTAX:
            if fragment in said or fragment in context:
                if began and (at_beginning == "always" or (at_beginning == "elsewhere" and began.line != place.line)):
                    notes = (Note("it was noticed here", place),) if beginning else ()
                    words = words.replace(" before this", "")
                    place = began
                before, character = self._at(place)
                if character == ":" and (not before.strip(" -") or before.rstrip()[-1:] in ("{", "[", ",")):
                    words, notes = "a key is missing before `:`", ()
                elif fragment == "expected key" and before.strip():
                    words, notes = (
                        "the value has ended before this; a text with brackets or quotes in it needs quotes",
                        (),
                    )
                said = TAB if character == "\t" else words.replace("{}", character)
                break
        self.problems.add("NS101", f"not YAML: {said}", place, notes)

    def _place(self, mark: Mark | None) -> Span | None:
        if mark is None:
            return None
        mark = mark if self.pairs is None else self.pairs.original(mark)
        return Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)

    def _at(self, place: Span) -> tuple[str, str]:
        """What stands before a place on its line, and the character there."""
        lines = lines_of(self.written)
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        return line[: place.column - 1], line[place.column - 1 : place.column]

    def _value(self, event: Event) -> Tree:
        """One value and all below it. A stack of our own: depth is bounded by MAX_DEPTH, not by Python's."""
        # Of what is around the container at hand: itself, its pending key, its anchor, how many values were before it.
        stack: list[tuple[Mapping | Sequence | None, Scalar | None, str | None, int]] = []
        get = self.next
        scalar_event, sequence_end, mapping_end = (
            yaml.ScalarEvent,
            yaml.SequenceEndEvent,
            yaml.MappingEndEvent,
        )
        sequence_start, mapping_start = yaml.SequenceStartEvent, yaml.MappingStartEvent
        container: Mapping | Sequence | None = None
        key: Scalar | None = None
        anchor: str | None = None
        before = 0
        values = 0
        tree: Tree
        while True:
            kind: object = type(event)
            values += 1
            if kind is scalar_event:
                if event.tag is not None:
                    self._tag(event.tag, event)
                tree = self._scalar(event)
                if event.anchor is not None:
                    self.anchors[event.anchor] = (tree, 1)
            elif kind is mapping_end or kind is sequence_end:
                assert container is not None
                container.end = event.end_mark
                tree = container
                if anchor is not None:
                    self.anchors[anchor] = (tree, values + self.aliased - before)
                container, key, anchor, before = stack.pop()
            elif kind is mapping_start or kind is sequence_start:
                if event.tag is not None:
                    self._tag(event.tag, event)
                if len(stack) >= MAX_DEPTH:
                    self._fail("NS106", f"the text is nested deeper than {MAX_DEPTH} levels", event)
                if container is not None and type(container) is Mapping and key is None:
                    self._fail("NS109", "a list or a map cannot be a key; keys are text", event)
                stack.append((container, key, anchor, before))
                key, anchor, before = None, event.anchor, values + self.aliased
                if anchor is not None:
                    self.anchors[anchor] = (None, 0)
                start = event.start_mark
                if kind is mapping_start:
                    container = Mapping({}, bool(event.flow_style), start, start)
                else:
                    container = Sequence([], bool(event.flow_style), start, start)
                event = get()
                continue
            else:
                tree = self._alias(event)
            if values > MAX_VALUES:
                self._fail("NS106", f"the text holds more than {MAX_VALUES:,} values", event)
            # Put the finished value where it belongs.
            if container is None:
                return tree
            if type(container) is Sequence:
                container.items.append(tree)
            elif key is None:
                key = self._key(tree, event)
            else:
                self._entry(container, key, tree)
                key = None
            event = get()

    def _key(self, tree: Tree, event: Event) -> Scalar:
        if type(tree) is not Scalar:
            self._fail("NS109", "a list or a map cannot be a key; keys are text", event)
        if tree.text == "<<" and tree.plain:
            self._fail(
                "NS104",
                "the merge key `<<` is not part of YAML 1.2; use `defaults`, a block or a param",
                event,
            )
        return tree

    def _entry(self, mapping: Mapping, key: Scalar, value: Tree) -> None:
        name = key.text
        first = mapping.entries.get(name)
        if first is not None:
            if not (self.has_pieces and is_piece(mapping, key, value)):
                report_duplicate(self.problems, first.key, key)
                self._stop_if_full()
                return
            name = f"{name}\n{len(mapping.entries)}"  # as no plain key is called, until the pieces are put together
        mapping.entries[name] = Entry(key, value)

    def _stop_if_full(self) -> None:
        if self.problems.full:  # to read on would cost time and say nothing
            raise _Stop

    def _alias(self, event: Event) -> Tree:
        anchor = event.anchor
        assert anchor is not None
        tree, size = self.anchors.get(anchor, (None, -1))
        if size < 0:
            self._fail("NS105", f"the alias `*{printable(anchor)}` names no anchor above it", event)
        if tree is None:
            self._fail(
                "NS105",
                f"the alias `*{printable(anchor)}` stands inside the value that it names",
                event,
            )
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            self._fail("NS106", f"the aliases of the text stand for more than {MAX_ALIASED:,} values", event)
        return tree

    def _tag(self, written: str, event: Event) -> None:
        tag = written.replace("tag:yaml.org,2002:", "!!", 1)
        self._fail("NS103", f"the tag {show(tag)} is refused: a spec is data, and its values need no tags", event)

    def _scalar(self, event: Event) -> Scalar:
        text = event.value
        start, end = event.start_mark, event.end_mark
        if len(text) > MAX_SCALAR:
            self._fail("NS106", f"this text is longer than {MAX_SCALAR:,} characters", event)
        if event.style:  # quoted or block; the C parser says '' of a plain scalar, the pure one None
            if not text.isascii() and _FORBIDDEN_ESCAPED.search(text):
                self._fail(
                    "NS107",
                    "this text holds half of a pair of surrogate escapes, which is no character",
                    event,
                )
            return Scalar(text, text, False, start, end)
        value = plain_value(text)
        return Scalar(self._refused(text, event) if value is REFUSED else value, text, True, start, end)

    def _refused(self, text: str, event: Event) -> Unreadable:
        """Report a number that a spec cannot hold."""
        short = text if len(text) < 24 else f"{text[:12]}… ({len(text):,} characters)"
        if _NOT_FINITE.match(text):
            message = f"{text} is not a number that a spec can hold"
            short = text
        elif _INTEGER.match(text) or _RADIX.match(text):
            message = f"the number {short} is too large; whole numbers go up to 2**53"
        else:
            message = f"the number {short} is too large; numbers go up to 1.79e308"
        self.problems.add("NS108", message, _event_span(event))
        self._stop_if_full()
        return Unreadable(short)


def plain_value(text: str) -> ScalarValue | Refused:
    """What a text without quotes is; `REFUSED` of a number that a spec cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.match(text):
        value = int(text) if len(text) < 20 else None
    elif _RADIX.match(text):
        value = int(text, 0) if len(text) < 24 else None
    elif _FLOAT.match(text):
        number = float(text)
        return number if math.isfinite(number) else REFUSED
    else:
        return REFUSED if _NOT_FINITE.match(text) else text
    return REFUSED if value is None or abs(value) > MAX_INTEGER else value


def _is_end(event: Event) -> bool:
    kind: object = type(event)
    return kind is yaml.StreamEndEvent


def _event_span(event: Event) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
