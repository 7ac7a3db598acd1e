"""What stands between syncctl and a real Tryton: it numbers the calls, and each can meet a fault of the wire."""

import json
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection
from typing import TypeVar

from tests.fakes.wire import Answer, Request, Server
from tests.tryton.server import TrytonServer

READS = ("search", "read", "search_read", "search_count", "login")
_OWN = ("connection", "content-length", "date", "transfer-encoding")  # which are the relay's to write
Item = TypeVar("Item")


class Relay(Server):
    """Passes each call on to the server, one at a time, and its answer back."""

    def __init__(self, server: TrytonServer) -> None:
        self._to = server.port
        super().__init__()

    def handle(self, request: Request) -> Answer:
        with closing(HTTPConnection("127.0.0.1", self._to, timeout=60)) as way:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in ("connection",)}
            way.request(request.method, request.target, request.body, headers)
            answer = way.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _OWN}
            return Answer(answer.read(), answer.status, kept)

    def calls(self) -> list[str]:
        """The methods of the calls in the log."""
        return [called(request) for request in self.log]

    def heal(self) -> None:
        """No fault and nobody who watches any more, and an empty log."""
        super().heal()
        self.before, self.after = (lambda _request: None), (lambda _request, _answer: None)
        self.log.clear()


def called(request: Request) -> str:
    """The method that a call names: `model.sale.sale.confirm`.

    >>> called(Request(1, "POST", "/retail/rpc/", "/retail/rpc/", "", {}, b'{"method": "model.sale.sale.read"}'))
    'model.sale.sale.read'
    """
    return str(json.loads(request.body)["method"])


def spread(every: Sequence[Item], most: int) -> list[Item]:
    """At most so many of these, as far from each other as they can be.

    >>> spread("abcdef", 3)
    ['a', 'c', 'e']
    """
    count = min(most, len(every))
    return [every[place * len(every) // count] for place in range(count)]


def writes(method: str) -> bool:
    """Whether a method changes something.

    >>> writes("model.sale.sale.confirm"), writes("model.sale.sale.search_read"), writes("common.db.login")
    (True, False, False)
    """
    return method.rpartition(".")[2] not in READS
