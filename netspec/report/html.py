"""A page in one file: what it needs is in it, and it may ask nobody for anything.

The policy in its head names the scripts and styles that are in it by their digests, so that nothing else runs, whatever a
spec's names say.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path

from netspec import __version__
from netspec.outputs import PAGE_NOTE

STYLE = Path(__file__).with_name("page.css")


def document(
    *, title: str, body: str, styles: Sequence[Path] = (), scripts: Sequence[Path] = (), policy: str = ""
) -> str:
    """A whole page.

    Args:
        title: Its title.
        body: What is in it, as HTML.
        styles: Files of styles beside those that all pages share.
        scripts: Files of scripts, run in order as one module, once the body is there.
        policy: What else the page may do, as a directive of its policy: `connect-src 'self'` of one that is served.
    """
    style = "".join(path.read_text(encoding="utf-8") for path in (STYLE, *styles))
    script = "".join(path.read_text(encoding="utf-8") for path in scripts)
    allowed = [
        "default-src 'none'",
        f"style-src {_digest(style)}",
        f"script-src {_digest(script)}" if script else "",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        policy,
    ]
    content = "; ".join(filter(None, allowed))
    module = f'<script type="module">{script}</script>\n' if script else ""
    return (
        "<!doctype html>\n"
        '<html lang="en">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        f'{PAGE_NOTE}{__version__}">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{content}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(title)}</title>\n"
        f"<style>{style}</style>\n"
        "</head>\n"
        f"<body>\n{body}\n{module}</body>\n"
        "</html>\n"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def data_block(value: object, name: str = "") -> str:
    """What `json.dumps` takes, for a page's script; no browser runs it. A name is its `id`."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    named = f' id="{name}"' if name else ""
    return f'<script type="application/json"{named}>{text}</script>'
