"""Many problems are mended by few checks."""

from __future__ import annotations

import pytest

from netspec.diagnostics.problems import Edit, Problem, Span
from netspec.fixes import together as module
from netspec.fixes.verification import Checked, Watch
from netspec.pipeline import check_text, mend
from tests.fixes.test_elsewhere import ODD

PROBLEM = Problem("NS202", "", Span(1, 1, 1, 1))
HEAD = "netspec: 1\ninput: [32, 32, 3]\nlayers:\n"
TWO_WRONG = f"{ODD}  - relo\n"


def test_a_hundred_misspelt_words_cost_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = check_text(HEAD + "  - conv: {filters: 3, kernal_size: 1}\n" * 100)
    checks = []
    held = module._held
    monkeypatch.setattr(module, "_held", lambda *arguments: checks.append(1) or held(*arguments))
    done, _, after = mend(spec)
    assert (len(done), len(checks), after.ok) == (100, 1, True)
    assert after.text == HEAD + "  - conv: {filters: 3, kernel_size: 1}\n" * 100
    assert {each.title for each in done} == {"kernel_size"}


def test_wrong_words_are_mended_before_wrong_shapes() -> None:
    spec = check_text(
        HEAD
        + "  - conv: {filters: 3, kernel_size: 3, pading: same}\n  - pool: {pool_size: 5, rouding: floor}\n  - skip: [{1x1: 5}]\n"
    )
    words, _, after = mend(spec)
    shapes, _, whole = mend(after)
    assert [(problem.code, title) for problem, title, _ in words] == [("NS202", "padding"), ("NS202", "rounding")]
    assert [(problem.code, title) for problem, title, _ in shapes] == [("NS403", "shortcut: project")]
    assert whole.ok


def test_what_would_break_a_variant_is_left_out() -> None:
    done, left, after = mend(check_text(TWO_WRONG, repairs=False))
    assert [(each.title, left) for each in done] == [("relu", [])]
    for _ in range(2):  # and it stays so
        done, left, after = mend(after)
        ((change, broken),) = left
        assert (done, change.title, broken) == ([], "units: 8 at `skip_1.dense_1`", ("odd",))
        assert after.text == TWO_WRONG.replace("relo", "relu")


def test_what_leaves_a_variant_sound_is_taken_before_what_does_not() -> None:
    text = TWO_WRONG.replace("odd:", "wide:").replace("[$units]", "[16, 16, $units]")
    _, _, after = mend(check_text(text, repairs=False))
    ((done,), left, after) = mend(after)
    assert (done.title, left, after.ok) == ("shortcut: project", [], True)
    assert check_text(after.text, variant="wide").ok


def test_where_words_cannot_be_mended_shapes_are() -> None:
    text = HEAD + "  - skip: [{1x1: 5}]\n  - zzzzzz\n"
    done, left, after = mend(check_text(text))
    assert [(each.problem.code, left) for each in done] == [("NS403", [])]
    assert [each.code for each in after.problems if each.is_error] == ["NS201"]


def test_the_first_fix_is_taken() -> None:
    spec = check_text(HEAD.replace("3]", "16]") + "  - skip: [{conv: {filters: 16, kernel_size: 3}}, relu]\n")
    errors = [problem for problem in spec.problems if problem.is_error]
    done, _, after = mend(spec)
    assert len(done) == len(errors) == 1
    assert done[0].title == errors[0].fixes[0].title
    assert after.ok


def test_a_text_without_fixes_stays_as_it_is() -> None:
    spec = check_text(HEAD + "  - zzzzzz\n")
    assert mend(spec) == ([], [], spec)


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

    def recheck(text: str, watch: Watch | None) -> Checked:
        found = check_text(text, repairs=False)
        return Checked(text, found.document, found.graph, found.problems)

    def sound(_: Checked) -> tuple[str, ...]:
        return ()

    mixed = [*changes[:4], wrong, *changes[5:]]
    kept, _, after = module.together(before, mixed, recheck, 20, sound)
    assert kept == [*changes[:4], *changes[5:]]
    assert [problem.span.line for problem in after.problems if problem.is_error] == [8]
    assert module.together(before, mixed, recheck, 1, sound) == ([], [], before)


def test_what_breaks_another_network_is_found_by_halves() -> None:
    spec = check_text(HEAD + "  - conv: {filters: 3, kernal_size: 1}\n" * 7, repairs=False)
    errors = [problem for problem in spec.problems if problem.is_error]
    before = Checked(spec.text, spec.document, spec.graph, spec.problems)
    changes = [module.Change(problem, "kernel_size", problem.candidates[0].edits) for problem in errors]

    def recheck(text: str, watch: Watch | None) -> Checked:
        found = check_text(text, repairs=False)
        return Checked(text, found.document, found.graph, found.problems)

    def broken(checked: Checked) -> tuple[str, ...]:
        return ("odd",) if "kernel_size" in checked.text.splitlines()[7] else ()

    kept, left, _ = module.together(before, changes, recheck, 20, broken)
    assert (kept, left) == ([*changes[:4], *changes[5:]], [(changes[4], ("odd",))])
