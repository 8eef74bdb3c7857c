"""SECURITY.md says what the code does."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

TEXT = (Path(__file__).parent.parent.parent / "SECURITY.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([\d,]+|2\*\*53) \| [^|]+ \| `([\w.]+)\.(MAX_\w+)` \|$", TEXT, re.MULTILINE)
COMPLETE = ("syntax.reading", "expressions", "training.runs", "backends.keras.model_file")


@pytest.mark.backend
def test_the_bounds_are_those_of_the_code() -> None:
    assert len(ROWS) == TEXT.count(".MAX_")
    for value, module, name in ROWS:
        stated = 2**53 if value == "2**53" else int(value.replace(",", ""))
        assert getattr(import_module(f"netspec.{module}"), name) == stated, (module, name)


@pytest.mark.backend
def test_no_bound_of_reading_is_left_out() -> None:
    stated = {(module, name) for _, module, name in ROWS}
    for module in COMPLETE:
        path = Path(str(import_module(f"netspec.{module}").__file__))
        files = path.parent.glob("*.py") if path.name == "__init__.py" else [path]
        source = "".join(file.read_text(encoding="utf-8") for file in files)
        named = {(module, name) for name in re.findall(r"^(MAX_\w+) =", source, re.MULTILINE)}
        assert named, module
        assert named <= stated


@pytest.mark.backend
def test_pillow_bounds_images_as_stated() -> None:
    from PIL import Image

    assert f"Pillow's {Image.MAX_IMAGE_PIXELS:,} pixels" in TEXT


def test_every_attack_named_there_is_named_in_the_tests() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    for name in set(re.findall(r"CVE-\d+-\d+|GHSA(?:-\w{4}){3}", TEXT)):
        assert name in tests, name
