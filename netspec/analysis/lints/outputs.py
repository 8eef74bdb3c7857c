"""What a network ends in, and the loss that it is trained by."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Candidate, Edit, Note, Problem, Span
from netspec.graph.endings import ending
from netspec.kinds.activation import Softmax
from netspec.kinds.dense import Dense
from netspec.kinds.window import Windowed
from netspec.spec.losses import LOSSES
from netspec.spec.training_settings import Train
from netspec.syntax.tree import span_of


@lint
def activation_and_loss(view: View) -> Iterator[Problem]:
    """A softmax that is applied twice, or never."""
    train, section = view.graph.train, view.document.train
    if not isinstance(train, Train) or section is None or "from_logits" not in section.values:
        return  # left out, it is chosen by how the network ends
    span = span_of(section.values["from_logits"].tree)
    for name, handle in view.graph.outputs.items():
        loss = train.loss_of(name)  # None is chosen by the output, and takes logits where the labels are classes
        if not train.learns(name) or (loss is not None and not LOSSES[loss].takes_logits):
            continue
        last = ending(view.graph, handle)
        if train.from_logits and last in ("softmax", "sigmoid"):
            message = f"the output `{name}` ends in a {last}, and `from_logits: true` applies another"
        elif not train.from_logits and last == "linear":
            message = f"the output `{name}` ends without softmax or sigmoid, and `from_logits: false` applies none"
        else:
            continue
        right = "false" if train.from_logits else "true"
        yield Problem(
            "NS802",
            message,
            span,
            (Note("the output", view.node(handle).span),),
            # Of several outputs, some may be right as it is.
            candidates=(Candidate((Edit(span, right),), f"from_logits: {right}"),)
            if len(view.graph.outputs) == 1
            else (),
        )


@lint
def output_without_loss(view: View) -> Iterator[Problem]:
    """`loss` names the outputs one by one, and leaves one out."""
    train, section = view.graph.train, view.document.train
    if not isinstance(train, Train) or section is None or not isinstance(train.loss, dict):
        return
    for name, handle in view.graph.outputs.items():
        if name not in train.loss:
            yield Problem(
                "NS806",
                f"`loss` does not name the output `{name}`, whose loss is chosen by its shape; "
                f"name it, or exclude it from training with `{name}: null`",
                span_of(section.values["loss"].tree),
                (Note("the output", view.node(handle).span),),
            )


@lint
def softmax_of_one(view: View) -> Iterator[Problem]:
    """A softmax over an axis of one number."""
    said: set[Span] = set()
    for index in view.of(Softmax, Dense, Windowed):
        node = view.node(index)
        config = node.config
        activation = "softmax" if isinstance(config, Softmax) else getattr(config, "activation", None)
        axis = config.axis if isinstance(config, Softmax) else -1
        # A list of axes, or one that counts from the front, is somebody's own idea.
        if activation == "softmax" and axis == -1 and node.shape and node.shape[-1] == 1 and node.span not in said:
            said.add(node.span)
            message = f"{node.kind_name} `{node.path}`: the softmax of one number is always 1"
            yield Problem("NS811", message, node.span, node=node.path)
