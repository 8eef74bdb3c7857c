"""The processes that train one network together: what each is told, and what all agree on.

All of them run the same steps on the JAX backend, which shares each batch among their devices. So whatever one of them decides
alone (a signal was heard, ten minutes are over, which state is the latest) must be agreed on before it is acted upon. With one
process everything here is trivial, and JAX is not asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from netspec.backends.keras.types import Keras, KerasVariable
from netspec.data.dataset import Array
from netspec.diagnostics.problems import FILE_START, Problem, SpecError

EVERY = 1.0  # seconds between two agreements, about
# What the libraries that carry numbers between processes say when one of them is gone.
_LOSSES = (
    "Gloo",
    "Connection closed by peer",
    "Connection reset by peer",
    "NCCL",
    "coordination service",
    "CoordinationService",
    "heartbeat",
    "DEADLINE_EXCEEDED",
)


class Lost(SpecError):
    """Another process of the run is gone, and without it nothing can be computed any more."""

    def __init__(self, run: Path | None = None) -> None:
        message = "another process of this run was lost, and the others end with it"
        if run is not None:
            message += "; once all can be started again, each goes on with --resume " + str(run)
        super().__init__("<processes>", (Problem("NS716", message, FILE_START),))
        self.run = run


class Hosts:
    """The processes of a run; `index` 0 leads: it alone writes the run's folder and talks."""

    def __init__(self, count: int = 1, index: int = 0) -> None:
        self.count = count
        self.index = index
        self.run: Path | None = None  # the run's folder, once there is one
        self.lost = False  # whether one of the others is gone

    @property
    def leads(self) -> bool:
        """Whether this process writes and talks."""
        return self.index == 0

    def tell(self, find: Callable[[], str]) -> str:
        """What the leading process finds, in all of them. Raises what it raises, and Lost in the others."""
        if self.count == 1:
            return find()
        if not self.leads:
            told = self._broadcast(b"")
            if not told:
                raise Lost(self.run)
            return told[1:].decode()
        try:
            found = find()
        except BaseException:
            self._broadcast(b"")
            raise
        self._broadcast(b"+" + found.encode())
        return found

    def gather(self, values: Array) -> Array:
        """The values of all processes, one row each."""
        if self.count == 1:
            return values[None]
        from jax.experimental import multihost_utils

        return np.asarray(multihost_utils.process_allgather(values))

    def wait(self, name: str) -> None:
        """Until all are here."""
        if self.count > 1:
            from jax.experimental import multihost_utils

            multihost_utils.sync_global_devices(name)

    def _broadcast(self, data: bytes) -> bytes:
        from jax.experimental import multihost_utils

        size = int(multihost_utils.broadcast_one_to_all(np.array(len(data), np.int32)))
        if not size:
            return b""
        own = np.frombuffer(data, np.uint8) if self.leads else np.zeros(size, np.uint8)
        return np.asarray(multihost_utils.broadcast_one_to_all(own), np.uint8).tobytes()

    def explained(self, error: BaseException) -> Lost | None:
        """An exception as a loss of another process, where it is one."""
        if self.count == 1 or isinstance(error, SpecError) or not isinstance(error, Exception):
            return None
        words = str(error)
        self.lost = self.lost or any(word in words for word in _LOSSES)
        return Lost(self.run) if self.lost else None


ALONE = Hosts()
_entered: list[Hosts] = []


def enter(hosts: Hosts) -> Hosts:
    """Remember that this process is one of several."""
    _entered[:] = [hosts]
    return hosts


def leads_here() -> bool:
    """Whether this process may write, as far as is known before Keras is imported."""
    return not _entered or _entered[0].leads


def hosts_here(keras: Keras) -> Hosts:
    """The processes that were joined before Keras was imported, by netspec or by who calls it; this one alone where none were."""
    if keras.backend.backend() != "jax":
        return Hosts()
    import jax

    if _entered:
        return _entered[0]
    return Hosts(jax.process_count(), jax.process_index())


class Assent:
    """What any process wishes, done by all at the same moment: asked at every step, and agreed on about once a second.

    Every process must ask equally often. How many steps make a second is agreed on as well.
    """

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._calls = 0
        self._next = 1
        self._before = 0
        self._at = time.monotonic()

    def __call__(self, wish: bool) -> bool:
        """Whether a process wishes it; alone, whether this one does."""
        if self._hosts.count == 1:
            return wish
        self._calls += 1
        if self._calls < self._next:
            return False
        now = time.monotonic()
        each = max(1e-6, (now - self._at) / max(1, self._calls - self._before))
        stride = max(1, min(int(EVERY / each), 2 * (self._calls - self._before)))
        wishes = self._hosts.gather(np.array([int(wish), stride], np.int32))
        self._before, self._next, self._at = self._calls, self._calls + int(wishes[:, 1].min()), time.monotonic()
        return bool(wishes[:, 0].any())


def whole(variable: KerasVariable) -> Array:
    """The values of a variable, of which other processes may hold a part; then all of them must ask together."""
    value = variable.value
    if getattr(value, "is_fully_addressable", True) or value.is_fully_replicated:
        return np.asarray(variable.numpy())
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.process_allgather(value, tiled=True))
