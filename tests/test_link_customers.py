"""The customers on orders, in the back office: joined by a stated rule or made once; in doubt a person decides."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import syncctl.connectors
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.errors import Unreachable
from syncctl.model import CustomerChange, Refused, WriteOutcome
from tests.builders import World
from tests.fakes.faulty import FailBefore, lost_reply, on

ANN = {"name": "Ann Archer", "emails": ["ann@shop.example"], "phones": ["020 7946 0123"]}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, customers={"country": "GB"})


def buy(world: World, who: str | Mapping[str, object] | None, shop: str = "shop") -> str:
    return world.shops[shop].place_order([("MUG", 1)], customer=who)


def people(world: World) -> list[tuple[str, str]]:
    """(id, name) of everybody the back office has."""
    rows = world.office.connection.execute("SELECT id, name FROM customer WHERE NOT deleted ORDER BY id")
    return [(str(number), name) for number, name in rows]


def on_order(world: World, order_id: str) -> str | None:
    """The back office's customer on the sale of an order."""
    [sale] = [one for one in world.documents(order_id) if one.kind == "sale"]
    return sale.customer_id


def person(world: World, customer_id: str) -> dict[str, Any]:
    query = "SELECT name, company, emails, phones, reference FROM customer WHERE id = ?"
    row = world.office.connection.execute(query, [int(customer_id)]).fetchone()
    return dict(zip(("name", "company", "emails", "phones", "reference"), row, strict=True))


# --- who is found --------------------------------------------------------------------------------------------------


def test_a_customer_is_found_by_e_mail_whatever_its_case(world: World) -> None:
    known = world.office.upsert_customer(name="A. Archer", emails=["Ann@Shop.Example"])
    order = buy(world, world.shop.upsert_customer(**ANN))
    world.run()
    assert people(world) == [(known, "A. Archer")] and on_order(world, order) == known
    assert world.rows("SELECT rule FROM link WHERE party = 'back-office'") == [("email",)]


@pytest.mark.parametrize("written", ["020 7946 0123", "+442079460123", "+44 20 7946 0123"])
def test_a_customer_is_found_by_phone_however_either_side_writes_it(world: World, written: str) -> None:
    known = world.office.upsert_customer(name="A. Archer", phones=[written])
    order = buy(world, world.shop.upsert_customer(**ANN))
    world.run()
    assert on_order(world, order) == known and len(people(world)) == 1


def test_a_phone_joins_nobody_where_only_the_e_mail_counts(world: World) -> None:
    world.change(customers={"match": "email"})
    known = world.office.upsert_customer(name="A. Archer", phones=["020 7946 0123"])
    order = buy(world, world.shop.upsert_customer(**ANN))
    world.run()
    assert len(people(world)) == 2 and on_order(world, order) != known


def test_create_new_joins_nobody_but_does_not_create_twice(world: World) -> None:
    world.change(customers={"match": "create_new"})
    known = world.office.upsert_customer(name="Ann Archer", emails=["ann@shop.example"])
    ann = world.shop.upsert_customer(**ANN)
    first = buy(world, ann)
    world.run(office=[lost_reply("push_customers")])
    world.run()
    second = buy(world, ann)
    world.run()
    assert len(people(world)) == 2
    assert on_order(world, first) == on_order(world, second) != known


@pytest.mark.parametrize("email", ["noemail@shop.example", "NoEmail@pos.example", "test@test.com", "not an address"])
def test_a_placeholder_address_joins_nobody(world: World, email: str) -> None:
    known = world.office.upsert_customer(name="Till", emails=[email])
    order = buy(world, world.shop.upsert_customer(name="Ann", emails=[email]))
    world.run()
    assert on_order(world, order) not in (None, known) and len(people(world)) == 2


def test_switched_off_no_customer_is_touched_and_orders_go_on_as_guests(world: World) -> None:
    world.change(customers={"enabled": False})
    order = buy(world, world.shop.upsert_customer(**ANN))
    world.run()
    assert people(world) == [] and on_order(world, order) is None


def test_an_order_that_names_nobody_goes_to_the_guest_account(world: World) -> None:
    orders = [buy(world, None), buy(world, {"name": "Nobody"})]
    world.run()
    assert people(world) == [] and [on_order(world, order) for order in orders] == [None, None]


# --- who is created ------------------------------------------------------------------------------------------------


def test_a_new_customer_is_created_with_a_reference_and_bears_all_orders(world: World) -> None:
    ann = world.shop.upsert_customer(**ANN)
    orders = [buy(world, ann), buy(world, ann)]
    world.run()
    [(made, name)] = people(world)
    assert name == "Ann Archer" and {on_order(world, order) for order in orders} == {made}
    assert person(world, made)["reference"] == f"{world.shop.identity}/{ann}/customer"
    payment = next(one for one in world.documents() if one.kind == "payment")
    assert payment.customer_id == made


def test_the_reference_is_looked_up_before_a_customer_is_created(world: World) -> None:
    ann = world.shop.upsert_customer(**ANN)
    reference = f"{world.shop.identity}/{ann}/customer"
    known = world.office.upsert_customer(name="Renamed since", reference=reference)
    order = buy(world, ann)
    world.run()
    assert on_order(world, order) == known and len(people(world)) == 1


def test_a_lost_reply_creates_no_second_customer(world: World) -> None:
    order = buy(world, world.shop.upsert_customer(name="Ann"))
    world.run(office=[lost_reply("push_customers")])
    assert world.documents() == []
    world.run()
    [(made, _)] = people(world)
    assert on_order(world, order) == made
    states = world.rows("SELECT state FROM journal WHERE operation = 'customer.create' ORDER BY id")
    assert states == [("superseded",)]  # its outcome was seen in the back office


def test_a_creation_that_may_still_be_settling_is_waited_for(world: World) -> None:
    world.change(safety={"settle": "60s"})
    order = buy(world, world.shop.upsert_customer(name="Ann"))
    for faults in ([lost_reply("push_customers")], []):
        world.run("pull-orders", "push-orders", office=faults)
    assert world.documents() == [] and world.calls("push_customers") == 0
    world.run(later=timedelta(minutes=2))
    assert on_order(world, order) == people(world)[0][0] and len(people(world)) == 1


def test_a_creation_that_never_arrived_is_made_once(world: World) -> None:
    order = buy(world, world.shop.upsert_customer(name="Ann"))
    world.run(office=[FailBefore(on("push_customers"), Unreachable("down"))])
    assert people(world) == []
    world.run()
    assert on_order(world, order) == people(world)[0][0] and len(people(world)) == 1


class Choosy(SandboxBooks):
    """Takes no new customers."""

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return [Refused(key=change.key, reason="name_taken", message="There is an Ann already.") for change in changes]


def test_a_refused_customer_is_held_and_the_order_goes_on_as_a_guests(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(syncctl.connectors.BACK_OFFICES, "sandbox", f"{__name__}:Choosy")
    ann = world.shop.upsert_customer(**ANN)
    order = buy(world, ann)
    world.run()
    assert world.holds() == [("customer", "name_taken")] and "There is an Ann already." in world.messages()[0]
    assert people(world) == [] and on_order(world, order) is None
    sent = world.rows("SELECT count(*) FROM journal WHERE operation = 'customer.create'")
    again = buy(world, ann)
    world.run()
    assert on_order(world, again) is None
    assert world.rows("SELECT count(*) FROM journal WHERE operation = 'customer.create'") == sent, "not sent each cycle"
    monkeypatch.undo()
    with world.hub() as hub:
        hub.holds.retry()
    later = buy(world, ann)
    world.run()
    assert [on_order(world, later)] == [number for number, _ in people(world)]


def test_somebody_without_a_name_is_created_under_what_there_is(world: World) -> None:
    buy(world, {"name": " ", "company": "Archer & Co", "emails": ["a@shop.example"]})
    buy(world, {"emails": ["b@shop.example"]})
    world.run()
    assert sorted(name for _, name in people(world)) == ["Archer & Co", "b@shop.example"]


# --- ties ----------------------------------------------------------------------------------------------------------


def two_anns(world: World) -> tuple[str, str]:
    one = world.office.upsert_customer(name="Ann One", emails=["ann@shop.example"])
    return one, world.office.upsert_customer(name="Ann Two", emails=["ann@shop.example"])


def test_a_tie_is_held_and_the_order_goes_on_as_a_guests(world: World) -> None:
    two_anns(world)
    order = buy(world, world.shop.upsert_customer(**ANN))
    report = world.run()
    assert world.holds() == [("customer", "which customer?")] and report.new_holds == 1
    assert on_order(world, order) is None and len(people(world)) == 2
    both = "SELECT 1 FROM link o JOIN link w ON w.hub_id = o.hub_id WHERE o.party = 'back-office' AND w.party = 'shop'"
    assert world.rows(both) == []


def test_a_tie_is_held_and_the_order_goes_on_under_a_new_customer_where_so_set(world: World) -> None:
    world.change(customers={"fallback": "create"})
    known = two_anns(world)
    ann = world.shop.upsert_customer(**ANN)
    orders = [buy(world, ann)]
    world.run()
    assert world.holds() == [("customer", "which customer?")]
    orders.append(buy(world, ann))
    world.run()
    [made] = {on_order(world, order) for order in orders}
    assert made is not None and made not in known and len(people(world)) == 3


def test_a_tie_that_a_person_resolved_is_joined_with_the_next_order(world: World) -> None:
    one, two = two_anns(world)
    ann = world.shop.upsert_customer(**ANN)
    buy(world, ann)
    world.run()
    world.office.delete_customer(two)
    order = buy(world, ann)
    world.run()
    assert world.holds() == [] and on_order(world, order) == one


# --- who is the same -----------------------------------------------------------------------------------------------


def test_guests_with_one_address_and_different_names_stay_two(world: World) -> None:
    ann, bob = [buy(world, {"name": name, "emails": ["home@shop.example"]}) for name in ("Ann", "Bob")]
    world.run()
    assert world.rows("SELECT name FROM customer ORDER BY id") == [("Ann",), ("Bob",)]
    assert world.holds() == [("customer", "which customer?")]
    assert on_order(world, ann) is not None and on_order(world, bob) is None


def test_a_guest_with_the_same_name_and_address_is_the_same_person(world: World) -> None:
    ann = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    orders = [buy(world, ann), buy(world, {"name": " ANN ", "emails": ["Ann@shop.example"]})]
    world.run()
    assert world.rows("SELECT count(*) FROM customer") == [(1,)]
    roles = world.rows("SELECT role, rule FROM link WHERE party = 'shop' AND kind = 'customer' ORDER BY id")
    assert roles == [("primary", "came with an order"), ("alias", "keys and name")]
    assert len({on_order(world, order) for order in orders}) == 1 and len(people(world)) == 1


def test_a_second_web_record_of_a_person_changes_no_details(world: World) -> None:
    """What is known of a person comes from one record; the others are only names for it."""
    buy(world, world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"], company="Archer"))
    world.run()
    for _ in range(2):
        buy(world, {"name": "Ann", "emails": ["ann@shop.example"], "company": "somewhere else"})
        world.run()
    [(made, _)] = people(world)
    assert person(world, made)["company"] == "Archer"
    assert world.rows("SELECT role FROM link WHERE party = 'shop' ORDER BY id") == [("primary",), ("alias",)]


def test_one_person_in_two_shops_is_one_in_the_back_office(tmp_path: Path) -> None:
    world = World(tmp_path, stores=("one", "two"), customers={"country": "GB"})
    orders = [buy(world, shop.upsert_customer(**ANN), name) for name, shop in world.shops.items()]
    world.run()
    assert len(people(world)) == 1
    sales = [one for one in world.documents() if one.kind == "sale"]
    assert len(orders) == len(sales) == 2 and {one.customer_id for one in sales} == {people(world)[0][0]}


def spouse_and_alias(world: World) -> tuple[str, str]:
    """The back office knows Ann Archer; a web customer of another name is linked to her by phone, then she buys too.

    Nothing goes to the web: else the household's account would have her e-mail address by then, and she could not.
    """
    world.change(customers={"back_office_to_web": False})
    known = world.office.upsert_customer(
        name="Ann Archer", emails=["ann@shop.example"], phones=["020 7946 0123"], company="Archer"
    )
    buy(world, world.shop.upsert_customer(name="Household", phones=["020 7946 0123"]))
    world.run()
    return known, world.shop.upsert_customer(name="ann  archer", emails=["ann@shop.example"])


def test_a_second_web_customer_of_the_same_name_goes_to_the_same_record(world: World) -> None:
    known, ann = spouse_and_alias(world)
    orders = [buy(world, ann)]
    world.run()
    assert world.holds() == [] and len(people(world)) == 1
    orders.append(buy(world, ann))
    world.run()
    assert [on_order(world, order) for order in orders] == [known, known]
    assert len(world.rows("SELECT 1 FROM link WHERE party = 'back-office'")) == 1
    rows = world.rows("SELECT state, message FROM journal WHERE operation = 'customer.create'")
    assert len(rows) == 1 and rows[0][0] == "found" and known in rows[0][1] and "email" in rows[0][1]


def test_a_second_web_customer_of_another_name_is_held(world: World) -> None:
    known, ann = spouse_and_alias(world)
    world.shop.upsert_customer(ann, name="Zoe Archer")
    order = buy(world, ann)
    world.run()
    assert world.holds() == [("customer", "which customer?")] and known in world.messages()[0]
    assert on_order(world, order) is None


# --- what changed --------------------------------------------------------------------------------------------------


def test_changed_details_go_over_with_the_next_order_and_nothing_else_does(world: World) -> None:
    ann = world.shop.upsert_customer(**ANN)
    buy(world, ann)
    world.run()
    [(made, _)] = people(world)
    world.office.upsert_customer(made, company="Set by hand")
    world.shop.upsert_customer(ann, phones=["020 7946 0999"])
    world.run()
    assert world.calls("push_customers") == 0
    buy(world, ann)
    world.run()
    assert person(world, made)["phones"] == '["020 7946 0999"]'
    assert person(world, made)["company"] == "Set by hand" and person(world, made)["name"] == "Ann Archer"
    details = world.rows("SELECT payload, state FROM journal WHERE operation = 'customer.update' AND party <> 'shop'")
    assert details == [('{"phones": ["020 7946 0999"]}', "done")]
    buy(world, ann)
    world.run()
    assert world.calls("push_customers") == 0


def test_what_changed_on_both_sides_is_held_and_the_order_goes_on(world: World) -> None:
    world.change(customers={"winner": {"name": "ask"}})
    ann = world.shop.upsert_customer(**ANN)
    buy(world, ann)
    world.run()
    [(made, _)] = people(world)
    world.office.upsert_customer(made, name="Ann by hand")
    world.shop.upsert_customer(ann, name="Ann Married", phones=["020 7946 0999"])
    order = buy(world, ann)
    world.run()
    assert world.holds() == [("customer", "changed on both sides")] and "name" in world.messages()[0]
    assert person(world, made)["name"] == "Ann by hand" and on_order(world, order) == made
    assert person(world, made)["phones"] == '["020 7946 0999"]', "of this nobody is asked"


def test_a_name_that_the_back_office_cut_is_no_edit_of_its_own(world: World) -> None:
    long = "Ann " + "Archer " * 20
    ann = world.shop.upsert_customer(name=long, emails=["ann@shop.example"])
    buy(world, ann)
    world.run()
    [(made, _)] = people(world)
    assert len(person(world, made)["name"]) < len(long)
    world.shop.upsert_customer(ann, name="Short Now")
    buy(world, ann)
    world.run()
    assert world.holds() == [] and person(world, made)["name"] == "Short Now"


def test_a_lost_reply_of_a_change_is_no_conflict(world: World) -> None:
    ann = world.shop.upsert_customer(**ANN)
    buy(world, ann)
    world.run()
    world.shop.upsert_customer(ann, name="Ann Married")
    order = buy(world, ann)
    world.run(office=[lost_reply("push_customers")])
    world.run()
    assert world.holds() == [] and people(world)[0][1] == "Ann Married"
    assert on_order(world, order) == people(world)[0][0] and len(people(world)) == 1


def test_a_customer_that_the_back_office_deleted_is_held(world: World) -> None:
    ann = world.shop.upsert_customer(**ANN)
    buy(world, ann)
    world.run()
    [(made, _)] = people(world)
    world.office.delete_customer(made)
    world.shop.upsert_customer(ann, name="Ann Married")
    order = buy(world, ann)
    world.run()
    assert ("customer", "gone") in world.holds()
    assert on_order(world, order) is None and len(people(world)) == 0
