"""The commands' common manners: help, exit statuses, several files, formats."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import netspec
from netspec.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent

GOOD = "netspec: 1\ninput: [8, 8, 4]\nlayers: [{1x1: 2}]\n"
BAD = "netspec: 1\ninput: [8, 8, 4]\nlayers:\n  - conv: {filters: 2, kernel_size: 3, strides: 2}  # odd\n  - relo\n"


def run(*arguments: str) -> tuple[int, str, str]:
    """A command's status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good and a bad spec, and the current one."""
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_help_names_every_command() -> None:
    status, out, err = run("--help")
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.split("commands:\n")[1].split("\n\n")[0].splitlines()] == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_help(name: str) -> None:
    status, out, err = run(name, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"usage: netspec {name} ")


def test_version() -> None:
    assert run("--version") == (0, f"netspec {netspec.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["valdate", "x"],
            "netspec: there is no command 'valdate'; did you mean `validate`?\nRun `netspec --help` for the commands.\n",
        ),
        (["validate"], "netspec validate: the following arguments are required: FILE\n"),
        (["validate", "good.yaml", "--set", "x"], "netspec validate: --set takes NAME=VALUE, not 'x'\n"),
        (["validate", "good.yaml", "--set", "x=[1"], "netspec validate: --set x: not YAML: "),
        (["validate", "good.yaml", "--set", "x="], "netspec validate: --set x: the value is missing\n"),
        (
            ["validate", "good.yaml", "--set", "x={a: 1}"],
            "netspec validate: --set x: a param is a number, true or false, text or a list, not {a: 1}\n",
        ),
        (["inspect", "good.yaml", "--format", "xml"], "netspec inspect: argument --format: invalid choice: 'xml'"),
    ],
)
@pytest.mark.usefixtures("files")
def test_wrong_usage(arguments: list[str], message: str) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith(message)


@pytest.mark.usefixtures("files")
def test_validate_prints_all_problems_of_all_files() -> None:
    status, out, err = run("validate", "good.yaml", "bad.yaml", "missing.yaml", ".")
    assert (status, err) == (1, "")
    assert out == (
        "bad.yaml:4:5: error NS401: conv `conv_1`: a window of 3 with stride 2 does not tile 8 columns: (8 - 3 + 2*0) / 2 + 1 = 3.5\n"
        "    4 |   - conv: {filters: 2, kernel_size: 3, strides: 2}  # odd\n"
        "      |     ^^^^\n"
        "  fix: kernel_size: 4                 -> 3 x 3 x 2\n"
        "  fix: padding: [[0, 1], [0, 1]]      -> 4 x 4 x 2\n"
        "  fix: rounding: floor                -> 3 x 3 x 2, drops the last row and column\n"
        "bad.yaml:5:5: error NS201: there is no kind 'relo'; did you mean `relu`?\n"
        "    5 |   - relo\n"
        "      |     ^^^^\n"
        "  fix: relu\n"
        "missing.yaml:1:1: error NS111: cannot read 'missing.yaml': no such file or directory\n"
        ".:1:1: error NS111: '.' is a folder; name a spec file in it\n"
        "4 files, 4 errors\n"
    )


@pytest.mark.usefixtures("files")
def test_validate_as_json() -> None:
    status, out, _ = run("validate", "--format", "json", "good.yaml", "bad.yaml")
    data = json.loads(out)
    assert (status, data["errors"], data["warnings"]) == (1, 2, 0)
    assert [(f["path"], [p["code"] for p in f["problems"]]) for f in data["files"]] == [
        ("good.yaml", []),
        ("bad.yaml", ["NS401", "NS201"]),
    ]
    assert data["files"][1]["problems"][0]["fixes"][0] == {
        "title": "kernel_size: 4",
        "edits": [{"line": 4, "column": 37, "end_line": 4, "end_column": 38, "text": "4"}],
        "result": "3 x 3 x 2",
    }


def test_fix_mends_and_keeps_comments(files: Path) -> None:
    status, out, err = run("validate", "--fix", "bad.yaml")
    assert (status, out) == (0, "1 file, no problems\n")
    assert err == "bad.yaml:5: fixed NS201: relu\nbad.yaml:4: fixed NS401: kernel_size: 4\n"
    assert (files / "bad.yaml").read_text(encoding="utf-8") == BAD.replace("kernel_size: 3", "kernel_size: 4").replace(
        "relo", "relu"
    )


def test_fix_of_a_variant_leaves_the_others_sound(files: Path) -> None:
    text = "netspec: 1\nparams: {units: 9}\nvariants: {even: {units: 8}}\ninput: [$units]\nlayers:\n  - skip: [{dense: 9}]\n"
    (files / "even.yaml").write_text(text, encoding="utf-8")
    status, out, err = run("validate", "--fix", "--variant", "even", "even.yaml")
    assert (status, out.splitlines()[-1]) == (1, "1 file, 1 error")
    assert err == "even.yaml:6: not fixed NS403: units: 8 at `skip_1.dense_1`: an error without a variant\n"
    assert (files / "even.yaml").read_text(encoding="utf-8") == text


@pytest.mark.usefixtures("files")
def test_inspect_as_json() -> None:
    status, out, err = run("inspect", "--format", "json", "good.yaml")
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "name": "good",
        "inputs": {"input": [8, 8, 4]},
        "outputs": {"conv1x1_1": [8, 8, 2]},
        "totals": {
            "parameters": 10,
            "trainable_parameters": 10,
            "non_trainable_parameters": 0,
            "macs": 512,
            "activation_bytes": 512,
        },
        "nodes": [
            {
                "name": "conv1x1_1",
                "kind": "1x1",
                "line": 3,
                "inputs": ["input"],
                "output_shape": [8, 8, 2],
                "parameters": 10,
                "trainable_parameters": 10,
                "macs": 512,
                "receptive_field": 1,
                "jump": 1,
            }
        ],
    }


@pytest.mark.usefixtures("files")
def test_inspect_of_several_files_shows_the_good_and_fails_for_the_bad() -> None:
    status, out, err = run("inspect", "bad.yaml", "good.yaml")
    assert status == 1
    assert "conv1x1_1" in out
    assert "error NS401" in err


OVER = "netspec: 1\ninput: [8, 8, 4]\nlayers: [{1x1: 2}]\nlimits: {parameters: 9, macs: 500}\n"
OVER_SAID = (
    "over.yaml:4:22: error NS601: the network has 10 parameters, over the limit of 9; the most are in `conv1x1_1` 10\n"
)


def test_inspect_shows_the_table_of_a_network_over_its_budget(files: Path) -> None:
    (files / "over.yaml").write_text(OVER, encoding="utf-8")
    status, out, err = run("inspect", "over.yaml")
    assert (status, out) == (1, run("inspect", "good.yaml")[1])
    assert err.startswith(OVER_SAID)
    assert err.count("error NS601") == 2


def test_inspect_as_json_of_a_network_over_its_budget(files: Path) -> None:
    (files / "over.yaml").write_text(OVER, encoding="utf-8")
    status, out, err = run("inspect", "--format", "json", "over.yaml", "bad.yaml")
    (data,) = json.loads(out)
    assert (status, data["totals"]["parameters"]) == (1, 10)
    assert err.startswith(OVER_SAID)


def test_linear_is_explained() -> None:
    status, out, _ = run("explain", "linear")
    assert status == 0
    said = (
        "Returns its input unchanged: no activation, where a param chooses one, or a name for a point in the network."
    )
    assert said in " ".join(out.split())


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("specs/lenet5.yaml", 0, "1 file, no problems\n"),
        (
            "nothing.yaml",
            1,
            "nothing.yaml:1:1: error NS111: cannot read 'nothing.yaml': no such file or directory\n1 file, 1 error\n",
        ),
    ],
)
def test_the_script_ends_with_the_command_s_status_and_all_of_its_output(name: str, status: int, said: str) -> None:
    command = [sys.executable, "-m", "netspec", "validate", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (status, said, "")


def test_numbers_of_a_table_end_in_line(files: Path) -> None:
    """Whatever the terminal's width, and with a name longer than any terminal's line."""
    name = "a" * 60
    text = f"netspec: 1\ninput: [8, 8, 1]\nlayers:\n  - conv: {{filters: 16, kernel_size: 3, name: {name}}}\n  - flatten\n  - dense: 10\n"
    (files / "net.yaml").write_text(text, encoding="utf-8")
    _, out, _ = run("inspect", "net.yaml")
    lines = out.splitlines()[:5]
    pad = " " * len(name)
    assert [line.removeprefix(line.split()[0]) for line in lines] == [
        f"{pad[4:]}   kind      output       parameters     MACs     memory   receptive field   inputs",
        f"{pad[5:]}   input     8 x 8 x 1",
        "   conv      6 x 6 x 16          160   5.18 k   2.25 KiB             3 x 3",
        f"{pad[9:]}   flatten   576                                2.25 KiB             8 x 8",
        f"{pad[7:]}   dense     10                5,770   5.76 k       40 B             8 x 8",
    ]


@pytest.mark.parametrize("command", ["validate", "build"])
def test_ctrl_c_while_it_is_still_being_imported(command: str) -> None:
    code = """
import sys
from netspec.cli import entry, streams
def keep_numbers():
    raise KeyboardInterrupt
streams.keep_numbers = keep_numbers
entry()
"""
    ended = subprocess.run([sys.executable, "-c", code, command], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "\nnetspec: interrupted\n")
