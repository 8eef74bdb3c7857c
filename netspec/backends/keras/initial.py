"""Initial values of weights, found faster than Keras finds them.

While a layer makes its weights, each of its initialisers that is known here gives values of its law that are drawn here,
from its own seed; afterwards it is what it was. What is not known is left to Keras.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from netspec.backends.keras import draws
from netspec.backends.keras.types import Keras, KerasLayer, KerasObject, KerasTensor

Tensor = Callable[["draws.Array"], KerasTensor]  # makes a tensor of an array that nobody writes to
Law = Callable[[KerasObject, Sequence[int]], "draws.Array"]  # what an initialiser, which has a seed, draws


def _variance_scaling(own: KerasObject, shape: Sequence[int]) -> draws.Array:
    fan_in, fan_out = draws.fans(shape, getattr(own, "input_axes", None), getattr(own, "output_axes", None))
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[own.mode]
    variance = own.scale / max(1.0, fan)
    if own.distribution == "truncated_normal":
        return draws.truncated_normal(own.seed, shape, 0.0, math.sqrt(variance) / draws.CUT_DEVIATION)
    if own.distribution == "untruncated_normal":
        return draws.normal(own.seed, shape, 0.0, math.sqrt(variance))
    limit = math.sqrt(3 * variance)
    return draws.uniform(own.seed, shape, -limit, limit)


CONSTANTS: dict[str, Callable[[KerasObject], float]] = {
    "Zeros": lambda own: 0.0,
    "Ones": lambda own: 1.0,
    "Constant": lambda own: float(own.value),
}
LAWS: dict[str, Law] = {
    "RandomUniform": lambda own, shape: draws.uniform(own.seed, shape, own.minval, own.maxval),
    "RandomNormal": lambda own, shape: draws.normal(own.seed, shape, own.mean, own.stddev),
    "TruncatedNormal": lambda own, shape: draws.truncated_normal(own.seed, shape, own.mean, own.stddev),
    "Orthogonal": lambda own, shape: draws.orthogonal(own.seed, shape, own.gain),
    "VarianceScaling": _variance_scaling,
    "GlorotUniform": _variance_scaling,
    "GlorotNormal": _variance_scaling,
    "HeUniform": _variance_scaling,
    "HeNormal": _variance_scaling,
    "LecunUniform": _variance_scaling,
    "LecunNormal": _variance_scaling,
}


class Initial:
    """Where the initial values of one build come from."""

    def __init__(self, keras: Keras, tensor: Tensor, *, shares: bool, draw: bool = True) -> None:
        """Variables may share a tensor where the backend `shares`. Without `draw`, what would be random is zero."""
        known = keras.initializers
        self._tensor = tensor
        self._shares = shares
        self._draw = draw
        self._layer = keras.layers.Layer
        self._quick: dict[type, type] = {}  # by Keras's own class
        for name, value in CONSTANTS.items():
            self._replace(getattr(known, name), partial(self._constant, value))
        for name, law in LAWS.items():
            self._replace(getattr(known, name), partial(self._random, law))
        self._own = {quick: own for own, quick in self._quick.items()}
        self._copied = False  # has a layer copied an initialiser, maybe for layers that it makes?
        self._made: dict[tuple[Sequence[int], float], KerasTensor] = {}

    @contextmanager
    def at_hand(self, layers: Sequence[KerasLayer]) -> Iterator[None]:
        """While the layers are built, their initialisers, and those of the layers in them, are quick."""
        # Their class is changed, not they: Keras asks what they are, and copies them, in ways of its own.
        changed = [value for value in self._held(layers) if type(value) in self._quick]
        for initializer in changed:
            initializer.__class__ = self._quick[type(initializer)]
        try:
            yield
        finally:
            if self._copied:
                changed += self._held(layers)
                self._copied = False
            for value in changed:
                if type(value) in self._own:
                    value.__class__ = self._own[type(value)]

    def _replace(self, own: KerasObject, values: Callable[[KerasObject, tuple[int, ...]], KerasTensor]) -> None:
        initial = self

        class Quick(own):  # type: ignore[misc]
            """One of Keras's initialisers, whose values come from here."""

            def __call__(self, shape: Sequence[int], dtype: str | None = None) -> KerasTensor:
                if dtype != "float32" or not isinstance(getattr(self, "seed", 0), int):
                    return super().__call__(shape, dtype)
                return values(self, tuple(shape))

            @classmethod
            def from_config(cls, config: dict[str, object]) -> KerasObject:
                initial._copied = True
                return super().from_config(config)

        self._quick[own] = Quick

    def _random(self, law: Law, initializer: KerasObject, shape: tuple[int, ...]) -> KerasTensor:
        return self._tensor(law(initializer, shape)) if self._draw else self._filled(shape, 0.0)

    def _constant(
        self, value: Callable[[KerasObject], float], initializer: KerasObject, shape: tuple[int, ...]
    ) -> KerasTensor:
        return self._filled(shape, value(initializer))

    def _filled(self, shape: tuple[int, ...], value: float) -> KerasTensor:
        key = (shape, value)
        if key in self._made:
            return self._made[key]
        made = self._tensor(draws.filled(shape, value))
        if self._shares:
            self._made[key] = made
        return made

    def _held(self, layers: Sequence[KerasLayer]) -> Iterator[object]:
        """What the layers have as attributes, and what the layers in them have: cells, projections, what a wrapper wraps."""
        waiting, seen = list(layers), set()
        while waiting:
            layer = waiting.pop()
            if id(layer) in seen:
                continue
            seen.add(id(layer))
            for value in vars(layer).values():
                yield value
                if isinstance(value, self._layer):
                    waiting.append(value)
                elif isinstance(value, (list, tuple)):
                    waiting.extend(item for item in value if isinstance(item, self._layer))
