"""Names that stand for nothing, so that a line that gave them may be missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from netspec.diagnostics.words import suggest
from netspec.recovery.lines import split, text_at
from netspec.recovery.places import sections, steps_in
from netspec.recovery.standing import NO_BLOCK, NO_NODE, NO_PARAM
from netspec.spec.names import RECEIVED

if TYPE_CHECKING:
    from netspec.diagnostics.problems import Problem
    from netspec.spec.document import Document

_WORD = re.compile(r"\w+\*?(?:\.\w+\*?)*")
_NUMBER = re.compile(r"\d+|(?<![A-Za-z])[A-Za-z](?![A-Za-z])")  # or the letter that stands for one


class Lost(NamedTuple):
    """What is read and stands for nothing.

    Attributes:
        role: What it would be.
        name: Its name; of a node, the path.
    """

    role: Literal["node", "param", "block"]
    name: str


def lost_names(document: Document, faults: Iterable[Problem]) -> Iterator[Lost]:
    """What a document reads that stands for nothing and is no slip: not misspelt, and not yet to be written to its end.

    Of nodes it is those that the network's own list reads; a block that lacks one is a hole by itself. A node that is left out
    by a condition stands there.

    Args:
        document: The document.
        faults: What keeps it from being understood.
    """
    params = params_of(document)
    named = [problem for problem in faults if problem.code in (NO_NODE, NO_BLOCK, NO_PARAM)]
    lines = split(document.source.text)[0] if named else []
    # Where it is not known, though another block has a param of that name.
    for name in document.names_used.difference(params, RECEIVED) | unknown_names(lines, named):
        if not _is_slip(name, params - {name}):
            yield Lost("param", name)
    missing = [problem for problem in named if problem.code != NO_PARAM]
    if not missing:
        return
    part = sections(document.source.tree).get("layers", range(0))
    given: dict[str, int] = {}  # the names that are written, with the lines of the first
    for step in steps_in(document):
        if step.name is not None and isinstance(step.name.value, str):
            given.setdefault(step.name.value, step.span.line)
    for problem in missing:
        name = text_at(lines, problem.span).strip("'\"")
        if problem.code == NO_BLOCK:
            if name and not _is_slip(name, document.blocks):
                yield Lost("block", name)
        elif name and problem.span.line - 1 in part:
            first, *rest = name.split(".")
            if given.get(first, problem.span.line) < problem.span.line and all(each in given for each in rest):
                continue
            known = [edit.text for candidate in problem.candidates for edit in candidate.edits] + [*given]
            if not any(_is_slip(each, known) for each in (first, *rest) if each not in given):
                yield Lost("node", name)


def unknown_names(lines: list[str], problems: Iterable[Problem]) -> set[str]:
    """The `$names` of which problems say that they are not known where they are read."""
    return {text_at(lines, problem.span).lstrip("$") for problem in problems if problem.code == NO_PARAM}


def params_of(document: Document) -> set[str]:
    """The names of all params, those of blocks too."""
    return document.params.keys() | {name for block in document.blocks.values() for name in block.params}


def words_of(lines: Iterable[str]) -> set[str]:
    """The names and paths that lines hold."""
    return {word for line in lines for word in _WORD.findall(line)}


def _is_slip(name: str, known: Collection[str]) -> bool:
    """Is a name probably a known one, misspelt or begun? Those that differ in a number are two of a row."""
    near = suggest(name, [*known])
    meant = [near.meant] if near is not None else [each for each in known if each.startswith(name)]
    return any(_NUMBER.sub("", each) != _NUMBER.sub("", name) for each in meant)
