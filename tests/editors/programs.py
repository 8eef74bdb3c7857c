"""Editors themselves, with the settings of the documentation and a spec that has a mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import DOCS, blocks

PAGE = (DOCS / "howto" / "editors.md").read_text(encoding="utf-8")
ROOT = DOCS.parent

SPEC = """netspec: 1
input: [28, 28, 1]
layers:
  - conv: {filters: 8, kernel_size: 3, padding: same, name: stem}
  - rleu: {name: act}  # é 😀
  - add: {from: [stem, act]}
  - flatten
  - dense: {units: 10, activation: softmax}
"""


def settings(title: str) -> str:
    """A block of the page by its title."""
    return next(block.text for block in blocks(PAGE) if block.title == title)


def environment(folder: Path) -> dict[str, str]:
    """That of an editor which is at home in a folder, with the command `netspec` on its path."""
    server = folder / "bin" / "netspec"
    server.parent.mkdir()
    server.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netspec "$@"\n', encoding="utf-8")
    server.chmod(0o755)
    homes = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    return {
        **os.environ,
        "PATH": f"{server.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        **{name: str(folder / name) for name in homes},
    }


def said_by(folder: Path, command: list[str], files: dict[str, str]) -> object:
    """What an editor's session writes to `said.json` in a folder.

    Args:
        folder: An empty folder, in which the editor runs; its home is there too.
        command: The editor, and what it is told.
        files: More files, by their names.
    """
    for name, text in {"net.netspec.yaml": SPEC, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120, check=False
    )
    assert (folder / "said.json").exists(), done.stderr
    return json.loads((folder / "said.json").read_text(encoding="utf-8"))
