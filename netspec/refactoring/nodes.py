"""Nodes that stand in one list, as they are written in another: in lines or in brackets, comments kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from copy import copy
from functools import cached_property

from netspec.diagnostics.problems import Edit, Problems, Span
from netspec.refactoring.bodies import Body, CannotBe, Item, Layout, lines_edit, moved
from netspec.spec.edits import removed
from netspec.spec.naming import READ
from netspec.syntax.comments import comments_in
from netspec.syntax.edits import apply
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, Sequence, Tree, last_line, span_of


class Nodes:
    """Some nodes that follow one another.

    Args:
        layout: Of the text in which they stand.
        tree: The list that they are in.
        first: The first of them, by its place in the list.
        last: The last.
        edits: Changes of the text, all of them inside the nodes.
        below: The line under which comments above the first node are its own; none are where it is not given.

    Attributes:
        span: Where they stand, with those comments.
        flow: Are they in brackets?
    """

    def __init__(
        self,
        layout: Layout,
        tree: Sequence,
        first: int,
        last: int,
        edits: tuple[Edit, ...] = (),
        *,
        below: int | None = None,
    ) -> None:
        self.flow = tree.flow
        start, end = tree.items[first].start, tree.items[last].end
        if tree.flow:
            self.span = Span(*span_of(tree.items[first])[:2], *span_of(tree.items[last])[2:])
            rows = layout.lines[start.line : end.line + 1]
            rows[-1] = rows[-1][: end.column]
            self.margin = layout.margin(tree.items[first])
            rows[0] = self.margin + rows[0][start.column :]
            rows, top = ["[", *rows, "]"], start.line - 1
        else:
            top, bottom = start.line, last_line(tree.items[last])
            while below is not None and top - 1 > below and layout.lines[top - 1].lstrip().startswith("#"):
                top -= 1
            self.span = Span(top + 1, 1, bottom + 2, 1)
            rows = layout.lines[top : bottom + 1]
            self.margin = " " * layout.lines[start.line].index("-")
        shifted = (
            Edit(Span(span.line - top, span.column, span.end_line - top, span.end_column), text) for span, text in edits
        )
        self.lines = apply("\n".join(rows), tuple(shifted)).split("\n")

    def in_lines(self, margin: str) -> list[str]:
        """With a dash each, behind a margin."""
        if not self.flow:
            return moved(self.lines, len(margin) - len(self.margin))
        comments = [*comments_in(self.tree, self.lines)]
        written = []
        for item in self.tree.items:
            end = item.end.line, item.end.column
            while comments and (comments[0].line, comments[0].column) < end:
                written.append(f"{margin}{comments.pop(0).text}")
            text = ", ".join(entries(self.lines, item)) if isinstance(item, Mapping) else flat(self.lines, item)
            if comments and comments[0].line == item.end.line:
                text = f"{text}   {comments.pop(0).text}"
            written.append(f"{margin}- {text}")
        return [*written, *(f"{margin}{each.text}" for each in comments)]

    def in_brackets(self, margin: str) -> tuple[str, list[str]]:
        """With commas between them, further lines behind a margin; and the comments that this text has not."""
        if self.flow:
            first, *rest = self.lines[1:-1]
            own = min(
                (self.margin, *(line[: len(line) - len(line.lstrip())] for line in rest if line.strip())), key=len
            )
            return "\n".join(
                [first.lstrip(), *(margin + line[len(own) :] if line.strip() else "" for line in rest)]
            ), []
        comments = [each.text for each in comments_in(self.tree, self.lines)]
        return ", ".join(flat(self.lines, item) for item in self.tree.items), comments

    def names(self) -> list[str]:
        """The `$names` in them, each once, in their order."""
        return [*dict.fromkeys(READ.findall("\n".join(self.lines)))]

    def changed(self, edits: tuple[Edit, ...]) -> Nodes:
        """The same after changes, whose places are those of `tree`."""
        new = copy(self)
        new.__dict__.pop("tree", None)
        new.lines = apply("\n".join(self.lines), edits).split("\n")
        return new

    @cached_property
    def tree(self) -> Sequence:
        """The nodes as they are read by themselves, with places in `lines`."""
        tree = read_text("\n".join(self.lines), "", Problems()).tree
        if not isinstance(tree, Sequence):
            raise CannotBe("its nodes cannot be read by themselves")
        return tree


def flat(lines: list[str], tree: Tree) -> str:
    """A value of a text as it is written on one line in brackets; nothing where nothing is written."""
    if isinstance(tree, Mapping):
        return f"{{{', '.join(entries(lines, tree))}}}"
    if isinstance(tree, Sequence):
        return f"[{', '.join(flat(lines, item) or 'null' for item in tree.items)}]"
    start, end = tree.start, tree.end
    written = lines[start.line][start.column : end.column] if start.line == end.line else ""
    if tree.plain and not tree.text:
        return ""
    if not written or written[:1] in "|>" or (tree.plain and set(written) & set(",[]{}")):
        return json.dumps(tree.text, ensure_ascii=False)
    return written


def entries(lines: list[str], tree: Mapping) -> list[str]:
    """Those of a map, each as it is written on one line in braces."""
    return [f"{flat(lines, key)}: {flat(lines, value)}".rstrip() for key, value in tree.entries.values()]


def put(layout: Layout, body: Body, first: int, last: int, written: list[Nodes] | str, comments: list[str]) -> Edit:
    """The edit that writes other nodes, or one use of a block, in the place of some; comments stand above them.

    Args:
        layout: Of the text.
        body: The list in which they stand.
        first: The first of those that go, by its place in the list.
        last: The last.
        written: What comes, some nodes after others.
        comments: Those that would be lost.
    """
    pad = body.margin
    span = body.span(first, last)
    if not body.flow:
        lines = [f"{pad}{each}" for each in comments]
        if isinstance(written, str):
            return _whole_lines(span, [*lines, f"{pad}- {written}"])
        return _whole_lines(span, [*lines, *(line for nodes in written for line in nodes.in_lines(pad))])
    if isinstance(written, str):
        text = f"{{{written}}}" if ":" in written else written
    else:
        texts, more = zip(*(nodes.in_brackets(pad) for nodes in written), strict=True)
        begins_lines = any("\n" in each for each in texts)
        text = (f",\n{pad}" if begins_lines else ", ").join(texts)
        comments = [*comments, *(comment for each in more for comment in each)]
    if comments:
        text = "".join(f"{each}\n{pad}" for each in comments) + text
        before = layout.lines[span.line - 1][: span.column - 1]
        if before.strip():
            return Edit(span._replace(column=len(before.rstrip()) + 1), f"\n{pad}{text}")
    return Edit(span, text)


def _whole_lines(span: Span, lines: list[str]) -> Edit:
    return lines_edit(span.line - 1, span.end_line - 2, lines)


def without(layout: Layout, item: Item, name: str) -> Edit | None:
    """The edit that takes something that is given at a node away; None where the layout has no room for that."""
    tree = item.step.tree
    assert isinstance(tree, Mapping)
    key, value = tree.entries[name]
    if not tree.flow:
        rest = layout.lines[key.start.line][value.end.column :]
        if rest.strip() or len(tree.entries) == 1 or key.start.line != value.end.line:
            return None
    elif len(tree.entries) == 1:
        word = item.step.key
        if isinstance(item.tree, Mapping) and item.tree.flow:
            return Edit(span_of(item.tree), layout.source(word))
        return Edit(Span(word.end.line + 1, word.end.column + 1, *span_of(tree)[2:]), "")
    return removed(tree, name)


def apart(edits: Iterable[Edit], gone: list[Span]) -> Iterator[Edit]:
    """Edits but for those inside what is replaced."""
    return (each for each in edits if not any(span[:2] <= each.span[:2] < span[2:] for span in gone))
