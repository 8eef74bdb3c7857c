"""Regular expressions that are compiled when they are first asked: most runs never ask those that explain mistakes."""

from __future__ import annotations

import re
from typing import cast


class _Later:
    """Stands for a pattern until one of its methods is wanted."""

    def __init__(self, text: str, flags: int) -> None:
        self._of = (text, flags)

    def __getattr__(self, name: str) -> object:
        value: object = getattr(re.compile(*self._of), name)
        setattr(self, name, value)
        return value


def later(text: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern that costs a start nothing; for those that few texts need."""
    return cast("re.Pattern[str]", _Later(text, flags))
