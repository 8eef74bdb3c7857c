"""A network that is ready to learn: built, behind its augmentation, compiled with its objective and optimiser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.types import Keras, KerasLayer, KerasModel, KerasObject, KerasVariable
from netspec.data.schema import Target
from netspec.graph.patterns import Paths, weighted
from netspec.training.augment import before
from netspec.training.averaging import swapping
from netspec.training.devices import Machine, precision
from netspec.training.objective import Output, choose, outputs_of
from netspec.training.optimizers import apart, batches_seen, layers, make_optimizer, make_rate
from netspec.training.plan import Plan
from netspec.training.progress import Progress
from netspec.training.state import Saved, Variables, values_of

SMALL = 500_000_000  # multiply-accumulates of a step, below which starting a step costs more than a few per cent of it
STEPS_AT_ONCE = 8
# Layers whose Keras code no compiler of JAX's can follow: what they do, and what can be compiled instead.
STEP_BY_STEP = {
    "RandomCrop": "cuts at random places, and runs the whole network step by step, far slower; `random_translation` moves "
    "pictures and can be compiled",
    "RandomElasticTransform": "blurs by a window of random size, and runs the whole network step by step, far slower; "
    "`random_perspective` distorts pictures and can be compiled",
}


class Learner(NamedTuple):
    """The network, and the compiled model around it, which shares its weights."""

    keras: Keras
    network: KerasModel
    model: KerasModel
    metric_names: tuple[str, ...]  # what the history will hold, in its order
    rate: KerasObject  # the learning rate, or its schedule by steps
    averaging: tuple[
        KerasObject, ...
    ]  # the callback that validates with averaged weights, where the optimiser keeps them
    frozen: tuple[KerasLayer, ...] = ()  # the layers that `freeze` keeps as they are

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the network has the weights that are measured: averaged ones, where the optimiser keeps them."""
        for callback in self.averaging:
            callback.on_test_begin()
        try:
            yield
        finally:
            for callback in self.averaging:
                callback.on_test_end()

    @property
    def last_rate(self) -> float:
        """The learning rate of the last step, where it hangs on no history."""
        return float(self.rate(batches_seen(self.model.optimizer) - 1) if callable(self.rate) else self.rate)

    def set_rate(self, rate: float) -> None:
        """Go on with another learning rate, where there is no schedule by steps."""
        self.model.optimizer.learning_rate = rate

    def thaw(self) -> None:
        """Let the network be as its spec says: to freeze belongs to a training."""
        for layer in self.frozen:
            layer.trainable = True

    def take_averages_out(self) -> None:
        """Put back the weights that learn, where a validation has averaged ones in their place."""
        for callback in self.averaging:
            callback.on_test_end()

    def synchronise(self) -> None:
        """Bring what a compiled loop of JAX holds back into the model's variables, where they are read within an epoch."""
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()

    @property
    def sums(self) -> Variables:
        """What the metrics have summed up since the epoch began."""
        return values_of(self.model.metrics_variables)

    def sums_now(self) -> Variables:
        """The same within an epoch."""
        self.synchronise()
        return self.sums

    @property
    def figures(self) -> dict[str, float]:
        """The metrics of what has been summed up."""
        return dict(self.model.get_metrics_result())

    def build_sums(self, batch: Sequence[object]) -> None:
        """Let Keras make the metrics' variables, which it does when it sees a batch."""
        self.model.test_on_batch(*batch)

    def restore_sums(self, saved: Saved) -> None:
        """Let the metrics go on where they were. Raises SpecError where it is of another network."""
        saved.restore("metrics", self.model.metrics_variables)

    def state(self) -> dict[str, Variables]:
        """All that training goes on from."""
        return {name: values_of(variables) for name, variables in self._sections().items()}

    def restore(self, saved: Saved) -> None:
        """Go on from a saved state. Raises SpecError where it is of another network."""
        for name, variables in self._sections().items():
            saved.restore(name, variables)

    def _sections(self) -> dict[str, Sequence[KerasVariable]]:
        own = {id(variable) for variable in self.network.variables}
        return {
            "network": self.network.variables,
            "augmentation": [variable for variable in self.model.variables if id(variable) not in own],
            "optimizer": self.model.optimizer.variables,
        }


def make_learner(
    keras: Keras,
    plan: Plan,
    targets: Mapping[str, Target],
    steps: int,
    *,
    validates: bool,
    machine: Machine,
    progress: Progress,
) -> Learner:
    """Build and compile. Raises SpecError where options do not fit each other, the network or the machine."""
    train = plan.train
    with precision(keras, train.precision):
        network = compile_graph(plan.graph, spec=plan.spec)
        keep_outputs_precise(keras, plan, network)
        model = before(keras, plan, network, targets)
    frozen = freeze(plan, network)
    _check_updates(plan, steps, progress)
    if not model.trainable_variables:
        raise plan.error("NS707", "there is nothing to train: the network has no weights that move", plan.input_span)
    objective = choose(keras, network_outputs(keras, plan, network), train, targets, plan.refusal)
    for note in objective.notes:
        progress.note(note)
    if machine.backend == "jax":
        _let_jax_compile(model, progress)
    _check_compiler(plan, model)
    rate = make_rate(keras, train, steps, plan.refusal)
    model.compile(
        optimizer=make_optimizer(keras, train, rate, apart(plan.graph, train, network)),
        loss=objective.loss,
        loss_weights=objective.loss_weights,
        metrics=objective.metrics,
        weighted_metrics=objective.own_losses,
        jit_compile=compiles(plan, machine),
        steps_per_execution=steps_at_once(plan, steps, machine),
    )
    model.optimizer.build(model.trainable_variables)
    averaging = (swapping(keras),) if train.optimizer.use_ema else ()
    for callback in averaging:
        callback.set_model(model)
    watched = tuple(f"val_{name}" for name in objective.metric_names) if validates else ()
    return Learner(keras, network, model, (*objective.metric_names, *watched), rate, averaging, frozen)


def freeze(plan: Plan, network: KerasModel) -> tuple[KerasLayer, ...]:
    """Keep the layers as they are that `freeze` names, and tell which would have been trained."""
    if not plan.train.freeze:
        return ()
    nodes = Paths(plan.graph, weighted(plan.graph)).matching_any(plan.train.freeze)
    frozen = tuple(layer for layer in layers(plan.graph, nodes, network) if layer.trainable)
    for layer in frozen:
        layer.trainable = False
    return frozen


def _check_updates(plan: Plan, steps: int, progress: Progress) -> None:
    """Tell of gradients that are accumulated and come to no update. Raises SpecError where there is no update at all."""
    batches, count = steps * plan.train.epochs, plan.train.optimizer.batches_per_update
    left = batches % count
    if left == batches:
        message = f"gradients of {count:,} batches make an update, and the run has {batches:,}; it would learn nothing"
        raise plan.refusal("NS706", message, "optimizer")
    if left:
        progress.note(
            f"gradients of {count:,} batches make an update: the last {left:,} of the {batches:,} batches make none"
        )


def network_outputs(keras: Keras, plan: Plan, network: KerasModel) -> tuple[Output, ...]:
    """The network's outputs under the spec's names."""
    return outputs_of(keras, network, tuple(plan.graph.outputs))


def keep_outputs_precise(keras: Keras, plan: Plan, network: KerasModel) -> None:
    """Probabilities in half precision have no digits left for a loss: what an output ends in computes in float32."""
    if plan.train.precision == "float32":
        return
    last = {plan.graph.nodes[index].layer for index in plan.graph.outputs.values()}
    for layer in network.layers:
        if layer.name in last:
            layer.dtype_policy = keras.DTypePolicy("float32")


def steps_at_once(plan: Plan, steps: int, machine: Machine) -> int:
    """Steps that TensorFlow does in one call: several, where starting one takes a good part of its time.

    The other backends gain nothing by it, and PyTorch refuses it.
    """
    if machine.backend != "tensorflow":
        return 1
    macs = plan.graph.totals().macs
    small = macs is not None and macs * plan.train.batch_size <= SMALL
    return min(STEPS_AT_ONCE, steps) if small or machine.kind != "cpu" else 1


def compiles(plan: Plan, machine: Machine) -> bool | str:
    """Whether XLA compiles the training step, as `compile` takes it; `auto` leaves it to Keras, which does where it can.

    On a CPU, TensorFlow's own kernels run products and convolutions faster than XLA's do, MobileNet v2 seven times. What is
    many small operations, as recurrent layers are, gains by XLA there too.
    """
    choices: dict[str, bool | str] = {"auto": "auto", "always": True, "never": False}
    choice = choices[plan.train.jit_compile]
    if choice == "auto" and machine.backend == "tensorflow" and machine.kind == "cpu":
        return "auto" if any(node.config is not None and node.config.fuses for node in plan.graph.nodes) else False
    return choice


def _check_compiler(plan: Plan, model: KerasModel) -> None:
    if plan.train.jit_compile == "always":
        for layer in _layers(model):
            if not getattr(layer, "supports_jit", True):
                message = f"XLA cannot compile `{layer.name}` with this backend; write `jit_compile: auto`"
                raise plan.refusal("NS706", message, "jit_compile")


def _let_jax_compile(model: KerasModel, progress: Progress) -> None:
    """Let JAX compile what Keras marks as beyond compilers: random layers, of which that is true of TensorFlow's alone.

    JAX would run them all step by step, a hundred times slower, and the whole network with them.
    """
    for layer in _layers(model):
        if type(layer).__name__ in STEP_BY_STEP:
            layer.supports_jit = False  # which Keras does not say of all of them
            progress.note(f"JAX cannot compile `{layer.name}`, which {STEP_BY_STEP[type(layer).__name__]}")
        else:
            layer.supports_jit = True


def _layers(model: KerasModel) -> Iterator[KerasLayer]:
    for layer in model.layers:
        yield layer
        yield from _layers(layer) if hasattr(layer, "layers") else ()
