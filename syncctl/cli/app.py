"""What every command is given: the settings, the hub, and the ways to speak. Heavy modules load at first use."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

import click

from syncctl.errors import ConfigError, HubError

if TYPE_CHECKING:  # for the start-up time of --help; pathlib alone is a tenth of it
    from pathlib import Path

    from syncctl.hub import Hub
    from syncctl.render import Progress
    from syncctl.settings import Settings


HUB_ID = click.IntRange(min=0, max=2**63 - 1)
"""An id of the hub's own, as far as SQLite can count."""


class App:
    """One call of syncctl. `verbosity`: below 0 quiet, above 0 talkative; `colour`: auto, always or never."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.environ = environ
        self.explicit_config: str | None = None
        self.verbosity = 0
        self.colour = "auto"

    @cached_property
    def config_path(self) -> "Path":
        """The configuration file in use. Errors: ConfigError if there is none."""
        from pathlib import Path

        from syncctl.config import find_config

        return find_config(Path(self.explicit_config) if self.explicit_config else None, self.environ)

    @cached_property
    def settings(self) -> "Settings":
        """The checked settings. Errors: ConfigError with every problem."""
        from syncctl.config import load_config

        return load_config(self.config_path, self.environ)

    @cached_property
    def progress(self) -> "Progress":
        """Called with a text, says what goes on: on a terminal, or always with -v."""
        from syncctl import render

        return render.terminal_progress(sys.stderr, verbosity=self.verbosity)

    @contextmanager
    def open_hub(self, *, read_only: bool = True) -> Iterator["Hub"]:
        """The hub that the settings name. Errors: HubError if it is not there yet, or cannot be used."""
        from syncctl.hub import Hub
        from syncctl.hub.damage import damage_told

        path = self.settings.hub.path
        if not path.exists():
            raise HubError(f"there is no hub at {path} yet", hint="Make it with the first run: syncctl sync-all")
        with damage_told(path), Hub.open(path, read_only=read_only) as hub:
            yield hub

    @property
    def hub_folder(self) -> "Path | None":
        """Where the hub lies; None while no settings have been read."""
        settings = self.__dict__.get("settings")
        return settings.hub.path.parent if settings is not None else None

    def clear_progress(self) -> None:
        """Make room for other output, if progress was shown at all."""
        if "progress" in self.__dict__:
            self.progress.clear()

    def check_stores(self, names: Sequence[str]) -> None:
        """Errors: ConfigError if one of them is not configured."""
        known = list(self.settings.stores)
        for name in names:
            if name not in known:
                raise ConfigError(f"there is no store {name!r}", hint=did_you_mean(name, known))

    def say(self, text: str) -> None:
        """Tell the person something, unless they asked for quiet."""
        if self.verbosity >= 0:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Tell the person something that must not go unheard."""
        from syncctl import render

        self.clear_progress()
        render.show_line(sys.stderr, text)

    def show_rows(self, columns: Sequence[str], rows: Iterable[Sequence[object]], output_format: str = "table") -> None:
        """Rows as data: a table, or JSON under the key `rows`, each row an object."""
        from syncctl import render

        if output_format == "json":
            self.show_json({"rows": [dict(zip(columns, row, strict=True)) for row in rows]})
        else:
            render.show_table(sys.stdout, columns, rows, colour=self.colours(sys.stdout))

    def show_facts(self, facts: Iterable[tuple[str, object]]) -> None:
        """Named facts as data, one per line; those that are None are left out."""
        from syncctl import render

        render.show_facts(sys.stdout, facts)

    def show_line(self, text: str = "") -> None:
        """One line of data."""
        from syncctl import render

        render.show_line(sys.stdout, text)

    def show_json(self, value: Mapping[str, object]) -> None:
        """One JSON object with its `schema_version`."""
        from syncctl import render

        render.show_json(sys.stdout, value)

    @property
    def click_colour(self) -> bool | None:
        """The same for click: None leaves it to the terminal."""
        plain = self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb"
        return {"always": True, "never": False}.get(self.colour, False if plain else None)

    def colours(self, stream: TextIO | None) -> bool:
        """Whether to colour what goes to `stream`."""
        from syncctl import render

        return render.wants_colour(self.colour, stream, self.environ)


def as_text(_context: object, _parameter: object, value: str | None) -> str | None:
    """A callback for arguments that the hub is asked for: bytes that are no text become question marks."""
    return None if value is None else value.encode(errors="replace").decode()


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint for a word that nobody knows: the one that was probably meant, or all there are."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"Did you mean {close[0]}?" if close else f"One of: {', '.join(known)}."
