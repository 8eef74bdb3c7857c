"""Masks that are lost on the way."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Note, Problem, Span
from netspec.kinds.dense import Embedding


@lint
def mask_lost(view: View) -> Iterator[Problem]:
    """A node that drops the mask of `mask_zero`, before one that would have skipped padding by it."""
    if not any(view.node(index).masked for index in view.of(Embedding)):
        return
    lost: dict[int, int] = {}  # for each node after which a mask is missing, the one that dropped it
    said: set[Span] = set()
    for index in view.used:
        node = view.node(index)
        if node.config is None or node.masked:
            continue
        shapes = [view.node(i).shape or () for i in node.inputs]
        skips = node.config.skips_masked(shapes)
        dropped = [lost[i] for i in node.inputs if i in lost]
        if dropped and skips:
            before = view.node(dropped[0])
            if before.span not in said:
                said.add(before.span)
                yield Problem(
                    "NS813",
                    f"{before.kind_name} `{before.path}` drops the mask of its input, so `{node.path}` does not skip padding",
                    before.span,
                    (Note(f"`{node.path}`", node.span),),
                    node=before.path,
                )
        elif dropped:
            lost[index] = dropped[0]
        elif not skips and any(view.node(i).masked for i in node.inputs):
            lost[index] = index
