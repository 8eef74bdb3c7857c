"""tools/accuracy.py: what it prints, and a share of what it measures."""

from __future__ import annotations

from pathlib import Path

import pytest

import netspec
from tools.accuracy import SPECS, Row, comparison, main, table


def test_the_table_says_mean_spread_and_each_seed() -> None:
    rows = [Row("one", 1234, (0.99, 0.98, 1.0), 12.6), Row("two", 5, (0.5,), 0.4)]
    assert table(rows) == [
        "| network | parameters | accuracy on the test, % | each seed | time |",
        "| --- | --- | --- | --- | --- |",
        "| one | 1,234 | 99.00 ± 1.00 | 99.00, 98.00, 100.00 | 13 s |",
        "| two | 5 | 50.00 ± 0.00 | 50.00 | 0 s |",
    ]


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ((1.0, 0.98, 0.99), "two is better than one: +1.00 ± 1.00 points, seed by seed"),
        ((0.98, 0.98, 0.98), "two is as good as one: +0.00 ± 0.00 points, seed by seed"),
        ((0.97, 0.97, 0.97), "two is worse than one: -1.00 ± 0.00 points, seed by seed"),
    ],
)
def test_another_is_compared_seed_by_seed(accuracies: tuple[float, ...], said: str) -> None:
    assert comparison(Row("one", 1, (0.98, 0.98, 0.98), 1), Row("two", 1, accuracies, 1)) == said


def test_what_is_not_said_is_lenet_and_a_residual_network() -> None:
    assert [path.stem for path in SPECS] == ["lenet5", "resnet"]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_is_short_and_right(path: Path) -> None:
    assert netspec.validate(path) == ()
    assert len(path.read_text().splitlines()) <= 40


def test_one_that_falls_short_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(
        "netspec: 1\ninput: [8, 8, 1]\nlayers: [flatten, {dense: 10}, softmax]\ndata: {source: digits}\ntrain: {batch_size: 512}\n"
    )
    assert main([str(path), "--seeds", "2", "--epochs", "1", "--least", "0.99"]) == 1
    out, err = capsys.readouterr()
    *_, row, short = out.splitlines()
    mean = row.split("|")[3].split()[0]
    assert row.startswith("| small | 650 | ")
    assert short == f"small has a mean of {mean} %, less than 99"
    assert [line.split(":")[0] for line in err.splitlines()] == ["small, seed 1", "small, seed 2"]


def test_one_seed_of_two_specs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("small", "same")
    for name in names:
        (tmp_path / f"{name}.yaml").write_text(
            "netspec: 1\ninput: [8, 8, 1]\nlayers: [flatten, {dense: 10}, softmax]\ndata: {source: digits}\ntrain: {batch_size: 512}\n"
        )
    specs = [str(tmp_path / f"{name}.yaml") for name in names]
    assert main([*specs, "--seeds", "1", "--first", "11", "--epochs", "1"]) == 0
    out, err = capsys.readouterr()
    *_, small, same, compared = out.splitlines()
    assert small.split("|")[2:5] == same.split("|")[2:5]
    assert compared == "same is as good as small: +0.00 ± 0.00 points, seed by seed"
    assert [line.split(":")[0] for line in err.splitlines()] == ["small, seed 11", "same, seed 11"]


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_it_reads_digits(path: Path) -> None:
    """One seed of the five, of which the means were measured at 99.44 and 99.50 %."""
    assert main([str(path), "--seeds", "1", "--least", "0.98"]) == 0
