"""ONNX files made by hand, and what `netspec import` says of them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml

from netspec.cli import main


class Node(NamedTuple):
    """An operator to be; `onnx` is needed only where it becomes one."""

    kind: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    settings: Mapping[str, Any]


class Inner(NamedTuple):
    """A graph to be, inside an operator; inputs and outputs are names, of vectors of each example or of single numbers."""

    nodes: Sequence[Node]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    weights: Mapping[str, Any]


class Case(NamedTuple):
    """A small model."""

    nodes: list[Node]
    inputs: dict[str, list[Any]] = {"x": [3, 8, 10]}  # noqa: RUF012 - it is a tuple's default, which nobody changes
    weights: dict[str, Any] = {}  # noqa: RUF012
    opset: int = 18


def node(kind: str, inputs: Sequence[str], outputs: Sequence[str] = ("y",), **settings: Any) -> Node:
    return Node(kind, inputs, outputs, settings)


def proto(
    nodes: Sequence[Node],
    inputs: Mapping[str, Sequence[Any]],
    weights: Mapping[str, Any] | None = None,
    outputs: Sequence[str] = ("y",),
    opset: int = 18,
) -> Any:
    """A model; an input of whole numbers begins with `int`."""
    from onnx import TensorProto, helper

    given = [
        helper.make_tensor_value_info(
            name, TensorProto.INT64 if name.startswith("int") else TensorProto.FLOAT, ["n", *sizes]
        )
        for name, sizes in inputs.items()
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(_operators(nodes), "main", given, ends, _tensors(weights or {}))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def _operators(nodes: Sequence[Node]) -> list[Any]:
    from onnx import helper

    return [
        helper.make_node(
            each.kind,
            list(each.inputs),
            list(each.outputs),
            f"{each.kind} {each.outputs[0]}",
            **{key: _inner(value) if isinstance(value, Inner) else value for key, value in each.settings.items()},
        )
        for each in nodes
    ]


def _inner(graph: Inner) -> Any:
    from onnx import TensorProto, helper

    given, ends = (
        [
            helper.make_tensor_value_info(name, getattr(TensorProto, dtype), ["n", "size"] if dtype == "FLOAT" else [])
            for name, dtype in named.items()
        ]
        for named in (graph.inputs, graph.outputs)
    )
    return helper.make_graph(_operators(graph.nodes), "body", given, ends, _tensors(graph.weights))


def _tensors(weights: Mapping[str, Any]) -> list[Any]:
    from onnx import numpy_helper

    return [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()]


def written(folder: Path, model: Any, name: str = "m.onnx") -> Path:
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def imported(path: Path, *words: str) -> tuple[int, str]:
    """What the command prints on both streams."""
    out = io.StringIO()
    return main(["import", str(path), *words], out, out), out.getvalue()


def layers(text: str) -> str:
    """The layers of a spec, on a line."""
    return json.dumps(yaml.safe_load(text)["layers"])


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def ints(*values: int) -> Any:
    return np.asarray(values, "int64")
