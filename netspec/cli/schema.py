"""Print the JSON Schema of specs (draft-07), or the problems that an editor using it would report.

Reference it in the first line of a spec, and editors with a YAML language server validate and complete it:
# yaml-language-server: $schema=netspec.schema.json
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.cli.common import STANDARD_INPUT, UsageError, once
from netspec.cli.streams import standard_input
from netspec.files import atomic_write
from netspec.outputs import check_output
from netspec.schema.generation import text
from netspec.syntax.reading import STDIN


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("-o", "--output", metavar="FILE", help="output file (default: standard output)")
    parser.add_argument(
        "--force", action="store_true", help="replace the output file also where it is no schema of netspec"
    )
    parser.add_argument(
        "--check",
        metavar="FILE",
        nargs="+",
        help="report the problems that an editor would show for these specs (- is standard input)",
    )


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print, write or check."""
    if options.check and (options.output is not None or options.force):
        raise UsageError("--check writes no schema; leave -o and --force out")
    if options.force and options.output is None:
        raise UsageError("--force requires -o")
    if options.check:
        from netspec.schema.editor import editor_problems

        wrong = 0
        for path in once(options.check):
            data = standard_input(err) if path == STANDARD_INPUT else None
            for line in editor_problems(STDIN if data is not None else path, data):
                out.write(line + "\n")
                wrong += 1
        if not wrong:
            out.write(f"{len(options.check)} file{'s' * (len(options.check) != 1)}, no problems in an editor\n")
        return 1 if wrong else 0
    if options.output is not None:
        target = Path(options.output)
        check_output(target, force=options.force)
        with atomic_write(target) as temporary:
            temporary.write_text(text(), encoding="utf-8")
        return 0
    out.write(text())
    return 0
