"""Models of `keras.applications` as pages that somebody would have written: no longer than these, and the same network.

What is imported, built and imported again is the same text.
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import pytest

from netspec.backends.keras.compiling import compile_graph
from netspec.backends.keras.original import figures_of
from netspec.conversion.converting import Converter
from netspec.conversion.folding import fold
from netspec.conversion.keras_config import read_config
from netspec.conversion.matching import Mismatch, matched
from netspec.conversion.nodes import Flat
from netspec.conversion.paths import named_graph
from netspec.pipeline import check_text

pytestmark = pytest.mark.backend

SPECS = Path(__file__).parent.parent.parent / "specs"

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


def flat_of(model: keras.Model) -> Flat:
    """A model's nodes."""
    figures = figures_of(keras, model)
    return Converter(lambda path, _: figures.get(path, {})).convert(read_config(json.loads(model.to_json())))


def built(text: str) -> keras.Model:
    """The model of a right spec."""
    graph = check_text(text, repairs=False).graph
    assert graph is not None
    keras.backend.clear_session()
    return compile_graph(graph, initialize=False)


@pytest.mark.parametrize(("name", "most"), [*FEW, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE)])
def test_a_model_is_a_page_of_few_lines(name: str, most: int) -> None:
    keras.backend.clear_session()
    model = getattr(keras.applications, name)(weights=None)
    flat = flat_of(model)
    made = fold(flat)
    assert made.level == "blocks"
    assert len(made.text.splitlines()) <= most
    graph = check_text(made.text, repairs=False).graph
    assert graph is not None
    assert not isinstance(matched(named_graph(flat), graph), Mismatch)
    figured = sum(layer.count_params() for layer in model.layers if type(layer).__name__ == "Normalization")
    assert graph.totals().parameters + figured == model.count_params()


HARD = ["hrnet", "efficientdet", "nasnet", "NASNetMobile", "NASNetLarge"]  # whose cells read several before them


@pytest.mark.parametrize("name", ["resnet", *(pytest.param(name, marks=pytest.mark.slow) for name in HARD)])
def test_the_import_of_an_import_changes_nothing(name: str) -> None:
    keras.backend.clear_session()
    spec = SPECS / f"{name}.yaml"
    model = (
        built(spec.read_text(encoding="utf-8")) if spec.exists() else getattr(keras.applications, name)(weights=None)
    )
    once = fold(flat_of(model)).text
    assert fold(flat_of(built(once))).text == once
