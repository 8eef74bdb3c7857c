"""Measure a run, or a model, on its own test data or on other data: loss, metrics, and how classes were told apart.

Of each output that tells classes or labels apart, the table shows precision, recall, F1 and how many examples there are (of masks
pixels, and the intersection over union), and the confusion matrix which class was taken for which. Of more than twelve
classes the table holds the ten with the lowest F1, and the pairs that are confused most often stand in place of the matrix.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import UsageError, terminal_columns, weights_argument, whole_number
from netspec.outputs import check_output

if TYPE_CHECKING:
    from netspec.training.evaluate import Evaluation
    from netspec.training.judging import Judgement, Row


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
    parser.add_argument(
        "--per-class",
        choices=("worst", "all", "none"),
        default="worst",
        help="which classes the table shows: of many the worst, all, or no table (default: worst)",
    )
    parser.add_argument(
        "-o",
        "--predictions",
        metavar="FILE.csv",
        help="write the label and the prediction of each example, a line each",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE.csv where it exists")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the loss and metrics of each test set; status 1 if the run, the model or the data cannot be used."""
    require_backend()
    from netspec.cli.train import data_of
    from netspec.training import OverrideError
    from netspec.training.evaluate import evaluate
    from netspec.training.measure import finite
    from netspec.training.progress import Progress, table

    predictions = None if options.predictions is None else Path(options.predictions)
    if predictions is not None:
        check_output(predictions, inputs=(options.model,), force=options.force)
    try:
        found = evaluate(
            Path(options.model),
            data=None if options.data is None else data_of(options.data),
            weights=options.weights,
            batch_size=options.batch_size,
            predictions=predictions,
            progress=Progress(out, err),
        )
    except OverrideError as error:
        raise UsageError(str(error)) from None
    if options.format == "json":
        judged = {test: {name: _as_dict(each) for name, each in of.items()} for test, of in found.judgements.items()}
        data = {"model": options.model, "results": finite(found.results), "classes": judged}
        out.write(json.dumps(data, indent=2) + "\n")
        return 0
    out.write("".join(line + "\n" for line in table(found.results)))
    if options.per_class != "none":
        _write_classes(out, found, every=options.per_class == "all")
    return 0


def _write_classes(out: TextIO, found: Evaluation, *, every: bool) -> None:
    """How classes were told apart, by test and output."""
    from netspec.report.classes import lines

    for test, judgements in found.judgements.items():
        for name, judgement in judgements.items():
            told = [test] * (len(found.judgements) > 1) + [f"output `{name}`"] * (len(judgements) > 1)
            head = [f"{', '.join(told)}:"] if told else []
            counts = judgement.confusion.tolist()
            out.write(
                "\n"
                + "".join(
                    f"{line}\n" for line in (*head, *lines(judgement, counts, every=every, width=terminal_columns()))
                )
            )


def _as_dict(judgement: Judgement) -> dict[str, object]:
    return {
        "kind": judgement.kind,
        "names": list(judgement.names),
        "confusion": judgement.confusion.astype(int).tolist(),
        "per_class": [{"name": row.name, **_figures(row)} for row in judgement.rows],
        "mean": _figures(judgement.mean),
    }


def _figures(row: Row) -> dict[str, float | None]:
    """JSON has no NaN."""
    figures = {"precision": row.precision, "recall": row.recall, "f1": row.f1, "iou": row.iou}
    return {
        **{name: None if math.isnan(value) else value for name, value in figures.items()},
        "support": int(row.support),
    }
