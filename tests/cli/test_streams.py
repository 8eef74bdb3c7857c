"""Streams that are closed, full, or of an encoding that lacks characters: a sentence or an escape, never a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.cli import main

ROOT = Path(__file__).parent.parent.parent
WRONG = 'netspec: 1\ndescription: "Größe – 网络 😀"\ninput: [8]\nlayers: [{dense: 2, größe: 3}, relo]\n'
COMMANDS = ("--help", "--version", "validate specs/lenet5.yaml", "inspect specs/lenet5.yaml", "explain conv", "schema")


def shell(command: str) -> tuple[int, str, str]:
    """Status and both streams of a shell's command, in which NETSPEC is netspec."""
    script = command.replace("NETSPEC", f"{sys.executable} -m netspec")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return done.returncode, done.stdout, done.stderr


def test_a_closed_pipe_is_no_mistake() -> None:
    assert shell("NETSPEC schema | head -1") == (0, "{\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_behind_standard_output(command: str) -> None:
    said = "netspec: error NS709: cannot write to standard output: no space left on device\n"
    assert shell(f"NETSPEC {command} > /dev/full") == (1, "", said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_behind_standard_error() -> None:
    status, out, err = shell("NETSPEC inspect nothing.yaml specs/lenet5.yaml 2> /dev/full")
    assert (status, out.split()[0], err) == (1, "node", "")
    assert shell("NETSPEC inspect tests/problems/batch_size.yaml 2> /dev/full")[0] == 1
    assert shell("NETSPEC valdate 2> /dev/full") == (2, "", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_standard_output_that_is_closed(command: str) -> None:
    said = "netspec: error NS709: cannot write to standard output: it is closed\n"
    assert shell(f"NETSPEC {command} >&-") == (1, "", said)


def test_what_prints_nothing_needs_no_standard_output(tmp_path: Path) -> None:
    assert shell(f"NETSPEC schema -o {tmp_path}/s.json >&-") == (0, "", "")
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["title"] == "netspec"


def test_standard_error_that_is_closed() -> None:
    status, out, err = shell("NETSPEC inspect nothing.yaml specs/lenet5.yaml 2>&-")
    assert (status, out.split()[0], err) == (1, "node", "")
    assert shell("NETSPEC valdate 2>&-") == (2, "", "")
    assert shell("NETSPEC inspect nothing.yaml >&- 2>&-") == (1, "", "")


@pytest.mark.parametrize("environment", ["PYTHONIOENCODING=ascii", "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"])
@pytest.mark.parametrize("command", ["explain conv --format markdown", "new --list", "explain NS301"])
def test_what_an_encoding_lacks_is_escaped(environment: str, command: str) -> None:
    _, whole, _ = shell(f"PYTHONIOENCODING=utf-8 NETSPEC {command}")
    escaped = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in whole)
    assert shell(f"{environment} PYTHONUNBUFFERED=1 NETSPEC {command}") == (0, escaped, "")


ENCODINGS = ("ascii", "cp1252", "latin-1", "cp437")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_problems_of_every_format(encoding: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / "größe – 网络.yaml"
    path.write_text(WRONG, encoding="utf-8")
    outputs = []
    for each in (encoding, "utf-8"):
        out, err = io.TextIOWrapper(io.BytesIO(), each), io.TextIOWrapper(io.BytesIO(), each)
        assert main(["validate", "--format", form, str(path)], out, err) == 1
        assert main(["inspect", str(path)], out, err) == 1
        assert isinstance(out.buffer, io.BytesIO)
        assert isinstance(err.buffer, io.BytesIO)
        assert err.buffer.getvalue()
        outputs.append(out.buffer.getvalue().decode(each))
    assert "größe" not in outputs[0] or encoding != "ascii"
    if form in ("json", "sarif"):
        assert json.loads(outputs[0]) == json.loads(outputs[1])
    assert outputs[0].count("\n") == outputs[1].count("\n")


def test_the_schema_stays_json(tmp_path: Path) -> None:
    status, escaped, err = shell("PYTHONIOENCODING=ascii NETSPEC schema")
    assert (status, err) == (0, "")
    assert escaped.isascii()
    assert main(["schema", "-o", str(tmp_path / "s.json")], io.StringIO(), io.StringIO()) == 0
    assert json.loads(escaped) == json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("columns", ["²", "9" * 5000, "1", "0", "-3", "x"])
def test_any_number_of_columns(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    out, err = io.StringIO(), io.StringIO()
    assert (main(["build", "--help"], out, err), err.getvalue()) == (0, "")
    assert out.getvalue().startswith("usage: netspec build")


INTEGERS = {
    ("build", "--seed"): "a seed is a whole number from 0 to 4294967295",
    ("evaluate", "--batch-size"): "a batch size is a whole number of at least 1",
    ("predict", "--top"): "a number of classes is a whole number of at least 1",
}


@pytest.mark.parametrize("number", ["-1", "-1e3", "1.5", "x", "", "1_0", "9" * 30, "9" * 5000, "inf", "²"])
@pytest.mark.parametrize(("command", "option"), INTEGERS)
def test_whole_numbers_that_are_none(command: str, option: str, number: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    rest = ["x.png"] if command == "predict" else []
    assert main([command, "x", *rest, f"{option}={number}"], out, err) == 2
    shown = number if len(number) <= 57 else f"{number[:58]}…"
    quoted = f"'{shown}'" if len(number) <= 57 else f"'{shown}"
    said = f"netspec {command}: argument {option}: {INTEGERS[command, option]}, not {quoted}"
    assert (out.getvalue(), err.getvalue().splitlines()[0]) == ("", said)


@pytest.mark.backend
@pytest.mark.parametrize("number", ["-1", "-1e3", "1.5", "x", "''", "9" * 30, "9" * 5000, ".inf", "[1]"])
@pytest.mark.parametrize("option", ["--epochs", "--batch-size", "--seed"])
def test_whole_numbers_of_train(option: str, number: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    assert main(["train", str(ROOT / "specs" / "lenet5.yaml"), f"{option}={number}"], out, err) == 2
    assert out.getvalue() == ""
    assert err.getvalue().startswith("netspec train: ")
    assert err.getvalue().count("\n") == 1
