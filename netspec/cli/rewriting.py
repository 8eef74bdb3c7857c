"""A user's own spec, written anew."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TextIO

from netspec.cli.streams import Stream
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import file_type
from netspec.files import atomic_rewrite


def write_spec(path: Path, text: str, instead: str) -> None:
    """Write a file's new text; a byte order mark at its start, which is no part of the text, stays.

    Args:
        path: The file.
        text: The text.
        instead: What to do where it is a pipe or the like, which cannot be written to.

    Raises:
        SpecError: The file cannot be written.
    """
    if path.exists() and not path.is_file():
        message = f"this is {file_type(path.stat().st_mode)}, and not a file; {instead}"
        raise SpecError(str(path), (Problem("NS709", message, FILE_START),))
    with open(path, "rb") as old:
        mark = old.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    with atomic_rewrite(path) as temporary:
        temporary.write_bytes(codecs.BOM_UTF8 * mark + text.encode())


def print_spec(data: bytes, before: str, after: str, out: TextIO) -> None:
    """Print the new text of standard input, whose bytes are `data` and whose text is `before`."""
    mark = codecs.BOM_UTF8 * data.startswith(codecs.BOM_UTF8)
    new = data if after == before else mark + after.encode()
    if isinstance(out, Stream):
        out.write_bytes(new)
    else:
        out.write(new.decode("utf-8", "backslashreplace"))
