"""`netspec.toml`: what the user of a folder allows.

It is looked for in the working directory and above, and never beside a spec: a spec may come from anybody, and the folder in
which somebody works is theirs, as it is to `make` and `pytest`. The first that is found counts. One that belongs to another user
is not taken: somebody may have put it into a folder that all may write to, such as `/tmp`.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from netspec.diagnostics.words import printable, show

NAME = "netspec.toml"
VARIABLE = "NETSPEC_CONFIG"  # names the file; empty: none is looked for
MAX_BYTES = 65_536
KEYS = ("kinds",)


class ConfigurationError(Exception):
    """A configuration that cannot be taken; its text is the whole sentence, with the file's name."""


class Configuration(NamedTuple):
    """What the user allows."""

    path: str = ""  # "" where there is no file
    kinds: tuple[str, ...] = ()  # packages whose kinds are loaded


def find(folder: str | None = None) -> str | None:
    """The file that counts in a folder, the working directory where none is given; None where there is none."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return named or None
    try:
        at = os.path.abspath(folder or os.getcwd())
    except OSError:  # the working directory is gone
        return None
    while True:
        path = os.path.join(at, NAME)
        if os.path.lexists(path):
            return path
        above = os.path.dirname(at)
        if above == at:
            return None
        at = above


def read(folder: str | None = None) -> Configuration:
    """What the file says that counts in a folder; nothing is allowed where there is none. Raises ConfigurationError."""
    path = find(folder)
    if path is None:
        return Configuration()
    import tomllib

    try:
        data = tomllib.loads(_content(path))
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, f"it is no TOML: {error}") from None
    for key in data:
        if key not in KEYS:
            raise _wrong(path, f"there is no setting {show(key)}; there is `kinds`, a list of packages")
    kinds = data.get("kinds", [])
    if not isinstance(kinds, list) or not all(isinstance(name, str) for name in kinds):
        raise _wrong(path, '`kinds` is a list of packages: kinds = ["netspec-shine"]')
    return Configuration(path, tuple(kinds))


def _content(path: str) -> str:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise _wrong(path, "it is not a regular file")
        if hasattr(os, "getuid") and found.st_uid not in (0, os.getuid()):
            words = f"it belongs to another user, and allows nothing; set {VARIABLE}= to do without it"
            raise _wrong(path, words)
        if found.st_size > MAX_BYTES:
            raise _wrong(path, f"it is larger than {MAX_BYTES:,} bytes")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES).decode()
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise _wrong(path, "it is not UTF-8") from None


def _wrong(path: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{printable(path)}: {why}")
