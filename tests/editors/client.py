"""A client of language servers over stdio, of the few requests by which editors show what a schema says."""

from __future__ import annotations

import itertools
import json
import queue
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SECONDS = 60.0  # until a server that says nothing is given up


class Client:
    """A server that was started and is told of documents.

    Args:
        command: what starts it.
        settings: what it is given where it asks for configuration, by section.
        folder: the workspace.
    """

    def __init__(
        self,
        command: Sequence[str],
        settings: Mapping[str, Any],
        folder: Path,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings = settings
        self._ids = itertools.count(1)
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._published: dict[str, queue.Queue[list[dict[str, Any]]]] = {}
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.capabilities = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name}],
                "initializationOptions": dict(options or {}),
                "capabilities": {
                    "workspace": {"configuration": True, "workspaceFolders": True},
                    "textDocument": {
                        "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                        "hover": {"contentFormat": ["markdown"]},
                    },
                },
            },
        )["capabilities"]
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": dict(settings)})

    def request(self, method: str, params: Any) -> Any:
        """The server's answer."""
        number = next(self._ids)
        self._answers[number] = queue.Queue()
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        answer = self._answers[number].get(timeout=SECONDS)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def notify(self, method: str, params: Any) -> None:
        """Tell the server of something."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def open(self, uri: str, text: str, language: str) -> None:
        """Open a document."""
        self._published.setdefault(uri, queue.Queue())
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def close(self, uri: str) -> None:
        """Close a document."""
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """The next that are published of a document."""
        return self._published[uri].get(timeout=SECONDS)

    def at(self, what: str, uri: str, line: int, character: int) -> Any:
        """A request about a position: `completion`, `hover`, `definition`."""
        position = {"line": line, "character": character}
        return self.request(f"textDocument/{what}", {"textDocument": {"uri": uri}, "position": position})

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        self.request("shutdown", None)
        self.notify("exit", None)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._reader.join(timeout=10)

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        with self._lock:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not line:
                return
            self._receive(json.loads(stream.read(length)))

    def _receive(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method is None:
            self._answers[message["id"]].put(message)
        elif method == "textDocument/publishDiagnostics":
            uri = message["params"]["uri"]
            self._published.setdefault(uri, queue.Queue()).put(message["params"]["diagnostics"])
        elif "id" in message:
            result = None
            if method == "workspace/configuration":
                result = [self._section(item.get("section", "")) for item in message["params"]["items"]]
            elif method == "workspace/workspaceFolders":
                result = []
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _section(self, name: str) -> Any:
        value: Any = self.settings
        for part in name.split(".") if name else ():
            value = value.get(part) if isinstance(value, Mapping) else None
        return value
