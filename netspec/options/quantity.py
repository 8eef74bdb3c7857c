"""Counts and sizes with a unit."""

from __future__ import annotations

from netspec.diagnostics.patterns import later
from netspec.diagnostics.words import Suggestion, show, suggest
from netspec.options.invalid import Invalid
from netspec.options.types import Schema, Type

# As they are spelt; they are taken in any case.
_COUNTS = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BYTES = {
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
}
MAX_INTEGER = 2**53  # as of a number without a unit
_QUANTITY = later(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\Z")


class Quantity(Type[int]):
    """An integer, or a number with a unit: `5M`, `1.2G`; `2GiB` where it counts bytes."""

    def __init__(self, is_bytes: bool = False) -> None:
        self.is_bytes = is_bytes
        self.units = {**_COUNTS, **_BYTES} if is_bytes else _COUNTS

    def check(self, value: object) -> int:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value <= 0 or value != int(value):
                raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
            return int(value)
        if not isinstance(value, str):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        match = _QUANTITY.match(value)
        if match is None:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        unit = match[2].lower()
        factors = {"": 1, **{name.lower(): factor for name, factor in self.units.items()}}
        if unit not in factors:
            meant = suggest(match[2], tuple(self.units))
            raise Invalid(
                f"has the unit {show(match[2])}, which is none of {', '.join(self.units)}"
                f"{meant.question() if meant else ''}",
                "NS205",
                # One of another size is not meant: whoever writes a `g` means 10**9 or 2**30.
                suggestion=meant and Suggestion(value, match[1] + meant.meant, meant.meant[0].lower() == unit[0]),
            )
        number = float(match[1]) * factors[unit]
        if not 1 <= number <= MAX_INTEGER:
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return int(number)

    def describe(self) -> str:
        return "a size in bytes such as 500MB or 2GiB" if self.is_bytes else "a count such as 5000, 5M or 1.2G"

    def schema(self) -> Schema:
        units = "[kKmMgGtT]?([iI]?[bB])?" if self.is_bytes else "[kKmMgGtT]?"
        return {
            "type": ["string", "integer"],
            "exclusiveMinimum": 0,
            "pattern": rf"\$[A-Za-z_]|^[0-9]+(\.[0-9]+)?\s*{units}$",
            **self.message(),
        }
