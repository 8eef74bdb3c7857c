"""Repairs that are found before they are asked for: those that are answered, never of an older text, and no key waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from netspec import pipeline
from netspec.lsp import page as module
from netspec.lsp.page import MAX_AHEAD, Page
from netspec.lsp.rpc import Sender
from netspec.lsp.server import Server
from netspec.pipeline import check_text, propose
from netspec.syntax.edits import apply
from netspec.syntax.tree import SourceText
from tests.fixes.test_elsewhere import TEXT as VARIANTS
from tests.lsp.test_actions import edited
from tests.support.lsp_client import Editor

URI = "file:///ahead.netspec.yaml"
MERGE = """\
netspec: 1
input: [8, 8, 3]
layers:
  - skip: [{conv: {filters: 4, kernel_size: 3, strides: 2, rounding: floor}}, {conv: {filters: 5, kernel_size: 1}}]
  - relu
  - flatten
  - dense: {unit: 10}
"""


def outcome(text: str, actions: list[Any]) -> list[tuple[str, str]]:
    """What quick fixes are called, and the texts with them."""
    return [(each["title"], edited(text, next(iter(each["edit"]["changes"].values())))) for each in actions]


def expected(text: str) -> list[tuple[str, str]]:
    """The same for the fixes that a check of the text finds for itself; titles without what becomes of the network."""
    spec = check_text(text, repairs=False)
    return [(fix.title, apply(text, fix.edits)) for each in spec.problems for fix in propose(spec, each)]


def without_outcomes(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(title.partition(" → ")[0], text) for title, text in found]


def whole(uri: str) -> dict[str, Any]:
    """A request for all quick fixes of a text."""
    lines = {"start": {"line": 0, "character": 0}, "end": {"line": 1000, "character": 0}}
    return {"textDocument": {"uri": uri}, "range": lines, "context": {"diagnostics": [], "only": ["quickfix"]}}


class Driven:
    """A server whose turns the test takes. Something has arrived as soon as it has asked so many times whether it has."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        monkeypatch.setattr("netspec.lsp.server.IDLE", 0)
        self.sent: list[dict[str, Any]] = []
        self.left = 10**9
        self.tried: list[str] = []  # texts whose networks were made
        run = pipeline._run

        def noted(source: SourceText, *arguments: Any, **others: Any) -> Any:
            self.tried.append(source.text)
            return run(source, *arguments, **others)

        monkeypatch.setattr(pipeline, "_run", noted)
        self.server = Server(Sender(self.sent.append), set(), self._is_waiting)
        self.say("initialize", {"capabilities": {}}, 1)
        document = {"uri": URI, "languageId": "netspec", "version": 1, "text": text}
        self.say("textDocument/didOpen", {"textDocument": document})
        while self.sent[-1].get("method") != "textDocument/publishDiagnostics":
            self.server.step()

    def _is_waiting(self) -> bool:
        self.left -= 1
        return self.left < 0

    @property
    def page(self) -> Page:
        assert self.server.workspace is not None
        return self.server.workspace.pages[URI]

    def say(self, method: str, params: Any, request: int | None = None) -> None:
        """A message of the client, which is answered next."""
        self.server.take({"jsonrpc": "2.0", "id": request, "method": method, "params": params})
        self.server.step()

    def ask(self) -> Any:
        """All quick fixes."""
        self.say("textDocument/codeAction", whole(URI), 2)
        return self.sent[-1]["result"]

    def rest(self) -> None:
        """Do all that is done when nothing arrives."""
        self.left = 10**9
        while self.server.step() is not None:
            pass


@pytest.mark.parametrize("text", [VARIANTS, MERGE])
def test_what_is_found_ahead_is_what_is_answered(text: str, editor: Editor) -> None:
    found = []
    for pause in (0, 0.5):
        uri = editor.open(text)
        editor.published(uri)
        time.sleep(pause)
        found.append(outcome(text, editor.ask("textDocument/codeAction", whole(uri))))
        editor.close(uri)
    assert found[0] == found[1]
    assert without_outcomes(found[0]) == expected(text)


def test_what_is_answered_is_never_of_an_older_text(editor: Editor) -> None:
    random = Random(7)
    text, uri = MERGE, editor.open(MERGE)
    editor.published(uri)
    for _ in range(12):
        time.sleep(random.choice((0, 0.05, 0.1, 0.15, 0.3)))
        if random.random() < 0.5:
            at, old, new = 0, "", "# a remark\n"
        else:
            at, old, new = text.index(", kernel_size: 1}") - 1, "?", random.choice("3456")
        before = text[:at].split("\n")
        start = {"line": len(before) - 1, "character": len(before[-1])}
        end = {**start, "character": len(before[-1]) + len(old)}
        editor.type(uri, {"range": {"start": start, "end": end}, "text": new})
        text = text[:at] + new + text[at + len(old) :]
        time.sleep(random.choice((0, 0, 0.1, 0.3)))
        answer = editor.ask("textDocument/codeAction", whole(uri))
        assert without_outcomes(outcome(text, answer)) == expected(text)


def test_what_is_found_ahead_is_not_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    driven = Driven(monkeypatch, MERGE)
    driven.rest()
    driven.tried.clear()
    assert without_outcomes(outcome(MERGE, driven.ask())) == expected(MERGE)
    assert driven.tried[0] == MERGE  # by `expected`
    driven.tried.clear()
    driven.ask()
    assert driven.tried == []


def test_a_key_comes_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    after = MERGE.replace("dense: {unit: 10}", "dense: {unit: 1}")
    range_ = {"start": {"line": 6, "character": 19}, "end": {"line": 6, "character": 20}}
    change = {
        "textDocument": {"uri": URI, "version": 2},
        "contentChanges": [{"range": range_, "text": ""}],
    }
    for asked in range(0, 60, 3):
        driven = Driven(monkeypatch, MERGE)
        driven.left = asked
        for _ in range(5):
            driven.server.step()
        assert driven.left >= -5  # whatever is begun is left off at once
        before = len(driven.sent)
        driven.say("textDocument/didChange", change)
        driven.server.step()
        assert driven.sent[before]["method"] == "textDocument/publishDiagnostics"
        assert driven.sent[before]["params"]["version"] == 2
        driven.rest()
        assert without_outcomes(outcome(after, driven.ask())) == expected(after)


def test_who_asks_in_between_goes_on_with_what_has_been_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = Driven(monkeypatch, MERGE)
    answer = alone.ask()
    every = [text for text in alone.tried if text != MERGE]
    for asked in range(0, 60, 3):
        driven = Driven(monkeypatch, MERGE)
        driven.left = asked
        for _ in range(20):
            driven.server.step()
        driven.left = 10**9
        begun = [text for text in driven.tried if text != MERGE]
        driven.tried.clear()
        assert driven.ask() == answer
        assert set(begun) <= set(every)
        # What was tried when somebody asked, and what the first of a repair's changes is tried for again.
        assert len(set(begun[:-1]) & set(driven.tried)) <= 1


def test_a_few_problems_nearest_to_the_last_change_are_worked_on(monkeypatch: pytest.MonkeyPatch) -> None:
    proposed: list[int] = []

    def noted(spec: Any, *problems: Any, **others: Any) -> Any:
        proposed.append(problems[0].span.line)
        return propose(spec, *problems, **others)

    monkeypatch.setattr(module, "propose", noted)
    lines = ["netspec: 1", "input: [4]", "layers:", *["  - dense: {unit: 4}"] * 10]
    driven = Driven(monkeypatch, "\n".join(lines))
    driven.rest()
    assert proposed == [4, 5, 6, 7]
    assert len(proposed) == MAX_AHEAD
    proposed.clear()
    place = {"line": 8, "character": 17}
    change = {"range": {"start": place, "end": {"line": 8, "character": 18}}, "text": "5"}
    driven.say("textDocument/didChange", {"textDocument": {"uri": URI, "version": 2}, "contentChanges": [change]})
    driven.rest()
    assert proposed == [9, 8, 10, 7]
    proposed.clear()
    driven.ask()
    assert sorted(proposed) == [4, 5, 6, 11, 12, 13]


def test_a_fault_on_the_way_is_told_and_costs_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*arguments: Any, **others: Any) -> Any:
        raise ValueError("of the test")

    driven = Driven(monkeypatch, MERGE)
    monkeypatch.setattr(module, "propose", faulty)
    driven.rest()
    told = "netspec: the search for repairs failed: ValueError: of the test"
    assert [each["params"]["message"] for each in driven.sent if each.get("method") == "window/logMessage"] == [told]
    monkeypatch.setattr(module, "propose", propose)
    assert without_outcomes(outcome(MERGE, driven.ask())) == expected(MERGE)


@pytest.mark.parametrize("long", [lambda text: text + "# a remark\n" * 600, lambda text: text + "  - relu\n" * 400])
def test_long_texts_are_left_alone(long: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EFFORT_AHEAD", 300)
    driven = Driven(monkeypatch, long(MERGE))
    driven.tried.clear()
    driven.rest()
    assert driven.tried == []


def test_nothing_is_found_ahead_where_nobody_can_tell_that_something_has_arrived(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netspec.lsp.server.IDLE", 0)
    monkeypatch.setattr(module, "propose", None)
    sent: list[dict[str, Any]] = []
    server = Server(Sender(sent.append), set())
    document = {"uri": URI, "languageId": "netspec", "version": 1, "text": MERGE}
    server.take({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}})
    server.take({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": document}})
    while server.step() is not None:
        pass
    assert [each.get("method") for each in sent] == [None, "textDocument/publishDiagnostics"]
