"""A small share of the fuzzing that `tools/fuzz.py` does, and what it found."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.kinds import KINDS
from netspec.pipeline import check_text
from tests.fuzz.found import FOUND
from tests.support.documents import ELSEWHERE, Maker, features, words
from tests.support.edits import edit
from tests.support.judge import judge

SPECS = Path(__file__).parent.parent.parent / "specs"
SHORT = [(SPECS / f"{name}.yaml").read_text(encoding="utf-8") for name in ("lenet5", "siamese", "text_bilstm", "nin")]
QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.filterwarnings("ignore::UserWarning:keras")
@pytest.mark.parametrize("document", FOUND.values(), ids=FOUND)
def test_what_was_found(document: dict[str, Any]) -> None:
    assert judge({"netspec": 1, **document}, compiled=True).disagreement == ""


@pytest.mark.filterwarnings("ignore::UserWarning:keras")
@settings(QUIET, max_examples=150)
@given(st.randoms(use_true_random=False))
def test_netspec_and_keras_are_of_one_mind(chance: random.Random) -> None:
    document = Maker(chance).document()
    assert judge(document).disagreement == "", json.dumps(document)


@pytest.mark.filterwarnings("ignore::UserWarning:keras")
def test_a_share_of_the_tool_s_documents() -> None:
    accepted, kinds = 0, set()
    for number in range(250):
        document = Maker(random.Random(f"suite-{number}")).document()
        verdict = judge(document, compiled=number % 5 == 0)
        assert verdict.disagreement == "", json.dumps(document)
        accepted += verdict.accepted
        kinds |= words(document) & set(KINDS)
    assert accepted > 80  # as many as are worth a forward pass
    assert len(kinds) > 60


def test_every_kind_is_drawn_and_every_feature() -> None:
    kinds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for number in range(4000):
        document = Maker(random.Random(f"drawn-{number}")).document()
        kinds.update(words(document))
        found.update(features(document))
    missing = {word for word, cls in KINDS.items() if not (cls.mixes_labels or word in ELSEWHERE)} - {*kinds}
    assert not missing
    rare = {"integer_lookup", "string_lookup", "text_vectorization", "hashing", "hashed_crossing"}
    assert {word for word, count in kinds.items() if count < 5} <= rare
    assert min(found.values()) > 20
    beside = ("bias", "attention_mask", "initial_state", "return_state", "split", "time_distributed")
    assert {*beside} <= {*found}


@settings(QUIET, max_examples=300)
@given(st.randoms(use_true_random=False))
def test_an_edit_ends_in_problems_or_a_graph(chance: random.Random) -> None:
    text = chance.choice(SHORT) if chance.random() < 0.3 else json.dumps(Maker(chance).document(), indent=1)
    spec = check_text(edit(text, chance), repairs=False)
    assert spec.problems or spec.graph is not None
