"""Configuration files for the tests of `config`: real files, and what is told of them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from syncctl.config import load_config
from syncctl.errors import ConfigError
from syncctl.settings import Settings

MINIMAL = """\
back_office: {connector: sandbox, path: books.db}
stores:
  shop: {connector: sandbox, path: shop.db}
orders:
  book_from: 2026-11-21
"""


def write(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return path


def load(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> Settings:
    return load_config(write(folder / "syncctl.yaml", text), environ or {})


def refused(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, environ)
    return caught.value


def problems(folder: Path, text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
    """Each problem without the file's path: `LINE: key: message`."""
    prefix = f"{folder / 'syncctl.yaml'}:"
    found = refused(folder, text, environ).problems
    assert all(line.startswith(prefix) for line in found)
    return [line.removeprefix(prefix) for line in found]
