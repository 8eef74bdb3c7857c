"""What elaboration offers to a composition."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from netspec.graph.elaboration.emit import Field
from netspec.graph.elaboration.scope import Entry, Env, Scope
from netspec.graph.elaboration.walk import Elaborator
from netspec.kinds import KINDS
from netspec.kinds.kind import Repair
from netspec.spec.document import Step


class Builder:
    """What a composition is handed: see `kinds.composition.Builder`."""

    def __init__(
        self,
        elaborator: Elaborator,
        step: Step,
        name: str,
        inputs: tuple[int, ...],
        scope: Scope,
        inner: Scope,
        env: Env,
    ) -> None:
        self.elaborator = elaborator
        self.step = step
        self.name = name
        self.entering = inputs
        self.outer = scope
        self.scope = inner
        self.env = env

    def body(self, steps: tuple[Step, ...], scope: str | None = None) -> tuple[int, ...]:
        inner = self.scope if scope is None else self._named(scope)
        return self.elaborator.body(steps, self.entering, inner, self.env)

    def _named(self, name: str) -> Scope:
        twin = self.scope.twin.names.get(name) if self.scope.twin is not None else None
        inner = Scope(f"{self.scope.path}{name}.", self.scope, self.entering, twin.scope if twin is not None else None)
        self.scope.names[name] = Entry(self.entering, inner, None)
        return inner

    def node(self, word: str, name: str, inputs: tuple[int, ...], **hyperparameters: Any) -> int:
        return self._make(word, word, name, inputs, self.scope, hyperparameters)

    def finish(self, word: str, inputs: tuple[int, ...], repairs: tuple[Repair, ...] = ()) -> int:
        return self._make(self.step.word, word, self.name, inputs, self.outer, {}, repairs)

    def _make(
        self,
        shown: str,
        word: str,
        name: str,
        inputs: tuple[int, ...],
        scope: Scope,
        given: dict[str, Any],
        repairs: tuple[Repair, ...] = (),
    ) -> int:
        elaborator = self.elaborator
        defaults = elaborator.defaults_of(word, self.env, elaborator.nodes[inputs[0]])
        config = KINDS[word](**{**defaults, **given})
        twin = scope.twin.names.get(name) if scope.twin is not None else None
        original = twin.handles[-1] if twin is not None else None
        handle = elaborator.emit(shown, config, name, inputs, scope, self.env, self.step, original, None, repairs)
        if scope is self.scope:
            scope.names[name] = Entry((handle,), None, self.step)
        return handle

    def project(self, onto: tuple[int, ...], with_batch_norm: bool) -> tuple[int, ...]:
        elaborator = self.elaborator
        source, target = elaborator.nodes[self.entering[0]], elaborator.nodes[onto[-1]]
        if target.shape is None or target.shape[-1:] in ((), (None,)) or source.shape is None:
            if not (target.tainted or source.tainted):
                message = (
                    f"skip `{self.outer.path}{self.name}`: `shortcut: project` needs to know the channels of the body"
                )
                elaborator.problems.add("NS407", message, self.step.span)
            return (elaborator.poison("project", self.step.span),)
        strides = _ratio(source.jump, target.jump)
        if strides is None:
            elaborator.problems.add(
                "NS403",
                f"skip `{self.outer.path}{self.name}`: `shortcut: project` cannot follow a body"
                " that enlarges or reshapes; write the shortcut's nodes",
                self.step.span,
            )
            return (elaborator.poison("project", self.step.span),)
        inner = self._named("shortcut")
        filters = target.shape[-1]
        end = self._make(
            "1x1",
            "1x1",
            "conv1x1_1",
            self.entering,
            inner,
            {"filters": filters, "strides": strides, "padding": "valid", "rounding": "floor"},
        )
        inner.names["conv1x1_1"] = Entry((end,), None, self.step)
        if with_batch_norm:
            end = self._make("batch_norm", "batch_norm", "batch_norm_1", (end,), inner, {})
            inner.names["batch_norm_1"] = Entry((end,), None, self.step)
        self.scope.names["shortcut"] = Entry((end,), inner, None)
        return (end,)

    def holds(self, word: str, since: int) -> bool:
        return any(node.word == word for node in self.elaborator.nodes[since:])

    def size(self) -> int:
        return len(self.elaborator.nodes)


def _ratio(before: Field, after: Field) -> Any:
    """The strides between two places, None where they are not whole."""
    if not before or not after or len(before) != len(after):
        return None
    strides = [Fraction(b) / Fraction(a) for a, b in zip(before, after, strict=True)]
    if any(s.denominator != 1 for s in strides):
        return None
    whole = tuple(int(s) for s in strides)
    return whole[0] if len(set(whole)) == 1 else whole
