"""What kinds of netspec become several layers for comes back as those kinds; what Keras users write in their place too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from netspec.backends.keras.compiling import compile_graph
from netspec.conversion.folding import fold
from netspec.conversion.matching import Mismatch, matched
from netspec.conversion.paths import paths_of
from netspec.conversion.writing import text_of
from netspec.pipeline import check, check_text

from .test_corpus import compared, converted

pytestmark = pytest.mark.backend
SPECS = Path(__file__).parent.parent.parent / "specs"
ZOO = (
    *("cnn_lstm", "crnn", "dlrm", "lenet5", "nin:cifar10", "resnet_digits", "seq2seq_attention", "shufflenet:x0.25"),
    *("siamese", "text_bilstm", "transformer_decoder:tiny", "transformer_encoder", "two_towers", "vae"),
)


@pytest.mark.parametrize("name", ZOO)
def test_a_spec_that_was_built_comes_back(name: str) -> None:
    """The same network, node for node; only in few of the small ones is it written otherwise."""
    stem, _, variant = name.partition(":")
    graph = check(SPECS / f"{stem}.yaml", variant=variant or None, repairs=False).graph
    assert graph is not None
    keras.utils.clear_session(free_memory=False)
    flat = compared(compile_graph(graph))
    again = check_text(text_of(flat), repairs=False).graph
    assert again is not None
    pairs = matched(graph, again)
    assert not isinstance(pairs, Mismatch), pairs


BUILT = {
    "a mean that leaves padding out": "pool: {type: avg, pool_size: 3, strides: 2, padding: 1, rounding: floor}",
    "of squares": "pool: {type: l2, pool_size: 3, padding: 1, strides: 1}",
    "of squares without padding": "pool: {type: l2, pool_size: 2}",
    "groups of channels": "channel_shuffle: 2",
    "windows": "window_partition: 2",
    "a scale for each channel": "layer_scale: 0.5",
    "a scale that begins as most do": "layer_scale",
    "places": "gather: {indices: [2, 0], axis: 2}",
    "a roll": "roll: {shift: [1, -2], axis: [1, 2]}",
    "blocks of positions": "space_to_depth: 2",
    "several nodes for each step": "time_distributed: [{dense: 3}, relu, {skip: [{dense: 3}]}, {global_pool: max}]",
    "one node for each step": "time_distributed: [{dense: 3}]",
    "a threshold": "greater: 0.5",
    "a vector for each number": "one_hot: 3",
}


@pytest.mark.parametrize("what", BUILT)
def test_a_node_comes_back(what: str) -> None:
    text = f"netspec: 1\ninput: [6, 8, 4]\nlayers:\n  - {{{BUILT[what]}}}\n".replace("{layer_scale}", "layer_scale")
    graph = check_text(text, repairs=False).graph
    assert graph is not None
    flat = compared(compile_graph(graph))
    again = check_text(text_of(flat), repairs=False).graph
    assert again is not None
    pairs = matched(graph, again)
    assert not isinstance(pairs, Mismatch), pairs


@pytest.mark.parametrize("name", ["siamese", "dlrm", "wavenet", "cnn_lstm", "nin", "wide_resnet:16_8"])
def test_an_import_that_is_built_and_imported_is_the_same_text(name: str) -> None:
    """Also where operations get their names from Keras, and layers that are called again."""
    texts: list[str] = []
    stem, _, variant = name.partition(":")
    graph = check(SPECS / f"{stem}.yaml", variant=variant or None, repairs=False).graph
    for _ in range(2):
        assert graph is not None
        keras.utils.clear_session(free_memory=False)
        texts.append(fold(converted(compile_graph(graph, initialize=False))).text)
        graph = check_text(texts[-1], repairs=False).graph
    assert texts[0] == texts[1]


def test_windows_are_one_node() -> None:
    text = "netspec: 1\ninput: [8, 6, 4]\nlayers:\n  - window_partition: 2\n  - dense: 4\n  - window_reverse: {size: 2, height: 8, width: 6}\n"
    graph = check_text(text, repairs=False).graph
    assert graph is not None
    assert [(node.kind_name, dict(node.values)) for node in compared(compile_graph(graph)).nodes] == [
        ("window_partition", {"size": 2}),
        ("dense", {"units": 4}),
        ("window_reverse", {"size": 2, "height": 8, "width": 6}),
    ]


def nodes_of(make: Any, *shape: int | None) -> list[tuple[str, dict[str, Any]]]:
    """Kind and hyperparameters of what a function of a tensor becomes."""
    x = keras.Input(shape)
    return [(node.kind_name, dict(node.values)) for node in compared(keras.Model(x, make(x))).nodes]


def test_hard_silu_from_its_operations() -> None:
    assert nodes_of(lambda x: x * (layers.ReLU(6.0)(x + 3.0) * (1.0 / 6.0)), 4) == [("hard_silu", {})]
    assert nodes_of(lambda x: layers.Multiply()([x, ops.relu6(3.0 + x) / 6.0]), 4) == [("hard_silu", {})]
    assert nodes_of(lambda x: ops.relu6(x + 3.0) / 6.0, 4) == [("hard_sigmoid", {})]


def test_what_is_read_elsewhere_too_is_no_pattern() -> None:
    def make(x: Any) -> list[Any]:
        gate = ops.relu6(x + 3.0)
        return [x * (gate / 6.0), gate]

    x = keras.Input((4,))
    flat = compared(keras.Model(x, make(x)))
    assert [node.kind_name for node in flat.nodes] == ["add", "relu6", "divide", "multiply"]


def test_other_numbers_are_no_pattern() -> None:
    assert [name for name, _ in nodes_of(lambda x: x * (ops.relu6(x + 2.9) / 6.0), 4)] == [
        *("add", "relu6", "divide", "multiply")
    ]


def test_a_function_whose_slope_is_another() -> None:
    """Keras's function has 0.2, its layer 0.3."""
    assert nodes_of(layers.Activation("leaky_relu"), 4) == [("activation", {"activation": "leaky_relu"})]


def test_products_whose_factor_is_transposed() -> None:
    assert nodes_of(lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))), 5, 4) == [("matmul", {"transpose_b": True})]
    assert nodes_of(lambda x: ops.matmul(ops.swapaxes(x, 1, 2), x), 5, 4) == [("matmul", {"transpose_a": True})]


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="Keras's attention takes values of the keys' width there")
def test_who_attends_to_whom() -> None:
    def make(x: Any) -> Any:
        mask = ops.expand_dims(ops.greater(ops.max(x, axis=-1), 0.3), 1)
        y = layers.MultiHeadAttention(2, 3)(x, x, attention_mask=mask)
        y = layers.MultiHeadAttention(2, 3, value_dim=4)(query=x, value=y, key=x, use_causal_mask=True)
        return layers.Attention()([y, x], use_causal_mask=True)

    kinds = [name for name, _ in nodes_of(make, 5, 4)]
    assert kinds == ["reduce", "greater", "reshape", "multi_head_attention", "multi_head_attention", "attention"]


def test_scores_are_told() -> None:
    x = keras.Input((5, 4))
    _, scores = layers.MultiHeadAttention(2, 3, name="m")(x, x, return_attention_scores=True)
    with pytest.raises(Exception, match="1 layers cannot be said") as caught:
        converted(keras.Model(x, scores))
    assert caught.value.failures == (("m", "gives its scores too, which a spec's nodes do not"),)


def test_operations_of_several_outputs() -> None:
    def make(x: Any) -> Any:
        a, b, c = ops.split(x, [2, 5], axis=1)
        return ops.concatenate([ops.flip(c, axis=1), ops.repeat(a, 2, axis=1), b], axis=1)

    assert [name for name, _ in nodes_of(make, 9)] == ["slice", "slice", "slice", "gather", "gather", "concat"]


def test_functions() -> None:
    def make(x: Any) -> Any:
        y = ops.exp(x) + ops.rsqrt(x + 1.0) * ops.log(1.0 + ops.abs(x)) - ops.gelu(x, approximate=False)
        y = ops.log_softmax(y) * ops.where(x > 0.5, x, y) / ops.leaky_relu(y, 0.1)
        return ops.stack([y, ops.reciprocal(x + 1.0)], axis=-1)

    kinds = [name for name, _ in nodes_of(make, 4)]
    assert {"exponential", "power", "log", "gelu", "log_softmax", "where", "greater", "leaky_relu", "stack"} <= {*kinds}


def test_steps_that_are_not_put_together() -> None:
    x = keras.Input((3, 4), name="x")
    with pytest.raises(Exception, match="1 layers cannot be said") as caught:
        converted(keras.Model(x, layers.Dense(2)(ops.reshape(x, (-1, 4)))))
    assert caught.value.failures == (("input", "has its steps folded into the batch, and not put together"),)


def test_weights_inside_steps_go_by_their_paths() -> None:
    from netspec.backends.keras.original import Comparison

    x = keras.Input((3, 4))
    y = layers.Dense(5, name="a")(ops.reshape(x, (-1, 4)))
    model = keras.Model(x, ops.reshape(layers.Dense(2, name="b")(y), (-1, 3, 2)))
    flat = converted(model)
    assert text_of(flat) == (
        "netspec: 1\nname: functional\ninput: [3, 4]\nlayers:\n  - time_distributed:\n"
        "      - dense: {units: 5, name: a}\n      - dense: {units: 2, name: b}\n"
    ).replace("functional", flat.name)
    graph = check_text(text_of(flat), repairs=False).graph
    assert graph is not None
    comparison = Comparison(keras, model, flat, graph, paths_of(flat, graph))
    assert comparison.difference() is None
    kernels = {name: value for name, value in comparison.weights().items() if name.endswith("kernel")}
    assert list(kernels) == ["time_distributed_1.a/kernel", "time_distributed_1.b/kernel"]
    assert np.array_equal(kernels["time_distributed_1.a/kernel"], model.get_layer("a").get_weights()[0])


def test_both_ways_of_a_file(tmp_path: Path) -> None:
    """A file numbers the objects in it, so that both layers are written differently; what they say is the same."""
    import io

    from netspec.cli import main

    x = keras.Input((4, 3))
    keras.Model(x, layers.Bidirectional(layers.LSTM(2, name="r"), name="b")(x)).save(tmp_path / "m.keras")
    out = io.StringIO()
    assert main(["import", str(tmp_path / "m.keras"), "--flat"], out, out) == 0
    assert "  - lstm: {units: 2, bidirectional: concat, name: b}\n" in out.getvalue()
