"""A shop's season with a real Tryton as its back office: a real shop's orders, and all that happens to orders.

season = Season(tmp_path, server, orders=200)
for code in season.play():     # days of trade, and after each the program's own `sync-all` in a process of its own
    assert code == 0

Each order has a fate: what becomes of it on the days after it was placed. The warehouse sends, goods come in, people
buy at the counter, and prices change in Tryton. What people did is noted in `ledger`, for whoever counts afterwards.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from syncctl.connectors.sandbox.bodies import NewLine
from tests.tryton.parcels import Parcel, send
from tests.tryton.real_orders import Invoice, returns, sales
from tests.tryton.season_people import People
from tests.tryton.server import TrytonServer
from tests.tryton.world import CHARGES, TrytonWorld

PLACING, DAYS = 2, 5
MORE_CHARGES = {**CHARGES, "adjustment": "ADJUSTMENT"}
FATES: tuple[tuple[str, ...], ...] = (
    # what happens on the day it is placed, and on the days after that
    ("", "ship"),
    ("", "ship_part", "ship"),
    ("", "refund_part", "ship"),
    ("", "ship", "refund_part"),
    ("", "refund_all"),
    ("", "ship", "refund_all"),
    ("", "cancel"),
    ("", "ship_part", "cancel"),
    ("", "ship", "cancel_and_refund"),
    ("cancel_at_once",),
    ("", "more_units", "ship"),
    ("", "other_lines", "ship"),
    ("edit_at_once", "ship"),
    ("", "ship", "refund_part_for_good"),
    ("", "ship", "refund_all_for_good"),
    ("", "ship_part", "refund_rest"),
    ("pay_a_part", "pay", "ship"),
    ("", "refund_shipping", "ship"),
    ("", "refund_part", "refund_rest"),
    ("", "ship_part", "ship_part", "ship"),
    ("", "refund_part_for_good"),
)
PLAIN: tuple[tuple[str, ...], ...] = (("", "ship"), ("",))
TIMES = 2  # each fate befalls so many orders; to the rest of them little happens


@dataclass
class Ledger:
    """What people did, by SKU and by order; nothing here was read of either side."""

    opening: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)  # at the counter, and carried away
    promised: Counter[str] = field(default_factory=Counter)  # at the counter, and not sent yet
    never_booked: set[str] = field(default_factory=set)
    edited: Counter[str] = field(default_factory=Counter)  # after they were booked


@dataclass
class Placed:
    order_id: str
    fate: tuple[str, ...]
    day: int


class Season(TrytonWorld):
    """`orders`: how many are placed, a twentieth of them returns. `codes`: what each `sync-all` ended with."""

    def __init__(
        self,
        folder: Path,
        server: TrytonServer,
        orders: int,
        *,
        books: Mapping[str, Any] | None = None,
        **sections: Any,
    ) -> None:
        named = {"charges": MORE_CHARGES, "tenders": {"card": "CARD"}, "default_tender": "OTHER"}
        sections["orders"] = {**named, "book_from": "2010-01-01", **sections.pop("orders", {})}
        super().__init__(folder, server, books=books, **sections)
        self.ledger = Ledger(opening=Counter({"MUG": 100, "TRAY": 50}))
        self.tryton = server.path
        self.placed: list[Placed] = []
        self.sent = 0
        self.invoices = sales(orders - orders // 20)
        self.returns = returns(orders // 20)
        self._add_goods()
        self.crowd = People(self)

    # --- goods --------------------------------------------------------------------------------------------------------

    def _add_goods(self) -> None:
        """All SKUs of the orders, at the first price that they were sold for, with stock for most of them."""
        self.people.add_item("ADJUSTMENT", "Adjustment", "0", None)
        titles: dict[str, tuple[str, str]] = {}
        units: Counter[str] = Counter()
        for invoice in (*self.invoices, *self.returns):
            for sku, title, quantity, price in invoice.lines:
                titles.setdefault(sku, (title, price))
                units[sku] += max(0, quantity)
        for place, sku in enumerate(titles):
            self.ledger.opening[sku] = units[sku] + 40 if place % 15 else units[sku] // 2  # of some there is too little
        self.people.add_items((sku, *titles[sku], self.ledger.opening[sku]) for sku in titles)
        for sku, (title, price) in titles.items():
            self.shop.add_listing(sku, title, price, self.ledger.opening[sku])

    # --- days ---------------------------------------------------------------------------------------------------------

    def play(self) -> Iterator[int]:
        """Day after day; each ends with `sync-all`, whose exit code is yielded."""
        yield self.sync()
        for day in range(1, DAYS + 1):
            self.live(day)
            yield self.sync()

    def live(self, day: int) -> None:
        """What happens on one day, on both sides."""
        if day <= PLACING:
            self._place(day)
        parcels: list[Parcel] = []
        for one in self.placed:
            for event in one.fate[day - one.day : day - one.day + 1]:
                if event.startswith("ship"):
                    parcels.append(self._parcel(one.order_id, event == "ship_part"))
                elif event:
                    getattr(self, f"_{event}")(one.order_id)
        send(self.people, parcels)
        self._trade(day)
        self.crowd.live(day)

    def sync(self) -> int:
        """The program itself, as cron starts it."""
        command = [sys.executable, "-m", "syncctl", "--config", str(self.config), "-q", "sync-all"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
        self.said = done.stdout + done.stderr
        return done.returncode

    def _place(self, day: int) -> None:
        for place, invoice in enumerate(self.invoices):
            if place % PLACING == day - 1:
                fate = FATES[place % len(FATES)] if place < TIMES * len(FATES) else PLAIN[place % len(PLAIN)]
                order = self._order(invoice, place, "pay_a_part" in fate)
                self.placed.append(Placed(order, fate, day))
        if day == 2:
            for invoice in self.returns:
                self._order(invoice, 0, False)

    def _order(self, invoice: Invoice, place: int, unpaid: bool) -> str:
        back = invoice.number.startswith("C")
        included, taxed = place % 5 == 1, place % 5 in (1, 2) and not back
        lines = [
            NewLine(sku=sku, quantity=units, price=price, title=title, tax=_tax(units, price, included, taxed))
            for sku, title, units, price in invoice.lines
        ]
        customer = self.crowd.buyer(invoice, place)
        order = self.shop.place_order(
            lines,
            customer=customer,
            charges={} if back else _charges(invoice, place),
            tax_included=included,
            kind="return" if back else "sale",
            financial_status="pending" if unpaid else "paid",
            gateway="card" if place % 2 else "paypal",
            placed_at=invoice.placed_at,
        )
        if address := self.crowd.delivery(invoice, place):
            self.shop.mark(order, shipping_address=address)
        return order

    def _parcel(self, order: str, part: bool) -> Parcel:
        self.sent += 1
        carrier = "Royal Post" if self.sent % 3 else ""
        return Parcel(self.shop.order(order)["name"], f"TN {self.sent:04}", carrier, part)

    def _trade(self, day: int) -> None:
        """Goods come in, people buy at the counter, prices change."""
        skus = sorted(self.ledger.opening)
        received = skus[day :: max(7, len(skus) // 5)]
        self.people.receive_all((sku, 12) for sku in received)
        self.ledger.received.update(dict.fromkeys(received, 12))
        sold = skus[7 * day % len(skus)]
        self.people.sell(sold, 3, shipped=day % 2 == 0)
        (self.ledger.promised if day % 2 else self.ledger.taken)[sold] += 3
        if day in (2, 4):
            for place in range(day, len(skus), max(11, len(skus) // 6)):
                self.people.set_price(skus[place], f"{day + place % 7}.{place % 90 + 10}")
        if day == 4:
            self.people.prices("Trade", {skus[1]: "unit_price * 0.5", skus[-1]: "unit_price - 0.01"})

    # --- what becomes of an order -------------------------------------------------------------------------------------

    def _lines(self, order: str) -> Sequence[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.shop.order(order)["lines"]
        return lines

    def _cancel(self, order: str) -> None:
        self.shop.cancel_order(order)

    def _cancel_at_once(self, order: str) -> None:
        self.shop.cancel_order(order)
        self.ledger.never_booked.add(order)

    def _cancel_and_refund(self, order: str) -> None:
        self.shop.cancel_order(order, refund=True)

    def _refund_part(self, order: str, *, restock: bool = True) -> None:
        line = self._lines(order)[-1]
        self.shop.refund(order, {line["id"]: max(1, line["quantity"] // 3)}, restock=restock)

    def _refund_part_for_good(self, order: str) -> None:
        self._refund_part(order, restock=False)

    def _refund_all(self, order: str) -> None:
        self.shop.refund_all(order)

    _refund_rest = _refund_all

    def _refund_all_for_good(self, order: str) -> None:
        self.shop.refund_all(order, restock=False)

    def _refund_shipping(self, order: str) -> None:
        charges = [one for one in self.shop.order(order)["charges"] if one["kind"] == "shipping"]
        if charges:
            self.shop.refund(order, charges={"shipping": (charges[0]["amount"], charges[0]["tax"])})
        else:
            self.shop.refund(order, amount="0.25")

    def _more_units(self, order: str) -> None:
        line = self._lines(order)[0]
        self.shop.edit_order(order, {line["id"]: line["quantity"] + 2})
        self.ledger.edited[order] += 1

    def _edit_at_once(self, order: str) -> None:
        self._more_units(order)
        del self.ledger.edited[order]

    def _other_lines(self, order: str) -> None:
        """The first line goes where there are others, and other goods come in."""
        first, *others = self._lines(order)
        self.shop.edit_order(order, {first["id"]: 0} if others else {}, add=[("MUG", 2)])
        self.ledger.edited[order] += 1

    def _pay_a_part(self, order: str) -> None:
        self.shop.pay(order, "0.50")

    def _pay(self, order: str) -> None:
        self.shop.pay(order)


def _tax(units: int, price: str, included: bool, taxed: bool) -> str:
    """A fifth of the net amount."""
    return f"{Decimal(price) * units / (6 if included else 5):.2f}" if taxed else "0"


def _charges(invoice: Invoice, place: int) -> dict[str, str | tuple[str, str]]:
    worth = sum(Decimal(price) * units for _, _, units, price in invoice.lines)
    charges: dict[str, str | tuple[str, str]] = {}
    if place % 3 != 1:
        charges["shipping"] = ("4.95", "0.83") if place % 5 in (1, 2) else "4.95"
    if place % 7 == 0 and worth > 5:
        charges["discount"] = "-1.37"
    if place % 11 == 0:
        charges["fee"] = "1.25"
    return charges
