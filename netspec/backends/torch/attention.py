"""Attention: a class of the written module itself, since PyTorch's takes no heads of a width of their own."""

from __future__ import annotations

from netspec.backends.torch.steps import Array, Arrays, Module, Site, Step, Untranslatable
from netspec.backends.torch.table import translates
from netspec.kinds.sequence import MultiHeadAttention


@translates("multi_head_attention")
def _attention(site: Site) -> Step:
    config = site.of(MultiHeadAttention)
    own, masks, biases = config.parted(site.shapes)
    _check(config)
    query, value = own[0], own[1] if len(own) > 1 else own[0]
    key = own[2] if len(own) > 2 else value
    values_of_head = config.key_dim if config.value_dim is None else config.value_dim
    named: dict[str, object] = {}
    if value[-1] != query[-1]:
        named["value_channels"] = value[-1]
    if key[-1] != value[-1]:
        named["key_channels"] = key[-1]
    if values_of_head != config.key_dim:
        named["value_dim"] = values_of_head
    if not config.use_bias:
        named["bias"] = False
    if config.dropout:
        named["dropout"] = config.dropout
    if isinstance(config.output_shape, int) and config.output_shape != query[-1]:
        named["out_channels"] = config.output_shape
    module = Module(
        "Attention",
        (query[-1], config.num_heads, config.key_dim),
        ("channels", "heads", "head_dim"),
        named,
        _state,
    )
    # The axis along which steps attend is brought to stand before the channels, and back.
    axis = _axis(config, len(query))
    swapped = f".transpose({axis}, -2)" if axis != len(query) - 1 else ""
    given = ", ".join(f"{{{number}}}{swapped}" for number in range(len(own)))
    for name, place, shapes, least in (("mask", len(own), masks, 2), ("bias", len(own) + len(masks), biases, 3)):
        if shapes:
            free = len(query) - 2 - (len(shapes[0]) - least)  # axes along which nothing attends, and which it has not
            given += f", {name}={{{place}}}" + ("[" + ", ".join([":", *["None"] * free]) + "]" if free else "")
    if config.use_causal_mask:
        given += ", causal=True"
    return Step(f"{{m}}({given}){swapped}", wants=(False,) * len(site.shapes), module=module)


def _axis(config: MultiHeadAttention, rank: int) -> int:
    """The axis along which steps attend, counted with the batch. Raises Untranslatable."""
    axes = config.attention_axes
    said = (axes,) if isinstance(axes, int) else axes if axes is not None else tuple(range(1, rank))
    if len(said) != 1:
        raise Untranslatable("over several axes together has no counterpart that netspec knows")
    return said[0] % (rank + 1)


def _check(config: MultiHeadAttention) -> None:
    for name in ("sliding_window", "use_gate"):
        if getattr(config, name):
            raise Untranslatable(f"with `{name}` has no counterpart that netspec knows")
    if isinstance(config.output_shape, tuple):
        raise Untranslatable("with an `output_shape` of several axes has no counterpart that netspec knows")


def _state(arrays: Arrays) -> dict[str, Array]:
    """Of kernels [channels, heads, width] and [heads, width, channels] those of plain layers."""
    found: dict[str, Array] = {}
    for name, wanted in (("query", "query"), ("key", "key"), ("value", "value"), ("attention_output", "out")):
        kernel = next(array for path, array in arrays.items() if path.endswith(f"{name}/kernel"))
        rows = kernel.shape[0] if wanted != "out" else kernel.shape[0] * kernel.shape[1]
        found[f"{wanted}.weight"] = kernel.reshape(rows, -1).T
        for path, array in arrays.items():
            if path.endswith(f"{name}/bias"):
                found[f"{wanted}.bias"] = array.reshape(-1)
    return found


@translates("attention")
def _plain_attention(site: Site) -> Step:
    if site.get("use_scale") or site.get("score_mode") != "dot" or site.get("dropout"):
        raise Untranslatable(
            "with a learned scale, `score_mode: concat` or dropout has no counterpart that netspec knows"
        )
    numbers = [0, 1, 2 if len(site.shapes) > 2 else 1] if len(site.shapes) > 1 else [0, 0, 0]
    query, value, key = (f"{{{number}}}" for number in numbers)
    causal = ", is_causal=True" if site.get("use_causal_mask") else ""
    text = f"F.scaled_dot_product_attention({query}, {key}, {value}{causal}, scale=1.0)"
    return Step(text, wants=(False,) * len(site.shapes))
