"""Answers an editor's messages, in order, in one thread.

What was typed is taken over at once; the check of it waits until no further message has arrived, so that keys which come
faster than checks cost one check. When nothing has come for a while, the errors of variants are looked for, a variant at a time,
and then the repairs of the problems nearest to what was typed; both are left off for whatever comes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator

from netspec.diagnostics.problems import Problem
from netspec.lsp.diagnostics import diagnostics
from netspec.lsp.features import FEATURES, Feature
from netspec.lsp.page import Page
from netspec.lsp.rpc import (
    CANCELLED,
    CONTENT_MODIFIED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    NOT_INITIALIZED,
    Params,
    Refused,
    Sender,
    Stream,
    StreamBroken,
)
from netspec.lsp.workspace import Workspace, client_of
from netspec.pipeline import errors_of_variants

IDLE = 0.08  # seconds without a message after the last answer, after which variants are looked at
SWITCH = 0.001  # seconds after which the thread that reads is let in, where the other one computes
INCREMENTAL = 2  # how texts are synchronised
VARIANT = "netspec.variant"  # the command that shows another variant: its uri, its name or null
ERROR_MESSAGE = 1


class Server:
    """One client's session. Whoever drives it hands messages in by `take` and lets it work by `step`.

    Args:
        sender: To the client.
        cancelled: The requests that the client has taken back, as they become known.
        waiting: Whether something has arrived that was not handed in yet; None where nobody can tell, and nothing is left off.
    """

    def __init__(self, sender: Sender, cancelled: set[object], waiting: Callable[[], bool] | None = None) -> None:
        self.client = sender
        self.workspace: Workspace | None = None  # None until the client has introduced itself
        self.status: int | None = None  # the exit status, once it is decided
        self._cancelled = cancelled
        self._waiting = waiting
        self._inbox: deque[Params] = deque()
        self._is_shut_down = False
        self._unpublished: dict[str, Page] = {}  # pages whose problems the client has not been told since they changed
        self._looked_for: dict[str, Iterator[tuple[Problem, ...]]] = {}  # the variants that are left to be looked at
        self._unmended: dict[str, Page] = {}  # pages of whose problems repairs may be found before they are asked for
        self._unready: dict[str, Page] = {}  # pages of which a next version that is broken would cost more than others
        self._quiet_since = time.monotonic()
        self._own: dict[str, Callable[[Params], object]] = {
            "initialize": self._initialize,
            "initialized": self._nothing,
            "shutdown": self._shutdown,
            "textDocument/didOpen": self._open,
            "textDocument/didChange": self._change,
            "textDocument/didClose": self._close,
            "textDocument/didSave": self._nothing,
            "workspace/didChangeWorkspaceFolders": self._folders,
            "workspace/didChangeConfiguration": self._configuration,
            "workspace/executeCommand": self._command,
        }

    def take(self, message: Params) -> None:
        """Take in a message, to be answered in its turn."""
        self._inbox.append(message)

    def step(self) -> float | None:
        """Do what comes next: answer a message, tell a page's problems, look at one variant, find the repairs of one problem.

        Returns:
            Seconds until there is more to do if nothing arrives, 0 for at once; None if nothing is left.
        """
        if self._inbox:
            self._handle(self._inbox.popleft())
            self._quiet_since = time.monotonic()
        elif self._unpublished:
            self._publish(next(iter(self._unpublished.values())))
            self._quiet_since = time.monotonic()  # only now does the client know what to ask next
        elif self._waits_for_quiet and time.monotonic() >= self._quiet_since + IDLE:
            if self._unready:
                self._make_ready()
            elif self._looked_for:
                self._look_at_variant()
            else:
                self._work_ahead()
        if self._inbox or self._unpublished:
            return 0
        return max(self._quiet_since + IDLE - time.monotonic(), 0) if self._waits_for_quiet else None

    @property
    def _waits_for_quiet(self) -> bool:
        return bool(self._unready or self._looked_for or self._unmended)

    # --- messages -----------------------------------------------------------------------------------------------------

    def _handle(self, message: Params) -> None:
        if "unreadable" in message:
            self.client.refuse(None, INVALID_REQUEST, str(message["unreadable"]))
            return
        method, request = message.get("method"), message.get("id")
        if not isinstance(method, str):
            if "result" not in message and "error" not in message:  # no answer to a request of ours
                self.client.refuse(request, INVALID_REQUEST, "a message has a method")
            return
        if method == "exit":
            self.status = 0 if self._is_shut_down else 1
            return
        params = message.get("params")
        try:
            if isinstance(request, (int, str)) and request in self._cancelled:
                self._cancelled.discard(request)
                raise Refused(CANCELLED, "cancelled")
            result = self._answer(method, params if isinstance(params, dict) else {}, request is not None)
        except Refused as error:
            if request is not None:
                self.client.refuse(request, error.code, str(error))
        except Exception as error:  # noqa: BLE001  a fault of ours costs this answer, and not the session
            self._report(method, error)
            if request is not None:
                self.client.refuse(request, INTERNAL_ERROR, f"{method} failed: {type(error).__name__}: {error}")
        else:
            if request is not None:
                self.client.answer(request, result)

    def _answer(self, method: str, params: Params, is_request: bool) -> object:
        if self._is_shut_down:
            raise Refused(INVALID_REQUEST, "the server has been shut down")
        if self.workspace is None and method != "initialize":
            raise Refused(NOT_INITIALIZED, "the first request is `initialize`")
        own = self._own.get(method)
        if own is not None:
            try:
                return own(params)
            except (KeyError, TypeError, IndexError) as error:
                raise Refused(INVALID_PARAMS, f"{method}: the params lack or misstate {error}") from None
        feature = FEATURES.get(method)
        if feature is None:
            if is_request:
                raise Refused(METHOD_NOT_FOUND, f"there is no method {method}")
            return None
        return self._ask(feature, params)

    def _ask(self, feature: Feature, params: Params) -> object:
        assert self.workspace is not None
        if not feature.of_page:
            return feature.load()(self.workspace, params)
        page = self.workspace.page_of(params)
        if page is None and feature.method.endswith("/resolve"):
            return params  # nothing was left to be worked out
        if page is None:
            raise Refused(INVALID_PARAMS, f"{feature.method}: the text is not open")
        changes = (each for each in self._inbox if each.get("method") == "textDocument/didChange")
        if not feature.outlives and any(_uri(each) == page.uri for each in changes):
            raise Refused(CONTENT_MODIFIED, "the text has changed since")
        return feature.load()(page, params) if page.is_spec else None

    def _report(self, method: str, error: Exception) -> None:
        """Tell whoever looks after the server; the client shows it in its log."""
        sys.stderr.write(f"netspec lsp: {method} failed\n{''.join(traceback.format_exception(error))}")
        sys.stderr.flush()
        self.client.notify(
            "window/logMessage",
            {"type": ERROR_MESSAGE, "message": f"netspec: {method} failed: {type(error).__name__}: {error}"},
        )

    # --- the session --------------------------------------------------------------------------------------------------

    def _initialize(self, params: Params) -> object:
        from netspec import __version__

        if self.workspace is not None:
            raise Refused(INVALID_REQUEST, "`initialize` comes once")
        self.workspace = Workspace(client_of(params), params)
        capabilities: dict[str, object] = {
            "positionEncoding": self.workspace.client.encoding,
            "textDocumentSync": {"openClose": True, "change": INCREMENTAL, "save": False},
            "executeCommandProvider": {"commands": [VARIANT]},
            "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
        }
        capabilities.update((each.capability, each.options) for each in FEATURES.values() if each.capability)
        return {"capabilities": capabilities, "serverInfo": {"name": "netspec", "version": __version__}}

    def _nothing(self, params: Params) -> None:
        """What the client tells and nobody needs."""

    def _shutdown(self, params: Params) -> None:
        self._is_shut_down = True
        self._unpublished.clear()
        self._unready.clear()
        self._unmended.clear()
        self._looked_for.clear()

    def _folders(self, params: Params) -> None:
        assert self.workspace is not None
        event = params["event"]
        self.workspace.change_folders([each["uri"] for each in event["added"]], [e["uri"] for e in event["removed"]])

    def _configuration(self, params: Params) -> None:
        assert self.workspace is not None
        self.workspace.configure(params.get("settings"))
        if self.workspace.client.refreshes_hints:
            self.client.request("workspace/inlayHint/refresh")

    # --- texts --------------------------------------------------------------------------------------------------------

    def _open(self, params: Params) -> None:
        assert self.workspace is not None
        it = params["textDocument"]
        page = Page(
            it["uri"],
            it.get("languageId", ""),
            it.get("version", 0),
            it["text"],
            self.workspace.client,
            self.workspace.text_at,
        )
        self.workspace.pages[page.uri] = page
        self._changed(page)

    def _change(self, params: Params) -> None:
        assert self.workspace is not None
        page = self.workspace.pages.get(params["textDocument"]["uri"])
        if page is not None:
            page.change(params["textDocument"].get("version", page.version + 1), params["contentChanges"])
            self._changed(page)

    def _close(self, params: Params) -> None:
        assert self.workspace is not None
        uri = params["textDocument"]["uri"]
        if self.workspace.pages.pop(uri, None) is not None:
            self._unpublished.pop(uri, None)
            self._unready.pop(uri, None)
            self._unmended.pop(uri, None)
            self._looked_for.pop(uri, None)
            self.client.notify("textDocument/publishDiagnostics", {"uri": uri, "diagnostics": []})

    def _changed(self, page: Page) -> None:
        self._unpublished[page.uri] = page
        self._looked_for.pop(page.uri, None)
        assert self.workspace is not None
        for other in self.workspace.using(page):
            other.check_anew()
            self._unpublished[other.uri] = other
            self._looked_for.pop(other.uri, None)

    def _publish(self, page: Page) -> None:
        """Tell the client the problems of a page as it is."""
        self._unpublished.pop(page.uri, None)
        try:
            found = diagnostics(page)
        except Exception as error:  # noqa: BLE001  the next key has another chance
            self._report("the check", error)
            return
        self._tell(page, found)
        if page.is_spec:
            # What is recovered remembers, for the next version, what was known of this one.
            if page.is_ready:
                self._unready.pop(page.uri, None)
            else:
                self._unready[page.uri] = page
            if page.problems and self._waiting is not None:
                self._unmended[page.uri] = page
        document = page.spec.document if page.is_spec else None
        if document is not None and document.variants:
            self._look_for_variants(page)
        elif page.of_variants:
            page.of_variants = ()
            self._unpublished[page.uri] = page

    def _tell(self, page: Page, found: list[object]) -> None:
        self.client.notify(
            "textDocument/publishDiagnostics", {"uri": page.uri, "version": page.version, "diagnostics": found}
        )

    def _make_ready(self) -> None:
        """Make a page ready for a version that is broken."""
        uri, page = next(iter(self._unready.items()))
        try:
            page.make_ready(self._give_way)
        except _GivesWay:  # begun anew later
            return
        del self._unready[uri]

    def _work_ahead(self) -> None:
        """Find the repairs of a problem; what has been tried is kept where that is left off, or asked for meanwhile."""
        uri, page = next(iter(self._unmended.items()))
        try:
            if page.work_ahead(self._give_way):
                return
        except _GivesWay:
            return
        except Exception as error:  # noqa: BLE001  whoever asks for them is told again
            self._report("the search for repairs", error)
        del self._unmended[uri]

    def _look_for_variants(self, page: Page) -> None:
        """Begin to look for the errors of a page's variants."""
        self._looked_for[page.uri] = errors_of_variants(page.spec, page.memory, self._give_way)
        page.looking = []

    def _look_at_variant(self) -> None:
        """Look for the errors of one variant more; when all have been looked at, tell the client."""
        assert self.workspace is not None
        uri, variants = next(iter(self._looked_for.items()))
        page = self.workspace.pages[uri]
        try:
            found = next(variants, None)
        except _GivesWay:
            # Begun anew with what has arrived, or later if that changes nothing.
            self._look_for_variants(page)
            return
        if found is not None:
            page.looking += found
            return
        del self._looked_for[uri]
        if tuple(page.looking) != page.of_variants:
            page.of_variants = tuple(page.looking)
            self._tell(page, diagnostics(page))

    def _give_way(self) -> None:
        if self._waiting is not None and self._waiting():
            raise _GivesWay

    def _command(self, params: Params) -> None:
        assert self.workspace is not None
        if params["command"] != VARIANT:
            raise Refused(INVALID_PARAMS, f"there is no command {params['command']}")
        uri, variant = params["arguments"]
        page = self.workspace.pages.get(uri)
        if page is None:
            raise Refused(INVALID_PARAMS, "the text is not open")
        page.show(variant)
        client = self.workspace.client
        for wanted, method in (
            (client.refreshes_hints, "workspace/inlayHint/refresh"),
            (client.refreshes_lenses, "workspace/codeLens/refresh"),
        ):
            if wanted:
                self.client.request(method)


class _GivesWay(Exception):
    """Something has arrived, for which whatever nobody waits for is left."""


def _uri(message: Params) -> object:
    params = message.get("params")
    document = params.get("textDocument") if isinstance(params, dict) else None
    return document.get("uri") if isinstance(document, dict) else None


def serve(stream: Stream) -> int:
    """Serve the client at a stream until it leaves.

    Returns:
        The exit status: 0 where the client said so before, else 1.
    """
    server = Server(Sender(stream.write), stream.cancelled, stream.is_waiting)
    sys.setswitchinterval(SWITCH)
    stream.start()
    wait: float | None = None
    with _Garbage() as garbage:
        while server.status is None and not stream.closed:
            try:
                message = stream.receive(garbage.sooner(wait))
                garbage.somebody_types()
                while message is not None:
                    server.take(message)
                    message = stream.receive(0)
                while server.step() == 0:  # the stream has ended: what has come is answered
                    pass
                break
            except TimeoutError:
                if wait != 0:
                    garbage.collect()
                wait = server.step()
                garbage.answered()
            except StreamBroken as error:
                sys.stderr.write(f"netspec lsp: the stream is broken: {error}\n")
                break
    return 1 if server.status is None else server.status


class _Garbage:
    """Python's garbage, collected when nobody types: young objects after a moment, all after a while, or after many keys.

    Left to itself the collector would look at all objects while somebody waits for an answer. That takes a tenth of a second
    where a spec has many variants, so that keys which come ten in a second are not waited for between.
    """

    # Seconds of quiet after the last answer, and how many messages since all was collected make it worth while then.
    AFTER = ((0.03, 3_000), (0.5, 300), (2.0, 0))

    def __init__(self) -> None:
        self._quiet_since = time.monotonic()
        self._done = 0  # of `AFTER`, since the last message
        self._messages = 0  # since all was collected

    def __enter__(self) -> _Garbage:
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()  # modules and declarations stay
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()

    def somebody_types(self) -> None:
        """A message has come."""
        self._quiet_since = time.monotonic()
        self._done = 0
        self._messages += 1

    def answered(self) -> None:
        """Something has been done, perhaps for somebody who types on."""
        if not self._done:
            self._quiet_since = time.monotonic()

    def sooner(self, wait: float | None) -> float | None:
        """Seconds to wait for a message: no longer than until something is to be collected."""
        if self._done == len(self.AFTER):
            return wait
        left = max(self._quiet_since + self.AFTER[self._done][0] - time.monotonic(), 0)
        return left if wait is None else min(wait, left)

    def collect(self) -> None:
        """Collect what it is time for."""
        if self._done < len(self.AFTER):
            seconds, most = self.AFTER[self._done]
            if time.monotonic() >= self._quiet_since + seconds:
                self._done += 1
                is_whole = self._messages > most
                if is_whole:
                    self._messages = 0
                gc.collect(2 if is_whole else 1)


def serve_stdio() -> int:
    """Serve the client at standard input and output until it leaves; returns the exit status.

    What anything else prints goes to standard error: a stray line would break the stream.
    """
    reader = os.fdopen(os.dup(0), "rb")
    writer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return serve(Stream(reader, writer))


def serve_tcp(host: str, port: int, told: Callable[[str, int], None]) -> int:
    """Serve one client after the other at a port.

    Args:
        host: The address to listen on.
        port: The port; 0 takes any that is free.
        told: Called with address and port, once clients can connect.

    Returns:
        Never, but for an exception: OSError where the port is taken, KeyboardInterrupt.
    """
    import socket

    with socket.create_server((host, port)) as listening:
        told(*listening.getsockname()[:2])
        while True:
            connected, _ = listening.accept()
            with connected, connected.makefile("rb") as reader, connected.makefile("wb") as writer:
                serve(Stream(reader, writer))
                with contextlib.suppress(OSError):  # the client has closed it before
                    connected.shutdown(socket.SHUT_RDWR)  # for the thread that reads
