"""Fixes of one problem on request: those that a check of the whole spec finds for it."""

from __future__ import annotations

from typing import Any

import pytest

import netspec
from netspec import pipeline
from netspec.diagnostics.problems import Repair
from netspec.fixes import proposing
from netspec.fixes.candidates import Search, candidates
from netspec.fixes.elsewhere import Elsewhere
from netspec.fixes.verification import Checked, Watch
from netspec.graph.elaboration.emitter import Emitter
from netspec.pipeline import check, check_text, propose
from netspec.syntax.edits import apply
from netspec.syntax.tree import SourceText
from tests.problems.accept import HERE, SPECS

TEXT = "netspec: 1\ninput: [10, 10, 3]\nlayers:\n  - conv: {filters: 16, kernel_size: 3, strides: 2}\n  - flaten\n"


@pytest.mark.parametrize("name", SPECS)
def test_one_problem_gets_what_a_check_of_all_finds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "MAX_CHECKS", 10_000)  # of all problems together: none is cut short
    asked = check(HERE / name, variants=True, repairs=False)
    whole = check(HERE / name, variants=True)
    assert [problem._replace(fixes=()) for problem in whole.problems] == list(asked.problems)
    if len(asked.problems) < 200:
        assert [propose(asked, problem) for problem in asked.problems] == [problem.fixes for problem in whole.problems]


def test_a_check_without_repairs_leaves_them_to_be_asked_for() -> None:
    spec = check_text(TEXT, repairs=False)
    assert [(problem.code, problem.fixes) for problem in spec.problems] == [("NS401", ()), ("NS201", ())]
    window, word = (netspec.propose(spec, problem) for problem in spec.problems)
    assert [fix.title for fix in window] == ["kernel_size: 4", "padding: [[0, 1], [0, 1]]", "rounding: floor"]
    assert [(fix.title, apply(TEXT, fix.edits)) for fix in word] == [("flatten", TEXT.replace("flaten", "flatten"))]


def test_what_is_proposed_is_of_the_network_that_was_asked_for() -> None:
    text = (
        "netspec: 1\nparams: {n: 3}\ninput: [9, 9, 1]\nlayers:\n  - conv: {filters: 2, kernel_size: $n, strides: 2}\n"
    )
    spec = check_text(text, params={"n": 4}, repairs=False)
    fixes = propose(spec, spec.problems[0])
    assert [fix.title for fix in fixes] == ["kernel_size: 5", "padding: [[0, 1], [0, 1]]", "rounding: floor"]
    assert check_text(text).ok
    for fix in fixes:
        assert check_text(apply(text, fix.edits), params={"n": 4}).ok


def test_a_problem_says_what_might_mend_it_before_anything_is_tried() -> None:
    window, word = check_text(TEXT, repairs=False).problems
    assert [(repair.option, repair.value, repair.confidence) for repair in window.repairs] == [
        ("kernel_size", "4", "possible"),
        ("padding", "[[0, 1], [0, 1]]", "possible"),
        ("rounding", "floor", "possible"),
        ("padding", "same", "possible"),
        ("strides", "1", "possible"),
    ]
    assert [candidate.title for candidate in word.candidates] == ["flatten"]


def test_what_a_kind_holds_to_be_likely_is_offered_first() -> None:
    spec = check_text(TEXT.replace("flaten", "flatten"), repairs=False)
    (problem,) = spec.problems
    repairs = (
        Repair("strides", "1", confidence="unlikely"),
        Repair("kernel_size", "4"),
        Repair("padding", "same", confidence="likely"),
    )
    fixes = propose(spec, problem._replace(repairs=repairs))
    assert [fix.title for fix in fixes] == ["padding: same", "strides: 1", "kernel_size: 4"]


def test_where_the_node_itself_can_be_mended_in_three_ways_nothing_is_tried_elsewhere() -> None:
    spec = check_text(TEXT.replace("flaten", "flatten"), repairs=False)
    tried: list[str] = []

    def recheck(text: str, watch: Watch | None) -> Checked:
        tried.append(text)
        found = check_text(text, repairs=False)
        return Checked(text, found.document, found.graph, found.problems)

    before = Checked(spec.text, spec.document, spec.graph, spec.problems)
    elsewhere = Elsewhere((), lambda document, variant, watch: None)
    fixes = proposing.Proposer(before, None, recheck, elsewhere).fixes(spec.problems[0])
    assert tried == [apply(spec.text, fix.edits) for fix in fixes]
    assert [fix.title for fix in fixes] == ["kernel_size: 4", "padding: [[0, 1], [0, 1]]", "rounding: floor"]


def test_what_does_not_hold_is_given_up_at_the_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    conv = "conv: {filters: 3, kernel_size: 3, strides: 2, rounding: floor}"
    text = f"netspec: 1\ninput: [8, 8, 3]\nlayers:\n  - skip: [{{{conv}}}]\n  - relu\n  - gelu\n"
    spec = check_text(text, repairs=False)
    tried: list[tuple[str, list[str]]] = []
    emit, run = Emitter.emit, pipeline._run

    def begun(source: SourceText, *arguments: Any, **others: Any) -> Any:
        tried.append((source.text, []))
        return run(source, *arguments, **others)

    def emitted(self: Emitter, site: Any, *arguments: Any, **others: Any) -> int:
        tried[-1][1].append(site.path)
        return emit(self, site, *arguments, **others)

    monkeypatch.setattr(pipeline, "_run", begun)
    monkeypatch.setattr(Emitter, "emit", emitted)
    fixes = [apply(text, fix.edits) for fix in propose(spec, spec.problems[0])]
    assert [(now in fixes, made[-1]) for now, made in tried] == [
        (False, "skip_1"),  # projected, rows are still another number
        (False, "skip_1"),
        (False, "skip_1"),
        (False, "skip_1"),
        (True, "gelu_1"),
        (True, "gelu_1"),
    ]


@pytest.mark.parametrize("optimizer", ["", "optimizer: adam, "])
def test_what_is_set_already_is_not_proposed_under_another_key(optimizer: str) -> None:
    text = f"netspec: 1\ninput: [4]\nlayers: [dense: 3]\ntrain: {{{optimizer}lr: 0.1}}\n"
    (problem,) = (each for each in check_text(text, repairs=False).problems if each.is_error)
    titles = [candidate.title for candidate in problem.candidates]
    assert titles == ([] if optimizer else ["optimizer: {adam: {learning_rate: 0.1}}"])


def test_before_a_node_that_is_gone_stand_no_weights() -> None:
    spec = check_text(TEXT.replace("flaten", "flatten\n  - dense: 4"), repairs=False)
    checked = Checked(spec.text, spec.document, spec.graph, spec.problems)
    (problem,) = spec.problems
    assert problem.node == "conv_1"
    assert checked.weights_before(problem._replace(node="dense_1"), (6, 5)) == 3 * 3 * 3 * 16 + 16
    assert checked.weights_before(problem, (9, 1)) == 0
    assert checked._replace(graph=None).weights_before(problem, (4, 5)) == 0


@pytest.mark.parametrize(
    ("given", "multiples"),
    [
        ("4, m: 2", ["2 * $n", "4 * $m", "2 * $by"]),
        ("8, m: 8.0", ["$n", "$m", "$by"]),
        ("3, by: 8", ["$by"]),
        ('"2 + 2 * $index", repeat: 2, m: 1', ["4 * $n", "4 * $by"]),
        ("$wide, m: [8]", ["$n", "$by"]),
        (
            "$nowhere, m: 4",
            ["$n", "2 * $n", "4 * $n", "2 * $m", "$by", "2 * $by", "4 * $by"],
        ),  # what is not known may be it
    ],
)
def test_of_a_blocks_params_those_are_tried_that_are_what_is_wanted(given: str, multiples: list[str]) -> None:
    text = (
        "netspec: 1\nparams: {wide: 8}\ninput: [4, 4, 8]\nblocks:\n  Wide:\n    params: {n: , m: 3, by: $n, mask: false}\n"
        "    layers: [skip: [conv: {filters: 5, kernel_size: 3, padding: same}]]\n"
        f"layers: [Wide: {{n: {given}}}]\n"
    )
    spec = check_text(text, repairs=False)
    (problem,) = (each for each in spec.problems if each.code == "NS403")
    assert spec.document is not None
    assert spec.graph is not None
    search = Search(spec.document, spec.graph, None)
    expected = [f"filters: {each} at `Wide_1.skip_1.conv_1`" for each in ("8", "$channels", *multiples)]
    assert [each.title for each in candidates(search, problem, "possible")] == expected
