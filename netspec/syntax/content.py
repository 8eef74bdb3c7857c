"""What a file is that holds no spec: a folder, a device, another encoding, a model."""

from __future__ import annotations

import codecs
import os
import stat

from netspec.diagnostics.words import file_type, show


def no_text(name: str, mode: int) -> str:
    """What to say of what is neither a file nor a pipe. The folder of a training run has `run.json` in it."""
    if not stat.S_ISDIR(mode):
        return f"{show(name, 200)} is {file_type(mode)}; name a spec file, or `-` for standard input"
    if os.path.isfile(os.path.join(name, "run.json")):
        return (
            f"{show(name, 200)} is a run folder; `netspec evaluate` and `netspec predict` take it, and its spec is "
            f"{show(os.path.join(name, 'spec.yaml'), 200)}"
        )
    return f"{show(name, 200)} is a folder; name a spec file in it"


# How files begin that people have beside their specs, and what these are. UTF-32 begins as UTF-16 does, and goes on with zeros.
_BEGINNINGS_OF_FILES = (
    (codecs.BOM_UTF32_LE, "UTF-32; save it as UTF-8"),
    (codecs.BOM_UTF32_BE, "UTF-32; save it as UTF-8"),
    (codecs.BOM_UTF16_LE, "UTF-16; save it as UTF-8"),
    (codecs.BOM_UTF16_BE, "UTF-16; save it as UTF-8"),
    (
        b"\x89HDF\r\n\x1a\n",
        "HDF5, which holds weights or a model, and not a spec; `netspec import` writes a model as one",
    ),
)
_ZIP = b"PK\x03\x04"
_IN_A_MODEL = b"metadata.json"  # the first file of an archive that Keras writes


def other_content(data: bytes) -> str:
    """What a file is, where it can be no UTF-8 text; empty where it may be one."""
    if data.startswith(_ZIP):
        if _IN_A_MODEL in data[:200]:
            return (
                "the file is a Keras model, and not a spec; `netspec import` writes it as one, and `netspec evaluate` and "
                "`netspec predict` take it if netspec made it"
            )
        return "the file is a ZIP archive, and not a spec"
    for start, what in _BEGINNINGS_OF_FILES:
        if data.startswith(start):
            return f"the file is {what}"
    wide = _wide_encoding(data[:_SAMPLE]) if b"\0" in data[:_SAMPLE] else ""
    return f"the file is {wide}; save it as UTF-8" if wide else ""


_SAMPLE = 256  # bytes


def _wide_encoding(sample: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark, by where the zero bytes of its Latin letters are; else empty."""
    places = [sample[place::4] for place in range(4)]
    zeros = [len(bytes_) > 0 and bytes_.count(0) * 2 > len(bytes_) for bytes_ in places]  # are most of them zero?
    if zeros in ([False, True, True, True], [True, True, True, False]):
        return "UTF-32"
    return "UTF-16" if zeros in ([False, True, False, True], [True, False, True, False]) else ""
