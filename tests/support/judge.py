"""Netspec's word on a document beside Keras's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

from netspec.backends.keras.compiling import compile_graph
from netspec.diagnostics.problems import Problem
from netspec.graph.model import Graph
from netspec.kinds import KINDS
from netspec.pipeline import Spec, check_text
from tests.support.by_hand import Hand, Missing
from tests.support.oracle import REFUSALS

BATCH = 2
UNKNOWN = 8  # places, where their number is not known until run time

# Why netspec refuses what Keras takes: a code, words of the message, and the reason.
STRICTER = (
    ("NS209", "nothing can be divided by it", "Keras divides by 0"),
    ("NS404", "position_embedding", "netspec's own layer adds a vector where there are no places"),
    ("NS407", "top_k", "Keras leaves it to the backend whether there are so many"),
    ("NS209", "cannot both be true", "Keras refuses when it runs, as a network of unknown sizes may never do"),
    ("NS209", "has no meaning with", "Keras does not look at it"),
    ("NS404", "takes two matrices", "Keras multiplies by the examples of the batch"),
    ("NS408", "has the places", "what Keras takes from outside an axis is the backend's choice"),
    ("NS402", "tiles need", "TensorFlow's kernel refuses, others mirror the image again and again"),
    ("NS209", "clip", "Keras gives the maximum everywhere"),
    ("NS401", "does not tile", "Keras drops the rest without a word"),
    ("NS602", "", "more than any machine holds, or TensorFlow's kernels"),
    ("NS304", "every output is an input", "a network that does nothing"),
    ("NS304", "takes 1 to 3 inputs", "Keras takes attention's fourth for a mask"),
    ("NS404", "random_", "Keras takes the batch for the rows of one image"),
    ("NS404", "solarization", "Keras takes the batch for the rows of one image"),
    ("NS404", "equalization", "Keras takes the batch for the rows of one image"),
    ("NS404", "auto_contrast", "Keras takes the batch for the rows of one image"),
    ("NS404", "clahe", "Keras takes the batch for the rows of one image"),
    ("NS404", "rand_augment", "Keras takes the batch for the rows of one image"),
    ("NS404", "aug_mix", "Keras takes the batch for the rows of one image"),
    ("NS404", "center_crop", "Keras takes the batch for the rows of one image"),
    ("NS404", "it takes a list of values", "Keras adds over another axis than it says"),
    ("NS404", "it takes one value", "Keras makes another shape than it says"),
    ("NS402", "Keras promises", "Keras makes another shape than it says"),
    ("NS209", "bin_boundaries", "Keras looks at them where TensorFlow's kernel does"),
    ("NS209", "min_freq", "Keras then makes no bands"),
    ("NS403", "takes images of", "Keras looks at the channels while it trains only"),
    ("NS404", "takes [samples]", "Keras promises another shape than it makes"),
    (
        "NS209",
        "`tile_grid_size` must be",
        "Keras takes it apart when it runs, as a network of unknown sizes may never do",
    ),
    ("NS209", "a list of twice the same", "Keras blurs by squares only, on some backends"),
    ("NS403", "aug_mix", "Keras draws what it does when it is traced, and refuses by chance"),
    ("NS407", "needs to know the rows and columns", "Keras needs them where TensorFlow traces a function only"),
    *(
        ("NS407", word, "Keras needs the channels where TensorFlow traces a function only")
        for word in ("random_sharpness", "random_gaussian_blur", "equalization", "rand_augment", "aug_mix", "clahe")
    ),
    ("NS404", "multi_head_attention", "Keras takes the batch for steps"),
    ("NS403", "values, but its input has", "Keras's output has more channels than it says"),
    ("NS404", "has 2 values, but its input has 1 spatial", "Keras takes the two for the sides of the one dimension"),
    ("NS404", "resize", "Keras takes the batch for the rows of one image"),
    (
        "NS209",
        "cannot both be more than 1",
        "on some processors the kernel refuses, on others it computes something else",
    ),
    ("NS209", "must be the same in all dimensions", "one processor's kernel refuses, another's does not"),
    ("NS204", "not 'orthogonal'", "it is for matrices; what is a vector for some shapes only is held to the same"),
    ("NS205", "not 'orthogonal'", "it is for matrices; what is a vector for some shapes only is held to the same"),
    ("NS408", "is the batch", "examples of a batch stay what they are"),
    ("NS408", "names an axis twice", "Keras normalises over it twice"),
    ("NS408", "softmax", "Keras does not look at axes that stand in a list"),
    ("NS406", "must have sizes of at least 1", "Keras makes a tensor of nothing"),
    ("NS408", "nothing is left of", "Keras makes a tensor of nothing"),
    ("NS408", "is outside an axis", "Python cuts a slice to what there is"),
    ("NS402", "a window would hold nothing but padding", "Keras has no word for such a pool"),
    ("NS402", "crops all that the window", "Keras makes a tensor of nothing"),
    ("NS402", "is larger than", "Keras has no word for `ceil`; Caffe and PyTorch refuse it"),
    ("NS408", "does not fit the weights", "Keras finds out at the first step of training"),
    ("NS408", "must be the last axis", "of a square Keras takes one axis for another"),
    ("NS209", "needs `renorm: true`", "without it Keras does not look at it"),
    ("NS411", "with `spectral_norm`", "Keras drops the mask where the model is made, and not where it runs"),
    ("NS402", "is more than the", "Keras repeats positions, which `upsample` says"),
    ("NS407", "where `output_size` is 1", "TensorFlow's kernels end the process"),
    ("NS404", "masking", "a mask over the channels of no step is one over the batch"),
    ("NS403", "must be alike before the steps", "Keras's output has other axes than it says"),
    ("NS403", "must have as many axes", "Keras's products repeat axes that are missing, wherever they fit"),
    ("NS403", "`bias` is", "netspec's own layer adds whatever can be repeated"),
    ("NS403", "`attention_mask` is", "Keras repeats axes that are missing, wherever they fit"),
    ("NS403", "additive_attention", "Keras repeats a single channel"),
    ("NS403", "score_mode", "Keras repeats a single channel"),
    ("NS403", "which `attention_axes` does not name", "an axis of 1 is repeated"),
    ("NS411", "attention `", "Keras repeats the mask over axes that it is not of, where their sizes happen to fit"),
    ("NS408", "names the channels", "Keras attends over the heads"),
    ("NS404", "attention `", "Keras takes the batch for steps"),
    ("NS409", "", "Keras makes a tensor of nothing, or enlarges the image"),
)

# Kinds that netspec keeps from whole numbers although Keras may take them; `tests.kinds.test_dtypes` says why of each.
# Of dropouts and noise Keras takes them at a rate of 0 or 1, where nothing is drawn.
FLOATS_ONLY = ("pool", "average", "dropout", "spatial_dropout", "stochastic_depth", "gaussian_noise")
FLOATS_ONLY += ("lstm", "gru", "simple_rnn")  # with `dropout`, of which the same holds
if keras.backend.backend() == "jax":  # whose convolutions take whole numbers, as TensorFlow's do not
    FLOATS_ONLY += ("conv", "1x1", "depthwise_conv", "separable_conv", "conv_transpose", "conv_lstm")
FLOATS_ONLY += (
    "rms_norm",
    "unit_norm",
    "alpha_dropout",
    "gaussian_dropout",
    "activity_regularization",
    "adaptive_pool",
)
FLOATS_ONLY += ("attention", "additive_attention", "grouped_query_attention")
FLOATS_ONLY += tuple(word for word, cls in KINDS.items() if cls.family == "activation")
# And those that want whole numbers, of which Keras makes some of other values.
FLOATS_ONLY += ("category_encoding", "string_lookup")
FLOATS_ONLY += tuple(word for word, cls in KINDS.items() if cls.family == "preprocessing" and not cls.takes_integers)

# What this processor's kernel refuses when it runs, and others do not: the model is built, and has no outputs to compare.
# A softmax of oneDNN; memory; numbers that some data have, and that are none of a table's.
KERNELS = ("Input dims must be <= 5", "OOM when allocating", " is not in [0, ")


class Verdict(NamedTuple):
    """What came of a document; `disagreement` is empty where both are of one mind."""

    accepted: bool
    refused: str  # netspec's code, or Keras's words
    disagreement: str = ""
    stricter: bool = False  # refused by design, and judged no further


Forward = Callable[[Any, list[Any]], tuple[list[Any], float | None]]


def forward(model: Any, batch: list[Any]) -> tuple[list[Any], float | None]:
    """The outputs of a forward pass; its multiply-accumulates for one example, where they are counted, as they are not here."""
    return keras.tree.flatten(model(batch, training=False)), None


def judge(document: dict[str, Any], *, compiled: bool = False, run: Forward = forward) -> Verdict:
    """Both verdicts, and where both accept, shapes, parameters, a forward pass.

    With `compiled` the model that netspec builds is run too; `run` may count multiply-accumulates.
    """
    try:
        spec = check_text(json.dumps(document), "spec.json", repairs=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is netspec's fault
        return Verdict(False, "", f"netspec fails: {type(error).__name__}: {error}")
    errors = [problem for problem in spec.problems if problem.is_error]
    if any(_stricter(document, problem) for problem in errors):
        return Verdict(False, errors[0].code, stricter=True)
    hand = Hand(document)
    unknown = "None" in repr(document.get("inputs", document.get("input")))
    sized = check_text(json.dumps(with_sizes(document)), repairs=False).problems if unknown else ()
    fits = all(problem.code in ("NS410", "NS411") for problem in sized if problem.is_error)
    refused = ""
    counted: float | None = None
    model = None
    outputs: list[Any] = []
    try:
        model = hand.model()
        batch = data_for(model)
        if fits:
            outputs, counted = run(model, batch)
            if any(problem.code in ("NS410", "NS411") for problem in errors):
                # Nodes that no output needs are judged too; and some kinds compute with random numbers while training.
                keras.Model(hand.inputs, hand.tensors)(batch, training=True)
    except Missing as error:
        refused = f"Missing: {error}"
    except (*REFUSALS, AssertionError) as error:  # asserted by the oracle: a list of the wrong length
        if not _of_a_kernel(error):
            refused = f"{type(error).__name__}: {str(error)[:300]}"
    keras_accepts = not refused
    if keras_accepts and errors and all(problem.code in ("NS307", "NS407") for problem in errors) and hand.unlike:
        # A layer may be tied to what it is built on in ways that do not show here; over like inputs it is not.
        return Verdict(False, f"{errors[0].code} of {', '.join(sorted(hand.unlike))}, which Keras takes", stricter=True)
    if keras_accepts and not fits and errors and all(problem.code in ("NS410", "NS411") for problem in errors):
        # Keras finds out about types when it runs, which a network of unknown sizes that do not fit together never does.
        return Verdict(False, errors[0].code, stricter=True)
    if spec.ok != keras_accepts:
        said = "; ".join(f"{p.code} {p.message}" for p in errors[:3]) or "nothing"
        return Verdict(spec.ok, "", f"netspec: {said}; Keras: {refused or 'builds it'}")
    if not spec.ok:
        return Verdict(False, errors[0].code)
    assert spec.graph is not None
    assert model is not None
    wrong = _differences(spec, spec.graph, hand, model, outputs, counted if countable(document) else None)
    if not wrong and outputs:
        wrong = _types(spec.graph, hand, batch)
    if not wrong and compiled and outputs:
        wrong = _compiled(spec.graph, model, batch, outputs)
    return Verdict(True, "", wrong)


def countable(document: dict[str, Any]) -> bool:
    """Does the backend's counter see all products, and no others?

    To PyTorch's, fused attention is one operation, and products with an axis of 1 are none; and Keras runs a recurrent layer
    there for one step more than there are, which it throws away. On JAX it takes patches by a convolution that picks them out.
    """
    text = repr(document)
    if keras.backend.backend() == "jax":
        return "patches" not in text
    return not any(word in text for word in ("attention", "lstm", "gru", "simple_rnn"))


def with_sizes(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a number for each unknown size."""

    def known(given: Any) -> Any:
        shape = given["shape"] if isinstance(given, dict) else given
        sizes = [UNKNOWN if size is None else size for size in shape]
        return {**given, "shape": sizes} if isinstance(given, dict) else sizes

    if "inputs" in document:
        return {**document, "inputs": {name: known(given) for name, given in document["inputs"].items()}}
    return {**document, "input": known(document["input"])}


def _stricter(document: dict[str, Any], problem: Problem) -> bool:
    """Is it a problem that netspec has by design where Keras has none?"""
    text = repr(document)
    if problem.code.startswith("NS2") and ("'when'" in text or "'repeat'" in text):
        return True  # what is left out is checked too, as far as it can be
    if "is larger than" in problem.message and "'ceil'" not in text:
        return False
    if problem.code == "NS410":
        # A constant that the type does not hold Keras wraps around.
        words = ("with `spectral_norm`", "which is from", "is not of the type of its input")
        word = problem.message.split()[0]
        averages = word in ("skip", "inception") and "'average'" in text
        return word in FLOATS_ONLY or averages or any(each in problem.message for each in words)
    return any(problem.code == code and words in problem.message for code, words, _ in STRICTER)


def data_for(model: Any) -> list[Any]:
    """A batch for a model's inputs."""
    rng = np.random.default_rng(0)
    batch = []
    for tensor in model.inputs:
        shape = (BATCH, *(UNKNOWN if size is None else size for size in tensor.shape[1:]))
        whole = "int" in tensor.dtype or tensor.dtype == "bool"
        values = rng.integers(0, 9 if tensor.dtype != "bool" else 2, shape) if whole else rng.normal(size=shape)
        batch.append(keras.ops.cast(values.astype("int32" if whole else "float32"), tensor.dtype))
    return batch


def _differences(spec: Spec, graph: Graph, hand: Hand, model: Any, outputs: list[Any], counted: float | None) -> str:
    if any(node.tainted for node in graph.nodes):
        return "netspec reports nothing, and holds a node to be wrong"
    mine = [(node.kind_name, node.shape) for node in graph.nodes if not node.is_input]
    if mine != hand.record:
        apart = next((pair for pair in zip(mine, hand.record, strict=False) if pair[0] != pair[1]), (mine, hand.record))
        return f"shapes: netspec {apart[0]}, Keras {apart[1]}"
    totals = graph.totals()
    if any(problem.code in ("NS305", "NS306") for problem in spec.problems):
        return ""  # some nodes are not in the model, and Keras's model holds others
    learned = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    kept = sum(int(np.prod(weight.shape)) for weight in model.non_trainable_weights)
    if (learned, kept) != (totals.trainable_parameters, totals.non_trainable_parameters):
        return f"parameters: netspec {totals.trainable_parameters} + {totals.non_trainable_parameters}, Keras {learned} + {kept}"
    if not outputs:
        return ""
    if len(graph.outputs) != len(outputs):
        return f"outputs: netspec {list(graph.outputs)}, Keras {len(outputs)}"
    for (name, index), y in zip(graph.outputs.items(), outputs, strict=True):
        promised = graph.nodes[index].shape or ()
        if len(promised) != len(y.shape) - 1 or any(
            p not in (None, a) for p, a in zip(promised, y.shape[1:], strict=True)
        ):
            return f"output {name}: promised {promised}, computed {tuple(y.shape)}"
    if counted is not None and totals.macs is not None and counted != totals.macs:
        return f"multiply-accumulates: netspec {totals.macs}, counted {counted}"
    return ""


def _types(graph: Graph, hand: Hand, batch: list[Any]) -> str:
    """Is each tensor of the type of numbers that was promised?

    What counts is the type when the network runs. Of a symbolic tensor Keras says float32 after most layers, whatever comes.
    """
    nodes = [node for node in graph.nodes if not node.is_input]
    try:
        found = keras.Model(hand.inputs, hand.tensors)(batch, training=False) if nodes else []
    except REFUSALS:
        return ""  # a node that no output needs, and that nobody runs
    tensors = found if isinstance(found, list) else [found]
    for node, tensor in zip(nodes, tensors, strict=True):
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        if node.dtype != dtype:
            return f"types: netspec {node.dtype} of `{node.path}`, Keras {dtype}"
    return ""


def _of_a_kernel(error: Exception) -> bool:
    """Is it this processor's kernel that refuses what it is given?"""
    return any(words in str(error) for words in KERNELS)


def _compiled(graph: Graph, by_hand: Any, batch: list[Any], outputs: list[Any]) -> str:
    """Does the model that netspec builds have the same weights, and outputs of the same shapes?"""
    model = compile_graph(graph)
    if sorted(tuple(w.shape) for w in model.weights) != sorted(tuple(w.shape) for w in by_hand.weights):
        return "the compiled model has other weights"
    given: Any = batch[0] if len(batch) == 1 else dict(zip(model.input, batch, strict=True))
    # Masks are what layers are given when the model is made: attention takes them off the tensors that it computes with.
    made = model.output if isinstance(model.output, dict) else dict.fromkeys(graph.outputs, model.output)
    for name, index in graph.outputs.items():
        tensor = made[name]
        carries = keras.src.backend.get_keras_mask(tensor) is not None
        if graph.nodes[index].masked != carries:
            return f"`{graph.nodes[index].path}` carries {'a' if carries else 'no'} mask in Keras"
    try:
        result = model(given, training=False)
    except REFUSALS as error:
        if not _of_a_kernel(error):
            raise
        return ""  # initial values are drawn again, and may be such that numbers are none here and were some by hand
    tensors = [result[name] for name in graph.outputs] if isinstance(result, dict) else [result]
    found = [tuple(tensor.shape) for tensor in tensors]
    wanted = [tuple(y.shape) for y in outputs]
    return "" if found == wanted else f"the compiled model gives {found}, Keras {wanted}"
