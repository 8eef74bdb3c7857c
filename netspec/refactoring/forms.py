"""Other forms of one node, and a shortcut around some."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Edit, Span
from netspec.refactoring.bodies import WIDTH, Body, Item, Layout, lines_edit, moved
from netspec.refactoring.nodes import Nodes, put
from netspec.syntax.tree import Mapping, Scalar, span_of


def forms(layout: Layout, item: Item, body: Body) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The other ways to write a node: in lines or on one, with its principal hyperparameter named or not."""
    step = item.step
    tree = step.tree
    word = step.kind_name
    principal = layout.principal(step)
    if isinstance(tree, Mapping) and tree.entries:
        if body.flow or (tree.flow and tree.start.line != tree.end.line):
            yield from _in_braces(layout, tree, body)
        elif tree.flow:
            yield from _in_lines(layout, item, tree, body.column + 4)
        else:
            yield from _on_one(layout, item, tree, body)
        if tree.flow and [*tree.entries] == [principal]:
            value = next(iter(tree.entries.values())).value
            if isinstance(value, Scalar) and layout.source(value):
                yield f"Write `{word}: {layout.source(value)}`", (Edit(span_of(tree), layout.source(value)),)
    elif isinstance(tree, Scalar) and principal is not None and layout.source(tree):
        written = layout.source(tree)
        if not tree.plain or not set(written) & set(",[]{}"):
            yield f"Name `{principal}`", (Edit(span_of(tree), f"{{{principal}: {written}}}"),)
    elif isinstance(tree, Mapping) and tree.flow and layout.source(tree):
        start, end = step.span, span_of(tree)
        gone = Edit(Span(start.end_line, start.end_column, end.end_line, end.end_column), "")
        if isinstance(item.tree, Mapping) and item.tree.flow:
            gone = Edit(span_of(item.tree), layout.source(step.key))
        yield f"Write `{word}` alone", (gone,)


def _in_braces(layout: Layout, tree: Mapping, body: Body) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """A node's braces with a line for each entry, or on one line; comments have no room there."""
    written = [f"{layout.source(key)}: {layout.source(value)}".rstrip() for key, value in tree.entries.values()]
    if any(piece.start.line != piece.end.line for entry in tree.entries.values() for piece in entry):
        return
    if tree.start.line == tree.end.line:
        pad = " " * (body.column + 2)
        text = "{\n" + ",\n".join(f"{pad}{each}" for each in written) + f"\n{' ' * body.column}}}"
        yield "Write in lines", (Edit(span_of(tree), text),)
    elif not layout.within(span_of(tree)):
        text = f"{{{', '.join(written)}}}"
        if tree.start.column + len(text) <= WIDTH:
            yield "Write on one line", (Edit(span_of(tree), text),)


def _in_lines(layout: Layout, item: Item, tree: Mapping, column: int) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """`conv: {a: 1, b: 2}` with a line for each entry."""
    entries = [(layout.source(key), layout.source(value)) for key, value in tree.entries.values()]
    if tree.start.line != tree.end.line or not all(key for key, _ in entries):
        return
    line = layout.lines[item.first]
    head, rest = line[: tree.start.column].rstrip(), line[tree.end.column :].rstrip()
    lines = [f"{' ' * column}{key}: {value}".rstrip() for key, value in entries]
    yield "Write in lines", (lines_edit(item.first, item.last, [f"{head}{rest}", *lines]),)


def _on_one(layout: Layout, item: Item, tree: Mapping, body: Body) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The entries of a node in lines in braces; none may have a comment, but for the first line."""
    entries = []
    for key, value in tree.entries.values():
        written = layout.source(value)
        plain = isinstance(value, Scalar) and value.plain
        empty = isinstance(value, Scalar) and not value.text and value.plain
        if (not written and not empty) or (plain and set(written) & set(",[]{}")):
            return
        if not isinstance(value, Scalar) and not value.flow:
            return
        entries.append(f"{layout.source(key)}: {written}")
    if layout.comments(item.first + 1, item.last) or any(
        not line.strip() for line in layout.lines[item.first : item.last + 1]
    ):
        return
    head = layout.lines[item.first]
    end = item.step.span.end_column  # the colon stands behind it
    line = f"{head[:end]} {{{', '.join(entries)}}}"
    if len(line) <= WIDTH and head[end - 1 : end] == ":":
        yield "Write on one line", (lines_edit(item.first, item.last, [f"{line}{head[end:].rstrip()}"]),)


def wrapping(layout: Layout, body: Body, first: int, last: int) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """A shortcut around some nodes that follow one another."""
    start, end = body.items[first].first, body.items[last].last
    span = body.span(first, last)
    if body.flow:
        opened = Edit(Span(*span[:2], *span[:2]), "{skip: [")
        yield "Wrap in `skip`", (opened, Edit(Span(*span[2:], *span[2:]), "]}"))
        return
    lines = [f"{' ' * body.column}- skip:", *moved(layout.lines[start : end + 1], 4)]
    yield "Wrap in `skip`", (lines_edit(start, end, lines),)


def unwrapping(layout: Layout, item: Item, body: Body) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The nodes of a `skip` without the shortcut, which is the identity."""
    tree = item.step.tree
    if item.step.kind_name != "skip" or item.step.cls is None:
        return
    inner = tree.entries["body"].value if isinstance(tree, Mapping) and "body" in tree.entries else tree
    if isinstance(tree, Mapping) and set(tree.entries) - {"body", "shortcut", "merge"}:
        return
    if isinstance(tree, Mapping) and "shortcut" in tree.entries:
        shortcut = tree.entries["shortcut"].value
        if not isinstance(shortcut, Scalar) or shortcut.value != "identity":
            return
    held = next((each for each in layout.bodies if each.tree is inner), None)
    if held is None:
        return
    nodes = Nodes(layout, held.tree, 0, len(held.items) - 1, below=item.first)
    at = next(number for number, each in enumerate(body.items) if each is item)
    outer = body.span(at, at)
    kept = layout.within(Span(*outer[:2], *nodes.span[:2])) + layout.within(Span(*nodes.span[2:], *outer[2:]))
    yield "Unwrap `skip`", (put(layout, body, at, at, [nodes], kept),)
