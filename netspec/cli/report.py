"""Write the report of a run: one page with its curves, what it makes of the test, its worst mistakes and its settings.

`train` writes it when a run is over; this writes it again, of interrupted runs too, with what there is of them. The page opens
offline, and asks nothing of anybody.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TextIO

from netspec.backends.requirements import require_backend
from netspec.outputs import check_output


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("run", metavar="RUN", help="run folder")
    parser.add_argument("-o", "--output", metavar="FILE", help="the page (default: RUN/report.html)")
    parser.add_argument("--force", action="store_true", help="replace FILE where it exists")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Write the page; status 1 if the run cannot be read."""
    require_backend()
    from netspec.training.progress import Progress
    from netspec.training.reports.writing import report_run

    output = None if options.output is None else Path(options.output)
    if output is not None:
        check_output(output, inputs=(options.run,), force=options.force)
    written = report_run(Path(options.run), output, Progress(out, err))
    out.write(f"wrote {written}\n")
    return 0
