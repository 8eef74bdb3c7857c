"""Data as most tests look at them: a network with one input and one output."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import netspec.data
from netspec.data import Data
from netspec.data.dataset import Request, Split, Wanted
from netspec.data.labels import UNKNOWN
from netspec.data.schema import Schema, Target
from netspec.shapes import Shape


class Part(NamedTuple):
    """Examples and labels."""

    x: Any
    y: Any


class Loaded(NamedTuple):
    """A dataset of one input and one output."""

    train: Part
    validation: Part | None
    test: Part
    extra_tests: dict[str, Part]
    shape: tuple[int, ...]
    classes: tuple[str, ...] | None
    notes: tuple[str, ...]
    schema: Schema

    @property
    def target(self) -> Target:
        """What the output learns."""
        return self.schema.outputs["main"]


def requested(
    data: Data,
    *,
    root: Path,
    input_shape: Shape,
    seed: int = 0,
    wanted: Wanted = UNKNOWN,
    known: Schema | None = None,
    whole: bool = False,
) -> Request:
    """What a network of one input and one output asks for."""
    return Request(data, root, {"input": input_shape}, {"main": wanted}, seed, (), known, whole)


def load_data(data: Data, *, confined: bool = False, **options: Any) -> Loaded:
    """The examples for a network of one input and one output."""
    found = netspec.data.load_data(requested(data, **options), confined=confined)

    def part(split: Split) -> Part:
        return Part(split.x["input"], split.y["main"])

    target = found.schema.outputs["main"]
    return Loaded(
        part(found.train),
        None if found.validation is None else part(found.validation),
        part(found.test),
        {name: part(split) for name, split in found.extra_tests.items()},
        found.schema.inputs["input"].shape,
        target.names if target.is_of_classes else None,
        found.notes,
        found.schema,
    )
