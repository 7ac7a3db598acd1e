"""What goes over the wire: a request as a fake system is given it, and the answer that it makes."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Request:
    """One request. `number`: of all requests, from 1; `path`: decoded, without the query; `target`: as it came."""

    number: int
    method: str
    target: str
    path: str
    query_text: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query, decoded, in its order; a name may come more than once."""
        return parse_qsl(self.query_text, keep_blank_values=True)

    @cached_property
    def query(self) -> dict[str, str]:
        """The query by name; of a name that comes twice, the last."""
        return dict(self.pairs)

    def header(self, name: str, default: str = "") -> str:
        """A header, whatever the case of its name."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), default)

    def json(self) -> Any:
        """The body, parsed; None where there is none."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Answer:
    """One answer; Content-Length, Date and Connection are added by the server."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def zipped(self) -> "Answer":
        """The same, as a server sends it that compresses."""
        return replace(self, body=gzip.compress(self.body), headers={**self.headers, "Content-Encoding": "gzip"})


def reply(value: object, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON, the way PHP writes it. Headers: `Retry_After="5"`.

    >>> reply([1], 201, Retry_After="5")
    Answer(body=b'[1]', status=201, headers={'Content-Type': 'application/json; charset=UTF-8', 'Retry-After': '5'})
    """
    body = json.dumps(value, separators=(",", ":")).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(body, status, {"Content-Type": "application/json; charset=UTF-8", **named})
