"""Show the shape, parameters, multiply-accumulates, memory and receptive field of each node, without loading Keras."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, TextIO

from netspec.cli.common import BUDGETS, SPEC, checked_and_reported, once, spec_arguments
from netspec.graph.model import Graph
from netspec.pipeline import Spec
from netspec.report.inspection import HEADINGS, NUMERIC, as_dict, closing_lines, rows
from netspec.report.text import BOLD, END, has_style

if TYPE_CHECKING:
    from netspec.graph.input_sizes import Sizes

GAP = 3  # between the columns of the table


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("files", metavar="FILE", nargs="+", help=SPEC)
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="a table (default), or JSON (a list for several files)",
    )
    parser.add_argument("--sizes", action="store_true", help="also show for which input sizes the network is valid")
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the table of each file; status 1 if one has errors."""
    specs = [checked_and_reported(options, path, err) for path in once(options.files)]
    found = [each for spec in specs if (each := _found(spec, options.sizes)) is not None]
    if options.format == "json":
        data = [_as_dict(*each) for each in found]
        if data:
            out.write(json.dumps(data[0] if len(options.files) == 1 else data, indent=2) + "\n")
    else:
        for number, each in enumerate(found):
            out.write("\n" * bool(number))
            _write(*each, out)
    return 0 if all(spec.ok for spec in specs) else 1


MAX_ROWS = 2_000  # of a table; nobody reads more

# Errors that another input size may fix.
WRONG_SIZES = frozenset({"NS401", "NS402", "NS403", "NS409"})


def _found(spec: Spec, sizes: bool) -> tuple[Graph, bool, tuple[Sizes, ...] | None] | None:
    """A graph, whether its table can be shown, and its sizes; None if there is nothing to show."""
    errors = {problem.code for problem in spec.problems if problem.is_error}
    whole = errors <= BUDGETS
    if spec.document is None or spec.graph is None or not (whole or (sizes and errors <= WRONG_SIZES)):
        return None
    if not sizes:
        return spec.graph, whole, None
    from netspec.graph.input_sizes import sizes_of

    return spec.graph, whole, sizes_of(spec.document, spec.graph)


def _as_dict(graph: Graph, whole: bool, sizes: tuple[Sizes, ...] | None) -> dict[str, object]:
    found = as_dict(graph)
    # Of a network that is not whole, shapes and totals would be wrong.
    data: dict[str, object] = {**found} if whole else {"name": found["name"], "inputs": found["inputs"]}
    if sizes is None:
        return data
    from netspec.report.sizes import as_list

    return {**data, "sizes": as_list(sizes)}


def _write(graph: Graph, whole: bool, sizes: tuple[Sizes, ...] | None, out: TextIO) -> None:
    if whole:
        _write_table(graph, out)
        out.write("\n" * (sizes is not None))
    if sizes is not None:
        _write_sizes(sizes, out)


def _write_sizes(sizes: tuple[Sizes, ...], out: TextIO) -> None:
    from netspec.report.sizes import lines

    out.write("\n".join(lines(sizes)) + "\n")


def _write_table(graph: Graph, out: TextIO) -> None:
    bold, end = (BOLD, END) if has_style(out) else ("", "")
    cells = rows(graph, MAX_ROWS)
    # Never truncated: a pipe or a narrow terminal gets the whole table.
    widths = [max(map(len, column)) for column in zip(HEADINGS, *cells, strict=True)]
    out.write(f"{bold}{_line(HEADINGS, widths)}{end}\n")
    out.writelines(_line(row, widths) + "\n" for row in cells)
    if len(graph.nodes) > MAX_ROWS:
        out.write(f"… and {len(graph.nodes) - MAX_ROWS:,} more nodes; `--format json` has all\n")
    out.write("\n" + "\n".join(closing_lines(graph)) + "\n")


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    """A row of the table, whose words are all of Latin letters: each as wide as long."""
    columns = zip(HEADINGS, row, widths, strict=True)
    cells = [cell.rjust(width) if heading in NUMERIC else cell.ljust(width) for heading, cell, width in columns]
    return (" " * GAP).join(cells).rstrip()
