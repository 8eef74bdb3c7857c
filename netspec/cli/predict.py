"""Apply a run, or a model, to images, arrays, rows of a table or of JSON.

INPUT is an image, a text, a folder of them, a pattern in quotes (`'photos/**/*.jpg'`), a .npy, .npz, .csv, .parquet or .jsonl
file, or - for standard input, which holds JSON Lines, CSV, a .npy array or an image. An image is resized to the input of the
network and scaled as in training. Of arrays, bytes are divided by 255 and other numbers used unchanged. A table is read by the
names of the columns that the run was trained on; a line of JSON is a map of them, or of the network's inputs, or the bare values.

Predictions are written as they come. Exit status: 0 all inputs were predicted or left out as `--on-error skip` says; 1 the
model or an input cannot be used (each is named, and nothing is predicted after the first); 2 wrong usage; 130 interrupted.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import UsageError, weights_argument, whole_number
from netspec.diagnostics.words import printable
from netspec.files import atomic_write
from netspec.outputs import check_output

if TYPE_CHECKING:
    from netspec.training.prediction.answers import Network, Prediction
    from netspec.training.prediction.masks import Masks

SUFFIXES = {".txt": "text", ".json": "json", ".jsonl": "jsonl", ".csv": "csv"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="RUN_OR_MODEL", help="run folder or .keras file")
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="file, folder, pattern, or - for standard input")
    parser.add_argument(
        "--top",
        metavar="K",
        type=whole_number("a number of classes", 1),
        default=3,
        help="number of most probable classes to print (default: 3)",
    )
    weights_argument(parser)
    parser.add_argument(
        "--format",
        choices=tuple(SUFFIXES.values()),
        help="output format; csv has a line an example (default: from the suffix of FILE, else text)",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write predictions to FILE instead of standard output")
    parser.add_argument(
        "--masks",
        metavar="DIR",
        help="draw masks as PNG files into DIR, each in the size of its image, a colour a class",
    )
    parser.add_argument(
        "--on-error",
        choices=("stop", "skip"),
        default="stop",
        help="what to do about inputs that cannot be read: stop, or leave them out and name them (default: stop)",
    )
    parser.add_argument("--force", action="store_true", help="replace FILE, and files in DIR, where they exist")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the prediction for each input; status 1 if the model or an input cannot be used."""
    if options.inputs.count("-") > 1:
        raise UsageError("standard input can be read only once, and `-` is given more often")
    require_backend()
    from netspec.training.predict import predict
    from netspec.training.prediction.answers import Network
    from netspec.training.reopen import load_run_or_model

    target = None if options.output is None else Path(options.output)
    format_ = options.format or ("text" if target is None else SUFFIXES.get(target.suffix.lower(), "text"))
    if target is not None:
        check_output(target, inputs=(options.model, *options.inputs), force=options.force)
    network = Network(load_run_or_model(Path(options.model), options.weights))
    masks = _masks(options, network)

    def skipped(message: str) -> None:
        err.write(f"warning: left out: {printable(message)}\n")

    found = predict(
        network,
        options.inputs,
        stdin=_standard_input() if "-" in options.inputs else None,
        sizes=masks is not None,
        skipped=skipped if options.on_error == "skip" else None,
    )
    with ExitStack() as stack:
        file = out
        if target is not None:
            temporary = stack.enter_context(atomic_write(target))
            file = stack.enter_context(open(temporary, "w", encoding="utf-8", newline=""))
        write = {"text": _write_text, "json": _write_json, "jsonl": _write_lines, "csv": _write_csv}[format_]
        write(file, options, network, ((each, _drawn(masks, each)) for each in found))
    return 0


def _standard_input() -> io.BufferedIOBase | None:
    """The bytes of standard input."""
    if sys.stdin is None:
        return None
    found: io.BufferedIOBase | None = getattr(sys.stdin, "buffer", None)
    return io.BytesIO(sys.stdin.read().encode()) if found is None else found


def _masks(options: argparse.Namespace, network: Network) -> Masks | None:
    if options.masks is None:
        return None
    from netspec.training.prediction.masks import Masks

    outputs = [name for name, meaning in network.meanings.items() if meaning.kind == "masks"]
    if not outputs:
        raise UsageError("--masks is for a network that tells the class of each pixel, and this one does not")
    return Masks(Path(options.masks), several=len(outputs) > 1, force=options.force)


def _drawn(masks: Masks | None, prediction: Prediction) -> str | None:
    """The file that a mask was drawn into."""
    return None if masks is None or prediction.meaning.kind != "masks" else masks.draw(prediction)


# --- formats ----------------------------------------------------------------------------------------------------------

Found = Iterable[tuple["Prediction", "str | None"]]  # with the file of a mask


def _write_text(out: TextIO, options: argparse.Namespace, network: Network, found: Found) -> None:
    several = len(network.outputs) > 1
    for each, mask in found:
        row = "" if each.row is None else f"[{each.row}]"
        name = f" {each.output}" if several else ""
        out.write(f"{printable(each.input)}{row}{name}: {_describe(each, mask, options.top)}\n")
        out.flush()


def _describe(prediction: Prediction, mask: str | None, top: int) -> str:
    if prediction.meaning.kind == "masks":
        shares = ", ".join(f"{printable(name)} {share:.4f}" for name, share in prediction.shares(top))
        return shares if mask is None else f"{printable(mask)}: {shares}"
    if prediction.classes is None:
        return f"{prediction.values.tolist()}"
    named = prediction.named if prediction.several else prediction.ranking(top)
    return ", ".join(f"{printable(name)} {probability:.4f}" for name, probability in named)


def _write_json(out: TextIO, options: argparse.Namespace, network: Network, found: Found) -> None:
    """One document, laid out as `json.dumps` would with `indent=2`, written as predictions come."""
    out.write(f'{{\n  "model": {json.dumps(options.model)},\n  "predictions": [')
    separator = "\n"
    try:
        for each, mask in found:
            text = json.dumps(each.as_dict(options.top, mask), indent=2).replace("\n", "\n    ")
            out.write(f"{separator}    {text}")
            separator = ",\n"
    finally:
        out.write("\n  ]\n}\n" if separator == ",\n" else "]\n}\n")


def _write_lines(out: TextIO, options: argparse.Namespace, network: Network, found: Found) -> None:
    for each, mask in found:
        out.write(json.dumps(each.as_dict(options.top, mask)) + "\n")
        out.flush()


def _write_csv(out: TextIO, options: argparse.Namespace, network: Network, found: Found) -> None:
    """A line an example: of classes the likeliest and its probability, of labels and numbers each one."""
    writer = csv.writer(out, lineterminator="\n")
    last = network.outputs[-1]
    names: list[str] = []
    cells: list[object] = []
    begun = False
    for each, mask in found:
        prefix = f"{each.output}." if len(network.outputs) > 1 else ""
        for name, value in _cells(each, mask):
            names.append(prefix + name)
            cells.append(value)
        if each.output == last:
            if not begun:
                writer.writerow(["input", "index", *names])
            begun = True
            writer.writerow([each.input, "" if each.row is None else each.row, *cells])
            names, cells = [], []
            out.flush()


def _cells(prediction: Prediction, mask: str | None) -> Iterator[tuple[str, object]]:
    if prediction.meaning.kind == "masks":
        if mask is not None:
            yield "mask", mask
        for name in prediction.meaning.names:
            yield f"share {name}", dict(prediction.shares(len(prediction.meaning.names))).get(name, 0.0)
    elif prediction.classes is None:
        flat = prediction.values.reshape(-1).tolist()
        yield from ((f"value {at}" if len(flat) > 1 else "value", value) for at, value in enumerate(flat))
    elif prediction.several:
        yield from prediction.named
    else:
        ((name, probability),) = prediction.ranking(1)
        yield from (("class", name), ("probability", probability))
