"""Which nodes blocks and compositions made, and where they end."""

from __future__ import annotations

from netspec.pipeline import check_text

TEXT = """\
netspec: 1
input: [8, 8, 4]
blocks:
  Pair:
    layers: [relu, {skip: [{1x1: 4}, relu]}]
  Nothing:
    layers: []
layers:
  - Pair: {repeat: 2}
  - Nothing
  - head: {name: aux, body: [Pair, global_pool]}
  - inception: {branches: {one: [{1x1: 2}]}}
  - inception: {branches: {one: [{1x1: 2}], two: []}}
  - Pair: {when: false}
"""


def test_groups() -> None:
    graph = check_text(TEXT).graph
    assert graph is not None
    names = [node.path for node in graph.nodes]
    found = {
        path: (group.span.line, names[group.start : group.stop], [names[end] for end in group.ends])
        for path, group in graph.groups.items()
    }
    pair = ["relu_1", "skip_1.conv1x1_1", "skip_1.relu_1", "skip_1"]
    inside = {path: [f"{path}.{name}" for name in pair] for path in ("Pair_1", "Pair_2", "aux.Pair_1")}
    assert found == {
        **{f"{path}.skip_1": (5, nodes[1:], nodes[3:]) for path, nodes in inside.items()},
        **{path: (11 if "aux" in path else 9, nodes, nodes[3:]) for path, nodes in inside.items()},
        "Nothing_1": (10, [], ["Pair_2.skip_1"]),
        "aux": (11, [*inside["aux.Pair_1"], "aux.global_pool_1"], ["aux.global_pool_1"]),
        "inception_1": (12, ["inception_1.one.conv1x1_1"], ["inception_1.one.conv1x1_1"]),
        "inception_2": (13, ["inception_2.one.conv1x1_1", "inception_2"], ["inception_2"]),
    }
