"""Types of numbers: which kinds take whole numbers, and what type comes out, as the network runs.

What counts is the type of the tensor that a layer computes. The type that Keras gives a symbolic tensor is another: it says
float32 after nearly every layer, although a crop or the largest of all places keeps whole numbers as they are.
"""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import keras
import numpy as np
import pytest

from netspec.backends.gaps import gaps_of
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.lowering import LoweringKeras
from netspec.kinds import KINDS
from netspec.kinds.kind import ShapeError, promoted
from netspec.pipeline import check_text
from tests.support.oracle import REFUSALS

from .case import Case, last
from .table import CASES
from .test_table import check, data_for, graph_of, run, tensor

WHOLE = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32")
FLOATS = ("float16", "bfloat16", "float32", "float64")
BACKEND = keras.backend.backend()
# JAX has no numbers of 64 bits unless told so.
HERE = tuple(name for name in (*WHOLE, *FLOATS) if BACKEND != "jax" or not name.endswith("64"))
ONE_RULE = "which activations take whole numbers, and what they make of them, differs between backends"

# Kinds that netspec keeps from whole numbers although Keras takes them, on TensorFlow at least.
STRICTER = {
    "pool": "only the largest value, in one and two dimensions, works on TensorFlow",
    "rms_norm": "Keras cuts what comes out to whole numbers",
    "adaptive_pool": "as of `pool`",
    "gaussian_dropout": "TensorFlow takes truth values, and multiplies nothing by the noise",
    "activity_regularization": "only some whole numbers work on TensorFlow",
    **dict.fromkeys(("additive_attention", "grouped_query_attention"), "PyTorch takes none"),
    "average": "TensorFlow makes float64 of them",
    **{word: ONE_RULE for word, cls in KINDS.items() if cls.family == "activation" and word != "linear"},
}

STRICTER |= {
    word: "Keras computes with whole numbers as they are, or makes floats of them while training only"
    for word, cls in KINDS.items()
    if cls.family == "preprocessing" and not cls.takes_integers
}

KEEPS = ("activation", {"activation": "linear"})  # a setting that takes them, of such a kind

# Settings for which the rule is another than for the kind's first case.
OTHERWISE: dict[str, list[dict[str, Any]]] = {
    "activation": [{"activation": "linear"}],
    "global_pool": [{"type": "max"}],
    "adaptive_pool": [{"output_size": 2, "type": "max"}],
    "activity_regularization": [{"l1": 0.1}],
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
    """Each kind of one node, in each setting that has a rule of its own."""
    found: list[Any] = []
    for kind, table in CASES.items():
        if KINDS[kind].composition:
            continue
        accepted = [case for case in table if case.code is None]
        first = next((case for case in accepted if case.dtype == "float32"), accepted[0])
        if first.dtype == "string":
            continue  # takes texts, or nothing
        if gaps_of(graph_of(kind, first), BACKEND):
            continue
        settings = [first, *(first._replace(given=given) for given in OTHERWISE.get(kind, ()))]
        found.extend(pytest.param(kind, case, id=f"{kind}-{case.describe()}") for case in settings)
    return found


class Called(keras.Layer):  # type: ignore[misc]
    """What a node is lowered to, called with tensors as they come: a model would first cast them to its inputs' type."""

    def __init__(self, kind: str, case: Case) -> None:
        super().__init__(autocast=False)
        node = last(graph_of(kind, case))
        assert node.config is not None
        self.lowered = node.config.lower(LoweringKeras(keras), node.layer, list(case.inputs))

    def build(self, *shapes: Any) -> None:
        """The layers inside are built as they are called."""

    def call(self, tensors: list[Any], training: bool = False) -> Any:
        return self.lowered(tensors[0] if len(tensors) == 1 else tensors)

    def types(self, case: Case) -> set[str]:
        """The types that come out, in training and otherwise; raises what Keras raises."""
        tensors = [tensor(x, case.dtype) for x in data_for(case)]
        return {type_of(self(tensors, training=training)) for training in (False, True)}


def type_of(tensor: Any) -> str:
    main = tensor[0] if isinstance(tensor, tuple) else tensor  # beside which there may be others
    return str(keras.backend.standardize_dtype(main.dtype))


@pytest.mark.parametrize(("kind", "case"), cases())
def test_types(kind: str, case: Case) -> None:
    """What is refused does not work in Keras; what is accepted does, and gives the type of numbers that is promised."""
    layer = Called(kind, case)
    layer.types(case)  # the weights are made for floats
    promises: dict[str, set[str]] = {}
    found: dict[str, set[str]] = {}
    for dtype in HERE:
        typed = case._replace(dtype=dtype)
        spec = check(kind, typed)
        assert spec.graph is not None
        errors = {problem.code for problem in spec.problems if problem.is_error}
        unwanted = dtype in FLOATS and not KINDS[kind].takes_floats  # some of which Keras takes for some values
        if unwanted or (errors and (kind in STRICTER or BACKEND != "tensorflow")):
            assert errors == {"NS410"}
            continue
        promises[dtype] = errors or {last(spec.graph).dtype}
        try:
            found[dtype] = layer.types(typed)
        except REFUSALS:
            found[dtype] = {"NS410"}
    assert promises == found
    assert {"float16", "bfloat16", "float32"} <= promises.keys() or not KINDS[kind].takes_floats
    if kind in STRICTER:  # as it says, but for one setting
        assert bool(promises.keys() & {*WHOLE}) == ((kind, case.given) == KEEPS)


def test_a_type_is_that_of_the_network_as_it_runs() -> None:
    """Not that of Keras's symbolic tensor, which is float32 after a layer that keeps whole numbers."""
    graph = graph_of("crop", Case(((7, 4, 6),), {"cropping": 1}, dtype="bool"))
    model = compile_graph(graph)
    assert model.output.dtype == "float32"
    assert type_of(model(keras.ops.ones((1, 7, 4, 6), dtype="bool"))) == last(graph).dtype == "bool"


@pytest.mark.skipif(BACKEND != "tensorflow", reason="only TensorFlow traces functions in which Keras casts")
def test_a_resize_gives_floats_where_it_is_traced() -> None:
    """The one layer whose type hangs on how it is called; the promise is the stricter of the two."""
    document = {"name": "m", "input": {"shape": [4, 4, 3], "dtype": "uint8"}}
    layers = [{"resize": {"height": 6, "width": 6}}]
    spec = check_text(json.dumps({"netspec": 1, **document, "layers": layers}), repairs=False)
    assert spec.graph is not None
    model = compile_graph(spec.graph)
    data = np.ones((1, 4, 4, 3), "uint8")
    assert last(spec.graph).dtype == type_of(model(data)) == "uint8"
    assert model.predict_on_batch(data).dtype == "float32"


@pytest.mark.skipif(BACKEND == "jax", reason="JAX has no integers of 64 bits unless told so")
@pytest.mark.parametrize(("a", "b"), list(product(WHOLE, WHOLE)))
def test_mixed_whole_numbers(a: str, b: str) -> None:
    assert promoted(a, b) == keras.backend.result_type(a, b)


@pytest.mark.parametrize("kind", [word for word, cls in KINDS.items() if cls.__module__ == "netspec.kinds.merge"])
def test_merges_of_mixed_numbers(kind: str) -> None:
    """Two tensors of each pair of types."""
    module, _, name = KINDS[kind].keras_layers[0].rpartition(".")
    layer = (lambda tensors: getattr(keras.ops, name)(*tensors)) if module else getattr(keras.layers, name)()
    promises, found = {}, {}
    for a, b in product(HERE, HERE):
        try:
            promised = KINDS[kind]().dtype(a, b)
            promises[a, b] = "int32" if BACKEND == "jax" and promised == "int64" else promised
        except ShapeError as error:
            if kind in STRICTER or BACKEND != "tensorflow":
                continue
            promises[a, b] = error.code  # NS410, or it is not what is found
        try:
            found[a, b] = type_of(layer([keras.ops.ones((2, 3), dtype=a), keras.ops.ones((2, 3), dtype=b)]))
        except REFUSALS:
            found[a, b] = "NS410"
    assert promises == found


IDENTITIES: dict[str, list[Any]] = {
    "an empty branch": [{"inception": {"branches": {"a": []}}}, {"crop": 1}],
    "two empty branches": [{"inception": {"branches": {"a": [], "b": []}}}],
    "an empty body": [{"skip": {"body": [], "merge": "concat"}}],
    "no repetition": [{"relu": {"repeat": 0}}, {"crop": 1}],
    "a condition that does not hold": [{"relu": {"when": False}}, {"permute": [3, 1, 2]}],
    "no change": ["linear", {"slice": {"stop": 2}}],
}


@pytest.mark.parametrize("dtype", ["bool", "uint8", "uint32", "int16"])
@pytest.mark.parametrize("layers", IDENTITIES.values(), ids=IDENTITIES.keys())
def test_identities_keep_the_type(layers: list[Any], dtype: str) -> None:
    """What changes nothing has the type that comes in, and so have the nodes after it that keep it."""
    document = {"netspec": 1, "input": {"shape": [7, 4, 6], "dtype": dtype}, "layers": layers}
    spec = check_text(json.dumps(document), repairs=False)
    assert [problem.message for problem in spec.problems if problem.is_error] == []
    assert spec.graph is not None
    (output,) = spec.graph.outputs.values()
    result = run(compile_graph(spec.graph), [np.ones((1, 7, 4, 6), dtype)])
    assert spec.graph.nodes[output].dtype == str(result[""].dtype) == dtype
