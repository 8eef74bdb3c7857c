"""How much a step makes, as far as that shows before it is walked: so that what is too large is refused at once."""

from __future__ import annotations

from netspec.expressions import ExpressionError
from netspec.graph.elaboration.lookups import Params
from netspec.spec.document import Block, ConditionalBody, Step

MAX_BODIES = 100  # bodies within bodies, blocks' included
MAX_PATH = 1_000  # characters of the names of the bodies that a node stands in


class Expansion:
    """Counts what steps make; each is counted once, however often it is asked for."""

    def __init__(self, params: Params, blocks: dict[str, Block]) -> None:
        self.params = params
        self.blocks = blocks
        self.found: dict[int, int] = {}

    def once(self, step: Step, depth: int = 0) -> int:
        """At least how much one repetition makes, nodes and bodies."""
        if step.block is None and (step.cls is None or not step.cls.composition):
            return 1
        if depth > MAX_BODIES:
            return 1  # refused for its depth when the walk comes there
        key = id(step)
        found = self.found.get(key)
        if found is None:
            self.found[key] = 1  # a recursive block is refused elsewhere
            bodies: list[tuple[Step, ...]] = []
            if step.block is not None:
                block = self.blocks.get(step.block)
                bodies = [block.body] if block is not None else []
            for given in step.values.values():
                if isinstance(given.value, tuple) and given.value and isinstance(given.value[0], Step):
                    bodies.append(given.value)
                elif isinstance(given.value, dict):
                    bodies.extend(
                        b for b in given.value.values() if isinstance(b, tuple) and not isinstance(b, ConditionalBody)
                    )
            inner = sum(self._repeats(s) * self.once(s, depth + 1) for body in bodies for s in body)
            found = self.found[key] = 1 + inner
        return found

    def whole(self, step: Step) -> int:
        """At least how much all its repetitions make."""
        return self._repeats(step) * self.once(step)

    def _repeats(self, step: Step) -> int:
        if step.when is not None:
            return 0
        if step.repeat is None:
            return 1
        try:
            count = self.params.evaluate(step.repeat, self.params.lookup)
        except ExpressionError:
            return 1
        return count if isinstance(count, int) else 1
