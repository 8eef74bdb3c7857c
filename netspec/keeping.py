"""What is kept of a document from one check of it to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netspec.graph.elaboration.keeping import KeptNetwork
    from netspec.spec.decoding.use import Library
    from netspec.spec.document import Document


class Memory:
    """What was found out about a document when it was checked, for an editor, which has almost the same text checked again.

    Made once for each open document and handed to every `check_text` of it; what that returns is the same with it and without.
    A `Spec` that was checked with a memory holds until the next check with it, which takes parts of its tree and moves them:
    its problems and its graph stay as they are, its document does not.
    """

    def __init__(self) -> None:
        # The commands do without them.
        from netspec.graph.elaboration.keeping import KeptNetwork
        from netspec.spec.decoding.keeping import KeptSteps
        from netspec.syntax.rereading import Texts

        self._new = KeptNetwork
        self.library: Library | None = None  # made where the document uses other files
        self.texts = Texts()
        self.steps = KeptSteps()
        self._networks: dict[str | None, KeptNetwork] = {}

    def network(self, variant: str | None, document: Document) -> KeptNetwork:
        """What is kept of one network of the document; of variants that it has no more nothing is."""
        for name in [name for name in self._networks if name is not None and name not in document.variants]:
            del self._networks[name]
        return self._networks.setdefault(variant, self._new())
