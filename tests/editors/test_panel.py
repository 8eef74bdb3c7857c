"""The page of the extension's panel, in a browser: it shows what it is sent, follows the cursor, and tells what is clicked."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.pipeline import check
from netspec.report.inspection import as_dict
from tests.support.browser import Browser, Page, needs_browser

ROOT = Path(__file__).parent.parent.parent
HERE = ROOT / "editors" / "vscode"
NODE = shutil.which("node")

pytestmark = [*needs_browser, pytest.mark.skipif(NODE is None, reason="needs Node")]

# What VS Code gives such a page: a way back to the extension, and the colours of its theme.
AROUND = """<style>:root {
  --vscode-foreground: %s; --vscode-editor-background: %s; --vscode-editor-selectionBackground: rgb(51, 102, 153);
  --vscode-font-family: sans-serif; --vscode-font-size: 13px; --vscode-editor-font-family: monospace;
}
body { background: var(--vscode-editor-background) }</style>
<script nonce="n">window.told = []; window.acquireVsCodeApi = () => ({ postMessage: (message) => told.push(message) })</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


def made(script: str, given: object) -> str:
    """What a function of the extension's `shapes.js` makes."""
    assert NODE is not None
    code = (
        f"process.stdout.write(({script})(require({json.dumps(str(HERE / 'src' / 'shapes.js'))}), {json.dumps(given)}))"
    )
    return subprocess.run([NODE, "-e", code], capture_output=True, text=True, check=True).stdout


def opened(page: Page, folder: Path, dark: bool = False) -> None:
    for name in ("panel.css", "panel.js"):
        shutil.copy(HERE / "media" / name, folder)
    given = {"source": "'self' 'unsafe-inline' file:", "style": "panel.css", "script": "panel.js", "nonce": "n"}
    html = made("(shapes, given) => shapes.page(given)", given)
    colours = ("#cccccc", "#1e1e1e") if dark else ("#333333", "#ffffff")
    (folder / "panel.html").write_text(html.replace("</head>", f"{AROUND % colours}</head>"), encoding="utf-8")
    page.open(folder / "panel.html")


def send(page: Page, message: object) -> None:
    page.evaluate(f"window.dispatchEvent(new MessageEvent('message', {{ data: {json.dumps(message)} }}))")


def body(spec: str) -> str:
    graph = check(ROOT / "specs" / spec).graph
    assert graph is not None
    return made(
        "(shapes, given) => shapes.body(given)", {"version": 1, "variant": None, "errors": False, **as_dict(graph)}
    )


def test_the_page_shows_follows_and_tells(browser: Browser, tmp_path: Path) -> None:
    with browser.page(width=700, height=300) as page:
        opened(page, tmp_path)
        assert page.evaluate("told") == [{"ready": True}]
        send(page, {"body": body("resnet.yaml"), "rows": [0]})
        here = "[...document.querySelectorAll('tr.here')].map((row) => Number(row.dataset.row))"
        assert page.evaluate(here) == [0]
        last = page.evaluate("document.querySelectorAll('tbody tr').length") - 1
        assert last > 20
        send(page, {"rows": [last - 1, last]})
        assert page.evaluate(here) == [last - 1, last]
        assert page.evaluate("document.documentElement.scrollTop") > 0
        send(page, {"rows": [3, 4, 5, 6]})
        seen = "[...document.querySelectorAll('tr.here, thead th:first-child')].map((each) => each.getBoundingClientRect())"
        head, first, *_, bottom = page.evaluate(f"{seen}.map((box) => [box.top, box.bottom])")
        assert head[1] <= first[0]
        assert bottom[1] <= page.evaluate("innerHeight")
        assert (
            page.evaluate("getComputedStyle(document.querySelector('tr.here')).backgroundColor") == "rgb(51, 102, 153)"
        )
        line = page.evaluate("Number(document.querySelector('tbody tr:nth-child(3)').dataset.line)")
        page.evaluate("document.querySelector('tbody tr:nth-child(3) td').click()")
        page.evaluate("document.querySelector('thead th').click()")
        assert page.evaluate("told") == [{"ready": True}, {"line": line}]
        assert page.complaints == []
        for width in (700, 420):
            page.resize(width)
            assert page.overflow == 0


def test_names_are_no_markup(browser: Browser, tmp_path: Path) -> None:
    with browser.page() as page:
        opened(page, tmp_path, dark=True)
        node = {
            "name": "<img src=x onerror=told.push(1)>",
            "kind": "relu",
            "line": 1,
            "output_shape": [None, 3],
            "parameters": 0,
            "macs": 0,
        }
        shapes = {
            "version": 1,
            "variant": None,
            "provisional": [],
            "name": "n",
            "nodes": [node],
            "totals": {"parameters": 0, "macs": 0},
        }
        send(page, {"body": made("(shapes, given) => shapes.body(given)", shapes), "rows": []})
        assert page.evaluate("document.querySelector('tbody td').textContent") == node["name"]
        assert page.evaluate("document.querySelector('td.shape').textContent") == "?×3"
        assert page.evaluate("document.images.length") == 0
        assert page.evaluate("told") == [{"ready": True}]
