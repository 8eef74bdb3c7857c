"""Text to a plain tree with positions: the only place where netspec meets YAML or JSON.

PyYAML's C parser yields events; the values are made here, by the YAML 1.2 core schema, so that editors (which follow 1.2)
and netspec agree on every file. Nothing is constructed, resolved or merged by PyYAML: a spec is data.
"""

from __future__ import annotations

import gc
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from netspec.problems import FILE_START, Note, Problems, Span, printable, show

# The limits that make reading safe. Each is far above what a person or a generator of architectures writes and low
# enough that the worst file at the limit is refused, or read, in seconds and in memory that a laptop has.
MAX_BYTES = 16 * 2**20  # a spec of 200,000 nodes is 8 MB
MAX_DEPTH = 64  # a body in a branch in a block is three levels; no network needs twenty
MAX_VALUES = 4_000_000  # keys, scalars, lists and maps as written
MAX_EXPANDED = 4_000_000  # the same with every alias written out: an alias bomb is small text, large tree
MAX_SCALAR = 100_000  # characters of one scalar: a description may be long, a number or a name is not
MAX_INTEGER = 2**53  # beyond it JSON Schema tools and editors, which count in doubles, see another number


class Scalar:
    """A leaf: its value by the YAML 1.2 core schema, and the text as it stands."""

    __slots__ = ("end", "plain", "start", "text", "value")

    def __init__(self, value: Any, text: str, plain: bool, start: Any, end: Any) -> None:
        self.value = value
        self.text = text
        self.plain = plain
        self.start = start
        self.end = end


class Sequence:
    """A list."""

    __slots__ = ("end", "flow", "items", "start")

    def __init__(self, items: list[Tree], flow: bool, start: Any, end: Any) -> None:
        self.items = items
        self.flow = flow
        self.start = start
        self.end = end


class Mapping:
    """A map; `entries` keeps the order of the file, keys are always text."""

    __slots__ = ("end", "entries", "flow", "start")

    def __init__(self, entries: dict[str, Entry], flow: bool, start: Any, end: Any) -> None:
        self.entries = entries
        self.flow = flow
        self.start = start
        self.end = end


class Entry(NamedTuple):
    """A key of a map with its value."""

    key: Scalar
    value: Tree


Tree = Scalar | Sequence | Mapping


def span_of(tree: Tree) -> Span:
    """Where a piece of the tree stands."""
    start, end = tree.start, tree.end
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def plain(tree: Tree) -> Any:
    """The bare value: numbers, text, lists, dicts."""
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, Sequence):
        return [plain(item) for item in tree.items]
    return {key: plain(entry.value) for key, entry in tree.entries.items()}


class Source(NamedTuple):
    """A file's text and its tree (None where it could not be read)."""

    path: str
    text: str
    tree: Tree | None


def read(path: str | Path, problems: Problems) -> Source:
    """Read the file at `path`. Whatever is wrong with it goes to `problems`."""
    name = str(path)
    try:
        if Path(path).is_dir():
            problems.add("NS111", f"{show(name)} is a folder; name a spec file in it", FILE_START)
            return Source(name, "", None)
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        problems.add("NS111", f"cannot read {show(name, 200)}: {(error.strerror or str(error)).lower()}", FILE_START)
        return Source(name, "", None)
    except ValueError as error:  # a NUL in the path
        problems.add("NS111", f"cannot read {show(name, 200)}: {error}", FILE_START)
        return Source(name, "", None)
    return read_bytes(data, name, problems)


def read_bytes(data: bytes, name: str, problems: Problems) -> Source:
    """The same from bytes in hand; `name` is what messages call them."""
    if len(data) > MAX_BYTES:
        problems.add("NS106", f"the file is larger than {MAX_BYTES // 2**20} MiB, the most that netspec reads", FILE_START)
        return Source(name, "", None)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.add("NS107", "the file is UTF-16; save it as UTF-8", FILE_START)
        return Source(name, "", None)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig")
        span = _point(before, len(before))
        problems.add("NS107", f"the byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8", span)
        return Source(name, "", None)
    return read_text(text, name, problems)


_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")


def read_text(text: str, name: str, problems: Problems) -> Source:
    """The same from text in hand."""
    bad = _FORBIDDEN.search(text)
    if bad:
        what = "a NUL character" if bad.group() == "\x00" else f"the control character U+{ord(bad.group()):04X}"
        problems.add("NS107", f"the text holds {what}; remove it", _point(text, bad.start()))
        return Source(name, text, None)
    parsed = text
    if "\\u" in text and text.lstrip()[:1] == "{":
        # JSON writes characters outside the basic plane as two escapes, which YAML's parser refuses.
        parsed = _SURROGATES.sub(lambda m: m.group().encode().decode("unicode_escape").encode("utf-16", "surrogatepass").decode("utf-16"), text)
    with _collector_off():
        return Source(name, text, _Reader(parsed, problems).document())


def _point(text: str, index: int) -> Span:
    line = text.count("\n", 0, index) + 1
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return Span(line, column, line, column + 1)


@contextmanager
def _collector_off() -> Iterator[None]:
    """Nothing made here is garbage, and looking for garbage is half of the time a large file takes."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Stop(Exception):
    """Reading cannot go on; the problem has been reported."""


_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_RADIX = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_NUMBER_STARTS = frozenset("+-.0123456789")


class _Reader:
    def __init__(self, text: str, problems: Problems) -> None:
        self.problems = problems
        self.anchors: dict[str, tuple[Tree | None, int]] = {}  # None while the anchored value is still open
        self.values = 0
        self.expanded = 0
        loader = getattr(yaml, "CParser", None) or yaml.SafeLoader
        self.parser: Any = loader(text)

    def document(self) -> Tree | None:
        try:
            return self._document()
        except _Stop:
            return None
        except yaml.MarkedYAMLError as error:
            self._syntax(error)
            return None
        finally:
            self.parser.dispose()

    def _document(self) -> Tree | None:
        get = self.parser.get_event
        get()  # stream start
        event = get()
        if type(event) is yaml.StreamEndEvent:
            self.problems.add("NS112", "the file is empty; a spec needs at least `netspec`, `input` and `layers`", FILE_START)
            return None
        if event.tags:
            self._fail("NS103", "a %TAG directive has no place in a spec; remove it", event)
        tree = self._value(get())
        get()  # document end
        event = get()
        if type(event) is not yaml.StreamEndEvent:
            self._fail("NS110", "a second document starts here; a spec is one document a file", event)
        return tree

    def _fail(self, code: str, message: str, event: Any, notes: tuple[Note, ...] = ()) -> None:
        self.problems.add(code, message, _event_span(event), notes)
        raise _Stop

    def _syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        span = Span(mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2) if mark else FILE_START
        said = printable(str(error.problem or error.context or "cannot be read"))
        hint = next((h for fragment, h in _HINTS if fragment in said or fragment in str(error.context or "")), "")
        notes: tuple[Note, ...] = ()
        if error.context and error.context_mark and error.problem:
            at = error.context_mark
            notes = (Note(printable(str(error.context)), Span(at.line + 1, at.column + 1, at.line + 1, at.column + 2)),)
        self.problems.add("NS101", f"not YAML: {said}" + (f"; {hint}" if hint else ""), span, notes)

    def _value(self, event: Any) -> Tree:
        """One value and all below it. A stack of our own: depth is bounded by MAX_DEPTH, not by Python's."""
        stack: list[tuple[Any, Any, str | None, int]] = []  # container, pending key, anchor, expanded before
        get = self.parser.get_event
        scalar_event, sequence_end, mapping_end = yaml.ScalarEvent, yaml.SequenceEndEvent, yaml.MappingEndEvent
        sequence_start, mapping_start = yaml.SequenceStartEvent, yaml.MappingStartEvent
        container: Any = None
        key: Any = None
        anchor: str | None = None
        before = 0
        tree: Tree
        while True:
            kind = type(event)
            self.values += 1
            self.expanded += 1
            if kind is scalar_event:
                if event.tag is not None:
                    self._tag(event)
                tree = self._scalar(event)
                if event.anchor is not None:
                    self.anchors[event.anchor] = (tree, 1)
            elif kind is mapping_end or kind is sequence_end:
                container.end = event.end_mark
                tree = container
                if anchor is not None:
                    self.anchors[anchor] = (tree, self.expanded - before)
                container, key, anchor, before = stack.pop()
            elif kind is mapping_start or kind is sequence_start:
                if event.tag is not None:
                    self._tag(event)
                if len(stack) >= MAX_DEPTH:
                    self._fail("NS106", f"the text is nested deeper than {MAX_DEPTH} levels", event)
                if container is not None and type(container) is Mapping and key is None:
                    self._fail("NS109", "a list or a map cannot be a key; keys are text", event)
                stack.append((container, key, anchor, before))
                key, anchor, before = None, event.anchor, self.expanded
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
            if self.values > MAX_VALUES or self.expanded > MAX_EXPANDED:
                self._fail("NS106", f"the text holds more than {MAX_EXPANDED:,} values, aliases written out", event)
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

    def _key(self, tree: Tree, event: Any) -> Scalar:
        if type(tree) is not Scalar:
            self._fail("NS109", "a list or a map cannot be a key; keys are text", event)
        assert isinstance(tree, Scalar)
        if tree.text == "<<" and tree.plain:
            self._fail("NS104", "the merge key `<<` is not part of YAML 1.2; use `defaults`, a block or a param", event)
        return tree

    def _entry(self, mapping: Mapping, key: Scalar, value: Tree) -> None:
        first = mapping.entries.get(key.text)
        if first is not None:
            where = span_of(first.key)
            self.problems.add(
                "NS102",
                f"the key {show(key.text)} stands twice in this map; the first is at line {where.line}",
                span_of(key),
                (Note("first here", where),),
            )
            return
        mapping.entries[key.text] = Entry(key, value)

    def _alias(self, event: Any) -> Tree:
        tree, size = self.anchors.get(event.anchor, (None, -1))
        if size < 0:
            self._fail("NS105", f"the alias `*{printable(event.anchor)}` names no anchor above it", event)
        if tree is None:
            self._fail("NS105", f"the alias `*{printable(event.anchor)}` stands inside the value that it names", event)
        assert tree is not None
        self.expanded += size
        return tree

    def _tag(self, event: Any) -> None:
        self._fail("NS103", f"the tag {show(event.tag)} is refused: a spec is data, and its values need no tags", event)

    def _scalar(self, event: Any) -> Scalar:
        text = event.value
        start, end = event.start_mark, event.end_mark
        if len(text) > MAX_SCALAR:
            self._fail("NS106", f"this text is longer than {MAX_SCALAR:,} characters", event)
        if event.style:  # quoted or block; the C parser says '' of a plain scalar, the pure one None
            return Scalar(text, text, False, start, end)
        if text in _WORDS:
            return Scalar(_WORDS[text], text, True, start, end)
        if text[0] in _NUMBER_STARTS:
            return Scalar(self._number(text, event), text, True, start, end)
        return Scalar(text, text, True, start, end)

    def _number(self, text: str, event: Any) -> Any:
        if _INTEGER.match(text):
            value: Any = int(text) if len(text) < 20 else math.inf
        elif _RADIX.match(text):
            value = int(text, 0) if len(text) < 24 else math.inf
        elif _FLOAT.match(text):
            value = float(text)
            if math.isfinite(value):
                return value
        elif _NOT_FINITE.match(text):
            self.problems.add("NS108", f"{text} is not a number that a spec can hold", _event_span(event))
            return 0
        else:
            return text
        if abs(value) > MAX_INTEGER:
            short = text if len(text) < 24 else f"{text[:12]}… ({len(text):,} digits)"
            self.problems.add("NS108", f"the number {short} is too large; whole numbers go up to 2**53", _event_span(event))
            return 0
        return value


def _event_span(event: Any) -> Span:
    start, end = event.start_mark, event.end_mark
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


# What people meant, by a fragment of what the parser says.
_HINTS = (
    ("found character that cannot start any token", "a tab cannot indent YAML, and @ and ` need quotes"),
    ("mapping values are not allowed", "is a line above indented differently, or is a `- ` missing?"),
    ("did not find expected '-' indicator", "every node of a list starts with `- ` in the same column"),
    ("did not find expected key", "keys of one map start in the same column"),
    ("did not find expected ',' or '}'", "a `}` or a comma is missing"),
    ("did not find expected ',' or ']'", "a `]` or a comma is missing"),
    ("could not find expected ':'", "a key needs a colon and a space after it"),
    ("found unexpected end of stream", "a closing quote is missing"),
    ("did not find expected alphabetic or numeric character", "a text that starts with * or & needs quotes"),
    ("did not find expected node content", "a value is missing, or a text that starts with %, @ or ` needs quotes"),
)
