"""What a web store's own file holds, against what Tryton tells through `proteus`; each difference is a sentence.

It imports nothing of syncctl, and looks at no hub: amounts are added up by `Decimal`, from the orders' bodies in the
store's file and from the rows that `readback.py` printed. Amounts are pence.
"""

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, Any]
ITEMS = {"shipping": "SHIPPING", "discount": "DISCOUNT", "fee": "FEE", "adjustment": "ADJUSTMENT"}
TAX = "TAX"
NOT_OF_THE_WEB = ("At the counter",)  # who buys there
_LINE = re.compile(r"web line (\S+)")
_OPEN = ("draft", "staging", "assigned")


def pence(amount: object) -> int:
    return int((Decimal(str(amount)) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@dataclass(frozen=True)
class Store:
    """The store as its file has it."""

    orders: list[Row]
    listings: dict[str, Row]
    customers: list[Row]

    @classmethod
    def read(cls, path: Path) -> "Store":
        with closing(sqlite3.connect(path)) as file:
            file.row_factory = sqlite3.Row
            bodies = [json.loads(row[0]) for row in file.execute("SELECT body FROM sales_order ORDER BY position")]
            listings = file.execute("SELECT sku, quantity, price FROM listing WHERE NOT deleted").fetchall()
            people = file.execute("SELECT body FROM customer WHERE NOT deleted ORDER BY position").fetchall()
        return cls(bodies, {row["sku"]: dict(row) for row in listings}, [json.loads(row[0]) for row in people])


class Books:
    """Tryton as `readback.py` printed it."""

    def __init__(self, told: Mapping[str, list[Row]]) -> None:
        self.told = told
        self.by_number: dict[str, list[Row]] = defaultdict(list)
        for sale in told["sales"]:
            if sale["party_name"] not in NOT_OF_THE_WEB:
                self.by_number[sale["reference"] or "(none)"].append(sale)

    @cached_property
    def line_of(self) -> dict[int, str]:
        """The store's id of a line, by the id of the line in Tryton."""
        lines = (line for sale in self.told["sales"] for line in sale["lines"])
        return {line["id"]: found[1] for line in lines if (found := _LINE.match(line["note"] or ""))}

    @cached_property
    def moves_of(self) -> dict[str, list[Row]]:
        """The moves of each line, by the store's id of it."""
        moves: dict[str, list[Row]] = defaultdict(list)
        for move in self.told["moves"]:
            kind, _, number = (move["origin"] or "").partition(",")
            if kind == "sale.line" and int(number) in self.line_of:
                moves[self.line_of[int(number)]].append(move)
        return moves

    @cached_property
    def shipments(self) -> dict[str, Row]:
        return {f"stock.shipment.out,{one['id']}": one for one in self.told["shipments"]}

    @cached_property
    def payments_of(self) -> dict[str, list[Row]]:
        payments: dict[str, list[Row]] = defaultdict(list)
        for one in self.told["payments"]:
            payments[one["resource"]].append(one)
        return payments


# --- an order ---------------------------------------------------------------------------------------------------------


def line_amount(body: Row, line: Row) -> tuple[int, int]:
    """A line's amount net of tax, and its tax."""
    amount, tax = pence(Decimal(line["price"]) * line["quantity"]), pence(line.get("tax", "0"))
    return (amount - tax if body["tax_included"] else amount), tax


def wanted_of(body: Row) -> tuple[dict[str, tuple[str, int, int]], dict[str, int]]:
    """What an order leaves in the books in all: lines as (SKU, units, pence) by line id, and pence by other item."""
    lines, items = {}, Counter[str]()
    for line in body["lines"]:
        amount, tax = line_amount(body, line)
        lines[line["id"]] = (line["sku"], line["quantity"], amount)
        items[TAX] += tax
    _add_charges(items, body, body["charges"], 1)
    for refund in body["refunds"]:
        for back in refund["lines"]:
            sku, units, amount = lines[back["line_id"]]
            tax = pence(back.get("tax", "0"))
            gone = pence(back["amount"]) - (tax if body["tax_included"] else 0)
            lines[back["line_id"]] = (sku, units - back["quantity"], amount - gone)
            items[TAX] -= tax
        _add_charges(items, body, refund["charges"], -1)
    if body.get("cancelled_at"):
        return {}, {}
    return {key: one for key, one in lines.items() if one[1:] != (0, 0)}, _without_nothing(items)


def _add_charges(items: Counter[str], body: Row, charges: Iterable[Row], sign: int) -> None:
    for one in charges:
        amount, tax = pence(one["amount"]), pence(one.get("tax", "0"))
        items[ITEMS[one["kind"]]] += sign * (amount - tax if body["tax_included"] else amount)
        items[TAX] += sign * tax


def booked_of(sales: Iterable[Row]) -> tuple[dict[str, tuple[str, int, int]], dict[str, int]]:
    """The same of what is in Tryton's books."""
    lines: dict[str, tuple[str, int, int]] = {}
    items = Counter[str]()
    for line in (line for sale in sales for line in sale["lines"]):
        found = _LINE.match(line["note"] or "")
        if found is None:
            items[line["sku"]] += pence(line["amount"])
            continue
        sku, units, amount = lines.get(found[1], (line["sku"], 0, 0))
        same = sku if sku == line["sku"] else f"{sku} and {line['sku']}"
        lines[found[1]] = (same, units + int(line["quantity"]), amount + pence(line["amount"]))
    return {key: one for key, one in lines.items() if one[1:] != (0, 0) or " and " in one[0]}, _without_nothing(items)


def _without_nothing(items: Counter[str]) -> dict[str, int]:
    return {item: amount for item, amount in items.items() if amount}


def compare_orders(store: Store, books: Books, ledger: Any) -> Iterator[str]:
    """Every order to the cent and line by line: what is booked, how often, paid, to be sent and sent."""
    for body in store.orders:
        number, sales = body["name"], books.by_number.get(body["name"], [])
        if body["id"] in ledger.never_booked:
            if sales:
                yield f"order {number} was called off before it was booked, and has {len(sales)} sales"
            continue
        for what, wanted, found in _parts(body, sales, books, ledger):
            if wanted != found:
                yield f"order {number}: {what}: the store has {wanted}, Tryton {found}"
    strangers = set(books.by_number) - {body["name"] for body in store.orders}
    if strangers:
        yield f"Tryton has sales of orders that the store has not: {sorted(strangers)}"


def _parts(body: Row, sales: list[Row], books: Books, ledger: Any) -> Iterator[tuple[str, object, object]]:
    (lines, items), (booked_lines, booked_items) = wanted_of(body), booked_of(sales)
    yield "lines in all", lines, booked_lines
    yield "other items in all", items, booked_items
    total = sum(amount for _, _, amount in lines.values()) + sum(items.values())
    yield "total in all", total, sum(pence(one["total_amount"]) for one in sales)
    yield "documents", wanted_documents(body, ledger.edited[body["id"]]), len(sales)
    yield "in no books", set(), {one["state"] for one in sales} - {"confirmed", "processing", "done"}
    yield "currency", {body["currency"]}, {one["currency"] for one in sales}
    if not ledger.edited[body["id"]]:
        amounts = [pence(body["total"]), *(-pence(one["total"]) for one in body["refunds"] if _told(one))]
        rest = [-sum(amounts)] if body.get("cancelled_at") and sum(amounts) else []
        yield "totals of documents", sorted(amounts + rest), sorted(pence(one["total_amount"]) for one in sales)
    first = min(sales, key=lambda one: one["id"], default={"sale_date": {}})
    yield "date", body["placed_at"][:10], str(first["sale_date"])
    yield "payments", *_payments(body, sales, books)
    yield "buyer", _buyer(body), {one["party_name"] for one in sales} if _buyer(body) else set()
    yield "goes to", *_destinations(body, sales)
    yield "left to send", *_left(body, books)
    yield "sent", sent_of(body), shipped_of(sales, books)


def _told(refund: Row) -> bool:
    return bool(refund["lines"] or refund["charges"])


def wanted_documents(body: Row, edits: int) -> int:
    """One sale, one credit for each refund and for the rest of a cancelled order, two more for each edit."""
    refunds = [one for one in body["refunds"] if _told(one)]
    refunded = Counter[str]()
    for back in (back for one in refunds for back in one["lines"]):
        refunded[back["line_id"]] += back["quantity"]
    rest = any(line["quantity"] > refunded[line["id"]] for line in body["lines"])
    return 1 + 2 * edits + len(refunds) + bool(body.get("cancelled_at") and rest)


def _payments(body: Row, sales: list[Row], books: Books) -> tuple[list[str], list[str]]:
    tenders = {"card": "CARD"}
    paid = [one for one in body["payments"] if pence(one["amount"]) > 0 and body["kind"] == "sale"]
    wanted = [
        f"{pence(one['amount']) / Decimal(100):.2f} {body['currency']} by {tenders.get(one['gateway'], 'OTHER')}"
        f" on {one['paid_at'][:10]}"
        for one in paid
    ]
    notes = [note for sale in sales for note in books.payments_of[f"sale.sale,{sale['id']}"]]
    return sorted(wanted), sorted(one["description"].removeprefix("syncctl payment: ") for one in notes)


def _buyer(body: Row) -> set[str]:
    """The guest by name; customers are looked at by their contacts, as their names may change."""
    buyer = body.get("customer") or {}
    return {buyer["name"]} if buyer and not buyer.get("id") else set()


def _destinations(body: Row, sales: list[Row]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Street and city, where the order itself says where its goods go."""
    to = body.get("shipping_address")
    return (
        ({(to["street"], to["city"])}, {(one["goes_to"][0], one["goes_to"][1]) for one in sales})
        if to
        else (set(), set())
    )


# --- goods that leave -------------------------------------------------------------------------------------------------


def _left(body: Row, books: Books) -> tuple[dict[str, int], dict[str, int]]:
    """Units that are still to be sent, by line id.

    Those that were paid back and are not to be sold again still wait there: a person has to say what became of them.
    """
    left = Counter({line["id"]: max(0, line["quantity"]) for line in body["lines"]})
    for one in (line for fulfilment in body["fulfilments"] for line in fulfilment["lines"]):
        left[one["line_id"]] -= one["quantity"]
    for back in (back for refund in body["refunds"] for back in refund["lines"]):
        left[back["line_id"]] -= back["unshipped"] if back["restock"] else 0
    waiting = Counter[str]()
    for line_id in {line["id"] for line in body["lines"]}:
        for move in books.moves_of[line_id]:
            if move["state"] in _OPEN and (move["shipment"] or "").startswith("stock.shipment.out,"):
                waiting[line_id] += int(move["quantity"])
    return ({} if body.get("cancelled_at") else dict(+left)), dict(+waiting)


def sent_of(body: Row) -> list[tuple[str, str, dict[str, int]]]:
    """(tracking number, carrier, units by line id) of what the store tells the customer."""
    return sorted(
        (
            one["tracking_number"],
            one["carrier"],
            {line["line_id"]: line["quantity"] for line in sorted(one["lines"], key=lambda line: line["line_id"])},
        )
        for one in body["fulfilments"]
    )


def shipped_of(sales: Iterable[Row], books: Books) -> list[tuple[str, str, dict[str, int]]]:
    """The same of Tryton's shipments that are done."""
    lines = {line["id"]: sale["id"] for sale in sales for line in sale["lines"]}
    parcels: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for line_id in {books.line_of[one] for one in lines if one in books.line_of}:
        for move in books.moves_of[line_id]:
            origin = int(move["origin"].partition(",")[2])
            if move["state"] == "done" and not move["back"] and origin in lines:
                parcels[move["shipment"], lines[origin]][line_id] += int(move["quantity"])
    told = [(books.shipments[name], dict(sorted(units.items()))) for (name, _), units in parcels.items()]
    return sorted((one["reference"] or "", one["carrier"], units) for one, units in told)
