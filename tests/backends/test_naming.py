"""Names that Keras gives operations are never those of layers, whatever was made in the process before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras as plain_keras  # noqa: F401 - where it is missing, the light suite leaves this module out
import pytest

from netspec.backends.keras import code
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.script import script
from netspec.graph.model import Graph
from netspec.pipeline import Spec, check_text

pytestmark = pytest.mark.backend
keras = import_keras()

MEAN = "pool: {type: avg, pool_size: 3, strides: 2, padding: [[0, 1], [0, 1]], name: NAME}"
CLASHES = {  # nodes, and what a model's steps are called if the process has made nothing before
    "a layer divided by another": (
        MEAN.replace("NAME", "true_divide"),
        ["input", "get_item", "ones_like", "pad", "pad_1", "true_divide", "true_divide_share", "true_divide_step_0"],
    ),
    "a layer on padding": (
        "pool: {pool_size: 3, strides: 2, padding: [[0, 1], [0, 1]], name: pad}",
        ["input", "pad_step_0", "pad"],
    ),
    "a layer behind": (
        "multiply: 2.0}\n  - {multiply: 3.0}\n  - {dense: {units: 2, name: multiply_1}",
        ["input", "multiply", "multiply_1_step_0", "multiply_1"],
    ),
    "a layer with the first other name": (
        "multiply: 2.0}\n  - {dense: {units: 2, name: multiply}}\n  - {dense: {units: 2, name: multiply_step_0}",
        ["input", "multiply_step_1", "multiply", "multiply_step_0"],
    ),
    "an input": ("multiply: 2.0", ["multiply", "multiply_step_0"]),
}


def spec_of(what: str) -> Spec:
    """The spec of a clash."""
    inputs = "inputs: {multiply: [6, 6, 3]}" if what == "an input" else "input: [6, 6, 3]"
    spec = check_text(f"netspec: 1\nname: clash\n{inputs}\nlayers:\n  - {{{CLASHES[what][0]}}}\n", "clash.yaml")
    assert spec.ok, spec.problems
    return spec


def built(spec: Spec) -> Any:
    assert spec.graph is not None
    return compile_graph(spec.graph)


def by_functions(spec: Spec) -> Any:
    text = code.script(keras, spec)
    assert text is not None
    names: dict[str, Any] = {"__name__": "clash"}
    exec(text, names)
    return names["build_model"]()


def by_nodes(spec: Spec) -> Any:
    graph: Graph | None = spec.graph
    assert graph is not None
    names: dict[str, Any] = {"__name__": "clash"}
    exec(script(graph, "clash.yaml"), names)
    return names["model"]


@pytest.mark.parametrize("make", [built, by_functions, by_nodes])
@pytest.mark.parametrize("what", CLASHES)
def test_in_a_new_process(what: str, make: Callable[[Spec], Any]) -> None:
    keras.utils.clear_session(free_memory=False)
    names = [step.name for step in make(spec_of(what)).operations]
    assert names == CLASHES[what][1]


@pytest.mark.parametrize("make", [built, by_functions, by_nodes])
@pytest.mark.parametrize("before", [1, 2, 3])
def test_after_other_models(before: int, make: Callable[[Spec], Any]) -> None:
    keras.utils.clear_session(free_memory=False)
    spec = check_text(
        f"netspec: 1\nname: clash\ninput: [6, 6, 3]\nlayers:\n  - {MEAN.replace('NAME', f'pad_{before}')}\n",
        "clash.yaml",
    )
    for _ in range(before):
        keras.ops.pad(keras.Input((3,)), 1)
    names = [step.name for step in make(spec).operations]
    clash = f"pad_{before}_step_0"  # the padding of what is pooled, or of the ones
    assert clash in names
    assert len({*names}) == len(names)
