"""The pages of the documentation as what can be run: their blocks of code, and what running them prints.

A block of code on a page is one of these:

- `yaml title="a.yaml"`, or any other language with a title: a file, written to the folder in which the page runs;
- `console`: commands after `$ `, and `> ` where they go on, over what they print; they are run, and what they print is compared;
- `python`: run, all those of a page as one program;
- `yaml` without a title: a spec, or a part of one, which must be valid;
- `text`: shown, not run.

What names ONNX is run where the packages of the extra `onnx` are installed, and only shown elsewhere; what draws, where matplotlib is;
a server, where the extra `serve` is.

Times, figures of losses and the names of run folders differ from run to run; `settled` takes them out of a comparison.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from netspec.cli import main

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
GENERATED = ("kinds.md", "problems.md", "settings.md", "commands.md", "backends.md", "zoo.md")
# Pages that are run: all that people wrote but the language's, whose examples tests/test_articles.py completes.
PAGES = tuple(
    path
    for path in sorted(DOCS.rglob("*.md"))
    if path.name not in (*GENERATED, "architecture.md", "language.md", "extending.md") and path.parent.name != "tasks"
)
TASKS = tuple(sorted((DOCS / "howto" / "tasks").glob("*.md")))  # pages that are run and held to a figure
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w+)(?P<more>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(?:-\d+)?")
ONNX = re.compile(r"\bonnx\b")
DRAWS = re.compile(r"netspec (report|probe|features)|-o \S+\.html")
CAN_DRAW = all(importlib.util.find_spec(name) is not None for name in ("matplotlib", "jinja2"))
HAS_ONNX = all(importlib.util.find_spec(name) is not None for name in ("onnx", "tf2onnx", "onnxruntime"))
TORCH = re.compile(r"--format torch|^import torch|use_torch\.py", re.M)
HAS_TORCH = importlib.util.find_spec("torch") is not None
SERVES = re.compile(r"subprocess\.Popen")
CAN_SERVE = all(importlib.util.find_spec(name) is not None for name in ("starlette", "uvicorn", "prometheus_client"))
FRAMEWORK = re.compile(
    r"^\$ .*netspec (train|build|evaluate|predict|export|report|probe|features)|\.(build|train)\(|^import keras|^\$ python",
    re.M,
)


class Block(NamedTuple):
    """A block of code of a page; `start` and `end` are where its text stands in the page."""

    language: str
    title: str
    text: str
    line: int
    start: int
    end: int
    indent: str


class Command(NamedTuple):
    """A command of a `console` block, and what the page says it prints."""

    text: str
    output: str


def blocks(page: str) -> list[Block]:
    """All blocks of code of a page, in order."""
    return [
        Block(
            match["language"],
            found[1] if (found := re.search(r'title="([^"]+)"', match["more"])) else "",
            re.sub(rf"^{match['indent']}", "", match["text"], flags=re.M),
            page[: match.start()].count("\n") + 2,
            match.start("text"),
            match.end("text"),
            match["indent"],
        )
        for match in FENCE.finditer(page)
    ]


def commands(block: Block) -> list[Command]:
    """The commands of a `console` block."""
    parts = re.split(r"^\$ ", block.text, flags=re.M)
    assert not parts[0], f"line {block.line}: a console block starts with `$ `"
    found = []
    for part in parts[1:]:
        lines = part.splitlines(keepends=True)
        count = next((i for i, line in enumerate(lines) if i and not line.startswith("> ")), len(lines))
        text = "".join([lines[0], *(line.removeprefix("> ") for line in lines[1:count])])
        found.append(Command(text.strip(), "".join(lines[count:])))
    return found


def needs_framework(page: str) -> bool:
    """Does running the page load Keras?"""
    return any(FRAMEWORK.search(block.text) for block in blocks(page))


def settled(text: str) -> str:
    """What is printed, without what differs from run to run and from machine to machine."""
    text = STAMP.sub("TIME", text)
    text = re.sub(r"\b\d+\.\d s$", "T s", text, flags=re.M)
    text = re.sub(r"on \w+ \S+ on \w+", "on MACHINE", text)
    text = re.sub(r"^(wrote .*, )\d+(\.\d+)? [KM]iB$", r"\1SIZE", text, flags=re.M)
    text = re.sub(r"^(\S+)(?: {2,}(?:\d+|\.))+$", r"\1 COUNTS", text, flags=re.M)  # a row of a confusion matrix
    text = re.sub(
        r"^(\S.*?)(?: {2,}\d+)?(?: {2,}(?:\d+\.\d|\d\.\d{3}|–))+ *$", r"\1 SHARES", text, flags=re.M
    )  # a row of `probe`
    text = re.sub(r"± \d+\.\d points", "± N points", text)
    return re.sub(r"\b\d+\.\d{4}(e-\d+)?\b", "N", text)


def accuracies(text: str) -> list[float]:
    """The accuracies on tests, which may differ a little from machine to machine."""
    return [float(found) for found in re.findall(r"^test .* accuracy (\d\.\d+)", text, re.M)]


def check(path: Path) -> None:
    """Run a page in the current folder: it prints what it says."""
    page = path.read_text(encoding="utf-8")
    with example_installed(page):
        for block, printed in Runner().run(page):
            if block.language != "console":
                continue
            for command, out in zip(commands(block), printed, strict=True):
                assert settled(out) == settled(command.output), f"{path}:{block.line}: $ {command.text}"
                assert accuracies(out) == pytest.approx(accuracies(command.output), abs=0.05)


@contextmanager
def example_installed(page: str) -> Iterator[None]:
    """The example package of kinds, installed for a page that uses it."""
    if "--kinds netspec-shine" not in page:
        yield
        return
    from tests.support.installed import EXAMPLE, install

    with tempfile.TemporaryDirectory() as folder:
        install(EXAMPLE, Path(folder))
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(folder)


class Runner:
    """Runs the blocks of one page in the current folder, but for those that need packages which are not installed."""

    def __init__(self) -> None:
        self._namespace: dict[str, object] = {"__name__": "__page__"}
        self._stamps: dict[str, str] = {}  # names of run folders on the page, and those that were made

    def run(self, page: str) -> Iterator[tuple[Block, list[str]]]:
        """Each block that is run, with what its commands print."""
        for block in blocks(page):
            lacking = ((ONNX, HAS_ONNX), (DRAWS, CAN_DRAW), (SERVES, CAN_SERVE), (TORCH, HAS_TORCH))
            if any(pattern.search(block.text) and not there for pattern, there in lacking):
                continue
            printed = []
            if block.title:
                path = Path(block.title)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(block.text, encoding="utf-8")
            elif block.language == "console":
                printed = [self._command(command) for command in commands(block)]
            elif block.language == "python":
                exec(compile(block.text, f"<line {block.line}>", "exec"), self._namespace)
            yield block, printed

    def _command(self, command: Command) -> str:
        text = command.text
        for old, new in self._stamps.items():
            text = text.replace(old, new)
        words = shlex.split(text)
        simple = not re.search(r"[|<>;&*`\n]|\$\(", text)
        out = in_process(words[1:]) if simple and words[0] == "netspec" else in_a_shell(text)
        for old, new in zip(STAMP.findall(command.output), STAMP.findall(out), strict=False):
            self._stamps.setdefault(old, new)
        for old, new in self._stamps.items():
            out = out.replace(new, old)
        return out


def in_process(words: list[str]) -> str:
    """What a command of netspec prints, on both streams."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        main(words, out, out)
    return out.getvalue()


def in_a_shell(text: str) -> str:
    """What a line of a shell prints, on both streams; `netspec` and `python` are this interpreter's."""
    folder = Path(".shell")
    folder.mkdir(exist_ok=True)
    for name, words in {"netspec": "-m netspec ", "python": ""}.items():
        shim = folder / name
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n', encoding="utf-8")
        shim.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder.absolute()}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        ["bash", "-c", text], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout
