"""`netspec view` as a command: what it writes, what it refuses, and what it says."""

from __future__ import annotations

import builtins
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.cli.test_cli import run
from tests.drawing.reading import read

TEXT = """netspec: 1
params: {units: 4}
variants: {wide: {units: 8}}
input: [8]
blocks: {Unit: {layers: [{dense: $units}, relu]}}
layers: [{Unit: {repeat: 2}}, {dense: 2}]
"""
HAS_CAIRO = importlib.util.find_spec("cairosvg") is not None


@pytest.fixture(autouse=True)
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def boxes(name: str = "net.svg") -> list[str]:
    return list(read(Path(name).read_text(encoding="utf-8")).boxes)


def test_a_page_is_the_default() -> None:
    assert run("view", "net.yaml") == (0, "wrote net.html\n", "")
    assert Path("net.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_picture_of_the_network_that_is_asked_for() -> None:
    for more, said in (((), "8×4"), (("--variant", "wide"), "8×8"), (("--set", "units=6"), "8×6")):
        assert run("view", "net.yaml", "-o", "net.svg", "--open", "all", *more) == (0, "wrote net.svg\n", "")
        shapes = [words.text for box in read(Path("net.svg").read_text()).boxes.values() for words in box.words]
        units = said.partition("×")[2]
        assert units in shapes


def test_what_is_open() -> None:
    asked = {
        (): ["Unit_1..2", "input", "Unit_1.dense_1", "Unit_1.relu_1", "dense_1"],
        ("none",): ["input", "Unit_1..2", "dense_1"],
        ("Unit_2",): ["Unit_1..2", "input", "Unit_1.dense_1", "Unit_1.relu_1", "dense_1"],
        ("all",): ["Unit_1..2", "Unit_1", "Unit_2", "input", "Unit_1.dense_1", "Unit_1.relu_1", "Unit_2.dense_1", "Unit_2.relu_1", "dense_1"],
    }  # fmt: skip
    for paths, seen in asked.items():
        run("view", "net.yaml", "-o", "net.svg", *(word for path in paths for word in ("--open", path)))
        assert sorted(boxes()) == sorted(seen), paths


def test_wrong_usage() -> None:
    for arguments, message in (
        (("-o", "net.jpg"), "-o ends in .html, .svg, .png or .pdf, not in '.jpg'"),
        (("-o", "net"), "-o ends in .html, .svg, .png or .pdf, not in ''"),
        (("--open", "Unit_1..3"), "--open: no box 'Unit_1..3' can be opened; did you mean `Unit_1..2`?"),
        (("--open", "dense_1"), "--open: no box 'dense_1' can be opened"),
    ):
        assert run("view", "net.yaml", *arguments) == (2, "", f"netspec view: {message}\n")
    assert run("view", "-")[0::2] == (
        2,
        "netspec view: a spec that is no file gives the drawing no name; choose one with -o\n",
    )
    assert not list(Path().glob("net.[!y]*"))


def test_what_is_there_is_not_lost() -> None:
    for name in ("net.svg", "net.html"):
        Path(name).write_text("mine", encoding="utf-8")
        refused = f"{name}: error NS709: the file exists and netspec did not write it; choose another with -o, or replace it with --force\n"
        assert run("view", "net.yaml", "-o", name) == (1, "", refused)
        assert Path(name).read_text(encoding="utf-8") == "mine"
        assert run("view", "net.yaml", "-o", name, "--force") == (0, f"wrote {name}\n", "")
        assert run("view", "net.yaml", "-o", name) == (0, f"wrote {name}\n", "")
    Path("net.yaml").rename("spec.svg")
    said = "spec.svg: error NS709: this is what is read, which would be lost; choose another with -o\n"
    assert run("view", "spec.svg", "-o", "spec.svg", "--force") == (1, "", said)


def test_a_spec_with_errors_is_drawn_and_its_problems_are_told() -> None:
    Path("net.yaml").write_text(TEXT.replace("relu", "rleu"), encoding="utf-8")
    status, out, err = run("view", "net.yaml", "-o", "net.svg")
    assert (status, out) == (1, "wrote net.svg\n")
    assert "error NS201: there is no kind 'rleu'; did you mean `relu`?" in err
    assert "Unit_1.dense_1" in boxes()


def test_a_text_that_does_not_parse_is_drawn_as_it_can_be_mended() -> None:
    Path("net.yaml").write_text(
        "netspec: 1\ninput: [8]\nlayers:\n  - dense: {units: 4, na\n  - relu\n", encoding="utf-8"
    )
    assert run("view", "net.yaml", "-o", "net.svg")[:2] == (1, "wrote net.svg\n")
    assert boxes() == ["input", "dense_1", "relu_1"]


def test_a_file_that_is_not_there_is_not_drawn() -> None:
    status, out, err = run("view", "none.yaml", "-o", "net.svg")
    assert (status, out) == (1, "")
    assert err == "none.yaml:1:1: error NS111: cannot read 'none.yaml': no such file or directory\n"
    assert not Path("net.svg").exists()


def test_png_and_pdf_need_cairosvg(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = builtins.__import__
    error: list[Exception] = []

    def without(name: str, globals_: Mapping[str, object] | None = None, locals_: Mapping[str, object] | None = None, fromlist: Sequence[str] | None = (), level: int = 0) -> object:  # fmt: skip
        if name == "cairosvg":
            raise error[0]
        return kept(name, globals_, locals_, fromlist, level)

    monkeypatch.setattr(builtins, "__import__", without)
    for raised, message in (
        (ImportError(), "CairoSVG is not installed, which PNG and PDF need; pip install 'netspec-keras[view]'"),
        (
            OSError(),
            "the library cairo is not installed, which PNG and PDF need; see https://cairosvg.org/documentation/#installation",
        ),
    ):
        error[:] = [raised]
        for name in ("net.png", "net.pdf"):
            assert run("view", "net.yaml", "-o", name) == (1, "", f"<picture>: error NS731: {message}\n")
            assert not Path(name).exists()


@pytest.mark.skipif(not HAS_CAIRO, reason="needs CairoSVG")
def test_png_and_pdf() -> None:
    for name, start in (("net.png", b"\x89PNG\r\n"), ("net.pdf", b"%PDF-")):
        for _ in range(2):  # the second replaces what the first wrote
            assert run("view", "net.yaml", "-o", name) == (0, f"wrote {name}\n", "")
        assert Path(name).read_bytes().startswith(start)
    from PIL import Image

    run("view", "net.yaml", "-o", "net.svg")
    drawing = read(Path("net.svg").read_text(encoding="utf-8"))
    with Image.open("net.png") as image:
        assert image.size == (2 * drawing.width, 2 * drawing.height)
        assert image.info["Software"] == "netspec"
