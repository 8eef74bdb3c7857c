"""One process trains a run: a lock of the operating system on a file of the run's folder, which ends with its process.

The operating system gives it to one and takes it back however that one ends, `kill -9` included: no moment is open between asking
and taking, a folder that was copied is free, and nothing is left to be cleared away by hand.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netspec.files import unreadable, unwritable
from netspec.training.progress import Progress
from netspec.training.runs import RUNNING, Process, RunFolder, is_alive, this_process

NAME = "lock"
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)


@contextmanager
def held(folder: RunFolder, progress: Progress) -> Iterator[None]:
    """Be the one process that trains a run. Its files can be read all the while.

    Where the file system keeps no locks, `run.json` alone says whether another process trains it, and that is told.

    Raises:
        SpecError: Another process does, or the folder cannot be written.
    """
    path = folder.path / NAME
    handle = _taken(path, progress)
    try:
        _refuse_known(folder)
        yield
    finally:
        with suppress(OSError):  # where an open file cannot be removed, it stays, and means nothing
            path.unlink()
        if handle is not None:
            os.close(handle)


def _taken(path: Path, progress: Progress) -> int | None:
    """The open file with its lock, which says who we are; None where there are no locks."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as error:
            raise unwritable(path, error) from None
        try:
            if not _lock(handle):
                raise unreadable(path.parent, f"{_who(handle)} is training it at this moment")
            if _is_there(path, handle):
                os.truncate(handle, 0)
                os.write(handle, json.dumps(this_process()).encode())
                return handle
        except OSError as error:
            os.close(handle)
            if error.errno == errno.ENOSPC:  # it is locked for all that
                raise unwritable(path, error) from None
            progress.warn(
                f"{path.parent}: its file system keeps no locks ({(error.strerror or str(error)).lower()}), so that another "
                f"process goes on with the same run is noticed on this machine alone"
            )
            return None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # who had it has removed the file meanwhile


def _lock(handle: int) -> bool:
    """Lock an open file; False where another process has locked it."""
    try:
        import fcntl
    except ImportError:
        return _lock_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


def _lock_windows(handle: int) -> bool:
    import msvcrt

    os.lseek(handle, 1 << 20, os.SEEK_SET)  # beyond what is written there: on Windows locked bytes cannot be read
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    finally:
        os.lseek(handle, 0, os.SEEK_SET)
    return True


def _is_there(path: Path, handle: int) -> bool:
    """Whether the file that is open is still the one of that name."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _who(handle: int) -> str:
    """Who has the lock, as far as it has said so."""
    try:
        found = json.loads(os.pread(handle, 1000, 0) if hasattr(os, "pread") else os.read(handle, 1000))
        return _words(found)
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


def _words(process: Process) -> str:
    here = process["host"] == this_process()["host"]
    return f"process {int(process['pid'])}" + ("" if here else f" of another machine, {process['host']},")


def _refuse_known(folder: RunFolder) -> None:
    """Refuse a run that, by its record, a process of this machine trains: of an earlier netspec, or without locks."""
    if not RunFolder.is_run(folder.path):
        return
    record = folder.read_record()
    process = record.get("process")
    if record.get("status") == RUNNING and is_alive(process):
        raise unreadable(folder.path, f"{_words(process)} is training it at this moment")
