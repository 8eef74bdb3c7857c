"""MLflow and Weights & Biases are told of a run, where they are installed; a run does not end for them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from netspec.training import trackers
from netspec.training.runs import Record, Row, RunFolder

from .conftest import SMALL, netspec, only_run
from .test_resume import signalled

TRACKED = SMALL.replace("batch_size: 128}", "batch_size: 128, trackers: [{}]}")


class Told:
    """A tracker that notes what it is told."""

    name = "mlflow"

    def __init__(self) -> None:
        self.calls: list[tuple[str, object]] = []
        self.fails_at = ""

    def _note(self, what: str, value: object) -> None:
        if what == self.fails_at:
            raise ConnectionError("the server\nis gone")
        self.calls.append((what, value))

    def begin(self, record: Record, folder: RunFolder, known: str | None) -> str:
        self._note("begin", known)
        return known or "id-1"

    def epoch(self, row: Row) -> None:
        self._note("epoch", int(row["epoch"]))

    def end(self, results: trackers.Tests, status: str) -> None:
        self._note("end", (status, sorted(results)))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    tracker = Told()
    monkeypatch.setitem(trackers.TRACKERS, "mlflow", lambda: tracker)
    monkeypatch.setattr(trackers, "find_spec", lambda name: name == "mlflow" or None)
    Path("small.yaml").write_text(TRACKED.replace("{}", "mlflow"))
    return tracker


def test_a_resumed_run_goes_on_with_the_same(told: Told) -> None:
    with signalled(1):
        assert netspec("train", "small.yaml").status == 130
    run = only_run()
    assert json.loads((run / "run.json").read_text())["trackers"] == {"mlflow": "id-1"}
    assert netspec("train", "--resume", str(run)).status == 0
    assert told.calls == [
        ("begin", None), ("epoch", 1), ("end", ("interrupted", [])),
        ("begin", "id-1"), ("epoch", 2), ("end", ("finished", ["test"])),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("place", "calls"), [("begin", []), ("epoch", ["begin"]), ("end", ["begin", "epoch", "epoch"])]
)
def test_a_server_that_is_gone_is_a_warning_once(told: Told, place: str, calls: list[str]) -> None:
    told.fails_at = place
    done = netspec("train", "small.yaml")
    assert (done.status, done.err) == (0, "warning: `mlflow` is told nothing more of this run: the server\n")
    assert [name for name, _ in told.calls] == calls


def test_a_tracker_that_is_not_installed_is_told_before_training() -> None:
    name = next((name for name in ("mlflow", "wandb") if importlib.util.find_spec(name) is None), None)
    if name is None:
        pytest.skip("both are installed")
    Path("small.yaml").write_text(TRACKED.replace("{}", name))
    done = netspec("train", "small.yaml")
    assert done.status == 1
    assert done.err.startswith(
        f"small.yaml:9:47: error NS710: `trackers` names `{name}`, which is not installed; pip install 'netspec-keras[{name}]'\n"
    )
    assert not Path("runs").exists()


@pytest.mark.filterwarnings("ignore")  # its own, of which it has many
def test_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow: Any = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{Path('mlflow.db').absolute()}")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    Path("small.yaml").write_text(TRACKED.replace("{}", "mlflow"))
    done = netspec("train", "small.yaml")
    assert done.status == 0
    run = only_run()
    record = json.loads((run / "run.json").read_text())
    client = mlflow.MlflowClient()
    found = client.get_run(record["trackers"]["mlflow"])
    assert found.info.status == "FINISHED"
    assert found.data.params["train.batch_size"] == "128"
    assert found.data.metrics["test_accuracy"] == pytest.approx(record["results"]["test"]["accuracy"])
    losses = [(each.step, each.value) for each in client.get_metric_history(found.info.run_id, "val_loss")]
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert losses == [(row["epoch"], row["val_loss"]) for row in rows if row["kind"] == "epoch"]


@pytest.mark.filterwarnings("ignore")
def test_wandb(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    Path("small.yaml").write_text(TRACKED.replace("{}", "wandb"))
    done = netspec("train", "small.yaml")
    assert (done.status, done.err) == (0, "")
    run = only_run()
    id_ = json.loads((run / "run.json").read_text())["trackers"]["wandb"]
    (kept,) = run.glob(f"wandb/offline-run-*-{id_}")
    (log,) = kept.glob("*.wandb")
    assert b"val_accuracy" in log.read_bytes()
