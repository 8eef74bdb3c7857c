"""What `keras.applications` lacks, against the same network in Keras's own words, weight for weight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import pytest

import netspec
from tests.support import rebuilt
from tests.support.matching import compare

SPECS = Path(__file__).parent.parent.parent / "specs"
BOUND = 1e-5


class Twin(NamedTuple):
    """A spec, and the function that rebuilds it with other figures where those make it smaller."""

    spec: str
    rebuild: Callable[..., Any]
    arguments: dict[str, Any]
    variant: str | None = None
    params: dict[str, Any] = {}  # noqa: RUF012 - never written to
    main: str | None = None

    @property
    def label(self) -> str:
        """A test's id."""
        return "-".join(filter(None, (self.spec, self.variant, self.main)))


SHALLOW = {"blocks": [2, 1, 1, 1]}
TEN = {"classes": 10}
# Small ones; the whole networks are below.
QUICK = (
    Twin(
        "mlp_mixer",
        rebuilt.mlp_mixer,
        {"size": 64, "depth": 2, "width": 48},
        "b16",
        {**TEN, "size": 64, "depth": 2, "width": 48},
    ),
    Twin(
        "convmixer",
        rebuilt.convmixer,
        {"size": 35, "width": 32, "depth": 2, "kernel": 9, "patch": 7, "activation": "gelu"},
        "1536_20",
        {**TEN, "size": 35, "width": 32, "depth": 2},
    ),
    Twin(
        "poolformer",
        rebuilt.poolformer,
        {"size": 64, "blocks": [1, 1, 1, 1], "widths": [16, 24, 32, 48]},
        "s12",
        {**TEN, "size": 64, "blocks": [1, 1, 1, 1], "widths": [16, 24, 32, 48]},
    ),
    Twin(
        "repvgg",
        rebuilt.repvgg,
        {"size": 64, "blocks": [1, 2, 2, 1], "widths": [48, 96, 192, 1280]},
        "a0",
        {**TEN, "size": 64, "blocks": [1, 2, 2, 1]},
    ),
    Twin("res2net", rebuilt.res2net, {"size": 64, **SHALLOW, "base": 26}, "50_26w_4s", {**TEN, **SHALLOW, "size": 64}),
    Twin("attention_unet", rebuilt.attention_unet, {"size": 32}, None, {"size": 32}),
    Twin("fpn", rebuilt.fpn, {"size": 64, **SHALLOW, "level": 2}, None, {**SHALLOW, "size": 64}, "p2"),
    Twin("deeplab_v3plus", rebuilt.deeplab_v3plus, {"size": 64, **SHALLOW}, None, {**SHALLOW, "size": 64}),
)
WHOLE = (
    Twin("mlp_mixer", rebuilt.mlp_mixer, {"size": 64, "depth": 8, "width": 512}, "s16", {**TEN, "size": 64}),
    Twin(
        "convmixer",
        rebuilt.convmixer,
        {"size": 35, "width": 768, "depth": 32, "kernel": 7, "patch": 7, "activation": "relu"},
        "768_32",
        {**TEN, "size": 35},
    ),
    Twin(
        "poolformer",
        rebuilt.poolformer,
        {"size": 64, "blocks": [2, 2, 6, 2], "widths": [64, 128, 320, 512]},
        "s12",
        {**TEN, "size": 64},
    ),
    Twin(
        "repvgg",
        rebuilt.repvgg,
        {"size": 32, "blocks": [4, 6, 16, 1], "widths": [64, 128, 256, 1280]},
        "b0",
        {**TEN, "size": 32},
    ),
    Twin("ghostnet", rebuilt.ghostnet, {"size": 64, "wider": 1.0}, "x1.0", {**TEN, "size": 64}),
    Twin("ghostnet", rebuilt.ghostnet, {"size": 64, "wider": 1.3}, "x1.3", {**TEN, "size": 64}),
    Twin("mnasnet", rebuilt.mnasnet, {"size": 64, "alpha": 0.5}, "0.5", {**TEN, "size": 64}),
    Twin("mnasnet", rebuilt.mnasnet, {"size": 64, "alpha": 1.3}, "1.3", {**TEN, "size": 64}),
    Twin(
        "res2net", rebuilt.res2net, {"size": 64, "blocks": [3, 4, 6, 3], "base": 26}, "50_26w_4s", {**TEN, "size": 64}
    ),
    Twin("cspdarknet53", rebuilt.cspdarknet53, {"size": 64}, None, {**TEN, "size": 64}),
    *(
        Twin("fpn", rebuilt.fpn, {"size": 64, "blocks": [3, 4, 6, 3], "level": level}, None, {"size": 64}, f"p{level}")
        for level in (2, 3, 4, 5)
    ),
    Twin("deeplab_v3plus", rebuilt.deeplab_v3plus, {"size": 128, "blocks": [3, 4, 6, 3]}, None, {"size": 128}),
)


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
