"""Counts and sizes in bytes under `limits`."""

from __future__ import annotations

import pytest

from netspec.options import Invalid
from netspec.spec.limits import Quantity


@pytest.mark.parametrize(
    ("written", "number"), [("5M", 5 * 10**6), ("1.2G", 1_200_000_000), ("9007199254740992", 2**53), ("0.001k", 1)]
)
def test_a_count(written: str, number: int) -> None:
    assert Quantity().check(written) == number


@pytest.mark.parametrize(
    "written", ["9" * 400, "9" * 400 + "G", "9" * 400 + ".5", "9007199254740994", "0", "0.0001k", "0M"]
)
def test_what_is_no_count(written: str) -> None:
    with pytest.raises(Invalid, match=r"must be a count such as 5000, 5M or 1\.2G, not '"):
        Quantity().check(written)


def test_a_size_in_bytes() -> None:
    assert Quantity(is_bytes=True).check("2GiB") == 2**31
    with pytest.raises(Invalid, match="must be a size in bytes such as 500MB or 2GiB, not '"):
        Quantity(is_bytes=True).check("9" * 400 + "TiB")
