"""Apply a run, or a model, to images, arrays or the rows of a table.

An image is resized to the input of the network and scaled as in training; of a folder, all images are taken. A .npy or .npz file
holds one or several examples, scaled as by the data source `npz`: bytes are divided by 255, other numbers are used unchanged. A
table is read by the names of the columns that the run was trained on.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import weights_argument, whole_number
from netspec.diagnostics.words import printable

if TYPE_CHECKING:
    from netspec.training.predict import Prediction


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="RUN_OR_MODEL", help="run folder or .keras file")
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="an image (png, jpg, …), a text (txt), a folder of them, a .npy, .npz, .csv or .parquet file",
    )
    parser.add_argument(
        "--top",
        metavar="K",
        type=whole_number("a number of classes", 1),
        default=3,
        help="number of most probable classes to print (default: 3)",
    )
    weights_argument(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the prediction for each input; status 1 if the model or an input cannot be used."""
    require_backend()
    from netspec.training.predict import predict

    predictions = predict(Path(options.model), [Path(path) for path in options.inputs], weights=options.weights)
    if options.format == "json":
        data = {"model": options.model, "predictions": [_as_dict(each, options.top) for each in predictions]}
        out.write(json.dumps(data, indent=2) + "\n")
    else:
        several = len({each.output for each in predictions}) > 1
        for each in predictions:
            row = "" if each.row is None else f"[{each.row}]"
            name = f" {each.output}" if several else ""
            out.write(f"{printable(each.input)}{row}{name}: {_describe(each, options.top)}\n")
    return 0


def _describe(prediction: Prediction, top: int) -> str:
    if prediction.classes is None:
        return f"{prediction.values.tolist()}"
    named = prediction.named if prediction.several else prediction.ranking(top)
    return ", ".join(f"{printable(name)} {probability:.4f}" for name, probability in named)


def _as_dict(prediction: Prediction, top: int) -> dict[str, object]:
    data: dict[str, object] = {"input": prediction.input, "index": prediction.row, "output": prediction.output}
    if prediction.classes is None:
        return {**data, "values": prediction.values.tolist()}
    if prediction.several:
        labels = [{"label": name, "probability": probability} for name, probability in prediction.named]
        return {**data, "labels": labels}
    ranking = prediction.ranking(top)
    return {**data, "classes": [{"class": name, "probability": probability} for name, probability in ranking]}
