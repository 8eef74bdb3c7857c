"""Which way a metric improves."""

from __future__ import annotations

import pytest

from netspec.spec.losses import higher_is_better


@pytest.mark.parametrize("name", ["accuracy", "val_accuracy", "val_main_accuracy", "auc", "precision", "main_recall"])
def test_higher_is_better(name: str) -> None:
    assert higher_is_better(name)


@pytest.mark.parametrize("name", ["loss", "val_loss", "mean_squared_error", "val_mean_absolute_error", "inaccuracy"])
def test_lower_is_better(name: str) -> None:
    assert not higher_is_better(name)
