"""A model as a TensorFlow Lite (LiteRT) file, and such a file run."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.backends.keras.importing import muted
from netspec.backends.keras.onnx_file import first_line, quiet
from netspec.backends.keras.types import KerasModel

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array


class LiteError(Exception):
    """The network cannot be such a file, or cannot be run as one: a sentence."""


def write(model: KerasModel, path: Path) -> None:
    """Convert a model that has been called; operators that TensorFlow Lite lacks are refused. Raises LiteError."""
    import tensorflow as tf

    with quiet(), tempfile.TemporaryDirectory() as folder:
        try:
            model.export(folder, format="tf_saved_model", verbose=False)
            path.write_bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())
        except Exception as error:  # noqa: BLE001 - the converter raises whatever a network leads it to
            raise LiteError(f"the network cannot be converted to TensorFlow Lite ({first_line(error)})") from None


def run(path: Path, inputs: Mapping[str, Array], names: Sequence[str] | None) -> list[Array]:
    """The outputs of a file in the order of their names, or of their numbers. Raises LiteError."""
    import tensorflow as tf

    with warnings.catch_warnings(), muted():  # which tells of each delegate that it makes
        warnings.filterwarnings("ignore", message=r"\s*Warning: tf.lite.Interpreter is deprecated")
        try:
            interpreter = tf.lite.Interpreter(str(path))
            wanted = interpreter.get_signature_list()["serving_default"]["inputs"]
            given = {name: inputs[name] for name in wanted}
            made = interpreter.get_signature_runner("serving_default")(**given)
        except Exception as error:  # noqa: BLE001 - see write
            raise LiteError(f"TensorFlow Lite does not run what was converted ({first_line(error)})") from None
    order = names if names is not None else sorted(made, key=lambda name: (len(name), name))  # output_10 after output_9
    return [made[name] for name in order]
