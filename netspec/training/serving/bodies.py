"""Bodies of requests -> examples: JSON, rows of a table, pictures, arrays; one or several."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image

from netspec.data import DataError
from netspec.data.images import FORMATS
from netspec.diagnostics.words import show
from netspec.training.prediction.examples import Example, depth, parsed
from netspec.training.prediction.inputs import NPY, STDIN, Inputs

TYPES = "application/json, text/csv, an image, a .npy array or multipart/form-data"


class Refused(Exception):
    """A request that is not answered: its status, and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Part(NamedTuple):
    """A body, or a file of one."""

    kind: str  # its media type
    content: bytes
    name: str = STDIN


class Reader:
    """Reads bodies for a network.

    Args:
        inputs: how examples are read.
        pixels: that a picture may have.
        examples: that a request may hold.
    """

    def __init__(self, inputs: Inputs, *, pixels: int, examples: int) -> None:
        self.inputs = inputs
        self.pixels = pixels
        self.examples = examples

    def read(self, parts: Sequence[Part]) -> list[Example]:
        """The examples of a request. Raises Refused."""
        found: list[Example] = []
        for part in parts:
            try:
                found.extend(self._part(part))
            except DataError as error:
                raise Refused(400, error.message) from None
            self._check_count(len(found))
        if not found:
            raise Refused(400, "the request holds no example")
        return found

    def _check_count(self, count: int) -> None:
        if count > self.examples:
            raise Refused(413, f"a request may hold {self.examples:,} examples, and this one holds more")

    def _part(self, part: Part) -> list[Example]:
        if not part.content:
            raise DataError(f"{_of(part)} is empty")
        if part.kind == "application/json" or part.name.endswith(".json"):
            return self._json(part)
        if part.kind == "text/csv" or part.name.endswith(".csv"):
            return self._table(part)
        if part.content.startswith(NPY):
            return self._array(part)
        if part.kind.startswith("image/") or part.kind in ("application/octet-stream", ""):
            return [self._picture(part)]
        raise Refused(415, f"{show(part.kind)} is not read; send {TYPES}")

    def _json(self, part: Part) -> list[Example]:
        rows = self.inputs.rows
        value = parsed(part.content, _of(part))
        many = value
        if isinstance(value, dict) and isinstance(value.get("examples"), list) and "examples" not in rows.shapes:
            many = value["examples"]
        elif not (isinstance(value, list) and self._is_several(value)):
            many = [value]
        assert isinstance(many, list)
        self._check_count(len(many))
        return [
            Example(part.name, row, rows.of_json(each, f"example {row + 1}" if len(many) > 1 else _of(part)))
            for row, each in enumerate(many)
        ]

    def _is_several(self, value: list[object]) -> bool:
        """Whether a list holds rows, and is not one."""
        shapes = list(self.inputs.rows.shapes.values())
        return all(isinstance(each, dict) for each in value) or (
            len(shapes) == 1 and depth(value) == len(shapes[0]) + 1
        )

    def _table(self, part: Part) -> list[Example]:
        try:
            text = part.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(f"{_of(part)} is not UTF-8 text") from None
        rows = self.inputs.rows
        lines = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True, delimiter=rows.delimiter)
        found: list[Example] = []
        try:
            for row, made in enumerate(rows.of_table(((lines.line_num, line) for line in lines if line), _of(part))):
                self._check_count(row + 1)
                if isinstance(made, DataError):
                    raise made
                found.append(Example(part.name, row, made))
        except csv.Error as error:
            raise DataError(f"{_of(part)}, line {lines.line_num}: {error}") from None
        return found

    def _array(self, part: Part) -> list[Example]:
        found: list[Example] = []
        for example in self.inputs.of_array_bytes(part.content, part.name):
            found.append(example)
            self._check_count(len(found))
        return found

    def _picture(self, part: Part) -> Example:
        try:
            with Image.open(io.BytesIO(part.content), formats=FORMATS) as image:
                pixels = image.width * image.height
        except Exception:  # noqa: BLE001 - what is wrong with it is said when it is decoded
            pixels = 0
        if pixels > self.pixels:
            raise Refused(413, f"a picture may have {self.pixels:,} pixels, and {_of(part)} has {pixels:,}")
        found = self.inputs.of_picture_bytes(part.content, part.name)
        if isinstance(found, DataError):
            raise found
        return found


def _of(part: Part) -> str:
    return "the request" if part.name == STDIN else f"{show(part.name)}"
