"""Writing files: whole or as they were; and a user's own file, mended where it lies."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.diagnostics.problems import SpecError
from netspec.files import atomic_rewrite, atomic_write, ends_when_told

BAD = "netspec: 1\ninput: [8, 8, 4]\nlayers:\n  - 1x1: 2\n  - relo\n"
GOOD = BAD.replace("relo", "relu")
FIXED = "fixed NS201: relu\n"


def fix(path: Path) -> tuple[int, str, str]:
    """What `validate --fix` does and says."""
    out, err = io.StringIO(), io.StringIO()
    return main(["validate", "--fix", str(path)], out, err), out.getvalue(), err.getvalue()


def mode_of(path: Path) -> int:
    """A file's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A spec with one mistake that has a repair."""
    path = tmp_path / "l.yaml"
    path.write_text(BAD, encoding="utf-8")
    return path


def links(tmp_path: Path, spec: Path) -> Path:
    """A link in another folder, to a link, to the spec."""
    (tmp_path / "elsewhere").mkdir()
    between = tmp_path / "elsewhere" / "between.yaml"
    between.symlink_to(Path("..") / spec.name)
    link = tmp_path / "link.yaml"
    link.symlink_to(between)
    return link


def test_fix_mends_what_a_link_leads_to(tmp_path: Path, spec: Path) -> None:
    link = links(tmp_path, spec)
    assert fix(link) == (0, "1 file, no problems\n", f"{link}:5: {FIXED}")
    assert link.is_symlink()
    assert not spec.is_symlink()
    assert spec.read_text(encoding="utf-8") == GOOD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "l.yaml", "link.yaml"]
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["between.yaml"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o755])
def test_fix_keeps_the_permission_bits(spec: Path, mode: int) -> None:
    spec.chmod(mode)
    assert fix(spec)[0] == 0
    assert (mode_of(spec), spec.read_text(encoding="utf-8")) == (mode, GOOD)


def test_what_is_written_is_at_no_time_open_to_others(spec: Path) -> None:
    spec.chmod(0o600)
    with atomic_rewrite(spec) as temporary:
        assert mode_of(temporary) == 0o600
        temporary.write_text(GOOD, encoding="utf-8")


def test_fix_refuses_a_file_that_is_not_to_be_written(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda *_: False)  # the superuser may write everything
    assert fix(spec) == (1, "", f"{spec}: error NS709: cannot write '{spec}': permission denied\n")
    assert (mode_of(spec), spec.read_text(encoding="utf-8")) == (0o444, BAD)
    assert [path.name for path in spec.parent.iterdir()] == ["l.yaml"]


def test_a_refusal_names_the_file_that_a_link_leads_to(
    tmp_path: Path, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = links(tmp_path, spec)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert fix(link) == (1, "", f"{spec}: error NS709: cannot write '{spec}': permission denied\n")
    assert link.is_symlink()


def test_a_file_that_went_away_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught, atomic_rewrite(tmp_path / "gone.yaml"):
        pass
    (problem,) = caught.value.problems
    assert problem.message == f"cannot write '{tmp_path / 'gone.yaml'}': no such file or directory"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fix_keeps_a_byte_order_mark_and_the_ends_of_lines(spec: Path, newline: str) -> None:
    mark = b"\xef\xbb\xbf"
    spec.write_bytes(mark + BAD.replace("\n", newline).encode())
    assert fix(spec) == (0, "1 file, no problems\n", f"{spec}:5: {FIXED}")
    assert spec.read_bytes() == mark + GOOD.replace("\n", newline).encode()


def test_a_new_file_has_the_bits_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "new" / "a.txt") as temporary:
            temporary.write_text("a", encoding="utf-8")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "new" / "a.txt") == 0o640


def test_a_file_of_a_folder_that_is_ours_replaces_a_link(tmp_path: Path) -> None:
    """A run folder may be a stranger's: a link in it must not lead the writing elsewhere."""
    (tmp_path / "theirs").write_text("theirs", encoding="utf-8")
    (tmp_path / "run.json").symlink_to("theirs")
    with atomic_write(tmp_path / "run.json") as temporary:
        temporary.write_text("ours", encoding="utf-8")
    assert not (tmp_path / "run.json").is_symlink()
    assert (tmp_path / "theirs").read_text(encoding="utf-8") == "theirs"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444])
def test_a_file_that_is_replaced_hands_on_its_bits(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    path.chmod(mode)
    with atomic_write(path) as temporary:
        assert mode_of(temporary) == 0o600
        temporary.write_text("new", encoding="utf-8")
    assert (mode_of(path), path.read_text(encoding="utf-8")) == (mode, "new")


def test_the_bits_of_what_a_link_leads_to_are_not_handed_on(tmp_path: Path) -> None:
    (tmp_path / "theirs").touch(mode=0o600)
    (tmp_path / "link").symlink_to("theirs")
    before = os.umask(0o022)
    try:
        with atomic_write(tmp_path / "link") as temporary:
            temporary.write_text("ours", encoding="utf-8")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "link") == 0o644


BEGUN = """
import os, signal, sys, time
from pathlib import Path
from netspec.files import atomic_write
{before}
with atomic_write(Path("a.txt")) as temporary:
    temporary.write_text("begun")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.1)
    temporary.write_text("done")
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(20)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="knows no SIGTERM that is heard")
@pytest.mark.parametrize(
    ("before", "left"),
    [("", []), ("signal.signal(signal.SIGTERM, lambda *_: signal.signal(signal.SIGTERM, signal.SIG_DFL))", ["a.txt"])],
    ids=["as it is", "heard by somebody else"],
)
def test_a_process_that_is_ended_leaves_nothing_half_written(tmp_path: Path, before: str, left: list[str]) -> None:
    """It ends by the signal all the same."""
    command = [sys.executable, "-c", BEGUN.format(before=before)]
    root = str(Path(__file__).parent.parent)
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}, timeout=60, check=False, capture_output=True
    )
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, b"")
    assert [path.name for path in tmp_path.iterdir()] == left
    assert [path.read_text() for path in tmp_path.iterdir()] == ["done"] * len(left)


def test_signals_are_heard_as_before_once_all_is_written(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with atomic_write(tmp_path / "a.txt") as temporary:
        temporary.touch()
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
    heard = []

    def elsewhere() -> None:
        with ends_when_told():
            heard.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert heard == [before]
