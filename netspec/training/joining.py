"""Joining the processes of a run: by what the command line says, the environment says, or the launcher that started them.

JAX does the joining; this finds out that there is something to join, says what is wrong in words, and sees to it that a
process whose companions are gone ends with a sentence. JAX ends such a process from a thread of its own, by `abort`.
"""

from __future__ import annotations

import ctypes
import inspect
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, NamedTuple, TextIO

from netspec.backends.requirements import on_jax, require_backend
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.streams import OUTPUT, redirected
from netspec.training.hosts import Hosts, Lost, enter

HEARTBEAT = 20  # seconds without a sign of life after which a process counts as lost
JOINING = 300  # seconds to wait for the others at the start
LEAVING = 5.0  # seconds to wait for the others at the end, where this process failed
FATAL = b"JAX distributed service detected fatal errors"


class Place(NamedTuple):
    """A process among those of a run.

    Attributes:
        coordinator: HOST:PORT at which process 0 can be reached by the others.
        processes: how many there are.
        process: which this is, from 0.
    """

    coordinator: str
    processes: int
    process: int


class Launcher(NamedTuple):
    """A way of starting many processes, which JAX finds out about by itself."""

    name: str
    needs: tuple[str, ...]  # variables that it sets for each process
    tasks: str  # the variable that says how many there are; empty where no variable does
    package: str = ""  # what JAX asks it by


LAUNCHERS = (
    Launcher("SLURM", ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_PROCID", "SLURM_LOCALID"), "SLURM_NTASKS"),
    Launcher("Open MPI", ("OMPI_MCA_orte_hnp_uri", "OMPI_COMM_WORLD_RANK"), "OMPI_COMM_WORLD_SIZE"),
    Launcher("Kubernetes", ("KUBERNETES_SERVICE_HOST", "JOB_COMPLETION_INDEX"), "", "kubernetes"),
)
# Variables that name the place outright: coordinator, number of processes, this one.
VARIABLES = (
    ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"),
    ("KERAS_DISTRIBUTION_JOB_ADDRESSES", "KERAS_DISTRIBUTION_NUM_PROCESSES", "KERAS_DISTRIBUTION_PROCESS_ID"),
)


def place_in(environment: Mapping[str, str]) -> Place | Launcher | None:
    """What variables say of this process: its place, or who started it; None where it trains alone."""
    for names in VARIABLES:
        coordinator, processes, process = (environment.get(name, "") for name in names)
        if coordinator and processes.isdecimal() and process.isdecimal():
            place = Place(coordinator.split(",")[0], int(processes), int(process))
            return place if place.processes > 1 else None
    for launcher in LAUNCHERS:
        if all(name in environment for name in launcher.needs):
            count = environment.get(launcher.tasks, "2") if launcher.tasks else "2"
            return launcher if not count.isdecimal() or int(count) > 1 else None
    return None


def refuse_elsewhere(found: Place | Launcher, what: str) -> None:
    """Raise SpecError where the backend cannot train in several processes; `what` are the arguments of the command that could."""
    backend = require_backend()
    if backend == "jax":
        return
    how = f"by {found.name} " if isinstance(found, Launcher) else ""
    message = (
        f"several processes were started {how}to train together, which they can on the JAX backend alone: on {backend}, Keras's "
        f"distribution API takes the same words and shares nothing; {on_jax(what)}, or --processes 1 for a run of its own in each"
    )
    raise SpecError("<environment>", (Problem("NS706", message, FILE_START),))


def together(found: Place | Launcher, work: Callable[[Hosts, TextIO], int], err: TextIO) -> int:
    """Join the others before JAX computes anything, work, and leave together with them.

    Args:
        found: how to join them.
        work: what is done with them and a standard error; it prints what goes wrong and returns an exit status.
        err: where to write; what libraries write there is held back, for as JAX ends a process, it writes a screenful.

    Returns:
        The exit status. Where this process failed, and the others wait in a computation that it no longer takes part in, it does
        not return but ends the process: JAX would wait for them as Python exits.

    Raises:
        SpecError: The others cannot be joined.
    """
    with _held_back(err) as ends:
        ends.hosts = enter(_join(found))
        status = work(ends.hosts, ends.err)
        ends.told = status != 0
        if ends.hosts.lost or not _left(LEAVING if status else JOINING):
            for stream in (ends.err, sys.stdout):
                with suppress(Exception):
                    stream.flush()
            os._exit(status or 1)
    return status


def _join(found: Place | Launcher) -> Hosts:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import jax

    options: dict[str, object] = {"heartbeat_timeout_seconds": HEARTBEAT, "initialization_timeout": JOINING}
    known = inspect.signature(jax.distributed.initialize).parameters
    if "shutdown_timeout_seconds" in known:
        options["shutdown_timeout_seconds"] = JOINING
    if isinstance(found, Place):
        options |= {
            "coordinator_address": found.coordinator,
            "num_processes": found.processes,
            "process_id": found.process,
        }
    try:
        if isinstance(found, Place):
            # Without a launcher nobody says which devices are whose, so each process has those that it sees.
            options["cluster_detection_method"] = "deactivate"
        jax.distributed.initialize(**{name: value for name, value in options.items() if name in known})
        hosts = Hosts(jax.process_count(), jax.process_index())
        with redirected(OUTPUT):  # gloo greets on standard output
            hosts.wait("joined")
    except Exception as error:  # noqa: BLE001 - of whatever class this version of JAX raises
        raise SpecError("<processes>", (Problem("NS716", _refusal(found, error), FILE_START),)) from None
    return hosts


def _refusal(found: Place | Launcher, error: Exception) -> str:
    why = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(found, Place):
        return (
            f"process {found.process} of {found.processes} cannot join the others by {found.coordinator}: {why}; all must be "
            f"started within {JOINING // 60} minutes with the same --coordinator, at which process 0 can be reached"
        )
    install = f"pip install {found.package}, or " if found.package else ""
    return (
        f"the processes that {found.name} started cannot be joined: {why}; {install}give each its place: --coordinator HOST:PORT "
        f"--processes N --process I"
    )


def _left(seconds: float) -> bool:
    """Tell the others that this process ends, and wait for them so long; whether they ended too."""
    import jax

    def shut() -> None:
        with suppress(Exception):  # they may be gone
            jax.distributed.shutdown()

    thread = threading.Thread(target=shut, daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


# --- standard error, and the end by `abort` ---------------------------------------------------------------------------


class _Ends:
    """The process's standard error while libraries write elsewhere, and its last words."""

    def __init__(self, err: TextIO, number: int, held: IO[bytes] | None) -> None:
        self.err = err  # where netspec writes
        self.hosts = Hosts()
        self.told = False  # whether what went wrong has been written
        self._number = number  # of the file that is standard error
        self._held = held
        self._handler = _HANDLER(self._aborted)

    def listen(self) -> None:
        """Hear `abort`, which Python's own signals hear only when the process is gone."""
        libc = ctypes.CDLL(None)
        libc.signal.argtypes, libc.signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
        libc.signal(int(signal.SIGABRT), ctypes.cast(self._handler, ctypes.c_void_p))

    def forget(self) -> None:
        """Hear it no more."""
        signal.signal(signal.SIGABRT, signal.SIG_DFL)

    def held(self) -> bytes:
        """What libraries have written."""
        if self._held is None:
            return b""
        self._held.seek(0)
        return self._held.read()

    def _aborted(self, number: int) -> None:
        written = self.held()
        if self._held is not None and FATAL not in written:
            os.write(self._number, written)
            signal.signal(signal.SIGABRT, signal.SIG_DFL)
            return  # and `abort` ends the process
        lost = Lost(self.hosts.run)
        if not self.told:
            os.write(self._number, f"{lost.path}: error {lost.problems[0].code}: {lost.problems[0].message}\n".encode())
        os._exit(1)


_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_int)


@contextmanager
def _held_back(err: TextIO) -> Iterator[_Ends]:
    """Hold back what libraries write to standard error until the end; NETSPEC_DEBUG=1 shows it as it comes."""
    if os.environ.get("NETSPEC_DEBUG") or not _is_standard_error(err):
        ends = _Ends(err, 2, None)
        ends.listen()
        try:
            yield ends
        finally:
            ends.forget()
        return
    err.flush()
    number = os.dup(2)
    with (
        tempfile.TemporaryFile() as held,
        open(number, "w", encoding="utf-8", errors="backslashreplace", buffering=1) as own,
    ):
        os.dup2(held.fileno(), 2)
        ends = _Ends(own, number, held)
        ends.listen()
        try:
            yield ends
        finally:
            ends.forget()
            sys.stderr.flush()
            written = ends.held()
            own.flush()
            os.dup2(number, 2)
            if written and FATAL not in written:
                os.write(2, written)


def _is_standard_error(stream: TextIO) -> bool:
    try:
        return stream.fileno() == 2
    except (OSError, ValueError, AttributeError):
        return False
