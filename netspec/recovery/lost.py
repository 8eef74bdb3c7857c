"""Names that stand for nothing, so that a line that gave them may be missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from netspec.diagnostics.words import suggest
from netspec.recovery.lines import split
from netspec.recovery.places import sections, steps_in
from netspec.recovery.standing import NO_NODE, faults
from netspec.spec.names import RECEIVED

if TYPE_CHECKING:
    from netspec.pipeline import Spec
    from netspec.spec.document import Document

_WORD = re.compile(r"\$?\w+\*?(?:\.\w+\*?)*")  # a name, a path or a param that is read
_NUMBER = re.compile(r"\d+|(?<![A-Za-z])[A-Za-z](?![A-Za-z])")  # or the letter that stands for one


def lost_names(spec: Spec) -> Iterator[str]:
    """What is read and stands for nothing: names and paths of nodes in the network's own list, and params as `$name`.

    Those that are left out by a condition stand there, and those that are one slip from another name are a slip. A block that
    lacks a node is a hole by itself.
    """
    if spec.document is not None:
        yield from _nodes(spec, spec.document)
        known = params_of(spec.document)
        for name in spec.document.names_used.difference(known, RECEIVED):
            if not _is_slip(name, [*known]):
                yield f"${name}"


def params_of(document: Document) -> set[str]:
    """The names of all params, those of blocks too."""
    return document.params.keys() | {name for block in document.blocks.values() for name in block.params}


def _nodes(spec: Spec, document: Document) -> Iterator[str]:
    missing = [problem for problem in faults(spec) if problem.code == NO_NODE]
    if not missing:
        return
    part, lines = sections(document.source.tree).get("layers", range(0)), split(spec.text)[0]
    given: dict[str, int] = {}  # the names that are written, with the lines of the first
    for step in steps_in(document):
        if step.name is not None and isinstance(step.name.value, str):
            given.setdefault(step.name.value, step.span.line)
    for problem in missing:
        span = problem.span
        if span.line - 1 not in part or span.line != span.end_line:
            continue
        path = lines[span.line - 1][span.column - 1 : span.end_column - 1].strip("'\"")
        first, *rest = path.split(".")
        if given.get(first, span.line) < span.line and all(each in given for each in rest):
            continue
        known = [edit.text for candidate in problem.candidates for edit in candidate.edits] + [*given]
        if not any(_is_slip(each, known) for each in (first, *rest) if each not in given):
            yield path


def words_of(lines: Iterable[str]) -> set[str]:
    """The names, paths and params that lines hold."""
    return {word for line in lines for word in _WORD.findall(line)}


def _is_slip(name: str, known: list[str]) -> bool:
    """Is a name probably a known one, misspelt or not yet written to its end? Those that differ in a number are two of a row."""
    near = suggest(name, known)
    begun = (each for each in known if each.startswith(name))
    return any(_NUMBER.sub("", each) != _NUMBER.sub("", name) for each in ([near.meant] if near else begun))
