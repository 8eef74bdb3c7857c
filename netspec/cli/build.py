"""Compile a spec into a Keras model and write it: whole, or not at all.

formats:
  keras        a .keras file; opens with keras.models.load_model, without netspec where no layer of netspec's is in it
  saved_model  a TensorFlow SavedModel folder (TensorFlow backend)
  onnx         an ONNX file (needs the packages onnx and tf2onnx)
  python       a Python script that builds the same model with Keras alone
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.cli.common import checked, spec_arguments

SUFFIXES = {"keras": ".keras", "saved_model": "", "onnx": ".onnx", "python": ".py"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", metavar="FILE", help="a spec")
    parser.add_argument("-o", "--output", metavar="MODEL", help="where to write; default: the network's name")
    parser.add_argument("--format", choices=tuple(SUFFIXES), help="default: by the output's ending, else keras")
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the initial weights")
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Build and write; status 1 where the spec is wrong or the model cannot be written."""
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


def _format_of(path: Path | None) -> str:
    endings = {suffix: name for name, suffix in SUFFIXES.items() if suffix}
    return endings.get(path.suffix, "keras") if path is not None else "keras"
