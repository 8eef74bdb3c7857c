"""`--kinds` and `netspec.toml`: packages of kinds are loaded when their user says so, and then are like netspec's own."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

import netspec
from netspec import configuration
from netspec.cli import COMMANDS, WITHOUT_KINDS, main, parser_of
from netspec.kinds import FAMILIES, KINDS
from netspec.kinds.packages import ALLOWED, PackageError, allow, allowing, forget, packages_of, read_requirement
from tests.support.installed import package, write_metadata

ALLOW = ["--kinds", "netspec-shine"]
KIND = '''
from netspec.kind import Integer, Kind, kind, option


@kind("twinkle", principal="stars")
class Twinkle(Kind):
    """Does nothing."""

    keras_layers = ("Identity",)
    stars: int = option(Integer(ge=1), "How many.")
'''


def run(*words: str) -> tuple[int, str]:
    """What a command prints on both streams."""
    out = io.StringIO()
    return main(words, out, out), out.getvalue()


def refused(*packages: str) -> str:
    with pytest.raises(PackageError) as caught:
        allow(packages)
    return str(caught.value)


# --- what is allowed --------------------------------------------------------------------------------------------------


def test_nothing_is_loaded_unasked(shine: Path) -> None:
    status, text = run("validate", "sun.yaml")
    assert (status, text) == (
        1,
        "sun.yaml:2:12: error NS210: the kinds of the package 'netspec-shine' are not loaded; if you trust it, allow it with `--kinds netspec-shine` or in netspec.toml\n"
        "    2 | requires: [netspec-shine>=0.1]\n"
        "      |            ^^^^^^^^^^^^^^^^^^\n"
        "sun.yaml:6:5: error NS201: there is no kind 'shine'; it may be one of the kinds of `netspec-shine`, which are not loaded\n"
        "    6 |   - shine: 4\n"
        "      |     ^^^^^\n"
        "1 file, 2 errors\n",
    )


def test_a_package_is_allowed_for_one_command(shine: Path) -> None:
    assert run("validate", *ALLOW, "sun.yaml") == (0, "1 file, no problems\n")
    assert "shine" not in KINDS
    assert "netspec-shine" not in FAMILIES
    assert not ALLOWED
    assert run("validate", *ALLOW, "sun.yaml") == (0, "1 file, no problems\n")
    assert run("validate", "sun.yaml")[0] == 1


@pytest.mark.parametrize("name", ["netspec-shine", "Netspec_Shine", "netspec.shine"])
def test_names_are_compared_as_pip_does(shine: Path, name: str) -> None:
    assert run("validate", "--kinds", name, "sun.yaml")[0] == 0


def test_every_command_that_reads_specs_takes_it() -> None:
    without = {name for name in COMMANDS if "--kinds PACKAGE" not in parser_of(name).format_help()}
    assert without == set(WITHOUT_KINDS)


def test_the_kind_is_known_everywhere(shine: Path) -> None:
    status, text = run("inspect", *ALLOW, "--format", "json", "sun.yaml")
    nodes = {node["name"]: node for node in json.loads(text)["nodes"]}
    assert (status, nodes["shine_1"]["parameters"], nodes["shine_1"]["macs"]) == (0, 4, 288)
    assert "Number of groups of channels; it divides the channels." in run("explain", *ALLOW, "shine")[1]
    assert "Scales groups of channels" in run("explain", *ALLOW)[1]
    assert '"shine"' in run("schema", *ALLOW)[1]
    assert '"shine"' not in run("schema")[1]
    assert run("schema", "--check", "sun.yaml") == (
        1,
        "sun.yaml:6:5: 'shine' does not match any of the regexes: '^[A-Z][A-Za-z0-9_]*$'\n",
    )
    assert run("schema", *ALLOW, "--check", "sun.yaml") == (0, "1 file, no problems in an editor\n")
    assert run("fmt", *ALLOW, "--check", "sun.yaml")[0] == 0


def test_its_shape_rule_proposes_repairs(shine: Path) -> None:
    wrong = Path("wrong.yaml")
    wrong.write_text(Path("sun.yaml").read_text(encoding="utf-8").replace("shine: 4", "shine: 5"), encoding="utf-8")
    assert run("validate", *ALLOW, "wrong.yaml") == (
        1,
        "wrong.yaml:6:5: error NS405: shine `shine_1`: the 8 channels of its input must be divisible by `rays` (=5)\n"
        "    6 |   - shine: 5\n"
        "      |     ^^^^^\n"
        "  fix: rays: 4                        -> 6 x 6 x 8; -1 parameters, 5.76 k MACs in total\n"
        "1 file, 1 error\n",
    )


@pytest.mark.backend
def test_a_script_imports_its_layer(shine: Path) -> None:
    assert run("build", *ALLOW, "sun.yaml", "-o", "sun.py")[0] == 0
    script = Path("sun.py").read_text(encoding="utf-8")
    assert "import keras\nimport netspec_shine.layers\nfrom keras import layers\n" in script
    assert '    x = netspec_shine.layers.Shine(rays=4, bias=False, name="shine_1")(x)\n' in script


def test_python_allows_it_too(shine: Path) -> None:
    assert [problem.code for problem in netspec.validate("sun.yaml")] == ["NS210", "NS201"]
    netspec.allow_kinds("netspec-shine")
    try:
        assert netspec.validate("sun.yaml") == ()
        assert packages_of(["conv", "shine"]) == {"netspec-shine": "0.1.0"}
        assert packages_of(["conv"]) == {}
    finally:
        forget(["netspec-shine"])


# --- netspec.toml -----------------------------------------------------------------------------------------------------


def test_the_configuration_of_the_working_directory_or_above_counts(shine: Path) -> None:
    (shine.parent / "netspec.toml").write_text('kinds = ["netspec-shine"]\n', encoding="utf-8")
    assert run("validate", "sun.yaml") == (0, "1 file, no problems\n")
    (shine / "netspec.toml").write_text("", encoding="utf-8")  # the nearest alone counts
    assert run("validate", "sun.yaml")[0] == 1


def test_one_beside_the_spec_does_not_count(shine: Path) -> None:
    elsewhere = shine / "from_a_stranger"
    elsewhere.mkdir()
    (elsewhere / "netspec.toml").write_text('kinds = ["netspec-shine"]\n', encoding="utf-8")
    (shine / "sun.yaml").rename(elsewhere / "sun.yaml")
    assert run("validate", "from_a_stranger/sun.yaml")[0] == 1


def test_the_environment_names_another_or_none(shine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shine / "netspec.toml").write_text('kinds = ["netspec-shine"]\n', encoding="utf-8")
    (shine / "other.toml").write_text("kinds = []\n", encoding="utf-8")
    monkeypatch.setenv("NETSPEC_CONFIG", "other.toml")
    assert run("validate", "sun.yaml")[0] == 1
    monkeypatch.setenv("NETSPEC_CONFIG", "")
    assert run("validate", "sun.yaml")[0] == 1
    monkeypatch.delenv("NETSPEC_CONFIG")
    assert run("validate", "sun.yaml")[0] == 0


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("kinds = [", "it is no TOML: Invalid value (at end of document)"),
        ("kind = []", "there is no setting 'kind'; there is `kinds`, a list of packages"),
        ('kinds = "netspec-shine"', '`kinds` is a list of packages: kinds = ["netspec-shine"]'),
        ("kinds = [1]", '`kinds` is a list of packages: kinds = ["netspec-shine"]'),
        ("#" * 70_000, "it is larger than 65,536 bytes"),
        (
            'kinds = ["netspec-nobody"]',
            "no package 'netspec-nobody' is installed; `pip install netspec-nobody` if that is its name",
        ),
    ],
    ids=["toml", "key", "text", "number", "size", "package"],
)
def test_what_is_wrong_with_it_is_told(shine: Path, content: str, why: str) -> None:
    path = shine / "netspec.toml"
    path.write_text(content, encoding="utf-8")
    assert run("validate", "sun.yaml") == (2, f"netspec validate: {path}: {why}\n")


def test_one_that_is_no_file_is_told(shine: Path) -> None:
    (shine / "netspec.toml").mkdir()
    assert run("validate", "sun.yaml") == (2, f"netspec validate: {shine / 'netspec.toml'}: it is not a regular file\n")
    (shine / "netspec.toml").rmdir()
    (shine / "netspec.toml").symlink_to("nowhere")
    assert run("validate", "sun.yaml") == (
        2,
        f"netspec validate: {shine / 'netspec.toml'}: it cannot be read: no such file or directory\n",
    )


def test_one_of_another_user_is_not_taken(shine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shine / "netspec.toml"
    path.write_text('kinds = ["netspec-shine"]\n', encoding="utf-8")
    real = os.stat

    class Foreign:
        st_mode, st_size, st_uid = real(path).st_mode, real(path).st_size, 4711

    monkeypatch.setattr(configuration.os, "stat", lambda asked: Foreign if asked == str(path) else real(asked))
    assert run("validate", "sun.yaml") == (
        2,
        f"netspec validate: {path}: it belongs to another user, and allows nothing; set NETSPEC_CONFIG= to do without it\n",
    )


# --- what cannot be taken ---------------------------------------------------------------------------------------------


def test_a_package_that_is_not_there(site: Path) -> None:
    assert run("validate", "--kinds", "netspec-nobody", "sun.yaml") == (
        2,
        "netspec validate: --kinds: no package 'netspec-nobody' is installed; `pip install netspec-nobody` if that is its name\n",
    )


@pytest.mark.parametrize("name", ["", "../evil", "a b", "os;x", "netspec-shine>=0.1"])
def test_what_is_no_name_of_a_package(site: Path, name: str) -> None:
    assert refused(name) == f"{name!r} is not the name of a package"


def test_a_package_without_kinds(site: Path) -> None:
    write_metadata(site, "netspec-plain", "1.0", {})
    assert refused("netspec-plain") == (
        "the package 'netspec-plain' declares no kinds: it has no entry point in the group `netspec.kinds`"
    )
    package(site, "netspec-empty", "")
    assert refused("netspec-empty") == (
        "the package 'netspec-empty' declares no kinds: there is no `@kind` in `netspec_empty.kinds`"
    )


WRONG = {
    "raises": ("\nraise ValueError('no\\nmore')", "ValueError: no ({file}, line 2)"),
    "exits": ("import sys\nsys.exit('bye')", "SystemExit: bye ({file}, line 2)"),
    "syntax": ("x = (", "'(' was never closed ({file}, line 1)"),
    "imports": (
        "import nothing_of_the_kind",
        "ModuleNotFoundError: No module named 'nothing_of_the_kind' ({file}, line 1)",
    ),
    "taken": (
        KIND.replace('"twinkle"', '"conv"'),
        "there is a kind 'conv' already; give yours another name ({file}, line 5)",
    ),
    "no_kind": (
        "from netspec.kind import kind\n@kind('twinkle')\nclass Twinkle:\n    pass\n",
        "`Twinkle` is declared as a kind and is no subclass of `Kind` ({file}, line 2)",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_goes_wrong_in_a_module_is_one_sentence_with_its_place(site: Path, case: str) -> None:
    code, said = WRONG[case]
    name = f"netspec-{case.replace('_', '-')}"
    package(site, name, code)
    before = [*KINDS]
    file = site / name.replace("-", "_") / "kinds.py"
    assert refused(name) == f"the kinds of the package '{name}' cannot be loaded: {said.format(file=file)}"
    assert [*KINDS] == before
    assert name not in ALLOWED


LACKING = {
    "words": (KIND.replace('    """Does nothing."""\n', ""), "has no docstring, which is what `netspec explain` shows"),
    "layer": (KIND.replace('    keras_layers = ("Identity",)\n', ""), "does not say in `keras_layers` which layer it becomes"),
    "option": (KIND.replace("How many.", " "), "says nothing of its hyperparameter `stars`"),
    "composition": (KIND.replace("keras_layers", "composition = True\n    keras_layers"), "is a composition, which only netspec's own kinds are; write a block"),
    "name": (KIND.replace('"twinkle"', '"Twinkle"'), "has a name that is not lower-case letters, digits and `_`, starting with a letter"),
}  # fmt: skip


@pytest.mark.parametrize("case", LACKING)
def test_what_a_class_lacks_is_told(site: Path, case: str) -> None:
    code, said = LACKING[case]
    package(site, f"netspec-lacks-{case}", code)
    word = "Twinkle" if case == "name" else "twinkle"
    for _ in range(2):  # the second time its module is there already
        assert refused(f"netspec-lacks-{case}") == f"the kind `{word}` of the package 'netspec-lacks-{case}' {said}"
        assert word not in KINDS


def test_two_packages_with_one_kind(site: Path) -> None:
    package(site, "netspec-one", KIND)
    package(site, "netspec-two", KIND)
    with allowing(["netspec-one"]):
        said = refused("netspec-two")
    file = site / "netspec_two" / "kinds.py"
    assert said == (
        f"the kinds of the package 'netspec-two' cannot be loaded: there is a kind 'twinkle' already; give yours another name ({file}, line 5)"
    )
    with allowing(["netspec-two"]):  # alone it can be taken
        assert KINDS["twinkle"].family == "netspec-two"


def test_a_kind_that_fails_is_its_package_s_fault(site: Path) -> None:
    package(site, "netspec-fails", KIND + "\n    def infer(self, *inputs):\n        return inputs[0][99]\n")
    Path("net.yaml").write_text("netspec: 1\ninput: [8]\nlayers:\n  - twinkle: 3\n", encoding="utf-8")
    assert run("validate", "--kinds", "netspec-fails", "net.yaml") == (
        1,
        "netspec validate: a kind of the package netspec-fails failed: IndexError: tuple index out of range\n"
        "This is a bug in that package. Set NETSPEC_DEBUG=1 for the traceback, and report it to its authors.\n",
    )


# --- requires ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("netspec-shine", None),
        ("netspec-shine>=0.1", None),
        ("netspec-shine>=0.1.0.0", None),
        ("netspec_shine >= 0.0.9", None),
        ("netspec-shine>=0.2", 'version 0.2 of the package \'netspec-shine\' is needed, and 0.1.0 is installed; `pip install "netspec-shine>=0.2"`'),
        ("netspec-shine>=0.10", 'version 0.10 of the package \'netspec-shine\' is needed, and 0.1.0 is installed; `pip install "netspec-shine>=0.10"`'),
    ],
)  # fmt: skip
def test_requires_compares_versions(shine: Path, asked: str, said: str | None) -> None:
    text = Path("sun.yaml").read_text(encoding="utf-8").replace("netspec-shine>=0.1", asked)
    with allowing(["netspec-shine"]):
        found = [problem.message for problem in netspec.check_text(text).problems]
    assert found == ([] if said is None else [said])


@pytest.mark.parametrize("text", ["", "a>=", "a>1", "a==1", "a>=1a", "a>=1 ", "../a", "a/b", "-a", "a-", "a" * 101])
def test_what_is_no_requirement(text: str) -> None:
    assert read_requirement(text) is None


def test_the_public_module_imports_no_framework() -> None:
    import netspec.kind

    assert [name for name in netspec.kind.__all__ if not hasattr(netspec.kind, name)] == []
    assert sys.modules["netspec.kind"].__doc__
