"""The example package, installed for a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installed import EXAMPLE, install


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on Python's path, and the working directory another one."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return folder


@pytest.fixture
def shine(site: Path) -> Path:
    """The working directory, with the example's spec; the example package is installed."""
    install(EXAMPLE, site)
    spec = Path.cwd() / "sun.yaml"
    spec.write_bytes((EXAMPLE / "sun.yaml").read_bytes())
    return Path.cwd()
