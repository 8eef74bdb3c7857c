"""Files that are whole or as they were before: written beside, then renamed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import show


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed onto it at the end: the file is whole or as it was before.

    A link at `path` is replaced, never followed: in a run folder of unknown origin it might lead anywhere.
    Raises SpecError where the folder is missing or cannot be written.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        why = {errno.ENOSPC: "the disk is full", errno.EACCES: "permission denied"}.get(
            error.errno or 0, (error.strerror or str(error)).lower()
        )
        message = f"cannot write {show(str(path), 200)}: {why}"
        raise SpecError(str(path), (Problem("NS709", message, FILE_START),)) from error
    finally:
        with suppress(OSError):  # nothing to remove where nothing could be written
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_rewrite(path: Path) -> Iterator[Path]:
    """The same for a user's own file that exists: written where a link leads to, with its permission bits kept.

    Raises SpecError also where the file itself is not to be written, which a rename would not ask.
    """
    target = path.resolve() if path.is_symlink() else path
    with atomic_write(target) as temporary:
        mode = stat.S_IMODE(target.stat().st_mode)
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        temporary.touch(mode=0o600)  # before anything is in it that others may not read
        temporary.chmod(mode)
        yield temporary


def unreadable(path: Path, why: str) -> SpecError:
    """The error for a run's or model's file that cannot be used."""
    return SpecError(str(path), (Problem("NS708", f"cannot be read: {why}", FILE_START),))
