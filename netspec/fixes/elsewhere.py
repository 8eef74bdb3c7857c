"""The networks that a spec has beside the one at hand: its variants, or the one without. A repair is to leave them sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from netspec.diagnostics.problems import Problem
from netspec.diagnostics.words import listing
from netspec.fixes.verification import Checked, DoesNotHold, Known, Watch
from netspec.spec.document import Document

MAX_NODES_ELSEWHERE = 15_000  # of other networks, for all repairs together; what is beyond is not looked at


class Elsewhere:
    """Says which of the other networks have no errors.

    Args:
        variants: The other networks, by their variants; None is the one without.
        look_at: Shows the errors of a network of a document to somebody.
        known: Takes which have none, and is not asked again.
    """

    def __init__(
        self,
        variants: Sequence[str | None],
        look_at: Callable[[Document, str | None, Watch], None],
        known: Known | None = None,
    ) -> None:
        self.variants = tuple(variants)
        self._known = Known() if known is None else known
        self._look_at = look_at
        self._nodes = MAX_NODES_ELSEWHERE

    def sound(
        self, checked: Checked, among: Iterable[str | None], latest: Callable[[Checked], Checked]
    ) -> tuple[str | None, ...]:
        """Those among some that have none in a text; `latest` gives the text with a document that holds."""
        return tuple(each for each in among if self._is_one(checked, each, latest))

    def _is_one(self, checked: Checked, variant: str | None, latest: Callable[[Checked], Checked]) -> bool:
        if self._nodes <= 0 or checked.document is None:
            return True
        self._nodes -= max(1, checked.size)
        sound, key = self._known.sound, (checked.text, variant)
        if key not in sound:
            document = latest(checked).document
            sound[key] = document is None or self._has_none(document, variant)
        return sound[key]

    def _has_none(self, document: Document, variant: str | None) -> bool:
        try:
            self._look_at(document, variant, _refuse)  # one error is enough to know
        except DoesNotHold:
            return False
        return True


def _refuse(error: Problem) -> None:
    raise DoesNotHold


def remark(broken: Sequence[str | None]) -> str:
    """What is said of a repair after which other networks have errors; "" of none."""
    if not broken:
        return ""
    named = [each for each in broken if each is not None]
    parts = ["without a variant"] if None in broken else []
    parts += [f"in variant{'s' * (len(named) > 1)} {listing(named)}"] if named else []
    return f"an error {' and '.join(parts)}"
