"""Changes to a spec's text that leave its comments and layout as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from netspec.document import Step
from netspec.kinds.kind import Repair
from netspec.problems import Edit, Fix, Span
from netspec.source import Entry, Mapping, Scalar, Sequence, Tree, span_of


def fixes_of(step: Step, repairs: Iterable[Repair]) -> tuple[Fix, ...]:
    """The candidates as edits of the text, those for which the node's layout has room."""
    return tuple(
        Fix(f"{option}: {value}", edits, remark)
        for option, value, remark in repairs
        if (edits := changes(step, {option: value}))
    )


def changes(step: Step, options: dict[str, str]) -> tuple[Edit, ...]:
    """Give some of a node's hyperparameters values, in place of those that are there; none where its layout has no room."""
    tree = step.tree
    principal = step.cls.principal if step.cls is not None else None
    words = ", ".join(f"{name}: {value}" for name, value in options.items())
    if tree is None:  # a bare word
        return (Edit(_end_of(step.span), f": {{{words}}}"),)
    if isinstance(tree, Mapping):
        there = [
            Edit(span_of(tree.entries[name].value), value) for name, value in options.items() if name in tree.entries
        ]
        more = {name: value for name, value in options.items() if name not in tree.entries}
        inserted = _insert(tree, more) if more else None
        return () if more and inserted is None else (*there, *([inserted] if inserted else []))
    if principal is None:
        return ()
    if [*options] == [principal]:
        return (Edit(span_of(tree), options[principal]),)
    if isinstance(tree, Sequence) and tree.items:
        return () if principal in options else _beside_list(tree, principal, options)
    if isinstance(tree, Scalar) and tree.plain and tree.text:
        whole = {principal: tree.text, **options}
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


def _insert(tree: Mapping, options: dict[str, str]) -> Edit | None:
    words = [f"{name}: {value}" for name, value in options.items()]
    if tree.flow:
        end = span_of(tree)
        at = Span(end.end_line, end.end_column - 1, end.end_line, end.end_column - 1)
        if not tree.entries:
            return Edit(at, ", ".join(words))
        return Edit(_end_of(span_of(_last(tree))), "".join(f", {each}" for each in words))
    last = _last(tree)
    if isinstance(last, Scalar) and not last.plain and last.end.line != last.start.line:
        return None  # a block scalar's end is not where a line ends
    first = next(iter(tree.entries.values())).key
    indent = " " * (span_of(first).column - 1)
    return Edit(_end_of(span_of(last)), "".join(f"\n{indent}{each}" for each in words))


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


def indented(entries: Iterable[Entry]) -> tuple[Edit, ...]:
    """Some entries of a block map two columns further in."""
    lines = {line for key, value in entries for line in range(key.start.line, _last_line(value) + 1)}
    return tuple(Edit(Span(line + 1, 1, line + 1, 1), "  ") for line in sorted(lines))


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


_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s\[\]{},:"](?:[^\[\]{},:"]*[^\s\[\]{},:"])?')


def is_json(text: str) -> bool:
    """Is a spec's text JSON, and not only YAML that looks like it?"""
    if text.lstrip()[:1] != "{":
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def in_json(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Edits of a text that is JSON, where words stand in quotes."""
    return tuple(edit._replace(text=_JSON_TOKEN.sub(_quoted, edit.text)) for edit in edits)


def _quoted(token: re.Match[str]) -> str:
    try:
        json.loads(token[0])
    except ValueError:
        return json.dumps(token[0], ensure_ascii=False)
    return token[0]


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
