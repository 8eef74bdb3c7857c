"""Models of `keras.applications` with the weights that were published for them.

Which file holds them, what its digest is and where it is published, Keras's own modules know: a model is made there with
`weights="imagenet"`, and what Keras would fetch is looked for, checked and fetched here. So there is no table to keep, and
what is missing is told in one sentence.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netspec.backends.keras.model_file import Damaged, what_is_no_number
from netspec.backends.keras.types import Keras, KerasModel, KerasObject
from netspec.diagnostics.words import did_you_mean, printable, show
from netspec.spec.pretrained import Application

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array

# What every model takes, and netspec says itself.
_OWN = ("include_top", "weights", "input_tensor", "input_shape", "pooling", "classes", "classifier_activation", "name")
MODES = ("caffe", "tf", "torch")  # of preparing images, as `keras.applications.imagenet_utils` calls them


class Published(NamedTuple):
    """A file of weights, as Keras knows it."""

    name: str
    origin: str  # its address
    digest: str | None  # MD5 or SHA-256, where Keras keeps one

    @property
    def words(self) -> str:
        """For messages: the name, and the digest where there is one."""
        return f"`{self.name}`" + (f" ({algorithm(self.digest)} {self.digest})" if self.digest else "")


class Pretrained(NamedTuple):
    """A model with its weights, and the file that they came from."""

    model: KerasModel
    file: Path
    digest: str
    top: bool  # whether its classifier is in the file


class Unusable(Exception):
    """Weights cannot be used, and why: a sentence."""


class _Absent(Exception):
    """A file is not in Keras's cache."""

    def __init__(self, published: Published) -> None:
        super().__init__(published.name)
        self.published = published


Find = Callable[[Published], Path]


def load(
    keras: Keras, application: Application, *, top: bool, file: Path | None = None, digest: str | None = None
) -> Pretrained:
    """A model of `keras.applications` with the weights of its file, with or without its classifier.

    Both files are looked for in Keras's cache, that with the classifier first, which holds all that the other does.

    Args:
        keras: the module.
        application: which model.
        top: whether the file with the classifier is to be fetched, where neither is there.
        file: a file in place of those.
        digest: what its digest must be, in place of Keras's own.

    Raises:
        Unusable: There is no such model, or no such file, or it is not the one that was published.
    """
    make = _maker(keras, application)
    if file is not None:
        return _of_file(keras, make, application, file, digest)
    home = _home()

    def in_cache(published: Published) -> Path:
        path = home / "models" / published.name
        if not path.is_file():
            raise _Absent(published)
        return _checked(path, published, digest, f"; remove it, and `{published.name}` is fetched anew")

    def fetched(published: Published, other: Published) -> Path:
        expected = digest or published.digest
        fetch = keras.utils.get_file
        place = {"cache_subdir": "models", "cache_dir": str(home), "file_hash": expected}
        try:
            # Keras prints its progress where the command's own output goes.
            with contextlib.redirect_stdout(sys.stderr):
                return Path(fetch(published.name, published.origin, **place))
        except Exception as error:  # noqa: BLE001 - a failed download is raised as a bare Exception
            why = printable((str(error).strip() or type(error).__name__).splitlines()[0])
            wanted = published._replace(digest=expected)
            raise Unusable(
                f"the weights of `{application.name}` are not in Keras's cache, and the download failed ({show(why, 200)}); "
                f"put {wanted.words} from {wanted.origin} at {show(str(home / 'models' / wanted.name), 200)}, or "
                f"`{other.name}`, {'without' if top else 'with'} the classifier, beside it"
            ) from None

    def in_cache_or_fetched(published: Published) -> Path:
        try:
            return in_cache(published)
        except _Absent:
            return fetched(published, with_top)

    try:
        return _made(keras, make, application, True, in_cache)
    except _Absent as error:
        with_top = error.published
    if not top:
        return _made(keras, make, application, False, in_cache_or_fetched)
    try:
        return _made(keras, make, application, False, in_cache)
    except _Absent as error:
        without = error.published
    return _made(keras, make, application, True, lambda published: fetched(published, without))


def prepared(keras: Keras, application: Application, images: Array, mode: str | None = None) -> Array:
    """Images of bytes, as a model's own `preprocess_input` or one of Keras's MODES makes them before the model sees them."""
    made: Array
    if mode is not None:
        made = keras.applications.imagenet_utils.preprocess_input(images.copy(), mode=mode)
    else:
        module: KerasObject = sys.modules[getattr(keras.applications, application.name).__module__]
        made = module.preprocess_input(images.copy())
    return made


def model_of(keras: Keras, application: Application) -> KerasModel:
    """A model of `keras.applications` with random weights. Raises Unusable."""
    return _maker(keras, application)(weights=None, **application.arguments)


def _maker(keras: Keras, application: Application) -> Callable[..., KerasModel]:
    """The function that makes the model. Raises Unusable where there is none, or it does not take the arguments."""
    known = tuple(name for name in dir(keras.applications) if name[0].isupper())
    if application.name not in known:
        hint = did_you_mean(application.name, known)
        raise Unusable(f"`keras.applications` has no model {show(application.name)}{hint}")
    make: Callable[..., KerasModel] = getattr(keras.applications, application.name)
    taken = [name for name in inspect.signature(make).parameters if name not in _OWN]
    for name in application.arguments:
        if name not in taken:
            few = f"it takes {', '.join(f'`{each}`' for each in taken)}" if taken else "it takes none"
            raise Unusable(f"`{application.name}` has no argument {show(name)}; {few}")
    return make


def _home() -> Path:
    """Where Keras keeps what it fetches."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()


def _of_file(
    keras: Keras, make: Callable[..., KerasModel], application: Application, file: Path, digest: str | None
) -> Pretrained:
    """The model with the weights of a file that is named."""
    if not file.is_file():
        raise Unusable(f"there is no file {show(str(file), 200)}")
    offered: list[Published] = []
    failure: _Misfit | None = None

    def given(published: Published) -> Path:
        offered.append(published)
        if published.digest is not None and digest is None and _digest(file, published.digest) != published.digest:
            raise _Absent(published)
        return _checked(file, published, digest, "")

    for with_top in (True, False):
        try:
            return _made(keras, make, application, with_top, given)
        except _Absent:
            continue
        except _Misfit as error:
            failure = error
    if failure is not None:
        raise failure
    raise Unusable(
        f"{show(str(file), 200)} is neither {offered[0].words} nor {offered[1].words}; if it is to be taken all the same, "
        f"write `digest: {_digest(file, '')}` beside it"
    )


class _Misfit(Unusable):
    """A file holds the weights of another model."""


def _made(keras: Keras, make: Callable[..., KerasModel], application: Application, top: bool, find: Find) -> Pretrained:
    """The model with the weights of the file that `find` has. Raises _Absent and Unusable."""
    found: list[Path] = []

    def get_file(fname: str, origin: str, *_: object, file_hash: str | None = None, **__: object) -> str:
        found.append(find(Published(fname, origin, file_hash)))
        return str(found[0])

    try:
        with _fetching(keras, get_file), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes without weights of their own: they are the same for all
            model = make(weights="imagenet", include_top=top, **application.arguments)
    except (_Absent, Unusable):
        raise
    except Exception as error:  # noqa: BLE001 - Keras raises whatever a foreign file leads it to
        why = printable((str(error).strip() or type(error).__name__).splitlines()[0])
        if not found:
            raise Unusable(f"Keras has no weights for `{application.name}` as it is asked for ({why})") from None
        raise _Misfit(f"{show(str(found[0]), 200)} does not hold the weights of `{application.name}` ({why})") from None
    return Pretrained(model, found[0], _digest(found[0], ""), top)


@contextlib.contextmanager
def _fetching(keras: Keras, get_file: Callable[..., str]) -> Iterator[None]:
    """While this is entered, Keras asks here for the files that it would fetch."""
    module: KerasObject = sys.modules[keras.utils.get_file.__module__]
    own = module.get_file
    module.get_file = get_file
    try:
        yield
    finally:
        module.get_file = own


def _checked(path: Path, published: Published, digest: str | None, hint: str) -> Path:
    """The file, if its digest is right. Raises Unusable."""
    expected = digest or published.digest
    if expected is not None:
        actual = _digest(path, expected)
        if actual == expected:
            return path
        raise Unusable(
            f"{show(str(path), 200)} is not the file that is wanted: its {algorithm(expected)} is {actual}, and should be "
            f"{expected}{hint}"
        )
    try:
        wrong = what_is_no_number(path)
    except Damaged:
        wrong = "it is damaged, or no file of weights"
    if wrong:
        raise Unusable(f"{show(str(path), 200)} cannot be read: {printable(wrong)}")
    return path


def algorithm(digest: str) -> str:
    """Which digest has so many digits."""
    return "SHA-256" if len(digest) == 64 else "MD5"


def _digest(path: Path, like: str) -> str:
    """A file's digest: MD5 where `like` is one, else SHA-256."""
    made = hashlib.md5(usedforsecurity=False) if len(like) == 32 else hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(2**20):
            made.update(chunk)
    return made.hexdigest()
