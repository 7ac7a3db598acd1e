"""The sandbox shop's words for an order, turned into ours. Pure; any foreign text is survived, none is guessed.

What cannot be read in one field becomes a sentence in `Order.problems`. A line whose id, SKU and units are known is
kept without its amount, so that its units still count against stock.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from syncctl import times
from syncctl.connectors.sandbox.files import storable
from syncctl.connectors.sandbox.people import to_address, to_customer
from syncctl.connectors.sandbox.reading import FRACTION, Fields, shown
from syncctl.errors import DataError, MoneyError
from syncctl.model import (
    Address,
    Charge,
    ChargeKind,
    Customer,
    Fulfilment,
    FulfilmentLine,
    LineItem,
    Order,
    Payment,
    Refund,
    RefundLine,
    Unreadable,
)
from syncctl.money import places, round_minor, to_minor
from syncctl.units import LIMIT

_DIGITS_LIMIT = 18


def canonical(body: object) -> str:
    """JSON text in which equal content is equal text: sorted keys, no spaces, ASCII only."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_order(order_id: str, raw: str) -> Order | Unreadable:
    """One stored order in our words; `order_id` is what it is listed under, for one that is beyond reading."""
    try:
        return to_order(parse_object(raw), raw)
    except DataError as error:
        return Unreadable(id=order_id, reason=str(error))


def parse_object(raw: str) -> dict[str, Any]:
    """Strict JSON: no key twice; a number with a fraction or too many digits, NaN and Infinity come as their text.

    Such texts fail where an amount or a count is read from them, which names the field. Errors: DataError.
    """
    try:
        body = _plain_body(raw) or _DECODER.decode(raw)
    except (ValueError, RecursionError) as error:
        raise DataError(f"This is no readable JSON: {str(error)[:120]}.") from error
    if "\\ud" in raw or "\\uD" in raw:
        body = _storable(body)
    if not isinstance(body, dict):
        raise DataError(f"This is no JSON object but {shown(body)}.")
    return body


def _plain_body(raw: str) -> dict[str, Any] | None:
    """The way that all sound orders go, faster by half: the body, where no key can stand in it twice; else None.

    Each key of the text is followed by `":`, unless there is space between the two; if that stands there no more often
    than the body has keys, none was lost. Whole numbers of any length stay numbers here: each is held against its limit
    where it is read.
    """
    try:
        body = _PLAIN_DECODER.decode(raw)
    except (ValueError, RecursionError):
        return None
    if type(body) is not dict or any(space in raw for space in _SPACE_AFTER_QUOTE):
        return None
    return body if _keys(body) == raw.count('":') else None


def _keys(body: dict[str, Any]) -> int:
    """How many keys stand in a body, its objects and lists, and theirs; what lies deeper is not counted."""
    keys = len(body)
    for value in body.values():
        if type(value) is list:
            keys += sum([len(row) for row in value if type(row) is dict])
        elif type(value) is dict:
            keys += len(value)
            for rows in value.values():
                if type(rows) is list:
                    keys += sum([len(row) for row in rows if type(row) is dict])
    return keys


def to_order(body: dict[str, Any], raw: str) -> Order:
    """Turn one order into ours; amounts are netted and rounded half-even, line by line.

    Errors: DataError where not even its id or the time it was placed are known; all else is noted in `problems`.
    """
    problems: list[str] = []
    order = Fields(body, "", problems)
    order_id, placed_at = body.get("id"), _placed_at(body)
    if not isinstance(order_id, str) or not order_id:
        raise DataError(f"The order has no id but {shown(order_id)}.")
    currency = _currency(order)
    tax_included = order.flag("tax_included")
    lines = _lines(order.rows("lines"), currency, tax_included, problems)
    charges = tuple(_charge(row, currency, tax_included) for row in order.fields("charges", "charge"))
    total = order.amount("total", to_minor, currency)
    if not problems:
        charges += _rounding(total, lines, charges)
    cancelled_at = order.moment("cancelled_at")
    return Order(
        id=order_id,
        number=order.text("name", order_id),
        kind=order.text("kind", "sale"),
        placed_at=placed_at,
        changed_at=order.moment("updated_at") or placed_at,
        currency=currency or order.text("currency"),
        total=total,
        raw=raw,
        lines=lines,
        tax_included=tax_included,
        charges=charges,
        financial_status=order.text("financial_status"),
        fulfilment_status=order.text("fulfilment_status"),
        cancelled_at=cancelled_at,
        closed=order.flag("closed"),
        test=order.flag("test"),
        channel=order.text("channel", "web"),
        customer=_customer(order, problems),
        email=order.text("email"),
        shipping_address=_address(order, "shipping_address", problems),
        billing_address=_address(order, "billing_address", problems),
        payments=tuple(_payment(row, currency) for row in order.fields("payments", "payment")),
        refunds=tuple(_refund(row, currency, tax_included) for row in order.fields("refunds", "refund")),
        fulfilments=to_fulfilments(order_id, order),
        problems=tuple(problems),
        units_known=not problems or _units_known(body.get("lines"), lines),
        fractional=any(problem.endswith(FRACTION) for problem in problems),
    )


def _address(order: Fields, name: str, problems: list[str]) -> Address | None:
    row = Fields.of(order.row[name], name, problems) if order.row.get(name) is not None else None
    return None if row is None else to_address(row)


def _units_known(rows: object, lines: tuple[LineItem, ...]) -> bool:
    """Whether each line that was sent could be read as units of a SKU."""
    if not isinstance(rows, list) or len(rows) != len(lines):
        return False
    return all(isinstance(row, dict) and isinstance(row.get("sku"), str | None) for row in rows)


def to_fulfilments(order_id: str, order: Fields) -> tuple[Fulfilment, ...]:
    """The shipments that the order's body tells of."""
    return tuple(_fulfilment(order_id, row) for row in order.fields("fulfilments", "fulfilment"))


def _placed_at(body: dict[str, Any]) -> datetime:
    try:
        return times.from_text(body["placed_at"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"The order has no time at which it was placed but {shown(body.get('placed_at'))}.") from error


def _currency(order: Fields) -> str:
    """The currency, or "" with a problem noted; amounts cannot be read without one."""
    currency = order.text("currency")
    try:
        places(currency)
    except MoneyError:
        order.note("currency", "is no currency that ISO 4217 knows")
        return ""
    return currency


def _lines(rows: Sequence[Any], currency: str, tax_included: bool, problems: list[str]) -> tuple[LineItem, ...]:
    lines: dict[str, LineItem] = {}
    for position, row in enumerate(rows, 1):
        try:
            line = _plain_line(row, currency, tax_included)
        except (MoneyError, LookupError, TypeError, ValueError):
            odd = _odd_line(row, position, currency, tax_included, problems)
            if odd is None:
                continue
            line = odd
        key = line.id
        if key in lines:
            problems.append(f"line {position}: id {shown(key)} stands twice")
            key = f"{key}~{position}"
            line = _renamed(line, key)
        lines[key] = line
    return tuple(lines.values())


_LINE_WORDS = itemgetter("id", "sku", "title", "quantity", "price")


def _plain_line(row: dict[str, Any], currency: str, tax_included: bool) -> LineItem:
    """The way that all sound lines go; whatever is odd raises, and is then read field by field."""
    line_id, sku, title, quantity, price = _LINE_WORDS(row)
    if (
        type(line_id) is not str
        or not line_id
        or type(title) is not str
        or not (sku is None or type(sku) is str)
        or type(quantity) is not int
        or not -LIMIT < quantity < LIMIT
    ):
        raise ValueError
    tax = round_minor(row["tax"], currency) if "tax" in row else 0
    amount = round_minor(price, currency, quantity)
    return LineItem(
        id=line_id,
        sku=sku or None,
        title=title,
        quantity=quantity,
        unit_price=price,
        amount=amount - tax if tax_included else amount,
        tax=tax,
    )


def _odd_line(row: Any, position: int, currency: str, tax_included: bool, problems: list[str]) -> LineItem | None:
    line = Fields.of(row, f"line {position}", problems)
    if line is None:
        return None
    quantity = line.units("quantity", sold=True)
    line_id = line.text("id")
    if not line_id:
        line.note("id", "is no line id")
    if quantity is None:
        return None
    tax = line.amount("tax", round_minor, currency) if line.has("tax") else 0
    amount = line.amount("price", lambda text, of: round_minor(text, of, quantity), currency)
    return LineItem(
        id=line_id or f"?{position}",
        sku=line.text("sku") or None,
        title=line.text("title"),
        quantity=quantity,
        unit_price=line.shown_text("price"),
        amount=amount - tax if tax_included else amount,
        tax=tax,
    )


def _renamed(line: LineItem, line_id: str) -> LineItem:
    return LineItem(
        id=line_id,
        sku=line.sku,
        title=line.title,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.amount,
        tax=line.tax,
    )


def _charge(row: Fields, currency: str, tax_included: bool) -> Charge:
    tax = row.amount("tax", round_minor, currency) if row.has("tax") else 0
    amount = row.amount("amount", round_minor, currency)
    return Charge(
        kind=row.text("kind"),
        title=row.text("title"),
        amount=amount - tax if tax_included else amount,
        tax=tax,
        line_id=row.text("line_id") or None,
    )


def _rounding(total: int, lines: tuple[LineItem, ...], charges: tuple[Charge, ...]) -> tuple[Charge, ...]:
    """What lies between the shop's total and the sum of rounded parts, while it can be rounding at all."""
    difference = total
    for line in lines:
        difference -= line.amount + line.tax
    for charge in charges:
        difference -= charge.amount + charge.tax
    if not difference or abs(difference) > len(lines):
        return ()
    return (Charge(kind=ChargeKind.ROUNDING, title="Rounding", amount=difference),)


def _payment(row: Fields, currency: str) -> Payment:
    return Payment(
        id=row.text("id"),
        gateway=row.text("gateway"),
        amount=row.amount("amount", to_minor, currency),
        paid_at=row.moment("paid_at"),
    )


def _refund(row: Fields, currency: str, tax_included: bool) -> Refund:
    return Refund(
        id=row.text("id"),
        total=row.amount("total", to_minor, currency),
        lines=tuple(_refund_line(line, currency, tax_included) for line in row.fields("lines", "line")),
        charges=tuple(_charge(charge, currency, tax_included) for charge in row.fields("charges", "charge")),
        refunded_at=row.moment("refunded_at"),
    )


def _refund_line(row: Fields, currency: str, tax_included: bool) -> RefundLine:
    tax = row.amount("tax", round_minor, currency) if row.has("tax") else 0
    amount = row.amount("amount", round_minor, currency)
    return RefundLine(
        line_id=row.text("line_id"),
        quantity=row.units("quantity") or 0,
        amount=amount - tax if tax_included else amount,
        tax=tax,
        restock=row.flag("restock"),
    )


def _fulfilment(order_id: str, row: Fields) -> Fulfilment:
    return Fulfilment(
        id=row.text("id"),
        order_id=order_id,
        lines=tuple(
            FulfilmentLine(
                quantity=line.units("quantity") or 0,
                line_id=line.text("line_id") or None,
                sku=line.text("sku") or None,
            )
            for line in row.fields("lines", "line")
        ),
        tracking_number=row.text("tracking_number"),
        carrier=row.text("carrier"),
        tracking_url=row.text("tracking_url"),
        shipped_at=row.moment("shipped_at"),
    )


def _customer(order: Fields, problems: list[str]) -> Customer | None:
    row = order.row.get("customer")
    if row is None:
        return None
    fields = Fields.of(row, "customer", problems)
    return None if fields is None else to_customer(fields)


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _DIGITS_LIMIT else text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(shown(name) for name in names if names.count(name) > 1)} stands twice")
    return row


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value


_text: Callable[[str], str] = str
_SPACE_AFTER_QUOTE = ('" ', '"\t', '"\n', '"\r')  # where it follows a key; elsewhere it costs the slower way, no more
_PLAIN_DECODER = json.JSONDecoder(parse_float=_text, parse_constant=_text, strict=False)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_text, parse_int=_integer, parse_constant=_text, strict=False
)
