"""Report every problem of one or more specs, shapes included, without loading Keras."""

from __future__ import annotations

import argparse
from typing import TextIO

from netspec.cli.common import params_of, spec_arguments
from netspec.pipeline import check


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="a spec")
    parser.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github"),
        default="text",
        help="output format (default: text)",
    )
    parser.add_argument("--fix", action="store_true", help="apply the first fix of each error to the file")
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the problems of all files; status 1 if one has errors."""
    params = params_of(options)
    specs = []
    for path in options.files:
        spec = check(path, params=params, variant=options.variant, variants=True)
        if options.fix:
            from netspec.cli.fixing import fix_file

            spec = fix_file(spec, err)
        specs.append(spec)
    if options.format == "text":
        from netspec.report.text import write_problems, write_summary

        for spec in specs:
            write_problems(out, spec)
        write_summary(out, specs)
    else:
        from netspec.report import machine

        out.write(machine.FORMATS[options.format](specs))
    return 0 if all(spec.ok for spec in specs) else 1
