"""Ten small models in the manner of PyTorch's users, with examples of their inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """A stem with batch norm, a residual block, a mean."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        self.conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        y = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(x + self.bn2(self.conv2(y)))
        return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def alexnet() -> nn.Module:
    """A chain with local response normalisation and dropout, whose dense layer reads an image."""
    return nn.Sequential(
        *(nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.ReLU(), nn.LocalResponseNorm(3), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 12, 3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(12 * 4 * 6, 16), nn.ReLU()),
        *(nn.Linear(16, 4), nn.Softmax(1)),
    )


class Mobile(nn.Module):
    """Depthwise convolutions, hard activations, squeeze and excitation by convolutions and by dense layers."""

    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Sequential(nn.Conv2d(3, 12, 1, bias=False), nn.BatchNorm2d(12), nn.Hardswish())
        self.depth = nn.Sequential(
            nn.Conv2d(12, 12, 3, stride=2, padding=1, groups=12, bias=False), nn.BatchNorm2d(12), nn.ReLU6()
        )
        self.squeeze = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(12, 4, 1), nn.SiLU(), nn.Conv2d(4, 12, 1), nn.Sigmoid()
        )
        self.excite = nn.Sequential(nn.Linear(12, 3), nn.ReLU(), nn.Linear(3, 12), nn.Hardsigmoid())
        self.project = nn.Conv2d(12, 6, 1)

    def forward(self, x: Any) -> Any:
        x = self.depth(self.expand(x))
        x = x * self.squeeze(x)
        gate = self.excite(x.mean((2, 3))).view(-1, 12, 1, 1)
        return self.project(x * gate).mean([2, 3])


class Unet(nn.Module):
    """Down, up by a transposed convolution and by interpolation, and a concatenation; the output is an image."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
        self.third = nn.Conv2d(8, 2, 3, padding=1)
        self.last = nn.ConvTranspose2d(2, 3, 2, stride=2)

    def forward(self, x: Any) -> Any:
        x = functional.elu(self.first(x))
        y = functional.leaky_relu(self.second(functional.avg_pool2d(x, 2)), 0.1)
        y = self.third(torch.cat([self.up(y), x], 1))
        y = functional.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.last(functional.interpolate(y, scale_factor=2, mode="nearest"))


class Shuffle(nn.Module):
    """Grouped convolutions with a shuffle between them, halves of the channels, shuffled pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 12, 3, padding=1, groups=2)
        self.second = nn.Conv2d(12, 16, 3, padding=1, groups=4)
        self.pixels = nn.PixelShuffle(2)

    def forward(self, x: Any) -> Any:
        x = functional.gelu(self.first(x))
        n, channels, height, width = x.shape
        x = x.view(n, 3, channels // 3, height, width).transpose(1, 2).reshape(n, channels, height, width)
        left, right = x.chunk(2, 1)
        x = torch.cat([functional.mish(left), functional.softplus(right)], 1)
        return torch.tanh(self.pixels(self.second(x)))


class Block(nn.Module):
    """A transformer's block, with attention written out."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(16)
        self.qkv = nn.Linear(16, 48)
        self.proj = nn.Linear(16, 16)
        self.norm2 = nn.LayerNorm(16)
        self.mlp = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16))
        self.gamma = nn.Parameter(torch.rand(16))

    def forward(self, x: Any) -> Any:
        n, steps, channels = x.shape
        query, key, value = self.qkv(self.norm1(x)).reshape(n, steps, 3, 4, 4).permute(2, 0, 3, 1, 4).unbind(0)
        scores = (query @ key.transpose(-2, -1)) * 0.5
        y = (scores.softmax(-1) @ value).transpose(1, 2).reshape(n, steps, channels)
        x = x + self.proj(y)
        return x + self.gamma * self.mlp(self.norm2(x))


class Vit(nn.Module):
    """Patches, a class token, positions, two blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 16, 4, stride=4)
        self.token = nn.Parameter(torch.rand(1, 1, 16))
        self.positions = nn.Parameter(torch.rand(1, 17, 16))
        self.blocks = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        return self.head(self.norm(self.blocks(x))[:, 0])


class Next(nn.Module):
    """ConvNeXt's block, whose dense layers see channels last; group and instance normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, stride=4)
        self.depth = nn.Conv2d(8, 8, 7, padding=3, groups=8)
        self.norm = nn.LayerNorm(8)
        self.fc1 = nn.Linear(8, 32)
        self.fc2 = nn.Linear(32, 8)
        self.gamma = nn.Parameter(torch.rand(8))
        self.groups = nn.GroupNorm(4, 8)
        self.instances = nn.InstanceNorm2d(8, affine=True)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        y = self.norm(self.depth(x).permute(0, 2, 3, 1))
        y = self.fc2(functional.gelu(self.fc1(y))) * self.gamma
        x = x + y.permute(0, 3, 1, 2)
        return self.instances(functional.silu(self.groups(x)))


class Text(nn.Module):
    """An embedding, a convolution of steps, PyTorch's own attention, which has the batch second."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(30, 12)
        self.conv = nn.Conv1d(12, 8, 3, padding=1)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        x = functional.relu(self.conv(self.words(x).transpose(1, 2))).transpose(1, 2)
        y, _ = self.attention(x, x, x, need_weights=False)
        return self.out((x + y).mean(1)).log_softmax(-1)


class Signal(nn.Module):
    """A dilated convolution of steps, slopes that are learned, a maximum."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(4, 8, 3, padding=2, dilation=2)
        self.norm = nn.BatchNorm1d(8)
        self.slopes = nn.PReLU(8)
        self.fc = nn.Linear(8, 6)
        self.last = nn.BatchNorm1d(6)

    def forward(self, x: Any) -> Any:
        x = functional.max_pool1d(self.slopes(self.norm(self.conv(x))), 2, ceil_mode=True)
        return self.last(functional.selu(self.fc(x.amax(2))))


class Shared(nn.Module):
    """Two inputs through one layer, and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Linear(6, 8)
        self.out = nn.Linear(16, 2)

    def forward(self, x: Any, z: Any) -> Any:
        one, other = torch.tanh(self.tower(x)), torch.tanh(self.tower(z))
        both = torch.cat([one * other, torch.abs(one - other)], -1)
        return self.out(both), torch.clamp(both**2 / 3 + 1, 0.5, 2.0)


class Recurrent(nn.Module):
    """Recurrent layers one after the other, of whose last only what it ends in is read."""

    def __init__(self) -> None:
        super().__init__()
        self.both = nn.LSTM(5, 4, batch_first=True, bidirectional=True)
        self.two = nn.GRU(8, 6, batch_first=True, num_layers=2)
        self.ends = nn.GRU(6, 3, batch_first=True, bidirectional=True)
        self.last = nn.Linear(3, 2)

    def forward(self, x: Any) -> Any:
        x, _ = self.both(x)
        x, _ = self.two(x)
        _, ends = self.ends(x)
        return self.last(ends[-1])


class Translating(nn.Module):
    """One layer begins with what is learned, the next in both directions with what the first ends in, its cells too."""

    def __init__(self) -> None:
        super().__init__()
        self.begin = nn.Parameter(torch.rand(1, 1, 4))
        self.reader = nn.LSTM(5, 4, batch_first=True)
        self.writer = nn.LSTM(5, 4, batch_first=True, bidirectional=True)
        self.simple = nn.RNN(8, 4, batch_first=True, nonlinearity="relu")

    def forward(self, x: Any) -> Any:
        begin = self.begin.expand(-1, x.shape[0], -1)
        _, (state, cells) = self.reader(x, (begin, begin))
        x, _ = self.writer(x, (torch.cat([state, state]), torch.cat([cells, -cells])))
        x, _ = self.simple(x, state)
        return x[:, -1]


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[Any, ...]]] = {
    "residual": (Residual, (torch.zeros(2, 3, 32, 32),)),
    "alexnet": (alexnet, (torch.zeros(2, 3, 24, 32),)),
    "mobile": (Mobile, (torch.zeros(2, 3, 17, 17),)),
    "unet": (Unet, (torch.zeros(2, 1, 16, 16),)),
    "shuffle": (Shuffle, (torch.zeros(2, 4, 8, 10),)),
    "vit": (Vit, (torch.zeros(2, 3, 16, 16),)),
    "next": (Next, (torch.zeros(2, 3, 16, 16),)),
    "text": (Text, (torch.zeros(2, 7, dtype=torch.int64),)),
    "signal": (Signal, (torch.zeros(2, 4, 15),)),
    "shared": (Shared, (torch.zeros(2, 6), torch.zeros(2, 6))),
}


def made(name: str) -> tuple[nn.Module, tuple[Any, ...]]:
    """A model with weights that are not those that it begins with, and an example."""
    torch.manual_seed(0)
    make, example = MODELS[name]
    model = make()
    with torch.no_grad():
        for word, tensor in model.state_dict().items():
            if tensor.dtype == torch.float32:
                tensor.copy_(torch.rand_like(tensor) + 0.5 if "var" in word else torch.randn_like(tensor) * 0.2)
    return model.eval(), example
