"""A configuration file as text: every setting with its description as a comment, from the models themselves.

`config.example.yaml` is made by it, and so is what `syncctl init` writes; a test holds the example equal to it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from syncctl.config.values import kinds_of, models_of
from syncctl.settings import Settings

GENERAL = """\
# What is left out has the value shown here, but for the kinds, the files and orders.book_from, which are required.
# Durations are a number and s, m, h or d. Relative paths begin at the folder of this file.
# ${NAME} and ${NAME:-default} take a value from the environment; a plain ${ is written $${.
# Passwords and keys: ${NAME}, or file:PATH of a file that only you can read (chmod 600 PATH).
"""

_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_PLAIN = re.compile(
    r"(\$\{\w+\}|[A-Za-z/])(\$\{\w+\}|[A-Za-z0-9_./-]|:(?=[A-Za-z0-9_./]))*\Z|\d{4}-\d\d-\d\d(T[\d:]+Z)?\Z", re.ASCII
)
_OTHERS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})  # a plain word that is no text

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a sample says beyond the models: values that are no defaults, more comments, other sides only as comments.

    `values` is nested as the settings are. `notes`: by a setting's full name. What is required comes first.
    `other_back_offices`: each could stand in place of the one of the values. `further_stores`: by their names.
    """

    header: str
    values: Mapping[str, Any]
    notes: Mapping[str, str] = field(default_factory=dict)
    further_stores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    other_back_offices: Sequence[Mapping[str, Any]] = ()

    def text(self) -> str:
        """The whole file."""
        return "\n".join([*self._lines(), ""])

    def _lines(self) -> Iterator[str]:
        yield from (self.header + GENERAL).splitlines()
        for name, part in Settings.model_fields.items():
            yield ""
            yield from self._setting((name,), part, self.values.get(name))
            if name == "back_office":
                yield from self._other_back_offices(part)
            if name == "stores":
                yield from self._commented_out(part)

    def _setting(self, keys: Keys, part: FieldInfo, given: Any) -> Iterator[str]:
        """One setting, or a section with all below it; `keys` are its full name. Not given: its default."""
        name, indent = keys[-1], "  " * (len(keys) - 1)
        kinds = kinds_of(part.annotation)
        models, below = models_of(kinds), models_of(_kinds_below(kinds))
        about = part.description or (models[0].__doc__ or "").splitlines()[0]
        for text in (about, self.notes.get(".".join(keys), "")):
            yield from (f"{indent}# {line}" for line in text.splitlines())
        value = part.get_default() if given is None and not part.is_required() else given
        if models:
            yield f"{indent}{name}:"
            yield from self._section(keys, models, given or {})
        elif below:
            yield f"{indent}{name}:"
            for key, one in value.items():
                yield f"{indent}  {key}:"
                yield from self._section((*keys, key), below, one)
        else:
            yield from (f"{indent}{line}" for line in _written(name, value))

    def _section(self, keys: Keys, models: list[type[BaseModel]], given: Mapping[str, Any]) -> Iterator[str]:
        fields = _fitting(models, given).model_fields.items()
        for name, part in sorted(fields, key=lambda one: not one[1].is_required()):
            yield from self._setting((*keys, name), part, given.get(name))

    def _other_back_offices(self, part: FieldInfo) -> Iterator[str]:
        """Back offices that could be there instead."""
        models = models_of(kinds_of(part.annotation))
        for given in self.other_back_offices:
            about = (_fitting(models, given).__doc__ or "").splitlines()[0]
            yield ""
            yield f"# {about} In place of the lines above: take the first `# ` of each line below away."
            yield "# back_office:"
            for line in self._section(("back_office",), models, given):
                yield f"# {line}"

    def _commented_out(self, part: FieldInfo) -> Iterator[str]:
        """Stores that are not there yet; without their `# ` they would be."""
        models = models_of(_kinds_below(kinds_of(part.annotation)))
        for name, given in self.further_stores.items():
            about = (_fitting(models, given).__doc__ or "").splitlines()[0]
            yield ""
            yield f"  # {about} To use it, take the first `# ` of each line below away."
            yield f"  # {name}:"
            for line in self._section(("stores", name), models, given):
                yield f"  # {line[2:]}"


def _kinds_below(kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    """What the values of a mapping may be."""
    return tuple(kind for one in kinds if get_origin(one) is dict for kind in kinds_of(get_args(one)[1]))


def _fitting(models: list[type[BaseModel]], given: Mapping[str, Any]) -> type[BaseModel]:
    """The model that the values name themselves by (`connector: …`)."""

    def fits(model: type[BaseModel]) -> bool:
        named = ((name, part) for name, part in model.model_fields.items() if get_origin(part.annotation) is Literal)
        return all(given.get(name) in get_args(part.annotation) for name, part in named if part.is_required())

    return next(model for model in models if fits(model))


def _written(name: str, value: Any) -> list[str]:
    """A setting's lines. A mapping that is not empty stands below its name, all else behind it."""
    if isinstance(value, Mapping) and value:
        return [f"{name}:", *(f"  {_scalar(key)}: {_scalar(one)}" for key, one in value.items())]
    if isinstance(value, Mapping):
        return [f"{name}: {{}}"]
    if isinstance(value, tuple | list):
        return [f"{name}: [{', '.join(map(_scalar, value))}]"]
    return [f"{name}: {_scalar(value)}".rstrip()]


def _scalar(value: Any) -> str:
    """A value as any YAML reader reads it, and ours: what could be taken for something else is in quotes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return next(f"{seconds // size}{unit}" for unit, size in _UNITS if seconds % size == 0)
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    plain = _PLAIN.match(text) and text.lower() not in _OTHERS
    return text if plain else f'"{"".join(map(_character, text))}"'


def _character(character: str) -> str:
    """A character between double quotes."""
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
