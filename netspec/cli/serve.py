"""Serve a run, or a model, by HTTP: a page to try it on, and answers for programs.

  GET  /         a page on which a picture can be dropped, or a row typed
  POST /predict  JSON by the names of inputs or columns (several as {"examples": [...]}), CSV rows, an image or a .npy array as the
                 body, or several files as multipart/form-data; `?top=K` classes; answers as `netspec predict --format json`
  GET  /model    inputs and outputs
  GET  /health   200 while requests are taken
  GET  /metrics  figures for Prometheus

Requests that wait at the same time are computed together. One that waits alone is answered to the bit as by `netspec predict`;
with --max-batch 1 each is, whatever else is asked at the time. Only this machine can ask unless --host says otherwise. What is too
large, too much or too often is refused with one sentence (413, 429, 503).

Exit status: 0 ended by SIGTERM or Ctrl-C, once the requests that were being answered are; 1 the model cannot be used, or the port
is taken; 2 wrong usage.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path
from typing import TextIO

from netspec.backends.requirements import refusal, require_backend
from netspec.cli.common import UsageError, address_arguments, weights_argument, whole_number

PACKAGES = {
    "starlette": "starlette",
    "uvicorn": "uvicorn",
    "python_multipart": "python-multipart",
    "prometheus_client": "prometheus-client",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="RUN_OR_MODEL", help="run folder or .keras file")
    address_arguments(parser, 8000)
    parser.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="name by which the server may be asked beside this machine's own and HOST; * for any (repeatable)",
    )
    weights_argument(parser)
    numbers = (
        ("--max-batch", "a batch size", 1, 32, 32, "examples of several requests that are computed together"),
        ("--max-delay", "a delay", 0, 1000, 0, "milliseconds that a request waits for others to be computed with"),
        ("--max-queue", "a number of examples", 1, None, 256, "examples that may wait"),
        ("--max-requests", "a number of requests", 1, None, 64, "requests that are answered at the same time"),
        ("--max-examples", "a number of examples", 1, None, 256, "examples of a request"),
        ("--max-bytes", "a number of bytes", 1, None, 2**24, "bytes of a request"),
        ("--max-pixels", "a number of pixels", 1, None, 50_000_000, "pixels of an image"),
        ("--max-rate", "a rate", 1, None, 1000, "requests a second of one client"),
    )
    for name, what, least, most, default, help_ in numbers:
        parser.add_argument(
            name,
            metavar="N",
            type=whole_number(what, least, most),
            default=default,
            help=f"{help_}, at most (default: {default:,})",
        )
    parser.add_argument("--access-log", action="store_true", help="write a line for each request to standard error")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Serve until told to end; status 1 if the model or the address cannot be used."""
    require_backend()
    missing = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise refusal(
            f"{', '.join(missing)} {verb} not installed, which serving needs; pip install 'netspec-keras[serve]'"
        )
    from netspec.training.prediction.answers import Network
    from netspec.training.reopen import load_run_or_model
    from netspec.training.serving.app import LOOPBACK, Bounds
    from netspec.training.serving.running import bound, serve

    if not options.host:
        raise UsageError("--host is an address, and empty")
    opened = load_run_or_model(Path(options.model), options.weights)
    bounds = Bounds(
        batch=options.max_batch,
        delay=options.max_delay / 1000,
        waiting=options.max_queue,
        body=options.max_bytes,
        pixels=options.max_pixels,
        examples=options.max_examples,
        requests=options.max_requests,
        rate=options.max_rate,
        hosts=tuple(name.lower() for name in (*LOOPBACK, options.host, *options.allow_host)),
    )
    shown = f"[{options.host}]" if ":" in options.host else options.host
    with bound(options.host, options.port) as listening:
        port = listening.getsockname()[1]

        def ready() -> None:
            out.write(f"serving {opened.graph.name} at http://{shown}:{port}/ (Ctrl-C ends it)\n")
            out.flush()

        def log(line: str) -> None:
            err.write(line + "\n")
            err.flush()

        serve(
            Network(opened), opened.graph.name, listening, bounds, ready=ready, log=log if options.access_log else None
        )
    out.write("ended\n")
    return 0
