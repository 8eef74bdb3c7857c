"""Biases that do nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View, is_linear
from netspec.diagnostics.problems import Problem, Repair, Span
from netspec.kinds.dense import Dense
from netspec.kinds.normalisation import BatchNorm
from netspec.kinds.window import Windowed


@lint
def bias_before_batch_norm(view: View) -> Iterator[Problem]:
    """Batch normalisation subtracts the mean, and with it the bias before it."""
    lines: dict[Span, list[int]] = {}  # the nodes whose bias is lost, by the line that makes them
    for norm in view.of(BatchNorm):
        (index,) = view.node(norm).inputs
        config = view.node(index).config
        if (
            isinstance(config, (Windowed, Dense))
            and getattr(config, "use_bias", False)
            and "use_bias" not in vars(config)
            and view.readers[index][0] == norm  # the first of several
            and _cancels_bias(view, index)
        ):
            lines.setdefault(view.node(index).span, []).append(index)
    if not lines:
        return
    biased = [view.node(i) for i in view.of(Windowed, Dense) if getattr(view.node(i).config, "use_bias", False)]
    alike = Counter(node.span for node in biased)
    for span, indices in lines.items():
        # A line is to blame only if all nodes that it makes are followed by batch normalisation: the last of a repetition
        # may be, and the others need their biases.
        if len(indices) < alike[span]:
            continue
        node = view.node(indices[0])
        weights = sum((view.node(i).shape or (0,))[-1] or 0 for i in indices)
        step = view.steps.get(span)
        if step is not None and step.cls is not None and step.cls.composition:
            continue  # made by the composition, whose line has no word for it
        yield Problem(
            "NS801",
            f"{node.kind_name} `{node.path}`: bias is cancelled by the following `batch_norm`; "
            f"{weights:,} weights{_of_nodes(indices)} have no effect",
            span,
            node=node.path,
            repairs=(Repair("use_bias", "false"),) if step is not None and step.kind_name == node.kind_name else (),
        )


def _of_nodes(indices: list[int]) -> str:
    return f" of {len(indices)} nodes like it" if len(indices) > 1 else ""


def _cancels_bias(view: View, index: int) -> bool:
    if not is_linear(view.node(index)) or index in view.outputs or index in view.shared or not view.readers[index]:
        return False
    for reader in view.readers[index]:
        config = view.node(reader).config
        # One that does not train subtracts what it once saw, which knows nothing of this bias.
        if not isinstance(config, BatchNorm) or config.axis != -1 or not view.node(reader).trainable:
            return False
    return True
