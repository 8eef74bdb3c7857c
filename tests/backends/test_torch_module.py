"""Modules of PyTorch: their texts, what is told to have no counterpart, and that they compute what Keras does.

Texts are compared wherever Keras is; what runs them needs PyTorch. `python -m tests.backends.test_torch_module` writes the
accepted texts anew.
"""

from __future__ import annotations

import importlib.util
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netspec.backends import torch
from netspec.backends.gaps import gaps_of
from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.sampling import sample_of
from netspec.backends.torch.table import kinds
from netspec.backends.torch.translating import translated
from netspec.backends.torch.writing import written
from netspec.backends.tracing import traced
from netspec.cli import main
from netspec.diagnostics.problems import SpecError
from netspec.pipeline import Spec, check, check_text
from tests.kinds.case import Case
from tests.kinds.table import CASES
from tests.kinds.test_table import check as spec_of_case
from tests.support.small import SMALL

pytestmark = pytest.mark.backend
keras = import_keras()
ROOT = Path(__file__).parents[2]
ACCEPTED = Path(__file__).parent / "torch_modules"
ZOO = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
runs = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
CLOSE = 1e-4  # of the largest output
MASKED = "leaves out masked steps, and layers of PyTorch know no masks"
# The specs of the zoo that have no counterpart, with what stands against it.
REFUSED = {
    "deformable_resnet": {"has no counterpart in PyTorch that netspec knows"},
    "seq2seq_attention": {MASKED},
    "transformer_encoder": {MASKED},
}
QUICK = ("lenet5", "resnet_digits", "vit", "text_bilstm", "two_towers")  # the others are compared by `-m slow`


def zoo(name: str) -> Spec:
    """A small form of a spec of the zoo."""
    variant, params = SMALL.get(name, (None, {}))
    spec = check(ROOT / "specs" / f"{name}.yaml", params=params or None, variant=variant, repairs=False)
    assert spec.ok, spec.problems
    return spec


def spec_of(text: str) -> Spec:
    spec = check_text(f"netspec: 1\nname: small\n{text}", "small.yaml", repairs=False)
    assert spec.ok, spec.problems
    return spec


def built(spec: Spec) -> Any:
    """The model of a spec, with figures other than those that networks begin with."""
    assert spec.graph is not None
    model = compile_graph(spec.graph, spec=spec)
    rng = np.random.default_rng(3)
    for weight in model.weights:
        if weight.name in ("moving_variance", "gamma"):
            weight.assign(rng.uniform(0.8, 1.2, weight.shape).astype("float32"))
        elif weight.name in ("moving_mean", "beta", "bias"):
            weight.assign(rng.normal(0, 0.1, weight.shape).astype("float32"))
    return model


def module_of(spec: Spec) -> str:
    return torch.torch_module(spec, built(spec)).text


def classes_of(text: str) -> str:
    """The classes of a spec's module."""
    return module_of(spec_of(text)).partition("from torch import nn\n\n\n")[2].partition("\n\n\ndef load_weights")[0]


def forward_of(text: str) -> str:
    """The lines of the network's own `forward`."""
    lines = classes_of(text).rpartition("def forward(")[2].splitlines()[1:]
    return "\n".join(line.removeprefix(" " * 8) for line in lines)


def compared(spec: Spec) -> float | None:
    """How far the module is from the model."""
    model = built(spec)
    return torch.difference(torch.torch_module(spec, model), sample_of(keras, model))


# --- all that there is ------------------------------------------------------------------------------------------------


@runs
@pytest.mark.parametrize("name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in ZOO])
def test_a_spec_of_the_zoo_computes_what_keras_does(name: str) -> None:
    if name in REFUSED:
        with pytest.raises(SpecError) as caught:
            module_of(zoo(name))
        said = {re.sub(r"^\w+ `[^`]+` ", "", problem.message) for problem in caught.value.problems}
        assert (said, {problem.code for problem in caught.value.problems}) == (REFUSED[name], {"NS706"})
        return
    found = compared(zoo(name))
    assert found is not None
    assert found <= CLOSE


def test_every_module_of_the_zoo_passes_the_linter(tmp_path: Path) -> None:
    for name in ZOO:
        if name not in REFUSED:
            spec = zoo(name)
            assert spec.document is not None
            made = traced(spec.document, spec.request.params, spec.request.variant)
            assert made is not None
            text = written(made, translated(made.graph, spec), spec.path, spec.document.description).text
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    lint(tmp_path)


def lint(folder: Path) -> None:
    """Hold files against the linter and the formatter; `F` is what PyTorch's own users call its functions."""
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("needs ruff")
    settings = str(ROOT / "pyproject.toml")
    rules = [ruff, "check", "--quiet", "--config", settings, "--ignore", "TID253,N812", str(folder)]
    layout = [ruff, "format", "--quiet", "--check", "--line-length", "100", str(folder)]
    for command in (rules, layout):
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
        assert (done.returncode, done.stdout) == (0, "")


def cases(kind: str) -> list[Case]:
    """The settings of a kind that netspec takes, and that this backend and PyTorch have numbers for."""
    found = [case for case in CASES[kind] if case.code is None and case.dtype in ("float32", "int32")]
    return [case for case in found if case.not_on is None and not case.at and None not in sum(case.inputs, ())]


@runs
@pytest.mark.parametrize("kind", sorted(kinds() & set(CASES)))
def test_a_kind_computes_what_keras_does_or_is_told(kind: str) -> None:
    """Each setting of the kinds' table."""
    translated = 0
    for case in cases(kind):
        spec = spec_of_case(kind, case)
        assert spec.graph is not None
        if gaps_of(spec.graph, keras.backend.backend()):
            continue
        model = built(spec)
        try:
            sample = sample_of(keras, model)
        except Exception:  # noqa: BLE001 - Keras itself does not compute it here
            continue
        try:
            found = torch.difference(torch.torch_module(spec, model), sample)
        except SpecError:
            continue
        assert found is not None, case
        assert found <= CLOSE, case
        translated += 1
    assert translated or not cases(kind), "every setting of it is refused"


# --- texts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lenet5", "resnet", "vit"])
def test_the_whole_text(name: str) -> None:
    assert module_of(zoo(name)) == (ACCEPTED / f"{name}.txt").read_text(encoding="utf-8")


def test_padding_that_is_not_the_same_on_both_sides_is_done_before() -> None:
    text = """\
input: [8, 8, 3]
layers:
  - conv: {filters: 4, kernel_size: 3, strides: 2, padding: same}
  - conv: {filters: 4, kernel_size: 3, padding: same, activation: relu}
  - pool: {pool_size: 3, strides: 2, padding: same}
"""
    assert (
        forward_of(text)
        == """\
x = F.relu(self.conv_2(self.conv_1(F.pad(x, (0, 1, 0, 1)))))
return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 3, stride=2)"""
    )


def test_channels_come_first_where_pytorch_wants_them_and_last_where_keras_keeps_them() -> None:
    text = """\
input: [8, 8, 3]
layers:
  - conv: {filters: 4, kernel_size: 3}
  - layer_norm
  - dense: 8
  - gelu
  - conv: {filters: 2, kernel_size: 1}
"""
    assert (
        forward_of(text)
        == """\
x = self.dense_1(self.layer_norm_1(self.conv_1(x).permute(0, 2, 3, 1)))
return self.conv_2(F.gelu(x).permute(0, 3, 1, 2))"""
    )


BLOCKS = """\
input: [16, 16, 4]
blocks:
  Unit:
    params: {filters: , strides: 1}
    layers:
      - skip:
          shortcut: "'project' if $strides > 1 else 'identity'"
          body: [{conv: {filters: $filters, kernel_size: 3, strides: $strides, padding: 1, rounding: floor}}, relu]
layers:
  - Unit: {filters: 4, repeat: 3, name: fine}
  - Unit: {filters: 8, strides: 2, name: half}
  - Unit: {filters: 16, strides: 2, name: quarter}
"""


def test_blocks_are_classes_whose_params_are_what_differs() -> None:
    assert (
        classes_of(BLOCKS)
        == '''\
class Unit(nn.Module):
    """The block `Unit`."""

    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return x + F.relu(self.conv_1(x))


class Unit2(nn.Module):
    """The block `Unit`."""

    def __init__(self, filters):
        super().__init__()
        self.conv_1 = nn.Conv2d(filters // 2, filters, 3, stride=2, padding=1)
        self.conv1x1_1 = nn.Conv2d(filters // 2, filters, 1, stride=2)

    def forward(self, x):
        y = F.relu(self.conv_1(x))
        return self.conv1x1_1(x) + y


class Small(nn.Module):
    """Takes [N, 4, 16, 16]; gives [N, 16, 4, 4]. Channels come first."""

    def __init__(self):
        super().__init__()
        self.fine = nn.Sequential(*(Unit() for _ in range(3)))
        self.half_ = Unit2(8)
        self.quarter = Unit2(16)

    def forward(self, x):
        return self.quarter(self.half_(self.fine(x)))'''
    )


SHARED = """\
inputs: {left: [8, 8, 1], right: [8, 8, 1]}
blocks:
  Tower: {layers: [{conv: {filters: 2, kernel_size: 3}}, flatten]}
layers:
  - Tower: {name: one, from: left}
  - Tower: {name: other, from: right, share: one}
  - dense: {units: 3, name: first}
  - dense: {units: 3, from: one, share: first}
  - subtract: {from: [first, dense_1]}
"""


def test_what_is_shared_is_one_module() -> None:
    assert (
        classes_of(SHARED).partition("class Small")[2]
        == '''\
(nn.Module):
    """Takes `left` [N, 1, 8, 8] and `right` [N, 1, 8, 8]; gives [N, 3]. Channels come first."""

    def __init__(self):
        super().__init__()
        self.one = Tower()
        self.first = nn.Linear(72, 3)

    def forward(self, left, right):
        left = self.one(left)
        right = self.first(self.one(right))
        return right - self.first(left)'''
    )


PARTLY_SHARED = """\
input: [8, 8, 1]
blocks:
  Tower: {layers: [{conv: {filters: 2, kernel_size: 3, padding: same, name: c}}, relu]}
layers:
  - Tower: {name: one}
  - conv: {filters: 2, kernel_size: 3, padding: same, from: input, share: one.c, name: again}
  - add: {from: [one, again]}
"""
SEVERAL = """\
inputs: {words: {shape: [6], dtype: int32}, image: [8, 8, 3]}
layers:
  - embedding: {input_dim: 9, output_dim: 4, from: words}
  - lstm: {units: 5, return_state: true, name: reader}
  - dense: {units: 2, from: reader.state_c, name: told}
  - conv: {filters: 2, kernel_size: 3, from: image, name: seen, trainable: false}
  - batch_norm: {trainable: false}
  - global_pool
  - multiply: {from: [seen, global_pool_1], name: gated}
outputs: {told: told, gated: gated}
"""
HELD = """\
input: [4, 4, 3]
layers:
  - conv: {filters: 2, kernel_size: 1, name: stem}
  - learned: {shape: [4, 4, 2], name: places}
  - constant: {value: 2, shape: [1, 1, 2], name: two}
  - add: {from: [stem, places, two]}
  - reshape: [16, 2]
"""


# Names that Python, PyTorch or the module itself use for something else.
NAMES = """\
input: {shape: [8, 8, 2], dtype: float16, name: self}
blocks:
  F: {params: {torch: , super: 3}, layers: [{conv: {filters: $torch, kernel_size: $super, padding: same, name: forward}}, relu]}
  F2: {layers: [{1x1: {filters: 2, name: train}}]}
  Attention: {layers: [{1x1: {filters: 2, name: class}}]}
  Path: {layers: [{1x1: {filters: 2, name: nn}}]}
  Part: {params: {stop: }, layers: [{1x1: {filters: 2, name: stop}}, {slice: {stop: $stop, axis: 1}}]}
layers:
  - Part: {stop: 8}
  - Part: {stop: 7}
  - F: {torch: 4, name: F}
  - F: {torch: 6, super: 5, name: torch}
  - F: {torch: 6, name: super}
  - F2
  - Attention
  - Path: {name: float}
  - conv: {filters: 2, kernel_size: 3, name: len}
  - global_pool: {name: last_steps}
  - 1x1: {filters: 3, from: len, name: __init__}
  - global_pool
  - concat: {from: [last_steps, global_pool_1], name: x}
"""


NO_CLASSES = """\
input: [9]
layers:
  - multiply: 10
  - one_hot: 3
"""


@runs
@pytest.mark.parametrize("text", [BLOCKS, SHARED, PARTLY_SHARED, SEVERAL, HELD, NAMES, NO_CLASSES])
def test_they_compute_what_keras_does(text: str) -> None:
    found = compared(spec_of(text))
    assert found is not None
    assert found <= CLOSE


@runs
def test_what_is_frozen_stays_as_it_is_while_training(tmp_path: Path) -> None:
    import torch as pytorch

    module = torch.torch_module(spec_of(SEVERAL), built(spec_of(SEVERAL)))
    names: dict[str, Any] = {"__name__": "network"}
    exec(compile(module.text, "network.py", "exec"), names)
    network = names["Small"]().train()
    learned = {name for name, each in network.named_parameters() if each.requires_grad}
    assert learned == {
        "embedding_1.weight",
        *(f"reader.{kind}_{way}_l0" for kind in ("weight", "bias") for way in ("ih", "hh")),
        "told.weight",
        "told.bias",
    }
    before = {name: each.clone() for name, each in network.state_dict().items()}
    network(pytorch.zeros(2, 6, dtype=pytorch.long), pytorch.rand(2, 3, 8, 8))
    assert all(pytorch.equal(each, before[name]) for name, each in network.state_dict().items())


# --- what is told -----------------------------------------------------------------------------------------------------


def test_all_that_has_no_counterpart_is_told_in_one_run() -> None:
    text = """\
input: [8, 8, 4]
layers:
  - deform_conv: {filters: 4, kernel_size: 3, padding: same, repeat: 2}
  - conv: {filters: 4, kernel_size: 3, spectral_norm: true, name: normed}
  - sparse_plus
  - batch_norm: {renorm: true}
  - upsample: {size: 2, interpolation: bicubic}
"""
    with pytest.raises(SpecError) as caught:
        module_of(spec_of(text))
    assert [(each.code, each.span.line, each.message) for each in caught.value.problems] == [
        ("NS706", 5, "deform_conv `deform_conv_1` has no counterpart in PyTorch that netspec knows"),
        ("NS706", 6, "conv `normed` with `spectral_norm` has no counterpart that computes the same"),
        ("NS706", 7, "sparse_plus `sparse_plus_1` has no counterpart in PyTorch that netspec knows"),
        ("NS706", 8, "batch_norm `batch_norm_1` with `renorm` has no counterpart in PyTorch"),
        ("NS706", 9, "upsample `upsample_1` with `interpolation: bicubic` computes other numbers in PyTorch"),
    ]


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def lenet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "specs" / "lenet5.yaml", tmp_path)
    return tmp_path


def netspec(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    status = main(list(arguments), out, err)
    return status, out.getvalue(), err.getvalue()


@runs
def test_the_files_run_without_netspec_and_keras(lenet: Path) -> None:
    status, out, err = netspec("build", "lenet5.yaml", "--format", "torch", "-o", "net.py", "--seed", "1")
    assert (status, err) == (0, "")
    assert re.fullmatch(
        r"wrote net\.py: 61,706 parameters, 1\.\d+ KiB\nwrote net\.npz: its weights, 24\d KiB\n", out
    ), out
    assert netspec("build", "lenet5.yaml", "--format", "torch", "-o", "net.py", "--seed", "1")[0] == 0  # over its own
    program = """\
import sys
sys.modules["keras"] = sys.modules["netspec"] = None
import torch, net
network = net.load_weights(net.Lenet5(), "net.npz").eval()
print(tuple(network(torch.rand(5, 1, 8, 8)).shape), sum(p.numel() for p in network.parameters()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=lenet)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(5, 10) 61706\n", "")


@runs
def test_export_says_how_far_it_is(lenet: Path) -> None:
    status, out, err = netspec("export", "lenet5.yaml", "--format", "torch", "-o", "net.py")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"largest difference from Keras: \d\.\de-0[7-9] of the largest output", out.splitlines()[-1])


@runs
def test_files_of_others_are_kept(lenet: Path) -> None:
    np.savez(lenet / "net.npz", mine=np.zeros(3))
    status, out, err = netspec("build", "lenet5.yaml", "--format", "torch", "-o", "net.py")
    assert (status, out) == (1, "")
    assert err == (
        "net.npz: error NS709: the file exists and netspec did not write it; "
        "choose another with -o, or replace it with --force\n"
    )
    assert not (lenet / "net.py").exists()


@runs
def test_fused_layers_are_no_nodes(lenet: Path) -> None:
    status, _, err = netspec("build", "lenet5.yaml", "--format", "torch", "-o", "net.py", "--fuse")
    assert (status, err) == (
        1,
        "net.py: error NS706: a module is written of the spec's nodes, of which fused layers are none\n",
    )


@runs
def test_what_differs_is_not_kept(lenet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.backends.torch.difference", lambda *_: 0.25)
    status, _, err = netspec("build", "lenet5.yaml", "--format", "torch", "-o", "net.py")
    assert (status, err) == (
        1,
        "net.py: error NS706: the module differs from the model by 0.25 of the largest output; it was not kept\n",
    )
    assert [each.name for each in lenet.iterdir()] == ["lenet5.yaml"]


@runs
def test_what_nobody_foresaw_is_an_error_in_a_line(lenet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("netspec.backends.torch.torch_module", fails)
    status, _, err = netspec("build", "lenet5.yaml", "--format", "torch", "-o", "net.py")
    assert (status, err) == (
        1,
        "net.py: error NS706: the module cannot be written: KeyError: 'x'. "
        "This is a bug in netspec; please report it with the spec\n",
    )


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="PyTorch is here")
def test_without_pytorch_it_is_told(lenet: Path) -> None:
    status, _, err = netspec("build", "lenet5.yaml", "--format", "torch", "-o", "net.py")
    assert (status, err) == (
        1,
        "net.py: error NS706: a module of PyTorch is run before it is kept; pip install 'netspec-keras[torch]'\n",
    )


if __name__ == "__main__":
    for _name in ("lenet5", "resnet", "vit"):
        (ACCEPTED / f"{_name}.txt").write_text(module_of(zoo(_name)), encoding="utf-8")
