"""The entry for SchemaStore's catalogue is what its checks ask for: the catalogue's own schema, and the rules of its linter."""

from __future__ import annotations

import json
import tomllib
from fnmatch import fnmatch

from jsonschema import Draft4Validator

from netspec.schema.installing import JSON_FILES, YAML_FILES
from tests.schema.test_schema import ROOT

ENTRY = json.loads((ROOT / "editors" / "schemastore.json").read_text(encoding="utf-8"))

# An item of `schemas` in SchemaStore's schema-catalog.json.
ITEM = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "url", "description"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "fileMatch": {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        "url": {"type": "string", "format": "uri", "pattern": "^https://"},
        "versions": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^https://"}},
    },
}


def test_it_is_an_item_of_the_catalogue() -> None:
    assert list(Draft4Validator(ITEM).iter_errors(ENTRY)) == []


def test_the_linter_has_nothing_to_say() -> None:
    for words in (ENTRY["name"], ENTRY["description"]):
        assert "schema" not in words.lower()
        assert "\n" not in words
        assert words == words.strip(",. \t-")
    assert all(pattern.startswith("**/") for pattern in ENTRY["fileMatch"] if "/" in pattern)


def test_it_is_for_the_files_that_are_netspecs_by_name() -> None:
    by_name = [pattern for pattern in (*YAML_FILES, *JSON_FILES) if "/" not in pattern]
    assert ENTRY["fileMatch"] == by_name
    assert not any(fnmatch(name, pattern) for name in ("a.yaml", "netspec.schema.json") for pattern in by_name)


def test_it_points_at_the_schema_of_this_repository() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        home = tomllib.load(file)["project"]["urls"]["Homepage"]
    path = ENTRY["url"].removeprefix(
        home.replace("https://github.com/", "https://raw.githubusercontent.com/") + "/main/"
    )
    assert (
        (ROOT / path).read_text(encoding="utf-8").startswith('{\n"$schema":"http://json-schema.org/draft-07/schema#"')
    )
