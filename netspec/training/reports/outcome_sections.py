"""Sections about what the network makes of the test: figures of each class, confusions, calibration, mistakes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from netspec.data.dataset import Array, Integers
from netspec.data.schema import Schema, Target
from netspec.diagnostics.words import printable
from netspec.training.judging import Judgement, Row
from netspec.training.reports.blocks import (
    Block,
    Example,
    Facts,
    Figure,
    Figures,
    Gallery,
    Heading,
    Image,
    Paragraph,
    Table,
    Tables,
)
from netspec.training.reports.collecting import Calibration, Found, Numbers
from netspec.training.reports.pictures import colour, is_picture, mask, picture
from netspec.training.reports.plots import against, confusion, histogram, reliability
from netspec.training.reports.story import Examined, Story
from netspec.training.tables import figure, percent

MAX_ROWS = 100  # of a table of classes
CONFUSIONS = 10
WORST = 12  # examples
MAX_COLUMNS = 8  # of an example that is a row of numbers
MAX_TEXT = 160  # letters of an example that is a text
MAX_LEGEND = 24


def outcome(story: Story) -> Iterator[Block]:
    """What each output is worth on the test: figures, confusions, calibration."""
    if story.tested is None:
        return
    several = len(story.tested.findings) > 1
    for name, found in story.tested.findings.items():
        if several:
            yield Heading(name)
        if found.numbers is not None:
            yield from _of_numbers(found.numbers)
        else:
            yield from _of_classes(found)


# --- classes and labels -----------------------------------------------------------------------------------------------


def _of_classes(found: Found) -> Iterator[Block]:
    judgement = found.judgement
    figures = [] if found.calibration is None else [_calibrated(found.calibration)]
    tables = []
    if judgement is None:
        yield Paragraph(f"{len(found.meaning.names):,} classes are too many to show which was taken for which.")
    elif judgement.kind == "labels":
        tables = [_table(judgement)]
    else:
        said = _said(judgement)
        yield Paragraph(f"{said}; always saying the commonest class, {_commonest(judgement)}.")
        alt = f"Confusion matrix of {len(judgement.names)} classes: {said}."
        matrix = confusion(alt, judgement.confusion, judgement.names)
        note = "Rows are the true classes; a cell is as dark as its share of the row."
        figures.insert(0, Figure("Confusion matrix", matrix, note))
        tables = [_table(judgement), *_confusions(judgement)]
    yield Figures(figures)
    yield Tables(tables)


def _said(judgement: Judgement) -> str:
    counts, what = judgement.confusion, "places" if judgement.kind == "masks" else "examples"
    return f"{percent(float(np.trace(counts) / max(counts.sum(), 1)))} of {counts.sum():,.0f} {what} are right"


def _commonest(judgement: Judgement) -> str:
    supports = judgement.confusion.sum(axis=1)
    most = int(supports.argmax())
    return f"“{judgement.names[most]}”, would be right in {percent(float(supports[most] / max(supports.sum(), 1)))}"


def _calibrated(found: Calibration) -> Figure:
    said = f"Expected calibration error {figure(found.error)}."
    return Figure(
        "Calibration",
        reliability(f"Share that was right by confidence. {said}", found.confidence, found.right, found.counts),
        f"{said} Where the line is under the diagonal, the network is surer than it should be.",
    )


def _confusions(judgement: Judgement) -> Iterator[Table]:
    counts, names = judgement.confusion, judgement.names
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS]
    places = zip(*np.unravel_index(order, wrong.shape), strict=True)
    pairs = [(true, taken) for true, taken in places if wrong[true, taken]]
    if pairs:
        yield Table(
            "Most frequent mistakes",
            ("true", "taken for", "times", "of its class"),
            [
                (
                    names[true],
                    names[taken],
                    f"{wrong[true, taken]:,.0f}",
                    percent(wrong[true, taken] / counts[true].sum()),
                )
                for true, taken in pairs
            ],
            frozenset({0, 1}),
        )


def _table(judgement: Judgement) -> Table:
    """Precision, recall, F1 and support of each class or label; of places IoU too."""
    is_mask = judgement.kind == "masks"
    what = "label" if judgement.kind == "labels" else "class"
    occurring = [row for row in judgement.rows if row.support or not math.isnan(row.precision)]
    shown = sorted(occurring, key=lambda row: row.f1)[:MAX_ROWS] if len(occurring) > MAX_ROWS else occurring
    left = len(occurring) - len(shown)

    def cells(row: Row) -> tuple[str, ...]:
        figures = [row.precision, row.recall, row.f1, *([row.iou] if is_mask else [])]
        return (row.name, *("–" if math.isnan(each) else f"{each:.3f}" for each in figures), f"{row.support:,.0f}")

    return Table(
        f"Figures of each {what}",
        (what, "precision", "recall", "F1", *(["IoU"] if is_mask else []), "support"),
        [*map(cells, shown), cells(judgement.mean)],
        note=f"The {len(shown)} of the lowest F1; {left:,} more are left out, and are in the mean." if left else "",
    )


# --- numbers ----------------------------------------------------------------------------------------------------------


def _of_numbers(found: Numbers) -> Iterator[Block]:
    r2 = [] if found.r2 is None else [("R²", f"{found.r2:.4f}")]
    yield Facts([("root mean squared error", figure(found.rmse)), ("mean absolute error", figure(found.mae)), *r2])
    kept = len(found.true)
    shown = f"{kept:,} of {found.size:,} numbers." if found.size > kept else f"All {found.size:,} numbers."
    residuals = found.predicted - found.true
    low, high = figure(float(residuals.min())), figure(float(residuals.max()))
    both = against(f"Predicted against true values. RMSE {figure(found.rmse)}.", found.true, found.predicted)
    rest = histogram(f"Residuals, from {low} to {high}.", residuals, x="predicted - true")
    said = "How far what was predicted is above (right) or below (left) what is so."
    yield Figures([Figure("Predicted against true", both, shown), Figure("Residuals", rest, said)])


# --- mistakes ---------------------------------------------------------------------------------------------------------


def mistakes(story: Story) -> Iterator[Block]:
    """The examples on which each output is worst, as pictures where they are pictures."""
    tested = story.tested
    if tested is None:
        return
    several = len(tested.findings) > 1
    for name, found in tested.findings.items():
        worst = np.argsort(-found.badness, kind="stable")[:WORST].astype(np.int64)
        if several:
            yield Heading(name)
        yield _shown(_Worst(tested, name, worst))


class _Worst:
    """The worst examples of an output, with what the network makes of them."""

    def __init__(self, tested: Examined, name: str, indices: Integers) -> None:
        split = tested.split
        self.indices = indices
        self.schema: Schema = tested.schema
        self.target: Target = tested.schema.outputs[name]
        self.meaning = tested.findings[name].meaning
        self.x: Mapping[str, Array] = {each: np.asarray(values[indices]) for each, values in split.x.items()}
        self.y = np.asarray(split.y[name][indices])
        self.made = tested.predictor(self.x)[name]
        self.files = split.files

    @property
    def pictures(self) -> Array | None:
        """Those of an input whose examples are pictures."""
        return next((values for values in self.x.values() if is_picture(values.shape[1:])), None)

    def name(self, number: int) -> str:
        """What one of them is called: the file that it is, or its number in the test."""
        index = int(self.indices[number])
        return printable(self.files[index]) if self.files else f"example {index:,}"

    def verdict(self, number: int) -> tuple[str, tuple[str, ...]]:
        """What one of them is, and what was said of it."""
        y, made, meaning = self.y[number], self.made[number], self.meaning
        if meaning.kind == "numbers":
            if made.size == 1:
                return f"true {figure(float(y.reshape(-1)[0]))}", (f"predicted {figure(float(made.reshape(-1)[0]))}",)
            return f"error {figure(float(((made - y.reshape(made.shape)) ** 2).mean() ** 0.5))}", ()
        if meaning.kind == "labels":
            return self._labels(meaning.yes(self.y[number : number + 1])[0], made)
        if meaning.kind == "masks":
            counted = np.ones(y.shape, bool) if self.target.ignored is None else y != self.target.ignored
            right = (made.argmax(axis=-1).reshape(y.shape) == y)[counted]
            return f"{percent(float(right.mean()) if len(right) else 1.0)} right", ()
        true, taken = int(y.reshape(-1)[0]), int(made.argmax())
        said = f"said {meaning.names[taken]}, {percent(float(made[taken]))}"
        return (said, ()) if true == self.target.ignored else (f"true {meaning.names[true]}", (said,))

    def _labels(self, so: Array, made: Array) -> tuple[str, tuple[str, ...]]:
        taken = made > (0.0 if self.meaning.signs else 0.5)
        if so.ndim != 1 or len(self.meaning.names) != so.size:
            return f"{percent(float((taken == so.reshape(taken.shape)).mean()))} right", ()
        show = figure if self.meaning.signs else percent
        wrong = [
            f"{'missed' if is_so else 'wrongly'} {label}, {show(float(value))}"
            for label, value, is_so, yes in zip(self.meaning.names, made, so, taken, strict=True)
            if bool(is_so) != bool(yes)
        ]
        return (wrong[0] if wrong else "nothing wrong"), tuple(wrong[1:4])


def _shown(worst: _Worst) -> Block:
    pictures = worst.pictures
    if pictures is None:
        headings, rows = _as_rows(worst)
        return Table("The worst first", headings, rows, frozenset({0, 1, 2}))
    examples = [
        Example(_images(worst, pictures, number), title, (*lines, worst.name(number)))
        for number in range(len(worst.indices))
        for title, lines in [worst.verdict(number)]
    ]
    is_mask = worst.meaning.kind == "masks" and worst.y.ndim == 3
    names = worst.meaning.names[:MAX_LEGEND] if is_mask else ()
    return Gallery("The worst first", examples, [(colour(label), name) for label, name in enumerate(names)])


def _images(worst: _Worst, pictures: Array, number: int) -> list[Image]:
    """The input of an example and, where these are pictures too, what it should become and what was made of it."""
    name, seen, y, made = worst.name(number), pictures[number], worst.y[number], worst.made[number]
    images = [Image(picture(seen), f"Input of {name}", "input")]
    if worst.meaning.kind == "masks" and y.ndim == 2:
        images += [
            Image(mask(y, worst.target.ignored), f"Mask of {name}", "mask"),
            Image(mask(made.argmax(axis=-1), None), f"What was made of {name}", "predicted"),
        ]
    elif worst.meaning.kind != "classes" and is_picture(made.shape):
        if y.shape != seen.shape or not (y == seen).all():
            images.append(Image(picture(y.reshape(made.shape)), f"What {name} should become", "wanted"))
        images.append(Image(picture(np.clip(made, 0, 1)), f"What was made of {name}", "output"))
    return images


def _as_rows(worst: _Worst) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """The same as a table, with the first values of each example."""
    columns: list[str] = []
    for name, values in worst.x.items():
        known = worst.schema.inputs[name].columns if name in worst.schema.inputs else None
        count = int(np.prod(values.shape[1:]))
        each = (
            known if known and len(known) == count else [f"{name}[{i}]" for i in range(count)] if count > 1 else [name]
        )
        columns += each[: MAX_COLUMNS - len(columns)]
    rows = []
    for number in range(len(worst.indices)):
        title, lines = worst.verdict(number)
        cells: list[str] = []
        for values in worst.x.values():
            cells += [_cell(value) for value in np.atleast_1d(values[number]).reshape(-1)[: MAX_COLUMNS - len(cells)]]
        first = worst.name(number) if worst.files else f"{int(worst.indices[number]):,}"
        rows.append((first, title, ", ".join(lines), *cells))
    return ("file" if worst.files else "example", "what it is", "what was said", *columns), rows


def _cell(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return printable(value[:MAX_TEXT]) + ("…" if len(value) > MAX_TEXT else "")
    return f"{value:.4g}"
