"""A WooCommerce site in a process of its own, whose orders were prepared: `python -m bench.woo_site FOLDER SECONDS`.

It tells its port, and ends when its stdin does. A page of orders is a slice of a file, so serving costs next to
nothing; every answer comes SECONDS after it was asked for. Not of WooCommerce: `/bench/...`, for the benchmark itself.
"""

import json
import mmap
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path

from bench.measure import ROOT
from tests.fakes.wire import Answer, Request, reply
from tests.fakes.woo import auth
from tests.fakes.woo.server import KEY, SECRET, WooServer
from tests.fakes.woo.site import Options, Site

__all__ = ["KEY", "SECRET", "Asked", "Pages", "asked", "read_bare", "site"]

ORDERS = "/wp-json/wc/v3/orders"
_JSON = {"Content-Type": "application/json; charset=UTF-8"}


class Pages:
    """The prepared orders, by place in the order of their ids."""

    def __init__(self, folder: Path) -> None:
        with (folder / "orders.json").open("rb") as file:
            self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._offsets = array("Q", (folder / "orders.offsets").read_bytes())

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def page(self, start: int, size: int) -> bytes:
        """The orders from `start` on, as a JSON list."""
        end = min(start + size, len(self))
        if start >= end:
            return b"[]"
        return b"[%b]" % self._text[self._offsets[start] : self._offsets[end] - 1]


@dataclass(frozen=True)
class Asked:
    """One answer that was given: a page of orders, or (`start` None) something else."""

    start: int | None
    size: int
    bytes: int


class PreparedSite(WooServer):
    """The WooCommerce fake with prepared orders. What they cannot answer is an error of the benchmark: status 500."""

    def __init__(self, folder: Path, latency: float) -> None:
        self.pages = Pages(folder)
        self.fields = frozenset((folder / "fields.txt").read_text("utf-8").split())
        self.latency = latency
        self.asked: list[Asked] = []
        super().__init__(Site(Options(currency="GBP", zone="UTC")))

    def handle(self, request: Request) -> Answer:
        if request.path == "/bench/asked":
            return reply([asdict(one) for one in self.asked])
        time.sleep(self.latency)
        if request.path == "/bench/page":
            return self._page(request.query, [])
        if request.method == "GET" and request.path == ORDERS and "include" not in request.query:
            return self._orders(request)
        answer = super().handle(request)
        assert answer.status == 200, f"{request.method} {request.target}: {answer.status}"
        self.asked.append(Asked(None, 0, len(answer.body)))
        return answer

    def _orders(self, request: Request) -> Answer:
        query = request.query
        url = f"http://{request.header('Host')}{request.path}"
        authorization = request.header("Authorization")
        assert auth.identify(self.site, method="GET", url=url, pairs=request.pairs, authorization=authorization)
        assert frozenset(query["_fields"].split(",")) == self.fields, "other fields than were prepared"
        assert (query["orderby"], query["order"], query["status"]) == ("id", "asc", "any"), "another order, or fewer"
        assert max(query.get("after", ""), query.get("modified_after", "")) < "2010-12-01", "fewer than all orders"
        return self._page(query, self.asked)

    def _page(self, query: dict[str, str], asked: list[Asked]) -> Answer:
        start, size = int(query.get("offset", 0)), int(query.get("per_page", 10))
        assert "page" not in query, "pages are asked for by offset"
        body = self.pages.page(start, size)
        asked.append(Asked(start, size, len(body)))
        return Answer(body, headers={**_JSON, "X-WP-Total": str(len(self.pages))})


@contextmanager
def site(folder: Path, latency: float) -> Iterator[int]:
    """Run it; gives its port."""
    command = [sys.executable, "-m", "bench.woo_site", str(folder), str(latency)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield int(process.stdout.readline())
        process.stdin.close()
        process.wait(10)


def asked(port: int) -> list[Asked]:
    """What the site was asked so far."""
    return [Asked(**row) for row in json.loads(_got(HTTPConnection("127.0.0.1", port), "/bench/asked"))]


def read_bare(port: int, pages: list[Asked]) -> float:
    """Seconds that these pages take one after the other, by a client that does nothing with them."""
    connection = HTTPConnection("127.0.0.1", port)
    began = time.perf_counter()
    for page in pages:
        body = _got(connection, f"/bench/page?offset={page.start}&per_page={page.size}")
        assert len(body) == page.bytes
    took = time.perf_counter() - began
    connection.close()
    return took


def _got(connection: HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return body


def main(arguments: list[str]) -> None:
    folder, latency = Path(arguments[0]), float(arguments[1])
    with PreparedSite(folder, latency) as server:
        print(server.port, flush=True)
        sys.stdin.read()
        if server.errors:
            raise server.errors[0]


if __name__ == "__main__":
    main(sys.argv[1:])
