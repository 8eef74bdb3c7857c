"""A node's window in text: positions, the matrix product, and a small case computed both ways."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import TypeVar

from netspec.diagnostics.words import listing
from netspec.report.pages.parts import Figure, Heading, Json, Page, Paragraph
from netspec.report.sliding.geometry import Axis, Sliding
from netspec.report.sliding.matrices import Case, Matrices, Number, joined, small_case

T = TypeVar("T")

STRIP = 60  # places that are drawn of a dimension
FIRST = 3  # positions that are shown from the beginning
ROWS = 10  # of a matrix that are shown
COLUMNS = 18
POOLED = {"max": "maximum", "avg": "mean", "l2": "root mean square"}


def slides(sliding: Sliding) -> Page:
    """The sections of a node's page that draw its window."""
    page: Page = []
    if sliding.moves:
        page += [Heading("How the window slides"), *_steps(sliding)]
    page += [Heading(_product_heading(sliding)), *map(Paragraph, product_sentences(sliding)), *_both_ways(sliding)]
    return page


# --- sliding ----------------------------------------------------------------------------------------------------------


def _steps(sliding: Sliding) -> Page:
    alike: dict[Axis, list[str]] = {}
    for axis in sliding.axes:
        alike.setdefault(axis._replace(word=""), []).append(axis.word)
    axes = [axis._replace(word=" and ".join(words)) for axis, words in alike.items()]
    lines: list[str] = []
    for axis in axes:
        lines += [""] * bool(lines) + [f"{axis.word}:"] * (len(axes) > 1) + strips(axis)
    padded = any(axis.before or axis.end >= axis.width for axis in axes)
    lines += ["", "# taken  . not taken" + "  o padding that is taken  - padding" * padded]
    figure = Figure("\n".join(lines), "The window over the input, and what it makes", "window", window_data(sliding))
    sentences = [Paragraph(" ".join(axis_sentences(axis))) for axis in axes]
    return [figure, *sentences, Paragraph(size_sentence(sliding))]


def window_data(sliding: Sliding) -> Json:
    """What the page's script needs to know."""
    axes = [{**axis._asdict(), "end": axis.end} for axis in sliding.axes]
    return {"axes": axes, "made": sliding.made, "how": sliding.combinations[0].how}


def strips(axis: Axis) -> list[str]:
    """The first positions and the last, each a line: what is taken, `#`, of what is there."""
    shown = [*range(min(FIRST, axis.positions))]
    if axis.positions > FIRST:
        shown.append(axis.positions - 1)
    length = min(axis.end + axis.before + 1, STRIP)
    width = len(str(shown[-1]))
    lines = []
    for position in shown:
        taken = axis.taken(position)
        start = -axis.before
        if taken[-1] >= start + length:
            start = min(taken[0] - 2, axis.end + 1 - length)
        cells = "".join(_cell(axis, place, place in taken) for place in range(start, start + length))
        cells = ("…" if start > -axis.before else "") + cells + ("…" if start + length <= axis.end else "")
        lines.append(f"{position:>{width}}  {cells}  {_places(taken)}")
        if position == FIRST - 1 and axis.positions > FIRST + 1:
            lines.append("…")
    return lines


def _cell(axis: Axis, place: int, is_taken: bool) -> str:
    inside = 0 <= place < axis.width
    return ("#" if is_taken else ".") if inside else ("o" if is_taken else "-")


def _places(taken: range) -> str:
    """What a window takes, by number: `-1 to 1`, `0, 2, 4`."""
    if len(taken) == 1:
        return str(taken[0])
    if taken.step == 1:
        return f"{taken[0]} to {taken[-1]}"
    if len(taken) <= 5:
        return ", ".join(map(str, taken))
    return f"{taken[0]}, {taken[1]}, {taken[2]}, …, {taken[-1]}"


def axis_sentences(axis: Axis) -> list[str]:
    """What taps, dilation, stride and padding do along a dimension, and where the window ends."""
    taken = axis.taken(axis.positions - 1)
    found = [f"Along {axis.word} the window takes {_count(axis.taps, 'place')}"]
    if axis.dilation > 1:
        found[0] += (
            f", each {axis.dilation} from the one before, so that it reaches over {axis.reach}, and moves by {axis.stride}"
        )
    else:
        found[0] += f" and moves by {axis.stride}"
    shared = 0 if axis.stride % axis.dilation else max(axis.taps - axis.stride // axis.dilation, 0)
    if axis.positions > 1:
        passed = axis.stride - axis.reach
        found[0] += f"; neighbouring windows share {shared or 'none'}"
        found[0] += f" and leave out {passed} between them" if passed > 0 else ""
    found[0] += "."
    if axis.before or axis.after:
        found.append(f"Of padding there is {axis.before} before the {axis.width} and {axis.after} after them.")
    over = taken[-1] - (axis.width + axis.after - 1)
    end = f"The last position, {axis.positions - 1}, takes {_places(taken)}"
    if over > 0:
        found.append(f"{end}: `rounding: ceil` added it, and it reaches {over} beyond the end.")
    elif axis.rest:
        found.append(
            f"{end}: the {axis.rest} after that {_are(axis.rest)} left over, and no window sees {_them(axis.rest)}."
        )
    else:
        found.append(f"{end}, which is the end.")
    return found


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' * (number != 1)}"


def size_sentence(sliding: Sliding) -> str:
    """Why the output has its shape."""
    one = "filter" if sliding.combinations[0].how == "sum" else "channel"
    sizes = " x ".join(str(axis.positions) for axis in sliding.axes)
    counted = f"are {sizes} positions" if sliding.positions > 1 else "is 1 position"
    return f"There {counted}, and at each one number for {_each(sliding.made, one)}: {sizes} x {sliding.made}."


# --- the product ------------------------------------------------------------------------------------------------------


def _product_heading(sliding: Sliding) -> str:
    return (
        "As a product of matrices (im2col)"
        if sliding.combinations[0].how == "sum"
        else "As a matrix of windows (im2col)"
    )


def product_sentences(sliding: Sliding) -> Iterable[str]:
    """The sizes of the matrices."""
    rows = sliding.positions
    whole = "x".join(str(axis.taps) for axis in sliding.axes)
    steps = "" if sliding.times == 1 else f", at each of {sliding.times or 'the'} steps"
    for number, each in enumerate(sliding.combinations):
        taken = each.seen * (1 if number else sliding.taps)
        if each.how != "sum":
            yield _sentence(
                f"{_each(rows, 'window')} is a row of {_count(taken, 'number')}, for {_each(each.groups, 'channel')}; the "
                f"{POOLED[each.how]} of a row is a number of the output."
            )
            continue
        if number or (not sliding.moves and sliding.taps == 1):
            what = f"{'then the' if number else 'the'} {_count(taken, 'number')} at {_each(rows, 'position')} are a row"
        else:
            worked = f"{whole}x{each.seen} = " if sliding.taps > 1 else ""
            what = f"{_each(rows, 'window')} is a row of {worked}{_count(taken, 'number')}"
        columns = f"and {_each(each.made, 'channel')} of the output is a column of weights"
        sizes = f"({rows:,} x {taken:,}) times ({taken:,} x {each.made:,}) is {rows:,} x {each.made:,}"
        times = f", in {_each(each.groups, 'group')} of channels" if each.groups > 1 else ""
        macs = rows * taken * each.made * each.groups
        yield f"{_sentence(what)}, {columns}: {sizes}{times}, {macs:,} multiply-accumulates{' in all' * (each.groups > 1)}{steps}."


def _each(number: int, word: str) -> str:
    return f"the one {word}" if number == 1 else f"each of the {number:,} {word}s"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _both_ways(sliding: Sliding) -> Page:
    small = small_case(sliding)
    if small is None:
        return []
    case = Case(small)
    steps = case.products()
    direct, by_product = case.direct(), joined(steps[-1])
    parts = [_input(case), *(_shown(products[0]) for products in steps)]
    text = "\n\n".join("\n".join(lines) for lines in parts if lines)
    figure = Figure(text, "The matrices, number by number", "product", product_data(case, steps))
    return [Paragraph(case_sentence(sliding, small)), figure, Paragraph(agreement(direct, by_product, steps))]


def product_data(case: Case, steps: Sequence[Sequence[Matrices]]) -> Json:
    """What the page's script needs to know, numbers as they are written."""
    axes = [{**axis._asdict(), "end": axis.end} for axis in case.sliding.axes]
    first = [
        {
            "windows": _numbers(one.windows),
            "kernel": _numbers(one.kernel),
            "output": _numbers(one.output),
            "how": each.how,
        }
        for (one, *_), each in zip(steps, case.sliding.combinations, strict=True)
    ]
    return {"axes": axes, "title": _input_title(case), "input": _numbers(_planes(case)), "steps": first}


def _numbers(rows: Sequence[Sequence[Number | None]]) -> list[list[str]]:
    return [[number(x) for x in row] for row in rows]


def case_sentence(whole: Sliding, case: Sliding) -> str:
    """What is computed."""
    sizes = " x ".join(str(size) for size in (*(axis.width for axis in case.axes), case.channels))
    if case == whole:
        return f"With the input {sizes} and small whole numbers:"
    return f"A small case, the same over {sizes} with {_count(case.made, 'channel')} of output and small whole numbers:"


def agreement(direct: list[list[Number]], by_product: list[list[Number]], steps: Sequence[Sequence[Matrices]]) -> str:
    """What both ways gave."""
    assert direct == by_product
    numbers = sum(map(len, direct))
    shown = listing([number(x) for x in direct[0]])
    groups = len(steps[0])
    of = " (the matrices are those of the first group)" if groups > 1 else ""
    first = f"{shown} at the first position" if len(direct) > 1 else shown
    return f"Computed number by number, as the layer is defined, {'they are' if numbers > 1 else 'it is'} the same: {first}{of}."


def _planes(case: Case) -> list[list[int | None]]:
    """The rows of the input's first channel; without a dimension, its channels."""
    if not case.sliding.axes:
        return [[case.value((), channel) for channel in range(case.sliding.channels)]]
    *outer, last = case.sliding.axes
    places = product(*(range(axis.width) for axis in outer))
    return [[case.value((*place, at), 0) for at in range(last.width)] for place in places]


def _input_title(case: Case) -> str:
    return "input, channel 0" if case.sliding.axes and case.sliding.channels > 1 else "input"


def _input(case: Case) -> list[str]:
    """The input, a line a row, with an empty line between planes."""
    head = _input_title(case)
    rows = [" ".join(row) for row in _narrow(_numbers(_planes(case)))]
    *_, height = (axis.width for axis in case.sliding.axes[:-1]) if len(case.sliding.axes) > 1 else (len(rows),)
    if len(rows) == height:
        rows = _low(rows, "…")
        height = len(rows)
    lines = [f"{head if not i else '':<{len(head)}}  {row}" for i, row in enumerate(rows)]
    for at in range(height * ((len(rows) - 1) // height), 0, -height):
        lines.insert(at, "")
    return lines


def number(value: Number | None) -> str:
    """A number of a matrix; nothing is padding that a pool leaves out."""
    return "-" if value is None else str(value) if isinstance(value, int) else f"{float(value):.4g}"


def _shown(matrices: Matrices) -> list[str]:
    """The matrices side by side, each under its name."""
    parts = [_block("windows", matrices.windows)]
    if matrices.kernel:
        parts += [["*"], _block("weights", matrices.kernel)]
    parts += [["="], _block("output", matrices.output)]
    height = max(map(len, parts))
    lines = []
    for line in range(height):
        cells = []
        for part in parts:
            width = max(map(len, part))
            if len(part) == 1:  # a sign stands in the line of the first numbers
                cells.append(part[0] if line == 1 else " ")
            else:
                cells.append(f"{part[line] if line < len(part) else '':<{width}}")
        lines.append("  ".join(cells).rstrip())
    return lines


def _block(title: str, rows: Sequence[Sequence[Number | None]]) -> list[str]:
    texts = _narrow(_numbers(rows))
    texts = _low(texts, ["…"] * len(texts[0]))
    width = max(len(text) for row in texts for text in row)
    head = f"{title} {len(rows)} x {len(rows[0])}"
    return [head, *(" ".join(f"{text:>{width}}" for text in row) for row in texts)]


def _narrow(rows: list[list[str]]) -> list[list[str]]:
    """As many columns as are shown."""
    if len(rows[0]) <= COLUMNS:
        return rows
    return [[*row[: COLUMNS - 3], "…", *row[-2:]] for row in rows]


def _low(rows: list[T], between: T) -> list[T]:
    """As many rows as are shown."""
    return rows if len(rows) <= ROWS else [*rows[: ROWS - 2], between, rows[-1]]
