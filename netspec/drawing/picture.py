"""A picture as data: all that the drawing of a network needs, whatever is open in it.

`picture(spec)` makes it of a checked spec. What draws it in Python asks the object; a page gets `as_data`, which is JSON:

    {"name", "description", "path", "variant",        what is drawn
     "text",                                          the spec's text
     "totals": {"parameters", "trainable_parameters", "non_trainable_parameters", "macs", "activation_bytes"} | null,
     "nodes": N,                                      how many there are
     "problems": [{"code", "severity", "message", "line", "column", "file"?, "box"?}],
     "open": [PATH],                                  what is open at first sight
     "boxes": [BOX],                                  each before its children; the first is the network
     "edges": [[NODE, NODE]], "assumed": [NUMBER]}    edges between nodes, by their numbers; those that are likely only
    BOX: {"path", "role", "kind", "names": [NAME], "parent", "children": [BOX NUMBER], "nodes": [START, STOP], "times",
          "column": [ITEM],                           how its children stand; ITEM is a box's number or
                                                      {"columns": [[ITEM]], "main": NUMBER | null}
          "title", "rest", "macs_share", "parameters_share", "shape",    what stands in it; texts
          "width", "height", "label", "head", "head_height",                     what `placing` reckons with
          "line"?, "file"?, "parameters", "macs": N | null, "share_of_macs", "share_of_parameters",
          "problems": [NUMBER],                       in it, or in what it holds
          "given"?: TEXT,                             its hyperparameters, as a spec would write them
          "facts"?: [[NAME, TEXT]],                   of a node: input, output, window, weights, MACs, receptive field
          "sizes"?: [N | null],                       of a node: its shape
          "field"?: [N], "jump"?: [N], "input"?: NUMBER}   receptive field and jump along each dimension of an input

Numbers of boxes, nodes and problems count from 0. Roles are those of `outline`. A path among the open ones opens a box; a
repeat whose rounds hold others shows one of them for all then, and with `sight.opens_all(path)` too each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate

from netspec.diagnostics.problems import FAR, Problem, Span, is_far, near
from netspec.diagnostics.words import printable
from netspec.drawing.arrangement import Column, Row, arrange, wiring
from netspec.drawing.faces import Face, face_of
from netspec.drawing.outline import Box, outline
from netspec.graph.model import Graph, Node
from netspec.graph.receptive_field import is_beyond
from netspec.pipeline import Spec
from netspec.shapes import compact
from netspec.spec.document import Document, steps_of

Data = dict[str, object]  # what `json.dumps` takes


class Picture:
    """A network as it is drawn.

    Attributes:
        spec: The spec; with errors, its network as far as it was understood.
        graph: Its graph; an empty one where nothing was.
        boxes: The outline.
        columns: How the children of each box stand.
        edges: Which node reads which, by their indices.
        assumed: Those that are likely only, since the node is not known.
    """

    def __init__(self, spec: Spec, graph: Graph) -> None:
        self.spec = spec
        self.graph = graph
        self.boxes: tuple[Box, ...] = outline(graph, _kinds(spec.document))
        wired = wiring(graph, self.boxes)
        self.edges, self.assumed = wired.edges, wired.assumed
        self.columns: tuple[Column, ...] = arrange(self.boxes, self.edges, graph.outputs.values())
        self._faces: dict[int, Face] = {}

    @property
    def description(self) -> str:
        """What the spec says the network is."""
        return self.spec.document.description if self.spec.document is not None else ""

    # --- costs ---

    @cached_property
    def _parameters(self) -> list[int]:
        """Of all nodes before each; what is shared counts where it is first."""
        return [0, *accumulate(0 if node.share is not None else sum(node.weights) for node in self.graph.nodes)]

    @cached_property
    def _macs(self) -> list[int]:
        return [0, *accumulate(node.macs or 0 for node in self.graph.nodes)]

    @cached_property
    def _unknown(self) -> list[int]:
        """How many nodes before each have MACs that are not known."""
        return [0, *accumulate(node.macs is None for node in self.graph.nodes)]

    def parameters(self, box: Box) -> int:
        """Of what is in a box."""
        return self._parameters[box.stop] - self._parameters[box.start]

    def macs(self, box: Box) -> int | None:
        """Of what is in a box; None where those of a node are not known."""
        if self._unknown[box.stop] > self._unknown[box.start]:
            return None
        return self._macs[box.stop] - self._macs[box.start]

    def share_of_parameters(self, box: Box) -> float:
        """From 0 to 1."""
        return self.parameters(box) / max(1, self._parameters[-1])

    def share_of_macs(self, box: Box) -> float:
        """From 0 to 1; what is not known counts nothing."""
        return (self._macs[box.stop] - self._macs[box.start]) / max(1, self._macs[-1])

    # --- problems ---

    @cached_property
    def problem_places(self) -> tuple[int | None, ...]:
        """The box of each problem: that of its node, or the innermost that is written there; None of one that has none."""
        if not self.spec.problems:
            return ()
        by_path = {box.path: index for index, box in enumerate(self.boxes)}
        by_line: dict[tuple[str, int], list[int]] = {}
        for index, box in enumerate(self.boxes):
            if box.span is not None:
                by_line.setdefault((self.file(box.span), near(box.span).line), []).append(index)
        return tuple(self._place(problem, by_path, by_line) for problem in self.spec.problems)

    def _place(
        self, problem: Problem, by_path: dict[str, int], by_line: dict[tuple[str, int], list[int]]
    ) -> int | None:
        if problem.node in by_path and problem.node:
            return by_path[problem.node]
        here = by_line.get((problem.file, problem.span.line), [])
        before = [each for each in here if self._column_of(each) <= problem.span.column]
        if before:
            return max(before, key=lambda each: (self._column_of(each), -each))
        return min(here, default=None)

    def _column_of(self, box: int) -> int:
        span = self.boxes[box].span
        return 0 if span is None else span.column

    @cached_property
    def problems_in(self) -> dict[int, tuple[int, ...]]:
        """The problems in each box that has some, or in what it holds, by their numbers."""
        found: dict[int, list[int]] = {}
        for number, place in enumerate(self.problem_places):
            box = -1 if place is None else place
            while box > 0:
                found.setdefault(box, []).append(number)
                box = self.boxes[box].parent
        return {box: tuple(numbers) for box, numbers in found.items()}

    def file(self, span: Span) -> str:
        """The file in which a place is; "" of the spec itself."""
        used = self.spec.document.used if self.spec.document is not None else None
        if used is None or not is_far(span):
            return ""
        return used.files[(span.line - 1) // FAR - 1].path

    # --- faces ---

    def face(self, index: int) -> Face:
        """What stands in a box, and how large that makes it."""
        found = self._faces.get(index)
        if found is None:
            box = self.boxes[index]
            found = self._faces[index] = face_of(
                box,
                [self.graph.nodes[leaf.start] for leaf in self._alike(box)],
                self.share_of_macs(box),
                self.share_of_parameters(box),
                always=not box.is_leaf,
                shape=self.shape(box),
                marks=len(self.problems_in.get(index, ())),
            )
        return found

    def _alike(self, box: Box) -> Iterable[Box]:
        """A node, or the rounds of a repeat that are nodes."""
        if box.is_leaf:
            return (box,)
        rounds = [self.boxes[child] for child in box.children] if box.role == "repeat" else []
        return rounds if rounds and rounds[0].is_leaf else ()

    def shape(self, box: Box) -> str:
        """What leaves a box, where that is not what enters it."""
        if box.role == "network":
            return ""
        nodes = self.graph.nodes
        last = nodes[box.stop - 1]
        if last.shape is None:
            return ""
        entering = next((i for node in nodes[box.start : box.stop] for i in node.inputs if i < box.start), None)
        if entering is not None and nodes[entering].shape == last.shape:
            return ""
        return compact(last.shape)


def picture(spec: Spec) -> Picture:
    """The picture of a checked spec, which may have errors; of one that cannot be read, as far as it can be mended."""
    if spec.document is None and spec.text.strip():
        from netspec.recovery import recover

        read = recover(spec.text, None, spec).spec
        spec = spec._replace(document=read.document, graph=read.graph)
    graph = spec.graph
    if graph is None:
        graph = Graph(_name(spec.path), (), (), {}, {}, None, None, None, {}, {})
    return Picture(spec, graph)


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].partition(".")[0]


def _kinds(document: Document | None) -> dict[Span, str]:
    """What the spec calls what is written at each place."""
    if document is None:
        return {}
    bodies = (document.body, *(block.body for block in document.blocks.values()))
    return {step.span: step.kind_name for body in bodies for step in steps_of(body)}


# --- as data -----------------------------------------------------------------------------------------------------------


def as_data(drawn: Picture, opened: Iterable[str], *, facts: bool = True) -> Data:
    """The picture as JSON has it; see this module's own words for what it holds.

    Args:
        drawn: The picture.
        opened: What is open at first sight.
        facts: Say of each node what `facts_of` does. That takes as long as all else, and nothing is drawn by it.
    """
    spec, graph = drawn.spec, drawn.graph
    problems: list[Data] = []
    for problem, place in zip(spec.problems, drawn.problem_places, strict=True):
        said: Data = {
            "code": problem.code,
            "severity": problem.severity,
            "message": printable(problem.message),
            "line": problem.span.line,
            "column": problem.span.column,
        }
        if problem.file:
            said["file"] = problem.file
        if place is not None:
            said["box"] = place
        problems.append(said)
    return {
        "name": graph.name,
        "description": drawn.description,
        "path": spec.path,
        "variant": spec.request.variant,
        "text": spec.text,
        "totals": graph.totals()._asdict() if graph.outputs else None,
        "nodes": len(graph.nodes),
        "problems": problems,
        "open": list(opened),
        "boxes": [
            _box_as_data(drawn, index) | (_node_as_data(drawn, index) if facts else {})
            for index in range(len(drawn.boxes))
        ],
        "edges": [list(edge) for edge in drawn.edges],
        "assumed": [number for number, edge in enumerate(drawn.edges) if edge in drawn.assumed],
    }


def _box_as_data(drawn: Picture, index: int) -> Data:
    box, face = drawn.boxes[index], drawn.face(index)
    data: Data = {
        "path": box.path,
        "role": box.role,
        "kind": box.kind,
        "names": list(box.names),
        "parent": box.parent,
        "children": list(box.children),
        "nodes": [box.start, box.stop],
        "times": box.times,
        "column": _column_as_data(drawn.columns[index]),
        "title": face.title,
        "rest": face.rest,
        "macs_share": face.macs,
        "parameters_share": face.parameters,
        "shape": face.shape,
        "width": face.width,
        "height": face.height,
        "label": face.label,
        "head": face.head,
        "head_height": face.head_height,
        "parameters": drawn.parameters(box),
        "macs": drawn.macs(box),
        "share_of_macs": round(drawn.share_of_macs(box), 6),
        "share_of_parameters": round(drawn.share_of_parameters(box), 6),
        "problems": list(drawn.problems_in.get(index, ())),
    }
    if box.span is not None:
        data["line"] = near(box.span).line
        if file := drawn.file(box.span):
            data["file"] = file
    return data


def facts_of(drawn: Picture) -> dict[int, Data]:
    """What there is to say of each node, by its box: `given`, `facts`, `sizes`, `field`, `jump` and `input`."""
    return {index: found for index in range(len(drawn.boxes)) if (found := _node_as_data(drawn, index))}


def _column_as_data(column: Column) -> list[object]:
    return [
        {"columns": [_column_as_data(each) for each in item.columns], "main": item.main}
        if isinstance(item, Row)
        else item
        for item in column
    ]


def _node_as_data(drawn: Picture, index: int) -> Data:
    """What there is to say of a node; nothing of what holds others."""
    box, graph = drawn.boxes[index], drawn.graph
    if not box.is_leaf or box.role == "network":
        return {}
    node = graph.nodes[box.start]
    from netspec.report.arithmetic import figures
    from netspec.report.pages.options import written_options

    data: Data = {"facts": [list(fact) for fact in figures(graph, node)]}
    if node.shape is not None:
        data["sizes"] = list(node.shape)
    if node.config is not None and (given := written_options(node.config)):
        data["given"] = given
    if node.field and not is_beyond((*node.field, *(node.jump or ()))):
        data["field"] = [float(length) for length in node.field]
        if node.jump:
            data["jump"] = [float(length) for length in node.jump]
        data["input"] = _seen(graph, node)
    return data


def _seen(graph: Graph, node: Node) -> int:
    """The number of the input that its receptive field is drawn on: the first that has as many dimensions."""
    rank = len(node.field or ())
    fitting = (i for i in graph.inputs if len(graph.nodes[i].shape or ()) == rank + 1)
    return next(fitting, graph.inputs[0] if graph.inputs else 0)
