"""What is wrong with an expression, and where in its text."""

from __future__ import annotations

from collections.abc import Iterable

from netspec.diagnostics.words import suggest


class ExpressionError(Exception):
    """What is wrong with an expression.

    Attributes:
        message: What is wrong, in words.
        code: NS501 (syntax), NS502 (unknown name) or NS503 (evaluation).
        text: The whole expression; None as long as the error has not reached it.
        part: Where in the text that stands which is wrong: the offset at which it starts and the one at which it ends;
            None where it is the whole expression.
        meant: What was surely meant by that part; empty where that is not known.
    """

    def __init__(self, message: str, code: str = "NS501", part: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.text: str | None = None
        self.part = part
        self.meant = ""


class UnknownNameError(ExpressionError):
    """A name stands for nothing.

    Attributes:
        name: The name, without its `$`.
        known: Those that there are.
    """

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = list(dict.fromkeys(known))
        some = ", ".join(f"`${each}`" for each in self.known[:6]) + (", …" if len(self.known) > 6 else "")
        meant = suggest(name, self.known)
        hint = meant.question("`${}`") if meant is not None else f"; there are {some}" if self.known else ""
        super().__init__(f"`${name}` is not known here{hint}", "NS502")
        if meant is not None and meant.sure:
            self.meant = f"${meant.meant}"
