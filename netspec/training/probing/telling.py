"""What a probe found: as text, as data and as one page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from markupsafe import Markup

from netspec.files import write_whole
from netspec.training.probing.disturbances import BY_NAME
from netspec.training.probing.equivariance import Kept, telling
from netspec.training.probing.measuring import Curve, Probed
from netspec.training.probing.scoring import ACCURACY, Mean
from netspec.training.reports import plots
from netspec.training.reports.blocks import Block, Facts, Figure, Figures, Folded, Paragraph, Table
from netspec.training.reports.page import render
from netspec.training.tables import figure, letter

NAME_COLUMNS = 28  # of a table as text, at most
CELL = 7
MAX_CURVES = 12  # classes whose curves are told apart in a plot


# --- as data ----------------------------------------------------------------------------------------------------------


def as_dict(runs: Sequence[Probed]) -> dict[str, object]:
    """The structure that programs may rely on; what is not known is None."""
    return {"runs": [_run(run) for run in runs]}


def _run(run: Probed) -> dict[str, object]:
    return {
        "run": run.path,
        "name": run.name,
        "weights": run.weights,
        "seed": run.setting.seed,
        "fill": run.setting.fill,
        "range": [run.setting.low, run.setting.high],
        "examples": {test: {"asked": asked, "of": of} for test, (asked, of) in run.examples.items()},
        "curves": [
            {
                "disturbance": curve.disturbance,
                "unit": curve.unit,
                "neutral": curve.neutral,
                "test": curve.test,
                "output": curve.output,
                "score": curve.score,
                "points": [
                    {
                        "level": point.level,
                        **_mean(point.mean),
                        "classes": {name: _mean(each) for name, each in point.classes.items()},
                    }
                    for point in curve.points
                ],
            }
            for curve in run.curves
        ],
        "nodes": [
            {
                "node": node.node,
                "kind": node.kind,
                "stride": node.stride,
                "by_one_pixel": _finite(node.pixel),
                "by_its_stride": None if node.own is None else _finite(node.own),
            }
            for node in run.nodes
        ],
    }


def _mean(mean: Mean) -> dict[str, float | None]:
    return {"value": _finite(mean.value), "low": _finite(mean.low), "high": _finite(mean.high)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


# --- as text ----------------------------------------------------------------------------------------------------------


def lines(runs: Sequence[Probed], columns: int) -> Iterator[str]:
    """Tables for a terminal of so many columns."""
    if len(runs) > 1:
        yield from (f"{letter(number)}  {run.path}, {run.weights} weights" for number, run in enumerate(runs))
        yield ""
    for name, of_runs in _by_disturbance(runs):
        first = of_runs[0][1]
        levels = _fitting(first, max(3, (columns - NAME_COLUMNS) // CELL))
        yield f"{name}, {first.unit}: {_worded(first.score)}"
        yield " " * NAME_COLUMNS + "".join(f"{level:>{CELL}g}" for level in levels)
        for label, curve in of_runs:
            means = {point.level: point.mean for point in curve.points}
            cells = "".join(f"{_cell(curve.score, means.get(level)):>{CELL}}" for level in levels)
            yield f"{label[:NAME_COLUMNS]:<{NAME_COLUMNS}}{cells}"
        yield ""
    for number, run in enumerate(runs):
        if not run.nodes:
            continue
        owner = f" of {letter(number)}" if len(runs) > 1 else ""
        yield f"equivariance{owner}: |f(moved picture) - moved f(picture)| / |f(picture)|"
        yield f"{'node':<{NAME_COLUMNS}}  stride  by one pixel  by its stride"
        for node in telling(run.nodes):
            padded = (f"{cell:>{width}}" for cell, width in zip(_row(node)[2:], (6, 12, 13), strict=True))
            yield "  ".join([f"{node.node[:NAME_COLUMNS]:<{NAME_COLUMNS}}", *padded]).rstrip()
        yield ""
    shares = [point.mean for run in runs for curve in run.curves if curve.score == ACCURACY for point in curve.points]
    widest = max(map(_half, shares), default=0.0)
    if widest:
        yield f"95 % confidence intervals are at most ± {100 * widest:.1f} points wide"


def _half(mean: Mean) -> float:
    return 0.0 if math.isnan(mean.value) else max(mean.high - mean.value, mean.value - mean.low)


def _fitting(curve: Curve, most: int) -> list[float]:
    """The levels that there is room for: the ends, the neutral one and others evenly between."""
    levels = [point.level for point in curve.points]
    if len(levels) <= most:
        return levels
    kept = {levels[0], levels[-1], curve.neutral}
    wanted = [levels[round(step * (len(levels) - 1) / (most - 1))] for step in range(most)]
    for level in wanted:
        if len(kept) < most:
            kept.add(level)
    return sorted(kept)


def _cell(score: str, mean: Mean | None) -> str:
    if mean is None or math.isnan(mean.value):
        return "–"
    return f"{100 * mean.value:.1f}" if score == ACCURACY else f"{mean.value:.3g}"


def _worded(score: str) -> str:
    return "accuracy in %" if score == ACCURACY else score


def _by_disturbance(runs: Sequence[Probed]) -> Iterator[tuple[str, list[tuple[str, Curve]]]]:
    """The curves of all runs by what was done, with what each is called."""
    several_outputs = len({curve.output for run in runs for curve in run.curves}) > 1
    several_tests = len({curve.test for run in runs for curve in run.curves}) > 1
    for name in dict.fromkeys(curve.disturbance for run in runs for curve in run.curves):
        found = []
        for number, run in enumerate(runs):
            for curve in run.curves:
                if curve.disturbance != name:
                    continue
                parts = [letter(number)] * (len(runs) > 1)
                parts += [curve.test] * (several_tests or not (several_outputs or parts))
                parts += [curve.output] * several_outputs
                found.append((" ".join(parts), curve))
        yield name, found


# --- as a page --------------------------------------------------------------------------------------------------------


def write_page(runs: Sequence[Probed], to: Path) -> None:
    """The page, written beside and renamed."""
    sections: list[tuple[str, list[Block]]] = [
        ("Runs", [Facts([_introduced(number, run, len(runs) > 1) for number, run in enumerate(runs)])]),
        ("Accuracy" if all(c.score == ACCURACY for run in runs for c in run.curves) else "Scores", _curves(runs)),
        ("Nodes", _nodes(runs)),
        ("Classes", _classes(runs)),
    ]
    names = list(dict.fromkeys(run.name for run in runs))
    text = render(
        title=", ".join(names),
        over="What changes of the pictures do to a network"
        if len(runs) == 1
        else "What changes of the pictures do to networks",
        said=[f"seed {runs[0].setting.seed}", f"at the border: {runs[0].setting.fill}"],
        place=", ".join(run.path for run in runs),
        headline=[],
        sections=[(title, blocks) for title, blocks in sections if blocks],
    )
    write_whole(to, text)


def _introduced(number: int, run: Probed, several: bool) -> tuple[str, str]:
    asked = ", ".join(
        f"{test}: {count:,} of {of:,} examples" if count < of else f"{test}: {of:,} examples"
        for test, (count, of) in run.examples.items()
    )
    return (letter(number) if several else "run"), f"{run.path} ({run.weights} weights; {asked})"


def _curves(runs: Sequence[Probed]) -> list[Block]:
    figures = []
    for name, of_runs in _by_disturbance(runs):
        drawn = [line for label, curve in of_runs if (line := _line(label, curve))]
        if drawn:
            first = of_runs[0][1]
            alt = f"{_worded(first.score).partition(' in ')[0].capitalize()} by {name}: {_worst(first.score, drawn)}."
            about = (BY_NAME[name].__doc__ or "").strip()
            figures.append(Figure(name.capitalize(), _plotted(alt, drawn, first), about))
    if not figures:
        return []
    note = Paragraph("Bands are 95 % confidence intervals of the mean over the examples.")
    return [Figures(figures), note]


def _line(label: str, curve: Curve, of_class: str | None = None) -> plots.Curve | None:
    """A curve with its band, or that of one class; None where nothing of it is known."""
    means = [(point.level, point.mean if of_class is None else point.classes[of_class]) for point in curve.points]
    known = [(level, mean) for level, mean in means if not math.isnan(mean.value)]
    if not known:
        return None
    return plots.Curve(
        label,
        [level for level, _ in known],
        [mean.value for _, mean in known],
        [mean.low for _, mean in known],
        [mean.high for _, mean in known],
    )


def _worst(score: str, lines: Sequence[plots.Curve]) -> str:
    """What each comes to at worst, for those who do not see the plot."""
    pick = min if score == ACCURACY else max
    return ", ".join(f"{line.name} {_said(score, pick(line.y))} at worst" for line in lines)


def _plotted(alt: str, lines: Sequence[plots.Curve], curve: Curve) -> Markup:
    whole = curve.unit in ("pixels", "degrees")
    return plots.curves(alt, lines, x=f"{curve.disturbance}, {curve.unit}", whole=whole)


def _said(score: str, value: float) -> str:
    return f"{100 * value:.1f} %" if score == ACCURACY else figure(value)


def _nodes(runs: Sequence[Probed]) -> list[Block]:
    """How each node keeps to motions, along the network."""
    figures = []
    for title, pick in (("By one pixel", _pixel), ("By the node's own stride", _own)):
        drawn = []
        for number, run in enumerate(runs):
            found = [(place, value) for place, node in enumerate(run.nodes, 1) if (value := pick(node)) is not None]
            if found:
                x, y = zip(*found, strict=True)
                series = number if len(runs) > 1 else None
                drawn.append(plots.Curve(letter(number), x, y, series=series))
        if drawn:
            ends = ", ".join(f"{line.name} ends at {line.y[-1]:.3g}" for line in drawn)
            plot = plots.curves(f"{title}, node by node: {ends}.", drawn, x="node, in the order of the network")
            figures.append(Figure(title, plot))
    if not figures:
        return []
    said = Paragraph(
        "Between what a node makes of a moved picture and what it made of the picture, moved as far: |difference| / |whole|. 0 "
        "is a node that keeps to the motion; nodes without positions keep to it where they do not change at all."
    )
    headings = ("node", "kind", "stride", "by one pixel", "by its stride")
    tables = []
    for number, run in enumerate(runs):
        if run.nodes:
            rows = list(map(_row, run.nodes))
            owner = f" of {letter(number)}" if len(runs) > 1 else ""
            tables.append(Folded(f"All {len(rows)} nodes{owner}", [Table("Nodes", headings, rows, frozenset({0, 1}))]))
    return [said, Figures(figures), *tables]


def _pixel(node: Kept) -> float | None:
    return _finite(node.pixel)


def _own(node: Kept) -> float | None:
    return None if node.own is None else _finite(node.own)


def _row(node: Kept) -> tuple[str, ...]:
    return (
        node.node,
        node.kind,
        "" if node.stride is None else str(node.stride),
        f"{node.pixel:.3f}",
        "" if node.own is None else f"{node.own:.3f}",
    )


def _classes(runs: Sequence[Probed]) -> list[Block]:
    """Of each class its figures and, where they are few enough to be told apart, its curve; folded away."""
    blocks: list[Block] = []
    for name, of_runs in _by_disturbance(runs):
        for label, curve in of_runs:
            classes = list(curve.points[0].classes)
            if not classes:
                continue
            rows = [(each, *(_cell(curve.score, point.classes[each]) for point in curve.points)) for each in classes]
            levels = tuple(f"{point.level:g}" for point in curve.points)
            inside: list[Block] = [Table(f"Accuracy in % by {name}, {curve.unit}", ("class", *levels), rows)]
            lines = [line for each in classes if (line := _line(each, curve, each))]
            if 0 < len(lines) <= MAX_CURVES:
                alt = f"Accuracy of each class by {name}: {_worst(curve.score, lines)}."
                inside.insert(0, Figures([Figure(f"Each class by {name}", _plotted(alt, lines, curve))]))
            blocks.append(Folded(f"{name.capitalize()}, {label}", inside))
    return blocks
