"""Every message in full: the text that a user reads, and the same for programs."""

from __future__ import annotations

import io
import json
import re
from functools import cache
from pathlib import Path

import pytest

from netspec.cli import main
from netspec.diagnostics.codes import CODES, GROUPS, Code
from netspec.diagnostics.problems import Span
from netspec.pipeline import Spec, check, check_text
from netspec.report.machine import as_json, as_sarif
from netspec.syntax.edits import apply
from tests.problems.accept import FORMATS, FORMATTED, HERE, SPECS, expected, here, printed

PACKAGE = Path(check.__code__.co_filename).parent


@cache
def checked(name: str) -> Spec:
    return check(HERE / name)


@pytest.mark.parametrize("name", SPECS)
def test_text(name: str) -> None:
    assert printed(name) == expected(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", FORMATTED)
def test_formats_for_programs(name: str, form: str) -> None:
    assert printed(name, form) == expected(name, form).read_text(encoding="utf-8")


def test_no_file_is_left_over() -> None:
    wanted = {expected(name) for name in SPECS} | {expected(n, f) for n in FORMATTED for f in FORMATS}
    assert set(HERE.glob("*.txt")) == wanted


# --- what holds of every problem --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SPECS)
def test_problems_stand_in_order_and_inside_the_file(name: str) -> None:
    spec = checked(name)
    lines = re.split(r"\r\n?|\n", spec.text)
    places = [(p.span.line, p.span.column) for p in spec.problems]
    assert places == sorted(places)
    for problem in spec.problems:
        for span in (problem.span, *(n.span for n in problem.notes if n.span is not None)):
            assert inside(span, lines), (problem.message, span)


def inside(span: Span, lines: list[str]) -> bool:
    return (span.line, span.column) <= (span.end_line, span.end_column) and all(
        1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 2
        for line, column in ((span.line, span.column), (span.end_line, span.end_column))
    )


@pytest.mark.parametrize("name", SPECS)
def test_messages_are_plain_sentences(name: str) -> None:
    for problem in checked(name).problems:
        for text in (problem.message, *(note.message for note in problem.notes)):
            assert text == text.strip()
            assert "\n" not in text
            assert not text.endswith("."), text
            assert " object at 0x" not in text, text
            assert "None" not in text, text
            assert text.count("`") % 2 == 0, text


@pytest.mark.parametrize("name", SPECS)
def test_every_repair_that_is_offered_mends_its_problem(name: str) -> None:
    spec = checked(name)
    for problem in spec.problems:
        for fix in problem.fixes:
            after = check_text(apply(spec.text, fix.edits), name)
            same = [p for p in after.problems if (p.code, p.message) == (problem.code, problem.message)]
            before = [p for p in spec.problems if (p.code, p.message) == (problem.code, problem.message)]
            assert len(same) < len(before), (problem.message, fix.title)
            assert abs(len(after.text.splitlines()) - len(spec.text.splitlines())) <= 2


def test_every_code_has_a_spec_that_raises_it() -> None:
    raised = {problem.code for name in SPECS for problem in checked(name).problems}
    for name in ("param_wrong.yaml", "variant_unknown.yaml"):
        raised |= set(re.findall(r"NS\d{3}", expected(name).read_text(encoding="utf-8")))
    assert {code.code for code in CODES.values() if code.example} <= raised | {"NS107"}  # see test_reading


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_the_catalogue_and_the_program_name_the_same_codes() -> None:
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name != "codes":
            used |= set(re.findall(r"NS\d{3}", path.read_text(encoding="utf-8")))
    assert used - set(CODES) == set()
    assert set(CODES) == used


@pytest.mark.parametrize("code", [c for c in CODES.values() if c.example], ids=lambda c: c.code)
def test_an_example_raises_its_code_and_no_other(code: Code) -> None:
    assert {problem.code for problem in check_text(code.example, "example.yaml").problems} == {code.code}


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_a_page_is_complete(code: Code) -> None:
    assert re.fullmatch(r"NS[1-8]\d\d", code.code)
    assert code.stage in GROUPS
    assert code.title[0].isupper()
    assert not code.title.endswith(".")
    for text in (code.meaning, code.how_to_fix):
        assert text.endswith(".")
        assert "  " not in text


# --- formats ----------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with here():
        status = main(["validate", *arguments], out, err)
    return status, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("name", SPECS)
def test_json_has_the_promised_shape(name: str) -> None:
    data = json.loads(as_json([checked(name)]))
    assert set(data) == {"files", "errors", "warnings"}
    (file,) = data["files"]
    assert set(file) == {"path", "problems"}
    assert file["path"] == str(HERE / name)
    place = {"line", "column", "end_line", "end_column"}
    severities = [problem["severity"] for problem in file["problems"]]
    assert (severities.count("error"), severities.count("warning")) == (data["errors"], data["warnings"])
    for problem in file["problems"]:
        assert set(problem) == {"code", "severity", "message", *place, "notes", "fixes"}
        assert all(set(note) in ({"message"}, {"message", *place}) for note in problem["notes"])
        for fix in problem["fixes"]:
            assert set(fix) <= {"title", "edits", "result", "parameters", "parameters_change", "macs"}
            assert all(set(edit) == {*place, "text"} for edit in fix["edits"])


@pytest.mark.parametrize("name", SPECS)
def test_sarif_is_what_code_hosts_expect(name: str) -> None:
    log = json.loads(as_sarif([checked(name)]))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    (sarif,) = log["runs"]
    assert sarif["columnKind"] == "unicodeCodePoints"
    rules = sarif["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    for result in sarif["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"]
        (location,) = result["locations"]
        places = [location, *result.get("relatedLocations", [])]
        assert len({place.get("id") for place in places}) == len(places)
        for place in places:
            physical = place["physicalLocation"]
            assert physical["artifactLocation"] == {"uri": (HERE / name).as_uri()}
            region = physical["region"]
            assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
            assert min(region.values()) >= 1
        for fix in result.get("fixes", []):
            (change,) = fix["artifactChanges"]
            assert all({"deletedRegion", "insertedContent"} == set(r) for r in change["replacements"])


def test_sarif_names_files_as_uris(tmp_path: Path) -> None:
    path = tmp_path / "a spec%ä.yaml"
    path.write_text("{}\n", encoding="utf-8")
    log = json.loads(run("--format", "sarif", str(path))[1])
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri == path.as_uri()
    assert uri.endswith("/a%20spec%25%C3%A4.yaml")


def test_github_escapes_what_its_commands_would_read(tmp_path: Path) -> None:
    path = tmp_path / "50%,a:b.yaml"
    path.write_text('netspec: 1\ninput: [8]\nlayers:\n  - "100% ::x::"\n', encoding="utf-8")
    _, out, _ = run("--format", "github", str(path))
    assert out.count("\n") == 1
    assert out.startswith("::error file=")
    assert "50%25%2Ca%3Ab.yaml,line=4," in out
    assert out.endswith("::there is no kind '100%25 ::x::'; `netspec explain` lists the kinds\n")


@pytest.mark.parametrize("form", ["text", *FORMATS])
def test_nothing_that_is_printed_steers_a_terminal(form: str) -> None:
    out = run("--format", form, "terminal_escapes.yaml", "unicode.yaml")[1]
    assert all(c == "\n" or c.isprintable() for c in out)


# --- several files ----------------------------------------------------------------------------------------------------


def test_all_problems_of_all_files_come_in_one_run() -> None:
    status, out, err = run("reading_bracket.yaml", "unused_names.yaml", "window_tiles.yaml", "nowhere.yaml")
    assert (status, err) == (1, "")
    heads = [line.split(": ")[0] for line in out.splitlines() if re.match(r"\S+:\d+:\d+: ", line)]
    assert heads == [
        "reading_bracket.yaml:2:16",
        "unused_names.yaml:3:16",
        "unused_names.yaml:6:26",
        "unused_names.yaml:9:3",
        "window_tiles.yaml:4:5",
        "nowhere.yaml:1:1",
    ]
    assert out.endswith("4 files, 3 errors and 3 warnings\n")


def test_a_fine_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "fine.yaml"
    path.write_text("netspec: 1\ninput: [8]\nlayers:\n  - dense: 3\n", encoding="utf-8")
    assert run(str(path)) == (0, "1 file, no problems\n", "")


def test_warnings_alone_are_no_failure() -> None:
    assert run("unused_names.yaml")[0] == 0


def test_what_cannot_be_read(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing.yaml", tmp_path
    assert run(str(missing))[1] == (
        f"{missing}:1:1: error NS111: cannot read '{missing}': no such file or directory\n1 file, 1 error\n"
    )
    assert run(str(folder))[1] == (
        f"{folder}:1:1: error NS111: '{folder}' is a folder; name a spec file in it\n1 file, 1 error\n"
    )
    assert "cannot read" in run("nul\0byte.yaml")[1]


def test_only_so_many_problems_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text("netspec: 1\ninput: [8]\nlayers:\n" + "  - cnov\n" * 300, encoding="utf-8")
    status, out, _ = run(str(path))
    assert status == 1
    assert out.count("NS201") == 200
    assert f"… and 100 more in {path}\n1 file, 300 errors\n" in out


# --- fixing -----------------------------------------------------------------------------------------------------------

UNTIDY = """\
# What this network is for.
netspec: 1   # the format

input:   [ 10, 10, 3 ]

layers:
    # a comment of its own
    - cnov : {filters: 16,   kernel_size: 3, strides: 2}   # behind a node
    - batchnorm
    -   conv:
          filters:   8   # keep me
          kernel_size:  3
          # a comment below
    - flaten   # the end
    - "dense": 'ten'

params:  {n : 3}     # unused
"""
TIDIED = """\
# What this network is for.
netspec: 1   # the format

input:   [ 10, 10, 3 ]

layers:
    # a comment of its own
    - conv : {filters: 16,   kernel_size: 4, strides: 2}   # behind a node
    - batch_norm
    -   conv:
          filters:   8   # keep me
          kernel_size:  3
          # a comment below
    - flatten   # the end
    - "dense": 'ten'

params:  {n : 3}     # unused
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_fix_leaves_comments_and_layout(tmp_path: Path, end: str) -> None:
    path = tmp_path / "untidy.yaml"
    path.write_bytes(UNTIDY.replace("\n", end).encode())
    status, out, err = run("--fix", str(path))
    assert status == 1  # what has no repair is left
    assert path.read_bytes() == TIDIED.replace("\n", end).encode()
    assert [line.removeprefix(str(path)) for line in err.splitlines()] == [
        ":8: fixed NS201: conv",
        ":9: fixed NS201: batch_norm",
        ":14: fixed NS201: flatten",
        ":8: fixed NS401: kernel_size: 4",
    ]
    assert "NS204" in out
    assert out.endswith("1 file, 1 error\n")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_line_that_is_added_ends_as_the_others(tmp_path: Path, end: str) -> None:
    path = tmp_path / "lines.yaml"
    before = (
        "netspec: 1\ninput: [10]\nlayers:\n  - reshape: [10, 1]\n  - pool:\n      pool_size: 3  # three\n  - relu\n"
    )
    after = before.replace("3  # three\n", "3\n      rounding: floor  # three\n")
    path.write_bytes(before.replace("\n", end).encode())
    run("--fix", str(path))
    assert path.read_bytes() == after.replace("\n", end).encode()


def test_fix_writes_nothing_where_there_is_nothing_to_mend(tmp_path: Path) -> None:
    path = tmp_path / "fine.yaml"
    path.write_text("netspec: 1\ninput: [8]\nlayers:\n  - dense: 3\n", encoding="utf-8")
    path.chmod(0o444)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert run("--fix", str(path)) == (0, "1 file, no problems\n", "")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
