"""Files that are whole or as they were before: written beside, then renamed."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netspec.problems import FILE_START, Problem, SpecError, show


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed onto it at the end: the file is whole or as it was before.

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
