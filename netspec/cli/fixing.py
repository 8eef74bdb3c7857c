"""`validate --fix`: verified fixes, applied to the file itself."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from netspec.diagnostics.words import printable
from netspec.files import atomic_rewrite
from netspec.pipeline import Spec, check_text
from netspec.syntax.edits import apply

MAX_ROUNDS = 100  # each round fixes one problem


def fix_file(spec: Spec, params: Mapping[str, object], variant: str | None, err: TextIO) -> Spec:
    """Apply the first fix of each error, one at a time, checking again after each; returns the spec as it is then.

    Warnings are left alone: whether to change what is valid is for the user to decide.
    """
    before = spec
    done: list[str] = []
    while len(done) < MAX_ROUNDS:
        problem = next((p for p in spec.problems if p.fixes and p.is_error), None)
        if problem is None:
            break
        fix = problem.fixes[0]
        done.append(f"{printable(spec.path)}:{problem.span.line}: fixed {problem.code}: {printable(fix.title)}\n")
        spec = check_text(apply(spec.text, fix.edits), spec.path, params=params, variant=variant, variants=True)
    if spec.text != before.text:
        _write(Path(spec.path), spec.text)
        err.writelines(done)  # not before it is true
    return spec


def _write(path: Path, text: str) -> None:
    """Write a file's new text; a byte order mark at its start, which is no part of the text, stays."""
    with open(path, "rb") as old:
        mark = old.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    with atomic_rewrite(path) as temporary:
        temporary.write_bytes(codecs.BOM_UTF8 * mark + text.encode())
