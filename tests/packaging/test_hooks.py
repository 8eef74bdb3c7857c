"""The hooks for pre-commit, run as pre-commit runs them: the entry, then the names of the files; and GitHub's workflows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from netspec.cli import COMMANDS
from tests.docs.pages import ROOT, blocks

HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "howto" / "ci.md").read_text(encoding="utf-8")
GOOD = "netspec: 1\ninput: [8]\nlayers:\n  - dense: 3\n"
SLIP = "netspec: 1\ninput: [8]\nlayers:\n  - relo\n"


def run(command: str, folder: Path) -> tuple[int, str]:
    """What a line of a shell does in a folder, `netspec` being this interpreter's; errors inside a pipe count."""
    shims = folder / ".shims"
    shims.mkdir(exist_ok=True)
    (shims / "netspec").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netspec "$@"\n', encoding="utf-8")
    (shims / "netspec").chmod(0o755)
    environment = {**os.environ, "PATH": f"{shims}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_each_hook_is_complete() -> None:
    assert [hook["id"] for hook in HOOKS] == ["netspec-validate", "netspec-fix", "netspec-fmt"]
    for hook in HOOKS:
        assert set(hook) == {"id", "name", "description", "entry", "language", "files", "types_or"}
        program, command, *_ = shlex.split(hook["entry"])
        assert program == "netspec"
        assert command in COMMANDS
        assert re.search(hook["files"], "nets/small.netspec.yaml")
        assert not re.search(hook["files"], "nets/small.yaml")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_lets_good_specs_pass(hook: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.netspec.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.netspec.yaml").write_text(GOOD, encoding="utf-8")
    said = "2 files already formatted\n" if hook["id"] == "netspec-fmt" else "2 files, no problems\n"
    assert run(f"{hook['entry']} a.netspec.yaml b.netspec.yaml", tmp_path) == (0, said)


def test_the_hook_reports_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.netspec.yaml").write_text(SLIP, encoding="utf-8")
    status, out = run(f"{HOOKS[0]['entry']} a.netspec.yaml", tmp_path)
    assert status == 1
    assert out.startswith("a.netspec.yaml:4:5: error NS201: there is no kind 'relo'; did you mean `relu`?\n")
    assert (tmp_path / "a.netspec.yaml").read_text(encoding="utf-8") == SLIP


def test_the_hook_that_fixes_changes_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.netspec.yaml").write_text(SLIP, encoding="utf-8")
    status, out = run(f"{HOOKS[1]['entry']} a.netspec.yaml", tmp_path)
    assert (status, out) == (0, "a.netspec.yaml:4: fixed NS201: relu\n1 file, no problems\n")
    assert (tmp_path / "a.netspec.yaml").read_text(encoding="utf-8") == SLIP.replace("relo", "relu")


def test_the_page_names_hooks_that_exist() -> None:
    configs = [yaml.safe_load(block.text) for block in blocks(PAGE) if block.title == ".pre-commit-config.yaml"]
    assert len(configs) == 2
    named = {hook["id"] for config in configs for repo in config["repos"] for hook in repo["hooks"]}
    assert named == {hook["id"] for hook in HOOKS}


# --- workflows ------------------------------------------------------------------------------------------------------------


def lines(name: str) -> list[str]:
    """The shell lines of a workflow on the page, but for the installation."""
    (block,) = [block for block in blocks(PAGE) if block.title == f".github/workflows/{name}.yml"]
    workflow = yaml.safe_load(block.text)
    steps = workflow["jobs"]["validate"]["steps"]
    assert "pip install netspec-keras" in [step.get("run") for step in steps]
    return [step["run"] for step in steps if "run" in step and not step["run"].startswith("pip ")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a spec."""
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "good one.yaml").write_text(GOOD, encoding="utf-8")
    run("git init -q . && git add specs", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["netspec", "netspec-sarif"])
def test_a_workflow_fails_where_a_spec_is_wrong(name: str, repository: Path) -> None:
    (line,) = lines(name)
    assert run(line, repository) == (0, "")
    (repository / "specs" / "wrong.yaml").write_text(SLIP, encoding="utf-8")
    run("git add specs", repository)
    status, out = run(line, repository)
    assert status != 0
    if name == "netspec":
        assert out.startswith("::error file=specs/wrong.yaml,line=4,")
    else:
        assert '"uri": "specs/wrong.yaml"' in (repository / "netspec.sarif").read_text(encoding="utf-8")


def test_a_repository_without_specs_passes(tmp_path: Path) -> None:
    run("git init -q .", tmp_path)
    assert run(lines("netspec")[0], tmp_path) == (0, "")
