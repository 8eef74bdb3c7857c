"""The server where there is no stream and no thread: in a page of a browser, which hands messages over as texts."""

from __future__ import annotations

import json

from netspec.lsp.rpc import Sender, message_of
from netspec.lsp.server import Server


class Embedded:
    """A session whose messages are texts, driven from outside."""

    def __init__(self) -> None:
        self._sent: list[str] = []
        self._server = Server(Sender(lambda message: self._sent.append(json.dumps(message))), set())

    def receive(self, text: str) -> None:
        """Take a message in; `work` answers it."""
        self._server.take(message_of(text))

    def work(self) -> tuple[list[str], float]:
        """Do what comes next.

        Returns:
            The messages for the client, and the seconds after which to call again if nothing arrives; below 0: not at all.
        """
        wait = self._server.step()
        sent, self._sent = self._sent, []
        return sent, -1.0 if wait is None else wait
