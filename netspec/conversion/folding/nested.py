"""Models that were called like layers, made blocks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netspec.conversion.folding.blocks import Block
from netspec.conversion.folding.items import Item, base
from netspec.conversion.naming import free_name
from netspec.conversion.nodes import Flat, Module
from netspec.shapes import Shape
from netspec.spec.names import is_identifier

_FEWEST = 4  # nodes of a model that is worth a block though it is called once
_AUTOMATIC = re.compile(r"(sequential|functional|model)(_\d+)?\Z")


def with_nested(items: list[Item], flat: Flat, shapes: dict[str, Shape]) -> list[Block]:
    """Make of each call of a model the use of a block, in place, where a block can say it.

    Args:
        items: Of the whole network.
        flat: The same.
        shapes: Of all tensors by name; those inside the blocks come to them.

    Returns:
        The blocks.
    """
    calls: dict[str, list[tuple[Module, ...]]] = {}
    module_of = {node.name: node.module for node in flat.nodes}
    for node in flat.nodes:
        for depth in range(len(node.module), 0, -1):
            path = "/".join(name for name, _ in node.module[:depth])
            if node.module[:depth] not in calls.setdefault(path, []):
                calls[path].append(node.module[:depth])
    blocks: list[Block] = []
    outputs = {base(name) for name in flat.outputs.values()}
    for path in sorted(calls, key=lambda each: (-each.count("/"), list(calls).index(each))):
        block = _folded(items, calls[path], module_of, outputs, {block.name for block in blocks}, shapes)
        blocks += [] if block is None else [block]
    return blocks


def _folded(
    items: list[Item],
    calls: Sequence[tuple[Module, ...]],
    module_of: dict[str, tuple[Module, ...]],
    outputs: set[str],
    taken: set[str],
    shapes: dict[str, Shape],
) -> Block | None:
    """Put the uses of one model's block in place of its calls; the block; None where a call does more than a use can."""
    groups = [[item for item in items if module_of[item.name][: len(call)] == call] for call in calls]
    entries = [_entry(group, items, outputs) for group in groups]
    if (
        len(groups[0]) < (_FEWEST if len(groups) == 1 else 2)
        or any(entry is None for entry in entries)
        or len({len(group) for group in groups}) > 1
    ):
        return None
    path = calls[0][-1][0]
    name = _name(path, taken)
    first = groups[0]
    frozen = not any(item.trainable for item in first)
    names = {item.name for item in items}
    for number, (group, entering) in enumerate(zip(groups, entries, strict=True)):
        use = Item(name, group[-1].name, {}, (entering or "",), is_wanted=group[-1].is_wanted, block=True)
        use.share = None if group is first or not any(item.share for item in group) else first[-1].name
        use.trainable = not frozen
        label = path if number == 0 else f"{path}_{number + 1}"
        use.label = label if is_identifier(label) and label not in names and not use.is_wanted else ""
        place = next(index for index, item in enumerate(items) if item is group[-1])
        items[place] = use
        inside = {id(item) for item in group}
        items[:] = [item for item in items if id(item) not in inside]
    return _block(name, first, entries[0] or "", shapes, frozen=frozen)


def _entry(group: Sequence[Item], items: Sequence[Item], outputs: set[str]) -> str | None:
    """The one tensor that enters a call, of which only the last node is read outside; None of others."""
    own = {item.name for item in group}
    entering = {name for item in group for name in item.all_read if base(name) not in own}
    hidden = own - {group[-1].name}
    inside = {id(item) for item in group}
    read = {base(name) for item in items if id(item) not in inside for name in item.all_read}
    if len(entering) != 1 or hidden & (read | outputs) or any(item.share in own for item in group):
        return None
    (name,) = entering
    return name if group[0].reads == (name,) else None


def _block(name: str, group: Sequence[Item], entering: str, shapes: dict[str, Shape], *, frozen: bool) -> Block:
    start = f"{name}/input"
    renamed = {item.name: f"{name}/{item.name}" for item in group} | {entering: start}

    def new(read: str) -> str:
        source = base(read)
        return f"{renamed[source] if source in renamed else renamed.get(read, read)}{read[len(source) :]}"

    shapes.update({new: shapes[old] for old, new in renamed.items() if old in shapes})
    for item in group:
        item.name = new(item.name)
        item.reads = tuple(map(new, item.reads))
        item.beside = {option: tuple(map(new, reads)) for option, reads in item.beside.items()}
        item.trainable = item.trainable or frozen
        item.is_wanted = False
    return Block(name, (), (), list(group), start, is_given=True)


def _name(path: str, taken: set[str]) -> str:
    """The model's name as a block's."""
    word = (
        "Model" if _AUTOMATIC.match(path) else "".join(part[:1].upper() + part[1:] for part in re.split(r"\W+|_", path))
    )
    word = word if word[:1].isalpha() else f"Model{word}"
    return free_name(word, taken, "")
