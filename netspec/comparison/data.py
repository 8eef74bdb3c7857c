"""A difference as data for programs: complete, so that what it says, done to the first network, gives the second."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from netspec.comparison.describing import Description, Plain
from netspec.comparison.differences import Change, Difference
from netspec.comparison.sections import Missing, Pair
from netspec.graph.model import Graph

FromTo = dict[str, Plain]  # `from` and `to`; one of them is not there where that side has nothing


class Addition(Description):
    """A node that is new, and the one that stands before it; null: none."""

    after: str | None


class Removal(TypedDict):
    """A node that is gone."""

    name: str
    kind: str


class Changed(TypedDict):
    """A node that both have, by its name in the second network; what is not another is not there."""

    name: str
    changes: dict[str, FromTo]
    hyperparameters: dict[str, FromTo]
    said_otherwise: dict[str, FromTo]
    was: NotRequired[str]


class Move(TypedDict):
    """A node that stands elsewhere; names are those of the second network."""

    name: str
    after: str | None


class CarriedWeights(TypedDict):
    """Tensors of a node that are those of a node of the first network."""

    node: str
    of: str
    weights: list[str]


class OwnWeights(TypedDict):
    """Tensors of a node that are new, or of a node of the first network that are gone."""

    node: str
    weights: list[str]


class Weights(TypedDict):
    """What becomes of the weights."""

    carried: list[CarriedWeights]
    new: list[OwnWeights]
    dropped: list[OwnWeights]
    used_differently: dict[str, list[str]]
    carried_parameters: int


class Nodes(TypedDict):
    """What becomes of the nodes."""

    count: list[int]
    added: list[Addition]
    removed: list[Removal]
    changed: list[Changed]
    moved: list[Move]
    renamed: dict[str, str]
    unchanged: list[str]


class FirstShape(TypedDict):
    """The first node whose shape is another."""

    name: str
    shape: FromTo


class Shapes(TypedDict):
    """Shapes that are others."""

    changed: int
    first: FirstShape | None


class Data(TypedDict):
    """A difference."""

    a: str
    b: str
    same: bool
    little_in_common: bool
    totals: dict[str, FromTo]
    nodes: Nodes
    inputs: FromTo | None
    outputs: FromTo | None
    shapes: Shapes
    weights: Weights
    sections: dict[str, dict[str, FromTo]]


def as_data(difference: Difference, a: str, b: str) -> Data:
    """All of it; `a` and `b` are what the two are called."""
    return {
        "a": a,
        "b": b,
        "same": difference.same,
        "little_in_common": difference.has_little_in_common,
        "totals": {name: {"from": x, "to": y} for name, (x, y) in totals_of(difference).items()},
        "nodes": _nodes(difference),
        "inputs": _both(difference.inputs),
        "outputs": _both(difference.outputs),
        "shapes": _shapes(difference),
        "weights": weights_of(difference),
        "sections": {
            name: {key: _from_to(pair) for key, pair in keys.items()} for name, keys in difference.sections.items()
        },
    }


def tensors_of(weights: Weights) -> tuple[int, int]:
    """How many tensors carry over, and how many are new."""
    carried, new = weights["carried"], weights["new"]
    return sum(len(each["weights"]) for each in carried), sum(len(each["weights"]) for each in new)


def totals_of(difference: Difference) -> dict[str, tuple[int | None, int | None]]:
    """The totals of both."""
    was, now = difference.first.totals(), difference.second.totals()
    return {name: (getattr(was, name), getattr(now, name)) for name in was._fields}


def _nodes(difference: Difference) -> Nodes:
    first, second = difference.first.nodes, difference.second.nodes
    _, describer = difference.describers

    def after(index: int) -> str | None:
        return second[index - 1].path if index else None

    added: list[Addition] = [{**describer.node(index), "after": after(index)} for index in difference.added]
    return {
        "count": [len(first), len(second)],
        "added": added,
        "removed": [{"name": first[i].path, "kind": first[i].kind_name} for i in difference.removed],
        "changed": [_changed(difference, change) for change in difference.changes.values()],
        "moved": [{"name": second[index].path, "after": after(index)} for index in difference.moved],
        "renamed": difference.renamed,
        "unchanged": [second[index].path for index in sorted(difference.unchanged)],
    }


def _changed(difference: Difference, change: Change) -> Changed:
    was, now = difference.first.nodes[change.one].path, difference.second.nodes[change.other].path
    changes: dict[str, Pair] = dict(change.fields)
    if change.kind is not None:
        changes["kind"] = change.kind
    if change.inputs is not None:
        changes["inputs"] = (list(change.inputs[0]), list(change.inputs[1]))
    found: Changed = {
        "name": now,
        "changes": _from_tos(changes),
        "hyperparameters": _from_tos(change.options),
        "said_otherwise": _from_tos(change.spelled),
    }
    if was != now:
        found["was"] = was
    return found


def _from_tos(pairs: dict[str, Pair]) -> dict[str, FromTo]:
    return {name: _from_to(pair) for name, pair in pairs.items()}


def _from_to(pair: Pair) -> FromTo:
    both = zip(("from", "to"), pair, strict=True)
    return {word: value for word, value in both if not isinstance(value, Missing)}


def _both(pair: tuple[object, object] | None) -> FromTo | None:
    return None if pair is None else {"from": pair[0], "to": pair[1]}  # type: ignore[dict-item]  # lists or maps of names


def _shapes(difference: Difference) -> Shapes:
    others = [change for change in difference.changes.values() if "shape" in change.fields]
    first: FirstShape | None = None
    if others:
        one = others[0]
        first = {"name": difference.second.nodes[one.other].path, "shape": _from_to(one.fields["shape"])}
    return {"changed": len(others), "first": first}


def weights_of(difference: Difference) -> Weights:
    """What becomes of the weights, tensor by tensor."""
    first, second = difference.first.nodes, difference.second.nodes
    carried = difference.carried
    new = _own(difference.second, difference, 1, {index: set(each.names) for index, each in carried.items()})
    kept: dict[int, set[str]] = {}
    parameters = 0
    for each in carried.values():
        kept.setdefault(each.one, set()).update(each.names)
        parameters += difference.parameters(each)
    return {
        "carried": [
            {"node": second[each.other].path, "of": first[each.one].path, "weights": list(each.names)}
            for each in carried.values()
        ],
        "new": new,
        "dropped": _own(difference.first, difference, 0, kept),
        "used_differently": {second[index].path: why for index, why in difference.used_otherwise.items()},
        "carried_parameters": parameters,
    }


def _own(graph: Graph, difference: Difference, side: int, kept: dict[int, set[str]]) -> list[OwnWeights]:
    found: list[OwnWeights] = []
    for index, node in enumerate(graph.nodes):
        weights = difference.describers[side].weights(node)
        names = [each["name"] for each in weights if each["name"] not in kept.get(index, ())]
        if names:
            found.append({"node": node.path, "weights": names})
    return found
