"""The page of `netspec view` in headless Chromium: opened, closed, searched and read, by mouse and by keys alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.drawing.opening import first_sight
from netspec.drawing.page import page as page_text
from netspec.drawing.picture import picture
from netspec.drawing.watching import Watch, serving
from netspec.pipeline import check, check_text
from netspec.zoo import specs
from tests.support.browser import Browser, Page, needs_browser

pytestmark = needs_browser

SPEC = """\
netspec: 1
name: tiny
input: [24, 24, 3]
blocks:
  Unit:
    params: {filters: }
    layers:
      - skip:
          - conv: {filters: $filters, kernel_size: 3, padding: 1, name: first}
          - relu
          - conv: {filters: $filters, kernel_size: 3, padding: 1, name: second}
      - relu
layers:
  - conv: {filters: 8, kernel_size: 3, strides: 2, padding: 1, rounding: floor, name: stem}
  - Unit: {filters: 8, repeat: 3}
  - global_pool
  - dense: {units: 10, name: out}
"""
SEEN = "[...document.querySelectorAll('.box')].map(each => each.dataset.path).sort()"
CARD = "document.getElementById('card').textContent"
CHOSEN = "document.querySelector('.box.chosen')?.dataset.path"
FOCUSED = "document.activeElement.dataset.path"
FOUND = "[...document.querySelectorAll('#found [role=option]')].map(each => each.firstChild.textContent)"
CLOSED = ["Unit_1..3", "global_pool_1", "input", "out", "stem"]
OPEN = [*CLOSED[:1], "Unit_1.relu_1", "Unit_1.skip_1", *CLOSED[1:]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


def written(folder: Path, text: str = SPEC, opened: tuple[str, ...] = ()) -> Path:
    path = folder / "tiny.html"
    path.write_text(page_text(picture(check_text(text, "tiny.yaml", repairs=False)), opened), encoding="utf-8")
    return path


def box(path: str) -> str:
    return f"document.querySelector('[data-path=\"{path}\"]')"


def click(page: Page, path: str) -> None:
    """Click on a box's title."""
    place = page.evaluate(
        f"(() => {{ const it = {box(path)}.querySelector('.title'); it.scrollIntoView({{block: 'center'}});"
        " const at = it.getBoundingClientRect(); return [at.left + 4, at.top + at.height / 2]; })()"
    )
    for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)


def hover(page: Page, path: str) -> None:
    place = page.evaluate(
        f"(() => {{ const at = {box(path)}.getBoundingClientRect(); return [at.left + 5, at.top + 5]; }})()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=place[0], y=place[1])


def fine(page: Page) -> None:
    # A page that was opened with a hash is itself among what was asked for.
    assert [each.url for each in page.requests if each.kind != "Document"] == []
    assert (page.complaints, page.overflow) == ([], 0)


def test_boxes_open_and_close(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(written(tmp_path))
        assert page.evaluate(SEEN) == CLOSED
        assert (
            page.evaluate("document.getElementById('totals').textContent")
            == "19 nodes · 3.82 k parameters · 529 k MACs"
        )
        click(page, "Unit_1..3")
        assert page.evaluate(SEEN) == OPEN
        assert page.evaluate("location.hash") == "#open=Unit_1..3&at=Unit_1..3"
        assert page.evaluate(f"{box('Unit_1..3')}.getAttribute('aria-expanded')") == "true"
        click(page, "Unit_1.skip_1")
        assert len(page.evaluate(SEEN)) == 11
        assert page.evaluate("[...document.querySelectorAll('.way')].length") == 9
        # All rounds, and one again.
        click(page, "Unit_1..3")
        assert page.evaluate(SEEN) == CLOSED
        click(page, "Unit_1..3")
        rounds = "[...document.querySelectorAll('#card button')].find(each => each.textContent.includes('round'))"
        assert page.evaluate(f"{rounds}.textContent") == "Show all 3 rounds"
        page.evaluate(f"{rounds}.click()")
        assert [path for path in page.evaluate(SEEN) if path.startswith("Unit_") and "." not in path] == [
            "Unit_1",
            "Unit_2",
            "Unit_3",
        ]
        page.evaluate("document.getElementById('open-all').click()")
        assert page.evaluate("location.hash") == "#open=all&at=Unit_1..3"
        page.evaluate("document.getElementById('close-all').click()")
        assert page.evaluate(SEEN) == CLOSED
        fine(page)


def test_what_is_open_stands_in_the_address(browser: Browser, tmp_path: Path) -> None:
    path = written(tmp_path)
    with browser.page() as page:
        page.open(f"{path.as_uri()}#open=Unit_1..3&at=out")
        assert page.evaluate(SEEN) == OPEN
        assert page.evaluate(CHOSEN) == "out"
        page.evaluate("location.hash = '#open='")
        page.wait_for("document.querySelectorAll('.box').length === 5")
        fine(page)


def test_what_a_node_is_is_told_under_the_pointer(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(written(tmp_path))
        hover(page, "stem")
        card = page.evaluate(CARD)
        for words in (
            "stem",
            "rows and columns: (24 - 3 + 2*1) / 2 + 1 = 12.5, which rounding: floor rounds to 12",
            "3*3*3*8 + 8 = 224",
            "12*12 * 3*3*3*8 = 31,104",
            "224 (5.9 % of the network)",
            "31,104 (5.9 % of the network)",
            "Receptive field: 3 × 3 of the input, in steps of 2 × 2",
        ):
            assert words in card, words
        seen = "document.querySelector('#card .seen')"
        assert page.evaluate(f"['x', 'y', 'width', 'height'].map(name => {seen}.getAttribute(name))") == [
            "10.5",
            "10.5",
            "3",
            "3",
        ]
        assert page.evaluate("document.querySelector('#card figure svg').getAttribute('viewBox')") == "0 0 24 24"
        assert page.evaluate("document.querySelectorAll('.way.near').length") == 2
        hover(page, "global_pool_1")
        assert "global_pool_1" in page.evaluate(CARD)
        fine(page)


def test_searching(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(written(tmp_path))
        page.press("/", text="/")
        assert page.evaluate("document.activeElement.id") == "search"
        page.call("Input.insertText", text="SECOND")
        assert page.evaluate(FOUND) == [f"Unit_{number}.skip_1.second" for number in (1, 2, 3)]
        page.press("ArrowDown")
        assert page.evaluate("document.getElementById('search').getAttribute('aria-activedescendant')") == "found-1"
        page.press("Enter")
        assert page.evaluate(FOCUSED) == "Unit_2.skip_1.second"
        assert page.evaluate(CHOSEN) == "Unit_2.skip_1.second"
        assert page.evaluate("document.getElementById('found').hidden")
        page.evaluate("document.getElementById('search').focus()")
        page.evaluate("document.getElementById('search').value = ''")
        page.call("Input.insertText", text="nothing like it")
        assert page.evaluate("document.getElementById('found').textContent") == "no box has this in its path or kind"
        page.press("Escape")
        assert page.evaluate(FOCUSED) == "Unit_2.skip_1.second"
        page.evaluate("document.getElementById('search').focus()")
        page.call("Input.insertText", text="dense")  # by kind
        assert page.evaluate(FOUND) == ["out"]
        fine(page)


def test_by_keys_alone(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(written(tmp_path))
        page.press("ArrowDown")
        assert page.evaluate(FOCUSED) == "input"
        page.press("ArrowDown")
        page.press("ArrowDown")
        assert page.evaluate(FOCUSED) == "Unit_1..3"
        page.press("Enter", text="\r")
        assert page.evaluate(SEEN) == OPEN
        assert page.evaluate(FOCUSED) == "Unit_1..3"
        page.press("ArrowDown")
        assert page.evaluate(FOCUSED) == "Unit_1.skip_1"
        page.press("Escape")
        assert page.evaluate(FOCUSED) == "Unit_1..3"
        page.press(" ", text=" ")
        assert page.evaluate(SEEN) == CLOSED
        page.press("ArrowUp")
        assert page.evaluate(FOCUSED) == "stem"
        wide = "document.querySelector('main svg').width.baseVal.value"
        before = page.evaluate(wide)
        page.press("+", text="+")
        assert page.evaluate(wide) > before
        page.press("-", text="-")
        page.press("0", text="0")
        assert page.evaluate(wide) == before
        fine(page)


def test_the_line_of_the_spec(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(written(tmp_path))
        click(page, "stem")
        page.evaluate("[...document.querySelectorAll('#card button')].at(-1).click()")
        assert page.evaluate("document.getElementById('spec').open")
        assert page.evaluate("document.querySelector('#lines .now').textContent") == SPEC.splitlines()[13]
        fine(page)


def test_a_spec_with_errors(browser: Browser, tmp_path: Path) -> None:
    text = SPEC.replace("global_pool", "globl_pool").replace(
        "filters: 8, kernel_size: 3, strides: 2, padding: 1, rounding: floor", "filters: 8, kernel_size: 5, strides: 2"
    )
    with browser.page() as page:
        page.open(written(tmp_path, text))
        told = page.evaluate("[...document.querySelectorAll('#problems li')].map(each => each.textContent)")
        assert [line.split(":")[0] for line in told] == ["line 14 error NS401", "line 16 error NS201"]
        assert page.evaluate("[...document.querySelectorAll('.box.wrong')].map(each => each.dataset.path)") == [
            "stem",
            "globl_pool",
        ]
        assert page.evaluate("document.getElementById('totals').textContent") == "19 nodes"
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")  # only the drawing scrolls
        page.evaluate("document.querySelector('#problems button').click()")
        assert page.evaluate(CHOSEN) == "stem"
        fine(page)


def test_names_are_not_believed(browser: Browser, tmp_path: Path) -> None:
    text = SPEC.replace("name: tiny", "name: tiny\ndescription: '</script><script>window.broken = 1</script>'")
    with browser.page() as page:
        page.open(written(tmp_path, text))
        assert page.evaluate("window.broken") is None
        fine(page)


@pytest.mark.parametrize("name", ["googlenet", "resnet", "lenet5", "unet"])
def test_widths_and_schemes(browser: Browser, tmp_path: Path, name: str) -> None:
    drawn = picture(check(str(specs()[name]), repairs=False))
    path = tmp_path / "page.html"
    path.write_text(page_text(drawn, first_sight(drawn)), encoding="utf-8")
    for width, dark in ((390, True), (390, False), (1400, True), (1400, False)):
        with browser.page(width=width, dark=dark) as page:
            page.open(path)
            page.evaluate("document.getElementById('open-all').click()")
            assert page.evaluate("document.querySelectorAll('.box').length") > 5
            fine(page)


def test_other_letters_are_squeezed(browser: Browser, tmp_path: Path) -> None:
    drawn = picture(check(str(specs()["googlenet"]), repairs=False))
    path = tmp_path / "page.html"
    path.write_text(page_text(drawn, first_sight(drawn)), encoding="utf-8")
    squeezed = "document.querySelectorAll('[textLength]').length"
    too_long = (
        "[...document.querySelectorAll('text[data-room]')].filter(text =>"
        " text.getComputedTextLength() > Number(text.dataset.room) + 1.5).map(text => text.textContent)"
    )
    with browser.page() as page:
        page.open(path)
        assert page.evaluate(too_long) == []
        page.evaluate("document.documentElement.style.setProperty('--letters', 'monospace')")
        page.evaluate("document.getElementById('open-all').click()")
        assert page.evaluate(squeezed) > 20
        assert page.evaluate(too_long) == []
        fine(page)


def test_every_control_has_a_name(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        page.open(written(tmp_path))
        click(page, "stem")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        named = [
            (each["role"]["value"], each.get("name", {}).get("value", ""))
            for each in nodes
            if not each.get("ignored")
            and each["role"]["value"] in ("button", "treeitem", "combobox", "tree", "searchbox", "img")
        ]
        assert all(name for _, name in named), named
        assert ("tree", "tiny, as a tree of boxes") in named
        assert ("treeitem", "Unit_1..3, Unit, 3 rounds, closed") in named
        assert ("treeitem", "stem, conv, gives 12×12×8") in named
        assert ("combobox", "Search by path or kind") in named


# --- watching ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    spec = tmp_path / "tiny.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    watch = Watch(str(spec))
    with serving(watch, 0) as address:
        yield spec, address


LAST_SHAPE = "[...document.querySelectorAll('.shape')].at(-1).textContent"


def test_a_save_is_drawn_and_the_place_is_kept(browser: Browser, watched: tuple[Path, str]) -> None:
    spec, address = watched
    with browser.page() as page:
        page.open(f"{address}#open=Unit_1..3&at=Unit_1.skip_1")
        before = page.evaluate(SEEN)
        assert before == OPEN
        for units in range(20, 25):
            spec.write_text(SPEC.replace("units: 10", f"units: {units}"), encoding="utf-8")
            page.becomes(LAST_SHAPE, str(units))
        assert page.evaluate(SEEN) == before
        assert page.evaluate(CHOSEN) == "Unit_1.skip_1"
        hover(page, "out")
        page.wait_for(f"{CARD}.includes('8*24 + 24 = 216')")  # what is said of nodes follows the picture
        assert page.complaints == []
        assert {each.url for each in page.requests} == {address, f"{address}changes?after=0"}


def test_a_text_that_cannot_be_read_keeps_the_drawing(browser: Browser, watched: tuple[Path, str]) -> None:
    spec, address = watched
    with browser.page() as page:
        page.open(address)
        before = page.evaluate(SEEN)
        spec.write_text("netspec: [", encoding="utf-8")
        page.wait_for("!document.getElementById('problems').hidden")
        assert page.evaluate(SEEN) == before
        # What is half-written is drawn as far as it can be mended.
        spec.write_text(f"{SPEC}  - dense: {{units: 10", encoding="utf-8")
        page.wait_for(f"{box('dense_1')} !== null")
        spec.write_text(SPEC, encoding="utf-8")
        page.wait_for("document.getElementById('problems').hidden")
        assert page.evaluate(SEEN) == before
        assert json.loads(page.evaluate("document.getElementById('picture').textContent"))["watched"] == str(spec)
