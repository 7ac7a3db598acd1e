"""What becomes of a web order: booked, history, left out, or held; each with its reason."""

import hashlib

from syncctl.model import FINANCIAL_STATES, FULFILMENT_STATES, ChargeKind, Lines, Order, OrderKind
from syncctl.model.record import record
from syncctl.rules.totals import order_problem
from syncctl.settings import OrderSettings

_DECIDING = {
    "book_from",
    "import_from",
    "import_sales",
    "financial_statuses",
    "fulfilment_statuses",
    "skip_channels",
    "book_test_orders",
    "zero_value",
    "unknown_sku",
}
UNREADABLE_UNITS = "unreadable units"
_BOOKED_KINDS = frozenset({OrderKind.SALE, OrderKind.RETURN})
_NEVER_BOOKED = frozenset({OrderKind.ADJUSTMENT, OrderKind.STOCK_NOTE})
_NO_SALE = frozenset(OrderKind) - {OrderKind.SALE}  # a kind that nobody knows may be one


@record(frozen=True, slots=True)
class Verdict:
    """`decision`: book | history | left_out | held. `message` says more where a person must look."""

    decision: str
    reason: str
    message: str = ""


def decide(order: Order, settings: OrderSettings, *, has_documents: bool = False) -> Verdict:
    """Decide what becomes of an order as it is now.

    `has_documents`: it is in the books already; then the filter no longer applies, so that what happens to it later
    (a cancellation, a refund) is not lost.
    """
    if has_documents:
        return _held(order, settings) or Verdict("book", "")
    if order.placed_at < settings.book_from:
        return Verdict("history", "before book_from")
    left_out = _left_out(order, settings)
    if left_out is None and order.cancelled_at is not None:
        return Verdict("book", "")  # nothing will be booked; only looking there tells whether it was
    return left_out or _held(order, settings) or _worthless(order, settings) or Verdict("book", "")


def may_be_booked(order: Order, verdict: Verdict) -> bool:
    """Whether an order that is left out now may have been booked by a hub that is lost, under other settings."""
    return verdict.decision == "left_out" and order.kind not in _NEVER_BOOKED


def counts_against_stock(order: Order, verdict: Verdict) -> bool:
    """Whether units of the order may be missing in the back office's report: anything open that was really sold.

    What the filter leaves out counts too while it is open; a closed one that is never booked is the merchant's own.
    """
    if order.cancelled_at is not None or order.kind in _NO_SALE or verdict.decision == "history":
        return False
    return verdict.decision != "left_out" or not order.closed


def settings_hash(settings: OrderSettings) -> str:
    """Changes whenever an order might be decided otherwise, or older orders might come in."""
    return hashlib.blake2b(settings.model_dump_json(include=_DECIDING).encode(), digest_size=8).hexdigest()


def _left_out(order: Order, settings: OrderSettings) -> Verdict | None:
    if not settings.import_sales:
        return Verdict("left_out", "import_sales is off")
    if order.test and not settings.book_test_orders:
        return Verdict("left_out", "test order")
    if order.channel in settings.skip_channels:
        return Verdict("left_out", f"channel {order.channel}")
    if order.kind in _NEVER_BOOKED:
        return Verdict("left_out", order.kind.replace("_", " "))
    if order.cancelled_at is None:  # a cancelled order may be in the books: only looking there tells
        return _by_status(order, settings)
    return None


def _by_status(order: Order, settings: OrderSettings) -> Verdict | None:
    paid, left = settings.financial_statuses, settings.fulfilment_statuses or FULFILMENT_STATES
    if order.financial_status in paid and order.fulfilment_status in left:
        return None
    for name, status, wanted, known in (
        ("financial", order.financial_status, paid, FINANCIAL_STATES),
        ("fulfilment", order.fulfilment_status, left, FULFILMENT_STATES),
    ):
        if status in wanted:
            continue
        if status in known:
            return Verdict("left_out", f"{name} status {status}")
        return Verdict(
            "held",
            "unknown status",
            f"its {name} status {status[:60]!r} is not one that syncctl knows; list it under orders.{name}_statuses "
            "if such orders are to be booked, or say what it counts as under the store's `statuses`, if it has these",
        )
    return None


def _held(order: Order, settings: OrderSettings) -> Verdict | None:
    if order.kind not in _BOOKED_KINDS:
        return Verdict("held", "unknown kind", f"it is of a kind that syncctl does not know: {order.kind[:60]!r}")
    if order.problems:
        return Verdict("held", _unreadable(order), "; ".join(order.problems[:5]))
    if not order.lines and not _sells_gift_cards(order):
        return Verdict("held", "no lines", "it has no line items")
    sign = -1 if order.kind == OrderKind.RETURN else 1
    lines = Lines.of(order.lines)
    least = min([sign * quantity for quantity in lines.quantities], default=1)
    if least <= 0 or not all(lines.skus):
        for position, line in enumerate(lines, 1):
            if line.quantity * sign <= 0:
                return Verdict("held", "bad quantity", f"line {position} has quantity {line.quantity}")
            if not line.sku and settings.unknown_sku != "placeholder":
                return Verdict("held", "missing SKU", f"line {position} has no SKU")
    if order.total * sign < 0:
        return Verdict("held", "negative total", f"its total is {order.total} minor units of {order.currency}")
    problem = order_problem(order)
    return Verdict("held", "totals differ", problem) if problem else None


def _sells_gift_cards(order: Order) -> bool:
    """Gift cards are no goods: an order of nothing else has no lines."""
    return any(charge.kind == ChargeKind.GIFT_CARD and charge.amount > 0 for charge in order.charges)


def _unreadable(order: Order) -> str:
    """The reason of an order with problems; a fraction goes before other oddities, for its units are known."""
    if not order.units_known:
        return UNREADABLE_UNITS
    return "fractional quantity" if order.fractional else "unreadable"


def _worthless(order: Order, settings: OrderSettings) -> Verdict | None:
    costs = order.total or any(Lines.of(order.lines).amounts) or any(charge.amount for charge in order.charges)
    if not costs and settings.zero_value == "leave_out":
        return Verdict("left_out", "zero value")
    return None
