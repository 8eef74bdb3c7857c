"""Inputs that look like something else."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Problem
from netspec.diagnostics.words import show
from netspec.kinds.window import Windowed
from netspec.shapes import channels_first, show_shape
from netspec.syntax.tree import span_of


@lint
def input_with_channels_first(view: View) -> Iterator[Problem]:
    """An image as PyTorch holds it, under a window."""
    for number, index in enumerate(view.graph.inputs):
        node = view.node(index)
        reads = [view.node(i).config for i in view.readers.get(index, ())] if channels_first(node.shape) else []
        if any(isinstance(config, Windowed) for config in reads):
            assert node.shape is not None
            turned = [*node.shape[1:], node.shape[0]]
            yield Problem(
                "NS810",
                f"`{node.path}` is {show_shape(node.shape)}: {node.shape[0]} row{'s' * (node.shape[0] != 1)}, and "
                f"{node.shape[-1]} channels; if the channels stand first, write {show(turned)}",
                span_of(view.document.inputs[number].shape.tree),
                node=node.path,
            )
