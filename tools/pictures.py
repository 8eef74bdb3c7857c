"""Draw the pictures of the documentation: what a user sees in the playground and in Neovim, light and dark.

`python tools/pictures.py [playground|neovim ...]` writes docs/images. The playground is opened in headless Chromium, and has to be
built before; Neovim runs in tmux, and what stands in its terminal is drawn as SVG. Pictures are looked at before they are kept.
"""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT))

from netspec.playground.serving import SITE, Files  # noqa: E402
from tests.support.browser import Browser  # noqa: E402

# A network with a mistake that only its shapes tell, as somebody has it who writes it down for the first time.
SPEC = """\
netspec: 1
input: [32, 32, 3]

blocks:
  Residual:
    params: {filters: , strides: 1}
    layers:
      - skip:
          shortcut: "'identity' if $strides == 1 else 'project'"
          body:
            - conv: {filters: $filters, kernel_size: 3, strides: $strides, padding: same}
            - batch_norm
            - relu
            - conv: {filters: $filters, kernel_size: 3, padding: same}
            - batch_norm
      - relu

layers:
  - conv: {filters: 16, kernel_size: 3, padding: same, activation: relu}
  - Residual: {filters: 16, repeat: 3}
  - Residual: {filters: 32, strides: 2}
  - conv: {filters: 64, kernel_size: 5, strides: 2}
  - conv: {filters: 96, kernel_size: 7}
  - global_pool
  - dense: {units: 10, activation: softmax}
"""
COLUMNS, ROWS = 132, 27
# Ground, text, and the eight colours of a terminal, twice: those that are called bright are the same.
_LIGHT = (
    (30, 34, 40),
    (179, 38, 30),
    (26, 107, 53),
    (122, 82, 0),
    (11, 79, 158),
    (122, 46, 132),
    (0, 105, 120),
    (91, 101, 112),
)
_DARK = (
    (120, 130, 142),
    (255, 155, 146),
    (131, 211, 156),
    (240, 195, 109),
    (140, 188, 255),
    (214, 160, 226),
    (120, 210, 220),
    (200, 206, 214),
)
LIGHT = TerminalTheme((255, 255, 255), (30, 34, 40), list(_LIGHT), list(_LIGHT))
DARK = TerminalTheme((20, 23, 27), (228, 232, 238), list(_DARK), list(_DARK))
# rich's own form asks a server for its typeface.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def playground() -> None:
    """The page, light and dark."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(SITE))) as server, Browser() as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("light", "dark"):
            with browser.page(width=1280, height=640, dark=name == "dark") as page:
                packed = zlib.compress(SPEC.encode(), wbits=-15)
                link = base64.urlsafe_b64encode(packed).decode().rstrip("=")
                page.open(f"http://127.0.0.1:{server.server_address[1]}/#spec={link}")
                page.wait_for("document.getElementById('status').textContent.includes('error')")
                time.sleep(2)  # until hints and table have come
                page.screenshot(IMAGES / f"playground-{name}.png", whole=False)
        server.shutdown()


def neovim() -> None:
    """A terminal with Neovim in it, light and dark."""
    for program in ("nvim", "tmux"):
        if shutil.which(program) is None:
            sys.exit(f"the picture of Neovim needs {program}")
    from tests.editors.programs import settings

    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "network.netspec.yaml"
        spec.write_text(SPEC, encoding="utf-8")
        configuration = Path(folder) / "init.lua"
        for name, theme in (("light", LIGHT), ("dark", DARK)):
            looks = f"vim.o.background = '{name}'\nvim.o.laststatus = 0\nvim.o.number = true\n"
            looks += "vim.cmd('hi SignColumn ctermbg=NONE')\n"
            configuration.write_text(looks + settings("init.lua (0.7 to 0.10)"), encoding="utf-8")
            command = (
                f"cd {folder} && PATH={Path(sys.executable).parent}:$PATH nvim -n -i NONE -u init.lua +24 {spec.name}"
            )
            screen = terminal(command)
            console = Console(record=True, width=COLUMNS, height=ROWS, file=io.StringIO())
            console.print(Text.from_ansi(screen), end="")
            (IMAGES / f"neovim-{name}.svg").write_text(
                console.export_svg(title="Neovim", theme=theme, code_format=SVG, unique_id=f"neovim-{name}"),
                encoding="utf-8",
            )


def terminal(command: str) -> str:
    """What stands on a terminal, with its colours, a while after a command has been started in it."""
    session = ["tmux", "-L", "pictures"]
    subprocess.run([*session, "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), command], check=True)
    try:
        time.sleep(6)
        shown = subprocess.run([*session, "capture-pane", "-e", "-p"], capture_output=True, text=True, check=True)
    finally:
        subprocess.run([*session, "kill-server"], check=False)
    return shown.stdout


PICTURES = {"playground": playground, "neovim": neovim}


def main(names: list[str]) -> None:
    """Draw some, or all."""
    IMAGES.mkdir(exist_ok=True)
    for name in names or PICTURES:
        PICTURES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
