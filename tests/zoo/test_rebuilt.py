"""What `keras.applications` lacks, against the same network in Keras's own words, weight for weight."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

import netspec
from netspec.zoo import specs
from tests.support.matching import compare
from tests.support.references import REFERENCES
from tests.support.twins import ALONE, QUICK, SEVERAL, WHOLE, WITHOUT, Twin

SPECS = Path(__file__).parent.parent.parent / "specs"
BOUND = 1e-5


def agree(twin: Twin) -> None:
    ours = netspec.build(SPECS / f"{twin.spec}.yaml", variant=twin.variant, params=twin.params)
    theirs = twin.rebuild(**twin.arguments)
    if twin.main is None:
        assert ours.count_params() == theirs.count_params()
    comparison = compare(ours, theirs, twin.main)
    keras.backend.clear_session()
    assert comparison.largest <= BOUND, comparison


@pytest.mark.parametrize("twin", QUICK, ids=lambda twin: twin.label)
def test_a_small_one(twin: Twin) -> None:
    agree(twin)


@pytest.mark.slow
@pytest.mark.parametrize("twin", WHOLE, ids=lambda twin: twin.label)
def test_the_whole_network(twin: Twin) -> None:
    agree(twin)


def test_every_spec_has_a_reference_or_a_reason_for_having_none() -> None:
    """A new one needs a row in `tests.support.references` or `tests.support.twins`."""
    compared = {reference.spec for reference in REFERENCES} | {twin.spec for twin in (*QUICK, *WHOLE)}
    assert sorted([*compared, *SEVERAL, *ALONE, *WITHOUT]) == sorted(specs())
