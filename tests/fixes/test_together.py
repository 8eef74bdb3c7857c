"""Many problems are mended by few checks."""

from __future__ import annotations

import pytest

from netspec.diagnostics.problems import Edit, Problem, Span
from netspec.fixes import together as module
from netspec.fixes.verification import Checked
from netspec.pipeline import check_text, mend

PROBLEM = Problem("NS202", "", Span(1, 1, 1, 1))
HEAD = "netspec: 1\ninput: [32, 32, 3]\nlayers:\n"


def test_a_hundred_misspelt_words_cost_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = check_text(HEAD + "  - conv: {filters: 3, kernal_size: 1}\n" * 100)
    checks = []
    held = module._held
    monkeypatch.setattr(module, "_held", lambda *arguments: checks.append(1) or held(*arguments))
    done, after = mend(spec)
    assert (len(done), len(checks), after.ok) == (100, 1, True)
    assert after.text == HEAD + "  - conv: {filters: 3, kernel_size: 1}\n" * 100
    assert {title for _, title in done} == {"kernel_size"}


def test_problems_of_several_stages_are_mended_together() -> None:
    spec = check_text(
        HEAD
        + "  - conv: {filters: 3, kernel_size: 3, pading: same}\n  - pool: {pool_size: 5, rouding: floor}\n  - skip: [{1x1: 5}]\n"
    )
    done, after = mend(spec)
    assert [(problem.code, title) for problem, title in done] == [
        ("NS202", "padding"),
        ("NS202", "rounding"),
        ("NS403", "shortcut: project"),
    ]
    assert after.ok


def test_the_first_fix_is_taken() -> None:
    spec = check_text(HEAD.replace("3]", "16]") + "  - skip: [{conv: {filters: 16, kernel_size: 3}}, relu]\n")
    errors = [problem for problem in spec.problems if problem.is_error]
    done, after = mend(spec)
    assert len(done) == len(errors) == 1
    assert done[0][1] == errors[0].fixes[0].title
    assert after.ok


def test_a_text_without_fixes_stays_as_it_is() -> None:
    spec = check_text(HEAD + "  - zzzzzz\n")
    done, after = mend(spec)
    assert (done, after.text) == ([], spec.text)


def test_of_two_changes_of_one_place_the_first_is_tried() -> None:
    def change(column: int, end: int) -> module.Change:
        return module.Change(PROBLEM, "x", (Edit(Span(1, column, 1, end), "x"),))

    changes = [change(5, 8), change(1, 4), change(7, 9), change(8, 9), change(9, 9), change(10, 12)]
    assert module._separate(changes) == [changes[0], changes[1], changes[4], changes[5]]


def test_what_does_not_hold_is_found_by_halves() -> None:
    spec = check_text(HEAD + "  - conv: {filters: 3, kernal_size: 1}\n" * 7, repairs=False)
    errors = [problem for problem in spec.problems if problem.is_error]
    before = Checked(spec.text, spec.document, spec.graph, spec.problems)
    changes = [module.Change(problem, "kernel_size", problem.candidates[0].edits) for problem in errors]
    wrong = changes[4]._replace(edits=(changes[4].edits[0]._replace(text="filtres"),))

    def recheck(text: str) -> Checked:
        found = check_text(text, repairs=False)
        return Checked(text, found.document, found.graph, found.problems)

    kept, after = module.together(before, [*changes[:4], wrong, *changes[5:]], recheck, 20)
    assert kept == [*changes[:4], *changes[5:]]
    assert [problem.span.line for problem in after.problems if problem.is_error] == [8]
    kept, after = module.together(before, [*changes[:4], wrong, *changes[5:]], recheck, 1)
    assert (kept, after) == ([], before)
