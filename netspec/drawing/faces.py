"""What stands in a box and how large that makes it: title, hyperparameters, shares of the costs, the shape below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from netspec.diagnostics.words import printable
from netspec.drawing.lettering import shortened, width_of
from netspec.drawing.outline import Box
from netspec.graph.model import Node
from netspec.kinds.window import Windowed
from netspec.options import Declared

TITLE, SMALL = 12, 10  # sizes of letters
MOST = 210  # how wide a line may be
LINE, BARS = 15, 15  # heights: of the title, of the shares
MARGIN = 8  # left and right of what stands in a box
ROOM = 7  # above and below it, together
LEAST = 44  # how wide what stands in it is taken to be
SHOWN_SHARE = 0.005  # of a node's costs, from which they are drawn; those of what holds others always are
_COUNTED = re.compile(r"(?:_\d+)?(?:\.\.\d+)?$")  # the end of a name: its number, and the last round's


class Face(NamedTuple):
    """A closed box, and the head of its frame when it is open."""

    title: str  # in bold letters: the name that the spec gives, or the kind
    rest: str  # after it, in plain ones: the kind of what has a name, hyperparameters, `× 6` of a repeat
    macs: str  # its share, "12%"; "" where it is not drawn
    parameters: str
    shape: str  # what leaves it, "56×56×64", where that is other than what enters it
    line_width: int  # how wide the title and what follows it are
    width: int
    height: int
    label: int  # how wide the shape is
    head: int  # how wide the frame's head is, left of the axis
    head_height: int


def face_of(
    box: Box, nodes: Sequence[Node], macs: float, parameters: float, *, always: bool, shape: str, marks: int
) -> Face:
    """The face of a box.

    Args:
        box: The box.
        nodes: It, where it is a node; its rounds, where it repeats one; none otherwise.
        macs: Its share of the network's multiply-accumulates, from 0 to 1.
        parameters: And of its parameters.
        always: Are its shares drawn however small they are?
        shape: What leaves it, where that is drawn.
        marks: How many problems there are in it.
    """
    title, rest = map(printable, _words(box, nodes))  # what is not a kind may have any letters
    shares = always or max(macs, parameters) >= SHOWN_SHARE
    shown = (percent(macs), percent(parameters)) if shares else ("", "")
    return _face(title, rest, *shown, shape, marks)


@lru_cache(maxsize=4096)
def _face(title: str, rest: str, macs: str, parameters: str, shape: str, marks: int) -> Face:
    """One for all boxes in which the same stands."""
    title = shortened(title, TITLE, MOST, bold=True)
    wide = width_of(title, TITLE, bold=True)
    if rest:
        rest = shortened(rest, TITLE, max(MOST - wide, 60))
        wide += 5 + width_of(rest, TITLE)
    if marks:
        wide += TITLE + 6
    shown = [f"{share} {what}" for share, what in ((macs, "MACs"), (parameters, "par.")) if share]
    bars = 2 * max((width_of(each, SMALL) for each in shown), default=0) + 8 * bool(shown)
    inner = max(wide, bars, LEAST)
    height = ROOM + LINE + BARS * bool(bars)
    return Face(
        title,
        rest,
        macs,
        parameters,
        shape,
        wide,
        inner + 2 * MARGIN,
        height,
        width_of(shape, SMALL),
        MARGIN + max(wide, bars),
        height,
    )


def percent(share: float) -> str:
    """A share, short: "12%", "<1%", "" of nothing."""
    if share <= 0:
        return ""
    return f"{share:.0%}" if share >= SHOWN_SHARE else "<1%"


# --- words -------------------------------------------------------------------------------------------------------------


def _words(box: Box, nodes: Sequence[Node]) -> tuple[str, str]:
    """The title, and what follows it."""
    if box.role in ("network", "input"):
        return box.names[0], ""
    if box.role == "stretch":
        return f"{box.stop - box.start:,} nodes", f"{box.names[0]} … {box.names[-1]}"
    if box.role in ("unknown", "missing"):
        return box.kind, "?"
    if box.role == "merge":
        return box.kind, ""
    name = next((given for each, kind in zip(box.names, box.kinds, strict=True) if (given := _given(each, kind))), "")
    summaries = {_summary(node) for node in nodes}  # of rounds that differ, none
    words = [box.kinds[-1] if name or len(box.kinds) > 1 else "", summaries.pop() if len(summaries) == 1 else ""]
    words.append(f"× {box.times}" if box.role == "repeat" else "")
    return name or box.kind, " ".join(filter(None, words))


def _given(name: str, kind: str) -> str:
    """A name that the spec gives; "" of one that is the kind's, counted."""
    stem = _COUNTED.sub("", name)
    own = f"conv{kind}" if kind[:1].isdecimal() else kind
    return "" if stem == own else stem if ".." in name else name


def _summary(node: Node) -> str:
    """The hyperparameters by which one knows a node: `3×3, 64, /2`."""
    config = node.config
    if config is None:
        return ""
    given = config.given()
    said: set[str] = set()
    parts: list[str] = []
    if isinstance(config, Windowed):
        option = config.window_option()
        said.add(option)
        if not config.spec_name[:1].isdecimal():  # a `1x1` says so itself
            parts.append(_window(getattr(config, option), len(node.shape or ()) - 1))
    for option, words in _TELLING:
        name = config.principal if option == "principal" else option
        if name is None or name in said or name not in given or given[name] == 1:
            continue
        said.add(name)
        value = _sizes(given[name])
        if value and len(value) <= LONGEST:
            parts.append(words.format(value))
    activation = given.get("activation")
    if activation is not None and activation != "linear" and config.principal != "activation":
        parts.append(activation.spec_name if isinstance(activation, Declared) else str(activation))
    return ", ".join(parts)


# Hyperparameters that are told, and how; the kind's principal one by whatever name.
_TELLING = (
    ("principal", "{}"),
    ("filters", "{}"),
    ("strides", "/{}"),
    ("dilation_rate", "dilated {}"),
    ("groups", "groups {}"),
    ("num_heads", "heads {}"),
)
LONGEST = 16  # letters of a value that is told


def _window(size: object, rank: int) -> str:
    """`3×3`, of a size that is given once for all dimensions too."""
    return "×".join([str(size)] * rank) if isinstance(size, int) and 0 < rank <= 3 else _sizes(size)


def _sizes(value: object) -> str:
    """A number, a word, or several; "" of anything else."""
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return "×".join(map(str, parts)) if all(isinstance(part, (int, float, str)) for part in parts) else ""
