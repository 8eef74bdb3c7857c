"""Programs that PyTorch exported are data: they are read without PyTorch, and what is broken is refused in a sentence."""

from __future__ import annotations

import json
import struct
import sys
import time
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from .building import imported
from .mutations import flipped, rewritten

pytestmark = pytest.mark.backend

GRAPH = "m/models/model.json"
WEIGHTS = "m/data/weights/model_weights_config.json"


def meta(*sizes: int | None) -> dict[str, Any]:
    """What is said of a tensor of floats, whose first size is open if it is None."""
    strides = [1]
    for size in reversed(sizes[1:]):
        strides.insert(0, strides[0] * (size or 1))
    return {
        "dtype": 7,
        "sizes": [{"as_int": size} if size else {"as_expr": {"expr_str": "Symbol('n')"}} for size in sizes],
        "strides": [{"as_int": stride} for stride in strides],
        "storage_offset": {"as_int": 0},
        "layout": 7,
    }


def call(target: str, output: str, **arguments: Any) -> dict[str, Any]:
    inputs = [{"name": name, "arg": argument, "kind": 1} for name, argument in arguments.items()]
    return {
        "target": f"torch.ops.aten.{target}",
        "inputs": inputs,
        "outputs": [{"as_tensor": {"name": output}}],
        "name": output,
        "metadata": {},
    }


def tensor(name: str) -> dict[str, Any]:
    return {"as_tensor": {"name": name}}


def program() -> dict[str, bytes]:
    """A dense layer and a relu, as PyTorch writes them."""
    nodes = [
        call("linear.default", "linear", input=tensor("x"), weight=tensor("p_fc_weight"), bias=tensor("p_fc_bias")),
        call("relu.default", "relu", self=tensor("linear")),
    ]
    specs = [
        {"parameter": {"arg": {"name": "p_fc_weight"}, "parameter_name": "fc.weight"}},
        {"parameter": {"arg": {"name": "p_fc_bias"}, "parameter_name": "fc.bias"}},
        {"user_input": {"arg": tensor("x")}},
    ]
    graph = {
        "graph_module": {
            "graph": {"nodes": nodes, "tensor_values": {"x": meta(None, 4)}},
            "signature": {"input_specs": specs, "output_specs": [{"user_output": {"arg": tensor("relu")}}]},
        },
        "schema_version": {"major": 8, "minor": 20},
    }
    weights = {
        "config": {
            "fc.weight": {"path_name": "weight_0", "use_pickle": False, "tensor_meta": meta(3, 4)},
            "fc.bias": {"path_name": "weight_1", "use_pickle": False, "tensor_meta": meta(3)},
        }
    }
    return {
        GRAPH: json.dumps(graph).encode(),
        WEIGHTS: json.dumps(weights).encode(),
        "m/data/weights/weight_0": struct.pack("<12f", *range(12)),
        "m/data/weights/weight_1": struct.pack("<3f", *range(3)),
        "m/byteorder": b"little",
    }


def written(folder: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    path = folder / "m.pt2"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def changed(name: str, *place: Any, to: Any) -> dict[str, bytes]:
    """The program with one value of its JSON another."""
    files = program()
    content = json.loads(files[name])
    value = content
    for key in place[:-1]:
        value = value[key]
    value[place[-1]] = to
    return {**files, name: json.dumps(content).encode()}


def test_a_program_is_read_without_pytorch(tmp_path: Path) -> None:
    assert imported(written(tmp_path, program()), "--no-check", "--flat") == (
        0,
        "netspec: 1\nname: m\ninput: [4]\nlayers:\n  - dense: {units: 3, name: fc}\n  - relu\n",
    )


def test_numbers_need_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, program())
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert imported(path, "--no-check") == (
        1,
        f"{path}: error NS719: its weights are read by NumPy, which every backend's extra brings\n",
    )


IN_GRAPH = (GRAPH, "graph_module", "graph")
FIRST = (*IN_GRAPH, "nodes", 0)
HOSTILE: dict[str, tuple[dict[str, bytes], str]] = {
    "no graph": ({"m/notes.txt": b""}, "it is an archive without one `models/model.json`, so no program that "),
    "no JSON": ({**program(), GRAPH: b"{"}, "its graph is not as PyTorch writes it"),
    "ten thousand levels": ({**program(), GRAPH: b"[" * 10_000}, "its graph is not as PyTorch writes it"),
    "a million lists": (
        {**program(), GRAPH: b"[" + b"[]," * 1_000_000 + b"[]]"},
        "'m/models/model.json' in it has more than the 300,000 parts that are read",
    ),
    "a list": ({**program(), GRAPH: b"[]"}, "its graph is not as PyTorch writes it"),
    "pickled weights": (
        changed(WEIGHTS, "config", "fc.bias", "use_pickle", to=True),
        "the numbers of 'fc.bias' are pickled, which is code; export it with PyTorch 2.9 or later",
    ),
    "weights that are not there": (
        changed(WEIGHTS, "config", to={}),
        "the numbers of 'fc.weight' are not in it",
    ),
    "more numbers than there are": (
        changed(WEIGHTS, "config", "fc.weight", "tensor_meta", to=meta(2**40, 2**20)),
        "'fc.weight' has other numbers than its sizes [1099511627776, 1048576] say",
    ),
    "one number again and again": (
        changed(
            WEIGHTS,
            "config",
            "fc.weight",
            "tensor_meta",
            to={**meta(2**30, 4), "strides": [{"as_int": 0}, {"as_int": 0}]},
        ),
        "'fc.weight' has other numbers than its sizes [1073741824, 4] say",
    ),
    "a circle": (
        changed(*FIRST, "inputs", 0, "arg", to=tensor("relu")),
        "`linear` reads what comes from itself",
    ),
    "another operator": (
        changed(*FIRST, "target", to="torch.ops.aten.linear.__class__"),
        "",
    ),
    "code": (
        changed(*FIRST, "target", to="os.system"),
        "the layer `linear` is a 'os.system', an operator for which there is no kind",
    ),
    "big-endian numbers": ({**program(), "m/byteorder": b"big"}, "its numbers are big-endian, which are not read here"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_programs_are_refused_at_once(name: str, tmp_path: Path) -> None:
    files, message = HOSTILE[name]
    path = written(tmp_path, files)
    start = time.perf_counter()
    status, text = imported(path, "--no-check")
    assert time.perf_counter() - start < 10
    if message:
        assert (status, text.count("\n")) == (1, 1)
        assert text.startswith(f"{path}: error NS719: {message}")
    else:
        assert status == 0  # what is called by that name is never looked up


def test_a_bomb(tmp_path: Path) -> None:
    path = written(tmp_path, {**program(), GRAPH: b" " * 50_000_000}, zipfile.ZIP_DEFLATED)
    assert imported(path, "--no-check") == (
        1,
        f"{path}: error NS719: 'm/models/model.json' in it is compressed, which PyTorch's are not\n",
    )
    path = written(tmp_path, {**program(), GRAPH: b" " * 9_000_000})
    assert imported(path, "--no-check") == (
        1,
        f"{path}: error NS719: 'm/models/model.json' in it holds 9,000,000 bytes, more than the 8,388,608 that are read\n",
    )


@pytest.mark.parametrize("seed", range(4))
def test_nothing_that_happens_to_a_program_is_a_crash(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    files = program()
    outcomes = set()
    for _ in range(60):
        name = random.choice((GRAPH, GRAPH, WEIGHTS))
        path = written(tmp_path, {**files, name: json.dumps(rewritten(json.loads(files[name]), random)).encode()})
        if random.random() < 0.2:
            path.write_bytes(flipped(path.read_bytes(), random))
        status, text = imported(path, "--no-check", "--flat")
        assert "internal error" not in text
        outcomes.add(status)
    assert outcomes == {0, 1}
