"""`mnist`, `fashion_mnist`, `cifar10`, `cifar100`: what Keras downloads and keeps in its own cache."""

from __future__ import annotations

import contextlib
import sys

import numpy as np

from netspec.data.base import Array, DataError, Dataset, Split, divided, scaled
from netspec.diagnostics.words import show
from netspec.spec.settings import Data

WHITE = 255

# fmt: off
FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR100 = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish",
    "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
    "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
    "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
    "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
    "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow_tree", "wolf", "woman", "worm",
)
# fmt: on
CLASSES = {"mnist": tuple("0123456789"), "fashion_mnist": FASHION, "cifar10": CIFAR10, "cifar100": CIFAR100}


def load_download(word: str, data: Data, seed: int) -> Dataset:
    """The pictures in [0, 1] unless `rescale` says otherwise, channels last; the source's own test set."""
    (x, y), (x_test, y_test) = _arrays(word)
    test = Split(scaled(x_test, data, WHITE), y_test)
    return divided(f"`{word}`", x, y, data, seed, classes=CLASSES[word], divisor=WHITE, test=test)


def _arrays(word: str) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Bytes and int64 labels for training and for the test, from the cache or the network."""
    import keras

    try:
        # Keras prints its progress where the command's own output goes.
        with contextlib.redirect_stdout(sys.stderr):
            train, test = getattr(keras.datasets, word).load_data()
    except Exception as error:  # noqa: BLE001 - a failed download is raised as a bare Exception
        raise DataError(
            f"the download of `{word}` failed ({show(str(error) or type(error).__name__)}); connect to the "
            f"network once, then Keras has the data in its cache"
        ) from None
    return _channels_last(*train), _channels_last(*test)


def _channels_last(x: Array, y: Array) -> tuple[Array, Array]:
    return (x if x.ndim == 4 else x[..., np.newaxis]), y.reshape(-1).astype(np.int64)
