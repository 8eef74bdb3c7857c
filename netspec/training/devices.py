"""What the backend computes on; the one place that asks TensorFlow, JAX or PyTorch what Keras does not tell."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from netspec.backends.keras.types import Keras, KerasObject

_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


class Machine(NamedTuple):
    """A backend and the devices that it sees: its GPUs or TPUs, or its CPU."""

    backend: str
    version: str
    kind: str  # cpu, gpu or tpu
    devices: int

    @property
    def words(self) -> str:
        """For people: `tensorflow 2.21.0 on 2 GPUs`."""
        kind = f"{self.devices} {self.kind.upper()}s" if self.devices > 1 else self.kind.upper()
        return f"{self.backend} {self.version} on {kind}"


def machine(keras: Keras) -> Machine:
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


def memory_in_use(keras: Keras) -> int | None:
    """Bytes that the first device has in use; of a CPU, that the process has. None where the backend does not tell."""
    backend = keras.backend.backend()
    kind, _ = _devices(backend)
    if kind == "cpu":
        import psutil

        return int(psutil.Process().memory_info().rss)
    if backend == "tensorflow":
        import tensorflow

        return int(tensorflow.config.experimental.get_memory_info(f"{kind.upper()}:0")["current"])
    if backend == "jax":
        import jax

        stats = jax.local_devices()[0].memory_stats() or {}
        return int(stats["bytes_in_use"]) if "bytes_in_use" in stats else None
    import torch

    return int(torch.cuda.memory_allocated())


@contextmanager
def precision(keras: Keras, name: str) -> Iterator[None]:
    """Build what is inside with a dtype policy, and leave the caller's own as it was."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class Spread:
    """While this is entered, each batch is shared among the devices of the JAX backend; with one, nothing is done.

    Only for JAX: on the other backends `keras.distribution` accepts the same words and does nothing.
    """

    def __init__(self, keras: Keras, devices: int) -> None:
        self.devices = devices
        self._distribution = keras.distribution
        self._before: KerasObject = None
        self._parallel: KerasObject = None
        if devices > 1:
            self._parallel = keras.distribution.DataParallel(devices=keras.distribution.list_devices())

    def __enter__(self) -> Spread:
        self._before = self._distribution.distribution()
        self.on()
        return self

    def __exit__(self, *_: object) -> None:
        self.off()

    def on(self, logs: object = None) -> None:
        """Share from here on."""
        if self._parallel is not None:
            self._distribution.set_distribution(self._parallel)

    def off(self, logs: object = None) -> None:
        """Share no more: a batch that the devices do not divide can be computed then."""
        if self._parallel is not None:
            self._distribution.set_distribution(self._before)
