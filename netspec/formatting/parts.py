"""What a YAML text is made of, nothing left out: values, keys, and all that stands between them.

PyYAML's events say what the values are and where; what is between two of them is white space, comments and a few marks, and is
read here. The tree of `netspec.syntax` has no comments, and keeps nothing of how a text was written.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import yaml

if TYPE_CHECKING:
    from typing import Protocol

    from netspec.syntax.events import Event

    class _Index(Protocol):
        """A mark's place in the text, which libyaml and PyYAML both count in characters."""

        index: int


class Unformattable(Exception):
    """A text that has no layout that is sure to mean the same; it says why."""


class Comment(NamedTuple):
    """A comment.

    Attributes:
        text: What is written, from `#` on.
        column: Where, counted from 0.
        blanks: How many spaces stand before it.
        inline: Does it stand behind something on its line?
        blank: Is there an empty line before it?
        end: The place in the text at which it ends.
    """

    text: str
    column: int
    blanks: int
    inline: bool
    blank: bool
    end: int


class Gap(NamedTuple):
    """What stands between two parts: line breaks, comments, and whether there is an empty line before the second part."""

    broke: bool
    blank: bool
    comments: tuple[Comment, ...]


NOTHING = Gap(False, False, ())


def joined(first: Gap, second: Gap) -> Gap:
    """Two gaps, between which stood a mark that is written elsewhere, or not at all."""
    if first is NOTHING or second is NOTHING:
        return second if first is NOTHING else first
    comments = second.comments
    if comments and comments[0].inline and first.broke:
        comments = (comments[0]._replace(inline=False), *comments[1:])
    return Gap(True, first.blank or second.blank, first.comments + comments)


class Leaf:
    """A scalar or an alias as it is written; an empty text is a value that is left out."""

    __slots__ = ("anchor", "is_alias", "is_block", "lead", "text", "trailing")

    broken = property(lambda self: "\n" in self.text)

    def __init__(self, text: str, lead: Gap = NOTHING, anchor: str = "") -> None:
        self.text = text
        self.lead = lead  # what stands before it
        self.anchor = anchor
        self.is_alias = text.startswith("*")
        self.is_block = text.startswith(("|", ">"))
        self.trailing: Comment | None = None


class Entry(NamedTuple):
    """An entry of a map, or an item of a list, which has no key."""

    before: Gap
    key: Leaf | None
    colon: bool
    value: Part


class Collection:
    """A list or a map.

    Attributes:
        is_map: A map, and not a list?
        flow: In brackets?
        implicit: A map of one entry in a list in brackets, without brackets of its own?
        entries: What is in it.
        lead: What stands before it.
        tail: What stands behind its last entry, and belongs to it.
        trailing: A comment on the line on which it ends, where it is in brackets.
        column: Of a block, where its keys or dashes stand.
        broken: Is it in brackets, and on several lines that are to stay?
        guarded: Is a comment about it that suppresses warnings of this line?
        width: How many columns it takes on one line, if it is in brackets.
    """

    __slots__ = (
        "anchor",
        "broken",
        "column",
        "entries",
        "flow",
        "guarded",
        "implicit",
        "is_map",
        "lead",
        "tail",
        "trailing",
        "width",
    )

    def __init__(self, is_map: bool, flow: bool, lead: Gap, anchor: str) -> None:
        self.is_map = is_map
        self.flow = flow
        self.lead = lead
        self.anchor = anchor
        self.implicit = False
        self.entries: list[Entry] = []
        self.tail = NOTHING
        self.trailing: Comment | None = None
        self.column = 0
        self.broken = False
        self.guarded = False
        self.width = 0


Part: TypeAlias = "Leaf | Collection"

EMPTY = Leaf("")


class Page(NamedTuple):
    """A whole text.

    Attributes:
        head: What stands before the first line that holds something.
        directives: The lines that begin with `%`.
        marked: Does it begin with `---`?
        root: The value.
        end: What stands behind it.
        stop: What stands behind `...`; None where there is none.
        comments: How many comments there are.
    """

    head: Gap
    directives: tuple[str, ...]
    marked: bool
    root: Part
    end: Gap
    stop: Gap | None
    comments: int


_BLANKS = re.compile(r"[ \t]*")
_REST = re.compile(r"[^\n]*")
_ANCHOR = re.compile(r"&[^\s,\[\]{}]+")
_INLINE = re.compile(r"[ \t]+#[^\n]*")
_SUPPRESSING = "netspec: ignore"


def parts(text: str) -> Page:
    """The parts of a text that has been read without errors, and whose lines end as Unix's do."""
    return _Reader(text).page()


class _Reader:
    """Goes through a text from event to event; `at` is how far it has come."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.length = len(text)
        self.at = 0
        self.comments = 0
        self.guards = _SUPPRESSING in text
        self.parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)

    def page(self) -> Page:
        """The whole text."""
        try:
            return self._page()
        finally:
            self.parser.dispose()

    def _page(self) -> Page:
        get = self.parser.get_event
        get()  # stream start
        get()  # document start
        head = self._gap()
        if not self.text.startswith(("%", "---"), self.at):  # then it belongs to what stands first
            self._back(0, head)
            head = NOTHING
        directives = []
        while self.text.startswith("%", self.at):
            rest = _REST.match(self.text, self.at)
            assert rest is not None
            directives.append(rest[0].rstrip())
            self.at = rest.end()
            self._gap_without_comments("a directive")
        marked = self.text.startswith("---", self.at)
        if marked:
            self.at += 3
        root = self._value(get(), False)
        get()  # document end
        end = self._gap()
        stop = None
        if self.text.startswith("...", self.at):
            self.at += 3
            stop = self._gap()
        if self.at < self.length:
            raise Unformattable(
                f"what stands at line {self.text.count(chr(10), 0, self.at) + 1} is not known to be safe"
            )
        return Page(head, tuple(directives), marked, root, end, stop, self.comments)

    def _gap_without_comments(self, what: str) -> None:
        if self._gap().comments:
            raise Unformattable(f"a comment stands beside {what}")

    def _gap(self) -> Gap:
        """What stands here before the next part."""
        text, at = self.text, self.at
        found = _BLANKS.match(text, at)
        assert found is not None
        at = found.end()
        if at < self.length and text[at] not in "\n#":
            self.at = at
            return NOTHING
        broke = blank = False
        empty = False  # is there nothing on the line so far?
        comments = []
        blanks = at - self.at
        while at < self.length:
            if text[at] == "#":
                end = text.find("\n", at)
                end = self.length if end < 0 else end
                column = at - (text.rfind("\n", 0, at) + 1)
                comments.append(Comment(text[at:end].rstrip(), column, blanks, not broke, blank, end))
                blank = empty = False
                at = end
            elif text[at] == "\n":
                blank = blank or empty
                broke = empty = True
                at += 1
            else:
                break
            found = _BLANKS.match(text, at)
            assert found is not None
            blanks = found.end() - at
            at = found.end()
        self.at = at
        self.comments += len(comments)
        return Gap(broke, blank, tuple(comments)) if broke or comments else NOTHING

    def _expect(self, mark: str) -> None:
        if not self.text.startswith(mark, self.at):
            raise Unformattable(
                f"`{mark}` is not where it was expected, at line {self.text.count(chr(10), 0, self.at) + 1}"
            )
        self.at += 1

    def _value(self, event: Event, in_brackets: bool) -> Part:
        """The value that an event begins; where it is in brackets in a block, with the comment on the line on which it ends."""
        kind: object = type(event)
        if kind is yaml.ScalarEvent or kind is yaml.AliasEvent:
            return self._leaf(event)
        is_map = kind is yaml.MappingStartEvent
        before = self.at
        lead = self._gap()
        anchor = ""
        if event.anchor is not None:
            lead, anchor = self._anchor(lead)
        part = Collection(is_map, bool(event.flow_style), lead, anchor)
        if not part.flow:
            if not anchor:  # what stands here is before its first entry
                part.lead = NOTHING
                self._back(before, lead)
            self._block(part)
        else:
            self._flow(part)
            if not in_brackets:
                self._end_of_line(part)
        return part

    def _back(self, at: int, gap: Gap) -> None:
        self.at = at
        self.comments -= len(gap.comments)

    def _anchor(self, lead: Gap) -> tuple[Gap, str]:
        found = _ANCHOR.match(self.text, self.at)
        if found is None:
            raise Unformattable("an anchor is not where it was expected")
        self.at = found.end()
        before = self.at
        gap = self._gap()
        if self.at >= self.length or self.text[self.at] in ",]}":
            self._back(before, gap)  # nothing follows it
            return lead, found[0]
        return joined(lead, gap), found[0]

    def _leaf(self, event: Event) -> Leaf:
        start: _Index = event.start_mark  # type: ignore[assignment]  # the parser's marks have more than places
        stop: _Index = event.end_mark  # type: ignore[assignment]
        end = stop.index
        if start.index == end:
            return EMPTY
        lead = self._gap()
        anchor = ""
        alias: object = type(event)
        if event.anchor is not None and alias is not yaml.AliasEvent:
            lead, anchor = self._anchor(lead)
        if self.at >= end:
            return Leaf("", lead, anchor)
        text = self.text[self.at : end]
        if text.startswith(("|", ">")) and event.style in ("|", ">"):
            stripped = text[:-1] if "+" in text.split("\n", 1)[0].split("#")[0] else text.rstrip("\n ")
            end -= len(text) - len(stripped)
            text = stripped
            self.comments += "#" in text.split("\n", 1)[0]
        self.at = end
        return Leaf(text, lead, anchor)

    def _key(self, event: Event) -> Leaf:
        kind: object = type(event)
        if kind is not yaml.ScalarEvent and kind is not yaml.AliasEvent:
            raise Unformattable("a key is no text")
        key = self._leaf(event)
        if not key.text or key.broken or key.lead.comments:
            raise Unformattable(f"a key at line {event.start_mark.line + 1} is not on one line")
        return key

    def _entry(self, event: Event, before: Gap, in_brackets: bool) -> Entry:
        """An entry of a map, whose key's event has come."""
        if self.text.startswith("?", self.at) and self.text[self.at + 1 : self.at + 2] in ("", " ", "\t", "\n"):
            self.at += 1
            before = joined(before, self._gap())
        key = self._key(event)
        behind, at = self._gap(), self.at
        colon = self.text.startswith(":", at)
        if colon:
            self.at += 1
        else:
            self._back(at, behind)
            self.at = self._end_of(event)
            behind = NOTHING
        value = self._value(self.parser.get_event(), in_brackets)
        if behind.comments:
            if value is EMPTY or (isinstance(value, Collection) and not value.flow):
                raise Unformattable(
                    f"a comment stands between a key and its colon, at line {event.start_mark.line + 1}"
                )
            value.lead = joined(behind, value.lead)
        return Entry(before, key, colon, value)

    @staticmethod
    def _end_of(event: Event) -> int:
        mark: _Index = event.end_mark  # type: ignore[assignment]
        return mark.index

    def _block(self, part: Collection) -> None:
        get = self.parser.get_event
        end = yaml.MappingEndEvent if part.is_map else yaml.SequenceEndEvent
        while True:
            event = get()
            kind: object = type(event)
            if kind is end:
                break
            before = self._gap()
            if not part.entries:
                part.column = self.at - (self.text.rfind("\n", 0, self.at) + 1)
            if part.is_map:
                entry = self._entry(event, before, False)
            else:
                self._expect("-")
                entry = Entry(before, None, False, self._value(event, False))
            if self.guards and isinstance(entry.value, Collection) and entry.value.flow:
                entry.value.guarded = entry.value.guarded or any(_SUPPRESSING in each.text for each in before.comments)
            part.entries.append(entry)
        self._tail(part)

    def _tail(self, part: Collection) -> None:
        """The comments below a block's last entry that are indented as the block is: they are its own."""
        before = self.at
        gap = self._gap()
        line = self.text.rfind("\n", 0, self.at) + 1
        after = -1 if self.at >= self.length or self.text.startswith(("...", "---"), line) else self.at - line
        mine = 0
        for comment in gap.comments:
            if not comment.inline and (comment.column <= after or comment.column < part.column):
                break
            mine += 1
        if mine and not gap.comments[mine - 1].inline:
            part.tail = Gap(True, False, gap.comments[:mine])
            self._back(gap.comments[mine - 1].end, Gap(False, False, gap.comments[mine:]))
        else:
            self._back(before, gap)

    def _flow(self, part: Collection) -> None:
        get = self.parser.get_event
        opening, closing = "{}" if part.is_map else "[]"
        end = yaml.MappingEndEvent if part.is_map else yaml.SequenceEndEvent
        if part.is_map and not self.text.startswith("{", self.at):
            part.implicit = True
            part.entries.append(self._entry(get(), NOTHING, True))
            get()  # its end
            self._measure(part)
            return
        self._expect(opening)
        pending = self._gap()
        while True:
            event = get()
            kind: object = type(event)
            if kind is end:
                break
            if part.is_map:
                entry = self._entry(event, pending, True)
            else:
                entry = Entry(pending, None, False, self._value(event, True))
                if entry.value is not EMPTY:
                    entry = _moved(entry)
            part.entries.append(entry)
            pending = self._gap()
            if self.text.startswith(",", self.at):
                self.at += 1
                pending = joined(pending, self._gap())
        part.tail = pending
        self._expect(closing)
        self._measure(part)

    @staticmethod
    def _measure(part: Collection) -> None:
        part.width = 0 if part.implicit else 2
        part.broken = bool(part.tail.comments)
        for number, (before, key, colon, value) in enumerate(part.entries):
            part.width += 2 * (number > 0) + (width_of_key(key) + 2 * colon if key is not None else 0)
            part.width += len(value.anchor) + 1 if value.anchor else 0
            part.width += len(value.text) if isinstance(value, Leaf) else value.width
            part.broken = (
                part.broken
                or bool(before.comments or value.lead.comments)
                or (before.broke and number > 0)
                or value.broken
            )

    def _end_of_line(self, part: Collection) -> None:
        """Take in the comment on the line on which a collection in brackets ends."""
        found = _INLINE.match(self.text, self.at)
        if found is None:
            return
        gap = self._gap()
        part.trailing = gap.comments[0]
        part.guarded = _SUPPRESSING in part.trailing.text
        self._back(part.trailing.end, Gap(False, False, gap.comments[1:]))


def width_of_key(key: Leaf) -> int:
    """The columns that a key takes, with the space before the colon of an alias."""
    return len(key.text) + key.is_alias + (len(key.anchor) + 1 if key.anchor else 0)


def _moved(entry: Entry) -> Entry:
    """An item whose gap stands before it, and not in it."""
    value = entry.value
    if value.lead is NOTHING:
        return entry
    before = joined(entry.before, value.lead)
    value.lead = NOTHING
    return entry._replace(before=before)
