"""The application: what is asked where, what is refused, and what every answer carries."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netspec import __version__
from netspec.diagnostics.words import show
from netspec.training.prediction.answers import Network, Prediction
from netspec.training.prediction.inputs import Inputs
from netspec.training.serving.batching import Batcher, Busy
from netspec.training.serving.bodies import Part, Reader, Refused
from netspec.training.serving.page import about, mask_of

MAX_PARTS = 64  # files of a form
MAX_TOP = 1_000
SECONDS = 30.0  # that a body may take to come
BUSY = "too many requests wait; try again in a moment"
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
PAGE = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
}
Log = Callable[[str], None]


class Bounds(NamedTuple):
    """What is taken on.

    Attributes:
        batch: examples of several requests that are computed together.
        delay: seconds that a request may wait for others to be computed with.
        waiting: examples that may wait.
        body: bytes of a request.
        pixels: of a picture.
        examples: of a request.
        requests: at the same time.
        rate: requests a second of one client.
        hosts: names by which the server may be asked; `*` for any.
    """

    batch: int = 32
    delay: float = 0.0
    waiting: int = 256
    body: int = 2**24
    pixels: int = 50_000_000
    examples: int = 256
    requests: int = 64
    rate: int = 1_000
    hosts: tuple[str, ...] = LOOPBACK


class Figures:
    """What `/metrics` tells."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        make = {"registry": self.registry, "namespace": "netspec"}
        self.requests = Counter("requests", "Requests by path and status.", ["path", "status"], **make)
        self.seconds = Histogram("request_seconds", "Seconds that predictions took, waiting included.", **make)
        self.examples = Counter("examples", "Examples that were computed.", **make)
        sizes = (1, 2, 4, 8, 16, 32)
        self.batches = Histogram("batch_examples", "Examples that were computed together.", buckets=sizes, **make)
        self.waiting = Gauge("waiting_examples", "Examples that wait.", **make)
        self.running = Gauge("running_requests", "Requests that are being answered.", **make)

    def computed(self, count: int) -> None:
        """A batch was computed."""
        self.examples.inc(count)
        self.batches.observe(count)


class Server:
    """The application of a network.

    Args:
        network: that answers.
        name: of it.
        bounds: what is taken on.
        log: is given a line a request; None where none is wanted.
    """

    def __init__(self, network: Network, name: str, bounds: Bounds, log: Log | None = None) -> None:
        self.network = network
        self.name = name
        self.bounds = bounds
        self.figures = Figures()
        self.inputs = Inputs(network.opened, sizes=True, unnamed="the request")
        self.reader = Reader(self.inputs, pixels=bounds.pixels, examples=bounds.examples)
        self.running = 0
        self.ending = False
        self.batcher: Batcher | None = None
        self._texts = {
            path: (files("netspec.training.serving.page").joinpath(name).read_text("utf-8"), kind)
            for path, (name, kind) in PAGE.items()
        }
        routes = [
            *(Route(path, self._page) for path in PAGE),
            Route("/model", self._model),
            Route("/health", self._health),
            Route("/metrics", self._metrics),
            Route("/predict", self._predict, methods=["POST"]),
        ]
        handlers = {
            404: _answer(404, "there is nothing here; ask /predict, /model, /health or /metrics"),
            405: _answer(405, "/predict is asked by POST, and the others by GET"),
            Exception: _answer(500, "the network could not answer"),
        }
        app = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)
        self.app: ASGIApp = Guard(app, self, log)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        bounds = self.bounds
        self.batcher = Batcher(
            self.network,
            most=bounds.batch,
            delay=bounds.delay,
            waiting=bounds.waiting,
            observer=self.figures.computed,
        )
        self.batcher.start()
        yield
        await self.batcher.stop()

    # --- what is asked ------------------------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        text, kind = self._texts[request.url.path]
        return Response(text, media_type=kind)

    async def _model(self, request: Request) -> Response:
        return JSONResponse({"name": self.name, **about(self.network, self.inputs.rows)})

    async def _health(self, request: Request) -> Response:
        status = "ending" if self.ending else "ok"
        return JSONResponse({"status": status, "model": self.name, "netspec": __version__}, 503 if self.ending else 200)

    async def _metrics(self, request: Request) -> Response:
        self.figures.waiting.set(0 if self.batcher is None else self.batcher.queued)
        self.figures.running.set(self.running)
        return Response(generate_latest(self.figures.registry), media_type=CONTENT_TYPE_LATEST)

    async def _predict(self, request: Request) -> Response:
        if self.running >= self.bounds.requests or self.ending:
            return _sentence(503, "the server is ending" if self.ending else BUSY)
        self.running += 1
        began = time.monotonic()
        try:
            top, draws = _number(request.query_params.get("top", "3")), request.query_params.get("masks") == "png"
            parts = await self._parts(request)
            examples = await asyncio.to_thread(self.reader.read, parts)
            assert self.batcher is not None
            found = await self.batcher.ask(examples)
            answers = await asyncio.to_thread(_answers, found, top, draws)
        except Refused as error:
            return _sentence(error.status, error.message)
        except Busy:
            return _sentence(503, BUSY)
        except ClientDisconnect:
            return _sentence(400, "the request was broken off")
        finally:
            self.running -= 1
            self.figures.seconds.observe(time.monotonic() - began)
        return Response(answers, media_type="application/json")

    async def _parts(self, request: Request) -> list[Part]:
        body = await self._body(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "multipart/form-data":
            return [Part(kind, body)]

        async def once() -> AsyncIterator[bytes]:
            yield body

        parser = MultiPartParser(
            request.headers, once(), max_files=MAX_PARTS, max_fields=MAX_PARTS, max_part_size=self.bounds.body
        )
        try:
            form = await parser.parse()
        except MultiPartException as error:
            raise Refused(400, f"the form cannot be read: {error.message.lower().rstrip('.')}") from None
        parts = []
        for _, value in form.multi_items():
            if isinstance(value, UploadFile):
                parts.append(Part((value.content_type or "").lower(), await value.read(), value.filename or "file"))
            else:
                parts.append(Part("application/json", value.encode()))
        await form.close()
        return parts

    async def _body(self, request: Request) -> bytes:
        most = self.bounds.body
        too_large = Refused(413, f"a request may have {most:,} bytes, and this one has more")
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > most:
            raise too_large
        body = bytearray()
        try:
            async with asyncio.timeout(SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > most:
                        raise too_large
        except TimeoutError:
            raise Refused(408, f"the request did not come within {SECONDS:.0f} seconds") from None
        return bytes(body)


def _answers(found: list[Prediction], top: int, draws: bool) -> bytes:
    """The predictions as JSON; masks as pictures in it where they are wanted."""
    predictions = []
    for each in found:
        mask = mask_of(each) if draws and each.meaning.kind == "masks" else None
        predictions.append(each.as_dict(top, mask))
    return json.dumps({"predictions": predictions}).encode()


def _number(text: str) -> int:
    if not (text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MAX_TOP):
        raise Refused(400, f"`top` is a whole number from 1 to {MAX_TOP:,}, not {show(text)}")
    return int(text)


def _sentence(status: int, message: str) -> Response:
    headers = {"retry-after": "1"} if status in (429, 503) else None
    return JSONResponse({"error": message}, status, headers)


def _answer(status: int, message: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        return _sentence(status, message)

    return answer


class Guard:
    """Stands before everything: refuses foreign host names, other sites' pages and too many requests; adds headers, counts."""

    def __init__(self, app: ASGIApp, server: Server, log: Log | None) -> None:
        self.app = app
        self.server = server
        self.log = log
        self._rates: dict[str, tuple[float, float]] = {}  # by client: requests that are left, and since when

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        seen = {"status": 500}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        refusal = self._refusal(Request(scope))
        try:
            if refusal is not None:
                await refusal(scope, receive, sending)
            else:
                await self.app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - the client has been told 500; what it was is for the log
            if self.log is not None:
                self.log(f"{type(error).__name__}: {error}")
        known = scope["path"] if scope["path"] in (*PAGE, "/model", "/health", "/metrics", "/predict") else "other"
        self.server.figures.requests.labels(known, str(seen["status"])).inc()
        if self.log is not None:
            client = (scope.get("client") or ("-",))[0]
            milliseconds = 1000 * (time.monotonic() - began)
            path = show(scope["path"], 100)
            self.log(f"{client} {scope['method']} {path} {seen['status']} {milliseconds:.1f} ms")

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "")
        name = host[: host.rfind(":")] if host.rfind(":") > host.rfind("]") else host
        hosts = self.server.bounds.hosts
        if "*" not in hosts and name.lower() not in hosts:
            return _sentence(
                400, f"the host name {show(name)} is not served; start the server with --allow-host to allow it"
            )
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin") and request.method != "GET":
            return _sentence(403, "pages of other sites may not ask")
        if request.method == "POST" and not self._may_ask(request.client.host if request.client else "-"):
            return _sentence(429, f"a client may ask {self.server.bounds.rate:,} times a second")
        return None

    def _may_ask(self, client: str) -> bool:
        """Whether a client has not asked too often: as many times at once as in a second, and then at that rate."""
        rate, now = self.server.bounds.rate, time.monotonic()
        left, since = self._rates.get(client, (float(rate), now))
        left = min(float(rate), left + (now - since) * rate)
        if len(self._rates) > 10_000:
            self._rates.clear()
        self._rates[client] = (max(0.0, left - 1), now)
        return left >= 1
