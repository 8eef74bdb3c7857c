"""A network's drawing as a whole: what is open in it, and the files that it can be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.drawing.opening import first_sight
from netspec.drawing.picture import Picture, picture
from netspec.drawing.sight import opens_all
from netspec.files import write_whole
from netspec.outputs import check_output
from netspec.pipeline import Spec

ENDINGS = (".html", ".svg", ".png", ".pdf")
ALL, NONE = "all", "none"


def wrong_ending(path: Path) -> str:
    """What is wrong with the ending of a drawing's name, as a clause; "" of one that says what it is to be."""
    return (
        "" if path.suffix in ENDINGS else f"ends in {listing(ENDINGS, 'or', quote=False)}, not in {show(path.suffix)}"
    )


class NoSuchBoxError(ValueError):
    """A box is to be open that is not there, or that nothing is in."""


class Drawing:
    """A network drawn, grouped as its spec is written. Notebooks show it.

    Attributes:
        spec: The spec, whose `problems` stand at their boxes.
        picture: What is drawn, whatever is open.
        opened: The paths of the boxes that are open.
    """

    def __init__(self, spec: Spec, opens: Sequence[str] = ()) -> None:
        """Draw a spec, one with errors as far as it was understood.

        Args:
            spec: What `check` or `check_text` returned.
            opens: Paths of boxes to be open, with those around them; `all` opens every box, `none` no other. Empty: as many as
                can be taken in at first sight.

        Raises:
            NoSuchBoxError: No box of that path can be opened.
        """
        self.spec = spec
        self.picture: Picture = picture(spec)
        self.opened = _opened(self.picture, opens) if opens else first_sight(self.picture)

    @cached_property
    def svg(self) -> str:
        """A picture for print."""
        from netspec.drawing.svg import svg

        return svg(self.picture, self.opened)

    @cached_property
    def html(self) -> str:
        """A page in one file, in which boxes open and close."""
        from netspec.drawing.page import page

        return page(self.picture, self.opened)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write a file.

        Args:
            path: Where. By its ending it is a page (.html), a picture (.svg), or that as pixels (.png) or as a page of print
                (.pdf), which require the extra `view`.
            force: Replace what is there and was not written by netspec.

        Raises:
            ValueError: It ends otherwise.
            SpecError: The file is not netspec's to replace, it cannot be written (NS709), or what draws it is not installed
                (NS731).
        """
        target = Path(path)
        wrong = wrong_ending(target)
        if wrong:
            raise ValueError(f"a drawing {wrong}")
        check_output(target, inputs=[self.spec.path, *(each.path for each in self.spec.files)], force=force)
        write_whole(target, self._as(target.suffix))

    def _as(self, ending: str) -> bytes:
        if ending == ".html":
            return self.html.encode()
        if ending == ".svg":
            return self.svg.encode()
        from netspec.drawing.converting import converted

        return converted(self.svg, "pdf" if ending == ".pdf" else "png")

    def _repr_svg_(self) -> str:
        return self.svg


def _opened(drawn: Picture, asked: Sequence[str]) -> tuple[str, ...]:
    """The paths of the boxes that are open."""
    by_path = {box.path: box for box in drawn.boxes if box.children and box.path}
    if ALL in asked:
        return (*by_path, *(opens_all(box.path) for box in by_path.values() if box.role == "repeat"))
    opened: dict[str, None] = {}
    for path in asked:
        if path == NONE:
            continue
        box = by_path.get(path)
        if box is None:
            raise NoSuchBoxError(f"no box {show(path)} can be opened{did_you_mean(path, tuple(by_path))}")
        while box.path:
            opened[box.path] = None
            box = drawn.boxes[box.parent]
    return tuple(opened)
