"""Variances that start where they have no square root."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.analysis.lints.registry import lint
from netspec.analysis.view import View
from netspec.diagnostics.problems import Problem, Repair, Span
from netspec.kinds.normalisation import BatchNorm


@lint
def variance_below_zero(view: View) -> Iterator[Problem]:
    """Batch normalisation divides by the root of its moving variance, which an initializer may draw below 0."""
    said: set[Span] = set()
    for index in view.of(BatchNorm):
        node = view.node(index)
        config = node.config
        assert isinstance(config, BatchNorm)
        if config.has_roots() or node.share is not None or node.span in said:
            continue
        said.add(node.span)
        yield Problem(
            "NS814",
            f"{node.kind_name} `{node.path}`: `moving_variance_initializer: {config.moving_variance_initializer.spec_name}` "
            "can give variances below 0, which have no square root: outputs are then NaN until training has raised them",
            node.span,
            node=node.path,
            repairs=(Repair("moving_variance_initializer", "ones"),),
        )
