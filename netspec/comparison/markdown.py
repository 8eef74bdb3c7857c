"""A difference for a comment on a pull request."""

from __future__ import annotations

import re

from netspec.comparison.differences import Difference
from netspec.comparison.text import changes_of, facts, headline, names
from netspec.diagnostics.words import printable

OPEN = 12  # lines of changes that stand there at once; more are folded away
_CODE = re.compile(r"(`[^`]*`)")
_SPECIAL = re.compile(r"([\\*\[\]<|~#])")
SIGNS = {"+": "**new:** ", "-": "**gone:** ", "~": "", "=": "", "…": "… "}


def as_markdown(difference: Difference, a: str, b: str, *, renames: bool = False) -> str:
    """All of it, as GitHub shows it."""
    parts = [f"### {_escaped(headline(difference, f'`{a}`', f'`{b}`'))}\n"]
    if not difference.same:
        bullets = [f"- {SIGNS[line.sign]}{_escaped(line.text)}" for line in changes_of(difference)]
        parts.append("\n".join(bullets) + "\n" if len(bullets) <= OPEN else _folded(f"{len(bullets)} changes", bullets))
        rows = [f"| {word} | {_escaped(text)} |" for word, text in facts(difference)]
        parts.append("\n".join(["| | |", "| --- | --- |", *rows]) + "\n")
    if renames and difference.renamed:
        found = [f"- {_escaped(text)}" for _, text in names(difference)]
        parts.append(_folded(f"{len(found)} nodes have other names", found))
    return "\n".join(parts)


def _folded(title: str, bullets: list[str]) -> str:
    return "\n".join([f"<details><summary>{title}</summary>\n", *bullets, "\n</details>\n"])


def _escaped(text: str) -> str:
    """A text in which nothing is markup but what stands in backquotes."""
    parts = _CODE.split(printable(text))
    return "".join(
        part if part.startswith("`") and len(part) > 1 else _SPECIAL.sub(r"\\\1", part.replace(" -> ", " → "))
        for part in parts
    )
