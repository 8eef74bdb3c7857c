"""What was found of a network, as one page and as data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from netspec.data.dataset import Floats
from netspec.diagnostics.words import printable
from netspec.files import write_whole
from netspec.graph.receptive_field import Figure
from netspec.training.looking.drawing import boxed, coloured, heated, kernels, scaled
from netspec.training.looking.finding import Features, Seen
from netspec.training.reports.blocks import Block, Example, Gallery, Heading, Image, Paragraph, Table
from netspec.training.reports.page import render
from netspec.training.reports.pictures import picture
from netspec.training.tables import percent

MAX_FILTERS = 128  # that are shown
TOP = 3  # classes of a picture


def write_page(found: Features, to: Path) -> None:
    """The page, written beside and renamed."""
    sections: list[tuple[str, list[Block]]] = [
        ("Filters", list(_filters(found))),
        ("Pictures", list(_pictures(found))),
        ("What excites a channel", list(_channels(found))),
        ("Receptive fields", list(_fields(found))),
    ]
    text = render(
        title=found.name,
        over="What a network has learned",
        said=[f"{found.weights} weights"],
        place=found.path,
        headline=[],
        sections=[(title, blocks) for title, blocks in sections if blocks],
    )
    write_whole(to, text)


def _image(pixels: Floats, alt: str, label: str = "") -> Image:
    return Image(picture(pixels), alt, label)


def _filters(found: Features) -> Iterator[Block]:
    if found.filters is None:
        return
    shown = kernels(found.filters.kernels)[:MAX_FILTERS]
    rows, columns = shown.shape[1:3]
    count = len(found.filters.kernels)
    some = f"; the first {MAX_FILTERS} of {count:,}" if count > MAX_FILTERS else ""
    yield Paragraph(
        f"The weights of {found.filters.node}, {rows}x{columns} each, on one scale: grey is 0, white and black are the "
        f"largest{some}."
    )
    examples = [
        Example([_image(pixels, f"Filter {number} of {found.filters.node}")], str(number))
        for number, pixels in enumerate(shown)
    ]
    yield Gallery(f"Filters of {found.filters.node}", examples)


def _pictures(found: Features) -> Iterator[Block]:
    for seen in found.pictures:
        name = printable(seen.source)
        yield Heading(name)
        yield Gallery(f"What decided about {name}", [_decided(seen, name)])
        for maps in seen.maps:
            size = "x".join(map(str, maps.values.shape[1:]))
            yield Paragraph(
                f"{maps.node}, {size}: the channels that answer most, each from its lowest number to its highest."
            )
            examples = [
                Example(
                    [_image(scaled(values[..., np.newaxis]), f"Channel {channel} of {maps.node} for {name}")],
                    str(channel),
                )
                for channel, values in zip(maps.channels, maps.values, strict=True)
            ]
            yield Gallery(f"Feature maps of {maps.node} for {name}", examples)


def _decided(seen: Seen, name: str) -> Example:
    images = [_image(scaled(seen.picture), f"{name} as the network sees it", "input")]
    if seen.cam is not None:
        node, heat = seen.cam
        images.append(_image(heated(seen.picture, heat), f"Grad-CAM of {name} at {node}", f"Grad-CAM at {node}"))
    if seen.occlusion is not None:
        images.append(
            _image(heated(seen.picture, seen.occlusion), f"What {name} loses where it is covered", "occlusion")
        )
    if seen.prediction is None:
        return Example(images, name)
    said = ", ".join(f"{each} {percent(value)}" for each, value in ranking(seen))
    lines = (
        []
        if seen.occlusion is None
        else [f"covered, it loses at most {percent(max(0.0, float(seen.occlusion.max())))}"]
    )
    return Example(images, f"what speaks for {seen.chosen}", (said, *lines))


def ranking(seen: Seen) -> list[tuple[str, float]]:
    """The likeliest classes of a picture, or those that take most of it."""
    assert seen.prediction is not None
    if seen.prediction.meaning.kind == "masks":
        return seen.prediction.shares(TOP)
    return seen.prediction.ranking(TOP)


def _channels(found: Features) -> Iterator[Block]:
    for node, channels in found.channels.items():
        yield Heading(node)
        for channel in channels:
            examples = [
                Example(
                    [_image(boxed(found.examples[each.example], each.box), f"Example {each.example} of the test")],
                    f"{each.value:.3g}",
                    (f"example {each.example:,}",),
                )
                for each in channel.pictures
            ]
            yield Paragraph(f"Channel {channel.number}; the line is around what its strongest place depends on.")
            yield Gallery(f"What excites channel {channel.number} of {node}", examples)


def _fields(found: Features) -> Iterator[Block]:
    if not found.fields:
        return
    yield Paragraph(
        "How much each pixel counts for the middle of a node, over some examples. The effective field is the root of the number of "
        "pixels that count at least 4.55 % of the one that counts most (Luo et al., 2016)."
    )
    examples = [
        Example(
            [_image(coloured(field.contributions), f"What the middle of {node} sees")],
            node,
            (f"theoretical {side(field.theoretical)}, effective {field.effective:.1f}",),
        )
        for node, field in found.fields.items()
    ]
    yield Gallery("Effective receptive fields", examples)
    rows = [
        (node, side(field.theoretical), f"{field.effective:.1f}", _ratio(field.theoretical, field.effective))
        for node, field in found.fields.items()
    ]
    yield Table("Receptive fields", ("node", "theoretical", "effective", "ratio"), rows)


def side(figure: Figure) -> str:
    """A receptive field for people."""
    if figure is None:
        return "unknown"
    return " x ".join(f"{each:g}" for each in figure) if isinstance(figure, list) else f"{figure:g}"


def _ratio(theoretical: Figure, effective: float) -> str:
    if theoretical is None:
        return ""
    whole = math.prod(theoretical) ** 0.5 if isinstance(theoretical, list) else theoretical
    return f"{effective / whole:.2f}"


# --- as data and as text ----------------------------------------------------------------------------------------------


def as_dict(found: Features) -> dict[str, object]:
    """The structure that programs may rely on: figures and maps, without the pictures."""
    return {
        "run": found.path,
        "name": found.name,
        "weights": found.weights,
        "filters": None
        if found.filters is None
        else {"node": found.filters.node, "shape": list(found.filters.kernels.shape)},
        "pictures": [
            {
                "input": seen.source,
                "classes": None
                if seen.prediction is None
                else [{"class": name, "probability": value} for name, value in ranking(seen)],
                "chosen": seen.chosen,
                "grad_cam": None if seen.cam is None else {"node": seen.cam[0], "map": _numbers(seen.cam[1])},
                "occlusion": None if seen.occlusion is None else _numbers(seen.occlusion),
            }
            for seen in found.pictures
        ],
        "nodes": [
            {
                "node": node,
                "receptive_field": None if node not in found.fields else found.fields[node].theoretical,
                "effective_receptive_field": None if node not in found.fields else found.fields[node].effective,
                "channels": [
                    {
                        "channel": channel.number,
                        "examples": [
                            {"example": each.example, "value": each.value, "box": each.box} for each in channel.pictures
                        ],
                    }
                    for channel in found.channels.get(node, ())
                ],
            }
            for node in dict.fromkeys((*found.fields, *found.channels))
        ],
    }


def _numbers(values: Floats) -> list[list[float]]:
    return [[float(f"{each:.6g}") for each in row] for row in values]


def lines(found: Features) -> Iterator[str]:
    """What was found, for a terminal."""
    for seen in found.pictures:
        said = "" if seen.prediction is None else ", ".join(f"{name} {percent(value)}" for name, value in ranking(seen))
        asked = "" if seen.prediction is None or seen.chosen == ranking(seen)[0][0] else f"; asked about {seen.chosen}"
        yield f"{printable(seen.source)}: {said or 'no classes'}{asked}"
    if found.fields:
        yield ""
        width = max(len(node) for node in ("node", *found.fields))
        yield f"{'node':<{width}}  receptive field  effective"
        for node, field in found.fields.items():
            yield f"{node:<{width}}  {side(field.theoretical):>15}  {field.effective:>9.1f}"
        yield ""
