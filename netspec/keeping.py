"""What is kept of a document from one check of it to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netspec.spec.decoding import decode

if TYPE_CHECKING:
    from netspec.diagnostics.problems import Problems
    from netspec.fixes.verification import Known
    from netspec.graph.elaboration.keeping import KeptNetwork
    from netspec.spec.decoding.use import Library
    from netspec.spec.document import Document
    from netspec.syntax.tree import SourceText


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

    def decode(self, source: SourceText, problems: Problems, *, library: Library | None = None) -> Document | None:
        """As `netspec.spec.decoding.decode`, of a tree that `texts` has read."""
        if library is not None and self.library is not None:
            library.kept = self.library.kept
        self.library = library
        return decode(source, problems, self.steps, self.texts.moved, library)

    def network(self, variant: str | None, document: Document) -> KeptNetwork:
        """What is kept of one network of the document; of variants that it has no more nothing is."""
        for name in [name for name in self._networks if name is not None and name not in document.variants]:
            del self._networks[name]
        return self._networks.setdefault(variant, self._new())


class Trials:
    """What is known of the texts that are tried as repairs of a document, which are nearly the same, and of those repairs.

    Attributes:
        memory: Of the texts.
    """

    def __init__(self) -> None:
        self.memory = Memory()
        self._of: object = None
        self._known: Known | None = None

    def known(self, spec: object) -> Known:
        """What has been found out of the repairs of a spec; of another than the last nothing is known."""
        if self._known is None or self._of is not spec:
            from netspec.fixes.verification import Known  # where something is wrong alone

            self._of, self._known = spec, Known()
        return self._known
