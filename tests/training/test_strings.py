"""Data reach a network as numbers: one that takes strings is built, and not trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Write, netspec

TEXTS = """\
netspec: 1
name: small
input: {shape: [1], dtype: string}
layers:
  - text_vectorization: {vocabulary: [good, bad], output_sequence_length: 4}
  - embedding: {input_dim: 4, output_dim: 3}
  - global_pool: avg
  - dense: {units: 2, activation: softmax}
data: {source: {csv: {path: texts.csv, label: label}}}
"""


@pytest.mark.backend
def test_strings_are_numbered_in_the_data(write: Write) -> None:
    Path("texts.csv").write_text("text,label\n" + "a good one,yes\na bad one,no\n" * 30, encoding="utf-8")
    result = netspec("train", write(TEXTS))
    assert (result.status, result.out, result.err) == (
        1,
        "",
        "small.yaml:3:16: error NS706: the input `input` takes strings, and data reach a network as numbers; let `data: vectorize` "
        "number the texts, and begin with what comes after `text_vectorization`\n"
        "    3 | input: {shape: [1], dtype: string}\n"
        "      |                ^^^\n",
    )
