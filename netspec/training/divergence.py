"""Why training came to numbers that are none: the steps before it done again, one by one, and every node looked at.

While all is well this costs nothing. Steps are done again from the latest state that was saved, or from the seed; they come out as
they did, since training is deterministic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.types import Keras, KerasModel
from netspec.data.dataset import Array
from netspec.diagnostics.problems import Problem, Span, SpecError
from netspec.training.augment import augmented
from netspec.training.devices import precision, seed_draws
from netspec.training.epochs import Diverged
from netspec.training.feeding import Feed
from netspec.training.learner import Learner, keep_outputs_precise
from netspec.training.plan import Plan
from netspec.training.state import Saved, Variables, all_finite, is_real


class Found(NamedTuple):
    """What was not finite first."""

    words: str
    node: str = ""  # its path
    span: Span | None = None
    is_data: bool = False  # so that no setting of training will help
    step: int = 0  # of the epoch, counted from 1
    what: str = ""  # what was not finite then


def explained(
    diverged: Diverged,
    plan: Plan,
    learner: Learner,
    feed: Feed,
    saved: Saved | None,
    rate: float | None,
    check: Callable[[], None],
) -> SpecError:
    """The error for a training that diverged, at the node at which it did.

    Args:
        diverged: What was seen.
        plan: The run's.
        learner: One as at the run's beginning, which is used up.
        feed: The run's batches.
        saved: The latest state that was kept; None before there was one.
        rate: The learning rate of the epoch, where it hangs on the history.
        check: Is called at every step; raises to give up.
    """
    found = _replayed(diverged, plan, learner, feed, saved, rate, check)
    message = str(diverged)
    if found is not None:
        message = f"{found.what or diverged.what} at {diverged.moment(found.step)}: {found.words}"
    if found is None or not found.is_data:
        message += f"; {_advice(plan)}"
    if found is None or found.span is None:
        return plan.refusal("NS705", message, "optimizer")
    return SpecError(plan.spec.path, (Problem("NS705", message, found.span, node=found.node),))


def unexplained(diverged: Diverged, plan: Plan) -> SpecError:
    """The error for a training that diverged, without the node at which it did."""
    return plan.refusal("NS705", f"{diverged}; {_advice(plan)}", "optimizer")


def _advice(plan: Plan) -> str:
    optimizer = plan.train.optimizer
    advice = f"lower the learning rate, which is {optimizer.learning_rate:g}"
    if all(clip is None for clip in (optimizer.clipnorm, optimizer.clipvalue, optimizer.global_clipnorm)):
        advice += ", or clip the gradients (`clipnorm: 1`)"
    if plan.train.precision == "mixed_float16":
        advice += "; float16 reaches no further than 65,504, and `mixed_bfloat16` as far as float32"
    return advice


def _replayed(
    diverged: Diverged,
    plan: Plan,
    learner: Learner,
    feed: Feed,
    saved: Saved | None,
    rate: float | None,
    check: Callable[[], None],
) -> Found | None:
    """What was not finite first; None where all is finite when it is done again."""
    epoch, step = (0, 0) if saved is None else saved.position
    if epoch != diverged.epoch:
        return None  # what was saved between is lost
    if saved is not None:
        learner.restore(saved)
    if rate is not None:
        learner.set_rate(rate)
    feed.begin(epoch)
    begin = max(step, diverged.first - 1)  # what a gradient did shows in the step after
    for number in range(step, diverged.last):
        check()
        batch = feed.structured(feed.batch(number))
        state = learner.state() if number >= begin else {}
        learner.model.reset_metrics()
        seed_draws(learner.keras, plan.train.seed, epoch, number)
        loss = learner.model.train_on_batch(*batch, return_dict=True)["loss"]
        if number < begin:
            continue
        after = learner.state()["network"]
        if np.isfinite(loss) and all_finite(after):
            continue
        learner.restore(_kept(state))
        seed_draws(learner.keras, plan.train.seed, epoch, number)
        found = _first(plan, learner, batch)
        if np.isfinite(loss):
            found = (found or _in_a_gradient(plan, learner, after))._replace(what="the gradient is not finite")
        else:
            found = (found or _in_the_loss(plan))._replace(what=f"the loss is {loss}")
        return found._replace(step=number + 1)
    return None


def _kept(state: Mapping[str, Variables]) -> Saved:
    from pathlib import Path

    return Saved(Path(), {section: [value for _, value in values] for section, values in state.items()}, {})


# --- one batch --------------------------------------------------------------------------------------------------------


def _first(plan: Plan, learner: Learner, batch: Sequence[object]) -> Found | None:
    """The first node whose output is not finite on a batch."""
    keras, graph = learner.keras, plan.graph
    given = augmented(
        keras, learner.model, learner.network, keras.tree.map_structure(keras.ops.convert_to_tensor, batch[0])
    )
    by_input = given if isinstance(given, dict) else {graph.nodes[graph.inputs[0]].path: given}
    values = {index: _numbers(keras, by_input[graph.nodes[index].path]) for index in graph.inputs}
    for index, value in values.items():
        if not _finite(value):
            node = graph.nodes[index]
            words = f"the input `{node.path}` itself holds {_what(value)}, which `augment` made of the data"
            return Found(words, node.path, plan.input_span if index == graph.inputs[0] else node.span, is_data=True)
    inner = [index for index in sorted(graph.used()) if not graph.nodes[index].is_input]
    probe = _probe(plan, learner, inner)
    outputs = probe(given, training=True)
    values |= {index: _numbers(keras, outputs[f"node_{index}"]) for index in inner}
    for index in inner:
        if not _finite(values[index]):
            node = graph.nodes[index]
            layer = learner.network.get_layer(graph.nodes[graph.owner(index)].layer) if any(node.weights) else None
            weights = [_numbers(keras, weight) for weight in layer.weights] if layer is not None else []
            read = [values[source] for source in node.inputs]
            words = (
                f"{node.kind_name} `{node.path}` is the first node whose output was not finite: it holds "
                f"{_what(values[index])}, and {_cause(read, weights)}"
            )
            return Found(words, node.path, node.span)
    return None


def _probe(plan: Plan, learner: Learner, nodes: Sequence[int]) -> KerasModel:
    """The network with every node as an output, in the state of the learner's."""
    graph = plan.graph._replace(outputs={f"node_{index}": index for index in nodes})
    keras = learner.keras
    with precision(keras, plan.train.precision):
        probe = compile_graph(graph, initialize=False)
        keep_outputs_precise(keras, plan, probe)
    if len(nodes) == 1:  # then Keras gives it bare
        probe = keras.Model(probe.inputs, {f"node_{nodes[0]}": probe.output})
    for layer in probe.layers:
        own = learner.network.get_layer(layer.name)
        layer.trainable = own.trainable
        for variable, value in zip(layer.variables, own.variables, strict=True):
            variable.assign(value)
    return probe


def _cause(read: Sequence[Array], weights: Sequence[Array]) -> str:
    if not all(map(_finite, weights)):
        return "its weights were not finite before this batch"
    if not weights:
        return f"what it read was finite, up to {_largest(read):.3g}"
    return f"what it read and its weights were finite, up to {_largest(read):.3g} and {_largest(weights):.3g}"


def _in_the_loss(plan: Plan) -> Found:
    name, index = next(iter(plan.graph.outputs.items()))
    node = plan.graph.nodes[index]
    return Found(f"every node's output was finite, and the loss of `{name}` was not", node.path, node.span)


def _in_a_gradient(plan: Plan, learner: Learner, after: Variables) -> Found:
    """The last node, which gradients reach first, whose weights are no numbers after an update."""
    wrong = {
        id(variable)
        for variable, (_, value) in zip(learner.network.variables, after, strict=True)
        if is_real(value) and not np.isfinite(value).all()
    }
    for index in sorted(plan.graph.used(), reverse=True):
        node = plan.graph.nodes[index]
        if any(node.weights) and node.share is None:
            layer = learner.network.get_layer(node.layer)
            if any(id(variable) in wrong for variable in layer.variables):
                words = (
                    f"every node's output and the loss were finite, and from the end {node.kind_name} `{node.path}` is the "
                    f"first node whose weights were not, after it"
                )
                return Found(words, node.path, node.span)
    return Found("every node's output and the loss were finite")


def _numbers(keras: Keras, value: object) -> Array:
    tensor = keras.ops.convert_to_tensor(value)
    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype)):
        tensor = keras.ops.cast(tensor, "float32")  # NumPy has no bfloat16
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def _finite(value: Array) -> bool:
    return value.dtype.kind != "f" or bool(np.isfinite(value).all())


def _what(value: Array) -> str:
    """`NaN`, `infinity`, or both."""
    numbers = value.astype(np.float64)
    nan, infinite = bool(np.isnan(numbers).any()), bool(np.isinf(numbers).any())
    return "NaN and infinity" if nan and infinite else "NaN" if nan else "infinity"


def _largest(values: Sequence[Array]) -> float:
    return max((float(np.abs(value.astype(np.float64)).max()) for value in values if value.size), default=0.0)
