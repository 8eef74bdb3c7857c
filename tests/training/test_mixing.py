"""Examples of a batch are mixed with their labels, on every backend alike, and a run with it is repeated to the bit."""

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
from netspec.training.devices import Share
from netspec.training.feeding import Batch, Draw, Feed, Weighing
from netspec.training.mixing import Label, Mixer

from .conftest import Write, netspec

RNG = np.random.default_rng(0)
CLASSES = Label(3, False, 0)
MASKS = Label(3, True, 2)
NUMBERS = Label(None, False, 0)
IMAGES = Label(None, True, 3)


def made(word: str, **options: Any) -> Kind:
    return KINDS[word](**options)


def mixer(*kinds: Kind, label: Label = CLASSES, seed: int = 1) -> Mixer:
    return Mixer(kinds, "input", {"main": label}, seed)


def feed_of(
    x: Array, y: Array, mixing: Mixer, batch: int = 4, seed: int = 3, weight: Array | None = None, **more: Any
) -> Feed:
    split = Split({"input": x}, {"main": y}, weight)
    return Feed(split, batch, outputs=("main",), seed=seed, mixing=mixing, **more)


def batches(feed: Feed, epoch: int = 0) -> list[Batch]:
    feed.begin(epoch)
    found = [feed.batch(step) for step in range(feed.steps)]
    feed.close()
    return found


# --- what is mixed ----------------------------------------------------------------------------------------------------


def test_mix_up_blends_images_and_classes_alike() -> None:
    """Images say by their value which class they are of, so they say how labels must have been mixed."""
    y = np.arange(9) % 3
    x = np.eye(3, dtype=np.float32)[y][:, None, None, :] * np.ones((1, 4, 4, 1), np.float32)
    found = batches(feed_of(x, y, mixer(made("mix_up", alpha=1.0))))
    assert [len(batch.y["main"]) for batch in found] == [4, 4, 1]
    for batch in found:
        labels = batch.y["main"]
        assert (labels.shape[1:], labels.dtype) == ((3,), np.float32)
        np.testing.assert_allclose(batch.x["input"][:, 0, 0], labels, atol=1e-6)
        np.testing.assert_allclose(labels.sum(-1), 1, atol=1e-6)
        assert batch.weights == {}
    together = np.concatenate([batch.y["main"] for batch in found])
    assert ((together > 0.02) & (together < 0.98)).any(-1).sum() >= 3


def test_cut_mix_counts_the_places_of_each() -> None:
    y = np.arange(8) % 3
    x = np.eye(3, dtype=np.float32)[y][:, None, None, :] * np.ones((1, 5, 6, 1), np.float32)
    for batch in batches(feed_of(x, y, mixer(made("cut_mix")))):
        images = batch.x["input"]
        assert set(np.unique(images)) <= {0.0, 1.0}  # of one example or of the other
        np.testing.assert_allclose(images.mean((1, 2)), batch.y["main"], atol=1e-6)


@pytest.mark.parametrize("word", ["mix_up", "cut_mix"])
def test_numbers_are_blended(word: str) -> None:
    y = np.linspace(0, 1, 8).astype(np.float32)
    x = y[:, None, None, None] * np.ones((1, 5, 6, 1), np.float32)
    for batch in batches(feed_of(x, y, mixer(made(word), label=NUMBERS))):
        np.testing.assert_allclose(batch.x["input"].mean((1, 2, 3)), batch.y["main"], atol=1e-6)


def test_masks_keep_their_classes_where_rectangles_are_cut() -> None:
    mask = RNG.integers(0, 3, (8, 6, 6)).astype(np.int32)
    for batch in batches(feed_of(mask[..., None].astype(np.float32), mask, mixer(made("cut_mix"), label=MASKS))):
        assert batch.y["main"].dtype == np.int32
        assert np.array_equal(batch.x["input"][..., 0], batch.y["main"])


def test_masks_of_another_size_are_cut_alike() -> None:
    small = RNG.integers(0, 2, (6, 8, 8)).astype(np.int32)
    large = np.kron(small, np.ones((1, 4, 4)))[..., None].astype(np.float32)
    ((batch, *_),) = [batches(feed_of(large, small, mixer(made("cut_mix"), label=MASKS), batch=6))]
    same = batch.x["input"][:, 2::4, 2::4, 0] == batch.y["main"]
    assert same.mean() > 0.95  # but for places that an edge goes through


def test_masks_are_shares_of_classes_where_images_are_blended() -> None:
    mask = RNG.integers(0, 3, (8, 4, 4)).astype(np.int32)
    x = np.eye(3, dtype=np.float32)[mask]
    for batch in batches(feed_of(x, mask, mixer(made("mix_up", alpha=1.0), label=MASKS))):
        np.testing.assert_allclose(batch.x["input"], batch.y["main"], atol=1e-6)


@pytest.mark.parametrize("word", ["mix_up", "cut_mix"])
def test_what_is_learned_is_the_image(word: str) -> None:
    x = RNG.uniform(size=(6, 4, 4, 1)).astype(np.float32)
    mixing = mixer(made(word), label=IMAGES)
    for batch in batches(feed_of(x, x, mixing)):
        assert batch.x["input"] is batch.y["main"]
    for batch in batches(feed_of(x, x * 2, mixing)):
        np.testing.assert_allclose(batch.x["input"] * 2, batch.y["main"], atol=1e-6)


def test_bytes_stay_bytes() -> None:
    x = RNG.integers(0, 256, (4, 3, 3, 1)).astype(np.uint8)
    draw = Draw(np.array([1, 2, 3, 0]), np.array([0.5, 0.25, 1.0, 0.0]))
    mixed = mixer()(Batch({"input": x}, {"main": np.arange(4) % 3}, {}), np.arange(4), [draw])
    wide = x.astype(float)
    expected = np.rint([wide[0] / 2 + wide[1] / 2, wide[1] / 4 + wide[2] * 0.75, wide[3] * 0 + wide[2], wide[0]])
    assert mixed.x["input"].dtype == np.uint8
    np.testing.assert_array_equal(mixed.x["input"], expected)


# --- what counts how much ---------------------------------------------------------------------------------------------


def test_the_loss_of_a_mixed_example_is_that_of_its_parts() -> None:
    """Class weights and weights of examples included."""
    y, shares = np.array([0, 2]), np.array([0.25, 0.6])
    own = Weighing(np.array([1.0, 1.0, 4.0], np.float32))(y) * np.array([1.0, 3.0], np.float32)
    x = np.zeros((2, 2, 2, 1), np.float32)
    draw = Draw(np.array([1, 0]), shares)
    mixed = mixer()(Batch({"input": x}, {"main": y}, {"main": own}), np.arange(2), [draw])
    predicted = np.array([[0.2, 0.3, 0.5], [0.6, 0.1, 0.3]])
    losses = -(mixed.y["main"] * np.log(predicted)).sum(-1) * mixed.weights["main"]
    parts = [
        [share * own[i] * -np.log(p[y[i]]), (1 - share) * own[1 - i] * -np.log(p[y[1 - i]])]
        for i, (share, p) in enumerate(zip(shares, predicted, strict=True))
    ]
    np.testing.assert_allclose(losses, np.sum(parts, -1), rtol=1e-6)


def test_ignored_places_count_for_nothing() -> None:
    y = np.array([[[0, 255]], [[1, 2]]])
    weights = Weighing(ignored=255)(y)
    x = np.zeros((2, 1, 2, 1), np.float32)
    draw = Draw(np.array([1, 0]), np.array([0.25, 1.0]))
    mixed = mixer(label=MASKS)(Batch({"input": x}, {"main": y}, {"main": weights}), np.arange(2), [draw])
    np.testing.assert_allclose(mixed.weights["main"], [[[1, 0.75]], [[1, 1]]])
    np.testing.assert_allclose(mixed.y["main"][0, 0], [[0.25, 0.75, 0], [0, 0, 1]])


# --- what it hangs on -------------------------------------------------------------------------------------------------


def test_two_kinds_are_done_one_after_the_other() -> None:
    y = np.arange(8) % 3
    x = np.eye(3, dtype=np.float32)[y][:, None, None, :] * np.ones((1, 5, 6, 1), np.float32)
    for batch in batches(feed_of(x, y, mixer(made("cut_mix"), made("mix_up", alpha=1.0)))):
        np.testing.assert_allclose(batch.x["input"].mean((1, 2)), batch.y["main"], atol=1e-6)


def test_it_hangs_on_seed_epoch_and_step() -> None:
    x, y = RNG.uniform(size=(10, 4, 4, 1)).astype(np.float32), np.arange(10) % 3

    def values(epoch: int, workers: int = 1, seed: int = 1, **own: Any) -> list[Any]:
        found = batches(feed_of(x, y, mixer(made("mix_up", **own), seed=seed), workers=workers), epoch)
        return [batch.x["input"].tolist() for batch in found]

    assert values(0) == values(0, workers=3)
    assert values(0) != values(1)
    assert values(0) != values(0, seed=2)


def test_a_seed_of_its_own() -> None:
    draws = [mixer(made("mix_up", seed=7), seed=seed).draws(5, (4, 4), 0, 0)[0].shares.tolist() for seed in (1, 2)]
    assert draws[0] == draws[1]


def test_processes_that_share_a_batch_mix_it_as_one_does() -> None:
    x, y = RNG.uniform(size=(8, 4, 4, 1)).astype(np.float32), np.arange(8) % 3
    kinds = (made("cut_mix"), made("mix_up", alpha=1.0))
    whole = batches(feed_of(x, y, mixer(*kinds)))
    for rows in (slice(0, 2), slice(2, 4)):
        part = batches(feed_of(x, y, mixer(*kinds), share=Share(lambda count, rows=rows: rows)))
        for one, batch in zip(part, whole, strict=True):
            np.testing.assert_array_equal(one.x["input"], batch.x["input"][rows])
            np.testing.assert_array_equal(one.y["main"], batch.y["main"][rows])


# --- Keras's own laws -------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64:UserWarning")  # JAX's, of Keras's own numbers
@pytest.mark.parametrize(("word", "layer", "options"), [("mix_up", "MixUp", {"alpha": 0.4}), ("cut_mix", "CutMix", {})])
def test_shares_are_drawn_as_keras_draws_them(word: str, layer: str, options: dict[str, Any]) -> None:
    """How much each example keeps: the same quantiles, over batches enough to tell."""
    count, side = 64, 64
    mine = np.concatenate(
        [mixer(made(word, **options)).draws(count, (side, side), 0, step)[0].shares for step in range(60)]
    )
    keras.utils.set_random_seed(0)
    own = getattr(keras.layers, layer)(**options)
    x = np.zeros((count, side, side, 1), np.float32)
    theirs = [
        keras.ops.convert_to_numpy(own.get_random_transformation(x, training=True)["mix_weight"]) for _ in range(60)
    ]
    quantiles = np.linspace(0.05, 0.95, 10)
    np.testing.assert_allclose(np.quantile(mine, quantiles), np.quantile(np.concatenate(theirs), quantiles), atol=0.06)


# --- a run ------------------------------------------------------------------------------------------------------------

RUN = """\
netspec: 1
name: small
input: [8, 8, 1]
layers:
  - conv: {filters: 4, kernel_size: 3, padding: same, activation: relu}
  - flatten
  - dense: {units: 10, activation: softmax}
data: {source: digits}
train:
  epochs: 2
  batch_size: 128
  metrics: [accuracy, top_5_accuracy]
  augment: [random_flip, cut_mix, {mix_up: 0.4}, {gaussian_noise: 0.05}]
  seed: 1
"""


def test_a_run_mixes_and_is_repeated_to_the_bit(write: Write) -> None:
    path = write(RUN)
    histories = [train(path, runs=str(number)).history for number in range(2)]
    assert histories[0][0].keys() >= {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name in ("loss", "accuracy", "val_loss"):
        assert [row[name] for row in histories[0]] == [row[name] for row in histories[1]]
    plain = train(path, runs="plain", augment=[]).history
    assert plain[0]["loss"] < histories[0][0]["loss"]


def test_mixing_needs_no_softmax_and_takes_weights(write: Write) -> None:
    text = RUN.replace("units: 10, activation: softmax", "units: 10")
    text = text.replace("  seed: 1", "  label_smoothing: 0.1\n  class_weights: balanced\n  seed: 1")
    result = netspec("train", write(text))
    note = "note: `dense_1` ends without a softmax; the loss applies it (from_logits: true)\n"
    assert (result.status, result.err) == (0, note)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "categorical_focal_crossentropy"])
def test_other_losses_of_classes(write: Write, loss: str) -> None:
    result = netspec("train", write(RUN.replace("epochs: 2", f"epochs: 1\n  loss: {loss}")))
    assert (result.status, result.err) == (0, "")


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="other backends run it as it is")
def test_what_jax_cannot_compile_is_run_step_by_step(write: Write) -> None:
    augment = "[{random_elastic_transform: {value_range: [0, 1]}}]"
    text = RUN.replace("epochs: 2", "epochs: 1").replace("batch_size: 128", "batch_size: 1024")
    result = netspec(
        "train", write(text.replace("[random_flip, cut_mix, {mix_up: 0.4}, {gaussian_noise: 0.05}]", augment))
    )
    assert (result.status, result.err) == (
        0,
        "note: JAX cannot compile `augment_1`, which blurs by a window of random size, and runs the whole network step by step, "
        "far slower; `random_perspective` distorts pictures and can be compiled\n",
    )


def test_masks_of_a_run(write: Write) -> None:
    for name in ("images", "masks"):
        Path("ink", name).mkdir(parents=True)
    for number in range(24):
        mask = np.random.default_rng(number).integers(0, 2, (8, 8)).astype(np.uint8)
        ignored = np.where(np.arange(64).reshape(8, 8) < 8, 255, mask).astype(np.uint8)
        Image.fromarray(ignored).save(f"ink/masks/{number}.png")
        Image.fromarray(mask * 200).save(f"ink/images/{number}.png")
    text = RUN.replace(
        "  - flatten\n  - dense: {units: 10, activation: softmax}\n", "  - 1x1: {filters: 2, activation: softmax}\n"
    )
    text = text.replace("{source: digits}", "{source: {folder: ink}, ignore_label: 255}").replace(
        "batch_size: 128", "batch_size: 8"
    )
    text = text.replace("top_5_accuracy", "mean_iou").replace(", {gaussian_noise: 0.05}", "")
    histories = [train(write(text), runs=str(number)).history for number in range(2)]
    assert [row["loss"] for row in histories[0]] == [row["loss"] for row in histories[1]]


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("augment", "more", "problem"),
    [
        (
            "[{gaussian_noise: 0.1}, mix_up]",
            "",
            "`gaussian_noise` stands before `mix_up`, which mixes examples as a batch is read, before the model with "
            "`gaussian_noise` sees them; write it after `mix_up`",
        ),
        (
            "[rand_augment, cut_mix]",
            "",
            "`rand_augment` moves what images show by operations of Keras's own, and cannot act before examples are mixed",
        ),
        (
            "[mix_up]",
            "loss: categorical_hinge, ",
            "`mix_up` mixes labels, and `categorical_hinge` of `dense_1` takes signs, between which there is nothing",
        ),
    ],
)
def test_what_cannot_be_mixed(write: Write, augment: str, more: str, problem: str) -> None:
    text = f"""\
netspec: 1
name: small
input: [8, 8, 1]
layers:
  - flatten
  - dense: {{units: 10, activation: softmax}}
data: {{source: digits}}
train: {{{more}epochs: 1, augment: {augment}}}
"""
    result = netspec("train", write(text))
    assert (result.status, result.out) == (1, "")
    assert f"error NS706: {problem}\n" in result.err


def test_what_mixes_labels_is_no_node(write: Write) -> None:
    path = write("netspec: 1\nname: small\ninput: [8, 8, 1]\nlayers:\n  - mix_up\n  - flatten\n")
    result = netspec("validate", path)
    assert (result.status, result.out) == (
        1,
        "small.yaml:5:5: error NS206: `mix_up` mixes the labels of a batch, which a node does not see; write it under "
        "`train: augment`\n"
        "    5 |   - mix_up\n"
        "      |     ^^^^^^\n"
        "1 file, 1 error\n",
    )
