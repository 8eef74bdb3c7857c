"""Hyperparameters declared once.

A declared class (a kind, an optimizer, a data source) lists its hyperparameters as class attributes made by the field
functions of this module. Each carries a type, and a type knows three things: how to check a plain value, how to say in
words what it takes, and its JSON Schema, expressions included. The structural check, the schema, the
reference pages and the tests all read these declarations and nothing else.
"""

from netspec.options.containers import ListOf, OneOrMore, PerName
from netspec.options.declared import REQUIRED, Declared, Option, Values, declare, option, option_schema
from netspec.options.invalid import Invalid, together
from netspec.options.lists import Amounts, IntegerList, Numbers, Reals, Sides, Sizes, Span, Whole
from netspec.options.named import Named, Nested
from netspec.options.quantity import Quantity
from netspec.options.types import (
    BUILT_PATTERN,
    EXPRESSION_PATTERN,
    IS_EXPRESSION,
    OFFERS,
    Boolean,
    Choice,
    Constant,
    Integer,
    Nullable,
    Number,
    Schema,
    Text,
    Token,
    Type,
    in_brackets,
    offers,
)

__all__ = [
    "BUILT_PATTERN",
    "EXPRESSION_PATTERN",
    "IS_EXPRESSION",
    "OFFERS",
    "REQUIRED",
    "Amounts",
    "Boolean",
    "Choice",
    "Constant",
    "Declared",
    "Integer",
    "IntegerList",
    "Invalid",
    "ListOf",
    "Named",
    "Nested",
    "Nullable",
    "Number",
    "Numbers",
    "OneOrMore",
    "Option",
    "PerName",
    "Quantity",
    "Reals",
    "Schema",
    "Sides",
    "Sizes",
    "Span",
    "Text",
    "Token",
    "Type",
    "Values",
    "Whole",
    "declare",
    "in_brackets",
    "offers",
    "option",
    "option_schema",
    "together",
]
