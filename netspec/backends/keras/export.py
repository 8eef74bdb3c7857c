"""A compiled model as a file of one of several formats: written beside, tried, and only then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netspec.backends.keras.compiling import compile_graph, import_keras, own_layers
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import listing, short_bytes, show
from netspec.files import atomic_write
from netspec.graph.model import Graph
from netspec.pipeline import Spec

TOLERANCE = 1e-4  # largest difference of an exported model, relative to the largest output


def write_model(spec: Spec, path: Path, format_: str, seed: int | None) -> Sequence[str]:
    """Write the model; returns what to tell the user. Raises SpecError where it cannot be made or written."""
    assert spec.graph is not None
    if format_ == "python":
        from netspec.backends.keras.script import script

        with atomic_write(path) as temporary:
            temporary.write_text(script(spec.graph, spec.path), encoding="utf-8")
        return (f"wrote {path}: a Python script for Keras, {spec.graph.totals().parameters:,} parameters",)
    _fits_on_disk(spec.graph, path)
    keras = import_keras()
    if seed is not None:
        keras.utils.set_random_seed(seed)
    model = compile_graph(spec.graph)
    writers = {"keras": _keras, "saved_model": _saved_model, "onnx": _onnx}
    writers[format_](keras, model, spec, path)
    own = own_layers(model)
    lines = [f"wrote {path}: {model.count_params():,} parameters, {_size_on_disk(path)}"]
    if own:
        lines.append(f"it holds layers of netspec's own ({listing(own[:4])}): opening it needs `import netspec.layers`")
    return lines


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


def _keras(keras: Any, model: Any, spec: Spec, path: Path) -> None:
    if path.suffix != ".keras":
        raise _cannot(path, f"a Keras model's file ends in .keras, unlike {show(path.name)}")
    from netspec.backends.keras.model_file import save

    assert spec.graph is not None
    with atomic_write(path) as temporary:
        save(model, spec.text, spec.graph, temporary)


def _saved_model(keras: Any, model: Any, spec: Spec, path: Path) -> None:
    if keras.backend.backend() != "tensorflow":
        raise _cannot(path, f"a SavedModel is written on the TensorFlow backend, and this is {keras.backend.backend()}")
    with _folder_beside(path) as temporary:
        model.export(str(temporary), format="tf_saved_model", verbose=False)
        import tensorflow as tf

        loaded = tf.saved_model.load(str(temporary))
        _same(keras, model, path, loaded.serve)


def _onnx(keras: Any, model: Any, spec: Spec, path: Path) -> None:
    try:
        with atomic_write(path) as temporary:
            model.export(str(temporary), format="onnx", verbose=False)
            import onnxruntime

            session = onnxruntime.InferenceSession(str(temporary), providers=["CPUExecutionProvider"])
            names = [given.name for given in session.get_inputs()]
            _same(keras, model, path, lambda *x: session.run(None, dict(zip(names, x, strict=True))))
    except ImportError as error:
        missing = error.name or "onnx"
        raise _cannot(path, f"ONNX needs the package `{missing}`: pip install onnx tf2onnx onnxruntime") from error


def _same(keras: Any, model: Any, path: Path, run: Any) -> None:
    """Compare what was written with the model, on random numbers. Raises SpecError where they differ."""
    import numpy as np

    rng = np.random.default_rng(0)
    given = [rng.random([2, *(8 if s is None else s for s in t.shape[1:])]).astype(t.dtype) for t in model.inputs]
    structure = given[0] if len(given) == 1 else dict(zip(model.input_names, given, strict=True))
    expected = _flat(keras, model(structure, training=False))
    found = _flat(keras, run(*(given if len(given) == 1 else [structure])))
    largest = max(float(np.abs(a).max()) for a in expected) or 1.0
    if len(expected) != len(found):
        raise _cannot(path, f"what was written has {len(found)} outputs, the model {len(expected)}")
    worst = max(float(np.abs(a - b).max()) for a, b in zip(expected, found, strict=True)) / largest
    if not worst <= TOLERANCE:
        raise _cannot(
            path, f"what was written differs from the model by {worst:.2g} of the largest output; it was not kept"
        )


def _flat(keras: Any, outputs: Any) -> list[Any]:
    return [keras.ops.convert_to_numpy(t) for t in keras.tree.flatten(outputs)]


def _cannot(path: Path, message: str) -> SpecError:
    return SpecError(str(path), (Problem("NS706", message, FILE_START),))


@contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if path.exists():
            if not (path / "saved_model.pb").exists():
                raise _cannot(path, f"{show(str(path), 200)} exists and is no SavedModel; it is left as it is")
            shutil.rmtree(path)
        temporary.rename(path)
    except OSError as error:
        message = f"cannot write {show(str(path), 200)}: {(error.strerror or str(error)).lower()}"
        raise SpecError(str(path), (Problem("NS709", message, FILE_START),)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
