"""`validate --fix`: verified fixes, applied to the file itself."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

from netspec.diagnostics.words import printable
from netspec.files import atomic_rewrite
from netspec.pipeline import Spec, mend

MAX_ROUNDS = 20  # each fixes as many problems as can be fixed together
MAX_NODES_ROUNDS = 20_000  # nodes that are checked in all rounds together, but for the first


def fix_file(spec: Spec, err: TextIO) -> Spec:
    """Apply the first fix of each error, all that hold together at once, until none is left; returns the spec as it is then.

    Warnings are left alone: whether to change what is valid is for the user to decide.

    Args:
        spec: The spec, checked with all its variants.
        err: Takes a line for each fix, once the file has been written, and one where fixes are left.
    """
    before = spec
    done: list[str] = []
    nodes = 0
    for _ in range(MAX_ROUNDS):
        nodes += len(spec.graph.nodes) if spec.graph is not None else 0
        mended, spec = mend(spec)
        if not mended:
            break
        done += [
            f"{printable(spec.path)}:{problem.span.line}: fixed {problem.code}: {printable(title)}\n"
            for problem, title in mended
        ]
        if nodes > MAX_NODES_ROUNDS:
            break
    if spec.text != before.text:
        _write(Path(spec.path), spec.text)
        err.writelines(done)  # not before it is true
    if any(problem.fixes and problem.is_error for problem in spec.problems):
        err.write(f"{printable(spec.path)}: some fixes are left; run `netspec validate --fix` again\n")
    return spec


def _write(path: Path, text: str) -> None:
    """Write a file's new text; a byte order mark at its start, which is no part of the text, stays."""
    with open(path, "rb") as old:
        mark = old.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    with atomic_rewrite(path) as temporary:
        temporary.write_bytes(codecs.BOM_UTF8 * mark + text.encode())
