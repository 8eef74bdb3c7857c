"""Measure the loss and metrics of a run, or of a model, on its own test data or on other data."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import UsageError, weights_argument, whole_number


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="RUN_OR_MODEL", help="run folder or .keras file")
    parser.add_argument(
        "--data",
        metavar="SOURCE",
        help="evaluation data: the name of a source, a folder, a .npz, .npy, .csv or .parquet file, or YAML as "
        "under `data` (default: the data of the run)",
    )
    weights_argument(parser)
    parser.add_argument(
        "--batch-size",
        metavar="N",
        type=whole_number("a batch size", 1),
        help="batch size (default: that of the run)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the loss and metrics of each test set; status 1 if the run, the model or the data cannot be used."""
    require_backend()
    from netspec.cli.train import data_of
    from netspec.training import OverrideError
    from netspec.training.evaluate import evaluate
    from netspec.training.measure import finite
    from netspec.training.progress import Progress, table

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
