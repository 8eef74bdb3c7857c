"""What may stand at the end of a path of keys, by the declarations: of a kind, of a section such as `train`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from netspec.options import Declared, Named, Nested, Option, Type
from netspec.spec.pretrained import Init, InitOption

Path = Sequence[str | int]


class Slot(NamedTuple):
    """What the declarations say of a place.

    Attributes:
        owner: What has the option.
        option: The option whose value, or a part of it, stands there; None at the beginning of the path.
        takes: What a value there may be; None where only a map of `declared` stands.
        declared: Whose options the keys of a map there are; None where it is not such a map.
    """

    owner: type[Declared]
    option: Option | None
    takes: Type[object] | None
    declared: type[Declared] | None


def slot(declared: type[Declared], path: Path) -> Slot | None:
    """What stands at a path of keys and indices below a map of options; None where nothing is declared."""
    if not path:
        return Slot(declared, None, None, declared)
    option = declared.options.get(str(path[0]))
    return None if option is None else _inside(declared, option, option.type, path[1:])


def _inside(owner: type[Declared], option: Option, type_: Type[object], path: Path) -> Slot | None:
    bare = type_.bare
    nested = bare.declared if isinstance(bare, Nested) else Init if isinstance(bare, InitOption) else None
    if not path:
        return Slot(owner, option, type_, nested)
    if nested is not None:
        return slot(nested, path)
    if isinstance(bare, Named):
        chosen = bare.table.get(str(path[0]))
        if chosen is None:
            return None
        if len(path) > 1:
            return slot(chosen, path[1:])
        principal = chosen.options[chosen.principal].type if chosen.principal is not None else None
        return Slot(owner, option, principal, chosen)
    inner = getattr(bare, "inner", None)
    return _inside(owner, option, inner, path[1:]) if isinstance(inner, Type) else None
