"""`netspec.view` and `netspec.diff`, for programs and notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from netspec.drawing.drawn import NoSuchBoxError

TEXT = """\
netspec: 1
input: [8]
params: {units: 4}
blocks:
  Unit:
    layers: [{dense: $units}, relu]
layers:
  - Unit: {repeat: 2}
  - dense: 3
"""


@pytest.fixture(autouse=True)
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_notebook_shows_the_picture_that_is_saved() -> None:
    drawing = netspec.view("net.yaml", opens=["none"])
    assert drawing.opened == ()
    drawing.save("net.svg")
    assert Path("net.svg").read_text(encoding="utf-8") == drawing._repr_svg_() == drawing.svg
    drawing.save("net.html")
    assert Path("net.html").read_text(encoding="utf-8") == drawing.html
    assert netspec.view("net.yaml", opens=["Unit_1"]).opened == ("Unit_1", "Unit_1..2")


def test_what_cannot_be_done_is_said(spec: Path) -> None:
    with pytest.raises(NoSuchBoxError, match=r"^no box 'Unit_9' can be opened; did you mean `Unit_2`\?$"):
        netspec.view("net.yaml", opens=["Unit_9"])
    drawing = netspec.view(spec)
    with pytest.raises(ValueError, match=r"^a drawing ends in \.html, \.svg, \.png or \.pdf, not in '\.jpg'$"):
        drawing.save("net.jpg")
    Path("mine.svg").write_text("mine", encoding="utf-8")
    with pytest.raises(netspec.SpecError, match="the file exists and netspec did not write it"):
        drawing.save("mine.svg")
    assert Path("mine.svg").read_text(encoding="utf-8") == "mine"
    drawing.save("mine.svg", force=True)
    assert Path("mine.svg").read_text(encoding="utf-8") == drawing.svg
    with pytest.raises(netspec.SpecError, match="this is what is read, which would be lost"):
        netspec.view(spec.rename("net.svg")).save("net.svg", force=True)


def test_a_spec_with_errors_is_drawn_with_its_problems(spec: Path) -> None:
    spec.write_text(TEXT.replace("relu", "rleu"), encoding="utf-8")
    drawing = netspec.view(spec)
    assert [problem.code for problem in drawing.spec.problems] == ["NS201"]
    assert "1 line 6: error NS201: there is no kind &#x27;rleu&#x27;; did you mean `relu`?</text>" in drawing.svg


def test_a_variant_or_other_values_are_compared_as_graphs() -> None:
    wider = netspec.load("net.yaml", params={"units": 5})
    found = netspec.diff("net.yaml", wider)
    assert (found["a"], found["b"], found["same"]) == ("net.yaml", "net", False)
    assert [
        (each["name"], each["hyperparameters"]) for each in found["nodes"]["changed"] if each["hyperparameters"]
    ] == [
        ("Unit_1.dense_1", {"units": {"from": 4, "to": 5}}),
        ("Unit_2.dense_1", {"units": {"from": 4, "to": 5}}),
    ]
    assert netspec.diff("net.yaml", netspec.load("net.yaml"))["same"]
