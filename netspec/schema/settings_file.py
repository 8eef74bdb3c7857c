"""JSON with comments, as editors keep a person's settings: read with places, and added to with all else as it was.

Comments, commas after the last member, indentation and line ends are kept, because only what is added is written.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

MAX_DEPTH = 100
_SPACE = re.compile(r"(?:[ \t\r\n]|//[^\r\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_WORD = re.compile(r"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


class NotJson(ValueError):
    """A text that is no JSON, comments and commas after the last member allowed."""


class Member(NamedTuple):
    """A member of a map, or an item of a list, whose key is empty."""

    key: str
    value: Value


class Value(NamedTuple):
    """A value and where it stands: from `start` up to `end`; of maps and lists the members, and whether a comma ends them."""

    data: Json
    start: int
    end: int
    members: tuple[Member, ...] = ()
    ends_in_comma: bool = False

    def get(self, key: str) -> Value | None:
        """The value under a key; the last one's, as editors have it, where the key stands twice."""
        return next((member.value for member in reversed(self.members) if member.key == key), None)


def read_settings(text: str) -> Value:
    """The value of a text. Raises NotJson."""
    value = _value(text, _after_space(text, 0), 0)
    end = _after_space(text, value.end)
    if end != len(text):
        raise NotJson(f"line {_line(text, end)}: nothing is expected after the value")
    return value


def with_member(text: str, holder: Value, key: str, data: Json) -> str:
    """The text with one member more at the end of a map, or of a list if the key is empty."""
    new_line = "\r\n" if "\r\n" in text else "\n"
    outer = _indentation(text, holder.start)
    first = holder.members[0] if holder.members else None
    inner = _indentation(text, first.value.start) if first is not None else ""
    unit = min(re.findall(r"^[ \t]+(?=\S)", text, re.MULTILINE), key=len, default="  ")
    if len(inner) <= len(outer):
        inner = outer + unit
    written = json.dumps(data, indent=unit, ensure_ascii=False).replace("\n", f"\n{inner}")
    if key:
        written = f"{json.dumps(key, ensure_ascii=False)}: {written}"
    closing = holder.end - 1
    at = len(text[:closing].rstrip())
    tail = text[at:closing]
    added = f"\n{inner}{written}".replace("\n", new_line) + ("" if "\n" in tail else f"{new_line}{outer}")
    text = text[:at] + added + (tail if "\n" in tail else "") + text[closing:]
    if holder.members and not holder.ends_in_comma:
        last = holder.members[-1].value.end
        text = f"{text[:last]},{text[last:]}"
    return text


def _indentation(text: str, position: int) -> str:
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _after_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    assert found is not None  # it matches nothing too
    return found.end()


def _value(text: str, start: int, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise NotJson(f"line {_line(text, start)}: more than {MAX_DEPTH} levels")
    opening = text[start : start + 1]
    if opening and opening in "{[":
        return _collection(text, start, depth)
    found = _STRING.match(text, start) or _WORD.match(text, start)
    if found is None:
        raise NotJson(f"line {_line(text, start)}: a value is expected")
    try:
        data: Json = json.loads(found[0])
    except ValueError:
        raise NotJson(f"line {_line(text, start)}: this is no value") from None
    return Value(data, start, found.end())


def _collection(text: str, start: int, depth: int) -> Value:
    is_map = text[start] == "{"
    closing = "}" if is_map else "]"
    members: list[Member] = []
    position, comma = _after_space(text, start + 1), False
    while text[position : position + 1] != closing:
        if members and not comma:
            raise NotJson(f"line {_line(text, position)}: a comma or `{closing}` is expected")
        key = ""
        if is_map:
            found = _STRING.match(text, position)
            colon = _after_space(text, found.end()) if found is not None else position
            if found is None or text[colon : colon + 1] != ":":
                raise NotJson(f"line {_line(text, position)}: a key is expected")
            key = str(json.loads(found[0]))
            position = _after_space(text, colon + 1)
        value = _value(text, position, depth + 1)
        members.append(Member(key, value))
        position = _after_space(text, value.end)
        comma = text[position : position + 1] == ","
        if comma:
            position = _after_space(text, position + 1)
    data: Json = {each.key: each.value.data for each in members} if is_map else [each.value.data for each in members]
    return Value(data, start, position + 1, tuple(members), comma)
