"""A graph as a Python script that builds the same model with Keras alone.

Each kind's lowering is run against a stand-in for Keras that writes down what is called instead of calling it. So a
script says exactly what `build` does, and a kind needs no second description.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from math import isinf
from pathlib import PurePath

from netspec.backends.keras.lowering import lowered, uncounted
from netspec.backends.keras.naming import NAMED
from netspec.diagnostics.words import printable
from netspec.graph.model import Graph
from netspec.kinds.keras_types import Lowered
from netspec.kinds.kind import Part
from netspec.outputs import SCRIPT_HEAD

_LAYER = re.compile(r"(keras|netspec)\.layers\.\w+\(.*\)\Z", re.DOTALL)
_TAKEN = ("float", "keras", "model", "named", "netspec")  # what a script says itself
_NAMED = re.compile(r"\bname='(\w+)'")


_OPERATION = re.compile(r"\bkeras\.ops\.(?:image\.)?(\w+)\(")
_ITEM = re.compile(r"\w\[")


class _Written:
    """An expression of the script: a module, a layer, a tensor."""

    def __init__(self, text: str, script: _Script) -> None:
        self.text = text
        self.script = script

    @property
    def netspec_layers(self) -> _Written:
        """Where a lowering finds netspec's own layers."""
        return _Written("netspec.layers", self.script)

    def layers_in(self, module: str) -> _Written:
        """Where a lowering finds the layers of a package of kinds, which the script then imports."""
        self.script.modules[module] = None
        return _Written(module, self.script)

    def __getattr__(self, name: str) -> _Written:
        return _Written(f"{self.text}.{name}", self.script)

    def __call__(self, *values: object, **named: object) -> _Written:
        if self.script.sharing and self.script.makes_layer(self.text):
            return self.script.layer(self.text)(*values, **named)
        given = [_literal(v) for v in values] + [f"{k}={_literal(v)}" for k, v in named.items()]
        return _Written(f"{self.text}({', '.join(given)})", self.script)

    def __getitem__(self, index: object) -> _Written:
        return _Written(f"{self.text}[{_index(index)}]", self.script)

    def __truediv__(self, other: object) -> _Written:
        return _Written(f"({self.text} / {_literal(other)})", self.script)


class _Script:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names: dict[int, str] = {}
        self.tensors = frozenset(_variable(node.layer) for node in graph.nodes)
        self.layers: dict[int, Lowered] = {}
        self.outputs: dict[int, str] = {}  # the variables that hold all outputs of a node
        self.shared = {node.share for node in graph.nodes if node.share is not None}
        # Layers' names as Keras counts those of its operations: `multiply_1` would be one of `keras.ops.multiply`.
        self.counted = {uncounted(node.layer) for node in graph.nodes}
        self.names_operations = False
        self.frozen: dict[str, None] = {}  # names of layers, in order
        self.sharing = False  # does the node at hand share its layers with another?
        self.modules: dict[str, None] = {}  # of packages of kinds, in which layers lie
        self.variables: dict[str, str] = {}  # of shared layers, by what makes them
        self.written: list[str] = []

    def makes_layer(self, text: str) -> bool:
        """Does an expression make a layer?"""
        packaged = text.endswith(")") and any(text.startswith(f"{module}.") for module in self.modules)
        return packaged or _LAYER.match(text) is not None

    def layer(self, text: str) -> _Written:
        """The variable of a shared layer, which is made where it is first needed."""
        if text not in self.variables:
            named = _NAMED.search(text)
            name = self._free(f"{_variable(named[1]) if named else f'shared_{len(self.variables)}'}_layer")
            self.variables[text] = name
            self.written.append(f"{self.variables[text]} = {text}")
        return _Written(self.variables[text], self)

    def _free(self, name: str) -> str:
        """A variable of that name, which no tensor bears."""
        while name in self.tensors:
            name += "_"
        return name

    def note_operations(self, text: str) -> None:
        """Remember whether Keras may give an operation a name that a layer bears."""
        found = _OPERATION.findall(text)
        found += ["get_item"] * bool(_ITEM.search(text)) + ["true_divide"] * (" / " in text)
        self.names_operations |= not self.counted.isdisjoint(map(uncounted, found))

    def lines(self) -> Iterator[str]:
        graph = self.graph
        for index in sorted(graph.used() | set(graph.inputs)):
            node = graph.nodes[index]
            name = self.names[index] = _variable(node.layer)
            if node.is_input:
                yield f"{name} = keras.Input({node.shape!r}, dtype={node.dtype!r}, name={node.layer!r})"
                continue
            if isinstance(node.config, Part):
                yield f"{name} = {self.outputs[node.inputs[0]]}[{node.config.index + 1}]"
                continue
            owner = graph.owner(index)
            if owner not in self.layers:
                self.layers[owner] = lowered(_Written("keras", self), graph, owner)
            self.sharing = owner in self.shared
            given = [_Written(self.names[i], self) for i in node.inputs or graph.anchor(node)]
            made = self.layers[owner](given[0] if len(given) == 1 else given)
            self.note_operations(made.text)
            yield from self.written
            self.written.clear()
            if node.config is not None and node.config.part_names():
                outputs = self.outputs[index] = self._free(f"{name}_outputs")
                yield f"{outputs} = {made.text}"
                yield f"{name} = {outputs}[0]"
            else:
                yield f"{name} = {made.text}"
            if not node.trainable and any(node.weights):
                self.frozen[graph.nodes[owner].layer] = None


def script(graph: Graph, path: str) -> str:
    """The script's text."""
    writer = _Script(graph)
    body = list(writer.lines())
    names = [writer.names[i] for i in graph.inputs]
    inputs = (
        names[0]
        if len(names) == 1
        else "{" + ", ".join(f"{graph.nodes[i].path!r}: {writer.names[i]}" for i in graph.inputs) + "}"
    )
    made = {name: writer.names[i] for name, i in graph.outputs.items()}
    outputs = (
        next(iter(made.values())) if len(made) == 1 else "{" + ", ".join(f"{k!r}: {v}" for k, v in made.items()) + "}"
    )
    text = "\n".join(body)
    ends = f"*named({inputs}, {outputs})" if writer.names_operations else f"{inputs}, {outputs}"
    own = [f"import {module}" for module in writer.modules]
    own += ["import netspec.layers"] if "netspec.layers." in text else []
    freeze = [f"model.get_layer({name!r}).trainable = False" for name in writer.frozen]
    return "\n".join(
        [
            SCRIPT_HEAD.format(name=graph.name, source=printable(PurePath(path).name)),
            "",
            "import keras",
            *own,
            *(["", "", NAMED, "", ""] if writer.names_operations else [""]),
            text,
            "",
            f"model = keras.Model({ends}, name={graph.model_name!r})",
            *freeze,
            "",
            'if __name__ == "__main__":',
            "    model.summary()",
            "",
        ]
    )


def _variable(layer: str) -> str:
    """A layer's name as a variable that is none of the script's own words; two names never become one."""
    word = layer.rstrip("_")
    if word in _TAKEN or keyword.iskeyword(word) or (word.startswith("__") and word != layer):
        return f"{layer}_"
    return layer if layer.isidentifier() else f"_{layer}"


def _literal(value: object) -> str:
    if isinstance(value, _Written):
        return value.text
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, float) and isinf(value):
        return f'float("{value}")'
    return repr(value)


def _index(index: object) -> str:
    if isinstance(index, tuple):
        return ", ".join(map(_index, index))
    if index is Ellipsis:
        return "..."
    if isinstance(index, slice):
        parts = ["" if v is None else str(v) for v in (index.start, index.stop)]
        return ":".join(parts) + (f":{index.step}" if index.step not in (None, 1) else "")
    return repr(index)
