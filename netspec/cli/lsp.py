"""Serve an editor by the Language Server Protocol 3.17: problems, shapes and completion while a spec is written.

Editors start it and speak with it on standard input and output. With --port it waits for clients at a TCP port, one after the
other. It never loads a framework. docs/howto/editors.md says how to set up each editor.
"""

from __future__ import annotations

import argparse
from typing import TextIO

from netspec.cli.common import UsageError, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--stdio", action="store_true", help="use standard input and output (default)")
    parser.add_argument(
        "--port", type=whole_number("a port", 0, 65535), metavar="PORT", help="listen at this port; 0 takes a free one"
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="with --port: address to listen on (default: 127.0.0.1, this machine only)"
    )


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Serve until the client leaves; status 1 where it leaves without a word."""
    from netspec.lsp.server import serve_stdio, serve_tcp

    if options.port is None:
        return serve_stdio()
    if options.stdio:
        raise UsageError("--stdio and --port exclude each other")

    def told(host: str, port: int) -> None:
        err.write(f"netspec lsp: listening on {host}:{port}\n")
        err.flush()

    try:
        return serve_tcp(options.host, options.port, told)
    except OSError as error:
        err.write(f"netspec lsp: cannot listen on {options.host}:{options.port}: {error.strerror or error}\n")
        return 1
