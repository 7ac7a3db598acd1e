"""Booking credits: sales with negative quantities that make no shipments by themselves.

Of what is to be sold again, first the units that have not left are taken off what the warehouse is to send; only the
rest comes back onto the shelf. What a former run, or a person, took off already counts. `note`s of a credit's lines
say how much was what, so that it can be told apart the next time.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncctl.connectors.tryton.booking import UNBOOKED, Booking, refused
from syncctl.connectors.tryton.lines import BACK, UNSENT, line_id_of, note_of, sort_of
from syncctl.connectors.tryton.parties import Parties, Receiver
from syncctl.connectors.tryton.rpc import Declined
from syncctl.connectors.tryton.sale_lines import Products, Values, charge_lines, lines_for
from syncctl.model import Booked, Document, DocumentLine, DocumentOutcome, Refused
from syncctl.units import floored

_NOT_LEFT = ("draft", "waiting", "assigned")
_ORIGINAL = [
    "web_id",
    "state",
    "party",
    "invoice_address",
    "shipment_address",
    "warehouse.name",
    "lines.note",
    "lines.quantity",
    "lines.product",
    "lines.moves_ignored",
]
_MOVES = ["quantity", "state", "shipment", "origin", "product", "unit", "from_location", "to_location", "unit_price"]
Row = Mapping[str, Any]


@dataclass(slots=True)
class Original:
    """A booked sale, as far as a credit of it goes: units by the web store's line id."""

    row: Row
    sold: Counter[str]
    credited: Counter[str]
    unattributed: Counter[str]  # taken off what is to be sent, by nobody's credit yet
    moves: list[Row]  # that have not left

    def waiting(self, line_id: str, lines: Mapping[int, str]) -> list[Row]:
        return [one for one in self.moves if lines.get(_line_of(one)) == line_id]


class Crediting:
    """Books the credits of one batch, one after the other."""

    def __init__(self, booking: Booking, parties: Parties, rpc: Any) -> None:
        self._booking, self._parties, self._rpc = booking, parties, rpc
        self._context = booking.context

    def book(self, documents: Sequence[Document]) -> dict[str, DocumentOutcome]:
        """One outcome for each reference. Errors: Unreachable and DataError: nobody knows what was done."""
        products = self._booking.products(documents)
        return {one.reference: self._one(one, products) for one in documents}

    def _one(self, document: Document, products: Products) -> DocumentOutcome:
        if problem := self._booking.refusal(document, products):
            return problem
        done = self._booking.booked_before([document])
        if document.reference in done:
            self._receive(document.reference)  # a former run may have died before that
            return done[document.reference]
        original = self._original(document) if document.original else None
        if document.original and original is None:
            return refused(document, "unknown_original", f"Tryton has no sale {document.original[:60]!r}.")
        if original and (problem := _too_much(document, original)):
            return problem
        return self._book(document, original, products)

    def _book(self, document: Document, original: Original | None, products: Products) -> DocumentOutcome:
        unsent = self._unsent(document, original, products)
        lines = [
            *self._goods(document, products, unsent),
            *charge_lines(document, products, self._booking.settings.tax_item, self._booking.digits, -1),
        ]
        values = {**self._head(document, original), "shipment_method": "manual", "lines": [["create", lines]]}
        before: dict[str, DocumentOutcome] = {}
        if original and unsent:
            before = self._take_off(document, original, unsent)
        if before:
            return before[document.reference]
        outcome = self._booking.make([document], {document.reference: values})[document.reference]
        if isinstance(outcome, Booked):
            self._receive(document.reference)
        return outcome

    def _head(self, document: Document, original: Original | None) -> Values:
        if original is None:
            receiver = self._parties.of([document])[document.reference]
        else:
            row = original.row
            receiver = Receiver(row["party"], row["invoice_address"], row["shipment_address"])
            warehouse = row["warehouse."]["name"] if row["warehouse."] else ""
            if not document.location and warehouse in self._booking.shop.warehouses:
                document = replace(document, location=warehouse)
        head = self._booking.head(document, receiver, None)
        return {**head, "origin": f"sale.sale,{original.row['id']}" if original else None}

    def _goods(self, document: Document, products: Products, unsent: Mapping[str, int]) -> list[Values]:
        """The lines of what came back: never sent, back on the shelf, or gone for good, each with its own note."""
        lines: list[Values] = []
        left = Counter(unsent)
        for line in document.lines:
            never_sent = min(left[line.line_id], line.quantity) if line.restock else 0
            left[line.line_id] -= never_sent
            amount = line.amount * never_sent // line.quantity
            lines += self._part(line, products, never_sent, amount, UNSENT)
            rest = line.quantity - never_sent
            lines += self._part(line, products, rest, line.amount - amount, BACK if line.restock else "")
        return lines

    def _part(self, line: DocumentLine, products: Products, quantity: int, amount: int, sort: str) -> list[Values]:
        if not quantity:
            return []
        note = note_of(line.line_id, sort)
        return list(lines_for(line, quantity, amount, products[line.sku], self._booking.digits, note, -1))

    # --- the original -------------------------------------------------------------------------------------------------

    def _original(self, document: Document) -> Original | None:
        domain = [["web_shop", "=", self._booking.shop.id], ["web_id", "=", document.original]]
        rows = self._read("sale.sale", [*domain, ["state", "not in", [*UNBOOKED, "cancelled"]]], _ORIGINAL)
        if not rows or rows[0]["web_id"] != document.original:
            return None
        row = rows[0]
        credits = self._read(
            "sale.line",
            [["sale.origin", "=", f"sale.sale,{row['id']}"], ["sale.state", "not in", [*UNBOOKED, "cancelled"]]],
            ["note", "quantity"],
        )
        sold = _units(row["lines."])
        credited, attributed = Counter[str](), Counter[str]()
        for line in credits:
            if (line_id := line_id_of(line["note"])) is not None:
                credited[line_id] += -floored(line["quantity"])
                attributed[line_id] += -floored(line["quantity"]) if sort_of(line["note"]) == UNSENT else 0
        ignored = [one for line in row["lines."] for one in line["moves_ignored"]]
        moves = self._read("stock.move", [["origin.sale", "=", row["id"], "sale.line"]], _MOVES)
        lines = {line["id"]: line_id_of(line["note"]) for line in row["lines."]}
        off = Counter[str]()
        for move in moves:
            line_id = lines.get(_line_of(move))
            if move["id"] in ignored and move["state"] == "cancelled" and line_id is not None:
                off[line_id] += floored(move["quantity"])
        return Original(row, sold, credited, off - attributed, self._not_left(moves))

    def _not_left(self, moves: Sequence[Row]) -> list[Row]:
        """Moves of shipments that nobody has begun to pick."""
        named = {one["shipment"] for one in moves if (one["shipment"] or "").startswith("stock.shipment.out,")}
        ids = [int(one.partition(",")[2]) for one in named]
        rows = self._read("stock.shipment.out", [["id", "in", ids]], ["state"]) if ids else []
        open_ = {f"stock.shipment.out,{row['id']}" for row in rows if row["state"] in _NOT_LEFT}
        return [one for one in moves if one["shipment"] in open_ and one["state"] not in ("done", "cancelled")]

    def _unsent(self, document: Document, original: Original | None, products: Products) -> Counter[str]:
        """Of what is to be sold again, the units that have not left, by line id."""
        found = Counter[str]()
        if original is None:
            return found
        lines = {line["id"]: line_id_of(line["note"]) or "" for line in original.row["lines."]}
        for line in document.lines:
            if line.restock and products[line.sku].goods:
                here = sum(floored(one["quantity"]) for one in original.waiting(line.line_id, lines))
                free = original.unattributed[line.line_id] + here - found[line.line_id]
                found[line.line_id] += min(line.quantity, max(0, free))
        return +found

    def _take_off(self, document: Document, original: Original, unsent: Counter[str]) -> dict[str, DocumentOutcome]:
        """Take these units off what the warehouse is to send; an outcome where Tryton will not have that."""
        lines = {line["id"]: line_id_of(line["note"]) or "" for line in original.row["lines."]}
        wanted = {key: units - original.unattributed[key] for key, units in unsent.items()}
        cuts: list[tuple[Row, int]] = []
        for key, units in wanted.items():
            for move in original.waiting(key, lines):
                cut = min(max(0, units), floored(move["quantity"]))
                units -= cut
                if cut:
                    cuts.append((move, cut))
        if not cuts:
            return {}
        try:
            self._cut(cuts)
            self._rpc.write("sale.sale", "process", [original.row["id"]], context=self._context)
        except Declined as error:
            return {document.reference: refused(document, "not_taken_off", error.said)}
        return {}

    def _cut(self, cuts: Sequence[tuple[Row, int]]) -> None:
        """Each cut becomes a cancelled move that the sale's line knows of: else it would be sent after all."""
        shipments = sorted({int(move["shipment"].partition(",")[2]) for move, _ in cuts})
        states = {row["id"]: row["state"] for row in self._read_ids("stock.shipment.out", shipments, ["state"])}
        assigned = [one for one in shipments if states[one] == "assigned"]
        if assigned:
            self._rpc.write("stock.shipment.out", "wait", assigned, context=self._context)
        self._rpc.write("stock.shipment.out", "draft", shipments, context=self._context)
        for move, units in cuts:
            rest = floored(move["quantity"]) - units
            split = {name: move[name] for name in ("product", "unit", "from_location", "to_location", "origin")}
            split |= {"quantity": units, "unit_price": move["unit_price"], "company": self._booking.shop.company}
            split["currency"] = self._booking.shop.currency_id
            off = self._rpc.write("stock.move", "create", [split], context=self._context)
            self._rpc.write("stock.move", "cancel", off, context=self._context)
            self._rpc.write(
                "sale.line", "write", [_line_of(move)], {"moves_ignored": [["add", off]]}, context=self._context
            )
            if rest:
                self._rpc.write("stock.move", "write", [move["id"]], {"quantity": rest}, context=self._context)
            else:
                self._rpc.write("stock.move", "delete", [move["id"]], context=self._context)
        self._wait_again(shipments)

    def _wait_again(self, shipments: Sequence[int]) -> None:
        """What is left of a shipment goes on; one of which nothing is left is cancelled."""
        rows = self._read_ids("stock.shipment.out", shipments, ["outgoing_moves"])
        full = [row["id"] for row in rows if row["outgoing_moves"]]
        empty = [row["id"] for row in rows if not row["outgoing_moves"]]
        for ids, step in ((full, "wait"), (empty, "cancel")):
            if ids:
                self._rpc.write("stock.shipment.out", step, ids, context=self._context)

    # --- back on the shelf --------------------------------------------------------------------------------------------

    def _receive(self, reference: str) -> None:
        """Put the units of a booked credit back on the shelf, those that are not there yet."""
        if not self._booking.settings.receive_returns:
            return
        domain = [["sale.web_shop", "=", self._booking.shop.id], ["sale.web_id", "=", reference]]
        fields = ["note", "quantity", "product", "product.type", "unit", "unit_price", "moves", "sale.warehouse"]
        lines = [
            line
            for line in self._read("sale.line", domain, fields)
            if sort_of(line["note"]) == BACK and line["product."]["type"] == "goods" and not line["moves"]
        ]
        if not lines:
            return
        customers = self._read("stock.location", [["type", "=", "customer"]], [])[0]["id"]
        warehouses = {line["sale."]["warehouse"] for line in lines}
        shelves = {
            row["id"]: row["storage_location"]
            for row in self._read_ids("stock.location", sorted(warehouses), ["storage_location"])
        }
        moves = [
            {
                "product": line["product"],
                "unit": line["unit"],
                "quantity": -floored(line["quantity"]),
                "from_location": customers,
                "to_location": shelves[line["sale."]["warehouse"]],
                "unit_price": line["unit_price"],
                "currency": self._booking.shop.currency_id,
                "company": self._booking.shop.company,
                "origin": f"sale.line,{line['id']}",
            }
            for line in lines
        ]
        made = self._rpc.write("stock.move", "create", moves, context=self._context)
        self._rpc.write("stock.move", "do", made, context=self._context)

    def _read(self, model: str, domain: list[Any], fields: list[str]) -> list[Row]:
        rows: list[Row] = self._rpc.read(
            model, "search_read", domain, 0, None, [["id", "ASC"]], fields, context=self._context
        )
        return rows

    def _read_ids(self, model: str, ids: Sequence[int], fields: list[str]) -> list[Row]:
        rows: list[Row] = self._rpc.read(model, "read", list(ids), fields, context=self._context)
        return rows


def _units(lines: Sequence[Row]) -> Counter[str]:
    units = Counter[str]()
    for line in lines:
        if (line_id := line_id_of(line["note"])) is not None:
            units[line_id] += floored(line["quantity"])
    return units


def _too_much(document: Document, original: Original) -> Refused | None:
    asked = Counter[str]()
    for line in document.lines:
        asked[line.line_id] += line.quantity
        if asked[line.line_id] > original.sold[line.line_id] - original.credited[line.line_id]:
            text = f"More of line {line.line_id[:40]!r} is credited than was sold."
            return refused(document, "credit_exceeds_sale", text)
    return None


def _line_of(move: Row) -> int:
    return int(move["origin"].partition(",")[2])
