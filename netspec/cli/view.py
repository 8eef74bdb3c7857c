"""Draw a network, grouped as the spec is written: boxes that open, shapes, shares of the costs, and problems where they are.

formats, by the ending of OUTPUT:
  .html  a page in one file, in which boxes open and close; it works offline (default)
  .svg   a picture for print, folded so that it fits on a page
  .png   the same as pixels, .pdf as a page (require `pip install "netspec-keras[view]"`)

A spec with errors is drawn too, as far as it was understood, and the status is 1.

--watch serves the page to this machine, and to nobody else, and draws anew whenever FILE is saved; what is open, and the
place, are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from threading import Event
from typing import TextIO

from netspec.cli.common import (
    SPEC,
    STANDARD_INPUT,
    UsageError,
    checked_and_reported,
    params_of,
    sigterm_interrupts,
    spec_arguments,
    whole_number,
)
from netspec.diagnostics.words import printable

PORT = 8002


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", metavar="FILE", help=SPEC)
    parser.add_argument(
        "-o", "--output", metavar="OUTPUT", help="output file (default: the name of the network, .html)"
    )
    parser.add_argument(
        "--open",
        metavar="PATH",
        action="append",
        default=[],
        help="open this box, and those around it, at first (repeatable; `all` opens every box, `none` no other)",
    )
    parser.add_argument("--force", action="store_true", help="replace OUTPUT also where netspec did not write it")
    parser.add_argument(
        "--watch", action="store_true", help="serve the page on this machine, and draw anew whenever FILE is saved"
    )
    parser.add_argument(
        "--port",
        type=whole_number("a port", 0, 65535),
        help=f"with --watch: port; 0 takes any that is free (default: {PORT})",
    )
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Write the drawing; status 1 if the spec has errors. Or serve it until Ctrl-C."""
    if options.port is not None and not options.watch:
        raise UsageError("--port requires --watch")
    if options.watch and (options.output is not None or options.force):
        raise UsageError("--watch writes no file; leave -o and --force out")
    if options.watch and options.file == STANDARD_INPUT:
        raise UsageError("--watch needs a file, which standard input is not")
    wanted = None if options.output is None else Path(options.output)
    from netspec.drawing.drawn import Drawing, NoSuchBoxError, wrong_ending

    if wanted is not None and (wrong := wrong_ending(wanted)):
        raise UsageError(f"-o {wrong}")
    if wanted is None and options.file == STANDARD_INPUT:
        raise UsageError("a spec that is no file gives the drawing no name; choose one with -o")
    spec = checked_and_reported(options, options.file, err)
    if not spec.text:
        return 1  # nothing was read, which has been said
    try:
        drawing = Drawing(spec, options.open)
    except NoSuchBoxError as error:
        raise UsageError(f"--open: {error}") from None
    if options.watch:
        return _watch(options, drawing.opened, out, err)
    target = wanted or Path(f"{drawing.picture.graph.name}.html")
    drawing.save(target, force=options.force)
    out.write(f"wrote {printable(str(target))}\n")
    return 0 if spec.ok else 1


def _watch(options: argparse.Namespace, opened: tuple[str, ...], out: TextIO, err: TextIO) -> int:
    """Serve the page; what `--open` asks for stays open, and first sight is that of each page that is asked for."""
    from netspec.drawing.opening import first_sight
    from netspec.drawing.watching import HOST, Watch, serving

    watch = Watch(
        options.file,
        params=params_of(options),
        variant=options.variant,
        opens=(lambda _: opened) if options.open else first_sight,
    )
    port = PORT if options.port is None else options.port
    try:
        with sigterm_interrupts(), serving(watch, port) as address:
            out.write(f"The drawing is at {address} (Ctrl-C ends it)\n")
            out.flush()
            Event().wait()
    except OSError as error:
        err.write(f"netspec view: cannot listen on {HOST}:{port}: {error.strerror or error}\n")
        return 1
    except KeyboardInterrupt:
        out.write("\n")
    return 0
