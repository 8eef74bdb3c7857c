"""Models and runs that somebody made by hand: nothing in them is run, and nothing outside them is read.

CVE-2024-3660, CVE-2025-1550, CVE-2025-8747, CVE-2025-9905, CVE-2026-0897, CVE-2026-1669.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from netspec.cli import main
from netspec.diagnostics.problems import SpecError
from netspec.training.reopen import load_run_or_model
from netspec.training.runs import RunFolder

pytestmark = pytest.mark.backend

SPEC = "netspec: 1\nname: small\ninput: [2]\nlayers:\n  - dense: 3\n"
NOTE = {"netspec": "1", "name": "small", "params": {}, "spec": SPEC}
# What Keras would make of it: a layer whose call is a program of the sender's, and a function by its name.
HOSTILE_CONFIG = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "layers": [
            {
                "module": "keras.layers",
                "class_name": "Lambda",
                "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAAA"}}},
            },
            {"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function"},
            {"module": "subprocess", "class_name": "run", "config": {"args": ["touch", "ran"]}},
        ]
    },
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def weights(fill: Callable[[h5py.File], Any] = lambda file: None) -> bytes:
    """An HDF5 file of the network's weights, with what `fill` adds."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        kept = file.create_group("layers/dense/vars")
        kept["0"], kept["1"] = np.ones((2, 3), np.float32), np.zeros(3, np.float32)
        fill(file)
    return held.getvalue()


def model(note: Any = NOTE, numbers: bytes | None = None, packed: int = zipfile.ZIP_STORED, **more: bytes) -> Path:
    """A `.keras` file made by hand; a member that is None is left out."""
    path = Path("model.keras")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(HOSTILE_CONFIG))
        archive.writestr("metadata.json", "{}")
        if note is not None:
            archive.writestr("netspec.json", note if isinstance(note, (str, bytes)) else json.dumps(note), packed)
        archive.writestr("model.weights.h5", weights() if numbers is None else numbers, packed)
        for name, data in more.items():
            archive.writestr(name, data)
    return path


def refusal(path: Path, opened: Callable[[Path], Any] = load_run_or_model) -> str:
    """What is said of it."""
    with pytest.raises(SpecError) as caught:
        opened(path)
    (problem,) = caught.value.problems
    return f"{problem.code} {problem.message}"


FOREIGN = "only models that netspec wrote are opened"


def test_a_model_is_rebuilt_from_its_spec_and_its_configuration_is_never_read() -> None:
    opened = load_run_or_model(model())
    assert [layer.name for layer in opened.network.layers] == ["input", "dense_1"]
    assert opened.network.predict_on_batch(np.ones((1, 2), np.float32)).tolist() == [[2, 2, 2]]
    assert not Path("ran").exists()


MANY = """\
netspec: 1
name: many
params: {width: 2, deep: false}
variants: {large: {width: 8}}
inputs: {left: [12, 12, 3], right: [12, 12, 3]}
blocks:
  Tower:
    layers:
      - conv: {filters: $width, kernel_size: 3, padding: same}
      - batch_norm
      - pool: {type: l2, pool_size: 2}
layers:
  - Tower: {name: a, from: left, trainable: false}
  - Tower: {name: b, from: right, share: a}
  - add: {from: [a, b]}
  - head: {name: side, body: [{global_pool: max}, {dense: 2}]}
  - dropout: 0.5
  - reshape: [6, -1]
  - lstm: {units: 3, bidirectional: concat}
  - dense: {units: 3, activation: softmax, name: main}
"""


def test_a_built_model_is_rebuilt_to_the_same_numbers() -> None:
    Path("many.yaml").write_text(MANY)
    assert (
        main(
            ["build", "many.yaml", "--variant", "large", "--set", "deep=true", "--seed", "1"],
            io.StringIO(),
            io.StringIO(),
        )
        == 0
    )
    opened = load_run_or_model(Path("many.keras"))
    as_written = opened.keras.models.load_model("many.keras")
    given = {name: np.random.default_rng(0).random((2, 12, 12, 3), np.float32) for name in ("left", "right")}
    here, there = (network.predict(given, verbose=0) for network in (opened.network, as_written))
    assert [output.name for output in opened.outputs] == ["main", "side"]
    for name in ("main", "side"):
        np.testing.assert_array_equal(here[name], there[name])


def test_a_keras_model_with_lambda_or_custom_objects_and_no_spec() -> None:
    assert refusal(model(note=None)) == f"NS708 cannot be read: it holds no spec; {FOREIGN}"


def test_a_model_in_hdf5_or_pickle() -> None:
    for name in ("model.h5", "model.hdf5", "model.pkl"):
        Path(name).write_bytes(weights())
        assert refusal(Path(name)) == "NS708 cannot be read: it is neither a run's folder nor a .keras file"
    Path("model.keras").write_bytes(weights())
    assert refusal(Path("model.keras")) == "NS708 cannot be read: it is no Keras model, or is cut short"


def test_a_hostile_spec_in_a_model() -> None:
    spec = SPEC + "name: !!python/object/apply:os.system [id]\n"
    assert refusal(model({**NOTE, "spec": spec})) == (
        "NS103 the tag '!!python/object/apply:os.system' is refused: a spec is data, and its values need no tags"
    )


@pytest.mark.parametrize(
    "note",
    [
        "[" * 200_000,
        "{}",
        "[]",
        b"\xff",
        {**NOTE, "spec": 3},
        {**NOTE, "params": [1]},
        {**NOTE, "name": "../../x"},
        {**NOTE, "name": "a'); exec('"},
    ],
    ids=["deep", "empty", "a list", "no text", "no spec", "no params", "a path", "code"],
)
def test_a_damaged_note(note: Any) -> None:
    assert refusal(model(note)) == "NS708 cannot be read: `netspec.json` in it is damaged"


def test_params_that_the_spec_does_not_have() -> None:
    assert refusal(model({**NOTE, "params": {"x": 1}})) == (
        "NS507 there is no param 'x' to set; the spec has no `params`"
    )


# --- zip bombs --------------------------------------------------------------------------------------------------------


def test_a_zip_bomb_in_the_note() -> None:
    path = model(b" " * (33 * 2**20), packed=zipfile.ZIP_DEFLATED)
    assert refusal(path) == (
        "NS708 cannot be read: `netspec.json` in it unpacks to 34,603,008 bytes, more than it may hold"
    )


def test_a_zip_bomb_in_the_weights() -> None:
    path = model(numbers=bytes(50 * 2**20), packed=zipfile.ZIP_DEFLATED)
    assert refusal(path) == (
        "NS708 cannot be read: `model.weights.h5` in it unpacks to 52,428,800 bytes, more than it may hold"
    )


def test_a_zip_that_lies_about_its_sizes() -> None:
    path = model(packed=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"model.weights.h5") - 46
    data[at + 24 : at + 28] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    assert refusal(path) == "NS708 cannot be read: `model.weights.h5` in it is damaged"


# --- HDF5 -------------------------------------------------------------------------------------------------------------


def virtual(file: h5py.File) -> None:
    """Values that are another file's."""
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "x", (2,))
    file.create_virtual_dataset("v", layout)


def cycle(file: h5py.File) -> None:
    """A group that holds itself."""
    file["layers/again"] = file["layers"]


HDF5: dict[str, tuple[Callable[[h5py.File], Any], str]] = {
    "external link": (
        lambda f: f.__setitem__("x", h5py.ExternalLink("/etc/passwd", "/")),
        "`x` is a link to elsewhere",
    ),
    "soft link": (lambda f: f.__setitem__("layers/x", h5py.SoftLink("/layers")), "`layers/x` is a link to elsewhere"),
    "values in another file": (
        lambda f: f.create_dataset("x", (11,), "u1", external=[("/etc/passwd", 0, 11)]),
        "`x` lies in another file",
    ),
    "virtual values": (virtual, "`v` lies in another file"),
    "packed values": (
        lambda f: f.create_dataset("x", (2**30,), "u1", chunks=(2**20,), compression="gzip"),
        "`x` is packed",
    ),
    "a huge shape": (
        lambda f: f.create_dataset("x", (2**20, 2**20, 2**20), "f4"),
        "`x` is [1048576, 1048576, 1048576], more than the file holds",
    ),
    "more than there is": (
        lambda f: f.create_dataset("x", (100_000,), "f4"),
        "`x` is [100000], more than the file holds",
    ),
    "texts": (lambda f: f.create_dataset("x", data="text"), "`x` holds no numbers"),
    "references": (lambda f: f.create_dataset("x", (1,), h5py.ref_dtype), "`x` holds no numbers"),
}


@pytest.mark.parametrize("name", HDF5)
def test_hdf5(name: str) -> None:
    fill, said = HDF5[name]
    assert refusal(model(numbers=weights(fill))) == f"NS708 cannot be read: {said}; {FOREIGN}"


def test_hdf5_with_a_group_in_itself_is_read_once() -> None:
    assert load_run_or_model(model(numbers=weights(cycle))).network.count_params() == 9


def test_hdf5_cut_short() -> None:
    assert refusal(model(numbers=weights()[:700])) == "NS708 cannot be read: `model.weights.h5` in it is damaged"


def test_weights_of_another_network() -> None:
    path = model({**NOTE, "spec": SPEC.replace("dense: 3", "dense: 4")})
    assert refusal(path).startswith("NS708 cannot be read: its weights are not those of its spec (")


# --- runs -------------------------------------------------------------------------------------------------------------

RECORD = {
    "format": 1,
    "status": "finished",
    "name": "small",
    "params": {},
    "variant": None,
    "overrides": {"data": {"npz": "x.npz"}},
    "root": ".",
    "weights": "last",
    "classes": ["a", "b", "c"],
}


def run(record: Any = RECORD, **arrays: Any) -> Path:
    """A run's folder made by hand."""
    path = Path("run")
    path.mkdir(exist_ok=True)
    (path / "spec.yaml").write_text(SPEC)
    (path / "run.json").write_text(record if isinstance(record, str) else json.dumps(record))
    np.savez(
        path / "last.npz",
        **{"network/00000/kernel": np.ones((2, 3), np.float32), "network/00001/bias": np.zeros(3), **arrays},
    )
    return path


def test_a_run_made_by_hand_is_opened() -> None:
    assert load_run_or_model(run()).network.count_params() == 9


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("name", "../../x", "'../../x'"),
        ("name", 3, "3"),
        ("params", [1], "[1]"),
        ("variant", {}, "{}"),
        ("overrides", "x", "'x'"),
        ("root", None, "null"),
        ("root", "a\0b", r"'a\x00b'"),
        ("weights", "../../best", "'../../best'"),
        ("classes", {"a": 1}, "{a: 1}"),
        ("status", 1, "1"),
        ("spec", [], "[]"),
        ("epochs_done", "3", "'3'"),
        ("examples", {"train": "9"}, "{train: '9'}"),
        ("versions", 3, "3"),
        ("started", None, "null"),
        ("resumed", "then", "'then'"),
    ],
)
def test_a_record_with_other_values(key: str, value: Any, shown: str) -> None:
    path = run({**RECORD, key: value})
    assert refusal(path) == f"NS708 cannot be read: its `{key}` cannot be {shown}"


def test_a_record_with_options_that_there_are_not() -> None:
    path = run({**RECORD, "overrides": {"epochs": "all"}})
    assert refusal(path) == (
        "NS708 cannot be read: its `overrides` are wrong: `epochs` must be a whole number of at least 1, not 'all'"
    )
    path = run({**RECORD, "overrides": {"callback": "os.abort"}})
    assert refusal(path) == "NS708 cannot be read: its `overrides` are wrong: `train` has no option 'callback'"


def test_a_record_of_a_process_that_cannot_be() -> None:
    from netspec.training.runs import is_alive, this_process

    for pid in ("x", [], -1, 10**30, 1.5):
        assert not is_alive({**this_process(), "pid": pid})


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "{", "[]", '{"format": "1"}', "\udc80"], ids=["deep", "cut", "list", "text", "bytes"]
)
def test_a_damaged_record(text: str) -> None:
    path = run()
    (path / "run.json").write_bytes(text.encode(errors="surrogateescape"))
    assert refusal(path).startswith("NS708 cannot be read: it is ")


@pytest.mark.parametrize("name", ["run.json", "spec.yaml", "last.npz"])
def test_a_link_in_a_run(name: str) -> None:
    path = run()
    (path / name).rename("elsewhere")
    (path / name).symlink_to(Path("elsewhere").absolute())
    assert refusal(path) == "NS708 cannot be read: it is a link, and a run's files are its own"


@pytest.mark.parametrize("row", ["nan", "inf", "", "x", "1e999"])
def test_a_history_that_counts_no_epochs(row: str) -> None:
    path = run()
    (path / "history.csv").write_text(f"epoch,loss\n{row},1\n")
    assert refusal(path, lambda path: RunFolder(path).read_history()).startswith(
        "NS708 cannot be read: it is damaged ("
    )


class Ran:
    """Whoever unpickles it makes a file."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("ran"),)


def test_pickles_in_weights() -> None:
    path = run(x=np.array([Ran()], dtype=object))
    assert refusal(path) == "NS708 cannot be read: it is damaged (it holds Python objects)"
    (path / "last.npz").write_bytes(pickle.dumps(Ran()))
    assert refusal(path) == "NS708 cannot be read: it is damaged (it is no archive of NumPy's)"
    assert not Path("ran").exists()


def test_a_zip_bomb_in_weights() -> None:
    path = run()
    np.savez_compressed(path / "last.npz", x=np.zeros(10**7))
    assert refusal(path) == "NS708 cannot be read: it is damaged (it unpacks to more than it holds)"


def head(shape: tuple[int, ...]) -> bytes:
    """An array that says it has a shape, and holds eight bytes."""
    held = io.BytesIO()
    np.lib.format.write_array_header_1_0(held, {"shape": shape, "fortran_order": False, "descr": "<f4"})
    return held.getvalue() + bytes(8)


def test_weights_that_claim_more_than_they_hold() -> None:
    path = run()
    with zipfile.ZipFile(path / "last.npz", "w") as archive:
        archive.writestr("network/00000/kernel.npy", head((10**6, 10**6)))
    assert refusal(path) == "NS708 cannot be read: it is damaged (an array in it is not as large as it says)"


# --- what is predicted from -------------------------------------------------------------------------------------------


def predicted(name: str) -> tuple[int, str]:
    """The status of `netspec predict` on a file, and what it said on its standard error."""
    err = io.StringIO()
    return main(["predict", str(run()), name], io.StringIO(), err), err.getvalue()


def test_arrays_that_claim_more_than_they_hold() -> None:
    Path("x.npy").write_bytes(head((10**6, 10**6)))
    with zipfile.ZipFile("x.npz", "w") as archive:
        archive.writestr("x.npy", head((10**6, 10**6)))
    for name in ("x.npy", "x.npz"):
        said = f"<inputs>: error NS703: cannot read '{name}': an array in it is not as large as it says\n"
        assert predicted(name) == (1, said)


def test_pickles_in_arrays() -> None:
    np.save("x.npy", np.array([Ran()], dtype=object), allow_pickle=True)
    np.savez("x.npz", x=np.array([Ran()], dtype=object))
    for name in ("x.npy", "x.npz"):
        assert predicted(name) == (1, f"<inputs>: error NS703: cannot read '{name}': it holds Python objects\n")
    assert not Path("ran").exists()


def test_names_of_classes_do_not_reach_the_terminal_as_they_are() -> None:
    np.save("x.npy", np.ones((1, 2)))
    out = io.StringIO()
    path = run({**RECORD, "classes": ["\x1b]0;owned\x07", "a\nb", "\u202ec"]})
    assert main(["predict", str(path), "x.npy"], out, io.StringIO()) == 0
    assert out.getvalue() == "x.npy[0]: \\x202ec 0.3333, a\\x0ab 0.3333, \\x1b]0;owned\\x07 0.3333\n"


# --- all together -----------------------------------------------------------------------------------------------------

SECONDS, MEGABYTES = 1.0, 200  # for one, of processor time; and for all
MEASURE = f"""
import json, resource, sys, time
from functools import partial
from pathlib import Path
import h5py, psutil
from netspec.diagnostics.problems import SpecError
from netspec.training.reopen import load_run_or_model

most = psutil.Process().memory_info().vms + {MEGABYTES} * 2**20
resource.setrlimit(resource.RLIMIT_AS, (most, most))
seconds = {{}}
for path in map(Path, sys.argv[1:]):
    began = time.process_time()
    try:
        load_run_or_model(path)
    except SpecError:
        seconds[path.name] = time.process_time() - began
assert "keras" not in sys.modules
print(json.dumps(seconds))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the address space of a process is limited on Linux")
def test_all_are_refused_in_little_time_and_memory_and_without_keras() -> None:
    bomb, packed = bytes(50 * 2**20), zipfile.ZIP_DEFLATED
    made: dict[str, Callable[[], Path]] = {
        "no spec": lambda: model(note=None),
        "a spec with a tag": lambda: model({**NOTE, "spec": "netspec: !!python/name:os.system x\n"}),
        "a deep note": lambda: model("[" * 200_000),
        "a zip bomb in the note": lambda: model(bomb, packed=packed),
        "a zip bomb in the weights": lambda: model(numbers=bomb, packed=packed),
        **{name: partial(model, numbers=weights(fill)) for name, (fill, _) in HDF5.items()},
    }
    paths = [make().rename(f"{name}.keras") for name, make in made.items()]
    command = [sys.executable, "-c", MEASURE, *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seconds = json.loads(done.stdout)
    assert sorted(seconds) == sorted(path.name for path in paths)
    assert {name: took for name, took in seconds.items() if took > SECONDS} == {}
