"""What stands twice is the same: the page's placing, in JavaScript, and Python's, over every network of the zoo."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

import netspec.drawing
from netspec.drawing.page import data_of
from netspec.drawing.picture import Picture, picture
from netspec.drawing.placing import Layout, place
from netspec.drawing.sight import opens_all
from netspec.pipeline import check
from netspec.zoo import specs

SCRIPT = Path(netspec.drawing.__file__).parent / "page" / "placing.js"
NODE = shutil.which("node")
ROUNDS = 4  # random sets of open boxes for each network
HARNESS = """
const fs = require("fs");
const place = new Function(fs.readFileSync(process.argv[1], "utf8") + "; return place;")();
const given = JSON.parse(fs.readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(given.opened.map((paths) => place(given.picture, new Set(paths)))));
"""

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")


def layout_as_data(layout: Layout) -> dict[str, object]:
    boxes = [
        {
            "box": each.box,
            "x": each.x,
            "y": each.y,
            "width": each.width,
            "height": each.height,
            "isOpen": each.is_open,
            "inside": each.inside,
        }
        for each in layout.boxes
    ]
    edges = [
        {"source": e.source, "target": e.target, "points": [list(point) for point in e.points]} for e in layout.edges
    ]
    return {"width": layout.width, "height": layout.height, "boxes": boxes, "edges": edges}


def some_open(drawn: Picture, seed: int) -> list[list[str]]:
    """Nothing, all, and random sets of boxes."""
    paths = [box.path for box in drawn.boxes[1:] if box.children]
    paths += [opens_all(box.path) for box in drawn.boxes if box.role == "repeat"]
    randomly = random.Random(seed)
    sets = [[], paths]
    for number in range(ROUNDS):
        share = (number + 1) / (ROUNDS + 1)
        sets.append([path for path in paths if randomly.random() < share])
    return sets


@pytest.mark.parametrize("name", specs())
def test_both_place_alike(name: str) -> None:
    assert NODE is not None
    drawn = picture(check(str(specs()[name]), repairs=False))
    sets = some_open(drawn, len(name))
    given = json.dumps({"picture": data_of(drawn, ()), "opened": sets})
    done = subprocess.run([NODE, "-e", HARNESS, str(SCRIPT)], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for opened, found in zip(sets, json.loads(done.stdout), strict=True):
        assert found == layout_as_data(place(drawn, frozenset(opened))), opened
