"""A Shopify shop in a process of its own, with prepared orders: `python -m bench.shopify_site FOLDER SECONDS POINTS`.

It tells its port, and ends when its stdin does. A page of orders is a slice of a file, so serving costs next to
nothing; every answer comes SECONDS after it was asked for. Its bucket holds as much as that of a Plus shop, really
empties, and fills up by POINTS a second. Not of Shopify: `GET /bench/...`, for the benchmark itself.
"""

import json
import mmap
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from graphql import OperationDefinitionNode, parse

from bench.measure import ROOT
from bench.shopify_orders import COSTS, CURRENCY, FILE, OFFSETS, ORDERS, weight
from tests.fakes.shopify import STATIC
from tests.fakes.shopify.cost import requested
from tests.fakes.shopify.schema import schema_of
from tests.fakes.wire import Answer, Request, Server, reply

HOLDS = 20_000  # points
TOKEN = STATIC
VERSION = "2026-07"
_JSON = {"Content-Type": "application/json; charset=utf-8"}
_OPERATION = "gid://shopify/BulkOperation/1"


class Orders:
    """The prepared orders, by their place."""

    def __init__(self, folder: Path) -> None:
        with (folder / ORDERS).open("rb") as file:
            self._text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._offsets = array("Q", (folder / OFFSETS).read_bytes())
        self._costs = array("I", (folder / COSTS).read_bytes())

    def __len__(self) -> int:
        return len(self._costs)

    def page(self, start: int, size: int) -> bytes:
        """The orders from `start` on, as they stand in a list."""
        end = min(start + size, len(self))
        return b"[%b]" % self._text[self._offsets[start] : self._offsets[end] - 1] if start < end else b"[]"

    def cost(self, start: int, size: int) -> int:
        """Points that they really cost, on one page."""
        costs = self._costs[start : start + size]
        return 2 + round((1 + sum(costs) / len(costs)) * weight(len(costs))) if costs else 2


@dataclass(frozen=True)
class Asked:
    """One document that was answered: a page of orders, or (`start` None) something else. `cost`: what it took."""

    start: int | None
    size: int
    cost: int


class Bucket:
    """Points, by the clock. `fills`: so many come back in a second."""

    def __init__(self, fills: int) -> None:
        self.fills, self.left, self.at = fills, float(HOLDS), time.monotonic()

    def fill(self) -> None:
        now = time.monotonic()
        self.left, self.at = min(HOLDS, self.left + (now - self.at) * self.fills), now


class PreparedShop(Server):
    """Answers the documents that a first reading of orders sends. Any other is an error of the benchmark."""

    def __init__(self, folder: Path, latency: float, fills: int, files: str) -> None:
        self.orders, self.latency, self.files = Orders(folder), latency, files
        self.bucket = Bucket(fills)
        self.asked: list[Asked] = []
        self.throttled = 0
        with (folder / FILE).open("rb") as file:
            self.lines = sum(1 for _ in file)
        super().__init__()

    def handle(self, request: Request) -> Answer:
        if request.path == "/bench/asked":
            return reply({"asked": [asdict(one) for one in self.asked], "throttled": self.throttled})
        assert request.header("X-Shopify-Access-Token") == TOKEN
        body = json.loads(request.body)
        text, variables = body["query"], body["variables"]
        price = priced(text, json.dumps(variables))
        self.bucket.fill()
        if self.bucket.left < price:
            self.throttled += 1
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
            return reply({"errors": [error], "extensions": self._told(price, None)})
        self.bucket.left -= price
        start, size, data = self._data(text, variables)
        spent = price if start is None else min(price, self.orders.cost(start, size))
        self.bucket.left = min(HOLDS, self.bucket.left + price - spent)
        self.asked.append(Asked(start, size, spent))
        time.sleep(self.latency)
        extensions = json.dumps(self._told(price, spent)).encode()
        return Answer(b'{"data":%b,"extensions":%b}' % (data, extensions), headers=_JSON)

    def _data(self, text: str, variables: Mapping[str, Any]) -> tuple[int | None, int, bytes]:
        if "query orders(" in text:
            assert "updated_at" not in variables["query"], "fewer than all orders"
            start, size = int(variables["after"] or 0), variables["first"]
            more = start + size < len(self.orders)
            info = {"hasNextPage": more, "endCursor": str(start + size) if more else None}
            page = self.orders.page(start, size), json.dumps(info).encode()
            return start, size, b'{"orders":{"nodes":%b,"pageInfo":%b}}' % page
        for word, found in self._others(variables).items():
            if word in text:
                return None, 0, json.dumps(found).encode()
        raise AssertionError(f"nobody asks this in a first reading: {text[:60]}")

    def _others(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        counts = {"objectCount": str(self.lines), "rootObjectCount": str(len(self.orders))}
        made = {"status": "COMPLETED", "errorCode": None, "url": self.files, **counts}
        shop = {"id": "gid://shopify/Shop/1", "name": "Retail", "currencyCode": CURRENCY, "ianaTimezone": "UTC"}
        return {
            "query about": {"shop": shop},
            "query ordersCount": {"ordersCount": {"count": min(len(self.orders), variables.get("limit", 0))}},
            "mutation startBulk": {"bulkOperationRunQuery": {"bulkOperation": {"id": _OPERATION}, "userErrors": []}},
            "query bulkState": {"bulkOperation": made},
        }

    def _told(self, price: int, spent: int | None) -> dict[str, Any]:
        status = {
            "maximumAvailable": HOLDS,
            "currentlyAvailable": int(self.bucket.left),
            "restoreRate": self.bucket.fills,
        }
        return {"cost": {"requestedQueryCost": price, "actualQueryCost": spent, "throttleStatus": status}}


class Files(Server):
    """The other host, where the file of a bulk operation is."""

    def __init__(self, folder: Path) -> None:
        self.file = (folder / FILE).read_bytes()
        super().__init__()

    def handle(self, _request: Request) -> Answer:
        return Answer(self.file, headers={"Content-Type": "application/jsonl"})


@lru_cache(maxsize=64)
def priced(text: str, variables: str) -> int:
    """Points that a document asks for."""
    document = parse(text)
    [operation] = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    return requested(schema_of(VERSION, True), document, operation, json.loads(variables))


@contextmanager
def site(folder: Path, latency: float, fills: int) -> Iterator[int]:
    """Run it; gives its port."""
    command = [sys.executable, "-m", "bench.shopify_site", str(folder), str(latency), str(fills)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield int(process.stdout.readline())
        process.stdin.close()
        process.wait(10)


def asked(port: int) -> tuple[list[Asked], int]:
    """What the shop answered so far, and how often it turned somebody away."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/bench/asked")
    found = json.loads(connection.getresponse().read())
    connection.close()
    return [Asked(**row) for row in found["asked"]], found["throttled"]


def allowed(requests: list[Asked], fills: int) -> float:
    """Seconds that the bucket alone takes for these documents: full at first, then as fast as it fills up."""
    return max(0.0, sum(one.cost for one in requests) - HOLDS) / fills


def main(arguments: list[str]) -> None:
    folder, latency, fills = Path(arguments[0]), float(arguments[1]), int(arguments[2])
    with Files(folder) as files, PreparedShop(folder, latency, fills, f"{files.url}/orders.jsonl?S=1") as server:
        print(server.port, flush=True)
        sys.stdin.read()
        for error in (*server.errors, *files.errors):
            raise error


if __name__ == "__main__":
    main(sys.argv[1:])
