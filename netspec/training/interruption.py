"""Ctrl-C and SIGTERM, heard where a run can stop and leave everything whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeAlias

from netspec.training.hosts import ALONE, Assent, Hosts

_Handler: TypeAlias = "Callable[[int, FrameType | None], object] | int | None"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """While this is entered, a signal is noted and acted upon at the next `check`; a second one acts at once.

    Both raise KeyboardInterrupt. After `shield`, which is for the last writing, signals change nothing any more.
    Outside the main thread, where Python hears no signals, nothing is done. Of several processes, all act where one heard it.
    """

    def __init__(self, hosts: Hosts = ALONE) -> None:
        self._assent = Assent(hosts)
        self._agreed = False
        self._heard = False
        self._shielded = False
        self._before: dict[signal.Signals, _Handler] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = {each: signal.signal(each, self._hear) for each in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _hear(self, signum: int, frame: FrameType | None) -> None:
        if self._heard and not self._shielded:
            raise KeyboardInterrupt
        self._heard = True

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
