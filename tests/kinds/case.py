"""What a row of the table holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from netspec.graph.model import Graph, Node
from netspec.kinds.kind import Part

Size = int | None
Shape = tuple[Size, ...]

# Why netspec refuses what Keras takes.
TILING = "Keras drops the rest without a word; `rounding: floor` says so"
ARITY = "Keras takes a list of one"
UNBUILDABLE = "Keras has no word for it"
KERNEL = "TensorFlow's own kernel refuses; oneDNN's, on some processors, does not"
CHANCE = "Keras refuses by chance, since it draws what it does when it is traced"
UNTRIED = (ARITY, UNBUILDABLE, KERNEL, CHANCE)  # reasons that no layer of Keras could prove here


class Case(NamedTuple):
    """One setting of a kind: what it is given, and what must come of it."""

    inputs: tuple[Shape, ...]
    given: dict[str, Any]
    code: str | None = None  # the problem that netspec must report; None: it is accepted
    stricter: str | None = None  # why netspec refuses what Keras would take
    only: str | None = None  # the backend that refuses, where others would take it
    not_on: tuple[str, str] | None = None  # the backend that fails on what is accepted, and why
    at: tuple[int, ...] = ()  # sizes for the unknown ones, from the first input's first on
    dtype: str = "float32"
    macs: int | None = None  # by hand
    save: bool = False  # saved and loaded too, because its lowering is not that of the kind's first case
    layers: tuple[Any, ...] = ()  # a spec's nodes, where one node does not make the case
    keras: Callable[..., Any] | None = None  # the same network in Keras's words, of the symbolic inputs
    numeric: bool = True  # does the direct Keras layer compute the same, up to rounding?
    training: bool = False  # run in training mode too, where the layer does something else

    def describe(self) -> str:
        """A test's id."""
        shapes = "+".join(
            "x".join("?" if size is None else str(size) for size in shape) or "()" for shape in self.inputs
        )
        given = self.given or ({"layers": list(self.layers)} if self.layers else {})
        words = json.dumps(given).replace('"', "").replace(" ", "")
        dtype = "" if self.dtype == "float32" else f"{self.dtype}-"
        return f"{shapes}-{dtype}{words[:90]}"


def _shapes(inputs: Shape | Sequence[Shape]) -> tuple[Shape, ...]:
    return tuple(inputs) if isinstance(inputs, list) else (inputs,)  # type: ignore[arg-type]


def ok(
    inputs: Shape | list[Shape],
    *,
    at: tuple[int, ...] = (),
    dtype: str = "float32",
    macs: int | None = None,
    save: bool = False,
    numeric: bool = True,
    training: bool = False,
    not_on: tuple[str, str] | None = None,
    **given: Any,
) -> Case:
    """A setting that Keras and netspec take. Several inputs stand in a list."""
    return Case(
        _shapes(inputs),
        given,
        at=at,
        dtype=dtype,
        macs=macs,
        save=save,
        numeric=numeric,
        training=training,
        not_on=not_on,
    )


def no(
    code: str,
    inputs: Shape | list[Shape],
    *,
    stricter: str | None = None,
    only: str | None = None,
    at: tuple[int, ...] = (),
    dtype: str = "float32",
    **given: Any,
) -> Case:
    """A setting that netspec refuses with this code, and Keras too, unless `stricter` says why not."""
    return Case(_shapes(inputs), given, code=code, stricter=stricter, only=only, at=at, dtype=dtype)


def network(
    inputs: Shape | list[Shape], *layers: Any, keras: Callable[..., Any], at: tuple[int, ...] = (), save: bool = False
) -> Case:
    """Nodes that Keras and netspec take; `keras` writes the same network in Keras's own words."""
    return Case(_shapes(inputs), {}, layers=layers, keras=keras, at=at, save=save)


def wrong_network(
    code: str,
    inputs: Shape | list[Shape],
    *layers: Any,
    keras: Callable[..., Any] | None = None,
    stricter: str | None = None,
) -> Case:
    """Nodes that netspec refuses with this code, and Keras, where its words for them are given, too."""
    return Case(_shapes(inputs), {}, layers=layers, code=code, keras=keras, stricter=stricter)


def last(graph: Graph) -> Node:
    """The last node of a network, whose further outputs may stand behind it."""
    return next(node for node in reversed(graph.nodes) if not isinstance(node.config, Part))
