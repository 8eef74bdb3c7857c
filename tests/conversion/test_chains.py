"""Chains that are alike are found step by step: the same as when each is compared with each as it is written."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from netspec.conversion.flattening import flat_of
from netspec.conversion.folding.alike import Alike, Likeness
from netspec.conversion.folding.around import Around, Numbers, Steps
from netspec.conversion.folding.chains import alike_windows
from netspec.conversion.folding.items import Item, base, bodies_in, copied, items_of
from netspec.conversion.folding.regions import with_regions
from netspec.conversion.folding.tracing import Trace
from netspec.conversion.paths import named_graph
from netspec.pipeline import check_text

SPECS = Path(__file__).parent.parent.parent / "specs"
LONGEST = 12


def bodies_of(name: str) -> list[list[Item]]:
    """The bodies of a spec of the zoo, its forks as compositions."""
    graph = check_text((SPECS / f"{name}.yaml").read_text(encoding="utf-8"), repairs=False).graph
    assert graph is not None
    flat = flat_of(graph)
    shapes = {node.path: node.shape for node in named_graph(flat).nodes if node.shape is not None}
    return list(bodies_in(with_regions(items_of(flat), shapes, frozenset(map(base, flat.outputs.values())))))


def written(items: list[Item], numbers: list[Numbers], degree: int) -> object:
    """A window as a block of it would be written: what its items are, and which node each reads."""
    first, *others = items
    known = {first.name: 0}
    outside = [name for names in first.beside.values() for name in names]
    entering = first.reads[0] if len(first.reads) == 1 else ""
    found: list[object] = [(numbers[0][degree], len(first.reads), tuple(map(len, first.beside.values())))]
    for number, item in enumerate(others, 1):
        reads: list[object] = []
        for name in item.all_read:
            if base(name) in known:
                reads.append((known[base(name)], name[len(base(name)) :]))
            elif name == entering:
                reads.append("input")
            else:
                if name not in outside:
                    outside.append(name)
                reads.append(f"other {outside.index(name)}")
        found.append((numbers[number][degree], tuple(reads)))
        known[item.name] = number
    return tuple(found)


@pytest.mark.parametrize("name", ["googlenet", "bifpn", "hrnet", "yolov8"])
def test_windows_are_alike_where_blocks_of_them_would_be_the_same(name: str) -> None:
    """To each degree, and the largest sets that do not overlap."""
    bodies = bodies_of(name)
    alike = Alike({}, {})
    tables: list[dict[object, int]] = [{} for _ in Likeness]
    numbers: list[list[Numbers]] = [
        [
            tuple(table.setdefault(key, len(table)) for table, key in zip(tables, alike.keys(item), strict=True))
            for item in body
        ]
        for body in bodies
    ]
    steps = Steps(len(Likeness))
    around = [
        Around(number, body, numbers[number], frozenset(), steps, is_top=number == 0)
        for number, body in enumerate(bodies)
    ]
    found = {
        (length, degree, tuple((place.body, place.start) for place in places))
        for length, places, degrees in alike_windows(around, steps, LONGEST)
        for degree in degrees
    }
    expected = set()
    for degree in Likeness:
        same: dict[object, list[tuple[int, int]]] = defaultdict(list)
        for body, each in enumerate(around):
            for start in range(len(each.items)):
                trace = Trace(each, start)
                for length in range(1, LONGEST + 1):
                    if trace.places[length - 1] is not None:
                        key = written(
                            list(each.items[start : start + length]), numbers[body][start : start + length], degree
                        )
                        row = same[key]
                        if not row or row[-1][0] != body or row[-1][1] + length <= start:
                            row.append((body, start))
                    if trace.step(length) < 0:
                        break
        expected |= {(len(key), int(degree), tuple(row)) for key, row in same.items() if len(row) > 1}
    assert found == expected
    assert len(found) > 20


def test_what_is_alike_to_one_degree_is_to_all_below() -> None:
    """A width may differ to all of them, a word to the lowest alone, a window to the lower two."""
    alike = Alike({}, {})
    one = Item("conv", "a", {"filters": 8, "kernel_size": 3, "activation": "relu"}, ("input",))

    def degrees(**values: object) -> list[str]:
        other = Item("conv", "b", {**one.values, **values}, ("input",))
        return [likeness.name for likeness in Likeness if alike.are_alike(one, other, likeness)]

    assert degrees(filters=16) == ["KINDS", "WORDS", "WINDOWS"]
    assert degrees(kernel_size=5) == ["KINDS", "WORDS"]
    assert degrees(activation="gelu") == ["KINDS"]
    assert not alike.are_alike(one, Item("dense", "c", dict(one.values), ("input",)), Likeness.KINDS)


def test_a_copy_of_items_is_folded_by_itself() -> None:
    """What folding changes in place, in compositions too, changes in one alone."""
    inner = Item("conv", "b", {"filters": 8}, ("a",))
    items = [Item("skip", "c", {"merge": "multiply"}, ("a",), bodies={"body": [inner]}, entering="a")]
    (other,) = copied(items)
    assert [other] == items
    other.values["merge"] = "concat"
    other.bodies["body"][0].values["filters"] = 16
    other.bodies["body"].clear()
    assert items[0].values == {"merge": "multiply"}
    assert items[0].bodies == {"body": [inner]}
    assert inner.values == {"filters": 8}
