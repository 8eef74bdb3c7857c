"""Somebody who types, pastes and deletes at random in an open text, and asks what an editor asks meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from pygls.exceptions import JsonRpcException

from netspec.lsp.diagnostics import diagnostics
from netspec.lsp.features import FEATURES
from netspec.lsp.page import Client, Page
from netspec.pipeline import check_text
from tests.support.lsp_client import Editor

KEYS = (
    *"abcx019",
    *" :-{}[]$,.'\"#",
    "\n",
    "\n  - ",
    "  ",
    "\t",
    "é",
    "😀",
    "conv",
    "- pool: {pool_size: 2}\n",
    "from: ",
    "$",
    "---\n",
    "\x00",
    "&a ",
    "*a",
    "|\n",
)


def units(text: str) -> int:
    """How many code units of UTF-16 a text has."""
    return len(text.encode("utf-16-le")) // 2


def place(text: str, offset: int) -> dict[str, int]:
    """A place in a text whose lines end in LF or CR LF, as a position of the protocol."""
    before = text[:offset]
    return {"line": before.count("\n"), "character": units(before.rpartition("\n")[2])}


def strokes(text: str, count: int, rng: random.Random) -> Iterator[tuple[dict[str, Any], str]]:
    """Changes, each with the text after it. What is typed stays near the last place; sometimes something is taken back."""
    newline = "\r\n" if "\r\n" in text else "\n"
    original, at = text, rng.randrange(len(text))
    for _ in range(count):
        if rng.random() < 0.1:
            at = rng.randrange(len(text) + 1)
        start = end = min(at, len(text))
        new = ""
        what = rng.random()
        if what < 0.02:
            yield {"text": original}, original  # as undoing everything does, or a file changed on disk
            text = original
            continue
        if what < 0.3:
            end = min(len(text), start + rng.choice((1, 1, 1, 5, 60)))
        else:
            new = rng.choice(KEYS).replace("\n", newline)
        start, end = (each - (text[each - 1 : each + 1] == "\r\n") for each in (start, end))
        change = {"range": {"start": place(text, start), "end": place(text, end)}, "text": new}
        text = text[:start] + new + text[end:]
        at = start + len(new)
        yield change, text


def expected(text: str, name: str) -> list[object]:
    """The problems that an editor is to show of a text in the end: those of `netspec validate`."""
    page = Page(f"file://{name}", "netspec", 1, text, Client())
    page.__dict__["spec"] = check_text(text, name, variants=True, repairs=False)
    return diagnostics(page)


def ranges_of(answer: object) -> Iterator[dict[str, Any]]:
    """Every range in an answer."""
    stack = [answer]
    while stack:
        each = stack.pop()
        if isinstance(each, list):
            stack += each
        elif isinstance(each, dict):
            if {"start", "end"} <= each.keys() and isinstance(each["start"], dict):
                yield each
            stack += each.values()


def holds(text: str, range_: dict[str, Any]) -> bool:
    """Does a range lie in a text, with its end not before its start?"""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    places = [(range_[end]["line"], range_[end]["character"]) for end in ("start", "end")]
    return places[0] <= places[1] and all(
        line < len(lines) and character <= units(lines[line]) for line, character in places
    )


Place = dict[str, int]
OPTIONS = {"tabSize": 2, "insertSpaces": True}
# What each method is asked with beside the text: of a place, or of two.
ASKED: dict[str, Callable[[Place, Place], dict[str, Any]]] = {
    "textDocument/hover": lambda at, _: {"position": at},
    "textDocument/completion": lambda at, _: {"position": at},
    "textDocument/definition": lambda at, _: {"position": at},
    "textDocument/references": lambda at, _: {"position": at, "context": {"includeDeclaration": True}},
    "textDocument/documentHighlight": lambda at, _: {"position": at},
    "textDocument/prepareRename": lambda at, _: {"position": at},
    "textDocument/rename": lambda at, _: {"position": at, "newName": "another"},
    "textDocument/prepareCallHierarchy": lambda at, _: {"position": at},
    "textDocument/selectionRange": lambda at, other: {"positions": [at, other]},
    "textDocument/inlayHint": lambda at, other: {"range": {"start": at, "end": other}},
    "textDocument/codeAction": lambda at, other: {
        "range": {"start": at, "end": other},
        "context": {"diagnostics": []},
    },
    "textDocument/semanticTokens/range": lambda at, other: {"range": {"start": at, "end": other}},
    "textDocument/formatting": lambda *_: {"options": OPTIONS},
    "textDocument/codeLens": lambda *_: {},
    "textDocument/documentSymbol": lambda *_: {},
    "textDocument/foldingRange": lambda *_: {},
    "textDocument/documentLink": lambda *_: {},
    "textDocument/semanticTokens/full": lambda *_: {},
    "netspec/shapes": lambda *_: {},
}
NO_RANGES = frozenset({"netspec/shapes"})
REFUSED = -32803  # the protocol's "request failed": a sentence for the user


def at_random(editor: Editor, text: str, name: str, count: int, seed: int, ask: float = 0.2) -> None:
    """Type into a text, ask for something every few keys, and compare what the editor shows in the end.

    Raises:
        AssertionError: A range lies outside the text of the moment, something was logged, or the problems shown in the end
            are not those of `netspec validate`.
    """
    rng = random.Random(f"{seed}:{name}")
    uri = editor.open(text, name=name)
    methods = sorted(FEATURES.keys() & ASKED.keys())
    for number, (change, now) in enumerate(strokes(text, count, rng)):
        editor.type(uri, change)
        text = now
        if rng.random() < ask:
            method = rng.choice(methods)
            places = sorted(rng.randrange(len(text) + 1) for _ in range(2))
            params = ASKED[method](*(place(text, each) for each in places))
            try:
                answer = editor.ask(method, {"textDocument": {"uri": uri}, **params})
            except JsonRpcException as error:
                if error.code == REFUSED:
                    continue
                raise AssertionError(f"{name}, seed {seed}, key {number}: {method}: {error}") from error
            if method not in NO_RANGES:
                outside = [each for each in ranges_of(answer) if not holds(text, each)]
                assert outside == [], f"{name}, seed {seed}, key {number}: {method}"
    editor.until(uri, expected(text, f"/{name}"))
    editor.close(uri)
