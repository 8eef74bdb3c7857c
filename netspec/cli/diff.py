"""Say what changed between two networks, and not between two texts: nodes, shapes, costs, and which weights carry over.

A and B are files; FILE@VARIANT is a variant, REVISION:FILE the file in a revision of git (HEAD~1:specs/resnet.yaml; :FILE is
what is staged), - standard input. With one file alone, it is compared with what it is in HEAD.

Exit status: 0 the same network, whatever its nodes are called; 1 another; 2 one of the specs has errors, or wrong usage.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from netspec.cli.common import BUDGETS, STANDARD_INPUT, UsageError, params_from, print_error
from netspec.cli.streams import standard_input
from netspec.diagnostics.problems import SpecError
from netspec.diagnostics.words import printable
from netspec.files import write_whole
from netspec.outputs import check_output
from netspec.pipeline import Spec, check, check_text
from netspec.revisions import Beside, Revision, revision_of, text_at
from netspec.syntax.reading import STDIN

if TYPE_CHECKING:
    from netspec.comparison.differences import Difference
    from netspec.expressions import Value

SAME, DIFFERENT, WRONG = 0, 1, 2
BEFORE = "HEAD"  # what one file alone is compared with


class Side(NamedTuple):
    """One of the two."""

    text: str  # as it was given
    file: str | Revision
    variant: str | None


class Compared(NamedTuple):
    """A difference, what the two are called, and their specs."""

    difference: Difference
    a: str
    b: str
    specs: tuple[Spec, Spec]
    renames: bool


def _text(found: Compared) -> str:
    from netspec.comparison.text import as_text

    return as_text(found.difference, found.a, found.b, renames=found.renames)


def _json(found: Compared) -> str:
    from netspec.comparison.data import as_data

    return json.dumps(as_data(found.difference, found.a, found.b), indent=2) + "\n"


def _markdown(found: Compared) -> str:
    from netspec.comparison.markdown import as_markdown

    return as_markdown(found.difference, found.a, found.b, renames=found.renames)


def _html(found: Compared) -> str:
    from netspec.drawing.side_by_side import as_page

    return as_page(found.difference, found.a, found.b, found.specs, renames=found.renames)


FORMATS = {"text": _text, "json": _json, "markdown": _markdown, "html": _html}
ENDINGS = {".html": "html", ".json": "json", ".md": "markdown"}  # of files; others are text


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("a", metavar="A", help="what was: FILE, FILE@VARIANT, REVISION:FILE, or - for standard input")
    parser.add_argument("b", metavar="B", nargs="?", help="what is; without it, A is compared with what it is in HEAD")
    parser.add_argument(
        "--format",
        choices=tuple(FORMATS),
        help="text, JSON, Markdown for a comment on a pull request, or a page with both networks drawn (default: by the ending of "
        "FILE, else text)",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE instead of standard output")
    parser.add_argument("--force", action="store_true", help="replace FILE where it exists")
    parser.add_argument("--renames", action="store_true", help="list the nodes that have other names")
    for name, of in (("set", "both"), ("set-a", "A"), ("set-b", "B")):
        parser.add_argument(
            f"--{name}",
            metavar="NAME=VALUE",
            action="append",
            default=[],
            help=f"override a param of {of} (repeatable)",
        )


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Compare the two."""
    sides = _sides(options)
    if [side.file for side in sides].count(STANDARD_INPUT) > 1:
        raise UsageError("standard input can be read only once, and `-` is given twice")
    given = ([*options.set, *options.set_a], [*options.set, *options.set_b])
    both = params_from(options.set, "--set")
    params = ({**both, **params_from(options.set_a, "--set-a")}, {**both, **params_from(options.set_b, "--set-b")})
    target = None if options.output is None else Path(options.output)
    if target is not None:
        read = [side.file for side in sides if isinstance(side.file, str) and side.file != STANDARD_INPUT]
        check_output(target, inputs=read, force=options.force)
    specs: list[Spec | None] = []
    for side, values in zip(sides, params, strict=True):
        try:
            specs.append(_spec(side, values, err))
        except SpecError as error:
            print_error(error, err)
            specs.append(None)
    first, second = specs
    if first is None or second is None or first.graph is None or second.graph is None:
        return WRONG
    from netspec.comparison.differences import Difference

    difference = Difference(first.graph, second.graph)
    a, b = (" ".join([side.text, *values]) for side, values in zip(sides, given, strict=True))
    form = options.format or ENDINGS.get("" if target is None else target.suffix.lower(), "text")
    text = FORMATS[form](Compared(difference, a, b, (first, second), options.renames))
    if target is None:
        out.write(text)
    else:
        write_whole(target, text)
        out.write(f"wrote {printable(str(target))}\n")
    return SAME if difference.same else DIFFERENT


def _sides(options: argparse.Namespace) -> tuple[Side, Side]:
    if options.b is not None:
        return _side(options.a), _side(options.b)
    only = _side(options.a)
    if only.file == STANDARD_INPUT:
        raise UsageError("standard input alone is compared with nothing; give A and B")
    variant = f"@{only.variant}" if only.variant is not None else ""
    if isinstance(only.file, Revision):  # against the file as it is now
        return only, only._replace(text=f"{only.file.path}{variant}", file=only.file.path)
    before = Revision(BEFORE, only.file)
    return only._replace(text=f"{before}{variant}", file=before), only


def _side(text: str) -> Side:
    """What A or B names: a file that exists is a file, whatever stands in its name."""
    if os.path.exists(text):
        return Side(text, text, None)
    at = revision_of(text)
    path = text if at is None else at.path
    name, mark, variant = path.rpartition("@")
    if not mark or not name or "/" in variant or "\\" in variant:
        return Side(text, text if at is None else at, None)
    return Side(text, name if at is None else at._replace(path=name), variant)


def _spec(side: Side, params: dict[str, Value], err: TextIO) -> Spec | None:
    """The spec; None where it has errors, which are printed. Raises SpecError where there is no text to read."""
    spec = _checked(side, params, err)
    if any(problem.is_error for problem in spec.problems):
        from netspec.report.text import write_problems

        write_problems(err, spec)
    errors = {problem.code for problem in spec.problems if problem.is_error}
    return spec if errors <= BUDGETS else None


def _checked(side: Side, params: dict[str, Value], err: TextIO) -> Spec:
    file = side.file
    if isinstance(file, Revision):
        folder = os.path.dirname(file.path) or os.curdir
        return check_text(
            text_at(file), str(file), params=params, variant=side.variant, folder=folder, opened=Beside(file)
        )
    if file == STANDARD_INPUT:
        return check_text(standard_input(err), STDIN, params=params, variant=side.variant, folder=os.curdir)
    return check(file, params=params, variant=side.variant)
