"""Files that are whole or as they were before: written beside, then renamed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import show


@contextmanager
def atomic_write(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A temporary name beside `path`, renamed onto it at the end: the file is whole or as it was before.

    With `durable`, it is on the disk before it has its name, so that a loss of power leaves one of the two as well.

    A link at `path` is replaced, never followed: in a run folder of unknown origin it might lead anywhere. A file at `path`
    hands on its permission bits; a new one has those of the umask. Raises SpecError where the folder is missing or cannot
    be written.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        with ends_when_told():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                mode = _mode_of(path)
                if mode is not None:
                    temporary.touch(mode=0o600)  # before anything is in it that others may not read
                yield temporary
                if mode is not None:
                    temporary.chmod(mode)
                if durable:
                    synced(temporary)
                os.replace(temporary, path)
                if durable:
                    synced(path.parent)
            finally:
                with suppress(OSError):  # nothing to remove where nothing could be written
                    temporary.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def write_whole(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Write a file as `atomic_write` has it; of a text, lines end as they do in it, on each system.

    Raises:
        SpecError: The folder is missing or cannot be written (NS709).
    """
    with atomic_write(path, durable=durable) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def unwritable(path: Path, error: OSError, what: str = "write") -> SpecError:
    """The error for a file or folder that cannot be written, or made."""
    why = {errno.ENOSPC: "the disk is full", errno.EACCES: "permission denied"}.get(
        error.errno or 0, (error.strerror or str(error)).lower()
    )
    message = f"cannot {what} {show(str(path), 200)}: {why}"
    return SpecError(str(path), (Problem("NS709", message, FILE_START),))


def synced(path: Path) -> None:
    """Wait until a file, or a folder's names, are on the disk; some file systems have no way to say so for a folder."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        if path.is_dir():
            return
        raise
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(handle)


def _mode_of(path: Path) -> int | None:
    """The permission bits of a file; None where none is there, or a link or something else."""
    try:
        found = path.lstat().st_mode
    except (OSError, ValueError):
        return None
    return stat.S_IMODE(found) if stat.S_ISREG(found) else None


class _Told(BaseException):
    """SIGTERM came."""


@contextmanager
def ends_when_told() -> Iterator[None]:
    """While this is entered, SIGTERM is an exception, so that what was begun is removed; then it ends the process as ever.

    Nothing is done where somebody else hears the signal, or outside the main thread, where Python hears none.
    """
    import signal
    import threading

    heard = signal.SIGTERM
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(heard) is not signal.SIG_DFL:
        yield
        return

    def hear(signum: int, frame: FrameType | None) -> None:
        signal.signal(heard, signal.SIG_IGN)  # once is enough
        raise _Told

    signal.signal(heard, hear)
    try:
        yield
    except _Told:
        signal.signal(heard, signal.SIG_DFL)
        os.kill(os.getpid(), heard)
    finally:
        signal.signal(heard, signal.SIG_DFL)


@contextmanager
def atomic_rewrite(path: Path) -> Iterator[Path]:
    """The same for a user's own file that exists: written where a link leads to.

    Raises SpecError also where the file itself is not to be written, which a rename would not ask.
    """
    target = path.resolve() if path.is_symlink() else path
    with atomic_write(target) as temporary:
        target.stat()
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        yield temporary


class Unreadable(SpecError):
    """A run's or model's file cannot be used; `why` is the bare fact."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(str(path), (Problem("NS708", f"cannot be read: {why}", FILE_START),))
        self.why = why


def unreadable(path: Path, why: str) -> Unreadable:
    """The error for a run's or model's file that cannot be used."""
    return Unreadable(path, why)
