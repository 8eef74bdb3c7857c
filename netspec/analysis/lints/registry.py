"""The table of lints: a function that is declared here is shown every network without errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netspec.analysis.view import View
from netspec.diagnostics.problems import Problem

Lint = Callable[[View], Iterator[Problem]]

LINTS: list[Lint] = []


def lint(function: Lint) -> Lint:
    """Function decorator: declare a lint, a generator of the problems that it finds in a network."""
    LINTS.append(function)
    return function
