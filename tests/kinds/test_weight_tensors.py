"""What a kind says of each tensor of its weights is what Keras makes: the same names, shapes, and which of them training moves."""

from __future__ import annotations

import re
from math import prod
from typing import Any

import pytest

from netspec.kinds import KINDS
from netspec.kinds.terms import WeightTerms, evaluate, product, tensors_of

from .case import Case
from .table import CASES

CELL = re.compile(r"(forward|backward)_.*/(\w+)")  # of a recurrent layer that runs both ways
WITH_WEIGHTS = sorted(name for name in CASES if not KINDS[name].composition)


def accepted() -> list[Any]:
    return [
        pytest.param(kind, case, id=f"{kind}-{case.describe()}")
        for kind in WITH_WEIGHTS
        for case in CASES[kind]
        if case.code is None
    ]


def test_a_product_without_a_name_is_called_by_its_place() -> None:
    terms = WeightTerms((product(3, (product(2), product(5))), product(4, name="bias")), (product(6, shape=(1, 6)),))
    assert tensors_of(terms) == (("weight_1", (3, 7), True), ("bias", (4,), True), ("weight_3", (1, 6), False))


@pytest.mark.backend
@pytest.mark.parametrize(("kind", "case"), accepted())
def test_each_tensor_is_keras_s(kind: str, case: Case) -> None:
    import keras

    from netspec.backends.keras.compiling import compile_graph
    from netspec.backends.keras.weight_names import weights_of

    from .test_table import built_here, check

    graph = check(kind, case).graph
    assert graph is not None
    if not any(sum(node.weights) for node in graph.nodes):
        return
    if case.not_on is not None and case.not_on[0] == keras.backend.backend():
        pytest.skip(case.not_on[1])
    model = compile_graph(built_here(kind, case))
    for node in graph.nodes:
        if node.config is None or node.share is not None or not sum(node.weights):
            continue
        shapes = [graph.nodes[index].shape or () for index in node.inputs]
        found = {each.name: (each.shape, each.trainable) for each in node.config.tensors(*shapes)}
        layer = model.get_layer(node.layer)
        moved = {id(each) for each in layer.trainable_variables} if node.trainable else None
        theirs = {
            CELL.sub(r"\1/\2", name): (tuple(each.shape), moved is None or id(each) in moved)
            for name, each in weights_of(layer).items()
        }
        assert found == theirs
        terms = node.config.weight_terms(*shapes)
        assert sum(prod(shape) for shape, _ in found.values()) == evaluate(terms.trainable + terms.non_trainable)
