"""Small specs that make large work: each under a megabyte, to be done with in seconds or refused by a stated bound."""

from __future__ import annotations

import json
from collections.abc import Callable

HEAD = "netspec: 1\ninput: [32, 32, 3]\n"
DOT = "netspec: 1\ninput: [1, 1, 1]\n"


def _repeated(node: str) -> str:
    return f"{DOT}layers:\n  - {node}\n"


def _doubling(levels: int) -> str:
    names = ["a0: [1, 2]", *(f'a{i}: "[$a{i - 1}, $a{i - 1}]"' for i in range(1, levels + 1))]
    params = "".join(f"  {line}\n" for line in names)
    return f'{HEAD}params:\n{params}layers:\n  - flatten\n  - dense: "$a{levels}[0]"\n'


def _variants(count: int) -> str:
    lines = "".join(f"  v{i}: {{n: {i + 1}}}\n" for i in range(count))
    return f"{DOT}params: {{n: 1}}\nvariants:\n{lines}layers:\n  - relu: {{repeat: 49000}}\n"


def _many_variants(count: int) -> str:
    lines = "".join(f"  v{i}: {{n: {i + 1}}}\n" for i in range(count))
    layers = "".join("  - 1x1: $n  # netspec: ignore NS801\n" for _ in range(300))
    return f"{DOT}params: {{n: 1}}\nvariants:\n{lines}layers:\n{layers}"


def _long_list(length: int, repeat: int) -> str:
    items = ", ".join(["1"] * length)
    return f"{DOT}params: {{w: [{items}]}}\nlayers:\n  - relu: {{repeat: {repeat}, when: sum($w) > 3}}\n"


def _failed_merges(count: int, path: int) -> str:
    merges = "".join("  - add: {from: [near, far]}\n" for _ in range(count))
    nodes = f"  - 1x1: {{filters: 2, name: near}}\n  - relu: {{repeat: {path}}}\n  - 1x1: {{filters: 3, name: far}}\n"
    return f"{DOT}layers:\n{nodes}{merges}"


def _blocks(levels: int, uses: int) -> str:
    blocks = "".join(f"  B{i}: {{layers: [B{i + 1}]}}\n" for i in range(levels))
    nodes = "  - B0\n" * uses
    return f"{DOT}blocks:\n{blocks}  B{levels}: {{layers: [relu]}}\nlayers:\n{nodes}"


def _reads(names: int, times: int) -> str:
    nodes = "".join(f"  - relu: {{name: n{i}}}\n" for i in range(names))
    listed = ", ".join(f"n{i}" for i in range(names))
    merges = "  - add: {from: *f}\n" * times
    return f"{DOT}layers:\n{nodes}  - add: {{from: &f [{listed}]}}\n{merges}"


def _alternating(repeat: int) -> str:
    block = "blocks:\n  B: {layers: [{upsample: 3}, {pool: 3}, {upsample: 2}, {pool: 2}]}\n"
    return f"{DOT}{block}layers:\n  - B: {{repeat: {repeat}}}\n"


def _growing(repeat: int) -> str:
    block = (
        "blocks:\n  B: {layers: [{upsample: 3}, {pool: {pool_size: 3, strides: 3, padding: same}}, {upsample: 2}]}\n"
    )
    return f"{DOT}{block}layers:\n  - B: {{repeat: {repeat}}}\n  - pool: {{pool_size: 2, padding: same, repeat: {repeat}}}\n"


ATTACKS: dict[str, Callable[[], str]] = {
    "jump of 2 ** 49,000": lambda: _repeated(
        "conv: {filters: 1, kernel_size: 3, strides: 2, padding: same, repeat: 49000}"
    ),
    "jump of 1,000,003 ** 49,000": lambda: _repeated(
        "pool: {pool_size: 7, strides: 1000003, padding: same, repeat: 49000}"
    ),
    "fractions of jumps": lambda: _alternating(9_000),
    "nested lists, 22 levels": lambda: _doubling(22),
    "nested lists, 59 levels": lambda: _doubling(59),
    "nine variants of 49,000 nodes": lambda: _variants(9),
    "3,000 variants with comments": lambda: _many_variants(3000),
    "a sum over 10,000, 49,000 times": lambda: _long_list(10_000, 49_000),
    "1,000 failed merges behind 40,000 nodes": lambda: _failed_merges(1000, 40_000),
    "60,000 unknown kinds": lambda: f"{DOT}layers:\n" + "".join(f"  - kind{i}\n" for i in range(60_000)),
    "30,000 unused nodes": lambda: f"{DOT}layers:\n" + "  - flatten: {from: input}\n" * 30_000,
    "45,000 unknown hyperparameters": lambda: (
        f"{DOT}layers:\n  - 1x1:\n      filters: 1\n" + "".join(f"      fliters{i}: 1\n" for i in range(45_000))
    ),
    "1,900 names read 1,000 times": lambda: _reads(1900, 1000),
    "98 nested blocks, 500 times": lambda: _blocks(97, 500),
    "a JSON of one line": lambda: json.dumps(
        {"netspec": 1, "input": [1, 1, 1], "layers": [{"dense": {"unitss": 1}}] * 30_000}
    ),
    "100 misspelt hyperparameters": lambda: HEAD + "layers:\n" + "  - conv: {filters: 3, kernal_size: 1}\n" * 100,
    "990 misspelt hyperparameters": lambda: HEAD + "layers:\n" + "  - conv: {filters: 3, kernal_size: 1}\n" * 990,
    "49,000 nodes by repetition": lambda: _repeated("relu: {repeat: 49000}"),
}
