"""Scripts with functions and loops: their texts, and that they make what the spec says.

`python -m tests.backends.test_code` writes the accepted texts anew.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras as plain_keras  # noqa: F401 - where it is missing, the light suite leaves this module out
import pytest

from netspec.backends.keras import code
from netspec.backends.keras.code.layout import laid_out
from netspec.backends.keras.code.translating import negated
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.script import script
from netspec.cli import main
from netspec.pipeline import Spec, check, check_text

pytestmark = pytest.mark.backend
keras = import_keras()
ROOT = Path(__file__).parents[2]
ACCEPTED = Path(__file__).parent / "scripts"
ZOO = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
CELLS = """\
netspec: 1
name: cells
description: Cells that read the two before them
params: {filters: 8, cells: 2, classes: 10}
input: [16, 16, 3]
defaults: {conv: {use_bias: false}}
blocks:
  Fit:
    params: {filters: }
    layers: [relu, {1x1: $filters}, batch_norm]
  Cell:
    params: {before: , filters: }
    layers:
      - Fit: {name: h, filters: $filters}
      - Fit: {name: p, filters: $filters, from: $before}
      - conv: {name: a, filters: $filters, kernel_size: 3, padding: same, from: h}
      - pool: {name: b, pool_size: 3, strides: 1, padding: same, type: avg, from: p}
      - add: {name: sum, from: [a, b]}
      - concat: {from: [h, sum]}
layers:
  - conv: {name: stem, filters: $filters, kernel_size: 3, padding: same}
  - Cell: {name: first, before: stem, filters: $filters}
  - Cell: {name: second, before: stem, filters: 2 * $filters}
  - Cell: {name: third, before: first, filters: 4 * $filters}
  - global_pool
  - dense: {name: logits, units: $classes}
"""
TEXTS = {"lenet5": None, "resnet": None, "inception_digits": None, "transformer_encoder": None, "cells": CELLS}


def spec_of(name: str, variant: str | None = None) -> Spec:
    """A spec of the zoo, or one of those here."""
    text = TEXTS.get(name)
    spec = (
        check(ROOT / "specs" / f"{name}.yaml", variant=variant, repairs=False)
        if text is None
        else check_text(text, f"{name}.yaml")
    )
    assert spec.ok, spec.problems
    return spec


def written(text: str) -> str:
    """The script of a spec."""
    spec = check_text(f"netspec: 1\nname: small\n{text}", "small.yaml")
    assert spec.ok, spec.problems
    found = code.script(keras, spec)
    assert found is not None
    return found


def build_model(text: str) -> str:
    """The lines inside of `build_model`, in the script of a spec."""
    return written(text).partition("def build_model(")[2].partition('"""\n')[2].partition("\n\n\n")[0]


def difference(spec: Spec, text: str) -> float | None:
    """How far what a script makes is from the model of a spec."""
    assert spec.graph is not None
    return code.compared(keras, compile_graph(spec.graph, initialize=False), text)


@pytest.mark.parametrize("name", TEXTS)
def test_the_whole_text(name: str) -> None:
    assert code.script(keras, spec_of(name)) == (ACCEPTED / f"{name}.txt").read_text(encoding="utf-8")


# One of each sort that the fast suite writes; the others are written by `-m slow`.
QUICK = (
    "alexnet",
    "densenet_digits",
    "mobilenet",
    "r2plus1d",
    "text_bilstm",
    "unet",
    "vae",
    "vit",
    "wavenet",
    "yolov8",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scripts of the zoo lie."""
    return tmp_path_factory.mktemp("scripts")


@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in ZOO])
def test_a_spec_of_the_zoo(name: str, folder: Path) -> None:
    """It has functions and loops, makes the calls that its graph stands for, and passes the linter."""
    text = code.script(keras, spec_of(name))
    assert text is not None, "only node by node"
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("needs ruff")
    settings = ROOT / "pyproject.toml"
    # The settings keep frameworks out of netspec's own modules, which these are none of.
    lint = [ruff, "check", "--quiet", "--config", str(settings), "--ignore", "TID253", str(path)]
    form = [ruff, "format", "--quiet", "--check", "--line-length", "100", str(path)]
    for command in (lint, form):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert (done.returncode, done.stdout) == (0, "")


def test_where_the_writer_of_functions_fails_the_script_is_node_by_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.backends.keras.code.script", fails)
    out, err = io.StringIO(), io.StringIO()
    status = main(["build", str(ROOT / "specs" / "lenet5.yaml"), "-o", "net.py"], out, err)
    assert (status, err.getvalue()) == (0, "")
    assert out.getvalue() == (
        "wrote net.py: a Python script for Keras, 61,706 parameters\n"
        "node by node, because the writer of functions and loops failed: KeyError: 'x'. "
        "This is a bug in netspec; please report it with the spec\n"
    )
    graph = spec_of("lenet5").graph
    assert graph is not None
    assert Path("net.py").read_text(encoding="utf-8") == script(graph, "lenet5.yaml")


def test_where_neither_script_can_be_run_it_is_an_error_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.backends.keras.code.compared", fails)
    out, err = io.StringIO(), io.StringIO()
    status = main(["build", str(ROOT / "specs" / "lenet5.yaml"), "-o", "net.py"], out, err)
    assert (status, out.getvalue()) == (1, "")
    assert err.getvalue() == (
        "net.py: error NS706: the script cannot be written: ZeroDivisionError: by nothing. "
        "This is a bug in netspec; please report it with the spec\n"
    )
    assert not Path("net.py").exists()


@pytest.mark.parametrize(
    ("name", "variant"), [("resnet", "18"), ("nasnet", "large"), ("vit", "tiny"), ("mobilenet_v3", "small")]
)
def test_variants(name: str, variant: str) -> None:
    """Each is written as it is asked for, and twice the same."""
    text = code.script(keras, spec_of(name, variant))
    assert text is not None
    assert text == code.script(keras, spec_of(name, variant))


def small(name: str) -> bool:
    """Is it built and run in about a second?"""
    graph = spec_of(name).graph
    assert graph is not None
    totals = graph.totals()
    return totals.parameters < 1_000_000 and len(graph.nodes) < 100 and (totals.macs or 0) < 30_000_000


@pytest.mark.parametrize("name", [name for name in ZOO if small(name)])
def test_what_it_makes_is_the_model(name: str) -> None:
    spec = spec_of(name)
    text = code.script(keras, spec)
    assert text is not None
    assert difference(spec, text) == 0.0


def test_large_networks_are_tens_of_lines() -> None:
    lines = {}
    for variant in ("50", "101", "152"):
        text = code.script(keras, spec_of("resnet", variant))
        assert text is not None
        lines[variant] = text.count("\n")
    assert lines == {"50": 98, "101": 98, "152": 98}


# --- what stands in it ------------------------------------------------------------------------------------------------


def test_a_node_that_is_left_out_somewhere_is_a_condition() -> None:
    text = """\
input: [8, 8, 4]
blocks:
  Unit:
    params: {filters: , last: false}
    layers: [{1x1: $filters}, {relu: {when: not $last}}]
layers: [{Unit: 4}, {Unit: {filters: 8, last: true}}]
"""
    assert '    if not last:\n        x = layers.ReLU(name=f"{name}_relu_1")(x)\n    return x\n' in written(text)


def test_repetitions_that_are_not_alike_are_parted() -> None:
    """A window that pads is two layers; only the first has one."""
    text = """\
input: [16, 16, 4]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: "1 if $index == 0 else 0", rounding: floor, strides: 2, repeat: 3}
"""
    assert (
        build_model(text)
        == """\
    inputs = keras.Input((16, 16, 4), name="input")
    x = layers.ZeroPadding2D(((1, 1), (1, 1)), name="conv_1_pad")(inputs)
    x = layers.Conv2D(4, 3, strides=2, name="conv_1")(x)
    for index in range(1, 3):
        x = layers.Conv2D(4, 3, strides=2, name=f"conv_{index + 1}")(x)
    return keras.Model(inputs, x, name="small")"""
    )


def test_what_all_repetitions_make_is_a_list() -> None:
    text = """\
input: [8, 8, 4]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same, repeat: 3, name: part}
  - concat: {from: part_*}
"""
    assert (
        build_model(text)
        == """\
    inputs = keras.Input((8, 8, 4), name="input")
    parts = []
    x = inputs
    for index in range(3):
        x = layers.Conv2D(4, 3, padding="same", name=f"part_{index + 1}")(x)
        parts.append(x)
    x = layers.Concatenate(name="concat_1")([*parts])
    return keras.Model(inputs, x, name="small")"""
    )


def test_shared_and_frozen_layers() -> None:
    text = """\
inputs: {left: [4], right: [4]}
layers:
  - dense: {units: 2, name: seen, from: left, trainable: false}
  - dense: {units: 2, name: also, from: right, share: seen}
  - subtract: {from: [seen, also]}
"""
    assert (
        build_model(text)
        == """\
    left = keras.Input((4,), name="left")
    right = keras.Input((4,), name="right")
    seen_layer = layers.Dense(2, name="seen")
    seen = seen_layer(left)
    also = seen_layer(right)
    x = layers.Subtract(name="subtract_1")([seen, also])
    model = keras.Model({"left": left, "right": right}, x, name="small")
    model.get_layer("seen").trainable = False
    return model"""
    )


def test_states_and_several_outputs() -> None:
    text = """\
input: [5, 3]
layers:
  - lstm: {units: 4, return_sequences: true, return_state: true, name: first}
  - lstm: {units: 4, initial_state: [first.state_h, first.state_c], name: second}
  - head: {name: side, body: [{dense: 2}]}
  - dense: 3
"""
    spec = check_text(f"netspec: 1\nname: small\n{text}")
    assert difference(spec, written(text)) == 0.0


def test_a_param_that_only_numbers_say_is_no_argument() -> None:
    """The padding of a window that is rounded up hangs on the size; so the size is a number."""
    text = """\
params: {size: 9, units: 3}
input: [$size, $size, 1]
layers: [{pool: {pool_size: 2, rounding: ceil}}, flatten, {dense: $units}]
"""
    assert "def build_model(units=3):" in written(text)
    assert "keras.Input((9, 9, 1)" in written(text)


def test_a_truth_that_is_no_argument_is_said_where_it_is_read() -> None:
    """The size stands in a reshape as a number, so the param that sets it is none."""
    text = """\
params: {large: true}
input: [16, "6 if $large else 7"]
layers: [{reshape: [2, 48]}, {dense: 2}]
"""
    assert "def build_model():" in written(text)
    assert "keras.Input((16, 6), name" in written(text)


HOSTILE = """\
netspec: 1
name: exec
description: "\\"\\"\\"\\nimport os\\nos.abort()\\n'''"
params: {layers: 4, range: 2, keras: 3, l: 5, n: 1, x: 2, build_model: 6, A: 4, a: 5}
input: [8, 8, $keras]
blocks:
  Layers:
    params: {layers: , range: 1, x: 1, A: 2, a: 3}
    layers:
      - 1x1: {filters: $layers * $range, repeat: 2}
      - 1x1: {filters: $A + $a + $x}
  Keras: {layers: [{1x1: $build_model}, {relu: {name: keras}}]}
  Named: {layers: [Keras, {1x1: $n + $l}]}
layers:
  - Layers: {layers: $layers, range: $range, repeat: 2}
  - Named: {repeat: 2}
  - relu: {name: __import__}
  - relu: {name: class}
  - relu: {name: print, from: class}
  - relu: {name: model}
  - add: {from: [print, model, __import__]}
  - flatten
  - dense: {units: $A + $a, name: eval}
"""


def test_names_of_python_s_own() -> None:
    spec = check_text(HOSTILE)
    text = code.script(keras, spec)
    assert text is not None
    assert "abort" not in text
    assert difference(spec, text) == 0.0


@pytest.mark.parametrize("wrong", ["no script", "other weights", "other numbers"])
def test_what_is_not_the_model_is_not_kept(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flat script is written in its place."""
    import netspec.backends.keras.export as export

    spec = check_text("netspec: 1\nname: small\ninput: [4]\nlayers: [{dense: 3}, tanh]\n", "small.yaml")
    assert spec.graph is not None
    good = code.script(keras, spec)
    assert good is not None
    texts: dict[str, Any] = {
        "no script": None,
        "other weights": good.replace("Dense(3", "Dense(4"),
        "other numbers": good.replace("tanh", "relu"),
    }
    assert len(set(texts.values()) | {good}) == 4
    monkeypatch.setattr("netspec.backends.keras.code.script", lambda *_: texts[wrong])
    done = export.write_model(spec, tmp_path / "small.py", "python")
    assert (tmp_path / "small.py").read_text(encoding="utf-8") == script(spec.graph, "small.yaml")
    assert done.difference == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("units=3", "the script's weights are not those of the model; it was not kept"),
        ("tanh", "the script differs from the model by {} of the largest output; it was not kept"),
    ],
)
def test_nothing_is_kept_where_no_script_is_the_model(
    change: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import netspec.backends.keras.export as export
    from netspec.diagnostics.problems import SpecError

    spec = check_text("netspec: 1\nname: small\ninput: [4]\nlayers: [{dense: 3}, tanh]\n", "small.yaml")
    assert spec.graph is not None
    text = script(spec.graph, "small.yaml").replace(change, {"units=3": "units=4", "tanh": "relu"}[change])
    monkeypatch.setattr("netspec.backends.keras.code.script", lambda *_: None)
    monkeypatch.setattr("netspec.backends.keras.script.script", lambda *_: text)
    with pytest.raises(SpecError) as caught:
        export.write_model(spec, tmp_path / "small.py", "python")
    (problem,) = caught.value.problems
    start, _, end = message.partition("{}")
    assert problem.code == "NS706"
    assert problem.message.startswith(start)
    assert problem.message.endswith(end)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_made_here_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from netspec.backends.keras import export
    from netspec.diagnostics.problems import FILE_START, Problem, SpecError

    def refuse(*_: object, **__: object) -> None:
        raise SpecError(
            "small.yaml", (Problem("NS602", "the weights need 9 GiB of memory, and 1 GiB are free", FILE_START),)
        )

    spec = check_text("netspec: 1\nname: small\ninput: [4]\nlayers: [{dense: 3}]\n", "small.yaml")
    monkeypatch.setattr(export, "compile_graph", refuse)
    path = tmp_path / "small.py"
    done = export.write_model(spec, path, "python")
    assert done.difference is None
    assert done.lines == [
        f"wrote {path}: a Python script for Keras, 15 parameters",
        "not compared with the model, which cannot be made here: the weights need 9 GiB of memory, and 1 GiB are free",
    ]
    assert path.read_text(encoding="utf-8") == code.script(keras, spec)


# --- layout -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = f(a)", ["x = f(a)"]),
        (
            f"x = f({'a' * 40}, {'b' * 40})(x, {'c' * 10})",
            [f"x = f({'a' * 40}, {'b' * 40})(", f"    x, {'c' * 10}", ")"],
        ),
        (f"x = f({'a' * 50}, {'b' * 48})(x)", ["x = f(", f"    {'a' * 50},", f"    {'b' * 48},", ")(x)"]),
        (f'x = f("(,", {"a" * 90})', ["x = f(", f'    "(,", {"a" * 90}', ")"]),
        ("x" * 120, ["x" * 120]),
    ],
)
def test_lines_are_broken_as_formatters_do(text: str, lines: list[str]) -> None:
    assert laid_out(text, 0) == lines


@pytest.mark.parametrize(
    ("test", "opposite"),
    [
        ("a == b", "a != b"),
        ("x.shape[-1] != 4 * n", "x.shape[-1] == 4 * n"),
        ("a < b", "a >= b"),
        ("not last", "last"),
        ("last", "not last"),
        ("a == b and c", "not (a == b and c)"),
        ("a < b < c", "not (a < b < c)"),
    ],
)
def test_the_opposite_of_a_condition(test: str, opposite: str) -> None:
    assert negated(test) == opposite


if __name__ == "__main__":
    for each in TEXTS:
        (ACCEPTED / f"{each}.txt").write_text(code.script(keras, spec_of(each)) or "", encoding="utf-8")
