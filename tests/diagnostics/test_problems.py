"""Problems of a file: how an error tells of them."""

from __future__ import annotations

from netspec.diagnostics.problems import Problem, Span, SpecError


def test_an_error_tells_the_first_problem_and_counts_the_others() -> None:
    first = Problem("NS203", "`conv` needs `filters`", Span(3, 5, 3, 9))
    second = Problem("NS401", "does not tile", Span(4, 5, 4, 9))
    advice = Problem("NS804", "nothing uses the param `n`", Span(2, 3, 2, 4))
    assert str(SpecError("a.yaml", (first,))) == "a.yaml:3:5: NS203: `conv` needs `filters`"
    assert str(SpecError("a.yaml", (advice, first))) == "a.yaml:3:5: NS203: `conv` needs `filters`"
    assert str(SpecError("a.yaml", (advice, first, second))) == "a.yaml:3:5: NS203: `conv` needs `filters` (and 1 more)"
    three = (first, advice, second, second._replace(message="nor that"))
    assert str(SpecError("a.yaml", three)) == "a.yaml:3:5: NS203: `conv` needs `filters` (and 2 more)"
    assert str(SpecError("a.yaml", ())) == "a.yaml"
