"""A session: how it begins and ends, texts opened, changed and closed, and what is wrong with messages."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

import netspec
from netspec.lsp.diagnostics import diagnostics
from netspec.lsp.page import Page
from netspec.lsp.rpc import Sender
from netspec.lsp.server import IDLE, Server
from tests.support.lsp_client import Editor

SPEC = """\
netspec: 1
input: [8, 8, 1]
layers:
  - conv: {filters: 4, kernel_size: 3}
  - flatten
  - dense: {units: 10, activation: softmax}
"""


def test_the_server_introduces_itself(editor: Editor) -> None:
    assert editor.initialized.server_info.name == "netspec"
    assert editor.initialized.server_info.version == netspec.__version__
    assert editor.initialized.capabilities.position_encoding == "utf-16"


def test_a_correct_spec_has_no_problems(editor: Editor) -> None:
    assert editor.published(editor.open(SPEC)) == []


def test_a_problem_has_its_place_its_code_and_its_page(editor: Editor) -> None:
    uri = editor.open(SPEC.replace("units: 10", "unit: 10"))
    assert editor.published(uri) == [
        {
            "range": {"start": {"line": 5, "character": 12}, "end": {"line": 5, "character": 16}},
            "severity": 1,
            "code": "NS202",
            "codeDescription": {"href": "https://github.com/netspec-keras/netspec/blob/main/docs/problems.md#ns202"},
            "source": "netspec",
            "message": "`dense` has no hyperparameter 'unit'; did you mean `units`?",
        }
    ]


def test_typing_changes_the_text(editor: Editor) -> None:
    uri = editor.open(SPEC)
    editor.published(uri)
    place = {"line": 3, "character": 19}
    editor.type(uri, {"range": {"start": place, "end": place}, "text": "x"})
    assert [each["code"] for each in editor.published(uri)] == ["NS202"]
    editor.type(uri, {"range": {"start": place, "end": {"line": 3, "character": 20}}, "text": ""})
    assert editor.published(uri) == []


def test_a_file_that_is_no_spec_is_left_alone(editor: Editor) -> None:
    uri = editor.open("services: {web: {image: nginx}}\n", name="compose.yaml")
    assert editor.published(uri) == []
    editor.type(uri, {"text": "netspec: 1\n"})
    assert [each["code"] for each in editor.published(uri)] == ["NS203", "NS203"]


def test_a_closed_file_has_no_problems(editor: Editor) -> None:
    uri = editor.open(SPEC.replace("dense", "dens"))
    assert len(editor.published(uri)) == 1
    editor.close(uri)
    editor.until(uri, [])


VARIANTS = """\
netspec: 1
params: {filters: 4}
variants:
  small: {filters: 2}
  broken: {filters: 0}
input: [8, 8, 1]
layers:
  - conv: {filters: $filters, kernel_size: 3}
"""


def test_errors_of_variants_come_when_nothing_is_typed(editor: Editor) -> None:
    uri = editor.open(VARIANTS)
    expected = {
        "range": {"start": {"line": 7, "character": 20}, "end": {"line": 7, "character": 28}},
        "severity": 1,
        "code": "NS504",
        "codeDescription": {"href": "https://github.com/netspec-keras/netspec/blob/main/docs/problems.md#ns504"},
        "source": "netspec",
        "message": "`conv`: `filters` must be a whole number of at least 1, not 0 ($filters, where $filters = 0)\n"
        "with `--variant broken`",
    }
    editor.until(uri, [expected])
    start = {"line": 0, "character": 0}
    editor.type(uri, {"range": {"start": start, "end": start}, "text": "# It moves with its line.\n"})
    expected["range"] = {"start": {"line": 8, "character": 20}, "end": {"line": 8, "character": 28}}
    assert editor.published(uri) == [expected]
    where = {"start": {"line": 5, "character": 20}, "end": {"line": 5, "character": 21}}
    editor.type(uri, {"range": where, "text": "8"})
    editor.until(uri, [])


def test_a_text_that_is_not_open_is_refused(editor: Editor) -> None:
    with pytest.raises(JsonRpcException, match="the text is not open"):
        editor.ask("netspec/shapes", {"textDocument": {"uri": "file:///nowhere.yaml"}})


def test_an_unknown_method_is_refused(editor: Editor) -> None:
    with pytest.raises(JsonRpcException, match="there is no method netspec/unheard"):
        editor.ask("netspec/unheard", {})


def frames(*messages: object) -> bytes:
    """Messages as bytes; one that is bytes already is framed as it is."""
    bodies = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in messages]
    return b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)


def spoken(data: bytes) -> tuple[list[object], int, str]:
    """What the server answers to a stream of bytes, its exit status, and what it says beside."""
    command = [sys.executable, "-m", "netspec", "lsp"]
    done = subprocess.run(command, input=data, capture_output=True, check=False, timeout=60)
    answers: list[object] = []
    rest = done.stdout
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        length = int(head.rpartition(b":")[2])
        answers.append(json.loads(rest[:length]))
        rest = rest[length:]
    return answers, done.returncode, done.stderr.decode()


def error(request: object, code: int, message: str) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": request, "error": {"code": code, "message": message}}


def test_what_is_no_message_is_refused_and_the_next_one_answered() -> None:
    answers, status, said = spoken(
        frames(
            b"{",
            b"[]",
            {"jsonrpc": "2.0", "id": 1, "method": "textDocument/hover", "params": {}},
            {"jsonrpc": "2.0", "id": 2},
            {"jsonrpc": "2.0", "id": 3, "method": "shutdown"},
        )
    )
    assert answers == [
        error(None, -32600, "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        error(None, -32600, "a message is a JSON object"),
        error(1, -32002, "the first request is `initialize`"),
        error(2, -32600, "a message has a method"),
        error(3, -32002, "the first request is `initialize`"),
    ]
    assert (status, said) == (1, "")


def test_a_broken_stream_ends_the_session_with_a_word() -> None:
    assert spoken(b"GET / HTTP/1.1\r\n\r\n") == (
        [],
        1,
        "netspec lsp: the stream is broken: a message without Content-Length\n",
    )
    assert spoken(b"Content-Length: 99999999999\r\n\r\n") == (
        [],
        1,
        "netspec lsp: the stream is broken: Content-Length is at most 134,217,728\n",
    )


def test_after_shutdown_nothing_is_answered_but_exit() -> None:
    answers, status, _ = spoken(
        frames(
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}},
            {"jsonrpc": "2.0", "id": 2, "method": "shutdown"},
            {"jsonrpc": "2.0", "id": 3, "method": "netspec/shapes", "params": {}},
            {"jsonrpc": "2.0", "method": "exit"},
        )
    )
    assert answers[1:] == [
        {"jsonrpc": "2.0", "id": 2, "result": None},
        error(3, -32600, "the server has been shut down"),
    ]
    assert status == 0


def test_params_that_lack_something_are_refused() -> None:
    answers, status, said = spoken(
        frames(
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": None}},
            {"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": {}},
            {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {}}},
            {"jsonrpc": "2.0", "id": 3, "method": "workspace/executeCommand", "params": {"command": "x"}},
        )
    )
    assert answers[1:] == [
        error(2, -32600, "`initialize` comes once"),
        error(3, -32602, "there is no command x"),
    ]
    assert (status, said) == (1, "")


def test_several_clients_one_after_the_other_at_a_port(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "netspec", "lsp", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        assert server.stderr is not None
        said = server.stderr.readline()
        host, _, port = said.removeprefix("netspec lsp: listening on ").strip().rpartition(":")
        try:
            for _ in range(2):
                client = Editor(address=(host, int(port)))
                assert client.published(client.open(SPEC)) == []
                client.leave()
        finally:
            server.terminate()


def test_a_table_of_the_network_keeps_its_shapes_while_a_line_is_half_written(editor: Editor) -> None:
    uri = editor.open(SPEC)
    whole = editor.ask("netspec/shapes", {"textDocument": {"uri": uri}})
    assert whole["provisional"] == []
    assert [(row["name"], row["output_shape"]) for row in whole["nodes"]] == [
        ("conv_1", [6, 6, 4]),
        ("flatten_1", [144]),
        ("dense_1", [10]),
    ]
    place = {"line": 3, "character": 22}
    editor.type(uri, {"range": {"start": place, "end": {"line": 3, "character": 37}}, "text": "4, ker"})
    half = editor.ask("netspec/shapes", {"textDocument": {"uri": uri}})
    assert [(row["name"], row["output_shape"]) for row in half["nodes"]] == [
        ("conv_1", [6, 6, 4]),
        ("flatten_1", [144]),
        ("dense_1", [10]),
    ]
    assert half["provisional"] == ["conv_1", "flatten_1", "dense_1"]


def test_what_needs_no_further_working_out_comes_back_as_it_is(editor: Editor) -> None:
    action = {"title": "An action", "kind": "quickfix"}
    assert editor.ask("codeAction/resolve", action) == action


def test_a_page_is_made_ready_for_a_broken_version_when_nothing_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types is not kept waiting by it: it is left off, and begun anew."""
    sent: list[dict[str, object]] = []
    waiting = [False]
    server = Server(Sender(sent.append), set(), lambda: waiting[0])
    monkeypatch.setattr("netspec.lsp.server.IDLE", 0)
    uri, text = "file:///a.netspec.yaml", "netspec: 1\ninput: [8]\nlayers:\n  - dense: 4\n  - relu\n"
    for method, params in (
        ("initialize", {"capabilities": {}}),
        ("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "netspec", "version": 1, "text": text}}),
    ):
        server.take({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        server.step()
    assert server.step() == 0  # the problems are told, and there is more to do
    assert server.workspace is not None
    page = server.workspace.pages[uri]
    assert not page.is_ready
    waiting[0] = True
    assert server.step() == 0
    assert not page.is_ready
    waiting[0] = False
    assert server.step() is None
    assert page.is_ready


def test_what_an_editor_fits_to_what_is_typed_on_is_answered_though_the_text_has_changed() -> None:
    sent: list[dict[str, Any]] = []
    server = Server(Sender(sent.append), set())
    uri = "file:///a.netspec.yaml"
    opened = {"uri": uri, "languageId": "netspec", "version": 1, "text": f"{SPEC}  - re"}
    asked = {"textDocument": {"uri": uri}, "position": {"line": 6, "character": 6}}
    change = {"text": f"{SPEC}  - rel"}
    for request, method, params in (
        (1, "initialize", {"capabilities": {}}),
        (None, "textDocument/didOpen", {"textDocument": opened}),
        (2, "textDocument/completion", asked),
        (3, "textDocument/codeLens", asked),
        (4, "textDocument/inlayHint", asked),
        (None, "textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [change]}),
    ):
        server.take({"jsonrpc": "2.0", "id": request, "method": method, "params": params})
    while server.step() is not None:
        pass
    answers = {message["id"]: message for message in sent if message.get("id") is not None}
    (relu,) = (item for item in answers[2]["result"]["items"] if item["label"] == "relu")
    assert relu["textEdit"]["range"]["end"] == {"line": 6, "character": 6}  # of the text of which it was asked
    assert answers[3]["result"] != []
    assert answers[4]["error"] == {"code": -32801, "message": "the text has changed since"}


def test_what_nobody_waits_for_waits_as_long_after_a_slow_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client asks for hints once it has the problems: quiet begins when they are told, not when the key came."""

    def slow(page: Page) -> list[object]:
        time.sleep(1.5 * IDLE)
        return diagnostics(page)

    server = Server(Sender(lambda message: None), set())
    monkeypatch.setattr("netspec.lsp.server.diagnostics", slow)
    uri = "file:///a.netspec.yaml"
    for method, params in (
        ("initialize", {"capabilities": {}}),
        ("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "netspec", "version": 1, "text": SPEC}}),
    ):
        server.take({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        server.step()
    left = server.step()
    assert left is not None
    assert 0 < left <= IDLE
    assert server.workspace is not None
    server.step()
    assert not server.workspace.pages[uri].is_ready
