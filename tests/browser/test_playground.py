"""The playground in headless Chromium: netspec under Pyodide, fed from the editor, with nothing asked of anybody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from netspec.playground.serving import SITE, Files
from tests.support.browser import Browser, Page, needs_browser
from tests.support.imports import ROOT

pytestmark = [
    *needs_browser,
    pytest.mark.skipif(not (SITE / "index.html").exists(), reason="needs `python tools/build_playground.py`"),
]

SOURCES = ROOT.parent / "editors" / "playground" / "src"
READY = "document.documentElement.dataset.ready === 'true'"
STATUS = "document.getElementById('status').textContent"
NOTICE = "(n => n.hidden ? '' : n.textContent)(document.getElementById('notice'))"
ROWS = (
    "[...document.querySelectorAll('#nodes tr')].map(row => [...row.children].map(cell => cell.textContent).join(' '))"
)
TEXT = "[...document.querySelectorAll('.cm-line')].map(line => line.textContent).join('\\n')"
PROBLEMS = "[...document.querySelectorAll('#problems button:not(.fix)')].map(each => each.textContent)"
HINTS = "[...document.querySelectorAll('.hint')].map(each => each.textContent)"


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    built = (SITE / "main.js").stat().st_mtime
    newer = [path.name for path in SOURCES.iterdir() if path.stat().st_mtime > built]
    assert not newer, f"`python tools/build_playground.py`: it was built before {', '.join(sorted(newer))} changed"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(SITE))) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as made:
        yield made


def address(server: ThreadingHTTPServer, rest: str = "") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/{rest}"


def typed(page: Page, text: str) -> None:
    """What a user types at the cursor."""
    page.call("Input.insertText", text=text)


def at_line(page: Page, line: int) -> None:
    """Put the cursor at the end of a line, from 1.

    The page is drawn a frame after it was told, which on a busy machine may be long after: what shows the cursor is waited for.
    """
    place = page.evaluate(
        f"(() => {{ const box = document.querySelectorAll('.cm-line')[{line - 1}].getBoundingClientRect();"
        " return [box.left + 2, box.top + box.height / 2]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
    page.becomes(
        "[...document.querySelectorAll('.cm-line')].findIndex(each => each.matches('.cm-activeLine'))", line - 1
    )
    page.press("End", 35)


def test_shapes_problems_variants_and_links(server: ThreadingHTTPServer, browser: Browser, tmp_path: Path) -> None:
    with browser.page(width=1400, height=850) as page:
        page.open(address(server))
        page.wait_for(READY)
        page.becomes(STATUS, "no problems")
        page.becomes(
            f"{ROWS}.slice(0, 3)",
            ["upsample_1 upsample 32×32×1 0 0", "c1 conv 28×28×6 156 118 k", "s2 pool 14×14×6 0 0"],
        )
        page.becomes("document.getElementById('totals').textContent", "61,706 parameters, 416,520 multiply–accumulates")
        assert page.overflow == 0

        # A mistake is told as it is typed, and shapes follow what is typed.
        at_line(page, 23)
        typed(page, "x")
        page.becomes(STATUS, "1 error")
        page.becomes(PROBLEMS, ["23:5  NS201  there is no kind 'flattenx'; did you mean `flatten`?"])
        page.becomes(f"{HINTS}.slice(-2)", ["≈84", "≈10"])
        page.wait_for("document.getElementById('totals').textContent.startsWith('≈ ')")
        page.becomes(
            f"{ROWS}.slice(-4)",
            [
                "c5 conv 1×1×120 48.1 k 48 k",
                "flatten_1 flatten ≈120 0 0",
                "f6 dense ≈84 10.2 k 10.1 k",
                "digit dense ≈10 850 840",
            ],
        )

        # A repair that has been tried is one click away.
        page.evaluate("document.querySelector('#problems .fix').click()")
        page.becomes(
            "[...document.querySelectorAll('.fixes button')].map(each => each.textContent)",
            ["flatten → 61.7 k parameters, 417 k MACs in total"],
        )
        page.evaluate("document.querySelector('.fixes button').click()")
        page.becomes(STATUS, "no problems")
        page.becomes(f"{HINTS}.at(-1)", "10")
        assert page.evaluate(HINTS)[:3] == ["8×8×1", "32×32×1", "28×28×6"]

        # Another spec of the zoo, and one of its variants.
        page.evaluate(
            "(z => { z.value = 'resnet'; z.dispatchEvent(new Event('change')); })(document.getElementById('zoo'))"
        )
        page.wait_for("document.getElementById('totals').textContent.startsWith('25,')")
        page.becomes("location.hash", "#zoo=resnet")
        page.evaluate(
            "(v => { v.value = '18'; v.dispatchEvent(new Event('change')); })(document.getElementById('variant'))"
        )
        page.wait_for("document.getElementById('totals').textContent.startsWith('11,')")

        # A link carries what was written.
        at_line(page, 1)
        typed(page, " # mine")
        page.wait_for(f"{TEXT}.startsWith('netspec: 1 # mine')")
        page.evaluate("document.getElementById('share').click()")
        page.wait_for("location.hash.startsWith('#spec=')")
        link = page.evaluate("location.hash")
        assert page.complaints == []
        assert [each.url for each in page.requests if not each.url.startswith(address(server))] == []
    with browser.page(width=390, height=844, dark=True) as page:
        page.open(address(server, link))
        page.wait_for(READY)
        assert page.evaluate(TEXT).startswith("netspec: 1 # mine\n")
        assert page.overflow == 0
        assert page.complaints == []


def test_what_was_written_is_there_again_when_the_page_is_loaded_anew(
    server: ThreadingHTTPServer, browser: Browser
) -> None:
    with browser.page() as page:
        page.open(address(server))
        page.wait_for(READY)
        at_line(page, 1)
        typed(page, " # mine")
        page.wait_for(f"{TEXT}.startsWith('netspec: 1 # mine')")
        page.open(address(server))
        page.wait_for(READY)
        assert page.evaluate(TEXT).startswith("netspec: 1 # mine\n")
        assert page.evaluate(NOTICE) == "This is the text as you left it. Choose a spec to start anew."
        # The cursor at a line's end stands at the text, not at the hint behind it.
        at_line(page, 10)
        page.becomes(
            "(line => { const range = document.createRange(); range.selectNodeContents(line);"
            " const left = of => of.getBoundingClientRect().left, hint = line.querySelector('.hint');"
            " range.setEndBefore(hint); const { right } = range.getBoundingClientRect();"
            " return [Math.abs(left(document.querySelector('.cm-cursor-primary')) - right) < 3,"
            " left(hint.firstElementChild) - right > 8]; })(document.querySelectorAll('.cm-line')[9])",
            [True, True],
        )
        page.evaluate(
            "(z => { z.value = 'resnet'; z.dispatchEvent(new Event('change')); })(document.getElementById('zoo'))"
        )
        page.wait_for("document.getElementById('totals').textContent.startsWith('25,')")
        page.open(address(server, "?again"))
        page.wait_for(READY)
        assert page.evaluate(TEXT).startswith("netspec: 1\ndescription: LeNet-5")
        assert page.complaints == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("#spec=nonsense", "The link holds no spec that could be read; this is LeNet-5."),
        ("#spec=%%%", "The link holds no spec that could be read; this is LeNet-5."),
        ("#spec=", "The link holds no spec that could be read; this is LeNet-5."),
        ("#zoo=nonsense", "The zoo has no nonsense; this is LeNet-5."),
        ("", ""),
    ],
)
def test_a_link_that_holds_nothing_says_so(server: ThreadingHTTPServer, browser: Browser, link: str, said: str) -> None:
    with browser.page() as page:
        page.open(address(server, link))
        page.wait_for(READY)
        assert page.evaluate(NOTICE) == said
        assert page.evaluate(TEXT).startswith("netspec: 1\ndescription: LeNet-5")
        page.evaluate(
            "(z => { z.value = 'resnet'; z.dispatchEvent(new Event('change')); })(document.getElementById('zoo'))"
        )
        page.wait_for("document.getElementById('totals').textContent.startsWith('25,')")
        assert page.evaluate(NOTICE) == ""


def test_it_works_without_a_network_once_loaded(browser: Browser) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(SITE))) as once:
        thread = threading.Thread(target=once.serve_forever)
        thread.start()
        where = address(once)
        with browser.page() as page:
            page.open(where)
            page.wait_for(READY)
            page.wait_for("navigator.serviceWorker.controller !== null")
            once.shutdown()
            thread.join()
            once.server_close()
            page.open(f"{where}?again#zoo=unet")
            page.wait_for(READY)
            page.becomes(STATUS, "no problems")
            assert page.evaluate("document.querySelectorAll('#nodes tr').length") > 20


def test_a_new_line_begins_where_the_next_node_does(server: ThreadingHTTPServer, browser: Browser) -> None:
    with browser.page() as page:
        page.open(address(server))
        page.becomes(READY, True)
        at_line(page, 1)
        page.press("a", 65, code="KeyA", modifiers=2)
        page.press("Delete", 46)
        written = ["netspec: 1", "input: [8, 8, 3]", "layers:", "- skip:   # two", "- relu", "- 1x1: 3"]
        for line in written:
            for character in line:
                typed(page, character)
            page.press("Escape", 27)  # no suggestion is taken
            page.press("Enter", 13, text="\r")
        text = """\
netspec: 1
input: [8, 8, 3]8×8×3
layers:
  - skip:   # two8×8×3
      - relu8×8×3
      - 1x1: 38×8×3
      """
        page.becomes(TEXT, text)
