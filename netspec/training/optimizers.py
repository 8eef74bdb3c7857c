"""The spec's optimiser and schedule as Keras's own. Schedules count batches, which the optimiser's state remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from netspec.analysis.checks.loop import UNDECAYED, too_warm
from netspec.backends.keras.types import Keras, KerasLayer, KerasModel, KerasObject, KerasTensor, KerasVariable
from netspec.diagnostics.problems import SpecError
from netspec.graph.model import Graph
from netspec.graph.patterns import Paths, weighted
from netspec.spec.training_settings import Cosine, Exponential, Steps, Train

Refusal = Callable[[str, str, str], SpecError]  # code, message, option -> the error to raise
_ELSEWHERE = ("exclude_from_weight_decay", "gradient_accumulation_steps")  # options that Keras is not simply handed


class Apart(NamedTuple):
    """The weights that are trained in a way of their own."""

    undecayed: Sequence[KerasVariable] = ()
    multiplied: Sequence[tuple[KerasVariable, float]] = ()  # with the factor of their learning rate


def apart(graph: Graph, train: Train, network: KerasModel) -> Apart:
    """What the patterns of `train` say of a network's weights."""
    paths = Paths(graph, weighted(graph))
    factors: dict[int, tuple[KerasVariable, float]] = {}
    for pattern, factor in train.learning_rate_multipliers.items():
        for layer in layers(graph, paths.matching(pattern), network):
            factors.update({id(variable): (variable, factor) for variable in layer.trainable_variables})
    return Apart(_undecayed(graph, train, network, paths), [*factors.values()])


def layers(graph: Graph, indices: Iterable[int], network: KerasModel) -> list[KerasLayer]:
    """The layers that some nodes use, each once."""
    names = dict.fromkeys(graph.nodes[graph.owner(index)].layer for index in sorted(indices))
    return [network.get_layer(name) for name in names]


def _undecayed(graph: Graph, train: Train, network: KerasModel, paths: Paths) -> list[KerasVariable]:
    given = train.optimizer.exclude_from_weight_decay
    nodes = set(paths.matching_any(pattern for pattern in given if pattern not in UNDECAYED))
    if "norm" in given:
        nodes |= {index for index in weighted(graph) if _is_normalisation(graph, index)}
    found = [variable for layer in layers(graph, nodes, network) for variable in layer.trainable_variables]
    if "bias" in given:
        found += [variable for variable in network.trainable_variables if variable.name == "bias"]
    return found


def _is_normalisation(graph: Graph, index: int) -> bool:
    config = graph.nodes[index].config
    return config is not None and config.family == "normalisation"


def make_optimizer(keras: Keras, train: Train, rate: KerasObject, own: Apart | None = None) -> KerasObject:
    """The Keras optimiser, at a learning rate or a schedule of them."""
    own = own or Apart()
    given = train.optimizer
    options = {name: value for name, value in given.values().items() if name not in _ELSEWHERE}
    if given.batches_per_update > 1:
        options["gradient_accumulation_steps"] = given.batches_per_update
    make = getattr(keras.optimizers, given.keras_name)
    if own.multiplied or (given.use_ema and given.batches_per_update > 1):
        make = _tailored(keras, make, {id(variable): factor for variable, factor in own.multiplied})
    made = make(**{**options, "learning_rate": rate})
    if own.undecayed:
        made.exclude_from_weight_decay(var_list=[*own.undecayed])
    return made


def _tailored(keras: Keras, base: KerasObject, factors: dict[int, float]) -> KerasObject:
    """A Keras optimiser whose learning rate is multiplied for some weights, and whose averages follow updates alone.

    Keras averages after every batch, also of those whose gradients are only accumulated, so its momentum would hang on
    their number.
    """
    ops = keras.ops
    by_position: list[float] = []  # the factors of the weights that it was built for

    class Tailored(base):  # type: ignore[misc]  # Keras ships no types
        """The optimiser as Keras calls it."""

        weight_decay: float | None

        def build(self, variables: Sequence[KerasVariable]) -> None:
            super().build(variables)
            by_position[:] = [factors.get(id(variable), 1.0) for variable in variables]

        def update_step(self, gradient: KerasTensor, variable: KerasVariable, learning_rate: KerasTensor) -> None:
            factor = by_position[self._get_variable_index(variable)]
            super().update_step(gradient, variable, learning_rate if factor == 1.0 else learning_rate * factor)

        def _apply_weight_decay(self, variables: Sequence[KerasVariable]) -> None:
            if self.weight_decay is None:
                return
            whole = self.weight_decay
            by_factor: dict[float, list[KerasVariable]] = {}
            for variable in variables:
                if self._use_weight_decay(variable):
                    by_factor.setdefault(by_position[self._get_variable_index(variable)], []).append(variable)
            try:
                for factor, some in by_factor.items():
                    self.weight_decay = whole * factor
                    super()._apply_weight_decay(some)
            finally:
                self.weight_decay = whole

        def _update_model_variables_moving_average(self, trainable_variables: Sequence[KerasVariable]) -> None:
            if not self.gradient_accumulation_steps:
                super()._update_model_variables_moving_average(trainable_variables)
                return
            first = ops.equal(self.iterations, 0)  # until then they are the weights themselves
            updated = ops.equal((self._iterations + 1) % self.gradient_accumulation_steps, 0)
            for variable, average in zip(trainable_variables, self._model_variables_moving_average, strict=True):
                if average is not None:
                    momentum = ops.where(first, 0.0, ops.where(updated, self.ema_momentum, 1.0))
                    momentum = ops.cast(momentum, variable.dtype)
                    average.assign(momentum * average + (1 - momentum) * variable)

    Tailored.__name__ = base.__name__
    return Tailored


def batches_seen(optimizer: KerasObject) -> int:
    """From how many batches it has had gradients, whether or not each led to an update."""
    inner: KerasObject = getattr(optimizer, "inner_optimizer", optimizer)  # behind the scaling of the loss
    return int(next(variable for variable in inner.variables if variable.name == "iteration"))


def make_rate(keras: Keras, train: Train, steps: int, refusal: Refusal) -> KerasObject:
    """The learning rate: a number, or a Keras schedule for epochs of `steps` batches. Raises SpecError."""
    peak = train.optimizer.learning_rate
    schedules = keras.optimizers.schedules
    schedule = train.schedule
    if isinstance(schedule, Cosine):
        warmup = round(schedule.warmup_epochs * steps)
        decay = train.epochs * steps - warmup
        if decay <= 0:
            raise refusal("NS209", too_warm(schedule, train.epochs), "schedule")
        if not warmup:
            return schedules.CosineDecay(peak, decay, alpha=schedule.alpha)
        return schedules.CosineDecay(0.0, decay, alpha=schedule.alpha, warmup_target=peak, warmup_steps=warmup)
    if isinstance(schedule, Exponential):
        every = schedule.decay_epochs * steps
        return schedules.ExponentialDecay(peak, every, schedule.decay_rate, staircase=schedule.staircase)
    if isinstance(schedule, Steps):
        given = schedule.epochs  # a number, or several
        epochs = list(given) if isinstance(given, tuple) else [given]
        # Keras keeps a value up to and including its boundary; the first step of an epoch is to have the new one.
        boundaries = [round(epoch * steps) - 1 for epoch in epochs]
        return schedules.PiecewiseConstantDecay(boundaries, [peak * schedule.factor**n for n in range(len(epochs) + 1)])
    return peak
