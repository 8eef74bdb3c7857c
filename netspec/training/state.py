"""What a model and its optimiser hold, as NumPy archives: no pickle, no code, nothing that reading could run.

Arrays are found again by their position, which the spec determines; their names are for people. The numbers of random
generators are among them, so that what is resumed draws on as if it had never stopped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from netspec.backends.keras.types import KerasVariable
from netspec.data.dataset import Array
from netspec.data.members import stored
from netspec.diagnostics.words import printable
from netspec.files import atomic_write, unreadable
from netspec.training.hosts import whole

Variables = Sequence[tuple[str, Array]]  # name, value


class Saved(NamedTuple):
    """Arrays by section, each in the order of its variables."""

    path: Path
    sections: dict[str, list[Array]]
    names: dict[str, list[str]]  # of the arrays, by section
    digest: str = ""  # in hexadecimal; empty of a run of an earlier netspec

    def number(self, section: str) -> int:
        """The whole number that a section holds. Raises SpecError."""
        arrays = self.sections.get(section, [])
        if len(arrays) != 1 or arrays[0].shape or arrays[0].dtype.kind != "i":
            raise unreadable(self.path, f"it does not say how many {section} it is after")
        return int(arrays[0])

    @property
    def position(self) -> tuple[int, int]:
        """Whole epochs, and steps of the next. Raises SpecError."""
        return self.number("epochs"), self.number("steps") if "steps" in self.sections else 0

    def restore(self, section: str, variables: Sequence[KerasVariable]) -> None:
        """Give Keras variables the values of a section. Raises SpecError where number or shapes differ."""
        arrays = self.sections.get(section, [])
        if len(arrays) != len(variables):
            raise unreadable(
                self.path, f"it holds {len(arrays)} arrays of `{section}`, and the spec makes {len(variables)}"
            )
        for array, variable in zip(arrays, variables, strict=True):
            if array.shape != tuple(variable.shape):
                raise unreadable(
                    self.path, f"`{variable.path}` is {list(array.shape)} in it, and {list(variable.shape)} in the spec"
                )
        for array, variable in zip(arrays, variables, strict=True):
            variable.assign(array)


def values_of(variables: Sequence[KerasVariable]) -> Variables:
    """Names and values of Keras variables."""
    return [(variable.path, whole(variable)) for variable in variables]


def all_finite(values: Variables) -> bool:
    """Whether no number of all these is NaN or infinite."""
    return all(bool(np.isfinite(value).all()) for _, value in values if is_real(value))


def is_real(values: Array) -> bool:
    """Whether an array holds numbers that could be NaN or infinite; bfloat16 is no kind of NumPy's own."""
    return values.dtype.kind == "f" or values.dtype.name == "bfloat16"


DIGEST = "digest"


def save_state(path: Path, sections: Mapping[str, Variables]) -> None:
    """Write an archive, whole or not at all, and wait until it is on the disk. Raises SpecError."""
    arrays = {
        f"{section}/{index:05d}/{name}": value
        for section, variables in sections.items()
        for index, (name, value) in enumerate(variables)
    }
    digest = {f"{DIGEST}/00000/sha256": _digest(arrays)}
    with atomic_write(path, durable=True) as temporary, open(temporary, "wb") as file:
        # Before NumPy 2.2 `allow_pickle` would be one of the arrays; they hold numbers only.
        np.savez(file, **arrays, **digest)  # type: ignore[arg-type]


def _digest(arrays: Mapping[str, Array]) -> Array:
    """A digest of names, types, shapes and values."""
    made = hashlib.sha256()
    for key in sorted(arrays):
        array = np.ascontiguousarray(arrays[key])
        made.update(f"{key} {array.dtype.str} {array.shape} ".encode())
        made.update(array.tobytes())
    return np.frombuffer(made.digest(), np.uint8)


def load_state(path: Path) -> Saved:
    """Read an archive that `save_state` wrote. Raises SpecError."""
    sections: dict[str, list[Array]] = {}
    names: dict[str, list[str]] = {}
    try:
        with open(path, "rb") as file:
            arrays = stored(file, path.stat().st_size)
    except FileNotFoundError:
        raise unreadable(path, "there is no such file") from None
    except Exception as error:  # noqa: BLE001 - unpackers raise whatever a broken file makes them stumble over
        raise unreadable(path, f"it is damaged ({printable(str(error)) or type(error).__name__})") from None
    found = [arrays.pop(key) for key in list(arrays) if key.startswith(f"{DIGEST}/")]
    if found and not np.array_equal(found[0], _digest(arrays)):  # a run of an earlier netspec has none
        raise unreadable(path, "it is damaged (its digest is another)")
    for key, array in arrays.items():
        section, _, name = key.split("/", 2) if key.count("/") > 1 else (key.split("/", 1)[0], "", key)
        sections.setdefault(section, []).append(array)
        names.setdefault(section, []).append(name)
    return Saved(path, sections, names, found[0].tobytes().hex() if found else "")
