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
    from onnx import TensorProto, helper, numpy_helper

    given = [
        helper.make_tensor_value_info(
            name, TensorProto.INT64 if name.startswith("int") else TensorProto.FLOAT, ["n", *sizes]
        )
        for name, sizes in inputs.items()
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    tensors = [numpy_helper.from_array(np.asarray(array), name) for name, array in (weights or {}).items()]
    made = [
        helper.make_node(
            each.kind, list(each.inputs), list(each.outputs), f"{each.kind} {each.outputs[0]}", **each.settings
        )
        for each in nodes
    ]
    graph = helper.make_graph(made, "main", given, ends, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


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
