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
from typing import TYPE_CHECKING, TextIO

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
from netspec.diagnostics.words import did_you_mean, printable, show
from netspec.files import atomic_write
from netspec.outputs import check_output

if TYPE_CHECKING:
    from netspec.drawing.picture import Picture
    from netspec.spec.document import UsedFile

PORT = 8002
ENDINGS = (".html", ".svg", ".png", ".pdf")


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
    if wanted is not None and wanted.suffix not in ENDINGS:
        raise UsageError(f"-o ends in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, not in {show(wanted.suffix)}")
    if wanted is None and options.file == STANDARD_INPUT:
        raise UsageError("a spec that is no file gives the drawing no name; choose one with -o")
    spec = checked_and_reported(options, options.file, err)
    if not spec.text:
        return 1  # nothing was read, which has been said
    from netspec.drawing.picture import picture

    drawn = picture(spec)
    opened = _opened(drawn, options.open)
    if options.watch:
        return _watch(options, opened, out, err)
    target = wanted or Path(f"{drawn.graph.name}.html")
    inputs = [options.file, *(used.path for used in _used(drawn))]
    check_output(target, inputs=inputs, force=options.force)
    data = _written(drawn, opened, target.suffix)
    with atomic_write(target) as temporary:
        temporary.write_bytes(data)
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


def _opened(drawn: Picture, asked: list[str]) -> tuple[str, ...]:
    """The paths of the boxes that are open."""
    from netspec.drawing.opening import first_sight
    from netspec.drawing.sight import opens_all

    if not asked:
        return first_sight(drawn)
    by_path = {box.path: box for box in drawn.boxes if box.children and box.path}
    if "all" in asked:
        return (*by_path, *(opens_all(box.path) for box in by_path.values() if box.role == "repeat"))
    opened: dict[str, None] = {}
    for path in asked:
        if path == "none":
            continue
        box = by_path.get(path)
        if box is None:
            raise UsageError(f"--open: no box {show(path)} can be opened{did_you_mean(path, tuple(by_path))}")
        while box.path:
            opened[box.path] = None
            box = drawn.boxes[box.parent]
    return tuple(opened)


def _used(drawn: Picture) -> tuple[UsedFile, ...]:
    """The other files whose blocks it uses."""
    used = drawn.spec.document.used if drawn.spec.document is not None else None
    return () if used is None else used.files


def _written(drawn: Picture, opened: tuple[str, ...], ending: str) -> bytes:
    if ending == ".html":
        from netspec.drawing.page import page

        return page(drawn, opened).encode()
    from netspec.drawing.svg import svg

    text = svg(drawn, opened)
    if ending == ".svg":
        return text.encode()
    from netspec.drawing.converting import converted

    return converted(text, "pdf" if ending == ".pdf" else "png")
