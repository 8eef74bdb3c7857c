"""Masks, and images that are learned, move with the images that a network sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from netspec.api import train
from netspec.data.dataset import Array, Split
from netspec.kinds import KINDS, Kind
from netspec.training.augment import Label
from netspec.training.feeding import Feed
from netspec.training.motions import moved_by
from netspec.training.moving import Moving, _elastic, _perspective

from .conftest import Write, netspec

CLASSES, IMAGES = Label(None, True), Label(None, False)
RNG = np.random.default_rng(0)


def made(word: str, **options: Any) -> Kind:
    return KINDS[word](**options)


def moved(kind: Kind, x: Array, y: Array | None = None, label: Label = CLASSES) -> tuple[Array, Array]:
    labels = {} if y is None else {"main": label}
    given = {} if y is None else {"main": y}
    found, others = Moving([kind], "input", labels, 1)({"input": x}, given, np.arange(len(x)), 0)
    return found["input"], others.get("main", np.empty(0))


# --- Keras's own laws -------------------------------------------------------------------------------------------------

FIXED = [  # of ranges without an inside, so that nothing is left to chance
    ("random_rotation", "RandomRotation", {"factor": (0.07, 0.07)}),
    ("random_translation", "RandomTranslation", {"height_factor": (0.25, 0.25), "width_factor": (-0.13, -0.13)}),
    ("random_zoom", "RandomZoom", {"height_factor": (0.3, 0.3), "width_factor": (-0.2, -0.2)}),
    ("random_zoom", "RandomZoom", {"height_factor": (-0.3, -0.3)}),
]


@pytest.mark.parametrize("fill_mode", ["reflect", "wrap", "constant", "nearest"])
@pytest.mark.parametrize(("word", "layer", "options"), FIXED)
def test_images_move_as_keras_moves_them(word: str, layer: str, options: dict[str, Any], fill_mode: str) -> None:
    x = RNG.uniform(size=(2, 12, 9, 3)).astype(np.float32)
    more = {"fill_mode": fill_mode, "fill_value": 0.5}
    expected = np.asarray(keras.ops.convert_to_numpy(getattr(keras.layers, layer)(**options, **more)(x, training=True)))
    found, _ = moved(made(word, **options, **more), x)
    assert found.dtype == np.float32
    close = np.isclose(found, expected, atol=2e-3)
    # Backends differ in the outermost places among themselves.
    assert close[:, 3:-3, 3:-3].mean() > 0.98
    assert close.mean() > 0.8


def test_shears_are_keras_s() -> None:
    """Either way, along rows and columns at once; the same one of both for each image."""
    x = RNG.uniform(size=(40, 12, 9, 1)).astype(np.float32)
    found, _ = moved(made("random_shear", x_factor=(0.2, 0.2), y_factor=(0.1, 0.1)), x)
    own = [
        keras.ops.convert_to_numpy(
            keras.ops.image.affine_transform(
                x, np.tile(np.float32([1, way * 0.2, 0, way * 0.1, 1, 0, 0, 0]), (40, 1)), fill_mode="reflect"
            )
        )
        for way in (1, -1)
    ]
    inside = (slice(3, -3), slice(3, -3))
    ways = [
        [bool(np.isclose(image[inside], other[inside], atol=2e-3).mean() > 0.98) for other in pair]
        for image, pair in zip(found, zip(*own, strict=True), strict=True)
    ]
    assert all(sum(pair) == 1 for pair in ways)
    assert 8 < sum(first for first, _ in ways) < 32


def test_perspectives_are_keras_s() -> None:
    x = RNG.uniform(size=(12, 9, 1)).astype(np.float32)
    matrix = _perspective(made("random_perspective", factor=(1.0, 1.0), scale=0.3), np.random.default_rng(4), (12, 9))
    assert matrix is not None
    found = moved_by(x, matrix, "constant", 0.5, 1)
    start = np.array([(0, 0), (8, 0), (0, 11), (8, 11)], np.float32)  # x and y, as Keras has them
    back = np.linalg.inv(matrix)
    row, column, scale = back @ np.stack([start[:, 1], start[:, 0], np.ones(4)])
    end = np.stack([column / scale, row / scale], -1).astype(np.float32)
    own = keras.ops.image.perspective_transform(x[None], start[None], end[None], fill_value=0.5)
    assert np.isclose(found, keras.ops.convert_to_numpy(own)[0], atol=2e-3)[2:-2, 2:-2].mean() > 0.98
    assert not np.allclose(found, x)
    corners = end - start
    assert np.all(np.abs(corners) <= 0.15 * np.maximum(start, 1e-6) + 1e-3)  # no corner moves farther than it may


def test_some_perspectives_and_elastic_distortions_are_left_out() -> None:
    x = RNG.uniform(size=(200, 6, 6, 1)).astype(np.float32)
    for kind in (
        made("random_perspective", factor=(0.3, 0.3), scale=0.4),
        made("random_elastic_transform", factor=(0.3, 0.3), scale=(1.0, 1.0)),
    ):
        found, _ = moved(kind, x)
        changed = sum(not np.array_equal(a, b) for a, b in zip(found, x, strict=True))
        assert 40 < changed < 80
        unchanged, _ = moved(made(kind.spec_name, factor=(0.0, 0.0)), x)
        assert np.array_equal(unchanged, x)


def test_elastic_distortions_are_as_strong_as_keras_s() -> None:
    """How far places move, by their deviation: of Keras's own field where nothing but chance is in the way."""
    size, strength = (32, 32), 1.0
    kind = made("random_elastic_transform", scale=(strength, strength), factor=(1.0, 1.0))
    fields = [_elastic(kind, np.random.default_rng(number), size) for number in range(20)]
    mine = np.std([field for field in fields if field is not None]) * size[0]
    sigma, far = 0.05 * strength * size[0], 0.1 * strength * size[0]
    noise = RNG.normal(size=(40, *size, 1)).astype(np.float32) * sigma
    window = int(6 * sigma) | 1
    blurred = keras.ops.image.gaussian_blur(
        noise, kernel_size=(window, window), sigma=(sigma, sigma), data_format="channels_last"
    )
    theirs = far * np.std(keras.ops.convert_to_numpy(blurred))
    assert abs(mine / theirs - 1) < 0.15


def test_flips() -> None:
    x = RNG.uniform(size=(64, 4, 5, 1)).astype(np.float32)
    for mode, axes in (("horizontal", (2,)), ("vertical", (1,)), ("horizontal_and_vertical", (1, 2))):
        found, _ = moved(made("random_flip", mode=mode), x)
        flipped = np.flip(x, axes)
        same = [np.array_equal(a, b) for a, b in zip(found, x, strict=True)]
        turned = [np.allclose(a, b, atol=1e-6) for a, b in zip(found, flipped, strict=True)]
        assert all(a != b for a, b in zip(same, turned, strict=True))
        assert 20 < sum(turned) < 44


# --- labels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "options"),
    [
        ("random_flip", {}),
        ("random_rotation", {"factor": 0.2}),
        ("random_translation", {"height_factor": 0.3, "width_factor": 0.3}),
        ("random_zoom", {"height_factor": 0.3}),
        ("random_shear", {"x_factor": 0.3, "y_factor": 0.2}),
        ("random_perspective", {"scale": 0.5}),
        ("random_elastic_transform", {}),
    ],
)
def test_masks_move_with_their_images(word: str, options: dict[str, Any]) -> None:
    mask = RNG.integers(0, 5, (20, 16, 16)).astype(np.int32)
    rest = {} if word == "random_flip" else {"interpolation": "nearest"}
    found, labels = moved(made(word, **options, **rest), mask[..., None].astype(np.float32), mask)
    assert labels.dtype == np.int32
    assert np.array_equal(found[..., 0].round(), labels)
    assert not np.array_equal(labels, mask)


def test_masks_of_another_size_move_alike() -> None:
    small = RNG.integers(0, 2, (20, 8, 8)).astype(np.int32)
    large = np.kron(small, np.ones((1, 2, 2)))[..., None].astype(np.float32)
    for kind in (
        made("random_flip"),
        made("random_translation", height_factor=(0.25, 0.25), width_factor=(0.0, 0.0)),
    ):
        found, labels = moved(kind, large, small)
        assert np.array_equal(found[:, ::2, ::2, 0].round(), labels)


def test_places_from_outside_count_for_nothing() -> None:
    x, mask = np.ones((1, 8, 8, 1), np.float32), np.ones((1, 8, 8), np.int32)
    kind = made("random_translation", height_factor=(0.25, 0.25), width_factor=(0.0, 0.0), fill_mode="constant")
    found, labels = moved(kind, x, mask, Label(255, True))
    assert (found[0, :, 0, 0].tolist(), labels[0, :, 0].tolist()) == ([0, 0, *[1] * 6], [255, 255, *[1] * 6])


def test_images_that_are_learned_move_as_images() -> None:
    x = RNG.uniform(size=(5, 8, 8, 1)).astype(np.float32)
    found, labels = moved(made("random_rotation", factor=0.1), x, x * 2, IMAGES)
    assert np.allclose(found * 2, labels, atol=1e-6)
    same = Moving([made("random_flip")], "input", {"main": IMAGES}, 1)({"input": x}, {"main": x}, np.arange(5), 0)
    assert same[0]["input"] is same[1]["main"]


def test_a_crop_that_keeps_the_shape_moves_nothing() -> None:
    x = RNG.uniform(size=(2, 4, 4, 1)).astype(np.float32)
    assert np.array_equal(moved(made("random_crop", height=4, width=4), x)[0], x)


# --- batches ----------------------------------------------------------------------------------------------------------


def test_what_happens_to_an_example_hangs_on_seed_epoch_and_example() -> None:
    x = RNG.uniform(size=(10, 8, 8, 1)).astype(np.float32)

    def epochs(batch: int, workers: int, seed: int = 3) -> list[list[Any]]:
        moving = Moving([made("random_rotation", factor=0.2)], "input", {"main": IMAGES}, seed)
        feed = Feed(
            Split({"input": x}, {"main": x}), batch, outputs=("main",), seed=seed, workers=workers, moving=moving
        )
        made_ = []
        for epoch in range(2):
            feed.begin(epoch)
            batches = [feed.batch(step) for step in range(feed.steps)]
            assert all(np.array_equal(each.x["input"], each.y["main"]) for each in batches)
            made_.append(np.concatenate([each.x["input"] for each in batches]).tolist())
        feed.close()
        return made_

    first = epochs(4, 1)
    assert first == epochs(3, 3)
    assert first[0] != first[1]
    assert first != epochs(4, 1, seed=4)


# --- a run ------------------------------------------------------------------------------------------------------------

MASKS = """\
netspec: 1
name: small
input: [8, 8, 1]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same, activation: relu}
  - 1x1: {filters: 2, activation: softmax}
data: {source: {folder: ink}, ignore_label: 255}
train:
  epochs: 2
  batch_size: 8
  augment: [random_flip, {random_rotation: {factor: 0.1, fill_mode: constant}}, {gaussian_noise: 0.05}]
  seed: 1
"""
DENOISE = """\
netspec: 1
name: small
input: [8, 8, 1]
layers:
  - flatten
  - dense: {units: 64, activation: sigmoid}
  - reshape: [8, 8, 1]
data: {source: digits, target: input}
train: {epochs: 1, batch_size: 256, augment: [random_flip, {gaussian_noise: 0.1}]}
"""


def draw_masks() -> None:
    for name in ("images", "masks"):
        Path("ink", name).mkdir(parents=True)
    for number in range(24):
        mask = np.random.default_rng(number).integers(0, 2, (8, 8)).astype(np.uint8)
        Image.fromarray(mask).save(f"ink/masks/{number}.png")
        Image.fromarray(mask * 200).save(f"ink/images/{number}.png")


def test_a_run_with_masks_that_move(write: Write) -> None:
    draw_masks()
    path = write(MASKS)
    histories = [train(path, runs=str(number)).history for number in range(2)]
    losses = [[row["loss"] for row in history] for history in histories]
    assert losses[0] == losses[1]
    assert all(np.isfinite(losses[0]))


def test_what_is_learned_moves_with_the_image(write: Write) -> None:
    result = netspec("train", write(DENOISE))
    assert (result.status, result.err) == (0, "")


def test_places_without_a_label_are_refused(write: Write) -> None:
    draw_masks()
    result = netspec("train", write(MASKS.replace(", ignore_label: 255", "")))
    assert (result.status, result.out, result.err) == (
        1,
        "",
        "small.yaml:11:27: error NS706: `random_rotation` brings places without a label into what `conv1x1_1` learns; name the label "
        "that counts for nothing as `ignore_label` under `data`, or take another `fill_mode`\n"
        "   11 |   augment: [random_flip, {random_rotation: {factor: 0.1, fill_mode: constant}}, {gaussian_noise: 0.05}]\n"
        "      |                           ^^^^^^^^^^^^^^^\n",
    )
