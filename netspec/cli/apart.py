"""Work that may end the process, as an assertion in a framework does, in a copy of it."""

from __future__ import annotations

import os
import re
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from netspec.cli.common import sigterm_interrupts
from netspec.streams import ERROR, redirected

_PREFIX = re.compile(r"[A-Z]\d{4} [\d:.]+ +\d+ [\w./]+:\d+\] ")  # of a line in a log of Google's libraries
_CHATTER = re.compile(r"[IWE]\d{4} |WARNING: ")


class Crash(Exception):
    """The copy was ended from outside Python.

    Args:
        by: The signal's name.
        words: What was said to standard error at last, in a line; empty where nothing was.
    """

    def __init__(self, by: str, words: str) -> None:
        super().__init__(f"ended by {by}")
        self.by = by
        self.words = words


def apart(task: Callable[[], int]) -> int:
    """Run a task in a copy of this process, if this is one of netspec's own in which no framework has been loaded.

    A fork costs some milliseconds then, and nothing has to be handed over: the copy goes on to its end in the place of the
    process, which waits for it and prints nothing. Where there are no forks, or a program calls commands as functions, the task
    runs in the process itself.

    Args:
        task: Returns the command's status.

    Returns:
        The status.

    Raises:
        Crash: In the process alone.
        KeyboardInterrupt: In the process too, where one ended the copy.
    """
    from netspec.backends.keras import importing

    if not importing.is_own_process or not hasattr(os, "fork"):
        return task()
    with tempfile.TemporaryFile() as said:
        alive, held = os.pipe()  # whose other end is closed when the process ends, however it does
        copy = os.fork()
        if not copy:
            os.close(held)
            threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # which a terminal sends to both
            with sigterm_interrupts(), _noted(said):
                return task()
        try:
            status = os.waitstatus_to_exitcode(_end_of(copy))
        finally:
            os.close(alive)
            os.close(held)
        if status >= 0:
            return status
        if -status == signal.SIGINT:
            raise KeyboardInterrupt
        raise Crash(signal.Signals(-status).name, _last_words(said))


def _end_with(alive: int) -> None:
    """End this process when the one that it is a copy of has ended."""
    os.read(alive, 1)
    os._exit(1)


def _end_of(copy: int) -> int:
    """Wait for the end of a copy. Ctrl-C is handed on to it; a second one ends it, and is raised."""
    try:
        return os.waitpid(copy, 0)[1]
    except KeyboardInterrupt:
        os.kill(copy, signal.SIGTERM)
    try:
        return os.waitpid(copy, 0)[1]
    except KeyboardInterrupt:
        os.kill(copy, signal.SIGKILL)
        os.waitpid(copy, 0)
        raise


@contextmanager
def _noted(said: IO[bytes]) -> Iterator[None]:
    """Inside, what is written to standard error goes into a file, and out of that at the end, if it comes to an end."""
    try:
        with redirected(ERROR, said):
            yield
    finally:
        said.seek(0)
        os.write(ERROR, said.read())


def _last_words(said: IO[bytes]) -> str:
    """The first line that tells why a process ends; what is only chatter comes before it."""
    said.seek(0)
    lines = said.read(65536).decode("utf-8", "replace").splitlines()
    told = [_PREFIX.sub("", line).strip() for line in lines if not _CHATTER.match(line)]
    return next(filter(None, told), "")
