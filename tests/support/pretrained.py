"""Files of weights as those of `keras.applications` are, made from models with random weights."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from tests.support.matching import scramble


def seeded(name: str, *, top: bool = True, size: int | None = None, **arguments: Any) -> Any:
    """A model of `keras.applications` with random weights of which every one matters."""
    keras.utils.set_random_seed(1)
    shape = None if size is None else (size, size, 3)
    model = getattr(keras.applications, name)(weights=None, include_top=top, input_shape=shape, **arguments)
    scramble(model)
    return model


def write_legacy(model: Any, path: Path) -> str:
    """Write weights as `save_weights("x.h5")` of Keras 2 did, in which all published files are; returns the MD5."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.1.5"
        for layer in model.layers:
            group = file.create_group(layer.name)
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            names = [f"{layer.name}_{index}/{weight.name}:0" for index, weight in enumerate(weights)]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, weights, strict=True):
                value = keras.ops.convert_to_numpy(weight)
                group.create_dataset(name, value.shape, value.dtype)[...] = value
    return hashlib.md5(path.read_bytes()).hexdigest()


def published_name(name: str, *, top: bool, **arguments: Any) -> tuple[str, str | None]:
    """The name and digest of the file that Keras would fetch, by asking it."""
    asked: list[tuple[str, str | None]] = []

    class Asked(Exception):
        pass

    def get_file(fname: str, origin: str, file_hash: str | None = None, **_: Any) -> str:
        asked.append((fname, file_hash))
        raise Asked

    with (
        replaced(sys.modules[keras.utils.get_file.__module__], "get_file", get_file),
        warnings.catch_warnings(),
        suppress(Asked),
    ):
        warnings.simplefilter("ignore")  # of sizes that have no file of their own
        getattr(keras.applications, name)(weights="imagenet", include_top=top, **arguments)
    return asked[0]


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Inside, an attribute has another value."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def pictures(path: Path, size: int, classes: int = 5, count: int = 40) -> None:
    """An archive of random pictures of bytes."""
    rng = np.random.default_rng(0)
    y = np.arange(count) % classes
    np.savez(path, x=rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8), y=y)
