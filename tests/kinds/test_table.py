"""Every kind against Keras: what netspec says of shapes, parameters and acceptance is what Keras does.

An accepted case is built from a spec of one node and run; beside it stands the Keras layer that a reader of the reference
page would write, with the same weights. A refused case is built in Keras too, and must fail there, unless it says why
netspec is stricter.
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import netspec.layers  # noqa: F401  (a saved model with netspec's own layers opens only with them)
from netspec.backends.gaps import gaps_of
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.script import script
from netspec.graph.model import Graph
from netspec.kinds import KINDS
from netspec.kinds.arguments import CONSTRAINTS, INITIALIZERS, REGULARIZERS
from netspec.options import REQUIRED
from netspec.pipeline import Spec, check_text
from tests.support.oracle import DIRECT, REFERENCES, REFUSALS, inputs_of

from .case import UNTRIED, Case, Shape, last
from .table import CASES

TESTS = Path(__file__).parent
BATCH = 2
SOME_SIZES = (6, 7, 5, 4, 6, 7)  # for sizes that a case leaves open


def row(kind: str, case: Case) -> Any:
    """A case as parameters of a test, skipped on a backend that Keras's own layer fails on."""
    backend, reason = case.not_on or ("", "")
    marks = pytest.mark.skipif(backend == keras.backend.backend(), reason=reason)
    return pytest.param(kind, case, id=f"{KINDS[kind].family}-{kind}-{case.describe()}", marks=marks)


def rows(*, accepted: bool) -> list[Any]:
    """The table's cases as parameters of a test."""
    return [row(kind, case) for kind, cases in CASES.items() for case in cases if (case.code is None) is accepted]


# --- a case as a spec, as a model, as data ---------------------------------------------------------------------------------


def check(kind: str, case: Case) -> Spec:
    """The case as a spec of one node, or of the case's own nodes."""
    names = [f"in_{i}" for i in range(len(case.inputs))]
    declared = {
        name: {"shape": list(shape), "dtype": case.dtype} for name, shape in zip(names, case.inputs, strict=True)
    }
    wiring = {} if len(names) == 1 else {"from": names}
    spec = {
        "netspec": 1,
        **({"input": declared["in_0"]} if len(names) == 1 else {"inputs": declared}),
        "layers": list(case.layers) or [{kind: {**case.given, **wiring}}],
    }
    return check_text(json.dumps(spec), repairs=False)


def graph_of(kind: str, case: Case) -> Graph:
    spec = check(kind, case)
    assert spec.ok, [problem.message for problem in spec.problems]
    assert spec.graph is not None
    return spec.graph


def built_here(kind: str, case: Case) -> Graph:
    """The graph of a case; skips the test where Keras cannot build it on this backend."""
    graph = graph_of(kind, case)
    for problem in gaps_of(graph, keras.backend.backend()):
        pytest.skip(problem.message)
    return graph


def with_sizes(case: Case) -> Case:
    """The case with a number for each unknown size."""
    sizes = iter(case.at or SOME_SIZES)
    inputs = tuple(tuple(next(sizes) if size is None else size for size in shape) for shape in case.inputs)
    return case._replace(inputs=inputs)


def data_for(case: Case) -> list[np.ndarray]:
    """A batch for the inputs."""
    rng = np.random.default_rng(7)
    shapes = [(BATCH, *shape) for shape in with_sizes(case).inputs]
    if case.dtype.startswith("float") and "input_dim" not in case.given:
        return [rng.uniform(-2, 2, shape).astype(case.dtype) for shape in shapes]
    if case.dtype == "string":
        return [rng.choice(["a", "B! c", ""], shape) for shape in shapes]
    return [rng.integers(0, 9, shape).astype(case.dtype) for shape in shapes]


def fill(model: keras.Model) -> None:
    """Weights that depend on their shape alone, so that two models of the same layers compute the same."""
    for weight in model.weights:
        rng = np.random.default_rng([len(weight.shape), *weight.shape])
        weight.assign(rng.uniform(0.1, 1.0, weight.shape))


def run(model: keras.Model, data: list[np.ndarray], training: bool = False) -> dict[str, np.ndarray]:
    """The outputs by name; one alone has the name ''."""
    tensors = [tensor(x) for x in data]
    given = tensors[0] if len(tensors) == 1 else tensors
    if isinstance(model.input, dict):
        given = dict(zip(model.input, tensors, strict=True))
    result = model(given, training=training)
    named = result if isinstance(result, dict) else {"": result}
    return {name: keras.ops.convert_to_numpy(y) for name, y in named.items()}


def tensor(x: np.ndarray, dtype: str | None = None) -> Any:
    """An array as the backend has it; texts are TensorFlow's alone."""
    if x.dtype.kind != "U":
        return keras.ops.convert_to_tensor(x, dtype=dtype)
    import tensorflow as tf

    return tf.constant(x.tolist(), tf.string)


def by_hand(kind: str, case: Case) -> keras.Model | None:
    """The case in Keras's own words; None where Keras has none for it."""
    inputs = inputs_of(case.inputs, case.dtype)
    given = inputs[0] if len(inputs) == 1 else inputs
    if case.keras is not None:
        return keras.Model(inputs, case.keras(given))
    direct = DIRECT.get(kind)
    made = direct(len(case.inputs[0]) - 1, dict(case.given)) if direct is not None else None
    return None if made is None else keras.Model(inputs, made(given))


def without_names(config: Any, *leave_out: str) -> Any:
    """A layer's configuration, but for what each layer has of its own: its name, and the seeds that it drew."""
    if isinstance(config, dict):
        drawn = {key for key in config if key == "seed" and isinstance(config[key], int) and config[key] > 1000}
        return {key: without_names(value) for key, value in config.items() if key not in ("name", *leave_out, *drawn)}
    if isinstance(config, (list, tuple)):
        return [without_names(value) for value in config]
    return config


def count(weights: list[Any]) -> int:
    return sum(prod(weight.shape) for weight in weights)


def agrees(shape: Shape, actual: tuple[int, ...]) -> bool:
    """Is this the shape, as far as that is known?"""
    return len(shape) == len(actual) and all(size in (None, a) for size, a in zip(shape, actual, strict=True))


# --- accepted --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "case"), rows(accepted=True))
def test_accepted(kind: str, case: Case) -> None:
    graph = built_here(kind, case)
    model = compile_graph(graph)
    fill(model)
    outputs = run(model, data_for(case))
    trained = run(model, data_for(case), training=True) if case.training else outputs

    compare_promises(graph, model, case)
    concrete = graph_of(kind, with_sizes(case))
    for name, y in outputs.items():
        assert agrees(promised(graph, name), y.shape[1:])
        assert promised(concrete, name) == y.shape[1:] == trained[name].shape[1:]
    if kind in REFERENCES:
        close(outputs[""], REFERENCES[kind](data_for(case)[0], case.given))

    beside = by_hand(kind, case)
    if beside is None:
        return
    fill(beside)
    assert sorted(tuple(w.shape) for w in model.weights) == sorted(tuple(w.shape) for w in beside.weights)
    if not case.layers:
        compare_layers(last(graph).layer, model, beside)
    if case.numeric:
        expected = run(beside, data_for(case))
        for name, y in outputs.items():
            close(y, expected[name])
    if case.numeric and "seed" in case.given:  # the same numbers are drawn
        close(trained[""], run(beside, data_for(case), training=True)[""])


def compare_promises(graph: Graph, model: keras.Model, case: Case) -> None:
    """Shapes and weights as Keras says before it has seen data, and multiply-accumulates as the table has them by hand."""
    for name, y in model.output.items() if isinstance(model.output, dict) else [("", model.output)]:
        assert promised(graph, name) == y.shape[1:]
    totals = graph.totals()
    assert totals.trainable_parameters == count(model.trainable_weights)
    assert totals.non_trainable_parameters == count(model.non_trainable_weights)
    assert case.macs in (None, totals.macs)


def promised(graph: Graph, name: str) -> Shape:
    """What netspec says of the shape of an output, or of the only one."""
    shape = graph.nodes[graph.outputs[name] if name else next(iter(graph.outputs.values()))].shape
    assert shape is not None
    return shape


def compare_layers(name: str, model: keras.Model, beside: keras.Model) -> None:
    """The layer that bears the node's name is configured as the one made by hand."""
    mine = [layer for layer in model.layers if layer.name == name]
    theirs = [layer for layer in beside.layers if mine and type(layer) is type(mine[0])]
    if len(mine) != 1 or len(theirs) != 1:
        return  # made of other layers, or of none
    padded = len(beside.layers) > len(beside.inputs) + 1  # a layer beside it pads, where netspec may find a word for it
    ours, others = (without_names(layer.get_config(), "padding" if padded else "") for layer in (mine[0], theirs[0]))
    assert ours == others


def close(actual: np.ndarray, expected: np.ndarray) -> None:
    if actual.dtype == object:  # texts
        np.testing.assert_array_equal(actual, expected)
        return
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


# --- refused ---------------------------------------------------------------------------------------------------------------


def refused_by_keras(kind: str, case: Case) -> bool:
    """Does Keras refuse, when the layer is made, when it is built, or at the first batch?"""
    keras.utils.set_random_seed(0)  # `aug_mix` draws what it does when it is traced, by Python's generator
    try:
        beside = by_hand(kind, case)
        assert beside is not None, "the table of Keras layers has none for this kind"
        run(beside, data_for(case))
        run(beside, data_for(case), training=True)
    except REFUSALS as error:
        trace = error.__traceback__
        while trace.tb_next is not None:
            trace = trace.tb_next
        missing = isinstance(error, TypeError) and "required" in str(error)  # raised by Python, before the layer runs
        if TESTS in Path(trace.tb_frame.f_code.co_filename).parents and not missing:
            raise  # a slip of the test's own
        return True
    return False


@pytest.mark.parametrize(("kind", "case"), rows(accepted=False))
def test_refused(kind: str, case: Case) -> None:
    spec = check(kind, case)
    assert {problem.code for problem in spec.problems if problem.is_error} == {case.code}
    backend = keras.backend.backend()
    if case.stricter in UNTRIED or case.only not in (None, backend):
        return
    refused = refused_by_keras(kind, case)
    if case.stricter is None:
        assert refused, "Keras takes this"
    elif backend == "tensorflow":
        assert not refused, "Keras refuses this too, which needs no reason"


# --- saved -----------------------------------------------------------------------------------------------------------------


def saved() -> list[Any]:
    """Of every kind the first accepted case, and those whose lowering is another."""
    found = []
    for kind, cases in CASES.items():
        accepted = [case for case in cases if case.code is None]
        chosen = [case for index, case in enumerate(accepted) if index == 0 or case.save]
        found.extend(row(kind, case) for case in chosen)
    return found


@pytest.mark.parametrize(("kind", "case"), saved())
def test_saved(kind: str, case: Case, tmp_path: Path) -> None:
    """A model that is saved and opened again computes the same."""
    model = compile_graph(built_here(kind, case))
    fill(model)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    data = data_for(case)
    for (name, before), after in zip(run(model, data).items(), run(again, data).values(), strict=True):
        np.testing.assert_array_equal(after, before, err_msg=name)


@pytest.mark.parametrize(("kind", "case"), saved())
def test_as_script(kind: str, case: Case) -> None:
    """The Python script of a graph builds a model that computes the same."""
    graph = built_here(kind, case)
    names: dict[str, Any] = {}
    exec(script(graph, "spec.yaml"), names)
    model, written = compile_graph(graph), names["model"]
    fill(model)
    fill(written)
    expected = run(model, data_for(case))
    for name, y in run(written, data_for(case)).items():
        np.testing.assert_array_equal(y, expected[name])


# --- the table itself ------------------------------------------------------------------------------------------------------


NODES = sorted(word for word, cls in KINDS.items() if not cls.mixes_labels)  # the others stand under `augment` alone


def test_every_kind_is_in_the_table() -> None:
    assert sorted(CASES) == NODES


@pytest.mark.parametrize(
    ("option", "table"),
    [
        ("kernel_initializer", INITIALIZERS),
        ("kernel_regularizer", REGULARIZERS),
        ("kernel_constraint", CONSTRAINTS),
    ],
)
def test_every_argument_is_in_the_table(option: str, table: dict[str, Any]) -> None:
    written = [case.given.get(option) for case in CASES["dense"] if case.code is None]
    assert set(table) <= {next(iter(value)) if isinstance(value, dict) else value for value in written}


@pytest.mark.parametrize("kind", NODES)
def test_every_kind_is_accepted_and_refused(kind: str) -> None:
    assert any(case.code is None for case in CASES[kind])
    assert any(case.code is not None for case in CASES[kind])


@pytest.mark.parametrize("kind", NODES)
def test_every_hyperparameter_is_given(kind: str) -> None:
    """A hyperparameter that no accepted case sets could be lost on the way to Keras without a test that fails."""
    written: dict[str, list[Any]] = {}
    for case in CASES[kind]:
        if case.code is not None:
            continue
        for given in [case.given, *(layer[kind] for layer in case.layers if isinstance(layer, dict) and kind in layer)]:
            for name, value in given.items() if isinstance(given, dict) else [(KINDS[kind].principal, given)]:
                written.setdefault(name, []).append(value)
    for name, option in KINDS[kind].options.items():
        assert name in written, f"no accepted case gives `{name}`"
        if option.default is not REQUIRED:
            default = getattr(option.default, "spec_name", option.default)
            assert any(value != default for value in written[name]), f"`{name}` keeps its default"
