"""What a web shop reckons on one order's body, in its own words: totals, what is left to ship, refunds. Pure.

Amounts are decimal text; where the order's prices include tax, an `amount` includes its `tax` too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.money import round_minor, to_minor, to_text

Body = dict[str, Any]
Charges = Mapping[str, str | tuple[str, str]]
"""Kind -> amount, or (amount, tax). A discount or a gift card is negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLine:
    """A line to be placed. None: as the listing of the SKU has it. `tax` is that of the whole line."""

    sku: str | None
    quantity: int = 1
    price: str | None = None
    title: str | None = None
    tax: str = "0"


NOTHING_YET = ("charges", "payments", "refunds", "fulfilments")


def empty_order(number: str, placed_at: str, currency: str) -> Body:
    """An order of which nothing has happened yet."""
    return {
        "id": number,
        "name": f"#{number}",
        "placed_at": placed_at,
        "currency": currency,
        "fulfilment_status": "unfulfilled",
        "closed": False,
        **{name: [] for name in NOTHING_YET},
    }


def charge_rows(charges: Charges) -> list[Body]:
    """The charges as the order's body lists them."""
    rows = []
    for kind, value in charges.items():
        amount, tax = (value, "0") if isinstance(value, str) else value
        rows.append({"kind": kind, "title": kind.replace("_", " ").capitalize(), "amount": amount, "tax": tax})
    return rows


def sum_of(body: Body) -> int:
    """lines + charges + tax, minor units, each rounded half-even."""
    currency = body["currency"]
    amounts = sum(round_minor(line["price"], currency, line["quantity"]) for line in body["lines"])
    amounts += sum(round_minor(charge["amount"], currency) for charge in body["charges"])
    return amounts + (0 if body["tax_included"] else tax_of(body["lines"] + body["charges"], currency))


def tax_of(rows: Iterable[Body], currency: str) -> int:
    return sum(round_minor(row["tax"], currency) for row in rows if "tax" in row)


def line_of(body: Body, line_id: str) -> Body:
    """The order's line of this id. Errors: ShopRefusal (unknown_line)."""
    for line in body["lines"]:
        if line["id"] == line_id:
            return dict(line)
    raise ShopRefusal("unknown_line", f"Order {body['id']} has no line {line_id[:60]!r}.")


def refunded_units(body: Body) -> Counter[str]:
    """Units given back so far, by line id."""
    units: Counter[str] = Counter()
    for refund in body["refunds"]:
        for line in refund["lines"]:
            units[line["line_id"]] += line["quantity"]
    return units


def units_to_ship(body: Body) -> dict[str, int]:
    """By line id: ordered, less shipped, less refunded before they were shipped. Nothing once cancelled."""
    left = {line["id"]: 0 if body.get("cancelled_at") else max(0, line["quantity"]) for line in body["lines"]}
    for fulfilment in body["fulfilments"]:
        for line in fulfilment["lines"]:
            left[line["line_id"]] -= line["quantity"]
    for refund in body["refunds"]:
        for line in refund["lines"]:
            left[line["line_id"]] -= line["unshipped"]
    return {line_id: max(0, units) for line_id, units in left.items()}


def refund_lines(body: Body, units: Mapping[str, int], *, restock: bool) -> list[Body]:
    """What giving these units back comes to, each line's share of its amount; the last unit takes the remainder.

    Errors: ShopRefusal (unknown_line, too_many_units).
    """
    before, to_ship = refunded_units(body), units_to_ship(body)
    rows = []
    for line_id, quantity in units.items():
        line = line_of(body, line_id)
        if not 0 < quantity <= line["quantity"] - before[line_id]:
            raise ShopRefusal("too_many_units", f"Line {line_id} has no {quantity} units left to refund.")
        amount, tax = _share(body, line, before[line_id], quantity)
        rows.append(
            {
                "line_id": line_id,
                "quantity": quantity,
                "amount": to_text(amount, body["currency"]),
                "tax": to_text(tax, body["currency"]),
                "restock": restock,
                "unshipped": min(quantity, to_ship[line_id]),
            }
        )
    return rows


def refund_total(body: Body, lines: list[Body], charges: list[Body]) -> int:
    """Minor units that go back for these lines and charges."""
    currency = body["currency"]
    amounts = sum(round_minor(row["amount"], currency) for row in lines + charges)
    return amounts + (0 if body["tax_included"] else tax_of(lines + charges, currency))


def refund_status(body: Body) -> str:
    """The financial status after the refunds that the body lists."""
    given_back = sum(to_minor(refund["total"], body["currency"]) for refund in body["refunds"])
    return "refunded" if given_back >= to_minor(body["total"], body["currency"]) else "partially_refunded"


def shipped_status(body: Body) -> str:
    """The fulfilment status after the shipments that the body lists."""
    return "partially_fulfilled" if any(units_to_ship(body).values()) else "fulfilled"


def paid(body: Body) -> int:
    """Minor units received, refunds not subtracted."""
    amounts = [to_minor(payment["amount"], body["currency"]) for payment in body["payments"]]
    return sum(amount for amount in amounts if amount > 0)


def prorated(amount: str, quantity: int, ordered: int, currency: str) -> str:
    """A tax after the line's quantity changed."""
    return to_text(_part(round_minor(amount, currency), quantity, ordered), currency)


def _share(body: Body, line: Body, before: int, quantity: int) -> tuple[int, int]:
    whole = (
        round_minor(line["price"], body["currency"], line["quantity"]),
        round_minor(line.get("tax", "0"), body["currency"]),
    )
    parts = [
        _part(amount, before + quantity, line["quantity"]) - _part(amount, before, line["quantity"]) for amount in whole
    ]
    return parts[0], parts[1]


def _part(amount: int, units: int, of: int) -> int:
    return int((Decimal(amount) * units / of).quantize(Decimal(1), rounding=ROUND_HALF_EVEN)) if of else 0
