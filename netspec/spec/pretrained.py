"""Where weights come from that training starts with: the `weights` section of a spec, and `init` under `train`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netspec.diagnostics.patterns import later
from netspec.diagnostics.words import show
from netspec.options import IS_EXPRESSION, Declared, Invalid, Named, Nullable, Schema, Text, Type, declare, option

APPLICATIONS = "keras.applications:"
_APPLICATION = later(r"keras\.applications:(?P<name>[A-Za-z]\w*)(?:\((?P<given>[^()]*)\))?")
_ARGUMENT = later(r"\s*(?P<name>[a-z_]+)\s*=\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<truth>true|false))\s*")
_DIGEST = later(r"[0-9a-f]{32}|[0-9a-f]{64}")

Places = dict[str, str | dict[str, str]]  # the `weights` section: a place by name, or places by variant


class Application(NamedTuple):
    """A model of `keras.applications`, and what it is made with: `MobileNet` with `alpha` 0.25."""

    name: str
    arguments: Mapping[str, float | bool]


def application_of(text: str) -> Application | None:
    """The model that `keras.applications:NAME(argument=value)` names; None of anything else. Raises Invalid."""
    if not text.startswith(APPLICATIONS):
        return None
    found = _APPLICATION.fullmatch(text)
    arguments: dict[str, float | bool] = {}
    for part in found["given"].split(",") if found is not None and found["given"] is not None else ():
        argument = _ARGUMENT.fullmatch(part)
        if argument is None:
            found = None
            break
        arguments[argument["name"]] = float(argument["number"]) if argument["number"] else argument["truth"] == "true"
    if found is None:
        right = "`keras.applications:ResNet50` or `keras.applications:MobileNet(alpha=0.25)`"
        raise Invalid(f"must name a model like {right}, not {show(text)}", "NS205")
    return Application(found["name"], arguments)


class Place(Type[str]):
    """Where weights are: a model of `keras.applications`, a run's folder, a `.keras` file or an `.npz`."""

    @property
    def free_text(self) -> bool:
        return True

    def check(self, value: object) -> str:
        if not isinstance(value, str) or not value or "\0" in value:
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        application_of(value)
        return value

    def describe(self) -> str:
        return "a run's folder, a .keras or .npz file, or a model such as `keras.applications:ResNet50`"

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "examples": ["keras.applications:ResNet50"]}


class _Digest(Type[str]):
    """An MD5 or SHA-256 digest in hexadecimal."""

    def check(self, value: object) -> str:
        if not isinstance(value, str) or not _DIGEST.fullmatch(value):
            raise Invalid(f"must be {self.describe()}, not {show(value)}", "NS205")
        return value

    def describe(self) -> str:
        return "an MD5 or SHA-256 digest: 32 or 64 hexadecimal digits"

    def schema(self) -> Schema:
        return {"type": "string", "if": IS_EXPRESSION, "else": {"pattern": f"^({_DIGEST.pattern})$"}}


@declare("init", principal="from")
class Init(Declared):
    """The weights that training starts with, instead of random ones.

    Nodes are found again by their paths in a run or a model that netspec wrote, and by what they are and how they are
    connected in a model of `keras.applications`. Those that are not found, or have another shape, such as a new head, start at
    random, and are named. A resumed run does not read them again.
    """

    # The option is called `from`, which is a word of Python's.
    vars()["from"] = option(
        Place(), "Weights that the spec declares, a run, a .keras or .npz file or `keras.applications:NAME`."
    )
    file: str | None = option(
        Nullable(Text()), "File of the weights of `keras.applications`, in place of that in Keras's cache.", None
    )
    digest: str | None = option(
        Nullable(_Digest()), "MD5 or SHA-256 digest of that file, in place of the one that Keras knows.", None
    )

    @property
    def place(self) -> str:
        """What `from` says."""
        return str(self.values()["from"])


class InitOption(Type[Init]):
    """A map with the options of `init`, or what `from` says, alone."""

    _table = Named("weights to start with", {Init.spec_name: Init})

    @property
    def free_text(self) -> bool:
        return True

    def keys(self) -> tuple[str, ...]:
        return tuple(Init.options)

    def check(self, value: object) -> Init:
        if not isinstance(value, (dict, str)):
            raise Invalid(f"must be {self.describe()}, not {show(value)}")
        try:
            return self._table.check({Init.spec_name: value})
        except Invalid as error:
            raise error.without(1) from None

    def describe(self) -> str:
        return "a run's folder, a .keras or .npz file, a name under `weights`, or a map with `from`, `file`, `digest`"

    def schema(self) -> Schema:
        return {
            "type": ["object", "string"],
            "if": {"type": "object"},
            "then": {key: value for key, value in Init.map_schema().items() if key != "type"},
            "else": {"minLength": 1},
        }


def place_of(places: Places, name: str, variant: str | None) -> str | None:
    """Where the weights are that a spec declares under a name; None where it declares none for this variant."""
    place = places.get(name)
    return place.get(variant or "") if isinstance(place, dict) else place
