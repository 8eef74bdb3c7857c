"""A picture's SVG as PNG or PDF, by CairoSVG, which is installed apart."""

from __future__ import annotations

import zlib
from typing import Literal

from netspec.diagnostics.problems import FILE_START, Problem, SpecError
from netspec.outputs import PDF_NOTE, PNG_NOTE

Format = Literal["png", "pdf"]
PIXELS = 2  # of a PNG, for each unit
POINTS = 2 / 3  # of a PDF, for each unit, in CSS's pixels of 0.75 points: two units a point, as `opening.PAGE` has it


def converted(svg: str, format_: Format) -> bytes:
    """A file's bytes.

    Args:
        svg: The picture.
        format_: What it is to be.

    Raises:
        SpecError: CairoSVG is not there, or cannot draw this (NS731).
    """
    try:
        import cairosvg
    except ImportError:
        raise refusal("CairoSVG is not installed, which PNG and PDF need; pip install 'netspec-keras[view]'") from None
    except OSError:  # of `cairocffi`, which opens the library when it is imported
        raise refusal(
            "the library cairo is not installed, which PNG and PDF need; see https://cairosvg.org/documentation/#installation"
        ) from None
    try:
        if format_ == "pdf":
            return bytes(cairosvg.svg2pdf(bytestring=svg.encode(), scale=POINTS)) + PDF_NOTE
        return _noted(bytes(cairosvg.svg2png(bytestring=svg.encode(), scale=PIXELS)))
    except Exception as error:  # of Cairo: a surface that is too large, above all
        raise refusal(f"CairoSVG cannot draw this as {format_.upper()}: {error}; an SVG has no such bounds") from error


def refusal(message: str) -> SpecError:
    """The error of a picture that cannot be made."""
    return SpecError("<picture>", (Problem("NS731", message, FILE_START),))


def _noted(png: bytes) -> bytes:
    """A PNG with the chunk that says what drew it, after its header."""
    header = 8 + 4 + 4 + 13 + 4
    length = len(PNG_NOTE) - 4
    checksum = zlib.crc32(PNG_NOTE).to_bytes(4, "big")
    return png[:header] + length.to_bytes(4, "big") + PNG_NOTE + checksum + png[header:]
