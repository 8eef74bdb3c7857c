"""What a place of a node sees of the input, and how far apart its places stand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from netspec.graph.receptive_field import NOTHING, OF_ITSELF, View, merged, of_input, of_node, single, strides_between
from netspec.kinds import KINDS
from netspec.pipeline import check_text
from netspec.report.inspection import as_dict

IMAGE = View((5, 3), (2, 1))


def rows(input_: str, *layers: str) -> list[tuple[object, object]]:
    """Receptive field and jump of each node."""
    body = "".join(f"  - {layer}\n" for layer in layers)
    checked = check_text(f"netspec: 1\ninput: {input_}\nlayers:\n{body}", "spec.yaml")
    assert checked.ok, checked.problems
    assert checked.graph is not None
    return [(row["receptive_field"], row["jump"]) for row in as_dict(checked.graph)["nodes"]]


@pytest.mark.parametrize(
    ("shape", "view"),
    [((7, 5, 3), View((1, 1), (1, 1))), ((4,), View((), ())), ((), View((), ())), (None, View((), ()))],
)
def test_an_input_sees_itself(shape: tuple[int, ...] | None, view: View) -> None:
    assert of_input(shape) == view


def test_a_window_grows_the_field_by_the_jump_and_multiplies_it() -> None:
    conv = KINDS["conv"](filters=1, kernel_size=[3, 1], strides=[2, 3])
    assert of_node(conv, [IMAGE], (9, 9, 1)) == View((5 + 2 * 2, 3), (4, 3))


def test_windows_may_be_remembered() -> None:
    conv = KINDS["conv"](filters=1, kernel_size=3)
    asked: list[int] = []

    def windows(config: object, rank: int) -> None:
        assert config is conv
        asked.append(rank)

    assert of_node(conv, [IMAGE], (9, 9, 1), windows) == IMAGE
    assert asked == [2]


def test_nothing_is_seen_of_what_is_not_known() -> None:
    assert of_node(None, [IMAGE], (9, 9, 1)) == NOTHING
    assert of_node(KINDS["learned"](shape=[1, 4]), [], None) == OF_ITSELF
    assert of_node(KINDS["gather"](indices=[0], axis=2), [OF_ITSELF], (1, 4)) == OF_ITSELF


def test_an_upsampling_stands_closer() -> None:
    assert of_node(KINDS["upsample"](size=2), [View((5,), (2,))], (9, 1)) == View((5,), (1,))
    assert of_node(KINDS["upsample"](size=2), [View((5,), (1,))], (9, 1)) == View((5,), (Fraction(1, 2),))


def test_a_whole_number_of_positions_is_one() -> None:
    """Not a fraction of the same value: fields and jumps are compared at each key."""
    view = of_node(KINDS["upsample"](size=2), [View((5,), (2,))], (9, 1))
    assert view.jump is not None
    assert [type(length) for length in view.jump] == [int]


@pytest.mark.parametrize(("word", "jump"), [("flatten", None), ("global_pool", None), ("multi_head_attention", (2, 1))])
def test_kinds_whose_places_see_every_place(word: str, jump: tuple[int, int] | None) -> None:
    config = KINDS[word](**({"num_heads": 1, "key_dim": 1} if word == "multi_head_attention" else {}))
    seen = (5 + 3 * 2, 3 + 5 * 1)
    assert of_node(config, [IMAGE], (4, 6, 1)) == View(seen, jump)
    assert of_node(config, [IMAGE], (4, None, 1)) == View(None, jump), "of an unknown size is not known what is seen"
    assert of_node(config, [IMAGE], (6, 1)) == View(None, jump)
    assert of_node(config, [View((9,), None)], (6, 1)) == View((9,), None), "it had seen all before"


def test_a_query_stands_where_it_stood_whatever_it_looks_at() -> None:
    attention = KINDS["multi_head_attention"](num_heads=1, key_dim=1)
    query, coarser = View((3,), (1,)), View((5,), (4,))
    assert of_node(attention, [query, coarser], (16, 4)).jump == (1,)
    assert of_node(attention, [coarser, query], (4, 4)).jump == (4,)


@pytest.mark.parametrize(("word", "given"), [("reshape", {"target_shape": [-1, 2]}), ("permute", {"dims": [2, 1, 3]})])
def test_kinds_whose_places_are_others(word: str, given: dict[str, list[int]]) -> None:
    assert of_node(KINDS[word](**given), [IMAGE], (4, 6, 2)) == NOTHING


def test_an_embedding_adds_a_place() -> None:
    """The numbers that it looks up are its places, of which there were none while they were channels."""
    embedding = KINDS["embedding"](input_dim=9, output_dim=4)
    assert of_node(embedding, [View((), ())], (20,)) == View((1,), (1,))
    assert of_node(embedding, [View((7,), (2,))], (5, 20)) == View((7, 1), (2, 1))
    assert of_node(embedding, [View(None, (2,))], (5, 20)) == View(None, (2, 1))
    assert of_node(embedding, [View((7,), None)], (5, 20)) == View((7,), None)
    layers = (
        "embedding: {input_dim: 9, output_dim: 4}",
        "conv: {filters: 2, kernel_size: 4, strides: 2}",
        "conv: {filters: 2, kernel_size: 3}",
    )
    assert rows("{shape: [20], dtype: int32}", *layers) == [(1, 1), (4, 2), (8, 2)]


def test_a_merge_sees_what_any_of_its_inputs_sees() -> None:
    assert merged(View((3, 9), (1, 4)), View((5, 7), (2, 2))) == View((5, 9), (2, 4))
    assert merged(View(None, (1, 4)), View((5, 7), (2, 2))) == View(None, (2, 4)), "of one it is not known"
    assert merged(View((5, 7), (2, 2)), NOTHING) == View(None, (2, 2))
    assert merged(View((5, 7), (2, 2)), OF_ITSELF) == View((5, 7), (2, 2)), "a learned tensor sees nothing"
    assert merged(OF_ITSELF, View((9, 9), None)) == View((9, 9), None)


def test_a_vector_merged_into_an_image_leaves_it_its_positions() -> None:
    gate = View((224, 224), None)
    assert merged(IMAGE, gate) == View((224, 224), (2, 1))
    assert merged(gate, IMAGE) == View((224, 224), (2, 1))
    assert merged(View((9,), (1,)), IMAGE) == IMAGE
    assert merged(View((9,), None), View(None, (2, 1))) == View(None, (2, 1))


def test_several_inputs_are_merged_in_turn() -> None:
    three = [View((1,), (1,)), View((7,), (2,)), View((5,), (4,))]
    assert of_node(KINDS["add"](), three, (9, 1)) == View((7,), (4,))


@pytest.mark.parametrize(
    ("before", "after", "strides"),
    [
        ((1, 1), (2, 2), 2),
        ((2, 1), (4, 3), (2, 3)),
        ((2,), (1,), None),
        ((1,), (1, 1), None),
        (None, (1,), None),
        ((1,), None, None),
        ((), (), None),
        ((Fraction(1, 2),), (Fraction(3, 2),), 3),
    ],
)
def test_strides_between_two_nodes(before: object, after: object, strides: object) -> None:
    assert strides_between(before, after) == strides  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "shown"),
    [(None, None), ((), None), ((3, 3), 3), ((3, 5), [3, 5]), ((Fraction(1, 2), 2), [0.5, 2]), ((Fraction(4, 2),), 2)],
)
def test_figures_of_all_dimensions(values: object, shown: object) -> None:
    assert single(values) == shown  # type: ignore[arg-type]


def test_a_fraction_of_a_position_is_seen_all_the_same() -> None:
    layers = ("upsample: {size: 2, interpolation: bilinear}", "conv: {filters: 1, kernel_size: 2}")
    assert rows("[8, 8, 1]", *layers)[-1] == (3, 0.5)


def test_every_kind_answers() -> None:
    """A kind that says nothing of positions leaves them as they are."""
    gathered = {word for word, cls in KINDS.items() if cls.positions is not KINDS["relu"].positions}
    assert gathered == {
        "adaptive_pool",
        "additive_attention",
        "attention",
        "auto_contrast",
        "category_encoding",
        "clahe",
        "constant",
        "conv_lstm",
        "cumsum",
        "discretization",
        "dot",
        "einsum_dense",
        "embedding",
        "flatten",
        "gather",
        "global_pool",
        "grouped_query_attention",
        "gru",
        "hashing",
        "integer_lookup",
        "learned",
        "lstm",
        "matmul",
        "mel_spectrogram",
        "multi_head_attention",
        "one_hot",
        "permute",
        "reduce",
        "repeat_vector",
        "reshape",
        "roll",
        "simple_rnn",
        "stack",
        "stft_spectrogram",
        "string_lookup",
        "text_vectorization",
        "top_k",
        "window_partition",
        "window_reverse",
    }


def test_a_merge_with_what_has_no_places_keeps_those_of_the_other() -> None:
    vector = View((), ())
    assert merged(OF_ITSELF, vector) == vector
    assert merged(vector, OF_ITSELF) == vector
    assert merged(OF_ITSELF, View((3,), (2,))) == View((3,), (2,))


def test_what_has_no_places_loses_none() -> None:
    """A gate that is brought to an image's shape has still seen the whole image; a vector is all that there is of its input."""
    reshape = KINDS["reshape"](target_shape=[1, 1, -1])
    assert of_node(reshape, [View((224, 224), None)], (8,)) == View((224, 224), None)
    assert of_node(reshape, [View((), ())], (8,)) == OF_ITSELF


WINDOWS = (
    "conv: {filters: 4, kernel_size: 3, padding: same, name: near}",
    "window_partition: 4",
    "multi_head_attention: {num_heads: 1, key_dim: 4, attention_axes: 2}",
    "window_reverse: 4",
    "add: {from: [near, window_reverse_1]}",
    "global_pool",
    "dense: 2",
)


def test_a_side_of_windows_is_seen_by_no_measure_and_so_is_what_it_is_added_to() -> None:
    """How far windows of attention reach hangs on the place in the window: no number says it, and there is no advice by one."""
    assert rows("[16, 16, 4]", *WINDOWS)[3:5] == [(None, None), (None, 1)]
    body = "".join(f"  - {layer}\n" for layer in WINDOWS)
    assert check_text(f"netspec: 1\ninput: [16, 16, 4]\nlayers:\n{body}", "spec.yaml").problems == ()
    plain = body.replace("window_reverse_1", "near")
    assert [p.code for p in check_text(f"netspec: 1\ninput: [16, 16, 4]\nlayers:\n{plain}", "spec.yaml").problems] == [
        "NS305",
        "NS803",
    ]


def test_nothing_is_seen_by_what_has_no_shape() -> None:
    """What follows from a merge that does not fit stands nowhere, so all that follows is the same however it came to that."""
    layers = "- conv: {filters: 4, kernel_size: 3}\n  - add: {from: [conv_1, input]}\n  - pool\n  - conv: {filters: 4, kernel_size: 3}"
    checked = check_text(f"netspec: 1\ninput: [9, 9, 4]\nlayers:\n  {layers}", "spec.yaml", repairs=False)
    assert [problem.code for problem in checked.problems if problem.is_error] == ["NS403"]
    assert checked.graph is not None
    found = [(node.kind_name, node.shape, node.field, node.jump) for node in checked.graph.nodes]
    unknown = (None, None, None)
    assert found == [
        ("input", (9, 9, 4), (1, 1), (1, 1)),
        ("conv", (7, 7, 4), (3, 3), (1, 1)),
        *[(name, *unknown) for name in ("add", "pool", "conv")],
    ]
