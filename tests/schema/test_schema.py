"""The generated schema and the structural check agree: `jsonschema` is the referee."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft7Validator

from netspec.diagnostics.problems import Problems
from netspec.kinds import KINDS
from netspec.options import OFFERS
from netspec.schema.editor import schema_errors
from netspec.schema.generation import make, text, unshared
from netspec.spec.decoding import decode
from netspec.syntax.reading import read_text
from tests.support.strategies import documents

ROOT = Path(__file__).parent.parent.parent
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
FIXTURES = sorted(path for path in (ROOT / "tests").rglob("*.yaml") if "node_modules" not in path.parts)

# What a schema can see: words, types, ranges, required keys, forms of names. Not among them: whether a name or a block
# exists, how hyperparameters go together, whether an expression parses.
SEEN = {"NS201", "NS202", "NS203", "NS204", "NS205", "NS206", "NS207", "NS208", "NS301", "NS303", "NS508"}


def structural(problems: Problems) -> list[str]:
    """The problems that a schema can see."""
    return [p.message for p in problems.ordered() if p.code in SEEN and "belongs" not in p.message]


def verdicts(spec: str) -> tuple[list[str], list[str]]:
    """What the check says, and what the schema says."""
    problems = Problems()
    source = read_text(spec, "spec.yaml", problems)
    if source.tree is None or problems.has_errors:
        return [], []
    decode(source, problems)
    return structural(problems), [message for _, message in schema_errors(source)]


def test_the_schema_is_a_schema() -> None:
    Draft7Validator.check_schema(make())


def test_the_schema_has_no_word_that_editors_handle_badly() -> None:
    forbidden = {"oneOf", "anyOf", "default", "$defs", "unevaluatedProperties"}

    def keywords(schema: Any, names: bool = False) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(keywords, schema)) if schema else set()
        if not isinstance(schema, dict):
            return set()
        found = set() if names else set(schema)
        for key, inner in schema.items():
            found |= keywords(inner, not names and key in ("properties", "patternProperties", "definitions"))
        return found

    assert keywords(make()) & forbidden == set()


def test_what_an_editor_offers_may_stand_there() -> None:
    def offering(schema: Any) -> Iterator[dict[str, Any]]:
        if isinstance(schema, dict):
            if OFFERS in schema:
                yield schema
            schema = list(schema.values())
        for inner in schema if isinstance(schema, list) else ():
            yield from offering(inner)

    found = list(offering(unshared()["properties"]))
    assert len(found) > 20
    for schema in found:
        words = [offer["body"] for offer in schema[OFFERS]]
        assert [offer["label"] for offer in schema[OFFERS]] == words
        assert [word for word in words if not Draft7Validator(schema).is_valid(word)] == []


_AUGMENTED = """netspec: 1
input: [8, 8, 3]
layers: [flatten, {dense: 3}]
train:
  augment:
    - random_flip
    - random_zoom: 0.1
    - conv: {filters: 3, kernel_size: 3}
    - relu
    - dropout: 0.1
"""


def test_augment_takes_preprocessing_and_regularisation_alone() -> None:
    source = read_text(_AUGMENTED, "spec.yaml", Problems())
    assert sorted((span.line, message[:60]) for span, message in schema_errors(source)) == [
        (8, "'conv' does not match any of the regexes: '^[A-Z][A-Za-z0-9_"),
        (9, "'relu' is not one of ['activity_regularization', 'random_fli"),
    ]
    problems = Problems()
    decode(source, problems)
    assert [(p.span.line, p.message) for p in problems.ordered()] == [
        (8, "`augment` takes preprocessing nodes such as random_flip, not `conv`"),
        (9, "`augment` takes preprocessing nodes such as random_flip, not `relu`"),
    ]


def test_sharing_loses_nothing_that_an_editor_shows() -> None:
    whole, shared = unshared(), make()
    shorthand = {name: schema for name, schema in shared["definitions"].items() if name not in whole["definitions"]}

    def written_out(schema: Any) -> Any:
        if isinstance(schema, list):
            return [written_out(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        name = str(schema.get("$ref", "")).removeprefix("#/definitions/")
        if name in shorthand:  # an editor adds what it refers to, and what stands beside the reference wins
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return written_out({**shorthand[name], **beside})
        return {key: written_out(value) for key, value in schema.items()}

    own = {**shared, "definitions": {name: shared["definitions"][name] for name in whole["definitions"]}}
    assert written_out(own) == whole


def test_the_schema_is_a_page_of_lines_that_are_definitions() -> None:
    lines = text().splitlines()
    schema = make()
    assert len(lines) == sum(map(len, (schema, schema["properties"], schema["definitions"]))) + 4
    assert json.loads(text()) == schema
    assert len(text()) * 2 < len(json.dumps(unshared()))
    assert len(text()) < 2_500 * len(KINDS)


def test_the_copy_beside_the_zoo_is_current() -> None:
    assert (ROOT / "specs" / "netspec.schema.json").read_text(encoding="utf-8") == text()


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_each_spec_of_the_zoo_pleases_both(path: Path) -> None:
    assert verdicts(path.read_text(encoding="utf-8")) == ([], [])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda p: p.stem)
def test_both_agree_on_every_fixture(path: Path) -> None:
    try:
        spec = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    ours, editors = verdicts(spec)
    assert bool(ours) == bool(editors), (ours, editors)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(documents)
def test_both_agree_on_random_documents(document: dict[str, Any]) -> None:
    ours, editors = verdicts(json.dumps(document))
    assert bool(ours) == bool(editors), (ours, editors, json.dumps(document))
