"""A text that does not parse, made one that does: where the parser stops, the smallest stretch is mended or emptied.

The parser is the referee: what brings it furthest is done, and what leaves something of a line before what empties it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from netspec.diagnostics.problems import MAX_PROBLEMS, Problems
from netspec.recovery.lines import Done
from netspec.recovery.mends import emptied, mends, top_key
from netspec.recovery.standing import structure
from netspec.recovery.stops import Change, Stop, stop_of
from netspec.syntax.reading import read_text
from netspec.syntax.tree import Mapping, span_of

MAX_TRIES = 60  # readings of one text; the longest spec of the zoo takes half a millisecond each
MAX_WHOLE = 3  # ways to make a text parse that are compared
MAX_REFUSED = 4  # lines that parse and that the reader refuses: aliases, tags, merge keys
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def mend(lines: list[str], done: dict[int, Done]) -> list[str]:
    """Lines that can be read, as many as there were.

    Args:
        lines: Those that cannot.
        done: Takes the lines that are changed, and what was done to each.
    """
    for number, line in enumerate(lines):
        if not line.isascii() or not line.isprintable():
            clean = _FORBIDDEN.sub(" ", line)
            if clean != line:
                lines = Change(number, (clean,), "mended").applied(lines)
                done[number] = "mended"
    lines = _parsed(lines, done)
    for _ in range(MAX_REFUSED):
        problems = Problems()
        tree = read_text("\n".join(lines), "<text>", problems).tree
        if isinstance(tree, Mapping):
            return lines
        if tree is not None:  # a word or a list: the beginning of a spec, or one without its keys
            first = span_of(tree).line - 1
            key = next((change for change in top_key(lines, first) if stop_of(change.applied(lines)) is None), None)
            lines = _made(lines, key or Change(0, ("{}", *[""] * (len(lines) - 1)), "emptied"), done)
            continue
        errors = [problem for problem in problems.ordered() if problem.is_error]
        if not errors or errors[0].code == "NS112":
            break
        number = min(errors[-1].span.line, len(lines)) - 1
        lines = _parsed(_made(lines, Change(number, ("",), "emptied"), done), done)
    else:
        if isinstance(read_text("\n".join(lines), "<text>", Problems()).tree, Mapping):
            return lines
    return _made(lines, Change(0, ("{}", *[""] * (len(lines) - 1)), "emptied"), done)


def _parsed(lines: list[str], done: dict[int, Done]) -> list[str]:
    """Lines that parse."""
    stop = stop_of(lines)
    tries = 1
    while stop is not None and tries < MAX_TRIES:
        for changes in (mends(lines, stop), emptied(lines, stop)):
            change, reached, spent = _furthest(lines, stop, changes, MAX_TRIES - tries)
            tries += spent
            if change is not None:
                lines = _made(lines, change, done)
                stop = reached
                break
        else:
            lines = _made(lines, Change(stop.first, ("",), "emptied"), done)
            stop = stop_of(lines)
            tries += 1
    if stop is not None:
        lines = _made(lines, Change(stop.first, ("",) * (len(lines) - stop.first), "emptied"), done)
        if stop_of(lines) is not None:
            lines = _made(lines, Change(0, ("{}", *[""] * (len(lines) - 1)), "emptied"), done)
    return lines


def _furthest(
    lines: list[str], stop: Stop, changes: Iterable[Change], most: int
) -> tuple[Change | None, Stop | None, int]:
    """The change with which the parser gets furthest, if it gets beyond where it stopped; where it stops then; the readings.

    Of those with which it reads to the end it is the one that leaves the fewest faults.
    """
    best: Change | None = None
    reached: Stop | None = stop
    furthest: float = stop.first
    whole: dict[tuple[str, ...], Change] = {}
    tries = 0
    for change in changes:
        if tries >= most or len(whole) >= MAX_WHOLE:
            break
        changed = change.applied(lines)
        there = stop_of(changed)
        tries += 1
        if there is None:
            whole.setdefault(tuple(changed), change)
        elif not whole and there.first > furthest:
            best, reached, furthest = change, there, there.first
    if not whole:
        return best, reached, tries
    if len(whole) == 1:
        return next(iter(whole.values())), None, tries
    fewest = min(whole, key=lambda each: _faults([*each]))
    return whole[fewest], None, tries


def _faults(lines: list[str]) -> int:
    """How much of lines that parse cannot be said."""
    found = structure("\n".join(lines))
    return len(found.problems) if found.document is not None else MAX_PROBLEMS


def _made(lines: list[str], change: Change, done: dict[int, Done]) -> list[str]:
    """The lines with a change made, which is noted where it changes one."""
    for number, line in enumerate(change.lines, change.start):
        if line != lines[number]:
            done[number] = change.done
    return change.applied(lines)
