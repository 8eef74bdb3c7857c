"""The fact that a value does not fit."""

from __future__ import annotations

from netspec.diagnostics.words import Suggestion

Path = tuple[int | str, ...]
MAX_FACTS = 1_000  # of one value, after which no more are looked for


class Invalid(Exception):
    """A value that does not fit: the bare fact, and where inside the value the culprit stands.

    Attributes:
        message: What is said of the culprit: "must be …, not …".
        code: The problem's code.
        path: The keys and indices that lead to the culprit.
        others: Further facts of the same value.
        subject: What the message is said of; empty for the value itself, which only the caller can name.
        suggestion: What was probably meant.
        at_key: Is the last step of `path` a key that is itself the culprit, and not the value under it?
    """

    def __init__(
        self,
        message: str,
        code: str = "NS204",
        path: Path = (),
        others: tuple[Invalid, ...] = (),
        *,
        subject: str = "",
        suggestion: Suggestion | None = None,
        at_key: bool = False,
    ) -> None:
        super().__init__(f"{subject} {message}" if subject else message)
        self.message = message
        self.code = code
        self.path = path
        self.others = others
        self.subject = subject
        self.suggestion = suggestion
        self.at_key = at_key

    def of(self, value: str) -> str:
        """The fact in words, of a value that is called so."""
        return f"{self.subject or value} {self.message}"

    def inside(self, *path: int | str, subject: str = "") -> Invalid:
        """The same facts of a value that holds this one there; `subject` is what it is called there."""
        others = tuple(each.inside(*path, subject=subject) for each in self.others)
        return self._moved((*path, *self.path), others, subject)

    def without(self, steps: int) -> Invalid:
        """The same facts of the value to which the first steps of their paths lead."""
        return self._moved(self.path[steps:], tuple(each.without(steps) for each in self.others))

    def all(self) -> tuple[Invalid, ...]:
        """This fact and the others."""
        return (self, *(fact for each in self.others for fact in each.all()))

    def and_others(self, others: tuple[Invalid, ...]) -> Invalid:
        """This fact with further ones."""
        return self._moved(self.path, (*self.others, *others))

    def _moved(self, path: Path, others: tuple[Invalid, ...], subject: str = "") -> Invalid:
        return Invalid(
            self.message,
            self.code,
            path,
            others,
            subject=self.subject or subject,
            suggestion=self.suggestion,
            at_key=self.at_key,
        )


def together(errors: list[Invalid]) -> Invalid:
    """Several facts as one, to be raised."""
    return errors[0].and_others(tuple(errors[1:]))
