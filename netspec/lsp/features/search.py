"""Names in all specs of the folders that an editor works in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from weakref import WeakKeyDictionary

from netspec.diagnostics.problems import FILE_START, Problems, Span
from netspec.lsp.features.symbols import CLASS, ENUM_MEMBER, EVENT, FIELD, FUNCTION, MODULE, NAMESPACE, VARIABLE
from netspec.lsp.gathering import gather
from netspec.lsp.names import NameKind, Names
from netspec.lsp.rpc import Params
from netspec.lsp.text import Text
from netspec.lsp.workspace import Workspace
from netspec.spec.decoding import decode
from netspec.spec.document import Document
from netspec.syntax.reading import read_bytes

MAX_ENTRIES = 20_000  # of folders, files and folders together, that are looked at
MAX_FILES = 1_000  # specs
MAX_BYTES = 2**20  # of one file
MAX_FOUND = 500
HEAD = 4_096  # bytes, in which `netspec:` stands
_SKIPPED = frozenset(("node_modules", "__pycache__", "site-packages", "build", "dist"))
_ENDINGS = (".yaml", ".yml", ".netspec.json")
_SPEC = re.compile(rb"(?m)^\s*\{?\s*[\"']?netspec[\"']?\s*:")
_KINDS: dict[NameKind, int] = {
    "node": FUNCTION,
    "block": CLASS,
    "param": VARIABLE,
    "input": FIELD,
    "output": EVENT,
    "branch": NAMESPACE,
    "variant": ENUM_MEMBER,
    "weights": VARIABLE,
}


class Entry(NamedTuple):
    """A name of a file; `owner` is what it belongs to."""

    name: str
    kind: int
    span: Span
    owner: str


class File(NamedTuple):
    """What is known of a file, as long as it does not change."""

    stamp: tuple[int, int]
    text: Text
    entries: tuple[Entry, ...]


_KNOWN: WeakKeyDictionary[Workspace, dict[str, File]] = WeakKeyDictionary()


def search(workspace: Workspace, params: Params) -> object:
    """`workspace/symbol`: names that hold the letters of the query in their order."""
    query = str(params.get("query", "")).casefold()
    found: list[dict[str, object]] = []
    for uri, text, entries in _all(workspace):
        for entry in entries:
            if _matches(query, entry.name.casefold()):
                symbol: dict[str, object] = {
                    "name": entry.name,
                    "kind": entry.kind,
                    "location": {"uri": uri, "range": text.range(entry.span)},
                }
                found.append({**symbol, "containerName": entry.owner} if entry.owner else symbol)
                if len(found) == MAX_FOUND:
                    return found
    return found


def _matches(query: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in query)


def _all(workspace: Workspace) -> Iterator[tuple[str, Text, tuple[Entry, ...]]]:
    """The specs: those that are open as they are, then those of the folders."""
    opened = set()
    for page in workspace.pages.values():
        opened.add(os.path.realpath(page.name))
        if page.is_spec and page.names is not None and page.shown.document is not None:
            yield page.uri, page.text, tuple(entries_of(page.shown.document, page.names))
    known = _KNOWN.setdefault(workspace, {})
    seen: dict[str, File] = {}
    for path in _files(workspace.folders):
        if os.path.realpath(path) not in opened:
            file = _file(path, known.get(path))
            if file is not None:
                seen[path] = file
                yield Path(path).absolute().as_uri(), file.text, file.entries
    known.clear()
    known.update(seen)


def _files(folders: Iterable[str]) -> Iterator[str]:
    """Files that may be specs, folder by folder; none is followed by a link."""
    looked = found = 0
    stack = []
    for uri in reversed([*folders]):
        parts = urlsplit(uri)
        if parts.scheme == "file":
            stack.append(unquote(parts.path))
    while stack:
        try:
            with os.scandir(stack.pop()) as entries:
                listed = sorted(entries, key=lambda each: each.name)
        except OSError:  # gone, or not for us to see
            continue
        below = []
        for entry in listed:
            looked += 1
            if looked > MAX_ENTRIES or found >= MAX_FILES:
                return
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    below.append(entry.path)
            elif entry.name.endswith(_ENDINGS) and entry.is_file():
                found += 1
                yield entry.path
        stack += reversed(below)


def _file(path: str, known: File | None) -> File | None:
    try:
        status = os.stat(path)
        stamp = status.st_mtime_ns, status.st_size
        if known is not None and known.stamp == stamp:
            return known
        if status.st_size > MAX_BYTES:
            return None
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return None
    if _SPEC.search(data[:HEAD]) is None:
        return File(stamp, Text(""), ())
    problems = Problems()
    source = read_bytes(data, path, problems)
    document = decode(source, problems)
    entries = () if document is None else tuple(entries_of(document, gather(document, ())))
    return File(stamp, Text(source.text), entries)


def entries_of(document: Document, names: Names) -> Iterator[Entry]:
    """The names of a spec in the order of the text; nodes that have none of their own are left out."""
    yield Entry(document.name, MODULE, FILE_START, "")
    written = [(site.span, name) for name in names.all if not name.automatic for site in name.definitions]
    for span, name in sorted(written, key=lambda each: each[0]):
        owner = name.owner or next(
            (body.block for step in name.steps for body, _ in names.bodies.standing[id(step)] if body.block), ""
        )
        yield Entry(name.text, _KINDS[name.kind], span, f"{document.name}.{owner}" if owner else document.name)
