"""What belongs where in a spec, by the keys that lead there: what `decoding` reads, asked for places instead of trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from netspec.data import Data
from netspec.kinds import KINDS, Kind
from netspec.kinds.composition import Body, Branches
from netspec.lsp.slots import Slot, slot
from netspec.options import Declared, Type
from netspec.spec.document import DTYPES
from netspec.spec.keys import AUGMENTING, SWITCH, WIRING
from netspec.spec.limits import Limits
from netspec.spec.names import BLOCK_NAME
from netspec.spec.training_settings import Train

What = Literal[
    "top",
    "body",  # a list of nodes
    "node",  # one of them: a map with its kind
    "setting",  # an option of a kind, a section or what is chosen by name, or the map of all
    "use",  # of a block: the map of its params
    "argument",  # a param's value there
    "wiring",
    "branches",
    "branch",
    "blocks",
    "block",  # a definition
    "params",
    "param",
    "variants",
    "variant",
    "defaults",
    "inputs",
    "input",
    "shape",
    "outputs",
    "word",  # that `takes` allows
    "other",
]

SECTIONS: dict[str, type[Declared]] = {"data": Data, "train": Train, "limits": Limits}


class Expected(NamedTuple):
    """What belongs at a place.

    Attributes:
        what: What it is.
        declared: The kind, section or other declaration whose options stand there.
        path: The way from there to the place.
        name: The wiring key, param, block or section that it is about.
        within: The block in whose definition it is.
        takes: Of a word what it may be.
        families: Those of the kinds that a body takes; None where it takes all.
        is_default: Is it in `defaults`, where nothing is required?
    """

    what: What
    declared: type[Declared] | None = None
    path: tuple[str | int, ...] = ()
    name: str = ""
    within: str | None = None
    takes: Type[object] | None = None
    families: tuple[str, ...] | None = None
    is_default: bool = False

    @property
    def slot(self) -> Slot | None:
        """What the declarations say of it."""
        return None if self.declared is None else slot(self.declared, self.path)

    @property
    def kind(self) -> type[Kind] | None:
        """The kind whose hyperparameters stand there."""
        declared = self.declared
        return declared if declared is not None and not self.path and issubclass(declared, Kind) else None


def expected(keys: Sequence[str | int]) -> Expected:
    """What belongs at the end of a way from the top."""
    place = Expected("top")
    for key in keys:
        place = _inside(place, key)
    return place


def _inside(place: Expected, key: str | int) -> Expected:
    match place.what:
        case "top":
            return _section(str(key))
        case "body" | "branch" if key == 0:
            return place._replace(what="node")
        case "branch":
            if key == "when":
                return place._replace(what="word", takes=SWITCH)
            return place._replace(what="body" if key == "body" else "other")
        case "node":
            return _node(place, str(key))
        case "setting":
            return _setting(place, key)
        case "use":
            what: What = "wiring" if key in WIRING else "argument"
            return place._replace(what=what, name=str(key))
        case "argument" | "wiring" | "shape" | "param" | "outputs":
            return place  # a list of such
        case "branches":
            return place._replace(what="branch")
        case "blocks":
            return Expected("block", within=str(key))
        case "block":
            return place._replace(what={"params": "params", "layers": "body"}.get(str(key), "other"))  # type: ignore[arg-type]
        case "params" | "variant":
            return place._replace(what="param", name=str(key))
        case "variants":
            return place._replace(what="variant", name=str(key))
        case "defaults":
            return Expected("setting", KINDS[str(key)], is_default=True) if key in KINDS else Expected("other")
        case "inputs":
            return Expected("input")
        case "input":
            return _input(key)
        case _:
            return place._replace(what="other")


def _section(key: str) -> Expected:
    if key in SECTIONS:
        return Expected("setting", SECTIONS[key], name=key)
    if key == "layers":
        return Expected("body")
    if key in ("params", "variants", "defaults", "blocks", "inputs", "outputs", "input"):
        return Expected(key, name=key)  # type: ignore[arg-type]  # which are so called
    return Expected("other", name=key)


def _input(key: str | int) -> Expected:
    if key == "dtype":
        return Expected("word", takes=DTYPES)
    return Expected("shape" if key == "shape" or key == 0 else "other")


def _node(place: Expected, key: str) -> Expected:
    if key in KINDS:
        return Expected("setting", KINDS[key], within=place.within)
    if BLOCK_NAME.match(key):
        return Expected("use", name=key, within=place.within)
    return Expected("other", within=place.within)


def _setting(place: Expected, key: str | int) -> Expected:
    kind = place.kind
    if kind is not None:
        if key == 0:  # a list alone, of the principal hyperparameter
            return place if kind.principal is None else _inside(_option(place, kind.principal), 0)
        if key in WIRING and key not in kind.options:
            return place._replace(what="wiring", name=str(key))
    return _option(place, key)


def _option(place: Expected, key: str | int) -> Expected:
    inner = place._replace(path=(*place.path, key))
    at = inner.slot
    if at is None:
        return inner._replace(what="other")
    bare = at.takes.bare if at.takes is not None else None
    if isinstance(bare, Branches):
        return Expected("branches", within=place.within)
    if isinstance(bare, Body):
        return Expected("body", place.declared, inner.path, within=place.within)
    if place.declared is Train and inner.path == ("augment",):
        return Expected("body", families=AUGMENTING)
    return inner


def items(place: Expected) -> Expected:
    """What the items are of a list that stands at a place."""
    kind = place.kind
    if kind is not None:
        return place if kind.principal is None else items(_option(place, kind.principal))
    return _inside(place, 0) if place.what in ("setting", "input") else place
