"""A small share of what `tools/agree.py` does, on the backend that Keras runs on, and what it found."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import keras
import pytest

from netspec.pipeline import check_text
from tests.support.agreement import agree
from tests.support.architectures import Made, make
from tests.support.handwriting import UNKNOWN, written

pytestmark = [pytest.mark.backend, pytest.mark.filterwarnings("ignore::UserWarning")]
ACCEPTED = 12 if keras.backend.backend() == "jax" else 25  # JAX compiles each operation anew for each shape

FOUND: dict[str, dict[str, Any]] = {
    "a script squared twice what is pooled with padding": {
        "input": [8, 6],
        "layers": [{"pool": {"pool_size": 3, "padding": 1, "rounding": "ceil", "type": "l2"}}],
    },
    "attention takes the mask off a tensor as it runs, and what comes after is given it all the same": {
        "input": {"shape": [6], "dtype": "int32"},
        "layers": [
            {"embedding": {"input_dim": 12, "output_dim": 4, "mask_zero": True}},
            {"skip": [{"multi_head_attention": {"num_heads": 1, "key_dim": 2}}]},
            {"lstm": {"units": 3, "return_sequences": True}},
        ],
    },
    "an operation with several outputs, whose name a node bears": {
        "input": [6],
        "layers": [{"top_k": {"k": 2, "name": "t"}}, {"top_k": {"k": 1, "name": "top_k"}}],
    },
    "numbers that PyTorch has not": {
        "input": {"shape": [8, 2], "dtype": "uint16"},
        "layers": [{"zero_pad": 1}, {"global_pool": {"type": "max", "keepdims": True}}],
    },
}


@pytest.mark.parametrize("document", FOUND.values(), ids=FOUND)
def test_what_was_found(document: dict[str, Any]) -> None:
    document = {"netspec": 1, **document}
    found = agree(Made(document, written(document, "found"), None, ()), random.Random(0), thorough=True)
    assert (found.refused, found.gap, found.disagreement, found.run) == ("", "", "", True)


def test_what_is_accepted_is_built_called_written_saved_and_loaded() -> None:
    accepted = 0
    for number in range(10 * ACCEPTED):
        made = make(f"suite-{number}")
        found = agree(made, random.Random(number), thorough=number % 10 == 0)
        assert found.disagreement == "", made.text
        accepted += not found.refused
        if accepted == ACCEPTED:
            break
    assert accepted == ACCEPTED


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="it is the same on all backends")
def test_the_grammar_writes_all_kinds_and_is_mostly_accepted() -> None:
    kinds: Counter[str] = Counter()
    accepted, shared, masked, unknown, variants = 0, 0, 0, 0, 0
    for number in range(1400):
        made = make(f"grammar-{number}")
        spec = check_text(made.text, variants=True, repairs=False)
        if not spec.ok:
            continue
        assert spec.graph is not None
        accepted += 1
        kinds.update({node.kind_name for node in spec.graph.nodes if not node.is_input})
        shared += any(node.share is not None for node in spec.graph.nodes)
        masked += any(node.masked for node in spec.graph.nodes)
        unknown += made.sized is not None
        variants += bool(made.variants)
    assert len(kinds) >= 150  # all but a few that need texts; the generated documents draw those too
    assert accepted > 800
    assert min(shared, masked, unknown, variants) > 60


def test_both_texts_of_a_document_say_the_same() -> None:
    """The styles of writing differ, the network does not."""
    document = {
        "netspec": 1,
        "params": {"width": 4},
        "input": [UNKNOWN, 8, 3],
        "layers": [
            {"conv": {"filters": "2 * $width", "kernel_size": 3, "padding": "same", "use_bias": False}},
            "relu",
            {"skip": {"body": [{"1x1": 8}, {"activation": "tanh"}], "merge": "maximum"}},
            {"skip": {"body": [{"1x1": 8}, {"activation": "tanh"}], "merge": "maximum"}},
            {"rescale": 0.001},
        ],
    }
    texts = {written(document, str(seed)) for seed in range(60)}
    assert len(texts) > 45
    assert any("&a" in text for text in texts)
    found = {
        tuple((node.path, node.shape, node.dtype, node.weights, node.macs) for node in spec.graph.nodes)
        for spec in (check_text(text, repairs=False) for text in texts)
        if spec.graph is not None and spec.problems == ()
    }
    assert [[(path, shape) for path, shape, *_ in nodes] for nodes in found] == [
        [
            ("input", (None, 8, 3)),
            ("conv_1", (None, 8, 8)),
            ("relu_1", (None, 8, 8)),
            ("skip_1.conv1x1_1", (None, 8, 8)),
            ("skip_1.activation_1", (None, 8, 8)),
            ("skip_1", (None, 8, 8)),
            ("skip_2.conv1x1_1", (None, 8, 8)),
            ("skip_2.activation_1", (None, 8, 8)),
            ("skip_2", (None, 8, 8)),
            ("rescale_1", (None, 8, 8)),
        ]
    ]
