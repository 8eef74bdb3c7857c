"""`weights`: where pretrained weights of the network are, by name and, where they differ, by variant."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.diagnostics.words import suggest
from netspec.spec.decoding.unknown import put_in_place
from netspec.spec.decoding.values import ValueReader, is_null, noun
from netspec.spec.names import Identifier
from netspec.spec.pretrained import Place, Places
from netspec.syntax import tree as syntax
from netspec.syntax.tree import Entry, Scalar, span_of

_NAME = Identifier()
_PLACE = Place()


def read_weights(values: ValueReader, entry: Entry | None, variants: Mapping[str, object]) -> Places:
    """The places of weights that a spec declares."""
    found: Places = {}
    for name, (key, tree) in values.entries(entry, "weights", "names to where the weights are").items():
        if values.constant(key, _NAME, "the name of weights") is None:
            continue
        if isinstance(tree, syntax.Mapping):
            found[name] = {
                variant: place
                for variant, (variant_key, item) in tree.entries.items()
                if _is_variant(values, name, variant_key, variants)
                and (place := values.constant(item, _PLACE, f"`{name}`")) is not None
            }
        elif is_null(tree) or not isinstance(tree, Scalar):
            message = f"`{name}` must be {_PLACE.describe()}, or a map of variants to that, not {noun(tree)}"
            values.problems.add("NS204", message, span_of(tree))
        else:
            place = values.constant(tree, _PLACE, f"`{name}`")
            if place is not None:
                found[name] = place
    return found


def _is_variant(values: ValueReader, name: str, key: Scalar, variants: Mapping[str, object]) -> bool:
    """Does the spec have this variant? Where not, a problem is reported."""
    if key.text in variants:
        return True
    meant = suggest(key.text, tuple(variants))
    message = f"`{name}` is declared for the variant `{key.text}`, which is not among `variants`"
    message += meant.question() if meant is not None else ""
    values.problems.add("NS507", message, span_of(key), candidates=put_in_place(meant, span_of(key)))
    return False
