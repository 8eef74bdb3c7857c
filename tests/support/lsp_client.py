"""An editor, as far as the language server can tell: pygls' client, which holds every message to the protocol's types."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import Future
from typing import Any, NamedTuple

from lsprotocol import types
from pygls.lsp.client import LanguageClient

CURSOR = "‸"
WAIT = 60.0  # seconds, for an answer on a busy machine

Json = Any


class Marked(NamedTuple):
    """A text in which `‸` has marked places."""

    text: str
    places: tuple[dict[str, int], ...]  # positions of the protocol, in code units of UTF-16


def marked(text: str) -> Marked:
    """Take the marks out of a text."""
    places = []
    pieces = text.split(CURSOR)
    for index in range(1, len(pieces)):
        before = "".join(pieces[:index])
        line = before.count("\n")
        column = before.rpartition("\n")[2]
        places.append({"line": line, "character": len(column.encode("utf-16-le")) // 2})
    return Marked("".join(pieces), tuple(places))


class Editor:
    """A client with a server of its own, used from synchronous tests. Answers are plain JSON, as the server sent it.

    Args:
        capabilities: What the client says that it can do.
        command: How the server is started.
        folders: The URIs of the folders that it works in.
    """

    def __init__(
        self,
        capabilities: types.ClientCapabilities | None = None,
        command: tuple[str, ...] = (sys.executable, "-m", "netspec", "lsp"),
        folders: tuple[str, ...] = (),
        address: tuple[str, int] | None = None,
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._published = threading.Condition()
        self.diagnostics: dict[str, tuple[int | None, Json]] = {}  # by uri: the version, and what was published last
        self.log: list[str] = []
        self.refreshed: list[str] = []
        self.versions: dict[str, int] = {}
        self.texts = 0
        self.client = self._run(self._start(command, address))
        params = types.InitializeParams(
            capabilities=capabilities or types.ClientCapabilities(),
            workspace_folders=[types.WorkspaceFolder(uri, uri.rpartition("/")[2]) for uri in folders],
        )
        self.initialized = self._run(self.client.initialize_async(params))
        self.client.initialized(types.InitializedParams())

    async def _start(self, command: tuple[str, ...], address: tuple[str, int] | None) -> LanguageClient:
        client = LanguageClient("tests", "1")

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _(params: types.PublishDiagnosticsParams) -> None:
            with self._published:
                self.diagnostics[params.uri] = params.version, self._plain(params.diagnostics)
                self._published.notify_all()

        @client.feature(types.WINDOW_LOG_MESSAGE)
        def _(params: types.LogMessageParams) -> None:
            self.log.append(params.message)

        @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
        def _(params: None) -> None:
            self.refreshed.append(types.WORKSPACE_INLAY_HINT_REFRESH)

        @client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
        def _(params: None) -> None:
            self.refreshed.append(types.WORKSPACE_CODE_LENS_REFRESH)

        if address is None:
            await client.start_io(*command)
        else:
            await client.start_tcp(*address)
        return client

    def _run(self, coroutine: Json) -> Json:
        future: Future[Json] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return future.result(WAIT)

    def _plain(self, value: Json) -> Json:
        return _plain(self.client.protocol._converter.unstructure(value))

    def open(self, text: str, *, name: str | None = None, language: str = "yaml") -> str:
        """Open a text; returns its URI."""
        self.texts += 1
        uri = f"file:///{name or f'text{self.texts}.netspec.yaml'}"
        self.versions[uri] = 1
        document = types.TextDocumentItem(uri, language, 1, text)
        self._notify(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(document))
        return uri

    def close(self, uri: str) -> None:
        """Close a text."""
        params = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        self._notify(types.TEXT_DOCUMENT_DID_CLOSE, params)

    def type(self, uri: str, *changes: Json) -> int:
        """Change a text: `{"range": …, "text": …}`, or `{"text": …}` for the whole; returns the new version."""
        self.versions[uri] += 1
        self.notify(
            types.TEXT_DOCUMENT_DID_CHANGE,
            {"textDocument": {"uri": uri, "version": self.versions[uri]}, "contentChanges": list(changes)},
        )
        return self.versions[uri]

    def notify(self, method: str, params: Json) -> None:
        """Send a notification given as plain JSON."""
        kind = types.METHOD_TO_TYPES[method][0]
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self._notify(method, self.client.protocol._converter.structure(message, kind).params)

    def _notify(self, method: str, params: Json) -> None:
        self._loop.call_soon_threadsafe(self.client.protocol.notify, method, params)

    def ask(self, method: str, params: Json) -> Json:
        """Send a request given as plain JSON; its answer is held to the protocol's types, and returned as plain JSON.

        Raises:
            pygls.exceptions.JsonRpcException: The server refuses.
        """
        known = types.METHOD_TO_TYPES.get(method)
        if known is not None:
            message = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
            params = self.client.protocol._converter.structure(message, known[0]).params

        async def answered() -> Json:
            return await self.client.protocol.send_request_async(method, params)

        return self._plain(self._run(answered()))

    def at(self, method: str, uri: str, place: Json, **more: Json) -> Json:
        """Ask about a place."""
        return self.ask(method, {"textDocument": {"uri": uri}, "position": place, **more})

    def published(self, uri: str, version: int | None = None) -> Json:
        """The diagnostics of a text in its last version, or in the one given."""
        version = version or self.versions[uri]
        with self._published:
            arrived = self._published.wait_for(lambda: self.diagnostics.get(uri, (0,))[0] == version, WAIT)
        assert arrived, f"no diagnostics of version {version}; the last are of {self.diagnostics.get(uri)}"
        return self.diagnostics[uri][1]

    def until(self, uri: str, expected: Json) -> None:
        """Wait until the last diagnostics are these (those of variants come late)."""
        with self._published:
            self._published.wait_for(lambda: self.diagnostics.get(uri, (0, None))[1] == expected, WAIT / 4)
        assert self.diagnostics[uri][1] == expected

    def leave(self) -> int:
        """Shut the server down; returns its exit status."""
        self._run(self.client.shutdown_async(None))
        self._loop.call_soon_threadsafe(self.client.exit, None)
        server = self.client._server
        self._run(self.client.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT)
        self._loop.close()
        return server.returncode if server is not None and server.returncode is not None else -1


def _plain(value: Json) -> Json:
    """JSON of what pygls makes of answers to methods that are not the protocol's."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _plain(each) for key, each in value._asdict().items()}
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
