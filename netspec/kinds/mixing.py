"""Augmentation that mixes the examples of a batch, and their labels with them: it stands under `train: augment` alone."""

from __future__ import annotations

from netspec.kinds.kind import kind
from netspec.kinds.preprocessing import RandomImages, seed_option
from netspec.options import Number, Numbers, Reals, option


class Mixing(RandomImages):
    """Base of those that need labels, which no node of a network sees."""

    moves_images = False
    mixes_labels = True
    seed: int | None


@kind("cut_mix", principal="factor")
class CutMix(Mixing):
    """Puts a rectangle of another example of the batch into each image (arXiv 1905.04899).

    Labels are mixed by the share of the places that each keeps; those that lie in the image's own places are taken with it.
    """

    keras_layers = ("CutMix",)
    keras_note = "by its laws, done to the batch as it is read"
    factor: Reals = option(
        Numbers(length=2, ge=0, le=1),
        "Parameter of the beta distribution that shares are drawn from: drawn for a batch up to this, or from [lower, upper].",
        1.0,
    )
    seed: int | None = seed_option()


@kind("mix_up", principal="alpha")
class MixUp(Mixing):
    """Blends each example of a batch with another, images and labels alike (arXiv 1710.09412)."""

    keras_layers = ("MixUp",)
    keras_note = "by its laws, done to the batch as it is read"
    alpha: float = option(Number(gt=0), "Parameter of the beta distribution that shares are drawn from.", 0.2)
    seed: int | None = seed_option()
