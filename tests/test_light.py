"""Commands that need no framework never load one, nor anything else that is slow to import."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import netspec

ROOT = Path(__file__).parent.parent
LENET = str(ROOT / "specs" / "lenet5.yaml")

RUN = """
import io, sys
from netspec.cli import main
out = io.StringIO()
status = main({arguments!r}, out, out)
heavy = sorted({{name.split(".")[0] for name in sys.modules}} & {heavy!r})
print(status, ",".join(heavy))
"""

FRAMEWORKS = {"keras", "tensorflow", "jax", "torch", "numpy", "sklearn", "PIL", "psutil"}


def loaded(arguments: list[str], heavy: set[str]) -> str:
    """Exit status and which of the heavy modules a command has loaded."""
    code = RUN.format(arguments=arguments, heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", LENET, LENET],
        ["validate", "--format", "sarif", LENET],
        ["fmt", "--check", LENET],
        ["inspect", LENET],
        ["view", LENET, "-o", f"{tempfile.gettempdir()}/netspec-light.html", "--force"],
        ["view", LENET, "-o", f"{tempfile.gettempdir()}/netspec-light.svg", "--force"],
        ["explain", "conv"],
        ["explain", "NS401"],
        ["schema"],
        ["schema", "--check", LENET],
        ["new", "--list"],
        ["runs", "specs"],
        ["--help"],
    ],
    ids=" ".join,
)
def test_no_framework(arguments: list[str]) -> None:
    assert loaded(arguments, FRAMEWORKS) == "0"


def test_validate_loads_neither_jsonschema_nor_rich() -> None:
    assert loaded(["validate", LENET], {"jsonschema", "rich", "dataclasses", "inspect", "difflib"}) == "0"


def test_importing_netspec_loads_next_to_nothing() -> None:
    code = "import sys, netspec; print(sorted(m for m in sys.modules if m.startswith(('netspec', 'yaml'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['netspec']"


@pytest.mark.backend
def test_the_public_types_are_exported() -> None:
    from netspec.graph.model import Graph, Node
    from netspec.pipeline import Spec
    from netspec.training.outcome import Run

    assert (netspec.Graph, netspec.Node, netspec.Run, netspec.Spec) == (Graph, Node, Run, Spec)
