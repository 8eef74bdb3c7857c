"""`requires`: the packages of kinds that a spec needs. It checks that they are there and allowed; it never loads one."""

from __future__ import annotations

from netspec.diagnostics.words import show
from netspec.kinds.packages import MAX_PACKAGES, MAX_REQUIREMENT, read_requirement
from netspec.spec.decoding.values import ValueReader, is_null, noun
from netspec.syntax.tree import Entry, Scalar, Sequence, span_of


def read_requires(values: ValueReader, entry: Entry) -> tuple[str, ...]:
    """Report what is missing of the packages that are named; their names are given back."""
    if is_null(entry.value):
        return ()
    problems, tree = values.problems, entry.value
    if not isinstance(tree, Sequence):
        problems.add("NS204", f"`requires` is a list of packages, not {noun(tree)}", span_of(tree))
        return ()
    if len(tree.items) > MAX_PACKAGES:
        message = f"`requires` names {len(tree.items)} packages, more than the {MAX_PACKAGES} that it may"
        problems.add("NS205", message, span_of(entry.key))
        return ()
    missing = []
    for item in tree.items:
        requirement = read_requirement(item.value) if isinstance(item, Scalar) and isinstance(item.value, str) else None
        if requirement is None:
            what = show(item.text[: MAX_REQUIREMENT + 1]) if isinstance(item, Scalar) else noun(item)
            problems.add("NS204", f"a package is written `name` or `name>=version`, not {what}", span_of(item))
            continue
        unmet = requirement.unmet()
        if unmet:
            problems.add("NS210", unmet, span_of(item))
            missing.append(requirement.name)
    return tuple(missing)
