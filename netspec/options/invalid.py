"""The fact that a value does not fit."""

from __future__ import annotations

Path = tuple[int | str, ...]


class Invalid(Exception):
    """A value that does not fit: the bare fact ("must be …, not …"), and the path to the culprit inside the value.

    `others` are further facts of the same value.
    """

    def __init__(self, message: str, code: str = "NS204", path: Path = (), others: tuple[Invalid, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.path = path
        self.others = others

    def inside(self, *path: int | str, words: str = "{}") -> Invalid:
        """The same facts of a value that holds this one there."""
        others = tuple(each.inside(*path, words=words) for each in self.others)
        return Invalid(words.format(self.message), self.code, (*path, *self.path), others)

    def all(self) -> tuple[Invalid, ...]:
        """This fact and the others."""
        return (self, *(fact for each in self.others for fact in each.all()))


def together(errors: list[Invalid]) -> Invalid:
    """Several facts as one, to be raised."""
    first = errors[0]
    return Invalid(first.message, first.code, first.path, (*first.others, *errors[1:]))
