"""`netspec new`: a copy of a spec of the zoo to start from."""

from __future__ import annotations

import json
import os
import sys
from io import StringIO
from pathlib import Path

import pytest

from netspec import zoo
from netspec.cli import main

NAMES = sorted(zoo.specs())


def command(*arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error."""
    out, err = StringIO(), StringIO()
    return main(arguments, out, err), out.getvalue(), err.getvalue()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_list() -> None:
    status, out, err = command("new", "--list")
    lines = out.splitlines()
    assert (status, err) == (0, "")
    assert lines[0] == "name                   parameters    MACs  depth  description; variants and their parameters"
    assert lines[-1] == "The numbers are those of the default variant."
    assert [line for line in lines[1:-1] if line[:1].strip()] == list(zoo.GROUPS)
    assert [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "] == [
        name for names in zoo.GROUPS.values() for name in names
    ]
    at = lines.index("Residual and dense connections")
    assert lines[at + 1 : at + 3] == [
        "  resnet               25,636,712  3.86 G     50  Residual networks of 18, 34, 50, 101 and 152 layers",
        "                                                  18: 11.7 M, 34: 21.8 M, 50: 25.6 M, 101: 44.7 M, 152: 60.4 M",
    ]
    assert max(map(len, lines)) <= 140


def test_list_for_programs() -> None:
    status, out, err = command("new", "--list", "--format", "json")
    rows = json.loads(out)
    assert (status, err) == (0, "")
    assert sorted({row["spec"] for row in rows}) == NAMES
    assert [row for row in rows if row["spec"] == "vgg16"] == [
        {
            "spec": "vgg16",
            "variant": None,
            "main": True,
            "description": "VGG with 16 layers, nothing but 3x3 windows",
            "input": "224 x 224 x 3",
            "parameters": 138_357_544,
            "macs": 15_470_264_320,
            "depth": 16,
        }
    ]
    assert all(sum(row["main"] for row in rows if row["spec"] == name) == 1 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_copy_is_the_spec_without_its_modeline_and_has_no_problems(name: str) -> None:
    wrote = f"wrote {name}.yaml; `netspec inspect {name}.yaml` shows its layers\n"
    assert command("new", name) == (0, wrote, "")
    assert os.listdir() == [f"{name}.yaml"]
    first, _, rest = zoo.specs()[name].read_bytes().partition(b"\n")
    assert first == b"# yaml-language-server: $schema=netspec.schema.json"
    assert Path(f"{name}.yaml").read_bytes() == rest
    assert command("validate", f"{name}.yaml") == (0, "1 file, no problems\n", "")


def test_the_modeline_stays_where_its_schema_stands() -> None:
    assert command("schema", "-o", "netspec.schema.json")[0] == 0
    assert command("new", "lenet5")[0] == 0
    assert Path("lenet5.yaml").read_bytes() == zoo.specs()["lenet5"].read_bytes()


def test_another_file() -> None:
    wrote = "wrote nets/mine.yaml; `netspec inspect nets/mine.yaml` shows its layers\n"
    assert command("new", "lenet5", "-o", "nets/mine.yaml") == (0, wrote, "")
    assert os.listdir("nets") == ["mine.yaml"]
    assert command("validate", "nets/mine.yaml") == (0, "1 file, no problems\n", "")


def test_a_file_that_exists_is_left_as_it_is() -> None:
    Path("lenet5.yaml").write_text("mine\n")
    kept = "lenet5.yaml: error NS709: the file exists; choose another with -o, or replace it with --force\n"
    assert command("new", "lenet5") == (1, "", kept)
    assert command("new", "vgg16", "-o", "lenet5.yaml") == (1, "", kept)
    assert Path("lenet5.yaml").read_text() == "mine\n"
    assert os.listdir() == ["lenet5.yaml"]


def test_a_file_that_exists_is_replaced_if_told_so() -> None:
    Path("lenet5.yaml").write_text("mine\n")
    assert command("new", "lenet5", "--force")[0] == 0
    assert command("validate", "lenet5.yaml") == (0, "1 file, no problems\n", "")


def test_the_zoo_is_not_written_over() -> None:
    Path("copy.yaml").hardlink_to(zoo.specs()["lenet5"])
    lost = "copy.yaml: error NS709: this is what is read, which would be lost; choose another with -o\n"
    assert command("new", "lenet5", "-o", "copy.yaml", "--force") == (1, "", lost)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a right that users there lack")
def test_a_link_that_leads_nowhere_is_left_as_it_is() -> None:
    Path("lenet5.yaml").symlink_to("nowhere")
    kept = "lenet5.yaml: error NS709: a link that leads nowhere has this name; choose another with -o, or replace it with --force\n"
    assert command("new", "lenet5") == (1, "", kept)
    assert os.readlink("lenet5.yaml") == "nowhere"


def test_a_folder_that_cannot_be() -> None:
    Path("nets").write_text("a file\n")
    wrong = "nets/mine.yaml: error NS709: cannot write 'nets/mine.yaml': file exists\n"
    assert command("new", "lenet5", "-o", "nets/mine.yaml") == (1, "", wrong)
    assert os.listdir() == ["nets"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet"], "there is no spec 'lenet' in the zoo; did you mean `lenet5`?"),
        (["ResNet"], "there is no spec 'ResNet' in the zoo; did you mean `resnet`?"),
        (["qqq"], "there is no spec 'qqq' in the zoo; `netspec new --list` lists them"),
        (["../lenet5"], "there is no spec '../lenet5' in the zoo; did you mean `lenet5`?"),
        ([], "give the name of a spec of the zoo; --list shows them all"),
        (["lenet5", "--list"], "--list takes neither a name nor -o nor --force"),
        (["--list", "--force"], "--list takes neither a name nor -o nor --force"),
        (["--list", "-o", "x.yaml"], "--list takes neither a name nor -o nor --force"),
        (["lenet5", "--format", "json"], "--format requires --list"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    assert command("new", *arguments) == (2, "", f"netspec new: {message}\n")
    assert os.listdir() == []


def test_a_checkout_keeps_its_specs_beside_the_package_and_a_wheel_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "somewhere" / "netspec" / "zoo"
    package.mkdir(parents=True)
    monkeypatch.setattr(zoo, "__file__", str(package / "__init__.py"))
    assert zoo.folder() == tmp_path / "somewhere" / "specs"
    status, out, err = command("new", "--list")
    missing = f"there are no specs in {zoo.folder()}; netspec is not installed completely"
    assert (status, out, err) == (1, "", f"<zoo>: error NS709: {missing}\n")
    (package / "specs").mkdir()
    (package / "specs" / "one.yaml").write_text("netspec: 1\n")
    assert zoo.specs() == {"one": package / "specs" / "one.yaml"}
