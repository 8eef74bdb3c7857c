"""Models in many manners come through whole: the same weights, the same outputs."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import keras
import pytest

from netspec.backends.keras.original import Comparison, figures_of
from netspec.cli import main
from netspec.conversion.converting import Converter
from netspec.conversion.keras_config import read_config
from netspec.conversion.nodes import Flat
from netspec.conversion.paths import paths_of
from netspec.conversion.writing import text_of
from netspec.pipeline import check_text

from .corpus import CORPUS

pytestmark = pytest.mark.backend


def converted(model: Any) -> Flat:
    """The nodes of a model."""
    figures = figures_of(keras, model)
    return Converter(lambda path, _: figures.get(path, {})).convert(read_config(json.loads(model.to_json())))


def compared(model: Any) -> Flat:
    """The nodes of a model, whose spec is valid and computes what the model does."""
    flat = converted(model)
    spec = check_text(text_of(flat), repairs=False)
    assert not [problem.message for problem in spec.problems if problem.is_error]
    assert spec.graph is not None
    assert Comparison(keras, model, flat, spec.graph, paths_of(flat, spec.graph)).difference() is None
    return flat


@pytest.mark.parametrize("name", CORPUS)
def test_a_model_comes_through_whole(name: str) -> None:
    compared(CORPUS[name]())


def test_a_node_is_named_by_who_reads_another_of_its_outputs() -> None:
    """Also where Keras counted its name, as it does that of the first LSTM."""
    keras.backend.clear_session()
    flat = compared(CORPUS["seq2seq"]())
    assert "lstm.state_h" in flat.nodes[1].beside["initial_state"]


def test_a_difference_is_named() -> None:
    model = CORPUS["residual_block"]()
    flat = converted(model)
    nodes = tuple(
        node._replace(values={"max_value": 5}, kind_name="relu") if node.kind_name == "relu6" else node
        for node in flat.nodes
    )
    for layer in model.layers:
        for weight in layer.weights:
            weight.assign(keras.ops.ones(weight.shape))
    wrong = flat._replace(nodes=nodes)
    graph = check_text(text_of(wrong), repairs=False).graph
    assert graph is not None
    found = Comparison(keras, model, wrong, graph, paths_of(wrong, graph)).difference()
    assert found is not None
    assert found.message == f"the output `{model.layers[-1].name}` differs by 1, its largest number being 6"


RESIDUAL = """\
netspec: 1
name: functional
input: [16, 16, 3]
layers:
  - conv: {filters: 8, kernel_size: 3, padding: same, use_bias: false}
  - batch_norm
  - relu: {name: re_lu}
  - separable_conv: {filters: 8, kernel_size: 3, padding: same, name: separable_conv2d}
  - add:
      from: [re_lu, separable_conv2d]
  - relu6
  - global_pool
"""


def test_the_text_of_a_residual_block() -> None:
    keras.utils.clear_session(free_memory=False)
    text = text_of(converted(CORPUS["residual_block"]()))
    assert text == RESIDUAL


def test_what_is_frozen_stays_frozen() -> None:
    flat = compared(CORPUS["frozen_base"]())
    assert [(node.kind_name, node.trainable) for node in flat.nodes] == [
        ("conv", False),
        ("batch_norm", False),
        ("global_pool", True),
        ("dense", True),
    ]


def test_a_call_without_training_is_as_keras_has_it_when_a_model_trains() -> None:
    """What a call was given for `training`, a model that is trained overrides, and so nothing is lost."""
    x = keras.Input((1000,))
    model = keras.Model(x, keras.layers.Dropout(0.5)(x, training=False))
    zeros = keras.ops.convert_to_numpy(model(keras.ops.ones((1, 1000)), training=True) == 0).mean()
    assert 0.4 < zeros < 0.6
    assert [node.kind_name for node in compared(model).nodes] == ["dropout"]


def test_a_model_that_is_not_built(tmp_path: Path) -> None:
    path, target = tmp_path / "m.json", tmp_path / "m.yaml"
    path.write_text(keras.Sequential([keras.layers.Dense(3, name="first")]).to_json(), encoding="utf-8")
    out = io.StringIO()
    assert main(["import", str(path), "--input", "4", "-o", str(target)], out, out) == 0
    assert out.getvalue() == f"wrote {target}: 5 lines, whose outputs are the model's\n"


def test_what_holds_no_weights_gives_none(tmp_path: Path) -> None:
    """They would be random ones."""
    path, weights = tmp_path / "m.json", tmp_path / "m.npz"
    path.write_text(keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).to_json(), encoding="utf-8")
    small = "keras.applications:MobileNet(alpha=0.25)"
    for model, form in ((str(path), "a configuration"), (small, "a name in `keras.applications`")):
        out = io.StringIO()
        assert main(["import", model, "--weights", str(weights)], out, out) == 1
        assert out.getvalue() == f"{model}: error NS719: {form} holds no weights; leave --weights out\n"
    assert not weights.exists()


@pytest.mark.filterwarnings("ignore:.*HDF5.*")
def test_a_file_of_another_ending(tmp_path: Path) -> None:
    """Keras goes by the ending, and we by what is in a file."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    for written, ending in (("m.keras", ".h5"), ("m.h5", ".keras"), ("m.keras", ".zip")):
        model.save(tmp_path / written)
        path = (tmp_path / written).rename(tmp_path / f"other{ending}")
        out = io.StringIO()
        assert main(["import", str(path)], out, out) == 1
        kept = written[1:]
        assert out.getvalue() == (
            f"{path}: error NS719: it is a `{kept}` file by another name, and Keras goes by the ending; rename it `other{kept}`\n"
        )
        assert main(["import", str(path), "--no-check"], out, out) == 0
    path = tmp_path / "m.txt"
    path.write_text(model.to_json(), encoding="utf-8")
    assert main(["import", str(path)], io.StringIO(), out) == 0


@pytest.mark.filterwarnings("ignore:.*HDF5.*")
def test_hdf5_files_of_old(tmp_path: Path) -> None:
    """Keras writes operations into them, and cannot read them again."""
    path, target = tmp_path / "m.h5", tmp_path / "m.yaml"
    out = io.StringIO()
    CORPUS["siamese"]().save(path)
    assert main(["import", str(path), "--flat", "-o", str(target)], out, out) == 0
    assert out.getvalue() == f"wrote {target}: 13 lines, whose outputs are the model's\n"
    CORPUS["masked_text"]().save(path)
    assert main(["import", str(path)], out, out) == 1
    assert f"{path}: error NS719: Keras itself cannot open it (" in out.getvalue()
    assert main(["import", str(path), "--no-check"], out, out) == 0


def test_weights_go_by_the_paths_of_nodes() -> None:
    model = CORPUS["siamese"]()
    flat = converted(model)
    graph = check_text(text_of(flat), repairs=False).graph
    assert graph is not None
    weights = Comparison(keras, model, flat, graph, paths_of(flat, graph))
    assert weights.difference() is None
    assert {name: value.shape for name, value in weights.weights().items()} == {
        f"{flat.nodes[0].name}/kernel": (8, 6),
        f"{flat.nodes[0].name}/bias": (6,),
        f"{flat.nodes[1].name}/kernel": (6, 4),
        f"{flat.nodes[1].name}/bias": (4,),
        f"{weights.paths[flat.nodes[-1].name]}/kernel": (4, 1),
        f"{weights.paths[flat.nodes[-1].name]}/bias": (1,),
    }


@pytest.mark.parametrize(
    ("model", "status", "message"),
    [
        (
            "keras.applications:ResNet5",
            1,
            "keras.applications:ResNet5: error NS719: `keras.applications` has no model 'ResNet5'; did you mean `ResNet50`?\n",
        ),
        (
            "keras.applications:",
            2,
            "netspec import: MODEL must name a model like `keras.applications:ResNet50` or "
            "`keras.applications:MobileNet(alpha=0.25)`, not 'keras.applications:'\n",
        ),
    ],
)
def test_models_that_there_are_not(model: str, status: int, message: str) -> None:
    out = io.StringIO()
    assert main(["import", model], out, out) == status
    assert out.getvalue().startswith(message)


def test_a_model_of_keras_applications() -> None:
    out = io.StringIO()
    assert main(["import", "--flat", "keras.applications:MobileNet(alpha=0.25)"], out, out) == 0
    assert out.getvalue().splitlines()[3:6] == [
        "layers:",
        "  - conv: {filters: 8, kernel_size: 3, strides: 2, padding: same, use_bias: false, name: conv1}",
        "  - batch_norm: {name: conv1_bn}",
    ]


def test_what_is_no_number_on_one_side_is_a_difference() -> None:
    x = keras.Input((3,))
    model = keras.Model(x, keras.ops.log(x))
    flat = converted(model)
    wrong = flat._replace(
        nodes=(flat.nodes[0]._replace(kind_name="rescale", values={"scale": -1, "offset": 0}), *flat.nodes)
    )
    nodes = (wrong.nodes[0]._replace(name="negative", is_named=True), flat.nodes[0]._replace(reads=("negative",)))
    graph = check_text(text_of(flat._replace(nodes=nodes)), repairs=False).graph
    assert graph is not None
    found = Comparison(
        keras, model, flat._replace(nodes=nodes), graph, paths_of(flat._replace(nodes=nodes), graph)
    ).difference()
    assert found is not None
    assert found.message.startswith("the output `log` differs by nan, its largest number being ")
