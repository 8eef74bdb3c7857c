"""What makes a node what it is, whatever words say so: its kind and hyperparameters in one form."""

from __future__ import annotations

from math import isclose

from netspec.kinds import KINDS, Kind
from netspec.kinds.kind import Part, ShapeError
from netspec.kinds.window import Windowed
from netspec.shapes import Shape

# Two numbers whose order does not matter to the last bit.
_COMMUTES = frozenset(("add", "multiply", "average", "maximum", "minimum"))
_EXACTLY = 1e-12  # two numbers of a spec that differ by less, in relation, are one that was computed in two ways
_OTHERS = frozenset(("leaky_relu",))  # functions of Keras with other defaults than the kind of that name


def commutes(config: Kind, inputs: int) -> bool:
    """Does the order of so many inputs not matter?"""
    return inputs == 2 and config.spec_name in _COMMUTES


def by_its_name(config: Kind) -> Kind:
    """`activation: relu` as `relu`, where both are the same function."""
    name = getattr(config, "activation", None) if config.spec_name == "activation" else None
    return KINDS[name]() if isinstance(name, str) and name in KINDS and name not in _OTHERS else config


def word(config: Kind) -> str:
    """The kind, under one name where two names are the same."""
    return "conv" if config.spec_name == "1x1" else config.spec_name


def settings(config: Kind, *, exact: bool) -> dict[str, object]:
    """The hyperparameters that make a node what it is; how a window is padded is asked of the window."""
    if isinstance(config, Part):
        return {"output": config.index}
    values = dict(config.values())
    if word(config) == "conv":
        values["kernel_size"] = config.kernel_size  # type: ignore[attr-defined]  # of every convolution
        values["dilation_rate"] = config.dilation_rate  # type: ignore[attr-defined]
    if isinstance(config, Windowed):
        values.pop("padding", None)
        values.pop("rounding", None)
        for name in ("kernel_size", "strides", "pool_size", "dilation_rate"):
            if isinstance(values.get(name), tuple) and len(set(values[name])) == 1:
                values[name] = values[name][0]
        if values.get("strides", 1) is None:
            values["strides"] = values["pool_size"]
    elif "padding" in values:
        values["padding"] = _one_number(values["padding"])
    return values if exact else {name: value for name, value in values.items() if not isinstance(value, float)}


def padding(config: Kind, shape: Shape | None) -> object:
    """How a window is padded on this input, whatever words say so."""
    assert isinstance(config, Windowed)
    if shape is None:
        return config.padding
    rank = len(shape) - 1
    try:
        windows = config.windows(shape, rank)
        if None in shape[:-1]:  # with a stride of 1 a number comes to `same` whatever the size
            return config.keras_padding(shape, rank)
        pairs = config.total_padding(shape, rank) if config.rounding == "ceil" else None
    except ShapeError:
        return config.padding
    if pairs is None:
        return tuple(windows)
    both = zip(windows, pairs, strict=True)
    return tuple(None if each is None else each._replace(before=a, after=b) for each, (a, b) in both)


def equal(one: object, other: object) -> bool:
    """Are two values of a hyperparameter the same, but for how a number was computed?"""
    if isinstance(one, float) and isinstance(other, float | int):
        return isclose(one, other, rel_tol=_EXACTLY)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(equal, one, other))
    return one == other


def _one_number(padding: object) -> object:
    """A padding that is the same on all sides as its number."""
    if isinstance(padding, tuple) and padding and all(_one_number(each) == _one_number(padding[0]) for each in padding):
        return _one_number(padding[0])
    return padding
