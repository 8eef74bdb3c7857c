"""What commands say where a package that they need is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
LENET = str(ROOT / "specs" / "lenet5.yaml")
BACKENDS = ("tensorflow", "jax", "torch")
BASE = (*BACKENDS, "keras", "numpy", "h5py", "psutil", "PIL", "sklearn")  # what the base install lacks
NONE = (
    "<environment>: error NS710: no backend of Keras is installed, which building and training need; "
    "pip install 'netspec-keras[tensorflow]' (or [jax] or [torch])\n"
)

RUN = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.split(".")[0] in {blocked!r} else find(name, package)
sys.meta_path.insert(0, Blocker())
from netspec.cli import main
sys.exit(main({arguments!r}))
"""


def without(blocked: tuple[str, ...], *arguments: str, cwd: Path, **environment: str) -> tuple[int, str, str]:
    """A command's status and streams where some packages cannot be imported."""
    code = RUN.format(blocked=blocked, arguments=list(arguments))
    env = {"PYTHONPATH": str(ROOT), "PATH": "", **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=cwd, env=env, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", LENET),
        ("train", LENET),
        ("train", "--resume", "run"),
        ("evaluate", "run"),
        ("predict", "run", "image.png"),
    ],
    ids=" ".join,
)
def test_the_base_install_says_what_to_install(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert without(BASE, *arguments, cwd=tmp_path) == (1, "", NONE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [("validate", LENET), ("inspect", LENET), ("explain", "conv"), ("schema",)], ids=" ".join
)
def test_what_works_with_the_base_install(arguments: tuple[str, ...], tmp_path: Path) -> None:
    status, out, err = without(BASE, *arguments, cwd=tmp_path)
    assert (status, err) == (0, "")
    assert out


def test_a_script_needs_no_backend(tmp_path: Path) -> None:
    status, out, err = without(BASE, "build", LENET, "-o", "it.py", cwd=tmp_path)
    assert (status, err) == (0, "")
    assert out.startswith("wrote it.py: a Python script for Keras, ")


@pytest.mark.backend
@pytest.mark.parametrize(
    ("blocked", "environment", "message"),
    [
        (
            BACKENDS,
            {"KERAS_BACKEND": "theano"},
            "KERAS_BACKEND is `theano`; netspec builds on `tensorflow`, `jax` or `torch`",
        ),
        (
            ("numpy", "psutil"),
            {},
            "`numpy` and `psutil` are not installed, which building and training need; "
            "pip install 'netspec-keras[BACKEND]'",
        ),
        (
            ("h5py",),
            {},
            "`h5py` is not installed, which building and training need; pip install 'netspec-keras[BACKEND]'",
        ),
    ],
)
def test_a_part_is_missing(blocked: tuple[str, ...], environment: dict[str, str], message: str, tmp_path: Path) -> None:
    from netspec.backends.requirements import require_backend

    told = message.replace("BACKEND]", f"{require_backend()}]")
    assert without(blocked, "build", LENET, cwd=tmp_path, **environment) == (
        1,
        "",
        f"<environment>: error NS710: {told}\n",
    )


@pytest.mark.backend
def test_a_backend_that_is_named_and_missing(tmp_path: Path) -> None:
    assert without(("torch",), "build", LENET, cwd=tmp_path, KERAS_BACKEND="torch") == (
        1,
        "",
        "<environment>: error NS710: KERAS_BACKEND is `torch`, which is not installed; "
        "pip install 'netspec-keras[torch]', or choose another\n",
    )


@pytest.mark.backend
def test_a_source_says_what_it_lacks(tmp_path: Path) -> None:
    status, out, err = without(("sklearn",), "train", LENET, "--runs", "runs", cwd=tmp_path)
    assert (status, out) == (1, "")
    assert err.splitlines()[0] == (
        f"{LENET}:30:16: error NS703: `digits` needs scikit-learn, which is not installed; pip install scikit-learn"
    )
