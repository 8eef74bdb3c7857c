"""Uses of blocks written out that are repeated, that take the weights of others, whose arguments hang on what they receive."""

from __future__ import annotations

from pathlib import Path

import pytest

from netspec.pipeline import Spec, check, check_text
from netspec.refactoring import Refactoring, refactorings
from netspec.refactoring.bodies import Layout
from netspec.refactoring.proving import same_network
from netspec.syntax.edits import apply
from netspec.syntax.tree import span_of

HEAD = "netspec: 1\ninput: [16, 16, 4]\n"
ZOO = sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml"))
MOST_NODES = 500  # of a network whose variants are all compared
UNIT = """\
blocks:
  Unit:
    params: {filters: }
    layers:
      # in
      - conv: {filters: $filters, kernel_size: 3, padding: same, name: first}   # c
      - relu
      - add: {from: [first, relu_1]}

"""
RESIDUAL = """\
blocks:
  Residual:
    params: {wider: 2}
    layers:
      - 1x1: $wider * $channels
      - dense: {units: 4, repeat: 2, activation: relu}
      - add: {from: [input, dense_2]}

"""


def offered(text: str) -> tuple[Spec, dict[str, Refactoring]]:
    """What is said of inlining the use that `‸` marks."""
    at = text.index("‸")
    text = text.replace("‸", "")
    spec = check_text(text, repairs=False)
    assert spec.graph is not None, spec.problems
    line = text.count("\n", 0, at) + 1
    columns = (at - text.rfind("\n", 0, at),) * 2
    return spec, {
        each.title: each
        for each in refactorings(spec, line, line, ("refactor.inline",), columns=columns, refusals=True)
    }


def inlined(text: str, title: str) -> str:
    """The text with the use that `‸` marks written out."""
    spec, found = offered(text)
    assert found[title].refused == ""
    new = apply(spec.text, found[title].edits)
    assert same_network(spec, check_text(new, repairs=False))
    return new


def test_repetitions_are_written_one_after_the_other() -> None:
    text = f"{HEAD}{UNIT}layers:\n  - ‸Unit: {{filters: 4 + $index, repeat: 2}}   # twice\n  - relu\n"
    assert inlined(text, "Inline `Unit`") == (
        HEAD
        + """\
layers:
  # twice
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: first_1}   # c
  - relu: {name: unit_1_relu_1}
  - add: {from: [first_1, unit_1_relu_1]}
  # in
  - conv: {filters: 5, kernel_size: 3, padding: same, name: first_2}   # c
  - relu: {name: unit_2_relu_1}
  - add: {from: [first_2, unit_2_relu_1]}
  - relu
"""
    )


@pytest.mark.parametrize(
    ("read", "first", "second"),
    [
        ("u", "", ", name: u"),  # the last of them
        ("[u_1, u_2]", ", name: u_1", ", name: u_2"),
    ],
)
def test_repetitions_are_called_as_they_are_read(read: str, first: str, second: str) -> None:
    blocks = "blocks:\n  Unit:\n    layers:\n      - 1x1: 4\n      - relu6: {negative_slope: 0.1}\n\n".replace(
        "relu6: {negative_slope: 0.1}", "leaky_relu: {negative_slope: 0.1}"
    )
    after = f"  - add: {{from: {read}}}\n" if "," in read else f"  - relu: {{from: {read}}}\n"
    text = f"{HEAD}{blocks}layers:\n  - ‸Unit: {{repeat: 2, name: u}}\n{after}"
    assert inlined(text, "Inline `Unit`") == HEAD + (
        f"layers:\n  - 1x1: 4\n  - leaky_relu: {{negative_slope: 0.1{first}}}\n"
        f"  - 1x1: 4\n  - leaky_relu: {{negative_slope: 0.1{second}}}\n{after}"
    )


def test_what_enters_each_repetition_is_named() -> None:
    text = f"{HEAD}{RESIDUAL}layers:\n  - relu\n  - ‸Residual: {{wider: 3, repeat: 2}}\n"
    assert inlined(text, "Inline `Residual`") == HEAD + (
        "layers:\n  - relu\n"
        "  - 1x1: 3 * $channels\n  - dense: {units: 4, repeat: 2, activation: relu, name: residual_1_dense}\n"
        "  - add: {from: [relu_1, residual_1_dense_2], name: residual_1_add_1}\n"
        "  - 1x1: 3 * $channels\n  - dense: {units: 4, repeat: 2, activation: relu, name: residual_2_dense}\n"
        "  - add: {from: [residual_1_add_1, residual_2_dense_2], name: residual_2_add_1}\n"
    )


def test_repetitions_in_brackets_and_in_json() -> None:
    block = '"blocks": {"Two": {"layers": [{"dense": 4}, "relu"]}}'
    text = f'{{"netspec": 1, "input": [8], {block}, "layers": ["tanh", {{"‸Two": {{"repeat": 2}}}}]}}'
    assert inlined(text, "Inline `Two`") == (
        '{"netspec": 1, "input": [8], "layers": ["tanh", {"dense": 4}, "relu", {"dense": 4}, "relu"]}'
    )


def test_the_weights_of_another_use_are_taken_node_by_node() -> None:
    text = f"{HEAD}{RESIDUAL}layers:\n  - relu\n  - Residual: {{name: r}}\n  - ‸Residual: {{share: r}}\n"
    assert inlined(text, "Inline `Residual`") == HEAD + RESIDUAL + (
        "layers:\n  - relu\n  - Residual: {name: r}\n"
        "  - 1x1: {filters: 2 * $channels, share: r.conv1x1_1}\n"
        '  - dense: {units: 4, repeat: 2, activation: relu, share: "r.dense_${$index + 1}"}\n'
        "  - add: {from: [r, dense_2], share: r.add_1}\n"
    )


def test_params_of_the_use_that_lends_its_weights_hold() -> None:
    text = f"{HEAD}{UNIT}layers:\n  - Unit: {{filters: 4, name: a}}\n  - ‸Unit: {{share: a, name: b}}\n"
    assert inlined(text, "Inline `Unit`") == HEAD + UNIT + (
        "layers:\n  - Unit: {filters: 4, name: a}\n  # in\n"
        "  - conv: {filters: 4, kernel_size: 3, padding: same, name: first, share: a.first}   # c\n"
        "  - relu: {share: a.relu_1}\n  - add: {from: [first, relu_1], name: b, share: a.add_1}\n"
    )


def test_all_uses_with_the_one_that_lends_its_weights() -> None:
    text = f"{HEAD}{UNIT}layers:\n  - ‸Unit: {{filters: 4, name: a}}\n  - Unit: {{filters: 4, share: a}}\n"
    assert inlined(text, "Inline all 2 uses of `Unit`") == (
        HEAD
        + """\
layers:
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: first_1}   # c
  - relu: {name: unit_1_relu_1}
  - add: {from: [first_1, unit_1_relu_1], name: a}
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: first_2, share: first_1}   # c
  - relu: {name: unit_2_relu_1, share: unit_1_relu_1}
  - add: {from: [first_2, unit_2_relu_1], share: a}
"""
    )


def test_what_is_read_from_outside_is_read_by_its_own_name() -> None:
    text = (
        f"{HEAD}{UNIT}layers:\n  - ‸Unit: {{filters: 4, name: a}}\n  - add: {{from: [a, a.first, a.relu_1]}}   # é🙂\n"
        "outputs: {all: add_1, early: a.first}\n"
    )
    assert inlined(text, "Inline `Unit`") == (
        HEAD
        + """\
layers:
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: unit_first}   # c
  - relu: {name: unit_relu_1}
  - add: {from: [unit_first, unit_relu_1], name: a}
  - add: {from: [a, unit_first, unit_relu_1]}   # é🙂
outputs: {all: add_1, early: unit_first}
"""
    )


def test_what_reads_a_use_by_its_number_reads_its_last_node() -> None:
    text = f"{HEAD}{UNIT}layers:\n  - ‸Unit: 4\n  - 1x1: 4\n  - add: {{from: [conv1x1_1, Unit_1, Unit_1.first]}}\n"
    assert inlined(text, "Inline `Unit`") == (
        HEAD
        + """\
layers:
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: unit_first}   # c
  - relu: {name: unit_relu_1}
  - add: {from: [unit_first, unit_relu_1], name: unit_add_1}
  - 1x1: 4
  - add: {from: [conv1x1_1, unit_add_1, unit_first]}
"""
    )


def test_all_uses_with_the_one_that_lends_its_weights_by_its_number() -> None:
    text = f"{HEAD}{UNIT}layers:\n  - ‸Unit: 4\n  - Unit: {{share: Unit_1}}\n"
    assert inlined(text, "Inline all 2 uses of `Unit`") == (
        HEAD
        + """\
layers:
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: first_1}   # c
  - relu: {name: unit_1_relu_1}
  - add: {from: [first_1, unit_1_relu_1], name: unit_1_add_1}
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: first_2, share: first_1}   # c
  - relu: {name: unit_2_relu_1, share: unit_1_relu_1}
  - add: {from: [first_2, unit_2_relu_1], name: unit_2_add_1, share: unit_1_add_1}
"""
    )


ONE = "blocks:\n  One:\n    params: {n: , m: 2 * $channels}\n    layers:\n      - 1x1: $n\n      - 1x1: $n + $m\n\n"


def test_what_the_use_receives_stays_where_it_means_the_same() -> None:
    text = f"{HEAD}{ONE}layers:\n  - ‸One: 2 * $channels\n"
    assert inlined(text, "Inline `One`") == f"{HEAD}layers:\n  - 1x1: 2 * $channels\n  - 1x1: 16\n"


def test_what_the_use_receives_is_worked_out_where_the_first_node_reads_another() -> None:
    blocks = "blocks:\n  One:\n    params: {n: }\n    layers:\n      - 1x1: {filters: $n, from: far}\n\n"
    text = f"{HEAD}{blocks}layers:\n  - 1x1: {{filters: 7, name: far}}\n  - 1x1: 5\n  - ‸One: $channels\n"
    assert inlined(text, "Inline `One`") == f"{HEAD}" + (
        "layers:\n  - 1x1: {filters: 7, name: far}\n  - 1x1: 5\n  - 1x1: {filters: 5, from: far}\n"
    )


def test_a_repeated_node_alone() -> None:
    block = (
        "blocks:\n  One:\n    params: {n: 2}\n    layers:\n      - dense: {units: 4, activation: relu, repeat: $n}\n\n"
    )
    text = f"{HEAD}{block}layers:\n  - ‸One: {{repeat: 2}}\n"
    line = "  - dense: {units: 4, activation: relu, repeat: 2}\n"
    assert inlined(text, "Inline `One`") == f"{HEAD}layers:\n{line}{line}"
    once = block.replace(", repeat: $n", "")
    assert inlined(f"{HEAD}{once}layers:\n  - ‸One: {{repeat: 3, when: true}}\n", "Inline `One`") == (
        f"{HEAD}layers:\n  - dense: {{units: 4, activation: relu, repeat: 3, when: true}}\n"
    )


def test_a_value_in_quotes_has_room_beside_it() -> None:
    text = '{"netspec": 1, "params": {"n": 4}, "input": [8], "blocks": {"One": {"layers": [{"dense": "2 * $n"}]}}, '
    text += '"layers": ["relu", {"‸One": {"name": "x"}}]}'
    assert inlined(text, "Inline `One`") == (
        '{"netspec": 1, "params": {"n": 4}, "input": [8], "layers": ["relu", {"dense": {"units": "2 * $n", "name": "x"}}]}'
    )


def test_two_conditions_are_one() -> None:
    text = (
        f"netspec: 1\nparams: {{deep: true, wide: true}}\n{HEAD.partition(chr(10))[2]}"
        "blocks:\n  One:\n    layers:\n      - 1x1: {filters: 4, when: $wide}\n      - relu\n\n"
        "layers:\n  - ‸One: {when: $deep}\n  - tanh\n"
    )
    assert inlined(text, "Inline `One`").partition("layers:\n")[2] == (
        "  - 1x1: {filters: 4, when: ($deep) and ($wide)}\n  - relu: {when: $deep}\n  - tanh\n"
    )


def test_params_in_names_that_are_built() -> None:
    text = HEAD + (
        "blocks:\n  Read:\n    params: {stage: , n: }\n    layers:\n"
        '      - add: {from: ["$stage.last", "level_${n}", "level_${$n - 1}"]}\n\n'
        "layers:\n  - 1x1: {filters: 4, repeat: 2, name: level}\n  - skip: {name: stage, body: [{relu: {name: last}}]}\n"
        "  - ‸Read: {stage: stage, n: 2}\n"
    )
    assert inlined(text, "Inline `Read`").splitlines()[-1] == ("  - add: {from: [stage.last, level_2, level_1]}")


SIZES = "netspec: 1\nparams: {n: 2}\nvariants: {less: {n: 1}, more: {n: 3}}\ninput: [16, 16, 4]\n"


def test_repetitions_that_an_expression_counts_follow_it_as_far_as_any_variant_goes() -> None:
    text = f"{SIZES}{UNIT}layers:\n  - ‸Unit: {{filters: 4 + $index, repeat: $n}}   # some\n  - relu\n"
    assert inlined(text, "Inline `Unit` (`$n` up to 3)") == (
        SIZES
        + """\
layers:
  # some
  # in
  - conv: {filters: 4, kernel_size: 3, padding: same, name: first_1, when: $n > 0}   # c
  - relu: {name: unit_1_relu_1, when: $n > 0}
  - add: {from: [first_1, unit_1_relu_1], when: $n > 0}
  # in
  - conv: {filters: 5, kernel_size: 3, padding: same, name: first_2, when: $n > 1}   # c
  - relu: {name: unit_2_relu_1, when: $n > 1}
  - add: {from: [first_2, unit_2_relu_1], when: $n > 1}
  # in
  - conv: {filters: 6, kernel_size: 3, padding: same, name: first_3, when: $n > 2}   # c
  - relu: {name: unit_3_relu_1, when: $n > 2}
  - add: {from: [first_3, unit_3_relu_1], when: $n > 2}
  - relu
"""
    )


def test_what_reads_the_last_of_them_reads_it_by_a_name_that_is_built() -> None:
    use = "{repeat: 2 * $n - 1, when: $n > 1, wider: 1, name: u}"
    text = f"{SIZES}{RESIDUAL}layers:\n  - relu\n  - ‸Residual: {use}\n  - add: {{from: [relu_1, u], when: $n > 1}}\n"
    copies = ""
    for number, entering in enumerate(("relu_1", *(f"u_{n}" for n in range(1, 5)))):
        stem, when = f"residual_{number + 1}_dense", f"((2 * $n - 1) > {number}) and ($n > 1)"
        copies += (
            f"  - 1x1: {{filters: 1 * $channels, when: {when}}}\n"
            f"  - dense: {{units: 4, repeat: 2, activation: relu, name: {stem}, when: {when}}}\n"
            f"  - add: {{from: [{entering}, {stem}_2], name: u_{number + 1}, when: {when}}}\n"
        )
    assert inlined(text, "Inline `Residual` (`2 * $n - 1` up to 5)") == (
        f'{SIZES}layers:\n  - relu\n{copies}  - add: {{from: [relu_1, "u_${{2 * $n - 1}}"], when: $n > 1}}\n'
    )


def test_how_often_it_is_repeated_hangs_on_the_block_around() -> None:
    block = "blocks:\n  Two:\n    layers:\n      - relu\n      - tanh: {when: $index >= 0}\n\n".replace(
        "tanh: {when: $index >= 0}", "tanh"
    )
    stage = "  Stage:\n    params: {depth: 1}\n    layers:\n      - ‸Two: {repeat: $depth}\n\n"
    text = f"{HEAD}{block}{stage}layers:\n  - Stage\n  - Stage: 2\n"
    assert inlined(text, "Inline `Two` (`$depth` up to 2)") == (
        f"{HEAD}blocks:\n{stage.replace('      - ‸Two: {repeat: $depth}' + chr(10), '')[:-1]}"
        "      - relu: {when: $depth > 0}\n      - tanh: {when: $depth > 0}\n"
        "      - relu: {when: $depth > 1}\n      - tanh: {when: $depth > 1}\n\nlayers:\n  - Stage\n  - Stage: 2\n"
    )


def test_a_repetition_alone_is_the_first() -> None:
    block = "blocks:\n  One:\n    params: {n: }\n    layers:\n      - relu\n      - 1x1: $n\n\n"
    text = f"{HEAD}{block}layers:\n  - ‸One: {{n: 4 + $index, repeat: 1}}\n"
    assert inlined(text, "Inline `One`") == f"{HEAD}layers:\n  - relu\n  - 1x1: 4\n"


def test_what_the_use_receives_is_said_as_a_node_before_makes_it() -> None:
    text = f"{PARAMS}{FIXED}layers:\n  - 1x1: $n + 1\n  - batch_norm\n  - relu\n  - ‸One: 3 * $channels\n"
    assert inlined(text, "Inline `One`") == (
        f"{PARAMS}layers:\n  - 1x1: $n + 1\n  - batch_norm\n  - relu\n  - 1x1: 7\n  - 1x1: 2 * (3 * ($n + 1))\n"
    )
    text = f"{PARAMS}{FIXED}layers:\n  - 1x1: {{filters: $n, name: far}}\n  - ‸One: {{n: $channels, from: far}}\n"
    assert inlined(text, "Inline `One`") == (
        f"{PARAMS}layers:\n  - 1x1: {{filters: $n, name: far}}\n  - 1x1: {{filters: 7, from: far}}\n  - 1x1: 2 * $n\n"
    )


def test_each_repetition_receives_something_else() -> None:
    block = "blocks:\n  One:\n    params: {n: 2 * $channels}\n    layers:\n      - 1x1: 3 * $n\n      - relu\n      - 1x1: $n\n\n"
    text = f"{HEAD}{block}layers:\n  - relu\n  - ‸One: {{repeat: 2}}\n"
    assert inlined(text, "Inline `One`").partition("layers:\n")[2] == (
        "  - relu\n  - 1x1: 3 * (2 * $channels)\n  - relu\n  - 1x1: 8\n"
        "  - 1x1: 3 * (2 * $channels)\n  - relu\n  - 1x1: 16\n"
    )


def test_a_use_whose_name_is_built_hands_it_to_its_last_node() -> None:
    block = "blocks:\n  Unit:\n    params: {filters: }\n    layers:\n      - 1x1: $filters\n      - relu\n\n"
    text = (
        f"{PARAMS}{block}layers:\n  - ‸Unit: {{filters: 4, name: 'x_${{n}}'}}\n  - batch_norm\n"
        "  - add: {from: ['x_${n}', batch_norm_1]}\n"
    )
    assert inlined(text, "Inline `Unit`") == (
        f'{PARAMS}layers:\n  - 1x1: 4\n  - relu: {{name: "x_${{n}}"}}\n  - batch_norm\n'
        "  - add: {from: ['x_${n}', batch_norm_1]}\n"
    )
    text = f"{HEAD}{block}layers:\n  - ‸Unit: {{filters: 4, repeat: 2, name: 'x_${{$index}}'}}\n  - add: {{from: [x_0, x_1]}}\n"
    assert inlined(text, "Inline `Unit`") == (
        f"{HEAD}layers:\n  - 1x1: 4\n  - relu: {{name: x_0}}\n  - 1x1: 4\n  - relu: {{name: x_1}}\n"
        "  - add: {from: [x_0, x_1]}\n"
    )


FIXED = "blocks:\n  One:\n    params: {n: }\n    layers:\n      - 1x1: 7\n      - 1x1: 2 * $n\n\n"
PARAMS = HEAD.replace("input", "params: {n: 3}\nvariants: {small: {n: 2}}\ninput")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            f"{PARAMS}{UNIT}layers:\n  - ‸Unit: {{filters: 4, repeat: 0}}\n  - dense: $n\n",
            "`repeat: 0` leaves it out in every variant",
        ),
        (
            f"{HEAD}{UNIT}layers:\n  - ‸Unit: {{filters: 4, repeat: 40}}\n",
            "`repeat: 40` of 3 nodes, 40 times: at most 100 are written out",
        ),
        (
            f"{HEAD}{UNIT}layers:\n  - ‸Unit: {{filters: 4, name: a}}\n  - Unit: {{filters: 4, share: a}}\n",
            "`Unit` at line 14 takes the weights of `a`; inline that first",
        ),
        (
            f"{PARAMS.replace('4]', '$n]')}{FIXED}layers:\n  - relu\n  - ‸One: $channels\n",
            "`$channels` of what `One` receives is 2 and 3, and no expression at another node says it",
        ),
        (
            f"{HEAD}blocks:\n  Outer:\n    layers:\n      - ‸One: $channels\n{FIXED.removeprefix('blocks:' + chr(10))}"
            "layers:\n  - Outer\n  - Outer\n",
            "`$channels` of what `One` receives is 4 and 8, and no expression at another node says it",
        ),
        (
            f"{HEAD}blocks:\n  Outer:\n    layers:\n      - ‸One: $channels\n{FIXED.removeprefix('blocks:' + chr(10))}"
            "layers:\n  - Outer: {repeat: 4}\n",
            "`$channels` of what `One` receives is 4 to 32, and no expression at another node says it",
        ),
    ],
)
def test_why_a_use_cannot_be_written_out(text: str, why: str) -> None:
    _, found = offered(text)
    (refused,) = [each for title, each in found.items() if not title.startswith("Inline all")]
    assert (refused.refused, refused.edits) == (why, ())


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_repetitions_in_the_zoo(path: Path) -> None:
    """Each use that is repeated is written out, the same network in the variants too where it is small, or refused with a reason."""
    spec = check(path, repairs=False)
    assert spec.document is not None
    others = tuple(spec.document.variants) if spec.effort < MOST_NODES else ()
    for body in Layout(spec).bodies:
        for item in body.items:
            if item.step.block is None or item.step.repeat is None:
                continue
            line, column, _, _ = span_of(item.tree)
            for each in refactorings(
                spec,
                line,
                line,
                ("refactor.inline",),
                columns=(column + 1, column + 1),
                variants=bool(others),
                refusals=True,
            ):
                assert bool(each.edits) != bool(each.refused), each.title
                for variant in (None, *others) if each.edits else ():
                    before = check(path, variant=variant, repairs=False)
                    after = check_text(apply(spec.text, each.edits), spec.path, variant=variant, repairs=False)
                    assert after.ok, each.title
                    assert same_network(before, after), each.title


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("block", ["Unit", "Residual", "Chain"])
@pytest.mark.parametrize("wiring", ["", ", when: $wide", ", name: u", ", trainable: false"])
def test_generated_repetitions(block: str, most: int, wiring: str) -> None:
    """Whatever the block, the wiring of the use and the numbers of repetitions: it is written out, and is the same network."""
    chain = "  Chain:\n    params: {filters: 4}\n    layers:\n      - 1x1: $filters\n      - relu: {repeat: 2}\n      - 1x1: $channels\n"
    blocks = f"{UNIT.rstrip()}\n{RESIDUAL.removeprefix('blocks:' + chr(10)).rstrip()}\n{chain}"
    given = "wider: 1" if block == "Residual" else "filters: 4 + $index"
    text = (
        f"netspec: 1\nparams: {{n: 1, wide: true}}\nvariants: {{most: {{n: {most}}}, narrow: {{n: 2, wide: false}}}}\n"
        f"input: [16, 16, 4]\n{blocks}layers:\n  - tanh\n  - Unit: 4\n  - Residual\n  - Chain\n  - tanh\n"
        f"  - ‸{block}: {{{given}, repeat: $n{wiring}}}\n  - dropout: {{rate: 0.5, when: $wide}}\n  - tanh\n"
    )
    counted = most if "when" in wiring else max(most, 2)  # without it two repetitions are never there
    inlined(text, f"Inline `{block}` (`$n` up to {counted})")
