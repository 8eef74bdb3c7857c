"""Ctrl-C and SIGTERM, heard where a run can stop and leave everything whole."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Self, TypeAlias

from netspec.training.hosts import ALONE, Assent, Hosts

_Handler: TypeAlias = "Callable[[int, FrameType | None], object] | int | None"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE = 20.0  # seconds from SIGTERM until a run that is stuck leaves as it is: clusters kill after thirty
STATUS = 130  # with which a process ends that was interrupted


class Interruption:
    """While this is entered, a signal is noted and acted upon at the next `check`; a second one acts at once.

    Both raise KeyboardInterrupt. After `shield`, which is for the last writing, signals change nothing any more.
    Outside the main thread, where Python hears no signals, nothing is done. Of several processes, all act where one heard it.

    Python hears a signal between two of its own instructions, so not while a framework compiles or waits for data. Where SIGTERM
    has come and `shield` has not within `GRACE` seconds, another thread calls `leave`, and ends the process.
    """

    def __init__(self, hosts: Hosts = ALONE) -> None:
        self.leave: Callable[[], None] | None = None
        self._assent = Assent(hosts)
        self._agreed = False
        self._heard = False
        self._shielded = False
        self._before: dict[signal.Signals, _Handler] = {}
        self._ending = threading.Lock()
        self._over = threading.Event()
        self._ear: socket.socket | None = None  # written to when a signal comes, whatever the main thread does

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._hear) for each in _SIGNALS}
            self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each, handler in self._before.items():
            signal.signal(each, handler)
        if self._ear is not None:
            signal.set_wakeup_fd(-1)
            self._ear.close()

    def _hear(self, signum: int, frame: FrameType | None) -> None:
        if self._heard and not self._shielded:
            raise KeyboardInterrupt
        self._heard = True

    def _listen(self) -> None:
        watched, ear = socket.socketpair()
        ear.setblocking(False)
        before = signal.set_wakeup_fd(ear.fileno(), warn_on_full_buffer=False)
        if before != -1:  # an event loop listens, and goes on listening
            signal.set_wakeup_fd(before)
            ear.close()
            watched.close()
            return
        self._ear = ear
        threading.Thread(target=self._watch, args=(watched,), name="netspec-signals", daemon=True).start()

    def _watch(self, watched: socket.socket) -> None:
        with watched:  # it is read until the ear is closed: Python complains where nobody reads what it writes
            while number := watched.recv(1):
                if number[0] == signal.SIGTERM and not self._over.is_set():
                    self._await_the_end()

    def _await_the_end(self) -> None:
        if self._over.wait(GRACE):
            return
        with self._ending:
            if not self._over.is_set() and self.leave is not None:
                try:
                    self.leave()
                finally:
                    os._exit(STATUS)

    def asked(self) -> bool:
        """Whether a signal came. All processes of a run must ask alike."""
        self._agreed = self._agreed or self._assent(self._heard)
        return self._agreed

    def check(self) -> None:
        """Raise KeyboardInterrupt if a signal came. All processes of a run must ask alike."""
        if self.asked():
            raise KeyboardInterrupt

    def shield(self) -> None:
        """Let no further signal break what follows."""
        self._shielded = True
        with self._ending:  # where the other thread is leaving, the process ends before this is had
            self._over.set()


class Until(Interruption):
    """Stops a training as a signal does, where it has reached a place."""

    def __init__(self, reaches: Callable[[], bool]) -> None:
        super().__init__()
        self.reached = False
        self._reaches = reaches

    def asked(self) -> bool:
        self.reached = self.reached or self._reaches()
        return self.reached or super().asked()
