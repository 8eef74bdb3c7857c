"""The picture as data: what a page is given."""

from __future__ import annotations

import json

from netspec.drawing.opening import MOST, first_sight, fits_page
from netspec.drawing.picture import as_data
from netspec.drawing.placing import place
from tests.drawing.shown import drawn

TEXT = (
    "description: a test\n"
    "input: [8, 8, 3]\n"
    "layers:\n"
    "  - conv: {filters: 4, kernel_size: 3, strides: 2, padding: 1, rounding: floor, name: stem}\n"
    "  - inception: {1x1: 2, pool: 2}\n"
    "  - flatten\n"
    "  - dense: {units: 2, activation: relu, repeat: 2}\n"
)


def test_a_node() -> None:
    given = drawn(TEXT)
    data = as_data(given, first_sight(given))
    boxes = {box["path"]: box for box in data["boxes"]}  # type: ignore[attr-defined]
    assert boxes["stem"] == {
        "path": "stem",
        "role": "node",
        "kind": "conv",
        "names": ["stem"],
        "parent": 0,
        "children": [],
        "nodes": [1, 2],
        "times": 1,
        "column": [],
        "title": "stem",
        "rest": "conv 3×3, 4, /2",
        "macs_share": "82%",
        "parameters_share": "42%",
        "shape": "4×4×4",
        "width": boxes["stem"]["width"],
        "height": boxes["stem"]["height"],
        "label": boxes["stem"]["label"],
        "head": boxes["stem"]["head"],
        "head_height": boxes["stem"]["head_height"],
        "parameters": 112,
        "macs": 1728,
        "share_of_macs": 0.816635,
        "share_of_parameters": 0.41791,
        "problems": [],
        "line": 5,
        "given": "filters: 4, kernel_size: 3, strides: 2, padding: 1, rounding: floor",
        "facts": [
            ["input", "8 x 8 x 3 from `input`"],
            ["output", "4 x 4 x 4"],
            ["window", "rows and columns: (8 - 3 + 2*1) / 2 + 1 = 4.5, which `rounding: floor` rounds to 4"],
            ["weights", "3*3*3*4 + 4 = 112"],
            ["MACs", "4*4 * 3*3*3*4 = 1,728"],
            ["receptive field", "1 + (3 - 1)*1 = 3 of the input along each dimension, in steps of 2"],
        ],
        "sizes": [4, 4, 4],
        "field": [3.0, 3.0],
        "jump": [2.0, 2.0],
        "input": 0,
    }


def test_a_composition_and_a_repeat() -> None:
    given = drawn(TEXT)
    data = as_data(given, first_sight(given))
    boxes = {box["path"]: box for box in data["boxes"]}  # type: ignore[attr-defined]
    found = boxes["inception_1"]
    assert (found["title"], found["rest"], found["shape"]) == ("inception", "", "")
    assert found["column"] == [{"columns": [[4], [5, 6]], "main": 1}, 7]
    assert [boxes[path]["parent"] for path in ("inception_1.pool", "inception_1.concat")] == [3, 3]
    repeat = boxes["dense_1..2"]
    assert (repeat["role"], repeat["title"], repeat["rest"], repeat["times"]) == ("repeat", "dense", "2, relu × 2", 2)
    assert (repeat["parameters"], repeat["macs"]) == (136, 132)


def test_what_is_said_of_the_whole() -> None:
    given = drawn(TEXT)
    data = as_data(given, ["inception_1"])
    assert json.loads(json.dumps(data)) == data
    assert {
        key: data[key]
        for key in ("name", "description", "path", "variant", "totals", "nodes", "problems", "open", "assumed")
    } == {
        "name": "net",
        "description": "a test",
        "path": "net.yaml",
        "variant": None,
        "totals": given.graph.totals()._asdict(),
        "nodes": 9,
        "problems": [],
        "open": ["inception_1"],
        "assumed": [],
    }
    assert data["edges"] == [[0, 1], [1, 2], [1, 3], [3, 4], [2, 5], [4, 5], [5, 6], [6, 7], [7, 8]]


def test_problems_are_at_the_boxes_that_are_written_there() -> None:
    given = drawn(
        "input: [4]\nblocks: {A: {layers: [{dense: {unit: 4}}, relu]}}\nlayers: [{dense: 4}, A, {cnov: 3}]\nfoo: 1\n"
    )
    data = as_data(given, ())
    assert [(problem["code"], problem["line"], problem.get("box")) for problem in data["problems"]] == [  # type: ignore[attr-defined]
        ("NS202", 3, 4),
        ("NS201", 4, 6),
        ("NS207", 5, None),
    ]
    assert [box["path"] for box in data["boxes"] if box["problems"]] == ["A_1", "A_1.dense_1", "cnov"]  # type: ignore[attr-defined]


def test_first_sight_is_at_most_sixty_boxes_on_a_page() -> None:
    body = ", ".join(["{conv: {filters: 8, kernel_size: 3, padding: same}}", "relu"] * 3)
    given = drawn(f"input: [16, 16, 8]\nblocks: {{A: {{layers: [{body}]}}}}\nlayers: [{', '.join(['A'] * 20)}]")
    opened = first_sight(given)
    layout = place(given, opened)
    assert opened
    assert len(layout.boxes) <= MOST
    assert fits_page(layout)


def test_of_what_cannot_be_read_there_is_next_to_nothing() -> None:
    given = drawn("}{")
    data = as_data(given, first_sight(given))
    assert (data["name"], [box["path"] for box in data["boxes"]], data["totals"]) == ("net", ["", "input"], None)  # type: ignore[attr-defined]
    assert [problem["code"] for problem in data["problems"]] == ["NS101"]  # type: ignore[attr-defined]
