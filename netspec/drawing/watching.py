"""The page of a spec, served to this machine alone and drawn anew whenever the spec is saved."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from netspec.drawing.opening import first_sight
from netspec.drawing.page import data_of, page
from netspec.drawing.picture import Picture, facts_of, picture
from netspec.keeping import Memory
from netspec.pipeline import check_text
from netspec.syntax.reading import MAX_BYTES

HOST = "127.0.0.1"
LOOKS = 0.02  # seconds from one look at the files to the next
STILL_THERE = 10.0  # seconds after which a page that hears nothing is asked whether it is still there
_NUMBER = re.compile(r"[0-9]{1,9}")  # of a picture


class Watch:
    """A spec's page, and what it changes to.

    Args:
        path: The spec's file.
        params: Values in place of the spec's own.
        variant: The variant that is meant.
        opens: What is open at first in a picture.
    """

    def __init__(
        self,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        variant: str | None = None,
        opens: Callable[[Picture], tuple[str, ...]] = first_sight,
    ) -> None:
        self._path = path
        self._place = os.path.abspath(path)
        self._check = partial(check_text, params=params, variant=variant, repairs=False, memory=Memory())
        self._opens = opens
        self._changed = threading.Condition()
        self._version = 0
        self._stamps: dict[str, tuple[int, int] | None] = {path: None}
        self._ended = False
        self._read()

    def page(self) -> str:
        """The page as the spec is now."""
        with self._changed:
            return page(self._drawn, self._opens(self._drawn), watched=self._place, version=self._version)

    def changes(self, seen: int | None = None) -> Iterator[str]:
        """What a page is told, as server-sent events: each new picture, then what there is to say of its nodes.

        Where nothing changes for a while there is an event that says nothing. Ends when watching does.

        Args:
            seen: The number of the picture that the page shows; None for the one of now.
        """
        return self._changes(self._version if seen is None else seen)

    def _changes(self, seen: int) -> Iterator[str]:
        while True:
            with self._changed:
                if self._version == seen and not self._ended:
                    self._changed.wait(STILL_THERE)
                if self._ended:
                    return
                changed, seen = self._version != seen, self._version
                data = data_of(self._drawn, (), watched=self._place, facts=False) if changed else {}
            if not changed:
                yield ":\n\n"
                continue
            yield f"id: {seen}\n{_event('picture', data)}"
            with self._changed:
                facts = facts_of(self._drawn) if self._version == seen else None
            if facts is not None:
                yield _event("facts", facts)

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
        """Read the spec; how the files that are known is noted before, so that a save meanwhile is not missed."""
        before = {path: _stamp(path) for path in self._stamps}
        spec = self._check(_text_of(self._path), self._path, folder=os.path.dirname(self._path) or os.curdir)
        paths = (self._path, *(each.path for each in spec.files))
        self._stamps = {path: before[path] if path in before else _stamp(path) for path in paths}
        self._drawn = picture(spec)


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def _text_of(path: str) -> str | bytes:
    """What is in a file; nothing where it is not there, as while an editor replaces it. Bytes where it is no text."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError:
        return ""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data


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
        elif urlsplit(self.path).path == "/changes":
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
        """Answer with events, until the page is closed: from the picture on that it shows, as it says."""
        said = self.headers.get("Last-Event-ID") or urlsplit(self.path).query.removeprefix("after=")
        changes = self.watch.changes(int(said) if _NUMBER.fullmatch(said) else None)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.close_connection = True
        try:
            for event in changes:
                self.wfile.write(event.encode())
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
