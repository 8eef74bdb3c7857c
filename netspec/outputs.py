"""Which files a command may replace: those that netspec wrote, any other by `--force`, and what it reads never.

What netspec writes can be told by its beginning or a note in it; the words are here, and the writers take them from here.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from netspec.diagnostics.patterns import later
from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.diagnostics.words import file_type

NOTE = "netspec.json"  # in an archive such as a `.keras` file, and among the extra assets of a SavedModel
SCRIPT_HEAD = "# The network `{name}`, written by netspec from {source}."
PRODUCER = "netspec"  # of an ONNX file; the comment of an archive of arrays

_SCRIPT = later(re.escape(SCRIPT_HEAD).replace(r"\{name\}", r"\w+").replace(r"\{source\}", ".*"))
_SCHEMA = later(r'\{\s*"\$schema": ?"http://json-schema\.org/draft-07/schema#",\s*"title": ?"netspec",')
_PRODUCED = b"\x12" + bytes([len(PRODUCER)]) + PRODUCER.encode()  # protobuf's second field, which stands after a number
_ZIP = b"PK"
_PNG = b"\x89PNG\r\n"
PNG_NOTE = b"tEXtSoftware\0" + PRODUCER.encode()  # the chunk that says what drew it
_PDF = b"%PDF-"
PDF_NOTE = f"% {PRODUCER}\n".encode()  # a comment after its end
SVG_NOTE = f"<dc:title>{PRODUCER}</dc:title>"  # in a picture, as its creator
PAGE_NOTE = f'<meta name="generator" content="{PRODUCER} '  # and the version
_TFLITE = b"TFL3"  # after four bytes; an archive of notes may follow what is TensorFlow Lite's
_BEGINNING = 4096  # bytes, in which everything but the note of a `.keras` file stands

SAVED_MODEL = "saved_model.pb"
EXTRA = "assets.extra"  # TensorFlow's place for what others add to a SavedModel
_OF_SAVED_MODELS = frozenset({SAVED_MODEL, EXTRA, "assets", "fingerprint.pb", "keras_metadata.pb", "variables"})

_OTHER = "choose another with {option}"  # which the command has for it
_FORCE = f"{_OTHER}, or replace it with --force"


def check_output(
    path: Path,
    *,
    inputs: Sequence[str | Path] = (),
    force: bool = False,
    folder: bool = False,
    own: bool = True,
    option: str = "-o",
) -> None:
    """Refuse an output that would take the place of something that is not to be lost.

    Args:
        path: Where a command is about to write. Nothing there, an empty file or an empty folder is no loss.
        inputs: What the command reads, which is never overwritten; names that are no files are passed over.
        force: Replace also what netspec did not write.
        folder: Is it to be a folder, and not a file?
        own: May what netspec wrote be replaced unasked? A copy that is there to be edited may not.
        option: By which the command is told of another place.

    Raises:
        SpecError: With the reason (NS709).
    """
    why = _refusal(path, inputs, force, folder, own)
    if why:
        raise SpecError(str(path), (Problem("NS709", why.format(option=option), FILE_START),))


def _refusal(path: Path, inputs: Sequence[str | Path], force: bool, folder: bool, own: bool) -> str:
    if path.is_absolute() and path.parts[1:2] == ("dev",) and path.parts[2:3] != ("shm",):
        return f"what lies in /dev is a device or a stream, and no place for a file; {_OTHER}"
    try:
        found = path.stat()
    except (OSError, ValueError):  # nothing is there, or writing will say what is wrong
        return f"a link that leads nowhere has this name; {_FORCE}" if path.is_symlink() and not force else ""
    if _is_among(path, found, inputs):
        return f"this {'folder holds' if stat.S_ISDIR(found.st_mode) else 'is'} what is read, which would be lost; {_OTHER}"
    if stat.S_ISDIR(found.st_mode):
        return _refusal_of_folder(path, force) if folder else f"this is a folder, and a file is to be written; {_OTHER}"
    if not stat.S_ISREG(found.st_mode):
        return f"this is {file_type(found.st_mode)}, and not a file; {_OTHER}"
    if folder:
        return f"this is a file, and a folder is to be written; {_OTHER}"
    if force or not found.st_size:
        return ""
    if not own:
        return f"the file exists; {_FORCE}"
    if (path.parent / "run.json").is_file():
        return f"the file belongs to a run; {_FORCE}"
    return "" if is_ours(path) else f"the file exists and netspec did not write it; {_FORCE}"


def _is_among(path: Path, found: os.stat_result, inputs: Sequence[str | Path]) -> bool:
    """Is it one of the inputs, by whatever name, or a folder that holds one?"""
    for given in inputs:
        try:
            if os.path.samestat(found, os.stat(given)):
                return True
            if stat.S_ISDIR(found.st_mode) and path.resolve() in Path(given).resolve().parents:
                return True
        except (OSError, ValueError):  # a text from elsewhere, whose name is no path
            continue
    return False


def _refusal_of_folder(path: Path, force: bool) -> str:
    names = set(os.listdir(path))
    if not path.name or path.name == "..":
        return f"this folder cannot be replaced by another; {_OTHER}"
    if not names:
        return ""
    if SAVED_MODEL not in names or names - _OF_SAVED_MODELS:  # all in it would be lost, which nobody means by --force
        return f"the folder holds other things than a SavedModel; {_OTHER}"
    if force or (path / EXTRA / NOTE).is_file():
        return ""
    return f"the folder is a SavedModel that netspec did not write; {_FORCE}"


def is_ours(path: Path) -> bool:
    """Did netspec write this file: a script, a schema, a picture, a page, or a model of any format?"""
    try:
        with open(path, "rb") as file:
            start = file.read(_BEGINNING)
    except OSError:
        return False
    if start.startswith(_ZIP) or start[4:8] == _TFLITE:
        return _has_note(path)
    if start.startswith(_PNG):
        return PNG_NOTE in start
    if start.startswith(_PDF):
        return _ends_with(path, PDF_NOTE)
    text = start.decode("utf-8", "replace")
    if text.startswith("<!doctype html>"):
        return PAGE_NOTE in text
    if text.startswith("<?xml"):
        return SVG_NOTE in text
    return bool(_SCRIPT.match(text.partition("\n")[0]) or _SCHEMA.match(text)) or _PRODUCED in start[:32]


def _ends_with(path: Path, note: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            file.seek(-len(note), os.SEEK_END)
            return file.read() == note
    except OSError:
        return False


def _has_note(path: Path) -> bool:
    import zipfile  # only where an archive is about to be replaced

    try:
        with zipfile.ZipFile(path) as archive:
            noted = any(name == NOTE or name.endswith(f"/{NOTE}") for name in archive.namelist())
            return noted or archive.comment == PRODUCER.encode()  # of arrays, among which a note would be one more
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
