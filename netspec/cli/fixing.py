"""`validate --fix`: verified fixes, applied to the file itself."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from netspec.cli.rewriting import print_spec, write_spec
from netspec.diagnostics.words import printable
from netspec.fixes.elsewhere import remark
from netspec.fixes.together import Change, LeftOut
from netspec.fixes.verification import CHARACTERS_OF_A_NODE, size_of
from netspec.pipeline import Spec, mend

MAX_ROUNDS = 20  # each fixes as many problems as can be fixed together
MAX_NODES_ROUNDS = 15_000  # nodes that are checked in all rounds together, but for the first
MAX_NODES_MENDED = 30_000  # of a network that is mended, its variants and the bodies around its nodes included


def fix_file(spec: Spec, err: TextIO) -> Spec:
    """Apply the first fix of each error, all that hold together at once, until none is left; returns the spec as it is then.

    Warnings are left alone: whether to change what is valid is for the user to decide.

    Args:
        spec: The spec, checked with all its variants.
        err: Takes a line for each fix, once the file has been written, and one where fixes are left.

    Raises:
        SpecError: The file cannot be written.
    """
    after, done, left = _mended(spec)
    if after.text != spec.text:
        write_spec(Path(spec.path), after.text, "`--fix -` prints the fixed text of standard input")
    _tell(after, done, left, err)  # not before it is true
    return after


def fix_text(spec: Spec, data: bytes, out: TextIO, err: TextIO) -> Spec:
    """The same for a text from standard input, whose bytes are `data`: it is printed, mended or not."""
    after, done, left = _mended(spec)
    print_spec(data, spec.text, after.text, out)
    _tell(after, done, left, err)
    return after


def _mended(spec: Spec) -> tuple[Spec, list[str], list[LeftOut]]:
    """The spec once it has been mended, a line for each fix, and those that are left out for other variants' sake."""
    done: list[str] = []
    nodes = 0
    for _ in range(MAX_ROUNDS):
        size = size_of(spec.text, spec.effort)
        if size > MAX_NODES_MENDED:
            break
        nodes += size
        mended = mend(spec)
        if not mended.done:
            return spec, done, mended.left
        done += [f"{_told(spec, change, 'fixed')}\n" for change in mended.done]
        spec = mended.spec
        if nodes > MAX_NODES_ROUNDS:
            break
    return spec, done, []


def _told(spec: Spec, change: Change, what: str) -> str:
    """What was done, or not, of a problem."""
    problem = change.problem
    return f"{printable(spec.path)}:{problem.span.line}: {what} {problem.code}: {printable(change.title)}"


def _tell(spec: Spec, done: list[str], left: list[LeftOut], err: TextIO) -> None:
    err.writelines(done)
    err.writelines(f"{_told(spec, each.change, 'not fixed')}: {remark(each.broken)}\n" for each in left)
    known = {each.change.problem.key for each in left}
    if not spec.ok and size_of(spec.text, spec.effort) > MAX_NODES_MENDED:
        most = f"{MAX_NODES_MENDED:,} nodes, or {MAX_NODES_MENDED * CHARACTERS_OF_A_NODE:,} characters"
        err.write(f"{printable(spec.path)}: not fixed: it is larger than {most}, the most that --fix checks again\n")
    elif any(problem.fixes and problem.is_error and problem.key not in known for problem in spec.problems):
        err.write(f"{printable(spec.path)}: some fixes are left; run `netspec validate --fix` again\n")
