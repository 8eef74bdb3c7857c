"""What the backend computes on; the one place that asks TensorFlow, JAX or PyTorch what Keras does not tell."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from netspec.backends.keras.types import Keras, KerasObject
from netspec.data.dataset import Index
from netspec.training.hosts import ALONE, Hosts, hosts_here

_PACKAGES = {"tensorflow": "tensorflow", "jax": "jax", "torch": "torch"}


class Machine(NamedTuple):
    """A backend and the devices that it sees: its GPUs or TPUs, or its CPU."""

    backend: str
    version: str
    kind: str  # cpu, gpu or tpu
    devices: int  # of all processes of a run
    processes: int = 1

    @property
    def words(self) -> str:
        """For people: `tensorflow 2.21.0 on 2 GPUs`."""
        kind = f"{self.devices} {self.kind.upper()}s" if self.devices > 1 else self.kind.upper()
        where = f" of {self.processes} processes" if self.processes > 1 else ""
        return f"{self.backend} {self.version} on {kind}{where}"


def machine(keras: Keras) -> Machine:
    """The backend that Keras runs on, and its devices."""
    backend = keras.backend.backend()
    kind, count = _devices(backend)
    return Machine(backend, importlib.metadata.version(_PACKAGES[backend]), kind, count, hosts_here(keras).count)


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


def seed_draws(keras: Keras, *place: int) -> None:
    """Let all that is drawn from now on hang on a place in the training: its seed, epoch and step.

    PyTorch alone needs it, whose dropout draws by a generator that no model holds, and that no state of a run keeps.
    """
    if keras.backend.backend() == "torch":
        import torch

        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1, np.uint64)[0]))


@contextmanager
def precision(keras: Keras, name: str) -> Iterator[None]:
    """Build what is inside with a dtype policy, and leave the caller's own as it was."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


class Share(NamedTuple):
    """How the examples of a batch are shared among devices and processes.

    Attributes:
        rows: which of so many examples this process computes, and so reads.
        placed: those examples as arrays of all processes; it is told how many there are in all.
    """

    rows: Callable[[int], Index] = lambda count: slice(None)
    placed: Callable[[tuple[object, ...], int], tuple[object, ...]] = lambda batch, count: batch


WHOLE = Share()


class Spread:
    """The devices of the JAX backend that share the work; with one, nothing is done.

    While this is entered, Keras makes variables and compiles for all of them. Batches are laid out here and not by Keras, which
    takes only what the devices divide: what they do not divide is computed by each, so that any number of examples has the
    same outcome on any number of devices.

    Only for JAX: on the other backends `keras.distribution` accepts the same words and does nothing.

    Args:
        keras: the module.
        parallel: Keras's distribution; None for one device.
        hosts: the processes whose devices they are.
    """

    def __init__(self, keras: Keras, parallel: KerasObject = None, hosts: Hosts = ALONE) -> None:
        self.devices = self.shares = 1  # how many there are, and among how many of them each batch is shared
        self.share = WHOLE
        self._hosts = hosts
        self._keras = keras
        self._distribution = keras.distribution
        self._before: KerasObject = None
        self._parallel = parallel
        if parallel is not None:
            mesh = parallel.device_mesh
            self.devices = int(mesh.devices.size)
            self.shares = int(mesh.shape[mesh.axis_names.index(parallel.batch_dim_name)])
            self.share = Share(self._rows, self._placed)

    def __enter__(self) -> Spread:
        self._before = self._distribution.distribution()
        if self._parallel is not None:
            self._distribution.set_distribution(self._parallel)
        return self

    def __exit__(self, *_: object) -> None:
        self.off()

    def off(self, logs: object = None) -> None:
        """Let Keras lay out no batches, as from the beginning of `fit` on."""
        if self._parallel is not None:
            self._distribution.set_distribution(self._before)

    def _sharding(self, count: int) -> KerasObject:
        """How so many examples lie on the devices: shared, or on each where they do not divide them."""
        import jax

        mesh = self._parallel.device_mesh.backend_mesh
        axis = self._parallel.batch_dim_name if count % self.shares == 0 else None
        return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(axis))

    def _rows(self, count: int) -> Index:
        if self._hosts.count == 1:
            return slice(None)
        indices = self._sharding(count).addressable_devices_indices_map((count,)).values()
        spans = sorted({index[0].indices(count)[:2] for index in indices})
        return np.concatenate([np.arange(start, end) for start, end in spans])

    def _placed(self, batch: tuple[object, ...], count: int) -> tuple[object, ...]:
        import jax

        if self._distribution.distribution() is self._parallel:
            # Keras looks at types and shapes before training begins, through its own layout.
            symbolic: tuple[object, ...] = self._keras.tree.map_structure(
                lambda values: np.resize(values, (self.shares, *np.shape(values)[1:])), batch
            )
            return symbolic
        sharding = self._sharding(count)
        placed: tuple[object, ...] = self._keras.tree.map_structure(
            lambda values: jax.make_array_from_process_local_data(sharding, np.asarray(values)), batch
        )
        return placed


def data_parallel(keras: Keras, hosts: Hosts) -> KerasObject:
    """Keras's distribution that shares each batch among all devices."""
    return keras.distribution.DataParallel(devices=all_devices(), auto_shard_dataset=hosts.count == 1)


def all_devices() -> list[str]:
    """The names of all processes' devices on JAX, as Keras takes them: those of a process beside each other."""
    import jax

    devices = sorted(jax.devices(), key=lambda device: (device.process_index, device.id))
    return [f"{device.platform}:{device.id}" for device in devices]
