"""The first configuration of a merchant: put together, tried out, and only then put in its place."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from syncctl.config import load_config
from syncctl.config.sample import Sample
from syncctl.config.values import kinds_of, models_of
from syncctl.errors import ConfigError
from syncctl.settings import CustomerSettings, StoreSettings
from syncctl.settings.kinds import Moment, StoreName
from syncctl.settings.stores import StoreBase

HEADER = """\
# The settings of syncctl, written by `syncctl init`. Change what you like; `syncctl doctor` tells whether it fits.
#
"""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_LITERAL = re.compile(r"(c[ks]|shp[a-z]{2})_[0-9a-f]{10,}\Z")  # a key of WooCommerce's or Shopify's, and no name
_SECRETS = ("consumer_key", "consumer_secret", "access_token", "client_secret")
_FLAGS = {setting: f"--{setting.replace('_', '-')}" for setting in ("url", "client_id", "location")} | {
    setting: f"--{setting.replace('_', '-')}-env" for setting in _SECRETS
}
_MODELS = [model for model in models_of(kinds_of(StoreSettings)) if issubclass(model, StoreBase)]
UNKNOWN = "SYNCCTL_INIT_UNKNOWN"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass
class First:
    """What is known so far. `secrets`: what a person typed, by the file that it is kept in, beside the settings."""

    book_from: str
    country: str
    stores: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def take(self, wanted: Sequence[str], given: Mapping[str, Sequence[str]]) -> None:
        """Stores as `NAME=KIND`; `given`: by setting, values for those that have it, in their order.

        Secrets are given as names of variables; one that is not given is taken from a variable called after it.
        Errors: ConfigError with every problem.
        """
        left = {setting: list(values) for setting, values in given.items()}
        problems: list[str] = []
        for text in wanted:
            name, _, kind = text.partition("=")
            found = "" if kind in store_kinds() else f"--store {text}: write NAME=KIND; KIND is one of: {_kinds()}"
            problems += [one for one in (found or name_problem(self, name),) if one]
            if not found:
                self.stores[name] = {"connector": kind}
                way = next(
                    (one for one in ways_in(kind) if any(left.get(setting) for setting in one)), ways_in(kind)[0]
                )
                problems += [one for setting in needed(kind, way) if (one := self._fill(name, setting, left))]
                self._choose(name, left)
        problems += [f"{_FLAGS[setting]}: given more often than there are stores" for setting in left if left[setting]]
        if problems:
            raise ConfigError("nothing was written", hint="See `syncctl init --help`.", problems=tuple(problems))

    def _fill(self, name: str, setting: str, left: dict[str, list[str]]) -> str:
        """Give a store a setting that it needs; returns what is wrong, "" if nothing."""
        store = self.stores[name]
        part = _model(store["connector"]).model_fields[setting]
        value = left[setting].pop(0) if left.get(setting) else ""
        if is_path(part):
            store[setting] = proposed_path(part, name)
        elif is_secret(part):
            value = value or f"{name}_{setting}".upper().replace("-", "_")
            if not _NAME.match(value) or _LITERAL.match(value):
                return f"{_FLAGS[setting]}: name a variable of the environment, never the secret itself"
            store[setting] = f"${{{value}}}"
        elif value:
            store[setting] = value.replace("${", "$${")
        else:
            return f"stores.{name}.{setting}: needed; say {_FLAGS.get(setting, setting)}"
        return ""

    def _choose(self, name: str, left: Mapping[str, list[str]]) -> None:
        """Give a store what it can do without, where that was said."""
        for setting in _model(self.stores[name]["connector"]).chosen_at_init:
            if left.get(setting):
                self.stores[name][setting] = left[setting].pop(0).replace("${", "$${")

    def answer(self, name: str, setting: str, text: str, *, secret: bool) -> None:
        """Take a person's answer. A secret is `$NAME`, or is put in a file of its own."""
        if secret and not text.startswith("$"):
            file = secret_file(name, setting)
            self.secrets[file] = text
            text = f"file:{file}"
        elif secret:
            text = f"${{{text.strip('${}')}}}"
        self.stores[name][setting] = text if secret else text.replace("${", "$${")

    def text(self, *, hidden: bool = False) -> str:
        """The configuration file. `hidden`: with a variable for each secret that will be in a file of its own."""
        values = {
            "back_office": {"connector": "sandbox", "path": "sandbox/back-office.db"},
            "stores": {name: self._hidden(store) if hidden else store for name, store in self.stores.items()},
            "orders": {"book_from": self.book_from},
            "customers": {"country": self.country},
        }
        return Sample(header=HEADER, values=values).text()

    def _hidden(self, store: Mapping[str, Any]) -> dict[str, Any]:
        files = {f"file:{name}" for name in self.secrets}
        return {name: f"${{{UNKNOWN}}}" if value in files else value for name, value in store.items()}

    def resolved(self, name: str, environ: Mapping[str, str]) -> dict[str, Any] | None:
        """A store's settings with its secrets in them; None where one is not known here."""
        files = {f"file:{file}": text for file, text in self.secrets.items()}
        values = {setting: files.get(value, value) for setting, value in self.stores[name].items()}
        names = {setting: found[1] for setting, value in values.items() if (found := _VARIABLE.fullmatch(str(value)))}
        if any(not environ.get(variable) for variable in names.values()):
            return None
        return values | {setting: environ[variable] for setting, variable in names.items()}

    @property
    def variables(self) -> list[str]:
        """The variables of the environment that it takes values from."""
        texts = (value for store in self.stores.values() for value in store.values() if isinstance(value, str))
        return [name for text in texts for name in _VARIABLE.findall(text)]


def store_kinds() -> list[str]:
    """The kinds of web store that can be configured."""
    return [get_args(model.model_fields["connector"].annotation)[0] for model in _MODELS]


def ways_in(kind: str) -> tuple[tuple[str, ...], ...]:
    """The groups of settings of which one is needed to be let in."""
    return _model(kind).ways_in


def needed(kind: str, way: tuple[str, ...]) -> dict[str, FieldInfo]:
    """The settings of this kind of store that have no default, but for its kind, and those of this way in."""
    fields = _model(kind).model_fields
    return {name: part for name, part in fields.items() if (part.is_required() and name != "connector") or name in way}


def is_secret(part: FieldInfo) -> bool:
    """Whether a setting must never stand in the file itself."""
    return SecretStr in kinds_of(part.annotation)


def is_path(part: FieldInfo) -> bool:
    """Whether a setting is a file of our own choice."""
    return Path in kinds_of(part.annotation)


def proposed_path(part: FieldInfo, name: str) -> str:
    """Where a side's own file lies if nobody says otherwise."""
    return str((part.examples or ["NAME.db"])[0]).replace("NAME", name)


def secret_file(name: str, setting: str) -> str:
    """Where a secret that a person typed is kept, beside the settings."""
    return f"secrets/{name}.{setting}"


def problem(kind: str, way: tuple[str, ...], setting: str, text: str) -> str:
    """What is wrong with this answer, "" if nothing."""
    parts = needed(kind, way)
    if is_secret(parts[setting]) and text.startswith("$"):
        return "" if _NAME.match(text.strip("${}")) else "write a variable as $NAME"
    others = {name: _example(part) for name, part in parts.items()}
    return _told(_model(kind), {"connector": kind, **others, setting: text})


def name_problem(first: First, text: str) -> str:
    """What is wrong with a store's name, "" if nothing."""
    if text in first.stores:
        return f"there is a store {text!r} already"
    if text == "back-office":
        return "this name is taken by the back office; choose another"
    return _told(TypeAdapter(StoreName), text)


def time_problem(text: str) -> str:
    """What is wrong with `orders.book_from`, "" if nothing."""
    return _told(TypeAdapter(Moment), text)


def country_problem(text: str) -> str:
    """What is wrong with `customers.country`, "" if nothing."""
    return _told(CustomerSettings, {"country": text})


def _told(kind: "type[BaseModel] | TypeAdapter[Any]", value: Any) -> str:
    try:
        kind.validate_python(value) if isinstance(kind, TypeAdapter) else kind.model_validate(value)
    except ValidationError as error:
        return "; ".join(str(detail["msg"]).removeprefix("Value error, ") for detail in error.errors())
    return ""


def _example(part: FieldInfo) -> str:
    return "x" if is_secret(part) else str((part.examples or ["x"])[0])


def _model(kind: str) -> type[StoreBase]:
    return next(model for model in _MODELS if kind in get_args(model.model_fields["connector"].annotation))


def _kinds() -> str:
    return ", ".join(store_kinds())


def put(first: First, target: Path, environ: Mapping[str, str], *, replace: bool = False) -> None:
    """Write it to `target`, for its owner alone, if it can be read as settings; a former one is kept as NAME.old.

    Errors: ConfigError with every problem, or if `target` is there already; nothing is left behind then.
    """
    files = {target: first.text(), **{target.parent / name: f"{text}\n" for name, text in first.secrets.items()}}
    for path in files:
        refuse_existing(path, replace=replace)
    _try_out(first, environ)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made: list[Path] = []
    try:
        for path, text in reversed(files.items()):  # the settings last: what they name is there by then
            path.parent.mkdir(exist_ok=True, mode=0o700)
            _place(path, text, replace=replace)
            made.append(path)
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def refuse_existing(path: Path, *, replace: bool = False) -> None:
    """Errors: ConfigError if `path` is there and must not be replaced."""
    if os.path.lexists(path) and not replace:
        hint = "Name another one with --output PATH, or say --force; the former one is kept then."
        raise ConfigError(f"{path} is there already; nothing was written", hint=hint)


def _try_out(first: First, environ: Mapping[str, str]) -> None:
    """Read the settings as they would be; what only the run will know of secrets is taken for granted."""
    with TemporaryDirectory(prefix="syncctl-init-") as folder:
        draft = Path(folder) / "syncctl.yaml"
        _write(draft, first.text(hidden=True))
        try:
            load_config(draft, {**dict.fromkeys([*first.variables, UNKNOWN], "x"), **environ})
        except ConfigError as error:
            problems = tuple(problem.removeprefix(f"{draft}:").partition(": ")[2] for problem in error.problems)
            hint = "Say it otherwise, and run the command again."
            told = "these settings would not do; nothing was written"
            raise ConfigError(told, hint=hint, problems=problems) from None


def _place(path: Path, text: str, *, replace: bool) -> None:
    """Put a file in its place whole, or not at all."""
    draft = path.with_name(f".{path.name}.new")
    try:
        _write(draft, text)
        if replace and os.path.lexists(path):
            path.replace(path.with_name(f"{path.name}.old"))
        os.link(draft, path)  # fails where somebody else was quicker
    except FileExistsError:
        refuse_existing(path)
        raise
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
