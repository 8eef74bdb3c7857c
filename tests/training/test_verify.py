"""`netspec verify`: a stretch of a run is trained again, and compared to the bit."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.training.runs import RunFolder
from netspec.training.state import load_state, save_state

from .conftest import Result, Write, at_once, netspec, only_run
from .test_resume import STATEFUL, signalled


def contents(run: Path) -> dict[str, str]:
    """All files of a folder, by what is in them."""
    files = (path for path in sorted(run.rglob("*")) if path.is_file())
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def verified(run: Path, *arguments: str) -> tuple[int, str]:
    """Status and output of the command, which leaves the folder as it was."""
    before = contents(run)
    result = netspec("verify", str(run), *arguments)
    assert contents(run) == before
    assert result.err == ""
    return result.status, re.sub(r"on \w+ \S+ on \w+", "on MACHINE", result.out)


def changed(run: Path, change: Callable[[dict[str, Any]], None]) -> None:
    record = json.loads((run / "run.json").read_text())
    del record["digest"]
    change(record)
    (run / "run.json").write_text(json.dumps(record))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, which no test changes."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("small.yaml").write_text(STATEFUL)
        assert netspec("train", "small.yaml").status == 0
        return folder / only_run()


def test_a_finished_run(finished: Path) -> None:
    """It keeps its last state alone: its epochs are verified from the beginning, and after the last all that it ends in."""
    assert verified(finished) == (
        0,
        f"{finished}: the beginning to epoch 1, trained again on MACHINE\nthe same to the bit: 6 figures\n",
    )
    assert verified(finished, "--epochs", "3") == (
        0,
        f"{finished}: the beginning to epoch 3, trained again on MACHINE\n"
        "the same to the bit: 18 figures and 41 arrays\n",
    )
    assert verified(finished, "--steps", "33") == (
        0,
        f"{finished}: the beginning to epoch 3, trained again on MACHINE\n"
        "the same to the bit: 18 figures and 41 arrays\n",
    )


def test_stretches_that_there_are_not(finished: Path) -> None:
    result = netspec("verify", str(finished), "--steps", "32")
    assert (result.status, result.out, result.err) == (
        1,
        "",
        f"{finished}: error NS708: cannot be read: it keeps no two states that are 32 steps apart or less; "
        "the nearest are 33 apart\n",
    )
    result = netspec("verify", str(finished), "--epochs", "4")
    assert (result.status, result.err) == (
        1,
        f"{finished}: error NS708: cannot be read: it has 3 whole epochs, so 4 cannot be verified\n",
    )
    assert netspec("verify", str(finished), "--epochs", "1", "--steps", "1").status == 2


def interrupted(write: Write) -> Path:
    """A run that was broken off twice: after a call of its first epoch, and of its last."""
    path = write(STATEFUL)
    with signalled(0):
        assert netspec("train", path).status == 130
    run = only_run()
    with signalled(2):
        assert netspec("train", "--resume", str(run)).status == 130
    return run


def test_a_run_with_states_is_verified_from_one_to_the_next(write: Write) -> None:
    run = interrupted(write)
    assert [path.name for path in RunFolder(run).kept()] == [
        f"epoch-000002-step-{at_once():09d}.npz",
        "epoch-000001-step-000000000.npz",
    ]
    assert verified(run) == (
        0,
        f"{run}: epoch 2 to epoch 2 and step {at_once()}, trained again on MACHINE\nthe same to the bit: 29 arrays\n",
    )
    assert verified(run, "--steps", "11", "--format", "json")[0] == 0
    assert verified(run, "--epochs", "2")[0] == 0


def test_what_differs_is_told_with_what_may_be_why(write: Write) -> None:
    run = interrupted(write)
    newest = RunFolder(run).kept()[0]
    saved = load_state(newest)
    saved.sections["network"][2][0] += 1
    save_state(
        newest,
        {section: list(zip(saved.names[section], saved.sections[section], strict=True)) for section in saved.sections},
    )
    name = saved.names["network"][2]
    text = (
        f"{run}: epoch 2 to epoch 2 and step {at_once()}, trained again on MACHINE\n"
        f"not the same: after epoch 2 and step {at_once()} 1 of the 2 numbers of `{name}` differ\n"
    )
    assert verified(run) == (
        1,
        text + "though versions, device, threads and numbers of examples are what they were; "
        "see `Verify` in docs/howto/runs.md\n",
    )

    def otherwise(record: dict[str, Any]) -> None:
        for stretch in record["stretches"]:
            stretch["facts"] |= {"numpy": "1.0", "threads": "96"}
        record["examples"]["test"] = 1

    changed(run, otherwise)
    status, printed = verified(run)
    assert status == 1
    assert printed.startswith(
        text + f"which may be because numpy was 1.0 and is {np.__version__}, threads was 96 and is "
    )
    assert printed.endswith(" and test examples was 1 and is 359\n")


def test_a_figure_that_differs_is_told_with_its_epoch(write: Write) -> None:
    assert netspec("train", write(), "--epochs", "2").status == 0
    run = only_run()
    rows = RunFolder(run).read_history()
    was = rows[1]["val_loss"]
    rows[1]["val_loss"] = float(np.nextafter(was, 9))
    RunFolder(run).write_history(rows)
    assert verified(run)[0] == 0  # the first epoch's are right
    result: Result = netspec("verify", str(run), "--epochs", "2", "--format", "json")
    data = json.loads(result.out)
    assert result.status == 1
    assert data == {
        "run": str(run),
        "from": {"epochs": 0, "steps": 0},
        "to": {"epochs": 2, "steps": 0},
        "same": False,
        "compared": {"figures": 10, "arrays": 10},
        "difference": {
            "kind": "figure",
            "place": {"epochs": 2, "steps": 0},
            "name": "val_loss",
            "then": rows[1]["val_loss"],
            "now": was,
        },
        "changed": {},
    }


def test_a_run_that_was_given_more_epochs_is_verified_as_it_was_planned(write: Write) -> None:
    """A schedule ends with the epochs that were planned: three at first, five then."""
    path = write(STATEFUL)
    assert netspec("train", path).status == 0
    run = only_run()
    assert netspec("train", "--resume", str(run), "--epochs", "5").status == 0
    assert verified(run, "--epochs", "3") == (
        0,
        f"{run}: the beginning to epoch 3, trained again on MACHINE\nthe same to the bit: 18 figures\n",
    )
    assert verified(run, "--epochs", "5") == (
        0,
        f"{run}: the beginning to epoch 5, trained again on MACHINE\nthe same to the bit: 30 figures and 41 arrays\n",
    )
