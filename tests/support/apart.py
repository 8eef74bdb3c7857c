"""Functions called in a process of their own, which may die of one: a kernel that ends its process ends no fuzzing."""

from __future__ import annotations

import faulthandler
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Died(Exception):
    """The process ended in the middle of a call."""


class Apart:
    """A process that calls one function after another, and is started again after one that ended it."""

    def __init__(self) -> None:
        self._pool = self._start()

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls a function of a module there.

        Args:
            function: What to call; it, what it is given and what it gives can be pickled.
            *args: What it is given.
            **kwargs: What it is given by name.

        Returns:
            What it gives.

        Raises:
            Died: the process ended; where in the code, Python has written to the standard error output.
        """
        try:
            return self._pool.submit(function, *args, **kwargs).result()
        except BrokenProcessPool as error:
            self.close()
            self._pool = self._start()
            raise Died(str(error)) from None

    def close(self) -> None:
        """Ends the process."""
        self._pool.shutdown()

    @staticmethod
    def _start() -> ProcessPoolExecutor:
        fresh = multiprocessing.get_context("spawn")  # what the caller has imported is none of its business
        return ProcessPoolExecutor(1, fresh, faulthandler.enable)
