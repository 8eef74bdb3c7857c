"""Measure a run, or a Keras model, on the tests of its data or of other data."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TextIO

from netspec.cli.common import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="RUN_OR_MODEL", help="a run's folder or a .keras file")
    parser.add_argument(
        "--data",
        metavar="SOURCE",
        help="what to measure on: a source's name, a folder, a .npz or .csv file, or YAML as under `data`; "
        "default: what the run was trained on",
    )
    parser.add_argument(
        "--weights",
        choices=("best", "last"),
        help="which of a run's weights; default: those that it was measured with",
    )
    parser.add_argument("--batch-size", metavar="N", type=int, help="examples at once; default: the run's")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="lines, or JSON")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print loss and metrics of each test; status 1 where the run, the model or the data cannot be used."""
    from netspec.cli.train import data_of
    from netspec.training import OverrideError
    from netspec.training.evaluate import evaluate
    from netspec.training.measure import finite
    from netspec.training.progress import Progress, table

    if options.batch_size is not None and options.batch_size < 1:
        raise UsageError(f"--batch-size must be at least 1, not {options.batch_size}")
    try:
        results = evaluate(
            Path(options.model),
            data=None if options.data is None else data_of(options.data),
            weights=options.weights,
            batch_size=options.batch_size,
            progress=Progress(out, err),
        )
    except OverrideError as error:
        raise UsageError(str(error)) from None
    if options.format == "json":
        out.write(json.dumps({"model": options.model, "results": finite(results)}, indent=2) + "\n")
    else:
        out.write("".join(line + "\n" for line in table(results)))
    return 0
