"""Shipments shown on the orders of a WooCommerce shop: in their meta data, their status, and notes to customers.

An order is read before it is written, and only its status and these meta data are: whatever else is sent would make the
shop reckon the order's totals anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncctl import times
from syncctl.connectors.http import Rejected
from syncctl.connectors.woocommerce import shipments
from syncctl.connectors.woocommerce.order_words import NO_ORDERS, Manners, read_order, status_of
from syncctl.connectors.woocommerce.orders import QUERY, OrderStore
from syncctl.connectors.woocommerce.refunds import Body
from syncctl.connectors.woocommerce.site import BASE, Row, error_of
from syncctl.errors import DataError, Unreachable
from syncctl.model import Fulfilment, FulfilmentChange, Order, Refused, Unclear, WriteOutcome, Written


@dataclass(slots=True)
class _Sheet:
    """One order as it was read, with the shipments that are entered on it."""

    order: Order
    status: str  # what its own status counts as
    own: list[Row]
    plugin: list[Row] | None  # None: there is no list of a tracking plug-in, or none that could be added to
    shipped: list[Fulfilment]
    added: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, body: Body, text: str, details: Mapping[str, Body], manners: Manners) -> "_Sheet":
        """Errors: DataError in a sentence, where the order or our own list on it cannot be read."""
        order = read_order(body, text, details, manners)
        if not isinstance(order, Order):
            raise DataError(order.reason)
        own = shipments.own_rows(body)
        shipped = [shipments.to_fulfilment(order.id, row) for row in own]
        plugin = shipments.plugin_rows(body, manners.tracking_key)
        return cls(order, manners.status(status_of(body)), list(own), plugin, shipped)

    def enter(self, change: FulfilmentChange) -> WriteOutcome | None:
        """Add a shipment, to be sent; an outcome where it is there already, or cannot be."""
        shipment_id = shipments.shipment_id(change)
        if shipment_id not in self.added and any(one.id == shipment_id for one in self.shipped):
            return Written(key=change.key, remote_id=shipment_id)
        if self.order.cancelled_at is not None:
            return Refused(key=change.key, reason="cancelled", message="The order was called off.")
        try:
            left = shipments.units_left(self.order.lines, self.shipped)
            row = shipments.to_row(change, shipments.allocated(change, self.order.lines, left))
        except DataError as error:
            return Refused(key=change.key, reason="too_many_units", message=f"{error}.")
        self.own.append(row)
        self.shipped.append(shipments.to_fulfilment(self.order.id, row))
        self.added.add(shipment_id)
        if self.plugin is not None and change.tracking_number:
            self.plugin.append(shipments.to_plugin_row(change, times.now()))
        return None

    def item(self, tracking_key: str, *, complete: bool) -> Row:
        """What is sent of it."""
        meta: list[Row] = [{"key": shipments.KEY, "value": shipments.own_text(self.own)}]
        if self.plugin:
            meta.append({"key": tracking_key, "value": self.plugin})
        item: Row = {"id": int(self.order.id), "meta_data": meta}
        done = shipments.is_all_shipped(self.order.lines, self.order.refunds, self.shipped)
        if complete and done and self.status == "processing":
            item["status"] = "completed"
        return item


class FulfilmentStore(OrderStore):
    """The reading and writing of shipments."""

    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        self.called("find_fulfilments", order_ids, self.abilities.order_batch)
        found = {}
        for row, _ in self._rows(order_ids):
            order_id = str(row["id"])
            found[order_id] = list(shipments.read_shipments(order_id, row, self.manners.tracking_key))
        return found

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        self.called("push_fulfilments", changes, self.abilities.fulfilment_batch)
        sheets = self._sheets([change.order_id for change in changes])
        early = [_entered(sheets.get(change.order_id), change) for change in changes]
        answers = self._send([sheet for sheet in sheets.values() if isinstance(sheet, _Sheet) and sheet.added])
        outcomes = []
        for change, outcome in zip(changes, early, strict=True):
            if outcome is None:
                outcome = _outcome(change, answers.get(change.order_id))
                if isinstance(outcome, Written) and change.notify_customer:
                    self._tell_customer(change)
            outcomes.append(outcome)
        return outcomes

    def _rows(self, order_ids: Sequence[str]) -> list[tuple[Body, str]]:
        rows = self.site.by_ids("orders", order_ids, QUERY)
        return [(row, text) for row, text in rows if status_of(row) not in NO_ORDERS]

    def _sheets(self, order_ids: Sequence[str]) -> dict[str, _Sheet | str]:
        """By order id; a sentence for one that cannot be read, and nothing for one that is gone."""
        rows = self._rows(order_ids)
        details = self.refunds_of([row for row, _ in rows])
        sheets: dict[str, _Sheet | str] = {}
        for row, text in rows:
            order_id = str(row["id"])
            try:
                sheets[order_id] = _Sheet.of(row, text, details.get(order_id, {}), self.manners)
            except DataError as error:
                sheets[order_id] = str(error)
        return sheets

    def _send(self, sheets: Sequence[_Sheet]) -> dict[str, Row]:
        if not sheets:
            return {}
        complete = self.settings.complete_orders
        return self.site.update("orders", [one.item(self.manners.tracking_key, complete=complete) for one in sheets])

    def _tell_customer(self, change: FulfilmentChange) -> None:
        """A note that the shop sends on by e-mail. One that fails is not sent again: the shipment is there by now."""
        try:
            note = {"note": _note(change), "customer_note": True}
            self.site.http.send("POST", f"{BASE}orders/{change.order_id}/notes", note)
        except (Rejected, Unreachable, DataError):
            return


def _entered(sheet: "_Sheet | str | None", change: FulfilmentChange) -> WriteOutcome | None:
    if sheet is None:
        message = f"The shop has no order {change.order_id[:60]!r}."
        return Refused(key=change.key, reason="unknown_order", message=message)
    if isinstance(sheet, str):
        return Refused(key=change.key, reason="unreadable_order", message=sheet)
    return sheet.enter(change)


def _outcome(change: FulfilmentChange, answer: Row | None) -> WriteOutcome:
    """What became of a shipment that was sent; the shop must answer with it, or it does not keep it."""
    if answer is None:
        return Unclear(key=change.key, message="WooCommerce did not answer for this order.")
    if (error := error_of(answer)) is not None:
        return Refused(key=change.key, reason=error[0], message=error[1])
    shipment_id = shipments.shipment_id(change)
    try:
        kept = any(row["id"] == shipment_id for row in shipments.own_rows(answer))
    except DataError:
        kept = False
    if not kept:
        return Refused(key=change.key, reason="not_kept", message=f"The shop does not keep {shipments.KEY} on orders.")
    return Written(key=change.key, remote_id=shipment_id)


def _note(change: FulfilmentChange) -> str:
    """What the customer is told."""
    by = f" by {change.carrier}" if change.carrier else ""
    number = f", tracking number {change.tracking_number}" if change.tracking_number else ""
    where = f": {change.tracking_url}" if change.tracking_url else ""
    return f"Your order was shipped{by}{number}{where}" + ("" if where else ".")
