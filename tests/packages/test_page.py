"""The page "Kinds of your own" shows the files of the example package as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, blocks
from tests.support.installed import EXAMPLE


def test_the_page_shows_the_package() -> None:
    page = (DOCS / "howto" / "own_kinds.md").read_text(encoding="utf-8")
    shown = {block.title: block.text for block in blocks(page) if block.title.startswith("netspec-shine/")}
    assert shown == {
        f"netspec-shine/{name}": (EXAMPLE / name).read_text(encoding="utf-8")
        for name in ("pyproject.toml", "netspec_shine/kinds.py", "netspec_shine/layers.py")
    }


def test_pip_installs_it(tmp_path: Path) -> None:
    """By the example's own build backend, without a network."""
    import subprocess
    import sys

    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no pip")
    words = [
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--target",
        str(tmp_path / "site"),
        str(EXAMPLE),
    ]
    done = subprocess.run([*pip, *words], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [sys.executable, "-m", "netspec", "validate", "--kinds", "netspec-shine", str(EXAMPLE / "sun.yaml")],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path / 'site'}"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1 file, no problems\n", "")
