"""The bounds that hold what amplifies, each with its problem; and what is left out of what nobody reads."""

from __future__ import annotations

import gc
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.analysis.suppressions import suppress
from netspec.cli import main
from netspec.cli.common import once
from netspec.diagnostics.problems import MAX_FOUND, MAX_PROBLEMS, Problems, Span, TooManyProblems
from netspec.diagnostics.words import MAX_LISTED, listing, suggest
from netspec.graph.input_sizes import MAX_ANSWERS, sizes_of
from netspec.pipeline import Spec, check_text
from netspec.report.inspection import closing_lines, rows
from netspec.report.sizes import lines
from netspec.syntax.reading import read_text

DOT = "netspec: 1\ninput: [1, 1, 1]\n"


def checked(layers: str, sections: str = "") -> Spec:
    """A spec of some layers on a single position."""
    return check_text(f"{DOT}{sections}layers:\n{layers}", repairs=False)


def said(spec: Spec) -> list[tuple[str, str]]:
    """The codes and messages of its errors."""
    return [(problem.code, problem.message) for problem in spec.problems if problem.is_error]


# --- problems ---------------------------------------------------------------------------------------------------------


def at(line: int) -> Span:
    return Span(line, 1, line, 2)


def test_a_warning_takes_no_error_s_place() -> None:
    problems = Problems()
    for line in range(MAX_PROBLEMS + 5):
        problems.add("NS305", "unused", at(line + 1))
    problems.add("NS401", "wrong", at(1))
    kept = problems.ordered()
    assert len(kept) == MAX_PROBLEMS
    assert [(each.code, each.span.line) for each in kept if each.is_error] == [("NS401", 1)]
    assert [each.span.line for each in kept if not each.is_error] == list(range(1, MAX_PROBLEMS))
    assert problems.crowded
    assert not problems.full


def test_an_error_beside_a_thousand_warnings_fails_the_check() -> None:
    """Its place was taken by the warnings, and a network over its limits was accepted."""
    unused = "  - dense: {units: 2, from: input}\n" * 1_100
    spec = checked(f"  - flatten\n{unused}", "limits: {parameters: 1}\n")
    assert said(spec) == [
        ("NS601", "the network has 4 parameters, over the limit of 1; the most are in `dense_1100` 4")
    ]


def test_a_thousand_errors_end_a_check() -> None:
    problems = Problems()
    for line in range(MAX_PROBLEMS):
        problems.add("NS401", "wrong", at(line + 1))
    problems.add("NS401", "wrong", at(1))  # known
    problems.add("NS305", "unused", at(1))  # a warning, for which there is no place
    assert problems.full
    with pytest.raises(TooManyProblems):
        problems.add("NS401", "another", at(1))
    assert len(problems.ordered()) == MAX_PROBLEMS


def test_one_error_is_enough_where_that_is_all_there_is_to_know() -> None:
    problems = Problems(most=1)
    problems.add("NS305", "unused", at(1))
    problems.add("NS401", "wrong", at(2))
    assert [each.code for each in problems.ordered()] == ["NS401"]
    with pytest.raises(TooManyProblems):
        problems.add("NS401", "another", at(3))


def test_one_error_found_ten_thousand_times_ends_a_check() -> None:
    problems = Problems()
    for _ in range(MAX_FOUND):
        problems.add("NS401", "wrong", at(1))
    with pytest.raises(TooManyProblems):
        problems.add("NS401", "wrong", at(1))
    assert len(problems.ordered()) == 1
    problems.remove(problems.ordered()[0])
    assert not problems.has_errors


# --- networks ---------------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_counted() -> None:
    spec = checked('  - relu: {repeat: 40000, when: "$index < 0"}\n' * 2 + "  - relu\n")
    assert said(spec) == [
        ("NS509", "with `relu` more than 50,000 nodes are left out, the most that a graph may leave out")
    ]
    assert checked('  - relu: {repeat: 40000, when: "$index < 0"}\n  - relu\n').ok


def test_expressions_are_counted_by_their_characters() -> None:
    text = "1" + " + 0" * 200 + " + 0 * $index"
    spec = checked(f'  - dense: {{units: "{text}", repeat: 20000}}\n')
    assert said(spec) == [
        (
            "NS503",
            "the expressions that are worked out have more than 10,000,000 characters together",
        )
    ]
    assert checked(f'  - dense: {{units: "{text}", repeat: 10000}}\n').ok


def test_the_params_of_a_block_are_counted_at_each_use() -> None:
    params = ", ".join(f"p{i}: 1" for i in range(1_000))
    spec = checked("  - B: {repeat: 600}\n", f"blocks:\n  B: {{params: {{{params}}}, layers: [relu]}}\n")
    assert said(spec) == [
        ("NS503", "at `B`: the expressions that are worked out have more than 10,000,000 characters together")
    ]


def test_lists_in_lists_are_counted() -> None:
    names = "  a0: [1, 2]\n" + "".join(f'  a{i}: "[$a{i - 1}, $a{i - 1}]"\n' for i in range(1, 11))
    spec = checked('  - dense: {units: "len($a10)", repeat: 3000}\n', f"params:\n{names}")
    assert said(spec) == [
        ("NS503", "in 'len($a10)': expressions read lists with more than 5,000,000 items together"),
    ]


def test_what_is_handed_on_is_counted_as_read() -> None:
    blocks = "blocks: {B: {layers: [{skip: {body: []}}]}}\n"
    spec = checked("  - relu: {name: s, repeat: 20000}\n" + "  - B: {from: [s_*]}\n" * 3, blocks)
    assert said(spec) == [
        ("NS509", "with `skip` the nodes read more than 100,000 others together, the most that a graph may have")
    ]
    spec = checked(
        "  - relu: {name: s, repeat: 30000}\n  - B: {from: [s_*]}\n  - add\n" * 1,
        blocks.replace("{skip: {body: []}}", ""),
    )
    assert spec.ok
    spec = checked(
        "  - relu: {name: s, repeat: 45000}\n  - B: {from: [s_*], repeat: 2}\n  - add\n  - add: {from: s_*}\n",
        blocks.replace("{skip: {body: []}}", ""),
    )
    assert said(spec) == [
        ("NS509", "with `add` the nodes read more than 100,000 others together, the most that a graph may have")
    ]


def test_sizes_that_no_machine_holds_do_not_grow_on() -> None:
    """They got as many digits as there were layers, which took seconds and could not be shown."""
    spec = checked("  - upsample: {size: 3, repeat: 20000}\n")
    assert said(spec) == [
        ("NS602", "`upsample_17` would have an output of 129140163 x 129140163 x 1, more than any machine holds")
    ]
    assert spec.graph is not None
    assert spec.graph.nodes[-1].shape == (None, None, 1)


@pytest.mark.parametrize("sizes", [7, 8])
def test_so_many_dimensions_and_no_more(sizes: int) -> None:
    shape = " x ".join("1" * 8)
    assert said(checked(f"  - reshape: {[1] * sizes}\n")) == (
        [
            (
                "NS602",
                f"`reshape_1` would have an output of {shape}: 8 dimensions, and TensorFlow computes with 7 beside the batch",
            )
        ]
        if sizes > 7
        else []
    )


def test_paths_are_bounded() -> None:
    node = "relu"
    for level in range(11):
        node = f"{{skip: {{name: {'z' * 95}{level}, body: [{node}]}}}}"
    assert said(checked(f"  - {node}\n")) == [
        ("NS506", "bodies are nested so deep that their path has over 1,000 characters")
    ]


def test_a_name_that_is_missing_in_all_uses_of_a_block_is_said_once() -> None:
    spec = checked("  - B: {repeat: 300}\n", "blocks: {B: {layers: [{add: {from: [input, nobody]}}]}}\n")
    assert said(spec) == [("NS301", "there is no node `nobody` here")]


def test_the_last_of_repeated_nodes_is_found_at_once_and_all_of_them_again() -> None:
    spec = checked(
        "  - relu: {name: s, repeat: 3}\n  - add: {from: [s, s_1]}\n  - add: {from: s_*}\n  - add: {from: s_*}\n"
    )
    assert spec.graph is not None
    paths = [[spec.graph.nodes[i].path for i in node.inputs] for node in spec.graph.nodes[-3:]]
    assert paths == [["s_3", "s_1"], ["s_1", "s_2", "s_3"], ["s_1", "s_2", "s_3"]]


def test_variants_are_measured_by_what_is_written_too() -> None:
    params = ", ".join(f"p{i}: 1" for i in range(1_000))
    variants = ", ".join(f"v{i}: {{p0: 2}}" for i in range(400))
    text = f"{DOT}params: {{{params}}}\nvariants: {{{variants}}}\nlayers: [{{dense: $p0}}]\n"
    (problem,) = [each for each in check_text(text, variants=True, repairs=False).problems if each.is_error]
    assert problem.message == (
        "the variants after `v164` are not checked, because with the next they would make more than 50,000 nodes "
        "together, 100 for each itself"
    )


# --- words ------------------------------------------------------------------------------------------------------------


def test_of_very_many_words_the_first_are_listed() -> None:
    words = [f"w{i}" for i in range(MAX_LISTED + 1_000)]
    first = ", ".join(f"`w{i}`" for i in range(MAX_LISTED))
    assert listing(words) == f"{first} and 1,000 more"
    assert listing(words[:3], "or") == "`w0`, `w1` or `w2`"


def test_what_was_meant_is_the_same_each_time() -> None:
    known = [f"known{i}" for i in range(1_000)]
    assert [suggest("knowm999", known) for _ in range(2)] == [suggest("knowm999", known[-200:])] * 2


def test_comments_speak_of_the_next_line_with_text() -> None:
    text = "a: 1\n# netspec: ignore NS801\n\n# netspec: ignore NS802\nb: 1\n# netspec: ignore NS803\n"
    problems = Problems()
    source = read_text(text, "", problems)
    suppress(source, problems, lambda: iter(()))
    assert [(each.span.line, each.message) for each in problems.ordered()] == [
        (2, "nothing at line 5 raises NS801, so there is nothing to suppress"),
        (4, "nothing at line 5 raises NS802, so there is nothing to suppress"),
        (6, "nothing at line 8 raises NS803, so there is nothing to suppress"),
    ]


# --- reports ----------------------------------------------------------------------------------------------------------


def test_of_very_many_inputs_and_outputs_the_first_are_shown() -> None:
    names = [f"o{i}" for i in range(50)]
    nodes = "".join(f"  - relu: {{name: {name}, from: input}}\n" for name in names)
    spec = checked(nodes + f"  - add: {{from: [{', '.join(names)}]}}\n", f"outputs: [{', '.join(names)}, add_1]\n")
    assert spec.graph is not None
    assert rows(spec.graph, 100)[-1][-1] == ", ".join(names[:40]) + ", … (50 in total)"
    shown = ", ".join(f"{name} 1 x 1 x 1" for name in names[:40])
    assert closing_lines(spec.graph)[-1] == f"outputs              {shown}, … (51 in total)"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_headings_are_bold_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    path = tmp_path / "net.yaml"
    path.write_text("netspec: 1\ninput: [8]\nlayers: [relu]\n", encoding="utf-8")
    out = Terminal()
    assert main(["inspect", str(path)], out, io.StringIO()) == 0
    first, second, *_ = out.getvalue().splitlines()
    assert first == "\x1b[1mnode     kind    output   parameters   MACs   memory   receptive field   inputs\x1b[0m"
    assert second == "input    input   8"


def test_of_many_inputs_each_of_its_size_some_are_answered() -> None:
    inputs = ", ".join(f"i{n}: [{n + 1}, 3]" for n in range(MAX_ANSWERS + 2))
    first = ", ".join(f"i{n}" for n in range(MAX_ANSWERS + 2))
    pools = "".join(f"  - global_pool: {{type: avg, name: g{n}, from: i{n}}}\n" for n in range(MAX_ANSWERS + 2))
    spec = check_text(
        f"netspec: 1\ninputs: {{{inputs}}}\nlayers:\n{pools}  - add: {{from: [{first.replace('i', 'g')}]}}\n"
    )
    assert spec.document is not None
    assert spec.graph is not None
    answers = sizes_of(spec.document, spec.graph)
    assert [answer.valid.searched > 0 for answer in answers] == [True] * MAX_ANSWERS + [False] * 2
    assert lines(answers)[-2:] == [
        f"sizes of i{MAX_ANSWERS + 1} ({MAX_ANSWERS + 2} x 3)",
        "  length             not checked, because there are too many nodes or inputs",
    ]


# --- repairs and files ------------------------------------------------------------------------------------------------


def test_what_is_too_large_is_not_fixed_and_told(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    text = "netspec: 1\ninput: [8]\nlayers:\n  - relu: {repeat: 31000}\n  - dense: {unit: 3}\n"
    path.write_text(text, encoding="utf-8")
    err = io.StringIO()
    assert main(["validate", "--fix", str(path)], io.StringIO(), err) == 1
    assert err.getvalue() == (
        f"{path}: not fixed: it is larger than 30,000 nodes, or 1,200,000 characters, the most that --fix checks again\n"
    )
    assert path.read_text(encoding="utf-8") == text
    path.write_text(text.replace("31000", "20000"), encoding="utf-8")
    assert main(["validate", "--fix", str(path)], io.StringIO(), err) == 0


@pytest.fixture
def _collecting() -> Iterator[None]:
    was = gc.isenabled()
    yield
    (gc.enable if was else gc.disable)()


@pytest.mark.usefixtures("_collecting")
def test_garbage_is_collected_from_the_second_file_on() -> None:
    gc.disable()
    seen = [(path, gc.isenabled()) for path in once(["a", "b", "c"])]
    assert seen == [("a", False), ("b", True), ("c", True)]
