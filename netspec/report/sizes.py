"""For which input sizes a network is valid, for people and as data."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.expressions import Value
from netspec.graph.input_sizes import Run, Sizes
from netspec.shapes import show_shape

SHOWN = 4  # ranges, or sizes of a list, that are listed


def as_list(answers: Sequence[Sizes]) -> list[dict[str, Value]]:
    """What `inspect --sizes --format json` adds under `sizes`."""
    return [
        {
            "inputs": list(answer.inputs),
            "dimensions": list(answer.dimensions),
            "params": list(answer.params),
            "valid": _run(answer.valid),
            "exact": _run(answer.exact),
            "too_small": None if answer.failure is None else answer.failure._asdict(),
        }
        for answer in answers
    ]


def _run(run: Run) -> dict[str, Value]:
    """`single` sizes, and those in `first` repeated every `period`; sizes beyond `searched` are unknown without `start`."""
    return {"smallest": run.smallest, **run._asdict(), "single": list(run.single), "first": list(run.first)}


def lines(answers: Sequence[Sizes]) -> list[str]:
    """One paragraph per answer, under the totals of `inspect`."""
    found: list[str] = []
    for answer in answers:
        found.append(f"sizes of {' and '.join(answer.inputs)} ({show_shape(answer.shape)}{_set_by(answer)})")
        rows = [(" = ".join(answer.dimensions), describe(answer.valid))]
        if answer.exact != answer.valid and answer.valid.searched:
            rows.append(("nothing dropped", describe(answer.exact)))
        if answer.failure is not None:
            rows.append((f"{answer.failure.size} fails", answer.failure.message))
        found.extend(f"  {heading:<18} {text}" for heading, text in rows)
    return found or ["sizes                no input has spatial dimensions"]


def _set_by(answer: Sizes) -> str:
    return f", set by {' and '.join(f'`{name}`' for name in answer.params)}" if answer.params else ""


def describe(run: Run) -> str:
    """A set of sizes: `75 + 32k (75, 107, 139, …)`."""
    if not run.searched:
        return "not checked, because there are too many nodes or inputs"
    if run.start is None:
        return f"{_listed(run.single)} among 1 to {run.searched:,}; larger sizes were not checked"
    if not run.first:
        return _listed(run.single)
    before = f"{_listed(run.single)}, and " if run.single else ""
    if run.period == 1:
        return f"{before}every size from {run.start}"
    ranges = _ranges(run.first)
    if len(ranges) > SHOWN:
        several = ", ".join(map(str, run.first[: 2 * SHOWN]))
        return f"{before}{len(run.first)} of every {run.period} from {run.first[0]} on: {several}, …"
    shown = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in ranges)
    after = f" ({', '.join(str(run.first[0] + i * run.period) for i in range(3))}, …)" if len(run.first) == 1 else ""
    shown = shown if len(run.first) == 1 else f"({shown})"
    return f"{before}{shown} + {run.period}k{after}"


def _listed(sizes: Sequence[int]) -> str:
    if not sizes:
        return "none"
    ranges = _ranges(sizes)
    shown = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in ranges[: 2 * SHOWN])
    return f"{shown}, … ({len(sizes)} in total)" if len(ranges) > 2 * SHOWN else f"only {shown}"


def _ranges(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Consecutive sizes as pairs of first and last."""
    found: list[tuple[int, int]] = []
    for size in sizes:
        if found and found[-1][1] == size - 1:
            found[-1] = (found[-1][0], size)
        else:
            found.append((size, size))
    return found
