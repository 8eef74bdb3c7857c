"""The server's process: its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import uvicorn

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.training.prediction.answers import Network
from netspec.training.prediction.examples import Example, shapes_of
from netspec.training.serving.app import Bounds, Log, Server

GRACE = 10  # seconds that requests have to end


class _Uvicorn(uvicorn.Server):
    """uvicorn, which would hear the signals itself and send them again at its end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises SpecError where none can."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None) or 0
        why = (os.strerror(number) if number > 0 else getattr(error, "strerror", None) or str(error)).lower()
        message = f"cannot listen on {host}, port {port}: {why}"
        raise SpecError("<server>", (Problem("NS709", message, FILE_START),)) from None


def serve(
    network: Network,
    name: str,
    listening: socket.socket,
    bounds: Bounds,
    *,
    ready: Callable[[], None],
    log: Log | None = None,
) -> None:
    """Answer until SIGTERM or SIGINT comes; requests that are being answered then are answered yet, a second signal ends them too.

    Args:
        network: that answers.
        name: of it.
        listening: the socket.
        bounds: what is taken on.
        ready: is called once requests can come.
        log: is given a line a request.
    """
    warm(network)
    server = Server(network, name, bounds, log)
    config = uvicorn.Config(
        server.app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=4 * bounds.requests + 64,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACE,
        ws="none",
        lifespan="on",
    )
    asyncio.run(_serve(_Uvicorn(config), server, listening, ready))


async def _serve(runner: _Uvicorn, server: Server, listening: socket.socket, ready: Callable[[], None]) -> None:
    def end() -> None:
        runner.force_exit = server.ending
        server.ending = runner.should_exit = True

    loop = asyncio.get_running_loop()
    for heard in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(heard, end)
    ready()
    await runner.serve([listening])


def warm(network: Network) -> None:
    """Run a network once, so that the first request need not wait for a compiler; not where its input has no size."""
    shapes = shapes_of(network.opened)
    sizes = {name: [size for size in shape if size is not None] for name, shape in shapes.items()}
    if all(len(sizes[name]) == len(shape) for name, shape in shapes.items()):
        x = {name: np.zeros(shape, np.float32) for name, shape in sizes.items()}
        list(network.predictions([Example("-", None, x)]))
