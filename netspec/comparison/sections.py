"""What stands beside the layers, key by key: what to train on and how, and the limits."""

from __future__ import annotations

from netspec.comparison.describing import Plain, plain
from netspec.graph.model import Graph
from netspec.options import Declared

SECTIONS = ("data", "train", "limits")


class Missing:
    """Stands for what one side does not have."""


MISSING = Missing()
Side = Plain | Missing
Pair = tuple[Side, Side]


def sections_apart(first: Graph, second: Graph) -> dict[str, dict[str, Pair]]:
    """What differs, section by section; keys of what stands inside another have dots: `optimizer.learning_rate`."""
    found = {}
    for name in SECTIONS:
        one, other = (getattr(graph, name) for graph in (first, second))
        keys = pairs_apart(_flat(one, whole=other is None), _flat(other, whole=one is None))
        if keys:
            found[name] = {key: keys[key] for key in keys if not _is_in_another(key, keys)}
    return found


def pairs_apart(one: dict[str, Plain], other: dict[str, Plain]) -> dict[str, Pair]:
    """The keys whose values differ, with both."""
    return {
        key: (one.get(key, MISSING), other.get(key, MISSING))
        for key in {**one, **other}
        if one.get(key, MISSING) != other.get(key, MISSING)
    }


def _is_in_another(key: str, keys: dict[str, Pair]) -> bool:
    """Does a key belong to something that is another thing altogether, such as a rate to another optimizer?"""
    outer = key.rpartition(".")[0]
    return bool(outer) and (outer in keys or _is_in_another(outer, keys))


def _flat(section: Declared | None, *, whole: bool, before: str = "") -> dict[str, Plain]:
    """A section's keys, defaults included; of one that the other spec has not, those that are said."""
    if section is None:
        return {}
    found: dict[str, Plain] = {}
    for name, value in (section.given() if whole else section.values()).items():
        if isinstance(value, Declared) and not whole:
            found[before + name] = value.spec_name
            found |= _flat(value, whole=False, before=f"{before}{name}.")
        else:
            found[before + name] = plain(value)
    return found
