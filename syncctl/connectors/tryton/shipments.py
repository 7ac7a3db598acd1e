"""Goods that left for customers of the web shop, and those of which a person undid that."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time

from syncctl.connectors.base import Page
from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.cursors import Span, changed_since
from syncctl.connectors.tryton.lines import line_id_of
from syncctl.model import FulfilmentLine, Shipment
from syncctl.units import floored

_FIELDS = [
    "shipment",
    "product.code",
    "quantity",
    "origin.note",
    "origin.sale",
    "state",
    "shipment.state",
    "shipment.reference",
    "shipment.carrier.party.name",
    "shipment.effective_date",
]
_DONE = "done"


class ShipmentBooks(ShopBooks):
    """What Tryton has sent. The reference of a shipment is its tracking number."""

    def fetch_shipments(self, cursor: str | None) -> Iterator[Page[Shipment]]:
        """Shipments by id; each sale's part of one by itself.

        One that is not done is told as cancelled: it may have been done once, and a person undid it.
        """
        span = Span.begin(cursor, self.now())
        while True:
            ids = self._next_shipments(span)
            last = len(ids) < self.page_size
            text = span.ended() if last else span.at(ids[-1])
            yield Page(records=_shipments(self._moves(ids)), cursor=text, full=span.full)
            if last:
                return
            span = Span.parse(text)

    def _next_shipments(self, span: Span) -> list[int]:
        domain = [
            ["id", ">", span.after],
            ["moves.origin.sale.web_shop", "=", self.shop.id, "sale.line"],
            *([] if span.full else [changed_since(span.from_then)]),
        ]
        found: list[int] = self.rpc.read(
            "stock.shipment.out", "search", domain, 0, self.page_size, [["id", "ASC"]], context=self.shop.context
        )
        return found

    def _moves(self, shipments: Sequence[int]) -> list[Row]:
        """What belongs to these shipments, of sales of the web shop."""
        if not shipments:
            return []
        domain = [
            ["shipment", "in", [f"stock.shipment.out,{one}" for one in shipments]],
            ["quantity", ">", 0],
            ["to_location.type", "=", "customer"],
            ["origin.sale.web_shop", "=", self.shop.id, "sale.line"],
        ]
        return self.rows("stock.move", domain, _FIELDS)


def _shipments(rows: Sequence[Row]) -> list[Shipment]:
    parts: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        parts.setdefault((row["shipment"], row["origin."]["sale"]), []).append(row)
    return [_shipment(name, sale, lines) for (name, sale), lines in parts.items()]


def _shipment(name: str, sale: int, rows: Sequence[Row]) -> Shipment:
    id_, told = f"{name.partition(',')[2]}-{sale}", rows[0]["shipment."]
    gone = [row for row in rows if row["state"] == _DONE]
    if told["state"] != _DONE or not gone:
        return Shipment(id=id_, document_id=str(sale), lines=(), cancelled=True)
    carrier, left = told["carrier."], told["effective_date"]
    return Shipment(
        id=id_,
        document_id=str(sale),
        lines=tuple(map(_line, gone)),
        tracking_number=told["reference"] or "",
        carrier=carrier["party."]["name"] or "" if carrier else "",
        shipped_at=datetime.combine(left, time(), UTC) if left else None,
    )


def _line(row: Row) -> FulfilmentLine:
    """Of a part of a unit none has left yet."""
    return FulfilmentLine(
        quantity=floored(row["quantity"]), line_id=line_id_of(row["origin."]["note"]), sku=row["product."]["code"]
    )
