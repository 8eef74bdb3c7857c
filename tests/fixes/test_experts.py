"""Broken specs, each with the repair that an expert would make: it is the first that is offered."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from netspec.pipeline import check_text
from netspec.syntax.edits import apply


class Case(NamedTuple):
    """A spec, the first fix of its first error, and what that makes of the spec's first three parts."""

    given: str
    layers: str
    title: str
    after: str  # the layers, or the input where it is the input that changes
    blocks: str = ""


BLOCK = "{B: {params: {filters: , strides: 1}, layers: [{conv: {filters: $filters, kernel_size: 3, strides: $strides, padding: same}}]}}"
OUTER = "{C: {params: {width: 16}, layers: [{B: {filters: $width}}]}, " + BLOCK[1:]

CASES = [
    # windows that do not tile
    Case("[224, 224, 3]", "[{conv: {filters: 64, kernel_size: 7, strides: 2, padding: 3}}]", "rounding: floor",
         "[{conv: {filters: 64, kernel_size: 7, strides: 2, padding: 3, rounding: floor}}]"),
    Case("[32, 32, 3]", "[{conv: {filters: 8, kernel_size: 3, strides: 2, padding: 1}}]", "rounding: floor",
         "[{conv: {filters: 8, kernel_size: 3, strides: 2, padding: 1, rounding: floor}}]"),
    Case("[112, 112, 8]", "[{pool: {pool_size: 3, strides: 2, padding: 1}}]", "rounding: floor",
         "[{pool: {pool_size: 3, strides: 2, padding: 1, rounding: floor}}]"),
    # windows that are too large
    Case("[6, 6, 64]", "[{pool: {type: avg, pool_size: 7}}, flatten]", "pool_size: 6", "[{pool: {type: avg, pool_size: 6}}, flatten]"),
    Case("[7, 5, 64]", "[{pool: {type: avg, pool_size: 8}}, flatten]", "global_pool: avg", "[{global_pool: avg}, flatten]"),
    Case("[4, 4, 64]", "[{conv: {filters: 8, kernel_size: 5}}]", "kernel_size: 3", "[{conv: {filters: 8, kernel_size: 3}}]"),
    Case("[1, 28, 28]", "[{conv: {filters: 6, kernel_size: 5}}]", "input: 28 x 28 x 1", "[28, 28, 1]"),
    Case("[3, 32, 32]", "[{conv: {filters: 6, kernel_size: 3}}, {pool: {pool_size: 2}}]", "input: 32 x 32 x 3", "[32, 32, 3]"),
    # merges whose places differ
    Case("[32, 32, 16]", "[{skip: [{conv: {filters: 16, kernel_size: 3}}, relu]}]", "padding: same at `skip_1.conv_1`",
         "[{skip: [{conv: {filters: 16, kernel_size: 3, padding: same}}, relu]}]"),
    Case("[32, 32, 16]", "[{skip: [{conv: {filters: 16, kernel_size: 3}}, relu, {conv: {filters: 16, kernel_size: 3}}]}]",
         "padding: same at `skip_1.conv_1` and `skip_1.conv_2`",
         "[{skip: [{conv: {filters: 16, kernel_size: 3, padding: same}}, relu, {conv: {filters: 16, kernel_size: 3, padding: same}}]}]"),
    Case("[32, 32, 16]", "[{inception: {branches: {a: [{1x1: 8}], b: [{conv: {filters: 8, kernel_size: 3}}]}}}]",
         "padding: same at `inception_1.b.conv_1`",
         "[{inception: {branches: {a: [{1x1: 8}], b: [{conv: {filters: 8, kernel_size: 3, padding: same}}]}}}]"),
    Case("[32, 32, 16]", "[{skip: [{conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}}]}]", "shortcut: project",
         "[{skip: {shortcut: project, body: [{conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}}]}}]"),
    Case("[32, 32, 16]", "[{skip: {body: [{conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}}], shortcut: [{1x1: 16}]}}]",
         "strides: 2, rounding: floor at `skip_1.shortcut.conv1x1_1`",
         "[{skip: {body: [{conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}}], "
         "shortcut: [{1x1: {filters: 16, strides: 2, rounding: floor}}]}}]"),
    Case("[32, 32, 16]", "[{conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}}, {upsample: {size: 4, name: up}}, {concat: {from: [up, input]}}]",
         "size: 2 at `up`",
         "[{conv: {filters: 16, kernel_size: 3, strides: 2, padding: same}}, {upsample: {size: 2, name: up}}, {concat: {from: [up, input]}}]"),
    # merges whose channels differ
    Case("[32, 32, 16]", "[{skip: [{conv: {filters: 32, kernel_size: 3, padding: same}}]}]", "shortcut: project",
         "[{skip: {shortcut: project, body: [{conv: {filters: 32, kernel_size: 3, padding: same}}]}}]"),
    Case("[64]", "[{skip: {body: [{dense: 128}, relu, {dense: 32}], shortcut: identity}}]", "units: 64 at `skip_1.dense_2`",
         "[{skip: {body: [{dense: 128}, relu, {dense: 64}], shortcut: identity}}]"),
    Case("[32, 32, 16]", "[{1x1: {filters: 16, name: a}}, {1x1: {filters: 8, name: b}}, {add: {from: [a, input, b]}}]", "filters: 16 at `b`",
         "[{1x1: {filters: 16, name: a}}, {1x1: {filters: 16, name: b}}, {add: {from: [a, input, b]}}]"),
    # what is a block's param is mended at its use
    Case("[32, 32, 16]", "[{B: {filters: 16, name: a}}, {B: {filters: 16, strides: 2, name: b}}, {add: {from: [a, b]}}]", "strides: 1 at `b`",
         "[{B: {filters: 16, name: a}}, {B: {filters: 16, strides: 1, name: b}}, {add: {from: [a, b]}}]", BLOCK),
    Case("[32, 32, 16]", "[{B: 16}, {B: {filters: 24, name: b}}, {add: {from: [B_1, b]}}]", "filters: 16 at `b`",
         "[{B: 16}, {B: {filters: 16, name: b}}, {add: {from: [B_1, b]}}]", BLOCK),
    Case("[32, 32, 16]", "[{B: 24}, {add: {from: [B_1, input]}}]", "filters: 16 at `B_1`",
         "[{B: 16}, {add: {from: [B_1, input]}}]", BLOCK),
    Case("[32, 32, 16]", "[{C: {width: 24}}, {add: {from: [C_1, input]}}]", "width: 16 at `C_1`",
         "[{C: {width: 16}}, {add: {from: [C_1, input]}}]", OUTER),
    # channels
    Case("[8, 8, 10]", "[{conv: {filters: 16, kernel_size: 3, groups: 4}}]", "groups: 2", "[{conv: {filters: 16, kernel_size: 3, groups: 2}}]"),
    Case("[8, 8, 10]", "[{group_norm: 4}]", "groups: 2", "[{group_norm: 2}]"),
    Case("[8, 8, 10]", "[{channel_shuffle: 3}]", "groups: 2", "[{channel_shuffle: 2}]"),
    # reshapes
    Case("[128]", "[{reshape: [7, 7, 2]}]", "target_shape: [8, 8, 2]", "[{reshape: [8, 8, 2]}]"),
    Case("[100]", "[{reshape: [28, 28, 1]}]", "target_shape: [10, 10, 1]", "[{reshape: [10, 10, 1]}]"),
    Case("[8, 8, 16]", "[flatten, {reshape: [8, 8, 8]}]", "target_shape: [8, 8, 16]", "[flatten, {reshape: [8, 8, 16]}]"),
    Case("[100]", "[{dense: 200}, relu, {reshape: [7, 7, 3]}]", "units: 147 at `dense_1`", "[{dense: 147}, relu, {reshape: [7, 7, 3]}]"),
    # axes
    Case("[30]", "[{conv: {filters: 4, kernel_size: 3}}]", "input: 30 x 1", "[30, 1]"),
    Case("[30]", "[{lstm: 8}]", "input: 30 x 1", "[30, 1]"),
    Case("[28, 28]", "[{conv: {filters: 4, kernel_size: [3, 3]}}]", "input: 28 x 28 x 1", "[28, 28, 1]"),
    Case("[28, 28, 3]", "[{conv: {filters: 4, kernel_size: [3, 3, 3]}}]", "kernel_size: 3", "[{conv: {filters: 4, kernel_size: 3}}]"),
    Case("[28, 28, 1]", "[flatten, {conv: {filters: 4, kernel_size: 3}}]", "leave out `flatten_1`", "[{conv: {filters: 4, kernel_size: 3}}]"),
    Case("[28, 28, 1]", "[relu, flatten, {pool: {pool_size: 2}}]", "leave out `flatten_1`", "[relu, {pool: {pool_size: 2}}]"),
    Case("[10, 8]", "[{lstm: 8}, {lstm: 4}]", "return_sequences: true at `lstm_1`", "[{lstm: {units: 8, return_sequences: true}}, {lstm: 4}]"),
    Case("[28, 28, 1]", "[{conv: {filters: 4, kernel_size: 3}}, {lstm: 8}]", "reshape: [26, 104] before `lstm_1`",
         "[{conv: {filters: 4, kernel_size: 3}}, {reshape: [26, 104]}, {lstm: 8}]"),
    Case("[null, null, 3]", "[{1x1: 4}, flatten, {dense: 10}]", "global_pool for flatten at `flatten_1`", "[{1x1: 4}, global_pool, {dense: 10}]"),
    # one node's own
    Case("[29, 29, 1]", "[{conv: {filters: 8, kernel_size: 3, strides: 2, dilation_rate: 2}}]", "dilation_rate: 1",
         "[{conv: {filters: 8, kernel_size: 3, strides: 2, dilation_rate: 1}}]"),
    Case("[28, 28, 1]", "[{pool: 2}]", "pool: {pool_size: 2}", "[{pool: {pool_size: 2}}]"),
    Case("[28, 28, 1]", "[{conv: {filter: 4, kernel_size: 3}}]", "filters", "[{conv: {filters: 4, kernel_size: 3}}]"),
    Case("[28, 28, 1]", "[{conv2d: {filters: 4, kernel_size: 3}}]", "conv", "[{conv: {filters: 4, kernel_size: 3}}]"),
    Case("[28, 28, 1]", "[{conv: {filters: 4, kernel_size: 3, padding: smae}}]", "same", "[{conv: {filters: 4, kernel_size: 3, padding: same}}]"),
]  # fmt: skip


def spec(case: Case, layers: str, given: str) -> str:
    blocks = f"blocks: {case.blocks}\n" if case.blocks else ""
    return f"netspec: 1\ninput: {given}\n{blocks}layers: {layers}\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.given} {case.layers}")
def test_the_first_fix_is_the_one_that_an_expert_would_make(case: Case) -> None:
    text = spec(case, case.layers, case.given)
    problem = next(problem for problem in check_text(text).problems if problem.is_error)
    assert problem.fixes[0].title == case.title
    of_input = case.title.startswith("input")
    wanted = spec(case, case.layers if of_input else case.after, case.after if of_input else case.given)
    assert apply(text, problem.fixes[0].edits) == wanted
