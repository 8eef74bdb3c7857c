"""A compiled model as a file of one of several formats: written beside, tried, and only then renamed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netspec import __version__
from netspec.backends.keras.compiling import compile_graph, own_layers, packaged_layers
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.sampling import Sample, flat, largest_difference, sample_of
from netspec.backends.keras.types import Keras, KerasModel
from netspec.backends.requirements import has_backend
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import listing, printable, short_bytes, show
from netspec.files import atomic_write, ends_when_told, write_whole
from netspec.graph.model import Graph
from netspec.outputs import EXTRA, NOTE, check_output
from netspec.pipeline import Spec
from netspec.shapes import show_shape

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

# What exports and checks an ONNX file, by backend.
ONNX_PACKAGES = {
    "tensorflow": ("onnx", "tf2onnx", "onnxruntime"),
    "jax": ("onnx", "jax2onnx", "onnxruntime"),
    "torch": ("onnx", "onnxscript", "onnxruntime"),
}
WEIGHTS = ".npz"  # the ending of those of a module of PyTorch, which stand beside its source
TOLERANCE = 1e-4  # largest difference of an exported model, relative to the largest output


class Trained(NamedTuple):
    """A network with the weights that it has learned, and the schema of the data that it learned from."""

    network: KerasModel
    schema: Mapping[str, object] | None
    fused: bool = False  # are normalisations and sums folded into other layers?


class Written(NamedTuple):
    """What was written.

    Attributes:
        lines: to tell the user.
        difference: the largest of an output of what was written from the model's own, as a share of the model's largest; None where
            nothing was compared.
    """

    lines: Sequence[str]
    difference: float | None


def write_model(
    spec: Spec,
    path: Path,
    format_: str,
    seed: int | None = None,
    *,
    trained: Trained | None = None,
    force: bool = False,
    fused: bool = False,
) -> Written:
    """Write the model of a spec; what is not in Keras's own format is run once and compared before it is kept.

    Args:
        spec: without errors.
        path: of the file or folder.
        format_: `keras`, `saved_model`, `onnx`, `tflite`, `torch` or `python`.
        seed: of the initial weights.
        trained: the network where it has been trained; else it is made with initial weights.
        force: whether to replace what netspec did not write.
        fused: whether normalisations and sums of convolutions are folded into the layers before them; not of a script.

    Raises:
        SpecError: It cannot be made or written, or something is in its place that netspec did not write, which only
            `force` replaces.
    """
    assert spec.graph is not None
    for output in (path, path.with_suffix(WEIGHTS)) if _is_module(format_, path) else (path,):
        check_output(output, inputs=(spec.path,), force=force, folder=format_ == "saved_model")
    if format_ == "python":
        return _python(spec, path)
    _fits_on_disk(spec.graph, path)
    keras = import_keras()
    if seed is not None:
        keras.utils.set_random_seed(seed)
    if trained is None:
        trained = Trained(compile_graph(spec.graph, spec=spec), None)
    lines = []
    if fused:
        trained, line = _fused(keras, trained, path)
        lines.append(line)
    model = trained.network
    write = {"keras": _keras, "saved_model": _saved_model, "onnx": _onnx, "tflite": _tflite, "torch": _torch}[format_]
    difference = write(keras, trained, spec, path)
    own, packaged = own_layers(model), packaged_layers(model)
    lines += [f"wrote {path}: {model.count_params():,} parameters, {_size_on_disk(path)}"]
    if _is_module(format_, path):
        weights = path.with_suffix(WEIGHTS)
        lines.append(f"wrote {weights}: its weights, {_size_on_disk(weights)}")
    if own and format_ == "keras":
        lines.append(f"it holds layers of netspec's own ({listing(own[:4])}): opening it needs `import netspec.layers`")
    if packaged and format_ == "keras":
        modules = listing(sorted({type(layer).__module__ for layer in model.layers if layer.name in packaged}))
        lines.append(f"it holds layers of packages ({listing(packaged[:4])}): opening it needs the import of {modules}")
    return Written(lines, difference)


def _python(spec: Spec, path: Path) -> Written:
    """A script: with functions and loops if such a one makes the same model, else node by node."""
    from netspec.backends.keras import code
    from netspec.backends.keras.script import script

    graph = spec.graph
    assert graph is not None
    flat = script(graph, spec.path)
    lines = [f"wrote {path}: a Python script for Keras, {graph.totals().parameters:,} parameters"]
    difference = None
    if not has_backend():  # a script that is written node by node needs none
        write_whole(path, flat)
        return Written(lines, difference)
    keras = import_keras()
    text = None
    try:
        text = code.script(keras, spec)
    except Exception as error:  # noqa: BLE001 - whatever it is, there is the other script
        lines.append(f"node by node, because the writer of functions and loops failed: {_bug(error)}")
    try:
        model = compile_graph(graph, initialize=False, spec=spec)
    except SpecError as error:  # another backend or a larger machine runs it; its calls have been compared
        lines.append(f"not compared with the model, which cannot be made here: {error.problems[0].message}")
    else:
        with _or_a_bug(path, "the script"):
            difference = code.compared(keras, model, text) if text is not None else None
            if difference is None or not difference <= TOLERANCE:
                text, difference = None, code.compared(keras, model, flat)
        if difference is None:
            raise _cannot(path, "the script's weights are not those of the model; it was not kept")
        if not difference <= TOLERANCE:
            raise _cannot(
                path, f"the script differs from the model by {difference:.2g} of the largest output; it was not kept"
            )
    write_whole(path, flat if text is None else text)
    return Written(lines, difference)


def _fused(keras: Keras, trained: Trained, path: Path) -> tuple[Trained, str]:
    """The network with fewer layers, if it computes the same, and what to tell of it."""
    from netspec.backends.keras.fusing import fuse

    sample = sample_of(keras, trained.network)
    fused = fuse(keras, trained.network)
    _same(path, sample, flat(keras, fused.network(sample.structure, training=False)), "the fused network")
    sums = f" and {fused.sums} sum{'s' * (fused.sums != 1)}" if fused.sums else ""
    line = (
        f"fused: {fused.normalisations} normalisation{'s' * (fused.normalisations != 1)}{sums} "
        f"into {fused.layers} layer{'s' * (fused.layers != 1)}"
    )
    return trained._replace(network=fused.network, fused=True), line


def _size_on_disk(path: Path) -> str:
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    return short_bytes(sum(p.stat().st_size for p in files))


def _fits_on_disk(graph: Graph, path: Path) -> None:
    folder = next(p for p in (path.absolute(), *path.absolute().parents) if p.is_dir())
    needed, free = graph.totals().parameters * 4, shutil.disk_usage(folder).free
    if needed > free:
        message = (
            f"the weights need {short_bytes(needed)} on disk, and {show(str(folder), 200)} has {short_bytes(free)} free"
        )
        raise SpecError(str(path), (Problem("NS709", message, FILE_START),))


def _keras(keras: Keras, trained: Trained, spec: Spec, path: Path) -> float | None:
    if path.suffix != ".keras":
        raise _cannot(path, f"a Keras model's file ends in .keras, unlike {show(path.name)}")
    from netspec.backends.keras.model_file import save

    assert spec.graph is not None
    with atomic_write(path) as temporary:
        save(trained.network, spec.content, spec.graph, temporary, trained.schema, fused=trained.fused)
    return None


def _needs(keras: Keras, path: Path, what: str, backend: str, name: str) -> None:
    """Refuse a format that another backend writes, with the way to it."""
    here = keras.backend.backend()
    if here != backend:
        raise _cannot(path, f"{what} is written on the {name} backend, and this is {here}; set KERAS_BACKEND={backend}")


def _saved_model(keras: Keras, trained: Trained, spec: Spec, path: Path) -> float:
    _needs(keras, path, "a SavedModel", "tensorflow", "TensorFlow")
    sample = sample_of(keras, trained.network)
    with _folder_beside(path) as temporary:
        trained.network.export(str(temporary), format="tf_saved_model", verbose=False)
        import tensorflow as tf

        loaded = tf.saved_model.load(str(temporary))
        difference = _same(path, sample, flat(keras, loaded.serve(sample.structure)))
        extra = temporary / EXTRA
        extra.mkdir(exist_ok=True)
        (extra / NOTE).write_text(_note(), encoding="utf-8")
    return difference


def _tflite(keras: Keras, trained: Trained, spec: Spec, path: Path) -> float:
    _needs(keras, path, "a TensorFlow Lite file", "tensorflow", "TensorFlow")
    from netspec.backends.keras import tflite_file

    sample = sample_of(keras, trained.network)
    with atomic_write(path) as temporary:
        try:
            tflite_file.write(trained.network, temporary)
            found = tflite_file.run(temporary, sample.by_name, names_of(trained.network))
        except tflite_file.LiteError as error:
            raise _cannot(path, str(error)) from None
        difference = _same(path, sample, found)
        with zipfile.ZipFile(temporary, "a") as archive:  # where TensorFlow Lite keeps what is not its own
            archive.writestr(NOTE, _note())
    return difference


def _bug(error: Exception) -> str:
    """What nobody foresaw, in a line."""
    first = (str(error).strip() or "no message").splitlines()[0]
    return f"{type(error).__name__}: {printable(first)}. This is a bug in netspec; please report it with the spec"


@contextmanager
def _or_a_bug(path: Path, what: str) -> Iterator[None]:
    """Inside, what nobody foresaw is an error like others."""
    try:
        yield
    except SpecError:
        raise
    except Exception as error:
        raise _cannot(path, f"{what} cannot be written: {_bug(error)}") from error


def _is_module(format_: str, path: Path) -> bool:
    """Is a module of PyTorch to be written, and not a program that it exports?"""
    return format_ == "torch" and path.suffix == ".py"


def _torch_module(keras: Keras, trained: Trained, spec: Spec, path: Path) -> float:
    if trained.fused:
        raise _cannot(path, "a module is written of the spec's nodes, of which fused layers are none")
    if importlib.util.find_spec("torch") is None:
        raise _cannot(path, "a module of PyTorch is run before it is kept; pip install 'netspec-keras[torch]'")
    from netspec.backends import torch

    with _or_a_bug(path, "the module"):
        module = torch.torch_module(spec, trained.network)
        sample = sample_of(keras, trained.network)
        difference = torch.difference(module, sample)
    if difference is None:
        raise _cannot(path, "the module has outputs of other shapes than the model; it was not kept")
    if not difference <= TOLERANCE:
        raise _cannot(
            path, f"the module differs from the model by {difference:.2g} of the largest output; it was not kept"
        )
    with atomic_write(path.with_suffix(WEIGHTS)) as weights, atomic_write(path) as temporary:
        torch.save(module, weights)
        temporary.write_text(module.text, encoding="utf-8")
    return difference


def _torch(keras: Keras, trained: Trained, spec: Spec, path: Path) -> float:
    if _is_module("torch", path):
        return _torch_module(keras, trained, spec, path)
    _needs(keras, path, "an exported program", "torch", "PyTorch")
    from netspec.backends.keras import torch_file

    sample = sample_of(keras, trained.network)
    with atomic_write(path) as temporary:
        try:
            torch_file.write(trained.network, sample.structure, temporary, {NOTE: _note()})
            found = torch_file.run(temporary, sample.structure)
        except torch_file.TorchError as error:
            raise _cannot(path, str(error)) from None
        return _same(path, sample, flat(keras, found))


def _note() -> str:
    return json.dumps({"netspec": __version__}) + "\n"


def names_of(model: KerasModel) -> list[str] | None:
    """The names of the outputs in Keras's order, where they have some."""
    return sorted(model.output) if isinstance(model.output, dict) else None


def _onnx(keras: Keras, trained: Trained, spec: Spec, path: Path) -> float:
    from netspec.backends.keras.onnx_file import OnnxError, run, write

    assert spec.graph is not None
    missing = [name for name in ONNX_PACKAGES[keras.backend.backend()] if importlib.util.find_spec(name) is None]
    if missing:
        raise _cannot(path, f"ONNX needs {listing(missing)}; pip install 'netspec-keras[onnx]'")
    sample = sample_of(keras, trained.network)
    with atomic_write(path) as temporary:
        try:
            write(keras, trained.network, tuple(spec.graph.outputs), temporary)
            found = run(temporary, sample.by_name)
        except OnnxError as error:
            raise _cannot(path, str(error)) from None
        return _same(path, sample, found)


def _same(path: Path, sample: Sample, found: list[Array], what: str = "what was written") -> float:
    """How far what was made is from the model, as a share of the largest output. Raises SpecError where it is too far."""
    expected = sample.outputs
    if [each.shape for each in expected] != [each.shape for each in found]:
        shapes = listing([show_shape(each.shape[1:]) for each in found])
        raise _cannot(path, f"{what} has outputs of {shapes}, unlike the model; it was not kept")
    largest = largest_difference(expected, found)
    if not largest <= TOLERANCE:
        raise _cannot(path, f"{what} differs from the model by {largest:.2g} of the largest output; it was not kept")
    return largest


def _cannot(path: Path, message: str) -> SpecError:
    return SpecError(str(path), (Problem("NS706", message, FILE_START),))


@contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    temporary, old = (path.with_name(f".{path.name}.{os.getpid()}.{end}") for end in ("tmp", "old"))
    try:
        with ends_when_told():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                yield temporary
                if path.exists():
                    path.rename(old)
                try:
                    temporary.rename(path)
                except OSError:
                    old.rename(path)
                    raise
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
                if old.is_symlink():
                    old.unlink()
                shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        message = f"cannot write {show(str(path), 200)}: {(error.strerror or str(error)).lower()}"
        raise SpecError(str(path), (Problem("NS709", message, FILE_START),)) from error
