"""Specs as YAML, in the styles that people and programs write it: flow or block, quoted or plain, with comments and aliases."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from typing import Any

UNKNOWN = object()  # a size that is not known until run time
PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_ $+/().<>=*-]*\Z")
SPOKEN = re.compile(
    r"(null|true|false|yes|no|on|off|y|n)\Z", re.IGNORECASE
)  # what a reader of YAML may take for another type
COMMENTS = ("as in the paper", "to tune: this", "was 'relu' # before", "§3.2", "- not: {a: node}")


class Writer:
    """One hand; `sizes` are written where a size is not known, in turn, and `null` where they are None."""

    def __init__(self, rng: random.Random, size: int | None = None) -> None:
        self.rng = rng
        self.size = size
        self.flow = rng.choice((0.2, 0.7, 0.9, 1.0))  # how often a map of hyperparameters stands on one line
        self.quotes = rng.choice((0.0, 0.05, 0.5))
        self.comments = rng.choice((0.0, 0.0, 0.1))
        self.indent = rng.choice((2, 2, 4))
        self.anchored = rng.random() < 0.15
        self.times: Counter[str] = Counter()
        self.anchors: dict[str, str] = {}

    def text(self, document: dict[str, Any]) -> str:
        """The whole spec."""
        if self.rng.random() < 0.1:
            return json.dumps(self._known(document), indent=self.rng.choice((None, 1, 2)))
        self._count(document)
        head = self.rng.choice(("", "", "---\n", "# yaml-language-server: $schema=netspec.schema.json\n"))
        return head + "\n".join(self._entries(document, 0)) + "\n"

    def _known(self, value: Any) -> Any:
        if value is UNKNOWN:
            return self.size
        if isinstance(value, dict):
            return {key: self._known(item) for key, item in value.items()}
        return [self._known(item) for item in value] if isinstance(value, list) else value

    def _count(self, value: Any) -> None:
        if isinstance(value, dict):
            self.times[self._key(value)] += 1
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            self._count(item)

    def _key(self, value: Any) -> str:
        return json.dumps(value, default=lambda item: "unknown")

    def _anchor(self, value: Any) -> tuple[str, bool]:
        """`&a1` before a map that stands elsewhere too, or `*a1` instead of it."""
        key = self._key(value)
        if not self.anchored or not isinstance(value, dict) or not value or self.times[key] < 2:
            return "", False
        if key in self.anchors:
            return f"*{self.anchors[key]}", True
        self.anchors[key] = f"a{len(self.anchors)}"
        return f"&{self.anchors[key]}", False

    def _comment(self) -> str:
        return f"   # {self.rng.choice(COMMENTS)}" if self.rng.random() < self.comments else ""

    def _entries(self, mapping: dict[str, Any], depth: int) -> list[str]:
        """The lines of a map in block style."""
        lines = []
        pad = " " * (self.indent * depth)
        for key, value in mapping.items():
            lines += self._under(f"{pad}{self._scalar(key)}:", value, depth)
        return lines

    def _under(self, start: str, value: Any, depth: int) -> list[str]:
        """What follows `key:` or `-`."""
        anchor, known = self._anchor(value)
        if known:
            return [f"{start} {anchor}"]
        start = f"{start} {anchor}" if anchor else start
        bodies = isinstance(value, (dict, list)) and any(isinstance(item, (dict, list)) for item in self._items(value))
        if not isinstance(value, (dict, list)) or not value or self.rng.random() < (0.35 if bodies else 1) * self.flow:
            return [f"{start} {self._inline(value)}".rstrip() + self._comment()]
        if isinstance(value, dict):
            return [start + self._comment(), *self._entries(value, depth + 1)]
        lines = [start + self._comment()]
        pad = " " * (self.indent * (depth + 1))
        for item in value:
            lines += self._item(pad, item, depth + 1)
        return lines

    def _item(self, pad: str, item: Any, depth: int) -> list[str]:
        """An entry of a list in block style; of a node, the kind stands beside the dash."""
        if isinstance(item, dict) and len(item) == 1:
            anchor, known = self._anchor(item)
            if known or anchor:
                return [f"{pad}- {anchor}" if known else f"{pad}- {anchor} {self._inline(item)}"]
            ((key, value),) = item.items()
            return self._under(f"{pad}- {self._scalar(key)}:", value, depth + 1)
        return self._under(f"{pad}-", item, depth)

    def _items(self, value: Any) -> list[Any]:
        return list(value.values() if isinstance(value, dict) else value)

    def _inline(self, value: Any) -> str:
        if isinstance(value, dict):
            inner = ", ".join(f"{self._scalar(key)}: {self._nested(item)}" for key, item in value.items())
            return f"{{{inner}}}"
        if isinstance(value, list):
            return f"[{', '.join(self._nested(item) for item in value)}]"
        return self._scalar(value)

    def _nested(self, value: Any) -> str:
        anchor, known = self._anchor(value)
        if known:
            return f"{anchor} "
        return f"{anchor} {self._inline(value)}" if anchor else self._inline(value)

    def _scalar(self, value: Any) -> str:
        if value is UNKNOWN:
            value = self.size
        if value is None:
            return self.rng.choice(("null", "null", "~"))
        if isinstance(value, bool):
            return self.rng.choice((str(value).lower(), str(value).lower(), str(value)))
        if isinstance(value, float):
            return self.rng.choice((repr(value), f"{value:e}" if value < 1e-2 else repr(value)))
        if isinstance(value, int):
            return (
                f"{value}.0"
                if self.rng.random() < 0.01
                else f"0o{value:o}"
                if value > 7 and self.rng.random() < 0.01
                else str(value)
            )
        assert isinstance(value, str)
        if (
            (PLAIN.match(value) or re.match(r"\d+x\d+\Z", value))
            and not SPOKEN.match(value)
            and self.rng.random() >= self.quotes
        ):
            return value
        return f"'{value}'" if "'" not in value and self.rng.random() < 0.5 else json.dumps(value)


def written(document: dict[str, Any], seed: str, size: int | None = None) -> str:
    """A document in the hand of that seed, with `size` for each size that is not known, `null` where it is None."""
    return Writer(random.Random(seed), size).text(document)
