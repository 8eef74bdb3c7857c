"""What the page needs to know of a network, and masks as it shows them."""

from __future__ import annotations

import base64
import io

from netspec.training.prediction.answers import Network, Prediction
from netspec.training.prediction.examples import Rows
from netspec.training.prediction.masks import drawn

MAX_NAMES = 1_000


def about(network: Network, rows: Rows) -> dict[str, object]:
    """The inputs and outputs of a network."""
    inputs = [{"name": name, "shape": list(shape)} for name, shape in rows.shapes.items()]
    outputs = [
        {"name": name, "kind": meaning.kind, "names": list(meaning.names[:MAX_NAMES])}
        for name, meaning in network.meanings.items()
    ]
    return {"inputs": inputs, "columns": rows.columns, "outputs": outputs, "takes": _takes(rows)}


def _takes(rows: Rows) -> str:
    """What a person gives it: `image`, `row`, `text` or `json`."""
    if rows.of_text is not None:
        return "text"
    shapes = list(rows.shapes.values())
    if rows.columns is not None:
        return "row"
    if len(shapes) == 1 and len(shapes[0]) == 3 and shapes[0][2] in (1, 3, 4, None):
        return "image"
    return "json"


def mask_of(prediction: Prediction) -> str:
    """A mask as the address of a picture that holds itself."""
    file = io.BytesIO()
    drawn(prediction).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
