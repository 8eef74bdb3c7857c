"""A folder of static files by HTTP, for this machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).resolve().parent / "site"


class Files(SimpleHTTPRequestHandler):
    """What lies in the folder, and nothing else; a page elsewhere cannot ask for it."""

    extensions_map = {  # noqa: RUF012 - the base class says it so
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
        ".yaml": "text/yaml; charset=utf-8",
    }

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")  # a newer build is seen at once
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        """Folders are not listed."""
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a terminal is no place for every file of a page."""


def serve(site: Path, host: str, port: int, told: Callable[[str], None]) -> None:
    """Serve a folder until the process is interrupted.

    Args:
        site: The folder, with an `index.html`.
        host: The address to listen on.
        port: The port; 0 takes any that is free.
        told: Called with the page's address, once it can be opened.

    Raises:
        OSError: The port is taken.
    """
    with ThreadingHTTPServer((host, port), partial(Files, directory=str(site))) as server:
        told(f"http://{host}:{server.server_address[1]}/")
        server.serve_forever()
