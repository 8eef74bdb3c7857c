"""`-` is standard input, for every command that takes a spec; pipes are read, and other things called what they are."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.syntax.reading import MAX_BYTES

ROOT = Path(__file__).parent.parent.parent
GOOD = "netspec: 1\ninput: [8]\nlayers: [{dense: 2}]\n"
BAD = "netspec: 1\ninput: [8]\nlayers:\n  - relo\n"
PROBLEM = """\
<stdin>:4:5: error NS201: there is no kind 'relo'; did you mean `relu`?
    4 |   - relo
      |     ^^^^
  fix: relu                           -> 0 parameters, 0 MACs in total
"""


def run(
    monkeypatch: pytest.MonkeyPatch, data: str | bytes, *arguments: str, terminal: bool = False
) -> tuple[int, str, str]:
    """A command's status and what it printed, with a text on standard input."""
    given = io.TextIOWrapper(io.BytesIO(data.encode() if isinstance(data, str) else data), "utf-8")
    monkeypatch.setattr(given, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stdin", given)
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


def test_validate(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, GOOD, "validate", "-") == (0, "1 file, no problems\n", "")
    assert run(monkeypatch, BAD, "validate", "-") == (1, PROBLEM + "1 file, 1 error\n", "")
    status, out, _ = run(monkeypatch, BAD, "validate", "--format", "json", "-")
    assert (status, json.loads(out)["files"][0]["path"]) == (1, "<stdin>")


def test_bytes_that_are_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "<stdin>:1:1: error NS107: the file is UTF-16; save it as UTF-8\n1 file, 1 error\n"
    assert run(monkeypatch, GOOD.encode("utf-16"), "validate", "-") == (1, said, "")


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "<stdin>:1:1: error NS106: the file is larger than 16 MiB, the most that netspec reads\n1 file, 1 error\n"
    assert run(monkeypatch, b"#" * (MAX_BYTES + 9), "validate", "-") == (1, said, "")


def test_params_and_variants(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "netspec: 1\nparams: {n: 2}\nvariants: {large: {n: 9}}\ninput: [8]\nlayers: [{dense: $n}]\n"
    for arguments, units in ((["--set", "n=5"], 5), (["--variant", "large"], 9)):
        _, out, _ = run(monkeypatch, text, "inspect", "--format", "json", "-", *arguments)
        assert list(json.loads(out)["outputs"].values()) == [[units]]


def test_inspect_explain_and_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    status, out, err = run(monkeypatch, GOOD, "inspect", "-")
    assert (status, out.splitlines()[2].split()[:3], err) == (0, ["dense_1", "dense", "2"], "")
    assert run(monkeypatch, BAD, "inspect", "-") == (1, "", PROBLEM)
    status, out, err = run(monkeypatch, GOOD, "explain", "-", "dense_1")
    assert (status, out.splitlines()[0], err) == (0, "dense_1: dense, line 3 of <stdin>", "")
    assert run(monkeypatch, GOOD, "explain", "-") == (
        2,
        "",
        "netspec explain: name a node of '<stdin>': input, dense_1\n",
    )
    assert run(monkeypatch, GOOD, "schema", "--check", "-") == (0, "1 file, no problems in an editor\n", "")
    assert run(monkeypatch, "netspec: 2\n" + GOOD[11:], "schema", "--check", "-") == (
        1,
        "<stdin>:1:10: 2 is not one of [1]\n",
        "",
    )


@pytest.mark.parametrize("command", [["validate"], ["inspect"], ["schema", "--check"]], ids=" ".join)
def test_it_can_be_read_once(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    said = f"netspec {command[0]}: standard input can be read only once, and `-` is given more often\n"
    assert run(monkeypatch, GOOD, *command, "-", "x.yaml", "-") == (2, "", said)


@pytest.mark.parametrize(
    "command", [["validate", "-"], ["inspect", "-"], ["explain", "-"], ["schema", "--check", "-"]], ids=" ".join
)
def test_it_is_closed(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    out, err = io.StringIO(), io.StringIO()
    assert main(command, out, err) == 1
    assert (out.getvalue(), err.getvalue()) == ("", "<stdin>: error NS111: cannot read standard input: it is closed\n")


def test_a_terminal_is_told_that_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    end = "Ctrl-Z and Enter" if os.name == "nt" else "Ctrl-D"
    waiting = f"netspec: waiting for a spec on standard input; end it with {end}\n"
    assert run(monkeypatch, GOOD, "validate", "-", terminal=True) == (0, "1 file, no problems\n", waiting)


def test_the_fixed_text_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = "<stdin>:4: fixed NS201: relu\n1 file, no problems\n"
    assert run(monkeypatch, BAD, "validate", "--fix", "-") == (0, BAD.replace("relo", "relu"), fixed)
    assert run(monkeypatch, GOOD, "validate", "--fix", "-") == (0, GOOD, "1 file, no problems\n")
    hopeless = "netspec: 1\ninput: [8]\nlayers: [qqqqqqq]\n"
    status, out, err = run(monkeypatch, hopeless, "validate", "--fix", "-")
    assert (status, out) == (1, hopeless)
    assert err.startswith("<stdin>:3:10: error NS201: there is no kind 'qqqqqqq'")


@pytest.mark.parametrize("data", [b"netspec: \xff\n", b"\xef\xbb\xbfnetspec: 0\r\ninput: [8]\r\nlayers: [relu]\r\n"])
def test_the_bytes_are_kept(data: bytes) -> None:
    command = [sys.executable, "-m", "netspec", "validate", "--fix", "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=False, cwd=ROOT)
    assert done.stdout == data.replace(b"netspec: 0", b"netspec: 1")


def test_build_needs_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = "netspec build: a spec that is no file gives the model no name; choose one with -o\n"
    assert run(monkeypatch, GOOD, "build", "-") == (2, "", said)
    script = tmp_path / "s.py"
    wrote = f"wrote {script}: a Python script for Keras, 18 parameters\n"
    assert run(monkeypatch, GOOD, "build", "-", "-o", str(script)) == (0, wrote, "")
    assert script.read_text().startswith("# The network `network`, written by netspec from <stdin>.\n")


def test_its_network_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(text: str) -> object:
        return json.loads(run(monkeypatch, text, "inspect", "--format", "json", "-")[1])["name"]

    assert named(GOOD) == "network"
    assert named(f"name: mine\n{GOOD}") == "mine"


@pytest.mark.backend
def test_a_run_keeps_the_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    text = """\
netspec: 1
name: small
input: [8, 8, 1]
layers: [flatten, {dense: {units: 10, activation: softmax}}]
data: {source: digits}
train: {epochs: 1}
"""
    status, _, err = run(monkeypatch, text, "train", "-")
    assert (status, err) == (0, "")
    (folder,) = (tmp_path / "runs" / "small").iterdir()
    assert (folder / "spec.yaml").read_text() == text
    record = json.loads((folder / "run.json").read_text())
    assert (record["spec"], record["root"]) == ("<stdin>", str(tmp_path))


# --- what is no file --------------------------------------------------------------------------------------------------


def said_of(path: str) -> str:
    """What `validate` prints."""
    out, err = io.StringIO(), io.StringIO()
    assert main(["validate", path], out, err) == 1
    assert err.getvalue() == ""
    return out.getvalue().splitlines()[0]


@pytest.mark.skipif(sys.platform == "win32", reason="has no named pipes in folders")
@pytest.mark.parametrize(
    "command", [["validate"], ["inspect"], ["explain", "dense_1"], ["build", "-o", "s.py"]], ids=str
)
def test_a_named_pipe_is_read(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_text(GOOD))
    writer.start()
    out, err = io.StringIO(), io.StringIO()
    name, *rest = command
    assert (main([name, "pipe", *rest], out, err), err.getvalue()) == (0, "")
    writer.join()


@pytest.mark.skipif(sys.platform == "win32", reason="has no such shell")
def test_the_output_of_a_command() -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m netspec validate --fix <(echo 'netspec: 0')"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    path = done.stderr.partition(":")[0]
    assert done.stderr == (
        f"{path}: error NS709: this is a pipe, and not a file; `--fix -` prints the fixed text of standard input\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="has no devices in folders")
def test_a_device_and_a_socket(tmp_path: Path) -> None:
    end = "name a spec file, or `-` for standard input"
    assert said_of("/dev/null") == f"/dev/null:1:1: error NS111: '/dev/null' is a device; {end}"
    assert said_of("/dev/zero") == f"/dev/zero:1:1: error NS111: '/dev/zero' is a device; {end}"
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))
        assert said_of(str(path)) == f"{path}:1:1: error NS111: '{path}' is a socket; {end}"


def test_a_file_with_the_name_of_a_page_hides_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conv").write_text(GOOD)
    out = io.StringIO()
    assert main(["explain", "conv"], out, io.StringIO()) == 0
    assert out.getvalue().splitlines()[0].startswith("conv")
    out = io.StringIO()
    assert main(["explain", "conv", "dense_1"], out, io.StringIO()) == 0
    assert out.getvalue().splitlines()[0] == "dense_1: dense, line 3 of conv"
