"""Small specs that make large work end, in bounded memory, with a verdict. `tools/attacks.py` measures how soon."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from netspec.pipeline import check_text

from .attacks import ATTACKS

ROOT = Path(__file__).parent.parent.parent
SECONDS = 30  # of processor time, after which the system stops the process: far above what any takes
MEMORY = 2**29  # of address space, in bytes
MEGABYTE = 10**6

# What the validator says of each: the codes, each once.
SAID = {
    "jump of 2 ** 49,000": (),
    "jump of 1,000,003 ** 49,000": (),
    "fractions of jumps": ("NS401",),
    "nested lists, 22 levels": ("NS503",),
    "nested lists, 59 levels": ("NS503",),
    "nine variants of 49,000 nodes": ("NS509", "NS804"),
    "3,000 variants with comments": ("NS509", "NS801"),
    "a sum over 10,000, 49,000 times": ("NS503",),
    "1,000 failed merges behind 40,000 nodes": ("NS403",),
    "60,000 unknown kinds": ("NS201",),
    "30,000 unused nodes": ("NS305",),
    "45,000 unknown hyperparameters": ("NS202",),
    "1,900 names read 1,000 times": ("NS106",),
    "98 nested blocks, 500 times": (),
    "a JSON of one line": ("NS202",),
    "100 misspelt hyperparameters": ("NS202",),
    "990 misspelt hyperparameters": ("NS202",),
    "49,000 nodes by repetition": (),
    "10,000 repetitions of 49,000 that are left out": ("NS509",),
    "an expression of 1,000 characters, 49,000 times": ("NS503",),
    "99 items, read 95 times an expression": ("NS503",),
    "a nested list in a list, 49,000 times": ("NS503",),
    "300 params of a block, 24,000 times": ("NS503",),
    "20,000 params of a block, used 12,000 times": ("NS202", "NS503"),
    "90 blocks in blocks, with three variants": ("NS509", "NS804"),
    "the last of 20,000, read 25,000 times": ("NS305",),
    "20,000 passed through blocks of 500 heads": (),
    "20,000 passed through 2,000 skips": ("NS509",),
    "paths of 1,000 characters, 40,000 times": (),
    "paths of 2,000 characters": ("NS506",),
    "rows of GoogLeNet's table, 5,000 times": (),
    "an unknown name beside 10,000, 49,000 times": ("NS502",),
    "an unknown node in 24,000 uses of a block": ("NS301", "NS509"),
    "12,000 unknown nodes beside 12,000": ("NS301",),
    "12,000 outputs behind 20,000 nodes": (),
    "12,000 outputs that do not fit the data": ("NS702",),
    "12,000 losses of no output": ("NS705",),
    "2,000 variants of 10,000 params": ("NS509", "NS804"),
    "36,000 comments alone on their lines": ("NS809",),
    "100,000 unknown codes in a comment": ("NS809",),
    "comments in the texts of a line": ("NS804", "NS809"),
    "40,000 unknown hyperparameters of an optimizer": ("NS202",),
    "50,000 unknown metrics": ("NS205",),
    "700 unknown kinds, by 250 aliases": ("NS201", "NS509"),
    "490,000 unknown kinds in a line": ("NS201",),
    "20 merges of 3,000 that differ": ("NS403",),
    "strides over 90,000 places, 8,000 times": ("NS808",),
    "a skip that fits at some of 6,000 uses": ("NS403",),
    "10,000 windows that do not tile": ("NS401",),
    "20,000 inputs, each of its size": ("NS306",),
    "upsampling 49,000 times": ("NS602",),
    "49,000 nodes that read the height": ("NS807",),
    "900 nodes that read the height": ("NS807",),
}
QUICK = ("nested lists", "names read", "100 misspelt", "unknown hyper", "sum over")


def limit() -> None:
    """What the system grants a process that reads an attack."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def slow_ones() -> list[object]:
    """All of them; those that take more than a moment are left to the long run."""
    quick = [name for name in ATTACKS if any(part in name for part in QUICK)]
    return [pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in ATTACKS]


def test_each_has_a_verdict_and_is_small() -> None:
    assert set(SAID) == set(ATTACKS)
    assert {name: len(make()) for name, make in ATTACKS.items() if len(make()) > MEGABYTE} == {}


@pytest.mark.skipif(sys.platform != "linux", reason="the address space of a process is limited on Linux")
@pytest.mark.parametrize("name", slow_ones())
def test_it_ends_in_a_verdict(name: str, tmp_path: Path) -> None:
    path = tmp_path / "attack.yaml"
    path.write_text(ATTACKS[name](), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "netspec", "validate", "--format", "github", str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=False,
    )
    assert done.stderr == ""
    said = {part for line in done.stdout.splitlines() for part in line.split("title=")[1:2]}
    assert tuple(sorted({text[:5] for text in said})) == SAID[name]
    assert done.returncode == (1 if any(code < "NS8" and code != "NS305" for code in SAID[name]) else 0)


def test_variants_share_one_budget() -> None:
    spec = check_text(
        ATTACKS["nine variants of 49,000 nodes"]().replace("49000", "12000"), variants=True, repairs=False
    )
    (problem,) = [problem for problem in spec.problems if problem.code == "NS509"]
    assert problem.message == (
        "the variants after `v3` are not checked, because with the next they would make more than 50,000 nodes together, "
        "100 for each itself"
    )
    assert problem.span[:2] == (4, 1)


def test_what_is_not_known_of_all_variants_is_not_said_of_a_comment() -> None:
    """A comment may suppress what only a variant raises that is not looked at."""
    text = ATTACKS["3,000 variants with comments"]().replace("  - 1x1: $n  # netspec: ignore NS801\n", "", 1)
    spec = check_text(text.replace("NS801", "NS802"), repairs=False)
    assert [problem.code for problem in spec.problems if problem.code == "NS809"] == []


def test_long_lists_are_counted_over_the_whole_document() -> None:
    spec = check_text(ATTACKS["a sum over 10,000, 49,000 times"](), repairs=False)
    assert [(p.code, p.message) for p in spec.problems] == [
        ("NS503", "in 'sum($w) > 3': expressions read lists with more than 5,000,000 items together")
    ]
