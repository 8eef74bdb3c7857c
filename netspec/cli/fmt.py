"""Write specs in one layout: comments, values and their order stay, and the file is read again to prove it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.cli.common import SPEC, STANDARD_INPUT, once, print_error
from netspec.cli.rewriting import print_spec, write_spec
from netspec.cli.streams import standard_input
from netspec.diagnostics.problems import Problems, SpecError
from netspec.diagnostics.words import printable
from netspec.formatting import Unformattable, format_text
from netspec.syntax.reading import STDIN, read, read_bytes
from netspec.syntax.tree import SourceText, lines_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=f"{SPEC}, whose new text is printed")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; name the files that would change, and exit with 1 if there are any",
    )
    parser.add_argument("--diff", action="store_true", help="the same, showing what would change")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Format all files; status 1 if one cannot be, or with `--check` or `--diff` if one would change."""
    dry = options.check or options.diff
    changed = failed = as_it_was = 0
    for path in once(options.files):
        problems = Problems()
        data = standard_input(err) if path == STANDARD_INPUT else b""
        source = read_bytes(data, STDIN, problems) if path == STANDARD_INPUT else read(path, problems)
        try:
            new = _formatted(source, problems)
        except SpecError as error:
            print_error(error, err)
            failed += 1
            continue
        except Unformattable as error:
            err.write(f"{printable(source.path)}: left as it is: {error}\n")
            failed += 1
            continue
        if options.diff:
            _write_diff(source, new, out)
        if path == STANDARD_INPUT and not dry:
            print_spec(data, source.text, new, out)
        elif new == source.text:
            as_it_was += 1
        else:
            if not dry:
                write_spec(Path(path), new, "`netspec fmt -` prints the new text of standard input")
            changed += 1
            if not options.diff:
                out.write(f"{printable(source.path)}: {'would be formatted' if dry else 'formatted'}\n")
    if not options.diff and changed + as_it_was > 0:
        done = [f"{_files(changed)} {'would be formatted' if dry else 'formatted'}"] if changed else []
        done += [f"{_files(as_it_was)} already formatted"] if as_it_was else []
        out.write(f"{', '.join(done)}\n")
    return 1 if failed or (dry and changed) else 0


def _files(number: int) -> str:
    return f"{number} file{'s' * (number != 1)}"


def _formatted(source: SourceText, problems: Problems) -> str:
    if source.tree is None:
        raise SpecError(source.path, problems.ordered(), source.text)
    return format_text(source.text, source.path)


def _write_diff(source: SourceText, new: str, out: TextIO) -> None:
    from difflib import unified_diff

    name = printable(source.path)
    lines = unified_diff(lines_of(source.text), lines_of(new), name, name, lineterm="")
    out.writelines(f"{line}\n" for line in lines)
