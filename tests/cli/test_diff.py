"""`netspec diff`: what A and B may be, what it says of what it cannot read, and its exit status."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from netspec.cli import main
from netspec.revisions import revision_of

NET = """\
netspec: 1
params: {filters: 4}
variants: {wide: {filters: 8}}
input: [8, 8, 1]
layers:
  - conv: {filters: $filters, kernel_size: 3}
  - global_pool
"""
BLOCKS = "netspec: 1\nblocks:\n  Unit: {layers: [{conv: {filters: 4, kernel_size: 3}}, relu]}\n"
USING = "netspec: 1\nuse: {blocks.yaml: [Unit]}\ninput: [8, 8, 1]\nlayers: [Unit, global_pool]\n"
NARROW = "  ~ conv `conv_1`: filters 4 -> 8\n"

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def run(*arguments: str) -> tuple[int, str, str]:
    """A command's status, and what it printed on each stream."""
    out, err = io.StringIO(), io.StringIO()
    return main(["diff", *arguments], out, err), out.getvalue(), err.getvalue()


def git(*words: str) -> None:
    who = ("-c", "user.name=me", "-c", "user.email=me@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET)


@pytest.fixture
def repository() -> None:
    """What is there is committed; then `filters` becomes 8 in the file."""
    Path("specs").mkdir()
    Path("specs/blocks.yaml").write_text(BLOCKS)
    Path("specs/using.yaml").write_text(USING)
    git("init", "-q", ".")
    git("add", ".")
    git("commit", "-qm", "first")
    Path("net.yaml").write_text(NET.replace("filters: 4", "filters: 8"))


def test_the_same() -> None:
    assert run("net.yaml", "net.yaml") == (0, "net.yaml and net.yaml: the same network, 3 nodes\n", "")


def test_a_variant_and_params() -> None:
    status, out, err = run("net.yaml", "net.yaml@wide")
    assert (status, err) == (1, "")
    assert out.startswith(f"net.yaml -> net.yaml@wide: 3 nodes\n{NARROW}")
    status, out, _ = run("net.yaml", "net.yaml", "--set-b", "filters=8")
    assert status == 1
    assert out.startswith(f"net.yaml -> net.yaml filters=8: 3 nodes\n{NARROW}")
    assert (
        run("net.yaml@wide", "net.yaml", "--set", "filters=5", "--set-a", "filters=6", "--set-b", "filters=6")[0] == 0
    )


def test_a_file_that_has_an_at_or_a_colon_in_its_name_is_that_file() -> None:
    for name in ("a@wide", "a:b.yaml", "a@b.yaml"):
        Path(name).write_text(NET)
        assert run("net.yaml", name)[:2] == (0, f"net.yaml and {name}: the same network, 3 nodes\n")


def test_json_is_complete_and_says_so() -> None:
    status, out, _ = run("net.yaml", "net.yaml@wide", "--format", "json")
    data = json.loads(out)
    assert status == 1
    assert (data["a"], data["b"], data["same"]) == ("net.yaml", "net.yaml@wide", False)
    assert data["nodes"]["changed"][0]["hyperparameters"] == {"filters": {"from": 4, "to": 8}}
    assert data["weights"] == {
        "carried": [],
        "new": [{"node": "conv_1", "weights": ["kernel", "bias"]}],
        "dropped": [{"node": "conv_1", "weights": ["kernel", "bias"]}],
        "used_differently": {},
        "carried_parameters": 0,
    }
    assert data["totals"]["parameters"] == {"from": 40, "to": 80}
    assert data["shapes"] == {"changed": 2, "first": {"name": "conv_1", "shape": {"from": [6, 6, 4], "to": [6, 6, 8]}}}


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(NET))
    assert run("-", "net.yaml")[:2] == (0, "- and net.yaml: the same network, 3 nodes\n")
    assert run("-", "-") == (
        2, "", "netspec diff: standard input can be read only once, and `-` is given twice\n",
    )  # fmt: skip
    assert run("-")[2] == "netspec diff: standard input alone is compared with nothing; give A and B\n"


def test_errors_are_told_of_both_and_are_no_difference() -> None:
    Path("wrong.yaml").write_text(NET.replace("global_pool", "golbal_pool"))
    status, out, err = run("wrong.yaml", "net.yaml@large")
    assert (status, out) == (2, "")
    assert err == (
        "wrong.yaml:7:5: error NS201: there is no kind 'golbal_pool'; did you mean `global_pool`?\n"
        "    7 |   - golbal_pool\n"
        "      |     ^^^^^^^^^^^\n"
        "  fix: global_pool                    -> 40 parameters, 1.3 k MACs in total\n"
        "net.yaml:1:1: error NS507: there is no variant 'large'; it has `wide`\n"
    )


def test_a_budget_that_is_exceeded_is_told_and_the_network_compared() -> None:
    Path("costly.yaml").write_text(NET + "limits: {parameters: 10}\n")
    status, out, err = run("net.yaml", "costly.yaml")
    assert status == 1
    assert "  + `limits`: parameters 10\n" in out
    assert err.startswith("costly.yaml:8:22: error NS601:")


def test_wrong_usage() -> None:
    assert run("net.yaml", "net.yaml", "--set-a", "filters")[::2] == (
        2, "netspec diff: --set-a takes NAME=VALUE, not 'filters'\n",
    )  # fmt: skip
    assert run("missing.yaml", "net.yaml")[::2] == (
        2,
        "missing.yaml:1:1: error NS111: cannot read 'missing.yaml': no such file or directory\n",
    )


@needs_git
@pytest.mark.usefixtures("repository")
def test_a_revision() -> None:
    status, out, err = run("HEAD:net.yaml", "net.yaml")
    assert (status, err) == (1, "")
    assert out.startswith(f"HEAD:net.yaml -> net.yaml: 3 nodes\n{NARROW}")
    assert run("HEAD:net.yaml@wide", "net.yaml")[0] == 0
    assert run("net.yaml")[:2] == (status, out)
    assert run("net.yaml@wide")[:2] == (
        0, "HEAD:net.yaml@wide and net.yaml@wide: the same network, 3 nodes\n",
    )  # fmt: skip
    assert run("HEAD:net.yaml")[1] == out
    git("add", "net.yaml")
    assert run(":net.yaml", "net.yaml")[0] == 0


@needs_git
@pytest.mark.usefixtures("repository")
def test_a_revision_from_another_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert run("HEAD:../net.yaml", "../net.yaml")[0] == 1
    assert run(f"HEAD:{Path('..').resolve() / 'net.yaml'}", "../net.yaml")[0] == 1


@needs_git
@pytest.mark.usefixtures("repository")
def test_a_file_that_is_gone_since() -> None:
    shutil.copy("specs/using.yaml", "kept.yaml")
    shutil.copy("specs/blocks.yaml", "blocks.yaml")
    shutil.rmtree("specs")
    assert run("HEAD:specs/using.yaml", "kept.yaml")[0] == 0


@needs_git
@pytest.mark.usefixtures("repository")
def test_used_files_are_those_of_the_revision() -> None:
    Path("specs/blocks.yaml").write_text(BLOCKS.replace("filters: 4", "filters: 6"))
    status, out, _ = run("specs/using.yaml")
    assert status == 1
    assert "  ~ conv `Unit_1.conv_1`: filters 4 -> 6\n" in out
    git("add", ".")
    git("rm", "-q", "--cached", "specs/blocks.yaml")
    git("commit", "-qm", "without")
    status, out, err = run("specs/using.yaml")
    assert (status, out) == (2, "")
    message = "cannot read 'blocks.yaml': there is no such file"
    assert err.splitlines()[0] == f"HEAD:specs/using.yaml:2:7: error NS113: {message}"


@needs_git
@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("side", "why"),
    [
        ("main~9:net.yaml", "git knows no revision 'main~9' here"),
        ("HEAD:other.yaml", "there is no such file in the revision HEAD"),
        (":other.yaml", "no such file is staged"),
        ("HEAD:specs", "it is no file in the revision HEAD"),
        ("--output=x:net.yaml", "'--output=x' is no revision of git"),
        ("HEAD:/etc/hostname", "the folder is in no repository of git"),
    ],
)
def test_what_git_has_not(side: str, why: str) -> None:
    arguments = ("--", side, "net.yaml") if side.startswith("-") else (side, "net.yaml")
    assert run(*arguments) == (2, "", f"{side}: error NS111: cannot read '{side}': {why}\n")


@needs_git
def test_no_repository() -> None:
    assert run("net.yaml") == (
        2, "", "HEAD:net.yaml: error NS111: cannot read 'HEAD:net.yaml': the folder is in no repository of git\n",
    )  # fmt: skip


def test_no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.getcwd())
    assert run("HEAD:net.yaml", "net.yaml") == (
        2, "", "HEAD:net.yaml: error NS111: cannot read 'HEAD:net.yaml': git is not installed, or not on the PATH\n",
    )  # fmt: skip


@needs_git
@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.usefixtures("repository")
def test_the_workflow_writes_the_comment() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "howto" / "ci.md").read_text(encoding="utf-8")
    (text,) = re.findall(r'title="\.github/workflows/netspec-diff\.yml"\n(.*?)^```$', page, re.S | re.M)
    steps = yaml.safe_load(text)["jobs"]["diff"]["steps"]
    (script,) = (step["run"] for step in steps if step.get("name") == "compare the specs that both have")
    Path("specs/a b.yaml").write_text(NET)
    git("mv", "net.yaml", "net.netspec.yaml")
    git("add", ".")
    git("commit", "-qm", "renamed")
    base = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    Path("specs/a b.yaml").write_text(NET.replace("filters: 4", "filters: 8"))
    Path("specs/new.yaml").write_text(NET)
    git("add", ".")
    git("commit", "-qm", "changed")
    shims = Path("shims").resolve()
    shims.mkdir()
    shim = shims / "netspec"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netspec "$@"\n')
    shim.chmod(0o755)
    root = str(Path(__file__).parent.parent.parent)
    environment = {**os.environ, "BASE": base, "PATH": f"{shims}:{os.environ['PATH']}", "PYTHONPATH": root}
    subprocess.run(["bash", "-e", "-c", script], env=environment, check=True)
    comment = Path("comment.md").read_text(encoding="utf-8")
    assert comment.startswith(
        f"### `{base}:specs/a b.yaml` → `specs/a b.yaml`: 3 nodes\n\n- conv `conv_1`: filters 4 → 8\n"
    )
    assert comment.count("###") == 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("HEAD~1:specs/a.yaml", ("HEAD~1", "specs/a.yaml")),
        ("main@{2026-01-31 12:00}:a.yaml", ("main@{2026-01-31 12:00}", "a.yaml")),
        (":a.yaml", ("", "a.yaml")),
        ("a.yaml", None),
        ("C:\\specs\\a.yaml", None),
        ("HEAD:", None),
    ],
)
def test_what_is_a_revision(text: str, parts: tuple[str, str] | None) -> None:
    assert revision_of(text) == parts


def test_no_framework_is_loaded() -> None:
    code = "import sys\nfrom netspec.cli import main\nmain(['diff', 'net.yaml', 'net.yaml@wide'])\n"
    code += "print({'keras', 'tensorflow', 'jax', 'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")
