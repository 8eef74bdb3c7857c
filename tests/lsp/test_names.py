"""Every name of a document: its definition, its uses, and what one word stands for where."""

from __future__ import annotations

from pathlib import Path

from netspec.lsp.gathering import gather
from netspec.lsp.names import Names
from netspec.pipeline import check, check_text
from netspec.syntax.tree import lines_of

ZOO = sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml"))


def names_of(text: str, variant: str | None = None) -> Names:
    spec = check_text(text, "net.netspec.yaml", variant=variant, repairs=False)
    assert spec.document is not None
    return gather(spec.document, (spec.graph,))


def shown(names: Names, *, automatic: bool = False) -> dict[str, str]:
    """The names with their places: `d` a definition, `w` written, `r` read, `~` derived, each with line and column."""
    found: dict[str, str] = {}
    for name in names.all:
        if name.automatic != automatic:
            continue
        places = sorted(name.sites.values(), key=lambda site: site.span)
        told = " ".join(f"{'~' if s.role == 'derived' else s.role[0]}{s.span.line}:{s.span.column}" for s in places)
        key = f"{name.kind} {name.owner + '.' if name.owner else ''}{name.text}"
        while key in found:
            key += "'"
        found[key] = told
    return found


SPEC = """\
netspec: 1
params: {width: 8, depth: $width}
variants:
  wide: {width: 16}
  deep: {depth: 4}
inputs: {left: [8, 8, 3], right: "[$width, 8, 3]"}
defaults: {conv: {use_bias: $depth > 2}}
blocks:
  Stem:
    params: {width: , depth: 2 * $width, last: $depth}
    layers:
      - conv: {filters: $width, kernel_size: 3, padding: same, repeat: "$depth if $depth > 2 else $last"}
      - conv: {filters: $width, kernel_size: 1, name: last}
      - add: {from: [last, conv_1]}
  Pair:
    layers:
      - Stem: {width: $width, name: one}
      - Stem: 4
      - concat: {from: [one.last, Stem_1.conv_1, outside, one]}
layers:
  - conv: {filters: 3, kernel_size: 3, padding: same, name: outside, from: left}
  - Pair: {name: pair, repeat: 2}
  - relu: {name: gate, when: $width > 8}
  - relu6: {name: gate, when: $width <= 8}
  - inception:
      name: mixed
      branches:
        narrow: [{1x1: {filters: 4, name: thin}}]
        wide:
          - concat: {from: ["narrow.thin", gate]}
          - 1x1: 4
  - head: {name: aux, body: [global_pool, {dense: {units: 10, activation: softmax, name: out}}]}
  - concat: {from: [pair_1, "'pair_2' if $width > 8 else 'pair_*'", mixed.narrow], name: joined}
  - global_pool
  - dense: {units: 10, activation: softmax, name: predictions}
outputs: {main: predictions, second: aux.out}
weights:
  learned: {wide: runs/wide, deep: runs/deep}
train:
  init: learned
  loss: {main: sparse_categorical_crossentropy, second: sparse_categorical_crossentropy}
  freeze: [pair_1.one.last, "mixed.nar*", pair*]
  learning_rate_multipliers: {mixed.narrow.thin: 0.1}
  early_stopping: {monitor: val_main_loss, patience: $depth}
"""


def test_all_names_of_a_document() -> None:
    assert shown(names_of(SPEC)) == {
        "param width": "d2:10 r2:28 w4:10 r6:37 r17:24 r23:31 r24:32 r33:43",
        "param depth": "d2:20 w5:10 r7:30 r44:55",
        "block Stem": "d9:3 r17:9 r18:9 ~19:35",
        "param Stem.width": "d10:14 r10:35 r12:26 r13:26 w17:16",
        "param Stem.depth": "r7:30 d10:23 r10:49 r12:74 r12:84",
        "param Stem.last": "d10:42 r12:100",
        "block Pair": "d15:3 r22:5",
        "variant wide": "d4:3 r38:13",
        "variant deep": "d5:3 r38:30",
        "output main": "d36:11 r41:10 r44:33",
        "output second": "d36:30 r41:49",
        "weights learned": "d38:3 r40:9",
        "node last": "d13:55 r14:22 r19:29 r42:23",
        "node one": "d17:37 r19:25 r19:59 r42:19",
        "node outside": "r19:50 d21:61",
        "node pair": "d22:18 r33:21 r33:31 r33:59 r42:12",
        "node gate": "d23:18 d24:19 r30:44",
        "node mixed": "d26:13 r33:69 r42:30 r43:31",
        "node thin": "d28:43 r30:37 r43:44",
        "branch narrow": "d28:9 r30:30 r33:75 r43:37",
        "branch wide": "d29:9",
        "node aux": "d32:18 r36:38",
        "node out": "d32:90 r36:42",
        "node joined": "d33:90",
        "node predictions": "d35:51 r36:17",
        "input left": "d6:10 r21:76",
        "input right": "d6:27",
    }


def test_nodes_without_a_name_are_found_by_their_numbers() -> None:
    assert shown(names_of(SPEC), automatic=True) == {
        "node conv_16": "d12:9 r14:28 r19:42",
        "node add_1": "d14:9",
        "node Stem_1": "d18:9 r19:35",
        "node concat_1": "d19:9",
        "node concat_1'": "d30:13",
        "node conv1x1_1": "d31:13",
        "node global_pool_1": "d32:30",
        "node global_pool_1'": "d34:5",
    }


def places(text: str, kind_and_name: str, **options: bool) -> str:
    """The places of one name of a spec whose head is left out."""
    return shown(names_of("netspec: 1\ninput: [8, 8, 3]\n" + text), **options)[kind_and_name]


def test_a_param_hides_that_of_the_spec_but_not_in_its_own_default() -> None:
    text = """\
params: {act: relu}
blocks:
  B: {params: {act: $act}, layers: [{activation: $act}]}
layers: [B, {activation: $act}]
"""
    assert places(text, "param act") == "d3:10 r5:22 r6:27"
    assert places(text, "param B.act") == "d5:16 r5:51"


def test_a_body_sees_what_stands_before_it_and_its_own_nodes_first() -> None:
    text = """\
layers:
  - relu: {name: a}
  - skip:
      - relu6: {from: a}
      - relu6: {name: a}
      - relu6: {from: a}
  - relu: {from: a}
"""
    assert places(text, "node a") == "d4:18 r6:23 r9:18"
    assert places(text, "node a'") == "d7:23 r8:23"


def test_a_word_in_a_block_stands_for_a_node_of_each_use() -> None:
    text = """\
blocks:
  B: {layers: [{add: {from: [input, stem]}}]}
layers:
  - relu: {name: stem}
  - B
  - skip: [{relu6: {name: stem}}, B]
"""
    names = names_of("netspec: 1\ninput: [8, 8, 3]\n" + text)
    assert shown(names)["node stem"] == "r4:37 d6:18"
    assert shown(names)["node stem'"] == "r4:37 d8:27"
    at = names.at(4, 38)
    assert at is not None
    assert len(at.names) == 2
    assert names.linked(at.names[:1]) == at.names
    assert shown(names)["input input"] == "d2:1"  # in a body, `input` is what enters it


def test_outputs_that_no_one_names_are_nodes() -> None:
    text = """\
blocks: {Side: {layers: [{head: {name: aux, body: [flatten, {dense: 10}]}}]}}
layers:
  - Side: {name: side}
  - Side
  - flatten: {name: last}
train:
  loss: {last: mean_squared_error, side_aux: mean_squared_error, Side_1_aux: mean_squared_error}
  early_stopping: {monitor: val_side_aux_loss}
  distribute: {model_parallel: {mesh: {batch: 1}, layout: {side_aux_dense_1/kernel: [null, null]}}}
"""
    assert places(text, "node last") == "d7:21 r9:10"
    assert places(text, "node side") == "d5:18 r9:36 r10:33 r11:60"
    assert places(text, "node aux") == "d3:40 r9:41 r9:73 r10:38 r11:65"
    assert places(text, "block Side") == "d3:10 r5:5 r6:5 ~9:66"
    assert places(text, "node Side_1", automatic=True) == "d6:5 r9:66"


def test_numbers_are_counted_where_there_is_no_graph() -> None:
    spec = check_text("netspec: 1\ninput: [8]\nlayers: [relu, {dense: 4}, relu, {add: {from: [relu_1, relu_2]}}]", "x")
    assert spec.document is not None
    names = gather(spec.document, ())
    assert list(shown(names, automatic=True).values()) == ["d3:10 r3:48", "d3:17", "d3:28 r3:56", "d3:35"]


def test_what_a_node_may_read() -> None:
    names = names_of(SPEC)
    (thin,) = (name for name in names.all if name.text == "thin")
    (joined,) = (name for name in names.all if name.text == "joined")
    assert list(names.readable(thin.steps[0])) == ["gate", "pair", "outside", "left", "right"]
    assert list(names.readable(joined.steps[0])) == ["aux", "mixed", "gate", "pair", "outside", "left", "right"]


def test_what_an_expression_may_read() -> None:
    names = names_of(SPEC)
    built_in = ["channels", "height", "length", "index"]
    assert list(names.values_at(None)) == ["width", "depth", *built_in]
    assert list(names.values_at("Stem")) == ["width", "depth", "last", *built_in]
    assert names.values_at("Stem")["width"] is names.own["Stem"]["width"]
    assert names.values_at("Pair")["width"] is names.params["width"]


def test_a_name_with_an_escape_cannot_be_replaced_in_place() -> None:
    names = names_of('netspec: 1\ninput: [8]\nlayers: [{relu: {name: "a\\x62"}}, {relu: {from: ab}}]')
    (ab,) = (name for name in names.all if name.text == "ab")
    assert [site.is_exact for site in ab.sites.values()] == [False, True]


def test_zoo() -> None:
    for path in ZOO:
        spec = check(path, repairs=False)
        assert spec.document is not None
        names = gather(spec.document, (spec.graph,))
        lines = lines_of(spec.text)
        for name in names.all:
            assert name.definitions
            for site in name.sites.values():
                line, column, end_line, end = site.span
                assert line == end_line
                assert lines[line - 1][column - 1 : end - 1] == site.text
                at = names.at(line, column)
                assert site.role in ("definition", "derived") or (at is not None and name in at.names)
