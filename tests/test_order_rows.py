"""What orders take off their store's levels is the same from the model as from the hub's rows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncctl.hub import Hub
from syncctl.hub.order_rows import Decision, moved_units
from syncctl.model import LineItem, Order, Refund, RefundLine

AT = datetime(2026, 11, 21, tzinfo=UTC)

lines = st.lists(st.tuples(st.sampled_from(["A", "a", "B", None]), st.integers(-3, 9)), max_size=5)
backs = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3), st.booleans()), max_size=4)


def an_order(
    number: int, goods: list[tuple[str | None, int]], given_back: list[tuple[int, int, bool]], cancelled: bool
) -> Order:
    items = [
        LineItem(id=str(position), sku=sku, title="", quantity=quantity, unit_price="1", amount=100 * quantity)
        for position, (sku, quantity) in enumerate(goods)
    ]
    refunds = [
        Refund(id=f"r{n}", total=0, lines=(RefundLine(line_id=str(line), quantity=units, amount=0, restock=restock),))
        for n, (line, units, restock) in enumerate(given_back)
    ]
    return Order(
        id=str(number),
        number=str(number),
        placed_at=AT,
        changed_at=AT,
        currency="GBP",
        total=0,
        raw=f"{number}",
        lines=tuple(items),
        refunds=tuple(refunds),
        cancelled_at=AT if cancelled else None,
    )


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with Hub.open(Path(tmp_path_factory.mktemp("hub")) / "hub.db") as hub:
        yield hub


@given(st.lists(st.tuples(lines, backs, st.booleans()), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_units_from_the_model_are_units_from_the_rows(
    hub: Hub, drawn: list[tuple[list[tuple[str | None, int]], list[tuple[int, int, bool]], bool]]
) -> None:
    orders = [an_order(number, *one) for number, one in enumerate(drawn)]
    hub.connection.execute("BEGIN")
    try:
        fresh = hub.orders.fresh("shop", orders, "")
        ids = hub.orders.write("shop", [(one, Decision("book", "", counts=True)) for one in fresh], "", {})
        assert moved_units(orders) == hub.orders._units(ids)
    finally:
        hub.connection.execute("ROLLBACK")
