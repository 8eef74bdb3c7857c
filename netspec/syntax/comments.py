"""Comments, which YAML's parser drops: found in the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netspec.syntax.tree import Mapping, Scalar, Tree

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*")
_Place = tuple[int, int]  # line and column, counted from 0
_END = (2**31, 0)


class Comment(NamedTuple):
    """A comment of a text: its line and column, counted from 0, and its words with the `#`."""

    line: int
    column: int
    text: str
    alone: bool  # does nothing stand before it on its line?


def comments_in(tree: Tree | None, lines: Sequence[str]) -> Iterator[Comment]:
    """The comments of a text, in order.

    Args:
        tree: What was read of it.
        lines: Its lines.
    """
    texts = sorted(quoted_places(tree, lines))
    for number, line in enumerate(lines):
        if "#" not in line:
            continue
        for match in _COMMENT.finditer(line):
            place = (number, match.start())
            inside = bisect_right(texts, (place, _END)) - 1
            if inside < 0 or texts[inside][1] <= place:
                yield Comment(number, match.start(), match[0].rstrip(), not line[: match.start()].strip())
                break


def quoted_places(tree: Tree | None, lines: Sequence[str]) -> Iterator[tuple[_Place, _Place]]:
    """Where the quoted texts and the blocks of text stand, in which `#` is a character like others.

    A plain text ends at a space and `#`.
    """
    stack = [] if tree is None else [tree]
    seen: set[int] = set()  # an alias is the same tree again
    while stack:
        tree = stack.pop()
        if isinstance(tree, Scalar):
            if not tree.plain:
                line, column = tree.start.line, tree.start.column
                # Behind the `|` or `>` that opens a block there may be a comment; the block is what stands below.
                block = lines[line][column : column + 1] in ("|", ">")
                yield (line + 1, 0) if block else (line, column), (tree.end.line, tree.end.column)
        elif id(tree) not in seen:
            seen.add(id(tree))
            stack.extend(
                (part for entry in tree.entries.values() for part in entry) if isinstance(tree, Mapping) else tree.items
            )
