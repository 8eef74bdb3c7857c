"""What a written module says itself where PyTorch has no word for it: classes and functions, those that it uses."""

from __future__ import annotations

import re

HELPERS = {
    "Attention": '''class Attention(nn.Module):
    """Multi-head attention over the last axis but one, with heads of a width of their own."""

    def __init__(
        self,
        channels,
        heads,
        head_dim,
        value_channels=None,
        key_channels=None,
        value_dim=None,
        out_channels=None,
        bias=True,
        dropout=0.0,
    ):
        super().__init__()
        value_channels = value_channels or channels
        value_dim = value_dim or head_dim
        self.heads = heads
        self.dropout = dropout
        self.query = nn.Linear(channels, heads * head_dim, bias=bias)
        self.key = nn.Linear(key_channels or value_channels, heads * head_dim, bias=bias)
        self.value = nn.Linear(value_channels, heads * value_dim, bias=bias)
        self.out = nn.Linear(heads * value_dim, out_channels or channels, bias=bias)

    def forward(self, query, value=None, key=None, mask=None, bias=None, causal=False):
        value = query if value is None else value
        key = value if key is None else key
        q = self.query(query).unflatten(-1, (self.heads, -1)).transpose(-2, -3)
        k = self.key(key).unflatten(-1, (self.heads, -1)).transpose(-2, -3)
        v = self.value(value).unflatten(-1, (self.heads, -1)).transpose(-2, -3)
        if mask is not None:
            mask = mask.bool().unsqueeze(-3)
        if bias is not None:
            mask = bias if mask is None else bias.masked_fill(~mask, -1e9)
        dropout = self.dropout if self.training else 0.0
        x = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=causal)
        return self.out(x.transpose(-2, -3).flatten(-2))''',
    "GaussianNoise": '''class GaussianNoise(nn.Module):
    """Noise that is added while training."""

    def __init__(self, stddev):
        super().__init__()
        self.stddev = stddev

    def forward(self, x):
        return x + self.stddev * torch.randn_like(x) if self.training else x''',
    "Normalize": '''class Normalize(nn.Module):
    """Mean 0 and variance 1 for each channel, by figures that are known."""

    def __init__(self, mean, deviation, dims=2):
        super().__init__()
        self.mean = nn.Buffer(torch.tensor(mean).reshape(-1, *[1] * dims))
        self.deviation = nn.Buffer(torch.tensor(deviation).reshape(-1, *[1] * dims))

    def forward(self, x):
        return (x - self.mean) / self.deviation''',
    "Sampling": '''class Sampling(nn.Module):
    """Of a mean and the logarithm of a variance, a draw while training and the mean otherwise."""

    def forward(self, mean, log_variance):
        if not self.training:
            return mean
        return mean + torch.exp(log_variance / 2) * torch.randn_like(mean)''',
    "StochasticDepth": '''class StochasticDepth(nn.Module):
    """Leaves whole examples out while training (arXiv 1603.09382)."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        kept = torch.rand(len(x), *[1] * (x.dim() - 1), device=x.device) < keep
        return x * kept / keep''',
    "last_steps": '''def last_steps(x):
    """What a recurrent layer ends in that runs both ways: the last step, and the first."""
    forwards, backwards = x.chunk(2, dim=-1)
    return torch.cat([forwards[:, -1], backwards[:, 0]], dim=-1)''',
    "with_state": '''def with_state(made, last=False):
    """What a recurrent layer makes, of all steps or the last, and its state."""
    x, state = made
    return x[:, -1] if last else x, state[0]''',
    "with_states": '''def with_states(made, last=False):
    """What an LSTM makes, of all steps or the last, and its two states."""
    x, (h, c) = made
    return x[:, -1] if last else x, h[0], c[0]''',
    "mean_inside": '''def mean_inside(pool, x, padding, *window):
    """The mean of each window, in which padding does not count."""
    inside = torch.ones_like(x[:, :1])
    return pool(F.pad(x, padding), *window) / pool(F.pad(inside, padding), *window)''',
    "space_to_depth": '''def space_to_depth(x, block):
    """Blocks of pixels as channels: [N, H, W, C] to [N, H / b, W / b, b * b * C]."""
    n, rows, columns, channels = x.shape
    x = x.reshape(n, rows // block, block, columns // block, block, channels).transpose(2, 3)
    return x.flatten(3)''',
    "depth_to_space": '''def depth_to_space(x, block):
    """Channels as blocks of pixels: [N, H, W, b * b * C] to [N, H * b, W * b, C]."""
    n, rows, columns, _ = x.shape
    x = x.reshape(n, rows, columns, block, block, -1).transpose(2, 3)
    return x.reshape(n, rows * block, columns * block, -1)''',
    "window_partition": '''def window_partition(x, window):
    """The windows of images, side by side: [N, H, W, C] to [N, windows, h * w, C]."""
    n, rows, columns, channels = x.shape
    h, w = window
    x = x.reshape(n, rows // h, h, columns // w, w, channels).transpose(2, 3)
    return x.reshape(n, -1, h * w, channels)''',
    "window_reverse": '''def window_reverse(x, window, rows, columns):
    """The images that windows were made of."""
    h, w = window
    x = x.reshape(len(x), rows // h, columns // w, h, w, -1).transpose(2, 3)
    return x.reshape(len(x), rows, columns, -1)''',
}


def used(text: str) -> list[str]:
    """The helpers that a text uses."""
    return [source for name, source in HELPERS.items() if re.search(rf"(?<![\w.]){name}\(", text)]
