"""What the tests of the transport share: a server that answers rows, and a way to ask it with a clock of its own."""

from typing import Any

from syncctl.connectors.http import Http, Sign, Wire, unsigned
from syncctl.connectors.patience import Patience
from tests.fakes.wire import Answer, Request, Server, reply

ROWS = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]
PREFIX = "/wp-json/wc/v3/"


class Rows(Server):
    """Answers `rows` to all. `work`: how many requests reached it."""

    work = 0
    rows: Any = ROWS

    def handle(self, request: Request) -> Answer:
        self.work += 1
        return reply(self.rows)


class Clock:
    """Time that passes only where somebody sleeps. `slept`: each wait."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)

    def patience(self, most: float = 600.0) -> Patience:
        return Patience(most, clock=self, sleeper=self.sleep)


def ask(server: Server, clock: Clock | None = None, sign: Sign = unsigned, most: float = 600.0, **wire: Any) -> Http:
    """A transport to the server; its waits pass at once."""
    clock = clock or Clock()
    settings = {"url": server.url + PREFIX, "timeout": 0.3, "deadline": 1.0, **wire}
    return Http("shop", Wire(**settings), sign, clock.patience(most), clock=clock)
