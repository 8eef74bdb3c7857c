"""Print the JSON Schema of specs (draft-07), set a folder up for editors that use it, or report the problems that one would.

Reference it in the first line of a spec, and editors with a YAML language server validate and complete it:
# yaml-language-server: $schema=netspec.schema.json

--install writes it into a folder, with settings by which VS Code uses it for the specs of that folder. Settings that are
there are added to, comments kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.cli.common import STANDARD_INPUT, UsageError, once
from netspec.cli.streams import standard_input
from netspec.files import write_whole
from netspec.outputs import check_output
from netspec.schema.generation import text
from netspec.syntax.reading import STDIN


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("-o", "--output", metavar="FILE", help="output file (default: standard output)")
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace the output file also where it is no schema of netspec; with --install, settings that stand in the way too",
    )
    parser.add_argument(
        "--install",
        metavar="FOLDER",
        nargs="?",
        const=".",
        help="write the schema and VS Code's settings into a folder (default: this one)",
    )
    parser.add_argument(
        "--check",
        metavar="FILE",
        nargs="+",
        help="report the problems that an editor would show for these specs (- is standard input)",
    )


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print, write or check."""
    if options.check and (options.output is not None or options.install is not None or options.force):
        raise UsageError("--check writes no schema; leave -o, --install and --force out")
    if options.output is not None and options.install is not None:
        raise UsageError("-o and --install exclude each other")
    if options.force and options.output is None and options.install is None:
        raise UsageError("--force requires -o or --install")
    if options.install is not None:
        from netspec.schema.installing import install

        done = install(Path(options.install), options.force)
        out.writelines(f"{line}\n" for line in done.lines)
        return 0 if done.whole else 1
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
        write_whole(target, text())
        return 0
    out.write(text())
    return 0
