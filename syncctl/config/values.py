"""What comes from outside the file: variables of the environment, files of secrets, the folder of relative paths.

A value's place in the model decides what may stand there; what is put in can never change the structure.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from syncctl.config.document import Keys, Problems, contents, is_private

MAX_SECRET_BYTES = 65_536
BROKEN = object()
"""Stands for a value whose problem is known already: no setting accepts it."""

_VARIABLE = re.compile(r"\$\$\{|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?\Z", re.DOTALL)
_ONLY_A_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}\Z")


def kinds_of(annotation: Any) -> tuple[Any, ...]:
    """The types that an annotation allows: `Annotated[A | None, …]` gives A and NoneType."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return kinds_of(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return tuple(kind for part in get_args(annotation) for kind in kinds_of(part))
    return (annotation,)


def models_of(kinds: Iterable[Any]) -> list[type[BaseModel]]:
    """Those of the types that are sections."""
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def _below(kinds: Iterable[Any], key: str | int) -> tuple[Any, ...]:
    """The types allowed one level down; none where `key` is unknown."""
    found: list[Any] = []
    for kind in kinds:
        if isinstance(key, int) or get_origin(kind) is dict:
            parts = get_args(kind)[1:] if get_origin(kind) is dict else get_args(kind)
            found += [inner for part in parts if part is not Ellipsis for inner in kinds_of(part)]
        for model in models_of((kind,)):
            if key in model.model_fields:
                found += kinds_of(model.model_fields[str(key)].annotation)
    return tuple(found)


def _chosen(kinds: tuple[Any, ...], value: dict[str, Any]) -> tuple[Any, ...]:
    """Of several models, the one that `value` names itself by (`connector: …`); all of them if it names none."""

    def fits(model: type[BaseModel]) -> bool:
        named = {name: part for name, part in model.model_fields.items() if get_origin(part.annotation) is Literal}
        return all(value.get(name) in get_args(part.annotation) for name, part in named.items() if part.is_required())

    models = models_of(kinds)
    fitting = [model for model in models if fits(model)]
    return tuple(fitting) if len(models) > 1 and fitting else kinds


@dataclass
class Values:
    """Fills in what comes from outside the file: variables, secrets, the folder of relative paths."""

    problems: Problems
    environ: Mapping[str, str]
    folder: Path
    private: bool  # nobody but its owner can read the file
    kinds: dict[Keys, tuple[Any, ...]] = field(default_factory=dict)
    written: dict[Keys, str | None] = field(default_factory=dict)  # scalars as they stand in the file
    hidden: dict[Keys, tuple[str, str]] = field(default_factory=dict)  # a value from outside, and what to show

    def fill(self, value: Any, kinds: tuple[Any, ...], keys: Keys) -> Any:
        """`value` as pydantic is to see it: a section has every section and default path below it written out."""
        if value is None and models_of(kinds) and type(None) not in kinds:
            value = {}  # a section whose every line is a comment
        if isinstance(value, dict):
            kinds = self.kinds[keys] = _chosen(kinds, value)
            value = {**self._unwritten(models_of(kinds), value), **value}
            return {key: self.fill(below, _below(kinds, key), (*keys, key)) for key, below in value.items()}
        self.kinds[keys] = kinds
        if isinstance(value, list):
            return [self.fill(item, _below(kinds, index), (*keys, index)) for index, item in enumerate(value)]
        self.written[keys] = value
        return value if value is None or not kinds else self._scalar(value, kinds, keys)

    def _unwritten(self, models: list[type[BaseModel]], value: dict[str, Any]) -> dict[str, Any]:
        """Sections that are not there, so that what they lack is told by its full name, and default paths."""
        found: dict[str, Any] = {}
        for name, part in models[0].model_fields.items() if len(models) == 1 else ():
            if name not in value and models_of(kinds_of(part.annotation)) == [part.annotation]:
                found[name] = {}
            elif name not in value and isinstance(part.default, Path):
                found[name] = str(part.default)
        return found

    def _scalar(self, text: str, kinds: tuple[Any, ...], keys: Keys) -> Any:
        try:
            if SecretStr in kinds:
                value = self._secret(text)
                self.hidden[keys] = (value, "***")
                return value
            value = self._interpolated(text)
            if value != text and len(value) > 3:  # what is shorter is found in every text, and is no secret
                self.hidden[keys] = (value, text)
            return self._path(value) if Path in kinds else value
        except ValueError as error:
            self.problems.add(keys, str(error))
            return BROKEN

    def _interpolated(self, text: str) -> str:
        """Put the environment's values in; what they contain is never read as YAML, nor looked through again."""

        def value(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            name = _NAME.match(match[1])
            if not match[2] or name is None:
                raise ValueError("write ${NAME} or ${NAME:-default} (a plain ${ is written $${)")
            found = self.environ.get(name[1]) or name[2]
            if found is None and name[1] not in self.environ:
                raise ValueError(f"there is no {name[1]} in the environment; set it, or write ${{{name[1]}:-default}}")
            return found or ""

        return _VARIABLE.sub(value, text)

    def _path(self, text: str) -> str:
        if not text or not text.isprintable():
            raise ValueError("write the path of a file, without control characters")
        if text.startswith("~"):
            raise ValueError("~ is not read in paths; write ${HOME} or the full path")
        return str(self.folder / text)

    def _secret(self, text: str) -> str:
        secret = self._secret_file(self._interpolated(text[5:])) if text.startswith("file:") else self._in_place(text)
        if not secret:
            raise ValueError("this secret is empty")
        return secret

    def _in_place(self, text: str) -> str:
        if not self.private and not _ONLY_A_VARIABLE.match(text):
            fix = f"type `chmod 600 {self.problems.file}`, or write ${{NAME}} or file:PATH"
            raise ValueError(f"others can read this file, so it must not hold a secret: {fix}")
        return self._interpolated(text)

    def _secret_file(self, name: str) -> str:
        path = Path(self._path(name))
        try:
            data, mode = contents(path, MAX_SECRET_BYTES)
            text = data.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ValueError("the file that file: names is not UTF-8 text") from None
        except ValueError as error:
            raise ValueError(f"the file that file: names {error}") from None
        if not is_private(mode):
            raise ValueError(f"others can read the file of this secret: type `chmod 600 {path}`")
        return text
