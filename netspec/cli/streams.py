"""Standard input, output and error, whatever they are: closed, full, a terminal, or of an encoding that lacks characters."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO, cast


class StreamError(Exception):
    """A standard stream cannot be written to: a sentence that names it."""


class Stream:
    r"""A standard stream as commands write to it.

    What its encoding lacks is written as `\u2013`, which JSON reads as the character. A failure to write is a StreamError
    where the stream is what was asked for. On standard error, which is where it would be told, it is only remembered.
    """

    def __init__(self, stream: TextIO | None, name: str, *, told: bool = True) -> None:
        self.stream = stream  # None where it was closed before netspec began
        self.name = name
        self.told = told
        self.failed = False

    @property
    def text(self) -> TextIO:
        """The same, for what takes any stream."""
        return cast(TextIO, self)

    def write(self, text: str) -> int:
        """Write a text."""
        if self.stream is None:
            self._fail("it is closed")
            return len(text)
        try:
            self.stream.write(text)
        except UnicodeEncodeError as error:
            return self.write(_escaped(text, error.encoding))
        except OSError as error:
            self._fail_by(error)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several."""
        self.write("".join(lines))

    def write_bytes(self, data: bytes) -> None:
        """Write bytes as they are, where the stream is one of bytes underneath."""
        buffer = getattr(self.stream, "buffer", None)
        if buffer is None:
            self.write(data.decode("utf-8", "backslashreplace"))
            return
        self.flush()
        try:
            buffer.write(data)
            buffer.flush()
        except OSError as error:
            self._fail_by(error)

    def flush(self) -> None:
        """Hand on what has been written."""
        if self.stream is None:
            return
        try:
            self.stream.flush()
        except OSError as error:
            self._fail_by(error)

    def isatty(self) -> bool:
        """Is it a terminal?"""
        return bool(getattr(self.stream, "isatty", lambda: False)())

    def fileno(self) -> int:
        """The number of the file; raises OSError where there is none."""
        if self.stream is None:
            raise OSError("the stream is closed")
        return self.stream.fileno()

    @property
    def encoding(self) -> str:
        """The name of its encoding."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    def abandon(self) -> None:
        """Let what has not been written yet go nowhere, so that the end of the process does not fail on it."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)

    def _fail_by(self, error: OSError) -> None:
        if isinstance(error, BrokenPipeError) and self.told:
            raise error
        self._fail((error.strerror or str(error)).lower())

    def _fail(self, why: str) -> None:
        if self.told:
            raise StreamError(f"cannot write to {self.name}: {why}")
        self.failed = self.stream is not None  # to close it is a way of not asking
        self.abandon()


def _escaped(text: str, encoding: str) -> str:
    """A text in which all that an encoding lacks is written as JSON escapes it."""
    import codecs
    import json

    def escape(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        return json.dumps(error.object[error.start : error.end])[1:-1], error.end

    codecs.register_error("netspec.escape", escape)
    return text.encode(encoding, "netspec.escape").decode(encoding)


def keep_numbers() -> None:
    """Put the null device in the place of standard streams that are closed.

    The next file that is opened would get a closed one's number, and what a library prints would go into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # which takes the lowest free number


def standard_input(err: TextIO) -> bytes:
    """All that standard input holds, or one byte more than a spec may have. Raises SpecError where it cannot be read."""
    # Not at the top: `--version` needs none of it.
    from netspec.diagnostics.problems import FILE_START, Problem, SpecError
    from netspec.syntax.reading import MAX_BYTES, STDIN

    stream = sys.stdin
    if stream is None:
        raise SpecError(STDIN, (Problem("NS111", "cannot read standard input: it is closed", FILE_START),))
    if stream.isatty():
        end = "Ctrl-Z and Enter" if os.name == "nt" else "Ctrl-D"
        err.write(f"netspec: waiting for a spec on standard input; end it with {end}\n")
        err.flush()
    try:
        buffer = getattr(stream, "buffer", None)
        data = stream.read(MAX_BYTES + 1).encode() if buffer is None else buffer.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot read standard input: {(error.strerror or str(error)).lower()}"
        raise SpecError(STDIN, (Problem("NS111", message, FILE_START),)) from None
    return bytes(data)
