"""What was given back on an order, in WooCommerce's words, turned into ours. Pure.

A refund is a record of its own; its amounts and quantities are negative, but for its whole amount. It names the order's
line in the line's meta data, and does not say whether the units went back into stock: the order's line keeps a tally of
those that did.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncctl.connectors.reading import Fields
from syncctl.connectors.woocommerce.words import amount, listed, meta, moment, parts, record_id, text_of, total
from syncctl.model import Charge, ChargeKind, Refund, RefundLine

Body = dict[str, Any]
RESTOCKED = "_restock_refunded_items"
REFUNDED_LINE = "_refunded_item_id"
ADJUSTMENT = "adjustment"
_MOST = 64  # refunds of one line that are told apart


def refund_ids(order: Mapping[str, Any]) -> list[str]:
    """The ids of the refunds that an order's body lists, as far as they are ids."""
    rows = order.get("refunds")
    rows = list(rows.values()) if isinstance(rows, dict) else rows
    if not isinstance(rows, list):
        return []
    ids = (record_id(row.get("id")) if isinstance(row, dict) else None for row in rows)
    return list(dict.fromkeys(one for one in ids if one is not None))


def read_refunds(order: Fields, details: Mapping[str, Body], currency: str, problems: list[str]) -> tuple[Refund, ...]:
    """The order's refunds, oldest first; `details` are the refunds' own bodies by id."""
    rows = listed(order, "refunds")
    if not rows:
        return ()
    ids = refund_ids(order.row)
    if len(ids) != len(rows):
        problems.append("refunds: one has no id of its own")
    refunds = []
    for refund_id in sorted(ids, key=lambda one: (len(one), one)):
        if refund_id in details:
            refunds.append(_refund(refund_id, details[refund_id], currency, problems))
        else:
            problems.append(f"refund {refund_id}: the shop does not tell what it was for")
    tallies = _tallies(listed(order, "line_items"))
    return _with_restock(refunds, tallies)


def _refund(refund_id: str, body: Body, currency: str, problems: list[str]) -> Refund:
    row = Fields(body, f"refund {refund_id}", problems)
    given_back = total(row, "amount", currency)
    lines: list[RefundLine] = []
    charges: list[Charge] = []
    for item in parts(row, "line_items", f"refund {refund_id}, line", problems):
        line = _line(item, currency)
        if line is not None:
            lines.append(line)
        else:
            charges += _charge(item, ADJUSTMENT, "name", currency)
    for item in parts(row, "shipping_lines", f"refund {refund_id}, shipping", problems):
        charges += _charge(item, ChargeKind.SHIPPING, "method_title", currency)
    for item in parts(row, "fee_lines", f"refund {refund_id}, fee", problems):
        charges += _charge(item, ChargeKind.FEE, "name", currency)
    charges += _rest(given_back, lines, charges)
    return Refund(
        id=refund_id,
        total=given_back,
        lines=tuple(lines),
        charges=tuple(charges),
        refunded_at=moment(row, "date_created_gmt"),
    )


def _line(item: Fields, currency: str) -> RefundLine | None:
    """Units of a line that came back; None where only money did, or where it is not said of which line."""
    line_id = record_id(meta(item.row, REFUNDED_LINE))
    quantity = _units_back(item)
    if not quantity or line_id is None:
        return None
    return RefundLine(
        line_id=line_id,
        quantity=quantity,
        amount=-amount(item, "total", currency),
        tax=-amount(item, "total_tax", currency),
    )


def _units_back(item: Fields) -> int:
    """Whole units that came back, a fraction floored; they are written with a minus."""
    sold = item.units("quantity", sold=True) if item.row.get("quantity") is not None else None
    return abs(sold or 0)


def _charge(item: Fields, kind: str, title: str, currency: str) -> Iterator[Charge]:
    back, tax = -amount(item, "total", currency), -amount(item, "total_tax", currency)
    if back or tax:
        yield Charge(kind=kind, title=text_of(item, title), amount=back, tax=tax)


def _rest(given_back: int, lines: Sequence[RefundLine], charges: Sequence[Charge]) -> Iterator[Charge]:
    """What the refund's amount has beyond its parts: rounding, or money that belongs to none of them."""
    rest = given_back - sum(one.amount + one.tax for one in lines) - sum(one.amount + one.tax for one in charges)
    count = len(lines) + len(charges)
    if rest and abs(rest) <= count:
        yield Charge(kind=ChargeKind.ROUNDING, title="Rounding", amount=rest)
    elif rest:
        yield Charge(kind=ADJUSTMENT, title="Refund", amount=rest)


def _tallies(rows: Sequence[Any]) -> dict[str, int]:
    """Units of each line that were put back into stock, as far as the shop keeps count."""
    tallies = {}
    for row in rows:
        line_id = record_id(row.get("id")) if isinstance(row, dict) else None
        count = record_id(meta(row, RESTOCKED))
        if line_id is not None and count is not None:
            tallies[line_id] = int(count)
    return tallies


def _with_restock(refunds: Sequence[Refund], tallies: Mapping[str, int]) -> tuple[Refund, ...]:
    if not tallies:
        return tuple(refunds)
    back: dict[str, list[int]] = {}
    for refund in refunds:
        for line in refund.lines:
            back.setdefault(line.line_id, []).append(line.quantity)
    restocked = {key: iter(restocked_units(units, tallies.get(key, 0))) for key, units in back.items()}
    return tuple(
        _replaced(refund, [part for line in refund.lines for part in _split(line, next(restocked[line.line_id]))])
        for refund in refunds
    )


def _replaced(refund: Refund, lines: list[RefundLine]) -> Refund:
    return Refund(
        id=refund.id, total=refund.total, lines=tuple(lines), charges=refund.charges, refunded_at=refund.refunded_at
    )


def _split(line: RefundLine, units: int) -> Iterator[RefundLine]:
    """The line as two where only some of its units can be sold again; the money goes by units."""
    if not 0 < units < line.quantity:
        yield _part(line, line.quantity, line.amount, line.tax, restock=units > 0)
        return
    amount, tax = line.amount * units // line.quantity, line.tax * units // line.quantity
    yield _part(line, units, amount, tax, restock=True)
    yield _part(line, line.quantity - units, line.amount - amount, line.tax - tax, restock=False)


def _part(line: RefundLine, quantity: int, amount: int, tax: int, *, restock: bool) -> RefundLine:
    return RefundLine(line_id=line.line_id, quantity=quantity, amount=amount, tax=tax, restock=restock)


def restocked_units(refunded: Sequence[int], tally: int) -> list[int]:
    """How many units of each refund of a line went back into stock, when the line's tally says `tally` in all.

    A single refund takes what the tally says. Of several, only those that alone can make it up: where there are two
    ways, none of them is taken to be so, for that sells too little and never too much.

    >>> restocked_units([3], 2), restocked_units([2, 1], 2), restocked_units([1, 1], 1), restocked_units([1, 2], 3)
    ([2], [2, 0], [0, 0], [1, 2])
    """
    nothing = [0] * len(refunded)
    if len(refunded) == 1:
        return [tally] if tally <= refunded[0] else nothing
    if tally <= 0 or tally > sum(refunded) or len(refunded) > _MOST:
        return nothing
    chosen = _only_way(refunded, tally)
    return nothing if chosen is None else [units if taken else 0 for units, taken in zip(refunded, chosen, strict=True)]


def _only_way(units: Sequence[int], wanted: int) -> list[bool] | None:
    """Which of `units` make `wanted`, if there is one way and no other; None if there is none, or more."""
    ways: list[dict[int, int]] = [{0: 1}]  # by sum, in how many ways the first so many make it; two are many
    for each in units:
        before = ways[-1]
        after = dict(before)
        for made, count in before.items():
            if made + each <= wanted:
                after[made + each] = min(2, after.get(made + each, 0) + count)
        ways.append(after)
    if ways[-1].get(wanted) != 1:
        return None
    chosen = []
    for index in range(len(units), 0, -1):
        taken = wanted not in ways[index - 1]
        chosen.append(taken)
        wanted -= units[index - 1] if taken else 0
    return chosen[::-1]
