"""What the tests of drawings say in a line: an outline, and how the children of a box stand."""

from __future__ import annotations

from collections.abc import Iterator

from netspec.drawing.arrangement import Column, Row
from netspec.drawing.picture import Picture, picture
from netspec.pipeline import check_text


def drawn(text: str, variant: str | None = None) -> Picture:
    """The picture of a spec, without its first line."""
    return picture(check_text(f"netspec: 1\n{text}", "net.yaml", variant=variant, repairs=False))


def outlined(given: Picture, box: int = 0, depth: int = 0) -> Iterator[str]:
    """A line for each box: its role, what the spec calls it, its path, and how many rounds it has."""
    found = given.boxes[box]
    times = f" × {found.times}" if found.times > 1 else ""
    yield f"{'  ' * depth}{found.role} {found.kind or '-'} {found.path or '-'}{times}"
    for child in found.children:
        yield from outlined(given, child, depth + 1)


def standing(given: Picture, path: str = "") -> str:
    """How the children of a box stand: `a, [b, c | d], e` has two columns between a and e, the main one with a star."""
    index = next(index for index, box in enumerate(given.boxes) if box.path == path)

    def column(items: Column) -> str:
        return ", ".join(row(item) if isinstance(item, Row) else given.boxes[item].names[0] for item in items)

    def row(found: Row) -> str:
        marks = ("*" if at == found.main else "" for at in range(len(found.columns)))
        return f"[{' | '.join(mark + column(each) for mark, each in zip(marks, found.columns, strict=True))}]"

    return column(given.columns[index])
