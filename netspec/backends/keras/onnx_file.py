"""A model as an ONNX file.

Keras exports by tf2onnx, jax2onnx or PyTorch's own exporter. Around it stands what they leave undone: functions and
constants that tf2onnx does not see through, an operator that it lacks, and outputs under the spec's names.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from netspec import __version__
from netspec.backends.keras.types import Keras, KerasModel
from netspec.diagnostics.words import listing, printable
from netspec.outputs import PRODUCER

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

    Proto = Any  # a message of protobuf's, whose classes are made when `onnx` is imported

DOMAINS = ("", "ai.onnx")  # ONNX's own operators


class OnnxError(Exception):
    """The network cannot be an ONNX file, or cannot be run as one: a sentence."""


def write(keras: Keras, model: KerasModel, outputs: Sequence[str], path: Path) -> None:
    """Export a model that has been called.

    Args:
        keras: the module.
        model: a functional model.
        outputs: the spec's names of its outputs.
        path: the file to write.

    Raises:
        OnnxError: The network holds what ONNX has no operator for, or the exporter fails.
    """
    import onnx

    with ExitStack() as stack:
        stack.enter_context(quiet())
        if keras.backend.backend() == "tensorflow":
            stack.enter_context(_inlined())
            stack.enter_context(_plain_constants(keras, model))
        try:
            model.export(str(path), format="onnx", verbose=False)
            proto = onnx.load(str(path))
        except Exception as error:  # noqa: BLE001 - exporters raise whatever a network leads them to
            raise OnnxError(f"the network cannot be exported to ONNX ({first_line(error)})") from None
    _without_erfc(onnx, proto.graph)
    lacking = sorted(
        {
            node.op_type
            for node in proto.graph.node
            if node.domain in DOMAINS and not onnx.defs.has(node.op_type, node.domain)
        }
    )
    if lacking:
        operators = "the operator" if len(lacking) == 1 else "the operators"
        raise OnnxError(f"the network needs {operators} {listing(lacking)} of TensorFlow's, which ONNX does not have")
    if len(outputs) == 1:
        _rename(proto.graph, proto.graph.output[0].name, outputs[0])
    proto.producer_name, proto.producer_version = PRODUCER, __version__
    onnx.save(proto, str(path))


def run(model: Path | bytes, inputs: Mapping[str, Array], what: str = "what was exported") -> list[Array]:
    """The outputs of an ONNX file, or of what one holds, in its order, by ONNX Runtime; `what` it is, for messages.

    Raises:
        OnnxError: ONNX Runtime does not take the file.
    """
    import onnxruntime

    try:
        options = onnxruntime.SessionOptions()
        given = str(model) if isinstance(model, Path) else model
        options.log_severity_level = 4  # what it has to say is in what it raises
        session = onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
        found: list[Array] = session.run(None, dict(inputs))
    except Exception as error:  # noqa: BLE001 - its exceptions have no class of their own in common
        raise OnnxError(f"ONNX Runtime does not run {what} ({first_line(error)})") from None
    return found


def first_line(error: Exception) -> str:
    """What an exporter has to say, in short."""
    return printable((str(error).strip() or type(error).__name__).splitlines()[0])[:200]


@contextmanager
def quiet() -> Iterator[None]:
    """Exporters log, print and warn of what the comparison afterwards shows better."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


@contextmanager
def _inlined() -> Iterator[None]:
    """Inside, a function in a function is traced in its place: Keras makes one of a grouped convolution on a CPU."""
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


@contextmanager
def _plain_constants(keras: Keras, model: KerasModel) -> Iterator[None]:
    """Inside, the mean and variance of a `normalize` are arrays: as tensors, tf2onnx takes them for inputs."""
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Normalization)]
    before = [(layer.mean, layer.variance) for layer in layers]
    for layer, values in zip(layers, before, strict=True):
        layer.mean, layer.variance = map(keras.ops.convert_to_numpy, values)
    try:
        yield
    finally:
        for layer, (mean, variance) in zip(layers, before, strict=True):
            layer.mean, layer.variance = mean, variance


def _without_erfc(onnx: ModuleType, graph: Proto) -> None:
    """Write erfc(x), which TensorFlow makes of GELU and tf2onnx does not know, as 1 - erf(x)."""
    nodes = list(graph.node)
    if not any(node.op_type == "Erfc" for node in nodes):
        return
    one = "netspec/one"
    graph.initializer.append(onnx.helper.make_tensor(one, onnx.TensorProto.FLOAT, (), [1.0]))
    del graph.node[:]
    for node in nodes:
        if node.op_type == "Erfc":
            (x,), (y,) = node.input, node.output
            graph.node.append(onnx.helper.make_node("Erf", [x], [f"{y}/erf"], name=f"{node.name}/erf"))
            graph.node.append(onnx.helper.make_node("Sub", [one, f"{y}/erf"], [y], name=node.name))
        else:
            graph.node.append(node)


def _rename(graph: Proto, old: str, new: str) -> None:
    """Give an output another name, unless something else in the graph bears it."""
    names = {name for node in graph.node for name in (*node.input, *node.output)}
    if new in names or new in {given.name for given in graph.input}:
        return
    for node in graph.node:
        for values in (node.input, node.output):
            for index, name in enumerate(values):
                if name == old:
                    values[index] = new
    graph.output[0].name = new
