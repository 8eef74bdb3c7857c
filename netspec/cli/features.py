"""Look at what a run, or a model, has learned: one page that opens offline.

It shows the filters of the first layer; what each picture becomes at some nodes, which part of it decided (Grad-CAM, and what is
lost where a square covers it); the pictures of the test that excite a channel most; and how much of its receptive field a node
really uses. Without a PICTURE, three of the run's test are shown.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import UsageError, weights_argument, whole_number
from netspec.outputs import check_output

PAGE = "features.html"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("model", metavar="RUN_OR_MODEL", help="run folder or .keras file")
    parser.add_argument(
        "pictures", metavar="PICTURE", nargs="*", help="image, folder, pattern or array, as `predict` takes them"
    )
    parser.add_argument(
        "--node",
        metavar="PATH",
        action="append",
        help="a node whose feature maps, channels and receptive field are shown; may be repeated (default: the last at each of "
        "the last four sizes). Grad-CAM is taken at the last of them",
    )
    parser.add_argument(
        "--class", metavar="NAME", dest="class_name", help="the class that is asked for (default: the likeliest)"
    )
    parser.add_argument(
        "--channels",
        metavar="N",
        type=whole_number("a number of channels", 1),
        default=8,
        help="channels of each node that are shown (default: 8)",
    )
    parser.add_argument(
        "--examples",
        metavar="N",
        type=whole_number("a number of examples", 1),
        default=1000,
        help="examples of the test among which exciting ones are sought (default: 1000)",
    )
    weights_argument(parser)
    parser.add_argument(
        "-o", "--output", metavar="PAGE.html", help=f"the page (default: RUN/{PAGE}; of a model, {PAGE} here)"
    )
    parser.add_argument("--png", metavar="DIR", help="write all pictures as PNG files into DIR too")
    parser.add_argument("--force", action="store_true", help="replace PAGE.html, and files in DIR, where they exist")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Write the page; status 1 if the run, the model or a picture cannot be used."""
    require_backend()
    from netspec.training import OverrideError
    from netspec.training.looking.drawing import write_files
    from netspec.training.looking.finding import Asked, look
    from netspec.training.looking.page import as_dict, lines, write_page
    from netspec.training.progress import Progress
    from netspec.training.reports.writing import check_installed

    check_installed()
    model = Path(options.model)
    own = model / PAGE if model.is_dir() else Path(PAGE)
    page = own if options.output is None else Path(options.output)
    if options.output is not None or not model.is_dir():
        check_output(page, inputs=(options.model, *options.pictures), force=options.force)
    folder = None if options.png is None else Path(options.png)
    if folder is not None and folder.exists() and not options.force and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"--png: {folder} exists and is not an empty folder; name another, or replace its files with --force"
        )
    asked = Asked.of(
        options.pictures,
        nodes=options.node or (),
        class_name=options.class_name,
        channels=options.channels,
        examples=options.examples,
        weights=options.weights,
    )
    try:
        found = look(model, asked, Progress(out, err))
    except OverrideError as error:
        raise UsageError(str(error)) from None
    count = 0 if folder is None else write_files(found, folder)
    write_page(found, page)
    if options.format == "json":
        out.write(json.dumps({**as_dict(found), "page": str(page)}, indent=2) + "\n")
        return 0
    out.write("".join(f"{line}\n" for line in lines(found)))
    if folder is not None:
        out.write(f"wrote {count} pictures into {folder}\n")
    out.write(f"wrote {page}\n")
    return 0
