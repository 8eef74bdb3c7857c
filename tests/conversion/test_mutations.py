"""Configurations that something has happened to: each is converted, or refused in a sentence."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from netspec.conversion.converting import Converter, Inconvertible
from netspec.conversion.keras_config import read_config
from netspec.conversion.lifting import stand_ins
from netspec.conversion.model import ConversionError
from netspec.conversion.precision import in_single
from netspec.conversion.writing import text_of
from netspec.diagnostics.problems import SpecError
from netspec.pipeline import check_text

MIXED = json.loads(Path(__file__).with_name("mixed.json").read_text(encoding="utf-8"))
JUNK: list[Any] = [
    *(None, True, -1, 0, 1, 2, 10**30, 1e308, -0.5, math.inf, math.nan, 10**9),
    *(
        "",
        "x",
        "same",
        "linear",
        "mixed_float16",
        "float64",
        "é\u2028",
        [],
        {},
        [1],
        [[1, 2]],
        [None],
        {"class_name": "Dense"},
        [0] * 5,
    ),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all values in a value, and to itself."""
    yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in entries:
        yield from places(each, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def mutated(random: Random) -> Any:
    """The mixed configuration after a few changes."""
    config = copy.deepcopy(MIXED)
    for _ in range(random.choice((1, 1, 2, 4))):
        known = list(places(config))
        *outer, key = random.choice(known[1:])
        parent = at(config, tuple(outer))
        how = random.random()
        if how < 0.6:
            parent[key] = copy.deepcopy(random.choice(JUNK))
        elif how < 0.75:
            parent[key] = copy.deepcopy(at(config, random.choice(known)))
        elif isinstance(parent, list) and how < 0.88:
            parent.insert(key, copy.deepcopy(parent[key]))
        else:
            parent.pop(key)
    return config


@pytest.mark.parametrize("seed", range(10))
def test_nothing_that_happens_to_a_configuration_is_a_crash(seed: int) -> None:
    random = Random(seed)
    outcomes: set[str] = set()
    for _ in range(60):
        config = mutated(random)
        try:
            single = in_single(config)
            flat = Converter(stand_ins).convert(read_config(single.config))
            check_text(text_of(flat._replace(precision=single.training)), repairs=False)
        except (ConversionError, Inconvertible, SpecError) as error:
            outcomes.add(type(error).__name__)
        else:
            outcomes.add("converted")
    assert {"converted", "ConversionError"} <= outcomes
