"""One server for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lsp_client import Editor


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    """A client that can show what most can."""
    made = Editor()
    yield made
    assert made.leave() == 0
    assert made.log == []
