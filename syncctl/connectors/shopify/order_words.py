"""An order in Shopify's words, turned into ours. Pure; any JSON value is survived, none is guessed.

What cannot be read in one field becomes a sentence in `Order.problems`. A line whose id, SKU and units are known is
kept without its amount, so that its units still count against stock.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncctl.connectors.reading import FRACTION, Fields, shown
from syncctl.connectors.shopify.buyers import to_buyer
from syncctl.connectors.shopify.customer_words import to_address
from syncctl.connectors.shopify.order_charges import listed, read_payments, read_total
from syncctl.connectors.shopify.order_fields import amount, digits, moment, moment_of, rows_of, text_of
from syncctl.connectors.shopify.order_lines import TOTAL, Sold, Terms, read_lines
from syncctl.connectors.shopify.order_refunds import units_back
from syncctl.errors import DataError, MoneyError
from syncctl.model import Address, Customer, Fulfilment, Order, Unreadable
from syncctl.money import places, round_minor

Body = dict[str, Any]

_FULFILMENT = {
    "FULFILLED": "fulfilled",
    "FULFILLMENT_NOT_REQUIRED": "fulfilled",  # nothing of it is to leave
    "IN_PROGRESS": "in_progress",
    "ON_HOLD": "on_hold",
    "OPEN": "unfulfilled",
    "PARTIALLY_FULFILLED": "partially_fulfilled",
    "PENDING_FULFILLMENT": "in_progress",
    "REQUEST_DECLINED": "unfulfilled",
    "RESTOCKED": "unfulfilled",
    "SCHEDULED": "scheduled",
    "UNFULFILLED": "unfulfilled",
}
_TRACKING = ("number", "company", "url")
_NEVER_LEFT = frozenset({"CANCELLED", "FAILURE", "ERROR"})


@dataclass(frozen=True, slots=True)
class Manners:
    """What the settings say of how this shop's orders are read. `people` False: they name nobody."""

    people: bool = True
    group_prefix: str = ""
    legacy_accounts: bool = False


@dataclass(frozen=True, slots=True)
class _Buyer:
    customer: Customer | None = None
    email: str = ""
    shipping: Address | None = None
    billing: Address | None = None


_NOBODY = _Buyer()


def read_order(body: Body, raw: str, manners: Manners) -> Order | Unreadable:
    """One order in our words. `raw`: all that it was read from."""
    try:
        return to_order(body, raw, manners)
    except KeyError as error:
        return Unreadable(id=_name(body), reason=f"it has no field {shown(error.args[0])}, which was asked for")
    except (TypeError, ValueError, AttributeError) as error:
        return Unreadable(id=_name(body), reason=f"it is not made as Shopify's orders are: {error}")
    except DataError as error:
        return Unreadable(id=_name(body), reason=str(error))


def with_lists(body: Body, text: str, lists: Body) -> tuple[Body, str]:
    """An order with lists that were too long for its page, and the text as it would have stood on a page without end.

    So an order is the same text, however it was read.
    """
    whole = {**body, **lists}
    return whole, page_text(whole, escaped=text.isascii())


def kept_text(body: Body, text: str) -> str:
    """The text of an order as it is kept: of its customer the id alone.

    The customer is the record as it is now, which changes with every other order of theirs; this one does not. It is
    the last field that is asked for, and nothing within a text of JSON looks like its name.
    """
    place = text.rfind(',"customer":')
    if place < 0:
        return text
    customer = body["customer"]
    whose = customer["id"] if isinstance(customer, dict) and "id" in customer else None
    return f'{text[:place]},"customer":{json.dumps(whose)}}}'


def with_totals(body: Body, text: str, totals: Sequence[Body]) -> tuple[Body, str]:
    """An order whose lines say what they came to, and all the text that both were read from."""
    by_id = {row["id"]: row[TOTAL] for row in totals}
    lines = [{**line, TOTAL: by_id[line["id"]]} for line in body["lineItems"]["nodes"]]
    beside = json.dumps(by_id, sort_keys=True, separators=(",", ":"))
    return {**body, "lineItems": {**body["lineItems"], "nodes": lines}}, f'{{"order":{text},"totals":{beside}}}'


def page_text(body: Body, *, escaped: bool) -> str:
    """An order as it stands on a page: JSON without any space. `escaped`: the shop sends ASCII, whatever it says."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=escaped)


def with_refunds(body: Body, text: str, details: Body) -> tuple[Body, str]:
    """An order with what was given back on it, and all the text that both were read from."""
    beside = json.dumps(details, sort_keys=True, separators=(",", ":"))
    return {**body, **details}, f'{{"order":{text},"details":{beside}}}'


def to_order(body: Body, raw: str, manners: Manners) -> Order:
    """Turn one order into ours; amounts are in the shop's currency, rounded half-even, part by part.

    Errors: DataError where not even its id or the time it was placed are known; all else is noted in `problems`.
    """
    problems: list[str] = []
    order = Fields(body, "", problems)
    order_id, placed_at = _id(body), _placed_at(body)
    currency = _currency(order)
    gross = order.flag("taxesIncluded")
    refunds = listed(order, "refunds")
    sold = _read_lines(order, refunds, currency, gross, problems)
    sums = read_total(order, sold, refunds, currency, gross, problems)
    cancelled_at, closed_at = moment_of(order, "cancelledAt"), moment_of(order, "closedAt")
    changed_at = moment_of(order, "updatedAt") or placed_at
    test, payments = order.flag("test"), tuple(read_payments(order, currency))
    buyer = _buyer(order, manners) if manners.people else _NOBODY
    return Order(
        id=order_id,
        number=text_of(order, "name") or order_id,
        placed_at=placed_at,
        changed_at=changed_at,
        currency=currency or text_of(order, "currencyCode"),
        total=sums.total,
        raw=raw,
        lines=sold.lines,
        tax_included=gross,
        charges=sums.charges,
        financial_status=text_of(order, "displayFinancialStatus").lower(),
        fulfilment_status=_fulfilment_status(text_of(order, "displayFulfillmentStatus")),
        cancelled_at=cancelled_at,
        closed=closed_at is not None,
        test=test,
        channel=text_of(order, "sourceName"),
        customer=buyer.customer,
        email=buyer.email,
        shipping_address=buyer.shipping,
        billing_address=buyer.billing,
        payments=payments,
        refunds=sums.back.refunds,
        fulfilments=_fulfilments(order, order_id),
        problems=tuple(problems),
        units_known=not problems or _units_known(body, sold),
        fractional=bool(problems) and any(problem.endswith(FRACTION) for problem in problems),
    )


def _name(body: Body) -> str:
    """The id of an order that cannot be read."""
    gid = next((body[name] for name in body if name == "id"), None)
    return digits(gid, "Order") or shown(gid)


def _id(body: Body) -> str:
    order_id = digits(body["id"], "Order")
    if order_id is None:
        raise DataError(f"The order has no id but {shown(body['id'])}.")
    return order_id


def _placed_at(body: Body) -> datetime:
    try:
        at = moment(body["processedAt"])
    except DataError:
        at = None
    if at is None:
        raise DataError(f"The order has no time at which it was placed but {shown(body['processedAt'])}.")
    return at


def _currency(order: Fields) -> str:
    """The shop's currency, or "" with a problem noted; amounts cannot be read without one."""
    currency = text_of(order, "currencyCode")
    try:
        places(currency)
    except MoneyError:
        order.note("currencyCode", "is no currency that ISO 4217 knows")
        return ""
    return currency


def _read_lines(order: Fields, refunds: list[Any], currency: str, gross: bool, problems: list[str]) -> Sold:
    codes = order.rows("discountCodes")
    tip = amount(order, "totalTipReceivedSet", round_minor, currency)
    title = ", ".join(code for code in codes if isinstance(code, str))[:100] or "Discount"
    terms = Terms(currency, gross, title, tip, units_back(refunds) if refunds else {})
    return read_lines(rows_of(order, "lineItems"), terms, problems)


def _fulfilment_status(word: str) -> str:
    """Our word for it; one that is not known is passed on as it is."""
    return _FULFILMENT[word] if word in _FULFILMENT else word.lower()


def _fulfilments(order: Fields, order_id: str) -> tuple[Fulfilment, ...]:
    """What has left, each with its first tracking number; which units were in it is not asked here."""
    found = []
    for row in order.fields("fulfillments", "fulfilment"):
        tracking = [one for one in row.rows("trackingInfo") if isinstance(one, dict)][:1]
        number, carrier, url = [tracking[0][name] for name in _TRACKING] if tracking else ("", "", "")
        if row.row["status"] not in _NEVER_LEFT:
            found.append(
                Fulfilment(
                    id=digits(row.row["id"], "Fulfillment") or "",
                    order_id=order_id,
                    lines=(),
                    tracking_number=number or "",
                    carrier=carrier or "",
                    tracking_url=url or "",
                    shipped_at=moment_of(row, "createdAt"),
                )
            )
    return tuple(found)


def _buyer(order: Fields, manners: Manners) -> _Buyer:
    """Who bought, who pays, and where it goes. A customer that cannot be read is a problem."""
    row = order.row
    try:
        customer = to_buyer(row, group_prefix=manners.group_prefix, legacy_accounts=manners.legacy_accounts)
        shipping, billing = to_address(row["shippingAddress"], "shipping"), to_address(row["billingAddress"], "billing")
    except (DataError, TypeError, ValueError) as error:
        order.note("customer", f"cannot be read: {error}")
        return _NOBODY
    return _Buyer(customer, text_of(order, "email").strip(), shipping, billing)


def _units_known(body: Body, sold: Sold) -> bool:
    """Whether each line that was sent could be read as units of a SKU, or as a charge."""
    rows = body["lineItems"]["nodes"] if isinstance(body["lineItems"], dict) else None
    if not isinstance(rows, list) or len(rows) != len(sold.lines) + len(sold.others or {}) + sold.gone:
        return False
    return all(isinstance(row, dict) and isinstance(row["sku"], str | None) for row in rows)
