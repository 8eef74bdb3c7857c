"""`--partial`: what can be said is written, with a marked node for each layer that cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netspec.conversion.converting import Inconvertible
from netspec.conversion.folding import fold
from netspec.conversion.operators.converting import converted
from netspec.conversion.operators.program import Given, Operator, Program
from netspec.pipeline import check_text

from .test_reading import dense, imported, sequential, write


def strange(name: str, class_name: str = "Juggle", **more: Any) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": class_name, "config": {"name": name}, **more}


def built(size: int, **config: Any) -> dict[str, Any]:
    """A dense layer that says what it was built on."""
    return dense(config=config, build_config={"input_shape": [None, size]})


def test_the_rest_is_written_and_can_be_checked(tmp_path: Path) -> None:
    layers = [
        built(4, name="first", units=3),
        strange("odd", build_config={"input_shape": [None, 3]}),
        built(3, name="second", units=5),
        strange("narrower", "Lambda"),
        built(2, name="end", units=1),
    ]
    path, target = write(tmp_path, sequential(*layers)), tmp_path / "m.yaml"
    status, text = imported(path, "--partial", "-o", str(target))
    assert (status, text) == (
        1,
        f"wrote {target}: 14 lines, with a node for each layer that is not converted\n"
        f"{path}: error NS719: the layer `odd` is a 'Juggle', a layer for which there is no kind\n"
        f"{path}: error NS719: the layer `narrower` is a 'Lambda', a layer for which there is no kind\n",
    )
    written = target.read_text(encoding="utf-8")
    assert written == (
        "netspec: 1\n"
        "name: m\n"
        "input: [4]\n"
        "layers:\n"
        "  - dense: {units: 3, name: first}\n"
        "  # not converted: layer odd (Juggle)\n"
        "  - linear: {name: odd}\n"
        "  - dense: {units: 5, name: second}\n"
        "  # not converted: layer narrower (Lambda)\n"
        "  - constant:\n      value: 0.0\n      shape: [2]\n      name: narrower\n"
        "  - dense: {units: 1, name: end}\n"
    )
    assert [(problem.code, problem.is_error) for problem in check_text(written, repairs=False).problems] == [
        ("NS306", False),  # the input is not read, nor what stands before the hole
        ("NS305", False),
    ]


@pytest.mark.parametrize(
    ("initializer", "number"),
    [({"maxval": float("inf")}, "inf"), ({"minval": float("nan")}, "nan")],
)
def test_numbers_that_no_spec_holds_are_told(initializer: Any, number: str, tmp_path: Path) -> None:
    """Deep inside a layer too, of which a node then stands."""
    layer = dense(
        config={
            "name": "d",
            "units": 2,
            "kernel_initializer": {"module": "keras", "class_name": "RandomUniform", "config": initializer},
        }
    )
    path = write(tmp_path, sequential(layer))
    status, text = imported(path, "--partial")
    assert status == 1
    assert text == (
        "netspec: 1\nname: m\ninput: [4]\nlayers:\n  # not converted: layer d (Dense)\n  - linear: {name: d}\n"
        f"{path}: error NS719: the layer `d` as `dense`: has the number {number}, which no spec can say\n"
    )


def test_sizes_and_types_of_inputs_that_no_spec_has_are_told(tmp_path: Path) -> None:
    config = sequential(dense())
    entry = config["config"]["layers"][0]["config"]
    entry["batch_shape"] = [None, 2**53 + 1]
    path = write(tmp_path, config)
    assert imported(path) == (1, f"{path}: error NS719: it has an input of the shape [null, 9007199254740993]\n")
    entry.update(batch_shape=[None, 4], dtype="complex64")
    path = write(tmp_path, config)
    assert imported(path) == (1, f"{path}: error NS719: `x` has the type 'complex64', which no input of a spec has\n")


def test_code_is_never_taken_for_a_layer_of_ours(tmp_path: Path) -> None:
    path = write(tmp_path, sequential(strange("mine", "Dense", module="my.layers")))
    status, text = imported(path, "--partial")
    assert (status, text) == (
        1,
        "netspec: 1\nname: m\ninput: [4]\nlayers:\n  # not converted: layer mine (my.layers.Dense)\n  - linear: {name: mine}\n"
        f"{path}: error NS719: the layer `mine` is a 'my.layers.Dense', a layer for which there is no kind\n",
    )


def test_a_model_that_can_be_said_is_as_it_is_without(tmp_path: Path) -> None:
    path = write(tmp_path, sequential(dense()))
    assert imported(path, "--partial") == imported(path)
    assert imported(path)[0] == 0


@pytest.mark.parametrize("partial", [True, False])
def test_a_name_cannot_break_the_comment(partial: bool, tmp_path: Path) -> None:
    path = write(tmp_path, sequential(strange("a\n- relu: x")))
    status, text = imported(path, *["--partial"] * partial)
    assert status == 1
    if partial:
        spec = text.partition(str(path))[0]
        assert spec.count("\n") == 6
        assert not [problem for problem in check_text(spec, repairs=False).problems if problem.is_error]


# --- formats of operators, and those without weights ------------------------------------------------------------------

PROTOTXT = """
name: "net"
input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }
layer { name: "first" type: "Convolution" bottom: "data" top: "first" convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "odd" type: "Juggle" bottom: "first" top: "odd" }
layer { name: "last" type: "InnerProduct" bottom: "odd" top: "last" inner_product_param { num_output: 2 } }
"""


def test_a_prototxt(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(PROTOTXT, encoding="utf-8")
    told = f"{path}: error NS719: the layer `odd` is a 'Juggle', a layer for which there is no kind\n"
    assert imported(path) == (1, told)
    assert imported(path, "--partial") == (
        1,
        "netspec: 1\nname: net\ninput: [8, 8, 3]\nlayers:\n  - conv: {filters: 4, kernel_size: 3, name: first}\n"
        "  # not converted: layer odd (Juggle)\n  - linear: {name: odd}\n"
        "  - flatten\n  - dense: {units: 2, name: last}\n" + told,
    )


ROWS = """
nc: 4
backbone:
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Juggle, [16]]
head:
  - [-1, 1, Classify, [nc]]
"""


def test_a_yaml_of_ultralytics(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(ROWS, encoding="utf-8")
    status, text = imported(path, "--partial", "--input", "16,16,3")
    written, told = text.split(f"{path}: ")
    assert status == 1
    assert told.startswith("error NS719: the layer `model.1` is a 'Juggle', which is none of `Conv`, ")
    assert "  # not converted: module model.1 (Juggle)\n  - linear: {name: model_1}\n" in written
    assert not [problem for problem in check_text(written, repairs=False).problems if problem.is_error]


def operators(*kinds: str) -> Program:
    """A program of three numbers an example: a product, then operators one after the other."""
    np = pytest.importorskip("numpy")
    numbers = np.ones((3, 2), "float32")
    chain = [Operator("first", "MatMul", ("x", "w"), ("t0",))]
    chain += [Operator(f"n{i}", kind, (f"t{i}",), (f"t{i + 1}",)) for i, kind in enumerate(kinds)]
    given = Given("x", (None, 3), "float32")
    return Program("p", (given,), tuple(chain), {"w": numbers}, {"y": f"t{len(kinds)}"}, 18)


def test_operators() -> None:
    with pytest.raises(Inconvertible) as caught:
        converted(operators("Relu", "Juggle", "Tanh", "Juggle"), partial=True)
    assert [each.layer for each in caught.value.failures] == ["n1", "n3"]
    assert caught.value.partial is not None
    assert fold(caught.value.partial, "flat").text == (
        "netspec: 1\nname: p\ninput: [3]\nlayers:\n  - dense: {units: 2, use_bias: false}\n  - relu\n"
        "  # not converted: operator n1 (Juggle)\n  - linear: {name: n1}\n  - tanh\n"
        "  # not converted: operator n3 (Juggle)\n  - linear: {name: n3}\n"
    )
    with pytest.raises(Inconvertible) as caught:
        converted(operators("Juggle"))
    assert caught.value.partial is None


def test_what_only_a_node_in_the_place_of_another_makes_wrong_is_not_told() -> None:
    """An image is wanted of what may have been one, had it been converted."""
    with pytest.raises(Inconvertible) as caught:
        converted(operators("Juggle", "GlobalAveragePool", "Tanh"), partial=True)
    assert [each.layer for each in caught.value.failures] == ["n0"]
    assert caught.value.partial is not None
    assert [(node.kind_name, node.hole) for node in caught.value.partial.nodes] == [
        ("dense", ""),
        ("linear", "not converted: operator n0 (Juggle)"),
        ("linear", "not converted: operator n1 (GlobalAveragePool)"),
        ("tanh", ""),
    ]
