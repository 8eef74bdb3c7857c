"""`use`: blocks of other files, with problems at their own places, and nothing read that lies elsewhere."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

import netspec
from netspec.cli import main
from netspec.diagnostics.problems import FAR, Problem
from netspec.keeping import Memory
from netspec.pipeline import check, check_text
from netspec.syntax import folder
from netspec.syntax.reading import MAX_BYTES

NET = """\
netspec: 1
input: [16, 16, 3]
use:
  blocks.yaml: [Bottleneck]
defaults:
  conv: {use_bias: false}
layers:
  - Bottleneck: 8   # the first
  - Bottleneck: {width: 16, stride: 2}
  - flatten
  - dense: 10
"""
BLOCKS = """\
netspec: 1
use: {parts/gates.yaml: [Gate]}
blocks:
  Bottleneck:
    params: {width: null, stride: 1}
    layers:
      - 1x1: {filters: $width, activation: relu}
      - Inner: {size: $width, stride: $stride}
      - Gate
  Inner:
    params: {size: null, stride: 1}
    layers:
      - conv: {filters: $size, kernel_size: 3, padding: same, strides: $stride}
      - relu
  Wrong:
    layers: [{conv: {filter: 3}}]
"""
GATES = """\
netspec: 1
blocks:
  Gate:
    layers:
      - skip:
          body: [{global_pool: {type: avg, keepdims: true}}, {1x1: $channels}, sigmoid]
          merge: multiply
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec and two files of blocks, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts").mkdir()
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    (tmp_path / "blocks.yaml").write_text(BLOCKS, encoding="utf-8")
    (tmp_path / "parts" / "gates.yaml").write_text(GATES, encoding="utf-8")
    return tmp_path


def change(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def run(*words: str) -> tuple[int, str]:
    out = io.StringIO()
    return main(words, out, out), out.getvalue()


def said(spec: netspec.Spec) -> list[tuple[str, str, int, int]]:
    """The code of each problem and where it is."""
    return [(each.code, each.file, each.span.line, each.span.column) for each in spec.problems]


def only(path: str = "net.yaml") -> Problem:
    (problem,) = check(path).problems
    return problem


# --- the network ------------------------------------------------------------------------------------------------------


def test_the_network_is_the_one_with_the_blocks_in_place(project: Path) -> None:
    spec = check("net.yaml")
    assert spec.problems == ()
    assert spec.graph is not None
    whole = check_text(spec.content)
    assert whole.problems == ()
    assert whole.graph is not None
    nodes, same = spec.graph.nodes, whole.graph.nodes
    assert [(n.path, n.kind_name, n.config, n.shape, n.weights) for n in nodes] == [
        (n.path, n.kind_name, n.config, n.shape, n.weights) for n in same
    ]
    assert spec.graph.nodes[2].path == "Bottleneck_1.Inner_1.conv_1"
    assert spec.graph.nodes[2].weights == (8 * 9 * 8, 0)  # the spec's `defaults` are for every node


def test_the_text_with_the_blocks_keeps_the_spec_s_own_lines(project: Path) -> None:
    assert check("net.yaml").content == (
        "netspec: 1\n"
        "input: [16, 16, 3]\n"
        "blocks:\n"
        "  # of blocks.yaml, parts/gates.yaml\n"
        "  Bottleneck:\n"
        "    params: {width: null, stride: 1}\n"
        "    layers:\n"
        "    - 1x1: {filters: $width, activation: relu}\n"
        "    - Inner: {size: $width, stride: $stride}\n"
        "    - Gate\n"
        "  Gate:\n"
        "    layers:\n"
        "    - skip:\n"
        "        body:\n"
        "        - global_pool: {type: avg, keepdims: true}\n"
        "        - 1x1: $channels\n"
        "        - sigmoid\n"
        "        merge: multiply\n"
        "  Inner:\n"
        "    params: {size: null, stride: 1}\n"
        "    layers:\n"
        "    - conv: {filters: $size, kernel_size: 3, padding: same, strides: $stride}\n"
        "    - relu\n"
        "defaults:\n"
        "  conv: {use_bias: false}\n"
        "layers:\n"
        "  - Bottleneck: 8   # the first\n"
        "  - Bottleneck: {width: 16, stride: 2}\n"
        "  - flatten\n"
        "  - dense: 10\n"
    )


LAYOUTS = {
    "own blocks": NET.replace("defaults:", "blocks:\n    # mine\n    Own: {layers: [relu]}\ndefaults:").replace(
        "  - flatten", "  - Own\n  - flatten"
    ),
    "blocks in braces": NET.replace("defaults:", "blocks: {Own: {layers: [relu]}}\ndefaults:").replace(
        "  - flatten", "  - Own\n  - flatten"
    ),
    "use in braces": NET.replace("use:\n  blocks.yaml: [Bottleneck]", "use: {blocks.yaml: [Bottleneck]}"),
    "use at the end": NET.replace("use:\n  blocks.yaml: [Bottleneck]\n", "")
    + "use:\n  blocks.yaml:\n    - Bottleneck\n",
    "first of all": "use: {blocks.yaml: [Bottleneck]}\n" + NET.replace("use:\n  blocks.yaml: [Bottleneck]\n", ""),
    "lines end in CR LF": NET.replace("\n", "\r\n"),
    "JSON": json.dumps(
        {
            "netspec": 1,
            "input": [16, 16, 3],
            "use": {"blocks.yaml": ["Bottleneck"]},
            "defaults": {"conv": {"use_bias": False}},
            "layers": [{"Bottleneck": 8}, {"Bottleneck": {"width": 16, "stride": 2}}, "flatten", {"dense": 10}],
        }
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_a_text_that_hangs_on_nothing(project: Path, layout: str) -> None:
    Path("net.yaml").write_bytes(LAYOUTS[layout].encode())
    spec = check("net.yaml")
    whole = check_text(spec.content)
    assert [problem for problem in (*spec.problems, *whole.problems) if problem.is_error] == []
    assert spec.graph is not None
    assert whole.graph is not None
    assert spec.graph.totals() == whole.graph.totals()
    assert [node.path for node in spec.graph.nodes] == [node.path for node in whole.graph.nodes]


def test_a_spec_without_it_is_its_own_text() -> None:
    text = "netspec: 1\ninput: [8]\nlayers: [dense: 2]\n"
    assert check_text(text).content is text


def test_what_is_not_used_of_a_file_is_not_read(project: Path) -> None:
    """`Wrong` has a mistake, which is nobody's here."""
    assert run("validate", "net.yaml") == (0, "1 file, no problems\n")
    change("net.yaml", "[Bottleneck]", "[Bottleneck, Wrong]")
    assert said(check("net.yaml"))[0] == ("NS202", "blocks.yaml", 16, 22)


# --- problems at their places -----------------------------------------------------------------------------------------


def test_a_shape_that_does_not_fit_is_told_at_its_place(project: Path) -> None:
    change("net.yaml", "[16, 16, 3]", "[2, 2, 3]")
    change("blocks.yaml", "padding: same, ", "")
    assert run("validate", "net.yaml") == (
        1,
        "blocks.yaml:13:9: error NS402: conv `Bottleneck_1.Inner_1.conv_1`: a window of 3 is larger than the 2 columns of its input\n"
        "   13 |       - conv: {filters: $size, kernel_size: 3, strides: $stride}\n"
        "      |         ^^^^\n"
        "  note: `$width` of `1x1` is the param, 8, which hides the width of its input, 2\n"
        "  note: in block `Inner`, used at line 8\n"
        "  note: in block `Bottleneck`, used at line 8 (of net.yaml)\n"
        "1 file, 1 error\n",
    )


def test_a_misspelt_hyperparameter_is_told_at_its_place(project: Path) -> None:
    change("parts/gates.yaml", "merge: multiply", "merging: multiply")
    assert run("validate", "net.yaml") == (
        1,
        "parts/gates.yaml:7:11: error NS202: `skip` has no hyperparameter 'merging'; did you mean `merge`?\n"
        "    7 |           merging: multiply\n"
        "      |           ^^^^^^^\n"
        "1 file, 1 error\n",
    )


def test_programs_are_told_the_file(project: Path) -> None:
    change("parts/gates.yaml", "merge: multiply", "merging: multiply")
    (file,) = json.loads(run("validate", "--format", "json", "net.yaml")[1])["files"]
    assert file["path"] == "net.yaml"
    assert [(each["file"], each["line"], each["column"]) for each in file["problems"]] == [("parts/gates.yaml", 7, 11)]
    (result,) = json.loads(run("validate", "--format", "sarif", "net.yaml")[1])["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "parts/gates.yaml"}
    assert run("validate", "--format", "github", "net.yaml")[1].startswith(
        "::error file=parts/gates.yaml,line=7,endLine=7,col=11,"
    )


def test_a_text_that_does_not_parse_is_told_at_its_place(project: Path) -> None:
    Path("blocks.yaml").write_text("netspec: 1\nblocks:\n  A: [\n", encoding="utf-8")
    assert {(code, file) for code, file, *_ in said(check("net.yaml"))} == {("NS101", "blocks.yaml"), ("NS505", "")}


def test_the_spec_s_own_mistakes_are_still_mended(project: Path) -> None:
    change("net.yaml", "dense: 10", "dense: {unit: 10}")
    (problem,) = check("net.yaml").problems
    assert [fix.title for fix in problem.fixes] == ["units"]
    assert run("validate", "--fix", "net.yaml") == (
        0,
        "net.yaml:11: fixed NS202: units\n1 file, no problems\n",
    )


def test_a_mistake_in_a_file_is_not_mended_from_here(project: Path) -> None:
    change("blocks.yaml", "- relu", "- rellu")
    before = Path("blocks.yaml").read_bytes(), Path("net.yaml").read_bytes()
    status, _ = run("validate", "--fix", "net.yaml")
    assert status == 1
    assert only().fixes == ()
    assert (Path("blocks.yaml").read_bytes(), Path("net.yaml").read_bytes()) == before


def test_a_comment_there_suppresses_a_warning_there(project: Path) -> None:
    change("blocks.yaml", ", activation: relu", "")
    problem = only()
    assert (problem.code, problem.file, problem.span.line) == ("NS807", "blocks.yaml", 13)
    change("blocks.yaml", "strides: $stride}\n      - relu", "strides: $stride} # netspec: ignore NS807\n      - relu")
    assert check("net.yaml").problems == ()
    change("blocks.yaml", " # netspec: ignore NS807", "")
    change("blocks.yaml", "netspec: 1", "# netspec: ignore-file NS807\nnetspec: 1")
    assert check("net.yaml").problems == ()
    change("blocks.yaml", "# netspec: ignore-file NS807\n", "")
    change("net.yaml", "netspec: 1", "# netspec: ignore-file NS807\nnetspec: 1")
    assert "NS807" in [each.code for each in check("net.yaml").problems]  # a file speaks of itself


def test_a_listed_block_that_nothing_uses_is_told_in_the_spec(project: Path) -> None:
    change("net.yaml", "[Bottleneck]", "[Bottleneck, Inner]")
    problem = only()
    assert (problem.code, problem.message, problem.span.line, problem.span.column, problem.file) == (
        "NS805",
        "nothing uses the block `Inner`",
        4,
        29,
        "",
    )


def test_variants_are_checked_with_it(project: Path) -> None:
    Path("net.yaml").write_text(
        NET.replace("use:", "params: {stride: 2}\nvariants: {far: {stride: 0}}\nuse:").replace(
            "stride: 2}\n  - f", "stride: $stride}\n  - f"
        ),
        encoding="utf-8",
    )
    (problem,) = check("net.yaml", variants=True).problems
    assert (problem.code, problem.file, problem.span.line) == ("NS504", "blocks.yaml", 13)
    assert [note.message for note in problem.notes] == [
        "with `--variant far`",
        "in block `Inner`, used at line 8",
        "in block `Bottleneck`, used at line 11",
    ]
    assert [note.file for note in problem.notes] == ["", "blocks.yaml", ""]


def test_explain_names_the_file_of_a_node(project: Path) -> None:
    text = run("explain", "net.yaml", "Bottleneck_1.Inner_1.conv_1")[1]
    assert text.startswith("Bottleneck_1.Inner_1.conv_1: conv, line 13 of blocks.yaml\n")


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "above": ("../blocks.yaml", "'../blocks.yaml' leads out of the file's folder; a spec uses files of its own folder and below it"),
    "absolute": ("/etc/blocks.yaml", "'/etc/blocks.yaml' leads out of the file's folder; a spec uses files of its own folder and below it"),
    "in and out": ("parts/../../b.yaml", "'parts/../../b.yaml' leads out of the file's folder; a spec uses files of its own folder and below it"),
    "doubled": ("parts//gates.yaml", "'parts//gates.yaml' leads out of the file's folder; a spec uses files of its own folder and below it"),
    "backslash": ("parts\\gates.yaml", "'parts\\gates.yaml' is not a path; name a file in the spec's folder, with `/` between its parts"),
    "empty": ("", "'' is not a path; name a file in the spec's folder, with `/` between its parts"),
    "no spec": ("secret.txt", "'secret.txt' is no spec: its name ends in none of .yaml, .yml and .json"),
    "missing": ("nothing.yaml", "cannot read 'nothing.yaml': there is no such file"),
    "folder": ("folder.yaml", "'folder.yaml' is no regular file"),
    "pipe": ("pipe.yaml", "'pipe.yaml' is no regular file"),
    "link": ("link.yaml", "'link.yaml' is or passes a link; name the file itself, in the spec's folder"),
    "linked folder": ("elsewhere/blocks.yaml", "'elsewhere/blocks.yaml' is or passes a link; name the file itself, in the spec's folder"),
    "itself": ("net.yaml", "'net.yaml' uses itself"),
    "bytes": ("bytes.yaml", "the byte 0xff is not UTF-8; save the file as UTF-8"),
    "large": ("large.yaml", "the files that the spec uses are larger than 4 MiB together"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_read(project: Path, tmp_path_factory: pytest.TempPathFactory, case: str) -> None:
    name, message = REFUSED[case]
    outside = tmp_path_factory.mktemp("outside")
    (outside / "blocks.yaml").write_text(BLOCKS, encoding="utf-8")
    (project.parent / "blocks.yaml").write_text(BLOCKS, encoding="utf-8")
    Path("secret.txt").write_text(BLOCKS, encoding="utf-8")
    Path("folder.yaml").mkdir()
    os.mkfifo("pipe.yaml")
    Path("link.yaml").symlink_to("blocks.yaml")
    Path("elsewhere").symlink_to(outside)
    Path("bytes.yaml").write_bytes(b"\xff")
    Path("large.yaml").write_bytes(BLOCKS.encode() + b"#" * folder.MAX_BYTES)
    change("net.yaml", "  blocks.yaml: [Bottleneck]", f"  {json.dumps(name)}: []")
    found = check("net.yaml").problems[0]
    assert (found.code, found.message, found.span.line, found.span.column) == ("NS113", message, 4, 3)


def test_a_text_that_lies_nowhere_uses_nothing(project: Path) -> None:
    found = check_text(NET).problems[0]
    assert (found.code, found.message) == (
        "NS113",
        "`use` reads files in the spec's folder, and this text lies in none",
    )
    assert check_text(NET, folder=".").problems == ()


def test_files_that_use_each_other_are_a_circle(project: Path) -> None:
    change("parts/gates.yaml", "netspec: 1\n", "netspec: 1\nuse: {more.yaml: [More]}\n")
    Path("parts/more.yaml").write_text(
        "netspec: 1\nuse: {gates.yaml: [Gate]}\nblocks: {More: {layers: [relu]}}\n", encoding="utf-8"
    )
    problem = only()
    assert (problem.code, problem.message, problem.file, problem.span.line, problem.span.column) == (
        "NS113",
        "'parts/gates.yaml' uses itself by what it uses",
        "parts/more.yaml",
        2,
        7,
    )


def test_there_are_so_many_files_and_no_more(project: Path) -> None:
    names = [f"b{number}" for number in range(folder.MAX_FILES + 1)]
    for name in names:
        Path(f"{name}.yaml").write_text(
            f"netspec: 1\nblocks: {{{name.upper()}: {{layers: [relu]}}}}\n", encoding="utf-8"
        )
    uses = "".join(f"  {name}.yaml: [{name.upper()}]\n" for name in names)
    nodes = "".join(f"  - {name.upper()}\n" for name in names[:-1])
    Path("net.yaml").write_text(f"netspec: 1\ninput: [8]\nuse:\n{uses}layers:\n  - dense: 2\n{nodes}", encoding="utf-8")
    found = [problem for problem in check("net.yaml").problems if problem.is_error]
    assert [(each.code, each.message) for each in found] == [
        ("NS113", "this is one file more than the 32 that a spec uses at most")
    ]


def test_places_of_other_files_are_beyond_any_text() -> None:
    assert FAR > MAX_BYTES


WRONG = {
    "a list": ("use: [blocks.yaml]", "NS204", "`use` is a map of files to lists of blocks, as `blocks.yaml: [Bottleneck]`, not a list"),
    "no list": ("use: {blocks.yaml: Bottleneck}", "NS204", "'blocks.yaml' is followed by a list of blocks, not 'Bottleneck'"),
    "no name": ("use: {blocks.yaml: [bottleneck, 3]}", "NS204", "a block's name starts with a capital letter, unlike 'bottleneck'"),
    "no block": ("use: {blocks.yaml: [Bottelneck]}", "NS505", "there is no block 'Bottelneck' in 'blocks.yaml'; did you mean `Bottleneck`?"),
    "of a file's own": ("use: {blocks.yaml: [Bottleneck, Gate]}", "NS505", "there is no block 'Gate' in 'blocks.yaml'"),
    "twice": ("use: {blocks.yaml: [Bottleneck]}\nblocks: {Bottleneck: {params: {n: 1}, layers: [relu]}}", "NS310", "there are two blocks `Bottleneck`: one here, and one under `blocks`; give one another name"),
    "hidden": ("use: {blocks.yaml: [Bottleneck]}\nblocks: {Gate: {layers: [relu]}}", "NS310", "'parts/gates.yaml' brings a block `Gate`, and so does the spec itself; the blocks of a network have different names"),
    "two files": ("use: {blocks.yaml: [Bottleneck], other.yaml: [Bottleneck]}", "NS310", "there are two blocks `Bottleneck`: one of 'blocks.yaml' too"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_it_is_told(project: Path, case: str) -> None:
    Path("other.yaml").write_text(BLOCKS, encoding="utf-8")
    written, code, message = WRONG[case]
    change("net.yaml", "use:\n  blocks.yaml: [Bottleneck]", written)
    assert (code, message) in [(problem.code, problem.message) for problem in check("net.yaml").problems]


def test_a_block_of_a_file_that_was_not_asked_for_is_not_there(project: Path) -> None:
    change("net.yaml", "- flatten", "- Gate\n  - flatten")
    problem = only()
    assert (problem.code, problem.message) == ("NS505", "there is no block 'Gate'; name it under `blocks`")


def test_a_block_reads_only_its_own_params(project: Path) -> None:
    change("net.yaml", "use:", "params: {wide: 8}\nuse:")
    change("blocks.yaml", "filters: $width, a", "filters: $wide, a")
    found = check("net.yaml").problems[0]
    assert (found.code, found.message, found.file, found.span.line, found.span.column) == (
        "NS502",
        "`$wide` is no param of the block `Bottleneck`, and a block of another file reads only its own; did you mean `$width`?",
        "blocks.yaml",
        7,
        24,
    )


def test_a_file_states_its_version(project: Path) -> None:
    change("blocks.yaml", "netspec: 1\n", "netspec: 2\n")
    problem = only()
    assert (problem.code, problem.message, problem.file) == (
        "NS208",
        "this netspec knows format 1, and this is format 2, which needs a newer netspec: pip install --upgrade netspec-keras",
        "blocks.yaml",
    )


# --- what is remembered -----------------------------------------------------------------------------------------------


def test_an_edited_file_is_noticed(project: Path) -> None:
    memory = Memory()

    def again(text: str = NET) -> netspec.Spec:
        return check_text(text, "net.yaml", repairs=False, memory=memory, folder=".")

    first = again()
    assert first.problems == ()
    second = again(NET.replace("the first", "the one"))
    assert second.document is not None
    assert first.document is not None
    assert second.document.blocks["Inner"] is first.document.blocks["Inner"]  # nothing is read twice
    change(
        "blocks.yaml", "$stride}\n      - relu", "$stride}\n      - relu\n      - conv: {filters: 5, kernel_size: 40}"
    )
    assert said(again()) == said(check("net.yaml", repairs=False)) == [("NS402", "blocks.yaml", 15, 9)]
    change("blocks.yaml", "\n      - conv: {filters: 5, kernel_size: 40}", "")
    change("parts/gates.yaml", "sigmoid", "tanh")
    third = again()
    assert third.graph is not None
    assert "tanh" in [node.kind_name for node in third.graph.nodes]
    fourth = again(NET.replace("{use_bias: false}", "{use_bias: true}"))
    assert fourth.graph is not None
    assert fourth.graph.nodes[2].weights == (8 * 9 * 8 + 8, 0)


# --- commands ---------------------------------------------------------------------------------------------------------


def test_standard_input_uses_what_lies_in_the_working_directory(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(NET.encode())))
    assert run("validate", "-") == (0, "1 file, no problems\n")


def test_a_script_is_written(project: Path) -> None:
    assert run("build", "net.yaml", "-o", "net.py")[0] == 0
    assert "Conv2D(" in Path("net.py").read_text(encoding="utf-8")


def test_fmt_keeps_it(project: Path) -> None:
    change("net.yaml", "use:\n  blocks.yaml: [Bottleneck]", "use:   {blocks.yaml:   [Bottleneck]}")
    assert run("fmt", "net.yaml")[0] == 0
    assert "use: {blocks.yaml: [Bottleneck]}\n" in Path("net.yaml").read_text(encoding="utf-8")
    assert check("net.yaml").problems == ()


@pytest.mark.backend
def test_a_run_hangs_on_no_other_file(project: Path) -> None:
    change("net.yaml", "[16, 16, 3]", "[8, 8, 1]")
    change("net.yaml", "dense: 10", "dense: {units: 10, activation: softmax}")
    Path("net.yaml").write_text(
        Path("net.yaml").read_text(encoding="utf-8") + "data: {source: digits}\n", encoding="utf-8"
    )
    status, text = run("train", "net.yaml", "--epochs", "1", "--runs", "runs")
    assert status == 0, text
    Path("blocks.yaml").unlink()
    (run_folder,) = Path("runs/net").iterdir()
    for name in ("spec.yaml", "resolved.yaml"):
        kept = check(run_folder / name)
        assert [problem.message for problem in kept.problems if problem.is_error] == []
        assert "use:" not in kept.text
    assert run("train", "--resume", str(run_folder), "--epochs", "2")[0] == 0
    assert run("evaluate", str(run_folder))[0] == 0
    assert run("evaluate", str(run_folder / "model.keras"), "--data", "digits")[0] == 0
