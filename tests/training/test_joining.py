"""How a process learns that it is one of several, what all agree on, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from netspec.backends.requirements import on_jax
from netspec.data.dataset import Array
from netspec.training.hosts import Assent, Hosts
from netspec.training.joining import LAUNCHERS, Place, place_in

from .conftest import Write, netspec

SLURM = {
    "SLURM_JOB_ID": "7",
    "SLURM_STEP_NODELIST": "node[1-2]",
    "SLURM_PROCID": "1",
    "SLURM_LOCALID": "0",
    "SLURM_NTASKS": "2",
}
MPI = {"OMPI_MCA_orte_hnp_uri": "1.0;tcp://a:1", "OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4"}
PODS = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "JOB_COMPLETION_INDEX": "0"}


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, None),
        (SLURM, LAUNCHERS[0]),
        ({**SLURM, "SLURM_NTASKS": "1"}, None),  # one task alone
        (
            {name: value for name, value in SLURM.items() if name != "SLURM_STEP_NODELIST"},
            None,
        ),  # a batch script, no step
        (MPI, LAUNCHERS[1]),
        (PODS, LAUNCHERS[2]),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, None),  # a pod of no indexed job
        (
            {"JAX_COORDINATOR_ADDRESS": "a:1", "JAX_NUM_PROCESSES": "2", "JAX_PROCESS_ID": "1", **SLURM},
            Place("a:1", 2, 1),
        ),
        (
            {
                "KERAS_DISTRIBUTION_JOB_ADDRESSES": "a:1,b:1",
                "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
                "KERAS_DISTRIBUTION_PROCESS_ID": "0",
            },
            Place("a:1", 2, 0),
        ),
        ({"JAX_COORDINATOR_ADDRESS": "a:1", "JAX_NUM_PROCESSES": "1", "JAX_PROCESS_ID": "0"}, None),
        ({"JAX_COORDINATOR_ADDRESS": "a:1"}, None),
    ],
)
def test_what_variables_say(environment: dict[str, str], found: object) -> None:
    assert place_in(environment) == found


class Fake(Hosts):
    """Two processes, of which the other wishes nothing or all, and can do so many steps a second."""

    def __init__(self, other: int, stride: int = 1000) -> None:
        super().__init__(2, 0)
        self.other = np.array([other, stride], np.int32)
        self.asked = 0

    def gather(self, values: Array) -> Array:
        self.asked += 1
        return np.stack([values, self.other])


def test_what_one_wishes_all_do() -> None:
    assert [Assent(Hosts())(wish) for wish in (False, True)] == [False, True]
    assert [Assent(Fake(other))(wish) for other, wish in ((0, False), (0, True), (1, False))] == [False, True, True]


def test_it_is_agreed_on_about_once_a_second() -> None:
    """Quick steps are asked about ever more seldom; the slowest process says how seldom."""
    quick, slow = Fake(0), Fake(0, stride=1)
    for hosts in (quick, slow):
        assent = Assent(hosts)
        for _ in range(100):
            assent(False)
    assert slow.asked == 100
    assert quick.asked < 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--coordinator", "a:1"),
            "--coordinator HOST:PORT, --processes N and --process I go together; each process is given its own I",
        ),
        (
            ("--coordinator", "a:1", "--processes", "2", "--process", "2"),
            "--process is from 0 to 1 where there are 2 processes",
        ),
        (("--coordinator", "a", "--processes", "2", "--process", "1"), "--coordinator takes HOST:PORT, not 'a'"),
        (("--processes", "0"), "argument --processes: a number of processes is a whole number of at least 1, not '0'"),
    ],
)
def test_a_place_is_whole(write: Write, arguments: tuple[str, ...], message: str) -> None:
    result = netspec("train", write(), *arguments)
    assert (result.status, result.err.splitlines()[0]) == (2, f"netspec train: {message}")


def test_what_is_shared_on_jax_alone_is_refused_elsewhere(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason, and the command that would."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    small = write()
    command = on_jax("small.yaml")
    together = netspec("train", small, "--coordinator", "127.0.0.1:1", "--processes", "2", "--process", "0")
    assert (together.status, together.err) == (
        1,
        "<environment>: error NS706: several processes were started to train together, which they can on the JAX backend "
        "alone: on tensorflow, Keras's distribution API takes the same words and shares nothing; "
        f"{command}, or --processes 1 for a run of its own in each\n",
    )
    layout = "distribute={model_parallel: {mesh: {batch: 1}, layout: {a/kernel: [null]}}}"
    parallel = netspec("train", small, "--train", layout)
    assert (parallel.status, parallel.err) == (
        1,
        "<options>: error NS706: `model_parallel` shares weights on the JAX backend alone: on tensorflow, Keras's distribution "
        f"API takes the same words and shares nothing; {command}\n",
    )


def test_a_launcher_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of its processes that is to train alone says so."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    for name, value in SLURM.items():
        monkeypatch.setenv(name, value)
    result = netspec("train", write(), "--epochs", "1")
    assert result.status == 1
    assert result.err.startswith(
        "<environment>: error NS706: several processes were started by SLURM to train together, "
    )
    assert netspec("train", write(), "--epochs", "1", "--processes", "1").status == 0
