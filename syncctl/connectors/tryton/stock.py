"""Levels: what is on the shelf of each warehouse, and what of it is promised to others.

What Tryton calls the forecast quantity counts goods that have not come yet, so it is never used.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from math import ceil
from typing import Any

from syncctl.connectors.base import Page
from syncctl.connectors.tryton.base import ShopBooks
from syncctl.connectors.tryton.cursors import Span, changed_since
from syncctl.connectors.tryton.values import number
from syncctl.errors import CursorLost, DataError
from syncctl.model import StockLevel, Unreadable
from syncctl.units import floored

_OPEN = ["staging", "draft", "assigned"]
_GOODS = [["type", "=", "goods"], ["active", "=", True]]
_MOST_MOVES = 20_000
Levels = Mapping[tuple[int, int], int]
"""Units by product and warehouse."""


class StockBooks(ShopBooks):
    """The stock of the warehouses that the web shop sells from, each a location."""

    @cached_property
    def _places(self) -> dict[int, int]:
        """The warehouse that each place belongs to."""
        places: dict[int, int] = {}
        for warehouse in self.shop.warehouses.values():
            below = self.rpc.read("stock.location", "search", [["parent", "child_of", [warehouse], "parent"]])
            places |= dict.fromkeys(below, warehouse)
        return places

    def fetch_stock(self, cursor: str | None) -> Iterator[Page[StockLevel]]:
        """Everything once a day, and where the warehouses are others or have other names; else the levels of what was
        moved since; where nothing was, that is one call.

        What is promised is read before what is there: goods that leave in between are then taken off twice, and seen
        by the next reading; the other way round they would be sold twice. Of a product whose moves are as they were,
        neither has changed. A move that was deleted as a draft leaves no trace: what it promised is kept back until
        everything is read again.
        """
        warehouses = sorted(f"{id_} {name}" for name, id_ in self.shop.warehouses.items())
        span = Span.begin(cursor, self.now(), ", ".join(warehouses))
        wanted = None if span.full else self._moved(span)
        promised = self._promised(wanted)
        while True:
            ids = self._next_goods(span.after) if wanted is None else _slice(wanted, span.after, self.page_size)
            records, unreadable = self._levels(ids, promised) if ids else ([], [])
            last = len(ids) < self.page_size
            text = span.ended() if last else span.at(ids[-1])
            yield Page(records=records, unreadable=unreadable, cursor=text, full=span.full)
            if last:
                return
            span = Span.parse(text)

    def _promised(self, products: Sequence[int] | None) -> Levels:
        """Units that are to leave a warehouse and are still there, raised to whole ones; None: of all products."""
        if products is not None and not products:
            return {}
        fields = ["product", "internal_quantity", "from_location", "to_location"]
        ours = ["company", "=", self.shop.company]  # others may share the warehouse, and have goods of their own in it
        domain: list[Any] = [["state", "in", _OPEN], ours, ["from_location", "in", sorted(self._places)]]
        if products is not None and len(products) <= self.page_size:
            domain.append(["product", "in", list(products)])
        moves = self.rows("stock.move", domain, fields)
        units: defaultdict[tuple[int, int], Decimal] = defaultdict(Decimal)
        for move in moves:
            warehouse = self._places[move["from_location"]]
            if self._places.get(move["to_location"]) != warehouse:
                units[move["product"], warehouse] += number(move["internal_quantity"])
        return {key: ceil(amount) for key, amount in units.items()}

    def _moved(self, span: Span) -> list[int]:
        """The goods whose stock may have changed. Errors: CursorLost where more moved than one call can tell."""
        context = self.shop.context
        moves = self.rpc.read(
            "stock.move",
            "search_read",
            changed_since(span.from_then),
            0,
            _MOST_MOVES,
            [["id", "DESC"]],
            ["product"],
            context=context,
        )
        if len(moves) == _MOST_MOVES:
            raise CursorLost(f"{self.name}: more than {_MOST_MOVES} moves of stock since the last reading.")
        found = sorted({move["product"] for move in moves})
        if not found:
            return []
        goods = self.rpc.read("product.product", "search", [["id", "in", found], *_GOODS], context=context)
        return sorted(goods)

    def _next_goods(self, after: int) -> list[int]:
        domain = [*_GOODS, ["id", ">", after]]
        found: list[int] = self.rpc.read(
            "product.product", "search", domain, 0, self.page_size, [["id", "ASC"]], context=self.shop.context
        )
        return found

    def _levels(self, ids: Sequence[int], promised: Levels) -> tuple[list[StockLevel], list[Unreadable]]:
        records, unreadable = [], []
        for name, warehouse in self.shop.warehouses.items():
            context = {**self.shop.context, "locations": [warehouse], "with_childs": True}
            rows = self.rpc.read("product.product", "read", list(ids), ["code", "quantity"], context=context)
            for row in rows:
                try:
                    level = self._level(row, name, promised.get((row["id"], warehouse), 0))
                except DataError as error:
                    unreadable.append(Unreadable(id=str(row["id"]), reason=str(error)))
                    continue
                if level is not None:
                    records.append(level)
        return records, unreadable

    def _level(self, row: Mapping[str, Any], location: str, promised: int) -> StockLevel | None:
        """None for what has no SKU: nobody can name it."""
        if not row["code"]:
            return None
        shelf = floored(row["quantity"])
        falls_on_order = self.settings.stock_falls_on == "order"
        available = shelf - promised if falls_on_order else shelf
        return StockLevel(row["code"], available, location, shelf, promised)


def _slice(ids: Iterable[int], after: int, most: int) -> list[int]:
    return [one for one in ids if one > after][:most]
