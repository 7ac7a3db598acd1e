"""Booked sales, as far as credits of them go: what was sold, credited, has left, or waits to be sent."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.booking import UNBOOKED
from syncctl.connectors.tryton.lines import BACK, UNSENT, line_id_of, sort_of
from syncctl.connectors.tryton.values import number
from syncctl.units import floored

SHIPMENT = "stock.shipment.out"
_OPEN = ("staging", "draft", "assigned")
_NOT_BEGUN = ("draft", "waiting", "assigned")
_MOVE = (
    *("quantity", "state", "product", "unit", "from_location", "to_location", "unit_price", "currency"),
    *("planned_date", "shipment", "shipment.state"),
)
_FIELDS = [
    *("web_id", "party", "invoice_address", "shipment_address", "warehouse.name", "shipments.state"),
    *("shipments.outgoing_moves.state", "shipments.outgoing_moves.quantity"),
    *(f"lines.{name}" for name in ("note", "quantity", "moves_ignored", "moves_recreated", "_timestamp")),
    *(f"lines.moves.{name}" for name in _MOVE),
]


@dataclass(frozen=True, slots=True)
class Move:
    """Units of one line of a sale on their way to the customer. `shipment`: None where it is in none."""

    id: int
    line: int
    line_id: str
    units: int
    row: Row
    shipment: int | None
    recreated: bool
    ignored: bool

    @property
    def left(self) -> bool:
        return bool(self.row["state"] == "done")

    @property
    def off(self) -> bool:
        """Will never be sent: it was cancelled, and nobody had another made in its place."""
        return bool(self.row["state"] == "cancelled" and not self.recreated)

    @property
    def open(self) -> bool:
        return self.row["state"] in _OPEN

    @property
    def alone(self) -> bool:
        """In no shipment: Tryton itself makes no such moves, taking units off does."""
        return self.shipment is None

    @property
    def waits(self) -> bool:
        """Nobody has begun to pick it."""
        return self.open and (self.alone or self.row["shipment."]["state"] in _NOT_BEGUN)


@dataclass(frozen=True, slots=True)
class Original:
    """A booked sale. Units by the web store's line id; `credited`: by what a credit's line is about, too."""

    row: Row
    moves: Sequence[Move]
    sold: Counter[str]
    credited: Mapping[str, Counter[str]]

    @property
    def id(self) -> int:
        return int(self.row["id"])

    @property
    def shipments(self) -> dict[int, str]:
        """States of its shipments by their ids."""
        return {one["id"]: one["state"] for one in self.row["shipments."]}

    @property
    def full(self) -> dict[int, bool]:
        """Whether there is anything in them that is to be sent, by the ids of its shipments."""
        return {
            one["id"]: any(move["state"] in _OPEN and number(move["quantity"]) > 0 for move in one["outgoing_moves."])
            for one in self.row["shipments."]
        }

    @property
    def as_read(self) -> dict[str, str]:
        """Its lines as they were when they were read; see `ShopBooks.write`."""
        return {f"sale.line,{one['id']}": one["_timestamp"] for one in self.row["lines."]}

    def creditable(self, line_id: str) -> int:
        return self.sold[line_id] - sum(units[line_id] for units in self.credited.values())

    def off(self, line_id: str) -> int:
        """Units that are taken off what is to be sent, and are in no credit yet."""
        units = sum(one.units for one in self._of(line_id) if one.off)
        return max(0, units - self.credited[UNSENT][line_id])

    def waiting(self, line_id: str) -> list[Move]:
        """What can still be taken off; first what a former attempt has taken out of its shipment."""
        return sorted((one for one in self._of(line_id) if one.waits), key=lambda one: (not one.alone, one.id))

    def back(self, line_id: str) -> int:
        """Units that left and were not put back on the shelf."""
        units = sum(one.units for one in self._of(line_id) if one.left)
        return max(0, units - self.credited[BACK][line_id])

    def _of(self, line_id: str) -> Iterable[Move]:
        return (one for one in self.moves if one.line_id == line_id)


def originals(books: ShopBooks, references: Iterable[str]) -> dict[str, Original]:
    """The booked sales under these references: two calls, however many they are."""
    wanted = sorted(set(references) - {""})
    if not wanted:
        return {}
    domain = [["web_shop", "=", books.shop.id], ["web_id", "in", wanted]]
    rows = books.rows("sale.sale", [*domain, ["state", "not in", [*UNBOOKED, "cancelled"]]], _FIELDS)
    rows = [row for row in rows if row["web_id"] in wanted]
    lines = _credit_lines(books, rows)
    return {row["web_id"]: _original(row, [one for one in lines if _origin(one) == row["id"]]) for row in rows}


def _credit_lines(books: ShopBooks, sales: Sequence[Row]) -> list[Row]:
    if not sales:
        return []
    origins = [f"sale.sale,{row['id']}" for row in sales]
    domain = [["sale.origin", "in", origins], ["sale.state", "not in", [*UNBOOKED, "cancelled"]]]
    return books.rows("sale.line", domain, ["note", "quantity", "sale.origin"])


def _origin(line: Row) -> int:
    return int(line["sale."]["origin"].partition(",")[2])


def _original(row: Row, credit_lines: Sequence[Row]) -> Original:
    sold = Counter[str]()
    credited = {sort: Counter[str]() for sort in (UNSENT, BACK, "")}
    for line in row["lines."]:
        if (line_id := line_id_of(line["note"])) is not None:
            sold[line_id] += floored(line["quantity"])
    for line in credit_lines:
        if (line_id := line_id_of(line["note"])) is not None:
            credited[sort_of(line["note"])][line_id] += -floored(line["quantity"])
    return Original(row, [_move(line, one) for line in row["lines."] for one in line["moves."]], sold, credited)


def _move(line: Row, row: Row) -> Move:
    kind, _, shipment = (row["shipment"] or "").partition(",")
    return Move(
        id=row["id"],
        line=line["id"],
        line_id=line_id_of(line["note"]) or "",
        units=floored(row["quantity"]),
        row=row,
        shipment=int(shipment) if kind == SHIPMENT else None,
        recreated=row["id"] in line["moves_recreated"],
        ignored=row["id"] in line["moves_ignored"],
    )
