"""Write into the pages what their commands print: `python -m tests.docs.accept [PAGE…]`. Read the difference afterwards."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.docs.pages import DOCS, PAGES, TASKS, Runner, commands, example_installed, settled


def accept(path: Path) -> None:
    """Run a page and write it again; what differs only in times and figures of losses stays as it was."""
    page = path.read_text(encoding="utf-8")
    with example_installed(page):
        accepted(path, page)


def accepted(path: Path, page: str) -> None:
    """Run a page's text, and write it to its path as it is then."""
    changed, end = [], 0
    for block, printed in Runner().run(page):
        if block.language != "console" or block.title:
            continue
        text = ""
        for command, out in zip(commands(block), printed, strict=True):
            same = settled(out) == settled(command.output)
            shown = command.text.replace("\n", "\n> ")
            text += f"$ {shown}\n{command.output if same else out}"
        text = "".join(block.indent + line if line.strip() else line for line in text.splitlines(keepends=True))
        changed += [page[end : block.start], text]
        end = block.end
    path.write_text("".join([*changed, page[end:]]), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    named = [Path(name).resolve() for name in sys.argv[1:]]
    for page in named or (*PAGES, *TASKS):
        with tempfile.TemporaryDirectory() as folder:
            before = Path.cwd()
            os.chdir(folder)
            try:
                accept(page)
            finally:
                os.chdir(before)
        print(page.relative_to(DOCS))
