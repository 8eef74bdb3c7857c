"""What would bring YAML's parser further than where it stopped: guesses at what is half written or too much."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from netspec.diagnostics.words import suggest
from netspec.kinds import KINDS
from netspec.recovery.brackets import closed, opened
from netspec.recovery.lines import indent_of, is_empty, previous, stretch
from netspec.recovery.stops import Change, Stop
from netspec.spec.keys import TOP_KEYS

_KEYS_INSIDE = ("params", "layers", "description", "body", "shortcut", "branches", "merge")  # that stand above others


def mends(lines: list[str], stop: Stop) -> Iterator[Change]:
    """What would leave something of the lines at fault, the likeliest first."""
    suspects = list(_suspects(lines, stop))
    for number in suspects:
        yield from _tabs(lines, number)
        yield from _written(number, closed(lines, number))
        yield from _written(number, opened(lines[number]))
    yield from _without_junk(lines, stop)
    for number in (*suspects, *islice(_above(lines, stop.line), 1)):
        yield from _undashed(lines, number)
    for number in suspects:
        yield from top_key(lines, number)
        yield from inner_key(lines, number)
        yield from missing_key(lines, number)
        yield from _coloned(lines, number)
        yield from _valueless(lines, number)
    for number in suspects:
        yield from _indented(lines, number)
        yield from _dashed(lines, number)


def guesses(lines: list[str], number: int) -> Iterator[Change]:
    """What a line that parses was probably meant to be, or what is missing in the empty one above it."""
    yield from _spaced(lines, number)
    yield from _undashed(lines, number)
    yield from _coloned(lines, number)
    yield from missing_key(lines, number)
    yield from top_key(lines, number)
    yield from inner_key(lines, number)


def emptied(lines: list[str], stop: Stop) -> Iterator[Change]:
    """What would bring the parser further by leaving lines out, the fewest first."""
    suspects = list(_suspects(lines, stop))
    for number in suspects:
        yield Change(number, ("",), "emptied")
    for number in suspects:
        end = stretch(lines, number)
        if end > number + 1:
            yield Change(number, ("",) * (end - number), "emptied")
    for number in suspects:
        item = _item_around(lines, number)
        if item is not None:
            yield Change(item, ("",) * (stretch(lines, item) - item), "emptied")


def too_many(lines: list[str], stop: Stop) -> Iterator[Change]:
    """The text without one line: those at fault, and keys above them under which other things have come to stand."""
    suspects = list(_suspects(lines, stop))
    for number in dict.fromkeys((*suspects, *(_above(lines, suspects[0]) if suspects else ()))):
        yield Change(number, ("",), "emptied")


_BARE = re.compile(r"\s*([a-z]+):\s*(#.*)?\Z")


def bare_keys(lines: list[str], number: int) -> Iterator[int]:
    """The keys with nothing behind them at a line, in the one before it, and those that it stands under, the nearest first."""
    before = previous(lines, number)
    for each in dict.fromkeys((number, number if before is None else before, *_above(lines, number))):
        match = _BARE.match(lines[each])
        if match is not None and match[1] in (*TOP_KEYS, *_KEYS_INSIDE):
            yield each


def _above(lines: list[str], number: int) -> Iterator[int]:
    """The lines that a line stands under, the nearest first."""
    indent = indent_of(lines[number])
    for each in range(number - 1, -1, -1):
        if not is_empty(lines[each]) and indent_of(lines[each]) < indent:
            indent = indent_of(lines[each])
            yield each


def _suspects(lines: list[str], stop: Stop) -> Iterator[int]:
    """The lines that may be at fault, the likeliest first."""
    seen = set()
    before = previous(lines, stop.line)
    for number in (stop.began, stop.line, before, None if stop.began is None else previous(lines, stop.began)):
        if number is not None and number not in seen and not is_empty(lines[number]):
            seen.add(number)
            yield number


def _written(number: int, ways: Iterable[tuple[str, ...]]) -> Iterator[Change]:
    for way in ways:
        yield Change(number, way, "mended")


def _item_around(lines: list[str], number: int) -> int | None:
    """The line with the dash of the item that a line belongs to."""
    return next((each for each in _above(lines, number) if lines[each].lstrip().startswith("- ")), None)


_LEADING = re.compile(r"[ \t]+")


def _tabs(lines: list[str], number: int) -> Iterator[Change]:
    leading = _LEADING.match(lines[number])
    if leading is not None and "\t" in leading[0]:
        rest = lines[number][leading.end() :]
        yield Change(number, (leading[0].replace("\t", "  ") + rest,), "mended")
        above = previous(lines, number)
        if above is not None:
            yield Change(number, (" " * indent_of(lines[above]) + rest,), "mended")


def _without_junk(lines: list[str], stop: Stop) -> Iterator[Change]:
    """The line without the character at which the parser stopped, or the one before it."""
    line = lines[stop.line]
    for at in (stop.column, stop.column - 1):
        if (
            0 <= at < len(line)
            and not line[at].isspace()
            and not (line[at] == ":" and not line[at + 1 : at + 2].strip())
        ):
            yield Change(stop.line, (line[:at] + line[at + 1 :],), "mended")
            yield Change(stop.line, (line[:at] + " " + line[at + 1 :],), "mended")


_WORD = re.compile(r"(\s*(?:- +)*(?:[\w$.]+|\"[^\"]*\"))(\s*|\s+#.*)\Z")
_PAIR = re.compile(r"(\s*(?:- +)*\w+)(?:[^\w\s:\"'{\[]? +|[^\w\s:\"'{\[](?=[{\[]))(?=[\w$\"'{\[])([^:]*|[{\[].*)\Z")


def _coloned(lines: list[str], number: int) -> Iterator[Change]:
    """A key without its colon."""
    word, pair = _WORD.match(lines[number]), _PAIR.match(lines[number])
    if word is not None:
        yield Change(number, (f"{word[1]}:{word[2]}".rstrip(),), "mended")
    if pair is not None:
        yield Change(number, (f"{pair[1]}: {pair[2]}",), "mended")


_VALUE = re.compile(r"(\s*(?:- +)*[\w]+)\W*:\s*[^\s#][^#]*(#.*)?\Z")


def _valueless(lines: list[str], number: int) -> Iterator[Change]:
    """A key with a value, where what stands below must be that."""
    match = _VALUE.match(lines[number])
    if match is not None and stretch(lines, number) > number + 1:
        yield Change(number, (f"{match[1]}:",), "mended")


_TOP = re.compile(r"\W*([A-Za-z]+)([^A-Za-z\s:]*[A-Za-z]*)\s*:?\s*(.*)\Z")


def top_key(lines: list[str], number: int) -> Iterator[Change]:
    """A key of the top that is half written."""
    match = _TOP.match(lines[number])
    if match is None or lines[number][0].isspace():
        return
    word, value = match[1] + re.sub(r"\W", "", match[2]), match[3]
    if value.startswith("-"):
        return
    there = {
        each.partition(":")[0] for at, each in enumerate(lines) if at != number and each[:1].isalpha() and ":" in each
    }
    free = [key for key in TOP_KEYS if key not in there]
    meant = suggest(word, free)
    begun = [key for key in free if key.startswith(word) or word.startswith(key)]
    key = word if word in free else begun[0] if len(begun) == 1 else meant.meant if meant is not None else None
    if key is None and stretch(lines, number) > number + 1:
        key = _by_content(lines, number, free)
    if key is not None:
        value = value.strip(" :]}@*&!") if stretch(lines, number) > number + 1 else value
        yield Change(number, (f"{key}: {value}".rstrip(),), "mended")
        if value:
            yield Change(number, (f"{key}:",), "mended")


def _by_content(lines: list[str], number: int, free: list[str]) -> str | None:
    """The key of the top that what stands below a line belongs to."""
    first = next((line.strip() for line in lines[number + 1 :] if not is_empty(line)), "")
    key = "layers" if first.startswith("- ") else "blocks" if first[:1].isupper() else "params"
    return key if key in free else None


_KEY = re.compile(r"\s*(\W?\w?\W?\s+)?([^\s:#]*(?: [^\s:#]*)?)\s*:?\s*(.*)\Z")


def inner_key(lines: list[str], number: int) -> Iterator[Change]:
    """A half-written key above what belongs to it: `laye.s:`, `sho`, ` p   body:`."""
    line = lines[number]
    match = _KEY.match(line)
    if match is None or line.lstrip().startswith("- ") or not indent_of(line):
        return
    word = re.sub(r"\W", "", match[2])
    begun = [key for key in _KEYS_INSIDE if word and key.startswith(word)]
    meant = suggest(word, _KEYS_INSIDE) if word else None
    near = [*begun, *([meant.meant] if meant is not None else []), *(["layers"] if len(word) < 3 else [])]
    value = match[3] if match[3][:1] in ("{", "[", "#") else ""
    for key in dict.fromkeys(near):
        for column in _columns(lines, number)[:3]:
            yield Change(number, (f"{' ' * column}{key}: {value}".rstrip(),), "mended")


_USED = re.compile(r"[-{\[,]\s*([A-Z]\w*)\b")
_DEFINED = re.compile(r"(?m)^ +([A-Z]\w*):")


def missing_key(lines: list[str], number: int) -> Iterator[Change]:
    """A key that is gone, in the empty line above what belongs to it: `layers`, or the name of a block."""
    if number == 0 or lines[number - 1].strip() or not indent_of(lines[number]):
        return
    indent, text = indent_of(lines[number]), lines[number].lstrip()
    if text.startswith("- "):
        for column in dict.fromkeys((indent - 2, indent)):
            for key in ("layers", "body") if column > 0 else ("layers",):
                if column >= 0:
                    yield Change(number - 1, (f"{' ' * column}{key}:",), "mended")
    elif text.startswith(("params:", "layers:")) and indent > 2:
        whole = "\n".join(lines)
        defined = set(_DEFINED.findall(whole))
        for name in list(dict.fromkeys(each for each in _USED.findall(whole) if each not in defined))[:2]:
            yield Change(number - 1, (f"{' ' * (indent - 2)}{name}:",), "mended")
    elif text.startswith(("shortcut:", "body:", "branches:", "merge:")) and indent > 4:
        kind_name = "inception" if "branches:" in text else "skip"
        yield Change(number - 1, (f"{' ' * (indent - 4)}- {kind_name}:",), "mended")
    elif indent == 2:
        word = text.partition(":")[0]
        key = "defaults" if word in KINDS else "blocks" if word[:1].isupper() else "params"
        if f"\n{key}:" not in "\n".join(lines):
            yield Change(number - 1, (f"{key}:",), "mended")


def _columns(lines: list[str], number: int) -> list[int]:
    """The columns in which a line may begin, by those around it, the likeliest first."""
    own = indent_of(lines[number])
    dashed = lines[number].lstrip().startswith("- ")
    above: list[int] = []
    for each in range(number - 1, -1, -1):
        line = lines[each]
        if is_empty(line) or (above and indent_of(line) >= min(above)):
            continue
        above.append(indent_of(line))
        if line.lstrip().startswith("- ") and not dashed:
            above.append(indent_of(line) + (4 if line.rstrip().endswith(":") else 2))
        elif line.rstrip().endswith(":"):
            above.append(indent_of(line) + 2)
        if not indent_of(line):
            break
    below = next((indent_of(line) for line in lines[number + 1 :] if not is_empty(line)), own)
    likely = sorted(above, key=lambda each: abs(each - own))
    missed = [each for each in likely if abs(each - own) == 1]  # by a single space
    return [each for each in dict.fromkeys((*missed, below, below - 2, *above[:1], *likely)) if each >= 0]


def _indented(lines: list[str], number: int) -> Iterator[Change]:
    """A line in one of the columns of those around it, alone or with what belongs to it."""
    own = indent_of(lines[number])
    end = stretch(lines, number)
    for column in [each for each in _columns(lines, number) if each != own][:4]:
        yield Change(number, (" " * column + lines[number].lstrip(" "),), "mended")
        bare = re.sub(r"\A(\S\s+|\S{1,2}(?=- ))", "", lines[number].lstrip(" "))
        if bare != lines[number].lstrip(" ") and not lines[number].lstrip().startswith("- "):
            yield Change(number, (" " * column + bare,), "mended")
        if end > number + 1:
            moved = [" " * max(0, indent_of(each) + column - own) + each.lstrip(" ") for each in lines[number:end]]
            yield Change(number, tuple(moved), "mended")


_AFTER_DASH = re.compile(r"(?<=-)[^\w\s\-\"{\[#] ?(?=\w)")


def _dashed(lines: list[str], number: int) -> Iterator[Change]:
    """A node without its dash, between others, or with something else behind it."""
    line = _AFTER_DASH.sub(" ", lines[number], count=1)
    if line != lines[number] and line.lstrip().startswith("- "):
        yield Change(number, (line,), "mended")
    above = previous(lines, number)
    if above is None or lines[number].lstrip().startswith("-"):
        return
    indent = indent_of(lines[number])
    item = above if lines[above].lstrip().startswith("- ") else _item_around(lines, above)
    if item is not None and indent_of(lines[item]) == indent:
        yield Change(number, (" " * indent + "- " + lines[number].lstrip(),), "mended")


_BEFORE_DASH = re.compile(r"\s*\S\s+(?=- )")


def _undashed(lines: list[str], number: int) -> Iterator[Change]:
    """An item with something before its dash, in one of the columns of those around it."""
    match = _BEFORE_DASH.match(lines[number])
    if match is not None:
        item = lines[number][match.end() :]
        for column in dict.fromkeys((match.end(), *_columns(lines, number)[:3])):
            yield Change(number, (" " * column + item,), "mended")


_COLON = re.compile(r"(?<=\w):(?: ?[^\w\s\"'$\[\]{}#,] ?|(?=[\w$\"\[{]))")
_BEFORE_NAME = re.compile(r"(?<![\w$.])\$?\w{1,2} ?(?=\$[A-Za-z_])")


def _spaced(lines: list[str], number: int) -> Iterator[Change]:
    """A line with a space and nothing else after each colon, and with nothing before a `$name`."""
    for line in (_COLON.sub(": ", lines[number]), _BEFORE_NAME.sub("", lines[number])):
        if line != lines[number]:
            yield Change(number, (line,), "mended")
