"""The page "Extending netspec": each diff applies to a copy of the package, and what it adds works as the page says."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, Block, blocks, commands

PAGE = DOCS / "extending.md"
DIFFS = ["kind.diff", "option.diff", "lint.diff", "command.diff", "source.diff"]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with the package that lies there."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, with all diffs and files of the page."""
    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(ROOT / "netspec", folder / "netspec", ignore=shutil.ignore_patterns("__pycache__"))
    for block in titled():
        (folder / block.title).write_text(block.text, encoding="utf-8")
        if block.language == "diff":
            done = run(["git", "apply", block.title], folder)
            assert done.returncode == 0, f"{block.title}: {done.stdout}"
    return folder


def titled() -> list[Block]:
    return [block for block in blocks(PAGE.read_text(encoding="utf-8")) if block.title]


def test_the_page_has_a_diff_for_each() -> None:
    assert [block.title for block in titled() if block.language == "diff"] == DIFFS


def printed(extended: Path, command: str) -> str:
    words = shlex.split(command)
    assert words[0] == "netspec"
    return run([sys.executable, "-m", *words], extended).stdout


def test_what_the_diffs_add_works(extended: Path) -> None:
    found = 0
    for block in blocks(PAGE.read_text(encoding="utf-8")):
        for command in commands(block) if block.language == "console" else []:
            assert printed(extended, command.text) == command.output, f"line {block.line}: $ {command.text}"
            found += 1
    assert found == len(DIFFS)


def test_what_the_diffs_add_keeps_the_rules(extended: Path) -> None:
    """Ruff finds nothing in the copy; without ruff, Python at least compiles it."""
    check = run([sys.executable, "-m", "ruff", "--version"], extended)
    if check.returncode:
        assert run([sys.executable, "-m", "compileall", "-q", "netspec"], extended).returncode == 0
        return
    shutil.copy(ROOT / "pyproject.toml", extended)
    for tool in (["check"], ["format", "--check"]):
        done = run([sys.executable, "-m", "ruff", *tool, "--no-cache", "netspec"], extended)
        assert done.returncode == 0, done.stdout
