"""The servers that editors ask about YAML and JSON, with netspec's schema: what a user sees at a cursor."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from netspec.schema.generation import text
from tests.editors.client import Client

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
CURSOR = "‸"
NODE = shutil.which("node")

needs_servers = pytest.mark.skipif(
    NODE is None or not (MODULES / "yaml-language-server").is_dir(), reason="needs `npm ci` in tests/editors"
)

YAML_SERVER = MODULES / "yaml-language-server" / "bin" / "yaml-language-server"
JSON_SERVER = MODULES / "vscode-langservers-extracted" / "bin" / "vscode-json-language-server"
SEVERITIES = ("", "error", "warning", "information", "hint")


class Place(NamedTuple):
    """A text, and where the cursor stands in it."""

    text: str
    line: int
    character: int


def place(marked: str) -> Place:
    """The text without its cursor. Positions are of UTF-16, but these texts have no character that takes two units."""
    before, _, after = marked.partition(CURSOR)
    return Place(before + after, before.count("\n"), len(before) - before.rfind("\n") - 1)


class Editor:
    """A server with the schema, and a folder in which documents lie, by name only.

    Args:
        language: `yaml` or `json`.
        folder: the workspace; the schema is written there.
        named: the ending of the files that the schema is for.
    """

    def __init__(self, language: str, folder: Path, named: str = "") -> None:
        self.language = language
        self.folder = folder
        self.named = named or f".netspec.{language}"
        schema = folder / "netspec.schema.json"
        schema.write_text(text(), encoding="utf-8")
        settings: dict[str, Any]
        if language == "yaml":
            settings = {
                "yaml": {
                    "schemas": {schema.as_uri(): [f"*{self.named}"]},
                    "schemaStore": {"enable": False},
                    "validate": True,
                    "completion": True,
                    "hover": True,
                },
                "[yaml]": {"editor.tabSize": 2},
                "editor": {"tabSize": 2},
            }
            server = YAML_SERVER
        else:
            settings = {
                "json": {
                    "schemas": [{"fileMatch": [f"*{self.named}"], "url": schema.as_uri()}],
                    "validate": {"enable": True},
                }
            }
            server = JSON_SERVER
        assert NODE is not None
        options = {"handledSchemaProtocols": ["file"]} if language == "json" else {}
        self.client = Client([NODE, str(server), "--stdio"], settings, folder, options)
        self._numbers = count()

    def open(self, spec: str) -> str:
        """Open a document; its address."""
        uri = (self.folder / f"spec{next(self._numbers)}{self.named}").as_uri()
        self.client.open(uri, spec, self.language)
        return uri

    def answers(self, questions: Sequence[tuple[str, str]]) -> list[list[str]]:
        """The whole answers to questions, each what is asked and the text with the cursor in it.

        All texts are opened before the first is asked about: the server waits a while after each key.
        """
        places = [place(marked) for _, marked in questions]
        uris = [self.open(at.text) for at in places]
        problems = [self.client.diagnostics(uri) for uri in uris]  # the schema is there by then
        answers = []
        for (asked, _), at, uri, found in zip(questions, places, uris, problems, strict=True):
            if asked == "problems":
                answers.append(problems_in_words(found))
            elif asked == "hover":
                answers.append(self._hover(self.client.at("hover", uri, at.line, at.character)))
            else:
                answers.append(_completions(self.client.at("completion", uri, at.line, at.character)))
        for uri in uris:
            self.client.close(uri)
        return answers

    def _hover(self, answer: Any) -> list[str]:
        """The lines of the text that is shown."""
        if answer is None:
            return []
        contents = answer["contents"]
        shown = contents["value"] if isinstance(contents, dict) else "\n".join(contents)
        return [line for line in shown.replace(self.folder.as_uri(), "…").splitlines() if line.strip()]

    def stop(self) -> None:
        """End the server."""
        self.client.stop()


def problems_in_words(diagnostics: list[dict[str, Any]]) -> list[str]:
    """A line for each: where it begins and ends, how bad it is, what is said."""

    def place_of(each: dict[str, Any]) -> tuple[int, ...]:
        start, end = each["range"]["start"], each["range"]["end"]
        return (start["line"], start["character"], end["line"], end["character"])

    lines = []
    for each in sorted(diagnostics, key=lambda each: (place_of(each), each["message"])):
        a, b, c, d = (number + 1 for number in place_of(each))
        lines.append(f"{a}:{b}-{c}:{d} {SEVERITIES[each.get('severity', 1)]}: {each['message']}")
    return lines


def _completions(answer: Any) -> list[str]:
    """What is offered: the label, what is written for it, and what is said of it."""
    return [_item(item) for item in (answer["items"] if isinstance(answer, dict) else answer or [])]


def _item(item: dict[str, Any]) -> str:
    edit = item.get("textEdit") or {}
    written = edit.get("newText", item.get("insertText", item["label"]))
    said = item.get("documentation") or ""
    said = said["value"] if isinstance(said, dict) else said
    parts = [item["label"], json.dumps(written, ensure_ascii=False)[1:-1], " ".join(said.split())]
    return " | ".join(parts).rstrip(" |")
