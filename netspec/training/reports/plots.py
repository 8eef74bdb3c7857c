"""Plots as SVG that is part of a page: their colours are the page's, light or dark, and so is their type.

Matplotlib knows no such colours. It draws in others that nobody would choose, which are then replaced.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from markupsafe import Markup, escape

from netspec.data.dataset import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SERIES = 8  # lines that are told apart by colour
INK, SOFT, RULE, PAPER = "#010203", "#010204", "#010205", "#010206"
LINES = tuple(f"#0103{number:02x}" for number in range(SERIES))
_NAMES = {
    INK: "ink",
    SOFT: "soft",
    RULE: "rule",
    PAPER: "paper",
    **{line: f"series-{n}" for n, line in enumerate(LINES)},
}
_ACCENT = (0.23, 0.49, 0.77)  # of a picture within a plot, which can be read on light and on dark
_STYLE = {
    "svg.fonttype": "none",  # text stays text
    "text.parse_math": False,  # a class may be called $x$
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.edgecolor": RULE,
    "axes.labelcolor": SOFT,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
}
SIZE = (5.2, 2.9)  # inches
MAX_LABELLED = 40  # classes whose names stand at the axes of a confusion matrix
MAX_COUNTED = 15  # classes whose counts stand in it
MAX_NAME = 16  # letters of a class's name at an axis
_numbers = count()


class Curve(NamedTuple):
    """A line of a plot, the ends of the band about it where there is one, and its colour where that is not by its place."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    series: int | None = None


@contextmanager
def _drawing(alt: str, made: list[Markup], size: tuple[float, float] = SIZE) -> Iterator[Axes]:
    """Axes to draw on; what is drawn is added to `made` when all is done."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Letters that its own font lacks are the page's to show.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    with mpl.rc_context({**_STYLE, "svg.hashsalt": f"netspec-{next(_numbers)}"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        yield axes
        file = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    made.append(_themed(file.getvalue(), alt))


def _themed(svg: str, alt: str) -> Markup:
    """The SVG element alone, in the page's colours and type."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r"#010[23][0-9a-f]{2}", lambda found: f"var(--{_NAMES[found[0]]})", svg)
    svg = re.sub(r"font: ([^;\"]*?px) [^;\"]*", r"font: \1 var(--sans)", svg)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1))


def curves(
    alt: str, lines: Sequence[Curve], *, x: str, best: tuple[float, float] | None = None, whole: bool = True
) -> Markup:
    """Lines over epochs, steps or whatever `x` says, which are whole numbers or not; the best point is marked."""
    from matplotlib.ticker import MaxNLocator

    made: list[Markup] = []
    with _drawing(alt, made) as axes:
        for place, line in enumerate(lines):
            number = place if line.series is None else line.series
            alone = len(line.x) == 1
            axes.plot(
                line.x, line.y, label=line.name, color=LINES[number % SERIES], marker="o" if alone else "",
                linestyle="-" if number < SERIES else "--", markersize=4,
            )  # fmt: skip
            if line.low:
                axes.fill_between(line.x, line.low, line.high, color=LINES[number % SERIES], alpha=0.15, linewidth=0)
        if best is not None:
            axes.plot(*best, marker="o", markersize=6, color=LINES[min(len(lines), 2) - 1], markeredgecolor=PAPER)
        axes.set_xlabel(x)
        axes.xaxis.set_major_locator(MaxNLocator(integer=whole, nbins=8))
        axes.margins(x=0.02)
        if len(lines) > 1 or lines[0].series is not None:
            axes.legend(fontsize=8, labelcolor=SOFT, ncols=1 + (len(lines) > 4))
    return made[0]


def confusion(alt: str, matrix: Array, names: Sequence[str]) -> Markup:
    """How often which class was taken for which, as a share of its row."""
    made: list[Markup] = []
    size = len(matrix)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = min(5.2, 2.4 + 0.28 * size)
    with _drawing(alt, made, (side, side)) as axes:
        axes.grid(visible=False)
        if size <= MAX_COUNTED:
            _cells(axes, matrix, shares)
        else:
            picture = np.zeros((size, size, 4), np.float32)
            picture[..., :3] = _ACCENT
            picture[..., 3] = np.where(matrix > 0, 0.12 + 0.88 * shares, 0)
            axes.imshow(picture, interpolation="nearest")
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        axes.set_aspect("equal")
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        axes.tick_params(length=0)
        if size <= MAX_LABELLED:
            short = [name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…" for name in names]
            turned = max(map(len, short), default=0) > 3 or size > MAX_COUNTED
            axes.set_xticks(range(size), short, rotation=90 if turned else 0, fontsize=7 if size > MAX_COUNTED else 8.5)
            axes.set_yticks(range(size), short, fontsize=7 if size > MAX_COUNTED else 8.5)
    return made[0]


def _cells(axes: Axes, matrix: Array, shares: Array) -> None:
    from matplotlib.patches import Rectangle

    for row, column in np.argwhere(matrix > 0):
        share = float(shares[row, column])
        axes.add_patch(
            Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, facecolor=LINES[0], alpha=0.08 + 0.92 * share)
        )
        text = f"{matrix[row, column]:,.0f}"
        ink = PAPER if share > 0.5 else INK
        axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=8.5 if len(text) < 4 else 7)


def reliability(alt: str, confidence: Array, right: Array, counts: Array) -> Markup:
    """How often what was said with so much confidence was right; the diagonal is where it should be."""
    made: list[Markup] = []
    used = counts > 0
    width = 1 / len(counts)
    with _drawing(alt, made) as axes:
        axes.plot((0, 1), (0, 1), color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        left = np.arange(len(counts)) * width
        axes.bar(
            left[used], (counts / counts.sum())[used], width * 0.92, align="edge", color=RULE, label="share of all"
        )
        axes.plot(confidence[used], right[used], marker="o", markersize=4.5, color=LINES[0], label="right")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("confidence")
        axes.legend(fontsize=8, labelcolor=SOFT, loc="upper left")
    return made[0]


def against(alt: str, true: Array, predicted: Array) -> Markup:
    """What was predicted against what is so."""
    made: list[Markup] = []
    low, high = float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))
    with _drawing(alt, made) as axes:
        axes.plot((low, high), (low, high), color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        axes.plot(
            true, predicted, linestyle="", marker="o", markersize=3, alpha=0.55, markeredgewidth=0, color=LINES[0]
        )
        axes.set_xlabel("true")
        axes.set_ylabel("predicted")
    return made[0]


def histogram(alt: str, values: Array, *, x: str) -> Markup:
    """How often which value occurs."""
    made: list[Markup] = []
    with _drawing(alt, made) as axes:
        axes.hist(values, bins=min(40, max(5, len(values) // 8)), color=LINES[0], rwidth=0.92)
        axes.axvline(0, color=SOFT, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_xlabel(x)
    return made[0]


def colours(names: Mapping[str, str]) -> str:
    """CSS of the page's colours, by the names that plots use."""
    return " ".join(f"--{name}: {colour};" for name, colour in names.items())
