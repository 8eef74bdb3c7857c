"""Names that nothing else has."""

from __future__ import annotations

from collections.abc import Container


def free_name(wanted: str, taken: Container[str], between: str = "_") -> str:
    """A name, with the first number from 2 behind it that makes it one's own where it is taken.

    Args:
        wanted: The name.
        taken: Those that others have.
        between: What stands before the number.
    """
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}{between}{number}"
    return name
