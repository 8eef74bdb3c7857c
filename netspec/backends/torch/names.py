"""Names in a written module: attributes that a module of PyTorch has not already, and words that are none of Python's."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection
from itertools import chain, count

from netspec.backends.torch.helpers import HELPERS

# What `nn.Module` has, and what the written module says itself.
_TAKEN = frozenset(
    """add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval extra_repr
    float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia
    named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_module register_parameter
    requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train training type xpu zero_grad
    self super range torch nn F np Path len load_weights""".split()  # noqa: SIM905 - a table of words
)


def attribute(word: str) -> str:
    """A word as the name of a module in another."""
    if not word.isidentifier():
        word = f"_{word}"
    is_taken = word in _TAKEN or word in HELPERS or keyword.iskeyword(word) or word.startswith("__")
    return f"{word}_" if is_taken else word


def is_free(word: str) -> bool:
    """May a param have this name?"""
    return attribute(word) == word


def snake(word: str) -> str:
    """The name of a block's use, `BottleNeck_1`, as `bottle_neck_1`; others are as they were chosen."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower() if word[:1].isupper() else word


def camel(word: str) -> str:
    """`resnet_50` as `Resnet50`, the name of a class."""
    joined = "".join(part[:1].upper() + part[1:] for part in word.split("_"))
    return joined if joined.isidentifier() and not keyword.iskeyword(joined) else f"Net{joined}"


def class_name(word: str, taken: Collection[str]) -> str:
    """A name for a class that nothing else in the module has."""
    name = f"{word}Block" if word in _TAKEN or word in HELPERS else word
    return next(each for each in chain([name], (f"{name}{n}" for n in count(2))) if each not in taken)
