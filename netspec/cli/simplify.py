"""Write specs shorter: forks as skip and inception, defaults, blocks and repeats for what is said again and again.

The network stays the same, which is proved, and comments stay where their nodes are. It is for specs that are written out,
as programs write them: one with params, variants or blocks is left as it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.cli.common import SPEC, STANDARD_INPUT, once, print_error
from netspec.cli.rewriting import print_spec, write_spec
from netspec.cli.streams import standard_input
from netspec.diagnostics.problems import SpecError
from netspec.diagnostics.words import printable
from netspec.syntax.reading import STDIN


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=f"{SPEC}, whose new text is printed")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; name the files that would be shorter, and exit with 1 if there are any",
    )
    parser.add_argument(
        "--level",
        choices=("modules", "blocks"),
        default="blocks",
        help="fold forks and defaults, or repetition too (default: blocks)",
    )


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Fold all files; status 1 if one has errors, or with `--check` if one would be shorter."""
    from netspec.conversion.simplifying import NotSimplified, simplified
    from netspec.pipeline import check, check_text

    changed = failed = 0
    for path in once(options.files):
        is_input = path == STANDARD_INPUT
        data = standard_input(err) if is_input else b""
        try:
            spec = (
                check_text(data.decode("utf-8", "surrogateescape"), STDIN, repairs=False)
                if is_input
                else check(path, repairs=False)
            )
            wrong = tuple(problem for problem in spec.problems if problem.is_error)
            if wrong:
                raise SpecError(spec.path, wrong, spec.text)
            new = simplified(spec, options.level)
        except SpecError as error:
            print_error(error, err)
            failed += 1
            continue
        except NotSimplified as error:
            err.write(f"{printable(path)}: left as it is: {error}\n")
            if is_input and not options.check:
                print_spec(data, spec.text, spec.text, out)
            continue
        changed += 1
        if is_input and not options.check:
            print_spec(data, spec.text, new, out)
            continue
        if not options.check:
            write_spec(Path(path), new, "`netspec simplify -` prints the new text of standard input")
        lines = f"{len(spec.text.splitlines())} lines, {len(new.splitlines())}"
        out.write(f"{printable(path)}: {lines} {'would do' if options.check else 'now'}\n")
    return 1 if failed or (options.check and changed) else 0
