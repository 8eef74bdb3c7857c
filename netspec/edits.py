"""Changes to a spec's text that leave its comments and layout as they are."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.document import Step
from netspec.kinds.kind import Repair
from netspec.problems import Edit, Fix, Span
from netspec.source import Mapping, Scalar, Sequence, Tree, span_of


def fixes_of(step: Step, repairs: Iterable[Repair]) -> tuple[Fix, ...]:
    """The candidates as edits of the text, those for which the node's layout has room."""
    return tuple(
        Fix(f"{option}: {value}", edits, remark)
        for option, value, remark in repairs
        if (edits := changes(step, option, value))
    )


def changes(step: Step, name: str, value: str) -> tuple[Edit, ...]:
    """Give a node's hyperparameter a value; none where its layout leaves no room for it."""
    principal = step.cls.principal if step.cls is not None else None
    if isinstance(step.tree, Sequence) and step.tree.items and principal not in (None, name):
        return _beside_list(step.tree, str(principal), name, value)
    edit = set_option(step, name, value)
    return () if edit is None else (edit,)


def set_option(step: Step, name: str, value: str) -> Edit | None:
    """Give a node's hyperparameter a value, replacing the one that is there."""
    tree = step.tree
    if tree is None:  # a bare word
        return Edit(_end_of(step.span), f": {{{name}: {value}}}")
    if isinstance(tree, Mapping):
        if name in tree.entries:
            return Edit(span_of(tree.entries[name].value), value)
        return _insert(tree, name, value)
    principal = step.cls.principal if step.cls is not None else None
    if principal is None:
        return None
    if principal == name:
        return Edit(span_of(tree), value)
    if isinstance(tree, Scalar) and tree.plain and tree.text:
        return Edit(span_of(tree), f"{{{principal}: {tree.text}, {name}: {value}}}")
    return None


def _beside_list(tree: Sequence, principal: str, name: str, value: str) -> tuple[Edit, ...]:
    """`skip: […]` as `skip: {body: […]}` with another hyperparameter before it."""
    start = span_of(tree)
    if tree.flow:
        return Edit(_start_of(start), f"{{{name}: {value}, {principal}: "), Edit(_end_of(start), "}")
    indent = " " * (start.column - 1)
    return (Edit(Span(start.line, 1, start.line, 1), f"{indent}{name}: {value}\n{indent}{principal}:\n"),)


def _insert(tree: Mapping, name: str, value: str) -> Edit | None:
    if tree.flow:
        end = span_of(tree)
        at = Span(end.end_line, end.end_column - 1, end.end_line, end.end_column - 1)
        if not tree.entries:
            return Edit(at, f"{name}: {value}")
        last = _last(tree)
        return Edit(_end_of(span_of(last)), f", {name}: {value}")
    last = _last(tree)
    if isinstance(last, Scalar) and not last.plain and last.end.line != last.start.line:
        return None  # a block scalar's end is not where a line ends
    first = next(iter(tree.entries.values())).key
    indent = " " * (span_of(first).column - 1)
    return Edit(_end_of(span_of(last)), f"\n{indent}{name}: {value}")


def _last(tree: Tree) -> Tree:
    """The last thing written in a tree; a block collection's own end mark stands on a later line."""
    if isinstance(tree, Mapping) and tree.entries and not tree.flow:
        entry = list(tree.entries.values())[-1]
        return _last(entry.value)
    if isinstance(tree, Mapping) and tree.entries:
        entry = list(tree.entries.values())[-1]
        return entry.value if span_of(entry.value).column else entry.key
    if isinstance(tree, Sequence) and tree.items and not tree.flow:
        return _last(tree.items[-1])
    return tree


class Places:
    """Where a node can be put before or after another, in the list that holds it."""

    def __init__(self, text: str, tree: Tree | None) -> None:
        self.lines = text.splitlines()
        self.items: dict[Span, tuple[Sequence, Tree]] = {}  # by the place of the node's word
        stack = [tree] if tree is not None else []
        while stack:
            held = stack.pop()
            if isinstance(held, Mapping):
                stack.extend(entry.value for entry in held.entries.values())
            elif isinstance(held, Sequence):
                stack.extend(held.items)
                for item in held.items:
                    word = next(iter(item.entries.values())).key if isinstance(item, Mapping) and item.entries else item
                    self.items[span_of(word)] = (held, item)

    def after(self, step: Step, node: str) -> Edit | None:
        """Put a node after a step; None where the layout leaves no room for it."""
        if step.span not in self.items:
            return None
        held, item = self.items[step.span]
        if held.flow:
            return Edit(_end_of(span_of(item)), f", {{{node}}}")
        indent = self._indent(item)
        end = _last_line(item)
        column = len(self.lines[end]) + 1
        return None if indent is None else Edit(Span(end + 1, column, end + 1, column), f"\n{indent}- {node}")

    def before(self, step: Step, node: str) -> Edit | None:
        """Put a node before a step."""
        if step.span not in self.items:
            return None
        held, item = self.items[step.span]
        start = span_of(item)
        if held.flow:
            return Edit(_start_of(start), f"{{{node}}}, ")
        indent = self._indent(item)
        return None if indent is None else Edit(Span(start.line, 1, start.line, 1), f"{indent}- {node}\n")

    def without(self, step: Step) -> Edit | None:
        """Leave a step out; it must not be the only one of its list."""
        if step.span not in self.items:
            return None
        held, item = self.items[step.span]
        if len(held.items) < 2 or held.flow or self._indent(item) is None:
            return None
        return Edit(Span(span_of(item).line, 1, _last_line(item) + 2, 1), "")

    def _indent(self, item: Tree) -> str | None:
        """What stands before the dash of a block list's item; None where that is not only space."""
        before = self.lines[item.start.line][: item.start.column]
        indent, dash, rest = before.rpartition("-")
        return indent if dash and not indent.strip() and not rest.strip() else None


def between(old: str, new: str) -> tuple[Edit, ...]:
    """The edits, whole lines each, that make one text of another."""
    from difflib import SequenceMatcher  # slow to import, and seldom needed

    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    return tuple(
        Edit(Span(i + 1, 1, j + 1, 1), "".join(after[k:m]).replace("\r\n", "\n"))
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    )


def _last_line(tree: Tree) -> int:
    """The line, from 0, on which a tree ends; a block collection's own end mark stands on a later one."""
    if isinstance(tree, Scalar) or tree.flow:
        return int(tree.end.line)
    inner = [entry.value for entry in tree.entries.values()] if isinstance(tree, Mapping) else tree.items
    return _last_line(inner[-1]) if inner else int(tree.start.line)


def _start_of(span: Span) -> Span:
    return Span(span.line, span.column, span.line, span.column)


def _end_of(span: Span) -> Span:
    return Span(span.end_line, span.end_column, span.end_line, span.end_column)


def apply(text: str, edits: tuple[Edit, ...]) -> str:
    """The text with edits made, last first so that places stay true."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(line: int, column: int) -> int:
        return starts[min(line - 1, len(starts) - 1)] + column - 1

    newline = "\r\n" if "\r\n" in text else "\n"
    for span, new in sorted(edits, key=lambda e: (e.span.line, e.span.column), reverse=True):
        begin, end = offset(span.line, span.column), offset(span.end_line, span.end_column)
        text = text[:begin] + new.replace("\n", newline) + text[end:]
    return text
