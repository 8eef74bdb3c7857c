"""Lines of Python as formatters break them, at a hundred columns."""

from __future__ import annotations

from collections.abc import Iterator

WIDTH = 100
_OPEN, _CLOSE = "([{", ")]}"


def laid_out(text: str, indent: int) -> list[str]:
    """A statement as lines."""
    start = "    " * indent
    if len(start) + len(text) <= WIDTH:
        return [start + text]
    loop = _loop(text)
    if loop:
        return [*laid_out(text[:loop], indent), *laid_out(text[loop + 1 :], indent)]
    pairs = _pairs(text)
    if not pairs:
        return [start + text]
    # The last brackets whose beginning fits in a line, as formatters choose; else the first.
    fitting = [pair for pair in pairs if len(start) + pair[0] + 1 <= WIDTH]
    opened, closed = fitting[-1] if fitting else pairs[0]
    head, inner, tail = text[: opened + 1], text[opened + 1 : closed], text[closed:]
    items = split(inner)
    grouping = len(items) < 2 and text[opened] == "("
    called = text[opened] == "(" and opened > 0 and (text[opened - 1].isalnum() or text[opened - 1] in "_)]")
    if (called and len(start) + 4 + len(inner) <= WIDTH) or grouping:
        return [start + head, *laid_out(inner, indent + 1), start + tail]
    lines = [start + head]
    for item in items:
        lines += laid_out(f"{item},", indent + 1)
    return [*lines, start + tail]


def _loop(text: str) -> int:
    """Where the `for` of a comprehension stands that is not in brackets of its own; 0 where there is none."""
    if text.startswith("for "):
        return 0
    return next((place for place, depth, _ in _outside(text) if depth == 0 and text.startswith(" for ", place)), 0)


def _pairs(text: str) -> list[tuple[int, int]]:
    """The outermost brackets with something in them."""
    found, opened = [], 0
    for place, depth, char in _outside(text):
        if depth == 0 and char in _OPEN:
            opened = place
        elif depth == 0 and char in _CLOSE and place > opened + 1:
            found.append((opened, place))
    return found


def split(text: str) -> list[str]:
    """What stands between commas."""
    items, at = [], 0
    for place, depth, char in _outside(text):
        if char == "," and depth == 0:
            items.append(text[at:place].strip())
            at = place + 1
    last = text[at:].strip()
    return [*items, last] if last else items


def _outside(text: str) -> Iterator[tuple[int, int, str]]:
    """The characters outside of texts in quotes, each with its place and how deep it stands in brackets."""
    depth, quote, escaped = 0, "", False
    for place, char in enumerate(text):
        if quote:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == quote:
                quote = ""
            continue
        if char in "\"'":
            quote = char
        elif char in _OPEN:
            yield place, depth, char
            depth += 1
        elif char in _CLOSE:
            depth -= 1
            yield place, depth, char
        else:
            yield place, depth, char
