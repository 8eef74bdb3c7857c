"""The declarations as JSON Schema, for editors and other tools.

Draft-07 without `oneOf` and `anyOf`, because that is what the language servers of editors check, complete and explain
alike. One thing cannot be said by one definition: a hyperparameter that `defaults` give need not stand at the node. So
nodes come in two forms, `strict` with required hyperparameters and `loose` without, and the top chooses between them by
whether the file has `defaults`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, count

from netspec.data import Data
from netspec.kinds import KINDS, Kind
from netspec.options import EXPRESSION_PATTERN, Declared, Schema, option_schema
from netspec.spec.document import DTYPES, FORMAT_VERSION
from netspec.spec.keys import TOP_KEYS, WIRING
from netspec.spec.limits import Limits
from netspec.spec.names import BLOCK_NAME, IDENTIFIER, MAX_NAME, NODE_PATH, VARIANT_NAME, pattern
from netspec.spec.pretrained import Place
from netspec.spec.training_settings import Train

URI = "http://json-schema.org/draft-07/schema#"
_NAME = pattern(IDENTIFIER)
_BLOCK = pattern(BLOCK_NAME)
_PATH = pattern(NODE_PATH)
_WIRING: dict[str, Schema] = {name: key.schema() for name, key in WIRING.items()}


def make() -> Schema:
    """The schema, with what stands in many places said once."""
    return share_properties(unshared())


def unshared() -> Schema:
    """The whole schema, each property written out where it belongs."""
    definitions: dict[str, Schema] = {}
    for form in ("strict", "loose"):
        for cls in KINDS.values():
            if form == "strict" or _has_forms(cls):
                definitions[_definition(cls, form)] = _use(cls, form)
        definitions[f"{form}-use"] = _use_of_one(form)
        definitions[f"{form}-node"] = _node(form)
        definitions[f"{form}-body"] = {"type": "array", "items": _reference(f"{form}-node")}
        definitions[f"{form}-block"] = _block(form)
    definitions["block-use"] = _block_use()
    return {
        "$schema": URI,
        "title": "netspec",
        "markdownDescription": "A neural network, written down. `netspec explain` has a page for each kind.",
        "type": "object",
        "required": ["netspec", "layers"],
        "properties": _top(),
        "additionalProperties": False,
        "if": {"required": ["defaults"]},
        "then": {"properties": _bodies("loose")},
        "else": {"properties": _bodies("strict")},
        "allOf": [
            {
                "if": {"required": ["inputs"]},
                "then": {"not": {"required": ["input"]}},
                "else": {"required": ["input"]},
            }
        ],
        "definitions": definitions,
    }


def text() -> str:
    """The schema as it stands in a file: a line for each property of a document, and one for each definition."""
    lines = []
    for key, value in make().items():
        if key in ("properties", "definitions"):
            inner = ",\n".join(f"{_line(name)}: {_line(schema)}" for name, schema in value.items())
            lines.append(f"{_line(key)}: {{\n{inner}\n}}")
        else:
            lines.append(f"{_line(key)}: {_line(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _has_forms(cls: type[Kind]) -> bool:
    return bool(cls.required) or cls.composition


def _definition(cls: type[Kind], form: str) -> str:
    return f"{form}-{cls.spec_name}" if _has_forms(cls) else f"kind-{cls.spec_name}"


def _in_form(schema: Schema, form: str) -> Schema:
    """The schema of a kind's options with its bodies in one of the two forms."""

    def inside(part: object) -> object:
        if isinstance(part, dict):
            return _in_form(part, form)
        return [inside(item) for item in part] if isinstance(part, list) else part

    return {k: f"#/definitions/{form}-body" if k == "$ref" else inside(v) for k, v in schema.items()}


def _use(cls: type[Kind], form: str) -> Schema:
    """What follows a kind's name in a node."""
    schema = _in_form(cls.use_schema(), form)
    schema["properties"] = {**schema["properties"], **_WIRING}
    if form == "loose":
        schema.pop("required", None)
        if "null" not in schema["type"]:
            schema["type"].append("null")
    return schema


# A node that shares another's weights has that one's hyperparameters, so it may leave out its own.
_SHARES: Schema = {"minProperties": 1, "additionalProperties": {"type": "object", "required": ["share"]}}


def _node(form: str) -> Schema:
    bare = [kind_name for kind_name, cls in KINDS.items() if form == "loose" or not cls.required]
    strict = {"if": _SHARES, "then": _reference("loose-use"), "else": _reference("strict-use")}
    return {
        "type": ["object", "string"],
        "if": {"type": "object"},
        "then": strict if form == "strict" else _reference("loose-use"),
        "else": {"if": {"pattern": _BLOCK}, "else": {"enum": bare}},
    }


def _use_of_one(form: str) -> Schema:
    """A map with one key: a kind or a block."""
    return {
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {kind_name: _reference(_definition(cls, form)) for kind_name, cls in KINDS.items()},
        "patternProperties": {_BLOCK: _reference("block-use")},
        "additionalProperties": False,
    }


_PARAM: Schema = {
    "type": ["number", "boolean", "string", "array"],
    "allOf": [{"items": {"type": ["number", "boolean", "string", "array", "null"]}}],
}


_NULLABLE_PARAM: Schema = {**_PARAM, "type": [*_PARAM["type"], "null"]}


def _block_use() -> Schema:
    return {
        "type": ["object", "number", "boolean", "string", "array", "null"],
        "properties": _WIRING,
        "additionalProperties": _NULLABLE_PARAM,
        "allOf": [{"items": {"type": ["number", "boolean", "string", "array", "null"]}}],
    }


def _params(optional: bool) -> Schema:
    value = _NULLABLE_PARAM if optional else _PARAM
    return {
        "type": ["object", "null"],
        "propertyNames": {"maxLength": MAX_NAME, "not": {"enum": list(WIRING)}},
        "patternProperties": {_NAME: value},
        "additionalProperties": False,
    }


def _block(form: str) -> Schema:
    return {
        "type": "object",
        "required": ["layers"],
        "properties": {
            "description": {"type": "string"},
            "params": {
                **_params(optional=True),
                "markdownDescription": "Names to defaults; one without a value must be given.",
            },
            "layers": {
                "type": ["array", "null"],
                "allOf": [{"items": _reference(f"{form}-node")}],
            },
        },
        "additionalProperties": False,
    }


def _bodies(form: str) -> Schema:
    """The properties of the top that hold nodes."""
    return {
        "layers": {"minItems": 1, "items": _reference(f"{form}-node")},
        "blocks": {"patternProperties": {_BLOCK: _reference(f"{form}-block")}},
        "train": {"properties": {"augment": {"items": _reference(f"{form}-node")}}},
    }


_SIZE: Schema = {"type": ["integer", "string", "null"], "minimum": 1, "pattern": EXPRESSION_PATTERN}


def _input(named: bool) -> Schema:
    shape: Schema = {"type": ["array", "string"], "pattern": EXPRESSION_PATTERN, "allOf": [{"items": _SIZE}]}
    properties: Schema = {"shape": shape, "dtype": DTYPES.schema()}
    if named:
        properties["name"] = {"type": "string", "pattern": _NAME, "maxLength": MAX_NAME}
    return {
        "type": ["array", "object", "string"],
        "pattern": EXPRESSION_PATTERN,
        "allOf": [{"items": _SIZE}],
        "required": ["shape"],
        "properties": properties,
        "additionalProperties": False,
    }


def _section(declared: type[Declared]) -> Schema:
    schema = declared.map_schema()
    if not declared.required:
        schema["type"] = ["object", "null"]
    return schema


def _defaults() -> Schema:
    kinds = {}
    for kind_name, cls in KINDS.items():
        options = {
            name: option_schema(opt) for name, opt in cls.options.items() if "$ref" not in str(opt.type.schema())
        }
        kinds[kind_name] = {
            "type": ["object", "null"],
            "title": kind_name,
            "properties": options,
            "additionalProperties": False,
        }
    return {"type": ["object", "null"], "properties": kinds, "additionalProperties": False}


def _weights() -> Schema:
    place = Place().schema()
    rest = {key: value for key, value in place.items() if key != "type"}
    by_variant: Schema = {
        "type": ["object", "string"],
        "if": {"type": "object"},
        "then": {"additionalProperties": place},
        "else": rest,
    }
    return {
        "type": ["object", "null"],
        "propertyNames": {"maxLength": MAX_NAME},
        "patternProperties": {_NAME: by_variant},
        "additionalProperties": False,
    }


def _top() -> Schema:
    schemas: dict[str, Schema] = {
        "netspec": {"enum": [FORMAT_VERSION]},
        "name": {"type": "string", "pattern": _NAME, "maxLength": MAX_NAME},
        "description": {"type": "string"},
        "params": _params(optional=False),
        "variants": {
            "type": ["object", "null"],
            "propertyNames": {"maxLength": MAX_NAME},
            "patternProperties": {
                pattern(VARIANT_NAME): {
                    "type": ["object", "null"],
                    "additionalProperties": _PARAM,
                }
            },
            "additionalProperties": False,
        },
        "input": _input(named=True),
        "inputs": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"maxLength": MAX_NAME},
            "patternProperties": {_NAME: _input(named=False)},
            "additionalProperties": False,
        },
        "defaults": _defaults(),
        "blocks": {
            "type": ["object", "null"],
            "propertyNames": {"maxLength": MAX_NAME},
            "patternProperties": {_BLOCK: {"type": "object"}},
            "additionalProperties": False,
        },
        "layers": {"type": "array"},
        "outputs": {
            "type": ["array", "object", "string"],
            "pattern": _PATH,
            "minItems": 1,
            "minProperties": 1,
            "allOf": [{"items": {"type": "string", "pattern": _PATH}}],
            "propertyNames": {"maxLength": MAX_NAME, "pattern": _NAME},
            "additionalProperties": {"type": "string", "pattern": _PATH},
        },
        "weights": _weights(),
        "limits": _section(Limits),
        "data": _section(Data),
        "train": _section(Train),
    }
    return {name: {**schemas[name], "markdownDescription": words} for name, words in TOP_KEYS.items()}


# --- what stands in many places, once -----------------------------------------------------------------------------------


def share_properties(schema: Schema) -> Schema:
    """The same schema with the properties that stand in several places as definitions, and references to them.

    A hyperparameter such as `kernel_initializer` stands at a dozen kinds, twice at each, and again in `defaults`; the
    wiring at every kind. Where the same values are allowed and other words said of them, the words stand beside the
    reference: a validator passes over them, and an editor shows them.
    """
    return _Sharing(schema).shared(schema)


class _Sharing:
    """Which properties are shared, by what they say, and the definitions made of them."""

    SHORT = 60  # characters up to which a property is hardly longer than a reference to it

    def __init__(self, schema: Schema) -> None:
        self.wholes: Counter[str] = Counter()
        self.values: dict[str, set[str]] = {}  # what is allowed -> what is said of it, in different words
        for inner in _properties(schema):
            whole = _key(inner)
            self.wholes[whole] += 1
            self.values.setdefault(_key(_without_words(inner)), set()).add(whole)
        self.own = set(schema["definitions"])
        self.names: dict[str, str] = {}
        self.definitions: dict[str, Schema] = {}

    def shared(self, schema: Schema) -> Schema:
        """The whole schema, the shared definitions after its own."""
        result = self._inside(schema)
        return {**result, "definitions": {**result["definitions"], **self.definitions}}

    def _inside(self, schema: Schema) -> Schema:
        return {
            key: {name: self._property(name, inner) for name, inner in value.items()}
            if key == "properties"
            else self._part(value)
            for key, value in schema.items()
        }

    def _part(self, part: object) -> object:
        if isinstance(part, dict):
            return self._inside(part)
        return [self._part(item) for item in part] if isinstance(part, list) else part

    def _property(self, name: str, schema: Schema) -> Schema:
        whole, bare = _key(schema), _without_words(schema)
        if self.wholes[whole] > 1 and len(whole) > self.SHORT:
            return self._defined(name, whole, lambda: self._value(name, schema, bare))
        return self._value(name, schema, bare)

    def _value(self, name: str, schema: Schema, bare: Schema) -> Schema:
        """A property with its own words, what is allowed shared with others that say something else of it."""
        value = _key(bare)
        if bare == schema or len(self.values[value]) < 2 or len(value) <= self.SHORT:
            return self._inside(schema)
        words = {key: schema[key] for key in schema if key not in bare}
        return {**self._defined(name, value, lambda: self._inside(bare)), **words}

    def _defined(self, name: str, text: str, make: Callable[[], Schema]) -> Schema:
        if text not in self.names:
            taken = {*self.own, *self.names.values()}
            numbered = (f"{name}-{number}" for number in count(2))
            key = next(key for key in chain((name,), numbered) if key not in taken)
            self.names[text] = key
            self.definitions[key] = make()
        return _reference(self.names[text])


def _properties(schema: object) -> Iterator[Schema]:
    """All properties anywhere in a schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from _properties(item)
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from value.values()
            for inner in value.values() if key == "properties" else (value,):
                yield from _properties(inner)


def _without_words(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "markdownDescription"}


def _key(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)
