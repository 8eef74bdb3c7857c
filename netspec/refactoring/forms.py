"""Other forms of one node, and a shortcut around some."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.diagnostics.problems import Edit, Span
from netspec.refactoring.bodies import WIDTH, Body, Item, Layout, lines_edit, moved
from netspec.refactoring.nodes import Nodes, entries, flat, put
from netspec.syntax.tree import Mapping, Scalar, Tree, span_of


def forms(layout: Layout, item: Item, body: Body) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The other ways to write a node: in lines or on one, with its principal hyperparameter named or not."""
    tree, word, principal = item.step.tree, item.step.kind_name, layout.principal(item.step)
    if isinstance(tree, Mapping) and tree.entries:
        yield from _in_lines(layout, item, tree, body)
        yield from _on_one(layout, item, tree)
        if tree.flow and [*tree.entries] == [principal]:
            value = next(iter(tree.entries.values())).value
            if isinstance(value, Scalar) and layout.source(value):
                yield f"Write `{word}: {layout.source(value)}`", (Edit(span_of(tree), layout.source(value)),)
    elif isinstance(tree, Scalar) and principal is not None and layout.source(tree):
        yield f"Name `{principal}`", (Edit(span_of(tree), f"{{{principal}: {flat(layout.lines, tree)}}}"),)
    elif tree is not None and flat(layout.lines, tree) in ("", "{}"):
        gone = Edit(Span(*item.step.span[2:], *_end_of_empty(layout, item, tree)), "")
        if isinstance(item.tree, Mapping) and item.tree.flow:
            gone = Edit(span_of(item.tree), layout.source(item.step.key))
        yield f"Write `{word}` alone", (gone,)


def _end_of_empty(layout: Layout, item: Item, tree: Tree) -> tuple[int, int]:
    """Where `{}` ends, or the colon behind which there is nothing."""
    _, _, line, column = item.step.span
    return span_of(tree)[2:] if layout.source(tree) else (line, layout.lines[line - 1].index(":", column - 1) + 2)


def _in_lines(layout: Layout, item: Item, tree: Mapping, body: Body) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """`conv: {a: 1, b: 2}` with a line for each entry: in brackets with its braces, else without."""
    start, end = tree.start, tree.end
    written = entries(layout.lines, tree)
    if not tree.flow or layout.within(span_of(tree)):
        return
    if body.flow:
        margin = layout.margin(item.tree)
        text = ",\n".join(f"{margin}{layout.indent}{each}" for each in written)
        if start.line == end.line and layout.begins_line(item.tree):
            yield "Write in lines", (Edit(span_of(tree), f"{{\n{text}\n{margin}}}"),)
    else:
        head, rest = layout.lines[start.line][: start.column].rstrip(), layout.lines[end.line][end.column :].rstrip()
        lines = [f"{head}{rest}", *(f"{body.margin}    {each}" for each in written)]
        yield "Write in lines", (lines_edit(item.first, item.last, lines),)


def _on_one(layout: Layout, item: Item, tree: Mapping) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The entries of a node in braces on one line; none of them may have a comment."""
    text = flat(layout.lines, tree)
    if tree.flow:
        is_spread = tree.start.line < tree.end.line and not layout.within(span_of(tree))
        if is_spread and tree.start.column + len(text) <= WIDTH:
            yield "Write on one line", (Edit(span_of(tree), text),)
        return
    head = layout.lines[item.first]
    end = item.step.span.end_column  # the colon stands behind it
    line = f"{head[:end]} {text}"
    if len(line) <= WIDTH and head[end - 1 : end] == ":" and not layout.comments(item.first + 1, item.last):
        yield "Write on one line", (lines_edit(item.first, item.last, [f"{line}{head[end:].rstrip()}"]),)


def wrapping(layout: Layout, body: Body, first: int, last: int) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """A shortcut around some nodes that follow one another."""
    start, end = body.items[first].first, body.items[last].last
    span = body.span(first, last)
    if not body.flow:
        lines = [f"{body.margin}- skip:", *moved(layout.lines[start : end + 1], 4)]
        edits: tuple[Edit, ...] = (lines_edit(start, end, lines),)
    elif start < end and layout.begins_line(body.items[first].tree):
        deeper = (line + 1 for line in range(start + 1, end + 1) if layout.lines[line].strip())
        edits = (
            Edit(Span(*span[:2], *span[:2]), f"{{skip: [\n{body.margin}{layout.indent}"),
            *(Edit(Span(line, 1, line, 1), layout.indent) for line in deeper),
            Edit(Span(*span[2:], *span[2:]), f"\n{body.margin}]}}"),
        )
    else:
        edits = Edit(Span(*span[:2], *span[:2]), "{skip: ["), Edit(Span(*span[2:], *span[2:]), "]}")
    yield "Wrap in `skip`", edits


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
