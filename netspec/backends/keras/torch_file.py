"""A model as a program that PyTorch exported (`.pt2`), and such a program run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from netspec.backends.keras.onnx_file import first_line, quiet
from netspec.backends.keras.types import KerasModel, KerasTensor

if TYPE_CHECKING:
    from netspec.backends.keras.types import Array


class TorchError(Exception):
    """The network cannot be such a program, or cannot be run as one: a sentence."""


def write(model: KerasModel, structure: Array | dict[str, Array], path: Path, notes: Mapping[str, str]) -> None:
    """Export a model for batches of any size, with further files in the archive. Raises TorchError."""
    import torch

    batch = {0: torch.export.Dim.AUTO}
    sizes = dict.fromkeys(structure, batch) if isinstance(structure, dict) else batch
    with quiet():
        try:
            model.eval()
            program = torch.export.export(model, (_tensors(structure),), dynamic_shapes=((sizes,),), strict=False)
            with open(path, "wb") as file:  # whose name need not end in .pt2
                torch.export.save(program, file, extra_files=dict(notes))
        except Exception as error:  # noqa: BLE001 - the exporter raises whatever a network leads it to
            raise TorchError(f"the network cannot be exported by PyTorch ({first_line(error)})") from None


def run(path: Path, structure: Array | dict[str, Array]) -> KerasTensor:
    """The outputs of a program. Raises TorchError."""
    import torch

    try:
        with open(path, "rb") as file, torch.no_grad():
            return torch.export.load(file).module()(_tensors(structure))
    except Exception as error:  # noqa: BLE001 - see write
        raise TorchError(f"PyTorch does not run what was exported ({first_line(error)})") from None


def _tensors(structure: Array | dict[str, Array]) -> KerasTensor:
    import torch

    if isinstance(structure, dict):
        return {name: torch.from_numpy(values) for name, values in structure.items()}
    return torch.from_numpy(structure)
