"""Specs of earlier versions of the format as specs of this one, by rewrites of their text.

`REWRITES` has a function for each version but the last: it gives the edits that make a text of its version one of the next.
Edits leave the layout and the comments around them as they are. Those of the version's number are made here.

There is one version today, and so the table is empty. The second adds a line to it: `1: some_function`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netspec.diagnostics.problems import Edit, Problem, Problems, SpecError
from netspec.pipeline import check_text
from netspec.spec.decoding.version import version_of
from netspec.spec.document import FORMAT_VERSION
from netspec.syntax.edits import apply, in_json, is_json
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, SourceText, span_of

Rewrite = Callable[[SourceText, Mapping], tuple[Edit, ...]]

REWRITES: dict[int, Rewrite] = {}


class Upgraded(NamedTuple):
    """A text of this version.

    Attributes:
        text: The text; the same as before where nothing is to do.
        version: The version that it was written in.
    """

    text: str
    version: int


def upgraded(source: SourceText, problems: Problems, folder: str | None) -> Upgraded:
    """A spec's text in the version that this netspec reads.

    Args:
        source: The text as it was read.
        problems: What was wrong with it then.
        folder: Where it lies, for blocks of other files that it uses; None: nowhere.

    Returns:
        The text, which is free of errors if something in it was rewritten.

    Raises:
        SpecError: It cannot be read, says no version that there is, or would be wrong when it is rewritten. The problems
            are then those of the new text.
    """
    root = source.tree
    if not isinstance(root, Mapping):
        raise SpecError(source.path, problems.ordered() or _problems_of(source.text, source.path, folder), source.text)
    entry = root.entries.get("netspec")
    version = version_of(entry) if entry is not None else None
    if version is None or version > FORMAT_VERSION:
        wrong = _problems_of(source.text, source.path, folder)
        raise SpecError(source.path, tuple(each for each in wrong if each.code == "NS208"), source.text)
    text = source.text
    for step in range(version, FORMAT_VERSION):
        text = _next(text, source.path, step)
    if text != source.text:
        wrong = _problems_of(text, source.path, folder)
        if wrong:
            raise SpecError(source.path, wrong, text)
    return Upgraded(text, version)


def _next(text: str, path: str, version: int) -> str:
    """A text of one version as one of the next."""
    source = read_text(text, path, Problems())
    root = source.tree
    assert isinstance(root, Mapping)
    number = Edit(span_of(root.entries["netspec"].value), str(version + 1))
    edits = (number, *REWRITES[version](source, root))
    return apply(text, in_json(edits, text) if is_json(text) else edits)


def _problems_of(text: str, path: str, folder: str | None) -> tuple[Problem, ...]:
    spec = check_text(text, path, repairs=False, folder=folder, variants=True)
    return tuple(problem for problem in spec.problems if problem.is_error)
