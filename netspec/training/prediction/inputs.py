"""Arguments of `netspec predict` -> a stream of examples: files, folders, patterns, standard input.

Nothing is held but the files that are being decoded: a folder of any size takes the memory of a few pictures.
"""

from __future__ import annotations

import csv
import glob
import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import takewhile
from pathlib import Path

import numpy as np

from netspec.data import Data, DataError, load_data, load_image
from netspec.data.dataset import Array, Request, check_memory, cores, own_divisor
from netspec.data.folder import SUFFIXES as IMAGES
from netspec.data.members import checked, header_of, read_array, read_header
from netspec.data.paths import quoted, reading
from netspec.data.text_folder import read_text
from netspec.diagnostics.words import listing, printable
from netspec.shapes import Shape, show_shape
from netspec.training.prediction.examples import Example, Item, Rows, data_of, fits, parsed
from netspec.training.reopen import Opened

ARRAYS = (".npy", ".npz")
TABLES = (".csv", ".tsv")
TEXTS = (".txt",)
LINES = (".jsonl", ".ndjson")
STDIN = "-"
THREADS = min(8, cores())
CHUNK = 32  # files that are decoded at once
MAX_LINE = 2**26  # bytes of a row of standard input
MAX_STREAM = 2**31  # bytes of an array or a picture there
NPY = b"\x93NUMPY"
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\0", b"MM\0*")  # how files of images begin
# Options of a source for what examples alone lack.
_OF_TRAINING = ("label", "y", "ignore", "sample_weight", "validation", "test")


class Inputs:
    """Reads examples for a network.

    Args:
        opened: the network.
        stdin: standard input, where an argument is `-`.
        sizes: whether the sizes of pictures are wanted, for masks as large as they are.
        unnamed: what messages call what is no file.
    """

    def __init__(
        self,
        opened: Opened,
        stdin: io.BufferedIOBase | None = None,
        *,
        sizes: bool = False,
        unnamed: str = "standard input",
    ) -> None:
        self.unnamed = unnamed
        self.opened = opened
        self.stdin = stdin
        self.sizes = sizes
        self.rows = Rows(opened)
        self.data = data_of(opened)

    @property
    def input(self) -> tuple[str, Shape]:
        """The only input."""
        ((name, shape),) = self.rows.shapes.items()
        return name, shape

    def stream(self, arguments: Iterable[str]) -> Iterator[Item]:
        """The examples of all arguments in their order; a DataError for each that there is none of."""
        pending: list[tuple[str, str]] = []  # files of pictures, and what is made of them is to be called
        with ThreadPoolExecutor(THREADS, "netspec-predict") as pool:
            for argument in arguments:
                for found in self._expanded(argument):
                    if isinstance(found, DataError):
                        yield from self._decoded(pool, pending)
                        yield found
                    elif isinstance(found, tuple):
                        pending.append(found)
                        if len(pending) == CHUNK:
                            yield from self._decoded(pool, pending)
                    else:
                        yield from self._decoded(pool, pending)
                        yield from _told(found)
            yield from self._decoded(pool, pending)

    def _expanded(self, argument: str) -> Iterator[DataError | tuple[str, str] | Iterator[Item]]:
        """Pictures as their paths, and what else an argument stands for as streams."""
        path = Path(argument)
        if argument == STDIN:
            yield self._standard_input()
        elif "\0" in argument:
            yield DataError(f"{quoted(argument)} is not a path")
        elif not os.path.lexists(path) and glob.has_magic(argument):
            found = sorted(glob.iglob(argument, recursive=True))
            files = [file for file in found if not os.path.isdir(file)]
            if not files:
                yield DataError(f"nothing matches {quoted(argument)}")
            base = _base(argument)
            for file in files:
                yield self._of_file(file, os.path.relpath(file, base))
        elif path.is_dir():
            yield from self._of_folder(argument)
        else:
            yield self._of_file(argument, os.path.basename(argument))

    def _of_file(self, file: str, name: str) -> DataError | tuple[str, str] | Iterator[Item]:
        suffix = os.path.splitext(file)[1].lower()
        several = len(self.rows.shapes) > 1
        if suffix in TABLES:
            return self._of_table(file)
        if suffix in LINES:
            return self._of_lines(file)
        if suffix == ".parquet" or (suffix == ".npz" and several):
            return self._of_source(file)
        if several:
            count = len(self.rows.shapes)
            return DataError(
                f"{quoted(file)} is one input, and the network takes {count}; give a table or an .npz archive"
            )
        if self.rows.of_text is not None:
            return self._of_text(file, self.rows.of_text, name)
        if suffix in ARRAYS:
            return self._of_arrays(file)
        return file, name

    def _of_folder(self, folder: str) -> Iterator[DataError | tuple[str, str] | Iterator[Item]]:
        if len(self.rows.shapes) > 1:
            yield self._of_file(folder, folder)
            return
        empty = True
        try:
            for file in _files(folder, IMAGES if self.rows.of_text is None else TEXTS):
                empty = False
                yield self._of_file(file, os.path.relpath(file, folder))
        except OSError as error:
            yield DataError(f"cannot read {quoted(str(error.filename))}: {(error.strerror or str(error)).lower()}")
            return
        if empty:
            noun, endings = ("images", IMAGES) if self.rows.of_text is None else ("texts", TEXTS)
            yield DataError(f"{quoted(folder)} holds no {noun} ({', '.join(endings)})")

    # --- pictures ---

    def _decoded(self, pool: ThreadPoolExecutor, pending: list[tuple[str, str]]) -> Iterator[Item]:
        """The pictures that have come together, decoded at once; afterwards none is left."""
        files = list(pending)
        pending.clear()
        yield from pool.map(self._picture, files)

    def _picture(self, file_and_name: tuple[str, str]) -> Item:
        file, name = file_and_name
        key, shape = self.input
        try:
            x = {key: load_image(file, shape, self.data)}
            return Example(file, None, x, name, _size_of(file) if self.sizes else None)
        except DataError as error:
            return error

    def _of_text(self, file: str, key: str, name: str) -> Iterator[Item]:
        """The text of a file, as the numbers that the run gave it."""
        try:
            text = read_text(Path(file))
        except DataError as error:
            raise DataError(f"cannot read {quoted(file)}: {error.message}") from None
        yield Example(file, None, {key: self.rows.text(text, key, quoted(file))}, name)

    # --- arrays ---

    def _of_arrays(self, file: str) -> Iterator[Item]:
        path = Path(file)
        yield from self._of_array(_array(path), file, os.path.basename(file))

    def _of_array(self, values: Array, source: str, name: str) -> Iterator[Example]:
        key, shape = self.input
        where = self._called(source)
        if values.dtype.kind not in "biuf":
            raise DataError(f"{where} holds values of type {values.dtype}; save numbers")
        if fits(values.shape, shape):
            values, single = values[np.newaxis], True
        elif values.ndim and fits(values.shape[1:], shape):
            single = False
        else:
            raise DataError(
                f"{where} holds {show_shape(values.shape)}, and the network takes {show_shape(shape)}, or several",
                "NS701",
            )
        rescale = None if self.data is None else self.data.rescale
        divisor = np.float32(own_divisor(values) if rescale is None else rescale)
        for row, each in enumerate(values):
            yield Example(source, None if single else row, {key: each.astype(np.float32) / divisor}, name)

    def _of_source(self, file: str) -> Iterator[Item]:
        """The examples of an archive, which is read as the run's own, labels left out."""
        plan, word = self.opened.plan, os.path.splitext(file)[1][1:]
        if plan is None or plan.data.source.spec_name != word:
            raise DataError(f"{quoted(file)} is read by the columns or arrays of a run that was trained on a {word}")
        source = plan.data.source
        own = {name: value for name, value in source.given().items() if name not in _OF_TRAINING}
        data = Data(**{**plan.data.given(), "source": type(source)(**{**own, "path": file}), "on_error": "stop"})
        request = Request(data, Path.cwd(), self.rows.shapes, {}, plan.train.seed, known=self.opened.schema, whole=True)
        found = load_data(request)
        for row in range(found.test.size):
            yield Example(file, row, {name: np.asarray(x[row]) for name, x in found.test.x.items()}, file)

    # --- rows ---

    def _of_table(self, file: str) -> Iterator[Item]:
        form = self.rows.form
        encoding = "utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding
        with reading(file), open(file, encoding=encoding, newline="") as text:
            yield from self._of_rows(text, file)

    def _of_rows(self, text: Iterable[str], source: str) -> Iterator[Item]:
        where = self._called(source)
        delimiter = "\t" if source.endswith(".tsv") else self.rows.delimiter
        rows = csv.reader(text, strict=True, skipinitialspace=True, delimiter=delimiter)
        try:
            numbered = ((rows.line_num, row) for row in rows if row)
            for row, made in enumerate(self.rows.of_table(numbered, where)):
                yield made if isinstance(made, DataError) else Example(source, row, made, os.path.basename(source))
        except csv.Error as error:
            raise DataError(f"{where}, line {rows.line_num}: {error}; save it as CSV with quoted texts") from None
        except UnicodeDecodeError:
            encoding = self.rows.form.encoding.upper()
            raise DataError(f"{where} is not {encoding} text; save it as CSV in UTF-8") from None

    def _of_lines(self, file: str) -> Iterator[Item]:
        with reading(file), open(file, "rb") as lines:
            yield from self._of_json_lines(lines, file)

    def _of_json_lines(self, lines: io.BufferedIOBase, source: str) -> Iterator[Item]:
        where = self._called(source)
        row = 0
        for count in range(1, 2**62):
            line = lines.readline(MAX_LINE + 1)
            if not line:
                return
            if len(line) > MAX_LINE:
                raise DataError(f"{where}, line {count} is longer than {MAX_LINE:,} bytes")
            if not line.strip():
                continue
            place = f"{where}, line {count}"
            try:
                yield Example(source, row, self.rows.of_json(parsed(line, place), place), os.path.basename(source))
            except DataError as error:
                yield error
            row += 1

    def _standard_input(self) -> Iterator[Item]:
        """Rows of JSON or of a table, an array, or a picture: told by how it begins."""
        stream = self.stdin
        if stream is None:
            raise DataError("cannot read standard input: it is closed")
        start = stream.read(8)
        joined = io.BufferedReader(_Joined(start, stream))
        text = start.lstrip()
        if start.startswith(NPY):
            yield from self.of_array_bytes(_all(joined), STDIN)
        elif start.startswith(PICTURES):
            yield self.of_picture_bytes(_all(joined), STDIN)
        elif text.startswith((b"{", b"[")):
            yield from self._of_json_lines(joined, STDIN)
        else:
            form = self.rows.form
            encoding = "utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding
            yield from self._of_rows(io.TextIOWrapper(joined, encoding, newline=""), STDIN)

    # --- bytes --------------------------------------------------------------------------------------------------------

    def of_picture_bytes(self, data: bytes, source: str) -> Item:
        """The example that a picture is; `source` is what it is called."""
        import tempfile

        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(data)
            file.flush()
            found = self._picture((file.name, "stdin"))
        if isinstance(found, DataError):
            return DataError(found.message.replace(quoted(file.name), self._called(source)), found.code)
        return found._replace(source=source)

    def of_array_bytes(self, data: bytes, source: str) -> Iterator[Example]:
        """The examples of an array in NumPy's own format. Raises DataError."""
        try:
            checked(header_of(io.BytesIO(data), len(data)))
            values = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
        except Exception as error:  # noqa: BLE001 - see _array
            why = printable(str(error)) or type(error).__name__
            raise DataError(f"cannot read {self._called(source)}: {why}") from None
        yield from self._of_array(values, source, "stdin")

    def _called(self, source: str) -> str:
        """How messages call what an example comes from."""
        return self.unnamed if source == STDIN else quoted(source)


class _Joined(io.RawIOBase):
    """A stream whose first bytes have been read already."""

    def __init__(self, start: bytes, rest: io.BufferedIOBase) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # of what BufferedReader gives
        taken = self._start[: len(buffer)] or self._rest.read1(len(buffer))
        self._start = self._start[len(taken) :] if self._start else b""
        buffer[: len(taken)] = taken
        return len(taken)


def _told(stream: Iterator[Item]) -> Iterator[Item]:
    """A stream that ends in what is wrong with it."""
    try:
        yield from stream
    except DataError as error:
        yield error


def _base(pattern: str) -> str:
    """The folder of a pattern, as far as it is without wildcards."""
    return os.path.join(".", *takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts))


def _files(folder: str, endings: tuple[str, ...]) -> Iterator[str]:
    """The files in a folder and those within it, in order of their names; what is hidden is left out."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, endings)
        elif entry.name.lower().endswith(endings) and entry.is_file():
            yield entry.path


def _size_of(file: str) -> tuple[int, int]:
    from netspec.data.images import sizes

    (size,) = sizes(file, Path(), [file])
    return size


# --- files of arrays --------------------------------------------------------------------------------------------------


def _array(path: Path) -> Array:
    """The array of a .npy file, or the only one (or `x_test`, or `x`) of a .npz."""
    try:
        with open(path, "rb") as file:
            if path.suffix == ".npy":
                check_memory(quoted(path), checked(header_of(file, path.stat().st_size)).size)
                file.seek(0)
                return np.lib.format.read_array(file, allow_pickle=False)
            with zipfile.ZipFile(file) as archive:
                return _member(path, archive)
    except FileNotFoundError:
        raise DataError(f"{quoted(path)} does not exist") from None
    except DataError:
        raise
    except Exception as error:  # noqa: BLE001 - unpackers raise whatever a broken file makes them stumble over
        raise DataError(f"cannot read {quoted(path)}: {printable(str(error)) or type(error).__name__}") from None


def _all(stream: io.BufferedIOBase) -> bytes:
    data = stream.read(MAX_STREAM + 1)
    if len(data) > MAX_STREAM:
        raise DataError(f"standard input holds more than {MAX_STREAM:,} bytes; give a file")
    return data


def _member(path: Path, archive: zipfile.ZipFile) -> Array:
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    names = list(members)
    name = names[0] if len(names) == 1 else next((name for name in ("x_test", "x") if name in names), None)
    if name is None:
        raise DataError(f"{quoted(path)} holds {listing(names[:9]) or 'nothing'}; save one array, or call it `x`")
    check_memory(quoted(path), checked(read_header(archive, members[name])).size)
    return read_array(archive, members[name])
