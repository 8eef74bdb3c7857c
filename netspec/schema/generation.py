"""The declarations as JSON Schema, for editors and other tools.

Draft-07 without `oneOf` and `anyOf`, because that is what the language servers of editors check, complete and explain
alike. A kind's hyperparameters are one definition, to which the places where it is used add what differs: a node adds the
wiring, and that what is required be given; `defaults` adds neither. As `defaults` may give what a node requires, nodes come in
two forms, `strict` and `loose`, and the top chooses between them by whether the file has `defaults`.

What an editor writes when a name is completed follows from how a kind is referred to: behind an `allOf` it sees no map, and
writes the name alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count

from netspec.data import Data
from netspec.kinds import KINDS, Kind
from netspec.kinds.packages import MAX_PACKAGES, MAX_REQUIREMENT, REQUIREMENT
from netspec.options import (
    BUILT_PATTERN,
    EXPRESSION_PATTERN,
    OFFERS,
    Declared,
    Integer,
    Nullable,
    Schema,
    offers,
    option_schema,
)
from netspec.options.reads import NODE_PATH, pattern
from netspec.spec.document import DTYPES, FORMAT_VERSION
from netspec.spec.keys import AUGMENTING, TOP_KEYS, WIRING
from netspec.spec.limits import Limits
from netspec.spec.names import BLOCK_NAME, IDENTIFIER, MAX_NAME, VARIANT_NAME
from netspec.spec.pretrained import Place
from netspec.spec.training_settings import Train

URI = "http://json-schema.org/draft-07/schema#"
_NAME = pattern(IDENTIFIER)
_BLOCK = pattern(BLOCK_NAME)
_PATH = pattern(NODE_PATH)
_OUTPUT = f"{_PATH}|{BUILT_PATTERN}"
FORMS = ("strict", "loose")


def make() -> Schema:
    """The schema, with what stands in many places said once."""
    return share(unshared())


def unshared() -> Schema:
    """The whole schema, each property written out where it belongs."""
    definitions: dict[str, Schema] = {}
    for cls in KINDS.values():
        for form in FORMS:
            definitions[_definition(cls, form)] = _kind(cls, form)
    for form in FORMS:
        definitions[f"{form}-use"] = _use_of_one(form)
        definitions[f"{form}-node"] = _node(form)
        definitions[f"{form}-body"] = {"type": "array", "items": _reference(f"{form}-node")}
        definitions[f"{form}-block"] = _block(form)
        definitions[f"{form}-augmentation"] = _augmentation(form)
    definitions["wiring"] = {"properties": {name: key.schema() for name, key in WIRING.items()}}
    definitions["no-wiring"] = {"type": ["object", "null"], "properties": dict.fromkeys(WIRING, False)}
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
                "then": {"properties": {"input": False}},
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
            inner = ",\n".join(f"{_line(name)}:{_line(schema)}" for name, schema in value.items())
            lines.append(f"{_line(key)}:{{\n{inner}\n}}")
        else:
            lines.append(f"{_line(key)}:{_line(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _definition(cls: type[Kind], form: str) -> str:
    """What holds a kind's hyperparameters: of a composition one a form, because its bodies have one."""
    return f"{form}-{cls.spec_name}" if cls.composition else cls.spec_name


def _in_form(schema: Schema, form: str) -> Schema:
    """The schema of a kind's options with its bodies in one of the two forms."""

    def inside(part: object) -> object:
        if isinstance(part, dict):
            return _in_form(part, form)
        return [inside(item) for item in part] if isinstance(part, list) else part

    return {k: f"#/definitions/{form}-body" if k == "$ref" else inside(v) for k, v in schema.items()}


def _kind(cls: type[Kind], form: str) -> Schema:
    """A kind's hyperparameters, none of them required; the keys of wiring are let pass, for others to say what they hold."""
    schema = _in_form(cls.use_schema(), form)
    schema["properties"] |= dict.fromkeys(WIRING, True)
    if schema.pop("required", None):
        schema["type"] = [*schema["type"], "null"]
    return schema


def _use(cls: type[Kind], form: str) -> Schema:
    """What follows a kind's name in a node."""
    kind = _reference(_definition(cls, form))
    if form == "loose" and cls.required:
        return kind
    words = {
        "markdownDescription": cls.summary()
    }  # here too, because editors look no further when they complete the name
    if not cls.required:
        return {**words, "allOf": [kind]}
    whole = _in_form(cls.use_schema(), form)
    return {
        "title": cls.spec_name,
        **words,
        "type": whole["type"],
        "required": whole["required"],
        "properties": {name: whole["properties"][name] for name in cls.required},
        **{key: value for key, value in whole.items() if key == OFFERS},
        "if": {"type": whole["type"]},
        "then": kind,  # which editors do not look into for what may stand there: null may not
    }


# A node that shares another's weights has that one's hyperparameters, so it may leave out its own.
_SHARES: Schema = {"minProperties": 1, "additionalProperties": {"type": "object", "required": ["share"]}}


def _node(form: str) -> Schema:
    strict = {"if": _SHARES, "then": _reference("loose-use"), "else": _reference("strict-use")}
    return {
        "type": ["object", "string"],
        **offers(name for name, cls in _nodes() if not cls.required),
        "if": {"type": "object"},
        "then": strict if form == "strict" else _reference("loose-use"),
        "else": _word([cls for _, cls in _nodes()], form),
    }


def _word(kinds: Iterable[type[Kind]], form: str) -> Schema:
    """A node that is a word: a block, a kind that requires nothing, or in the loose form any."""
    alone = [cls for cls in kinds if not cls.required]
    others = [cls.spec_name for cls in kinds if cls.required and form == "loose"]
    return {
        "if": {"pattern": f"{_BLOCK}|^({'|'.join(others)})$" if others else _BLOCK},
        "else": {
            "enum": [cls.spec_name for cls in alone],
            "markdownEnumDescriptions": [cls.summary() for cls in alone],
            "errorMessage": "Not a kind that can stand alone: it is misspelt, or lacks the hyperparameters that it requires, as in "
            "`conv: {filters: 64, kernel_size: 3}`.",
        },
    }


def _nodes() -> list[tuple[str, type[Kind]]]:
    """The kinds that a body takes, by name."""
    return [(name, cls) for name, cls in KINDS.items() if not cls.mixes_labels]


def _use_of_one(form: str) -> Schema:
    """A map with one key: a kind or a block."""
    return {
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {kind_name: _use(cls, form) for kind_name, cls in _nodes()},
        "patternProperties": {_BLOCK: _reference("block-use")},
        "additionalProperties": False,
        "allOf": [{"additionalProperties": _reference("wiring")}],
    }


def _augmentation(form: str) -> Schema:
    """A node of `augment`. Blocks and wiring are refused when it is trained; here they are not offered."""
    kinds = [cls for cls in KINDS.values() if cls.family in AUGMENTING]
    return {
        "type": ["object", "string"],
        "if": {"type": "object"},
        "then": {
            "minProperties": 1,
            "maxProperties": 1,
            "properties": {cls.spec_name: _use(cls, form) for cls in kinds},
            "patternProperties": {_BLOCK: _reference("block-use")},
            "additionalProperties": False,
        },
        "else": _word(kinds, form),
    }


_PARAM: Schema = {
    "type": ["string", "number", "boolean", "array"],
    "allOf": [{"items": {"type": ["number", "boolean", "string", "array", "null"]}}],
}


_NULLABLE_PARAM: Schema = {**_PARAM, "type": [*_PARAM["type"], "null"]}


def _block_use() -> Schema:
    return {
        "type": ["object", "number", "boolean", "string", "array", "null"],
        "properties": dict.fromkeys(WIRING, True),
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
        "layers": {"type": "array", "minItems": 1, "items": _reference(f"{form}-node")},
        "blocks": {"type": ["object", "null"], "patternProperties": {_BLOCK: _reference(f"{form}-block")}},
        "train": {"properties": {"augment": {"items": _reference(f"{form}-augmentation")}}},
    }


_SIZE = Nullable(Integer(ge=1)).schema()


def _input(named: bool) -> Schema:
    shape: Schema = {"type": ["string", "array"], "pattern": EXPRESSION_PATTERN, "allOf": [{"items": _SIZE}]}
    properties: Schema = {"shape": shape, "dtype": DTYPES.schema()}
    title = {"title": "input"} if named else {}
    if named:
        properties["name"] = {"type": "string", "pattern": _NAME, "maxLength": MAX_NAME}
    return {
        **title,
        "type": ["string", "array", "object"],
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
    return {
        "type": ["object", "null"],
        "properties": {kind_name: _default(cls) for kind_name, cls in KINDS.items()},
        "additionalProperties": False,
        "allOf": [{"additionalProperties": _reference("no-wiring")}],
    }


def _default(cls: type[Kind]) -> Schema:
    """The hyperparameters that `defaults` may give a kind: all but its bodies and the nodes that it reads."""
    if not cls.composition and not cls.reads:
        return _reference(cls.spec_name)
    options = {
        name: option_schema(opt)
        for name, opt in cls.options.items()
        if "$ref" not in str(opt.type.schema()) and name not in cls.reads
    }
    return {"title": cls.spec_name, "properties": options, "additionalProperties": False}


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


_REQUIREMENT = {"type": "string", "pattern": REQUIREMENT, "maxLength": MAX_REQUIREMENT}


def _top() -> Schema:
    schemas: dict[str, Schema] = {
        "netspec": {"enum": [FORMAT_VERSION]},
        "name": {"type": "string", "pattern": _NAME, "maxLength": MAX_NAME},
        "description": {"type": "string"},
        "requires": {"type": ["array", "null"], "maxItems": MAX_PACKAGES, "allOf": [{"items": _REQUIREMENT}]},
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
        "use": {
            "type": ["object", "null"],
            "additionalProperties": {"type": "array", "allOf": [{"items": {"type": "string", "pattern": _BLOCK}}]},
        },
        "blocks": {
            "type": ["object", "null"],
            "propertyNames": {"maxLength": MAX_NAME},
            "patternProperties": {_BLOCK: {"type": "object"}},
            "additionalProperties": False,
        },
        "layers": {"type": "array"},
        "outputs": {
            "type": ["string", "array", "object"],
            "pattern": _OUTPUT,
            "minItems": 1,
            "minProperties": 1,
            "allOf": [{"items": {"type": "string", "pattern": _OUTPUT}}],
            "propertyNames": {"maxLength": MAX_NAME, "pattern": _NAME},
            "additionalProperties": {"type": "string", "pattern": _OUTPUT},
        },
        "weights": _weights(),
        "limits": _section(Limits),
        "data": _section(Data),
        "train": _section(Train),
    }
    return {name: {**schemas[name], "markdownDescription": words} for name, words in TOP_KEYS.items()}


# --- what stands in many places, once -----------------------------------------------------------------------------------


def share(schema: Schema) -> Schema:
    """The same schema with what stands in several places as definitions, and references to them.

    A hyperparameter such as `kernel_initializer` stands at a dozen kinds, the words that it takes at others under another name.
    Where the same values are allowed and other words said of them, the words stand beside the reference: a validator passes over
    them, and an editor shows them.
    """
    return _Sharing(schema).shared(schema)


_NAMED = ("properties", "patternProperties")  # keywords that hold schemas by name
_ONE = ("additionalProperties", "items", "if", "then", "else", "not")  # those that hold one, if it is no boolean


class _Sharing:
    """Which parts are shared, by what they say, and the definitions made of them."""

    SHORT = 50  # characters up to which a part is hardly longer than a reference to it

    def __init__(self, schema: Schema) -> None:
        self.wholes: Counter[str] = Counter()
        self.values: dict[str, set[str]] = {}  # what is allowed -> what is said of it, in different words
        self.own = set(schema["definitions"])
        for inner in (schema, *schema["definitions"].values()):
            self._count(inner)
        self.names: dict[str, str] = {}
        self.definitions: dict[str, Schema] = {}

    def shared(self, schema: Schema) -> Schema:
        """The whole schema, the shared definitions after its own."""
        own = {name: self._inside(name, inner) for name, inner in schema["definitions"].items()}
        top = self._inside("netspec", {key: value for key, value in schema.items() if key != "definitions"})
        return {**top, "definitions": {**own, **self.definitions}}

    def _count(self, schema: Schema) -> None:
        for _, part in _parts("", schema):
            whole = _key(part)
            self.wholes[whole] += 1
            self.values.setdefault(_key(_without_words(part)), set()).add(whole)
            if self.wholes[whole] == 1:  # what is in a part that is shared stands in one place
                self._count(part)

    def _inside(self, name: str, schema: Schema) -> Schema:
        """A schema with its parts shared."""
        parts = {id(part): self._part(called, part) for called, part in _parts(name, schema)}

        def replaced(value: object) -> object:
            if isinstance(value, dict):
                return parts.get(id(value)) or {key: replaced(inner) for key, inner in value.items()}
            return [replaced(item) for item in value] if isinstance(value, list) else value

        return {key: replaced(value) for key, value in schema.items()}

    def _part(self, name: str, schema: Schema) -> Schema:
        whole, bare = _key(schema), _without_words(schema)
        if self.wholes[whole] > 1 and len(whole) > self.SHORT:
            return self._defined(name, whole, lambda: self._value(name, schema, bare))
        return self._value(name, schema, bare)

    def _value(self, name: str, schema: Schema, bare: Schema) -> Schema:
        """A part with its own words, what is allowed shared with others that say something else of it."""
        value = _key(bare)
        if bare == schema or len(self.values[value]) < 2 or len(value) <= self.SHORT:
            return self._inside(name, schema)
        words = {key: schema[key] for key in schema if key not in bare}
        return {**self._defined(name, value, lambda: self._inside(name, bare)), **words}

    def _defined(self, name: str, text: str, make: Callable[[], Schema]) -> Schema:
        if text not in self.names:
            taken = {*self.own, *self.names.values()}
            numbered = (f"{name}-{number}" for number in count(2))
            key = next(key for key in chain((name,), numbered) if key not in taken)
            self.names[text] = key
            self.definitions[key] = make()
        return _reference(self.names[text])


def _parts(name: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The schemas that stand in a schema, each with what it is called: the property's name, or that of what it is part of."""
    for key, value in schema.items():
        if key in _NAMED:
            named = ((inner_name if key == "properties" else name, inner) for inner_name, inner in value.items())
            yield from ((called, inner) for called, inner in named if isinstance(inner, dict))
        elif key in _ONE and isinstance(value, dict):
            yield name, value
        elif key == "allOf":
            yield from ((name, inner) for inner in value)


def _without_words(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "markdownDescription"}


def _key(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)
