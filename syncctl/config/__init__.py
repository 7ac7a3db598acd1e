"""A YAML file and the environment -> settings, every problem at once with its line. Only `cli` imports this.

`document` reads the file as texts, `values` fills in what comes from outside it, `messages` says what is wrong.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import platformdirs
from pydantic import BaseModel, ValidationError

from syncctl.config.document import INIT, Problems, contents, is_private, parse, printable
from syncctl.config.messages import explain
from syncctl.config.values import Values
from syncctl.errors import ConfigError
from syncctl.settings import Settings

SYSTEM_CONFIG = Path("/etc/syncctl/config.yaml")
MAX_BYTES = 1_000_000

Model = TypeVar("Model", bound=BaseModel)


def find_config(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The configuration file to use: the one named, else the first that is there.

    Order: `explicit` (--config), SYNCCTL_CONFIG, ./syncctl.yaml, the user's folder (XDG), /etc/syncctl.
    Errors: ConfigError if nothing is named and none is there. A named file is not looked at: loading it tells.
    """
    if explicit is not None:
        return explicit
    if named := environ.get("SYNCCTL_CONFIG"):
        return Path(named)
    candidates = [Path("syncctl.yaml"), *_user_config(), SYSTEM_CONFIG]
    for candidate in candidates:
        if os.path.lexists(candidate):  # a dangling link is meant to be the configuration: say so, do not go on
            return candidate
    places = ", ".join(printable(str(candidate)) for candidate in candidates)
    raise ConfigError(f"no configuration file; looked for {places}", hint=INIT)


def _user_config() -> list[Path]:
    """In a list, or nothing for a process that has no home."""
    try:
        folder = platformdirs.user_config_path("syncctl")
    except (RuntimeError, KeyError, OSError):
        return []
    return [folder / "config.yaml"] if folder.is_absolute() else []


def load_config(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read all settings, or none.

    Errors: ConfigError; `problems` has one line `file:LINE: key: what to change` for each. Checks that compare
    sections (the settings' own validators) can only run once each value by itself is right.
    """
    return load_model(Settings, path, environ)


def load_model(model: type[Model], path: Path, environ: Mapping[str, str]) -> Model:
    """Read a file as any model; `SecretStr` fields may come from outside, `Path` fields are relative to the file."""
    problems = Problems(printable(str(path)))
    try:
        data, mode = contents(path, MAX_BYTES)
        folder = path.absolute().parent  # not resolved: beside a link is where its owner put it
    except (ValueError, OSError) as error:  # OSError: the working directory is gone
        raise ConfigError(f"{problems.file}: {printable(str(error))}", hint=INIT) from None
    raw = parse(data, problems)
    values = Values(problems, environ, folder, is_private(mode))
    filled = values.fill(raw, (model,), ())
    settings = None
    try:
        settings = model.model_validate(filled)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            explain(detail, filled, values)
    if settings is None or problems.found:
        raise problems.error() from None
    return settings
