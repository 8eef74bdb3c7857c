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


def _listed(count: int, text: str) -> str:
    """A text for each number, with commas between."""
    return ", ".join(text.replace("#", str(i)) for i in range(count))


def _lines(count: int, text: str) -> str:
    """A line for each number."""
    return "".join(f"{text}\n".replace("#", str(i)) for i in range(count))


def _spec(layers: str, sections: str = "", head: str = DOT) -> str:
    """A spec of lines."""
    return f"{head}{sections}layers:\n{layers}"


def _long_names(depth: int) -> str:
    node = f"relu: {{name: {'y' * 95}, repeat: 40000}}"
    for level in range(depth):
        node = f"skip: {{name: {'z' * 90}{level}, body: [{{{node}}}]}}"
    return _repeated(node)


def _nested_in_lists() -> str:
    names = "  a0: [1, 2]\n" + "".join(f'  a{i}: "[$a{i - 1}, $a{i - 1}]"\n' for i in range(1, 12))
    return _spec('  - dense: {units: "len([$a11])", repeat: 49000}\n', f"params:\n{names}")


def _one_outputs(way: str, sections: str, head: str = DOT) -> str:
    """12,000 outputs, each at the end of a long way."""
    return _spec(way + _lines(12_000, "  - relu: {name: o#}"), f"outputs: [{_listed(12_000, 'o#')}]\n{sections}", head)


def _block(params: str, layers: str, uses: str) -> str:
    return _spec(uses, f"blocks:\n  B: {{params: {{{params}}}, layers: [{layers}]}}\n")


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
    # What the generator found, and what was looked for after it.
    "10,000 repetitions of 49,000 that are left out": lambda: _spec(
        '  - relu: {repeat: 49000, when: "$index < 0"}\n' * 10_000 + "  - relu\n"
    ),
    "an expression of 1,000 characters, 49,000 times": lambda: _repeated(
        f'dense: {{units: "1{" + 1" * 230} + $index * 0", repeat: 49000}}'
    ),
    "99 items, read 95 times an expression": lambda: _spec(
        f'  - dense: {{units: "{" + ".join(["max($w)"] * 95)}", repeat: 49000}}\n',
        f"params: {{w: [{_listed(99, '1')}]}}\n",
    ),
    "a nested list in a list, 49,000 times": _nested_in_lists,
    "300 params of a block, 24,000 times": lambda: _block(
        f"a: 1, {_listed(300, 'p#: $a + #')}", "relu", "  - B: {repeat: 24000}\n"
    ),
    "20,000 params of a block, used 12,000 times": lambda: _block(
        _listed(20_000, "p#: 1"), "relu", _lines(12_000, "  - B: {q#: 1}")
    ),
    "90 blocks in blocks, with three variants": lambda: _blocks(90, 390).replace(
        "layers:\n  - B0", f"params: {{v: 1}}\nvariants: {{{_listed(3, 'v#: {v: 2}')}}}\nlayers:\n  - B0", 1
    ),
    "the last of 20,000, read 25,000 times": lambda: _spec(
        "  - relu: {name: s, repeat: 20000}\n" + "  - relu: {from: s}\n" * 25_000
    ),
    "20,000 passed through blocks of 500 heads": lambda: _block(
        "", _listed(500, "{head: {body: []}}"), "  - relu: {name: s, repeat: 20000}\n  - B: {from: [s_*], repeat: 40}\n"
    ),
    "20,000 passed through 2,000 skips": lambda: _block(
        "", "{skip: {body: []}}", "  - relu: {name: s, repeat: 20000}\n" + "  - B: {from: [s_*]}\n" * 2_000
    ),
    "paths of 1,000 characters, 40,000 times": lambda: _long_names(9),
    "paths of 2,000 characters": lambda: _long_names(20),
    "rows of GoogLeNet's table, 5,000 times": lambda: _repeated(
        "inception: {1x1: 2, 3x3: [2, 2], 5x5: [1, 2], pool: 2, repeat: 5000}"
    ),
    "an unknown name beside 10,000, 49,000 times": lambda: _spec(
        "  - dense: {units: $nope, repeat: 49000}\n", f"params: {{{_listed(10_000, 'p#: 1')}}}\n"
    ),
    "an unknown node in 24,000 uses of a block": lambda: _block(
        "w: 1", "{add: {from: [nobody]}}", "  - B: {repeat: 24000}\n"
    ),
    "12,000 unknown nodes beside 12,000": lambda: _spec(
        _lines(12_000, "  - relu: {name: known#}") + _lines(12_000, "  - relu: {from: knowm#}")
    ),
    "12,000 outputs behind 20,000 nodes": lambda: _one_outputs("  - relu: {repeat: 20000}\n", ""),
    "12,000 outputs that do not fit the data": lambda: _one_outputs(
        "  - flatten\n  - dense: 3\n  - relu: {repeat: 20000}\n",
        "data: {source: digits}\n",
        "netspec: 1\ninput: [8, 8, 1]\n",
    ),
    "12,000 losses of no output": lambda: _one_outputs(
        "", f"train: {{loss: {{{_listed(12_000, 'x#: mean_squared_error')}}}}}\n"
    ),
    "2,000 variants of 10,000 params": lambda: _spec(
        "  - relu\n", f"params: {{{_listed(10_000, 'p#: 1')}}}\nvariants: {{{_listed(2_000, 'v#: {p1: 2}')}}}\n"
    ),
    "36,000 comments alone on their lines": lambda: _spec("  - relu\n" + "# netspec: ignore NS801\n" * 36_000),
    "100,000 unknown codes in a comment": lambda: _spec(f"  - relu  # netspec: ignore {_listed(90_000, 'NS#x')}\n"),
    "comments in the texts of a line": lambda: _spec(
        "  - " + "{dense: 1} # netspec: ignore NS805\n",
        f'description: "{"# netspec: ignore " * 5_000}"\n'
        + f"params: {{{_listed(8, chr(112) + '#: ' + chr(34) + '~' + chr(34))}}}\n".replace(
            "~", "# netspec: ignore " * 5_000
        ),
    ),
    "40,000 unknown hyperparameters of an optimizer": lambda: _spec(
        "  - relu\n", f"train: {{optimizer: {{adam: {{{_listed(40_000, 'learning_rat#: 1')}}}}}}}\n"
    ),
    "50,000 unknown metrics": lambda: _spec("  - relu\n", f"train: {{metrics: [{_listed(50_000, 'acuracy#')}]}}\n"),
    "700 unknown kinds, by 250 aliases": lambda: _spec(
        f"  - skip: {{body: &x [{_listed(700, 'kond#')}]}}\n" + "  - skip: {body: *x }\n" * 250
    ),
    "490,000 unknown kinds in a line": lambda: f"{DOT}layers: [{'a,' * 490_000}]\n",
    "20 merges of 3,000 that differ": lambda: _spec(
        _lines(3_000, "  - 1x1: {filters: 1#, name: a#}") + f"  - add: {{from: [{_listed(3_000, 'a#')}]}}\n" * 20
    ),
    "strides over 90,000 places, 8,000 times": lambda: _spec(
        "  - pool: {pool_size: 2, strides: 3, padding: same}\n  - upsample: 3\n" * 8_000,
        "",
        "netspec: 1\ninput: [90000, 1]\n",
    ),
    "a skip that fits at some of 6,000 uses": lambda: _block(
        "f: 1", "{skip: [{1x1: $f}]}", "".join(f"  - B: {i % 7 + 2}\n" for i in range(6_000))
    ),
    "10,000 windows that do not tile": lambda: _spec(
        "  - conv: {filters: 8, kernel_size: 2, strides: 2, from: input}\n" * 10_000,
        "",
        "netspec: 1\ninput: [301, 301, 4]\n",
    ),
    "20,000 inputs, each of its size": lambda: (
        f"netspec: 1\ninputs: {{{_listed(20_000, 'i#: [1#, 1#, 1]')}}}\nlayers:\n  - 1x1: {{filters: 1, from: i0}}\n"
    ),
    "upsampling 49,000 times": lambda: _repeated("upsample: {size: 3, repeat: 49000}"),
    "49,000 nodes that read the height": lambda: _repeated('1x1: {filters: "$height", repeat: 49000}'),
    "900 nodes that read the height": lambda: _repeated('1x1: {filters: "$height", repeat: 900}'),
}
