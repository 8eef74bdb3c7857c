"""`mnist`, `fashion_mnist`, `cifar10`, `cifar100`: what Keras downloads and keeps in its own cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from netspec.data.source import DECLARED, DataError, DataSource
from netspec.diagnostics.words import show
from netspec.options import declare

if TYPE_CHECKING:
    from netspec.data.dataset import Array, Dataset, Request

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


@declare("download")
class Download(DataSource):
    """Base of the sources that Keras downloads under the same names."""

    names: ClassVar[tuple[str, ...]] = ()  # of the classes

    def load(self, request: Request) -> Dataset:
        """The images in [0, 1] unless `rescale` says otherwise, channels last; the source's own test set."""
        from netspec.data.assembly import classified

        train, test = _arrays(self.spec_name)
        parts = {"train": train, "test": test}
        return classified(f"`{self.spec_name}`", parts, request, classes=self.names, white=self.white)


@declare("mnist", table=DECLARED)
class Mnist(Download):
    """60,000 + 10,000 handwritten digits of 28x28; Keras downloads them."""

    shape = (28, 28, 1)
    classes = 10
    names = tuple("0123456789")


@declare("fashion_mnist", table=DECLARED)
class FashionMnist(Download):
    """60,000 + 10,000 images of clothes of 28x28; Keras downloads them."""

    shape = (28, 28, 1)
    classes = 10
    names = FASHION


@declare("cifar10", table=DECLARED)
class Cifar10(Download):
    """50,000 + 10,000 colour images of 32x32 in ten classes; Keras downloads them."""

    shape = (32, 32, 3)
    classes = 10
    names = CIFAR10


@declare("cifar100", table=DECLARED)
class Cifar100(Download):
    """50,000 + 10,000 colour images of 32x32 in a hundred classes; Keras downloads them."""

    shape = (32, 32, 3)
    classes = 100
    names = CIFAR100


def _arrays(name: str) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Bytes and int64 labels for training and for the test, from the cache or the network."""
    import contextlib
    import sys

    import keras

    try:
        # Keras prints its progress where the command's own output goes.
        with contextlib.redirect_stdout(sys.stderr):
            train, test = getattr(keras.datasets, name).load_data()
    except Exception as error:  # noqa: BLE001 - a failed download is raised as a bare Exception
        raise DataError(
            f"the download of `{name}` failed ({show(str(error) or type(error).__name__)}); connect to the "
            f"network once, then Keras has the data in its cache"
        ) from None
    return _channels_last(*train), _channels_last(*test)


def _channels_last(x: Array, y: Array) -> tuple[Array, Array]:
    return (x if x.ndim == 4 else x[..., None]), y.reshape(-1).astype("int64")
