"""Every spec that `keras.applications` has declares where its weights are, and Keras has a file of them."""

from __future__ import annotations

import pytest

from netspec.pipeline import check
from netspec.spec.pretrained import application_of, place_of
from netspec.zoo import specs
from tests.support.pretrained import published_name
from tests.support.references import REFERENCES, Reference


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.label)
def test_a_spec_declares_the_weights_of_its_reference(reference: Reference) -> None:
    document = check(specs()[reference.spec], repairs=False).document
    assert document is not None
    place = place_of(document.weights, "imagenet", reference.variant)
    assert place is not None
    assert application_of(place) == (reference.model, reference.arguments)


def test_no_spec_declares_others() -> None:
    declared = set()
    for name, path in specs().items():
        document = check(path, repairs=False).document
        assert document is not None
        assert set(document.weights) <= {"imagenet"}
        for place in document.weights.values():
            declared |= {(name, variant) for variant in (place if isinstance(place, dict) else [None])}
    known = {(reference.spec, reference.variant) for reference in REFERENCES}
    assert declared == known | {("vgg16", None)}


@pytest.mark.slow
@pytest.mark.parametrize("top", [True, False])
@pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.label)
def test_keras_has_a_file_of_them(reference: Reference, top: bool) -> None:
    name, digest = published_name(reference.model, top=top, **reference.arguments)
    assert name.endswith(".h5")
    assert (digest is None) == (reference.model in ("MobileNet", "MobileNetV2"))
