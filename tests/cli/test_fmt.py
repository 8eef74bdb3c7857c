"""`netspec fmt`: files, standard input, `--check`, `--diff`, and what cannot be formatted."""

from __future__ import annotations

import io
import stat
import sys
from pathlib import Path

import pytest

from netspec.cli import main

UGLY = "netspec:   1\ninput: [8]\nlayers:\n- relu # first\n"
NEAT = "netspec: 1\ninput: [8]\nlayers:\n  - relu   # first\n"
DIFF = """\
--- a.yaml
+++ a.yaml
@@ -1,5 +1,5 @@
-netspec:   1
+netspec: 1
 input: [8]
 layers:
-- relu # first
+  - relu   # first
{}
"""


DIFF = DIFF.format(" ")  # the end of the last line, as a line with nothing on it


def run(*arguments: str) -> tuple[int, str, str]:
    """A command's status and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    return main(("fmt", *arguments), out, err), out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with specs in two layouts, and the current one."""
    Path(tmp_path / "a.yaml").write_text(UGLY, encoding="utf-8")
    Path(tmp_path / "b.yaml").write_text(NEAT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Something on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


def test_files() -> None:
    Path("a.yaml").chmod(0o640)
    assert run("a.yaml", "b.yaml") == (0, "a.yaml: formatted\n1 file formatted, 1 file already formatted\n", "")
    assert Path("a.yaml").read_text(encoding="utf-8") == NEAT
    assert stat.S_IMODE(Path("a.yaml").stat().st_mode) == 0o640
    assert run("a.yaml", "b.yaml") == (0, "2 files already formatted\n", "")
    assert sorted(path.name for path in Path().iterdir()) == ["a.yaml", "b.yaml"]


def test_a_file_that_need_not_change_is_not_written() -> None:
    before = Path("b.yaml").stat()
    run("b.yaml")
    after = Path("b.yaml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_check() -> None:
    said = "a.yaml: would be formatted\n1 file would be formatted, 1 file already formatted\n"
    assert run("--check", "a.yaml", "b.yaml") == (1, said, "")
    assert Path("a.yaml").read_text(encoding="utf-8") == UGLY
    assert run("--check", "b.yaml") == (0, "1 file already formatted\n", "")


def test_diff() -> None:
    assert run("--diff", "a.yaml", "b.yaml") == (1, DIFF, "")
    assert run("--diff", "--check", "a.yaml") == (1, DIFF, "")
    assert Path("a.yaml").read_text(encoding="utf-8") == UGLY
    assert run("--diff", "b.yaml") == (0, "", "")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, UGLY.encode())
    assert run("-") == (0, NEAT, "")
    given(monkeypatch, NEAT.encode())
    assert run("-") == (0, NEAT, "")
    given(monkeypatch, UGLY.encode())
    assert run("--check", "-") == (1, "<stdin>: would be formatted\n1 file would be formatted\n", "")
    given(monkeypatch, UGLY.encode())
    assert run("--diff", "-") == (1, DIFF.replace("a.yaml", "<stdin>"), "")


def test_byte_order_marks_and_line_ends_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = b"\xef\xbb\xbf"
    Path("a.yaml").write_bytes(mark + UGLY.replace("\n", "\r\n").encode())
    assert run("a.yaml")[0] == 0
    assert Path("a.yaml").read_bytes() == mark + NEAT.replace("\n", "\r\n").encode()
    given(monkeypatch, mark + UGLY.encode())
    assert run("-") == (0, "\ufeff" + NEAT, "")


def test_what_cannot_be_read() -> None:
    Path("c.yaml").write_text("a: [1\n", encoding="utf-8")
    status, out, err = run("c.yaml", "gone.yaml", "a.yaml")
    assert (status, out) == (1, "a.yaml: formatted\n1 file formatted\n")
    assert err == (
        "c.yaml:1:6: error NS101: not YAML: a `]` is missing at the end of this line\n    1 | a: [1\n      |      ^\n"
        "gone.yaml: error NS111: cannot read 'gone.yaml': no such file or directory\n"
    )


def test_what_has_no_layout() -> None:
    text = "? |\n  a\n:  1\n"
    Path("c.yaml").write_text(text, encoding="utf-8")
    assert run("c.yaml") == (1, "", "c.yaml: left as it is: a key at line 1 is not on one line\n")
    assert Path("c.yaml").read_text(encoding="utf-8") == text


def test_a_link_is_followed(tmp_path: Path) -> None:
    Path("link.yaml").symlink_to("a.yaml")
    assert run("link.yaml")[0] == 0
    assert Path("link.yaml").is_symlink()
    assert Path("a.yaml").read_text(encoding="utf-8") == NEAT
