"""Which node a map with several keys was meant to be."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from typing import NamedTuple

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.diagnostics.words import listing, suggest
from netspec.kinds import KINDS
from netspec.spec.document import Step
from netspec.spec.edits import changes
from netspec.spec.keys import WIRING
from netspec.syntax.edits import indented
from netspec.syntax.tree import Entry, Mapping, Scalar, Tree, last_line, span_of

Params = MappingABC[str, tuple[str, ...]]  # of each block


class Misformed(NamedTuple):
    """What is wrong with a map that should be a node: the fact, its place, a fix; and the node that was meant, if that is clear."""

    message: str
    span: Span
    candidates: tuple[Candidate, ...] = ()
    step: Step | None = None


def misformed(tree: Mapping, blocks: Params, lines: list[str]) -> Misformed:
    """What is wrong with a map that has not exactly one key.

    Args:
        tree: The map.
        blocks: The spec's blocks with their params.
        lines: The spec's, for fixes.
    """
    names = list(tree.entries)
    if not names:
        return Misformed("a node is a map with one key, its kind; this map is empty", span_of(tree))
    kinds = [name for name in names if name in KINDS or name in blocks]
    first = names[0]
    if kinds and first == kinds[0] and set(names[1:]) <= set(_known(first, blocks)):
        return _dedented(tree, first, names[1:], blocks, lines)
    if len(kinds) == 1:
        kind_name = kinds[0]
        strays = [name for name in names if name != kind_name]
        message = f"{listing(strays)} {_stand(strays)} beside `{kind_name}`; a node has one key, its kind, with all else under it"
        return Misformed(message, span_of(tree.entries[strays[0]].key), step=Step(kind_name, *tree.entries[kind_name]))
    if kinds:
        message = f"a node has one key, its kind; this map has {listing(kinds)}; start each with its own `- `"
        return Misformed(message, span_of(tree.entries[kinds[1]].key))
    message = f"a node has one key, its kind; this map has {listing(names[:4])}"
    key = next((name for name in names if name in _TYPE_KEYS and isinstance(tree.entries[name].value, Scalar)), None)
    return Misformed(message, span_of(tree)) if key is None else _typed(tree, key, message, blocks, lines)


_TYPE_KEYS = ("type", "kind", "layer", "layer_type", "class_name", "op")  # where other tools say what a node is


def _typed(tree: Mapping, key: str, message: str, blocks: Params, lines: list[str]) -> Misformed:
    """A node as other tools write it, `{type: conv, filters: 8}`, whose kind should be its one key."""
    written = tree.entries[key].value
    assert isinstance(written, Scalar)
    known = (*KINDS, *blocks)
    meant = suggest(written.text, known, "kind") if written.text not in known else None
    kind_name = meant.meant if meant is not None and meant.sure else written.text
    message += f"; write `{kind_name}: {{…}}`"
    if kind_name not in known:
        return Misformed(message, span_of(tree))
    others = {name: entry for name, entry in tree.entries.items() if name != key}
    step = Step(kind_name, written, Mapping(others, tree.flow, tree.start, tree.end))
    edits = _in_braces(tree, key, kind_name, lines) if tree.flow else _under_kind(tree, key, kind_name)
    candidates = (Candidate(edits, f"{kind_name}: {{…}}"),) if edits else ()
    return Misformed(message, span_of(tree), candidates, step)


def _in_braces(tree: Mapping, key: str, kind_name: str, lines: list[str]) -> tuple[Edit, ...]:
    """`{type: conv, filters: 8}` as `conv: {filters: 8}`, in braces again where the list around it is in brackets."""
    names = [*tree.entries]
    at, span = names.index(key), span_of(tree)
    is_item = not lines[tree.start.line][: tree.start.column].strip(" -")
    opening, closing = (f"{kind_name}: {{", "") if is_item else (f"{{{kind_name}: {{", "}")
    start = Span(span.line, span.column, span.line, span.column + 1)
    end = Span(span.end_line, span.end_column, span.end_line, span.end_column)
    out = [span_of(tree.entries[key].key), span_of(tree.entries[key].value)]
    if at + 1 < len(names):  # with the comma after it
        following = span_of(tree.entries[names[at + 1]].key)
        gone = Span(out[0].line, out[0].column, following.line, following.column)
    else:
        before = span_of(tree.entries[names[at - 1]].value)
        gone = Span(before.end_line, before.end_column, out[1].end_line, out[1].end_column)
    return (Edit(start, opening), Edit(gone, ""), *([Edit(end, closing)] if closing else []))


def _under_kind(tree: Mapping, key: str, kind_name: str) -> tuple[Edit, ...]:
    """The lines of a map under its kind, where that stands first."""
    if next(iter(tree.entries)) != key:
        return ()
    start, end = span_of(tree.entries[key].key), span_of(tree.entries[key].value)
    others = [entry for name, entry in tree.entries.items() if name != key]
    return (Edit(Span(start.line, start.column, end.end_line, end.end_column), f"{kind_name}:"), *indented(others))


def dashed(tree: Mapping, lines: list[str]) -> tuple[Candidate, ...]:
    """The entries of a map as items of a list, each behind its own dash."""
    if tree.flow:
        return ()
    edits = []
    column = tree.start.column
    for number in range(tree.start.line, len(lines)):  # by lines: of a key that stands twice the tree holds the first
        line = lines[number]
        content = line.lstrip(" ")
        indent = len(line) - len(content)
        if not content.strip() or content.startswith("#"):
            continue
        if indent < column:
            break
        edits.append(Edit(Span(number + 1, column + 1, number + 1, column + 1), "- " if indent == column else "  "))
    return (Candidate(tuple(edits), "`- ` before each node"),)


def _known(kind_name: str, blocks: Params) -> tuple[str, ...]:
    """What may stand under a kind or a block."""
    return (*(KINDS[kind_name].options if kind_name in KINDS else blocks[kind_name]), *WIRING)


def _stand(words: list[str]) -> str:
    return "stands" if len(words) == 1 else "stand"


def _dedented(tree: Mapping, kind_name: str, strays: list[str], blocks: Params, lines: list[str]) -> Misformed:
    """The kind's own hyperparameters on lines that are not indented deeply enough."""
    key, value = tree.entries[kind_name]
    entries = {name: tree.entries[name] for name in strays}
    where = "in braces after the kind" if tree.flow else "indented deeper than the kind"
    message = f"{listing(strays)} {_stand(strays)} beside `{kind_name}`; hyperparameters and wiring are {where}"
    whole = {**entries, **_under(kind_name, key, value)}
    step = Step(kind_name, key, Mapping(whole, False, key.start, tree.end))
    return Misformed(
        message, span_of(tree.entries[strays[0]].key), _moved(tree, kind_name, entries, blocks, lines), step
    )


def _under(kind_name: str, key: Scalar, value: Tree) -> dict[str, Entry]:
    """What stands under a kind already."""
    if isinstance(value, Mapping):
        return value.entries
    principal = KINDS[kind_name].principal if kind_name in KINDS else None
    return {principal: Entry(key, value)} if principal is not None and not _is_empty(value) else {}


def _is_empty(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and tree.value is None and not tree.text


def _moved(
    tree: Mapping, kind_name: str, strays: dict[str, Entry], blocks: Params, lines: list[str]
) -> tuple[Candidate, ...]:
    """Fixes that put entries under the kind beside which they stand."""
    key, value = tree.entries[kind_name]
    if isinstance(value, Mapping) and set(strays) & set(value.entries):
        return ()
    if tree.flow:
        return _into_braces(tree, kind_name, strays, lines)
    them = "it" if len(strays) == 1 else "them"
    if _is_empty(value):
        return (Candidate(indented(strays.values()), f"indent {them} by two more"),)
    if isinstance(value, Mapping) and not value.flow and value.entries:
        deeper = next(iter(value.entries.values())).key.start.column - key.start.column
        return (
            Candidate(indented(strays.values(), deeper), f"indent {them} by {'two' if deeper == 2 else deeper} more"),
        )
    return _into_line(tree, kind_name, strays, blocks, lines)


def _into_braces(tree: Mapping, kind_name: str, strays: dict[str, Entry], lines: list[str]) -> tuple[Candidate, ...]:
    """The fix that takes entries of a map in braces, all of them after their kind, under that."""
    value, last = tree.entries[kind_name].value, list(strays.values())[-1].value
    principal = KINDS[kind_name].principal if kind_name in KINDS else None
    first = next(iter(strays.values())).key
    at, end = span_of(value), span_of(last)
    if at.end_line != end.end_line or first.start.line != at.end_line - 1:
        return ()
    written = lines[at.end_line - 1][first.start.column : end.end_column - 1]
    gone = Edit(Span(at.end_line, at.end_column, end.end_line, end.end_column), "")
    if isinstance(value, Mapping) and value.flow:
        inside = Span(at.end_line, at.end_column - 1, at.end_line, at.end_column - 1)
        put = Edit(inside, f", {written}" if value.entries else written)
    elif isinstance(value, Scalar) and value.plain and value.text and principal is not None:
        put = Edit(at, f"{{{principal}: {value.text}, {written}}}")
    else:
        return ()
    return (Candidate((put, gone), f"{kind_name}: {{…, {written}}}"),)


def _into_line(
    tree: Mapping, kind_name: str, strays: dict[str, Entry], blocks: Params, lines: list[str]
) -> tuple[Candidate, ...]:
    """The fix that takes entries, each on a line of its own and without a comment, into the line of their kind."""
    key, value = tree.entries[kind_name]
    words: dict[str, str] = {}
    removed: list[Edit] = []
    for name, (stray, given) in strays.items():
        line = stray.start.line
        written = lines[line][given.start.column : given.end.column].strip()
        if last_line(given) != line or given.start.line != line or "#" in lines[line] or not written:
            return ()
        words[name] = written
        removed.append(Edit(Span(line + 1, 1, line + 2, 1), ""))
    step = Step(kind_name, key, value)
    step.cls = KINDS.get(kind_name)
    put = changes(step, words, next(iter(blocks.get(kind_name, ())), None))
    if not put:
        return ()
    shown = ", ".join(f"{name}: {written}" for name, written in words.items())
    return (Candidate((*put, *removed), f"{kind_name}: {{…, {shown}}}"),)
