"""The folder of a spec, from which it may use blocks of other files: which files those may be, and how their lines are counted.

A spec may come from anybody, so what it names is read only where it lies in the spec's own folder or below, is reached without
a link, and is a regular file of moderate size.

The lines of other files are counted on from those of the spec: those of the first begin at `FAR`, those of the second at twice
that. So every stage works with places as with those of one text, and whoever shows a problem asks `place_in` for the file.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import NamedTuple

from netspec.diagnostics.problems import FAR, Problems
from netspec.diagnostics.words import listing, show
from netspec.syntax.reading import read, read_text
from netspec.syntax.tree import Mapping, Scalar, Sequence, SourceText, Tree

SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILES = 32  # that one spec uses, those that they use included
MAX_BYTES = 4 * 2**20  # of all of them together


class Refused(Exception):
    """A file that is not read; its text says why and what to do."""


class File(NamedTuple):
    """A file beside a spec."""

    inside: str  # its path from the spec's folder, with `/`
    path: str  # as messages name it
    text: str
    base: int  # the number that its lines are counted on from

    def read(self, problems: Problems) -> SourceText:
        """Its tree, whose lines are the file's own until `moved` is asked to count them on."""
        return read_text(self.text, self.path, problems)


class Folder:
    """Finds the files of one check.

    Args:
        path: The folder of the spec; None where it has none, because it is a text and no file.
        opened: The text of a file that is open in an editor, by its absolute path; None of any other.
    """

    def __init__(self, path: str | None, opened: Callable[[str], str | None] | None = None) -> None:
        self.path = path
        self.files: dict[str, File] = {}
        self._opened = opened
        self._left = MAX_BYTES

    def file(self, name: str, by: str = "") -> File:
        """A file by its path from the folder of the one that names it.

        Args:
            name: The path as it is written.
            by: The path inside the spec's folder of the file that names it; empty of the spec.

        Raises:
            Refused: It may not be read, or cannot.
        """
        return self.read_inside(self.inside(name, by))

    def read_inside(self, inside: str) -> File:
        """A file by its path from the spec's folder. Raises Refused."""
        found = self.files.get(inside)
        if found is None:
            if len(self.files) == MAX_FILES:
                raise Refused(f"this is one file more than the {MAX_FILES} that a spec uses at most")
            found = self.files[inside] = self._read(inside)
        return found

    def inside(self, name: str, by: str = "") -> str:
        """A path from the spec's folder. Raises Refused."""
        if self.path is None:
            raise Refused("`use` reads files in the spec's folder, and this text lies in none")
        if not name or "\0" in name or "\\" in name:
            raise Refused(
                f"{show(name, 200)} is not a path; name a file in the spec's folder, with `/` between its parts"
            )
        parts = [part for part in name.split("/") if part != "."]
        if name.startswith("/") or os.path.isabs(name) or ".." in parts or "" in parts:
            raise Refused(
                f"{show(name, 200)} leads out of the file's folder; a spec uses files of its own folder and below it"
            )
        if not parts[-1].endswith(SUFFIXES):
            raise Refused(f"{show(name, 200)} is no spec: its name ends in none of {listing(SUFFIXES, quote=False)}")
        return "/".join([*by.split("/")[:-1], *parts])

    def _read(self, inside: str) -> File:
        assert self.path is not None
        parts = inside.split("/")
        path = os.path.join(*parts) if self.path == os.curdir else os.path.join(self.path, *parts)
        base = FAR * (len(self.files) + 1)
        try:
            real = os.path.realpath(path)
            if real != os.path.join(os.path.realpath(self.path), *parts):
                raise Refused(f"{show(inside, 200)} is or passes a link; name the file itself, in the spec's folder")
            text = None if self._opened is None else self._opened(real)
            if text is None:
                found = os.stat(path)
                if not stat.S_ISREG(found.st_mode):
                    raise Refused(f"{show(inside, 200)} is no regular file")
                self._spend(found.st_size)
                text = _text(path)
            else:
                self._spend(len(text))
        except OSError as error:
            why = (
                "there is no such file"
                if isinstance(error, FileNotFoundError)
                else (error.strerror or str(error)).lower()
            )
            raise Refused(f"cannot read {show(inside, 200)}: {why}") from None
        return File(inside, path, text, base)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Refused(f"the files that the spec uses are larger than {MAX_BYTES // 2**20} MiB together")


def _text(path: str) -> str:
    problems = Problems()
    text = read(path, problems).text
    if not text and problems.has_errors:  # it is no text
        raise Refused(problems.ordered()[0].message)
    return text


class _Mark(NamedTuple):
    """A place, counted from 0."""

    line: int
    column: int


def move(tree: Tree, base: int) -> None:
    """Count the lines of a tree on from a number."""
    stack: list[Tree] = [tree]
    while stack:
        each = stack.pop()
        if each.start.line >= FAR:
            continue  # an alias is the same tree again
        each.start = _Mark(each.start.line + base, each.start.column)
        each.end = _Mark(each.end.line + base, each.end.column)
        if isinstance(each, Mapping):
            stack += [part for entry in each.entries.values() for part in entry]
        elif isinstance(each, Sequence):
            stack += each.items
        else:
            assert isinstance(each, Scalar)
