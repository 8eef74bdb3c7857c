"""Write a spec of an earlier version of the format as one of this version.

Only what has another name or meaning now is rewritten: layout and comments stay. The new text is checked before it takes the
place of the old one.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TextIO

from netspec.cli.common import SPEC, STANDARD_INPUT
from netspec.cli.rewriting import print_spec, write_spec
from netspec.cli.streams import standard_input
from netspec.diagnostics.problems import Problems
from netspec.diagnostics.words import printable
from netspec.files import write_whole
from netspec.outputs import check_output
from netspec.syntax.reading import STDIN, read, read_bytes


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", metavar="FILE", help=f"{SPEC}, whose new text is printed")
    parser.add_argument("-o", "--output", metavar="SPEC", help="output file (default: FILE itself)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; say whether the spec is of an earlier version, and exit with 1 if it is",
    )
    parser.add_argument("--force", action="store_true", help="write over a file")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Rewrite the spec; status 1 if it cannot be, or with `--check` if it is of an earlier version."""
    from netspec.spec.document import FORMAT_VERSION
    from netspec.upgrading import upgraded

    path: str = options.file
    problems = Problems()
    is_input = path == STANDARD_INPUT
    data = standard_input(err) if is_input else b""
    source = read_bytes(data, STDIN, problems) if is_input else read(path, problems)
    new = upgraded(source, problems, os.curdir if is_input else os.path.dirname(path) or os.curdir)
    name = printable(source.path)
    if options.check:
        if new.version == FORMAT_VERSION:
            out.write(f"{name}: already version {FORMAT_VERSION}, nothing to do\n")
            return 0
        out.write(f"{name}: version {new.version}, would be written as version {FORMAT_VERSION}\n")
        return 1
    if options.output is not None:
        target = Path(options.output)
        check_output(target, inputs=(path,), force=options.force, own=False)
        write_whole(target, new.text)
        was = "as it was" if new.version == FORMAT_VERSION else f"was version {new.version}"
        out.write(f"wrote {printable(options.output)}: version {FORMAT_VERSION}, {was}\n")
    elif is_input:
        print_spec(data, source.text, new.text, out)
    elif new.version == FORMAT_VERSION:
        out.write(f"{name}: already version {FORMAT_VERSION}, nothing to do\n")
    else:
        write_spec(Path(path), new.text, "`netspec upgrade -` prints the new text of standard input")
        out.write(f"{name}: version {FORMAT_VERSION} now, was version {new.version}\n")
    return 0
