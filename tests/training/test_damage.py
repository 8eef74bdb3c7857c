"""What may befall a run: a full disk, damaged files, a folder that cannot be written, SIGTERM at any time.

Nothing that was written is lost, one sentence says what is the matter, and the run is resumed to the same bits.
"""

from __future__ import annotations

import html
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from netspec.diagnostics.problems import SpecError
from netspec.training import epochs as epochs_module
from netspec.training import session as session_module
from netspec.training.epochs import Epochs
from netspec.training.reopen import plan_of
from netspec.training.runs import RunFolder
from netspec.training.state import load_state

from .conftest import SMALL, Result, Write, at_once, netspec, only_run, steps
from .test_resume import same_ends, signalled

WIDE = SMALL.replace("  - dense: 10", "  - dense: {units: 2000, activation: relu}\n  - dense: 10").replace(
    "epochs: 2", "epochs: 3"
)  # 1.8 MB a state
STOPPING = SMALL.replace("batch_size: 128", "batch_size: 128, early_stopping: {monitor: val_loss, patience: 9}")


def resumes(run: Path, whole: Path, err: str = "") -> None:
    """The run goes on, and ends as one to which nothing happened."""
    result = netspec("train", "--resume", str(run))
    assert (result.status, result.err) == (0, err)
    assert same_ends(run, whole)
    assert not [*run.rglob(".*")]


def tried(result: Result) -> tuple[int, str]:
    return result.status, result.err


# --- a full disk ------------------------------------------------------------------------------------------------------


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """A file system of its own at a folder. Skips where we may mount none."""
    folder.mkdir(exist_ok=True)
    made = subprocess.run(("mount", *options, str(folder)), capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"mounting is not allowed here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(("umount", str(folder)), check=True)


def test_a_full_disk(write: Write, tmp_path: Path) -> None:
    path = write(WIDE)
    assert netspec("train", path, "--runs", "whole").status == 0
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=4m", "none"):
        full = netspec("train", path, "--runs", "disk")
        run = only_run(runs="disk")
        assert tried(full) == (1, f"{run}/last.npz: error NS709: cannot write '{run}/last.npz': the disk is full\n")
        assert load_state(run / "last.npz").position == (1, 0)
        again = netspec("train", "--resume", str(run))  # it is still full
        assert tried(again) == (1, f"{run}/last.npz: error NS709: cannot write '{run}/last.npz': the disk is full\n")
        subprocess.run(("mount", "-o", "remount,size=32m", "disk"), check=True)
        resumes(run, only_run(runs="whole"))


def test_a_disk_that_is_full_from_the_start(write: Write, tmp_path: Path) -> None:
    path = write()
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64k,nr_inodes=3", "none"):
        full = netspec("train", path, "--runs", "disk")
        assert full.status == 1
        assert re.fullmatch(
            r"(disk/\S+): error NS709: cannot (write|make the run's folder) '\1': the disk is full\n", full.err
        )


def test_a_file_that_may_not_grow(write: Write) -> None:
    """What a quota does, and what can be tried without a file system of one's own."""
    path = write(WIDE)
    assert netspec("train", path, "--runs", "whole").status == 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        limited = netspec("train", path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    run = only_run()
    assert tried(limited) == (1, f"{run}/last.npz: error NS709: cannot write '{run}/last.npz': file too large\n")
    record = json.loads((run / "run.json").read_text())
    assert record["status"] == "failed"
    assert record["error"] == f"{run}/last.npz:1:1: NS709: cannot write '{run}/last.npz': file too large"
    resumes(run, only_run(runs="whole"))


# --- a folder that cannot be written ----------------------------------------------------------------------------------


def test_a_read_only_folder(write: Write, tmp_path: Path) -> None:
    path = write()
    with signalled(1):
        assert netspec("train", path).status == 130
    run = only_run()
    folder = tmp_path / "runs"
    with mounted(folder, "--bind", str(folder)):
        subprocess.run(("mount", "-o", "remount,ro,bind", str(folder)), check=True)
        resumed = netspec("train", "--resume", str(run))
        assert tried(resumed) == (
            1,
            f"{run}/lock: error NS709: cannot write '{run}/lock': read-only file system\n",
        )
        begun = netspec("train", path)
        assert begun.status == 1
        assert re.fullmatch(
            r"(runs/small/\S+): error NS709: cannot make the run's folder '\1': read-only file system\n", begun.err
        )
        assert tried(netspec("evaluate", str(run))) == (0, "")
        assert tried(netspec("verify", str(run))) == (0, "")
    assert netspec("train", path, "--runs", "whole").status == 0
    resumes(run, only_run(runs="whole"))


# --- damaged files ----------------------------------------------------------------------------------------------------


def flipped(path: Path, at: int | None = None) -> None:
    """One bit of a file is another: of the byte that is named, of the middle one, or of a record's seed, which stays a number.

    In the middle of an archive it is one bit of many bytes: a single one may lie where nothing is said, as of times.
    """
    content = bytearray(path.read_bytes())
    length = 1
    if at is None:
        at = content.index(b'"seed": ') + 8 if path.name == "run.json" else len(content) // 2
        length = 64 if path.suffix in (".npz", ".keras") else 1
    for place in range(at, at + length):
        content[place] ^= 1
    path.write_bytes(bytes(content))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run that was broken off in its last epoch, and beside it one that was not."""
    folder = tmp_path_factory.mktemp("original")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("small.yaml").write_text(STOPPING)
        assert netspec("train", "small.yaml", "--runs", "whole").status == 0
        with signalled(1):
            assert netspec("train", "small.yaml").status == 130
    return folder


@pytest.fixture
def broken(original: Path, tmp_path: Path) -> Path:
    """A copy of that run, in the current folder."""
    for name in ("runs", "whole"):
        shutil.copytree(original / name, tmp_path / name)
    return only_run()


# What a flipped bit in the middle of a file does to `train --resume`: what is said, by status.
FLIPPED = {
    "spec.yaml": (
        1,
        "{run}/spec.yaml: error NS708: cannot be read: it is damaged, or was changed by hand (its digest in run.json is another)\n",
    ),
    "run.json": (
        1,
        "{run}/run.json: error NS708: cannot be read: it is damaged, or was changed by hand (its digest is another); "
        "if you changed it, take its `digest` out\n",
    ),
    "history.csv": (0, "warning: {run}/history.csv: it is damaged (WHY); it is written again from NEWEST\n"),
    "last.npz": (0, "warning: {run}/last.npz: it is damaged (WHY); the state before it is taken\n"),
    "best.npz": (
        0,
        "warning: {run}/best.npz: it is damaged (WHY); it is written again after the next epoch that is better\n",
    ),
    "checkpoints/NEWEST": (
        0,
        "warning: {run}/checkpoints/NEWEST: it is damaged (WHY); the state before it is taken\n",
    ),
}


def why(text: str) -> str:
    return re.sub(r"damaged \((?!its digest (is|in)).*?\);", "damaged (WHY);", text)


def damage(run: Path, name: str, how: Callable[[Path], None]) -> str:
    newest = RunFolder(run).kept()[0].name
    how(run / name.replace("NEWEST", newest))
    return newest


def test_every_file_of_a_run_is_among_those_that_are_damaged(broken: Path) -> None:
    newest = RunFolder(broken).kept()[0].name
    files = {str(path.relative_to(broken)).replace(newest, "NEWEST") for path in broken.rglob("*") if path.is_file()}
    events = {name for name in files if name.startswith("tensorboard/")}  # where TensorBoard's format can be written
    assert files - events == FLIPPED.keys() | {"metrics.jsonl", "resolved.yaml"}  # which no training goes on from


@pytest.mark.parametrize("name", FLIPPED)
def test_a_flipped_bit(broken: Path, name: str) -> None:
    newest = damage(broken, name, flipped)
    status, err = FLIPPED[name]
    before = {path: path.read_bytes() for path in broken.rglob("*") if path.is_file()}
    resumed = netspec("train", "--resume", str(broken))
    assert (resumed.status, why(resumed.err)) == (status, err.format(run=broken).replace("NEWEST", newest))
    if status:
        assert {path: path.read_bytes() for path in broken.rglob("*") if path.is_file()} == before
    else:
        assert same_ends(broken, only_run(runs="whole"))


@pytest.mark.parametrize("name", ["run.json", "history.csv", "best.npz", "checkpoints/NEWEST"])
def test_a_truncated_file(broken: Path, name: str) -> None:
    newest = damage(broken, name, lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]))
    resumed = netspec("train", "--resume", str(broken))
    err = FLIPPED[name][1].format(run=broken).replace("NEWEST", newest)
    if name == "run.json":
        assert resumed.status == 1
        assert re.fullmatch(rf"{broken}/run\.json: error NS708: cannot be read: it is damaged \(.*\)\n", resumed.err)
    else:
        assert (resumed.status, why(resumed.err)) == (0, err)
        assert same_ends(broken, only_run(runs="whole"))


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _second(line: bytes) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        first, _, *rest = _lines(path)
        path.write_bytes(b"".join([first, line, *rest]))

    return replace


def _other_figures(path: Path) -> None:
    path.write_bytes(
        b"".join(
            re.sub(rb'"val_loss": \d', b'"val_loss": 7', line) if b'"kind": "epoch"' in line else line
            for line in _lines(path)
        )
    )


# What may befall the metrics, and what is said of it.
METRICS: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (Path.unlink, "it is missing"),
    "empty": (lambda path: path.write_bytes(b""), "it is damaged (lines of epoch 1 are missing)"),
    "truncated": (_half, "it is damaged (lines of epoch 1 are missing)"),
    "nonsense": (_second(b"nonsense\n"), "it is damaged (line 2 is no line of metrics)"),
    "no text": (_second(b'{"kind": "\xff"}\n'), "it is damaged (line 2 is no line of metrics)"),
    "other figures": (_other_figures, "it is damaged (the figures of epoch 1 are others than the history's)"),
}


@pytest.mark.parametrize("how", METRICS)
def test_damaged_metrics(broken: Path, how: str) -> None:
    """No command stops for them; each that reads them says so, and what else there is of them is kept."""
    spoil, why = METRICS[how]
    path, whole = broken / "metrics.jsonl", only_run(runs="whole")
    listed = netspec("runs", "--format", "json")
    spoil(path)
    assert netspec("runs", "--format", "json") == listed
    if find_spec("matplotlib") is not None:
        reported = netspec("report", str(broken))
        assert reported.err == f"warning: {path}: {why}; the report shows what can be read\n"
        assert reported.status == 0
        page = html.unescape((broken / "report.html").read_text(encoding="utf-8"))
        assert f"metrics.jsonl: {why}; what can be read is shown." in page
    left = set(lines(path, bad=True)) if path.exists() else set()
    again = "it is written again, with a line of each epoch and what can be read of their steps"
    resumes(broken, whole, f"warning: {path}: {why}; {again}\n")
    kept, unbroken = lines(path), lines(whole / "metrics.jsonl")
    assert set(kept) <= set(unbroken)
    assert [line for line in kept if '"epoch"' in line.partition(",")[0]] == [
        line for line in unbroken if '"epoch"' in line.partition(",")[0]
    ]
    assert left & set(unbroken) <= set(kept)


def lines(path: Path, *, bad: bool = False) -> list[str]:
    """The lines without what the clock says; with `bad`, those that are lines."""
    found = []
    for each in _lines(path):
        try:
            line = json.loads(each)
        except ValueError:
            assert bad
            continue
        found.append(json.dumps({name: value for name, value in line.items() if name not in ("time", "seconds")}))
    return found


def test_a_flipped_bit_of_the_model_and_of_what_is_measured(original: Path, tmp_path: Path) -> None:
    """Of a finished run each command says so that reads the file; the others go on."""
    shutil.copytree(original / "whole", tmp_path / "whole")
    run = only_run(runs="whole")
    for name in ("best.npz", "model.keras"):
        flipped(run / name)
    measured = netspec("evaluate", str(run))
    assert measured.status == 1
    assert re.fullmatch(rf"{run}/best\.npz: error NS708: cannot be read: it is damaged \(.*\)\n", measured.err)
    assert tried(netspec("evaluate", str(run), "--weights", "last")) == (0, "")
    model = netspec("evaluate", str(run / "model.keras"), "--data", "digits")
    assert model.status == 1
    assert model.err.startswith(f"{run}/model.keras: error NS708: cannot be read: ")
    assert model.err.count("\n") == 1


def test_any_flipped_bit_is_noticed_or_changes_nothing(original: Path, tmp_path: Path) -> None:
    """Some bits of an archive say nothing: times, or which system wrote it."""
    shutil.copytree(original / "runs", tmp_path / "runs")
    folder = RunFolder(only_run())
    draw = random.Random(1)
    record = folder.read_record()
    saved = load_state(folder.last)

    def arrays(path: Path) -> list[tuple[str, str, bytes]]:
        again = load_state(path)
        return [
            (section, name, array.tobytes())
            for section in again.sections
            for name, array in zip(again.names[section], again.sections[section], strict=True)
        ]

    def text(path: Path) -> str:
        return plan_of(folder, folder.read_record()).spec.text

    def said(path: Path) -> dict[str, Any]:
        return {key: value for key, value in folder.read_record().items() if key in record}

    readers: dict[Path, Callable[[Path], Any]] = {
        folder.last: arrays,
        folder.spec: text,
        folder.path / "run.json": said,
    }
    noticed = 0
    for path, read in readers.items():
        content, right = path.read_bytes(), read(path)
        for at in draw.sample(range(len(content)), min(len(content), 150)):
            flipped(path, at)
            try:
                assert read(path) == right, (path, at)
            except SpecError:
                noticed += 1
        path.write_bytes(content)
        assert read(path) == right
    assert noticed > 300
    assert saved.position == (1, 0)


# --- SIGTERM ----------------------------------------------------------------------------------------------------------


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def then(call: Callable[..., Any]) -> Callable[..., Any]:
    """The same; the first time after a signal."""
    told: list[bool] = []

    def both(*arguments: Any, **options: Any) -> Any:
        if not told:
            told.append(True)
            terminate()
        return call(*arguments, **options)

    return both


def test_sigterm_while_data_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write()
    with monkeypatch.context() as patch:
        patch.setattr(session_module, "load_dataset", then(session_module.load_dataset))
        assert netspec("train", path) == Result(130, "", "\nnetspec: interrupted\n")
    assert not Path("runs").exists()


# Where SIGTERM comes, and how far the run then is.
PHASES: dict[str, tuple[Any, str, str]] = {
    "before the first step, which is compiled": (Epochs, "_epoch_begins", "0 complete epochs and {first} of the next"),
    "while an epoch's state is written": (RunFolder, "save", "1 complete epoch"),
    "while it is measured": (session_module, "measure", "2 complete epochs"),
}


@pytest.mark.parametrize("phase", PHASES)
def test_sigterm(write: Write, monkeypatch: pytest.MonkeyPatch, phase: str) -> None:
    path = write()
    assert netspec("train", path, "--runs", "whole").status == 0
    owner, name, far = PHASES[phase]
    far = far.format(first=steps(at_once()))
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, then(getattr(owner, name)))
        interrupted = netspec("train", path)
    run = only_run()
    assert tried(interrupted) == (130, f"\ninterrupted after {far}; resume with: netspec train --resume {run}\n")
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    resumes(run, only_run(runs="whole"))


def test_sigterm_while_the_model_is_written_comes_too_late(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write()
    monkeypatch.setattr(session_module.model_file, "save", then(session_module.model_file.save))
    assert tried(netspec("train", path)) == (0, "")
    assert json.loads((only_run() / "run.json").read_text())["status"] == "finished"


STUCK = """
import sys, time
from netspec.training import interruption
from netspec.training.feeding import Feed
from netspec.cli import entry
interruption.GRACE = 3.0
batch = Feed.batch
def slow(feed, step):
    if step == 30:
        print("stuck", flush=True)
        time.sleep(600)
    return batch(feed, step)
Feed.batch = slow
sys.argv = ["netspec", "train", "small.yaml"]
entry()
"""


def test_sigterm_while_data_is_waited_for(write: Write) -> None:
    """No step ends, so what was saved before is what there is; the process leaves well before it is killed."""
    path = write(
        SMALL.replace("batch_size: 128", "batch_size: 16, checkpoint: {every: 8 steps}").replace(
            "epochs: 2", "epochs: 1"
        )
    )
    process = subprocess.Popen(
        (sys.executable, "-c", STUCK), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    while process.stdout.readline() != "stuck\n":
        assert process.poll() is None
    time.sleep(1)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 20
    run = only_run()
    assert (process.returncode, err) == (
        130,
        f"\ninterrupted after 0 complete epochs and 24 steps of the next; resume with: netspec train --resume {run}\n",
    )
    record = json.loads((run / "run.json").read_text())
    assert (record["status"], record["steps_done"], record["process"]) == ("interrupted", 24, None)
    assert netspec("train", path, "--runs", "whole").status == 0
    resumes(run, only_run(runs="whole"))


def test_where_calls_are_slow_the_state_is_saved_after_each(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes within one cannot be heard, so what was learned before is on the disk already."""
    saved: list[int] = []
    save = Epochs._save

    def noted(epochs: Epochs, sums: Any) -> None:
        saved.append(epochs.steps)
        save(epochs, sums)

    monkeypatch.setattr(Epochs, "_save", noted)
    path = write(SMALL.replace("batch_size: 128", "batch_size: 32"))
    assert netspec("train", path, "--epochs", "1").status == 0
    assert saved == []
    monkeypatch.setattr(epochs_module, "SLOW", 0.0)
    ends = Epochs._step_ends

    def slowly(epochs: Epochs, step: int, logs: Any) -> None:
        epochs._saving = 0.0
        ends(epochs, step, logs)

    monkeypatch.setattr(Epochs, "_step_ends", slowly)
    assert netspec("train", path, "--epochs", "1").status == 0
    assert saved == [*range(2 * at_once(), 41, at_once())]  # not after the first, which compiles
