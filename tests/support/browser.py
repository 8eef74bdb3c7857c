"""A page in headless Chromium: what it shows, what it asks for, and what it complains of.

The browser is driven by its own protocol over a pipe, so nothing but Chromium itself is needed. No name is resolved but this
machine's: whatever a page asks of another is in `requests`, and fails.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 60.0  # seconds for one answer
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # which a container's root cannot have
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--remote-debugging-pipe",
)

# For tests that open a page: `pytestmark = needs_browser`, or as a decorator.
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium"),
]


class BrowserError(Exception):
    """The browser does not do what it was told."""


class Request(NamedTuple):
    """What a page asked for beside itself."""

    url: str
    method: str
    kind: str  # as the protocol calls it: `Image`, `Script`, `Fetch`, …


class Browser:
    """A Chromium of one's own, for one page after another.

    Use it as a context: the process ends, and its profile goes, with the block.
    """

    def __init__(self) -> None:
        assert CHROMIUM is not None
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        # Chromium reads commands from 3 and writes answers to 4.
        shell = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        command = ["bash", "-c", shell, "browser", CHROMIUM, *ARGUMENTS, f"--user-data-dir={self._profile.name}"]
        self._process = subprocess.Popen(
            [*command, "about:blank"],
            pass_fds=(to_read, to_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._count = 0
        self._buffer = b""
        self._listeners: dict[str, Callable[[str, Mapping[str, Any]], None]] = {}

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)
        self._profile.cleanup()

    @contextmanager
    def page(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> Iterator[Page]:
        """A page of its own, as wide as that; closed with the block."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        self._listeners[session] = page.hear
        try:
            for domain in ("Page", "Network", "Runtime", "Log", "DOM"):
                page.call(f"{domain}.enable")
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            page.call("Emulation.setEmulatedMedia", features=[scheme])
            page.resize(width, height)
            yield page
        finally:
            del self._listeners[session]
            self.call("Target.closeTarget", targetId=target)

    def call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        """The answer to a command of the protocol. Raises BrowserError."""
        self._count += 1
        number = self._count
        message: dict[str, object] = {"id": number, "method": method, "params": params}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._next(until, method)
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])

    def wait(self, until: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        """Hear what happens until something is so. Raises BrowserError where that takes too long."""
        end = time.monotonic() + seconds
        while not until():
            self._next(end, what)

    def listen(self, seconds: float) -> None:
        """Hear what happens for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if b"\0" in self._buffer or select.select([self._read], [], [], left)[0]:
                self._next(end + PATIENCE, "listening")

    def _next(self, until: float, what: str) -> dict[str, Any]:
        """The next message, which listeners have heard."""
        while b"\0" not in self._buffer:
            if not select.select([self._read], [], [], max(0.0, until - time.monotonic()))[0]:
                raise BrowserError(f"{what}: no answer from the browser")
            chunk = os.read(self._read, 2**20)
            if not chunk:
                raise BrowserError(f"{what}: the browser ended")
            self._buffer += chunk
        data, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(data)
        listener = self._listeners.get(message.get("sessionId", ""))
        if "method" in message and listener is not None:
            listener(message["method"], message["params"])
        return message


class Page:
    """A page that is shown. What it asked for and complained of is in `requests` and `complaints`."""

    def __init__(self, browser: Browser, session: str) -> None:
        self.browser = browser
        self.session = session
        self.requests: list[Request] = []
        self.complaints: list[str] = []  # errors of scripts, and what the browser logs, policies that were broken too
        self._url = ""
        self._loaded = False

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """The answer to a command of the protocol about this page."""
        return self.browser.call(method, self.session, **params)

    def hear(self, method: str, params: Mapping[str, Any]) -> None:
        """Take note of an event."""
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            request = params["request"]
            # What is inside the page itself (`data:`, `blob:`) asks nobody.
            if request["url"] != self._url and not request["url"].startswith(("data:", "blob:")):
                self.requests.append(Request(request["url"], request["method"], params.get("type", "")))
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("warning", "error"):
            self.complaints.append(params["entry"]["text"])

    def resize(self, width: int, height: int = 900) -> None:
        """Make the window as large as that, in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, address: str | Path) -> None:
        """Show a file or a URL, and wait until it is loaded."""
        self._url = address.resolve().as_uri() if isinstance(address, Path) else address
        self._loaded = False
        failed = self.call("Page.navigate", url=self._url).get("errorText")
        if failed:
            raise BrowserError(f"{self._url}: {failed}")
        self.browser.wait(lambda: self._loaded, f"loading {self._url}")
        self.browser.listen(0.2)  # what it asks for a moment later

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression on the page; promises are waited for. Raises BrowserError."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait_for(self, script: str, seconds: float = PATIENCE) -> None:
        """Wait until a JavaScript expression is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(script):
            if time.monotonic() > end:
                raise BrowserError(f"never true: {script}")
            self.browser.listen(0.05)

    def becomes(self, script: str, value: object, seconds: float = PATIENCE) -> None:
        """Wait until a JavaScript expression has a value. Raises AssertionError, which says what it has instead."""
        end = time.monotonic() + seconds
        while (found := self.evaluate(script)) != value and time.monotonic() < end:
            self.browser.listen(0.05)
        assert found == value

    def press(self, key: str, number: int = 0, *, code: str = "", text: str = "", modifiers: int = 0) -> None:
        """Press a key.

        Args:
            key: What the page is told, such as `Enter` or `a`.
            number: The older number of it, by which some pages and Chromium itself go.
            code: The key's place on a keyboard, where that is called otherwise.
            text: What it writes.
            modifiers: 2 for Control.
        """
        told = {"key": key, "code": code or key, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **told)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def choose_files(self, selector: str, *files: Path) -> None:
        """Give files to the page's `<input type=file>`."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file.resolve()) for file in files])

    def screenshot(self, path: Path, *, whole: bool = True) -> Path:
        """A PNG of the whole page, or of the window; what is beyond Chromium's 16,384 pixels is cut off."""
        clip: dict[str, object] = {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"clip": {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 16384), "scale": 1}}
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **clip)["data"]
        path.write_bytes(base64.b64decode(data))
        return path

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
