"""Changes to a spec's text that leave its comments and layout as they are."""

from __future__ import annotations

import json

from netspec.diagnostics.problems import Edit, Span
from netspec.spec.document import Step
from netspec.syntax.tree import Mapping, Scalar, Sequence, Tree, entry_ending, last_line, lists_in, span_of


def changes(
    step: Step, options: dict[str, str], principal: str | None = None, *, without: str = ""
) -> tuple[Edit, ...]:
    """Edits that give values to hyperparameters of a node, or to params of a block at its use, in place of those there are.

    Args:
        step: The node or the use.
        options: The values, as they are to be written, by name.
        principal: The name that a bare value stands for, where it is not a kind that says it.
        without: A hyperparameter that is written there and has to go.

    Returns:
        The edits; none where the layout has no room for them.
    """
    tree = step.tree
    if step.cls is not None:
        principal = step.cls.principal
    words = ", ".join(f"{name}: {value}" for name, value in options.items())
    if tree is None:  # a bare word
        return (Edit(_end_of(step.span), f": {{{words}}}"),)
    if isinstance(tree, Mapping):
        there = [
            Edit(span_of(tree.entries[name].value), value) for name, value in options.items() if name in tree.entries
        ]
        more = {name: value for name, value in options.items() if name not in tree.entries}
        gone = None
        if without in tree.entries:  # another takes its place, if there is one to write
            name = next(iter(more), "")
            gone = _replace(tree, without, f"{name}: {more.pop(name)}") if name else removed(tree, without)
        return tuple(filter(None, (*there, gone, _insert(tree, more) if more else None)))
    if principal is None:
        return ()
    if [*options] == [principal]:
        return (Edit(span_of(tree), options[principal]),)
    if isinstance(tree, Sequence) and tree.items:
        return () if principal in options else _beside_list(tree, principal, options)
    if isinstance(tree, Scalar) and tree.text and tree.start.line == tree.end.line:
        whole = {principal: tree.text if tree.plain else json.dumps(tree.text, ensure_ascii=False), **options}
        return (Edit(span_of(tree), f"{{{', '.join(f'{name}: {value}' for name, value in whole.items())}}}"),)
    return ()


def _beside_list(tree: Sequence, principal: str, options: dict[str, str]) -> tuple[Edit, ...]:
    """`skip: […]` as `skip: {body: […]}` with other hyperparameters before it."""
    start = span_of(tree)
    if tree.flow:
        words = "".join(f"{name}: {value}, " for name, value in options.items())
        return Edit(_start_of(start), f"{{{words}{principal}: "), Edit(_end_of(start), "}")
    indent = " " * (start.column - 1)
    lines = "".join(f"{indent}{name}: {value}\n" for name, value in options.items())
    return (Edit(Span(start.line, 1, start.line, 1), f"{lines}{indent}{principal}:\n"),)


def _replace(tree: Mapping, name: str, entry: str) -> Edit:
    """Another entry in the place of one."""
    key, value = tree.entries[name]
    start, end = span_of(key), span_of(value)
    return Edit(Span(start.line, start.column, end.end_line, end.end_column), entry)


def removed(tree: Mapping, name: str) -> Edit:
    """Take an entry out; it must not be the only one."""
    key, value = tree.entries[name]
    if not tree.flow:
        return Edit(Span(span_of(key).line, 1, last_line(value) + 2, 1), "")
    each = [*tree.entries.values()]
    at = [*tree.entries].index(name)
    start, end = span_of(key), span_of(value)
    if at > 0:
        before = span_of(each[at - 1].value)
        return Edit(Span(before.end_line, before.end_column, end.end_line, end.end_column), "")
    after = span_of(each[1].key)
    return Edit(Span(start.line, start.column, after.line, after.column), "")


def _insert(tree: Mapping, options: dict[str, str]) -> Edit:
    """More entries: behind the last, or before it where its end is not known to the column."""
    words = [f"{name}: {value}" for name, value in options.items()]
    if not tree.entries:
        end = span_of(tree)
        return Edit(Span(end.end_line, end.end_column - 1, end.end_line, end.end_column - 1), ", ".join(words))
    entry = next(reversed(tree.entries.values()))
    between = ", " if tree.flow else "\n" + " " * entry.key.start.column
    last = entry_ending(entry)
    if last.exact:
        return Edit(_end_of(span_of(last.tree)), "".join(f"{between}{each}" for each in words))
    return Edit(_start_of(span_of(entry.key)), "".join(f"{each}{between}" for each in words))


def added(tree: Mapping, entry: str, before: str, between: str = ", ") -> Edit:
    """One more entry of a map in braces that has some: at its end, or before another entry if that is there.

    Args:
        tree: The map.
        entry: The entry, as it is to be written.
        before: The key of the other entry.
        between: What stands between two entries.
    """
    if before in tree.entries:
        return Edit(_start_of(span_of(tree.entries[before].key)), f"{entry}{between}")
    last = next(reversed(tree.entries.values()))
    return Edit(_end_of(span_of(last.value)), f"{between}{entry}")


def one_more(items: Sequence, item: str) -> Edit | None:
    """Put an item at the end of a list of plain values; None where there is none yet."""
    if not items.items:
        return None
    last = span_of(items.items[-1])
    if items.flow:
        return Edit(_end_of(last), f", {item}")
    indent = " " * (span_of(items).column - 1)
    return Edit(_end_of(last), f"\n{indent}- {item}")


def without_first(items: Sequence) -> Edit:
    """Take the first of several items out of a list."""
    start, after = span_of(items.items[0]), span_of(items.items[1])
    return Edit(Span(start.line, start.column, after.line, after.column), "")


class Places:
    """Where a node can be put before or after another, in the list that holds it."""

    def __init__(self, text: str, tree: Tree | None) -> None:
        self.lines = text.splitlines()
        self.items: dict[Span, tuple[Sequence, Tree]] = {}  # by the place of the node's word
        for held in lists_in(tree):
            for item in held.items:
                word = next(iter(item.entries.values())).key if isinstance(item, Mapping) and item.entries else item
                self.items[span_of(word)] = (held, item)

    def after(self, step: Step, node: str) -> Edit | None:
        """Put a node after a step; None where the layout leaves no room for it."""
        if step.span not in self.items:
            return None
        held, item = self.items[step.span]
        if held.flow:
            return Edit(_end_of(span_of(item)), f", {_in_flow(node)}")
        indent = self._indent(item)
        end = last_line(item)
        column = len(self.lines[end]) + 1
        return None if indent is None else Edit(Span(end + 1, column, end + 1, column), f"\n{indent}- {node}")

    def before(self, step: Step, node: str) -> Edit | None:
        """Put a node before a step."""
        if step.span not in self.items:
            return None
        held, item = self.items[step.span]
        start = span_of(item)
        if held.flow:
            return Edit(_start_of(start), f"{_in_flow(node)}, ")
        indent = self._indent(item)
        return None if indent is None else Edit(Span(start.line, 1, start.line, 1), f"{indent}- {node}\n")

    def without(self, step: Step) -> Edit | None:
        """Leave a step out; it must not be the only one of its list."""
        if step.span not in self.items:
            return None
        held, item = self.items[step.span]
        if len(held.items) < 2:
            return None
        if held.flow:
            return _out_of_flow(held, item)
        if self._indent(item) is None:
            return None
        return Edit(Span(span_of(item).line, 1, last_line(item) + 2, 1), "")

    def _indent(self, item: Tree) -> str | None:
        """What stands before the dash of a block list's item; None where that is not only space."""
        before = self.lines[item.start.line][: item.start.column]
        indent, dash, rest = before.rpartition("-")
        return indent if dash and not indent.strip() and not rest.strip() else None


def _in_flow(node: str) -> str:
    """A node as it stands in brackets."""
    return f"{{{node}}}" if ":" in node else node


def _out_of_flow(held: Sequence, item: Tree) -> Edit:
    """Take an item out of `[a, b]` with the comma before it, or after it where it is the first."""
    at = next(i for i, each in enumerate(held.items) if each is item)
    start, end = span_of(item), span_of(item)
    if at > 0:
        before = span_of(held.items[at - 1])
        return Edit(Span(before.end_line, before.end_column, end.end_line, end.end_column), "")
    after = span_of(held.items[1])
    return Edit(Span(start.line, start.column, after.line, after.column), "")


def _start_of(span: Span) -> Span:
    return Span(span.line, span.column, span.line, span.column)


def _end_of(span: Span) -> Span:
    return Span(span.end_line, span.end_column, span.end_line, span.end_column)
