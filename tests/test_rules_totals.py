"""Money adds up (I6), and fingerprints tell what was sold or given back, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given

from syncctl.model import Address, Charge, Order, OrderKind, Refund, RefundLine
from syncctl.rules.totals import order_fingerprint, order_problem, refund_fingerprint, refund_problem, sum_of
from tests.fakes.orders import LATER, a_line, an_order, orders

SHIPPING = Charge(kind="shipping", title="Parcel", amount=300, tax=60)
BACK = RefundLine(line_id="L1", quantity=1, amount=1000, tax=200, restock=True)
REFUND = Refund(id="R1", total=1560, lines=(BACK,), charges=(SHIPPING,))
SOLD = an_order(lines=(a_line(amount=2000, tax=400),), charges=(SHIPPING,), refunds=(REFUND,))


def test_amounts_and_tax_of_all_parts_are_one_sum() -> None:
    assert sum_of() == sum_of([], ()) == 0
    assert sum_of(SOLD.lines, SOLD.charges) == 2000 + 400 + 300 + 60 == SOLD.total
    assert sum_of([replace(SHIPPING, amount=-300, tax=-60)], SOLD.charges) == 0


@given(orders())
def test_an_order_of_a_sound_store_has_no_problem(order: Order) -> None:
    assert order_problem(order) is None
    assert all(refund_problem(refund) is None for refund in order.refunds)


@pytest.mark.parametrize("off", [-1, 1])
def test_one_minor_unit_is_enough_for_a_problem_wherever_it_is_missing(off: int) -> None:
    assert order_problem(SOLD) is None
    line = replace(SOLD.lines[0], amount=2000 + off)
    charge = replace(SHIPPING, amount=300 + off)
    for odd in (
        replace(SOLD, total=SOLD.total + off),
        replace(SOLD, lines=(replace(SOLD.lines[0], tax=400 + off),)),
        replace(SOLD, lines=(line,)),
        replace(SOLD, charges=(charge,)),
        replace(SOLD, refunds=(REFUND, replace(REFUND, total=REFUND.total + off))),
        replace(SOLD, refunds=(replace(REFUND, lines=(replace(BACK, tax=200 + off),)),)),
        replace(SOLD, refunds=(replace(REFUND, charges=(charge,)),)),
    ):
        assert order_problem(odd) is not None


def test_a_problem_is_said_with_all_its_numbers() -> None:
    assert order_problem(replace(SOLD, total=2761)) == (
        "lines and charges 2300 + tax 460 = 2760, but the total is 2761 (minor units of GBP)"
    )
    wrong = replace(REFUND, total=1)
    assert refund_problem(wrong) == "the parts of refund R1 make 1560, but its total is 1 (minor units)"
    assert order_problem(replace(SOLD, refunds=(wrong,))) == refund_problem(wrong)


@pytest.mark.parametrize(
    "changed",
    [
        replace(SOLD, kind=OrderKind.RETURN),
        replace(SOLD, currency="EUR"),
        replace(SOLD, total=1),
        replace(SOLD, lines=()),
        replace(SOLD, charges=()),
        *(
            replace(SOLD, lines=(replace(SOLD.lines[0], **change),))
            for change in ({"id": "L2"}, {"sku": "TRAY"}, {"sku": None}, {"quantity": 3}, {"amount": 1}, {"tax": 1})
        ),
        *(
            replace(SOLD, charges=(replace(SHIPPING, **change),))
            for change in ({"kind": "fee"}, {"amount": 1}, {"tax": 1})
        ),
    ],
)
def test_what_was_sold_has_another_fingerprint_if_anything_of_it_differs(changed: Order) -> None:
    assert order_fingerprint(changed) != order_fingerprint(SOLD)


@pytest.mark.parametrize(
    "changed",
    [
        replace(SOLD, number="#9", cancelled_at=LATER, closed=True, financial_status="refunded"),
        replace(SOLD, refunds=(), shipping_address=Address(city="Leeds"), email="ann@shop.example", raw="[]"),
        replace(SOLD, lines=(replace(SOLD.lines[0], title="Cup", unit_price="10.0"),)),
        replace(SOLD, charges=(replace(SHIPPING, title="Courier"),)),
    ],
)
def test_what_happens_around_a_sale_is_not_in_its_fingerprint(changed: Order) -> None:
    assert order_fingerprint(changed) == order_fingerprint(SOLD)


@pytest.mark.parametrize(
    "changed",
    [
        replace(REFUND, id="R2"),
        replace(REFUND, total=1),
        replace(REFUND, lines=()),
        replace(REFUND, charges=()),
        *(
            replace(REFUND, lines=(replace(BACK, **change),))
            for change in ({"line_id": "L2"}, {"quantity": 2}, {"amount": 1}, {"tax": 1}, {"restock": False})
        ),
        *(
            replace(REFUND, charges=(replace(SHIPPING, **change),))
            for change in ({"kind": "fee"}, {"amount": 1}, {"tax": 1})
        ),
    ],
)
def test_what_was_given_back_has_another_fingerprint_if_anything_of_it_differs(changed: Refund) -> None:
    assert refund_fingerprint(changed) != refund_fingerprint(REFUND)


def test_a_fingerprint_is_the_same_for_ever() -> None:
    """It is kept for years beside what was booked: a new way to reckon it would hold every booked order as edited."""
    assert order_fingerprint(SOLD) == "992a15567e0dbb1c51ddb916"
    assert refund_fingerprint(REFUND) == "d88f25023d1e94fb3ce497b7"
    assert refund_fingerprint(replace(REFUND, refunded_at=LATER)) == refund_fingerprint(REFUND)
