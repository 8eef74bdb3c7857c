"""Copy a spec from the zoo to a file of your own, or list the zoo."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from textwrap import fill
from typing import TextIO

from netspec.cli.common import UsageError
from netspec.diagnostics.words import did_you_mean, printable, short, show
from netspec.files import write_whole
from netspec.outputs import check_output
from netspec.zoo import GROUPS, Figures, figures, page, specs


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="name of a spec of the zoo")
    parser.add_argument("-o", "--output", metavar="FILE", help="output file (default: NAME.yaml)")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    parser.add_argument("--list", action="store_true", help="list the zoo: names, parameters, MACs, variants")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="output format of the list (default: text)"
    )


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Write the copy; status 1 if the file already exists."""
    if options.list:
        if options.name is not None or options.output is not None or options.force:
            raise UsageError("--list takes neither a name nor -o nor --force")
        _list(out, options.format == "json")
        return 0
    if options.format != "text":
        raise UsageError("--format requires --list")
    if options.name is None:
        raise UsageError("give the name of a spec of the zoo; --list shows them all")
    zoo = specs()
    if options.name not in zoo:
        hint = did_you_mean(options.name, tuple(zoo)) or "; `netspec new --list` lists them"
        raise UsageError(f"there is no spec {show(options.name)} in the zoo{hint}")
    target = Path(f"{options.name}.yaml" if options.output is None else options.output)
    check_output(target, inputs=(zoo[options.name],), force=options.force, own=False)
    text = page(zoo[options.name], target)
    write_whole(target, text)
    shown = printable(str(target))
    out.write(f"wrote {shown}; `netspec inspect {shown}` shows its layers\n")
    return 0


def _list(out: TextIO, as_json: bool) -> None:
    rows = figures()
    if as_json:
        json.dump([row._asdict() for row in rows], out, indent=1)
        out.write("\n")
        return
    by_spec: dict[str, list[Figures]] = {}
    for row in rows:
        by_spec.setdefault(row.spec, []).append(row)
    wide = max(map(len, by_spec)) + 2
    out.write(
        f"{'name':<{wide}}{'parameters':>12}{'MACs':>8}{'depth':>7}  description; variants and their parameters\n"
    )
    for group, names in GROUPS.items():
        out.write(f"\n{group}\n")
        for name in names:
            main = next(row for row in by_spec[name] if row.main)
            macs = "?" if main.macs is None else short(main.macs)
            figure = f"{main.parameters:>12,}{macs:>8}{main.depth:>7}"
            out.write(f"  {name:<{wide - 2}}{figure}  {main.description}\n")
            if main.variant is not None:
                variants = ", ".join(f"{row.variant}:\xa0{short(row.parameters)}" for row in by_spec[name])
                indent = " " * (wide + 29)
                out.write(
                    fill(variants, 120, initial_indent=indent, subsequent_indent=indent).replace("\xa0", " ") + "\n"
                )
    out.write("\nThe numbers are those of the default variant.\n")
