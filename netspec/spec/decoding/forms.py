"""Which node a map with several keys was meant to be."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from typing import NamedTuple

from netspec.diagnostics.problems import Candidate, Edit, Span
from netspec.diagnostics.words import listing
from netspec.kinds import KINDS
from netspec.spec.document import Step
from netspec.spec.edits import changes
from netspec.spec.keys import WIRING
from netspec.syntax.edits import indented, last_line
from netspec.syntax.tree import Entry, Mapping, Scalar, Tree, lines_of, span_of

Params = MappingABC[str, tuple[str, ...]]  # of each block


class Misformed(NamedTuple):
    """What is wrong with a map that should be a node: the fact, its place, a fix; and the node that was meant, if that is clear."""

    message: str
    span: Span
    candidates: tuple[Candidate, ...] = ()
    step: Step | None = None


def misformed(tree: Mapping, blocks: Params, text: str) -> Misformed:
    """What is wrong with a map that has not exactly one key.

    Args:
        tree: The map.
        blocks: The spec's blocks with their params.
        text: The spec's, for fixes.
    """
    names = list(tree.entries)
    if not names:
        return Misformed("a node is a map with one key, its kind; this map is empty", span_of(tree))
    kinds = [name for name in names if name in KINDS or name in blocks]
    first = names[0]
    if kinds and first == kinds[0] and set(names[1:]) <= set(_known(first, blocks)):
        return _dedented(tree, first, names[1:], blocks, text)
    if len(kinds) == 1:
        word = kinds[0]
        strays = [name for name in names if name != word]
        message = (
            f"{listing(strays)} {_stand(strays)} beside `{word}`; a node has one key, its kind, with all else under it"
        )
        return Misformed(message, span_of(tree.entries[strays[0]].key), step=Step(word, *tree.entries[word]))
    if kinds:
        message = f"a node has one key, its kind; this map has {listing(kinds)}; start each with its own `- `"
        return Misformed(message, span_of(tree.entries[kinds[1]].key))
    typed = tree.entries.get("type") or tree.entries.get("kind")
    hint = ""
    if typed is not None and isinstance(typed.value, Scalar):
        hint = f"; write `{typed.value.text}: {{…}}`"
    return Misformed(f"a node has one key, its kind; this map has {listing(names[:4])}{hint}", span_of(tree))


def _known(word: str, blocks: Params) -> tuple[str, ...]:
    """What may stand under a kind or a block."""
    return (*(KINDS[word].options if word in KINDS else blocks[word]), *WIRING)


def _stand(words: list[str]) -> str:
    return "stands" if len(words) == 1 else "stand"


def _dedented(tree: Mapping, word: str, strays: list[str], blocks: Params, text: str) -> Misformed:
    """The kind's own hyperparameters on lines that are not indented deeply enough."""
    key, value = tree.entries[word]
    entries = {name: tree.entries[name] for name in strays}
    where = "in braces after the kind" if tree.flow else "indented deeper than the kind"
    message = f"{listing(strays)} {_stand(strays)} beside `{word}`; hyperparameters and wiring are {where}"
    whole = {**entries, **_under(word, key, value)}
    step = Step(word, key, Mapping(whole, False, key.start, tree.end))
    return Misformed(message, span_of(tree.entries[strays[0]].key), _moved(tree, word, entries, blocks, text), step)


def _under(word: str, key: Scalar, value: Tree) -> dict[str, Entry]:
    """What stands under a kind already."""
    if isinstance(value, Mapping):
        return value.entries
    principal = KINDS[word].principal if word in KINDS else None
    return {principal: Entry(key, value)} if principal is not None and not _is_empty(value) else {}


def _is_empty(tree: Tree) -> bool:
    return isinstance(tree, Scalar) and tree.value is None and not tree.text


def _moved(tree: Mapping, word: str, strays: dict[str, Entry], blocks: Params, text: str) -> tuple[Candidate, ...]:
    """Fixes that put entries under the kind beside which they stand."""
    key, value = tree.entries[word]
    if tree.flow or (isinstance(value, Mapping) and set(strays) & set(value.entries)):
        return ()
    them = "it" if len(strays) == 1 else "them"
    if _is_empty(value):
        return (Candidate(indented(strays.values()), f"indent {them} by two more"),)
    if isinstance(value, Mapping) and not value.flow and value.entries:
        deeper = next(iter(value.entries.values())).key.start.column - key.start.column
        return (
            Candidate(indented(strays.values(), deeper), f"indent {them} by {'two' if deeper == 2 else deeper} more"),
        )
    return _into_line(tree, word, strays, blocks, text)


def _into_line(tree: Mapping, word: str, strays: dict[str, Entry], blocks: Params, text: str) -> tuple[Candidate, ...]:
    """The fix that takes entries, each on a line of its own and without a comment, into the line of their kind."""
    key, value = tree.entries[word]
    lines = lines_of(text)
    words: dict[str, str] = {}
    removed: list[Edit] = []
    for name, (stray, given) in strays.items():
        line = stray.start.line
        written = lines[line][given.start.column : given.end.column].strip()
        if last_line(given) != line or given.start.line != line or "#" in lines[line] or not written:
            return ()
        words[name] = written
        removed.append(Edit(Span(line + 1, 1, line + 2, 1), ""))
    step = Step(word, key, value)
    step.cls = KINDS.get(word)
    put = changes(step, words, next(iter(blocks.get(word, ())), None))
    if not put:
        return ()
    shown = ", ".join(f"{name}: {written}" for name, written in words.items())
    return (Candidate((*put, *removed), f"{word}: {{…, {shown}}}"),)
