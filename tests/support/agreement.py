"""What `validate` promises of a spec that it accepts, held against Keras: built, called, written as a script, saved and loaded."""

from __future__ import annotations

import json
import random
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

import netspec.layers  # registered, so that files that hold them open  # noqa: F401
from netspec.backends.gaps import gaps_of
from netspec.backends.keras import code
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.model_file import rebuild, save
from netspec.backends.keras.script import script
from netspec.graph.model import Graph, Node
from netspec.pipeline import Spec, check_text
from netspec.training.learner import STEP_BY_STEP
from tests.support.architectures import Made
from tests.support.judge import KERNELS
from tests.support.oracle import DIRECT, REFUSALS

BACKEND = keras.backend.backend()
BATCH = 3
UNKNOWN = 24  # places where their number is not known until run time; as in `Made.sized`
NUMBERS = 4  # whole numbers of a batch are below it: zeros for masks, and none beyond a small vocabulary
DRAWING = tuple(
    getattr(keras.initializers, name)
    for name in ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal")
)
DRAWN = 1000  # seeds of documents are below it
HALVES = ("float16", "bfloat16")
# JAX has no numbers of 64 bits unless told so; Keras has some unsigned ones of PyTorch's as the next larger signed ones.
HERE = {
    "jax": {"int64": "int32", "float64": "float32"},
    "torch": {"uint16": "int32", "uint32": "int64"},
}.get(BACKEND, {})


class Agreement(NamedTuple):
    """What came of a document; `disagreement` is empty where Keras does all that was promised."""

    spec: Spec | None
    refused: str = ""  # the code of the first error
    gap: str = ""  # why this backend cannot build it, as `build` says
    disagreement: str = ""
    run: bool = False  # was it called?


class _Differs(Exception):
    """A promise that is not kept."""


def agree(made: Made, rng: random.Random, *, thorough: bool = False) -> Agreement:
    """Hold one document against Keras; `thorough` also predicts in batches and opens the saved file as netspec does."""
    try:
        spec = check_text(made.text, "spec.yaml", variants=True, repairs=False)
        variant = rng.choice((None, *made.variants)) if spec.ok else None
        if variant is not None:
            spec = check_text(made.text, "spec.yaml", variant=variant, repairs=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is netspec's fault
        return Agreement(None, disagreement=f"netspec fails: {type(error).__name__}: {error}")
    errors = [problem for problem in spec.problems if problem.is_error]
    if errors:
        return Agreement(spec, refused=errors[0].code)
    assert spec.graph is not None
    gaps = gaps_of(spec.graph, BACKEND)
    if gaps:
        return Agreement(spec, gap=gaps[0].message.partition(":")[2].strip())
    fits = made.sized is None or check_text(made.sized, variant=variant, repairs=False).ok
    try:
        _compare(spec, spec.graph, fits, thorough)
    except _Differs as difference:
        return Agreement(spec, disagreement=str(difference), run=fits)
    return Agreement(spec, run=fits)


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Whatever goes wrong is said with what was being done."""
    try:
        yield
    except _Differs as difference:
        raise _Differs(f"{name}: {difference}") from None
    except Exception as error:
        if any(words in str(error) for words in KERNELS):
            return
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = " ".join(str(error).split())[:600]
        raise _Differs(
            f"{name}: {type(error).__name__}: {words} ({Path(place.filename).name}:{place.lineno})"
        ) from error


def _hold(truth: bool, words: Callable[[], str]) -> None:
    if not truth:
        raise _Differs(words())


def _compare(spec: Spec, graph: Graph, fits: bool, thorough: bool) -> None:
    with _step("build"):
        keras.utils.clear_session(free_memory=False)
        model = compile_graph(graph)
    with _step("count"):
        _counts(graph, model)
    with _step("nodes"):
        batch = batch_for(graph)
        _nodes(graph, batch if fits else None)
    outputs = None
    if fits:
        with _step("call"):
            outputs = _outputs(model, batch)
            by_name = outputs if isinstance(outputs, dict) else dict.fromkeys(graph.outputs, outputs)
            _hold(
                by_name.keys() == graph.outputs.keys(),  # PyTorch's come in another order
                lambda: f"outputs {list(by_name)}, promised {list(graph.outputs)}",
            )
            for name, index in graph.outputs.items():
                _computed(graph.nodes[index], by_name[name])
    with _step("script"):
        _scripted(spec, graph, model, batch, outputs)
    with _step("saved"), tempfile.TemporaryDirectory() as folder:
        _saved(spec, graph, model, batch, outputs, Path(folder) / "model.keras", thorough)
    if thorough and outputs is not None:
        with _step("predict"):
            _same(outputs, model.predict(batch, verbose=0, batch_size=2))
    if outputs is not None:
        with _step("train"):  # the last, as it moves averages
            _like(_outputs(model, batch, training=True, traced=True), outputs)


def batch_for(graph: Graph) -> Any:
    """A batch for a network's inputs, as its model takes it."""
    rng = np.random.default_rng(0)
    given = {}
    for index in graph.inputs:
        node = graph.nodes[index]
        shape = (BATCH, *(UNKNOWN if size is None else size for size in node.shape or ()))
        floats = "float" in node.dtype
        values = rng.normal(size=shape) if floats else rng.integers(0, 2 if node.dtype == "bool" else NUMBERS, shape)
        dtype = HERE.get(node.dtype, node.dtype)
        given[node.path] = keras.ops.cast(
            keras.ops.convert_to_tensor(values.astype("float32" if floats else "int32")), dtype
        )
    return next(iter(given.values())) if len(given) == 1 else given


def _outputs(model: Any, batch: Any, *, training: bool = False, traced: bool = False) -> Any:
    """What a model computes; `traced` where only shapes and types are asked for.

    JAX compiles an operation for each shape, so a model is compiled as a whole there, or traced and not run; but for one that
    Keras cannot compile there.
    """
    step_by_step = training and any(type(layer).__name__ in STEP_BY_STEP for layer in model.layers)
    if BACKEND != "jax" or step_by_step:
        return model(batch, training=training)
    import jax

    def run(learned: Any, kept: Any, given: Any) -> Any:
        return model.stateless_call(learned, kept, given, training=training)[0]

    values = [
        [variable.value for variable in each] for each in (model.trainable_variables, model.non_trainable_variables)
    ]
    return (jax.eval_shape if traced else lambda function, *given: jax.jit(function)(*given))(run, *values, batch)


def _counts(graph: Graph, model: Any) -> None:
    totals = graph.totals()
    learned = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    stays = sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
    promised = (totals.trainable_parameters, totals.non_trainable_parameters)
    _hold((learned, stays) == promised, lambda: f"Keras {(learned, stays)}, promised {promised}")
    for index in sorted(graph.used()):
        node = graph.nodes[index]
        if not node.is_input and graph.owner(index) == index and any(node.weights):
            found = model.get_layer(node.layer).count_params()
            _hold(
                found == sum(node.weights),
                lambda node=node, found=found: f"`{node.path}`: Keras {found}, promised {sum(node.weights)}",
            )


def _nodes(graph: Graph, batch: Any) -> None:
    """Shape, type of numbers and mask of each node, by a model that yields all of them."""
    wanted = {f"n{index}": index for index in sorted(graph.used()) if not graph.nodes[index].is_input}
    every = compile_graph(graph._replace(outputs=wanted))
    tensors = every.output if isinstance(every.output, dict) else dict.fromkeys(wanted, every.output)
    for name, index in wanted.items():
        node = graph.nodes[index]
        found = tuple(tensors[name].shape[1:])
        _hold(
            found == node.shape, lambda node=node, found=found: f"`{node.path}`: Keras {found}, promised {node.shape}"
        )
        # Masks are what layers are given when the model is made: attention takes them off the tensors that it computes with.
        carries = keras.src.backend.get_keras_mask(tensors[name]) is not None
        _hold(
            carries == node.masked,
            lambda node=node, carries=carries: f"`{node.path}`: mask {carries}, promised {node.masked}",
        )
    if batch is None:
        return
    made = _outputs(every, batch, traced=True)
    made = made if isinstance(made, dict) else dict.fromkeys(wanted, made)
    for name, index in wanted.items():
        _computed(graph.nodes[index], made[name])


def _computed(node: Node, tensor: Any) -> None:
    """Has what was computed the shape and the type of numbers that were promised?"""
    sizes, promised = tuple(tensor.shape[1:]), node.shape or ()
    fits = len(sizes) == len(promised) and all(p in (None, a) for p, a in zip(promised, sizes, strict=True))
    _hold(fits, lambda: f"`{node.path}`: computed {sizes}, promised {node.shape}")
    dtype = keras.backend.standardize_dtype(tensor.dtype)
    expected = HERE.get(node.dtype, node.dtype)
    _hold(dtype == expected, lambda: f"`{node.path}`: computed {dtype}, promised {node.dtype}")


def _scripted(spec: Spec, graph: Graph, model: Any, batch: Any, outputs: Any) -> None:
    keras.utils.clear_session(free_memory=False)
    names: dict[str, Any] = {"__name__": "script"}
    text = code.script(keras, spec)
    with _undrawn():
        exec(compile(script(graph, "spec.yaml") if text is None else text, "script.py", "exec"), names)
    other = names["build_model"]() if text is not None else names["model"]
    _configured(model, other)
    _hold(
        [tuple(w.shape) for w in other.trainable_weights] == [tuple(w.shape) for w in model.trainable_weights],
        lambda: "other trainable weights",
    )
    other.set_weights(model.get_weights())
    if outputs is not None:
        _same(outputs, _outputs(other, batch))


@contextmanager
def _undrawn() -> Iterator[None]:
    """Weights that would begin at random are zeros, as others follow: a backend may compile anew for each shape that it draws."""
    kept = [(cls, cls.__call__) for cls in DRAWING]
    for cls, _ in kept:
        cls.__call__ = lambda self, shape, dtype=None: keras.ops.convert_to_tensor(np.zeros(shape, "float32"), dtype)
    try:
        yield
    finally:
        for cls, call in kept:
            cls.__call__ = call


def _saved(spec: Spec, graph: Graph, model: Any, batch: Any, outputs: Any, path: Path, thorough: bool) -> None:
    save(model, spec.text, graph, path)
    with _undrawn():
        loaded = keras.models.load_model(path)
    _configured(model, loaded)
    if outputs is not None:
        _same(outputs, _outputs(loaded, batch))
    if thorough:
        again = rebuild(path)
        if outputs is not None:
            _same(outputs, _outputs(again.network, batch))


def _configured(model: Any, other: Any) -> None:
    """Are two models of the same layers, wired alike?"""
    mine, theirs = (_plain(json.loads(json.dumps(each.get_config(), default=str))) for each in (model, other))
    if mine != theirs:
        raise _Differs(f"another configuration: {next(_apart(mine, theirs, 'config'))}")


def _plain(config: Any) -> Any:
    """A configuration in which a step of 1 is one that is not said, as in `x[1:2:1]`, and so are seeds that Keras drew."""
    if isinstance(config, dict):
        drawn = {"step": lambda value: value == 1, "seed": lambda value: isinstance(value, int) and value > DRAWN}
        return {key: None if key in drawn and drawn[key](value) else _plain(value) for key, value in config.items()}
    return [_plain(item) for item in config] if isinstance(config, list) else config


def _apart(a: Any, b: Any, where: str) -> Iterator[str]:
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for key in a:
            yield from _apart(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from _apart(x, y, f"{where}[{index}]")
    elif a != b:
        yield f"{where}: {str(a)[:200]}, and {str(b)[:200]}"


def _like(found: Any, outputs: Any) -> None:
    """Have two sets of outputs the same shapes and types?"""
    for x, y in zip(keras.tree.flatten(outputs), keras.tree.flatten(found), strict=True):
        mine, theirs = ((tuple(t.shape), keras.backend.standardize_dtype(t.dtype)) for t in (x, y))
        _hold(mine == theirs, lambda mine=mine, theirs=theirs: f"while training {theirs}, else {mine}")


def _same(outputs: Any, found: Any) -> None:
    for x, y in zip(keras.tree.flatten(outputs), keras.tree.flatten(found), strict=True):
        dtype = keras.backend.standardize_dtype(x.dtype)
        tolerance = 2e-2 if dtype in HALVES else 1e-4
        mine, theirs = (
            keras.ops.convert_to_numpy(keras.ops.cast(t, "float32"))
            if dtype == "bfloat16"
            else keras.ops.convert_to_numpy(t)
            for t in (x, y)
        )
        # Beyond the range of numbers, as two exponentials in a row soon are, it depends on the order of sums what comes out.
        known = mine.shape == theirs.shape and np.isfinite(mine) & np.isfinite(theirs)
        _hold(
            mine.shape == theirs.shape and np.allclose(mine[known], theirs[known], rtol=tolerance, atol=tolerance),
            lambda mine=mine, theirs=theirs: f"other outputs, {_difference(mine, theirs)}",
        )


def _difference(mine: Any, theirs: Any) -> str:
    if mine.shape != theirs.shape:
        return f"of {theirs.shape}, not {mine.shape}"
    return f"by {np.nanmax(np.abs(mine.astype('float64') - theirs.astype('float64'))):.3g} of {np.nanmax(np.abs(mine.astype('float64'))):.3g}"


def taken_by_keras(spec: Spec) -> str:
    """Of a refused spec: the first error at a node that Keras alone would build and call; empty where there is none."""
    graph = spec.graph
    if graph is None:
        return ""
    by_path = {node.path: node for node in graph.nodes}
    for problem in spec.problems:
        node = by_path.get(problem.node or "")
        if not problem.is_error or node is None or node.config is None or node.kind_name not in DIRECT:
            continue
        sources = [graph.nodes[index] for index in node.inputs]
        if any(source.shape is None or source.tainted for source in sources):
            continue
        try:
            inputs = [keras.Input(source.shape, dtype=source.dtype) for source in sources]
            layer = DIRECT[node.kind_name](len(sources[0].shape or ()) - 1, node.config.given())
            y = layer(inputs[0] if len(inputs) == 1 else inputs)
            batch = [
                keras.ops.cast(np.ones((2, *(size or 8 for size in tensor.shape[1:]))), tensor.dtype)
                for tensor in inputs
            ]
            found = keras.Model(inputs, y)(batch, training=True)
        except (*REFUSALS, AssertionError):
            continue
        return f"{problem.code} {problem.message} -- Keras gives {tuple(found.shape)} {found.dtype}"
    return ""
