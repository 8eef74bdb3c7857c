"""Where the parser stops in texts that are almost the same."""

from __future__ import annotations

import pytest

from netspec.recovery.lines import split
from netspec.recovery.mends import emptied, mends, too_many
from netspec.recovery.stops import Change, Reparser, Stop, stop_of
from tests.support.half_written import SPECS, texts
from tests.support.slips import slips

TEXT = """\
netspec: 1
blocks:
  Conv:
    layers:
      - conv: {filters: 8}
  Pool:
    layers: [pool]
layers:
  - Conv
  - relu
  - dense: {units: 10
  - softmax
"""


def resumed(lines: list[str]) -> tuple[int | None, int] | None:
    """The key and the line from which lines are read again that stop somewhere."""
    stop = stop_of(lines)
    assert stop is not None
    return Reparser(lines, stop).resumed


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("", "", (7, 9)),  # the node above the one at fault
        ("- relu", "- conv: {filters: 8,\n  padding: same}", (7, 9)),  # and not its second line
        ("  - relu\n", "", (None, 7)),  # that node is the first, which shows where the list is
        ("layers: [pool]", "layers: [pool", (1, 5)),  # the block
        ("- Conv\n", "- Conv: &a {}\n", None),  # what is read again may mean it
        ("netspec: 1", "- netspec: 1", None),  # a list, which the rest does not go on with
        ("    layers:\n", "    layers: [\n", (None, 1)),  # the section, of which the block is the first
    ],
)
def test_where_a_text_is_read_again_from(was: str, now: str, expected: tuple[int | None, int] | None) -> None:
    assert was in TEXT
    assert resumed(TEXT.replace(was, now, 1).split("\n")) == expected


def test_a_change_where_reading_would_begin_has_all_read() -> None:
    lines = TEXT.split("\n")
    stop = stop_of(lines)
    assert stop == Stop(12, 0, 10)
    assert Reparser(lines, stop).stop_of(Change(9, ("- relu",), "mended")) == Stop(9, 0, None)


def test_the_parser_stops_where_it_would_have() -> None:
    """Over random edits of the zoo and texts cut off, at all that is tried to mend them."""
    found = 0
    cut = [text[: len(text) * (n + 1) // (len(SPECS) + 2)] for n, text in enumerate(texts())]
    for now in (*(state.now for state in slips(texts(), 100, 23)), *cut):
        lines, _ = split(now)
        stop = stop_of(lines)
        if stop is not None:
            reparser = Reparser(lines, stop)
            for change in (*mends(lines, stop), *emptied(lines, stop), *too_many(lines, stop)):
                assert reparser.stop_of(change) == stop_of(change.applied(lines))
                found += reparser.resumed is not None and change.start > reparser.resumed.first
    assert found > 500
