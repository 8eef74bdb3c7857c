"""Names that nothing else has."""

from __future__ import annotations

import re
from collections.abc import Container

from netspec.spec.names import MAX_NAME

_ROOM = 10  # characters that are left for a number behind a name


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


def identifier(name: str) -> str:
    """The name of a layer, in whatever format, as a spec may write it."""
    made = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "node"
    return (made if not made[0].isdigit() else f"_{made}")[: MAX_NAME - _ROOM]
