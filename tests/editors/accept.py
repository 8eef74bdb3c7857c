"""What editors' servers say at each position of the table, and the file that holds it.

`python -m tests.editors.accept` writes the file anew, after the schema has been changed on purpose. Read the difference
before you commit it: every line of it is what a user sees.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.editors.editors import HERE, Editor
from tests.editors.positions import POSITIONS, Position

ANSWERS = HERE / "answers.txt"


def heading(position: Position) -> str:
    """The line above an answer."""
    return f"== {position.language} {position.asked}: {position.name}"


def answers(editors: Mapping[str, Editor]) -> dict[str, list[str]]:
    """The whole answer to each question, a line for each part of it."""
    found: dict[str, list[str]] = {}
    for language, editor in editors.items():
        own = [each for each in POSITIONS if each.language == language]
        replies = editor.answers([(each.asked, each.text) for each in own])
        found |= {heading(each): reply for each, reply in zip(own, replies, strict=True)}
    return found


def written(found: Mapping[str, list[str]]) -> str:
    """The file: answers under their headings; of two that are alike the second says so."""
    first: dict[tuple[str, ...], str] = {}
    lines = []
    for title, answer in found.items():
        lines.append(title)
        before = first.setdefault(tuple(answer), title)
        if before != title and len(answer) > 3:
            lines.append(f"(as {before.removeprefix('== ')})")
        else:
            lines += answer or ["(nothing)"]
        lines.append("")
    return "\n".join(lines)


def accept() -> None:
    """Ask everything, and write the file."""
    with tempfile.TemporaryDirectory() as folder:
        editors = {}
        for language in ("yaml", "json"):
            root = Path(folder, language)
            root.mkdir()
            editors[language] = Editor(language, root)
        ANSWERS.write_text(written(answers(editors)), encoding="utf-8")
        for editor in editors.values():
            editor.stop()


if __name__ == "__main__":
    accept()
