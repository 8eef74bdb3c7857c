"""`npz`: arrays in a NumPy archive.

An archive comes from anywhere, so its members' own headers are read first: nothing is unpickled, and nothing is
unpacked that is not what it says or would not fit into memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from netspec.data.paths import locate, quoted, reading, some
from netspec.data.source import DECLARED, DataError, DataSource
from netspec.diagnostics.words import listing, printable, show
from netspec.options import Nullable, PerName, Text, declare, option
from netspec.shapes import Shape, show_shape

if TYPE_CHECKING:
    import zipfile

    from netspec.data.dataset import Array, Dataset, Request
    from netspec.data.faults import Skipped
    from netspec.data.members import Header

SUFFIXES = {  # by which the parts of an array are told apart
    "train": ("_train", ""),
    "validation": ("_val", "_valid", "_validation"),
    "test": ("_test",),
}


@declare("npz", principal="path", table=DECLARED)
class Npz(DataSource):
    """Arrays in a NumPy archive: `x` and `y`, or `x_train` and `y_train` with perhaps `x_val`, `x_test` and their labels.

    Integers, one-hot rows and texts are classes, one an example or one a pixel; 0 and 1 for each number of an output are labels of
    their own; other numbers are to be predicted. Several inputs or outputs have each their own array.
    """

    one_input = False
    path: str = option(Text(), "Path of the file, relative to the spec.")
    x: str | dict[str, str] | None = option(
        Nullable(PerName(Text(), "input")),
        "Array of the examples, or of each input; null: `x`, and of several inputs the arrays of their names.",
        None,
    )
    y: str | dict[str, str] | None = option(
        Nullable(PerName(Text())), "Array of the labels, or of each output; null: `y` for all of them.", None
    )
    sample_weight: str | None = option(Nullable(Text()), "Array that says how much each example counts.", None)

    @property
    def examples(self) -> str | None:
        """The array of the examples, where the path says it."""
        return None

    def read(self, request: Request, layout: Layout) -> tuple[dict[str, Array], list[str]]:
        """The arrays that matter, checked before they are read, and the names of the others. Raises DataError."""
        return _read(locate(request.root, self.path), self.path, layout)

    def load(self, request: Request) -> Dataset:
        """The arrays, bytes divided by 255 unless `rescale` says otherwise; a test is set aside where there is none."""
        from netspec.data.assembly import Raw, assembled, unread, without_last_step
        from netspec.data.dataset import check_shape, own_divisor
        from netspec.data.labels import Column
        from netspec.data.schema import Feature

        layout = Layout(self, request)
        arrays, left = self.read(request, layout)
        names = {key: f"`{key}` in {quoted(self.path)}" for key in arrays}
        parts = {}
        skipped: list[Skipped] = []
        for part, wanted in layout.parts.items():
            if request.data.skips:
                arrays = {**arrays, **_without_bad(wanted, arrays, names, skipped)}
            xs = {}
            for name, key in wanted.x.items():
                xs[name] = _with_channel(_checked(arrays[key], names[key]), request.inputs[name])
                check_shape(names[key], without_last_step(xs[name].shape[1:], request), request.inputs[name])
            first = next(iter(wanted.x.values()))
            for key in wanted.others:
                _check_length(arrays[first], arrays[key], names[first], names[key], key in wanted.x.values())
            columns = {name: Column(names[key], arrays[key]) for name, key in wanted.y.items()}
            weight = None if wanted.weight is None else Column(names[wanted.weight], arrays[wanted.weight])
            parts[part] = Raw(
                xs, columns, {name: request.divisor(own_divisor(x), name) for name, x in xs.items()}, weight
            )
        read = next(iter(layout.parts.values()))
        raw = next(iter(parts.values()))
        features = {
            name: Feature(names[key], raw.x[name].shape[1:], divisor=raw.divisors[name]) for name, key in read.x.items()
        }
        notes = unread([f"`{printable(key)}`" for key in left], quoted(self.path))
        return assembled(quoted(self.path), parts, request, features, notes=notes, skipped=skipped)


class _Part(NamedTuple):
    """The names of a part's arrays: by input, by output, of the weights."""

    x: dict[str, str]
    y: dict[str, str]
    weight: str | None

    @property
    def others(self) -> tuple[str, ...]:
        """Those beside the first input's, each once."""
        rest = (*list(self.x.values())[1:], *self.y.values(), *([self.weight] if self.weight else []))
        return tuple(dict.fromkeys(rest))


class Layout:
    """Which arrays of an archive are read as what."""

    def __init__(self, source: Npz, request: Request) -> None:
        from netspec.data.assembly import check_names, named

        self.source = source
        self.request = request
        self.parts: dict[str, _Part] = {}
        inputs, outputs = tuple(request.inputs), tuple(request.outputs)
        if isinstance(source.x, dict):
            check_names(f"`x` of `{source.spec_name}`", source.x, inputs, "input")
        if isinstance(source.y, dict):
            check_names(f"`y` of `{source.spec_name}`", source.y, outputs, "output")
        if isinstance(source.x, str):
            request.input  # noqa: B018 - refuses several
        single = len(inputs) == 1
        own = source.examples or "x"
        self.x = {name: named(source.x, name, own if single else name) for name in inputs}
        self.y = {name: named(source.y, name, "y") for name in outputs}

    def choose(self, found: tuple[str, ...]) -> None:
        """Decide by the names of the arrays that there are. Raises DataError where one is missing."""
        for part in SUFFIXES:
            x = {name: _of(part, base, found) for name, base in self.x.items()}
            y = {name: _of(part, base, found) for name, base in self.y.items()}
            weight = _of(part, self.source.sample_weight, found) if self.source.sample_weight else None
            have = {key for key in (*x.values(), *y.values()) if key is not None}
            if not have and (part != "train" or self.request.whole):
                continue
            if None in (*x.values(), *y.values()):
                self._missing(part, found)
            self._check_weight(part, weight, found)
            self.parts[part] = _Part({n: k for n, k in x.items() if k}, {n: k for n, k in y.items() if k}, weight)
        if self.request.whole and "test" in self.parts:
            self.parts = {"test": self.parts["test"]}
        if not self.parts:
            self._missing("train", found)

    @property
    def read(self) -> list[str]:
        """The arrays that are read, each once."""
        keys = (key for part in self.parts.values() for key in (*part.x.values(), *part.others))
        return list(dict.fromkeys(keys))

    @property
    def of_examples(self) -> list[str]:
        """Those that inputs read, each once."""
        return list(dict.fromkeys(key for part in self.parts.values() for key in part.x.values()))

    def _check_weight(self, part: str, weight: str | None, found: tuple[str, ...]) -> None:
        if self.source.sample_weight is not None and weight is None:
            wanted = f"`{printable(self.source.sample_weight)}`" + ("" if part == "train" else f" for the {part}")
            raise DataError(f"{quoted(self.source.path)} holds no {wanted}; {_holds(found)}")

    def _missing(self, part: str, found: tuple[str, ...]) -> NoReturn:
        """Say which arrays are wanted, and how to name others."""
        bases = [*dict.fromkeys([*self.x.values(), *self.y.values()])]
        lacking = [_spelt(part, base, found) for base in bases if _of(part, base, found) is None]
        started = len(lacking) < len(bases)
        default = self.source.x is None and self.source.y is None
        if started or not default or part != "train":
            lacks = f"no {listing(lacking, 'or')}"
        else:
            both = [" and ".join(f"`{base}{suffix}`" for base in bases) for suffix in ("_train", "")]
            lacks = f"neither {both[0]} nor {both[1]}"
        raise DataError(
            f"{quoted(self.source.path)} holds {lacks}; {_holds(found)}{self._setting(found) if default else ''}"
        )

    def _setting(self, found: tuple[str, ...]) -> str:
        """How to say which arrays to read, where two are there."""
        if len(found) != 2 or len(self.x) != 1 or len(self.y) < 1 or set(found) & {*self.x.values(), *self.y.values()}:
            return ""
        first, second = (printable(key) for key in found)
        if {first.rpartition("_")[2], second.rpartition("_")[2]} <= {"test", "val", "valid", "validation"}:
            return ""
        word = self.source.spec_name
        return f"; if these are they, write `{word}: {{path: {printable(self.source.path)}, x: {first}, y: {second}}}`"


def _of(part: str, base: str, found: tuple[str, ...]) -> str | None:
    """The array of a part: of `x` the training's is `x_train` or `x`, the test's `x_test`."""
    stem = base.removesuffix("_train")
    if part == "train" and base != stem:
        return base if base in found else None
    return next((f"{stem}{suffix}" for suffix in SUFFIXES[part] if f"{stem}{suffix}" in found), None)


def _spelt(part: str, base: str, found: tuple[str, ...]) -> str:
    """How the array would be called that is missing."""
    stem = base.removesuffix("_train")
    suffix = SUFFIXES[part][0]
    if part == "train" and not any(key.endswith("_train") for key in found):
        return base
    return f"{stem}{suffix}"


def _holds(found: tuple[str, ...]) -> str:
    return f"it holds {some([f'`{printable(key)}`' for key in found], 9) or 'nothing'}"


def _without_bad(
    part: _Part, arrays: dict[str, Array], names: dict[str, str], skipped: list[Skipped]
) -> dict[str, Array]:
    """The arrays of a part without the examples whose numbers are not finite, which are added to `skipped`."""
    import numpy as np

    from netspec.data.dataset import LARGEST
    from netspec.data.faults import Skipped

    keys = [*dict.fromkeys((*part.x.values(), *part.others))]
    size = len(arrays[keys[0]]) if arrays[keys[0]].shape else 0
    bad = np.zeros(size, bool)
    for key in keys:
        values = arrays[key]
        if values.shape and len(values) == size and values.dtype.kind == "f":
            odd = ~(np.abs(values) <= LARGEST).reshape(size, -1).all(axis=1)
            skipped += [
                Skipped(f"{names[key]} at [{index}]", "holds what is no finite number")
                for index in np.flatnonzero(odd & ~bad)
            ]
            bad |= odd
    if not bad.any() or bad.all():
        return {}
    return {key: arrays[key][~bad] for key in keys if len(arrays[key]) == size}


def _checked(x: Array, name: str) -> Array:
    from netspec.data.dataset import check_finite

    _check_entries(x, name)
    if x.dtype.kind not in "biuf":
        raise DataError(f"{name} holds values of type {show(str(x.dtype))}; save numbers")
    check_finite(name, x)
    return x


def _check_entries(array: Array, name: str) -> None:
    if not array.shape:
        raise DataError(f"{name} is a single value; save an array with one entry an example")
    if not array.size:
        raise DataError(f"{name} is empty ({show_shape(array.shape)}); save at least one example")


def _check_length(x: Array, other: Array, x_name: str, name: str, is_input: bool) -> None:
    _check_entries(other, name)
    if len(x) != len(other):
        noun, mend = ("examples", "as many for each input") if is_input else ("labels", "one label an example")
        raise DataError(f"{x_name} has {len(x):,} examples, and {name} has {len(other):,} {noun}; save {mend}")


def _with_channel(x: Array, wanted: Shape) -> Array:
    """Grey images are often saved without their one channel."""
    return x[..., None] if x.ndim == len(wanted) else x


# --- the archive ------------------------------------------------------------------------------------------------------


def _read(path: Path, name: str, layout: Layout) -> tuple[dict[str, Array], list[str]]:
    """The arrays that matter, checked before they are unpacked, and the names of the others."""
    import zipfile

    with reading(name):
        if not zipfile.is_zipfile(path):
            raise DataError(f"{quoted(name)} is not a NumPy archive, or is cut short; write it with `numpy.savez`")
        try:
            with zipfile.ZipFile(path) as archive:
                return _arrays(archive, path, name, layout)
        except DataError:
            raise
        except MemoryError:
            raise DataError(f"{quoted(name)} does not fit into memory; use fewer or smaller examples") from None
        except Exception as error:  # noqa: BLE001 - unpackers raise whatever a broken file makes them stumble over
            reason = "is encrypted" if "encrypted" in str(error) else "is damaged"
            raise DataError(f"{quoted(name)} {reason}; write it again with `numpy.savez`") from None


def _arrays(archive: zipfile.ZipFile, path: Path, name: str, layout: Layout) -> tuple[dict[str, Array], list[str]]:
    from netspec.data.dataset import check_memory
    from netspec.data.mapped import fits
    from netspec.data.members import mapped, read_array, read_header, start_of

    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    layout.choose(tuple(members))
    keys = layout.read
    headers = {key: read_header(archive, members[key]) for key in keys}
    for key, found in headers.items():
        check_header(found, f"`{key}` in {quoted(name)}", "numpy.savez")
    kept: dict[str, Array] = {}
    if not fits(
        sum(map(space, headers.values()))
    ):  # those of the examples stay in the file, where they lie there as they are
        starts = {key: start_of(archive, members[key]) for key in layout.of_examples}
        kept = {key: mapped(path, headers[key], start) for key, start in starts.items() if start is not None}
    check_memory(quoted(name), sum(space(found) for key, found in headers.items() if key not in kept))
    arrays = {key: kept[key] if key in kept else read_array(archive, members[key]) for key in keys}
    return arrays, [key for key in members if key not in keys]


def check_header(found: Header, name: str, writer: str) -> None:
    """Refuse an array that is none of numbers or not whole; `writer` is what writes one. Raises DataError."""
    if found.has_objects:
        raise DataError(f"{name} holds Python objects; save an array of numbers")
    if not found.is_whole:
        raise DataError(f"{name} is damaged; write it again with `{writer}`")


def space(found: Header) -> int:
    """Memory for an array as it is saved, its parts, and these as float32."""
    return 2 * found.size + 4 * found.numbers
