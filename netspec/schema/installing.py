"""What an editor needs to check specs of a folder by the schema: the schema beside them, and VS Code's settings of the folder.

A person's settings are added to and never changed: where one stands in the way, what would have to be there is said, and
`--force` puts it there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from netspec.diagnostics.words import printable
from netspec.files import atomic_rewrite, atomic_write, write_whole
from netspec.outputs import check_output
from netspec.schema.generation import text
from netspec.schema.settings_file import Json, NotJson, Value, read_settings, with_member

SCHEMA_FILE = "netspec.schema.json"
SETTINGS_FILE = Path(".vscode", "settings.json")
MODELINE = "# yaml-language-server: $schema={}"

_URL = f"./{SCHEMA_FILE}"
YAML_FILES = ["*.netspec.yaml", "*.netspec.yml", "specs/*.yaml"]
JSON_FILES = ["*.netspec.json"]
# What the settings are to hold, each under a key of the top: a map's member, or a list's item.
_MAP_KEY = "yaml.schemas"
_LIST_KEY = "json.schemas"
_ITEM: dict[str, Json] = {"fileMatch": [*JSON_FILES], "url": _URL}
WANTED: dict[str, Json] = {_MAP_KEY: {_URL: [*YAML_FILES]}, _LIST_KEY: [_ITEM]}


class Installed(NamedTuple):
    """What was done: a line for each file and for what to do oneself; `whole` is false where something is left to do."""

    lines: list[str]
    whole: bool


class InTheWay(Exception):
    """A setting of the person's has another value than is wanted; or what is there cannot be read, and is not to be changed."""


def install(folder: Path, force: bool) -> Installed:
    """Write the schema and the settings into a folder.

    Args:
        folder: It is made where it does not exist.
        force: Replace a schema that netspec did not write, and settings that stand in the way.

    Raises:
        SpecError: A file is not to be replaced, or cannot be written.
    """
    schema, settings = folder / SCHEMA_FILE, folder / SETTINGS_FILE
    check_output(schema, force=force, option="--install FOLDER")
    write_whole(schema, text())
    lines = [f"wrote {printable(str(schema))}"]
    shown = printable(str(settings))
    before = settings.read_bytes() if settings.exists() else b""
    try:
        after = added(before, force)
    except InTheWay as error:
        wanted = json.dumps(WANTED, indent=2)
        lines.append(f"{shown} is as it was: {error}. For VS Code, this is to be in it:\n{wanted}")
        return Installed([*lines, *_elsewhere()], False)
    if after == before:
        lines.append(f"{shown} has all that is needed")
    else:
        with atomic_rewrite(settings) if before else atomic_write(settings) as temporary:
            temporary.write_bytes(after)
        lines.append(f"{'added to' if before else 'wrote'} {shown}")
    return Installed([*lines, *_elsewhere()], True)


def _elsewhere() -> list[str]:
    return [
        "other editors with a YAML language server find the schema by the first line of a spec; its path is the spec's way to it:",
        MODELINE.format(SCHEMA_FILE),
    ]


def added(settings: bytes, force: bool) -> bytes:
    """The settings with what is wanted in them, all else as it was. Raises InTheWay."""
    if not settings.strip():
        return f"{json.dumps(WANTED, indent=2)}\n".encode()
    try:
        decoded = settings.decode("utf-8")
    except UnicodeDecodeError:
        raise InTheWay("it is not UTF-8") from None
    mark = "\ufeff" if decoded.startswith("\ufeff") else ""
    decoded = decoded.removeprefix(mark)
    decoded = _with_map(decoded, force)
    decoded = _with_item(decoded, force)
    return (mark + decoded).encode()


def _top(settings: str) -> Value:
    try:
        top = read_settings(settings)
    except NotJson as error:
        raise InTheWay(f"it is not JSON with comments ({error})") from None
    if not isinstance(top.data, dict):
        raise InTheWay("it is not a map of settings")
    return top


def _with_map(settings: str, force: bool) -> str:
    top = _top(settings)
    holder = top.get(_MAP_KEY)
    if holder is None:
        return with_member(settings, top, _MAP_KEY, WANTED[_MAP_KEY])
    if not isinstance(holder.data, dict):
        return _replaced(settings, holder, WANTED[_MAP_KEY], f"`{_MAP_KEY}` is not a map", force)
    there = holder.get(_URL)
    if there is None:
        return with_member(settings, holder, _URL, [*YAML_FILES])
    files = there.data if isinstance(there.data, list) else [there.data]
    if all(each in files for each in YAML_FILES):
        return settings
    return _replaced(settings, there, [*YAML_FILES], f"`{_MAP_KEY}` has other files for {_URL}", force)


def _with_item(settings: str, force: bool) -> str:
    top = _top(settings)
    holder = top.get(_LIST_KEY)
    if holder is None:
        return with_member(settings, top, _LIST_KEY, [_ITEM])
    if not isinstance(holder.data, list):
        return _replaced(settings, holder, [_ITEM], f"`{_LIST_KEY}` is not a list", force)
    for member in holder.members:
        item = member.value.data
        if isinstance(item, dict) and item.get("url") == _URL:
            files = item.get("fileMatch")
            if isinstance(files, list) and all(each in files for each in JSON_FILES):
                return settings
            return _replaced(settings, member.value, _ITEM, f"`{_LIST_KEY}` has other files for {_URL}", force)
    return with_member(settings, holder, "", _ITEM)


def _replaced(settings: str, value: Value, by: Json, why: str, force: bool) -> str:
    """The settings with another value in the place of one of the person's, if that was asked for. Raises InTheWay."""
    if not force:
        raise InTheWay(f"{why}, which --force would replace")
    return settings[: value.start] + json.dumps(by, ensure_ascii=False) + settings[value.end :]
