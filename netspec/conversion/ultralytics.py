"""The YAML of a model of Ultralytics: rows [from, number, module, arguments], the modules made of our kinds.

A file is read as data: a module is looked up in the table below, and arguments are numbers, words and truths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from netspec.conversion.converting import Failure, Inconvertible
from netspec.conversion.growing import Growing
from netspec.conversion.model import ConversionError
from netspec.conversion.nodes import Flat, not_converted
from netspec.diagnostics.problems import Problems
from netspec.diagnostics.words import listing, show
from netspec.shapes import Shape
from netspec.syntax.reading import read
from netspec.syntax.tree import plain

SIZE = 640  # of images, which the files do not say
MAX_ROWS, MAX_NUMBER = 1_000, 1_000
KEYS = frozenset(("backbone", "head"))
_OF_BOXES = 16  # bins of each side of a box


def is_model(document: object) -> bool:
    """Is this what such a file holds, and no spec?"""
    return isinstance(document, dict) and document.keys() >= KEYS and "netspec" not in document


def document_of(path: Path) -> object:
    """What a YAML file says. Raises ConversionError."""
    problems = Problems()
    tree = read(path, problems).tree
    wrong = [problem.message for problem in problems.ordered() if problem.is_error]
    if tree is None or wrong:
        raise ConversionError(f"it cannot be read as YAML: {(*wrong, 'it is empty')[0]}")
    return plain(tree)


def flat_of(document: object, name: str, scale: str | None, shape: Shape | None) -> Flat:
    """The nodes of a model.

    Args:
        document: What the file says.
        name: Of the spec.
        scale: Which of its sizes: `n`, `s`, …; None: the file's own, or its first.
        shape: Of an image, where it is not 640 x 640 x 3.

    Raises:
        ConversionError: The file is no such model.
        Inconvertible: It has modules that are not known here.
    """
    if not isinstance(document, dict):
        raise ConversionError("it is no model of Ultralytics: it holds no map")
    return _Reader(document, scale, shape or (SIZE, SIZE, int(_number(document.get("ch", 3), "`ch`")))).flat(name)


class _Reader:
    def __init__(self, document: Mapping[str, object], scale: str | None, shape: Shape) -> None:
        self.classes = _whole(document.get("nc", 80), "`nc`")
        self.depth, self.width, self.most = _scale(document, scale)
        rows = [*_list(document.get("backbone"), "`backbone`"), *_list(document.get("head"), "`head`")]
        if len(rows) > MAX_ROWS:
            raise ConversionError(f"it has more than {MAX_ROWS:,} rows")
        self.rows = rows
        self.grown = Growing({"images": shape})
        self.place = ""  # of the row that is read, as its layers are called in PyTorch
        self.outputs: dict[str, str] = {}

    def flat(self, name: str) -> Flat:
        made: list[str] = []
        failures = []
        for index, row in enumerate(self.rows):
            match row:
                case [source, number, str(module), list(given)]:
                    self.place = f"model.{index}"
                    sources = [self._source(each, made) for each in (source if isinstance(source, list) else [source])]
                    try:
                        made.append(self._row(module, sources, _whole(number, f"row {index}"), given))
                    except ConversionError as error:
                        failures.append(Failure(error.layer or self.place, error.message))
                        hole = not_converted("module", self.place, module)
                        made.append(self.grown.hole(sources[0], hole, self.place, self.place))
                case _:
                    raise ConversionError(f"row {index} must be [from, number, module, arguments], not {show(row)}")
        if not made:
            raise ConversionError("it has no rows")
        flat = self.grown.flat(name, self.outputs or {made[-1]: made[-1]})
        if failures:
            raise Inconvertible(failures, flat)
        return flat

    def _source(self, place: object, made: Sequence[str]) -> str:
        if place == -1 and not made:
            return next(iter(self.grown.inputs.values())).name
        if not isinstance(place, int) or not -len(made) <= place < len(made):
            raise ConversionError(f"row {len(made)} reads {show(place)}, and there are {len(made)} rows before it")
        return made[place]

    def _row(self, module: str, sources: list[str], number: int, given: list[object]) -> str:
        word = module.removeprefix("nn.") if module.startswith("nn.") else module
        make = MODULES.get(word)
        if make is None:
            raise ConversionError(f"is a {show(module)}, which is none of {listing(tuple(MODULES))}")
        if not 1 <= number <= MAX_NUMBER:
            raise ConversionError(f"stands {show(number)} times")
        times = max(round(number * self.depth), 1) if number > 1 else number
        arguments = [self.classes if each == "nc" else each for each in given]
        if word in _ITSELF:
            return make(self, sources, [*arguments], times)
        for _ in range(times):
            sources = [make(self, sources, [*arguments], 1)]
        return sources[0]

    # --- what modules are made of ---

    def add(self, kind_name: str, reads: Sequence[str], path: str, **values: object) -> str:
        return self.grown.add(kind_name, values, reads, f"{self.place}{path}")

    def channels(self, name: str) -> int:
        size = self.grown.shape(name)[-1]
        assert size is not None
        return size

    def filters(self, value: object) -> int:
        """As many as the scale makes of them."""
        wanted = _whole(value, f"the channels of {self.place}")
        return wanted if wanted == self.classes else math.ceil(min(wanted, self.most) * self.width / 8) * 8

    def conv(self, x: str, filters: int, path: str, kernel: int = 1, stride: int = 1, groups: int = 1) -> str:
        """Convolution, normalisation, SiLU."""
        values: dict[str, object] = {"filters": filters, "use_bias": False}
        if kernel > 1:
            values |= {"kernel_size": kernel, "padding": kernel // 2}
        if stride > 1:
            values["strides"] = stride
        if groups > 1:
            values["groups"] = groups
        plain_ = kernel == 1 and groups == 1
        x = self.add("1x1" if plain_ else "conv", [x], f"{path}.conv", **values)
        x = self.add("batch_norm", [x], f"{path}.bn", momentum=0.97, epsilon=1e-3)
        return self.add("silu", [x], f"{path}.act")

    def bottleneck(self, x: str, filters: int, path: str, *, shortcut: bool, kernels: tuple[int, int], e: float) -> str:
        """Two convolutions, around which a shortcut may go."""
        y = self.conv(x, int(filters * e), f"{path}.cv1", kernels[0])
        y = self.conv(y, filters, f"{path}.cv2", kernels[1])
        return self.add("add", [x, y], path) if shortcut and self.channels(x) == filters else y


Make = Callable[[_Reader, list[str], list[object], int], str]


def _conv(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    filters, kernel, stride = _wholes(reader, given, (0, 1, 1))
    groups = 1 if len(given) < 5 else _whole(given[4], f"the groups of {reader.place}")
    return reader.conv(sources[0], reader.filters(filters), "", kernel, stride, groups)


def _depthwise(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    filters, kernel, stride = _wholes(reader, given, (0, 1, 1))
    made = reader.filters(filters)
    return reader.conv(sources[0], made, "", kernel, stride, math.gcd(reader.channels(sources[0]), made))


def _c2f(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    """Half of the channels goes through bottlenecks, each of whose outputs is kept."""
    filters = reader.filters(given[0] if given else None)
    half = int(filters * _share(given, 3))
    y = reader.conv(sources[0], 2 * half, ".cv1")
    left = reader.add("slice", [y], ".left", stop=half)
    kept = [left, reader.add("slice", [y], ".right", start=half)]
    for index in range(times):
        shortcut = len(given) > 1 and given[1] is True
        kept.append(reader.bottleneck(kept[-1], half, f".m.{index}", shortcut=shortcut, kernels=(3, 3), e=1.0))
    return reader.conv(reader.add("concat", kept, ".cat"), filters, ".cv2")


def _c3(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    """Half of the channels goes through bottlenecks, the other half by."""
    filters = reader.filters(given[0] if given else None)
    half = int(filters * _share(given, 3))
    shortcut = len(given) < 2 or given[1] is not False
    y = reader.conv(sources[0], half, ".cv1")
    for index in range(times):
        y = reader.bottleneck(y, half, f".m.{index}", shortcut=shortcut, kernels=(1, 3), e=1.0)
    return reader.conv(reader.add("concat", [y, reader.conv(sources[0], half, ".cv2")], ".cat"), filters, ".cv3")


def _bottleneck(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    shortcut = len(given) < 2 or given[1] is not False
    filters = reader.filters(given[0] if given else None)
    return reader.bottleneck(sources[0], filters, "", shortcut=shortcut, kernels=(3, 3), e=_share(given, 4))


def _pyramid(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    """Maxima of wider and wider windows beside each other: `SPPF`, one after the other."""
    filters, size, _ = _wholes(reader, given, (0, 5, 1))
    y = [reader.conv(sources[0], reader.channels(sources[0]) // 2, ".cv1")]
    for _ in range(3):
        y.append(reader.add("pool", [y[-1]], ".m", pool_size=size, strides=1, padding=size // 2))
    return reader.conv(reader.add("concat", y, ".cat"), reader.filters(filters), ".cv2")


def _wide_pyramid(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    """`SPP`: each window on the same input."""
    sizes = given[1] if len(given) > 1 else [5, 9, 13]
    y = [reader.conv(sources[0], reader.channels(sources[0]) // 2, ".cv1")]
    for size in [
        _whole(each, f"the windows of {reader.place}") for each in _list(sizes, f"the windows of {reader.place}")
    ]:
        y.append(reader.add("pool", [y[0]], ".m", pool_size=size, strides=1, padding=size // 2))
    return reader.conv(reader.add("concat", y, ".cat"), reader.filters(given[0]), ".cv2")


def _upsample(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    match given:
        case [None | "None", int(factor)] | [None | "None", int(factor), "nearest"] if factor > 0:
            return reader.add("upsample", sources, "", **({} if factor == 2 else {"size": factor}))
    raise ConversionError(f"enlarges by {show(given)}, for which there is no kind", reader.place)


def _concat(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    if given not in ([1], []):
        raise ConversionError(f"concatenates along {show(given)}, and channels are meant", reader.place)
    return reader.add("concat", sources, "")


def _detect(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    """What each level says of boxes and of classes, raw: nothing of it is decoded."""
    classes = _whole(given[0] if given else None, f"the classes of {reader.place}")
    narrowest = reader.channels(sources[0])
    boxes, kinds = max(16, narrowest // 4, 4 * _OF_BOXES), max(narrowest, min(classes, 100))
    end = ""
    for level, source in enumerate(sources):
        parts = []
        for path, filters, values in ((f".cv2.{level}", boxes, 4 * _OF_BOXES), (f".cv3.{level}", kinds, classes)):
            y = reader.conv(source, filters, f"{path}.0", 3)
            y = reader.conv(y, filters, f"{path}.1", 3)
            parts.append(reader.add("1x1", [y], f"{path}.2", filters=values))
        end = reader.grown.add("concat", {}, parts, f"{reader.place}.{level}", named=f"level_{level + 1}")
        reader.outputs[end] = end
    return end


def _classify(reader: _Reader, sources: list[str], given: list[object], times: int) -> str:
    y = reader.conv(sources[0], 1280, ".conv")
    y = reader.add("global_pool", [y], ".pool")
    return reader.add(
        "dense", [y], ".linear", units=_whole(given[0] if given else None, f"the classes of {reader.place}")
    )


MODULES: dict[str, Make] = {
    "Conv": _conv,
    "DWConv": _depthwise,
    "C2f": _c2f,
    "C3": _c3,
    "Bottleneck": _bottleneck,
    "SPPF": _pyramid,
    "SPP": _wide_pyramid,
    "Upsample": _upsample,
    "Concat": _concat,
    "Detect": _detect,
    "Classify": _classify,
}
_ITSELF = frozenset(("C2f", "C3"))  # that repeat something inside


def _scale(document: Mapping[str, object], scale: str | None) -> tuple[float, float, float]:
    """By how much depth and width are multiplied, and how many channels there are at most before that."""
    scales = document.get("scales")
    if isinstance(scales, dict) and scales:
        name = scale or str(document.get("scale") or next(iter(scales)))
        if name not in scales:
            raise ConversionError(f"it has no scale {show(name)}, only {listing(tuple(scales))}")
        match scales[name]:
            case [int() | float() as depth, int() | float() as width, int() | float() as most]:
                return float(depth), float(width), float(most)
        raise ConversionError(f"the scale {show(name)} must be [depth, width, most channels], not {show(scales[name])}")
    if scale is not None:
        raise ConversionError("it has no `scales`, so `--scale` chooses nothing")
    return (
        _number(document.get("depth_multiple", 1.0), "`depth_multiple`"),
        _number(document.get("width_multiple", 1.0), "`width_multiple`"),
        math.inf,
    )


def _wholes(reader: _Reader, given: Sequence[object], defaults: tuple[int, int, int]) -> tuple[int, int, int]:
    """The first three arguments of a module."""
    values = [*given[:3], *defaults[len(given[:3]) :]]
    first, second, third = (_whole(each, f"an argument of {reader.place}") for each in values)
    return first, second, third


def _share(given: Sequence[object], place: int) -> float:
    return _number(given[place], "a share of channels") if len(given) > place else 0.5


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise ConversionError(f"{what} must be a list, not {show(value)}")
    return value


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise ConversionError(f"{what} must be a number above 0, not {show(value)}")
    return float(value)


def _whole(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 10**6:
        raise ConversionError(f"{what} must be a whole number above 0, not {show(value)}")
    return value
