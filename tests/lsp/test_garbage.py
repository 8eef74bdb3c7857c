"""When garbage is collected: all of it takes long, so not while somebody types."""

from __future__ import annotations

import gc
import time

import pytest

from netspec.lsp.server import _Garbage


@pytest.mark.parametrize(
    ("messages", "quiet", "generations"),
    [
        (1, (0.01,), []),
        (1, (0.05,), [1]),
        (1, (0.05, 0.1, 0.6), [1, 1]),
        (1, (0.05, 0.6, 2.1, 9), [1, 1, 2]),
        (300, (0.1,), [1]),  # as between keys
        (301, (0.1, 0.6), [1, 2]),
        (301, (0.1, 0.6, 2.1), [1, 2, 1]),
        (3_001, (0.1,), [2]),  # somebody types on and on
    ],
)
def test_how_much_is_collected_after_how_long(
    messages: int, quiet: tuple[float, ...], generations: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, found = 1000.0, list[int]()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(gc, "collect", found.append)
    garbage = _Garbage()
    for _ in range(messages):
        garbage.somebody_types()
    garbage.answered()
    for seconds in quiet:
        now = 1000.0 + seconds
        garbage.collect()
    assert found == generations
