"""`netspec runs`: the list, its order, what differs, and the comparison in a terminal and on a page."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import CAN_DRAW
from tests.support.browser import Browser, needs_browser

from .conftest import netspec

SPEC = """\
netspec: 1
name: {name}
input: [8, 8, 1]
params: {{units: {units}}}
layers:
- flatten
- dense: $units
{layers}- softmax
data: {{source: digits}}
train:
  epochs: 3
  optimizer: {{adam: {rate}}}
"""


def make(
    when: str,
    *,
    name: str = "small",
    units: int = 8,
    rate: float = 0.1,
    layers: str = "",
    losses: tuple[float, ...] = (3.0, 1.0, 2.0),
    **record: Any,
) -> Path:
    """A run's folder as training leaves it, but for its weights."""
    folder = Path("runs", name, when)
    folder.mkdir(parents=True)
    last = len(losses)
    known = {
        "format": 1, "status": "finished", "name": name, "params": {}, "variant": None, "overrides": {}, "root": ".",
        "epochs": 3, "epochs_done": last, "monitor": "val_loss", "parameters": 10, "started": f"2026-01-01T{when}",
        "results": {"test": {"examples": 9, "loss": losses[-1], "accuracy": 1 / losses[-1]}},
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps({**known, **record}))
    rows = [f"{n + 1},{loss + 1},{loss},2.0\n" for n, loss in enumerate(losses)]
    (folder / "history.csv").write_text("epoch,loss,val_loss,seconds\n" + "".join(rows))
    (folder / "resolved.yaml").write_text(SPEC.format(name=name, units=units, rate=rate, layers=layers))
    (folder / "spec.yaml").write_text(SPEC.format(name=name, units=units, rate=rate, layers=layers))
    return folder


def test_the_list() -> None:
    make("10-00")
    make("11-00", units=16, losses=(2.0, 1.5))
    make("09-00", name="other", layers="- relu\n")
    done = netspec("runs")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "run           status     epochs   best              loss     accuracy   differs in\n"
        "other/09-00   finished   3/3      val_loss 1.0000   2.0000   0.5000\n"
        "small/10-00   finished   3/3      val_loss 1.0000   2.0000   0.5000     params.units=8\n"
        "small/11-00   finished   2/3      val_loss 1.5000   1.5000   0.6667     params.units=16\n"
    )
    assert netspec("runs", "runs/other").out.splitlines()[1].startswith("09-00 ")
    assert netspec("runs", "runs/other/09-00").out.splitlines()[1].startswith("runs/other/09-00 ")


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("started", ["09", "10", "11"]),
        ("name", ["09", "10", "11"]),
        ("epochs", ["11", "10", "09"]),
        ("accuracy", ["11", "10", "09"]),  # the highest first
        ("val_loss", ["10", "09", "11"]),  # the lowest first
        ("status", ["10", "09", "11"]),
    ],
)
def test_the_order(key: str, order: list[str]) -> None:
    make("10-00")
    make("11-00", losses=(2.0, 1.5), status="interrupted")
    make("09-00", name="other")
    # Runs that are alike stand by when they were started; here the names of folders say so too.
    listed = [
        each["run"].split("/")[-1][:2] for each in json.loads(netspec("runs", "--sort", key, "--format", "json").out)
    ]
    if key == "val_loss":
        assert set(listed[:2]) == {"09", "10"}
        assert listed[2] == "11"
    elif key in ("epochs", "accuracy"):
        assert listed[0] == "11"
    elif key == "status":
        assert listed[-1] == "11"
    else:
        assert listed == order


def test_the_list_for_programs() -> None:
    make("10-00")
    make("11-00", rate=0.2)
    (first, second) = json.loads(netspec("runs", "--format", "json").out)
    assert first == {
        "run": "runs/small/10-00", "name": "small", "status": "finished", "started": "2026-01-01T10-00", "ended": None,
        "epochs_done": 3, "epochs": 3, "parameters": 10, "best": {"name": "val_loss", "value": 1.0, "epoch": 2},
        "results": {"test": {"examples": 9, "loss": 2.0, "accuracy": 0.5}}, "differs": {"train.optimizer.adam": 0.1},
    }  # fmt: skip
    assert second["differs"] == {"train.optimizer.adam": 0.2}


def test_a_run_whose_process_is_gone_has_stopped() -> None:
    make(
        "10-00", status="running", process={"host": socket.gethostname(), "pid": 2**22 + 1, "since": 1.0}, results=None
    )
    make("11-00", status="running", process={"host": "elsewhere", "pid": 1, "since": 1.0}, results=None)
    assert [each["status"] for each in json.loads(netspec("runs", "--format", "json").out)] == ["stopped", "running"]


def test_what_cannot_be_read_is_told_and_the_rest_listed() -> None:
    make("10-00")
    (make("11-00") / "run.json").write_text("{")
    (make("12-00") / "history.csv").write_text("epoch,loss\n1,x\n")
    done = netspec("runs")
    assert done.status == 1
    assert [line.partition(":")[0] for line in done.err.splitlines()] == [
        "runs/small/11-00/run.json",
        "runs/small/12-00/history.csv",
    ]
    assert [line.split()[0] for line in done.out.splitlines()] == ["run", "small/10-00"]


def test_nothing_of_a_run_is_obeyed_by_a_terminal() -> None:
    make("10-00", status="fini\x1b[31mshed")
    assert "\x1b" not in netspec("runs").out
    assert "fini\\x1b[31mshed" in netspec("runs").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "b"], "netspec runs: give one folder, or `compare` and runs, not 2 folders\n"),
        (["-o", "page.html"], "netspec runs: -o is for `netspec runs compare`\n"),
        (["compare", "runs/small/10-00"], "netspec runs: `compare` takes two runs or more\n"),
        (["--sort", "beauty"], "netspec runs: --sort: no run has a figure 'beauty'\n"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    make("10-00")
    assert (netspec("runs", *arguments).status, netspec("runs", *arguments).err) == (2, message)


def test_a_folder_without_runs() -> None:
    before = netspec("runs")  # where nothing was trained yet
    assert (before.status, before.out, before.err) == (0, "no runs in runs\n", "")
    Path("runs").mkdir()
    assert netspec("runs").out == "no runs in runs\n"
    missing = netspec("runs", "nowhere")
    assert (missing.status, missing.err) == (
        1,
        "netspec runs: error NS709: cannot use 'nowhere': no such file or directory\n",
    )


def test_the_comparison() -> None:
    one, other = make("10-00"), make("11-00", units=16, layers="- relu\n", losses=(2.0, 1.5))
    done = netspec("runs", "compare", str(one), str(other))
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "A = runs/small/10-00\n"
        "B = runs/small/11-00\n"
        "\n"
        "                A                      B\n"
        "name            small                  small\n"
        "started         2026-01-01T10-00       2026-01-01T11-00\n"
        "status          finished               finished\n"
        "epochs          3                      2\n"
        "time            6.0 s                  4.0 s\n"
        "parameters      10                     10\n"
        "best            val_loss 1 (epoch 2)   val_loss 1.5000 (epoch 2)\n"
        "test loss       2                      1.5000\n"
        "test accuracy   0.5000                 0.6667\n"
        "\n"
        "               A   B\n"
        "params.units   8   16\n"
        "\n"
        "--- runs/small/10-00\n"
        "+++ runs/small/11-00\n"
        "@@ -2,4 +2,5 @@\n"
        " layers:\n"
        " - flatten\n"
        " - dense: $units\n"
        "+- relu\n"
        " - softmax\n"
    )
    same = netspec("runs", "compare", str(one), str(one))
    assert same.out.endswith("\nthe settings are the same\n")
    data = json.loads(netspec("runs", "compare", str(one), str(other), "--format", "json").out)
    assert [each["run"] for each in data["runs"]] == [str(one), str(other)]
    assert data["runs"][1]["differs"]["params.units"] == 16


@pytest.mark.skipif(not CAN_DRAW, reason="needs matplotlib and Jinja")
def test_the_comparison_on_a_page() -> None:
    runs = [
        make("10-00"),
        make("11-00", units=16, layers="- relu  # <script>\n"),
        make("12-00", name="third", losses=(1.0,)),
    ]
    done = netspec("runs", "compare", *map(str, runs), "-o", "page.html")
    assert (done.status, done.out) == (0, "wrote page.html\n")
    text = Path("page.html").read_text(encoding="utf-8")
    assert "<h1>small, third</h1>" in text
    assert text.count("<svg ") == 2  # loss and validation loss
    assert "Comparison of 3 runs" in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "params.units" in text


@pytest.mark.skipif(not CAN_DRAW, reason="needs matplotlib and Jinja")
@pytest.mark.browser
@needs_browser[1]
def test_the_page_opens_offline() -> None:
    runs = [make("10-00"), make("11-00", units=16, layers="- relu\n")]
    assert netspec("runs", "compare", *map(str, runs), "-o", "page.html").status == 0
    with Browser() as browser:
        for width in (400, 1280):
            for dark in (False, True):
                with browser.page(width=width, dark=dark) as page:
                    page.open(Path("page.html"))
                    assert (page.requests, page.complaints, page.overflow) == ([], [], 0)


def test_runs_of_an_earlier_netspec_are_compared_by_their_specs() -> None:
    one, other = make("10-00"), make("11-00", rate=0.2)
    for run in (one, other):
        (run / "resolved.yaml").unlink()
    assert "train.optimizer.adam   0.1   0.2" in netspec("runs", "compare", str(one), str(other)).out
