"""`netspec diff --format html`: what is said, what is marked in both pictures, and the page in a browser."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.comparison.differences import Difference
from netspec.drawing.opening import first_sight, fits_page
from netspec.drawing.picture import picture
from netspec.drawing.placing import place
from netspec.drawing.side_by_side import as_page
from netspec.drawing.svg import svg
from netspec.pipeline import Spec, check, check_text
from tests.support.browser import Browser, needs_browser
from tests.support.differing import SPECS

BEFORE = """\
netspec: 1
name: net
input: [8, 8, 3]
layers:
  - conv: {filters: 8, kernel_size: 3, name: stem}
  - relu
  - dropout: 0.5
  - global_pool
  - dense: {units: 10, name: out}
"""
AFTER = """\
netspec: 1
name: net
input: [8, 8, 3]
layers:
  - conv: {filters: 8, kernel_size: 3, name: stem}
  - batch_norm
  - relu
  - global_pool
  - dense: {units: 4, name: out}
"""


def page_of(one: Spec, other: Spec, a: str = "before.yaml", b: str = "after.yaml") -> str:
    assert one.graph is not None
    assert other.graph is not None
    return as_page(Difference(one.graph, other.graph), a, b, (one, other))


def signs_of(svg: str) -> dict[str, str]:
    """The signs that stand at boxes, by path."""
    found = {}
    for path, group in re.findall(r'<g class="\w+" data-path="([^"]*)"(.*?)</g>', svg, re.S):
        badge = re.search(r"<circle [^>]*/>\n<text [^>]*>([^<]*)</text>", group)
        if badge is not None:
            found[path] = badge[1]
    return found


class Read(HTMLParser):
    """A page's text by its elements, its tags closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.items: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("li", "dd", "h1"):
            self.items.append("")
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"li", "dd", "h1"} & set(self.open):
            self.items[-1] += data


def test_both_networks_are_drawn_and_marked() -> None:
    text = page_of(check_text(BEFORE, "before.yaml"), check_text(AFTER, "after.yaml"))
    first, second = re.findall(r"<figure>.*?</figure>", text, re.S)
    assert signs_of(first) == {"dropout_1": "−", "out": "~"}
    assert signs_of(second) == {"batch_norm_1": "+", "out": "~"}
    assert "<title>out: dense, 4, 36 parameters, 32 MACs, changed</title>" in second
    assert "<title>batch_norm_1: batch_norm, 32 parameters, new</title>" in second
    assert Read(text).items == [
        "before.yaml → after.yaml: 6 nodes",
        "+ batch_norm_1: batch_norm after stem, 6 x 6 x 8, 32 parameters",
        "- dropout_1: dropout after relu_1, 6 x 6 x 8",
        "~ dense out: units 10 → 4",
        "1 of 5 nodes, the first out: 10 → 4",
        "314 → 292 (-7.0 %)",
        "7.86 k → 7.81 k (-0.6 %)",
        "3.45 KiB → 3.42 KiB (-0.7 %)",
        "76.7 % carry over: 224 of 292 parameters, 2 of 8 tensors",
        "new: all of batch_norm_1; kernel and bias of out",
    ]


def test_a_box_that_holds_what_changed_is_marked_so() -> None:
    one, other = (check(SPECS / "vgg.yaml", variant=variant, repairs=False) for variant in ("16", "16_bn"))
    drawn = picture(other)
    graph = one.graph, other.graph
    assert graph[0] is not None
    assert graph[1] is not None
    added = dict.fromkeys(Difference(graph[0], graph[1]).added, "+")
    closed = svg(drawn, [], added)
    assert signs_of(closed) == {"Stage_1..2": "~", "Stage_3..5": "~"}
    assert re.search("<title>Stage_1..2: Stage, 2 times, .*, changed</title>", closed)
    opened = svg(drawn, ["Stage_1..2", "Stage_1", "Stage_1.Conv_1..2", "Stage_1.Conv_1"], added)
    signs = signs_of(opened)
    assert signs["Stage_1.Conv_1.batch_norm_1"] == "+"
    assert signs["Stage_1..2"] == "~"  # of the rounds that are not seen


def test_what_changed_is_opened_first() -> None:
    drawn = picture(check(SPECS / "googlenet.yaml", repairs=False))
    (last,) = (index for index, box in enumerate(drawn.boxes) if box.path == "inception_5b")
    assert "inception_5b" not in first_sight(drawn)
    assert "inception_5b" in first_sight(drawn, [drawn.boxes[last].start])
    opened = first_sight(drawn, range(len(drawn.graph.nodes)))
    assert fits_page(place(drawn, opened))


def test_the_same_network_is_drawn_without_marks() -> None:
    text = page_of(check_text(BEFORE, "before.yaml"), check_text(BEFORE.replace("out}", "end}"), "after.yaml"))
    assert [signs_of(each) for each in re.findall(r"<figure>.*?</figure>", text, re.S)] == [{}, {}]
    assert Read(text).items[0] == "before.yaml and after.yaml: the same network, 6 nodes; 1 has another name"


def test_names_are_no_markup() -> None:
    name = "<script>alert(1)</script>`x`"
    text = page_of(check_text(BEFORE, "x"), check_text(AFTER, "x"), name, name)
    assert "<script" not in text
    Read(text)


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("before.yaml").write_text(BEFORE)
    Path("after.yaml").write_text(AFTER)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_ending_says_the_format() -> None:
    for ending, start in {
        "html": "<!doctype html>",
        "json": '{\n  "a": "before.yaml"',
        "md": "### `before.yaml` → `after.yaml`: 6 nodes",
        "txt": "before.yaml -> after.yaml: 6 nodes",
    }.items():
        assert run("diff", "before.yaml", "after.yaml", "-o", f"x.{ending}") == (1, f"wrote x.{ending}\n", "")
        assert Path(f"x.{ending}").read_text().startswith(start)
    assert run("diff", "before.yaml", "before.yaml", "--format", "text", "-o", "y.html") == (0, "wrote y.html\n", "")
    assert Path("y.html").read_text() == "before.yaml and before.yaml: the same network, 6 nodes\n"
    status, printed, _ = run("diff", "before.yaml", "after.yaml", "--format", "html")
    assert status == 1
    assert printed == Path("x.html").read_text()


@pytest.mark.usefixtures("folder")
def test_what_is_not_its_own_is_kept() -> None:
    Path("mine.html").write_text("mine")
    status, _, told = run("diff", "before.yaml", "after.yaml", "-o", "mine.html")
    assert (status, Path("mine.html").read_text()) == (2, "mine")
    assert (
        told
        == "mine.html: error NS709: the file exists and netspec did not write it; choose another with -o, or replace it with --force\n"
    )
    assert run("diff", "before.yaml", "after.yaml", "-o", "mine.html", "--force")[0] == 1
    assert run("diff", "before.yaml", "after.yaml", "-o", "mine.html")[0] == 1  # a page of its own
    status, _, told = run("diff", "before.yaml", "after.yaml", "-o", "after.yaml")
    assert (status, Path("after.yaml").read_text()) == (2, AFTER)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as browser:
        yield browser


@needs_browser[0]
@needs_browser[1]
def test_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    one, other = (check(SPECS / "efficientnet.yaml", variant=variant, repairs=False) for variant in ("b0", "b1"))
    path = tmp_path / "page.html"
    path.write_text(page_of(one, other), encoding="utf-8")
    with browser.page() as page:
        page.open(path)
        assert [each.url for each in page.requests if each.kind != "Document"] == []
        assert (page.complaints, page.overflow) == ([], 0)
        assert page.evaluate("document.querySelectorAll('figure svg').length") == 2
        side_by_side = "(() => { const [a, b] = [...document.querySelectorAll('figure')].map(each => each.getBoundingClientRect()); return a.top === b.top; })()"
        assert page.evaluate(side_by_side) is True
        page.call("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=False)
        assert page.evaluate(side_by_side) is False
        assert page.overflow == 0
