"""Pairs of networks, and what must be true of their difference."""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from netspec.comparison.data import as_data
from netspec.comparison.differences import Difference
from netspec.comparison.markdown import as_markdown
from netspec.comparison.text import as_text
from netspec.diagnostics.problems import Problems
from netspec.graph.model import Graph
from netspec.pipeline import check, check_text
from netspec.syntax.reading import read
from netspec.syntax.tree import plain
from tests.support.applying import applied
from tests.support.oddities import slipped
from tests.support.small import SMALL

SPECS = Path(__file__).parent.parent.parent / "specs"
CELL = re.compile(r"(forward|backward)_.*/(\w+)")  # of a recurrent layer that runs both ways


class Both(NamedTuple):
    """Two networks, and what they are called."""

    name: str
    first: Graph
    second: Graph


def variants(path: Path, *, every: bool) -> Iterator[Both]:
    """The variants of a spec, each with each, or with the one before; small ones of those that `SMALL` knows."""
    document = check(path, repairs=False).document
    assert document is not None
    graphs = {}
    for name in (None, *document.variants):
        spec = check(path, variant=name, repairs=False)
        if spec.ok and spec.graph is not None:
            graphs[name] = spec.graph
    pairs = itertools.permutations(graphs, 2) if every else itertools.pairwise(graphs)
    for one, other in pairs:
        yield Both(f"{path.stem} {one} {other}", graphs[one], graphs[other])


def edited(seed: str, count: int, *, small: bool = False) -> Iterator[Both]:
    """Specs of the zoo before and after random changes of one or a few nodes."""
    rng = random.Random(seed)
    paths = [path for path in sorted(SPECS.glob("*.yaml")) if not small or path.stem in SMALL]
    while count:
        path = rng.choice(paths)
        tree = read(path, Problems()).tree
        assert tree is not None
        document: Any = plain(tree)
        variant, params = SMALL[path.stem] if small else (rng.choice([None, *document.get("variants", {})]), {})
        chosen: dict[str, Any] = {"params": params, "variant": variant} if params else {"variant": variant}
        if params and variant is not None:
            document["params"] = {**document.get("params", {}), **document["variants"][variant], **params}
            chosen = {}
        document.pop("limits", None)
        try:
            changed = slipped(document, rng)
        except (KeyError, AttributeError, TypeError):  # a form that the changes do not know
            continue
        before, after = (
            check_text(json.dumps(each, default=lambda _: None), path.stem, repairs=False, folder=str(SPECS), **chosen)
            for each in (document, changed)
        )
        if before.ok and after.ok and before.graph is not None and after.graph is not None:
            count -= 1
            yield Both(f"{path.stem} {variant} of {seed}, {count} left", before.graph, after.graph)


def renamed(graph: Graph) -> Graph:
    """The same network, every node of which is called otherwise."""
    nodes = tuple(node._replace(path=".".join(f"x{part}" for part in node.path.split("."))) for node in graph.nodes)
    return graph._replace(nodes=nodes, outputs={f"x{name}": index for name, index in graph.outputs.items()})


def chain(changes: int = 0) -> Graph:
    """A network of 20,000 nodes one after the other, and after so many changes some more."""
    layers: list[Any] = []
    for _ in range(5000):
        layers += [{"conv": {"filters": 8, "kernel_size": 3, "padding": "same"}}, "batch_norm", "relu", {"1x1": 8}]
    draws = random.Random(changes)
    for _ in range(changes):
        layers.insert(draws.randrange(len(layers)), draws.choice([{"dropout": 0.1}, "gelu", {"1x1": 8}]))
    spec = check_text(json.dumps({"netspec": 1, "input": [8, 8, 8], "layers": layers}), "chain", repairs=False)
    assert spec.graph is not None
    return spec.graph


def timed() -> Iterator[Both]:
    """Pairs whose comparison must not take long."""
    nasnet = check(SPECS / "nasnet.yaml", repairs=False).graph
    assert nasnet is not None
    yield Both("nasnet, renamed", nasnet, renamed(nasnet))
    first = chain()
    for changes in (0, 1, 300, 3000):
        yield Both(f"20,000 nodes, {changes} changes", first, chain(changes))


def complaints(both: Both) -> Iterator[str]:
    """What is wrong with the difference of two networks; nothing is hoped for."""
    difference = Difference(both.first, both.second)
    data = json.loads(json.dumps(as_data(difference, "a", "b")))
    was, now = (json.loads(json.dumps(each.network())) for each in difference.describers)
    now["outputs"] = list(now["outputs"].values()) if data["outputs"] is None else now["outputs"]
    found = applied(data, was)
    for part in ("nodes", "inputs", "outputs"):
        if found[part] != now[part]:
            yield f"{both.name}: {part} are others once the difference is applied"
    same = not any((difference.added, difference.removed, data["inputs"], data["outputs"], data["sections"]))
    same = same and not any(each["changes"] or each["hyperparameters"] for each in data["nodes"]["changed"])
    if data["same"] is not same:
        yield f"{both.name}: said to be the same: {data['same']}"
    lines = as_text(difference, "a", "b").splitlines()
    if len(lines) > 75 or (not same and len(lines) < 2):
        yield f"{both.name}: {len(lines)} lines"
    if not as_markdown(difference, "a", "b", renames=True).startswith("### `a`"):
        yield f"{both.name}: no heading"


def computed(both: Both, seed: int = 0) -> Iterator[str]:
    """What is wrong with what is said of weights and outputs, in Keras: they are copied by the map, and run."""
    import keras
    import numpy as np

    from netspec.backends.keras.compiling import compile_graph
    from netspec.backends.keras.weight_names import weights_of

    difference = Difference(both.first, both.second)
    data = as_data(difference, "a", "b")
    unchanged = [index for index in sorted(difference.unchanged) if not both.second.nodes[index].is_input]
    ends = [{f"o{n}": index for n, index in enumerate(indices)} for indices in (
        [difference.pairs[index] for index in unchanged] + list(both.first.outputs.values()),
        unchanged + list(both.second.outputs.values()),
    )]  # fmt: skip
    graphs = [graph._replace(outputs=outputs) for graph, outputs in zip((both.first, both.second), ends, strict=True)]
    models = [compile_graph(graph) for graph in graphs]
    draws = np.random.default_rng(seed)
    layers: list[dict[str, Any]] = [
        {node.path: model.get_layer(node.layer) for node in graph.nodes if _is_there(model, node.layer)}
        for graph, model in zip(graphs, models, strict=True)
    ]
    for layer in layers[0].values():
        for weight in layer.weights:
            weight.assign(draws.uniform(0.2, 1.0, weight.shape))
    for each in data["weights"]["carried"]:
        if each["of"] not in layers[0] or each["node"] not in layers[1]:
            continue  # no output depends on it
        mine, theirs = (
            {CELL.sub(r"\1/\2", name): weight for name, weight in weights_of(layer).items()}
            for layer in (layers[1][each["node"]], layers[0][each["of"]])
        )
        for name in each["weights"]:
            if mine[name].shape != theirs[name].shape:
                yield f"{both.name}: {each['node']} {name}: {mine[name].shape}, {theirs[name].shape}"
                return
            mine[name].assign(theirs[name])
    given = _input(both.first, draws)
    ins = [[graph.nodes[index].shape for index in graph.inputs] for graph in (both.first, both.second)]
    if ins[0] != ins[1]:
        return
    answers = []
    for graph, model in zip(graphs, models, strict=True):
        names = {graph.nodes[index].path: value for index, value in zip(graph.inputs, given, strict=True)}
        read = {
            tensor.name: names[tensor.name] for tensor in model.inputs
        }  # it has no input on which no output depends
        keras.utils.set_random_seed(seed)
        found = model(read if len(read) > 1 else next(iter(read.values())), training=False)
        answers.append(found if isinstance(found, dict) else {"o0": found})
    for n, index in enumerate(unchanged):
        one, other = (np.asarray(keras.ops.convert_to_numpy(found[f"o{n}"])) for found in answers)
        if one.tobytes() != other.tobytes():
            yield f"{both.name}: {both.second.nodes[index].path} computes something else"
            return


def _is_there(model: Any, name: str) -> bool:
    return any(layer.name == name for layer in model.layers)


def _input(graph: Graph, draws: Any) -> list[Any]:
    found = []
    for index in graph.inputs:
        node = graph.nodes[index]
        shape = (2, *(20 if size is None else size for size in node.shape or ()))
        drawn = draws.uniform(0, 1, shape) if "float" in node.dtype else draws.integers(0, 3, shape)
        found.append(drawn.astype(node.dtype))
    return found
