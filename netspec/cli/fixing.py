"""`validate --fix`: proven repairs, applied to the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from netspec.api import Spec, check_text
from netspec.edits import apply
from netspec.files import written_beside
from netspec.problems import printable

MAX_ROUNDS = 100  # each round mends one problem


def fix_file(spec: Spec, params: Mapping[str, Any], variant: str | None, err: TextIO) -> Spec:
    """Apply the first fix of each error, one at a time, checking again between; returns what is left.

    Advice is left to be weighed: what it would change is right as it stands.
    """
    before = spec
    done = 0
    while done < MAX_ROUNDS:
        problem = next((p for p in spec.problems if p.fixes and p.is_error), None)
        if problem is None:
            break
        fix = problem.fixes[0]
        err.write(f"{printable(spec.path)}:{problem.span.line}: fixed {problem.code}: {printable(fix.title)}\n")
        spec = check_text(apply(spec.text, fix.edits), spec.path, params=params, variant=variant)
        done += 1
    if spec.text != before.text:
        with (
            written_beside(Path(spec.path)) as temporary,
            open(temporary, "w", encoding="utf-8", newline="") as file,
        ):
            file.write(spec.text)
    return spec
