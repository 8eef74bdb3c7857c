"""Hyperparameters whose annotation is not what their type gives; only a type checker reads this.

Each `type: ignore` must be needed, which `mypy --strict` checks: a wrong annotation that mypy took would make it complain.
"""

from __future__ import annotations

from netspec.kinds.arguments import REGULARIZERS, Initializer, initializer, regularizer
from netspec.options import (
    Amounts,
    Boolean,
    Choice,
    Declared,
    Integer,
    IntegerList,
    Named,
    Nullable,
    Number,
    Sides,
    Sizes,
    Whole,
    option,
)


class Right(Declared):
    """All annotations say what the types give."""

    units: int = option(Integer(ge=1), "Units.")
    rate: float = option(Number(), "Rate.", 0)
    seed: int | None = option(Nullable(Integer()), "Seed.", None)
    use_bias: bool = option(Boolean(), "Bias.", True)
    mode: str = option(Choice(("a", "b")), "Mode.", "a")
    kernel_size: Whole = option(Sizes(), "Window.")
    cropping: Sides = option(Amounts(), "Margins.", ((1, 2), 3))
    padding: Sides | str = option(Amounts(("valid",)), "Padding.", "valid")
    dims: tuple[int, ...] = option(IntegerList(), "Axes.")
    axis: Whole = option(IntegerList(single=True), "Axes, or one.", -1)
    first: Initializer = initializer("Initializer.")


class Wrong(Declared):
    """None does."""

    units: str = option(Integer(ge=1), "Units.")  # type: ignore[assignment]
    rate: int = option(Number(), "Rate.", 1)  # type: ignore[assignment]
    seed: int = option(Nullable(Integer()), "Seed.", 1)  # type: ignore[assignment]
    use_bias: bool = option(Boolean(), "Bias.", None)  # type: ignore[assignment]
    mode: bool = option(Choice(("a", "b")), "Mode.", "a")  # type: ignore[assignment]
    kernel_size: int = option(Sizes(), "Window.")  # type: ignore[assignment]
    cropping: tuple[int, ...] = option(Amounts(), "Margins.")  # type: ignore[arg-type]
    padding: Sides = option(Amounts(("valid",)), "Padding.")  # type: ignore[assignment]
    dims: list[int] = option(IntegerList(), "Axes.")  # type: ignore[arg-type]
    axis: int = option(IntegerList(single=True), "Axes, or one.")  # type: ignore[assignment]
    first: str = initializer("Initializer.")  # type: ignore[assignment]
    penalty: Initializer = regularizer("Penalty.")  # type: ignore[assignment]
    named: Initializer = option(Named("a regularizer", REGULARIZERS), "Penalty.")  # type: ignore[assignment]
