"""`resolved.yaml`: the spec with its params, variant and options as they were in force.

It is a spec like others: what it validates to and trains is the run's network. What the spec does not say and a default
decides stands in it too, so that two runs can be compared line by line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from netspec import __version__
from netspec.data import Data
from netspec.diagnostics.problems import Problems
from netspec.expressions import Value
from netspec.options import Declared, Invalid
from netspec.spec.training_settings import Train
from netspec.syntax.reading import read_text
from netspec.syntax.tree import plain
from netspec.syntax.writing import as_yaml
from netspec.training.plan import Plan

HEAD = f"# The spec with the params, the variant and the options of the run in force; netspec {__version__} wrote it.\n"
LARGE = 200_000  # characters of a spec, from which on YAML would take seconds to write
LAST = ("layers", "outputs", "limits", "data", "train")  # keys that follow the params


def resolved_text(plan: Plan) -> str:
    """The text of `resolved.yaml`."""
    content = plan.content.decode()
    tree = read_text(content, plan.spec.path, Problems()).tree
    assert tree is not None
    document = resolved(plan, plain(tree))
    if len(content) < LARGE:
        text = as_yaml(document)
        if _read(text) == document:
            return HEAD + text
    return json.dumps(document, indent=1) + "\n"  # which is YAML too


def _read(text: str) -> Value:
    tree = read_text(text, "<resolved>", Problems()).tree
    return None if tree is None else plain(tree)


def resolved(plan: Plan, document: Value) -> dict[str, Value]:
    """A spec's document with what is in force in it."""
    assert isinstance(document, dict)
    made: dict[str, Value] = {"netspec": document["netspec"], "name": plan.graph.name}
    made |= {key: value for key, value in document.items() if key not in (*made, *LAST, "params", "variants")}
    if plan.graph.params:
        made["params"] = dict(plan.graph.params)
    made |= {key: document[key] for key in LAST if key in document}
    made["data"] = _data(plan, document.get("data"))
    overrides = {name: value for name, value in plan.overrides.items() if name != "data"}
    made["train"] = _with_defaults(plan.train, {**_map(document.get("train")), **_plain(overrides)})
    return made


def _data(plan: Plan, written: Value) -> dict[str, Value]:
    given = plan.overrides.get("data")
    if given is None:
        return _with_defaults(plan.data, _map(written))
    if not isinstance(given, dict) or not set(given) & set(Data.options):
        given = {"source": given}
    return _with_defaults(plan.data, {**_map(written), **_plain(given)})


def _map(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _plain(values: Mapping[str, object]) -> dict[str, Value]:
    """Overrides as a spec would write them, as which they were given."""
    made: dict[str, Value] = json.loads(json.dumps(dict(values)))
    return made


def _with_defaults(section: Data | Train, written: dict[str, Value]) -> dict[str, Value]:
    """A section with the defaults of what it does not say, in the order of their declaration."""
    made: dict[str, Value] = {}
    for name, option in section.options.items():
        if name in written:
            made[name] = written[name]
            continue
        value = option.default
        plainly = value.spec_name if isinstance(value, Declared) else list(value) if isinstance(value, tuple) else value
        try:
            same = plainly not in (None, []) and option.type.check(plainly) == value
        except Invalid:  # it is written in another way than it is held
            same = False
        if same:
            made[name] = plainly  # type: ignore[assignment]  # what the option's type takes is a value of a spec
    return made
