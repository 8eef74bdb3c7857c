"""A type checker holds the annotation of every hyperparameter to its type and its default."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ANNOTATIONS = Path(__file__).with_name("annotations.py")


def test_a_wrong_annotation_is_an_error(tmp_path: Path) -> None:
    """`annotations.py` says where mypy must complain; mypy complains of each place where it need not have."""
    pytest.importorskip("mypy", reason="mypy is brought by the extra `dev`")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(ANNOTATIONS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("Success: no issues found in 1 source file\n", "")
    assert ANNOTATIONS.read_text(encoding="utf-8").count("  # type: ignore[") == 13
