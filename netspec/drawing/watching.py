"""The page of a spec, served to this machine alone and drawn anew whenever the spec is saved."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from netspec.drawing.opening import first_sight
from netspec.drawing.page import data_of, page
from netspec.drawing.picture import Data, picture
from netspec.pipeline import Spec

HOST = "127.0.0.1"
LOOKS = 0.02  # seconds from one look at the files to the next
STILL_THERE = 10.0  # seconds after which a page that hears nothing is asked whether it is still there


class Watch:
    """A spec's page, and what it changes to.

    Args:
        path: The spec's file.
        check: Reads and checks it.
        opened: What is open at first; None for what makes sense.
    """

    def __init__(self, path: str, check: Callable[[], Spec], opened: tuple[str, ...] | None = None) -> None:
        self._path = path
        self._place = os.path.abspath(path)
        self._check = check
        self._opened = opened
        self._changed = threading.Condition()
        self._version = 0
        self._ended = False
        self._read()

    def page(self) -> str:
        """The page as the spec is now."""
        drawn = picture(self._spec)
        opened = self._opened if self._opened is not None else first_sight(drawn)
        return page(drawn, opened, watched=self._place)

    def data(self) -> Data:
        """The picture as the spec is now."""
        return data_of(picture(self._spec), (), watched=self._place)

    def changes(self) -> Iterator[Data | None]:
        """Each new picture; None where there was none for a while. Ends when watching does."""
        seen = self._version
        while True:
            with self._changed:
                if self._version == seen and not self._ended:
                    self._changed.wait(STILL_THERE)
                changed, seen = self._version != seen, self._version
            if self._ended:
                return
            yield self.data() if changed else None

    def run(self) -> None:
        """Look at the files until `end`."""
        pause = threading.Event()
        while not self._ended:
            pause.wait(LOOKS)
            if self._stamps == {path: _stamp(path) for path in self._stamps}:
                continue
            with self._changed:
                self._read()
                self._version += 1
                self._changed.notify_all()

    def end(self) -> None:
        """Stop looking, and tell those that wait."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read(self) -> None:
        """Read the spec; how its files are is noted before, so that a save meanwhile is not missed."""
        stamp = _stamp(self._path)
        self._spec = self._check()
        document = self._spec.document
        used = document.used.files if document is not None and document.used is not None else ()
        self._stamps = {self._path: stamp} | {each.path: _stamp(each.path) for each in used}


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class _Pages(BaseHTTPRequestHandler):
    """The page and its changes; nothing else is there, and nobody but this machine is answered."""

    watch: Watch  # of the subclass that `serve` makes
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
            self.send_error(403)  # a name that somebody else made lead here
        elif self.path == "/":
            self._page(self.watch.page().encode())
        elif self.path == "/changes":
            self._changes()
        else:
            self.send_error(404)

    def _page(self, text: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(text)

    def _changes(self) -> None:
        """Server-sent events: each new picture as one message."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.close_connection = True
        try:
            for data in self.watch.changes():
                text = ":\n\n" if data is None else f"data: {json.dumps(data, separators=(',', ':'))}\n\n"
                self.wfile.write(text.encode())
                self.wfile.flush()
        except OSError:  # the page was closed
            return

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a terminal is no place for every request of a page."""


@contextmanager
def serving(watch: Watch, port: int) -> Iterator[str]:
    """Serve a spec's page, while this is entered; what is given is its address.

    Args:
        watch: What is served.
        port: The port; 0 takes any that is free.

    Raises:
        OSError: The port is taken.
    """
    with _Server((HOST, port), type("Pages", (_Pages,), {"watch": watch})) as server:
        threads = [threading.Thread(target=each, daemon=True) for each in (watch.run, server.serve_forever)]
        for thread in threads:
            thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}/"
        finally:
            watch.end()
            server.shutdown()
            for thread in threads:
                thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a page that is open hears that watching ended, and is not waited for
