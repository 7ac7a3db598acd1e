"""The bytes of an answer, whole or not at all: never more than a cap, never longer than the deadline."""

import zlib
from collections.abc import Iterator
from typing import Any

from syncctl.connectors.http.connections import Line
from syncctl.connectors.http.wire import Wire
from syncctl.errors import DataError

_CHUNK = 65_536
_STEP = 1_000_000  # what is unpacked at a time, and from where on the ratio is looked at


def read_body(raw: Any, encoding: str, wire: Wire, line: Line) -> bytearray:
    """The decoded body of a urllib3 response. Errors: DataError; what urllib3 raises where it breaks off."""
    body = bytearray()
    for piece in pieces_of(raw, encoding, wire, line):
        body += piece
    return body


def pieces_of(raw: Any, encoding: str, wire: Wire, line: Line) -> Iterator[bytes]:
    """The same, a piece at a time: what is there before an error must not be believed."""
    unpack = _unpacker(encoding)
    size = taken = 0
    while chunk := raw.read1(_CHUNK, decode_content=False):
        line.silence()  # raises where the time is up, though bytes keep coming
        taken += len(chunk)
        for piece in unpack.pieces(chunk):
            size += len(piece)
            _weigh(size, taken, wire)
            yield piece
        _weigh(size, taken, wire)  # also where what came unpacks to nothing at all
    unpack.end()


def _weigh(size: int, taken: int, wire: Wire) -> None:
    if max(size, taken) > wire.max_bytes:
        raise DataError(f"more than {wire.max_bytes // 1_000_000} MB, which was not read on")
    if size > _STEP and size > taken * wire.max_ratio:
        raise DataError(f"what was packed more than {wire.max_ratio} times, which was not unpacked further")


class _Plain:
    def pieces(self, chunk: bytes) -> Any:
        yield chunk

    def end(self) -> None:
        """All is there: how long it must be is watched by the connection."""


class _Gzip(_Plain):
    """Unpacks a step at a time, so that what a few bytes become is weighed before it fills the memory."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._begun = False

    def pieces(self, chunk: bytes) -> Any:
        while chunk:
            if self._member.eof:
                if not chunk.strip(b"\0"):
                    return
                self._member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            self._begun = True
            try:
                yield self._member.decompress(chunk, _STEP)
            except zlib.error:
                raise DataError("what cannot be unpacked") from None
            chunk = self._member.unconsumed_tail or self._member.unused_data

    def end(self) -> None:
        if self._begun and not self._member.eof:
            raise DataError("what ends in the middle of its packing")


def _unpacker(encoding: str) -> _Plain:
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip"):
        return _Gzip()
    raise DataError("what is packed in a way that was not asked for")
