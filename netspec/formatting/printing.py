"""The parts of a text as it is written: two spaces a level, one after a colon and a comma, comments where they were."""

from __future__ import annotations

from netspec.formatting.parts import EMPTY, NOTHING, Collection, Comment, Entry, Gap, Leaf, Page, Part, joined

WIDTH = 120  # columns, beyond which a collection in brackets is written in lines; comments may stand further
INDENT = 2
LEAST_BLANKS, BLANKS = (
    2,
    3,
)  # before a comment on a line: where there are fewer than the first, there will be the second


def printed(page: Page) -> tuple[str, int]:
    """A text's new layout, without its last line end; and how many comments are in it."""
    printer = _Printer()
    printer.page(page)
    return printer.text(), printer.comments


class _Printer:
    """Writes line by line; comments behind something are put in at the end, when it is known how wide the lines are."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line = ""  # the one that is being written
        self.behind: list[tuple[int, Comment]] = []  # comments behind what is on a line, by its number
        self.comments = 0

    def text(self) -> str:
        """All that has been written."""
        self._break(0)
        _align(self.lines, self.behind)
        return "\n".join(self.lines)

    def page(self, page: Page) -> None:
        """A whole text."""
        self._gap(page.head, 0, first=True)
        if page.directives:
            self._put("\n".join(page.directives))
            self._break(0)
        if page.marked:
            self._put("---")
        root = page.root
        if isinstance(root, Collection) and self._in_lines(root):
            if root.anchor:
                self._break(0)
                self._put(root.anchor)
            self._block(root, 0, beside=False)
            if root.trailing is not None:
                self._comments(NOTHING._replace(comments=(root.trailing,)), 0)
        elif root is not EMPTY:
            self._gap(root.lead, 0)
            self._put(f"{root.anchor} " if root.anchor else "")
            self._inline(root, INDENT)
        self._comments(page.end, 0)
        if page.stop is not None:
            self._break(0)
            self._put("...")
            self._comments(page.stop, 0)

    def _put(self, text: str) -> None:
        self.line += text

    def _width(self) -> int:
        return len(self.line)

    def _break(self, indent: int) -> None:
        """End the line, if something is on it, and begin one that is indented."""
        if self._is_written():
            self.lines.append(self.line)
        self.line = " " * indent

    def _leave_empty(self) -> None:
        """End the line, and leave one empty."""
        self._break(0)
        if self.lines:
            self.lines.append("")

    def _comments(self, gap: Gap, indent: int, *, first: bool = False) -> None:
        """Comments: behind what has been written, and on lines of their own."""
        for comment in gap.comments:
            self.comments += 1
            here = len(self.lines)
            if comment.inline and self._is_written() and (not self.behind or self.behind[-1][0] != here):
                self.behind.append((here, comment))
                continue
            if comment.blank and not first:
                self._leave_empty()
            self._break(indent)
            self._put(comment.text)
            first = False

    def _is_written(self) -> bool:
        return bool(self.line.strip())

    def _gap(self, gap: Gap, indent: int, *, first: bool = False) -> None:
        """What stands between two parts, the second of which begins a line; no empty line comes before the `first`."""
        self._comments(gap, indent, first=first)
        if gap.blank and not (first and not gap.comments):
            self._leave_empty()
        self._break(indent)

    def _in_lines(self, part: Collection) -> bool:
        """Is a collection written in lines, without brackets? One in brackets is if its bracket ends a line, or it is too wide."""
        if not part.flow or part.implicit:
            return True
        if not part.entries or part.guarded:
            return False
        if part.entries[0].before is not NOTHING:
            return True
        return (
            not part.broken
            and self._width() + 1 + part.width > WIDTH
            and (part.is_map or any(isinstance(entry.value, Collection) for entry in part.entries))
        )

    def _value(self, part: Part, indent: int, *, dash: bool) -> None:
        """What follows a key or a dash that stands `indent` columns in."""
        if part is EMPTY:
            return
        if part.anchor:
            self._put(f" {part.anchor}")
        if dash and isinstance(part, Collection) and _is_node(part):
            self._node(part, indent)
            return
        if isinstance(part, Collection) and self._in_lines(part):
            if part.trailing is not None:
                self.comments += 1
                self.behind.append((len(self.lines), part.trailing))
                self._block(part, indent + INDENT, beside=False)
            else:
                self._block(part, indent + INDENT, beside=dash and not part.anchor)
            return
        wide = isinstance(part, Leaf) and self._width() + 1 + len(part.text.split("\n", 1)[0]) > WIDTH
        if isinstance(part, Leaf) and not part.text:
            self._comments(part.lead, indent + INDENT)
            return
        if part.lead.comments or (part.lead.broke and wide):
            self._gap(part.lead._replace(blank=False), indent + INDENT)
        else:
            self._put(" ")
        self._inline(part, indent + INDENT)

    def _node(self, part: Collection, indent: int) -> None:
        """An item `{key: value}`, which needs no brackets."""
        entry = part.entries[0]
        value = entry.value
        self._put(f" {_key(entry)}")
        if part.trailing is not None and isinstance(
            value, Collection
        ):  # it stays beside the key, whatever becomes of the value
            value.trailing, value.guarded = part.trailing, part.guarded
        self._value(value, indent + INDENT, dash=False)
        if part.trailing is not None and isinstance(value, Leaf):
            self.comments += 1
            self.behind.append((len(self.lines), part.trailing))

    def _inline(self, part: Part, indent: int) -> None:
        """A scalar, or a collection in brackets, beside what has been written."""
        if isinstance(part, Leaf):
            self._leaf(part, indent)
            return
        if not part.broken and not part.is_map and not part.guarded and self._width() + part.width > WIDTH:
            self._filled(part)
        else:
            self._flow(part)
        if part.trailing is not None:
            self.comments += 1
            self.behind.append((len(self.lines), part.trailing))

    def _leaf(self, leaf: Leaf, indent: int) -> None:
        first, *others = leaf.text.split("\n")
        self._put(first.rstrip() if leaf.is_block or (others and not first.rstrip().endswith("\\")) else first)
        if leaf.is_block:
            self.comments += "#" in first
            others = _shifted(first, others, indent)
        elif others:
            last = len(others) - 1
            others = [
                f"{' ' * indent}{each}" if each else ""
                for each in (
                    other.lstrip(" \t") if at == last or other.rstrip(" \t").endswith("\\") else other.strip(" \t")
                    for at, other in enumerate(others)
                )
            ]
        for other in others:
            self.lines.append(self.line)
            self.line = other
        if others and not self.line:  # an empty line at the end of a text after `|+`, which is a part of it
            self.lines.append("")

    def _block(self, part: Collection, indent: int, *, beside: bool) -> None:
        """A list or a map in lines, the first of them beside the dash before it or below what has been written."""
        for number, entry in enumerate(part.entries):
            before = entry.before if number else joined(part.lead, entry.before)
            if number == 0 and beside and not before.comments:
                self._put(" ")
            else:
                self._gap(before if number else before._replace(blank=False), indent, first=number == 0)
            self._put(_key(entry) if part.is_map else "-")
            self._value(entry.value, indent, dash=not part.is_map)
        self._comments(part.tail, indent)

    def _flow(self, part: Collection) -> None:
        """A collection in brackets, with the line breaks that it has."""
        if not part.broken:
            self._put(_flat(part))
            return
        opening, closing = ("", "") if part.implicit else "{}" if part.is_map else "[]"
        self._put(opening)
        indent = self._width()
        for number, entry in enumerate(part.entries):
            if number:
                self._put(",")
            if entry.before.comments or (entry.before.broke and number):
                self._gap(entry.before._replace(blank=False), indent)
            elif number:
                self._put(" ")
            if part.is_map:
                self._put(_key(entry))
                if entry.value.lead.comments:
                    self._gap(entry.value.lead._replace(blank=False), indent + INDENT)
                elif entry.colon:
                    self._put(" ")
            value = entry.value
            if value.anchor:
                self._put(f"{value.anchor} " if isinstance(value, Collection) or value.text else value.anchor)
            if isinstance(value, Leaf):
                self._leaf(value, indent + INDENT)
            else:
                self._flow(value)
        if part.tail.comments:
            self.line = self.line.rstrip()  # the last value may be left out, and a blank stand for it
            self._gap(part.tail._replace(blank=False), max(indent - 1, 0))
        self._put(closing)

    def _filled(self, part: Collection) -> None:
        """A list of plain values that is too wide, in as few lines as it takes."""
        self._put("[")
        indent = self._width()
        for number, entry in enumerate(part.entries):
            assert isinstance(entry.value, Leaf)
            text = _flat_value(entry.value)
            if number:
                self._put(",")
                if self._width() + 2 + len(text) > WIDTH:
                    self._break(indent)
                else:
                    self._put(" ")
            self._put(text)
        self._put("]")


def _is_node(part: Collection) -> bool:
    """Is it `{key: value}` in an item, without comments?"""
    if not part.flow or part.implicit or part.broken or len(part.entries) != 1 or not part.is_map or part.anchor:
        return False
    return not (part.lead.comments or part.entries[0].before.comments)


def _key(entry: Entry) -> str:
    key = entry.key
    assert key is not None
    text = f"{key.anchor} {key.text}" if key.anchor else key.text
    return f"{text}{' :' if key.is_alias else ':'}"


def _flat(part: Collection) -> str:
    """A collection in brackets on one line."""
    opening, closing = ("", "") if part.implicit else "{}" if part.is_map else "[]"
    return f"{opening}{', '.join(map(_flat_entry, part.entries))}{closing}"


def _flat_entry(entry: Entry) -> str:
    value = _flat_value(entry.value)
    if entry.key is None:
        return value
    key = _key(entry)
    return f"{key} {value}" if entry.colon else key[:-1].rstrip()


def _flat_value(part: Part) -> str:
    text = part.text if isinstance(part, Leaf) else _flat(part)
    return f"{part.anchor} {text}".rstrip() if part.anchor else text


def _shifted(head: str, lines: list[str], indent: int) -> list[str]:
    """The lines of a text after `|` or `>`, moved so that they are indented as what stands there is."""
    if any(character.isdigit() for character in head.split("#")[0]):
        return lines  # how far it is indented is said, and meant from what is around it
    first = next((line for line in lines if line.strip(" ")), "")
    now = len(first) - len(first.lstrip(" "))
    by = indent - now
    return [
        "" if len(line) <= now and not line.strip(" ") else " " * by + line if by >= 0 else line[-by:] for line in lines
    ]


def _align(lines: list[str], comments: list[tuple[int, Comment]]) -> None:
    """Put comments behind lines. Those that stood in one column, one after the other, do so again, as far from the widest line."""
    at = 0
    while at < len(comments):
        end = at + 1
        while end < len(comments) and comments[end][1].column == comments[at][1].column:
            end += 1
        group = comments[at:end]
        blanks = min(comment.blanks for _, comment in group)
        column = max(len(lines[line]) for line, _ in group) + (blanks if blanks >= LEAST_BLANKS else BLANKS)
        for line, comment in group:
            lines[line] = lines[line].ljust(column) + comment.text
        at = end
