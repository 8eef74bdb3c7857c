"""Train a stretch of a run again and compare it with the run, to the bit: figures of epochs, weights, optimizer and random state.

The run's folder is only read. Status 1 where something differs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import sigterm_interrupts, whole_number
from netspec.diagnostics.words import listing

if TYPE_CHECKING:
    from netspec.training.verify import Verdict


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("run", metavar="RUN", help="run folder")
    stretch = parser.add_mutually_exclusive_group()
    stretch.add_argument(
        "--epochs",
        metavar="N",
        type=whole_number("a number of epochs", 1),
        help="train the first N epochs again (default: from the last state but one that the run keeps to the last; "
        "where it keeps no two, the first epoch)",
    )
    stretch.add_argument(
        "--steps",
        metavar="N",
        type=whole_number("a number of steps", 1),
        help="train at most N steps again, between two states that the run keeps",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default: text)")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Compare; status 1 where something differs, or the run cannot be read."""
    require_backend()
    with sigterm_interrupts():
        from netspec.training.progress import Progress
        from netspec.training.verify import verify

        verdict = verify(Path(options.run), epochs=options.epochs, steps=options.steps, progress=Progress(err, err))
    if options.format == "json":
        out.write(json.dumps(_data(verdict), indent=2) + "\n")
    else:
        out.write("".join(line + "\n" for line in _lines(verdict)))
    return 0 if verdict.difference is None else 1


def _lines(verdict: Verdict) -> list[str]:
    lines = [f"{verdict.path}: {verdict.start.words} to {verdict.end.words}, trained again on {verdict.machine}"]
    changed = listing(
        tuple(f"{fact} was {then} and is {now}" for fact, (then, now) in verdict.changed.items()), quote=False
    )
    if verdict.difference is None:
        numbers = {"figure": verdict.figures, "array": verdict.arrays}
        compared = [f"{count:,} {what}{'s' * (count != 1)}" for what, count in numbers.items() if count]
        lines.append(f"the same to the bit: {' and '.join(compared)}" + (f", though {changed}" if changed else ""))
        return lines
    lines.append(f"not the same: {verdict.difference.words}")
    if changed:
        lines.append(f"which may be because {changed}")
    else:
        lines.append(
            "though versions, device, threads and numbers of examples are what they were; see `Verify` in docs/howto/runs.md"
        )
    return lines


def _data(verdict: Verdict) -> dict[str, object]:
    difference = verdict.difference
    return {
        "run": str(verdict.path),
        "from": verdict.start._asdict(),
        "to": verdict.end._asdict(),
        "same": difference is None,
        "compared": {"figures": verdict.figures, "arrays": verdict.arrays},
        "difference": None if difference is None else {**difference._asdict(), "place": difference.place._asdict()},
        "changed": {fact: {"then": then, "now": now} for fact, (then, now) in verdict.changed.items()},
    }
