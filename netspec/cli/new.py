"""Start from a spec of the zoo: write a copy of it to a file of your own, or list them all."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.api import check
from netspec.cli.common import UsageError
from netspec.files import written_beside
from netspec.problems import FILE_START, Problem, SpecError, did_you_mean, printable, show
from netspec.zoo import page, specs


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="a spec of the zoo")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it there, not to NAME.yaml")
    parser.add_argument("--list", action="store_true", help="list the zoo: name, parameters, what it is")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Write the copy; status 1 where the file exists already."""
    if options.list:
        if options.name is not None or options.output is not None:
            raise UsageError("--list takes neither a name nor -o")
        _list(out)
        return 0
    if options.name is None:
        raise UsageError("name a spec of the zoo, or see them with --list")
    zoo = specs()
    if options.name not in zoo:
        hint = did_you_mean(options.name, tuple(zoo)) or "; `netspec new --list` lists them"
        raise UsageError(f"there is no spec {show(options.name)} in the zoo{hint}")
    target = Path(options.output or f"{options.name}.yaml")
    if target.exists() or target.is_symlink():
        message = "the file exists already and is left as it is; name another with -o"
        raise SpecError(str(target), (Problem("NS709", message, FILE_START),))
    text = page(zoo[options.name], target)
    with written_beside(target) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    shown = printable(str(target))
    out.write(f"wrote {shown}; `netspec inspect {shown}` shows what it is\n")
    return 0


def _list(out: TextIO) -> None:
    rows = []
    for name, path in specs().items():
        spec = check(path, repairs=False)
        assert spec.document is not None
        assert spec.graph is not None
        variants = f" (variants {', '.join(spec.document.variants)})" if spec.document.variants else ""
        rows.append((name, f"{spec.graph.totals().parameters:,}", spec.document.description + variants))
    names, counts = (max(len(row[column]) for row in rows) for column in (0, 1))
    out.write(f"{'name':<{names}}  {'parameters':>{max(counts, 10)}}  description\n")
    for name, count, description in rows:
        out.write(f"{name:<{names}}  {count:>{max(counts, 10)}}  {description}\n")
