"""What stands for a text that cannot be read or checked."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from netspec import Spec, check_text
from netspec.pipeline import check_again
from netspec.recovery import (
    History,
    Hole,
    Recovered,
    is_ready,
    needs_recovery,
    provisional,
    ready,
    recover,
    recovering,
)

RIGHT = """\
netspec: 1
input: [32, 32, 3]
layers:
  - conv: {filters: 8, kernel_size: 3}
  - relu
  - pool
  - flatten
  - dense: 10
"""


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are checked in the place of others from now on, as they are."""
    found: list[str] = []

    def counted(spec: Spec, text: str, **others: Any) -> Spec:
        found.append(text)
        return check_again(spec, text, **others)

    monkeypatch.setattr(recovering, "check_again", counted)
    return found


def shapes(found: Recovered) -> list[tuple[int, ...] | None]:
    """The shapes of all nodes behind the input."""
    assert found.spec.graph is not None
    return [node.shape for node in found.spec.graph.nodes[1:]]


def test_a_text_that_is_right_stands_for_itself() -> None:
    spec = check_text(RIGHT, repairs=False)
    found = recover(RIGHT, None, spec)
    assert found == Recovered(RIGHT, (), History(RIGHT, RIGHT), spec)
    assert found.spec is spec
    assert provisional(spec, found) == frozenset()


def test_what_was_last_known_stands_for_a_half_written_line() -> None:
    history = recover(RIGHT).history
    found = recover(RIGHT.replace("kernel_size: 3}", "ker"), history)
    assert found.text == RIGHT
    assert found.holes == (Hole(3, 4, "taken back"),)
    assert provisional(found.spec, found) == {1, 2, 3, 4, 5}


def test_a_line_that_is_ended_within_is_taken_back() -> None:
    found = recover(RIGHT.replace("- conv: {filt", "- con\n  v: {filt"), recover(RIGHT).history)
    assert found.text == RIGHT.replace("3}\n", "3}\n\n")
    assert found.holes == (Hole(3, 5, "taken back"),)


def test_lines_that_are_pasted_are_not_taken_back() -> None:
    pasted = "  - pool\n  - relu\n  - conv: {filt\n"
    found = recover(RIGHT.replace("  - pool\n", pasted), recover(RIGHT).history)
    assert found.text == RIGHT.replace("  - pool\n", "  - pool\n  - relu\n  - conv: {filters: 8, kernel_size: 3}\n")
    assert found.holes == (Hole(7, 8, "mended"),)


def test_a_line_that_is_written_to_its_end_while_the_next_is_begun_stays() -> None:
    """As with what an editor completes, or a server that is told of several keys at once."""
    before = recover(RIGHT[: RIGHT.index("size: 3}\n  - relu")])
    assert before.holes == (Hole(3, 4, "emptied"),)
    found = recover(RIGHT[: RIGHT.index("ol\n")], before.history)
    assert found.text.endswith("  - conv: {filters: 8, kernel_size: 3}\n  - relu\n")
    assert shapes(found) == [(30, 30, 8), (30, 30, 8)]


def test_a_text_stands_for_itself_where_less_is_wrong_in_it_than_in_what_was_remembered() -> None:
    """Such as a spec that has been begun and has its input, but no nodes yet."""
    history = None
    for end in range(RIGHT.index("netspec"), RIGHT.index("\nlayers") + 1):
        history = recover(RIGHT[:end], history).history
    found = recover(RIGHT[: RIGHT.index("\nlayers")], history)
    assert found.text == "netspec: 1\ninput: [32, 32, 3]"
    assert found.holes == ()
    assert found.spec.graph is not None
    assert [node.shape for node in found.spec.graph.nodes] == [(32, 32, 3)]


def test_a_text_that_opens_broken_is_mended() -> None:
    text = RIGHT.replace("  - pool", "  - pool: {pool_size: 2, str")
    found = recover(text)
    assert found.text == RIGHT.replace("  - pool", "  - pool: {pool_size: 2}")
    assert found.holes == (Hole(5, 6, "mended"),)
    assert shapes(found) == [(30, 30, 8), (30, 30, 8), (15, 15, 8), (1800,), (10,)]
    assert provisional(found.spec, found) == {3, 4, 5}


def test_a_node_that_cannot_be_said_costs_itself() -> None:
    text = RIGHT.replace("  - pool", "  - zzz: {name: small}")
    found = recover(text)
    assert found.text == RIGHT.replace("  - pool", "  - linear: {name: small}")
    assert found.holes == (Hole(5, 6, "passed on"),)
    assert shapes(found) == [(30, 30, 8), (30, 30, 8), (30, 30, 8), (7200,), (10,)]


@pytest.mark.parametrize(
    "text", ["", "\n", "{", "nets", "netspec: 1\n", "netspec: 1\ninput: [8", "- conv\n", "\t", "\x00"]
)
def test_there_is_always_a_graph(text: str) -> None:
    found = recover(text)
    assert found.spec.graph is not None
    assert found.text.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("written", "read", "holes"),
    [
        (
            "<<<<<<< HEAD\n  - pool\n  - relu\n=======\n  - pool: {type: avg}\n>>>>>>> branch",
            "\n  - pool\n  - relu\n\n\n",
            (Hole(5, 9, "mended"), Hole(9, 11, "emptied")),
        ),
        ("<<<<<<< HEAD\n  - pool", "\n  - pool", (Hole(5, 6, "emptied"),)),
        ("  - pool\n>>>>>>> branch", "  - pool\n", (Hole(6, 7, "emptied"),)),
    ],
)
def test_a_merge_that_is_not_done_has_its_first_version(written: str, read: str, holes: tuple[Hole, ...]) -> None:
    found = recover(RIGHT.replace("  - pool", written))
    assert found.text == RIGHT.replace("  - pool", read)
    assert found.holes == holes


def test_line_ends_are_kept() -> None:
    text = RIGHT.replace("\n", "\r\n").replace("  - pool", "  - pool: {")
    assert recover(text).text == RIGHT.replace("\n", "\r\n").replace("  - pool", "  - pool: {}")


def test_errors_on_which_no_shape_depends_are_none_to_recover_from() -> None:
    text = RIGHT + "train: {epochs: none, loss: [}\n"
    assert needs_recovery(check_text(text, repairs=False))
    text = RIGHT + "train: {epochs: none}\n"
    assert not needs_recovery(check_text(text, repairs=False))


def test_what_stands_for_a_text_is_not_checked_twice(checked: list[str]) -> None:
    half = [RIGHT.replace("kernel_size: 3}", each) for each in ("k", "ke", "ker")]
    found = recover(RIGHT)
    for text in (*half, RIGHT, half[0]):
        found = recover(text, found.history)
        assert found.text == RIGHT
        assert found.spec.graph == check_text(RIGHT, repairs=False).graph
    assert checked == [RIGHT]
    other = RIGHT.replace("filters: 8", "filters: 6")
    assert recover(other.replace("kernel_size: 3}", "k"), recover(other, found.history).history).text == other
    assert checked == [RIGHT, other]


def test_what_stands_for_a_text_is_checked_again_with_other_params() -> None:
    text = RIGHT.replace("filters: 8", "filters: $wide").replace("input", "params: {wide: 8}\ninput")
    half = text.replace("kernel_size: 3}", "k")
    found = recover(half, recover(text).history)
    wider = check_text(half, params={"wide": 16}, repairs=False)
    assert shapes(found)[0] == (30, 30, 8)
    assert shapes(recover(half, found.history, wider))[0] == (30, 30, 16)


def test_what_is_made_ready_is_not_checked_when_the_next_version_is_broken(checked: list[str]) -> None:
    found = recover(RIGHT)
    assert not is_ready(found.history)
    history = ready(found.history, found.spec)
    assert is_ready(history)
    assert checked == [RIGHT]
    broken = recover(RIGHT.replace("kernel_size: 3}", "k"), history)
    assert broken.text == RIGHT
    assert broken.spec.graph == check_text(RIGHT, repairs=False).graph
    assert checked == [RIGHT]
    other = RIGHT.replace("filters: 8", "filters: 6")
    assert not is_ready(recover(other, broken.history).history)


def test_what_is_left_off_while_it_is_made_ready_is_begun_anew() -> None:
    found = recover(RIGHT)
    history = ready(found.history, found.spec)
    other = recover(RIGHT.replace("filters: 8", "filters: 6"), history)

    class Leaves(Exception):
        """Something else is wanted."""

    calls = count(1)

    def watch() -> None:
        if next(calls) == 2:
            raise Leaves

    with pytest.raises(Leaves):
        ready(other.history, other.spec, watch)
    again = ready(other.history, other.spec)
    assert again.checked is not None
    assert again.checked.graph == other.spec.graph == check_text(other.text, repairs=False).graph


def test_where_only_shapes_are_wrong_the_text_stands_for_itself() -> None:
    right = RIGHT.replace("  - relu\n", "  - skip:\n      - conv: {filters: 8, kernel_size: 3, padding: same}\n")
    wrong = right.replace("{filters: 8, kernel_size: 3, padding: same}", "{filters: 6, kernel_size: 3, padding: same}")
    before = recover(right)
    for history in (None, before.history):
        found = recover(wrong, history)
        assert (found.text, found.holes) == (wrong, ())
        assert shapes(found) == [(30, 30, 8), (30, 30, 6), (30, 30, 8), (15, 15, 8), (1800,), (10,)]
        assert found.spec.graph is not None
        marked = provisional(found.spec, found)
        assert [found.spec.graph.nodes[index].path for index in sorted(marked)] == [
            "skip_1",
            "pool_1",
            "flatten_1",
            "dense_1",
        ]


@pytest.mark.parametrize("more", ["  - den", "  - dense: {un", "    - dense: 10"])
def test_what_does_not_fit_yet_is_there_while_the_next_is_typed(more: str) -> None:
    """The shape that a merge probably has is enough: nothing has to stand in its place."""
    text = RIGHT[: RIGHT.index("  - relu")] + "  - skip:\n      - conv: {filters: 6, kernel_size: 3}\n      - relu\n"
    for history in (None, recover(text).history):
        found = recover(text + more, history)
        assert found.spec.graph is not None
        nodes = {node.path: node.shape for node in found.spec.graph.nodes if node.kind_name != "dense"}
        assert nodes == {
            "input": (32, 32, 3),
            "conv_1": (30, 30, 8),
            "skip_1.conv_1": (28, 28, 6),
            "skip_1.relu_1": (28, 28, 6),
            "skip_1": (30, 30, 8),
        }


def test_where_shapes_stay_wrong_a_key_costs_one_check(checked: list[str]) -> None:
    """What stands for nodes that fail is not looked for anew, though there are others that fail still."""
    failing = [f"  - stack: {{from: [{name}, low], name: stack{n}}}\n" for n, name in enumerate(["relu_1", *"abcd"])]
    between = [f"  - conv: {{filters: 4 * $channels, kernel_size: 1, name: {name}}}\n" for name in "abcd"]
    wrong = "".join(map("".join, zip(failing, [*between, ""], strict=True)))
    text = RIGHT.replace("  - pool\n", "  - pool: {name: low}\n" + wrong)
    opened = recover(text)
    sizes = [(30, 30, 8), (30, 30, 8), (15, 15, 8)]
    for power in range(4):
        sizes += [(30, 30, 8 * 4**power), (30, 30, 8 * 4 ** (power + 1))]
    assert shapes(opened)[: len(sizes)] == sizes
    assert opened.history.failing == 1
    checked.clear()
    history = opened.history
    for units in (11, 12, 11):
        found = recover(text.replace("dense: 10", f"dense: {units}"), history)
        assert shapes(found)[: len(sizes)] == sizes
        assert found.history.failing == 1
        history = found.history
    assert len(checked) == 3


def test_where_a_name_stands_twice_the_text_does_not_stand_for_itself() -> None:
    """Its own shapes are not told from those of the other."""
    twice = "  - relu: {name: a}\n  - reshape: {name: a, target_shape: [7]}\n"
    found = recover(RIGHT.replace("  - relu\n", twice))
    assert found.holes == (Hole(start=6, end=7, done="emptied"),)
