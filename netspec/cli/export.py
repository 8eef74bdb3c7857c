"""Write the model of a run, a .keras file or a spec in the format of another tool, and compare it with Keras before it is kept.

What was written is run once by that tool on a batch of random numbers. If an output differs from Keras's by more than 0.01 % of the
largest, nothing is kept; else the largest difference is printed.

formats:
  saved_model  a TensorFlow SavedModel folder, for TensorFlow Serving (TensorFlow backend only)
  onnx         an ONNX file, for ONNX Runtime (requires `pip install "netspec-keras[onnx]"`)
  tflite       a TensorFlow Lite file, for telephones and small devices (TensorFlow backend only)
  torch        a program for torch.export.load, ending in .pt2 (PyTorch backend only); or, where MODEL ends in .py, Python code of
               a PyTorch module that needs no Keras, with its weights in an .npz beside it (any backend, and PyTorch)
  keras        a .keras file with the spec in it

A run that was trained on one backend can be exported on another: set KERAS_BACKEND.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.cli.build import SUFFIXES, format_arguments, format_of, write
from netspec.cli.common import UsageError

FORMATS = ("saved_model", "onnx", "tflite", "torch", "keras")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    format_arguments(parser, FORMATS, "output format (default: from the suffix of MODEL)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Write and compare; status 1 if the model cannot be used, written or differs."""
    suffixes = [SUFFIXES[name] for name in FORMATS if SUFFIXES[name]]
    if options.format is None:
        if options.output is None or Path(options.output).suffix not in suffixes:
            raise UsageError("choose a format with --format, or by the suffix of -o")
        options.format = format_of(Path(options.output))
    written = write(options, err)
    if written is None:
        return 1
    for line in written.lines:
        out.write(line + "\n")
    if written.difference is not None:
        out.write(f"largest difference from Keras: {written.difference:.1e} of the largest output\n")
    return 0
