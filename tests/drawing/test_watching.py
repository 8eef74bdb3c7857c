"""`netspec view --watch`: a page for this machine alone, told of each save."""

from __future__ import annotations

import io
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from netspec.cli import main
from netspec.drawing.watching import HOST, Watch, serving

SPEC = "netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - conv: {filters: 4, kernel_size: 3, name: c}\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def asked(address: str, path: str, **headers: str) -> tuple[int, str]:
    where = urlsplit(address)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Events:
    """What a page hears, of which it is said which picture it shows."""

    def __init__(self, address: str, after: str = "?after=0", **headers: str) -> None:
        where = urlsplit(address)
        self.connection = HTTPConnection(where.hostname or "", where.port, timeout=20)
        self.connection.request("GET", f"/changes{after}", headers=headers)
        self.answer = self.connection.getresponse()

    def next(self) -> tuple[str, dict[str, object]]:
        line = self.answer.readline().decode()
        if line.startswith("id: "):
            self.last = line.removeprefix("id: ").strip()
            line = self.answer.readline().decode()
        name = line.removeprefix("event: ").strip()
        data = json.loads(self.answer.readline().decode().removeprefix("data: "))
        assert self.answer.readline() == b"\n"
        return name, data

    def __iter__(self) -> Iterator[tuple[str, dict[str, object]]]:
        while True:
            yield self.next()


def test_the_page_and_nothing_else(spec: Path) -> None:
    with serving(Watch(str(spec)), 0) as address:
        assert urlsplit(address).hostname == HOST == "127.0.0.1"
        status, text = asked(address, "/")
        assert status == 200
        assert "connect-src 'self'" in text
        assert asked(address, "/net.yaml")[0] == 404
        assert asked(address, "/../net.yaml")[0] == 404
        # A name that somebody else made lead to this machine is not answered.
        assert asked(address, "/", Host=f"example.org:{urlsplit(address).port}")[0] == 403
        assert asked(address, "/changes", Host="example.org")[0] == 403


def test_each_save_is_told(spec: Path) -> None:
    with serving(Watch(str(spec)), 0) as address:
        events = Events(address)
        saved(spec, 6)
        name, drawn = events.next()
        assert (name, drawn["watched"]) == ("picture", str(spec))
        assert [box["shape"] for box in drawn["boxes"][1:]] == ["8×8×3", "6×6×6"]  # type: ignore[index]
        assert "facts" not in drawn["boxes"][2]  # type: ignore[index]
        name, facts = events.next()
        assert (name, sorted(facts)) == ("facts", ["1", "2"])
        assert facts["2"]["sizes"] == [6, 6, 6]  # type: ignore[index]


def saved(spec: Path, filters: int) -> None:
    """Save as editors do, so that nobody sees half a text."""
    beside = spec.with_suffix(".new")
    beside.write_text(SPEC.replace("filters: 4", f"filters: {filters}"), encoding="utf-8")
    beside.replace(spec)


def pictured(events: Events) -> str:
    """The shape of the last node in the next picture."""
    picture = next(data for name, data in events if name == "picture")
    return str(picture["boxes"][-1]["shape"])  # type: ignore[index]


def test_a_save_before_the_page_listens_is_told(spec: Path) -> None:
    """The page says which picture it shows; one that comes back says which it was told of last."""
    watch = Watch(str(spec))
    (said,) = re.findall(r'"version": ?(\d+)', watch.page())
    with serving(watch, 0) as address:
        first = Events(address, f"?after={said}")
        saved(spec, 6)
        assert pictured(first) == "6×6×6"
        assert pictured(Events(address, f"?after={said}")) == "6×6×6"
        back = Events(address, f"?after={said}", **{"Last-Event-ID": first.last})
        saved(spec, 9)
        assert pictured(back) == "6×6×9"


def test_files_whose_blocks_it_uses_are_watched_too(spec: Path) -> None:
    blocks = spec.with_name("blocks.yaml")
    blocks.write_text("netspec: 1\nblocks:\n  Unit:\n    layers: [relu]\n", encoding="utf-8")
    spec.write_text("netspec: 1\nuse: {blocks.yaml: [Unit]}\ninput: [8]\nlayers: [Unit]\n", encoding="utf-8")
    watch = Watch(str(spec))
    with serving(watch, 0) as address:
        events = Events(address)
        blocks.write_text("netspec: 1\nblocks:\n  Unit:\n    layers: [{dense: 3}, relu]\n", encoding="utf-8")
        found = next(data for name, data in events if name == "picture" and data["totals"])
        assert found["totals"]["parameters"] == 27  # type: ignore[index]


def test_a_file_that_is_gone_for_a_moment(spec: Path) -> None:
    with serving(Watch(str(spec)), 0) as address:
        events = Events(address)
        spec.unlink()
        name, data = events.next()
        assert name == "picture"
        assert data["problems"]
        events.next()  # nothing to say of no nodes
        spec.write_text(SPEC, encoding="utf-8")
        assert next(data for _, data in events if data.get("nodes") == 2)["problems"] == []


def test_the_command_ends_when_it_is_told(spec: Path) -> None:
    command = [sys.executable, "-m", "netspec", "view", str(spec), "--watch", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"The drawing is at (http://127\.0\.0\.1:\d+/) \(Ctrl-C ends it\)\n", line)
        assert found, line + process.stderr.read()
        assert asked(found[1], "/")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(["view", *arguments], out, err), out.getvalue(), err.getvalue()


def test_a_port_that_is_taken(spec: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert run(str(spec), "--watch", "--port", port) == (
            1,
            "",
            f"netspec view: cannot listen on 127.0.0.1:{port}: Address already in use\n",
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("net.yaml", "--port", "1"), "--port requires --watch"),
        (("net.yaml", "--watch", "-o", "a.html"), "--watch writes no file; leave -o and --force out"),
        (("-", "--watch"), "--watch needs a file, which standard input is not"),
    ],
)
def test_what_does_not_go_together(arguments: tuple[str, ...], said: str) -> None:
    assert run(*arguments) == (2, "", f"netspec view: {said}\n")
