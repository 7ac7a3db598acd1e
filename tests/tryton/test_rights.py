"""An ordinary user in Tryton, with the groups that the README names, is enough for all that is done there."""

from pathlib import Path

import pytest

from tests.tryton.client import Client
from tests.tryton.server import TrytonServer
from tests.tryton.test_doctor import GROUPS, user
from tests.tryton.world import TrytonWorld


@pytest.fixture
def world(tmp_path: Path, server: TrytonServer, people: Client) -> TrytonWorld:
    """Whose back office is reached as that user."""
    return TrytonWorld(tmp_path, server, books=user(people, *GROUPS))


def test_an_order_is_booked_with_its_payment_cancelled_and_looked_up(world: TrytonWorld) -> None:
    order = world.shop.place_order([("MUG", 3)])
    assert world.run().exit_code == 0
    world.shop.cancel_order(order)
    assert world.run().exit_code == 0
    assert world.holds() == []
    assert [total for _, _, total in world.sales()] == ["30.00", "-30.00"]
    assert world.shelf("MUG") == (100, 0)
    assert len(world.people.do.rows("ir.attachment", [["resource", "like", "sale.sale,%"]])) >= 1


def test_a_group_that_the_user_may_not_make_holds_its_customer_and_stops_no_order(world: TrytonWorld) -> None:
    world.shop.add_group("Trade")
    customer = world.shop.upsert_customer(name="Ann Archer", emails=["ann@mail.example"], group="Trade")
    world.shop.place_order([("TRAY", 1)], customer=customer)
    world.shop.place_order([("MUG", 3)])
    assert world.run().exit_code in (0, 1)
    assert ("#1002", "processing", "30.00") in world.sales()
    assert any("Trade" in text for text in world.messages())
    world.people.do("party.category", "create", [{"name": "Trade"}])
    assert world.run().exit_code == 0
    assert (sorted(total for _, _, total in world.sales()), world.holds()) == (["30.00", "4.00"], [])


def test_goods_that_left_come_back_onto_the_shelf(world: TrytonWorld) -> None:
    order = world.shop.place_order([("MUG", 3)])
    assert world.run().exit_code == 0
    world.people.ship(world.people.references()[0], tracking_number="TN 1")
    assert world.run().exit_code == 0
    world.shop.refund_all(order)
    assert world.run().exit_code == 0
    assert (world.holds(), world.shelf("MUG")) == ([], (100, 0))


def test_a_customer_is_kept_in_step_and_prices_are_read_of_a_price_list(
    tmp_path: Path, server: TrytonServer, people: Client
) -> None:
    books = {**user(people, *GROUPS), "price_lists": ["Trade"]}
    world = TrytonWorld(tmp_path, server, books=books, products={"price_list": "Trade"}, customers={"trigger": "any"})
    ann = world.shop.upsert_customer(name="Ann Archer", emails=["ann@mail.example"])
    world.shop.place_order([("TRAY", 1)], customer=ann)
    assert world.run().exit_code == 0
    assert world.holds() == []
    party = people.one("party.party", [["name", "=", "Ann Archer"]])["id"]
    world.shop.upsert_customer(ann, name="Ann Baker", phones=["+441632960001"], tax_id="GB980780684")
    assert world.run().exit_code == 0
    found = people.one("party.party", [["id", "=", party]], "name", "contact_mechanisms.value", "tax_identifier.code")
    assert found["tax_identifier."]["code"] == "980 7806 84"
    assert found["name"] == "Ann Baker"
    assert "+441632960001" in [one["value"].replace(" ", "") for one in found["contact_mechanisms."]]
    assert {one.sku: one.price for one in world.shop.listings()}["TRAY"] == "3.60", "a tenth less than 4.00"
