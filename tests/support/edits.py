"""Random edits of a text: a word, a number, an indentation, a deletion."""

from __future__ import annotations

import random
import re

from netspec.kinds import KINDS
from netspec.spec.keys import TOP_KEYS, WIRING

TOKEN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]*|-?\d+(?:\.\d+)?|[^\sA-Za-z0-9]")
WORDS = (
    *KINDS,
    *TOP_KEYS,
    *WIRING,
    "filters",
    "kernel_size",
    "same",
    "valid",
    "null",
    "true",
    "input",
    "$index",
    "$channels",
)
NUMBERS = ("0", "1", "-1", "2", "3", "7", "1000000", "1e9", "0.5", "99999999999999999999", ".inf", "2 ** 40", "1e400")
STRANGE = (
    "",
    " ",
    "\t",
    "\n",
    "\0",
    "é",
    "\u202e",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "#",
    "&a ",
    "*a ",
    "!!python/none ",
    "<<: ",
    "'",
    '"',
    "|",
    ">",
    "%",
    "@",
    "---\n",
    "? ",
)


def edit(text: str, rng: random.Random) -> str:
    """The text with one edit."""
    way = rng.randrange(7)
    lines = text.splitlines(keepends=True) or [""]
    if way == 0:  # a word or a number for another
        tokens = list(TOKEN.finditer(text))
        if tokens:
            token = rng.choice(tokens)
            other = rng.choice(NUMBERS if token[0][-1].isdigit() else WORDS)
            return text[: token.start()] + other + text[token.end() :]
    if way == 1:  # one word misspelt
        tokens = [token for token in TOKEN.finditer(text) if len(token[0]) > 2]
        if tokens:
            token = rng.choice(tokens)
            at = rng.randrange(token.start(), token.end())
            return text[:at] + rng.choice(("", "x", text[at] * 2)) + text[at + 1 :]
    if way == 2:  # something strange
        at = rng.randrange(len(text) + 1)
        return text[:at] + rng.choice(STRANGE) + text[at:]
    if way == 3:  # a deletion
        at = rng.randrange(len(text) + 1)
        return text[:at] + text[at + rng.choice((1, 1, 3, 20)) :]
    at = rng.randrange(len(lines))
    if way == 4:  # an indentation
        line = lines[at].lstrip(" ")
        lines[at] = " " * rng.randrange(12) + line
    elif way == 5:  # a line twice, or gone
        lines[at : at + 1] = [lines[at]] * rng.choice((0, 2, 30))
    else:  # two lines the other way round
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return "".join(lines)
