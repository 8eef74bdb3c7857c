"""What the backend computes on; the one place that asks TensorFlow, JAX or PyTorch anything that Keras does not tell."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


class Machine(NamedTuple):
    """A backend and the devices that it sees: its GPUs or TPUs, or its CPU."""

    backend: str
    version: str
    kind: str  # cpu, gpu or tpu
    count: int

    @property
    def words(self) -> str:
        """For people: `tensorflow 2.21.0 on 2 GPUs`."""
        devices = f"{self.count} {self.kind.upper()}s" if self.count > 1 else self.kind.upper()
        return f"{self.backend} {self.version} on {devices}"


def machine(keras: Any) -> Machine:
    """The backend that Keras runs on, and its devices."""
    backend = keras.backend.backend()
    kind, count = _devices(backend)
    return Machine(backend, importlib.metadata.version(_PACKAGES[backend]), kind, count)


def _devices(backend: str) -> tuple[str, int]:
    if backend == "tensorflow":
        import tensorflow

        for kind in ("GPU", "TPU"):
            found = len(tensorflow.config.list_physical_devices(kind))
            if found:
                return kind.lower(), found
        return "cpu", 1
    if backend == "jax":
        import jax

        return jax.default_backend(), jax.device_count()
    import torch

    return ("gpu", torch.cuda.device_count()) if torch.cuda.is_available() else ("cpu", 1)


@contextmanager
def precision(keras: Any, name: str) -> Iterator[None]:
    """Build what is inside with a dtype policy, and leave the caller's own as it was."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextmanager
def spread(keras: Any, over: int) -> Iterator[None]:
    """Share each batch of what is built and run inside among `over` devices; 1 leaves everything as it is.

    For the JAX backend: on the others `keras.distribution` accepts the same words and does nothing.
    """
    if over == 1:
        yield
        return
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=keras.distribution.list_devices()))
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)
