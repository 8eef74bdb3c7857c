"""The picture as SVG, read back: over every network of the zoo, and what it says."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

import tests.problems
from netspec.drawing.opening import MOST, first_sight
from netspec.drawing.picture import Picture, picture
from netspec.drawing.sight import Sight, opens_all
from netspec.drawing.svg import svg
from netspec.pipeline import check
from netspec.zoo import specs
from tests.drawing.reading import faults, read
from tests.drawing.shown import drawn

# A4 upright within margins of 10 mm, where two units are a point: titles of 6 points.
PAGE = (2 * 190 / 25.4 * 72, 2 * 277 / 25.4 * 72)


def variants(name: str) -> list[Picture]:
    """A spec of the zoo as it stands, and each of its variants."""
    spec = check(specs()[name], repairs=False)
    assert spec.document is not None
    others = [check(specs()[name], variant=variant, repairs=False) for variant in spec.document.variants]
    return [picture(each) for each in (spec, *others)]


@pytest.mark.parametrize("name", specs())
def test_folded_it_fits_on_a_page_and_nothing_overlaps(name: str) -> None:
    for given in variants(name):
        opened = first_sight(given)
        drawing = read(svg(given, opened))
        assert list(faults(drawing)) == [], given.spec.request.variant
        assert len(drawing.boxes) <= MOST
        assert drawing.width <= PAGE[0]
        assert drawing.height <= PAGE[1]
        sight = Sight(given, opened)
        wired = [
            (given.boxes[sight.order[source]].path, given.boxes[sight.order[target]].path)
            for source, targets in enumerate(sight.readers)
            for target in targets
        ]
        assert sorted((edge.source, edge.target) for edge in drawing.edges) == sorted(wired)


@pytest.mark.parametrize("name", specs())
def test_whatever_is_open_nothing_overlaps(name: str) -> None:
    given = picture(check(specs()[name], repairs=False))
    randomly = random.Random(name)
    paths = [box.path for box in given.boxes[1:] if box.children]
    paths += [opens_all(box.path) for box in given.boxes if box.role == "repeat"]
    for share in (0.2, 0.5, 0.8):
        opened = [path for path in paths if randomly.random() < share]
        assert list(faults(read(svg(given, opened)))) == [], opened


def small() -> str:
    return svg(
        drawn(
            "input: [8, 8, 3]\nlayers: [{conv: {filters: 4, kernel_size: 3, padding: same}}, {skip: [relu, {1x1: 4}]}, flatten]"
        ),
        ["skip_1"],
    )


@pytest.mark.parametrize(
    ("pattern", "replaced", "said"),
    [
        # What the tests above would say of drawings that are wrong.
        (r'(data-path="conv_1".*?<rect class="body" x=")\d+', r"\g<1>900", "conv_1 leaves the picture"),
        (r'(data-path="relu_1"|data-path="skip_1.relu_1")(.*?<rect class="body" x="\d+" y=")\d+', r"\g<1>\g<2>0", "skip_1.relu_1 leaves skip_1"),
        (r'(data-path="flatten_1".*?<rect class="body" x="\d+" y="\d+" width=")\d+', r"\g<1>20", "'flatten' does not fit into flatten_1"),
        (r'(data-to="flatten_1" d="M\d+ )\d+', r"\g<1>7", "an edge to flatten_1 does not begin at skip_1.add"),
    ],
)  # fmt: skip
def test_the_reading_finds_what_is_wrong(pattern: str, replaced: str, said: str) -> None:
    assert list(faults(read(small()))) == []
    spoilt = re.sub(pattern, replaced, small(), count=1, flags=re.DOTALL)
    assert said in list(faults(read(spoilt)))


def test_what_it_says() -> None:
    drawing = read(small())
    assert {path: [words.text for words in box.words] for path, box in drawing.boxes.items()} == {
        "input": ["input", "8×8×3"],
        "conv_1": ["conv", "3×3, 4", "87% MACs", "85% par.", "8×8×4"],
        "skip_1": ["skip", "13% MACs", "15% par."],
        "skip_1.relu_1": ["relu"],
        "skip_1.conv1x1_1": ["1x1", "4", "13% MACs", "15% par."],
        "skip_1.add": ["add"],
        "flatten_1": ["flatten", "256"],
    }
    assert [words.text for words in drawing.words] == [
        "net",
        "132 parameters, 7.94 k MACs",
        "share of all MACs",
        "share of all parameters (par.)",
    ]


def test_it_is_told_to_who_has_it_read() -> None:
    root = ElementTree.fromstring(small())
    assert (root.get("role"), root.get("aria-label")) == ("img", "net")
    titles = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == [
        "net",
        "skip_1: skip, 20 parameters, 1,024 MACs",
        "input: input, 8×8×3",
        "conv_1: conv, 8×8×4, 112 parameters, 6,912 MACs",
        "skip_1.relu_1: relu",
        "skip_1.conv1x1_1: 1x1, 20 parameters, 1,024 MACs",
        "skip_1.add: add",
        "flatten_1: flatten, 256",
    ]


def test_problems_stand_where_they_are() -> None:
    given = drawn("input: [8]\nlayers: [{dense: {unit: 4}}, {cnov: 3}, {add: {from: [dense_1, nowhere]}}]\n")
    text = svg(given, first_sight(given))
    drawing = read(text)
    marks = {path: [words.text for words in box.words if words.text.isdecimal()] for path, box in drawing.boxes.items()}
    assert marks == {"input": ["8"], "dense_1": ["4", "1", "4"], "cnov": ["2"], "nowhere": ["3"], "add_1": []}
    assert [words.text for words in drawing.words if "line 3" in words.text] == [
        "1 line 3: error NS202: `dense` has no hyperparameter 'unit'; did you mean `units`?",
        "2 line 3: error NS201: there is no kind 'cnov'; did you mean `conv`?",
        "3 line 3: error NS301: there is no node `nowhere` here",
    ]
    assert list(faults(drawing)) == []


def test_names_are_text_and_nothing_else() -> None:
    given = drawn(
        "description: <b>&\u202e</b>\ninput: [8]\nlayers: [{dense: {units: 4, name: a_name_that_is_rather_long_for_a_box_of_its_own_yes}}]\n"
    )
    text = svg(given, ())
    assert "<b>" not in text
    assert "\\x202e" in text
    assert list(faults(read(text))) == []
    assert "a_name_that_is_rather_long_for_…" in text


def test_a_repeat_shows_one_round_or_all() -> None:
    given = drawn("input: [8]\nblocks: {A: {layers: [{dense: 8}, relu]}}\nlayers: [{A: {repeat: 3}}]")
    closed, one, every = (
        list(read(svg(given, opened)).boxes) for opened in ((), ["A_1..3"], ["A_1..3", opens_all("A_1..3")])
    )
    assert closed == ["input", "A_1..3"]
    assert one == ["A_1..3", "input", "A_1.dense_1", "A_1.relu_1"]
    assert every == ["A_1..3", "input", "A_1", "A_2", "A_3"]


BROKEN = sorted(Path(tests.problems.__file__).parent.glob("*.yaml"))


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_what_is_wrong_is_drawn_as_far_as_it_is_understood(path: Path) -> None:
    given = picture(check(path, repairs=False))
    assert list(faults(read(svg(given, first_sight(given))))) == []


def test_kinds_that_no_terminal_may_see_are_shown_and_not_obeyed() -> None:
    given = drawn('input: [8]\nlayers: ["\\e[31mred", {"a\\u202eb": 3}]')
    assert [box.words[0].text for box in read(svg(given, ())).boxes.values()] == ["input", "\\x1b[31mred", "a\\x202eb"]


def test_bodies_within_bodies() -> None:
    body = "[relu]"
    for _ in range(20):
        body = f"[{{skip: {body}}}]"
    given = drawn(f"input: [8]\nlayers: {body}")
    paths = [box.path for box in given.boxes if box.children and box.path]
    drawing = read(svg(given, paths))
    assert len(drawing.boxes) == 2 + 2 * 20
    assert list(faults(drawing)) == []


def test_a_large_network_takes_little_time() -> None:
    body = "[{skip: [{conv: {filters: 8, kernel_size: 3, padding: same}}, batch_norm, relu]}, relu]"
    text = (
        f"input: [32, 32, 8]\nblocks: {{Unit: {{layers: {body}}}}}\nlayers:\n"
        + "  - Unit: {repeat: 4}\n  - relu\n" * 950
    )
    began = time.process_time()
    given = drawn(text)
    drawing = read(svg(given, first_sight(given)))
    assert time.process_time() - began < 3  # seconds; a third of that on an idle machine
    assert len(given.graph.nodes) == 19_951
    assert len(drawing.boxes) <= MOST
