"""`netspec playground` as a process: it serves a folder on this machine, and says plainly what is missing."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from netspec.playground import serving
from tests.cli.test_cli import run

COMMAND = [sys.executable, "-m", "netspec", "playground"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as the builder makes it, as far as serving is concerned."""
    folder = tmp_path / "site"
    (folder / "zoo").mkdir(parents=True)
    (folder / "index.html").write_text("<title>it</title>", encoding="utf-8")
    (folder / "a.wasm").write_bytes(b"\0asm")
    (folder / "a.mjs").write_text("export {}", encoding="utf-8")
    return folder


def test_it_serves_the_folder_until_it_is_told_to_end(site: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--port", "0", "--site", str(site)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = said.removeprefix("The playground is at ").split(" ")[0]
        assert said == f"The playground is at {address} (Ctrl-C ends it)\n"
        kinds = {}
        for name in ("", "a.wasm", "a.mjs"):
            with urllib.request.urlopen(address + name) as answer:
                kinds[name] = answer.headers["Content-Type"]
        assert kinds == {"": "text/html", "a.wasm": "application/wasm", "a.mjs": "text/javascript"}
        for name in ("zoo/", "../secret", "nothing"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(address + name)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")


def test_a_port_that_is_taken(site: Path) -> None:
    with subprocess.Popen([*COMMAND, "--port", "0", "--site", str(site)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split("/")[2].rpartition(":")[2]
        status, out, err = run("playground", "--port", port, "--site", str(site))
        assert (status, out) == (1, "")
        assert err == f"netspec playground: cannot listen on 127.0.0.1:{port}: Address already in use\n"
        process.terminate()


def test_an_installation_without_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serving, "SITE", tmp_path)
    assert run("playground") == (
        1,
        "",
        "netspec playground: this installation came without the page; in a checkout, `python tools/build_playground.py` builds it\n",
    )
    status, _, err = run("playground", "--site", str(tmp_path))
    assert status == 2
    assert f"there is no playground in {tmp_path}" in err
