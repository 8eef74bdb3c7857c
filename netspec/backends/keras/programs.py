"""Models of other frameworks to be imported: ONNX files, which ONNX Runtime runs, and what PyTorch exported, which PyTorch runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.importing import import_keras
from netspec.backends.keras.onnx_file import OnnxError
from netspec.backends.keras.onnx_file import run as run_onnx
from netspec.backends.keras.types import Keras, KerasLayer
from netspec.conversion.model import ConversionError
from netspec.conversion.nodes import Flat
from netspec.conversion.operators.converting import Converted, converted
from netspec.conversion.operators.onnx_reading import in_float32_bytes, read_onnx
from netspec.conversion.operators.program import Given, Program
from netspec.conversion.operators.torch_program import program_of
from netspec.conversion.operators.torch_reading import Exported, read_exported
from netspec.conversion.original import Difference
from netspec.graph.model import Graph

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

EXAMPLES = 2
SIZE = 8  # of an axis whose size is open, in a comparison
# Of the largest output. Another runtime sums in another order: over the operators of a deep network that comes to more than
# the 1e-5 within which Keras agrees with itself, and as an export may differ, so may an import.
TOLERANCE = 1e-4
Runs = Callable[[Mapping[str, "Array"]], Sequence["Array"]]


class OnnxFile:
    """An ONNX file.

    Args:
        path: The file.
        compared: Will there be a comparison? Only then is ONNX Runtime wanted.
        partial: Are nodes to stand for what cannot be said?
    """

    form = "an ONNX file"
    holds_weights = True

    def __init__(self, path: Path, *, compared: bool, partial: bool = False) -> None:
        self._path = path
        self._compared = compared
        self._partial = partial
        self._read: _Read | None = None

    def flat(self) -> Flat:
        """Its nodes. Raises ConversionError, Inconvertible."""
        program = read_onnx(self._path)
        self._read = _Read(program, converted(program, partial=self._partial))
        if self._compared:
            try:
                import onnxruntime  # noqa: F401
            except ImportError:
                raise ConversionError(
                    "ONNX Runtime, which runs it for the comparison, is not installed: pip install 'netspec-keras[onnx]'; "
                    "`--no-check` converts it uncompared"
                ) from None
        return self._read.made.flat

    @property
    def precision(self) -> str:
        """In which it computes."""
        return "float32" if self._read is None else self._read.program.precision

    def comparison(self, flat: Flat, graph: Graph, paths: Mapping[str, str]) -> Comparison:
        """Of the file with the network of a spec."""
        assert self._read is not None

        def runs(given: Mapping[str, Array]) -> Sequence[Array]:
            model = self._path if self.precision == "float32" else in_float32_bytes(self._path)
            try:
                return run_onnx(model, given, "it")
            except OnnxError as error:
                raise ConversionError(f"{error}; `--no-check` converts it uncompared") from None

        return Comparison(import_keras(), self._read, flat, graph, paths, runs)


class TorchProgram:
    """A program that PyTorch exported.

    Args:
        path: The file.
        compared: Will there be a comparison? Only then is PyTorch wanted.
        partial: Are nodes to stand for what cannot be said?
    """

    form = "a program that PyTorch exported"
    holds_weights = True

    def __init__(self, path: Path, *, compared: bool, partial: bool = False) -> None:
        self._path = path
        self._compared = compared
        self._partial = partial
        self._exported: Exported | None = None
        self._read: _Read | None = None

    def flat(self) -> Flat:
        """Its nodes. Raises ConversionError, Inconvertible."""
        self._exported = read_exported(self._path)
        program = program_of(self._exported)
        self._read = _Read(program, converted(program, partial=self._partial))
        if self._compared:
            try:
                import torch  # noqa: F401
            except ImportError:
                raise ConversionError(
                    "PyTorch, which runs it for the comparison, is not installed: pip install 'netspec-keras[torch]'; "
                    "`--no-check` converts it uncompared"
                ) from None
        return self._read.made.flat

    @property
    def precision(self) -> str:
        """In which it computes."""
        return "float32" if self._read is None else self._read.program.precision

    def comparison(self, flat: Flat, graph: Graph, paths: Mapping[str, str]) -> Comparison:
        """Of the program with the network of a spec."""
        from netspec.backends.keras.torch_running import run

        exported = self._exported
        assert exported is not None
        assert self._read is not None
        return Comparison(import_keras(), self._read, flat, graph, paths, lambda given: run(exported, given))


class _Read(NamedTuple):
    """A program, and what it became."""

    program: Program
    made: Converted


class Comparison:
    """A program beside the network of a spec, which has its weights.

    Args:
        keras: The module.
        read: The program, and what it became.
        flat: Its nodes.
        graph: The network of the spec.
        paths: Where each node is in it.
        runs: Runs the program on its inputs, by their names.
    """

    def __init__(
        self, keras: Keras, read: _Read, flat: Flat, graph: Graph, paths: Mapping[str, str], runs: Runs
    ) -> None:
        self.keras = keras
        self.read = read
        self.flat = flat
        self.runs = runs
        self.network = compile_graph(graph, initialize=False)
        self.paths = paths
        self.layers: dict[str, KerasLayer] = {layer.name: layer for layer in self.network.layers}

    def difference(self) -> Difference | None:
        """The first one found; None where they are equal: in their weights, and in what they make of the same numbers."""
        return self._copied() or self._outputs()

    def weights(self) -> dict[str, Array]:
        """The program's weights, by the paths of the spec's nodes."""
        import numpy as np

        found = {}
        for name in self.read.made.weights:
            for weight in self._layer(name).weights:
                found[f"{self.paths[name]}/{weight.name}"] = np.asarray(self.keras.ops.convert_to_numpy(weight))
        return found

    def _layer(self, name: str) -> KerasLayer:
        return self.layers[self.paths[name].replace(".", "_")]

    def _copied(self) -> Difference | None:
        """Give the network the program's weights, node for node."""
        copied = 0
        for name, weights in self.read.made.weights.items():
            layer = self._layer(name)
            here, there = ([tuple(each.shape) for each in arrays] for arrays in (layer.weights, weights))
            if here != there:
                return Difference(f"has the weights {here}, and the model {there}", name)
            layer.set_weights(list(weights))
            copied += sum(each.size for each in weights)
        count = self.network.count_params()
        if count != copied:
            return Difference(f"the network has {count:,} weights, and the model {copied:,}")
        return None

    def _outputs(self) -> Difference | None:
        import numpy as np

        given = numbers_for(self.read.program.inputs)
        theirs = self.runs(given)
        made = self.read.made
        mine = {
            each.name: given[each.origin].transpose(made.inputs[each.origin]).astype(each.dtype)
            for each in self.flat.inputs
        }
        result = self.network(mine if len(mine) > 1 else next(iter(mine.values())), training=False)
        # A list of outputs is in the spec's order, a map by their names.
        outputs = list(made.flat.outputs)
        found = [result[name] for name in outputs] if isinstance(result, Mapping) else self.keras.tree.flatten(result)
        for name, other, own in zip(outputs, theirs, found, strict=True):
            expected = np.asarray(other)
            if expected.ndim == len(made.outputs[name]):
                expected = expected.transpose(made.outputs[name])
            array = self.keras.ops.convert_to_numpy(own)
            if expected.shape != array.shape:
                return Difference(
                    f"the output `{name}` has the shape {list(array.shape)}, and the model's {list(expected.shape)}"
                )
            apart = float(np.abs(array.astype("float64") - expected.astype("float64")).max(initial=0.0))
            largest = float(np.abs(expected.astype("float64")).max(initial=0.0))
            if not apart <= TOLERANCE * max(largest, 1e-30):
                return Difference(f"the output `{name}` differs by {apart:.3g}, its largest number being {largest:.3g}")
        return None


def numbers_for(inputs: Sequence[Given]) -> dict[str, Array]:
    """Random numbers for a program, by its inputs' names."""
    import numpy as np

    rng = np.random.default_rng(0)
    found: dict[str, Array] = {}
    for given in inputs:
        sizes = [size if size is not None else EXAMPLES if axis == 0 else SIZE for axis, size in enumerate(given.sizes)]
        floats = given.dtype == "float32"
        found[given.name] = (
            rng.random(sizes).astype("float32") if floats else rng.integers(0, 2, sizes).astype(given.dtype)
        )
    return found
