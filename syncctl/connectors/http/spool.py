"""A large file that a side has made for us: fetched whole to a place of our own, and read from there line by line.

It may be far larger than memory; the address that it has for a while is mostly another host's.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO
from urllib.parse import parse_qsl

from syncctl.connectors.http import redact
from syncctl.connectors.http.wire import Base, Wire, base_of, split
from syncctl.errors import ConfigError, DataError, SafetyStop

_MOST_BYTES = 2_000_000_000
_DEADLINE = 1800.0  # seconds for the whole of it
_SECRET = 16  # characters from which on a part of a signed address may be its secret
_PLAIN = re.compile(r"[!-~]+\Z")


class Spool:
    """A temporary file of ours, and what is kept in it. `owner` is who made that, `longest` bytes has a line."""

    def __init__(self, file: IO[bytes], owner: str, longest: int) -> None:
        self._file = file
        self._owner = owner
        self._longest = longest

    def take(self, pieces: Iterable[bytes]) -> None:
        """Keep these instead of what was kept. Errors: DataError where there is no room."""
        self._file.seek(0)
        self._file.truncate()
        for piece in pieces:
            try:
                self._file.write(piece)
            except OSError as error:
                hint = f"Make room in {tempfile.gettempdir()}, or name another folder in TMPDIR."
                raise DataError(f"a file for which there is no room here ({error.strerror})", hint=hint) from None

    def lines(self) -> Iterator[str]:
        """What was kept, but for empty lines. Errors: DataError for one that is too long, or no text."""
        self._file.seek(0)
        number = 0
        while line := self._file.readline(self._longest + 1):
            number += 1
            if len(line) > self._longest:
                raise DataError(f"{self._owner}: line {number} of its file has more than {self._longest} bytes")
            try:
                text = line.decode("utf-8").strip(" \t\r\n")
            except UnicodeDecodeError:
                raise DataError(f"{self._owner}: line {number} of its file is no UTF-8") from None
            if text:
                yield text


def wire_of_file(url: str, wire: Wire, base: Base) -> Wire:
    """The way to a file that the side at `base` has named. What is secret in its address is hidden from now on.

    Errors: SafetyStop for an address that no such file can have; nothing was asked there.
    """
    parts = split(url)
    for text in (parts.query, *(value for _, value in parse_qsl(parts.query))):
        redact.keep(*([text] if len(text) >= _SECRET else []))
    there = replace(
        wire,
        url=f"{parts.scheme}://{parts.netloc}",
        allow_http=False,
        deadline=max(_DEADLINE, wire.deadline),
        max_bytes=_MOST_BYTES,
        requests_per_minute=0,
    )
    try:
        found = base_of(there) if _PLAIN.match(url) else None
    except ConfigError:
        found = None
    if found is None or (found.loopback and not base.loopback):
        raise SafetyStop(f"{base.host} names a file at an address that none can have; nothing was asked there")
    return there
