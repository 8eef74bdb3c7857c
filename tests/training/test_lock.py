"""One process trains a run: by a lock that the operating system takes back however its holder ends."""

from __future__ import annotations

import errno
import fcntl
import io
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netspec.diagnostics.problems import SpecError
from netspec.training.lock import held
from netspec.training.progress import Progress, Silence
from netspec.training.runs import RunFolder, this_process

from .conftest import Write, netspec, only_run

pytestmark = pytest.mark.backend  # psutil comes with the backends' extras

HOLD = """
import sys, time
from pathlib import Path
from netspec.training.lock import held
from netspec.training.progress import Silence
from netspec.training.runs import RunFolder
with held(RunFolder(Path(sys.argv[1])), Silence()):
    print("held", flush=True)
    time.sleep(600)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """A process that holds a run, once it does."""
    process = subprocess.Popen((sys.executable, "-c", HOLD, str(folder)), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def refused(folder: Path) -> str:
    with pytest.raises(SpecError) as caught, held(RunFolder(folder), Silence()):
        pass
    (problem,) = caught.value.problems
    return f"{caught.value.path}: {problem.code} {problem.message}"


def test_a_run_is_held_by_one_process_until_that_ends_however_it_ends(tmp_path: Path) -> None:
    process = holder(tmp_path)
    assert refused(tmp_path) == (
        f"{tmp_path}: NS708 cannot be read: process {process.pid} is training it at this moment"
    )
    copied = tmp_path.with_name("copied")
    shutil.copytree(tmp_path, copied)
    with held(RunFolder(copied), Silence()):  # the copy is nobody's
        assert json.loads((copied / "lock").read_text())["pid"] == os.getpid()
    assert not (copied / "lock").exists()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "lock").exists()
    with held(RunFolder(tmp_path), Silence()):
        assert refused(tmp_path) == (
            f"{tmp_path}: NS708 cannot be read: process {os.getpid()} is training it at this moment"
        )
    assert not (tmp_path / "lock").exists()


def _try(folder: Path, start: float, results: multiprocessing.Queue[bool]) -> None:
    time.sleep(max(0.0, start - time.time()))
    try:
        with held(RunFolder(folder), Silence()):
            results.put(True)
            time.sleep(0.5)
    except SpecError:
        results.put(False)


def test_of_eight_at_the_same_moment_one_gets_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[bool] = context.Queue()
    start = time.time() + 8
    processes = [context.Process(target=_try, args=(tmp_path, start, results)) for _ in range(8)]
    for process in processes:
        process.start()
    got = sorted(results.get(timeout=60) for _ in processes)
    for process in processes:
        process.join()
    assert got == [False] * 7 + [True]


def test_who_comes_while_the_file_is_removed_takes_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had opened the file before its holder removed it, and so has locked a file that nobody else will see."""
    path = tmp_path / "lock"
    flock = fcntl.flock
    removed: list[bool] = []

    def after_its_removal(handle: int, how: int) -> None:
        if not removed:
            removed.append(True)
            path.unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", after_its_removal)
    with held(RunFolder(tmp_path), Silence()):
        assert path.exists()
        assert refused(tmp_path).endswith(f"process {os.getpid()} is training it at this moment")


def test_a_process_of_another_machine_is_named_with_it(tmp_path: Path) -> None:
    with held(RunFolder(tmp_path), Silence()):
        (tmp_path / "lock").write_text(json.dumps({**this_process(), "host": "node7", "pid": 12}))
        assert refused(tmp_path) == (
            f"{tmp_path}: NS708 cannot be read: process 12 of another machine, node7, is training it at this moment"
        )
        (tmp_path / "lock").write_text("{")
        assert refused(tmp_path) == f"{tmp_path}: NS708 cannot be read: another process is training it at this moment"


def test_without_locks_the_record_tells_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    folder = RunFolder(tmp_path)
    err = io.StringIO()
    with held(folder, Progress(io.StringIO(), err)):
        pass
    assert err.getvalue() == (
        f"warning: {tmp_path}: its file system keeps no locks (no locks available), so that another process goes on with "
        "the same run is noticed on this machine alone\n"
    )
    folder.write_record(
        {
            "format": 1,
            "status": "running",
            "name": "a",
            "params": {},
            "overrides": {},
            "root": ".",
            "process": this_process(),
        }
    )
    assert refused(tmp_path) == f"{tmp_path}: NS708 cannot be read: process {os.getpid()} is training it at this moment"


def test_a_second_resume_is_refused_and_reading_is_not(write: Write) -> None:
    assert netspec("train", write(), "--epochs", "1").status == 0
    run = only_run()
    process = holder(run)
    try:
        resumed = netspec("train", "--resume", str(run), "--epochs", "2")
        assert (resumed.status, resumed.out, resumed.err) == (
            1,
            "",
            f"{run}: error NS708: cannot be read: process {process.pid} is training it at this moment\n",
        )
        assert netspec("evaluate", str(run)).status == 0
    finally:
        process.kill()
        process.communicate()
    assert netspec("train", "--resume", str(run), "--epochs", "2").status == 0
    assert not (run / "lock").exists()


def test_two_trainings_of_one_second_have_a_folder_each(tmp_path: Path) -> None:
    folders = [RunFolder.create(tmp_path, "small").path for _ in range(4)]
    assert len({*folders}) == 4
