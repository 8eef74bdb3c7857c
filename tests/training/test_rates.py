"""The learning-rate range test: its curve, its suggestion, its picture."""

from __future__ import annotations

import importlib.util
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

from netspec.diagnostics.problems import SpecError
from netspec.training import rates

from .conftest import SMALL, Write, netspec

RATES = tuple(float(rate) for rate in np.geomspace(rates.LOWEST, rates.HIGHEST, rates.UPDATES))
HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


def falling(noise: float, drop: float = 2.0, seed: int = 3) -> list[float]:
    """Losses that fall by `drop` in the decade about 0.01, and rise from 1 on."""
    decades = np.log10(RATES)
    curve = 2.5 - drop / (1 + np.exp(-6 * (decades + 2))) + np.exp(4 * (decades - 0.5))
    return [*map(float, curve + np.random.default_rng(seed).normal(0, noise, len(RATES)))]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_the_suggestion_is_where_the_loss_falls_fastest(noise: float, seed: int) -> None:
    losses = falling(noise, seed=seed)
    curve = rates.judged(RATES, losses, None)
    assert curve.suggestion is not None
    assert 0.005 < curve.suggestion < 0.02
    assert 0.02 < curve.lowest < 1
    assert curve.losses == tuple(losses)
    assert len(curve.rates) == len(curve.losses) == len(curve.smoothed) == 200


def test_smoothing_does_not_lag() -> None:
    """A straight line stays where it is, away from its ends."""
    line = np.arange(200.0)
    curve = rates.judged(RATES, [*map(float, line)], None)
    np.testing.assert_allclose(np.asarray(curve.smoothed)[60:-60], line[60:-60], atol=1e-2)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("drop", [0.0, 0.1])
def test_no_suggestion_where_nothing_falls(drop: float, seed: int) -> None:
    curve = rates.judged(RATES, falling(0.3, drop, seed), None)
    assert curve.suggestion is None
    assert (
        rates.table(curve)[-1]
        == "no suggestion: the loss does not fall by more than batches differ, at any learning rate"
    )


def test_too_few_losses() -> None:
    with pytest.raises(SpecError) as caught:
        rates.judged(RATES[:3], [1.0, 2.0, 3.0], RATES[3])
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == (
        "NS705", "the loss is no number after 3 updates at learning rates below 1.3e-07",
    )  # fmt: skip


def settled(text: str) -> str:
    text = re.sub(r"\d\.\de[+-]\d\d", "RATE", text)
    text = re.sub(r"\b\d+\.\d{4}\b", "LOSS", text)
    return re.sub(r"on \w+ \S+ on \w+", "on MACHINE", text)


def test_the_table(write: Write) -> None:
    result = netspec("train", write(), "--find-rate")
    assert (result.status, result.err) == (0, "")
    first, _, *lines = settled(result.out).splitlines()
    assert first == "small: 200 learning rates from 1e-07 to 10, on MACHINE"
    diverged = lines.count("      RATE   diverged")
    assert lines == [
        "learning rate   loss (smoothed)",
        *["      RATE   LOSS"] * rates.ROWS,
        *["      RATE   diverged"] * diverged,
        "",
        "suggestion: learning_rate: RATE, where the loss falls fastest; it is lowest at RATE",
        "(learning-rate range test: Smith, arXiv 1506.01186, section 3.3)",
    ]
    assert os.listdir() == ["small.yaml"]  # no run, no picture


def test_for_programs_with_accumulation_and_averages(write: Write) -> None:
    path = write(
        SMALL.replace("epochs: 2", "epochs: 2, optimizer: {adam: {use_ema: true, gradient_accumulation_steps: 2}}")
    )
    result = netspec("train", path, "--find-rate", "--format", "json")
    assert result.status == 0
    assert settled(result.err) == "small: 200 learning rates from 1e-07 to 10, on MACHINE\n"
    found = json.loads(result.out)
    assert [*found] == ["rates", "losses", "smoothed", "lowest", "suggestion", "diverged"]
    assert len(found["rates"]) == len(found["losses"]) == len(found["smoothed"]) > 50
    assert found["rates"][0] == 1e-7
    assert 1e-4 < found["suggestion"] < 1
    again = json.loads(netspec("train", path, "--find-rate", "--format", "json").out)
    assert again["suggestion"] == pytest.approx(found["suggestion"], rel=0.2)


@pytest.mark.skipif(not HAS_MATPLOTLIB, reason="matplotlib is not installed")
@pytest.mark.parametrize(("name", "start"), [("rates.png", b"\x89PNG\r\n"), ("rates.svg", b"<?xml")])
def test_the_picture(write: Write, name: str, start: bytes) -> None:
    curve = rates.judged(RATES, falling(0.1), RATES[-1])
    for _ in range(2):  # its own picture it replaces
        rates.check_picture(Path(name))
        rates.draw(curve, "small", Path(name))
        assert Path(name).read_bytes().startswith(start)
    result = netspec("train", write(), "--find-rate", name)
    assert result.out.splitlines()[-1] == f"wrote {name}"


def refused(path: str) -> str:
    result = netspec("train", "small.yaml", "--find-rate", path)
    assert result.status == 1
    return result.err


@pytest.mark.skipif(not HAS_MATPLOTLIB, reason="matplotlib is not installed")
def test_pictures_that_are_not_drawn(write: Write) -> None:
    write()
    Path("mine.png").write_text("mine")
    assert (
        refused("mine.png")
        == "mine.png: error NS709: the file exists and netspec did not write it; choose another name\n"
    )
    assert refused("curve.jpg") == "curve.jpg: error NS709: a picture ends in .png or .svg\n"
    assert Path("mine.png").read_text() == "mine"


def test_without_the_library(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "matplotlib" else find(name, *more)
    )
    assert refused("curve.png") == (
        "curve.png: error NS706: a picture needs matplotlib; `pip install matplotlib`, or leave the path out\n"
    )


@pytest.mark.parametrize(
    "arguments", [["--find-rate", "small.yaml"], ["--find-rate"], ["--resume", "runs/x", "--find-rate"]]
)
def test_wrong_usage(write: Write, arguments: list[str]) -> None:
    write()
    result = netspec("train", *arguments)
    assert (result.status, result.err.splitlines()[0]) == (
        2, "netspec train: --find-rate stands after a spec: netspec train FILE --find-rate [PICTURE]",
    )  # fmt: skip
