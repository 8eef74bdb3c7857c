"""The parts that need no network: verdicts, overrides, run folders, saved state, signals."""

from __future__ import annotations

import json
import math
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.diagnostics.problems import SpecError
from netspec.pipeline import check
from netspec.training import OverrideError, plan_run
from netspec.training import runs as folders
from netspec.training.devices import Machine
from netspec.training.interruption import Interruption
from netspec.training.learner import compiles
from netspec.training.plan import Plan
from netspec.training.runs import RunFolder
from netspec.training.state import load_state, save_state
from netspec.training.stopping import Verdict, judge, maximises

from .conftest import Write


@pytest.mark.parametrize(
    ("values", "options", "verdict"),
    [
        ([], {}, Verdict(None, 0)),
        ([3.0], {}, Verdict(0, 0)),
        ([3.0, 2.0, 2.5, 2.0], {}, Verdict(1, 2)),
        ([3.0, 2.0, 2.5], {"maximise": True}, Verdict(0, 2)),
        ([3.0, 2.9, 2.8, 2.4], {"min_delta": 0.5}, Verdict(3, 0)),
        ([3.0, 2.9, 2.8, 2.6], {"min_delta": 0.5}, Verdict(0, 3)),
        ([math.nan, 2.0, math.nan], {}, Verdict(1, 1)),
        ([math.nan], {}, Verdict(None, 1)),
    ],
)
def test_the_best_of_a_history(values: list[float], options: dict[str, Any], verdict: Verdict) -> None:
    assert judge(values, **{"maximise": False, **options}) == verdict


@pytest.mark.parametrize(
    ("figure", "mode", "greater"),
    [
        ("val_loss", "auto", False),
        ("val_accuracy", "auto", True),
        ("main_top_5_accuracy", "auto", True),
        ("val_auc", "auto", True),
        ("val_mean_squared_error", "auto", False),
        ("val_loss", "max", True),
        ("val_accuracy", "min", False),
    ],
)
def test_which_way_is_better(figure: str, mode: str, greater: bool) -> None:
    assert maximises(figure, mode) is greater


# --- overrides --------------------------------------------------------------------------------------------------------


def planned(path: str, **overrides: Any) -> Plan:
    return plan_run(check(path), Path(path).read_bytes(), overrides=overrides)


def test_overrides_replace_what_the_spec_says(write: Write, tmp_path: Path) -> None:
    path = write(data="{source: digits, validation_split: 0.3}", train="{epochs: 5, seed: 7}")
    plan = planned(path, epochs=3, optimizer={"sgd": 0.5}, data="digits")
    assert (plan.train.epochs, plan.train.seed, plan.train.optimizer.spec_name) == (3, 7, "sgd")
    assert plan.train.optimizer.learning_rate == 0.5
    assert (plan.data.source.spec_name, plan.data.validation_split) == ("digits", 0.3)
    assert plan.root == tmp_path


def test_paths_of_a_spec_start_at_its_folder_and_those_of_an_option_here(write: Write, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    path = write(name="specs/small.yaml")
    assert planned(path).root == tmp_path / "specs"
    assert planned(path, data={"npz": "x.npz"}).root == tmp_path


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"epoch": 3}, "`train` has no option 'epoch'; did you mean `epochs`?"),
        ({"epochs": 0}, "`epochs` must be a whole number of at least 1, not 0"),
        ({"epochs": "many"}, "`epochs` must be a whole number of at least 1, not 'many'"),
        ({"optimizer": {"sdg": {}}}, "`optimizer`: 'sdg' is not an optimizer; did you mean `sgd`?"),
        (
            {"data": "digit"},
            "`source` must be a data source (`digits`, `corners`, `mnist` or `fashion_mnist`, …), not 'digit'; did you mean `digits`?",
        ),
        (
            {"data": {"source": "digits", "test_spilt": 0.1}},
            "`data` has no option 'test_spilt'; did you mean `test_split`?",
        ),
        (
            {"augment": [{"random_flip": {}}]},
            "`augment` holds nodes, which only a spec can; here it can be emptied: augment=[]",
        ),
    ],
)
def test_wrong_overrides(write: Write, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(OverrideError) as caught:
        planned(write(), **overrides)
    assert str(caught.value) == message


def test_a_spec_is_checked_against_the_data_in_force(write: Write) -> None:
    path = write(input="[16, 16, 1]")
    with pytest.raises(SpecError) as caught:
        planned(path)
    assert [problem.code for problem in caught.value.problems] == ["NS701"]
    with pytest.raises(SpecError) as caught:
        planned(path, data="corners")
    assert [(problem.code, problem.message) for problem in caught.value.problems] == [
        ("NS702", "the output `softmax_1` has 10 numbers, and `corners` has 2 classes")
    ]


# --- folders ----------------------------------------------------------------------------------------------------------


def test_folders_of_one_second_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders.time, "strftime", lambda form: "2030-01-02T03-04-05")
    made = [RunFolder.create(tmp_path / "runs", "net").path.name for _ in range(3)]
    assert made == ["2030-01-02T03-04-05", "2030-01-02T03-04-05-2", "2030-01-02T03-04-05-3"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(SpecError) as caught:
        RunFolder.create(tmp_path / "runs", "net")
    (problem,) = caught.value.problems
    assert problem.code == "NS709"
    assert problem.message.startswith(f"cannot make the run's folder '{tmp_path}/runs/net/")
    assert problem.message.endswith("': not a directory") or problem.message.endswith("': file exists")


def test_history_reads_back_as_it_was(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    rows: list[folders.Row] = [{"epoch": 1, "loss": 0.1 + 0.2}, {"epoch": 2, "loss": 1e-300}]
    assert folder.read_history() == []
    folder.write_history(rows)
    assert folder.read_history() == rows
    assert (tmp_path / "history.csv").read_bytes() == b"epoch,loss\r\n1,0.30000000000000004\r\n2,1e-300\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["history.csv"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: it holds no run.json, so it is no run"),
        ("[1]", "cannot be read: it is no record of a run"),
        ("{}", "cannot be read: it is no record of a run"),
        ('{"format": 2}', "cannot be read: it has format 2, and this netspec reads 1"),
        ('{"format"', "cannot be read: it is damaged (Expecting ':' delimiter: line 1 column 10 (char 9))"),
    ],
)
def test_records_that_are_none(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "run.json").write_text(text)
    with pytest.raises(SpecError) as caught:
        RunFolder(tmp_path).read_record()
    assert [(p.code, p.message) for p in caught.value.problems] == [("NS708", message)]


def test_a_process_is_known_by_its_start_too() -> None:
    here = folders.this_process()
    assert folders.is_alive(json.loads(json.dumps(here)))
    assert not folders.is_alive({**here, "since": 0})
    assert not folders.is_alive({**here, "host": "elsewhere"})
    assert not folders.is_alive(None)


# --- saved state ------------------------------------------------------------------------------------------------------


class Variable:
    """As much of a Keras variable as restoring needs."""

    def __init__(self, path: str, value: Any) -> None:
        self.path = path
        self.value = np.asarray(value)
        self.shape = self.value.shape

    def assign(self, value: Any) -> None:
        self.value = value


def test_a_state_holds_its_arrays_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy before 2.2 saves what it does not know as an array, and the digest was then another."""

    def savez(file: Any, *arrays: Any, **named: Any) -> None:
        original(file, *arrays, **{name: np.asarray(value) for name, value in named.items()})

    original = np.savez
    monkeypatch.setattr(np, "savez", savez)
    save_state(tmp_path / "last.npz", {"epochs": [("done", np.array(3))]})
    with np.load(tmp_path / "last.npz") as archive:
        assert archive.files == ["epochs/00000/done", "digest/00000/sha256"]
    assert load_state(tmp_path / "last.npz").number("epochs") == 3


def test_state_goes_back_by_position(tmp_path: Path) -> None:
    values = [(f"layer_{n}/kernel", np.full((2,), n, np.float32)) for n in range(12)]
    save_state(tmp_path / "last.npz", {"network": values, "epochs": [("done", np.array(3))]})
    saved = load_state(tmp_path / "last.npz")
    variables = [Variable(f"other_{n}", [0, 0]) for n in range(12)]
    saved.restore("network", variables)
    assert [v.value.tolist() for v in variables] == [[n, n] for n in range(12)]
    assert saved.number("epochs") == 3


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ([], "it holds 1 arrays of `network`, and the spec makes 0"),
        ([Variable("dense/kernel", [[0]])], "`dense/kernel` is [2] in it, and [1, 1] in the spec"),
    ],
)
def test_state_of_another_network(tmp_path: Path, variables: list[Variable], message: str) -> None:
    save_state(tmp_path / "last.npz", {"network": [("a", np.zeros(2))]})
    with pytest.raises(SpecError) as caught:
        load_state(tmp_path / "last.npz").restore("network", variables)
    assert caught.value.problems[0].message == f"cannot be read: {message}"


def test_damaged_state_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "last.npz"
    save_state(path, {"network": [("a", np.arange(1000.0))]})
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[2000] ^= 0xFF
    for content in (b"", whole[:100], whole[:-10], bytes(flipped), b"PK" + whole):
        path.write_bytes(content)
        with pytest.raises(SpecError) as caught:
            load_state(path)
        assert caught.value.problems[0].code == "NS708"
        assert caught.value.problems[0].message.startswith("cannot be read: it is damaged (")


def test_state_is_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "last.npz", **{"network/0/a": np.array([print], dtype=object)})
    with pytest.raises(SpecError, match="it holds Python objects"):
        load_state(tmp_path / "last.npz")


# --- signals ----------------------------------------------------------------------------------------------------------


def test_the_first_signal_waits_for_the_check_and_the_second_does_not() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interruption() as interruption:
        interruption.check()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        interruption.shield()
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_after_sigterm_are_taken_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    """Who listens goes on listening: Python would complain of each signal of which nobody takes notice."""
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.asked()
        interruption.shield()
        time.sleep(0.1)
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
    assert capfd.readouterr().err == ""


def test_another_thread_hears_no_signals() -> None:
    done = []

    def run() -> None:
        with Interruption() as interruption:
            interruption.check()
            done.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert done == [True]


@pytest.mark.parametrize(
    ("layer", "asked", "backend", "kind", "expected"),
    [
        ("dense: 3", "auto", "tensorflow", "cpu", False),
        ("lstm: 3", "auto", "tensorflow", "cpu", "auto"),
        ("multi_head_attention: {num_heads: 1, key_dim: 2}", "auto", "tensorflow", "cpu", "auto"),
        ("dense: 3", "auto", "tensorflow", "gpu", "auto"),
        ("dense: 3", "auto", "jax", "cpu", "auto"),
        ("dense: 3", "always", "tensorflow", "cpu", True),
        ("lstm: 3", "never", "tensorflow", "cpu", False),
    ],
)
def test_what_xla_compiles(write: Write, layer: str, asked: str, backend: str, kind: str, expected: bool | str) -> None:
    name = write(
        f"netspec: 1\ninput: [4, 2]\nlayers:\n  - {layer}\n  - flatten\n  - dense: 10\n"
        f"data: {{source: {{npz: it.npz}}}}\ntrain: {{jit_compile: {asked}}}\n"
    )
    plan = plan_run(check(name), b"")
    assert compiles(plan, Machine(backend, "1", kind, 1)) == expected
