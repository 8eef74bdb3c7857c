"""How wide words are, so that a box can be made as wide as its label before anything draws it.

The figures are those of Helvetica (Adobe's font metrics), in thousandths of the size; Arial and Liberation Sans have the same.
What draws says each text's length with it, so that another font is squeezed to it and no label is cut.
"""

from __future__ import annotations

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_OTHER = 1000  # of what stands in neither table

_PLAIN = {
    278: " !,./:;[\\]fIt·",
    355: '"',
    556: "#$0123456789?L_abdeghnopqu–",
    889: "%",
    667: "&ABEKPSVXY",
    191: "'",
    333: "()-`r",
    389: "*",
    584: "+<=>~×",
    1015: "@",
    722: "CDHNRUw",
    611: "FTZ",
    778: "GOQ",
    500: "Jcksvxyz",
    833: "Mm",
    944: "W",
    469: "^",
    222: "ijl",
    334: "{}",
    260: "|",
    549: "≈",
}
_BOLD = {
    278: " ,./I\\ijl·",
    333: "!()-:;[]`ft",
    474: '"',
    556: "#$0123456789J_aceksvxy–",
    889: "%m",
    722: "&ABCDHKNRU",
    238: "'",
    389: "*r{}",
    584: "+<=>^~×",
    611: "?FLTZbdghnopqu",
    975: "@",
    667: "EPSVXY",
    778: "GOQw",
    833: "M",
    944: "W",
    500: "z",
    280: "|",
    549: "≈",
}
_WIDTHS = tuple({letter: width for width, letters in table.items() for letter in letters} for table in (_PLAIN, _BOLD))


def width_of(text: str, size: int, *, bold: bool = False) -> int:
    """How wide a text is, in whole units, rounded up."""
    widths = _WIDTHS[bold]
    return -(-size * sum(widths.get(letter, _OTHER) for letter in text) // 1000)


def shortened(text: str, size: int, most: int, *, bold: bool = False) -> str:
    """A text of at most this width, with `…` in the place of what is left out."""
    if width_of(text, size, bold=bold) <= most:
        return text
    while text and width_of(text + "…", size, bold=bold) > most:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, size: int, most: int) -> list[str]:
    """A text in lines of at most this width; a word that is wider is shortened."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= most:
            lines[-1] = longer
        else:
            lines.append(shortened(word, size, most))
    return lines
