"""A share of the generator's texts: each ends in a verdict, and what it makes is bounded. `tools/attacks.py` measures more."""

from __future__ import annotations

import pytest

from netspec.graph.elaboration.budget import MAX_LEFT_OUT, MAX_NODES, MAX_NODES_OF_VARIANTS
from netspec.pipeline import Spec, check_text

from .amplified import AMPLIFIERS, AROUND, FAULTS, Composer, amplified

MEGABYTE = 10**6
QUICK = (1, 5, 14, 20, 26, 31, 37, 39)  # seeds of texts that take a moment
# The network, all that is left out, and the variants, of which one more may be begun than there is room for.
MOST = MAX_NODES + MAX_LEFT_OUT + 2 * MAX_NODES_OF_VARIANTS


def looked_at(text: str) -> Spec:
    """A text, checked with its variants and without repairs."""
    return check_text(text, "amplified.yaml", variants=True, repairs=False)


def test_a_seed_makes_one_text_which_is_small() -> None:
    for seed in range(40):
        name, text = amplified(seed)
        assert (name, text) == amplified(seed)
        assert name.startswith(f"{seed} ")
        assert len(text.encode()) <= MEGABYTE


def test_half_of_the_texts_have_faults() -> None:
    assert ["!" in amplified(seed)[0] for seed in range(40)] == [False, True] * 20


@pytest.mark.parametrize("seed", [pytest.param(s, marks=() if s in QUICK else pytest.mark.slow) for s in range(40)])
def test_what_is_made_is_bounded(seed: int) -> None:
    spec = looked_at(amplified(seed)[1])
    assert spec.effort <= MOST
    assert len(spec.problems) <= 1_000
    assert (
        len(spec.graph.nodes if spec.graph is not None else ()) <= MAX_NODES + 100
    )  # what stands for a node that is wrong


def test_the_generator_makes_sound_specs_and_uses_all_of_its_parts() -> None:
    """Else it would test reading alone."""
    assert [seed for seed in (2, 8, 22, 28) if looked_at(amplified(seed)[1]).ok] == [2, 8, 22, 28]
    used: set[str] = set()
    for seed in range(150):
        composer = Composer(seed)
        composer.document()
        used.update(name.removeprefix("!") for name in composer.used)
    assert used == {part.__name__ for part in (*AMPLIFIERS, *FAULTS, *AROUND)}
