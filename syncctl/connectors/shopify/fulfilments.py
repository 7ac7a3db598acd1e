"""What has left to a shop's customers: told, and made.

Shopify makes a shipment as often as it is told to. So none is ever sent twice by itself: a lost answer is an outcome
that nobody knows, and whoever sends it again has looked first.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from syncctl.connectors.shopify import fulfilment_documents as documents
from syncctl.connectors.shopify.answers import TooDear, by_index
from syncctl.connectors.shopify.base import ShopStore
from syncctl.connectors.shopify.documents import Document, Row
from syncctl.connectors.shopify.fulfilment_words import Part, allotted, to_fulfilment, to_inputs, took_place
from syncctl.connectors.shopify.gids import digits_of, gid, is_digits
from syncctl.connectors.shopify.groups import Payload, payloads, send_halving
from syncctl.connectors.shopify.lists import whole
from syncctl.errors import DataError
from syncctl.model import Fulfilment, FulfilmentChange, Refused, Unclear, WriteOutcome, Written

_MOST_SENT = 20  # shipments in one document


class FulfilmentStore(ShopStore):
    """Shipments, with their lines and their tracking."""

    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        self.called("find_fulfilments", order_ids, self.abilities.order_batch)
        found = {}
        for order in self._orders(order_ids, documents.fulfilments):
            order_id = digits_of(order["id"])
            shipments = [one for one in whole(order["fulfillments"]) if took_place(one)]
            found[order_id] = [to_fulfilment(order_id, one, self._further_lines(one)) for one in shipments]
        return found

    def _further_lines(self, shipment: Row) -> Iterator[Row]:
        return self._further(documents.shipped_lines(), shipment["id"], shipment["fulfillmentLineItems"])

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        self.called("push_fulfilments", changes, self.abilities.fulfilment_batch)
        parts = self._parts([one.order_id for one in changes])
        outcomes: dict[str, WriteOutcome] = {}
        inputs: list[tuple[str, dict[str, Any]]] = []
        for change in changes:
            taken = allotted(change, parts[change.order_id]) if change.order_id in parts else self._unknown(change)
            if isinstance(taken, Refused):
                outcomes[change.key] = taken
            else:
                inputs += [(change.key, one) for one in to_inputs(change, taken)]
        made: dict[str, list[WriteOutcome]] = {}
        for (key, _), outcome in zip(inputs, self._create(inputs), strict=True):
            made.setdefault(key, []).append(outcome)
        outcomes |= {key: _joined(each) for key, each in made.items()}
        return [outcomes[one.key] for one in changes]

    def _unknown(self, change: FulfilmentChange) -> Refused:
        message = f"The shop has no order {change.order_id[:60]!r}"
        if self.abilities.order_horizon_days is not None:
            message += f", or it is older than the {self.abilities.order_horizon_days} days that the app may look back"
        return Refused(key=change.key, reason="unknown_order", message=f"{message}.")

    def _parts(self, order_ids: Sequence[str]) -> dict[str, list[Part]]:
        """What there is to be shipped of these orders, by order; one that is gone is absent."""
        parts = {}
        for order in self._orders(list(dict.fromkeys(order_ids)), documents.to_ship):
            listed = order["fulfillmentOrders"]
            rows = [*whole(listed["nodes"]), *self._further(documents.more_to_ship(), order["id"], listed)]
            parts[digits_of(order["id"])] = [Part.of(row, self._further_to_ship(row)) for row in rows]
        return parts

    def _further_to_ship(self, part: Row) -> Iterator[Row]:
        return self._further(documents.lines_to_ship(), part["id"], part["lineItems"])

    def _orders(self, order_ids: Sequence[str], document: Callable[[int], Document]) -> Iterator[Row]:
        """Those that are there, in as many documents as their cost makes it."""
        ids = [gid("Order", one) for one in order_ids if is_digits(one)]
        most = documents.MOST_ORDERS if document is documents.to_ship else len(ids)
        for start in range(0, len(ids), max(1, most)):
            yield from self._orders_at_once(ids[start : start + most], document)

    def _orders_at_once(self, ids: Sequence[str], document: Callable[[int], Document]) -> list[Row]:
        try:
            rows = self.admin.read(document(len(ids)), {"ids": ids}).data["nodes"]
            return [row for row in rows if row is not None]
        except TooDear:
            if len(ids) == 1:
                raise
        middle = len(ids) // 2
        return self._orders_at_once(ids[:middle], document) + self._orders_at_once(ids[middle:], document)

    def _further(self, document: Document, record_id: str, listed: Row) -> Iterator[Row]:
        """What a record's list has beyond its first page."""
        info = listed["pageInfo"]
        while info["hasNextPage"]:
            after = info["endCursor"]
            record = self.admin.read(document, {"id": record_id, "after": after}).data["node"]
            if record is None:
                return
            info = record["list"]["pageInfo"]
            if not record["list"]["nodes"] or info["endCursor"] == after:
                raise DataError(f"{self.name}: Shopify says that there is more of {document.name}, and does not go on.")
            yield from whole(record["list"]["nodes"])

    def _create(self, inputs: Sequence[tuple[str, dict[str, Any]]]) -> list[WriteOutcome]:
        """One outcome for each, with the key of its change."""
        made: list[WriteOutcome] = []
        for start in range(0, len(inputs), _MOST_SENT):
            part = inputs[start : start + _MOST_SENT]
            answers = send_halving([one for _, one in part], self._send)
            made += [_outcome(key, answer) for (key, _), answer in zip(part, answers, strict=True)]
        return made

    def _send(self, inputs: Sequence[dict[str, Any]]) -> list[Payload]:
        variables = {f"fulfilment{number}": one for number, one in enumerate(inputs)}
        return payloads(self.admin.write(documents.create_fulfilments(len(inputs)), variables), len(inputs))


def _outcome(key: str, payload: Payload) -> WriteOutcome:
    """What became of one shipment."""
    if isinstance(payload, str):
        return Unclear(key=key, message=payload)
    if isinstance(payload, Exception):
        return Refused(key=key, reason="refused", message=str(payload))
    if payload["userErrors"]:
        _, message = next(iter(by_index(payload["userErrors"], "fulfillment", {}).values()))
        return Refused(key=key, reason="refused", message=message)
    if payload["fulfillment"] is None:
        return Unclear(key=key, message="Shopify's answer tells of no shipment")
    return Written(key=key, remote_id=digits_of(payload["fulfillment"]["id"]))


def _joined(outcomes: Sequence[WriteOutcome]) -> WriteOutcome:
    """What became of one shipment that several locations had a part in."""
    kinds = {type(one) for one in outcomes}
    if len(kinds) == 1:
        return outcomes[0]
    said = next(one.message for one in outcomes if isinstance(one, Refused | Unclear))
    return Unclear(key=outcomes[0].key, message=f"Of some locations it was made, of others not: {said}")
