"""The page that `netspec explain FILE NODE -o FILE.html` writes, in headless Chromium: it moves, by mouse and by keys."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.cli import main
from tests.support.browser import Browser, needs_browser

pytestmark = needs_browser

SPEC = """\
netspec: 1
inputs: {image: [28, 28, 6], text: [12, 3], video: [4, 6, 6, 1]}
layers:
  - conv: {from: image, filters: 8, kernel_size: 3, strides: 2, padding: 1, rounding: floor, name: two}
  - separable_conv: {filters: 4, kernel_size: 3, padding: same, name: apart}
  - pool: {name: pooled}
  - conv: {from: text, filters: 4, kernel_size: 3, padding: causal, dilation_rate: 2, name: one}
  - conv: {from: video, filters: 4, kernel_size: [2, 3, 3], name: three}
  - flatten
  - dense: {units: 2, name: full}
outputs: [pooled, one, full]
"""
READOUTS = "[...document.querySelectorAll('.readout')].map(each => each.textContent)"
PLACE = "[...document.querySelectorAll('.slider')].map(each => each.style.transform)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


def page_of(folder: Path, node: str) -> Path:
    spec, page = folder / "spec.yaml", folder / f"{node}.html"
    spec.write_text(SPEC, encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    assert main(["explain", str(spec), node, "-o", str(page)], out, err) == 0, err.getvalue()
    return page


def test_a_window_is_stepped_through(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(page_of(tmp_path, "two"))
        assert page.evaluate(READOUTS) == [
            "Position 1 of 196: rows -1 to 1; columns -1 to 1, padding among them → output at 0, 0, 8 filters",
            "Row 1 of 4, column 1 of 2: 2·1 + 4·1 + 5·(-1) = 1",
        ]
        assert page.evaluate("document.querySelector('figure pre')") is None
        assert page.evaluate(PLACE) == ["translate(-1px, -1px)"]

        page.evaluate("document.querySelector('.drawing [aria-label=\"Step forward\"]').click()")
        assert page.evaluate(READOUTS)[0] == (
            "Position 2 of 196: rows -1 to 1; columns 1 to 3, padding among them → output at 0, 1, 8 filters"
        )
        assert page.evaluate(PLACE) == ["translate(1px, -1px)"]
        assert page.evaluate("document.querySelector('[aria-live]').textContent") == page.evaluate(READOUTS)[0]

        page.evaluate("document.querySelector('.drawing').focus()")
        page.press("End")
        assert (
            page.evaluate(READOUTS)[0]
            == "Position 196 of 196: rows 25 to 27; columns 25 to 27 → output at 13, 13, 8 filters"
        )
        assert page.evaluate("document.querySelector('[aria-label=\"Step forward\"]').disabled")
        page.press("ArrowLeft")
        assert page.evaluate(READOUTS)[0].startswith("Position 195 of 196")
        page.press("Home")
        page.press("ArrowRight")
        assert page.evaluate(READOUTS)[0].startswith("Position 2 of 196")
        assert (page.requests, page.complaints, page.overflow) == ([], [], 0)


def test_it_plays_and_pauses(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(page_of(tmp_path, "two"))
        assert page.evaluate("document.querySelector('.drawing').dataset.playing") == "false"
        page.evaluate("document.querySelector('.drawing').focus()")
        page.press(" ", text=" ")
        assert page.evaluate("document.querySelector('.play').textContent") == "Pause"
        page.wait_for("Number(document.querySelector('.drawing').dataset.at) > 2", 5)
        page.press(" ", text=" ")
        at = page.evaluate("document.querySelector('.drawing').dataset.at")
        browser.listen(0.4)
        assert page.evaluate("document.querySelector('.drawing').dataset.at") == at


def test_less_motion_where_that_is_asked_for(browser: Browser, tmp_path: Path) -> None:
    motion = "getComputedStyle(document.querySelector('.slider')).transitionDuration"
    path = page_of(tmp_path, "two")
    with browser.page() as page:
        page.open(path)
        assert page.evaluate(motion) == "0.18s"
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
        assert page.evaluate(motion) == "0s"
        page.evaluate("document.querySelector('.play').click()")
        browser.listen(0.5)
        assert page.evaluate("document.querySelector('.drawing').dataset.at") == "0"  # a step takes 1.5 s


@pytest.mark.parametrize(
    ("node", "readouts"),
    [
        (
            "one",
            [
                "Position 1 of 12: steps -4, -2 and 0, padding among them → output at 0, 4 filters",
                "Row 1 of 4, column 1 of 2: 1·1 = 1",
            ],
        ),
        (
            "three",
            [
                "Position 1 of 48: planes 0 to 1; rows 0 to 2; columns 0 to 2 → output at 0, 0, 0, 4 filters",
                "Row 1 of 8, column 1 of 2: 1·1 + 2·2 + 3·1 + 5·(-1) + 7·1 + 9·2 + 1·1 + 2·(-1) + 9·1 + 1·2 + … + 9·1 = 69",
            ],
        ),
        (
            "pooled",
            [
                "Position 1 of 49: rows 0 to 1; columns 0 to 1 → output at 0, 0, 4 channels",
                "Row 1 of 4, column 1 of 1: maximum of 1, 2, 5, 6 = 6",
            ],
        ),
        ("full", ["Row 1 of 1, column 1 of 2: 1·1 + 2·2 + 3·1 + 4·(-1) = 4"]),
    ],
)
def test_what_the_figures_begin_with(browser: Browser, tmp_path: Path, node: str, readouts: list[str]) -> None:
    path = page_of(tmp_path, node)
    for width, dark in ((390, True), (1400, False)):
        with browser.page(width=width, dark=dark) as page:
            page.open(path)
            assert page.evaluate(READOUTS) == readouts
            assert (page.requests, page.complaints, page.overflow) == ([], [], 0)


def test_two_products_follow_each_other(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(page_of(tmp_path, "apart"))
        press_end = "document.querySelectorAll('[aria-label=\"Last position\"]')[1].click()"
        page.evaluate(press_end)
        assert page.evaluate(READOUTS)[1] == "Row 4 of 4, column 2 of 2: 5·(-1) = -5"
        assert page.evaluate("[...document.querySelectorAll('td.made')].map(each => each.textContent)") == ["-5"]
        assert page.evaluate("document.querySelectorAll('td.later').length") == 0
