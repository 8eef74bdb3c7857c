"""Work in a copy of the process: what it does is the process's, and its end from outside Python is told."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from netspec.backends.keras import importing
from netspec.cli import main
from netspec.cli.apart import Crash, apart

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")

PROGRAM = """
import os, signal, sys, time
from netspec.backends.keras import importing
from netspec.cli.apart import Crash, apart

def abort():
    os.write(2, b"I0000 00:00:01.5 12 devices.cc:7] all is well\\nF0000 00:00:02.5 12 pass.cc:270] Check failed: x\\n    @ 0x7\\n")
    os.abort()

def terminate():
    os.write(2, b"\\nterminate called after throwing an instance of 'std::bad_alloc'\\n  what():  std::bad_alloc\\n")
    os.abort()

def kill():
    os.kill(os.getpid(), 9)

def status():
    print("done")
    os.write(2, b"a warning\\n")
    return 3

def raised():
    raise ValueError("in the copy")

def sleep():
    try:
        print(os.getpid(), flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        return 130

def interrupted():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)

signal.signal(signal.SIGINT, signal.default_int_handler)  # which is not there where a shell runs tests in its background
importing.is_own_process = True
process = os.getpid()
try:
    ended = apart(globals()[sys.argv[1]])
except Crash as crash:
    print(f"ended by {crash.by}: {crash.words!r}")
except KeyboardInterrupt:
    if os.getpid() != process:
        raise
    sys.exit("interrupted")
else:
    sys.exit(ended)
"""


def started(task: str) -> subprocess.Popen[str]:
    """A program that does a task in a copy of itself."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, task], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("abort", "ended by SIGABRT: 'Check failed: x'\n"),
        ("terminate", "ended by SIGABRT: \"terminate called after throwing an instance of 'std::bad_alloc'\"\n"),
        ("kill", "ended by SIGKILL: ''\n"),
    ],
)
def test_an_end_from_outside_python_is_told_by_its_signal_and_last_words(task: str, told: str) -> None:
    program = started(task)
    assert (*program.communicate(timeout=60), program.returncode) == (told, "", 0)


def test_the_status_is_the_copy_s_and_what_it_said_is_said_once() -> None:
    program = started("status")
    assert (*program.communicate(timeout=60), program.returncode) == ("done\n", "a warning\n", 3)


def test_what_is_raised_ends_the_copy_as_it_would_have_ended_the_process() -> None:
    program = started("raised")
    out, err = program.communicate(timeout=60)
    assert (out, err.count("Traceback"), err.splitlines()[-1], program.returncode) == (
        "",
        1,
        "ValueError: in the copy",
        1,
    )


@pytest.mark.parametrize("of_a_terminal", [True, False])
def test_ctrl_c_interrupts_the_copy_once(of_a_terminal: bool) -> None:
    program = started("sleep")
    assert program.stdout is not None
    copy = int(program.stdout.readline())
    if of_a_terminal:  # which sends it to both
        os.kill(copy, signal.SIGINT)
    program.send_signal(signal.SIGINT)
    assert (*program.communicate(timeout=60), program.returncode) == ("interrupted\n", "", 130)


def test_a_copy_that_an_interrupt_ends_is_an_interrupt() -> None:
    program = started("interrupted")
    out, err = program.communicate(timeout=60)
    assert (out, err.splitlines()[-2:], program.returncode) == ("", ["KeyboardInterrupt", "interrupted"], 1)


def test_the_copy_ends_with_the_process() -> None:
    program = started("sleep")
    assert program.stdout is not None
    copy = int(program.stdout.readline())
    program.kill()
    program.communicate(timeout=60)  # to the end of what the copy may write
    for _ in range(600):
        try:
            os.kill(copy, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{copy}/stat").exists() and ") Z " in Path(f"/proc/{copy}/stat").read_text():
            return  # where nobody asks after orphans
        time.sleep(0.1)
    raise AssertionError("the copy goes on")


def test_a_program_that_calls_commands_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "is_own_process", False)
    before = os.getpid()
    assert apart(lambda: int(os.getpid() == before)) == 1


def test_import_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "model.json"
    model.write_text("{}")

    def crashed(task: object) -> int:
        raise Crash("SIGABRT", "Check failed: x")

    monkeypatch.setattr("netspec.cli.apart.apart", crashed)
    err = io.StringIO()
    assert main(["import", str(model)], io.StringIO(), err) == 1
    assert err.getvalue() == (
        f"{model}: error NS719: what runs it for the comparison was ended by SIGABRT ('Check failed: x'), as a framework may be "
        "by a damaged file; `--no-check` converts it uncompared\n"
    )


@pytest.mark.backend
def test_an_assertion_of_tensorflow_s_is_told(tmp_path: Path) -> None:
    """Strides of more than 32 bits, which Keras takes."""
    keras = importing.import_keras()
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the assertion is TensorFlow's")
    network = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1, strides=7)])
    network.save(tmp_path / "sound.keras")
    path = tmp_path / "damaged.keras"
    with zipfile.ZipFile(tmp_path / "sound.keras") as sound, zipfile.ZipFile(path, "w") as damaged:
        for name in sound.namelist():
            damaged.writestr(
                name, sound.read(name).replace(b'"strides": [7, 7]', b'"strides": [4294967296, 4294967296]')
            )
    done = subprocess.run(
        [sys.executable, "-m", "netspec", "import", str(path)], capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        f"{path}: error NS719: what runs it for the comparison was ended by SIGABRT ('Check failed: "
    )
    assert done.stderr.endswith(
        "strides has value 4294967296 out of range for an int32)'), as a framework may be by a damaged file; "
        "`--no-check` converts it uncompared\n"
    )
