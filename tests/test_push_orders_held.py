"""What cannot be booked is held with its reason, sent again only when it may succeed, and booked then."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from tests.builders import World

DAY = timedelta(days=1)
OLD = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# --- what cannot be booked -----------------------------------------------------------------------------------------


def test_an_unknown_sku_is_held_and_booked_once_the_back_office_has_it(world: World) -> None:
    world.shop.add_listing("NEW", "New", "5.00", 10)
    world.shop.place_order([("NEW", 1)])
    good = world.shop.place_order([("MUG", 1)])
    report = world.run()
    assert world.holds() == [("order", "unknown SKU")] and "'NEW'" in world.messages()[0]
    assert world.totals() == world.totals(good) == [("sale", 1000)] and report.exit_code == 1
    assert world.run().exit_code == 0
    world.office.add_item("NEW", "New", "5.00", 10)
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 1000), ("sale", 500)]


def test_an_unknown_sku_is_booked_on_the_placeholder_where_so_set(world: World) -> None:
    world.change(orders={"unknown_sku": "placeholder"})
    world.office.add_item("WEB-ITEM", units=None)
    world.shop.place_order(
        [NewLine(sku="NEW", price="5.00", title="New"), NewLine(sku=None, price="2.00", title="New"), ("MUG", 1)]
    )
    world.run()
    assert [line.sku for line in world.documents()[0].lines] == ["WEB-ITEM", "WEB-ITEM", "MUG"]
    assert world.totals() == [("sale", 1700)]


def test_a_placeholder_that_the_back_office_lacks_is_a_hold(world: World) -> None:
    world.change(orders={"unknown_sku": "placeholder"})
    world.shop.place_order([NewLine(sku="NEW", price="5.00", title="New")])
    world.run()
    assert world.documents() == [] and world.holds() == [("order", "unknown_sku")]
    assert "WEB-ITEM" in world.messages()[0]


def test_an_unknown_sku_is_created_once_where_so_set(world: World) -> None:
    world.change(orders={"unknown_sku": "create"})
    for _ in range(2):
        world.shop.place_order([NewLine(sku="NEW", quantity=2, price="5.00", title="New")])
    world.run()
    assert world.totals() == [("sale", 1000)] * 2
    assert world.office.on_hand("NEW") == -4
    assert world.rows("SELECT key, state FROM journal WHERE operation = 'variant.create'") == [("NEW", "done")]


def test_a_charge_that_the_settings_do_not_map_is_held_till_they_do(world: World) -> None:
    world.shop.place_order([("MUG", 1)], charges={"engraving": "4.00"})
    world.run()
    assert world.holds() == [("order", "unmapped charge")] and "'engraving'" in world.messages()[0]
    world.change(orders={"charges": {"engraving": "ENGRAVING"}})
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 1400)]


def test_an_order_in_another_currency_than_the_books_is_held(world: World) -> None:
    world.shop.place_order([("MUG", 1)], currency="USD")
    world.shop.place_order([("MUG", 2)])
    world.run()
    assert world.holds() == [("order", "foreign currency")]
    assert world.totals() == [("sale", 2000)]


def test_a_closed_period_is_held_not_sent_each_cycle_and_tried_again_when_asked(world: World) -> None:
    world.office.close_period(date(2026, 1, 31))
    world.shop.place_order([("MUG", 1)], placed_at=OLD)
    assert world.run().exit_code == 1
    assert world.holds() == [("order", "closed_period")] and world.calls("push_documents") == 1
    for _ in range(2):
        assert world.run().exit_code == 0
        assert world.calls("push_documents") == world.calls("find_documents") == 0
    world.office.close_period(None)
    world.run()
    assert world.documents() == []
    with world.hub() as hub:
        assert hub.holds.retry() == 1
    world.run()
    assert world.totals() == [("sale", 1000)] and world.holds() == []


def test_a_refusal_is_tried_again_after_a_day(world: World) -> None:
    world.office.close_period(date(2026, 1, 31))
    world.shop.place_order([("MUG", 1)], placed_at=OLD)
    world.run()
    world.run("push-orders", later=DAY)
    assert world.calls("push_documents") == 1 and world.holds() == [("order", "closed_period")]
    world.office.close_period(None)
    world.run("push-orders", later=1.5 * DAY)
    assert world.calls("push_documents") == 0
    world.run("push-orders", later=2 * DAY + timedelta(minutes=1))
    assert world.totals() == [("sale", 1000)] and world.holds() == []


def test_a_refusal_is_tried_again_when_the_order_or_the_settings_change(world: World) -> None:
    world.office.close_period(date(2026, 1, 31))
    order = world.shop.place_order([("MUG", 1)], placed_at=OLD)
    world.run()
    world.change(orders={"store_number": 5})
    world.run()
    assert world.calls("push_documents") == 1
    world.run()
    assert world.calls("push_documents") == 0
    world.shop.edit_order(order, {world.line_ids(order)[0]: 2})
    world.run()
    assert world.calls("push_documents") == 1 and world.holds() == [("order", "closed_period")]


def test_a_refused_credit_leaves_its_sale_booked_and_says_so(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.run()
    world.office.deactivate_item("MUG")
    world.shop.refund(order, {world.line_ids(order)[0]: 1})
    world.run()
    assert world.totals() == [("sale", 2000)] and world.holds() == [("order", "inactive_item")]
    assert world.messages()[0].startswith("order #1001: ")


def test_a_reference_that_somebody_else_used_is_held_and_nothing_is_booked(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    world.run("pull-orders")
    reference = f"{world.shop.identity}/{order}/sale/order"
    world.office.connection.execute(
        "INSERT INTO document (number, reference, kind, event, order_id, order_number, dated_on, currency, total, "
        "fingerprint, tax_included, location, changed) "
        "VALUES ('S-9', ?, 'sale', '', '', '', '2026-01-01', 'GBP', 77, '', 0, 'main', 1)",
        [reference],
    )
    world.run()
    assert world.holds() == [("order", "reference taken")] and "77" in world.messages()[0]
    assert world.office.references() == [reference]
    assert world.run().new_holds == 0 and world.calls("push_documents") == 0
