"""What becomes of whole numbers: which kinds take them, and what type of numbers comes out."""

from __future__ import annotations

from itertools import product
from typing import Any

import keras
import pytest

from netspec.backends.keras.compiling import compile_graph
from netspec.kinds import KINDS
from netspec.kinds.kind import promoted

from .case import Case
from .table import CASES
from .test_table import check, data_for, graph_of, refused_by_keras

WHOLE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
ONE_RULE = "which activations take whole numbers, and what they make of them, differs between backends"

# Kinds that netspec keeps from whole numbers although Keras takes them, on TensorFlow at least.
STRICTER = {
    "pool": "only the largest value, in one and two dimensions, works on TensorFlow",
    "average": "TensorFlow makes float64 of them",
    **{word: ONE_RULE for word, cls in KINDS.items() if cls.family == "activation"},
}

# Settings for which the rule is another than for the kind's first case.
OTHERWISE = {
    "global_pool": [{"type": "max"}],
    "upsample": [{"interpolation": "bilinear"}],
    "resize": [
        {"height": 8, "width": 6, "pad_to_aspect_ratio": True},
        {"height": 3, "width": 3, "interpolation": "nearest"},
    ],
    "lstm": [{"units": 4, "dropout": 0.5}, {"units": 4, "recurrent_dropout": 0.5}],
    "gru": [{"units": 4, "dropout": 0.5}],
    "simple_rnn": [{"units": 4, "dropout": 0.5}],
}


def cases() -> list[Any]:
    """Each kind of one node with whole numbers of several types."""
    found = []
    for kind, table in CASES.items():
        if KINDS[kind].composition:
            continue
        first = next(case for case in table if case.code is None and case.dtype == "float32")
        settings = [first, *(first._replace(given=given) for given in OTHERWISE.get(kind, ()))]
        for case, dtype in product(settings, ("uint8", "int32", "bool", "uint32")):
            whole = case._replace(dtype=dtype)
            found.append(pytest.param(kind, whole, id=f"{kind}-{whole.describe()}"))
    return found


@pytest.mark.parametrize(("kind", "case"), cases())
def test_whole_numbers(kind: str, case: Case) -> None:
    """What is refused does not work in Keras; what is accepted does, and gives the type of numbers that is promised."""
    spec = check(kind, case)
    graph = spec.graph
    assert graph is not None
    if not spec.ok:
        assert [problem.code for problem in spec.problems] == ["NS410"]
        if kind not in STRICTER and keras.backend.backend() == "tensorflow":
            assert refused_by_keras(kind, case), "Keras takes this"
        return
    assert kind not in STRICTER
    model = compile_graph(graph)
    tensors = [keras.ops.convert_to_tensor(x) for x in data_for(case)]
    given = dict(zip(model.input, tensors, strict=True)) if isinstance(model.input, dict) else tensors[0]
    for training in (False, True):
        dtype = keras.backend.standardize_dtype(model(given, training=training).dtype)
        assert dtype == graph.nodes[-1].dtype


@pytest.mark.parametrize("kind", [word for word, cls in KINDS.items() if not cls.composition])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_every_kind_takes_floats(kind: str, dtype: str) -> None:
    case = next(case for case in CASES[kind] if case.code is None and case.dtype == "float32")
    graph = graph_of(kind, case._replace(dtype=dtype))
    assert graph.nodes[-1].dtype == (dtype if kind == "slice" else "float32")  # a slice is no layer, and casts nothing


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has no integers of 64 bits unless told so")
@pytest.mark.parametrize(("a", "b"), list(product(WHOLE, WHOLE)))
def test_mixed_whole_numbers(a: str, b: str) -> None:
    assert promoted(a, b) == keras.backend.result_type(a, b)


@pytest.mark.parametrize("kind", ["add", "subtract", "multiply", "maximum", "minimum", "concat"])
@pytest.mark.parametrize(
    ("a", "b"), [("int32", "float32"), ("float32", "uint8"), ("uint8", "int32"), ("bool", "uint8")]
)
def test_merges_of_mixed_numbers(kind: str, a: str, b: str) -> None:
    layer = getattr(keras.layers, KINDS[kind].keras_name)()
    result = layer([keras.ops.ones((2, 3), dtype=a), keras.ops.ones((2, 3), dtype=b)])
    assert KINDS[kind]().dtype(a, b) == keras.backend.standardize_dtype(result.dtype)
