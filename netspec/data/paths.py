"""Files and folders that a source reads: how messages name them, and which may be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from netspec.data.source import DataError
from netspec.diagnostics.words import printable


def quoted(name: str | Path) -> str:
    """A file's name as messages show it."""
    return f"'{printable(str(name))}'"


def some(words: Sequence[str], limit: int = 5) -> str:
    """`a, b and c`, or `a, b, c and 7 more`."""
    if len(words) > limit:
        return f"{', '.join(words[:limit])} and {len(words) - limit:,} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turns what the operating system has to say about a file into a DataError."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{quoted(name)} does not exist; a path starts at the spec's folder") from None
    except OSError as error:
        raise DataError(f"cannot read {quoted(name)}: {(error.strerror or str(error)).lower()}") from None


def locate(root: Path, name: str, *, folder: bool = False) -> Path:
    """The path of a file (or folder) that a spec names; raises DataError where it is missing or is something else."""
    if not name or "\0" in name:
        raise DataError(f"{quoted(name)} is not a path; name the {'folder' if folder else 'file'} to read")
    path = root / name
    with reading(name):
        mode = os.stat(path).st_mode
    if folder and not stat.S_ISDIR(mode):
        raise DataError(f"{quoted(name)} is a file, and a folder is wanted; name the folder that holds the classes")
    if not folder and not stat.S_ISREG(mode):
        # Not only folders: to open a pipe would wait for ever, to read a device would never end.
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise DataError(f"{quoted(name)} is {kind}, and a file is wanted")
    return path


def check_inside(root: Path, name: str, remedy: str = "give the source with `--data`") -> None:
    """Refuse a path that leads out of `root`, by itself or by a link: a spec may come from anybody.

    Raises DataError, whose message ends in the remedy for whoever means it.
    """
    home = os.path.realpath(root)
    try:
        target = os.path.realpath(root / name)
    except ValueError:  # a NUL in the path; `locate` says so
        return
    if os.path.commonpath((target, home)) != home:
        inside = os.path.commonpath((os.path.abspath(root / name), os.path.abspath(root))) == os.path.abspath(root)
        leads = "is or passes a link to outside of" if inside else "leads out of"
        raise DataError(
            f"{quoted(name)} {leads} the spec's folder, and a spec names only what lies there; "
            f"if you mean it, {remedy}",
            "NS711",
        )
