"""Putting what came back on the shelf, once: a credit is not in the books before that.

The moves are made, then done: a process that ended in between has left drafts, which are done the next time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from syncctl.connectors.tryton.base import MOST_LINES, Row, ShopBooks
from syncctl.connectors.tryton.booking import UNBOOKED
from syncctl.connectors.tryton.halving import Answer, Item, each, loads
from syncctl.connectors.tryton.lines import BACK, sort_of
from syncctl.connectors.tryton.rpc import Declined
from syncctl.connectors.tryton.values import number

TOLD_BY = ("note", "product.type", "moves.state")
"""Fields of a sale's line by which `is_outstanding` tells."""
_PARTY, _WAREHOUSE = "sale.party.customer_location", "sale.warehouse.storage_location"
_FIELDS = [
    *TOLD_BY,
    "_timestamp",
    "quantity",
    "product",
    "unit",
    "unit_price",
    "sale.web_id",
    "sale.currency",
    _PARTY,
    _WAREHOUSE,
]


def is_outstanding(line: Row) -> bool:
    """Whether these units came back and are not on the shelf yet."""
    if sort_of(line["note"]) != BACK or line["product."]["type"] == "service":
        return False
    return not line["moves."] or bool(_drafts(line))


class Receiving:
    """Receives the goods of booked credits."""

    def __init__(self, books: ShopBooks) -> None:
        self._books = books

    def receive(self, references: Iterable[str]) -> dict[str, str]:
        """Put the units of these credits on the shelf, those that are not there yet; returns why not, by credit."""
        wanted = sorted(references)
        if not wanted or not self._books.settings.receive_returns:
            return {}
        lines = self._outstanding(wanted)
        missing = [line for line in lines if not line["moves."]]
        problems = {line["id"]: "its party has no customer location" for line in missing if _place(line) is None}
        to_make = [line for line in missing if _place(line) is not None]
        problems |= {line["id"]: no.said for line, no in _by_loads(to_make, self._make) if isinstance(no, Declined)}
        if to_make:
            lines = self._outstanding(wanted)  # with what was made of them
        moves = [(line["id"], move) for line in lines for move in _drafts(line)]
        problems |= {line: no.said for (line, _), no in _by_loads(moves, self._do) if isinstance(no, Declined)}
        if problems:  # unless another run has done it meanwhile
            lines = self._outstanding(wanted)
        return {line["sale."]["web_id"]: problems[line["id"]] for line in lines if line["id"] in problems}

    def _outstanding(self, references: Sequence[str]) -> list[Row]:
        """Lines of booked credits whose units came back and are not on the shelf yet."""
        domain = [
            ["sale.web_shop", "=", self._books.shop.id],
            ["sale.web_id", "in", references],
            ["sale.state", "not in", list(UNBOOKED)],
        ]
        return [line for line in self._books.rows("sale.line", domain, _FIELDS) if is_outstanding(line)]

    def _make(self, lines: Sequence[Row]) -> Sequence[None]:
        """Of each line as it was read: else another run may have made the same."""
        arguments = [part for line in lines for part in ([line["id"]], {"moves": [["create", [self._move(line)]]]})]
        read = {f"sale.line,{line['id']}": line["_timestamp"] for line in lines}
        self._books.write("sale.line", "write", *arguments, as_read=read)
        return [None] * len(lines)

    def _do(self, moves: Sequence[tuple[str, int]]) -> Sequence[None]:
        self._books.write("stock.move", "do", [move for _, move in moves])
        return [None] * len(moves)

    def _move(self, line: Row) -> dict[str, Any]:
        sale = line["sale."]
        return {
            "product": line["product"],
            "unit": line["unit"],
            "quantity": -number(line["quantity"]),
            "from_location": _place(line),
            "to_location": sale["warehouse."]["storage_location"],
            "unit_price": line["unit_price"],
            "currency": sale["currency"],
            "company": self._books.shop.company,
        }


def _by_loads(
    items: Sequence[Item], call: Callable[[Sequence[Item]], Sequence[Answer]]
) -> Iterator[tuple[Item, Answer | Declined]]:
    for load in loads(items, MOST_LINES):
        yield from each(load, call)


def _place(line: Row) -> int | None:
    """Where in Tryton what the customer has is; None: nobody said that."""
    place: int | None = line["sale."]["party."]["customer_location"]
    return place


def _drafts(line: Row) -> list[int]:
    return [one["id"] for one in line["moves."] if one["state"] in ("staging", "draft", "assigned")]
