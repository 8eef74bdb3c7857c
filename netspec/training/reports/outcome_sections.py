"""Sections about what the network makes of the test: figures of each class, confusions, calibration, mistakes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from netspec.data.dataset import Array, Integers
from netspec.data.schema import Schema, Target
from netspec.diagnostics.words import printable
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
)
from netspec.training.reports.collecting import Calibration, Cells, Findings, OfClasses, OfLabels, OfNumbers
from netspec.training.reports.pictures import colour, is_picture, mask, picture
from netspec.training.reports.plots import against, confusion, histogram, reliability
from netspec.training.reports.story import Story, Tested, figure, percent

MAX_CLASSES = 100  # rows of a table of classes
MAX_MATRIX = 1000  # classes of a confusion matrix
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
        yield from _of(found)


def _of(found: Findings) -> Iterator[Block]:
    if isinstance(found, OfClasses):
        yield from _of_classes(found)
    elif isinstance(found, OfLabels):
        yield from _of_labels(found)
    else:
        yield from _of_numbers(found)


# --- classes ----------------------------------------------------------------------------------------------------------


def _of_classes(found: OfClasses) -> Iterator[Block]:
    cells = found.cells
    what = "places" if found.per_place else "examples"
    said = f"{percent(cells.accuracy)} of {cells.total:,} {what} are right"
    figures = []
    if len(found.names) <= MAX_MATRIX and cells.total:
        matrix = np.zeros((len(found.names),) * 2, np.int64)
        matrix[cells.true, cells.predicted] = cells.counts
        figures.append(
            Figure(
                "Confusion matrix",
                confusion(f"Confusion matrix of {len(found.names)} classes: {said}.", matrix, found.names),
                "Rows are the true classes; a cell is as dark as its share of the row.",
            )
        )
    if found.calibration is not None and cells.total:
        figures.append(_calibrated(found.calibration))
    yield Paragraph(
        f"{said}; always saying the commonest class, `{_commonest(found)}`, would be right in {percent(_share(cells))}."
    )
    yield Figures(figures)
    yield from _confusions(found)
    yield _table(found)


def _share(cells: Cells) -> float:
    return float(np.bincount(cells.true, cells.counts).max(initial=0) / max(cells.total, 1))


def _commonest(found: OfClasses) -> str:
    return found.names[int(np.bincount(found.cells.true, found.cells.counts, 1).argmax())]


def _calibrated(found: Calibration) -> Figure:
    said = f"Expected calibration error {figure(found.error)}."
    return Figure(
        "Calibration",
        reliability(f"Share that was right by confidence. {said}", found.confidence, found.right, found.counts),
        f"{said} Where the line is under the diagonal, the network is surer than it should be.",
    )


def _confusions(found: OfClasses) -> Iterator[Block]:
    cells = found.cells
    wrong = np.flatnonzero(cells.true != cells.predicted)
    order = wrong[np.lexsort((cells.predicted[wrong], cells.true[wrong], -cells.counts[wrong]))][:CONFUSIONS]
    supports = np.bincount(cells.true, cells.counts, len(found.names))
    if len(order):
        yield Table(
            "Most frequent mistakes",
            ("true", "taken for", "times", "of all of its class"),
            [
                (
                    found.names[cells.true[i]],
                    found.names[cells.predicted[i]],
                    f"{cells.counts[i]:,}",
                    percent(cells.counts[i] / supports[cells.true[i]]),
                )
                for i in order
            ],
            frozenset({0, 1}),
        )


def _table(found: OfClasses) -> Block:
    """Precision, recall, F1 and support of each class; of places IoU too."""
    from sklearn.metrics import precision_recall_fscore_support

    cells = found.cells
    occurring = np.union1d(cells.true, cells.predicted)
    if not len(occurring):
        return Paragraph("No label of the test counts.")
    precision, recall, f1, support = precision_recall_fscore_support(
        cells.true, cells.predicted, labels=occurring, sample_weight=cells.counts, zero_division=0
    )
    order = np.argsort(f1, kind="stable")[:MAX_CLASSES] if len(occurring) > MAX_CLASSES else np.arange(len(occurring))
    headings = ["class", "precision", "recall", "F1", *(["IoU"] if found.per_place else []), "support"]

    columns = [precision, recall, f1, *([f1 / (2 - f1)] if found.per_place else [])]  # IoU follows from F1
    rows = [
        (found.names[occurring[i]], *(f"{column[i]:.3f}" for column in columns), f"{support[i]:,.0f}") for i in order
    ]
    mean = ("mean", *(f"{float(column.mean()):.3f}" for column in columns), f"{support.sum():,.0f}")
    left = len(occurring) - len(order)
    return Table(
        "Figures of each class",
        headings,
        [*rows, mean],
        note=f"The {len(order)} classes of the lowest F1; {left:,} more are left out, and are in the mean."
        if left
        else "",
    )


# --- labels and numbers -----------------------------------------------------------------------------------------------


def _of_labels(found: OfLabels) -> Iterator[Block]:
    from sklearn.metrics import precision_recall_fscore_support

    rows = []
    for name, cells in list(zip(found.names, found.cells, strict=True))[:MAX_CLASSES]:
        precision, recall, f1, _ = precision_recall_fscore_support(
            cells.true, cells.predicted, labels=[1], sample_weight=cells.counts, zero_division=0
        )
        yes = int(cells.counts[cells.true == 1].sum())
        rows.append(
            (name, f"{precision[0]:.3f}", f"{recall[0]:.3f}", f"{f1[0]:.3f}", f"{cells.accuracy:.3f}", f"{yes:,}")
        )
    left = len(found.names) - len(rows)
    yield Figures([_calibrated(found.calibration)])
    yield Table(
        "Figures of each label",
        ("label", "precision", "recall", "F1", "accuracy", "support"),
        rows,
        note=f"{left:,} more labels are left out." if left else "",
    )


def _of_numbers(found: OfNumbers) -> Iterator[Block]:
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
        if not len(worst):
            continue
        if several:
            yield Heading(name)
        x = {each: np.asarray(values[worst]) for each, values in tested.split.x.items()}
        y = np.asarray(tested.split.y[name][worst])
        made = tested.predictor(x)[name]
        yield from _shown(tested, name, worst, x, y, made)


def _shown(
    tested: Tested, name: str, worst: Integers, x: Mapping[str, Array], y: Array, made: Array
) -> Iterator[Block]:
    target, found = tested.schema.outputs[name], tested.findings[name]
    seen = next((values for values in x.values() if is_picture(values.shape[1:])), None)
    if seen is None:
        headings, rows = _as_rows(tested.schema, found, target, worst, x, y, made)
        yield Table("Worst examples", headings, rows, frozenset({0, 1, 2}))
        return
    legend: list[tuple[str, str]] = []
    examples = []
    for number, index in enumerate(worst):
        images = [Image(picture(seen[number]), f"Example {index}", "input")]
        if isinstance(found, OfClasses) and y[number].ndim == 2 and made[number].ndim == 3:
            images += [
                Image(mask(y[number], target.ignored), f"Mask of example {index}", "mask"),
                Image(mask(made[number].argmax(axis=-1), None), f"What was made of example {index}", "predicted"),
            ]
            legend = [(colour(label), each) for label, each in enumerate(found.names[:MAX_LEGEND])]
        elif isinstance(found, OfNumbers | OfLabels) and is_picture(made[number].shape):
            same = y[number].shape == seen[number].shape and bool((y[number] == seen[number]).all())
            if not same and is_picture(y[number].shape):
                images.append(Image(picture(y[number]), f"What example {index} should become", "wanted"))
            images.append(Image(picture(np.clip(made[number], 0, 1)), f"What was made of example {index}", "output"))
        title, lines = _verdict(found, target, y[number], made[number])
        examples.append(Example(images, title, (*lines, f"example {index:,}")))
    yield Gallery("Worst examples, the worst first", examples, legend)


def _verdict(found: Findings, target: Target, y: Array, made: Array) -> tuple[str, tuple[str, ...]]:
    """What was said of an example, and what it is."""
    if isinstance(found, OfNumbers):
        error = float(((made - y.reshape(made.shape)) ** 2).mean() ** 0.5)
        if made.size == 1:
            return f"true {figure(float(y.reshape(-1)[0]))}", (f"predicted {figure(float(made.reshape(-1)[0]))}",)
        return f"error {figure(error)}", ()
    if isinstance(found, OfLabels):
        if made.ndim != 1:
            return f"{percent(float(((made > 0.5) == (y > 0.5)).mean()))} right", ()
        wrong = [
            f"{'missed' if is_so else 'wrongly'} {label} ({percent(float(yes))})"
            for label, yes, is_so in zip(found.names, made, y > 0.5, strict=True)
            if (yes > 0.5) != is_so
        ]
        return (", ".join(wrong[:4]) or "nothing wrong"), ()
    if target.reading == "signs":
        return f"true {float(y.reshape(-1)[0]):g}", (f"predicted {figure(float(made.reshape(-1)[0]))}",)
    if found.per_place:
        counted = y != target.ignored if target.ignored is not None else np.ones(y.shape, bool)
        right = (made.argmax(axis=-1).reshape(y.shape) == y)[counted]
        return f"{percent(float(right.mean()) if len(right) else 1.0)} right", ()
    true, predicted = int(y.reshape(-1)[0]), int(made.argmax())
    verdict = f"said {found.names[predicted]}, {percent(float(made[predicted]))}"
    if true == target.ignored:
        return verdict, ()
    return f"true {found.names[true]}", (verdict,)


def _as_rows(
    schema: Schema, found: Findings, target: Target, worst: Integers, x: Mapping[str, Array], y: Array, made: Array
) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    """The same as a table, with the first values of each example."""
    columns: list[str] = []
    for name, values in x.items():
        known = schema.inputs[name].columns if name in schema.inputs else None
        count = 1 if values.dtype.kind in "OUS" else int(np.prod(values.shape[1:]))
        each = (
            known if known and len(known) == count else [f"{name}[{i}]" for i in range(count)] if count > 1 else [name]
        )
        columns += each[: MAX_COLUMNS - len(columns)]
    rows = []
    for number, index in enumerate(worst):
        title, lines = _verdict(found, target, y[number], made[number])
        cells: list[str] = []
        for values in x.values():
            cells += [_cell(value) for value in np.atleast_1d(values[number]).reshape(-1)[: MAX_COLUMNS - len(cells)]]
        rows.append((f"{index:,}", title, ", ".join(lines), *cells[: len(columns)]))
    return ("example", "what it is", "what was said", *columns), rows


def _cell(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return printable(value[:MAX_TEXT]) + ("…" if len(value) > MAX_TEXT else "")
    return f"{value:.4g}"
