"""Compile a spec into a Keras model and save it, or save the model of a run in another format.

formats:
  keras        a .keras file, loadable with keras.models.load_model; netspec is needed only for its custom layers
  saved_model  a TensorFlow SavedModel folder (TensorFlow backend only)
  onnx         an ONNX file (requires `pip install "netspec-keras[onnx]"`)
  tflite       a TensorFlow Lite file (TensorFlow backend only)
  torch        a program for torch.export.load, ending in .pt2 (PyTorch backend only); or, where MODEL ends in .py, Python code
               of a PyTorch module that needs no Keras, with its weights in an .npz beside it (any backend, and PyTorch)
  python       Python code that builds the same model with Keras alone: blocks are functions, repetitions loops
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import SPEC, STANDARD_INPUT, UsageError, checked, spec_arguments, weights_argument, whole_number

if TYPE_CHECKING:
    from netspec.backends.keras.export import Written

MAX_SEED = 2**32 - 1  # of NumPy's generators
SUFFIXES = {
    "keras": ".keras",
    "saved_model": "",
    "onnx": ".onnx",
    "tflite": ".tflite",
    "torch": ".pt2",
    "python": ".py",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    format_arguments(parser, tuple(SUFFIXES), "output format (default: from the suffix of MODEL, else keras)")


def format_arguments(parser: argparse.ArgumentParser, formats: tuple[str, ...], help_: str) -> None:
    """The options of all commands that write models."""
    parser.add_argument("file", metavar="FILE", help=f"{SPEC}; or a run folder or .keras file, whose weights are kept")
    parser.add_argument("-o", "--output", metavar="MODEL", help="output path (default: the name of the network)")
    parser.add_argument("--format", choices=formats, help=help_)
    parser.add_argument(
        "--seed", type=whole_number("a seed", 0, MAX_SEED), metavar="N", help="random seed of the initial weights"
    )
    weights_argument(parser)
    parser.add_argument(
        "--fuse",
        action="store_true",
        help="fold normalisations into the layers before them, and sums of convolutions into one: same outputs, fewer layers",
    )
    parser.add_argument("--force", action="store_true", help="replace MODEL also where netspec did not write it")
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Build and save; status 1 if the spec has errors or the model cannot be saved."""
    written = write(options, err)
    if written is None:
        return 1
    for line in written.lines:
        out.write(line + "\n")
    return 0


def write(options: argparse.Namespace, err: TextIO) -> Written | None:
    """Write the model that the options name; None if its spec has errors, which have been printed."""
    if _is_trained(options.file):
        return _trained(options)
    if options.weights is not None:
        raise UsageError("--weights is for a run, and a spec has none")
    if options.output is None and (options.file == STANDARD_INPUT or _is_pipe(options.file)):
        raise UsageError("a spec that is no file gives the model no name; choose one with -o")
    spec = checked(options, options.file, err)
    if spec is None or spec.graph is None:
        return None
    wanted, format_ = _chosen(options)
    if options.fuse and format_ == "python":
        raise UsageError("--fuse changes weights, and a script has none; choose another --format")
    path = wanted or Path(spec.graph.name + SUFFIXES[format_])
    from netspec.backends.keras.export import write_model

    return write_model(spec, path, format_, options.seed, force=options.force, fused=options.fuse)


def _is_trained(path: str) -> bool:
    """Is it a run's folder, or a model file?"""
    return os.path.isfile(os.path.join(path, "run.json")) or (path.endswith(".keras") and os.path.isfile(path))


def _trained(options: argparse.Namespace) -> Written:
    """Save the model of a run or a model file."""
    for name, given in (("--set", options.set), ("--variant", options.variant), ("--seed", options.seed)):
        if given:
            raise UsageError(f"{name} is for a spec; a run keeps its own")
    wanted, format_ = _chosen(options)
    if format_ == "python":
        raise UsageError("a script builds the network with initial weights; give it the spec of the run")
    if wanted is None and format_ == "keras":
        raise UsageError("choose a format with --format, or a path with -o; a .keras file is what a run has")
    require_backend()
    from netspec.backends.keras.export import Trained, write_model
    from netspec.training.reopen import load_run_or_model

    opened = load_run_or_model(Path(options.file), options.weights)
    path = wanted or Path(opened.graph.name + SUFFIXES[format_])
    trained = Trained(opened.network, None if opened.schema is None else opened.schema.as_dict(), opened.fused)
    spec = opened.spec._replace(graph=opened.graph)
    return write_model(spec, path, format_, trained=trained, force=options.force, fused=options.fuse)


def _is_pipe(path: str) -> bool:
    """Is it something else than a file or a folder, such as the `/dev/fd/63` of a process substitution?"""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _chosen(options: argparse.Namespace) -> tuple[Path | None, str]:
    """Where the model goes, and its format. Raises UsageError where the path says another than `--format`."""
    if options.output is None:
        return None, options.format or format_of(None)
    path = Path(options.output)
    said = format_of(path)
    format_ = options.format or said
    is_module = format_ == "torch" and said == "python"
    if SUFFIXES[said] == path.suffix and said != format_ and not is_module:
        raise UsageError(f"a file that ends in {path.suffix} is of the format {said}, and --format says {format_}")
    return path, format_


def format_of(path: Path | None) -> str:
    """The format that a path's suffix says."""
    endings = {suffix: name for name, suffix in SUFFIXES.items() if suffix}
    return endings.get(path.suffix, "keras") if path is not None else "keras"
