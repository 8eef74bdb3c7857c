"""Formats that say a network without its weights: nothing can be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from netspec.conversion import caffe, ultralytics
from netspec.conversion.model import ConversionError
from netspec.conversion.nodes import Flat
from netspec.graph.model import Graph
from netspec.shapes import Shape

PROTOTXT = (".prototxt", ".pbtxt")
YAML = (".yaml", ".yml")


class Described:
    """A model of such a format.

    Args:
        form: What the file is, for people.
        flat: Gives its nodes.
        has_scales: Does it hold several sizes, of which one is named?
    """

    holds_weights = False
    precision = "float32"

    def __init__(self, form: str, flat: Callable[[], Flat], *, has_scales: bool = False) -> None:
        self.form = form
        self.has_scales = has_scales
        self._flat = flat

    def flat(self) -> Flat:
        """Its nodes. Raises ConversionError, Inconvertible."""
        return self._flat()

    def comparison(self, flat: Flat, graph: Graph, paths: Mapping[str, str]) -> None:
        """There is none."""


def described(path: Path, shape: Shape | None, scale: str | None) -> Described | None:
    """The model in a file of such a format; None where it is another.

    Args:
        path: The file.
        shape: Of an example, where the file does not say it.
        scale: Which of the sizes that a YAML of Ultralytics has.

    Raises:
        ConversionError: It is a YAML of something else, or broken.
    """
    if path.suffix in PROTOTXT:
        return Described("a prototxt", lambda: caffe.flat_of(path, shape))
    if path.suffix not in YAML:
        return None
    document = ultralytics.document_of(path)
    if isinstance(document, dict) and "netspec" in document:
        raise ConversionError("it is a spec already")
    if not ultralytics.is_model(document):
        raise ConversionError(
            "it is YAML, but neither a spec nor a model of Ultralytics, which has `backbone` and `head`"
        )
    return Described(
        "a YAML of Ultralytics", lambda: ultralytics.flat_of(document, path.stem, scale, shape), has_scales=True
    )
