"""The `limits` section of a spec."""

from __future__ import annotations

import re

from netspec.diagnostics.words import show, suggest
from netspec.options import Declared, Integer, Invalid, Nullable, Schema, Type, declare, option

_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\Z")


class Quantity(Type[int]):
    """A whole number, or a number with a unit: `5M`, `1.2G`; `2GiB` where it counts bytes."""

    def __init__(self, is_bytes: bool = False) -> None:
        self.is_bytes = is_bytes

    def check(self, value: object) -> int:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value <= 0 or value != int(value):
                raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
            return int(value)
        match = _QUANTITY.match(value) if isinstance(value, str) else None
        if match is None:
            raise Invalid(
                f"must be {self.describe()}, not {show(value)}", "NS205" if isinstance(value, str) else "NS204"
            )
        unit = match[2].lower()
        allowed = [u for u in _UNITS if self.is_bytes or not u.endswith("b")]
        if unit not in allowed:
            meant = suggest(unit, allowed)
            raise Invalid(
                f"has the unit {show(match[2])}, which is none of {', '.join(filter(None, allowed))}"
                f"{meant.question() if meant else ''}",
                "NS205",
                suggestion=meant and meant._replace(meant=match[1] + meant.meant),
            )
        number = int(float(match[1]) * _UNITS[unit])
        if number <= 0:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return number

    def describe(self) -> str:
        return "a size in bytes such as 500MB or 2GiB" if self.is_bytes else "a count such as 5000, 5M or 1.2G"

    def schema(self) -> Schema:
        units = "[kKmMgGtT]?([iI]?[bB])?" if self.is_bytes else "[kKmMgGtT]?"
        return {
            "type": ["integer", "string"],
            "exclusiveMinimum": 0,
            "pattern": rf"\$[A-Za-z_]|^[0-9]+(\.[0-9]+)?\s*{units}$",
        }


@declare("limits")
class Limits(Declared):
    """Budgets that `netspec validate` enforces."""

    parameters: int | None = option(Nullable(Quantity()), "The most parameters.", None)
    macs: int | None = option(Nullable(Quantity()), "The most multiply-accumulates for one example.", None)
    activation_memory: int | None = option(
        Nullable(Quantity(is_bytes=True)), "The most bytes of all nodes' outputs, one example.", None
    )
    receptive_field: int | None = option(
        Nullable(Integer(ge=1)), "The least receptive field that the outputs must have.", None
    )
