"""Measure how far a run's answers hold where its pictures change: moved, scaled, turned, brightened, noisy, partly covered.

Each test of the run is asked again at several levels of each, and the accuracy is shown with its 95 % confidence interval, as a
table and as curves on one page. Of each node it is told how far it keeps to motions: whether what it makes of a moved picture
is what it made of the picture, moved. With several runs their curves stand in the same plots.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import UsageError, terminal_columns, weights_argument, whole_number
from netspec.outputs import check_output

PAGE = "probe.html"
NAMES = ("translation", "scale", "rotation", "brightness", "noise", "occlusion", "nodes")
FILLS = ("background", "edge", "reflect", "wrap")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("runs", metavar="RUN", nargs="+", help="run folders")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=NAMES,
        help=f"measure this alone; may be repeated: {', '.join(NAMES)}",
    )
    parser.add_argument(
        "--examples",
        metavar="N",
        type=whole_number("a number of examples", 1),
        default=1000,
        help="examples of each test, evenly over it (default: 1000)",
    )
    parser.add_argument(
        "--fill",
        choices=FILLS,
        default="background",
        help="what comes in where a picture is moved: the median of its border, its edge again, its reflection, or its other side "
        "(default: background)",
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=whole_number("a seed", 0),
        default=0,
        help="seed of noise and occlusion (default: 0)",
    )
    weights_argument(parser)
    parser.add_argument(
        "--batch-size",
        metavar="N",
        type=whole_number("a batch size", 1),
        help="examples at once (default: that of the run)",
    )
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", help=f"the page (default: RUN/{PAGE}; of several runs, {PAGE} here)"
    )
    parser.add_argument("--force", action="store_true", help="replace PAGE.html where it exists")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the figures and write the page; status 1 if a run cannot be used."""
    require_backend()
    from netspec.training.probing.measuring import Asked, probe
    from netspec.training.probing.telling import as_dict, lines, write_page
    from netspec.training.progress import Progress
    from netspec.training.reports.writing import check_installed

    check_installed()
    several = len(options.runs) > 1
    own = Path(PAGE) if several else Path(options.runs[0]) / PAGE
    page = own if options.output is None else Path(options.output)
    if len(set(options.runs)) < len(options.runs):
        raise UsageError("a run is named twice")
    if options.output is not None or several:
        check_output(page, inputs=options.runs, force=options.force)
    asked = Asked.of(
        options.only or (),
        fill=options.fill,
        seed=options.seed,
        examples=options.examples,
        weights=options.weights,
        batch_size=options.batch_size,
    )
    progress = Progress(out, err)
    found = [probe(Path(each), asked, progress) for each in options.runs]
    write_page(found, page)
    if options.format == "json":
        out.write(json.dumps({**as_dict(found), "page": str(page)}, indent=2) + "\n")
        return 0
    out.write("".join(f"{line}\n" for line in lines(found, terminal_columns())))
    out.write(f"wrote {page}\n")
    return 0
