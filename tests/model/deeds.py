"""What merchants and buyers do: each deed is done on the real files, and goes into the ledger and the list of actions.

A deed that is not possible now (nothing to ship, a period that is closed) does nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.model import Address, Consent
from tests.model import files
from tests.model.ledger import PEOPLE, Line, Refund, WebOrder
from tests.model.world import BEGAN, GOODS, ModelWorld

CATALOG = {sku: price for sku, (price, _) in GOODS.items()} | {"GHOST": 500, "GIFT": 300}


def text(minor: int) -> str:
    """Decimal text of minor units."""
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{minor // 100}.{minor % 100:02}"


class Deeds:
    """Everything that happens outside of syncctl."""

    def __init__(self, world: ModelWorld) -> None:
        self.world = world
        self.parcels = 0

    # --- in the shops ---------------------------------------------------------------------------------------------

    def order(
        self,
        store: str,
        lines: Sequence[tuple[str, int, int]],
        *,
        person: str | None = None,
        shipping: int = 0,
        discount: int = 0,
        tax_included: bool = False,
        status: str = "paid",
        channel: str = "web",
        test: bool = False,
        old: bool = False,
    ) -> WebOrder:
        """Place an order; `lines`: (SKU, units, tax of one unit)."""
        shop = self.world.shops[store]
        new = [
            NewLine(sku=sku, quantity=units, price=text(CATALOG[sku]), title=f"A {sku}", tax=text(tax * units))
            for sku, units, tax in lines
        ]
        goods = sum(units * (CATALOG[sku] + (0 if tax_included else tax)) for sku, units, tax in lines)
        discount = min(discount, goods)
        charges = {"shipping": text(shipping), "discount": text(-discount)}
        order_id = shop.place_order(
            new,
            customer=self._buyer(store, person),
            charges={kind: amount for kind, amount in charges.items() if amount not in ("0.00", "-0.00")},
            tax_included=tax_included,
            financial_status=status,
            channel=channel,
            test=test,
            placed_at=BEGAN - timedelta(days=30) if old else None,
        )
        body = files.order_body(shop.connection, order_id)
        order = WebOrder(
            store=store,
            id=order_id,
            person=person,
            lines={
                row["id"]: Line(sku, units, CATALOG[sku], tax)
                for row, (sku, units, tax) in zip(body["lines"], lines, strict=True)
            },
            charges=shipping - discount,
            tax_included=tax_included,
            status=status,
            channel=channel,
            test=test,
            old=old,
        )
        order.payments = {row["id"]: order.total for row in body["payments"]}
        self.world.ledger.add(order)
        self._moved_levels(order)
        what = ", ".join(f"{units} {sku}" for sku, units, _ in lines)
        odd = [word for word, here in (("test", test), ("old", old), (channel, channel != "web")) if here]
        self.tell(f"{order.name} is placed by {person}: {what}; total {order.total}, {status} {' '.join(odd)}")
        return order

    def _buyer(self, store: str, name: str | None) -> Any:
        if name is None:
            return None
        person, shop = PEOPLE[name], self.world.shops[store]
        if not person.account:
            return {"name": person.name, "emails": list(person.emails), "phones": list(person.phones)}
        for (at, customer_id), who in self.world.accounts.items():
            if (at, who) == (store, name):
                return customer_id
        customer_id = shop.upsert_customer(name=person.name, emails=person.emails, phones=person.phones)
        self.world.accounts[store, customer_id] = name
        return customer_id

    def edit(self, order: WebOrder, changes: dict[str, int], added: Sequence[tuple[str, int, int]] = ()) -> None:
        """New quantities by line (never fewer than are shipped or refunded), and lines added."""
        bounds = {key: order.lines[key].quantity - order.unshipped(key) for key in changes}
        changes = {key: max(units, bounds[key]) for key, units in changes.items()}
        shop = self.world.shops[order.store]
        new = [
            NewLine(sku=sku, quantity=units, price=text(CATALOG[sku]), title=f"A {sku}", tax=text(tax * units))
            for sku, units, tax in added
        ]
        shop.edit_order(order.id, changes, add=new)
        for key, units in changes.items():
            order.lines[key].quantity = units
            if not units:
                del order.lines[key]
        rows = files.order_body(shop.connection, order.id)["lines"]
        for row, (sku, units, tax) in zip(rows[len(rows) - len(new) :], added, strict=True):
            order.lines[row["id"]] = Line(sku, units, CATALOG[sku], tax)
        order.note()
        self.tell(f"{order.name} is edited: {changes}, added {list(added)}; total {order.total}")

    def cancel(self, order: WebOrder, *, restock: bool, refund: bool) -> None:
        if refund:
            self.refund_all(order, restock=restock)
        self.world.shops[order.store].cancel_order(order.id, restock=restock)
        order.cancelled = order.closed = True
        self.world.edited_unseen = self.world.edited_unseen or not restock
        if order.status in ("pending", "authorized"):
            order.status = "voided"
        self.tell(f"{order.name} is cancelled {'and restocked' if restock else 'without restocking'}")

    def refund(self, order: WebOrder, units: dict[str, int], *, restock: bool, shipping: bool) -> None:
        """Give units back at their price, and perhaps what was paid for shipping."""
        units = {key: min(count, order.left(key)) for key, count in units.items() if min(count, order.left(key)) > 0}
        total, tax = order.worth(units)
        extra = max(0, order.charges) if shipping and not order.refunds else 0
        if not (units or extra) or order.refunded + total + extra > order.total:
            return
        charges = {"shipping": text(extra)} if extra else None
        refund_id = self.world.shops[order.store].refund(order.id, units, restock=restock, charges=charges)
        self._refunded(order, Refund(refund_id, units, total + extra, tax, restock))

    def refund_all(self, order: WebOrder, *, restock: bool) -> None:
        """Give everything back that was not given back yet."""
        units = {key: order.left(key) for key in order.lines if order.left(key)}
        total, tax = order.total - order.refunded, order.worth(units)[1]
        if not (units or total):
            return
        refund_id = self.world.shops[order.store].refund_all(order.id, restock=restock)
        self._refunded(order, Refund(refund_id, units, total, tax, restock))

    def _moved_levels(self, order: WebOrder) -> None:
        """Orders from before the time of interest are not read: what they do to a store's levels nobody tells."""
        self.world.edited_unseen = self.world.edited_unseen or order.old

    def _refunded(self, order: WebOrder, refund: Refund) -> None:
        order.refunds.append(refund)
        self._moved_levels(order)
        order.status = "refunded" if order.refunded >= order.total else "partially_refunded"
        self.tell(
            f"{order.name}: refund {refund.id} of {refund.total} for {refund.units}"
            f"{', restocked' if refund.restock else ''}"
        )

    def pay(self, order: WebOrder) -> None:
        due = order.total - sum(order.payments.values())
        if due <= 0:
            return
        order.payments[self.world.shops[order.store].pay(order.id)] = due
        order.status = "paid"
        self.tell(f"{order.name} is paid: {due}")

    def fulfil(self, order: WebOrder, count: int) -> None:
        """The merchant ships by hand in the store: some units of the first line that has any."""
        for key in order.lines:
            units = min(count, order.unshipped(key))
            if units:
                self.world.shops[order.store].fulfil(order.id, {key: units})
                order.shipped[key] = order.shipped.get(key, 0) + units
                self.tell(f"{order.name}: {units} of line {key} are shipped by hand in the store")
                return

    def close(self, order: WebOrder) -> None:
        self.world.shops[order.store].close_order(order.id)
        order.closed = True
        self.tell(f"{order.name} is closed")

    def set_level(self, store: str, sku: str, units: int) -> None:
        self.world.shops[store].set_level(sku, units)
        self.world.edited_unseen = True
        self.tell(f"somebody sets the level of {sku} in {store} to {units}")

    def set_web_price(self, store: str, sku: str, price: int) -> None:
        self.world.shops[store].set_price(sku, text(price))
        self.world.edited_unseen = True
        self.tell(f"somebody sets the price of {sku} in {store} to {price}")

    def answer(self, store: str, person: str) -> None:
        """Somebody with an account says yes to marketing, or, who said yes before, no."""
        customer_id, at = self._buyer(store, person), self.world.clock.stores()
        said = self.world.ledger.answers.setdefault((store, person), [])
        state = "unsubscribed" if said and said[-1][1] == "subscribed" else "subscribed"
        consent = Consent(channel="email", state=state, changed_at=at, source="account page")
        self.world.shops[store].upsert_customer(customer_id, consents=(consent,))
        said.append((at, state))
        self.tell(f"{person} is {state} in {store}")

    def new_details(self, store: str, person: str, number: int) -> None:
        """Somebody with an account has another phone and lives elsewhere."""
        customer_id = self._buyer(store, person)
        address = Address(name=PEOPLE[person].name, street=f"{number} Mill Lane", city="Leeds", country="GB")
        phones = (*PEOPLE[person].phones, f"+4420794610{number:02}")
        self.world.shops[store].upsert_customer(customer_id, phones=phones, addresses=(address,))
        self.tell(f"{person} has new details in {store}: {number}")

    # --- in the back office ---------------------------------------------------------------------------------------

    def sell(self, sku: str, units: int) -> None:
        self.world.office.sell(sku, units)
        self.tell(f"{units} {sku} are sold at the counter")

    def receive(self, sku: str, units: int) -> None:
        self.world.office.receive(sku, units)
        self.tell(f"{units} {sku} arrive in the back office")

    def set_price(self, sku: str, price: int) -> None:
        self.world.office.set_price(sku, text(price))
        self.tell(f"the back office sets the price of {sku} to {price}")

    def close_period(self, *, closed: bool) -> None:
        """Close the books through the first day, on which most orders are placed, or open them."""
        self.world.office.close_period(BEGAN.date() if closed else None)
        self.world.closed_once = self.world.closed_once or closed
        self.tell(f"the books are {'closed' if closed else 'open'} for the first day")

    def ship(self, which: int, count: int, *, tracked: bool) -> None:
        """Some units of one line of a booked sale leave the back office."""
        rows = self.world.office.connection.execute(
            "SELECT d.reference, l.line_id, l.unshipped FROM document d JOIN document_line l ON l.document_id = d.id "
            "WHERE d.kind = 'sale' AND d.reference <> '' AND l.unshipped > 0 ORDER BY d.id, l.position"
        ).fetchall()
        if not rows:
            return
        reference, line_id, left = rows[which % len(rows)]
        self.parcels += 1
        units, number = min(count, left), f"TRACK-{self.parcels}" if tracked else ""
        try:
            self.world.office.ship(reference, {line_id: units}, tracking_number=number)
        except OfficeRefusal as refusal:
            raise AssertionError(f"the sandbox refused to ship: {refusal}") from refusal
        self.tell(f"{units} of {reference} line {line_id} leave the back office {number}")

    def tell(self, what: str) -> None:
        self.world.tell(what)
