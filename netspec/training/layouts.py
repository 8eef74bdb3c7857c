"""Model parallelism: which weights lie in parts on several devices, by patterns of their names.

A weight's name is the path of its node and, behind a `/`, what Keras calls it within the layer: `encoder.dense_1/kernel`,
`attention_1/query/kernel`. A pattern that matches nothing would leave everything whole on every device, in silence; here it is
an error.
"""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

from netspec.backends.keras.types import Keras, KerasObject, KerasVariable
from netspec.diagnostics.problems import SpecError
from netspec.diagnostics.words import did_you_mean, listing, show
from netspec.spec.training_settings import ModelParallel
from netspec.training.devices import all_devices
from netspec.training.hosts import Hosts
from netspec.training.plan import Plan

BATCH = "batch"  # the axis of a mesh along which batches are shared; the first where none is called so
OPTION = "distribute"
MANY = 9  # names in a message

Axes = tuple[str | None, ...]


class Layouts:
    """The layouts of a plan. Raises SpecError where they do not fit the devices or each other."""

    def __init__(self, plan: Plan, how: ModelParallel) -> None:
        self._plan = plan
        self._mesh = how.mesh
        self._layout = how.layout
        self._nodes = {node.layer: node.path for node in plan.graph.nodes}
        self._seen: dict[str, tuple[int, ...]] = {}  # the weights there are, and their shapes
        self._matched: set[str] = set()
        self._wrong: list[str] = []
        known = tuple(how.mesh)
        for pattern, axes in how.layout.items():
            for axis in axes:
                if axis is not None and axis not in known:
                    raise self._refusal(
                        f"`layout` shares {show(pattern)} along {show(axis)}, and `mesh` has {listing(known)}"
                        f"{did_you_mean(axis, known)}"
                    )
            named = [axis for axis in axes if axis is not None]
            if len(set(named)) < len(named):
                raise self._refusal(f"`layout` shares two dimensions of {show(pattern)} along the same axis")

    @property
    def _batch_axis(self) -> str:
        return BATCH if BATCH in self._mesh else next(iter(self._mesh))

    def distribution(self, keras: Keras, hosts: Hosts) -> KerasObject:
        """Keras's distribution, for all devices."""
        names = all_devices()
        needed = math.prod(self._mesh.values())
        if needed != len(names):
            sizes = " times ".join(str(size) for size in self._mesh.values())
            raise self._refusal(f"`mesh` has {sizes} = {needed} devices, and there are {len(names)}")
        replicas = self._mesh[self._batch_axis]
        if hosts.count > replicas and hosts.count % replicas:
            raise self._refusal(
                f"{hosts.count} processes cannot share {replicas} parts of a batch; give `mesh` a `{self._batch_axis}` "
                f"that divides them"
            )
        mesh = keras.distribution.DeviceMesh(
            shape=tuple(self._mesh.values()), axis_names=list(self._mesh), devices=names
        )
        base: KerasObject = keras.distribution.ModelParallel

        class ByPattern(base):  # type: ignore[misc]  # Keras ships no types
            """Lays weights out by the patterns of a spec."""

            def get_variable_layout(parallel, variable: KerasVariable) -> KerasObject:  # noqa: N805 - `self` is the plan's
                return keras.distribution.TensorLayout(self._axes_of(variable), mesh)

        layout_map = keras.distribution.LayoutMap(mesh)
        return ByPattern(layout_map=layout_map, batch_dim_name=self._batch_axis, auto_shard_dataset=hosts.count == 1)

    def _axes_of(self, variable: KerasVariable) -> Axes:
        """Along which axis each dimension of a variable is shared. What is wrong is kept for `check`."""
        shape = tuple(variable.shape)
        whole = (None,) * len(shape)
        layer, _, rest = variable.path.partition("/")
        if layer not in self._nodes or "seed_generator" in rest:
            return whole
        name = f"{self._nodes[layer]}/{rest}"
        self._seen[name] = shape
        patterns = [pattern for pattern in self._layout if fnmatchcase(name, pattern)]
        self._matched.update(patterns)
        if not patterns:
            return whole
        axes = self._layout[patterns[0]]
        wrong = self._misfit(name, shape, axes) if len(patterns) == 1 else f"`{name}` is meant by {listing(patterns)}"
        if wrong:
            self._wrong.append(wrong)
            return whole
        return axes

    def _misfit(self, name: str, shape: tuple[int, ...], axes: Axes) -> str:
        if len(axes) != len(shape):
            return f"`{name}` is {list(shape)}, and its layout has {len(axes)} axes; it takes one for each dimension, or null"
        for size, axis in zip(shape, axes, strict=True):
            if axis is not None and size % self._mesh[axis]:
                return (
                    f"`{name}` is {list(shape)}, and {size} cannot be cut into {self._mesh[axis]} parts along `{axis}`"
                )
        return ""

    def check(self) -> None:
        """Raise SpecError where a pattern matched nothing, or what it matched does not divide."""
        for pattern in self._layout:
            if pattern not in self._matched:
                names = tuple(self._seen)
                near = did_you_mean(pattern, names) or f"; the weights are {listing(names[:MANY])}" + (
                    f" and {len(names) - MANY} more" if len(names) > MANY else ""
                )
                raise self._refusal(f"`layout` names {show(pattern)}, and no weight is called so{near}")
        if self._wrong:
            raise self._refusal(self._wrong[0])

    def _refusal(self, message: str) -> SpecError:
        return self._plan.refusal("NS717", message, OPTION)
