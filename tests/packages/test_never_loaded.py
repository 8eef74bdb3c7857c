"""A spec cannot cause an import, whatever it says and whichever command reads it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.installed import package

TRAP = "from pathlib import Path\nPath(__file__).with_name('sprung').touch()\nraise SystemExit('sprung')\n"
HOSTILE = {
    "requires": "requires: [netspec-trap]\n",
    "version": "requires: [netspec-trap>=1.0]\n",
    "module": "requires: [netspec_trap.kinds]\n",
    "path": "requires: [./netspec_trap, ../site/netspec_trap, netspec-trap @ file:///x]\n",
    "kinds": "kinds: [netspec-trap]\n",
    "use": "use: {netspec_trap/kinds.py: [Trap]}\n",
    "name": "name: netspec_trap\n",
}
COMMANDS = {
    "validate": ["validate", "{spec}"],
    "fix": ["validate", "--fix", "{spec}"],
    "inspect": ["inspect", "{spec}"],
    "sizes": ["inspect", "--sizes", "{spec}"],
    "explain": ["explain", "{spec}", "dense_1"],
    "fmt": ["fmt", "--check", "{spec}"],
    "schema": ["schema", "--check", "{spec}"],
    "script": ["build", "{spec}", "--format", "python", "-o", "made.py"],
}


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder to work in, beside one in which a package is installed that tells when it is imported."""
    site, work = tmp_path / "site", tmp_path / "work"
    site.mkdir()
    work.mkdir()
    package(site, "netspec-trap", TRAP)
    return work


def run(work: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    here = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(work.parent / "site")])}
    return subprocess.run(
        [sys.executable, "-m", "netspec", *words],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def sprung(work: Path) -> bool:
    return (work.parent / "site" / "netspec_trap" / "sprung").exists()


def test_the_trap_works(trap: Path) -> None:
    done = run(trap, ["schema", "--kinds", "netspec-trap"])
    assert sprung(trap)
    file = trap.parent / "site" / "netspec_trap" / "kinds.py"
    assert (done.returncode, done.stderr) == (
        2,
        f"netspec schema: --kinds: the kinds of the package 'netspec-trap' cannot be loaded: SystemExit: sprung ({file}, line 3)\n",
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", HOSTILE)
def test_no_spec_loads_a_package(trap: Path, case: str, command: str) -> None:
    folder = trap / "spec"
    folder.mkdir()
    (folder / "netspec.toml").write_text('kinds = ["netspec-trap"]\n', encoding="utf-8")
    nodes = "  - netspec_trap\n  - {netspec_trap.kinds: {}}\n  - dense: 2\n"
    (folder / "net.yaml").write_text(f"netspec: 1\n{HOSTILE[case]}input: [8]\nlayers:\n{nodes}", encoding="utf-8")
    done = run(trap, [word.format(spec="spec/net.yaml") for word in COMMANDS[command]])
    assert not sprung(trap)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1), done.stderr
