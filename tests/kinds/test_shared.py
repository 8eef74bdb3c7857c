"""`share` over unlike inputs, for every kind: what is accepted computes what its own weights and settings would; what is refused, cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from netspec.backends.gaps import gaps_of
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.lowering import LoweringKeras
from netspec.graph.sharing import parted
from netspec.kinds import KINDS, Kind, ShapeError
from netspec.pipeline import Spec, check_text
from netspec.shapes import Shape
from tests.support.oracle import REFUSALS

from .case import Case, last
from .table import CASES
from .test_table import fill, run

MOST = 3  # cases of a kind
BATCH = 2
# Refused though Keras takes some of them: padding that is more than it need be is lost again for some sizes.
STRICTER = "the padding"
ONE_SHAPE = ("hashed_crossing", "text_vectorization")  # kinds that take no other


def unlike(shape: Shape) -> Iterator[Shape]:
    """Shapes that differ a little from one."""
    for axis, size in enumerate(shape):
        for more in (1, 2):
            yield (*shape[:axis], 7 if size is None else size + more, *shape[axis + 1 :])
        yield (*shape[:axis], None, *shape[axis + 1 :])
    if len(shape) > 1:
        yield (shape[1], shape[0], *shape[2:])
        yield shape[1:]
    yield (6, *shape)


def plain(cases: list[Case]) -> list[Case]:
    """The first cases of a kind that differ in more than the weights' beginnings."""
    kept = []
    for case in cases:
        texts = case.dtype == "string" or case.given.get("invert") is True  # which are not compared as numbers
        weights_only = any(name.endswith(("initializer", "regularizer")) for name in case.given)
        if case.code is None and not case.layers and case.not_on is None and not texts and not weights_only:
            kept.append(case)
    return kept[:MOST]


def pairs(word: str) -> Iterator[tuple[Case, tuple[Shape, ...]]]:
    """A kind's cases, each with inputs unlike its own that the kind takes too."""
    for case in plain(CASES[word]):
        for other in dict.fromkeys(unlike(case.inputs[0])):
            mine = tuple(other if shape == case.inputs[0] else shape for shape in case.inputs)
            if mine != case.inputs:
                yield case, mine


def checked(word: str, case: Case, mine: tuple[Shape, ...]) -> Spec:
    """A spec in which a second node shares with the first, over other inputs."""
    first = [f"a{i}" for i in range(len(mine))]
    second = [f"b{i}" for i in range(len(mine))]
    inputs = dict(zip([*first, *second], [*case.inputs, *mine], strict=True))
    return check_text(
        json.dumps(
            {
                "netspec": 1,
                "inputs": {name: {"shape": list(shape), "dtype": case.dtype} for name, shape in inputs.items()},
                "layers": [
                    {word: {**case.given, "from": first, "name": "one"}},
                    {word: {"share": "one", "from": second, "name": "two"}},
                ],
                "outputs": ["one", "two"],
            }
        ),
        repairs=False,
    )


def data(shapes: tuple[Shape, ...], dtype: str) -> list[np.ndarray]:
    """A batch for inputs of these shapes."""
    rng = np.random.default_rng(3)
    sizes = [(BATCH, *(7 if size is None else size for size in shape)) for shape in shapes]
    if dtype.startswith("float"):
        return [rng.uniform(-2, 2, size).astype(dtype) for size in sizes]
    return [rng.integers(0, 5, size).astype(dtype) for size in sizes]


def by_keras(config: Kind, case: Case, mine: tuple[Shape, ...]) -> np.ndarray | None:
    """What the layer that is built on the case's inputs makes of others; None where it does not take them."""
    made = LoweringKeras(keras)
    try:
        layer = config.lower(made, "one", case.inputs)
        models = []
        for shapes in (case.inputs, mine):
            tensors = [keras.Input(shape, dtype=case.dtype) for shape in shapes]
            models.append(keras.Model(tensors, layer(tensors[0] if len(tensors) == 1 else tensors)))
        fill(models[1])
        found = run(models[1], data(mine, case.dtype))[""]
        promised = config.infer(*mine)
    except REFUSALS:
        return None
    return found if tuple(models[1].output.shape[1:]) == promised else None


def on_its_own(word: str, case: Case, mine: tuple[Shape, ...]) -> np.ndarray | None:
    """What a node with its own weights makes of the other inputs; None where they do not go together at run time."""
    spec = checked(word, case._replace(inputs=mine), mine)
    assert spec.graph is not None
    model = compile_graph(spec.graph)
    fill(model)
    try:
        return run(model, [*data(mine, case.dtype), *data(mine, case.dtype)])["one"]
    except REFUSALS:
        assert None in [size for shape in mine for size in shape]
        return None


@pytest.mark.parametrize("word", [word for word in CASES if not KINDS[word].composition and KINDS[word].arity[1] != 0])
def test_a_node_shares_where_the_layer_takes_both_inputs(word: str) -> None:
    tried = 0
    for case, mine in pairs(word):
        alike = checked(word, case._replace(inputs=mine), mine)
        if not alike.ok:
            continue
        tried += 1
        assert alike.graph is not None
        if gaps_of(alike.graph, keras.backend.backend()):
            continue
        what = f"{word} {case.given} on {case.inputs}, then {mine}"
        spec = checked(word, case, mine)
        assert spec.graph is not None
        ours = last(spec.graph)
        assert ours.config is not None
        wanted = on_its_own(word, case, mine)
        if not spec.ok:
            (problem,) = [problem for problem in spec.problems if problem.is_error]
            assert problem.code == "NS307", what
            found = None if problem.message.endswith(STRICTER) else by_keras(ours.config, case, mine)
            assert found is None or wanted is None or not np.allclose(found, wanted, atol=1e-5), what
        elif wanted is not None:
            model = compile_graph(spec.graph)
            fill(model)
            found = run(model, [*data(case.inputs, case.dtype), *data(mine, case.dtype)])["two"]
            np.testing.assert_allclose(found, wanted, atol=1e-5, err_msg=what)
    assert tried or word in ONE_SHAPE or not plain(CASES[word]), word


@pytest.mark.parametrize(
    ("word", "given", "theirs", "mine", "apart"),
    [
        ("conv", {"filters": 2, "kernel_size": 3}, [(8, 8, 4)], [(9, 8, 4)], None),
        ("conv", {"filters": 2, "kernel_size": 3}, [(8, 8, 4)], [(8, 8, 3)], "the number of channels"),
        ("1x1", {"filters": 2}, [(8, 8, 4)], [(8, 4)], "the number of axes"),
        (
            "conv",
            {"filters": 2, "kernel_size": 3, "strides": 2, "rounding": "ceil"},
            [(8, 8, 4)],
            [(9, 8, 3)],
            "the number of channels and the padding",
        ),
        (
            "conv",
            {"filters": 2, "kernel_size": 3, "strides": 2, "rounding": "ceil"},
            [(8, 8, 4)],
            [(6, 10, 4)],
            None,
        ),
        ("dense", {"units": 2}, [(4,)], [(7, 4)], None),
        ("embedding", {"input_dim": 9, "output_dim": 2}, [(4,)], [(7,)], None),
        ("batch_norm", {}, [(8, 4)], [(8, 8, 4)], "the number of axes"),
        ("batch_norm", {"axis": 1}, [(8, 4)], [(8, 5)], None),
        ("layer_norm", {}, [(8, 4)], [(8, 8, 4)], None),
        ("layer_norm", {"axis": [1, 2]}, [(6, 2, 4)], [(3, 4, 4)], "the sizes along `axis`"),
        ("prelu", {}, [(6, 2)], [(3, 4)], "the sizes that have a slope each"),
        ("prelu", {"shared_axes": [1]}, [(6, 4)], [(3, 4)], None),
        ("layer_scale", {}, [(6, 4)], [(3, 4)], "the shape"),
        ("multi_head_attention", {"num_heads": 1, "key_dim": 2}, [(6, 4)], [(3, 4)], None),
        ("multi_head_attention", {"num_heads": 1, "key_dim": 2}, [(6, 4)], [(3, 4), (6, 4)], "the number of inputs"),
    ],
)
def test_what_a_layer_is_tied_to(
    word: str, given: dict[str, Any], theirs: list[Shape], mine: list[Shape], apart: str | None
) -> None:
    said = parted(KINDS[word](**given), "one", theirs, mine)
    assert (said is None) == (apart is None)
    if apart is not None:
        assert said is not None
        assert said.startswith("the weights of `one` are for an input of ")
        assert said.endswith(f"; they differ in {apart}")


def test_a_kind_says_no_more_of_what_it_is_tied_to_than_it_can() -> None:
    """What ties a layer is asked of shapes that the kind takes."""
    with pytest.raises(ShapeError):
        KINDS["layer_norm"]().tied_to((4, None))
