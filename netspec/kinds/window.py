"""What convolutions and pools share: a window that slides, its padding, and what happens when it does not tile."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.kinds.kind import Kind, Repair, ShapeError
from netspec.options import Amounts, Choice, Sides, Whole
from netspec.shapes import (
    AXIS_WORDS,
    Shape,
    Size,
    Window,
    effective,
    formula,
    per_dimension,
    same_padding,
    sides,
    slide,
    tiles,
)

Padding = Sides | str
padding_type = Amounts(("valid", "same"))
PADDING_DOC = (
    "Padding of the input: `valid` (none), `same` (so that the output has size ceil(size / stride)), a number for all "
    "sides, one for each dimension, or `[before, after]` for each dimension."
)
causal_type = Amounts(("valid", "same", "causal"))
CAUSAL_DOC = PADDING_DOC.replace(
    "size / stride)), ",
    "size / stride)), `causal` (of a sequence: all of that before its first step, so that no step sees a later one), ",
)
ROUNDING = Choice(
    {
        "exact": "A window that does not tile its input is an error.",
        "floor": "The remainder is dropped, as Keras and PyTorch do silently.",
        "ceil": "A last, partly filled window is added, as in Caffe's pooling.",
    }
)
ROUNDING_DOC = "What to do if the window does not tile the input."

Pairs = tuple[tuple[int, int], ...]


def match_rank(name: str, value: Whole, rank: int) -> tuple[int, ...]:
    """A value for each dimension; raises ShapeError where a list has another length."""
    values = per_dimension(value, rank)
    if values is None:
        raise ShapeError("NS404", f"`{name}` has {_count(value)}, but its input has {_dimensions(rank)}")
    return values


def match_sides(name: str, value: Sides, rank: int) -> Pairs:
    """(before, after) for each dimension; raises ShapeError where a list has another length."""
    pairs = sides(value, rank)
    if pairs is None:
        raise ShapeError("NS404", f"`{name}` has {_count(value)}, but its input has {_dimensions(rank)}")
    return pairs


def _count(value: Sides) -> str:
    assert not isinstance(value, int)  # one number goes for every dimension
    return f"{len(value)} value{'s' * (len(value) != 1)}"


def _dimensions(rank: int) -> str:
    return f"{rank} spatial dimension{'s' * (rank != 1)}"


USUAL_WINDOW = 3
LARGE_WINDOW = 2 * USUAL_WINDOW  # from here on the usual one is another thing, and worth a thought


class Windowed(Kind):
    """Base of the kinds that slide a window."""

    strides: Whole | None
    padding: Padding
    rounding: str
    dilation_rate: Whole = 1
    offers_ceil = False  # is `ceil` a usual answer to a rest, as it is for pools?
    may_cover_all = (
        False  # might a window that is too large have been meant to take in the whole input, as a pool's might?
    )

    def window_option(self) -> str:
        """The hyperparameter that holds the window's size."""
        raise NotImplementedError

    def window_strides(self) -> Whole:
        """The strides in force."""
        raise NotImplementedError

    def windows(self, x: Shape, rank: int) -> tuple[Window | None, ...]:
        """The window along each dimension; None where `same` padding depends on an unknown size."""
        name = self.window_option()
        kernel = match_rank(name, getattr(self, name), rank)
        strides = match_rank("strides", self.window_strides(), rank)
        dilation = match_rank("dilation_rate", self.dilation_rate, rank)
        padding = self.padding
        if padding == "valid":
            return tuple(
                Window(k if d == 1 else effective(k, d), s) for k, s, d in zip(kernel, strides, dilation, strict=True)
            )
        if padding == "causal":
            reaches = [effective(k, d) for k, d in zip(kernel, dilation, strict=True)]
            return tuple(Window(reach, s, reach - 1, 0) for reach, s in zip(reaches, strides, strict=True))
        if isinstance(padding, str):  # `same`
            found: list[Window | None] = []
            for width, k, s, d in zip(x, kernel, strides, dilation, strict=False):
                reach = effective(k, d)
                found.append(None if width is None else Window(reach, s, *same_padding(width, reach, s)))
            return tuple(found)
        pairs = match_sides("padding", padding, rank)
        return tuple(
            Window(effective(k, d), s, before, after)
            for k, s, d, (before, after) in zip(kernel, strides, dilation, pairs, strict=True)
        )

    @property
    def leaves_no_rest(self) -> bool:
        """Is it padded by a word of Keras's that gives size / stride places, rounded up, whatever the window?"""
        return self.padding in ("same", "causal")

    def slide(self, x: Shape, rank: int, channels: Size) -> tuple[Size, ...]:
        """The spatial sizes of the output; raises ShapeError where the window is too large or leaves a rest."""
        windows = self.windows(x, rank)
        same = self.leaves_no_rest
        ceil = self.rounding == "ceil" and self.padding != "causal"
        out: list[Size] = []
        large: list[int] = []
        rests: list[int] = []
        for i, window in enumerate(windows):
            width = x[i]
            if width is None or window is None:
                if ceil and not same:
                    raise ShapeError(
                        "NS407", "`rounding: ceil` needs to know the sizes of its input", (None,) * rank + (channels,)
                    )
                out.append(None)
            elif width + window.before + window.after < window.size:
                large.append(i)
                out.append(None)
            else:
                out.append(slide(width, window, ceil))
                if not same and not tiles(width, window):
                    rests.append(i)
        if large:
            raise ShapeError(
                "NS402",
                self._too_large(x, windows, large, rank),
                (*_unknown(out, large), channels),
                self._smaller(x, windows),
            )
        if rests and self.rounding == "exact":
            raise ShapeError(
                "NS401",
                self._does_not_tile(x, windows, rests, rank),
                (*_unknown(out, rests), channels),
                self._repairs(x, windows, rests, rank),
                (*out, channels),  # without the rest
            )
        return tuple(out)

    def _described(self, window: Window, i: int, rank: int) -> str:
        name = self.window_option()
        size = match_rank(name, getattr(self, name), rank)[i]
        dilation = match_rank("dilation_rate", self.dilation_rate, rank)[i]
        return (
            f"a window of {size}" if dilation == 1 else f"a window of {size} (dilated by {dilation} to {window.size})"
        )

    def _does_not_tile(self, x: Shape, windows: Sequence[Window | None], rests: list[int], rank: int) -> str:
        words = AXIS_WORDS[rank]
        # Where all dimensions fail alike, as in a square image, one of them tells it all.
        shown = {(x[i], windows[i]): i for i in rests}.values()
        parts = []
        for n, i in enumerate(shown):
            window, width = windows[i], x[i]
            assert window is not None
            assert width is not None
            start = f"{self._described(window, i, rank)} with stride {window.stride} does not tile" if n == 0 else "nor"
            parts.append(f"{start} {width} {words[i]}: {formula(width, window)}")
        return ", ".join(parts)

    def _too_large(self, x: Shape, windows: Sequence[Window | None], large: list[int], rank: int) -> str:
        i = large[-1]
        window, width = windows[i], x[i]
        assert window is not None
        assert width is not None
        padded = width + window.before + window.after
        with_padding = f" ({padded} with padding)" if padded != width else ""
        return f"{self._described(window, i, rank)} is larger than the {width} {AXIS_WORDS[rank][i]} of its input{with_padding}"

    def _smaller(self, x: Shape, windows: Sequence[Window | None]) -> list[Repair]:
        """Windows that fit: the largest as even or odd as this one, the whole input, the usual one; and padding for room.

        A pool that is larger than its input was to take in all of it: of a smaller window there would be more positions than meant.
        """
        name = self.window_option()
        size = getattr(self, name)
        room = [width + w.before + w.after for width, w in zip(x, windows, strict=False) if width is not None and w]
        found: list[Repair] = []
        if name in self.options and room and self.dilation_rate == 1:
            least = min(room)
            alike = least - (least - size) % 2 if isinstance(size, int) else least
            sizes = [least]
            if not (self.may_cover_all and self.window_strides() in (1, size)):
                is_large = (size if isinstance(size, int) else max(size)) >= LARGE_WINDOW
                sizes = [alike, least, *([USUAL_WINDOW] if is_large else [])]
            found = [Repair(name, str(each)) for each in dict.fromkeys(sizes) if 0 < each <= least]
        elif room:
            found = [Repair("dilation_rate", "1")]
        return [*found, Repair("padding", "same"), Repair("strides", "1")]

    def _repairs(self, x: Shape, windows: Sequence[Window | None], rests: list[int], rank: int) -> list[Repair]:
        """Changes that make the window tile, the smallest first."""
        name = self.window_option()
        found: list[Repair] = []
        size = getattr(self, name)
        known = [(width, w) for width, w in zip(x, windows, strict=False) if width is not None and w is not None]
        if isinstance(size, int) and self.dilation_rate == 1 and name in self.options:
            for candidate in sorted(range(max(1, size - 8), size + 9), key=lambda k: (abs(k - size), -k)):
                fits = all(
                    candidate <= width + w.before + w.after and tiles(width, w._replace(size=candidate))
                    for width, w in known
                )
                if fits and candidate != size:
                    found.append(Repair(name, str(candidate)))
                    break
        found.append(Repair("padding", _write_pairs(_more_padding(x, windows, rank))))
        lost = self._lost(x, windows, rests, rank)
        # Where it loses nothing of the input it is what other frameworks do unasked, and what published networks mean.
        floor = Repair("rounding", "floor", lost or "only padding is lost", "possible" if lost else "likely")
        # What a pool leaves over is dropped by custom; but one with a single position was to take in all.
        several = any(width + w.before + w.after - w.size >= w.stride for width, w in known)
        found.insert(0 if not lost or (self.offers_ceil and several) else len(found), floor)
        if self.offers_ceil:
            found.append(Repair("rounding", "ceil"))
        found.append(Repair("padding", "same"))
        found.append(Repair("strides", "1"))
        return found

    def _lost(self, x: Shape, windows: Sequence[Window | None], rests: list[int], rank: int) -> str:
        counts = {}
        for i in rests:
            window, width = windows[i], x[i]
            assert window is not None
            assert width is not None
            rest = (width + window.before + window.after - window.size) % window.stride
            # Padding at the end is lost first; only what is left of the rest is input.
            counts[i] = max(rest - window.after, 0)
        counts = {i: lost for i, lost in counts.items() if lost}
        if not counts:
            return ""
        same = len(set(counts.values())) == 1
        parts: list[str] = []
        for i, lost in counts.items():
            noun = AXIS_WORDS[rank][i]
            noun = noun if lost > 1 else noun.removesuffix("s")
            first = not parts
            parts.append(noun if lost == 1 or (same and not first) else f"{lost} {noun}")
        return f"drops the last {' and '.join(parts)}"

    def tied_to(self, *inputs: Shape) -> dict[str, object]:
        tied = super().tied_to(*inputs)
        if self.rounding == "ceil":
            (x,) = inputs
            tied["the padding"] = self.total_padding(x, len(x) - 1)
        return tied

    def total_padding(self, x: Shape, rank: int) -> Pairs | None:
        """The explicit zeros (or their like) on each side, those that `rounding: ceil` adds included.

        None for the paddings that Keras has a word for.
        """
        padding = self.padding
        if self.leaves_no_rest or (padding == "valid" and self.rounding != "ceil"):
            return None
        pairs = ((0, 0),) * rank if isinstance(padding, str) else match_sides("padding", padding, rank)
        if self.rounding == "ceil":
            pairs = self._completed(x, rank, pairs)
        return pairs if any(map(any, pairs)) else None

    def _completed(self, x: Shape, rank: int, pairs: Pairs) -> Pairs:
        """The padding with so much at the end that the last window is whole, and no window more has room."""
        done = []
        for width, window, (before, _) in zip(x, self.windows(x, rank), pairs, strict=False):
            assert width is not None  # infer has refused unknown sizes
            assert window is not None
            needed = (slide(width, window, ceil=True) - 1) * window.stride + window.size - width - before
            done.append((before, max(0, needed)))
        return tuple(done)

    def keras_padding(self, x: Shape, rank: int) -> tuple[str, Pairs | None]:
        """Keras's word for the padding, and what must be added by hand before the layer."""
        pairs = self.total_padding(x, rank)
        if pairs is None:
            return (str(self.padding) if self.leaves_no_rest else "valid"), None
        windows = self.windows(x, rank)
        if all(
            w is not None and w.stride == 1 and same_padding(1, w.size, 1) == p
            for w, p in zip(windows, pairs, strict=True)
        ):
            return "same", None  # with stride 1, `same` is that padding whatever the size
        return "valid", pairs


def _unknown(out: list[Size], wrong: list[int]) -> tuple[Size, ...]:
    return tuple(None if i in wrong else size for i, size in enumerate(out))


def _more_padding(x: Shape, windows: Sequence[Window | None], rank: int) -> Pairs:
    pairs = []
    for i in range(rank):
        window, width = windows[i], x[i]
        assert window is not None  # only of `same` padding is it not known, which leaves no rest
        if width is None:
            pairs.append((window.before, window.after))
            continue
        rest = (width + window.before + window.after - window.size) % window.stride
        more = window.stride - rest if rest else 0
        before, after = window.before + more // 2, window.after + more - more // 2
        pairs.append((before, after))
    return tuple(pairs)


def _write_pairs(pairs: Pairs) -> str:
    if len({side for pair in pairs for side in pair}) == 1:
        return str(pairs[0][0])
    return str([list(pair) for pair in pairs])
