"""Many orders, prepared as rows in a file, so that serving a page costs next to nothing: for measuring the reader.

The file holds each row as JSON text and a comma behind it; beside it lies an index of where each begins, and when the
order was made and changed. Rows are cut to the fields that will be asked for when they are written.
"""

import mmap
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.fakes.wire import Answer, Request
from tests.fakes.woo import params, php, reading
from tests.fakes.woo.call import Call, Reply
from tests.fakes.woo.orders import POST
from tests.fakes.woo.records import Order
from tests.fakes.woo.rows_orders import order_row
from tests.fakes.woo.server import WooServer
from tests.fakes.woo.site import Site

BEHIND = b","
Entry = tuple[int, int, int, datetime, datetime]  # id, begin, end, made, changed


def write_orders(path: Path, site: Site, orders: Iterable[Order], *, fields: str = "", places: int = 6) -> int:
    """Write these orders, in the order of their ids; how many there are. None of them need be kept in `site`."""
    mask, count = reading.mask_of({"_fields": fields}), 0
    with path.open("wb") as rows, _index(path).open("w", encoding="ascii") as index:
        for order in orders:
            begin = rows.tell()
            rows.write(php.dump(reading.cut(order_row(site, order, places), mask)).encode() + BEHIND)
            index.write(
                f"{order.id} {begin} {rows.tell() - len(BEHIND)} {_gmt(order.created)} {_gmt(order.modified)}\n"
            )
            count += 1
    return count


def _index(path: Path) -> Path:
    return path.with_suffix(".index")


def _gmt(moment: datetime) -> str:
    return str(php.gmt(moment))


class PreparedServer(WooServer):
    """A site whose orders are those of the file and nothing else. `latency`: seconds that each answer takes."""

    def __init__(self, site: Site, orders: Path | None = None, *, latency: float = 0.0, **more: Any) -> None:
        super().__init__(site, **more)
        self.latency = latency
        self.entries: list[Entry] = _entries(orders) if orders else []
        self.rows = _mapped(orders) if orders else b""
        self.chosen: tuple[Any, list[Entry]] = (None, [])  # the last filter, and what it left

    def handle(self, request: Request) -> Answer:
        time.sleep(self.latency)
        return super().handle(request)

    def route(self, call: Call) -> Reply | None:
        if not self.entries or call.route not in ("orders", "refunds"):
            return None
        if call.route == "refunds":
            return call.list_of([], {"X-WP-Total": "0", "X-WP-TotalPages": "0"})
        query = params.read({**params.DATED, "status": (params.text, "any")}, call.given)
        if (query["orderby"], query["order"]) != ("id", "asc") and not query["include"]:
            raise params.Refusal(f"{POST}_not_prepared", "The rows are prepared by id.", 501)
        page, counted = reading.paged(self._filtered(query), query)
        return Reply(f"[{self._text(page)}]", headers=counted)

    def _filtered(self, query: dict[str, Any]) -> list[Entry]:
        key = tuple(str(query[name]) for name in ("after", "modified_after", "dates_are_gmt", "include"))
        if self.chosen[0] != key:
            found = [entry for entry in self.entries if not query["include"] or entry[0] in query["include"]]
            for name, place in (("after", 3), ("modified_after", 4)):
                if query[name] is not None:
                    least = php.bound(query[name], self.site.zone)
                    found = [entry for entry in found if entry[place] > least]
            self.chosen = (key, found)
        return self.chosen[1]

    def _text(self, page: Any) -> str:
        """Neighbours in the file are one slice."""
        if page and page[-1][1] - page[0][1] == sum(end - begin + len(BEHIND) for _, begin, end, *_ in page[:-1]):
            return self.rows[page[0][1] : page[-1][2]].decode("ascii")
        return ",".join(self.rows[begin:end].decode("ascii") for _, begin, end, *_ in page)


def _entries(path: Path) -> list[Entry]:
    found = []
    for line in _index(path).read_text(encoding="ascii").splitlines():
        number, begin, end, made, changed = line.split(" ")
        moments = datetime.fromisoformat(made), datetime.fromisoformat(changed)
        found.append((int(number), int(begin), int(end), *moments))
    return found


def _mapped(path: Path) -> Any:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""
