"""Show each node's shape, parameters, multiply-accumulates, memory and receptive field, without loading Keras."""

from __future__ import annotations

import argparse
import json
from typing import TextIO

from netspec.cli.common import checked, spec_arguments
from netspec.graph import Graph
from netspec.report.inspection import HEADINGS, as_dict, closing_lines, rows


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="a spec")
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="a table, or JSON (a list for several files)",
    )
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the table of each file; status 1 where one has errors."""
    specs = [checked(options, path, err) for path in options.files]
    graphs = [spec.graph for spec in specs if spec is not None and spec.graph is not None]
    if options.format == "json":
        data = [as_dict(graph) for graph in graphs]
        if graphs:
            out.write(json.dumps(data[0] if len(options.files) == 1 else data, indent=2) + "\n")
    else:
        for number, graph in enumerate(graphs):
            out.write("\n" * bool(number))
            _write_table(graph, out)
    return 0 if len(graphs) == len(options.files) else 1


def _write_table(graph: Graph, out: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold", title=None)
    for heading in HEADINGS:
        right = heading in ("output", "parameters", "MACs", "memory", "sees")
        table.add_column(heading, justify="right" if right else "left", no_wrap=True, overflow="ignore")
    for cells in rows(graph):
        table.add_row(*cells)
    terminal = bool(getattr(out, "isatty", lambda: False)())
    # Never cut: a pipe or a narrow window gets the whole table.
    console = Console(
        file=out,
        width=100_000,
        force_terminal=terminal,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with console.capture() as captured:
        console.print(table)
    out.write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))
    out.write("\n" + "\n".join(closing_lines(graph)) + "\n")
