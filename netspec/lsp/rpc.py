"""JSON-RPC 2.0 over a stream, framed as the Language Server Protocol 3.17 frames it.

A loop of one's own and not pygls: the types that pygls and lsprotocol generate take 0.3 s to import, which is most of the
time from an editor's start to its first diagnostics. The tests speak through pygls' client, so both ends are held to them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, TypeAlias

# What a client sends is whatever JSON it likes; the fields that are read are named where they are read.
Params: TypeAlias = dict[str, Any]

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
REQUEST_FAILED = -32803
CONTENT_MODIFIED = -32801
CANCELLED = -32800

MAX_MESSAGE = 128 * 2**20  # bytes; a text of 16 MiB, the most that netspec reads, with every character escaped
MAX_HEADER = 4_096


class Refused(Exception):
    """A request that gets an error for an answer."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class StreamBroken(Exception):
    """What arrives is not framed as a message; nothing after it can be read."""


class Sender:
    """What the server says to its client.

    Args:
        write: Takes each message.
    """

    def __init__(self, write: Callable[[dict[str, object]], None]) -> None:
        self._write = write
        self._requests = 0

    def notify(self, method: str, params: object) -> None:
        """Tell the client something."""
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str) -> None:
        """Ask the client for something whose answer does not matter."""
        self._requests += 1
        self._write({"jsonrpc": "2.0", "id": f"netspec-{self._requests}", "method": method})

    def answer(self, request: object, result: object) -> None:
        """Answer a request."""
        self._write({"jsonrpc": "2.0", "id": request, "result": result})

    def refuse(self, request: object, code: int, message: str) -> None:
        """Answer a request by an error."""
        self._write({"jsonrpc": "2.0", "id": request, "error": {"code": code, "message": message}})


class Stream:
    """Messages over a pair of byte streams. A thread reads ahead, so that later changes and cancellations are known."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer
        self._arrived: SimpleQueue[Params | StreamBroken | None] = SimpleQueue()
        self.cancelled: set[object] = set()  # requests that the client has taken back
        self.closed = False  # nothing more can be written

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="netspec-lsp-reader", daemon=True).start()

    def is_waiting(self) -> bool:
        """Has something arrived that nobody has taken yet?"""
        return not self._arrived.empty()

    def receive(self, timeout: float | None) -> Params | None:
        """The next message; None where the stream has ended.

        Args:
            timeout: Seconds to wait; None waits as long as it takes, 0 not at all.

        Raises:
            TimeoutError: Nothing has arrived in that time.
            StreamBroken: What has arrived is no message.
        """
        try:
            arrived = self._arrived.get(timeout != 0, timeout or None)
        except Empty:
            raise TimeoutError from None
        if isinstance(arrived, StreamBroken):
            raise arrived
        return arrived

    def write(self, message: dict[str, object]) -> None:
        """Send a message."""
        body = json.dumps(message, separators=(",", ":")).encode()
        try:
            self._writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            self._writer.flush()
        except (OSError, ValueError):  # the client has gone; reading ends as well
            self.closed = True

    def _read(self) -> None:
        try:
            while (message := self._message()) is not None:
                if message.get("method") == "$/cancelRequest":
                    params = message.get("params")
                    request = params.get("id") if isinstance(params, dict) else None
                    if isinstance(request, (int, str)):
                        self.cancelled.add(request)
                else:
                    self._arrived.put(message)
            self._arrived.put(None)
        except StreamBroken as error:
            self._arrived.put(error)
        except (OSError, ValueError):  # closed under our hands
            self._arrived.put(None)

    def _message(self) -> Params | None:
        """One message; None where the stream ends. What is framed well but holds no JSON object is left to be refused."""
        length = self._length()
        if length is None:
            return None
        body = self._reader.read(length)
        if len(body) < length:
            return None
        return message_of(body)

    def _length(self) -> int | None:
        """The length that a message's header states; None where the stream ends before one."""
        length: int | None = None
        while True:
            line = self._reader.readline(MAX_HEADER)
            if not line:
                return None
            if not line.strip():
                if length is None:
                    raise StreamBroken("a message without Content-Length")
                return length
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                digits = value.strip()
                if not digits.isdigit() or int(digits) > MAX_MESSAGE:
                    raise StreamBroken(f"Content-Length is at most {MAX_MESSAGE:,}")
                length = int(digits)


def message_of(body: bytes | str) -> Params:
    """A message from its text; one that is no JSON object is `{"unreadable": why}`, which the server refuses."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        return {"unreadable": f"not JSON: {error}"}
    return message if isinstance(message, dict) else {"unreadable": "a message is a JSON object"}
