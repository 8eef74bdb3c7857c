"""Print the JSON Schema of specs (draft-07), or the problems that an editor using it would report.

Reference it in the first line of a spec, and editors with a YAML language server validate and complete it:
# yaml-language-server: $schema=netspec.schema.json
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.files import atomic_write
from netspec.schema.generation import text


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("-o", "--output", metavar="FILE", help="output file (default: standard output)")
    parser.add_argument(
        "--check", metavar="FILE", nargs="+", help="report the problems that an editor would show for these specs"
    )


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print, write or check."""
    if options.check:
        from netspec.schema.editor import editor_problems

        wrong = 0
        for path in options.check:
            for line in editor_problems(path):
                out.write(line + "\n")
                wrong += 1
        if not wrong:
            out.write(f"{len(options.check)} file{'s' * (len(options.check) != 1)}, no problems in an editor\n")
        return 1 if wrong else 0
    if options.output:
        with atomic_write(Path(options.output)) as temporary:
            temporary.write_text(text(), encoding="utf-8")
        return 0
    out.write(text())
    return 0
