"""What people do to a text in an editor, at random."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random

_NUMBER = re.compile(r"\d+")
_TYPED = (
    "- relu",
    "- conv: {filters: 8, kernel_size: 3, padding: same}",
    "- dense: {units: 10, name: typed}",
    "- skip: [relu]",
    "- add: {from: [relu_1, input]}",
    "# a remark",
    "repeat: 2",
    "name: typed",
    '"a text',
    "params: {size: 3}",
    "- 1x1: $size",
)
_CHARACTERS = " -:{}[],#'\"$&*|>\n\t0123456789abcxyz"


def edits(text: str, random: Random, count: int) -> Iterator[str]:
    """The text after each of so many edits, one upon the other; now and then it is taken back to what it was at first."""
    first = now = text
    typing: list[tuple[int, str]] = []  # where, and which character, is typed next
    while count > 0:
        count -= 1
        if typing:
            at, character = typing.pop(0)
            now = now[:at] + character + now[at:]
        elif random.random() < 0.15:
            now = first
        else:
            now, typing = _edited(now, random)
        yield now


_CLOSING = {"{": "}", "[": "]"}


def typed_anew(text: str, random: Random) -> Iterator[str]:
    """The text while one of its lines is typed anew, a key at a time, by somebody whose editor closes brackets or does not."""
    lines = text.split("\n")
    number = random.choice([n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")])
    line, closes = lines[number], random.random() < 0.5
    for end in range(len(line) - len(line.lstrip()), len(line) + 1):
        is_open: list[str] = []
        for character in line[:end] if closes else "":
            if character in _CLOSING:
                is_open.append(_CLOSING[character])
            elif is_open and character == is_open[-1]:
                is_open.pop()
        lines[number] = line[:end] + "".join(reversed(is_open))
        yield "\n".join(lines)


def _edited(text: str, random: Random) -> tuple[str, list[tuple[int, str]]]:
    at = random.randrange(len(text) + 1)
    lines = text.split("\n")
    number = random.randrange(len(lines))
    what = random.randrange(10)
    if what == 0:
        return text[:at] + random.choice(_CHARACTERS) + text[at:], []
    if what == 1:
        return text[:at] + text[at + random.choice((1, 1, 1, 3)) :], []
    if what in (2, 3, 4):  # another number
        numbers = list(_NUMBER.finditer(text))
        if numbers:
            found = random.choice(numbers)
            return text[: found.start()] + str(random.choice((1, 2, 3, 8, 64))) + text[found.end() :], []
    if what == 5:
        del lines[number]
    elif what == 6:
        lines.insert(number, random.choice(lines))
    elif what == 7:
        lines.insert(number, "")
    elif what == 8:
        other = random.randrange(len(lines))
        lines[number], lines[other] = lines[other], lines[number]
    else:  # a line is typed, indented as the one at hand
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        start = sum(len(line) + 1 for line in lines[:number])
        return text, list(enumerate(f"{indent}{random.choice(_TYPED)}\n", start))
    return "\n".join(lines), []
