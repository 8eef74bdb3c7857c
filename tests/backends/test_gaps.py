"""The table of what Keras lacks on a backend: each row is run, on its own backend where that is the one in use."""

from __future__ import annotations

import io
import json
from pathlib import Path

import keras
import numpy as np
import pytest

from netspec.backends import gaps
from netspec.backends.gaps import GAPS, Gap, gaps_of, refuse_gaps
from netspec.backends.keras import compiling
from netspec.backends.keras.compiling import compile_graph
from netspec.cli import main
from netspec.diagnostics.problems import SpecError
from netspec.graph.model import Graph
from netspec.pipeline import check_text
from tests.kinds.test_table import tensor
from tests.support.oracle import REFERENCES, REFUSALS

pytestmark = pytest.mark.backend
BACKEND = keras.backend.backend()
IDS = [f"{'+'.join(gap.backends)}-{gap.kinds[0]}" for gap in GAPS]
ROWS = pytest.mark.parametrize("gap", GAPS, ids=IDS)


def graph_of(document: dict[str, object]) -> Graph:
    """The graph of a spec that is valid, as far as backends do not matter."""
    spec = check_text(json.dumps({"netspec": 1, **document}), repairs=False)
    assert spec.problems == ()
    assert spec.graph is not None
    return spec.graph


def computed(graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """A batch and what the network makes of it, when it runs as it does in training."""
    node = graph.nodes[graph.inputs[0]]
    assert node.shape is not None
    shape = (2, *(size or 1 for size in node.shape))
    numbers = np.random.default_rng(1).integers(1, 9, shape)
    batch = numbers.astype(str if node.dtype == "string" else node.dtype)
    model = compile_graph(graph)
    given = tensor(batch)
    by_name = {graph.nodes[index].path: given for index in graph.inputs}
    return batch, model.predict(given if len(by_name) == 1 else by_name, verbose=0)


# What silent gaps should compute, of the networks that are their examples.
EXPECTED = {**REFERENCES, "maximum": lambda batch, given: np.maximum(batch, 2 * batch)}


def has_onednn() -> bool:
    """Has TensorFlow the kernels that one of its gaps is of?"""
    from tensorflow.python.util import _pywrap_util_port

    return bool(_pywrap_util_port.IsMklEnabled())


@ROWS
def test_a_gap_is_there(gap: Gap, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is said to be: a backend that has learned it makes this test fail, and the row can go. Elsewhere it is none."""
    graph = graph_of(gap.example)
    if BACKEND not in gap.backends:
        computed(graph)
        return
    if gap.kinds == ("maximum",) and not has_onednn():
        pytest.skip("TensorFlow runs without oneDNN here")
    with pytest.raises(SpecError) as refused:
        compile_graph(graph)
    assert refused.value.problems == gaps_of(graph, BACKEND)
    monkeypatch.setattr(compiling, "refuse_gaps", lambda *_: None)
    if gap.silent:
        batch, found = computed(graph)
        config = graph.nodes[-1].config
        assert config is not None
        assert not np.allclose(found, EXPECTED[config.spec_name](batch, config.given()), atol=1e-3)
    else:
        with pytest.raises(REFUSALS):
            computed(graph)


@ROWS
def test_a_gap_is_told_on_its_backends_alone(gap: Gap) -> None:
    graph = graph_of(gap.example)
    for backend, title in gaps.TITLES.items():
        told = [(problem.code, problem.message, problem.span) for problem in gaps_of(graph, backend)]
        node = graph.nodes[-1]
        outcome = "would compute something else" if gap.silent else "cannot be built"
        message = f"{node.kind_name} `{node.path}` {outcome} on {title}: {gap.fails}; {gap.instead}"
        assert told == ([("NS712", message, node.span)] if backend in gap.backends else [])


@pytest.mark.parametrize(
    ("shape", "node"),
    [
        ([4, 5, 3], {"layer_norm": {"axis": [2, 3]}}),
        ([4, 5, 3], {"layer_norm": {"axis": [1, 3]}}),
        ([4, 5, 3], {"layer_norm": {"axis": -1}}),
        ([8, 8, 2], {"pool": {"pool_size": 3, "strides": 2, "padding": "same", "type": "max"}}),
        ([7, 7, 2], {"pool": {"pool_size": 3, "strides": 2, "padding": "same", "type": "avg"}}),
        ([7, 7, 2], {"pool": {"pool_size": 2, "strides": 2, "padding": "same", "type": "avg"}}),
        ([None, None, 2], {"pool": {"pool_size": 3, "strides": 1, "padding": "same", "type": "avg"}}),
        ([8, 8, 2], {"pool": {"pool_size": 3, "strides": 2, "padding": [[0, 1], [0, 1]], "type": "avg"}}),
        ([4, 4, 4, 2], {"pool": {"pool_size": 5, "strides": 1, "padding": "same", "type": "max"}}),
        ([5, 6, 5, 2], {"pool": {"pool_size": 5, "strides": 1, "padding": "same", "type": "avg"}}),
        ([4, 4, 4, 2], {"pool": {"pool_size": 5, "strides": 1, "padding": 1, "type": "avg"}}),
        ([4, 4, 2], {"pool": {"pool_size": 5, "strides": 1, "padding": "same", "type": "avg"}}),
        ([1, 1, 1, 2], {"pool": {"pool_size": 2, "strides": 1, "padding": "same", "type": "l2"}}),
        ([6, 8], {"multi_head_attention": {"num_heads": 2, "key_dim": 3, "value_dim": 5, "dropout": 0.5}}),
        ([2, 6, 8], {"multi_head_attention": {"num_heads": 2, "key_dim": 3, "value_dim": 5}}),
        ([6, 8], {"multi_head_attention": {"num_heads": 2, "key_dim": 3, "value_dim": 3}}),
        ([4, 5, 3], {"resize": {"height": 8, "width": 6, "interpolation": "bicubic"}}),
        ([6, 5, 3], {"pad": {"padding": 1, "mode": "reflect"}}),
        ([6, 5, 4, 3], {"pad": {"padding": 1}}),
        ([9, 2], {"adaptive_pool": 7}),
        ([21, 14, 2], {"adaptive_pool": 7}),
        ([10, 6, 2], {"adaptive_pool": [8, 4]}),
        ([13, 13, 2], {"adaptive_pool": 1}),
        ([None, 2], {"adaptive_pool": 6}),
        ([5], {"skip": {"body": [{"rescale": 0.5}], "merge": "maximum"}}),
        ([5], {"skip": {"body": [{"rescale": {"scale": 2, "offset": 1}}], "merge": "maximum"}}),
        ([5], {"skip": {"body": [{"rescale": [2] * 5}], "merge": "maximum"}}),
        ([5], {"skip": {"body": [{"rescale": 2}], "merge": "add"}}),
        ([5], {"skip": {"body": [{"rescale": 2}, {"rescale": 2}], "merge": "maximum"}}),
    ],
)
def test_what_works_on_all(shape: list[int | None], node: dict[str, dict[str, object]]) -> None:
    """Settings beside a gap, which it must not take in."""
    graph = graph_of({"input": shape, "layers": [node]})
    assert [gaps_of(graph, backend) for backend in gaps.TITLES] == [(), (), ()]
    if None not in shape:
        batch, found = computed(graph)
        ((word, given),) = node.items()
        if word == "pool":
            np.testing.assert_allclose(found, REFERENCES[word](batch, given), rtol=1e-4)


def test_a_line_that_makes_several_nodes_is_told_once() -> None:
    layers = [{"layer_norm": {"axis": 1, "repeat": 3}}, {"layer_norm": {"axis": 1}}]
    told = gaps_of(graph_of({"input": [4, 3], "layers": layers}), "torch")
    assert [problem.node for problem in told] == ["layer_norm_1", "layer_norm_4"]


def test_a_padding_in_numbers_is_that_of_same() -> None:
    layers = [{"pool": {"pool_size": [5, 3, 3], "strides": 1, "padding": [2, 1, 1], "type": "l2"}}]
    (told,) = gaps_of(graph_of({"input": [4, 6, 6, 3], "layers": layers}), "torch")
    assert told.message == (
        "pool `pool_1` cannot be built on PyTorch: PyTorch takes no window larger than what it pools; write a smaller `pool_size`"
    )


def test_a_mean_of_unknown_places_may_be_uneven() -> None:
    layers = [{"pool": {"pool_size": 3, "strides": 2, "padding": "same", "type": "l2"}}]
    assert len(gaps_of(graph_of({"input": [None, None, 3], "layers": layers}), "torch")) == 1


def test_a_gap_is_shown_in_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As every other problem of a spec."""
    # Not the backend itself, which stands in the environment from then on.
    monkeypatch.setattr(compiling, "refuse_gaps", lambda graph, backend, *rest: refuse_gaps(graph, "torch", *rest))
    path = tmp_path / "net.yaml"
    path.write_text("netspec: 1\ninput: [4, 3]\nlayers:\n  - layer_norm: {axis: 1}\n  - dense: 2\n", encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    assert main(["build", str(path), "-o", str(tmp_path / "net.keras")], out, err) == 1
    (told,) = gaps_of(graph_of({"input": [4, 3], "layers": [{"layer_norm": {"axis": 1}}, {"dense": 2}]}), "torch")
    assert (out.getvalue(), err.getvalue()) == (
        "",
        f"{path}:4:5: error NS712: {told.message}\n    4 |   - layer_norm: {{axis: 1}}\n      |     ^^^^^^^^^^\n",
    )
    assert [each.name for each in tmp_path.iterdir()] == ["net.yaml"]
