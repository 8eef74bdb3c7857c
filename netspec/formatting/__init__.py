"""Layout: a spec's text with the same values and comments, written as the zoo's specs are."""

from netspec.formatting.parts import Unformattable
from netspec.formatting.text import as_json, format_lines, format_text

__all__ = ["Unformattable", "as_json", "format_lines", "format_text"]
