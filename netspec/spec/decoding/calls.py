"""A node that is written as a call in Python: `dense(10)`, `Conv2D(8, 3, activation='relu')`, `conv: filters=8`."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from netspec.diagnostics.foreign import Foreign, foreign
from netspec.diagnostics.patterns import later
from netspec.diagnostics.words import suggest
from netspec.kinds import KINDS, Kind

if TYPE_CHECKING:
    import ast

MAX_LENGTH = 200  # characters of a call that is worked out
_CALL = later(r"[A-Za-z_][\w.]*\(.*\)\Z", re.DOTALL)
_PLAIN = later(r"[A-Za-z_]\w*\Z")
_RANK = later(r"[123]D\Z")
_PREFIX = later(r"(tf\.)?(keras\.)?layers\.|(torch\.)?nn\.")
_OF_PYTORCH = later(r"\w+\dd\Z|Linear\Z")  # Keras writes `Conv2D`, and `Dense`
# What its classes take, in their order, by the kind here, and what each is here; empty where nobody writes it.
_PYTORCH: dict[str, dict[str, str]] = {
    "conv": {
        "in_channels": "",
        "out_channels": "filters",
        "kernel_size": "kernel_size",
        "stride": "strides",
        "padding": "padding",
        "dilation": "dilation_rate",
        "groups": "groups",
        "bias": "use_bias",
    },
    "dense": {"in_features": "", "out_features": "units", "bias": "use_bias"},
    "pool": {"kernel_size": "pool_size", "stride": "strides", "padding": "padding"},
    "batch_norm": {"num_features": ""},
}


class Call(NamedTuple):
    """What is called, and its arguments as a spec has them."""

    name: str
    positional: tuple[str, ...]
    named: dict[str, str]


def as_kind(text: str) -> str:
    """The node that a call stands for, as in `dense: 10`; empty where that cannot be said."""
    call = _read(text) if _CALL.match(text) else None
    if call is None:
        return ""
    name = _PREFIX.sub("", call.name)
    row = None if name in KINDS else foreign(name, "kind")
    bare = _RANK.sub("", name).lower()
    near = suggest(name, tuple(KINDS), "kind")
    kind_name = row.kind or row.here if row is not None else bare if bare in KINDS or near is None else near.meant
    cls = KINDS.get(kind_name)
    if cls is not None and _OF_PYTORCH.match(name):
        call = _from_pytorch(cls, call)
    if cls is None or call is None:
        return ""
    written = _hyperparameters(cls, row, call)
    return "" if written is None else f"{cls.spec_name}: {written}" if written else cls.spec_name


def _from_pytorch(cls: type[Kind], call: Call) -> Call | None:
    """A call of PyTorch's with the names that its arguments have here; None where they are not those of the class."""
    names = _PYTORCH.get(cls.spec_name)
    if names is None or call.name.rpartition(".")[2][0].islower():  # its functions take other things
        return None if call.positional else call
    given = dict(zip(names, call.positional, strict=False))
    if len(call.positional) > len(names) or given.keys() & call.named.keys():
        return None
    here = {names.get(name, name): value for name, value in (given | call.named).items()}
    here.pop("", None)
    return None if set(cls.required) - here.keys() else Call(call.name, (), here)


def as_hyperparameters(cls: type[Kind], text: str) -> str:
    """The map that arguments stand for, as in `{filters: 8, kernel_size: 3}`; empty where that cannot be said."""
    call = _read(f"_({text})")
    return "" if call is None else _hyperparameters(cls, None, call) or ""


def _hyperparameters(cls: type[Kind], row: Foreign | None, call: Call) -> str | None:
    """What follows the kind, empty where it needs nothing; None where an argument has no counterpart here."""
    said, _, its_value = row.option.partition(": ") if row is not None else ("", "", "")
    values = {said: its_value} if said else {}
    free = [name for name in cls.options if name not in values and not (name == "type" and row is not None)]
    if len(call.positional) > len(free):
        return None
    for name, value in (*zip(free, call.positional, strict=False), *call.named.items()):
        other = foreign(name, "hyperparameter")
        here = name if name in cls.options or name == "name" or other is None else other.here
        if (here not in cls.options and here != "name") or here in values:
            return None
        values[here] = value
    if not values:
        return None if cls.required else ""
    if list(values) == [cls.principal]:
        return next(iter(values.values()))
    return f"{{{', '.join(f'{name}: {value}' for name, value in values.items())}}}"


def _read(text: str) -> Call | None:
    """A call whose arguments are plain values; None of anything else."""
    if len(text) > MAX_LENGTH:
        return None
    import ast  # which a spec that is right does without

    try:
        with warnings.catch_warnings(action="ignore"):
            call = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(call, ast.Call) or not isinstance(call.func, (ast.Name, ast.Attribute)):
        return None
    positional = [_value(each) for each in call.args]
    named = {each.arg: _value(each.value) for each in call.keywords if each.arg is not None}
    if None in positional or None in named.values() or len(named) < len(call.keywords):
        return None
    values = tuple(each for each in positional if each is not None)
    return Call(ast.unparse(call.func), values, {name: each for name, each in named.items() if each is not None})


def _value(part: ast.expr) -> str | None:
    """An argument as YAML has it in braces; None where it is no plain value."""
    import ast

    if isinstance(part, (ast.Tuple, ast.List)):
        items = [_value(each) for each in part.elts]
        return None if None in items else f"[{', '.join(each for each in items if each is not None)}]"
    if isinstance(part, ast.Name):
        return part.id  # as in `activation=relu`
    try:
        value = ast.literal_eval(part)
    except ValueError:
        return None
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return ast.unparse(part)
    return value if isinstance(value, str) and _PLAIN.match(value) else None
