"""Report every problem of one or more specs, shapes included, without loading Keras."""

from __future__ import annotations

import argparse
import os
from typing import TextIO

from netspec.cli.common import SPEC, STANDARD_INPUT, once, params_of, spec_arguments
from netspec.cli.streams import standard_input
from netspec.pipeline import check, check_text
from netspec.syntax.reading import STDIN


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=SPEC)
    parser.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="output format (default: text)",
    )
    parser.add_argument(
        "--fix", action="store_true", help="apply the first fix of each error to the file; with -, print the fixed text"
    )
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the problems of all files; status 1 if one has errors."""
    params = params_of(options)
    specs = []
    report = out
    for path in once(options.files):
        if path == STANDARD_INPUT:
            data = standard_input(err)
            spec = check_text(data, STDIN, params=params, variant=options.variant, variants=True, folder=os.curdir)
        else:
            spec = check(path, params=params, variant=options.variant, variants=True)
        if options.fix:
            from netspec.cli.fixing import fix_file, fix_text

            if path == STANDARD_INPUT:
                spec = fix_text(spec, data, out, err)
                report = err  # standard output is the text's
            else:
                spec = fix_file(spec, err)
        specs.append(spec)
    if options.format == "text":
        from netspec.report.text import write_problems, write_summary

        for spec in specs:
            write_problems(report, spec)
        write_summary(report, specs)
    else:
        from netspec.report import machine

        report.write(machine.FORMATS[options.format](specs))
    return 0 if all(spec.ok for spec in specs) else 1
