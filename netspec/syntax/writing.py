"""Plain values as YAML that netspec reads as the same values."""

from __future__ import annotations

import yaml

from netspec.diagnostics.problems import Problems
from netspec.expressions import Value
from netspec.syntax.reading import read_text
from netspec.syntax.tree import plain


def as_yaml(value: Value) -> str:
    """The text; short lists and maps stand in brackets."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # the quick one, where libyaml is
    """Writes what netspec's own reader reads as the same value: YAML 1.2, where PyYAML's is 1.1."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.Node:
    tree = read_text(text, "<text>", Problems()).tree if text.strip() == text and text.isprintable() else None
    plainly = tree is not None and getattr(tree, "plain", False) and plain(tree) == text
    style = None if plainly else "|" if "\n" in text else '"'
    node: yaml.Node = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


def _list(dumper: _Dumper, values: list[Value]) -> yaml.Node:
    short = all(not isinstance(value, dict | list) for value in values)
    node: yaml.Node = dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=short)
    return node


def _mapping(dumper: _Dumper, values: dict[str, Value]) -> yaml.Node:
    short = 1 < len(values) < 9 and not any(map(_is_deep, values.values()))
    node: yaml.Node = dumper.represent_mapping("tag:yaml.org,2002:map", values, flow_style=short)
    return node


def _is_deep(value: Value) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict | list) for v in value))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(dict, _mapping)
