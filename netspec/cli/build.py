"""Compile a spec into a Keras model and save it.

formats:
  keras        a .keras file, loadable with keras.models.load_model; netspec is needed only for its custom layers
  saved_model  a TensorFlow SavedModel folder (TensorFlow backend only)
  onnx         an ONNX file (requires `pip install "netspec-keras[onnx]"`)
  python       a Python script that builds the same model with Keras alone
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.cli.common import checked, spec_arguments
from netspec.diagnostics.words import show

MAX_SEED = 2**32 - 1  # of NumPy's generators
SUFFIXES = {"keras": ".keras", "saved_model": "", "onnx": ".onnx", "python": ".py"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", metavar="FILE", help="a spec")
    parser.add_argument("-o", "--output", metavar="MODEL", help="output path (default: the name of the network)")
    parser.add_argument(
        "--format", choices=tuple(SUFFIXES), help="output format (default: from the suffix of MODEL, else keras)"
    )
    parser.add_argument("--seed", type=_seed, metavar="N", help="random seed of the initial weights")
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Build and save; status 1 if the spec has errors or the model cannot be saved."""
    spec = checked(options, options.file, err)
    if spec is None or spec.graph is None:
        return 1
    wanted = Path(options.output) if options.output else None
    format_ = options.format or _format_of(wanted)
    path = wanted or Path(spec.graph.name + SUFFIXES[format_])
    from netspec.backends.keras.export import write_model

    for line in write_model(spec, path, format_, options.seed):
        out.write(line + "\n")
    return 0


def _seed(text: str) -> int:
    """A seed as Keras and NumPy take it; raises what argparse tells as wrong usage."""
    if not text.isdecimal() or len(text) > 10 or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 to {MAX_SEED}, not {show(text)}")
    return int(text)


def _format_of(path: Path | None) -> str:
    endings = {suffix: name for name, suffix in SUFFIXES.items() if suffix}
    return endings.get(path.suffix, "keras") if path is not None else "keras"
