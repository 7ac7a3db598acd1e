"""Access tokens that a side gave us for a while: kept beside the hub, so that not every run asks for one.

They are in no hub, no backup and no log. The file can be lost or thrown away at any time: a token is asked for anew.
"""

import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Self

from syncctl import times

_EARLY = timedelta(minutes=5)  # a token is not used up to its last second: what is asked last must still be answered
_MOST_BYTES = 1_000_000
_FOR_US_ALONE = 0o600


def key_of(*parts: str) -> str:
    """What a token is kept under: a hash of who asks for it and by what secret, which it does not show.

    A changed secret is another key, so that nobody is answered with a token that another secret was given.
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def token_file(hub_path: Path) -> Path:
    """Where the tokens of a hub's sides are kept: beside it, whatever link leads to it."""
    hub_path = hub_path.resolve()
    return hub_path.with_name(hub_path.name + ".tokens")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    ends_at: datetime

    @property
    def is_good(self) -> bool:
        return times.now() + _EARLY < self.ends_at


class Tokens:
    """Tokens by `key_of`. `path` None: kept in memory alone. May be used from several threads, by one run at a time."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = Lock()
        self._found: dict[str, _Token] | None = None

    @classmethod
    def beside(cls, hub_path: Path) -> Self:
        """Those that are kept beside this hub."""
        return cls(token_file(hub_path))

    def get(self, key: str) -> str | None:
        """The token that is kept under `key`; None where there is none, and from five minutes before its end on."""
        with self._lock:
            token = self._known.get(key)
            return token.text if token is not None and token.is_good else None

    def put(self, key: str, token: str, ends_at: datetime) -> None:
        """Keep a token until it ends."""
        _hide(token)
        with self._lock:
            self._keep({**self._known, key: _Token(token, ends_at)})

    def drop(self, key: str) -> None:
        """Forget a token: the side does not take it any more."""
        with self._lock:
            if key in self._known:
                self._keep({name: token for name, token in self._known.items() if name != key})

    @property
    def _known(self) -> dict[str, _Token]:
        if self._found is None:
            self._found = {} if self._path is None else _read(self._path)
        return self._found

    def _keep(self, tokens: dict[str, _Token]) -> None:
        self._found = {key: token for key, token in tokens.items() if token.is_good}
        if self._path is not None:
            with suppress(OSError):  # a token that cannot be kept is asked for again by the next run, and that is all
                _write(self._path, self._found)


def _read(path: Path) -> dict[str, _Token]:
    """What the file keeps; nothing where somebody else made it, could read it, or it cannot be read."""
    try:
        with open(path, "rb", opener=_unfollowed) as file:
            if not _is_ours(os.fstat(file.fileno())):
                return {}
            kept = json.loads(file.read(_MOST_BYTES))
        found = {key: _Token(str(one["token"]), times.from_text(one["ends_at"])) for key, one in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    for token in found.values():
        _hide(token.text)
    return found


def _is_ours(found: os.stat_result) -> bool:
    if os.name != "posix":
        return True
    alone = not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return alone and stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()


def _write(path: Path, tokens: dict[str, _Token]) -> None:
    """Replace the file whole: a crash leaves the old one or the new one, and at no time can others read it."""
    kept = {key: {"token": token.text, "ends_at": times.to_text(token.ends_at)} for key, token in tokens.items()}
    partial = path.with_name(path.name + ".new")
    partial.unlink(missing_ok=True)
    try:
        with open(partial, "x", encoding="utf-8", opener=_unfollowed) as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _unfollowed(path: str, flags: int) -> int:
    """A file for us alone, and no link to another. A pipe that stands in its place keeps nobody waiting."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), _FOR_US_ALONE)


def _hide(token: str) -> None:
    from syncctl.connectors.http import redact  # who has tokens has loaded it already; all others do without

    redact.keep(token)
