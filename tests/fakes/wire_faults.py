"""What can go wrong between two machines, each by name, and the broken answers among it."""

import json
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache

from tests.fakes.wire_messages import Answer, Request, reply

UNCONNECTED = frozenset({"refused", "dns", "tls_expired", "tls_wrong_host"})
"""The request is never made: no connection comes about."""

SILENT = frozenset({"timeout_before", "timeout_after", "reset", "reset_mid_body", "short_body", "drip"})
"""The request is made, and no whole answer comes."""

REFUSALS = {
    "400": ("rest_invalid_param", "Invalid parameter(s): status"),
    "401": ("woocommerce_rest_cannot_view", "Sorry, you cannot list resources."),
    "403": ("woocommerce_rest_cannot_edit", "Sorry, you are not allowed to edit this resource."),
    "404": ("rest_no_route", "No route was found matching the URL and request method."),
    "409": ("conflict", "It was changed by somebody else."),
    "422": ("unprocessable", "It cannot be done."),
    "500": ("internal_server_error", "There has been a critical error on this website."),
}
BUSY = ("429_seconds", "429_date", "429_none", "429_huge", "503", "503_seconds")
LATE = frozenset(
    {"timeout_after", "reset_mid_body", "short_body", "drip", "truncated", "empty", "string", "object", "list"}
    | {"latin1", "duplicate_key", "nan", "bomb"}
)
"""The work is done, and what comes back is lost or worthless."""

KINDS = (
    *sorted(UNCONNECTED),
    *sorted(SILENT),
    *REFUSALS,
    *BUSY,
    *("502", "504", "login_page", "redirect"),
    *sorted(LATE - SILENT),
)


@dataclass(frozen=True)
class WireFault:
    """One fault. `done`: whether the work is done all the same; None: as is usual for the kind (see LATE).

    `seconds`: how long a silence lasts, the pause between two bytes of a drip, after how long one may come back (429,
    503), when connections are taken again after `refused` (0: when the server is healed). `location`: of a redirect.
    """

    kind: str
    seconds: float = 0
    location: str = "https://elsewhere.example/wp-json/wc/v3/orders"
    done: bool | None = None

    def __post_init__(self) -> None:
        assert self.kind in KINDS, f"no fault {self.kind!r}"

    @property
    def works(self) -> bool:
        """Whether the request reaches the system behind the server."""
        return self.done if self.done is not None else self.kind in LATE

    def broken(self, _request: Request, answer: Answer | None) -> Answer:
        """What the client is sent in place of the true answer, which is there where the work was done."""
        return broken_answer(self, answer)


def broken_answer(fault: WireFault, answer: Answer | None) -> Answer:
    """What the client is sent: `answer` is the true one, where the work was done."""
    kind = fault.kind
    if kind in REFUSALS:
        code, message = REFUSALS[kind]
        return reply({"code": code, "message": message, "data": {"status": int(kind)}}, status=int(kind))
    if kind in BUSY:
        return _busy(fault)
    if kind in ("502", "504"):
        return _page(f"<html><head><title>{kind}</title></head><body><h1>nginx</h1></body></html>", int(kind))
    if kind == "login_page":
        return _page("<!DOCTYPE html><html><body><form action='wp-login.php'></form></body></html>", 200)
    if kind == "redirect":
        return Answer(b"", 302, {"Location": fault.location})
    true = answer or reply([])
    return replace(true, body=_BROKEN[kind](true.body), headers=dict(true.headers) | _EXTRA.get(kind, {}))


def _busy(fault: WireFault) -> Answer:
    seconds = fault.seconds or 1
    after = {
        "429_seconds": f"{seconds:g}",
        "429_date": format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True),
        "429_huge": str(10**9),
        "503_seconds": f"{seconds:g}",
    }
    answer = reply({"code": "too_many_requests", "message": "Slow down."}, status=int(fault.kind[:3]))
    told = after.get(fault.kind)
    return replace(answer, headers={**answer.headers, "Retry-After": told}) if told else answer


def _page(text: str, status: int) -> Answer:
    return Answer(text.encode(), status, {"Content-Type": "text/html; charset=UTF-8"})


def _latin1(body: bytes) -> bytes:
    """A text in it gets a letter as Latin-1 writes it."""
    return re.sub(rb'":"', b'":"\xe9', body, count=1) if b'":"' in body else b'[{"name":"\xe9"}]'


def _duplicate(body: bytes) -> bytes:
    """The first object gets a key that stands twice, with other values."""
    if b"{" not in body or b"{}" in body:
        return b'[{"id":1,"id":2}]'
    return body.replace(b"{", b'{"id":987654,"id":987655,', 1)


def _not_a_number(body: bytes) -> bytes:
    """The first number in it is none."""
    changed = re.sub(rb'":-?\d+(\.\d+)?', b'":NaN', body, count=1)
    return changed if changed != body else b'[{"id":NaN}]'


@cache
def bomb(megabytes: int = 64) -> bytes:
    """Few bytes that become so many: a JSON text of one long string, gzipped. One block of it is made, and repeated."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    text = b"a" * 2**20
    begin = deflate.compress(b'"') + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(text) + deflate.flush(zlib.Z_FULL_FLUSH)
    end = deflate.compress(b'"') + deflate.flush()
    check = zlib.crc32(b'"')
    for _ in range(megabytes):
        check = zlib.crc32(text, check)
    trailer = struct.pack("<II", zlib.crc32(b'"', check), megabytes * 2**20 + 2)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + begin + block * megabytes + end + trailer


_BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: body[: len(body) // 2],
    "empty": lambda _body: b"",
    "string": lambda _body: json.dumps("ok").encode(),
    "object": lambda _body: b"{}",
    "list": lambda _body: b"[]",
    "latin1": _latin1,
    "duplicate_key": _duplicate,
    "nan": _not_a_number,
    "bomb": lambda _body: bomb(),
}
_EXTRA = {"bomb": {"Content-Encoding": "gzip"}}
