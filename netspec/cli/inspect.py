"""Show each node's shape, parameters, multiply-accumulates, memory and receptive field, without loading Keras."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any, TextIO

from netspec.api import Spec
from netspec.cli.common import checked, spec_arguments
from netspec.graph import Graph
from netspec.report.inspection import HEADINGS, as_dict, closing_lines, rows

if TYPE_CHECKING:
    from netspec.sizes import Sizes


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("files", metavar="FILE", nargs="+", help="a spec")
    parser.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="a table, or JSON (a list for several files)",
    )
    parser.add_argument("--sizes", action="store_true", help="say for which input sizes the network is valid")
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the table of each file; status 1 where one has errors."""
    specs = [spec for path in options.files if (spec := checked(options, path, err)) is not None]
    graphs = [(spec.graph, _sizes(spec) if options.sizes else None) for spec in specs if spec.graph is not None]
    if options.format == "json":
        data = [_as_dict(graph, sizes) for graph, sizes in graphs]
        if graphs:
            out.write(json.dumps(data[0] if len(options.files) == 1 else data, indent=2) + "\n")
    else:
        for number, (graph, sizes) in enumerate(graphs):
            out.write("\n" * bool(number))
            _write_table(graph, out)
            if sizes is not None:
                _write_sizes(sizes, out)
    return 0 if len(graphs) == len(options.files) else 1


def _sizes(spec: Spec) -> tuple[Sizes, ...]:
    from netspec.sizes import sizes_of

    assert spec.document is not None
    assert spec.graph is not None
    return sizes_of(spec.document, spec.graph)


def _as_dict(graph: Graph, sizes: tuple[Sizes, ...] | None) -> dict[str, Any]:
    if sizes is None:
        return as_dict(graph)
    from netspec.report.sizes import as_list

    return {**as_dict(graph), "sizes": as_list(sizes)}


def _write_sizes(sizes: tuple[Sizes, ...], out: TextIO) -> None:
    from netspec.report.sizes import lines

    out.write("\n" + "\n".join(lines(sizes)) + "\n")


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
