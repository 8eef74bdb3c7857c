"""A difference done to the network that it is a difference from, by its data alone: what comes of it must be the other."""

from __future__ import annotations

from typing import Any

Plain = Any  # of JSON


def applied(data: Plain, network: Plain) -> Plain:
    """The network that the first becomes.

    Args:
        data: What `netspec diff --format json` says.
        network: The first network, as `netspec.comparison.describing` says it.
    """
    nodes = data["nodes"]
    names = dict(nodes["renamed"])
    gone = {each["name"] for each in nodes["removed"]}
    kept = []
    for node in network["nodes"]:
        if node["name"] in gone:
            continue
        new = {**node, "hyperparameters": dict(node["hyperparameters"])}
        new["name"] = names.get(node["name"], node["name"])
        new["inputs"] = [names.get(each, each) for each in node["inputs"]]
        for field in ("share", "folded"):
            new[field] = names.get(node[field], node[field])
        kept.append(new)
    by_name = {node["name"]: node for node in kept}
    assert len(by_name) == len(kept)
    for change in nodes["changed"]:
        node = by_name[change["name"]]
        said = change["said_otherwise"]
        for field, both in {**change["changes"], **{k: said[k] for k in ("kind", "inputs") if k in said}}.items():
            node[field] = both["to"]
        options = {**change["hyperparameters"], **{k: v for k, v in said.items() if k not in ("kind", "inputs")}}
        for name, both in options.items():
            assert node["hyperparameters"].get(name, _NOTHING) == both.get("from", _NOTHING)
            node["hyperparameters"].pop(name, None)
            if "to" in both:
                node["hyperparameters"][name] = both["to"]
    moves = {each["name"]: each["after"] for each in nodes["moved"]}
    order = [node["name"] for node in kept if node["name"] not in moves]
    for each in nodes["added"]:
        by_name[each["name"]] = {name: value for name, value in each.items() if name != "after"}
    arriving = {**moves, **{each["name"]: each["after"] for each in nodes["added"]}}
    order = _placed(order, arriving)
    inputs = network["inputs"] if data["inputs"] is None else data["inputs"]["to"]
    outputs = network["outputs"] if data["outputs"] is None else data["outputs"]["to"]
    return {
        "nodes": [by_name[name] for name in order],
        "inputs": [names.get(name, name) for name in inputs] if data["inputs"] is None else inputs,
        "outputs": [names.get(name, name) for name in outputs.values()] if data["outputs"] is None else outputs,
    }


_NOTHING = object()


def _placed(order: list[str], arriving: dict[str, str | None]) -> list[str]:
    """Put names behind those that they stand behind."""
    behind: dict[str | None, str] = {after: name for name, after in arriving.items()}
    assert len(behind) == len(arriving)
    found: list[str] = []

    def put(name: str | None) -> None:
        while (name := behind.get(name)) is not None:
            found.append(name)

    put(None)
    for name in order:
        found.append(name)
        put(name)
    return found
