"""The light suite: `pytest --light` runs what must pass where neither Keras nor any framework is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure of what is tested: examples may take their time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# What the backends' extras bring, and the base does not.
NOT_OF_THE_BASE = (
    "PIL", "h5py", "jax", "jinja2", "keras", "matplotlib", "numpy", "prometheus_client", "psutil",
    "python_multipart", "sklearn", "starlette", "tensorboardX", "tensorflow", "torch", "uvicorn",
)  # fmt: skip


class NotInstalled:
    """A finder of modules by which those names cannot be imported, wherever the suite is run."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Refuse what the base does not bring; leave everything else to the finders after this one."""
        root = name.partition(".")[0]
        if root in NOT_OF_THE_BASE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=root)
        return None


class LightModule(pytest.Module):
    """A module of tests, skipped where it imports at its top, or through others, what the base does not bring."""

    def _getobj(self) -> ModuleType:
        try:
            return super()._getobj()
        except self.CollectError as error:
            missing = error.__cause__
            if isinstance(missing, ModuleNotFoundError) and missing.name in NOT_OF_THE_BASE:
                pytest.skip(f"needs {missing.name}", allow_module_level=True)
            raise


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--light`."""
    parser.addoption("--light", action="store_true", help="only what needs no framework, as if none were installed")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing can import a framework from here on."""
    if config.getoption("light"):
        sys.meta_path.insert(0, NotInstalled())


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """A module that may be skipped, or None for pytest's own."""
    if not parent.config.getoption("light"):
        return None
    return LightModule.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Single tests that need a framework are marked `backend`."""
    if config.getoption("light"):
        heavy = [item for item in items if item.get_closest_marker("backend")]
        config.hook.pytest_deselected(items=heavy)
        items[:] = [item for item in items if item not in heavy]
