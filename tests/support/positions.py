"""Answers of the language server as tests write them down: places as `line:column`, counted from 0 as the protocol does."""

from __future__ import annotations

from typing import Any

Json = Any


def place(position: Json) -> str:
    """A position."""
    return f"{position['line']}:{position['character']}"


def stretch(range_: Json) -> str:
    """A range: `3:4-9` on one line, `3:4-5:6` over several."""
    start, end = range_["start"], range_["end"]
    last = end["character"] if start["line"] == end["line"] else place(end)
    return f"{place(start)}-{last}"


def edited(text: str, answer: Json) -> str:
    """A text after a workspace edit of it alone; columns count code units of UTF-16."""
    changes = answer.get("changes")
    edits = next(iter(changes.values())) if changes else answer["documentChanges"][0]["edits"]
    lines = text.split("\n")
    for edit in sorted(
        edits, key=lambda e: (e["range"]["start"]["line"], e["range"]["start"]["character"]), reverse=True
    ):
        start, end = edit["range"]["start"], edit["range"]["end"]
        assert start["line"] == end["line"]
        line = lines[start["line"]].encode("utf-16-le")
        new = line[: 2 * start["character"]] + edit["newText"].encode("utf-16-le") + line[2 * end["character"] :]
        lines[start["line"]] = new.decode("utf-16-le")
    return "\n".join(lines)
