"""What building and training need beside the base install, and what to install where it is missing."""

from __future__ import annotations

import importlib.util
import os

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import listing

BACKENDS = ("tensorflow", "jax", "torch")  # in the order in which one is chosen where KERAS_BACKEND does not say
PACKAGES = ("keras", "numpy", "h5py", "psutil")  # what every extra of a backend brings, by the names of the modules


def has_backend() -> bool:
    """Is there what building needs?"""
    try:
        require_backend()
    except SpecError:
        return False
    return True


def require_backend() -> str:
    """Find the backend that Keras is to run on, without importing anything.

    Returns:
        The one that KERAS_BACKEND names, or else the first that is installed.

    Raises:
        SpecError: NS710: there is none, or what goes with it is missing.
    """
    chosen = os.environ.get("KERAS_BACKEND")
    if chosen is not None and chosen not in BACKENDS:
        raise refusal(f"KERAS_BACKEND is `{chosen}`; netspec builds on {listing(BACKENDS, 'or')}")
    installed = [name for name in BACKENDS if _is_installed(name)]
    if not installed:
        others = listing(tuple(f"[{name}]" for name in BACKENDS[1:]), "or").replace("`", "")
        message = "no backend of Keras is installed, which building and training need"
        raise refusal(f"{message}; pip install 'netspec-keras[{BACKENDS[0]}]' (or {others})")
    if chosen is not None and chosen not in installed:
        raise refusal(
            f"KERAS_BACKEND is `{chosen}`, which is not installed; pip install 'netspec-keras[{chosen}]', or choose another"
        )
    backend = chosen or installed[0]
    missing = tuple(name for name in PACKAGES if not _is_installed(name))
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        message = f"{listing(missing)} {verb} not installed, which building and training need"
        raise refusal(f"{message}; pip install 'netspec-keras[{backend}]'")
    return backend


def on_jax(arguments: str) -> str:
    """The command that would train where several devices can share: `KERAS_BACKEND=jax netspec train a.yaml`."""
    install = "" if _is_installed("jax") else "pip install 'netspec-keras[jax]' and "
    return f"{install}KERAS_BACKEND=jax netspec train {arguments}"


def refusal(message: str) -> SpecError:
    """The error of an environment that cannot build."""
    return SpecError("<environment>", (Problem("NS710", message, FILE_START),))


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a finder may refuse a module by raising
        return False
