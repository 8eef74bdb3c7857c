"""Train specs with several seeds, and print how accurate each is on its test: the mean, the spread, and every seed.

`python tools/accuracy.py [SPEC ...] [--seeds N] [--first N] [--epochs N] [--least A]`, on the backend that KERAS_BACKEND names. A
seed decides the initial weights, the order of the examples, dropout and augmentation, and which examples are set aside for the
test, so the spread is that of choosing all of them anew. Settings are to be chosen on other seeds (`--first 11`) than those that
are reported, 1 to 5. Without specs: LeNet-5 and a residual network on scikit-learn's digits (tools/accuracy/*.yaml), which
were measured at 99.44 ± 0.39 % and 99.50 ± 0.46 % on JAX. Below the table it says of each further spec whether it is better than
the first: two specs that set as many examples aside are tested on the same ones, so their difference is taken seed by seed. Status
1 where `--least` is given and the first spec's mean is less.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from netspec.training import train_spec  # noqa: E402
from netspec.training.progress import Silence  # noqa: E402

SPECS = tuple(ROOT / "tools" / "accuracy" / f"{name}.yaml" for name in ("lenet5", "resnet"))


class Row(NamedTuple):
    """What came of a spec: the accuracy of each seed."""

    name: str
    parameters: int
    accuracies: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        """Of all seeds."""
        return statistics.fmean(self.accuracies)

    @property
    def spread(self) -> float:
        """The standard deviation of the seeds."""
        return _spread(self.accuracies)

    @property
    def line(self) -> str:
        """For a table in Markdown."""
        each = ", ".join(f"{100 * value:.2f}" for value in self.accuracies)
        mean = f"{100 * self.mean:.2f} ± {100 * self.spread:.2f}"
        return f"| {self.name} | {self.parameters:,} | {mean} | {each} | {self.seconds:.0f} s |"


def _spread(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def measured(path: Path, seeds: range, epochs: int | None) -> Row:
    """Train a spec once for each seed."""
    found: list[float] = []
    parameters = 0
    began = time.monotonic()
    for seed in seeds:
        overrides: dict[str, object] = {"seed": seed} if epochs is None else {"seed": seed, "epochs": epochs}
        with tempfile.TemporaryDirectory() as folder:
            run = train_spec(path, runs=Path(folder), overrides=overrides, progress=Silence())
        found.append(run.results["test"]["accuracy"])
        parameters = run.model.count_params()
        print(f"{path.stem}, seed {seed}: {100 * found[-1]:.2f} %", file=sys.stderr, flush=True)
    return Row(path.stem, parameters, tuple(found), time.monotonic() - began)


def table(rows: list[Row]) -> list[str]:
    """Markdown."""
    return [
        "| network | parameters | accuracy on the test, % | each seed | time |",
        "| --- | --- | --- | --- | --- |",
        *(row.line for row in rows),
    ]


def comparison(first: Row, other: Row) -> str:
    """Whether the other is better on the same seeds."""
    each = [b - a for a, b in zip(first.accuracies, other.accuracies, strict=True)]
    mean = statistics.fmean(each)
    word = "better than" if mean > 0 else "worse than" if mean < 0 else "as good as"
    return f"{other.name} is {word} {first.name}: {100 * mean:+.2f} ± {100 * _spread(each):.2f} points, seed by seed"


def main(arguments: list[str] | None = None) -> int:
    """Returns 1 where the first spec falls short of `--least`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("specs", nargs="*", type=Path, metavar="SPEC")
    parser.add_argument("--seeds", type=int, default=5, help="how many (default: 5)")
    parser.add_argument("--first", type=int, default=1, help="the first of them (default: 1)")
    parser.add_argument("--epochs", type=int, help="instead of what each spec says")
    parser.add_argument("--least", type=float, help="mean that the first spec is to reach, 0.98 for instance")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    rows = [measured(path, seeds, options.epochs) for path in options.specs or SPECS]
    print("\n".join(table(rows)))
    for row in rows[1:]:
        print(comparison(rows[0], row))
    if options.least is not None and rows[0].mean < options.least:
        print(f"{rows[0].name} has a mean of {100 * rows[0].mean:.2f} %, less than {100 * options.least:g}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
