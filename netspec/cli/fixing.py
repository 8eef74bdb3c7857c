"""`validate --fix`: verified fixes, applied to the file itself."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

from netspec.cli.streams import Stream
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import file_type, printable
from netspec.files import atomic_rewrite
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
    after, done = _mended(spec)
    if after.text != spec.text:
        _write(Path(spec.path), after.text)
    _tell(after, done, err)  # not before it is true
    return after


def fix_text(spec: Spec, data: bytes, out: TextIO, err: TextIO) -> Spec:
    """The same for a text from standard input, whose bytes are `data`: it is printed, mended or not."""
    after, done = _mended(spec)
    mark = codecs.BOM_UTF8 * data.startswith(codecs.BOM_UTF8)
    fixed = data if after.text == spec.text else mark + after.text.encode()
    if isinstance(out, Stream):
        out.write_bytes(fixed)
    else:
        out.write(fixed.decode("utf-8", "backslashreplace"))
    _tell(after, done, err)
    return after


def _mended(spec: Spec) -> tuple[Spec, list[str]]:
    """The spec once it has been mended, and a line for each fix."""
    done: list[str] = []
    nodes = 0
    for _ in range(MAX_ROUNDS):
        size = size_of(spec.text, spec.effort)
        if size > MAX_NODES_MENDED:
            break
        nodes += size
        mended, spec = mend(spec)
        if not mended:
            break
        done += [
            f"{printable(spec.path)}:{problem.span.line}: fixed {problem.code}: {printable(title)}\n"
            for problem, title in mended
        ]
        if nodes > MAX_NODES_ROUNDS:
            break
    return spec, done


def _tell(spec: Spec, done: list[str], err: TextIO) -> None:
    err.writelines(done)
    if not spec.ok and size_of(spec.text, spec.effort) > MAX_NODES_MENDED:
        most = f"{MAX_NODES_MENDED:,} nodes, or {MAX_NODES_MENDED * CHARACTERS_OF_A_NODE:,} characters"
        err.write(f"{printable(spec.path)}: not fixed: it is larger than {most}, the most that --fix checks again\n")
    elif any(problem.fixes and problem.is_error for problem in spec.problems):
        err.write(f"{printable(spec.path)}: some fixes are left; run `netspec validate --fix` again\n")


def _write(path: Path, text: str) -> None:
    """Write a file's new text; a byte order mark at its start, which is no part of the text, stays."""
    if path.exists() and not path.is_file():
        message = f"this is {file_type(path.stat().st_mode)}, and not a file; `--fix -` prints the fixed text of standard input"
        raise SpecError(str(path), (Problem("NS709", message, FILE_START),))
    with open(path, "rb") as old:
        mark = old.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    with atomic_rewrite(path) as temporary:
        temporary.write_bytes(codecs.BOM_UTF8 * mark + text.encode())
