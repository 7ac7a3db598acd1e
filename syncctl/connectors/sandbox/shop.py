"""A web shop as its vendor runs it: orders are placed, edited, refunded, shipped; stock falls when one is placed.

It is what the connector in `store.py` reads and writes, and what tests and the sandbox commands act on. Tests may read
the file with plain sqlite3: `sales_order` (one JSON body per order, in the shop's words), `listing`, `customer`,
`customer_key`, `customer_group`, `invitation`, `meta`; see `tables.py`. Each change sets the row's `changed_at` and
`change`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from syncctl import times
from syncctl.connectors.sandbox import bodies
from syncctl.connectors.sandbox.accounts import Accounts
from syncctl.connectors.sandbox.bodies import Body, Charges, NewLine
from syncctl.connectors.sandbox.buyers import buyer
from syncctl.connectors.sandbox.catalog import ADA, DEMO_CATALOG, GROUP
from syncctl.connectors.sandbox.goods import Goods
from syncctl.connectors.sandbox.tables import Clock, ShopRefusal, loaded
from syncctl.connectors.sandbox.words import read_order
from syncctl.connectors.strict_json import canonical, storable
from syncctl.model import Address, Consent, Unreadable
from syncctl.money import to_minor, to_text

Lines = Sequence[NewLine | tuple[str, int]]


class Shop(Goods, Accounts):
    """The shop in a file; a missing file is made with the demo catalog and three orders, or empty (`demo` False)."""

    def __init__(self, path: Path | str, *, demo: bool = True, clock: Clock = times.now) -> None:
        super().__init__(path, clock=clock)
        with self.atomic():
            if self._make_identity() and demo:
                self._make_demo()

    def place_order(
        self,
        lines: Lines,
        *,
        customer: str | Mapping[str, object] | None = None,
        charges: Charges | None = None,
        tax_included: bool = False,
        kind: str = "sale",
        channel: str = "web",
        test: bool = False,
        financial_status: str = "paid",
        gateway: str = "card",
        currency: str | None = None,
        total: str | None = None,
        placed_at: datetime | None = None,
        order_id: str | None = None,
    ) -> str:
        """Place an order and take its units off the stock; returns its id.

        `lines`: NewLine, or (sku, quantity). `customer`: a customer's id; the buyer's own words for a guest, such as
        {"name": …, "emails": [...]}; None: the order names nobody. A paid order gets its payment. `total` overrides
        what the shop reckons.
        """
        with self.atomic():
            number = order_id or self._number("order", 1001)
            placed = times.to_text(placed_at or self.clock())
            body = bodies.empty_order(number, placed, currency or self.currency)
            body.update(kind=kind, channel=channel, test=test, tax_included=tax_included)
            body["customer"] = buyer(self.customer(customer)) if isinstance(customer, str) else customer
            body["financial_status"] = financial_status
            body["lines"] = [self._new_line(line) for line in lines]
            body["charges"] = bodies.charge_rows(charges or {})
            body["total"] = total or to_text(bodies.sum_of(body), body["currency"])
            if financial_status == "paid":
                self._add_payment(body, gateway, body["total"])
            self._move_stock([(line["sku"], -line["quantity"]) for line in body["lines"]])
            self._insert_order(body)
        return number

    def edit_order(self, order_id: str, quantities: Mapping[str, int] | None = None, *, add: Lines = ()) -> None:
        """Set new quantities by line id (0 takes the line out) and add lines; stock and total follow.

        Errors: ShopRefusal (unknown_order, unknown_line, too_many_units: fewer than are shipped or refunded already).
        """
        with self.atomic():
            body = self._open_order(order_id)
            before = bodies.sum_of(body)
            for line_id, quantity in (quantities or {}).items():
                self._edit_line(body, line_id, quantity)
            added = [self._new_line(line) for line in add]
            self._move_stock([(line["sku"], -line["quantity"]) for line in added])
            body["lines"] = [line for line in body["lines"] if line["quantity"]] + added
            total = to_minor(body["total"], body["currency"]) + bodies.sum_of(body) - before
            body["total"] = to_text(total, body["currency"])
            self._update_order(body)

    def cancel_order(self, order_id: str, *, restock: bool = True, refund: bool = False) -> None:
        """Cancel it. `restock` puts the units back that have not left; `refund` also gives everything back."""
        with self.atomic():
            if refund:
                self.refund_all(order_id, restock=restock)
            body = self._open_order(order_id)
            if restock:
                left = bodies.units_to_ship(body)
                self._move_stock([(line["sku"], left[line["id"]]) for line in body["lines"]])
            body["cancelled_at"] = self._now()
            body["closed"] = True
            if body["financial_status"] in ("pending", "authorized"):
                body["financial_status"] = "voided"
            self._update_order(body)

    def refund(
        self,
        order_id: str,
        lines: Mapping[str, int] | None = None,
        *,
        restock: bool = True,
        amount: str | None = None,
        charges: Charges | None = None,
    ) -> str:
        """Give money back for units by line id, and for charges (signed as on the order); returns the refund's id.

        `amount` overrides the sum; what it differs by becomes a charge of kind "adjustment".
        """
        with self.atomic():
            body = self.order(order_id)
            rows = bodies.refund_lines(body, lines or {}, restock=restock)
            charge_rows = bodies.charge_rows(charges or {})
            total = bodies.refund_total(body, rows, charge_rows)
            if amount is not None and (difference := to_minor(amount, body["currency"]) - total):
                charge_rows += bodies.charge_rows({"adjustment": to_text(difference, body["currency"])})
                total += difference
            return self._add_refund(body, rows, charge_rows, total)

    def refund_all(self, order_id: str, *, restock: bool = True) -> str:
        """Give back everything that has not been given back yet, charges included."""
        with self.atomic():
            body = self.order(order_id)
            before = bodies.refunded_units(body)
            units = {line["id"]: line["quantity"] - before[line["id"]] for line in body["lines"]}
            rows = bodies.refund_lines(body, {key: left for key, left in units.items() if left}, restock=restock)
            given_back = sum(to_minor(refund["total"], body["currency"]) for refund in body["refunds"])
            charge_rows = [] if body["refunds"] else [dict(charge) for charge in body["charges"]]
            total = to_minor(body["total"], body["currency"]) - given_back
            if difference := total - bodies.refund_total(body, rows, charge_rows):
                charge_rows += bodies.charge_rows({"adjustment": to_text(difference, body["currency"])})
            return self._add_refund(body, rows, charge_rows, total)

    def pay(self, order_id: str, amount: str | None = None, *, gateway: str = "card") -> str:
        """Receive money, by default all that is due; returns the transaction's id."""
        with self.atomic():
            body = self.order(order_id)
            due = to_minor(body["total"], body["currency"]) - bodies.paid(body)
            payment_id = self._add_payment(body, gateway, amount or to_text(due, body["currency"]))
            whole = bodies.paid(body) >= to_minor(body["total"], body["currency"])
            body["financial_status"] = "paid" if whole else "partially_paid"
            self._update_order(body)
        return payment_id

    def fulfil(
        self,
        order_id: str,
        units: Mapping[str, int] | None = None,
        *,
        tracking_number: str = "",
        carrier: str = "",
        tracking_url: str = "",
        shipped_at: datetime | None = None,
        notify: bool = False,
    ) -> str:
        """Ship units by line id, by default all that are left; returns the fulfilment's id. Twice is two of them.

        Errors: ShopRefusal (unknown_order, cancelled, unknown_line, too_many_units).
        """
        with self.atomic():
            body = self._open_order(order_id)
            left = bodies.units_to_ship(body)
            shipped = {key: count for key, count in left.items() if count} if units is None else dict(units)
            for line_id, count in shipped.items():
                if not 0 < count <= left[bodies.line_of(body, line_id)["id"]]:
                    raise ShopRefusal("too_many_units", f"Line {line_id} of order {order_id} has no {count} to ship.")
            if not shipped:
                raise ShopRefusal("too_many_units", f"Order {order_id} has nothing left to ship.")
            fulfilment = {
                "id": self._number("fulfilment", 7001),
                "lines": [{"line_id": key, "quantity": count} for key, count in shipped.items()],
                "tracking_number": tracking_number,
                "carrier": carrier,
                "tracking_url": tracking_url,
                "shipped_at": times.to_text(shipped_at or self.clock()),
                "customer_notified": notify,
            }
            body["fulfilments"].append(fulfilment)
            body["fulfilment_status"] = bodies.shipped_status(body)
            self._update_order(body)
        return str(fulfilment["id"])

    def mark(self, order_id: str, **words: object) -> None:
        """Set words of the order's body as they are: test, channel, kind, closed, financial_status …"""
        with self.atomic():
            self._update_order({**self.order(order_id), **words})

    def set_status(self, order_id: str, *, financial: str | None = None, fulfilment: str | None = None) -> None:
        """Set a status by hand, known word or not."""
        words = {"financial_status": financial, "fulfilment_status": fulfilment}
        self.mark(order_id, **{name: word for name, word in words.items() if word is not None})

    def close_order(self, order_id: str) -> None:
        """Archive it: nobody means to do anything more about it."""
        self.mark(order_id, closed=True)

    def touch(self, order_id: str) -> None:
        """Move the change time and nothing else."""
        self.mark(order_id)

    def remove_order(self, order_id: str) -> None:
        """Delete it without a trace, as some stores allow."""
        with self.atomic():
            self.connection.execute("DELETE FROM sales_order WHERE id = ?", (storable(order_id),))

    def put_raw(self, order_id: str, body: str, *, placed_at: datetime | None = None) -> None:
        """Store any text as an order's body, readable or not; stock is not touched."""
        now = self._now()
        placed = now if placed_at is None else times.to_text(placed_at)
        with self.atomic():
            self._write_order(storable(order_id), placed, now, storable(body))

    def order(self, order_id: str) -> dict[str, Any]:
        """The order's body. Errors: ShopRefusal (unknown_order)."""
        found = self._one("SELECT body FROM sales_order WHERE id = ?", storable(order_id))
        if found is None:
            raise ShopRefusal("unknown_order", f"The shop has no order {order_id[:60]!r}.")
        return {**{name: [] for name in bodies.NOTHING_YET}, **loaded(found)}

    def facts(self, order_id: str) -> tuple[object, ...]:
        """For a person, whatever stands in the order's body: placed, paid, shipped, units, total, currency."""
        order = read_order(order_id, self._one("SELECT body FROM sales_order WHERE id = ?", storable(order_id)) or "")
        if isinstance(order, Unreadable):
            return (None, "unreadable", None, None, None, None)
        return (
            times.to_text(order.placed_at),
            "cancelled" if order.cancelled_at else order.financial_status,
            order.fulfilment_status,
            sum(line.quantity for line in order.lines),
            None if order.problems else to_text(order.total, order.currency),
            order.currency,
        )

    def order_ids(self) -> list[str]:
        """All of them, in the order of making."""
        return [row[0] for row in self.connection.execute("SELECT id FROM sales_order ORDER BY position")]

    def _open_order(self, order_id: str) -> Body:
        body = self.order(order_id)
        if body.get("cancelled_at"):
            raise ShopRefusal("cancelled", f"Order {order_id} is cancelled.")
        return body

    def _new_line(self, line: NewLine | tuple[str, int]) -> Body:
        new = line if isinstance(line, NewLine) else NewLine(sku=line[0], quantity=line[1])
        listing = self.listing(new.sku) if new.sku and (new.price is None or new.title is None) else None
        price = new.price if new.price is not None else (listing and listing.price)
        title = new.title if new.title is not None else (listing.title if listing else "")
        return {
            "id": self._number("line", 30_001),
            "sku": new.sku,
            "title": title,
            "quantity": new.quantity,
            "price": price or "0",
            "tax": new.tax,
        }

    def _edit_line(self, body: Body, line_id: str, quantity: int) -> None:
        ordered = bodies.line_of(body, line_id)["quantity"]
        bound = ordered - min(bodies.units_to_ship(body)[line_id], ordered - bodies.refunded_units(body)[line_id])
        if quantity < bound:
            raise ShopRefusal("too_many_units", f"{bound} units of line {line_id} are shipped or refunded already.")
        for line in body["lines"]:
            if line["id"] == line_id:
                self._move_stock([(line["sku"], ordered - quantity)])
                line["tax"] = bodies.prorated(line.get("tax", "0"), quantity, ordered, body["currency"])
                line["quantity"] = quantity

    def _add_payment(self, body: Body, gateway: str, amount: str) -> str:
        payment_id = self._number("transaction", 5001)
        body["payments"].append({"id": payment_id, "gateway": gateway, "amount": amount, "paid_at": self._now()})
        return payment_id

    def _add_refund(self, body: Body, lines: list[Body], charges: list[Body], total: int) -> str:
        refund_id, amount = self._number("refund", 8001), to_text(total, body["currency"])
        refund = {"id": refund_id, "refunded_at": self._now(), "total": amount, "lines": lines, "charges": charges}
        body["refunds"].append(refund)
        gateway = body["payments"][0]["gateway"] if body["payments"] else "card"
        self._add_payment(body, gateway, to_text(-total, body["currency"]))
        body["financial_status"] = bodies.refund_status(body)
        skus = {line["id"]: line["sku"] for line in body["lines"]}
        self._move_stock([(skus[line["line_id"]], line["quantity"]) for line in lines if line["restock"]])
        self._update_order(body)
        return refund_id

    def _insert_order(self, body: Body) -> None:
        if self._one("SELECT 1 FROM sales_order WHERE id = ?", storable(body["id"])):
            raise ShopRefusal("order_exists", f"The shop has an order {body['id'][:60]!r} already.")
        self._update_order(body)

    def _update_order(self, body: Body) -> None:
        body["updated_at"] = self._now()
        self._write_order(storable(body["id"]), body["placed_at"], body["updated_at"], canonical(body))

    def _write_order(self, order_id: str, placed_at: str, changed_at: str, body: str) -> None:
        self.connection.execute(
            "INSERT INTO sales_order (id, placed_at, changed_at, change, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET changed_at = excluded.changed_at, change = excluded.change,"
            " body = excluded.body",
            (order_id, placed_at, changed_at, self._change(), body),
        )

    def _make_demo(self) -> None:
        for item in DEMO_CATALOG:
            self.add_listing(item.sku, item.title, item.shop_price, item.shop_units)
        self.add_group(GROUP)
        ada = self.upsert_customer(
            **ADA,
            group=GROUP,
            addresses=(Address(name="Ada Byron", street="12 Mill Lane", city="Leeds", country="GB"),),
            consents=(Consent(channel="email", state="subscribed", changed_at=self.clock(), source="checkout"),),
        )
        guest = {"name": "Guest Buyer", "emails": ["guest@example.com"]}
        self.place_order([("MUG-RED", 2), ("TEAPOT-2CUP", 1)], customer=ada, charges={"shipping": "4.95"})
        self.place_order([("LANTERN-S", 3), ("GIFT-WRAP", 1)], customer=guest, charges={"discount": "-5.00"})
        self.place_order([("BUNTING-5M", 2), ("CARD-THANKS", 10)], customer=ada)
