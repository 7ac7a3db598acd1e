"""Money that moves: what is paid, captured, voided and given back."""

from decimal import Decimal

from tests.fakes.shopify import totals
from tests.fakes.shopify.money import Bag
from tests.fakes.shopify.numbered import numbered
from tests.fakes.shopify.order_records import Order, Transaction
from tests.fakes.shopify.site import Site

GATEWAY = "shopify_payments"


def transact(
    site: Site,
    order: Order,
    kind: str,
    amount: Bag,
    gateway: str = GATEWAY,
    *,
    status: str = "SUCCESS",
    parent: int | None = None,
    rounding: Bag | None = None,
) -> Transaction:
    """One transaction. `rounding`: of cash; the amount that is told is what changed hands, or what it was before."""
    told = amount + rounding if rounding and site.options.cash_amount == "after" else amount
    made = Transaction(
        numbered(site, order, "OrderTransaction"), kind, status, gateway, told, site.time, rounding, parent, order.test
    )
    order.transactions_made.append(made)
    return made


def pay(site: Site, order: Order, how: str, gift_card: str = "0", rounding: str = "0", gateway: str = GATEWAY) -> None:
    """`how`: sale, authorization, pending (nothing yet) or nothing. `gift_card`: so much of it from a gift card."""
    left = totals.current_total(order, site.options)
    if Decimal(gift_card):
        used = order.money.bag(gift_card)
        transact(site, order, "SALE", used, "gift_card")
        left -= used
    if not left or how == "nothing":
        return
    kind, status = {"authorization": ("AUTHORIZATION", "SUCCESS"), "pending": ("SALE", "PENDING")}.get(
        how, ("SALE", "SUCCESS")
    )
    cash = order.money.bag(rounding) if Decimal(rounding) else None
    transact(site, order, kind, left, "cash" if cash else gateway, status=status, rounding=cash)


def capture(site: Site, order: Order, amount: str | None = None) -> None:
    """What was authorized, or a part of it, is taken."""
    held = next(each for each in order.transactions_made if each.kind == "AUTHORIZATION")
    bag = held.amount_set if amount is None else order.money.bag(amount)
    transact(site, order, "CAPTURE", bag, held.gateway, parent=held.id)


def void(site: Site, order: Order) -> None:
    """What was authorized and never taken is let go."""
    taken = {each.parent_id for each in order.transactions_made if each.kind in ("CAPTURE", "VOID")}
    for held in [each for each in order.transactions_made if each.kind == "AUTHORIZATION" and each.id not in taken]:
        transact(site, order, "VOID", held.amount_set, held.gateway, parent=held.id)


def give_back(site: Site, order: Order, amount: Bag, status: str = "SUCCESS") -> list[int]:
    """Money back by the ways in which it came, the last one first; the ids of the transactions."""
    made = []
    for paid in reversed(
        [each for each in order.transactions_made if each.kind in totals.PAYS and each.status == "SUCCESS"]
    ):
        back = order.money.total(
            each.amount_set for each in order.transactions_made if each.kind == "REFUND" and each.parent_id == paid.id
        )
        part = min(amount, paid.amount_set - back, key=lambda bag: bag.shop)
        if part.shop > 0:
            made.append(transact(site, order, "REFUND", part, paid.gateway, status=status, parent=paid.id).id)
            amount -= part
    return made
