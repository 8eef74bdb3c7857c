"""Whole numbers that an embedding reads: that it has a vector for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from netspec.data.dataset import Dataset, Examples
from netspec.graph.model import Graph, Node
from netspec.kinds.dense import Embedding
from netspec.training.plan import Plan


def embeddings(graph: Graph) -> dict[str, tuple[Node, int]]:
    """Of each input that an embedding reads, the one with the fewest vectors, and how many these are."""
    found: dict[str, tuple[Node, int]] = {}
    for node in graph.nodes:
        if isinstance(node.config, Embedding) and graph.nodes[node.inputs[0]].is_input:
            name, size = graph.nodes[node.inputs[0]].path, node.config.input_dim
            if name not in found or size < found[name][1]:
                found[name] = (node, size)
    return found


def check_tokens(plan: Plan, dataset: Dataset) -> None:
    """Refuse tokens for which an embedding has no vector. Raises SpecError at the embedding."""
    for name, (node, size) in embeddings(plan.graph).items():
        feature = dataset.schema.inputs[name]
        if feature.text is not None and feature.text.output_mode == "int":
            wanted = len(feature.text.tokens)
            if wanted > size:
                message = (
                    f"`{node.path}` has {size:,} vectors, and the vocabulary of {feature.source} has {wanted:,} tokens, "
                    f"padding and the unknown among them; write `input_dim: {wanted}` here, or `max_tokens: {size}` "
                    f"under `vectorize`"
                )
                raise plan.error("NS702", message, node.span)
            continue
        for values in _each(name, dataset):
            least, most = values.min(), values.max()
            if least < 0 or most >= size or (values % 1).any():
                odd = least if least < 0 else most if most >= size else values[values % 1 != 0].flat[0]
                mend = f"write `input_dim: {int(most) + 1}`" if odd == most else "save whole numbers from 0"
                message = f"`{node.path}` takes whole numbers from 0 to {size - 1:,}, and {feature.source} holds {odd:g}; {mend}"
                raise plan.error("NS702", message, node.span)


def _each(name: str, dataset: Dataset) -> Iterator[np.ndarray]:
    """The values of an input in all parts, by pieces."""
    for split in (dataset.train, dataset.validation, dataset.test, *dataset.extra_tests.values()):
        if split is not None:
            values: Mapping[str, Examples] = split.x
            for start in range(0, len(values[name]), PIECE):
                yield np.asarray(values[name][start : start + PIECE])


PIECE = 2**16  # examples at once
