"""What a user sees in an editor that has the schema and nothing else: the servers of YAML and JSON, asked over stdio."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netspec.diagnostics.problems import Problems
from netspec.spec.decoding import decode
from netspec.syntax.reading import read_bytes
from tests.editors.accept import ANSWERS, answers, heading, written
from tests.editors.editors import Editor, needs_servers, problems_in_words
from tests.editors.positions import POSITIONS
from tests.schema.test_schema import FIXTURES, ROOT, structural

pytestmark = needs_servers

YAML_SPECS = sorted((ROOT / "specs").glob("*.yaml"))
JSON_FIXTURES = sorted((ROOT / "tests").glob("problems/*.json"))

# Where the tool finds something in a text or its structure and an editor does not, or the other way round.
DIFFERENCES = {
    "reading_alias_cycle.yaml": "the YAML server follows an alias into itself no further, and says nothing",
    "reading_empty.yaml": "a text without a value is not held against a schema",
    "reading_list_key.yaml": "the YAML server says nothing of a key that is a list",
    "reading_merge_key.yaml": "the YAML server merges what `<<` names; netspec refuses it",
    "reading_no_key.yaml": "the YAML server says nothing of a key that is missing before its colon",
    "reading_no_key_in_braces.yaml": "the YAML server says nothing of a key that is missing before its colon",
    "reading_tag_directive.yaml": "the YAML server passes over directives and the tags that they name",
    "reading_tag_str.yaml": "the YAML server obeys `!!str`; netspec refuses every tag",
    "reading_two_documents.yaml": "the YAML server holds each document of a file against the schema",
    "reading_json_lone_surrogate.json": "the JSON server does not look into escapes",
}


@pytest.fixture(scope="module")
def editors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Editor]]:
    """The two servers."""
    found = {language: Editor(language, tmp_path_factory.mktemp(language)) for language in ("yaml", "json")}
    yield found
    for editor in found.values():
        editor.stop()


def test_the_table_is_long_enough() -> None:
    assert len(POSITIONS) >= 127
    assert len({heading(each) for each in POSITIONS}) == len(POSITIONS)


def test_each_position_has_its_whole_answer(editors: dict[str, Editor]) -> None:
    assert written(answers(editors)).split("\n\n") == ANSWERS.read_text(encoding="utf-8").split("\n\n")


def verdict(path: Path) -> bool:
    """Does the tool find something wrong with a file's text or its structure?"""
    problems = Problems()
    source = read_bytes(path.read_bytes(), path.name, problems)
    if source.tree is None or problems.has_errors:
        return True
    decode(source, problems)
    return bool(structural(problems))


def verdicts_of_editor(editor: Editor, paths: list[Path]) -> dict[str, list[str]]:
    """What a server underlines in each of many files, all of which are opened before it is asked for the first."""
    uris = {path.name: editor.open(path.read_bytes().decode("utf-8", "replace")) for path in paths}
    found = {name: problems_in_words(editor.client.diagnostics(uri)) for name, uri in uris.items()}
    for uri in uris.values():
        editor.client.close(uri)
    return found


def test_the_zoo_has_no_problem_in_an_editor(editors: dict[str, Editor]) -> None:
    assert verdicts_of_editor(editors["yaml"], YAML_SPECS) == {path.name: [] for path in YAML_SPECS}


@pytest.mark.parametrize(("language", "paths"), [("yaml", FIXTURES), ("json", JSON_FIXTURES)], ids=["yaml", "json"])
def test_editor_and_tool_agree_on_the_structure_of_each_fixture(
    editors: dict[str, Editor], language: str, paths: list[Path]
) -> None:
    ours = {path.name: verdict(path) for path in paths}
    theirs = verdicts_of_editor(editors[language], paths)
    different = {name: theirs[name] for name, wrong in ours.items() if wrong != bool(theirs[name])}
    assert sorted(different) == sorted(name for name in DIFFERENCES if name in ours), different
