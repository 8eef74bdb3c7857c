"""What most nodes of a kind share goes to `defaults`, and the others say that they differ."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from netspec.conversion.folding.items import CONV, Item
from netspec.kinds import KINDS
from netspec.options import REQUIRED

# Hyperparameters that are each node's own.
_OWN = frozenset(("filters", "units", "strides", "rounding", "rate", "groups", "depth_multiplier"))
_NONE = frozenset(("merge", "operations"))  # families whose kinds compute with the value that is said
_INHERITED = frozenset((CONV, "batch_norm"))  # what `project` and the rows of an inception inherit too
_LEAST = 3  # nodes that must share a value
Defaults = dict[str, dict[str, object]]


def with_defaults(items: Sequence[Item]) -> Defaults:
    """Take what most nodes share out of them; the defaults by kind."""
    nodes: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.is_plain and item.kind in KINDS and item.inner is None and KINDS[item.kind].family not in _NONE:
            nodes[item.kind].append(item)
    defaults: Defaults = {}
    for kind, alike in nodes.items():
        shared = _shared(kind, alike)
        if shared:
            defaults[kind] = shared
            for item in alike:
                _subtract(item, shared)
    return defaults


def without_lone(items: Sequence[Item], defaults: Defaults) -> None:
    """Say at the node what only one is left to inherit, once repetition is folded, in place."""
    for kind in [name for name in defaults if name not in _INHERITED]:
        nodes = [item for item in items if item.kind == kind and item.is_plain and item.inner is None]
        if sum(any(name not in item.values for name in defaults[kind]) for item in nodes) > 1:
            continue
        for item in nodes:
            for name, value in defaults[kind].items():
                own = KINDS[kind].options[name].default
                if name not in item.values:
                    item.values[name] = value
                elif repr(item.values[name]) == repr(own):
                    del item.values[name]
        del defaults[kind]


def _shared(kind: str, nodes: list[Item]) -> dict[str, object]:
    """The values that are said less often if they are the defaults."""
    found = {}
    for name, option in KINDS[kind].options.items():
        if name in _OWN or (option.default is REQUIRED and name not in ("kernel_size", "pool_size")):
            continue
        asked = [node for node in nodes if not _leaves_open(node, name) or _is_a_number(name, nodes)]
        counts = Counter(repr(node.values[name]) for node in asked if name in node.values)
        if not counts:
            continue
        text, count = counts.most_common(1)[0]
        value = next(node.values[name] for node in asked if repr(node.values.get(name)) == text)
        unsaid = sum(name not in node.values for node in asked)  # these would have to say the kind's own default
        if count >= _LEAST and count > 2 * unsaid and _is_sayable(option.default, unsaid):
            found[name] = value
    return found


def _is_a_number(name: str, nodes: Sequence[Item]) -> bool:
    """Is a padding a number, which a window of 1 would get too?"""
    return name == "padding" and not all(isinstance(node.values.get(name, "valid"), str) for node in nodes)


def _is_sayable(default: object, unsaid: int) -> bool:
    return unsaid == 0 or default is not REQUIRED


def _leaves_open(node: Item, name: str) -> bool:
    """Does a value not matter to a node? A window of 1 is not padded, and is a kind of its own."""
    if node.kind != CONV or node.values.get("kernel_size") != 1:
        return False
    return name in ("padding", "kernel_size", "dilation_rate")


def _subtract(item: Item, shared: Mapping[str, object]) -> None:
    cls = KINDS[item.kind]
    for name, value in shared.items():
        if _leaves_open(item, name) and (name != "padding" or isinstance(value, str)):
            if name == "padding":
                item.values.pop(name, None)
            if (name, value) == ("padding", "same"):
                item.values.pop("rounding", None)  # so padded, it leaves no rest
        elif name in item.values and repr(item.values[name]) == repr(value):
            del item.values[name]
        elif name not in item.values:
            default = cls.options[name].default
            item.values[name] = list(default) if isinstance(default, tuple) else default
