"""Keras, imported quietly, and in a process of ours without what it imports for nothing."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from netspec.backends.keras.types import Keras
from netspec.backends.requirements import refusal, require_backend
from netspec.streams import ERROR, redirected

# Keras imports these, where they are installed, for functions that netspec never calls: a quarter of the time that a command takes
# to start. Whoever needs them imports them later.
SPARED = ("sklearn", "matplotlib")
_ERRORS_ALONE = ("2", "3")  # levels at which TensorFlow tells of no warnings
is_own_process = False  # is this a command of netspec's? Whoever calls it from Python gets Keras whole.


def import_keras() -> Keras:
    """Keras on the backend that KERAS_BACKEND names, or on the first that is installed; quiet about CPU features.

    Raises SpecError where there is none.
    """
    os.environ["KERAS_BACKEND"] = require_backend()
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") in _ERRORS_ALONE and is_own_process:
        # Its library in Python has a level of its own, and warns of what Keras does with it.
        logging.getLogger("tensorflow").addFilter(_is_error)
    try:
        # TensorFlow's libraries write there before any setting of theirs is read.
        with nullcontext() if "keras" in sys.modules else muted(), _spared():
            import keras

            keras.ops.zeros(())  # the backend looks for its devices, and talks, at the first operation
    except ImportError as error:
        raise refusal(f"Keras cannot be imported: {error}") from error
    module: Keras = keras
    return module


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


@contextmanager
def muted() -> Iterator[None]:
    """Inside, nothing that the process writes to its standard error is seen: libraries do, past every setting of theirs."""
    with nullcontext() if os.environ.get("NETSPEC_DEBUG") else redirected(ERROR):
        yield


@contextmanager
def _spared() -> Iterator[None]:
    """An import of what is spared fails, as if it were not installed; Keras takes that well."""
    names = (
        [name for name in SPARED if name not in sys.modules] if is_own_process and "keras" not in sys.modules else []
    )
    without = dict.fromkeys(names)
    sys.modules.update(without)  # type: ignore[arg-type]  # None is what says so
    try:
        yield
    finally:
        for name in without:
            del sys.modules[name]
