"""Train a spec, or resume an interrupted run.

The run folder, RUNS/NAME/TIME, holds the spec, all options, the history and the weights: everything needed to resume,
compare and reproduce the run.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from netspec.backends.requirements import require_backend
from netspec.cli.common import (
    SPEC,
    UsageError,
    guarded,
    params_of,
    sigterm_interrupts,
    spec_arguments,
    spec_of,
    whole_number,
)
from netspec.data import SOURCES
from netspec.diagnostics.problems import Problems, SpecError
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.syntax.reading import read_text
from netspec.syntax.tree import plain

if TYPE_CHECKING:
    from netspec.expressions import Value
    from netspec.training import Run
    from netspec.training.hosts import Hosts
    from netspec.training.joining import Launcher, Place
    from netspec.training.plan import Plan
    from netspec.training.progress import Progress

INTERRUPTED = 130
FILES = (".npz", ".npy", ".csv", ".parquet")  # whose source is evident


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("file", metavar="FILE", nargs="?", help=SPEC)
    parser.add_argument("--resume", metavar="RUN", help="resume this run where it was broken off")
    parser.add_argument(
        "--find-rate",
        metavar="PICTURE",
        nargs="?",
        const="",
        help="do not train: try growing learning rates on a throw-away network, print the loss at each and which to take; "
        "with a .png or .svg file after the spec, draw the curve too",
    )
    parser.add_argument("--runs", metavar="DIR", default="runs", help="parent of the run folders (default: runs)")
    parser.add_argument("--epochs", metavar="N", help="number of epochs")
    parser.add_argument("--batch-size", metavar="N", help="examples per step")
    parser.add_argument(
        "--seed", metavar="N", help="random seed of initial weights, shuffling, dropout and augmentation"
    )
    parser.add_argument(
        "--data",
        metavar="SOURCE",
        help="training data: the name of a source, a folder, a .npz, .npy, .csv or .parquet file, or YAML as under `data`",
    )
    parser.add_argument(
        "--init",
        metavar="WHAT",
        help="weights to start with: a name under `weights` in the spec, a run, a .keras or .npz file, or keras.applications:NAME",
    )
    parser.add_argument(
        "--train",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="any other option of `train`, as YAML: --train 'optimizer={sgd: {momentum: 0.9}}' (repeatable)",
    )
    parser.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="train together with other processes (JAX backend): where process 0 is reached; under SLURM, Open MPI and "
        "Kubernetes they find each other",
    )
    parser.add_argument(
        "--processes",
        metavar="N",
        type=whole_number("a number of processes", 1),
        help="how many processes train together",
    )
    parser.add_argument(
        "--process", metavar="I", type=whole_number("a process", 0), help="which of them this is, from 0"
    )
    parser.add_argument(
        "--format",
        choices=("text", "json", "jsonl"),
        default="text",
        help="text (default); json: the results as one object; jsonl: an object a line for each thing that happens, as it happens",
    )
    spec_arguments(parser)


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Train; status 1 if the spec, the data or the machine does not allow it, 130 if interrupted."""
    if options.find_rate is not None and (options.file is None or options.resume is not None):
        raise UsageError("--find-rate stands after a spec: netspec train FILE --find-rate [PICTURE]")
    if (options.file is None) == (options.resume is None):
        raise UsageError("give a spec, or a run with --resume")
    overrides = overrides_of(options)
    if options.resume is not None and (options.set or options.variant or set(overrides) - {"epochs"}):
        raise UsageError("a resumed run keeps its options: with --resume only --epochs may be given")
    found = _place(options)
    if found is None:
        return _run(options, overrides, out, err)
    from netspec.training.joining import refuse_elsewhere, together

    refuse_elsewhere(found, f"--resume {shlex.quote(options.resume)}" if options.resume else shlex.quote(options.file))
    return together(found, lambda hosts, own: _beside(hosts, options, overrides, out, own), err)


def _run(options: argparse.Namespace, overrides: dict[str, Value], out: TextIO, err: TextIO) -> int:
    with sigterm_interrupts():
        return (_start if options.resume is None else _resume)(options, overrides, out, err)


def _place(options: argparse.Namespace) -> Place | Launcher | None:
    """This process's place among several, by the options or the environment; None where it trains alone.

    Raises UsageError, and SpecError where there is no backend to train with.
    """
    given = (options.coordinator, options.processes, options.process)
    alone = options.processes == 1 and options.coordinator is None
    by_hand = not alone and any(each is not None for each in given)
    if by_hand:
        if None in given:
            raise UsageError(
                "--coordinator HOST:PORT, --processes N and --process I go together; each process is given its own I"
            )
        if options.process >= options.processes:
            raise UsageError(
                f"--process is from 0 to {options.processes - 1} where there are {options.processes} processes"
            )
        if not re.fullmatch(r".+:\d{1,5}", options.coordinator):
            raise UsageError(f"--coordinator takes HOST:PORT, not {show(options.coordinator)}")
    require_backend()
    from netspec.training.joining import Place, place_in

    if by_hand:
        return Place(*given) if options.processes > 1 else None
    return None if alone else place_in(os.environ)


def _beside(hosts: Hosts, options: argparse.Namespace, overrides: dict[str, Value], out: TextIO, err: TextIO) -> int:
    """Train together with others; what fails is printed here, because this process may have to end before the command does."""

    def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
        try:
            return _run(options, overrides, out, err)
        except Exception as error:
            lost = hosts.explained(error)
            if lost is None:
                raise
            raise lost from None

    return guarded("train", run, options, out if hosts.leads else io.StringIO(), err)


def _start(options: argparse.Namespace, overrides: dict[str, Value], out: TextIO, err: TextIO) -> int:
    params = params_of(options)
    spec = spec_of(options, options.file, err)
    root = None if Path(options.file).is_file() else Path.cwd()  # of a text from a pipe, data lies where the user is
    from netspec.report.text import write_problems
    from netspec.training import OverrideError, plan_run, train_plan

    try:
        plan = plan_run(
            spec, spec.content.encode(), params=params, variant=options.variant, overrides=overrides, root=root
        )
        write_problems(err, plan.spec)  # warnings; errors were raised
        if options.find_rate is not None:
            return _find_rate(plan, options, out, err)
        return _trained(
            lambda progress: train_plan(plan, Path(options.runs), progress, shlex.join(options.command)),
            options,
            out,
            err,
        )
    except OverrideError as error:
        raise UsageError(str(error)) from None
    except SpecError as error:
        _tell_error(error, options, out, err)
        if error.path != spec.path:
            raise
        write_problems(err, spec._replace(problems=error.problems))
        return 1


def _find_rate(plan: Plan, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    from netspec.training.progress import Progress
    from netspec.training.rates import check_picture, draw, find_rate, table

    picture = Path(options.find_rate) if options.find_rate else None
    if picture is not None:
        check_picture(picture)
    as_json = options.format == "json"
    try:
        curve = find_rate(plan, Progress(err if as_json else out, err))
    except KeyboardInterrupt:
        err.write("\ninterrupted; nothing was written\n")
        return INTERRUPTED
    if picture is not None:
        draw(curve, plan.graph.name, picture)
    if as_json:
        out.write(json.dumps(curve.as_dict(), indent=2) + "\n")
        return 0
    out.write("\n" + "".join(line + "\n" for line in table(curve)))
    if picture is not None:
        out.write(f"wrote {picture}\n")
    return 0


def _resume(options: argparse.Namespace, overrides: dict[str, Value], out: TextIO, err: TextIO) -> int:
    from netspec.training import OverrideError, resume_run

    def train(progress: Progress) -> Run:
        return resume_run(
            options.resume, epochs=overrides.get("epochs"), progress=progress, command=shlex.join(options.command)
        )

    try:
        return _trained(train, options, out, err)
    except OverrideError as error:
        raise UsageError(str(error)) from None
    except SpecError as error:
        _tell_error(error, options, out, err)
        raise


def _tell_error(error: SpecError, options: argparse.Namespace, out: TextIO, err: TextIO) -> None:
    """The problems as an event, for programs that read events; people read them as of every command."""
    if options.format == "jsonl":
        from netspec.report.machine import problem_as_dict
        from netspec.training.progress import Events

        problems = [problem_as_dict(problem) for problem in error.problems]
        Events(out, err).tell("error", (), {"path": error.path, "problems": problems})


def _trained(train: Callable[[Progress], Run], options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Train, and print the results."""
    from netspec.training import Interrupted
    from netspec.training.measure import finite
    from netspec.training.progress import Events, Progress, table

    progress = {"text": Progress(out, err), "json": Progress(err, err), "jsonl": Events(out, err)}[options.format]
    try:
        made = train(progress)
    except Interrupted as error:
        if not error.leads:
            return INTERRUPTED
        facts = {"run": str(error.folder), "epochs_done": error.epochs, "steps_done": error.steps}
        progress.tell("interrupted", (), facts)
        err.write(f"\n{error.words}\n")
        return INTERRUPTED
    if options.format == "json":
        data = {"run": str(made.folder), "results": finite(made.results), "history": made.history}
        out.write(json.dumps(data, indent=2) + "\n")
        return 0
    if options.format == "jsonl":
        progress.tell("end", (), {"run": str(made.folder), "results": finite(made.results)})
        return 0
    out.write("\n" + "".join(line + "\n" for line in table(made.results)))
    out.write("\n" if made.report is None else f"\nreport: {made.report}\n")
    out.write(f"evaluate again with: netspec evaluate {shlex.quote(str(made.folder))}\n")
    return 0


# --- options ----------------------------------------------------------------------------------------------------------


def overrides_of(options: argparse.Namespace) -> dict[str, Value]:
    """What the command line overrides in `train` and `data`, as a spec would write it. Raises UsageError."""
    overrides: dict[str, Value] = {}
    for given in options.train:
        name, equals, text = given.partition("=")
        if not equals or not name:
            raise UsageError(f"--train takes NAME=VALUE, not {show(given)}")
        overrides[name] = _value(f"--train {name}", text)
    for name in ("epochs", "batch_size", "seed"):
        text = getattr(options, name)
        if text is not None:
            overrides[name] = _value(f"--{name.replace('_', '-')}", text)
    if options.init is not None:
        overrides["init"] = options.init
    if options.data is not None:
        overrides["data"] = data_of(options.data)
    return overrides


def data_of(text: str) -> Value:
    """A source given with `--data`: YAML as under `data`, or a path whose type is evident. Raises UsageError."""
    path = Path(text)
    if text not in SOURCES:
        if path.is_dir():
            return {"folder": text}
        if path.suffix in FILES:
            return {path.suffix[1:]: text}
        if path.is_file():
            raise UsageError(f"--data takes a folder or a file that ends in {listing(FILES, 'or')}, not {show(text)}")
        if re.fullmatch(r"[\w./~-]+", text) and not did_you_mean(text, tuple(SOURCES)):
            raise UsageError(f"--data: there is no folder {show(text)}, and no data source is called so")
    return _value("--data", text)


def _value(option: str, text: str) -> Value:
    problems = Problems()
    source = read_text(text, option, problems)
    if problems.has_errors or source.tree is None:
        raise UsageError(f"{option}: {problems.ordered()[0].message if text.strip() else 'the value is missing'}")
    return plain(source.tree)
