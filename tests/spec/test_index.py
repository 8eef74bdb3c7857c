"""From a place in the text to what stands there, and back."""

from __future__ import annotations

import pytest

from netspec.diagnostics.problems import Problems, Span
from netspec.spec.decoding import decode
from netspec.spec.document import Document
from netspec.spec.index import Index
from netspec.syntax.reading import read, read_text
from netspec.syntax.tree import Mapping, span_of
from netspec.zoo import specs

TEXT = """\
netspec: 1
params: {n: 3}
input: [8, 8, 1]
blocks:
  Unit:
    params: {width: }
    layers:
      - conv: {filters: $width, kernel_size: 1}
layers:
  - skip:
      body:
        - conv:
            filters: 1 + $n - 3
            kernel_size: [1, 1]
      merge: concat
  - Unit: $n
  - relu
train:
  optimizer: {adam: {learning_rate: 0.1}}
"""


def document(text: str = TEXT) -> Document:
    problems = Problems()
    made = decode(read_text(text, "t.yaml", problems), problems)
    assert made is not None
    assert not problems.ordered()
    return made


@pytest.mark.parametrize(
    ("place", "step", "path", "is_key", "name"),
    [
        ((10, 6), "skip", (), True, None),
        ((11, 8), "skip", ("body",), True, None),
        ((12, 12), "conv", (), True, None),
        ((13, 14), "conv", ("filters",), True, None),
        ((13, 22), "conv", ("filters",), False, None),
        ((13, 27), "conv", ("filters",), False, "n"),
        ((14, 30), "conv", ("kernel_size", 1), False, None),
        ((15, 16), "skip", ("merge",), False, None),
        ((16, 12), "Unit", (), False, "n"),
        ((17, 6), "relu", (), True, None),
        ((8, 26), "conv", ("filters",), False, "width"),
        ((2, 13), None, ("params", "n"), False, None),
        ((3, 9), None, ("input", 0), False, None),
        ((19, 22), None, ("train", "optimizer", "adam", "learning_rate"), True, None),
    ],
)
def test_what_stands_at_a_place(
    place: tuple[int, int], step: str | None, path: tuple[str | int, ...], is_key: bool, name: str | None
) -> None:
    found = Index(document()).at(*place)
    assert found is not None
    assert (found.step.kind_name if found.step else None, found.path, found.is_key, found.name) == (
        step,
        path,
        is_key,
        name,
    )


def test_a_place_beyond_the_text_holds_nothing() -> None:
    assert Index(document()).at(99, 1) is None


def test_where_a_node_stands_as_a_whole() -> None:
    index = Index(document())
    spans = {step.kind_name: index.span(step) for step in index.steps}
    assert spans["skip"] == Span(10, 5, 15, 20)
    assert spans["Unit"] == Span(16, 5, 16, 13)
    assert spans["relu"] == Span(17, 5, 17, 9)


@pytest.mark.parametrize("name", specs())
def test_each_node_and_value_of_the_zoo_is_found_where_it_stands(name: str) -> None:
    problems = Problems()
    made = decode(read(specs()[name], problems), problems)
    assert made is not None
    index = Index(made)
    assert index.steps
    for step in index.steps:
        found = index.at(step.span.line, step.span.column + 1)
        assert found is not None
        assert found.step is step
        assert found.is_key
        whole = index.span(step)
        inside = index.at(whole.end_line, whole.end_column)
        assert inside is not None
        assert inside.step is not None
        assert index.span(inside.step).end_line == whole.end_line
        for option, given in step.values.items() if isinstance(step.tree, Mapping) else ():
            if given.from_defaults or any(isinstance(value, tuple) for value in (given.value,)):
                continue
            span = span_of(given.tree)
            value = index.at(span.line, span.column)
            assert value is not None
            if value.step is step:
                assert value.path[0] == option
