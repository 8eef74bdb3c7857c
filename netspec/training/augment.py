"""`augment`: random layers before the network, which act on training batches only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netspec.backends.keras.lowering import LoweringKeras
from netspec.backends.keras.types import Keras, KerasLayer, KerasModel, KerasTensor
from netspec.data.schema import Target
from netspec.expressions import ExpressionError, Lookup, Value
from netspec.kinds import Kind, OptionConflict
from netspec.kinds.kind import ShapeError
from netspec.options import Invalid
from netspec.shapes import Shape, show_shape
from netspec.spec.document import Step, resolve
from netspec.training.plan import Plan

_CHAIN_ONLY = ("sources", "repeat", "when", "share", "trainable")  # a step's wiring, which a plain chain has no use for


def augmentation(plan: Plan) -> list[Kind]:
    """The kinds of `augment`, checked against the network's input. Raises SpecError."""
    if plan.train.augment and len(plan.graph.inputs) > 1:
        step = plan.train.augment[0]
        message = f"`augment` changes the examples of one input, and the network has {len(plan.graph.inputs)}"
        raise plan.error("NS706", message, step.span)
    node = plan.graph.nodes[plan.graph.inputs[0]]
    assert node.shape is not None
    kinds = []
    for step in plan.train.augment:
        config = _config(plan, step)
        try:
            shape = config.infer(node.shape)
        except ShapeError as error:
            raise plan.error(error.code, f"`{step.kind_name}`: {error.message}", step.span) from None
        if shape != node.shape:
            message = (
                f"`{step.kind_name}` makes {show_shape(shape)} of {show_shape(node.shape)}; `augment` keeps the "
                f"shape that the network takes"
            )
            raise plan.error("NS706", message, step.span)
        kinds.append(config)
    return kinds


class Stages(NamedTuple):
    """Where each kind of `augment` acts: on examples as they are read, on batches, or in the model, one after the other.

    Attributes:
        moved: kinds that move what images show, done to examples with their labels.
        mixed: kinds that mix the examples of a batch.
        in_model: layers before the network.
    """

    moved: tuple[Kind, ...]
    mixed: tuple[Kind, ...]
    in_model: tuple[Kind, ...]


def staged(plan: Plan, targets: Mapping[str, Target]) -> Stages:
    """The kinds of `augment` by where they act. Raises SpecError where they cannot act in the order in which they are written.

    What moves images acts in the model, unless labels lie in the images' places or examples are mixed afterwards.
    """
    kinds, steps = augmentation(plan), plan.train.augment
    together = bool(labels_in_images(plan, targets))
    last = max((index for index, kind in enumerate(kinds) if kind.mixes_labels), default=-1)
    moved, in_model = [], []
    for index, (step, kind) in enumerate(zip(steps, kinds, strict=True)):
        early = index < last
        if kind.mixes_labels:
            continue
        if not kind.moves_images:
            if early:
                name = steps[last].kind_name
                message = (
                    f"`{step.kind_name}` stands before `{name}`, which mixes examples as a batch is read, before the model with "
                    f"`{step.kind_name}` sees them; write it after `{name}`"
                )
                raise plan.error("NS706", message, step.span)
            in_model.append(kind)
        elif together and 0 <= last < index:
            name = steps[last].kind_name
            message = f"`{step.kind_name}` moves images with their labels before `{name}` mixes them; write it before `{name}`"
            raise plan.error("NS706", message, step.span)
        elif together or early:
            moved.append(kind)
        else:
            in_model.append(kind)
    return Stages(tuple(moved), tuple(kind for kind in kinds if kind.mixes_labels), tuple(in_model))


class Label(NamedTuple):
    """How the labels of an output move with an image.

    Attributes:
        fill: of places that come from outside of the image; None where they take what the image takes, or have no such label.
        is_of_classes: whether each is a class, between which there is nothing.
    """

    fill: float | None
    is_of_classes: bool


def labels_in_images(plan: Plan, targets: Mapping[str, Target]) -> dict[str, Label]:
    """The outputs whose labels have each a place in the image: masks, images, the example itself."""
    shape = plan.graph.nodes[plan.graph.inputs[0]].shape or ()
    return {
        output: Label(None if target.ignored is None else float(target.ignored), target.is_of_classes)
        for output, target in targets.items()
        if plan.data.learns_input(output) or _lies_in(target, shape)
    }


def _lies_in(target: Target, shape: Shape) -> bool:
    if target.is_of_classes:
        return len(target.shape) == 2 and len(shape) == 3
    return len(target.shape) in (2, 3) and len(shape) == 3 and target.shape[:2] == shape[:2]


def _config(plan: Plan, step: Step) -> Kind:
    if step.cls is None:
        raise plan.error("NS706", f"`augment` takes single nodes, not the block `{step.kind_name}`", step.span)
    if any(getattr(step, name) is not None for name in _CHAIN_ONLY):
        raise plan.error("NS706", f"`augment` is a plain chain, and `{step.kind_name}` has wiring", step.span)
    if step.config is not None:
        return step.config
    values = {}
    for name, given in step.values.items():
        try:
            values[name] = step.cls.options[name].type.check(resolve(given.value, _lookup(plan)))
        except (ExpressionError, Invalid) as error:
            raise plan.error("NS504", f"`{step.kind_name}`: `{name}` {error}", step.span) from None
    config = step.cls(**values)
    try:
        config.check()
    except OptionConflict as error:
        raise plan.error("NS209", f"`{step.kind_name}`: {error.message}", step.span) from None
    return config


def _lookup(plan: Plan) -> Lookup:
    def lookup(name: str) -> Value:
        if name not in plan.graph.params:
            raise ExpressionError(f"there is no `${name}`; `augment` reads `params` only", "NS502")
        return plan.graph.params[name]

    return lookup


def before(keras: Keras, plan: Plan, network: KerasModel, targets: Mapping[str, Target]) -> KerasModel:
    """The model to fit: the network, behind its augmentation if it has one. Its weights are the network's own.

    What moves images together with labels is done before they reach the model, by `training.moving`.

    A model of its own in either case, so that the network is not compiled and can be saved as it is.
    """
    kinds = staged(plan, targets).in_model
    if not kinds:
        return keras.Model(network.input, network.output, name=network.name)
    node = plan.graph.nodes[plan.graph.inputs[0]]
    shape = node.shape
    assert shape is not None
    x = start = keras.Input(shape, dtype=node.dtype)
    precise = keras.DTypePolicy(
        "float32"
    )  # shifts by parts of pixels need its digits, whatever the network computes in
    handed = LoweringKeras(keras)
    for index, kind in enumerate(kinds):
        layer: KerasLayer = kind.lower(handed, f"augment_{index + 1}", [shape])
        layer.dtype_policy = precise
        x = layer(x)
    return keras.Model(start, network(x), name=network.name)


def augmented(keras: Keras, model: KerasModel, network: KerasModel, x: KerasTensor) -> KerasTensor:
    """What the network of a model that `before` made is given for a batch while it trains."""
    if not any(layer is network for layer in model.layers):
        return x
    for layer in model.layers:
        if layer is network:
            break
        if not isinstance(layer, keras.layers.InputLayer):
            x = layer(x, training=True)
    return x
