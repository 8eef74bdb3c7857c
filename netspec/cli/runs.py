"""List runs, or compare some of them.

netspec runs [DIR] lists the runs in a folder: what each came to, and in which settings it differs from the others of its network.
netspec runs compare A B … shows some side by side; with -o, on one page, with their curves in the same plots.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.cli.common import UsageError, print_error
from netspec.diagnostics.words import printable, show
from netspec.outputs import check_output

if TYPE_CHECKING:
    from netspec.training.listing import Listed

COMPARE = "compare"
GAP = 3  # between the columns of a table
MAX_CELL = 60  # letters of what differs


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "words", metavar="DIR", nargs="*", help="folder of runs (default: runs); or: compare RUN RUN [RUN …]"
    )
    parser.add_argument(
        "--sort",
        metavar="KEY",
        default="started",
        help="order of the list: started (default), name, status, epochs, or a figure such as accuracy or val_loss, "
        "the best first",
    )
    parser.add_argument("-o", "--output", metavar="PAGE.html", help="compare: write the page")
    parser.add_argument("--force", action="store_true", help="compare: replace PAGE.html where it exists")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Print the list or the comparison; status 1 if a run cannot be read."""
    if options.words[:1] == [COMPARE]:
        return _compare(options, out)
    if len(options.words) > 1:
        raise UsageError(f"give one folder, or `compare` and runs, not {len(options.words)} folders")
    if options.output is not None:
        raise UsageError("-o is for `netspec runs compare`")
    return _list(options, Path(options.words[0] if options.words else "runs"), out, err)


def _list(options: argparse.Namespace, folder: Path, out: TextIO, err: TextIO) -> int:
    from netspec.training.listing import find_runs, ranked

    # Where nothing was trained yet, the folder that is meant by default is not there.
    runs, errors = ([], []) if not options.words and not folder.exists() else find_runs(folder)
    for error in errors:
        print_error(error, err)
    try:
        runs = ranked(runs, options.sort) if runs else runs
    except KeyError:
        raise UsageError(f"--sort: no run has a figure {show(options.sort)}") from None
    differing = _differing(runs)
    if options.format == "json":
        out.write(json.dumps([_as_dict(run, differing[run.path]) for run in runs], indent=2) + "\n")
    elif runs:
        _write_list(runs, differing, folder, out)
    elif not errors:
        out.write(f"no runs in {printable(str(folder))}\n")
    return 1 if errors else 0


def _differing(runs: Sequence[Listed]) -> dict[Path, dict[str, object]]:
    """What sets each run apart from the others of its network."""
    from netspec.training.listing import differences

    found: dict[Path, dict[str, object]] = {}
    for name in dict.fromkeys(run.record["name"] for run in runs):
        group = [run for run in runs if run.record["name"] == name]
        between = differences(group)
        for number, run in enumerate(group):
            found[run.path] = {key: values[number] for key, values in between.items()}
    return found


def _write_list(
    runs: Sequence[Listed], differing: Mapping[Path, Mapping[str, object]], folder: Path, out: TextIO
) -> None:
    from netspec.training.listing import OF_GRAPH

    names = list(dict.fromkeys(name for run in runs for name in run.figures))
    rows = [("run", "status", "epochs", "best", *names, "differs in")]
    for run in runs:
        best, epochs = run.best, run.record.get("epochs_done", 0)
        apart = [
            key if key.partition(".")[0] in OF_GRAPH else f"{key}={show(value, 24)}"
            for key, value in differing[run.path].items()
            if value is not None
        ]
        rows.append(
            (
                printable(str(run.path.relative_to(folder))) if run.path != folder else printable(str(folder)),
                printable(run.status),
                f"{epochs}/{run.record.get('epochs', epochs)}",
                "" if best is None else f"{best.name} {best.value:.4f}",
                *("" if (value := run.figures.get(name)) is None else f"{value:.4f}" for name in names),
                printable(_shortened(", ".join(apart))),
            )
        )
    _write_table(rows, out)


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_CELL else f"{text[: MAX_CELL - 1]}…"


def _write_table(rows: Sequence[Sequence[str]], out: TextIO) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.write((" " * GAP).join(cells).rstrip() + "\n")


def _as_dict(run: Listed, differing: Mapping[str, object]) -> dict[str, object]:
    record, best = run.record, run.best
    return {
        "run": str(run.path),
        "name": record["name"],
        "status": run.status,
        "started": record.get("started"),
        "ended": record.get("ended"),
        "epochs_done": record.get("epochs_done"),
        "epochs": record.get("epochs"),
        "parameters": record.get("parameters"),
        "best": None if best is None or not math.isfinite(best.value) else best._asdict(),
        "results": record.get("results"),
        "differs": dict(differing),
    }


def _compare(options: argparse.Namespace, out: TextIO) -> int:
    from netspec.training.listing import changes, open_run

    paths = [Path(word) for word in options.words[1:]]
    if len(paths) < 2:
        raise UsageError("`compare` takes two runs or more")
    runs = [open_run(path) for path in paths]
    if options.output is not None:
        from netspec.training.comparing import write_comparison

        check_output(Path(options.output), inputs=options.words[1:], force=options.force)
        write_comparison(runs, Path(options.output))
        out.write(f"wrote {options.output}\n")
        return 0
    if options.format == "json":
        between = _between(runs)
        out.write(json.dumps({"runs": [_as_dict(run, between[run.path]) for run in runs]}, indent=2) + "\n")
        return 0
    from netspec.training.tables import figures, letter, settings

    out.writelines(f"{letter(number)} = {printable(str(run.path))}\n" for number, run in enumerate(runs))
    for rows in (figures(runs), settings(runs)):
        if rows:
            out.write("\n")
            heads = ("", *(letter(number) for number in range(len(runs))))
            _write_table([heads, *((name, *map(printable, cells)) for name, cells in rows.items())], out)
    if not settings(runs):
        out.write("\nthe settings are the same\n")
    for run in runs[1:]:
        lines = changes(runs[0], run)
        if lines:
            out.write("\n" + "".join(f"{printable(line)}\n" for line in lines))
    return 0


def _between(runs: Sequence[Listed]) -> dict[Path, dict[str, object]]:
    """What sets each of some runs apart, whatever they are called."""
    from netspec.training.listing import differences

    between = differences(runs)
    return {run.path: {key: values[n] for key, values in between.items()} for n, run in enumerate(runs)}
