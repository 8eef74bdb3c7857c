"""The networks that a spec has beside the one at hand: its variants, or the one without. A repair is to leave them sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netspec.diagnostics.codes import Stage
from netspec.diagnostics.words import listing
from netspec.fixes.verification import Checked, Recheck
from netspec.spec.document import Document

MAX_NODES_ELSEWHERE = 15_000  # of other networks, for all repairs together; what is beyond is not looked at


class Elsewhere:
    """Says which of the other networks that were sound are no longer.

    Args:
        before: The text before it is mended.
        variants: The other networks, by their variants; None is the one without.
        is_sound: Has a network of a document no errors?
    """

    def __init__(
        self,
        before: Checked,
        variants: Sequence[str | None],
        is_sound: Callable[[Document, str | None], bool],
    ) -> None:
        self._before = before
        # Where what is written is wrong, what hangs on it is out of sight in every network.
        hidden = any(each.is_error and each.stage is Stage.STRUCTURE for each in before.problems)
        self._variants = () if hidden else tuple(variants)
        self._is_sound = is_sound
        self._nodes = MAX_NODES_ELSEWHERE
        self._sound: tuple[str | None, ...] | None = None

    def broken(self, after: Checked, recheck: Recheck) -> tuple[str | None, ...]:
        """Those that were sound and have errors in a text that was mended.

        Args:
            after: The text.
            recheck: Checks a text in the place of the one at hand, as it does this one, since of those that it checked the
                document of the last one alone holds.
        """
        if not self._variants:
            return ()
        if self._sound is None:
            again = recheck(self._before.text)
            self._sound = tuple(each for each in self._variants if self._stays(again, each))
        if not self._sound:
            return ()
        again = recheck(after.text)
        return tuple(each for each in self._sound if not self._stays(again, each))

    def _stays(self, checked: Checked, variant: str | None) -> bool:
        if self._nodes <= 0 or checked.document is None:
            return True
        self._nodes -= max(1, checked.size)
        return self._is_sound(checked.document, variant)


def remark(broken: Sequence[str | None]) -> str:
    """What is said of a repair after which other networks have errors; "" of none."""
    if not broken:
        return ""
    named = [each for each in broken if each is not None]
    parts = ["without a variant"] if None in broken else []
    parts += [f"in variant{'s' * (len(named) > 1)} {listing(named)}"] if named else []
    return f"an error {' and '.join(parts)}"
