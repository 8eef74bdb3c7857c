"""Masks: a configuration hands them from layer to layer, and in a spec they come from an `embedding` or `masking` by themselves."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.conversion.model import Call, ConversionError, Layer, Model, Tensor

MASKS = ("mask", "query_mask", "value_mask", "key_mask")


def without_masks(model: Model) -> Model:
    """The model with no mask among what its layers are called with, nor the operations that make only masks."""
    _refuse_others(model)
    layers = tuple(layer._replace(calls=tuple(map(_unmasked, layer.calls))) for layer in model.layers)
    was_read = _read(model.layers, model)
    while True:
        only_masks = was_read - _read(layers, model)
        kept = tuple(layer for layer in layers if not (layer.is_operation and layer.name in only_masks))
        if len(kept) == len(layers):
            return model._replace(layers=layers)
        layers = kept


def _read(layers: Sequence[Layer], model: Model) -> set[str]:
    """The layers that others, or the model's outputs, read."""
    tensors = (tensor for layer in layers for call in layer.calls for tensor in call.reads)
    return {tensor.layer for tensor in (*tensors, *model.outputs.values())}


def _refuse_others(model: Model) -> None:
    """Raise ConversionError where a layer is called with a mask that is no operation's: the masks that come by themselves are."""
    operations = {layer.name for layer in model.layers if layer.is_operation}
    for layer in model.layers:
        for call in layer.calls:
            for name in MASKS:
                mask = call.kwargs.get(name)
                if isinstance(mask, Tensor) and mask.layer not in operations:
                    message = (
                        f"is called with the mask of `{mask.layer}`, and a spec's come from `embedding` and `masking`"
                    )
                    raise ConversionError(message, layer.name)


def _unmasked(call: Call) -> Call:
    return call._replace(kwargs={name: value for name, value in call.kwargs.items() if name not in MASKS})
