"""`--partial`: what can be said is written, with a marked node for each layer that cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
