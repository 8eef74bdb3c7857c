"""Parameters to the last one, multiply-accumulates to the published digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import netspec
from tests.support.published import PUBLISHED, Published

SPECS = Path(__file__).parent.parent.parent / "specs"
UNITS = {"M": 1e6, "G": 1e9}


def as_published(count: int, published: int | str) -> int | str:
    """The count with the digits of the published figure."""
    if isinstance(published, int):
        return count
    digits = len(published[:-1].partition(".")[2])
    return f"{count / UNITS[published[-1]]:.{digits}f}{published[-1]}"


def name(row: Published) -> str:
    """A test's id."""
    return "-".join([row.spec, row.variant or "", *(f"{key}={value}" for key, value in row.params.items())])


@pytest.mark.parametrize("row", PUBLISHED, ids=name)
def test_figures(row: Published) -> None:
    totals: dict[str, Any] = netspec.inspect(SPECS / f"{row.spec}.yaml", variant=row.variant, params=row.params)[
        "totals"
    ]
    found = totals["parameters" if row.counts_all else "trainable_parameters"]
    if row.parameters is not None:
        assert as_published(found, row.parameters) == row.parameters
    if row.macs is not None:
        assert as_published(totals["macs"], row.macs) == row.macs


# Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019, the table of
# networks, where theirs is wired as ours.
RECEPTIVE_FIELDS = {
    ("alexnet", "one_tower"): ("pool5", 195),
    ("vgg16", None): ("pool5", 212),
    ("mobilenet", "1.0"): (None, 315),
    ("resnet", "50"): (None, 483),
    ("resnet", "101"): (None, 1027),
    ("resnet", "152"): (None, 1507),
    ("inception_v2", "caffe"): (None, 699),
    ("inception_v3", "keras"): (None, 1311),
    ("inception_v4", None): (None, 2071),
    ("inception_resnet_v2", None): (None, 3039),
}


@pytest.mark.parametrize(("spec", "variant"), RECEPTIVE_FIELDS, ids=lambda value: value or "")
def test_receptive_fields(spec: str, variant: str | None) -> None:
    last, expected = RECEPTIVE_FIELDS[spec, variant]
    nodes = netspec.inspect(SPECS / f"{spec}.yaml", variant=variant)["nodes"]
    names = [node["name"] for node in nodes]
    at = names.index(last or "global_pool_1") - (last is None)
    assert nodes[at]["receptive_field"] == expected
