"""Ten models of PyTorch come through whole: as the programs that it exports, and as the ONNX files."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from .building import imported

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.backend

NAMES = ("residual", "alexnet", "mobile", "unet", "shuffle", "vit", "next", "text", "signal", "shared")


def exported(name: str) -> tuple[Any, Any, Any]:
    """A model, its program for any number of examples, and what says so."""
    from .torch_models import made

    model, example = made(name)
    sizes = tuple({0: torch.export.Dim("batch")} for _ in example)
    return model, example, sizes


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    """PyTorch's exporters warn of their own doings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def compared(path: Path) -> str:
    """The spec that comes of a file, whose outputs are the model's."""
    target = path.with_suffix(".yaml")
    status, text = imported(path, "-o", str(target), "--flat", "--force")
    assert (status, text.partition(": ")[0]) == (0, f"wrote {target}"), text
    assert text.endswith(", whose outputs are the model's\n")
    return target.read_text(encoding="utf-8")


def test_there_are_ten() -> None:
    from .torch_models import MODELS

    assert tuple(MODELS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_program(name: str, tmp_path: Path) -> None:
    model, example, sizes = exported(name)
    path = tmp_path / f"{name}.pt2"
    torch.export.save(torch.export.export(model, example, dynamic_shapes=sizes), path)
    compared(path)


@pytest.mark.parametrize("name", NAMES)
def test_an_onnx_file(name: str, tmp_path: Path) -> None:
    for package in ("onnx", "onnxruntime", "onnxscript"):
        pytest.importorskip(package)
    model, example, sizes = exported(name)
    path = tmp_path / f"{name}.onnx"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        torch.onnx.export(
            model, example, str(path), dynamic_shapes=sizes, dynamo=True, verbose=False, external_data=False
        )
    compared(path)


RECURRENT = """\
netspec: 1
name: recurrent
input: [7, 5]
layers:
  - lstm: {units: 4, bidirectional: concat, return_sequences: true}
  - gru: {units: 6, return_sequences: true}
  - gru: {units: 6, return_sequences: true}
  - gru: {units: 3, bidirectional: concat}
  - reshape: [2, 3]
  - slice: {start: 1, axis: 1}
  - flatten
  - dense: {units: 2, name: last}
"""


@pytest.mark.parametrize("dynamo", [True, False])
def test_recurrent_layers_of_an_onnx_file(dynamo: bool, tmp_path: Path) -> None:
    """Their states begin with zeros, which both exporters write as many times as there are examples."""
    from .torch_models import Recurrent

    assert _as_onnx(Recurrent, dynamo, tmp_path / "recurrent.onnx") == RECURRENT


def _as_onnx(make: Any, dynamo: bool, path: Path) -> str:
    """The spec that comes of a model that reads sequences."""
    for package in ("onnx", "onnxruntime", "onnxscript"):
        pytest.importorskip(package)
    torch.manual_seed(0)
    model, example = make().eval(), (torch.zeros(2, 7, 5),)
    sizes: dict[str, Any] = {"input_names": ["x"], "dynamic_axes": {"x": {0: "batch"}}}
    if dynamo:
        sizes = {"dynamic_shapes": ({0: torch.export.Dim("batch")},), "external_data": False, "verbose": False}
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        torch.onnx.export(model, example, str(path), dynamo=dynamo, **sizes)
    return compared(path)


@pytest.mark.parametrize("dynamo", [True, False])
def test_states_that_are_given_and_handed_on(dynamo: bool, tmp_path: Path) -> None:
    from .torch_models import Translating

    text = _as_onnx(Translating, dynamo, tmp_path / "translating.onnx")
    begins = [line.strip() for line in text.splitlines() if "initial_state" in line]
    both_ways = "initial_state: [flatten_2, flatten_4, flatten_3, flatten_5]"
    # The newer exporter takes a layer with one weight matrix apart, step by step.
    simple = [] if dynamo else ["initial_state: [lstm]"]
    assert begins == ["initial_state: [flatten, flatten]", both_ways, *simple]
    assert "name: begin" in text


def program(model: Any, path: Path, *example: Any) -> Path:
    """The file of a program of a model that reads sequences, for any number of examples."""
    torch.manual_seed(0)
    given = example or (torch.zeros(2, 7, 5),)
    sizes = tuple({0: torch.export.Dim("batch")} for _ in given)
    torch.export.save(torch.export.export(model.eval(), given, dynamic_shapes=sizes), path)
    return path


NAMED = """\
netspec: 1
name: recurrent
input: [7, 5]
layers:
  - lstm: {units: 4, bidirectional: concat, return_sequences: true, name: both}
  - gru: {units: 6, return_sequences: true, name: two}
  - gru: {units: 6, return_sequences: true, name: two_l1}
  - gru: {units: 3, bidirectional: concat, name: ends}
  - reshape: [2, 3]
  - slice: {start: 1, axis: 1}
  - flatten
  - dense: {units: 2, name: last}
"""


def test_recurrent_layers_of_a_program(tmp_path: Path) -> None:
    from .torch_models import Recurrent

    assert compared(program(Recurrent(), tmp_path / "recurrent.pt2")) == NAMED


def test_states_of_a_program(tmp_path: Path) -> None:
    from .torch_models import Translating

    text = compared(program(Translating(), tmp_path / "translating.pt2"))
    begins = [line.strip() for line in text.splitlines() if "initial_state" in line]
    assert [line.partition("initial_state: ")[2].partition("]")[0] for line in begins] == [
        *("[flatten, flatten", "[flatten_2, flatten_4, flatten_3, flatten_5", "[reader"),
    ]


class Deep(torch.nn.Module):
    """Layers on top of each other, with dropout between them, of which each one's last state is read."""

    def __init__(self) -> None:
        super().__init__()
        self.deep = torch.nn.LSTM(5, 4, 3, batch_first=True, bidirectional=True, dropout=0.25, bias=False)
        self.plain = torch.nn.RNN(8, 3, 2, batch_first=True)
        self.begin = torch.nn.Parameter(torch.rand(2, 1, 3))

    def forward(self, x: Any) -> Any:
        x, (states, cells) = self.deep(x)
        x, ends = self.plain(x, self.begin.expand(-1, x.shape[0], -1))
        return torch.cat([states[-1], states[0], cells[2], ends[0], ends[1], x[:, -1]], 1)


def test_layers_on_top_of_each_other(tmp_path: Path) -> None:
    text = compared(program(Deep(), tmp_path / "deep.pt2"))
    kinds = [line.split()[1] for line in text.splitlines() if line.startswith("  - ")]
    assert [kind for kind in kinds if kind in ("lstm:", "dropout:", "simple_rnn:")] == [
        *("lstm:", "dropout:", "lstm:", "dropout:", "lstm:", "simple_rnn:", "simple_rnn:"),
    ]
    assert text.count("use_bias: false") == 3


class Once(torch.nn.Module):
    """A layer on what lies steps first, called again on what it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.GRU(5, 5)

    def forward(self, x: Any) -> Any:
        x, _ = self.layer(x.transpose(0, 1))
        return self.layer(x)[0].transpose(0, 1)


def test_steps_first_and_shared(tmp_path: Path) -> None:
    assert compared(program(Once(), tmp_path / "once.pt2")).partition("layers:\n")[2] == (
        "  - gru: {units: 5, return_sequences: true, name: gru}\n"
        "  - gru: {units: 5, return_sequences: true, share: gru}\n"
    )


class Projected(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.LSTM(5, 4, proj_size=2, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0]


def test_projections_are_told(tmp_path: Path) -> None:
    path = program(Projected(), tmp_path / "projected.pt2")
    assert imported(path) == (
        1,
        f"{path}: error NS719: `lstm` has other weights than its layers need, as where it projects what it hands on\n",
    )


RESIDUAL = """\
netspec: 1
name: residual
input: [32, 32, 3]
layers:
  - conv: {strides: 2, use_bias: false, filters: 8, kernel_size: 3, padding: 1, rounding: floor, name: stem_0}
  - batch_norm: {momentum: 0.9, epsilon: 1.0e-05, name: stem_1}
  - relu
  - pool: {pool_size: 3, strides: 2, padding: 1, rounding: floor, name: pool}
  - conv: {use_bias: false, filters: 8, kernel_size: 3, padding: same, name: conv1}
  - batch_norm: {momentum: 0.9, epsilon: 1.0e-05, name: bn1}
  - relu
  - conv: {use_bias: false, filters: 8, kernel_size: 3, padding: same, name: conv2}
  - batch_norm: {momentum: 0.9, epsilon: 1.0e-05, name: bn2}
  - add:
      from: [pool, bn2]
  - relu
  - global_pool
  - dense: {units: 5, name: fc}
"""


def test_the_text_of_a_program(tmp_path: Path) -> None:
    model, example, sizes = exported("residual")
    path = tmp_path / "residual.pt2"
    torch.export.save(torch.export.export(model, example, dynamic_shapes=sizes), path)
    assert compared(path) == RESIDUAL


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("form", ["pt2", "onnx"])
def test_other_precisions_are_read_as_float32(precision: str, form: str, tmp_path: Path) -> None:
    """The comparison runs the same model of float32."""
    model, example, sizes = exported("residual")
    model, example = model.to(getattr(torch, precision)), tuple(each.to(getattr(torch, precision)) for each in example)
    path = tmp_path / f"residual.{form}"
    if form == "pt2":
        torch.export.save(torch.export.export(model, example, dynamic_shapes=sizes), path)
    else:
        for package in ("onnx", "onnxruntime", "onnxscript"):
            pytest.importorskip(package)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            torch.onnx.export(model, example, str(path), dynamic_shapes=sizes, dynamo=True, verbose=False)
    target = path.with_suffix(".yaml")
    status, text = imported(path, "-o", str(target), "--flat")
    lines = 18 if form == "pt2" else 15  # without what its exporter puts together
    said = f"{lines} lines, whose outputs are the model's, its numbers of {precision} as float32"
    assert (status, text) == (0, f"wrote {target}: {said}\n")
    assert form == "onnx" or target.read_text(encoding="utf-8") == RESIDUAL


def test_a_layer_that_is_called_twice_is_shared(tmp_path: Path) -> None:
    model, example, sizes = exported("shared")
    path = tmp_path / "shared.pt2"
    torch.export.save(torch.export.export(model, example, dynamic_shapes=sizes), path)
    assert "share: dense" in compared(path)


def test_a_program_for_one_example(tmp_path: Path) -> None:
    """With a batch of one that is fixed, as PyTorch exports if nothing else is said."""
    model, _, _ = exported("vit")
    path = tmp_path / "vit.pt2"
    torch.export.save(torch.export.export(model, (torch.zeros(1, 3, 16, 16),)), path)
    compared(path)


def test_what_is_not_known_is_told(tmp_path: Path) -> None:
    class Sorted(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.logcumsumexp(torch.sort(x, 1)[0], 1)

    path = tmp_path / "sorted.pt2"
    torch.export.save(torch.export.export(Sorted(), (torch.zeros(2, 4),)), path)
    assert imported(path) == (
        1,
        f"{path}: error NS719: the layer `sort` is a 'torch.ops.aten.sort.default', an operator for which there is no kind\n"
        f"{path}: error NS719: the layer `logcumsumexp` is a 'torch.ops.aten.logcumsumexp.default', "
        "an operator for which there is no kind\n",
    )
