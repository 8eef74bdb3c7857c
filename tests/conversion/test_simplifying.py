"""`netspec simplify`: a spec that is written out, with its comments, as somebody would have written it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from netspec.cli import main

WRITTEN_OUT = (Path(__file__).parent / "written_out.yaml").read_text(encoding="utf-8")
SIMPLE = """\
# A network that a program wrote.
netspec: 1
description: small   # for tests
input: [32, 32, 3]
defaults:
  conv: {kernel_size: 3, padding: same, use_bias: false}
blocks:
  PreConv:
    layers: [batch_norm, relu, {conv: {filters: $channels}}, batch_norm]   # second of two
layers:
  # the stem
  - conv: {filters: 16, name: stem}
  - batch_norm
  - relu: {name: a}   # what the first skip reads
  - skip: [{conv: {filters: 16}}, PreConv]
  - relu: {name: c}
  - skip: [{conv: {filters: 16}}, PreConv]
  - relu: {name: e}
  - skip:
      shortcut: project
      body: [{conv: {filters: 32, strides: 2, padding: 1, rounding: floor}}, PreConv]
  # the classifier
  - relu
  - global_pool
  - dense: {units: 10, name: classes}
limits: {parameters: 1M}   # small
"""


THREE = """\
netspec: 1
input: [8, 8, 8]
defaults:
  conv: {kernel_size: 3, padding: same}
blocks:
  # one
  # two
  # three
  Conv: {layers: [{conv: {filters: 8}}, relu]}
layers:
  - Conv: {repeat: 3}
  - flatten
"""


def run(*arguments: str) -> tuple[int, str, str]:
    """A command's exit status, output and errors."""
    out, err = StringIO(), StringIO()
    return main(["simplify", *arguments], out, err), out.getvalue(), err.getvalue()


def test_a_file_is_written_shorter_with_its_comments(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(WRITTEN_OUT)
    assert run("--check", str(file)) == (1, f"{file}: 36 lines, 26 would do\n", "")
    assert file.read_text() == WRITTEN_OUT
    assert run(str(file)) == (0, f"{file}: 36 lines, 26 now\n", "")
    assert file.read_text() == SIMPLE
    assert run("--check", str(file)) == (
        0,
        "",
        f"{file}: left as it is: it has blocks, which would be lost: simplify is for specs that are written out\n",
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("resnet", "it has params, which would be lost: simplify is for specs that are written out"),
        ("corners_mlp", "nothing in it repeats often enough to be shorter"),
        ("cnn_lstm", "it has params, which would be lost: simplify is for specs that are written out"),
    ],
)
def test_what_is_left_as_it_is(tmp_path: Path, name: str, why: str) -> None:
    text = (Path(__file__).parent.parent.parent / "specs" / f"{name}.yaml").read_text(encoding="utf-8")
    file = tmp_path / f"{name}.yaml"
    file.write_text(text)
    assert run(str(file)) == (0, "", f"{file}: left as it is: {why}\n")
    assert file.read_text() == text


def test_comments_of_nodes_that_become_one_stand_above_it(tmp_path: Path) -> None:
    nodes = "".join(
        f"  - conv: {{filters: 8, kernel_size: 3, padding: same}}   # {word}\n  - relu\n"
        for word in ("one", "two", "three")
    )
    file = tmp_path / "three.yaml"
    file.write_text(f"netspec: 1\ninput: [8, 8, 8]\nlayers:\n{nodes}  - flatten\n")
    assert run("--level", "blocks", str(file))[0] == 0
    assert file.read_text() == THREE


def test_a_wrong_spec_is_told_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("netspec: 1\ninput: [8]\nlayers:\n  - dens: 3\n")
    status, out, err = run(str(file))
    assert (status, out) == (1, "")
    assert err.splitlines()[0] == f"{file}:4:5: error NS201: there is no kind 'dens'; did you mean `dense`?"
