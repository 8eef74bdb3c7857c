"""Masks of `embedding: {mask_zero: true}`: what each kind says that it does with one is what Keras does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import keras
import numpy as np
import pytest

from netspec.backends.gaps import gaps_of
from netspec.backends.keras.compiling import compile_graph
from netspec.kinds import KINDS
from netspec.pipeline import Spec, check_text
from tests.support.oracle import REFUSALS

from .case import Case, last
from .table import CASES
from .test_table import fill, with_sizes

MOST = 6  # cases of a kind
VOCABULARY = 9
BATCH = 2
# Hyperparameters on which it may hang what becomes of a mask.
TELLING = (
    "axis",
    "return_sequences",
    "bidirectional",
    "type",
    "go_backwards",
    "use_causal_mask",
    "padding",
    "input_dim",
)
PLAIN_ATTENTION = ("attention", "additive_attention")
pytestmark = pytest.mark.filterwarnings("ignore:Layer .* does not support masking:UserWarning")


def telling(cases: list[Case]) -> list[Case]:
    """Cases that differ in the inputs' ranks or in such a hyperparameter, fed with floats of known channels."""
    found: dict[str, Case] = {}
    for case in cases:
        fits = case.code is None and not case.layers and case.dtype == "float32" and case.not_on is None
        if fits and all(shape and shape[-1] is not None for shape in case.inputs):
            ranks = [(len(shape), shape.count(None)) for shape in case.inputs]
            said = {name: case.given[name] for name in TELLING if name in case.given}
            found.setdefault(json.dumps([ranks, said]), case)
    return list(found.values())[:MOST]


def checked(word: str, case: Case, masked: tuple[bool, ...]) -> Spec:
    """A node of a kind over embeddings, with a mask or without."""
    inputs = {f"in_{i}": {"shape": list(shape[:-1]), "dtype": "int32"} for i, shape in enumerate(case.inputs)}
    embeddings = [
        {
            "embedding": {
                "from": f"in_{i}",
                "name": f"e_{i}",
                "input_dim": VOCABULARY,
                "output_dim": shape[-1],
                "mask_zero": mask,
            }
        }
        for i, (shape, mask) in enumerate(zip(case.inputs, masked, strict=True))
    ]
    node = {word: {**case.given, "name": "one", "from": [f"e_{i}" for i in range(len(case.inputs))]}}
    document = {"netspec": 1, "inputs": inputs, "layers": [*embeddings, node]}
    return check_text(json.dumps(document), repairs=False)


def data(case: Case) -> list[np.ndarray]:
    """Numbers of words, some of them padding; the first step never is, which would leave a mean over nothing."""
    rng = np.random.default_rng(3)
    batch = [rng.integers(0, 3, (BATCH, *shape[:-1])).astype("int32") for shape in with_sizes(case).inputs]
    for each in batch:
        if each.ndim > 1:
            each[0, -1] = 0
            each[:, 0] = 1
    return batch


def computed(spec: Spec, case: Case) -> Any:
    """The output, as a tensor that may carry a mask; raises what Keras raises."""
    assert spec.graph is not None
    model = compile_graph(spec.graph)
    fill(model)
    batch = data(case)
    return model(batch[0] if len(batch) == 1 else dict(zip(model.input, batch, strict=True)), training=False)


def combinations(count: int) -> Iterator[tuple[bool, ...]]:
    """Which inputs carry a mask: every way of two or three, the first, the last or all of more."""
    for masked in product((True, False), repeat=count):
        if any(masked) and (count < 4 or sum(masked) in (1, count)):
            yield masked


@pytest.mark.parametrize("word", [word for word in CASES if not KINDS[word].composition and KINDS[word].arity[1] != 0])
def test_what_becomes_of_a_mask(word: str) -> None:
    for case in telling(CASES[word]):
        for masked in combinations(len(case.inputs)):
            what = f"{word} {case.given} on {case.inputs}, masked {masked}"
            spec = checked(word, case, masked)
            assert spec.graph is not None
            if gaps_of(spec.graph, keras.backend.backend()):
                continue
            errors = {problem.code for problem in spec.problems if problem.is_error}
            if errors:
                assert errors == {"NS411"}, what
                config = last(spec.graph).config
                assert config is not None
                with pytest.raises(REFUSALS):
                    computed(unheeding(spec), case)
                continue
            found = computed(spec, case)
            node = last(spec.graph)
            mask = keras.src.backend.get_keras_mask(found)
            unchanged = keras.backend.backend() == "jax" and found.shape[1:] == with_sizes(case).inputs[0]
            if mask is not None and not node.masked and unchanged:
                continue  # JAX's identity returns the array itself, and with it the mask
            assert node.masked == (mask is not None), what
            if mask is not None:
                assert tuple(mask.shape) == tuple(found.shape[:-1]), what
            assert node.config is not None
            # Keras looks at the masks of the query and the value, where a key has one of its own.
            if node.config.skips_masked(case.inputs) and not (
                word in PLAIN_ATTENTION and masked == (False, False, True)
            ):
                plain = computed(checked(word, case, (False,) * len(masked)), case)
                assert not np.allclose(*map(keras.ops.convert_to_numpy, (found, plain))), what


def unheeding(spec: Spec) -> Spec:
    """A spec whose graph is built although something is wrong with it."""
    assert spec.graph is not None
    nodes = tuple(node._replace(tainted=False) for node in spec.graph.nodes)
    return spec._replace(graph=spec.graph._replace(nodes=nodes))


def test_the_mask_that_a_bidirectional_layer_hands_on_is_used() -> None:
    """As far as masks go the network is followed: over several layers that pass one on, to one that uses it."""
    layers = [
        {"embedding": {"input_dim": VOCABULARY, "output_dim": 4, "mask_zero": True}},
        {"dropout": 0.1},
        {"dense": {"units": 4, "activation": "relu"}},
        {"skip": ["layer_norm", {"dense": 4}]},
        {"lstm": {"units": 4, "return_sequences": True, "bidirectional": "concat"}},
        {"global_pool": "avg"},
    ]
    document = {"netspec": 1, "input": {"shape": [6], "dtype": "int32"}, "layers": layers}
    spec = check_text(json.dumps(document), repairs=False)
    assert spec.graph is not None
    assert spec.problems == ()
    masked = {node.path: node.masked for node in spec.graph.nodes}
    assert masked == {
        "input": False,
        "embedding_1": True,
        "dropout_1": True,
        "dense_1": True,
        "skip_1.layer_norm_1": True,
        "skip_1.dense_1": True,
        "skip_1": True,
        "lstm_1": True,
        "global_pool_1": False,
    }
