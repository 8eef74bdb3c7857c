"""The process's standard streams, as libraries write to them past Python."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import IO

OUTPUT, ERROR = 1, 2  # their numbers


@contextmanager
def redirected(number: int, into: IO[bytes] | None = None) -> Iterator[None]:
    """Inside, what the process writes to a stream goes elsewhere.

    Args:
        number: The stream's.
        into: The file that takes it; without, it goes nowhere.
    """
    stream = sys.stdout if number == OUTPUT else sys.stderr
    stream.flush()
    kept = os.dup(number)
    try:
        with open(os.devnull, "wb") if into is None else nullcontext(into) as file:
            os.dup2(file.fileno(), number)
        yield
    finally:
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)
