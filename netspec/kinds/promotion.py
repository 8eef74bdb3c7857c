"""Which type of numbers comes of several: Keras's rules, for operations that are no layers and so cast nothing themselves."""

from __future__ import annotations

from netspec.kinds.kind import ShapeError, promoted

_RANGES = {
    f"{sign}int{bits}": (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for sign in ("u", "")
    for bits in (8, 16, 32, 64)
}


def is_whole(dtype: str) -> bool:
    """Does it hold whole numbers or truths only?"""
    return "float" not in dtype


def promoted_numbers(*dtypes: str) -> str:
    """The type that holds the values of all, floats included: the widest float, or the whole numbers' own."""
    floats = {dtype for dtype in dtypes if not is_whole(dtype)}
    if not floats:
        return promoted(*dtypes)
    if len(floats) == 1:
        return floats.pop()
    return "float64" if "float64" in floats else "float32"


def with_constant(dtype: str, value: float) -> str:
    """The type of an operation on a tensor and a constant: a whole constant keeps whole numbers."""
    if not is_whole(dtype):
        return dtype
    if isinstance(value, float):
        return "float32"
    return "int32" if dtype == "bool" else dtype


def check_fits(option: str, value: float, dtype: str) -> None:
    """Raise ShapeError where a whole constant is none that the type holds."""
    low, high = _RANGES.get("int32" if dtype == "bool" else dtype, (0, 0))
    if isinstance(value, int) and is_whole(dtype) and not low <= value <= high:
        raise ShapeError("NS410", f"takes no {dtype} with `{option}` (={value}), which is from {low} to {high} there")
