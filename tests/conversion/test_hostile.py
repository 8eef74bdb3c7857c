"""Files that are made to cost: each is refused in a second of processor time, and all together in 200 MB."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from netspec.conversion.opening import MAX_CONFIG, MAX_VALUES

from .test_reading import dense, sequential

# A second is what is aimed at, and measured on a quiet machine; what has no bound takes minutes anywhere.
SECONDS, MEGABYTES = 10.0, 200
ROOT = Path(__file__).parent.parent.parent
MEASURE = """
import io, json, sys, time
from netspec.cli import main

main(["import", "--no-check", "nothing.json"], io.StringIO(), io.StringIO())  # what is imported is no cost of a file
found = {}
for path in sys.argv[1:]:
    out = io.StringIO()
    began = time.process_time()
    status = main(["import", "--no-check", path], out, out)
    found[path] = status, time.process_time() - began, out.getvalue()
most = int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
print(json.dumps([found, most / 2**10]))
"""
HEAD = '{"class_name":"Sequential","config":{"layers":['
VALUES = f"it holds more than {MAX_VALUES:,} values, more than a configuration may"
NO_JSON = "it is no model: what should be its configuration is no JSON"


def archives() -> dict[str, tuple[str, str]]:
    """The configuration of an archive, and why it is refused."""
    size = MAX_CONFIG
    return {
        "bomb.keras": ("[" * (2 * size), f"`config.json` in it unpacks to {2 * size:,} bytes, more than it may hold"),
        "brackets.keras": ("[" * (size - 1), VALUES),
        "numbers.keras": (HEAD + "1," * (size // 3) + "1]}}", VALUES),
        "maps.keras": (HEAD + "{}," * (size // 4) + "1]}}", VALUES),
        "lists.keras": (
            '{"a":[' + "[]," * (MAX_VALUES // 2 - 9) + "1]}",
            "it is no model of Keras, whose configuration has `class_name` and `config`",
        ),
        "text.keras": ('"' + "x" * (size - 9), NO_JSON),
    }


def files() -> dict[str, tuple[str, str]]:
    """The same of files that are no archives."""
    nested = (HEAD + json.dumps(dense()) + "]}}") * 10_000
    code = sequential({"class_name": "system", "module": "os", "config": {"name": "x"}})
    values = "it has more than 200,000 values"
    return {
        "deep.json": ("[" * 10_000 + "]" * 10_000, NO_JSON),
        "nested.json": (nested, NO_JSON),
        "many.json": (json.dumps(sequential(*(dense() for _ in range(60_000)))), "it has more than 50,000 layers"),
        "digits.json": (HEAD + "9" * 5_000_000 + "]}}", NO_JSON),
        "code.json": (json.dumps(code), "`x` holds a 'system' of `os`, which is code of its authors'"),
        "deep.prototxt": ('layer { name: "a" ' * 100_000, "messages lie more than 30 deep in messages"),
        "long.prototxt": ('layer { name: "a" type: "ReLU" bottom: "b" top: "b" }\n' * 140_000, values),
        "deep.yaml": (
            "backbone: " + "[" * 10_000,
            "it cannot be read as YAML: the text is nested deeper than 64 levels",
        ),
    }


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says how much memory a process has had at most")
def test_they_are_refused_in_little_time_and_memory(tmp_path: Path) -> None:
    expected = {}
    for name, (config, why) in archives().items():
        expected[name] = why
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("config.json", config)
    for name, (text, why) in files().items():
        expected[name] = why
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", MEASURE, *expected]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path)
    found, megabytes = json.loads(done.stdout)
    assert {name: said for name, (_, _, said) in found.items()} == {
        name: f"{name}: error NS719: {why}\n" for name, why in expected.items()
    }
    assert {status for status, _, _ in found.values()} == {1}
    assert {name: seconds for name, (_, seconds, _) in found.items() if seconds > SECONDS} == {}
    assert megabytes < MEGABYTES
