"""A package installed without pip: its files, and beside them the metadata that its pyproject.toml comes to."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent.parent / "docs" / "examples" / "netspec-shine"


def install(package: Path, folder: Path) -> Path:
    """Put a package where Python finds it once `folder` is on its path; the folder is given back."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module = project["name"].replace("-", "_")
    shutil.copytree(package / module, folder / module, ignore=shutil.ignore_patterns("__pycache__"))
    points = project["entry-points"]["netspec.kinds"]
    write_metadata(folder, project["name"], project["version"], points)
    return folder


def write_metadata(folder: Path, name: str, version: str, points: dict[str, str]) -> None:
    """The folder that says which version of a package is installed, and which modules of kinds it has."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = "".join(f"{key} = {value}\n" for key, value in points.items())
    (info / "entry_points.txt").write_text(f"[netspec.kinds]\n{lines}", encoding="utf-8")


def package(folder: Path, name: str, code: str) -> None:
    """A package of one module of kinds, installed in a folder."""
    module = name.replace("-", "_")
    write_metadata(folder, name, "1.0", {"kinds": f"{module}.kinds"})
    (folder / module).mkdir()
    (folder / module / "__init__.py").touch()
    (folder / module / "kinds.py").write_text(code, encoding="utf-8")
