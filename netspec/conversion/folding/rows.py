"""Inceptions whose branches are a row of GoogLeNet's table."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.conversion.folding.alike import Alike
from netspec.conversion.folding.items import CONV, Item

_ODD = (1, 3, 5, 7, 9, 11)
_COMMON = ("activation", "use_bias")  # what a row says of all its convolutions
_FIXED = {"filters", "kernel_size", "padding", "strides"}
Cell = tuple[str, int | list[int] | str]


def with_rows(items: Iterable[Item], alike: Alike) -> None:
    """Say as rows the inceptions that are some, in place."""
    for item in items:
        if item.kind == "inception" and item.values.get("merge", "concat") == "concat":
            row = _row(item, alike)
            if row is not None:
                item.values = row
                item.bodies = {}


def _row(item: Item, alike: Alike) -> dict[str, object] | None:
    """The cells by their windows; None of other branches."""
    cells: dict[str, object] = {}
    for body in item.bodies.values():
        cell = _cell(body, alike)
        if cell is None or cell[0] in cells or "pool" in cells:  # the pool is the last of a row
            return None
        cells[cell[0]] = cell[1]
    convolutions = [inner for body in item.bodies.values() for inner in body if inner.kind == CONV]
    for name in _COMMON:
        values = {repr(inner.values.get(name)) for inner in convolutions}
        if len(values) > 1:
            return None
        if convolutions and name in convolutions[0].values:
            cells[name] = convolutions[0].values[name]
    return cells


def _cell(body: list[Item], alike: Alike) -> Cell | None:
    """One branch: its word in a row, and its channels."""
    if not all(inner.is_plain and inner.trainable and inner.repeat == 1 and not inner.is_wanted for inner in body):
        return None
    kinds = [inner.kind for inner in body]
    if kinds[:1] == ["pool"]:
        return _pool(body, alike)
    if kinds not in ([CONV], [CONV, CONV]) or not all(_is_plain(inner, alike) for inner in body):
        return None
    windows = [alike.value(inner, "kernel_size") for inner in body]
    filters = [inner.values["filters"] for inner in body]
    size = windows[-1] if isinstance(windows[-1], int) else 0
    if size not in _ODD or (len(body) == 2 and (windows[0] != 1 or size == 1)):
        return None
    numbers = [each for each in filters if isinstance(each, int)]
    return f"{size}x{size}", numbers[0] if len(numbers) == 1 else numbers


def _pool(body: list[Item], alike: Alike) -> Cell | None:
    pool, rest = body[0], body[1:]
    asked = {name: alike.value(pool, name) for name in ("pool_size", "strides", "padding", "type")}
    if (asked["pool_size"], asked["strides"], asked["padding"]) != (3, 1, "same") or set(pool.values) - set(asked):
        return None
    if not rest:
        return "pool", str(asked["type"])
    (one, *more) = rest
    filters = one.values.get("filters")
    if more or one.kind != CONV or not _is_plain(one, alike) or alike.value(one, "kernel_size") != 1:
        return None
    return ("pool", filters) if asked["type"] == "max" and isinstance(filters, int) else None


def _is_plain(item: Item, alike: Alike) -> bool:
    """Is it a convolution as a row's are, which keep the size?"""
    wanted = "valid" if item.values.get("kernel_size") == 1 else "same"
    return (
        set(item.values) <= _FIXED | set(_COMMON)
        and alike.value(item, "strides") == 1
        and (wanted == "valid" or alike.value(item, "padding") == "same")
    )
