"""The table of what kinds become: a function for each, declared where it is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TypeAlias

from netspec.backends.torch.steps import Site, Step, Untranslatable
from netspec.kinds.kind import Kind

Translate: TypeAlias = "Callable[[Site], Step]"

FAMILIES = (
    "activations",
    "attention",
    "convolutions",
    "dense",
    "merging",
    "normalising",
    "operations",
    "pooling",
    "recurrent",
    "reshaping",
)
_TABLE: dict[str, Translate] = {}


def translates(*kinds: str) -> Callable[[Translate], Translate]:
    """Decorator: the function says what nodes of these kinds become. Compositions' own nodes go by their class."""

    def declare(function: Translate) -> Translate:
        for kind in kinds:
            _TABLE[kind] = function
        return function

    return declare


@cache
def kinds() -> frozenset[str]:
    """The kinds that have a counterpart."""
    for family in FAMILIES:
        import_module(f"netspec.backends.torch.{family}")
    return frozenset(_TABLE)


def translate(site: Site) -> Step:
    """What a node becomes. Raises Untranslatable."""
    word = word_of(site.config)
    if word not in kinds():
        raise Untranslatable("has no counterpart in PyTorch that netspec knows")
    return _TABLE[word](site)


def word_of(config: Kind) -> str:
    """The name of a kind; the class's of those that no spec can name."""
    return config.spec_name or type(config).__name__
