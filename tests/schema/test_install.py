"""`netspec schema --install`: a folder set up for editors, and nobody's settings lost."""

from __future__ import annotations

import io
import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netspec.cli import main
from netspec.schema.generation import text
from netspec.schema.installing import WANTED, InTheWay, added
from netspec.schema.settings_file import NotJson, read_settings, with_member

ELSEWHERE = (
    "other editors with a YAML language server find the schema by the first line of a spec; its path is the spec's way to it:\n"
    "# yaml-language-server: $schema=netspec.schema.json\n"
)
WANTED_TEXT = """{
  "yaml.schemas": {
    "./netspec.schema.json": [
      "*.netspec.yaml",
      "*.netspec.yml",
      "specs/*.yaml"
    ]
  },
  "json.schemas": [
    {
      "fileMatch": [
        "*.netspec.json"
      ],
      "url": "./netspec.schema.json"
    }
  ]
}
"""


SCHEMA = text()


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("netspec.schema.installing.text", lambda: SCHEMA)  # it takes a while to make


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(["schema", *arguments], out, err), out.getvalue(), err.getvalue()


def settings(content: str | None = None) -> str:
    path = Path(".vscode", "settings.json")
    if content is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode())
    return path.read_bytes().decode()


def test_an_empty_folder() -> None:
    assert run("--install") == (0, f"wrote netspec.schema.json\nwrote .vscode/settings.json\n{ELSEWHERE}", "")
    assert Path("netspec.schema.json").read_text(encoding="utf-8") == SCHEMA
    assert settings() == WANTED_TEXT
    assert run("--install") == (
        0,
        f"wrote netspec.schema.json\n.vscode/settings.json has all that is needed\n{ELSEWHERE}",
        "",
    )
    assert settings() == WANTED_TEXT
    assert sorted(os.listdir()) == [".vscode", "netspec.schema.json"]
    assert os.listdir(".vscode") == ["settings.json"]


def test_another_folder_that_does_not_exist() -> None:
    assert run("--install", "a/b")[:2] == (
        0,
        f"wrote a/b/netspec.schema.json\nwrote a/b/.vscode/settings.json\n{ELSEWHERE}",
    )
    assert Path("a/b/.vscode/settings.json").read_text(encoding="utf-8") == WANTED_TEXT


def test_settings_with_comments_are_added_to() -> None:
    settings(
        """// Mine.
{
    "editor.rulers": [80, 120], // a second one for comments
    /* Schemas of other things. */
    "yaml.schemas": {
        "./ci.json": "ci/*.yaml", // whatever CI is
    },
    "json.schemas": [],
    "files.eol": "\\n" // no comma here
    // and a last word
}
"""
    )
    assert run("--install") == (0, f"wrote netspec.schema.json\nadded to .vscode/settings.json\n{ELSEWHERE}", "")
    assert settings() == (
        """// Mine.
{
    "editor.rulers": [80, 120], // a second one for comments
    /* Schemas of other things. */
    "yaml.schemas": {
        "./ci.json": "ci/*.yaml", // whatever CI is
        "./netspec.schema.json": [
            "*.netspec.yaml",
            "*.netspec.yml",
            "specs/*.yaml"
        ]
    },
    "json.schemas": [
        {
            "fileMatch": [
                "*.netspec.json"
            ],
            "url": "./netspec.schema.json"
        }
    ],
    "files.eol": "\\n" // no comma here
    // and a last word
}
"""
    )
    assert run("--install")[1].splitlines()[1] == ".vscode/settings.json has all that is needed"


def test_a_last_member_without_a_comma_gets_one_before_its_comment() -> None:
    assert added(b'{\n\t"a": 1 // one\n}', False).decode().splitlines()[:3] == [
        "{",
        '\t"a": 1, // one',
        '\t"yaml.schemas": {',
    ]


def test_a_text_on_one_line_with_a_mark_and_ends_of_windows() -> None:
    assert (
        added('\ufeff{"a": {}}\r\n'.encode(), False).decode().startswith('\ufeff{"a": {},\r\n  "yaml.schemas": {\r\n')
    )
    assert added(b"{}", False).decode() == WANTED_TEXT.rstrip("\n")
    assert added(b" \n", False).decode() == WANTED_TEXT


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"a": 1', "it is not JSON with comments (line 1: a comma or `}` is expected)"),
        ("{\n  a: 1\n}", "it is not JSON with comments (line 2: a key is expected)"),
        ('{"a": }', "it is not JSON with comments (line 1: a value is expected)"),
        ("{} {}", "it is not JSON with comments (line 1: nothing is expected after the value)"),
        ("[" * 200, "it is not JSON with comments (line 1: more than 100 levels)"),
        ('{"a": "\\x"}', "it is not JSON with comments (line 1: this is no value)"),
        ("[]", "it is not a map of settings"),
        ('{"yaml.schemas": []}', "`yaml.schemas` is not a map, which --force would replace"),
        (
            '{"yaml.schemas": {"./netspec.schema.json": "nets/*.yaml"}}',
            "`yaml.schemas` has other files for ./netspec.schema.json, which --force would replace",
        ),
        ('{"json.schemas": {}}', "`json.schemas` is not a list, which --force would replace"),
        (
            '{"json.schemas": [{"url": "./netspec.schema.json"}]}',
            "`json.schemas` has other files for ./netspec.schema.json, which --force would replace",
        ),
    ],
)
def test_what_stands_in_the_way_is_left_and_said(content: str, why: str) -> None:
    settings(content)
    assert run("--install") == (
        1,
        f"wrote netspec.schema.json\n.vscode/settings.json is as it was: {why}. For VS Code, this is to be in it:\n"
        f"{WANTED_TEXT}{ELSEWHERE}",
        "",
    )
    assert settings() == content
    if "--force" in why:
        assert run("--install", "--force") == (
            0,
            f"wrote netspec.schema.json\nadded to .vscode/settings.json\n{ELSEWHERE}",
            "",
        )
        assert json.loads(settings()) == WANTED
    else:
        assert run("--install", "--force")[0] == 1
        assert settings() == content


def test_settings_in_another_encoding_are_left() -> None:
    with pytest.raises(InTheWay, match="it is not UTF-8"):
        added('{"a": "ä"}'.encode("latin-1"), False)


def test_more_files_than_wanted_are_fine() -> None:
    content = json.dumps(
        {
            "yaml.schemas": {
                "./netspec.schema.json": ["nets/*.yaml", *WANTED["yaml.schemas"]["./netspec.schema.json"]]
            },  # type: ignore[call-overload,index]
            "json.schemas": [{"url": "./netspec.schema.json", "fileMatch": ["a.json", "*.netspec.json"]}],
        }
    ).encode()
    assert added(content, False) == content


def test_a_schema_of_another_is_not_replaced() -> None:
    Path("netspec.schema.json").write_text("{}", encoding="utf-8")
    status, out, err = run("--install")
    assert (status, out) == (1, "")
    assert (
        "error NS709: the file exists and netspec did not write it; choose another with --install FOLDER, or replace it with --force\n"
    ) in err
    assert not Path(".vscode").exists()
    assert run("--install", "--force")[0] == 0


def test_a_link_is_written_where_it_leads() -> None:
    Path(".vscode").mkdir()
    Path("mine.json").write_text("{}", encoding="utf-8")
    Path(".vscode", "settings.json").symlink_to("../mine.json")
    assert run("--install")[0] == 0
    assert Path(".vscode", "settings.json").is_symlink()
    assert json.loads(Path("mine.json").read_text(encoding="utf-8")) == WANTED


def test_usage() -> None:
    assert run("--install", "-o", "x")[2].startswith("netspec schema: -o and --install exclude each other\n")
    assert run("--install", "--check", "x")[2].startswith(
        "netspec schema: --check writes no schema; leave -o, --install and --force out\n"
    )


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text('ab/*\\" ,{}[]é', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=3), values, max_size=4),
    values,
    st.sampled_from([None, 1, 4, "\t"]),
)
def test_a_member_more_is_the_only_change(data: dict[str, object], more: object, indent: int | str | None) -> None:
    before = json.dumps(data, indent=indent)
    assert read_settings(before).data == data
    after = with_member(before, read_settings(before), "new", more)  # type: ignore[arg-type]
    assert json.loads(after) == {**data, "new": more}
    assert read_settings(after).data == {**data, "new": more}
    assert after.startswith(before.rstrip("}").rstrip())


@given(st.text('{}[]:,"/*\\ \nab1', max_size=40))
def test_any_text_is_read_or_refused(content: str) -> None:
    with suppress(NotJson):
        read_settings(content)
