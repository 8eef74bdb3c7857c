"""The extension for VS Code: its own tests, with this checkout's server, and its package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from netspec import __version__
from netspec.lsp.page import SUFFIXES

ROOT = Path(__file__).parent.parent.parent
HERE = ROOT / "editors" / "vscode"
MANIFEST = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="needs Node")
needs_packages = pytest.mark.skipif(
    NODE is None or not (HERE / "node_modules" / "vscode-languageclient").is_dir(),
    reason="needs `npm ci` in editors/vscode",
)


def test_the_manifest_says_what_is_there() -> None:
    assert MANIFEST["version"] == __version__
    contributed = MANIFEST["contributes"]
    languages = {each["id"]: each for each in contributed["languages"]}
    assert sorted(ending for each in languages.values() for ending in each["extensions"]) == sorted(SUFFIXES)
    files = [
        MANIFEST["main"],
        *(each["configuration"] for each in languages.values()),
        *(each["path"] for each in contributed["grammars"]),
    ]
    assert [file for file in files if not (HERE / file).is_file()] == []
    assert {each["language"] for each in contributed["grammars"]} == set(languages)
    for file in HERE.rglob("*.json"):
        if "node_modules" not in file.parts:
            json.loads(file.read_text(encoding="utf-8"))


def test_hints_stand_apart_from_the_text_and_are_not_cut() -> None:
    contributed = MANIFEST["contributes"]
    for language in contributed["languages"]:
        settings = contributed["configurationDefaults"][f"[{language['id']}]"]
        assert settings["editor.inlayHints.padding"] is True
        assert settings["editor.inlayHints.maximumLength"] == 0  # with costs some are longer than the editor's 43


def test_enter_takes_no_suggestion_that_is_typed_already() -> None:
    contributed = MANIFEST["contributes"]
    for language in contributed["languages"]:
        settings = contributed["configurationDefaults"][f"[{language['id']}]"]
        assert settings["editor.acceptSuggestionOnEnter"] == "smart"


def test_each_command_of_the_manifest_is_registered() -> None:
    source = (HERE / "src" / "extension.js").read_text(encoding="utf-8")
    assert sorted(re.findall(r'registerCommand\("([^"]+)"', source)) == sorted(
        each["command"] for each in MANIFEST["contributes"]["commands"]
    )


def test_the_pattern_of_a_first_line_is_said_alike_in_both_places() -> None:
    (pattern,) = (each["firstLine"] for each in MANIFEST["contributes"]["languages"] if "firstLine" in each)
    source = (HERE / "src" / "server.js").read_text(encoding="utf-8")
    assert f"/{pattern}/" in source
    assert re.match(pattern, "# yaml-language-server: $schema=../netspec.schema.json")


@needs_packages
def test_the_extension_and_the_server_together(tmp_path: Path) -> None:
    command = tmp_path / "netspec"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m netspec "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--test", "test/"],
        cwd=HERE,
        env={**os.environ, "NETSPEC": str(command)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    counts = dict(re.findall(r"^(?:#|ℹ) (pass|fail|skipped) (\d+)$", done.stdout, re.MULTILINE))
    written = sum(len(re.findall(r"^test\(", path.read_text("utf-8"), re.MULTILINE)) for path in HERE.glob("test/*.js"))
    assert counts == {"pass": str(written), "fail": "0", "skipped": "0"}


@needs_packages
def test_the_package(tmp_path: Path) -> None:
    assert NODE is not None
    target = tmp_path / "netspec.vsix"
    vsce = HERE / "node_modules" / "@vscode" / "vsce" / "vsce"
    done = subprocess.run(
        [NODE, str(vsce), "package", "--out", str(target)],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(target) as archive:
        names = {name.removeprefix("extension/") for name in archive.namelist() if name.startswith("extension/")}
        packed = json.loads(archive.read("extension/package.json"))
    own = {name for name in names if not name.startswith("node_modules/")}
    assert own == {
        "LICENSE.txt",
        "language-configuration.json",
        "media/panel.css",
        "media/panel.js",
        "package.json",
        "readme.md",
        "src/extension.js",
        "src/panel.js",
        "src/server.js",
        "src/shapes.js",
        "syntaxes/netspec-json.tmLanguage.json",
        "syntaxes/netspec.tmLanguage.json",
    }
    brought = {name.split("/")[1] for name in names - own}
    assert "vscode-languageclient" in brought
    assert brought.isdisjoint(("@vscode", "yaml", "typescript"))
    assert packed["version"] == MANIFEST["version"]
