"""A call that ends its process is told, and the next one answered."""

from __future__ import annotations

import os

import pytest

from tests.support.apart import Apart, Died


def test_the_next_call_is_answered_by_another_process(capfd: pytest.CaptureFixture[str]) -> None:
    apart = Apart()
    first = apart.call(os.getpid)
    assert first not in (os.getpid(), 0)
    assert apart.call(os.getpid) == first
    with pytest.raises(Died):
        apart.call(os.abort)
    assert "Fatal Python error: Aborted" in capfd.readouterr().err
    assert apart.call(int, "7f", base=16) == 127
    assert apart.call(os.getpid) != first
    with pytest.raises(ValueError, match="invalid literal"):
        apart.call(int, "x")
    apart.close()
