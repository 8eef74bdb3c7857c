"""Layout: a spec's text with the same values and comments, written as the zoo's specs are."""

from netspec.formatting.parts import Unformattable
from netspec.formatting.text import format_lines, format_text

__all__ = ["Unformattable", "format_lines", "format_text"]
