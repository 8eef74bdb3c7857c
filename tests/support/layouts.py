"""The same text in another layout: blanks, indentation, line breaks, comments, brackets. What is read stays the same."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from netspec.diagnostics.problems import Problems
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, Scalar, Tree

COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
REMARKS = ("# a remark", "#: {no: map}", "# - no item", "# 'quoted", "# é ☃ 🙂")


def values(text: str) -> object:
    """All that a text says, types and quotes included; None where it cannot be read."""
    problems = Problems()
    tree = read_text(text, "text", problems).tree
    return None if tree is None or problems.has_errors else _of(tree)


def _of(tree: Tree) -> object:
    if isinstance(tree, Scalar):
        return (type(tree.value), tree.text, tree.plain)
    if isinstance(tree, Mapping):
        return {"map": [(key, _of(entry.value)) for key, entry in tree.entries.items()]}
    return [_of(item) for item in tree.items]


def comments(text: str) -> list[str]:
    """The comments of a text, in order; for texts that have no `#` in quotes."""
    return [found[0].rstrip() for line in text.splitlines() if (found := COMMENT.search(line))]


def disturbed(text: str, rng: random.Random, times: int = 12) -> str:
    """A text after some changes of its layout, each of which leaves what is read as it was."""
    before = values(text)
    assert before is not None
    for _ in range(times):
        changed = rng.choice(WAYS)(text, rng)
        if changed != text and values(changed) == before:
            text = changed
    return text


def _blanks(text: str, rng: random.Random) -> str:
    """More blanks, or fewer, where some are."""
    share = rng.choice((0.02, 0.2))

    def other(match: re.Match[str]) -> str:
        return match[0] if rng.random() > share else match[1] + " " * rng.choice((0, 1, 2, 4, 7))

    return re.sub(r"([,:{}\[\]]) *(?=[^\s#])", other, text)


def _ends(text: str, rng: random.Random) -> str:
    """Blanks at the ends of lines, and empty lines."""
    return re.sub(r"\n", lambda _: rng.choice(("\n", "\n", "\n", "  \n", "\t\n", "\n\n", "\n \n\n\n")), text)


def _remarks(text: str, rng: random.Random) -> str:
    """Comments, behind something and on lines of their own."""
    lines = text.split("\n")
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(lines))
        remark = rng.choice(REMARKS)
        if rng.random() < 0.5 and lines[at].strip() and "#" not in lines[at]:
            lines[at] += " " * rng.randrange(1, 5) + remark
        else:
            lines.insert(at, " " * rng.randrange(12) + remark)
    return "\n".join(lines)


def _wider(text: str, rng: random.Random) -> str:
    """Other steps of indentation."""
    by = rng.choice((1.5, 2, 0.5))
    return re.sub(r"^ +", lambda match: " " * int(len(match[0]) * by), text, flags=re.MULTILINE)


def _indentless(text: str, rng: random.Random) -> str:
    """A list whose dashes stand below its key."""
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines[1:], 1) if re.match(r" *- ", line) and lines[at - 1].endswith(":")]
    if not starts:
        return text
    at = rng.choice(starts)
    deep = len(lines[at]) - len(lines[at].lstrip())
    while at < len(lines) and (not lines[at].strip() or len(lines[at]) - len(lines[at].lstrip()) >= deep):
        lines[at] = lines[at][2:]
        at += 1
    return "\n".join(lines)


def _breaks(text: str, rng: random.Random) -> str:
    """Line breaks inside brackets, some with a comment."""
    share = rng.choice((0.02, 0.1))

    def broken(match: re.Match[str]) -> str:
        if rng.random() > share:
            return match[0]
        remark = rng.choice(("", "", f"  {rng.choice(REMARKS)}"))
        return f"{match[1]}{remark}\n{' ' * rng.randrange(4, 30)}"

    return re.sub(r"([{\[,]) *(?=[^\n#])", broken, text)


def _closed(text: str, rng: random.Random) -> str:
    """A closing bracket on a line of its own."""
    places = [match.start() for match in re.finditer(r"[}\]]", text)]
    if not places:
        return text
    at = rng.choice(places)
    return f"{text[:at]}\n{' ' * rng.randrange(4, 20)}{text[at:]}"


def _below(text: str, rng: random.Random) -> str:
    """A value on the line below its key or dash."""
    places = [match.end() for match in re.finditer(r"^( *(?:- )?[\w.]+:|\s+-) (?=\S)", text, re.MULTILINE)]
    if not places:
        return text
    at = rng.choice(places)
    column = at - text.rfind("\n", 0, at)
    return f"{text[:at]}\n{' ' * (column + rng.randrange(4))}{text[at:]}"


def _in_brackets(text: str, rng: random.Random) -> str:
    """A map in lines as one in braces."""
    found = [*re.finditer(r"(\w+):\n((?: +)[\w]+: [^#\n{\[,]+\n)+", text)]
    if not found:
        return text
    match = rng.choice(found)
    entries = ", ".join(line.strip() for line in match[0].split("\n")[1:-1])
    return f"{text[: match.start()]}{match[1]}: {{{entries}}}\n{text[match.end() :]}"


WAYS: tuple[Callable[[str, random.Random], str], ...] = (
    _blanks,
    _ends,
    _remarks,
    _wider,
    _indentless,
    _breaks,
    _closed,
    _below,
    _in_brackets,
)
