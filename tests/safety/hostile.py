"""Specs that somebody sends to run code, to read files, or to use up time and memory; and what each is refused with."""

from __future__ import annotations

from typing import NamedTuple

HEAD = "netspec: 1\ninput: [32, 32, 3]\n"
RELU = "layers: [relu]\n"


class Hostile(NamedTuple):
    """A spec's bytes, and its problems as `line:column code message`."""

    data: bytes
    problems: tuple[str, ...]


def hostile(text: str | bytes, *problems: str) -> Hostile:
    """One entry."""
    return Hostile(text.encode() if isinstance(text, str) else text, problems)


def bomb(width: int, levels: int, item: str = "x") -> str:
    """Aliases of aliases: `width ** levels` leaves."""
    lines = [f"a: &a [{','.join([item] * width)}]"]
    names = "abcdefghijklmnopqrstuvwxyz"
    lines += [f"{names[i]}: &{names[i]} [{','.join(['*' + names[i - 1]] * width)}]" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def merges(width: int, levels: int) -> str:
    """Maps that are merged from several of the maps before."""
    lines = ["a: &a {x: 1}"]
    names = "abcdefghijklmnopqrstuvwxyz"
    lines += [f"{names[i]}: &{names[i]} {{<<: [{', '.join(['*' + names[i - 1]] * width)}]}}" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


def layer(text: str, params: str = "") -> str:
    """A spec with one node."""
    return HEAD + params + f"layers:\n  - {text}\n"


NUMBERS = "params: {n: 9, word: abc, widths: [1, 2]}\n"

TEXTS = {
    # --- tags: CVE-2017-18342, CVE-2020-14343, CVE-2021-37678 -----------------------------------------------------------
    "tag python object apply": hostile(
        HEAD + "layers: !!python/object/apply:os.system ['id']\n",
        "3:9 NS103 the tag '!!python/object/apply:os.system' is refused: a spec is data, and its values need no tags",
    ),
    "tag python object new": hostile(
        HEAD + "layers: !!python/object/new:type {args: [x, [], {}]}\n",
        "3:9 NS103 the tag '!!python/object/new:type' is refused: a spec is data, and its values need no tags",
    ),
    "tag python name": hostile(
        HEAD + "layers: [!!python/name:os.system '']\n",
        "3:10 NS103 the tag '!!python/name:os.system' is refused: a spec is data, and its values need no tags",
    ),
    "tag python module": hostile(
        "name: !!python/module:antigravity\n" + HEAD + RELU,
        "1:7 NS103 the tag '!!python/module:antigravity' is refused: a spec is data, and its values need no tags",
    ),
    "tag python tuple": hostile(
        HEAD + "layers: !!python/tuple [relu]\n",
        "3:9 NS103 the tag '!!python/tuple' is refused: a spec is data, and its values need no tags",
    ),
    "tag of yaml itself": hostile(
        HEAD + "layers: [relu]\nname: !!str x\n",
        "4:7 NS103 the tag '!!str' is refused: a spec is data, and its values need no tags",
    ),
    "tag binary": hostile(
        "name: !!binary aGk=\n" + HEAD + RELU,
        "1:7 NS103 the tag '!!binary' is refused: a spec is data, and its values need no tags",
    ),
    "tag private": hostile(
        "name: !mine x\n" + HEAD + RELU,
        "1:7 NS103 the tag '!mine' is refused: a spec is data, and its values need no tags",
    ),
    "tag written out": hostile(
        "name: !<tag:yaml.org,2002:python/name:os.system> x\n" + HEAD + RELU,
        "1:7 NS103 the tag '!!python/name:os.system' is refused: a spec is data, and its values need no tags",
    ),
    "tag by a directive": hostile(
        "%TAG !e! tag:yaml.org,2002:python/\n---\nname: !e!name:os.system x\n",
        "1:1 NS103 a %TAG directive has no place in a spec; remove it",
    ),
    # --- merge keys and aliases -----------------------------------------------------------------------------------------
    "merge bomb of 382 bytes": hostile(
        merges(7, 10), "2:8 NS104 the merge key `<<` is not part of YAML 1.2; use `defaults`, a block or a param"
    ),
    "alias bomb of 9**12 leaves": hostile(
        bomb(9, 12), "6:11 NS106 the aliases of the text stand for more than 200,000 values"
    ),
    "alias bomb of pairs": hostile(
        bomb(2, 26), "16:8 NS106 the aliases of the text stand for more than 200,000 values"
    ),
    "alias cycle": hostile(
        HEAD + "layers: &a [*a]\n", "3:13 NS105 the alias `*a` stands inside the value that it names"
    ),
    "alias cycle through a map": hostile(
        HEAD + "layers: &a [{skip: {body: *a}}]\n", "3:27 NS105 the alias `*a` stands inside the value that it names"
    ),
    # --- sizes ----------------------------------------------------------------------------------------------------------
    "depth of lists": hostile("[" * 100_000, "1:65 NS106 the text is nested deeper than 64 levels"),
    "depth of maps": hostile("{a: " * 50_000, "1:257 NS106 the text is nested deeper than 64 levels"),
    "depth of blocks": hostile("- " * 50_000 + "x", "1:129 NS106 the text is nested deeper than 64 levels"),
    "long scalar": hostile(
        f"name: {'x' * 1_000_000}\n" + HEAD + RELU, "1:7 NS106 this text is longer than 100,000 characters"
    ),
    "long key": hostile("x" * 1_000_000 + ": 1\n", "1:1 NS106 this text is longer than 100,000 characters"),
    "long name": hostile(
        f"name: {'x' * 101}\n" + HEAD + RELU,
        "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…",
    ),
    "large file": hostile(
        "#" * (16 * 2**20 + 1), "1:1 NS106 the file is larger than 16 MiB, the most that netspec reads"
    ),
    "huge integer": hostile(
        layer("dense: " + "9" * 100_000),
        "4:12 NS108 the number 999999999999… (100,000 characters) is too large; whole numbers go up to 2**53",
    ),
    "huge hexadecimal integer": hostile(
        layer("dense: 0x" + "f" * 50_000),
        "4:12 NS108 the number 0xffffffffff… (50,002 characters) is too large; whole numbers go up to 2**53",
    ),
    "integer beyond doubles": hostile(
        layer("dense: 9007199254740993"),
        "4:12 NS108 the number 9007199254740993 is too large; whole numbers go up to 2**53",
    ),
    "NaN": hostile(layer("dropout: .nan"), "4:14 NS108 .nan is not a number that a spec can hold"),
    "infinity": hostile(layer("dropout: -.inf"), "4:14 NS108 -.inf is not a number that a spec can hold"),
    "infinity by its exponent": hostile(
        layer("dropout: 1e999"), "4:14 NS108 the number 1e999 is too large; numbers go up to 1.79e308"
    ),
    # --- bytes ----------------------------------------------------------------------------------------------------------
    "duplicate key": hostile(
        "netspec: 1\ninput: [8]\nlayers: [relu]\nlayers: [tanh]\n",
        "4:1 NS102 duplicate key `layers`; the first is at line 3",
    ),
    "duplicate key in quotes": hostile(
        layer("dense: {units: 1, 'units': 2}"),
        "4:23 NS102 duplicate key `units`; the first is at line 4",
    ),
    "invalid UTF-8": hostile(
        b"netspec: 1\nname: \xc0\xaf\n", "2:7 NS107 the byte 0xc0 is not UTF-8; save the file as UTF-8"
    ),
    "UTF-8 cut short": hostile(
        b"netspec: 1\nname: \xe2\x82", "2:7 NS107 the byte 0xe2 is not UTF-8; save the file as UTF-8"
    ),
    "UTF-16": hostile((HEAD + RELU).encode("utf-16"), "1:1 NS107 the file is UTF-16; save it as UTF-8"),
    "UTF-16 without a mark": hostile(
        ("# 网络\n" + HEAD + RELU).encode("utf-16-le"), "1:1 NS107 the file is UTF-16; save it as UTF-8"
    ),
    "UTF-16 of large ends without a mark": hostile(
        (HEAD + RELU).encode("utf-16-be"), "1:1 NS107 the file is UTF-16; save it as UTF-8"
    ),
    "UTF-32 without a mark": hostile(
        (HEAD + RELU).encode("utf-32-le"), "1:1 NS107 the file is UTF-32; save it as UTF-8"
    ),
    "UTF-32 of large ends": hostile(
        "\ufeff".encode("utf-32-be") + (HEAD + RELU).encode("utf-32-be"),
        "1:1 NS107 the file is UTF-32; save it as UTF-8",
    ),
    "UTF-32 of large ends without a mark": hostile(
        (HEAD + RELU).encode("utf-32-be"), "1:1 NS107 the file is UTF-32; save it as UTF-8"
    ),
    "UTF-32": hostile((HEAD + RELU).encode("utf-32"), "1:1 NS107 the file is UTF-32; save it as UTF-8"),
    "NUL byte": hostile("netspec: 1\nname: a\0b\n", "2:8 NS107 the text holds a NUL character; remove it"),
    "NUL in an escape": hostile(
        'netspec: 1\nname: "a\\0b"\ninput: [8]\nlayers: [relu]\n',
        "2:7 NS303 `name` must be an identifier (letters, digits, _), not 'a\\x00b'",
    ),
    "several documents": hostile(
        HEAD + RELU + "---\n" + HEAD + RELU, "4:1 NS110 a second document starts here; a spec file holds one document"
    ),
    "thirty thousand documents": hostile(
        "---\n" * 30_000,
        "2:1 NS110 a second document starts here; a spec file holds one document",
        "2:1 NS207 a spec is a map with `netspec`, `input` and `layers`, not an empty value",
    ),
    "JSON with a duplicate key": hostile(
        '{"netspec": 1, "input": [8], "layers": ["relu"], "layers": []}',
        "1:50 NS102 duplicate key `layers`; the first is at line 1",
    ),
    "JSON with NaN": hostile(
        '{"netspec": 1, "input": [8], "layers": [{"dropout": NaN}]}',
        "1:53 NS204 `dropout`: `rate` must be a number of at least 0 and at most 1, not 'NaN'; a spec's numbers are finite",
    ),
    "JSON and something after it": hostile(
        '{"netspec": 1, "input": [8], "layers": ["relu"]} {"x": 1}',
        "1:50 NS101 not YAML: the spec has ended above, and nothing may follow it",
    ),
    # --- expressions ----------------------------------------------------------------------------------------------------
    "power tower": hostile(
        layer("dense: $n ** 9 ** 9 ** 9", NUMBERS), "5:18 NS503 in '$n ** 9 ** 9 ** 9': 9 ** 387420489 is beyond 2**53"
    ),
    "power of a fraction": hostile(
        layer("dense: $n / 2 ** -9 ** 9 ** 9", NUMBERS),
        "5:23 NS503 in '$n / 2 ** -9 ** 9 ** 9': 9 ** 387420489 is beyond 2**53",
    ),
    "text multiplied": hostile(
        layer("dense: $word * 10 ** 9", NUMBERS), "5:12 NS503 in '$word * 10 ** 9': `*` works on numbers, not on 'abc'"
    ),
    "list multiplied": hostile(
        layer("dense: len($widths * 10 ** 9)", NUMBERS),
        "5:16 NS503 in 'len($widths * 10 ** 9)': `*` works on numbers, not on [1, 2]",
    ),
    "list within lists": hostile(
        layer("dense: '" + "[" * 60 + "$n" + "]" * 60 + "'", NUMBERS),
        "5:38 NS501 in '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…: the expression is nested deeper than 50 levels",
    ),
    "brackets in an expression": hostile(
        layer("dense: " + "(" * 400 + "$n" + ")" * 400, NUMBERS),
        "5:37 NS501 in '((((((((((((((((((((((((((((((((((((((((((((((((((((((((((…: the expression is nested deeper than 50 levels",
    ),
    "signs in an expression": hostile(
        layer("dense: " + "-" * 900 + "$n", NUMBERS),
        "5:62 NS501 in '----------------------------------------------------------…: the expression is nested deeper than 50 levels",
    ),
    "long expression": hostile(
        layer("dense: $n" + " + 1" * 10_000, NUMBERS),
        "5:12 NS501 in '$n + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1…: the expression is longer than 1,000 characters",
    ),
    "attribute in an expression": hostile(
        layer("dense: $n.__class__", NUMBERS), "5:14 NS501 in '$n.__class__': '.' has no place in an expression"
    ),
    "call in an expression": hostile(
        layer("dense: __import__('os').system('id') + $n", NUMBERS),
        "5:28 NS501 in '__import__('os').system('id') + $n': '.' has no place in an expression",
    ),
    "lambda in an expression": hostile(
        layer("dense: '(lambda: $n)()'", NUMBERS), "5:20 NS501 in '(lambda: $n)()': ':' has no place in an expression"
    ),
    "range in an expression": hostile(
        layer("dense: sum(range(10 ** 12)) + $n", NUMBERS),
        "5:16 NS503 in 'sum(range(10 ** 12)) + $n': range() would make 1,000,000,000,000 numbers, and a list holds at most 10,000",
    ),
    # --- networks -------------------------------------------------------------------------------------------------------
    "nested repeats": hostile(
        HEAD + "blocks:\n  A: {layers: [relu: {repeat: 1000}]}\n  B: {layers: [A: {repeat: 1000}]}\n"
        "layers:\n  - B: {repeat: 1000}\n",
        "7:5 NS509 `B` makes more than 50,000 nodes and bodies, the most that a graph may have",
    ),
    "nested repeats of nothing": hostile(
        HEAD + "blocks:\n  A: {layers: [relu: {repeat: 0}]}\n  B: {layers: [A: {repeat: 9007199254740992}]}\n"
        "layers:\n  - B: {repeat: 9007199254740992}\n",
        "7:5 NS509 `B` makes more than 50,000 nodes and bodies, the most that a graph may have",
    ),
    "blocks that double": hostile(
        HEAD
        + "blocks:\n  B0: {layers: [relu]}\n"
        + "".join(f"  B{i}: {{layers: [B{i - 1}, B{i - 1}]}}\n" for i in range(1, 40))
        + "layers: [B39]\n",
        "44:10 NS509 `B39` makes more than 50,000 nodes and bodies, the most that a graph may have",
    ),
    "recursive block GHSA-7w46-vvrh-m8q5": hostile(
        HEAD + "blocks: {A: {layers: [A]}}\nlayers: [A]\n", "3:23 NS506 the block `A` contains itself"
    ),
    "recursive blocks in a ring": hostile(
        HEAD + "blocks:\n  A: {layers: [B]}\n  B: {layers: [{skip: [C]}]}\n  C: {layers: [A]}\nlayers: [A]\n",
        "6:16 NS506 the block `A` contains itself",
    ),
    "recursive block with an end": hostile(
        HEAD + "blocks: {A: {params: {n: }, layers: [{A: {n: $n - 1, when: $n > 0}}]}}\nlayers: [{A: 1000000}]\n",
        "3:39 NS506 the block `A` contains itself",
    ),
    "filters 10**12 as text": hostile(
        layer("conv: {filters: 10**12, kernel_size: 3}"),
        "4:21 NS204 `conv`: `filters` must be a whole number of at least 1, not '10**12'; only a text with a `$name` in it is an expression; write `1000000000000`",
    ),
    "filters 9 * 10**15 as an expression": hostile(
        layer("conv: {filters: 10 ** 15 * $n, kernel_size: 1}", NUMBERS),
        "5:5 NS602 `conv_1` would have an output of 32 x 32 x 9000000000000000, more than any machine holds",
    ),
    "filters 10**15": hostile(
        layer("conv: {filters: 1000000000000000, kernel_size: 1}"),
        "4:5 NS602 `conv_1` would have an output of 32 x 32 x 1000000000000000, more than any machine holds",
    ),
    "groups that nearly divide 10**15 filters": hostile(
        layer("conv: {filters: 1000000000000000, kernel_size: 1, groups: 999999999999989}"),
        "4:63 NS209 `conv`: `filters` (=1000000000000000) must be divisible by `groups` (=999999999999989)",
    ),
    "groups that nearly divide 10**15 channels": hostile(
        "netspec: 1\ninput: [1000000000000000]\nlayers:\n  - group_norm: 999999999999989\n",
        "4:5 NS405 group_norm `group_norm_1`: the 1000000000000000 channels of its input must be divisible by "
        "`groups` (=999999999999989)",
    ),
    "input of 2**53": hostile(
        "netspec: 1\ninput: [9007199254740992, 9007199254740992]\nlayers: [relu]\n",
        "3:10 NS602 `relu_1` would have an output of 9007199254740992 x 9007199254740992, more than any machine holds",
    ),
    "padding without end": hostile(
        layer("zero_pad: 9000000000000000"),
        "4:5 NS602 `zero_pad_1` would have an output of 18000000000000032 x 18000000000000032 x 3, more than any machine holds",
    ),
    "upsampling without end": hostile(
        layer("upsample: 100000000"),
        "4:5 NS602 `upsample_1` would have an output of 3200000000 x 3200000000 x 3, more than any machine holds",
    ),
    # --- names: CVE-2026-12479 ------------------------------------------------------------------------------------------
    "name with a slash": hostile(
        "name: a/b\n" + HEAD + RELU, "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'a/b'"
    ),
    "name that climbs": hostile(
        "name: ../../etc/passwd\n" + HEAD + RELU,
        "1:7 NS303 `name` must be an identifier (letters, digits, _), not '../../etc/passwd'",
    ),
    "name of dots": hostile(
        "name: ..\n" + HEAD + RELU, "1:7 NS303 `name` must be an identifier (letters, digits, _), not '..'"
    ),
    "name with a backslash": hostile(
        "name: 'a\\b'\n" + HEAD + RELU, "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'a\\b'"
    ),
    "name with a control character": hostile(
        'name: "a\\x07b"\n' + HEAD + RELU, "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'a\\x07b'"
    ),
    "name with a terminal escape": hostile(
        'name: "\\e[31mred"\n' + HEAD + RELU,
        "1:7 NS303 `name` must be an identifier (letters, digits, _), not '\\x1b[31mred'",
    ),
    "name with a raw terminal escape": hostile(
        "name: \x1b[31mred\n" + HEAD + RELU, "1:7 NS107 the text holds the control character U+001B; remove it"
    ),
    "name with a bidirectional mark": hostile(
        "name: a\u202eb\n" + HEAD + RELU, "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'a\\x202eb'"
    ),
    "name with a line end": hostile(
        'name: "a\\n::error::b"\n' + HEAD + RELU,
        "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'a\\x0a::error::b'",
    ),
    "name with HTML": hostile(
        "name: <script>alert(1)</script>\n" + HEAD + RELU,
        "1:7 NS303 `name` must be an identifier (letters, digits, _), not '<script>alert(1)</script>'",
    ),
    "name with a quote": hostile(
        "name: \"x', __import__('os').system('id'), '\"\n" + HEAD + RELU,
        "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'x', __import__('os').system('id'), ''",
    ),
    "name that looks like another": hostile(
        "name: l\u0435net\n" + HEAD + RELU, "1:7 NS303 `name` must be an identifier (letters, digits, _), not 'lеnet'"
    ),  # a Cyrillic letter
    "node name with a slash": hostile(
        layer("relu: {name: a/b}"), "4:18 NS303 `name` must be an identifier (letters, digits, _), not 'a/b'"
    ),
    "node name with HTML": hostile(
        layer("relu: {name: '<img src=x onerror=alert(1)>'}"),
        "4:18 NS303 `name` must be an identifier (letters, digits, _), not '<img src=x onerror=alert(1)>'",
    ),
    "node name by an expression": hostile(
        layer("relu: {name: $where}", "params: {where: ../x}\n"),
        "5:18 NS303 `name` must be an identifier, and what is written here is '../x'",
    ),
    "input name with a slash": hostile(
        "netspec: 1\ninputs: {../a: [8]}\nlayers: [relu]\n",
        "2:10 NS303 '../a' cannot name an input; use letters, digits and _",
    ),
    "output name with a slash": hostile(
        HEAD + "layers: [relu]\noutputs: {../a: relu_1}\n",
        "4:11 NS303 '../a' cannot name an output; use letters, digits and _",
    ),
    "branch name with a slash": hostile(
        layer("inception: {branches: {../a: [relu]}}"),
        "4:28 NS303 '../a' cannot name a branch; use letters, digits and _",
    ),
    "block name with a slash": hostile(
        HEAD + "blocks: {../A: {layers: [relu]}}\nlayers: [relu]\n",
        "3:10 NS303 a block's name starts with a capital letter, unlike '../A'",
    ),
    "kind with a terminal escape": hostile(
        layer('"\\e]0;owned\\a": 4'),
        "4:5 NS201 there is no kind '\\x1b]0;owned\\x07'; `netspec explain` lists the kinds",
    ),
    "kind with a bidirectional mark": hostile(
        layer("re\u202elu"), "4:5 NS201 there is no kind 're\\x202elu'; did you mean `relu`?"
    ),
    "kind of nothing": hostile(layer('"": 4'), "4:5 NS201 there is no kind ''; `netspec explain` lists the kinds"),
}
