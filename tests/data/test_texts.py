"""Texts and sequences: numbers of tokens, the vocabulary of the training alone, and what follows each step."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netspec.data
from netspec.data import SOURCES, Data, DataError
from netspec.data.dataset import Dataset, Request, Wanted
from netspec.data.schema import Feature, Schema, Vectorization, read_schema
from netspec.data.source import Vectorize
from netspec.data.texts import learned, tokens_of, vectorized

Fails = Callable[..., str]
TEXTS = (
    "The cat sat on the mat.",
    "The dog's bone -- the DOG's bone!  Äpfel",
    "\tcat\u00a0dog\x1c mat, [UNK] tokens_and (signs) `here`\n",
    "",
    "On and on and on: cat.",
)
UNSEEN = ("A cat on a Äpfel never seen", "", "the the the the the the the the the")


def loaded(root: Path, data: Data, shape: tuple[int | None, ...] = (4,), **options: Any) -> Dataset:
    settings: dict[str, Any] = {"outputs": {"main": Wanted((2,), "softmax")}, "seed": 0, **options}
    return netspec.data.load_data(Request(data, root, {"input": shape}, **settings))


def reviews(root: Path, count: int = 40) -> Data:
    """A table of texts, whose words tell the class."""
    lines = [f'"A {"good" if n % 2 else "bad"} film, number{n}",{"+" if n % 2 else "-"}' for n in range(count)]
    (root / "it.csv").write_text("\n".join(["text,mood", *lines]) + "\n")
    return data("csv", path="it.csv")


def data(source: str, vectorize: dict[str, Any] | None = None, **options: Any) -> Data:
    rest = {name: options.pop(name) for name in ("on_error", "target", "ignore_label") if name in options}
    settings = {"validation_split": 0.0, "test_split": 0.5, "vectorize": Vectorize(**vectorize or {}), **rest}
    return Data(source=SOURCES[source](**options), **settings)


@pytest.fixture
def fails(tmp_path: Path) -> Fails:
    def message(data: Data, shape: tuple[int | None, ...] = (4,), **options: Any) -> str:
        with pytest.raises(DataError) as caught:
            loaded(tmp_path, data, shape, **options)
        return caught.value.message

    return message


# --- Keras's own layer ------------------------------------------------------------------------------------------------


@pytest.mark.backend
@pytest.mark.parametrize("output_mode", ["int", "multi_hot", "count", "tf_idf"])
def test_keras_makes_the_same_numbers(output_mode: str) -> None:
    pytest.importorskip("tensorflow")
    import keras

    for standardize, split, ngrams, max_tokens in itertools.product(
        ("lower_and_strip_punctuation", "lower", "strip_punctuation", None),
        ("whitespace", "character"),
        (None, 2),
        (None, 9),
    ):
        given: dict[str, Any] = {"standardize": standardize, "split": split, "ngrams": ngrams, "max_tokens": max_tokens}
        length = 6 if output_mode == "int" and max_tokens else None
        layer = keras.layers.TextVectorization(output_mode=output_mode, output_sequence_length=length, **given)
        layer.adapt(np.array(TEXTS))
        form = learned(TEXTS, Vectorize(output_mode=output_mode, **given), length)
        assert list(form.tokens) == layer.get_vocabulary(), given
        texts = (*TEXTS, *UNSEEN)
        expected = np.asarray(layer(np.array(texts)))
        found = vectorized(texts, form, "it")
        assert found.shape == expected.shape, given
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=str(given))


# --- tokens and vocabularies ------------------------------------------------------------------------------------------


def test_runs_of_tokens() -> None:
    assert tokens_of("a b c", Vectorize(ngrams=3)) == ["a", "b", "c", "a b", "b c", "a b c"]
    assert tokens_of("ab", Vectorize(split="character")) == ["a", "b"]


def test_the_vocabulary_is_that_of_the_training_examples(tmp_path: Path) -> None:
    found = loaded(tmp_path, reviews(tmp_path))
    form = found.schema.inputs["input"].text
    assert form is not None
    assert form.tokens[:4] == ("", "[UNK]", "film", "a")
    numbers = {token for token in form.vocabulary if token.startswith("number")}
    assert len(numbers) == found.train.size == 20  # no word of a test
    assert (np.asarray(found.test.x["input"][:])[:, 3] == 1).all()
    assert (np.asarray(found.train.x["input"][:])[:, 3] > 1).all()
    assert found.train.x["input"].shape == (20, 4)
    assert found.schema.inputs["input"].columns == ("text",)


def test_counts_fill_what_the_network_takes(tmp_path: Path) -> None:
    table = reviews(tmp_path)
    bags = Data(**{**table.given(), "vectorize": Vectorize(output_mode="multi_hot")})
    found = loaded(tmp_path, bags, (5,))
    form = found.schema.inputs["input"].text
    assert form is not None
    assert (len(form.tokens), found.train.x["input"].shape) == (5, (20, 5))
    wide = loaded(tmp_path, bags, (50,))
    assert np.asarray(wide.train.x["input"][:])[:, 25:].sum() == 0


def test_a_network_that_takes_any_length(tmp_path: Path) -> None:
    assert loaded(tmp_path, reviews(tmp_path), (None,)).train.x["input"].shape == (20, 4)


def test_a_vocabulary_that_no_record_can_keep(tmp_path: Path, fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netspec.data.texts.MAX_TOKENS", 20)
    assert fails(reviews(tmp_path)) == (
        "column 'text' of 'it.csv' holds 24 different tokens, and a run keeps at most 20; write `max_tokens`"
    )


def test_a_run_reads_texts_by_its_own_vocabulary(tmp_path: Path) -> None:
    first = loaded(tmp_path, reviews(tmp_path))
    schema = read_schema(json.loads(json.dumps(first.schema.as_dict())))
    assert schema == first.schema
    (tmp_path / "other.csv").write_text("mood,text\n+,good new\n-,bad\n")
    other = data("csv", path="other.csv", label="mood")
    again = loaded(tmp_path, other, known=schema, whole=True)
    form = first.schema.inputs["input"].text
    assert form is not None
    good, bad = form.tokens.index("good"), form.tokens.index("bad")
    assert np.asarray(again.test.x["input"][:]).tolist() == [[good, 1, 0, 0], [bad, 0, 0, 0]]


def test_a_schema_of_an_earlier_run_has_no_texts() -> None:
    entry = {"source": "x", "shape": [2], "columns": None, "divisor": 1}
    assert read_schema({"inputs": {"a": entry}, "outputs": {}}) == Schema({"a": Feature("x", (2,))}, {})
    odd = {**entry, "text": {**Vectorization(("a",))._asdict(), "output_mode": "odd"}}
    assert read_schema({"inputs": {"a": odd}, "outputs": {}}) is None


@pytest.mark.parametrize(
    ("vectorize", "shape", "message"),
    [
        ({"output_sequence_length": 6}, (4,), "column 'text' of 'it.csv' gives examples of 6, and the network takes 4; write `input: [6]`"),
        ({"output_mode": "count", "max_tokens": 6}, (4,), "column 'text' of 'it.csv' gives examples of 6, and the network takes 4; write `input: [6]`"),
        ({"output_mode": "count", "output_sequence_length": 6}, (4,),
         "`output_sequence_length` is for `output_mode: int`, and `count` has a number for each token; take it away"),
        ({"inputs": ("words",)}, (4,), "`vectorize` names the input `words`, and the network's are `input`"),
    ],
)  # fmt: skip
def test_what_does_not_fit(
    tmp_path: Path, fails: Fails, vectorize: dict[str, Any], shape: tuple[int, ...], message: str
) -> None:
    table = reviews(tmp_path)
    assert fails(Data(**{**table.given(), "vectorize": Vectorize(**vectorize)}), shape) == message


def test_what_holds_no_texts(fails: Fails, tmp_path: Path) -> None:
    assert fails(data("digits"), (8, 8, 1), outputs={"main": Wanted((10,), "softmax")}) == (
        "`digits` holds no texts; take `vectorize` away"
    )
    (tmp_path / "it.csv").write_text("a,b,kind\nx,y,0\n")
    assert fails(data("csv", path="it.csv")) == (
        "`input` reads a column of texts, and 'it.csv' has 2 for it, 'a' the first; name one with `features`"
    )
    reviews(tmp_path)
    assert fails(data("csv", path="it.csv"), whole=True) == (
        "column 'text' of 'it.csv' holds texts, whose numbers are those of a vocabulary; measure a run, which keeps its own"
    )


def test_several_inputs_say_which_of_them_are_texts(tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("words,a,b,kind\n" + "one two,1,2,x\nthree,3,4,y\n" * 4)
    columns = {"words": "words", "numbers": ("a", "b")}
    inputs = {"words": (3,), "numbers": (2,)}

    def load(**vectorize: Any) -> Dataset:
        table = data("csv", vectorize, path="it.csv", features=columns)
        return netspec.data.load_data(Request(table, tmp_path, inputs, {"main": Wanted((2,), "softmax")}, 0))

    found = load(inputs=("words",))
    assert {name: x.shape for name, x in found.train.x.items()} == {"words": (4, 3), "numbers": (4, 2)}
    assert found.schema.inputs["numbers"].text is None
    with pytest.raises(DataError) as caught:
        load()
    assert caught.value.message == (
        "`vectorize` is to say which inputs read texts; write `inputs`, a list of some of `words` and `numbers`"
    )


# --- folders ----------------------------------------------------------------------------------------------------------


def write_texts(folder: Path, **classes: tuple[str, ...]) -> None:
    for name, texts in classes.items():
        (folder / name).mkdir(parents=True)
        for number, text in enumerate(texts):
            (folder / name / f"{number}.txt").write_text(text, encoding="utf-8")


def named(found: Dataset, count: int) -> None:
    """Each example knows the file that it is."""
    parts = (found.train, found.test)
    files = [file for part in parts for file in part.files]
    assert sorted(files) == [f"{name}/{number}.txt" for name in ("ham", "spam") for number in range(count)]
    classes = [label for part in parts for label in part.y["main"].tolist()]
    assert [file.startswith("spam") for file in files] == [label == 1 for label in classes]


def test_a_folder_of_texts(tmp_path: Path) -> None:
    write_texts(tmp_path / "it", ham=("see you", "lunch ?", "see me"), spam=("buy now", "buy it", "buy !"))
    found = loaded(tmp_path, data("folder", path="it"), (3,))
    assert found.schema.outputs["main"].names == ("ham", "spam")
    assert (found.train.size, found.test.size) == (3, 3)
    assert found.train.x["input"].shape == (3, 3)
    named(found, 3)


def test_texts_that_are_not_utf_8(tmp_path: Path, fails: Fails) -> None:
    write_texts(tmp_path / "it", ham=("see you", "lunch ?", "see me"), spam=("buy now", "buy it", "buy !"))
    (tmp_path / "it/ham/9.txt").write_bytes(b"\xff\xfe\x00")
    assert fails(data("folder", path="it"), (3,)) == (
        "cannot read 1 of 7 texts in 'it': 'ham/9.txt' (not UTF-8); mend or remove it"
    )
    found = loaded(tmp_path, data("folder", path="it", on_error="skip"), (3,))
    assert found.train.size + found.test.size == 6
    named(found, 3)
    assert found.notes == ("left out 1 example that cannot be read: 'it/ham/9.txt': not UTF-8",)


def test_texts_that_do_not_fit_into_memory(tmp_path: Path, fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    write_texts(tmp_path / "it", ham=("see you",), spam=("buy now",))
    monkeypatch.setattr("netspec.data.text_folder.SPACE_PER_BYTE", 2**60)
    assert fails(data("folder", path="it")).startswith("'it' needs 15,032,385,536.0 GiB of memory, and ")


def test_a_folder_without_texts(tmp_path: Path, fails: Fails) -> None:
    (tmp_path / "it/a").mkdir(parents=True)
    (tmp_path / "it/b").mkdir(parents=True)
    assert fails(data("folder", path="it")) == (
        "'it' holds no texts of 'a' and 'b'; add some (.txt), or remove the folders"
    )


# --- what follows each step -------------------------------------------------------------------------------------------


def test_the_next_token_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("text\n" + "abc\nbca\ncab\nab\n" * 2)
    wanted = {"main": Wanted((3, 9), "softmax")}
    table = data("csv", {"split": "character"}, path="it.csv", target="next")
    found = loaded(tmp_path, table, (3,), outputs={}, following=wanted)
    target = found.schema.outputs["main"]
    form = found.schema.inputs["input"].text
    assert form is not None
    assert (target.reading, target.shape, target.names, target.ignored) == ("classes", (3,), form.tokens, 0)
    assert (found.schema.inputs["input"].shape, form.size) == ((3,), 3)
    for split in (found.train, found.test):
        x, y = np.asarray(split.x["input"][:]), np.asarray(split.y["main"][:])
        assert (x[:, 1:] == y[:, :-1]).all()
        assert (y[:, -1] == 0).all()  # no text has four characters


def test_the_next_of_whole_numbers(tmp_path: Path, fails: Fails) -> None:
    steps = np.arange(60).reshape(10, 6) % 5
    np.savez(tmp_path / "it.npz", x=steps)
    numbers = Data(source=SOURCES["npz"](path="it.npz"), validation_split=0.0, test_split=0.5, target="next")
    wanted = {"main": Wanted((5, 5), "softmax")}
    found = loaded(tmp_path, numbers, (5,), outputs={}, following=wanted)
    assert (np.asarray(found.train.x["input"][:])[:, 1:] == np.asarray(found.train.y["main"][:])[:, :-1]).all()
    target = found.schema.outputs["main"]
    assert (target.reading, target.class_count, target.shape) == ("classes", 5, (5,))
    assert fails(numbers, (6,), outputs={}, following=wanted) == (
        "`x` in 'it.npz' gives examples of 5, and the network takes 6; write `input: [5]`"
    )
    np.savez(tmp_path / "it.npz", x=steps / 2)
    assert fails(numbers, (5,), outputs={}, following=wanted) == (
        "`x` in 'it.npz' has no steps that are whole numbers, of which `target: next` tells the next"
    )


def test_bytes_that_an_embedding_reads_are_not_scaled(tmp_path: Path) -> None:
    np.savez(tmp_path / "it.npz", x=np.full((6, 4), 200, np.uint8), y=np.arange(6) % 2)
    archive = Data(source=SOURCES["npz"](path="it.npz"), validation_split=0.0, test_split=0.5)
    assert np.asarray(loaded(tmp_path, archive, tokens=("input",)).train.x["input"][:]).max() == 200
    assert np.asarray(loaded(tmp_path, archive).train.x["input"][:]).max() == pytest.approx(200 / 255)


def test_padding_among_labels_is_no_class_of_its_neighbours(tmp_path: Path) -> None:
    """Labels 1 to 3 with 0 as padding: 0 must not become the number of another class."""
    y = np.array([[1, 2, 3, 0], [3, 3, 0, 0]] * 4)
    np.savez(tmp_path / "it.npz", x=np.ones((8, 4), np.int64), y=y)
    archive = Data(source=SOURCES["npz"](path="it.npz"), validation_split=0.0, test_split=0.5, ignore_label=0)
    found = loaded(tmp_path, archive, outputs={"main": Wanted((4, 3), "softmax")})
    assert found.schema.outputs["main"].names == ("0", "1", "2", "3")
    assert set(np.unique(np.asarray(found.train.y["main"][:]))) == {0, 1, 2, 3}
