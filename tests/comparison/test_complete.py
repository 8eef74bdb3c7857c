"""A difference is complete: what it lists, done to the first network, gives the second."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from netspec.comparison.differences import Difference
from netspec.kinds import KINDS
from tests.support.differing import SPECS, complaints, computed, edited, timed, variants

PATHS = sorted(SPECS.glob("*.yaml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_variants_beside_each_other(path: Path) -> None:
    assert [line for both in islice(variants(path, every=False), 2) for line in complaints(both)] == []


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_pair_of_variants(path: Path) -> None:
    assert [line for both in variants(path, every=True) for line in complaints(both)] == []


def test_nasnet_is_itself_whatever_its_nodes_are_called() -> None:
    both = next(timed())
    found = Difference(both.first, both.second)
    assert found.same
    assert len(found.renamed) == len(both.first.nodes) == 756


def test_a_hundred_random_edits_of_the_zoo() -> None:
    assert [line for both in edited("suite", 100) for line in complaints(both)] == []


def test_said_otherwise_has_room_for_kind_and_inputs() -> None:
    """They stand beside hyperparameters there."""
    assert not [name for name, kind in KINDS.items() if {"kind", "inputs"} & set(kind.options)]


@pytest.mark.backend
def test_weights_carry_over_and_what_is_unchanged_computes_the_same() -> None:
    assert [line for both in edited("weights", 3, small=True) for line in computed(both)] == []
