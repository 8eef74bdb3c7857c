"""What the tests' browser says of a page is so."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, BrowserError, Request, needs_browser

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


def page_of(folder: Path, body: str) -> Path:
    path = folder / "page.html"
    path.write_text(f"<!doctype html><meta charset=utf-8><title>A page</title><body>{body}", encoding="utf-8")
    return path


def test_a_page_that_asks_for_nothing(browser: Browser, tmp_path: Path) -> None:
    dot = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    with browser.page() as page:
        page.open(page_of(tmp_path, f"<h1>Hi</h1><img alt='' src='{dot}'>"))
        assert (page.requests, page.complaints, page.overflow) == ([], [], 0)
        assert page.evaluate("document.querySelector('h1').textContent") == "Hi"


def test_whatever_it_asks_for_is_seen_and_fails(browser: Browser, tmp_path: Path) -> None:
    body = (
        "<link rel=stylesheet href='https://example.org/a.css'><img alt='' src='beside.png'>"
        "<script>fetch('http://example.org/late', {method: 'POST'}).catch(() => { window.failed = true })</script>"
    )
    with browser.page() as page:
        page.open(page_of(tmp_path, body))
        page.wait_for("window.failed")
        assert sorted(page.requests) == [
            Request((tmp_path / "beside.png").as_uri(), "GET", "Image"),
            Request("http://example.org/late", "POST", "Fetch"),
            Request("https://example.org/a.css", "GET", "Stylesheet"),
        ]
        assert sorted(page.complaints) == [
            "Failed to load resource: net::ERR_FILE_NOT_FOUND",
            "Failed to load resource: net::ERR_NAME_NOT_RESOLVED",
            "Failed to load resource: net::ERR_NAME_NOT_RESOLVED",
        ]


def test_width_and_scheme_are_as_asked(browser: Browser, tmp_path: Path) -> None:
    body = "<div style='width: 500px; height: 2000px'></div>"
    dark = "matchMedia('(prefers-color-scheme: dark)').matches"
    with browser.page(width=400, dark=True) as page:
        page.open(page_of(tmp_path, body))
        assert (page.evaluate("innerWidth"), page.evaluate(dark), page.overflow) == (400, True, 108)
        page.resize(800)
        assert (page.evaluate("innerWidth"), page.overflow) == (800, 0)
        picture = page.screenshot(tmp_path / "page.png").read_bytes()
        assert struct.unpack(">II", picture[16:24]) == (800, 2016)
    with browser.page(width=400) as page:
        page.open(page_of(tmp_path, body))
        assert page.evaluate(dark) is False


def test_files_can_be_chosen(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "chosen.txt").write_text("four")
    with browser.page() as page:
        page.open(page_of(tmp_path, "<input type=file>"))
        page.choose_files("input", tmp_path / "chosen.txt")
        assert page.evaluate("document.querySelector('input').files[0].text()") == "four"


def test_errors_of_scripts_are_told(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(page_of(tmp_path, "<script>missing()</script>"))
        assert [line.splitlines()[0] for line in page.complaints] == ["ReferenceError: missing is not defined"]
        with pytest.raises(BrowserError, match="ReferenceError: absent is not defined"):
            page.evaluate("absent()")
        with pytest.raises(BrowserError, match=r"never true: 1 > 2"):
            page.wait_for("1 > 2", seconds=0.1)
