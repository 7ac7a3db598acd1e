"""What buyers and staff do with orders: place, edit, cancel, refund, send, hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.fakes.shopify import checkout, order_stock, payments, refunding, sending, totals
from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.fakes.shopify.money import Exchange
from tests.fakes.shopify.numbered import numbered
from tests.fakes.shopify.order_records import Order, Refund
from tests.fakes.shopify.part_records import Address
from tests.fakes.shopify.shipping_records import Fulfilment, FulfilmentOrder
from tests.fakes.shopify.site import Site


class OrderHands:
    """A part of `hands.Hands`."""

    site: Site
    here: int

    # --- placing ------------------------------------------------------------------------------------------------------

    def place(
        self,
        lines: Sequence[Buy],
        *,
        ships: Sequence[Ship] = (),
        offs: Sequence[Off] = (),
        charges: Sequence[Charge] = (),
        tip: str = "0",
        pays: str = "sale",
        gift_card: str = "0",
        rounding: str = "0",
        gateway: str = payments.GATEWAY,
        customer: int | None = None,
        billing: Mapping[str, str] | None = None,
        shipping_to: Mapping[str, str] | None = None,
        placed_at: datetime | None = None,
        presented: tuple[str, str] | None = None,
        **more: Any,
    ) -> int:
        """A buyer orders. `pays`: sale, authorization, pending, nothing; `gift_card`: so much of it by a gift card.

        `rounding`: of cash, `-0.02`. `presented`: (currency, rate) that the buyer sees, in which all amounts are then.
        `more`: fields of `Order`: `test=True`, `source_name="pos"`, `taxes_included=True`, `email=…`.
        """
        order = self._bare(placed_at, presented, customer, more)
        made = checkout.add_lines(self.site, order, lines)
        for ship in ships:
            checkout.add_shipping(self.site, order, ship)
        for off in offs:
            checkout.take_off(order, off)
        checkout.tax(order, made, lines, ships)
        for charge in charges:
            checkout.add_fee(self.site, order, charge)
        if Decimal(tip):
            checkout.add_tip(self.site, order, tip)
        order.billing_address = self._address(order, billing)
        order.shipping_address = self._address(order, shipping_to)
        for line in made:
            order_stock.commit(self.site, line, line.quantity)
        sending.plan(self.site, order, made)
        order.placed_total = totals.current_total(order, self.site.options)
        payments.pay(self.site, order, pays, gift_card, rounding, gateway)
        sending.send_gift_cards(self.site, order, made)
        self._placed(order, made)
        return order.id

    def ring_up(self, lines: Sequence[Buy], *, at: int | None = None, rounding: str = "0", **more: Any) -> int:
        """Sold at a till: paid in cash and taken away at once, from the location `at`."""
        there = self.here if at is None else at
        lines = [replace(each, location=there) for each in lines]
        receipt = f"{there}-1-{self.site.last_order + 1}"
        told = {"source_name": "pos", "source_identifier": receipt, "location_id": there, **more}
        order_id = self.place(lines, gateway="cash", rounding=rounding, **told)
        self.fulfil(order_id)
        return order_id

    def _bare(
        self,
        placed_at: datetime | None,
        presented: tuple[str, str] | None,
        customer: int | None,
        more: Mapping[str, Any],
    ) -> Order:
        site = self.site
        assert self.here, "a shop has a location"
        currency, rate = presented or (site.options.currency, "1")
        at = placed_at.replace(microsecond=0) if placed_at else site.time
        site.last_order += 1
        order = Order(site.next_id(), at, at, name=f"#{site.last_order}", processed_at=at)
        order.stamps.append(at)
        order.money = Exchange(site.options.currency, currency, Decimal(rate))
        order.taxes_included = site.options.taxes_included
        order.customer_id = customer
        if customer is not None:
            order.email, order.phone = site.customers[customer].email, site.customers[customer].phone
        for name, value in more.items():
            setattr(order, name, value)
        site.orders[order.id] = order
        return order

    def _address(self, order: Order, words: Mapping[str, str] | None) -> Address | None:
        return Address(numbered(self.site, order, "MailingAddress"), **words) if words is not None else None

    def _placed(self, order: Order, lines: Sequence[Any]) -> None:
        units = Counter({line.item_id: 0 for line in lines if line.item_id})
        for line in lines:
            if line.item_id:
                units[line.item_id] += line.quantity
        self._order_event(order, "placed", by="buyer", units=dict(units))
        customer = self.site.customers.get(order.customer_id or 0)
        if customer and self.site.options.orders_move_customers:
            customer.touch(self.site.time)

    # --- editing ------------------------------------------------------------------------------------------------------

    def edit(self, order_id: int, line_id: int, quantity: int, *, restock: bool = True) -> None:
        """Another quantity of a line, as it stands now; 0 takes it out. Units that go are put back, or are not."""
        site, order = self.site, self.site.orders[order_id]
        line = order.line(line_id)
        change = quantity - line.current_quantity
        if change > 0:
            checkout.enlarge(order, line, change)
            order_stock.commit(site, line, change)
            sending.more(site, order, line, change)
        elif change < 0:
            refund = refunding.begin(site, order) if site.options.removal_makes_refund else None
            word = "CANCEL" if restock else "NO_RESTOCK"
            refunding.refund_units(site, order, refund, line, -change, word, removed=refund is None)
        self._edited(order, line=line_id, quantity=quantity, restock=restock)

    def add_line(self, order_id: int, buy: Buy) -> int:
        """An edit adds a line."""
        site, order = self.site, self.site.orders[order_id]
        made = checkout.add_lines(site, order, [buy], added=True)
        checkout.tax(order, made, [buy], ())
        order_stock.commit(site, made[0], buy.quantity)
        sending.plan(site, order, made)
        self._edited(order, line=made[0].id, quantity=buy.quantity)
        return made[0].id

    def add_shipping(self, order_id: int, ship: Ship) -> int:
        order = self.site.orders[order_id]
        made = checkout.add_shipping(self.site, order, ship, added=True)
        made.tax_lines = checkout.tax_line(order, made.discounted_price_set, ship.tax, ship.rate)
        self._edited(order, shipping=made.id)
        return made.id

    def remove_shipping(self, order_id: int, shipping_id: int | None = None) -> None:
        """An edit takes shipping out: one line of it, or all."""
        order = self.site.orders[order_id]
        gone = [each for each in order.shipping if shipping_id in (None, each.id) and not each.is_removed]
        if self.site.options.removed_shipping == "refunded":
            refund = refunding.begin(self.site, order)
            refunding.refund_shipping(self.site, order, refund, {each.id: None for each in gone})
        for each in gone:
            each.is_removed = True
        self._edited(order, shipping=shipping_id)

    def _edited(self, order: Order, **detail: Any) -> None:
        order.edited = True
        order.closed_at = None
        self.order_changed(order, "edited", **detail)

    # --- money --------------------------------------------------------------------------------------------------------

    def refund(
        self,
        order_id: int,
        units: Mapping[int, int] | None = None,
        *,
        restock: bool | str = True,
        amount: str | None = None,
        shipping: Mapping[int, str | None] | str | None = None,
        note: str | None = None,
        pending: bool = False,
    ) -> Refund:
        """Give back units by line, and shipping (all that there is, a sum of its first line, or sums by line).

        `restock`: a word of the API in its place. `amount`: what is paid, where that is not what these come to; "0"
        pays nothing and says nothing of the difference. `pending`: the money is on its way until `arrive`.
        """
        site, order = self.site, self.site.orders[order_id]
        made = refunding.begin(site, order, note)
        for line_id, count in (units or {}).items():
            line = order.line(line_id)
            word = restock if isinstance(restock, str) else refunding.word_for(line, count) if restock else "NO_RESTOCK"
            refunding.refund_units(site, order, made, line, count, word)
        if isinstance(shipping, str):
            shipping = {order.shipping[0].id: shipping}
        sums = {one: None if each is None else order.money.bag(each) for one, each in (shipping or {}).items()}
        refunding.refund_shipping(site, order, made, sums)
        if amount is None or Decimal(amount):
            bag = None if amount is None else order.money.bag(amount)
            refunding.pay_back(site, order, made, bag, pending=pending)
        self.order_changed(order, "refunded", refund=made.id, units=dict(units or {}), restock=restock)
        return made

    def arrive(self, order_id: int, refund_id: int) -> None:
        """The money of a refund that was on its way has arrived."""
        order = self.site.orders[order_id]
        [found] = [each for each in order.refunds_made if each.id == refund_id]
        refunding.arrive(self.site, order, found)
        self.order_changed(order, "refund_arrived", refund=refund_id)

    def cancel(
        self, order_id: int, *, restock: bool = True, refund: bool = True, reason: str = "CUSTOMER", mail: bool = False
    ) -> None:
        order = self.site.orders[order_id]
        refunding.cancel(self.site, order, restock=restock, pays=refund, reason=reason)
        self.order_changed(order, "cancelled", restock=restock)
        if mail:
            self.site.oracle.mail("order_cancelled", order_id)

    def pay(self, order_id: int, gateway: str = "manual", *, rounding: str = "0") -> None:
        """What is owed is paid."""
        order = self.site.orders[order_id]
        due = totals.outstanding(order, self.site.options)
        cash = order.money.bag(rounding) if Decimal(rounding) else None
        payments.transact(self.site, order, "SALE", due, "cash" if cash else gateway, rounding=cash)
        sending.close_if_done(self.site, order)
        self.order_changed(order, "paid")

    def transact(
        self, order_id: int, kind: str, amount: str, *, status: str = "SUCCESS", gateway: str = "bogus"
    ) -> None:
        """Any transaction, such as one that failed."""
        order = self.site.orders[order_id]
        payments.transact(self.site, order, kind, order.money.bag(amount), gateway, status=status)
        self.order_changed(order, "transacted", transaction=kind, status=status)

    def capture(self, order_id: int, amount: str | None = None) -> None:
        payments.capture(self.site, self.site.orders[order_id], amount)
        self.order_changed(self.site.orders[order_id], "captured")

    # --- sending ------------------------------------------------------------------------------------------------------

    def fulfil(
        self,
        order_id: int,
        units: Mapping[int, int] | None = None,
        *,
        number: str = "",
        company: str = "",
        url: str = "",
    ) -> Fulfilment:
        """Somebody sends units by line, or all that is left, of one location after the other; the last fulfilment."""
        order = self.site.orders[order_id]
        tracking = [{"number": number or None, "company": company or None, "url": url or None}] if number else []
        left, made = dict(units) if units is not None else None, None
        for each in [one for one in order.fulfilment_orders if one.status in sending.CAN_BE_SENT and one.remaining]:
            rows = _rows(each, left)
            if rows:
                made = sending.fulfil(self.site, order, [(each, rows)], tracking)
        assert made is not None, "nothing is left to be sent"
        self.order_changed(order, "fulfilled", fulfilment=made.id)
        return made

    def cancel_fulfilment(self, order_id: int, fulfilment_id: int) -> None:
        order = self.site.orders[order_id]
        [found] = [each for each in order.fulfilments_made if each.id == fulfilment_id]
        sending.undo(self.site, order, found)
        self.order_changed(order, "unfulfilled", fulfilment=fulfilment_id)

    def hold(self, order_id: int, reason: str = "OTHER") -> None:
        """What is left of it must not be sent. It does not move the order's date of change."""
        self._holds(order_id, "OPEN", "ON_HOLD", [reason])

    def release(self, order_id: int) -> None:
        self._holds(order_id, "ON_HOLD", "OPEN", [])

    def _holds(self, order_id: int, before: str, after: str, reasons: list[str]) -> None:
        order = self.site.orders[order_id]
        for each in order.fulfilment_orders:
            if each.status == before:
                each.status, each.holds = after, reasons
        self.order_changed(order, "hold")

    def move(self, order_id: int, location_id: int) -> None:
        """What is left is to be sent from another location: its units are committed there now."""
        order = self.site.orders[order_id]
        for each in [one for one in order.fulfilment_orders if one.status == "OPEN"]:
            each.location_id = location_id
            for row in each.lines:
                line = order.line(row.line_id)
                order_stock.release(self.site, line, row.remaining_quantity, restock=True)
                line.location_id = location_id
                order_stock.commit(self.site, line, row.remaining_quantity)
        self.order_changed(order, "moved")

    # --- the rest -----------------------------------------------------------------------------------------------------

    def archive(self, order_id: int) -> None:
        self.site.orders[order_id].closed_at = self.site.time
        self.order_changed(self.site.orders[order_id], "closed")

    def remove_order(self, order_id: int) -> None:
        """For good. What it committed is free again."""
        order = self.site.orders.pop(order_id)
        for line in order.lines:
            order_stock.release(self.site, line, line.unfulfilled_quantity, restock=True)
        self.site.revision += 1
        self._order_event(order, "removed")

    def change_order(self, order_id: int, *, patch: Mapping[str, Any] | None = None, **fields: Any) -> None:
        """Any field of `Order`. `patch`: what its row shows in place of the truth, by the API's names."""
        order = self.site.orders[order_id]
        order.patch |= patch or {}
        for name, value in fields.items():
            setattr(order, name, value)
        self.order_changed(order, "changed")

    def deliver(
        self,
        order_id: int,
        email: str | None,
        shipping: Mapping[str, str] | None,
        billing: Mapping[str, str] | None,
    ) -> None:
        """Say where an order goes and who pays it, in the words of `Address`."""
        order = self.site.orders[order_id]
        order.email = email
        order.shipping_address, order.billing_address = self._address(order, shipping), self._address(order, billing)
        self.order_changed(order, "changed")

    def order_changed(self, order: Order, what: str, **detail: Any) -> None:
        if what not in self.site.options.unmoved:
            order.touch(self.site.time)
        self.site.revision += 1
        self._order_event(order, what, **detail)

    def _order_event(self, order: Order, what: str, by: str = "shop", **detail: Any) -> None:
        self.site.oracle.event(self.site.time, by, what, "order", order.id, **detail)


def _rows(fulfilment_order: FulfilmentOrder, left: dict[int, int] | None) -> dict[int, int]:
    """Units by row of a fulfilment order: all that is left there, or what of `left` it has, which is then taken off."""
    if left is None:
        return {row.id: row.remaining_quantity for row in fulfilment_order.lines if row.remaining_quantity}
    found = {}
    for row in fulfilment_order.lines:
        part = min(left.get(row.line_id, 0), row.remaining_quantity)
        if part:
            found[row.id] = part
            left[row.line_id] -= part
    return found
