"""Whether images reach the weights as they did where these were learned, and what to write where they do not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from netspec.backends.keras.applications import MODES, prepared
from netspec.backends.keras.matching import INPUT, Place
from netspec.backends.keras.types import Keras, KerasModel, KerasTensor
from netspec.data.dataset import Array, Dataset, Floats
from netspec.spec.pretrained import Application

TOLERANCE = 0.01  # of the range that the numbers have
WHITE = 255.0
SIZE = 32  # of the images that are tried, where the model takes any
WORDS = {
    "caffe": "with the channels in the order BGR, less ImageNet's means, not scaled (`caffe` in Keras's words)",
    "tf": "scaled to numbers from -1 to 1 (`tf` in Keras's words)",
    "torch": "scaled to numbers from 0 to 1, then normalised by ImageNet's mean and deviation (`torch` in Keras's words)",
}


class Preparation(NamedTuple):
    """What becomes of a colour before the first weights: a matrix times it, plus an offset, where white is (1, 1, 1)."""

    matrix: Floats
    offset: Floats

    def apart(self, other: Preparation) -> bool:
        """Whether two differ by more than the numbers' range lets pass."""
        bound = TOLERANCE * float(np.abs(other.matrix).max())
        return max(float(np.abs(a - b).max()) for a, b in zip(self, other, strict=True)) > bound


class Mismatch(NamedTuple):
    """How images should be prepared, in words and as nodes of a spec; or the one setting of `data` that does it."""

    mode: str  # one of Keras's, or `own` where the model prepares them itself
    advice: str

    @property
    def message(self) -> str:
        """For people."""
        how = WORDS.get(self.mode, "as the model's own first layers do")
        return f"the weights were learned from images {how}, and this network prepares them otherwise; {self.advice}"


def mismatch(
    keras: Keras,
    application: Application,
    ours: tuple[KerasModel, list[Place]],
    theirs: tuple[KerasModel, list[Place]],
    dataset: Dataset,
    source: tuple[str, float],
) -> Mismatch | None:
    """How images should be prepared, where they are not; None where they are, and where that cannot be told.

    Args:
        keras: the module.
        application: what the weights were learned in.
        ours: the network and its places.
        theirs: the pretrained one and its places.
        dataset: what the network learns from.
        source: the name of the network's input, and what a white pixel is in the source.
    """
    entering = [_entering(places) for _, places in (ours, theirs)]
    first, white_there = source
    white = _white(dataset, first, white_there)
    if white is None or any(tensor is None for tensor in entering) or tuple(ours[0].input.shape)[-1] != 3:
        return None
    seen = _tried(keras, ours[0], entering[0], lambda images: images * (white / WHITE))
    wanted = _tried(keras, theirs[0], entering[1], lambda images: np.asarray(prepared(keras, application, images)))
    if not seen.apart(wanted):
        return None
    mode = _mode(keras, application)
    bytes_seen = _tried(keras, ours[0], entering[0], lambda images: images)
    if not bytes_seen.apart(wanted):
        return Mismatch(mode, "its own nodes take bytes: write `rescale: 1` under `data`")
    return Mismatch(mode, _nodes(wanted, white, first))


def _entering(places: list[Place]) -> KerasTensor:
    """What the first weights read; None where several read the input."""
    found = {id(place.entering): place.entering for place in places if place.inputs == (INPUT,) and not place.word}
    (only,) = found.values() if len(found) == 1 else (None,)
    return only if only is not None and len(only.shape) == 4 and only.shape[-1] == 3 else None


def _white(dataset: Dataset, first: str, white: float) -> float | None:
    """What a white pixel is when it reaches the network; None where that cannot be told."""
    feature = dataset.schema.inputs.get(first)
    some = np.asarray(dataset.train.x[first][:16])
    if feature is None or some.min() < 0:  # somebody has prepared them already
        return None
    return white / feature.divisor if feature.divisor != 1 else white if some.max() > 1 else 1.0


def _tried(keras: Keras, model: KerasModel, tensor: KerasTensor, prepare: object) -> Preparation:
    """What becomes of black, red, green and blue in the middle of an image."""
    height, width = (size or SIZE for size in tuple(model.input.shape)[1:3])
    colours = np.concatenate([np.zeros((1, 3)), np.eye(3)]).astype("float32") * WHITE
    images = np.broadcast_to(colours[:, None, None, :], (4, height, width, 3)).copy()
    assert callable(prepare)
    part = keras.Model(model.input, tensor) if tensor is not model.input else None
    given: Array = prepare(images)
    out = given if part is None else keras.ops.convert_to_numpy(part(given, training=False))
    middle = np.asarray(out, np.float64)[:, out.shape[1] // 2, out.shape[2] // 2, :]
    return Preparation((middle[1:] - middle[0]).T, middle[0])


def _mode(keras: Keras, application: Application) -> str:
    """Which of Keras's modes a model's own `preprocess_input` is."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (1, 4, 4, 3)).astype("float32")
    own = np.asarray(prepared(keras, application, images))
    return next((mode for mode in MODES if np.allclose(own, prepared(keras, application, images, mode))), "own")


def _nodes(wanted: Preparation, white: float, first: str) -> str:
    """The nodes that prepare images, as a spec has them."""
    order = [int(row.argmax()) for row in np.abs(wanted.matrix)]
    scales = [float(wanted.matrix[row, column] / white) for row, column in enumerate(order)]
    lines = []
    if order != sorted(order):
        names = ("red", "green", "blue")
        lines += [f"- slice: {{start: {i}, stop: {i + 1}, from: {first}, name: {names[i]}}}" for i in order]
        lines += [f"- concat: {{from: [{', '.join(names[i] for i in order)}]}}"]
    lines.append(f"- rescale: {{scale: {_numbers(scales)}, offset: {_numbers([float(v) for v in wanted.offset])}}}")
    return "write as the first nodes, in place of what prepares them now:\n" + "\n".join(f"  {line}" for line in lines)


def _numbers(values: list[float]) -> str:
    texts = [f"{value:.7g}" for value in values]
    return texts[0] if len(set(texts)) == 1 else f"[{', '.join(texts)}]"
