"""The `weights` section, and `init` under `train`."""

from __future__ import annotations

import pytest

from netspec.pipeline import check_text
from netspec.spec.pretrained import Application, application_of, place_of
from netspec.spec.training_settings import Train

SPEC = """\
netspec: 1
input: [8, 8, 3]
params: {width: 4}
variants: {small: {}, large: {width: 8}}
weights:
  imagenet:
    small: keras.applications:MobileNet(alpha=0.25)
    large: keras.applications:MobileNet
  mine: runs/mine/model.keras
layers:
  - flatten
  - dense: $width
"""


def messages(text: str) -> list[tuple[int, str, str]]:
    """Line, code and message of each problem."""
    return [(problem.span.line, problem.code, problem.message) for problem in check_text(text).problems]


def test_places_by_name_and_by_variant() -> None:
    spec = check_text(SPEC)
    assert spec.problems == ()
    assert spec.document is not None
    places = spec.document.weights
    assert place_of(places, "imagenet", "small") == "keras.applications:MobileNet(alpha=0.25)"
    assert place_of(places, "imagenet", "large") == "keras.applications:MobileNet"
    assert place_of(places, "imagenet", None) is None
    assert place_of(places, "mine", "large") == "runs/mine/model.keras"
    assert place_of(places, "others", "large") is None


@pytest.mark.parametrize(
    ("text", "application"),
    [
        ("keras.applications:ResNet50", Application("ResNet50", {})),
        ("keras.applications:MobileNet(alpha=0.25)", Application("MobileNet", {"alpha": 0.25})),
        (
            "keras.applications:MobileNetV3Small(alpha=1.0, minimalistic=true)",
            Application("MobileNetV3Small", {"alpha": 1.0, "minimalistic": True}),
        ),
        ("runs/resnet", None),
    ],
)
def test_models_of_keras_applications(text: str, application: Application | None) -> None:
    assert application_of(text) == application


@pytest.mark.parametrize(
    "text", ["keras.applications:", "keras.applications:A(b=c)", "keras.applications:A(", "keras.applications:A b"]
)
def test_what_is_none_is_told(text: str) -> None:
    assert messages(SPEC.replace("runs/mine/model.keras", f'"{text}"')) == [
        (
            9,
            "NS205",
            "`mine` must name a model like `keras.applications:ResNet50` or `keras.applications:MobileNet(alpha=0.25)`, "
            f"not '{text}'",
        )
    ]


def test_a_variant_that_is_none_is_told_with_the_one_that_is_meant() -> None:
    problems = check_text(SPEC.replace("    large:", "    lage:")).problems
    assert [(problem.code, problem.span.line, problem.message) for problem in problems] == [
        (
            "NS507",
            8,
            "`imagenet` is declared for the variant `lage`, which is not among `variants`; did you mean `large`?",
        )
    ]
    assert [fix.title for fix in problems[0].fixes] == ["large"]


def test_a_list_is_no_place() -> None:
    assert messages(SPEC.replace("runs/mine/model.keras", "[a]")) == [
        (
            9,
            "NS204",
            "`mine` must be a run's folder, a .keras or .npz file, or a model such as `keras.applications:ResNet50`, or a map of "
            "variants to that, not a list",
        )
    ]


def test_init_is_a_place_or_a_map() -> None:
    for written, given in {
        "imagenet": {"from": "imagenet"},
        f"{{from: mine, digest: {'ab' * 16}}}": {"from": "mine", "digest": "ab" * 16},
        "{from: imagenet, file: a.h5}": {"from": "imagenet", "file": "a.h5"},
    }.items():
        spec = check_text(SPEC + f"train: {{init: {written}}}\n")
        assert spec.problems == ()
        assert spec.graph is not None
        assert isinstance(spec.graph.train, Train)
        assert spec.graph.train.init is not None
        assert spec.graph.train.init.given() == given
        assert spec.graph.train.init.place == given["from"]


@pytest.mark.parametrize(
    ("written", "code", "message"),
    [
        ("{file: a.h5}", "NS203", "`train`: `init` needs `from`: a run's folder, a .keras or .npz file, or a model such as `keras.applications:ResNet50`"),
        ("{from: a, digest: 12}", "NS205", "`train`: `digest` must be an MD5 or SHA-256 digest: 32 or 64 hexadecimal digits, not 12"),
        ("{from: a, fle: b}", "NS202", "`train`: `init` has no hyperparameter 'fle'; did you mean `file`?"),
        ("3", "NS204", "`train`: `init` must be a run's folder, a .keras or .npz file, a name under `weights`, or a map with `from`, `file`, `digest`, not 3"),
    ],
)  # fmt: skip
def test_what_init_cannot_be(written: str, code: str, message: str) -> None:
    assert messages(SPEC + f"train: {{init: {written}}}\n") == [(13, code, message)]
