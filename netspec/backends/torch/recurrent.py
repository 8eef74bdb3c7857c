"""Recurrent layers: PyTorch's gates stand in another order in a GRU, and it has two biases where Keras has one."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.backends.torch.steps import Array, Arrays, Module, Site, Step, Untranslatable
from netspec.backends.torch.table import translates

_MERGED = {
    "concat": "{0}",
    "sum": "torch.stack({0}.chunk(2, -1)).sum(0)",
    "multiply": "torch.stack({0}.chunk(2, -1)).prod(0)",
    "average": "torch.stack({0}.chunk(2, -1)).mean(0)",
}
_CALLS = {"lstm": "nn.LSTM", "gru": "nn.GRU", "simple_rnn": "nn.RNN"}


@translates("lstm", "gru", "simple_rnn")
def _recurrent(site: Site) -> Step:
    word = site.config.spec_name
    _check(site, word)
    both = site.get("bidirectional")
    backwards = bool(site.get("go_backwards"))
    named: dict[str, object] = {"batch_first": True}
    if both:
        named["bidirectional"] = True
    if not site.get("use_bias"):
        named["bias"] = False
    if word == "simple_rnn" and site.get("activation") == "relu":
        named["nonlinearity"] = "relu"
    units = site.get("units")
    module = Module(
        _CALLS[word],
        (site.channels, units),
        ("in_features", "units"),
        named,
        lambda w: _state(w, word, both is not None),
    )
    text = "{m}({0}" + (".flip(1)" if backwards else "") + _begun(site, word) + ")"
    if site.get("return_state"):
        if both:
            raise Untranslatable("with `bidirectional` and `return_state` has no counterpart that netspec knows")
        helper, targets = ("with_states", "{0}, {1}, {2}") if word == "lstm" else ("with_state", "{0}, {1}")
        out = f"{helper}({text}" + (")" if site.get("return_sequences") else ", last=True)")
        return Step(out, wants=(False,) * len(site.shapes), module=module, targets=targets)
    if both is None:
        out = f"{text}[0]" if site.get("return_sequences") else f"{text}[0][:, -1]"
    else:  # without the sequence, what each way ends in
        out = f"{text}[0]" if site.get("return_sequences") else f"last_steps({text}[0])"
        out = _MERGED[str(both)].replace("{0}", out)
    return Step(out, wants=(False,) * len(site.shapes), module=module)


def _check(site: Site, word: str) -> None:
    if site.get("activation") != "tanh" and not (word == "simple_rnn" and site.get("activation") == "relu"):
        raise Untranslatable(f"with `activation: {site.get('activation')}` has no counterpart in PyTorch")
    if word != "simple_rnn" and site.get("recurrent_activation") != "sigmoid":
        raise Untranslatable(
            f"with `recurrent_activation: {site.get('recurrent_activation')}` has no counterpart in PyTorch"
        )
    if word == "gru" and not site.get("reset_after"):
        raise Untranslatable("with `reset_after: false` has no counterpart in PyTorch")
    for name in ("dropout", "recurrent_dropout"):
        if site.get(name):
            raise Untranslatable(f"with `{name}` has no counterpart in PyTorch, which drops nothing inside a layer")


def _begun(site: Site, word: str) -> str:
    """The state to begin with, as a layer is given it: with an axis before it for layers and ways."""
    states = len(site.shapes) - 1
    if not states:
        return ""
    if site.get("bidirectional"):
        raise Untranslatable("with `bidirectional` and `initial_state` has no counterpart that netspec knows")
    given = ", ".join(f"{{{number}}}[None]" for number in range(1, states + 1))
    return f", ({given})" if word == "lstm" else f", {given}"


def _state(arrays: Arrays, word: str, both: bool) -> dict[str, Array]:
    ways = _ways(arrays) if both else [list(arrays.values())]
    found: dict[str, Array] = {}
    for way, end in zip(ways, ("", "_reverse"), strict=False):
        kernel, recurrent, *bias = way
        found[f"weight_ih_l0{end}"] = _turned(kernel, word).T
        found[f"weight_hh_l0{end}"] = _turned(recurrent, word).T
        if bias:
            import numpy as np

            own, hidden = bias[0] if bias[0].ndim == 2 else (bias[0], np.zeros_like(bias[0]))
            found[f"bias_ih_l0{end}"] = _turned(own, word)
            found[f"bias_hh_l0{end}"] = _turned(hidden, word)
    return found


def _ways(arrays: Arrays) -> list[Sequence[Array]]:
    values = list(arrays.values())
    half = len(values) // 2
    return [values[:half], values[half:]]


def _turned(values: Array, word: str) -> Array:
    """The gates along the last axis in PyTorch's order: Keras's GRU has update before reset."""
    if word != "gru":
        return values
    import numpy as np

    update, reset, new = np.split(values, 3, axis=-1)
    return np.concatenate([reset, update, new], axis=-1)
