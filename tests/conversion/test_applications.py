"""Models of `keras.applications` as pages that somebody would have written: no longer than these, and the same network."""

from __future__ import annotations

import json

import keras
import pytest

from netspec.backends.keras.original import figures_of
from netspec.conversion.converting import Converter
from netspec.conversion.folding import fold
from netspec.conversion.keras_config import read_config
from netspec.conversion.matching import Mismatch, matched
from netspec.conversion.paths import named_graph
from netspec.pipeline import check_text

pytestmark = pytest.mark.backend

FEW = [("ResNet50", 35), ("MobileNetV2", 43)]
MORE = [
    ("VGG16", 25),
    ("InceptionV3", 90),
    ("DenseNet121", 37),
    ("EfficientNetB7", 80),
    ("EfficientNetV2L", 80),
    ("ConvNeXtTiny", 36),
    ("NASNetMobile", 150),
]


@pytest.mark.parametrize(("name", "most"), [*FEW, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE)])
def test_a_model_is_a_page_of_few_lines(name: str, most: int) -> None:
    keras.backend.clear_session()
    model = getattr(keras.applications, name)(weights=None)
    figures = figures_of(keras, model)
    flat = Converter(lambda path, _: figures.get(path, {})).convert(read_config(json.loads(model.to_json())))
    made = fold(flat)
    assert made.level == "blocks"
    assert len(made.text.splitlines()) <= most
    graph = check_text(made.text, repairs=False).graph
    assert graph is not None
    assert not isinstance(matched(named_graph(flat), graph), Mismatch)
    figured = sum(layer.count_params() for layer in model.layers if type(layer).__name__ == "Normalization")
    assert graph.totals().parameters + figured == model.count_params()
