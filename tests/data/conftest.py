"""What the tests of single sources share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from netspec.data import DataError

if TYPE_CHECKING:  # which brings NumPy, and the light suite collects this without it
    from netspec.data.dataset import Dataset


@pytest.fixture
def fails(load: Callable[..., Dataset]) -> Callable[..., str]:
    """The message of a loading that fails, by the `load` of the tests' own module."""

    def message(*arguments: Any, **options: Any) -> str:
        with pytest.raises(DataError) as caught:
            load(*arguments, **options)
        return caught.value.message

    return message
