"""The layers of netspec's own: import this module to open a saved model that holds one.

It is the public name of `netspec.backends.keras.layers`, which specs, scripts and saved models written with any version use.
"""

from netspec.backends.keras.layers import (
    AugMix,
    BiasedMultiHeadAttention,
    ChannelShuffle,
    Constant,
    DeformableConv2D,
    Equalization,
    FoldSteps,
    Learned,
    LocalResponseNormalization,
    PositionEmbedding,
    RandomShear,
    RotaryEmbedding,
    SinusoidalEmbedding,
    UnfoldSteps,
)

__all__ = [
    "AugMix",
    "BiasedMultiHeadAttention",
    "ChannelShuffle",
    "Constant",
    "DeformableConv2D",
    "Equalization",
    "FoldSteps",
    "Learned",
    "LocalResponseNormalization",
    "PositionEmbedding",
    "RandomShear",
    "RotaryEmbedding",
    "SinusoidalEmbedding",
    "UnfoldSteps",
]
