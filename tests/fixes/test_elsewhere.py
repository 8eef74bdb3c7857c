"""A repair of one network of a spec does not break another that was sound."""

from __future__ import annotations

from netspec.fixes.elsewhere import remark
from netspec.pipeline import check_text, propose

TEXT = """\
netspec: 1
params: {size: 9, kernel: 2}
variants: {large: {size: 12}, wide: {kernel: 3}}
input: [$size, $size, 3]
layers:
  - conv: {filters: 4, kernel_size: $kernel, strides: 2, rounding: exact}
"""
# Another width breaks the variant.
ODD = """\
netspec: 1
params: {units: 8}
variants: {odd: {units: 9}}
input: [$units]
layers:
  - skip: [{dense: 9}]
"""


def fixes(text: str, variant: str | None = None, **params: int) -> list[tuple[str, str]]:
    spec = check_text(text, repairs=False, variant=variant, params=params or None)
    (problem,) = [each for each in spec.problems if each.is_error]
    return [(fix.title, fix.result) for fix in propose(spec, problem)]


def test_what_leaves_the_variants_sound_comes_first() -> None:
    assert fixes(TEXT) == [
        ("rounding: floor", "4 x 4 x 4, drops the last row and column"),
        ("padding: same", "5 x 5 x 4"),
        ("strides: 1", "8 x 8 x 4"),
    ]


def test_what_breaks_one_says_so() -> None:
    assert fixes(ODD) == [
        ("units: 8 at `skip_1.dense_1`", "8, an error in variant `odd`"),
        ("dense: 8 at the end of a branch", "8, an error in variant `odd`"),
    ]


def test_the_network_without_a_variant_is_another_where_one_was_asked_for() -> None:
    text = TEXT.replace("size: 9", "size: 8").replace("large: {size: 12}", "large: {size: 9}")
    assert fixes(text, "large") == [
        ("rounding: floor", "4 x 4 x 4, drops the last row and column"),
        ("padding: same", "5 x 5 x 4"),
        ("strides: 1", "8 x 8 x 4"),
    ]


def test_variants_that_were_wrong_before_do_not_count() -> None:
    text = TEXT.replace("variants: {", "variants: {same: {}, ")
    assert fixes(text) == fixes(TEXT)


def test_values_in_place_of_the_own_are_mended_for_themselves() -> None:
    assert fixes(TEXT, None, size=9) == [
        ("kernel_size: 3", "4 x 4 x 4"),
        ("padding: [[0, 1], [0, 1]]", "5 x 5 x 4"),
        ("rounding: floor", "4 x 4 x 4, drops the last row and column"),
    ]


def test_remark() -> None:
    assert remark(()) == ""
    assert remark(("large",)) == "an error in variant `large`"
    assert remark((None, "large", "wide")) == "an error without a variant and in variants `large` and `wide`"
