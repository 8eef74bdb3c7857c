"""Kinds of one's own: packages that declare kinds, which are imported only when the user allows them by name.

A package lists its modules of kinds as entry points of the group `netspec.kinds`. `allow` imports them, and nothing else does:
what a spec says under `requires` is compared with what has been allowed and with the versions of what is installed, which are
read without importing anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from netspec.diagnostics.patterns import later
from netspec.diagnostics.words import show
from netspec.kinds.table import FAMILIES, KINDS, KindExists, Stray

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

    from netspec.kinds.kind import Kind

GROUP = "netspec.kinds"
MAX_PACKAGES = 20  # that a spec requires
MAX_REQUIREMENT = 100  # characters
REQUIREMENT = r"^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?: *>= *([0-9]+(?:\.[0-9]+)*))?$"
_REQUIREMENT = later(REQUIREMENT.removesuffix("$") + r"\Z")
_KIND_NAME = later(r"[a-z][a-z0-9_]*\Z")


class PackageError(Exception):
    """A package of kinds that cannot be taken; its text is the whole sentence, and says what to do."""


class Package(NamedTuple):
    """A package that has been allowed."""

    name: str  # as packages are compared: lower case, one hyphen between its parts
    version: str
    kinds: tuple[str, ...]
    modules: frozenset[str]  # the top-level modules that declare them


ALLOWED: dict[str, Package] = {}  # by name, in the order in which they were allowed


class Requirement(NamedTuple):
    """What `requires` asks for: a package, perhaps of a version or a later one."""

    name: str
    least: str = ""

    @property
    def text(self) -> str:
        """As it is written, and as pip takes it."""
        return f"{self.name}>={self.least}" if self.least else self.name

    def unmet(self) -> str:
        """What is missing, and what to do; empty where nothing is. Nothing is imported."""
        allowed = ALLOWED.get(self.name)
        version = allowed.version if allowed is not None else _installed_version(self.name)
        allow = f"allow it with `--kinds {self.name}` or in netspec.toml"
        install = f"`pip install {self._quoted()}`"
        if version is None:
            return f"the package {show(self.name)} is not installed; {install}, then {allow}"
        if self.least and _release(version) < _release(self.least):
            return f"version {self.least} of the package {show(self.name)} is needed, and {version} is installed; {install}"
        if allowed is None:
            return f"the kinds of the package {show(self.name)} are not loaded; if you trust it, {allow}"
        return ""

    def _quoted(self) -> str:
        return f'"{self.text}"' if self.least else self.text


def canonical(name: str) -> str:
    """A package's name as names of packages are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_requirement(text: str) -> Requirement | None:
    """`name` or `name>=version`; None for anything else."""
    match = _REQUIREMENT.match(text) if len(text) <= MAX_REQUIREMENT else None
    return None if match is None else Requirement(canonical(match[1]), match[2] or "")


def allow(names: Iterable[str]) -> tuple[str, ...]:
    """Import the kinds of some packages, which from then on are kinds like netspec's own.

    Args:
        names: The packages' names. One that is allowed already is left as it is.

    Returns:
        The names of those that were not allowed before.

    Raises:
        PackageError: One of them cannot be taken; the kinds of those before it stay.
    """
    new = []
    for given in names:
        requirement = read_requirement(given)
        if requirement is None or requirement.least:
            raise PackageError(f"{show(given)} is not the name of a package")
        if requirement.name not in ALLOWED:
            ALLOWED[requirement.name] = _taken(requirement.name)
            new.append(requirement.name)
    return tuple(new)


def forget(names: Iterable[str]) -> None:
    """Take back what `allow` took in."""
    for name in names:
        package = ALLOWED.pop(name)
        for kind_name in package.kinds:
            del KINDS[kind_name]
        if name in FAMILIES:
            FAMILIES.remove(name)


@contextmanager
def allowing(names: Iterable[str]) -> Iterator[None]:
    """The kinds of some packages while this is entered. Raises PackageError."""
    before = tuple(ALLOWED)
    try:
        allow(names)
        yield
    finally:
        forget([name for name in ALLOWED if name not in before])


def packages_of(kind_names: Iterable[str]) -> dict[str, str]:
    """The packages, with their versions, that some kinds come from; netspec's own come from none."""
    if not ALLOWED:
        return {}
    used = frozenset(kind_names)
    return {package.name: package.version for package in ALLOWED.values() if not used.isdisjoint(package.kinds)}


def not_allowed(needed: Mapping[str, str]) -> str:
    """Which of these packages, given with versions, are not allowed, and what to do; empty where all are."""
    for name, version in needed.items():
        if name not in ALLOWED:
            unmet = Requirement(name).unmet()
            return f"it needs the kinds of {name} {version}: {unmet}"
    return ""


def culprit(error: BaseException) -> str:
    """The package of kinds in whose own code an exception was raised; empty where it was none."""
    from traceback import walk_tb

    modules = {module: package.name for package in ALLOWED.values() for module in package.modules}
    found = ""
    for frame, _ in walk_tb(error.__traceback__) if modules else ():
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        found = modules.get(module, found)
    return found


# --- what allowing a package takes ------------------------------------------------------------------------------------


def _distribution(name: str) -> Distribution | None:
    from importlib import metadata

    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def _installed_version(name: str) -> str | None:
    found = _distribution(name)
    return None if found is None else found.version


def _release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with, which alone are compared; zeros at the end say nothing."""
    numbers = [int(part) for part in re.findall(r"\d+", re.match(r"[0-9.]*", version)[0])]  # type: ignore[index]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _taken(name: str) -> Package:
    """The package, its kinds entered; where something is wrong none of them is."""
    found = _distribution(name)
    if found is None:
        raise PackageError(f"no package {show(name)} is installed; `pip install {name}` if that is its name")
    points = [point for point in found.entry_points if point.group == GROUP]
    if not points:
        raise PackageError(f"the package {show(name)} declares no kinds: it has no entry point in the group `{GROUP}`")
    before = frozenset(KINDS)
    tops = frozenset(point.module.partition(".")[0] for point in points)
    try:
        for point in points:
            _load(name, point)
        kinds = tuple(
            cls.spec_name
            for cls in KINDS.read()
            if not cls.__module__.startswith("netspec.") and (cls.spec_name not in before or _top_of(cls) in tops)
        )
        if not kinds:
            modules = ", ".join(f"`{point.value}`" for point in points)
            raise PackageError(f"the package {show(name)} declares no kinds: there is no `@kind` in {modules}")
        for kind_name in kinds:
            _check(name, kind_name, KINDS[kind_name])
    except BaseException:
        for cls in KINDS.read():
            if _top_of(cls) in tops and not cls.__module__.startswith("netspec."):
                del KINDS[cls.spec_name]
        raise
    for kind_name in kinds:
        cls = KINDS[kind_name]
        if cls.family not in FAMILIES:
            cls.family = name
    if any(KINDS[kind_name].family == name for kind_name in kinds):
        FAMILIES.append(name)
    return Package(name, found.version, kinds, frozenset(_top_of(KINDS[kind_name]) for kind_name in kinds))


def _top_of(cls: type[Kind]) -> str:
    return cls.__module__.partition(".")[0]


def _load(name: str, point: EntryPoint) -> None:
    """Import one entry point; of a module that was imported before, the kinds are entered again."""
    import sys

    held = sys.modules.get(point.module)
    try:
        point.load()
        for value in tuple(vars(held).values()) if held is not None else ():
            if isinstance(value, type) and value.__module__.partition(".")[0] == point.module.partition(".")[0]:
                _enter(value)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a module raises whatever it is written to
        raise PackageError(f"the kinds of the package {show(name)} cannot be loaded: {_said(error)}") from None


def _enter(cls: type) -> None:
    from netspec.kinds.kind import Kind

    if issubclass(cls, Kind) and cls.spec_name and "spec_name" in vars(cls) and KINDS.get(cls.spec_name) is not cls:
        KINDS[cls.spec_name] = cls


def _said(error: BaseException) -> str:
    """An exception in one sentence, with the file and line at which the package raised it."""
    message = (str(error).strip() or type(error).__name__).splitlines()[0]
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.msg} ({error.filename}, line {error.lineno})"
    where = _place(error.__traceback__)
    if isinstance(error, KindExists):
        what = f"there is a kind {show(error.kind_name)} already; give yours another name"
    else:
        what = message if isinstance(error, Stray) else f"{type(error).__name__}: {message}"
    return f"{what}{f' ({where[0]}, line {where[1]})' if where else ''}"


def _place(found: TracebackType | None) -> tuple[str, int] | None:
    """The innermost place that is neither netspec's nor Python's own machinery of importing."""
    from traceback import walk_tb  # which imports more than a check does

    place = None
    for frame, line in walk_tb(found):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in ("netspec", "importlib") and not frame.f_code.co_filename.startswith("<"):
            place = (frame.f_code.co_filename, line)
    return place


def _check(package: str, kind_name: str, cls: type[Kind]) -> None:
    """Raise PackageError where a class lacks what netspec asks of every kind."""
    from netspec.kinds.kind import Kind

    wrong = ""
    if not _KIND_NAME.match(kind_name):
        wrong = "has a name that is not lower-case letters, digits and `_`, starting with a letter"
    elif not (cls.__doc__ or "").strip() or cls.__doc__ == Kind.__doc__:
        wrong = "has no docstring, which is what `netspec explain` shows"
    elif cls.composition:
        wrong = "is a composition, which only netspec's own kinds are; write a block"
    elif not cls.keras_layers:
        wrong = "does not say in `keras_layers` which layer it becomes"
    elif undocumented := [name for name, opt in cls.options.items() if not opt.doc.strip()]:
        wrong = f"says nothing of its hyperparameter `{undocumented[0]}`"
    if wrong:
        raise PackageError(f"the kind `{kind_name}` of the package {show(package)} {wrong}")
