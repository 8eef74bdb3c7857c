"""Helix itself, with the settings of the documentation: it starts the server, shows its problems and takes its fix."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.programs import SPEC, environment, settings

HELIX = shutil.which("hx")
PAGE = "~/.config/helix/languages.toml"
PATIENCE = 30  # seconds


class Terminal:
    """A program in a terminal, to which keys are sent."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.screen, inside = pty.openpty()
        self.program = subprocess.Popen(
            command, cwd=folder, env=environment(folder), stdin=inside, stdout=inside, stderr=inside
        )
        os.close(inside)
        os.set_blocking(self.screen, False)

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self.screen, keys.encode())

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for something, and let the program draw meanwhile."""
        end = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < end, "no answer"
            try:
                os.read(self.screen, 1 << 16)
            except OSError:  # nothing is drawn, or the program has left
                time.sleep(0.02)


@pytest.mark.skipif(HELIX is None, reason="needs Helix")
def test_the_settings_of_the_page_in_helix(tmp_path: Path) -> None:
    assert HELIX is not None
    spec, log = tmp_path / "net.netspec.yaml", tmp_path / "log.txt"
    spec.write_text(SPEC, encoding="utf-8")
    languages = tmp_path / "XDG_CONFIG_HOME" / "helix" / "languages.toml"
    languages.parent.mkdir(parents=True)
    languages.write_text(settings(PAGE), encoding="utf-8")
    (languages.parent / "config.toml").write_text("[editor.lsp]\ndisplay-inlay-hints = true\n", encoding="utf-8")

    def said(text: str) -> bool:
        return log.exists() and text in log.read_text(encoding="utf-8")

    terminal = Terminal([HELIX, "-v", "--log", str(log), spec.name], tmp_path)
    try:
        terminal.until(lambda: said('"version":0,"diagnostics":[{'))
        assert said("there is no kind 'rleu'; did you mean `relu`?")
        terminal.type("4jwl")  # to the line, and onto the word
        terminal.until(lambda: said('"label":"28\\u00d728\\u00d78"'))
        terminal.type(" a")
        terminal.until(lambda: said('"title":"relu'))
        time.sleep(0.5)  # until the menu is drawn
        terminal.type("\r")
        terminal.until(lambda: said('"version":1,"diagnostics":[]'))
        terminal.type(":wq\r")
        terminal.until(lambda: terminal.program.poll() is not None)
    finally:
        terminal.program.kill()
        terminal.program.wait()
        os.close(terminal.screen)
    assert spec.read_text(encoding="utf-8") == SPEC.replace("rleu", "relu")


def test_the_settings_for_helix_are_toml() -> None:
    read = tomllib.loads(settings(PAGE))
    server = read["language-server"]["netspec"]
    assert [server["command"], *server["args"]] == ["netspec", "lsp"]
    assert read["language"][0]["language-servers"] == ["netspec"]
