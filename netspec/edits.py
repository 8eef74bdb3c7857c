"""Changes to a spec's text that leave its comments and layout as they are."""

from __future__ import annotations

from netspec.document import Step
from netspec.kinds.kind import Repair
from netspec.problems import Edit, Fix, Span
from netspec.source import Mapping, Scalar, Sequence, Tree, span_of


def repair_edits(step: Step, repair: Repair) -> Fix | None:
    """The candidate as a text edit at the node; None where the node's layout leaves no room for it."""
    edit = set_option(step, repair.option, repair.value)
    return None if edit is None else Fix(f"{repair.option}: {repair.value}", (edit,), repair.remark)


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
