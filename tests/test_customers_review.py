"""Customers, attacked: what the rules forbid must not come about by the way that people and systems happen to meet."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syncctl import times
from syncctl.cycle import run_one
from syncctl.errors import DataError, SignInNeeded, SyncctlError, Unreachable
from syncctl.hub import Hub, resolving
from syncctl.hub.customer_rows import Arrival
from syncctl.model import Customer, Refused
from syncctl.rules.answers import answers
from syncctl.settings import CustomerSettings
from syncctl.steps.link_by_hand import link_to_new
from syncctl.steps.push_one import push_one
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailBefore, Singly, lost_reply, on

PHONE = "020 7946 0123"


@pytest.fixture
def world(tmp_path: Path) -> CustomerWorld:
    return CustomerWorld(tmp_path)


def state_of(person: dict[str, Any], channel: str = "email") -> str | None:
    """What one side says of a channel."""
    return next((one["state"] for one in person.get("consents", ()) if one["channel"] == channel), None)


@pytest.mark.parametrize("known", [True, False])
def test_two_of_a_household_who_buy_at_once_are_both_held_and_neither_takes_the_record(
    world: CustomerWorld, known: bool
) -> None:
    """Whoever happens to be looked at first has no better claim to the number than the other (I4)."""
    world.office.upsert_customer(name="Family Archer", phones=[PHONE])
    if known:
        world.know()
    for name in ("Ann Archer", "Bob Archer"):
        buyer = world.shop.upsert_customer(name=name, emails=[f"{name[:3].lower()}@shop.example"], phones=[PHONE])
        world.shop.place_order([("MUG", 1)], customer=buyer)
    world.run()
    assert world.rows("SELECT rule FROM link WHERE party = 'back-office' AND rule = 'phone'") == []
    assert [reason for _, reason in world.holds()] == ["which customer?", "which customer?"]
    assert len(world.totals()) == 2, "their orders go on"


def test_a_no_at_the_till_ends_on_the_web_though_the_shop_tells_no_times(world: CustomerWorld) -> None:
    world.set_store("shop", consent_times=False)
    ann = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    pos = world.office.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.shop.set_consent(ann, "email", "subscribed")
    world.office.set_consent(pos, "email", "unsubscribed")
    world.shop.place_order([("MUG", 1)], customer=ann)
    for _ in range(3):
        world.run()
        world.know()
    assert state_of(world.shop.customer(ann)) == "unsubscribed" == state_of(world.pos()[0])


def test_a_no_told_with_a_lost_reply_stays_a_no(world: CustomerWorld) -> None:
    world.change(back_office={"consent_times": False})
    ann = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.shop.set_consent(ann, "email", "subscribed")
    world.shop.place_order([("MUG", 1)], customer=ann)
    world.settle(6)
    assert state_of(world.pos()[0]) == "subscribed"
    world.shop.set_consent(ann, "email", "unsubscribed")
    world.know()
    world.run(plans={"back-office": [lost_reply("push_customers")]})
    for _ in range(3):
        world.know()
        world.run()
    assert state_of(world.pos()[0]) == "unsubscribed" == state_of(world.shop.customer(ann))


LONG = "Christopher " * 8 + "Long"


@pytest.mark.parametrize("winner", ["newest", "web", "back_office", "ask"])
@pytest.mark.parametrize("lost", ["reply", "hub"])
def test_a_name_that_was_cut_when_somebody_was_made_is_not_taken_for_an_edit(
    world: CustomerWorld, winner: str, lost: str
) -> None:
    """Neither after a lost reply nor after a restore, when nothing is known of what was agreed."""
    world.change(customers={"winner": {"name": winner}})
    ann = world.shop.upsert_customer(name=LONG, emails=["ann@shop.example"])
    world.run()
    copy = world.save()
    world.shop.place_order([("MUG", 1)], customer=ann)
    if lost == "reply":
        world.run(plans={"back-office": [lost_reply("push_customers")]})
    else:
        world.run()
        world.restore(copy)
    for _ in range(3):
        world.know()
        world.run()
    assert len(world.pos()) == 1 and len(world.pos()[0]["name"]) == 60
    assert world.shop.customer(ann)["name"] == LONG and world.rows("SELECT name FROM customer") == [(LONG,)]
    assert world.holds() == []
    world.run()
    assert world.writes() == []


def test_the_answer_to_one_question_is_not_the_end_of_another(world: CustomerWorld) -> None:
    world.change(customers={"winner": {"name": "ask"}})
    ann = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.shop.place_order([("MUG", 1)], customer=ann)
    world.settle(6)
    pos = world.pos()[0]["id"]
    world.shop.upsert_customer(ann, name="Anne")
    world.office.upsert_customer(pos, name="Annie")
    world.shop.place_order([("MUG", 1)], customer=ann)
    world.run()
    assert world.rows("SELECT party, reason FROM hold") == [("back-office", "changed on both sides")]
    world.shop.delete_customer(ann)
    world.office.upsert_customer(pos, note="late payer")
    world.know()
    world.run()
    both = [("back-office", "changed on both sides"), ("shop", "gone")]
    assert sorted(world.rows("SELECT party, reason FROM hold")) == both
    world.office.upsert_customer(pos, name="Anne")
    world.know()
    world.run()
    assert world.rows("SELECT party, reason FROM hold") == [("shop", "gone")]


def test_who_opens_an_account_anew_after_the_old_one_was_deleted_is_told_of_changes_there(world: CustomerWorld) -> None:
    old = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.shop.place_order([("MUG", 1)], customer=old)
    world.settle(6)
    world.shop.delete_customer(old)
    new = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.shop.place_order([("MUG", 1)], customer=new)
    for _ in range(2):
        world.run()
    world.office.upsert_customer(world.pos()[0]["id"], phones=[PHONE])
    for _ in range(2):
        world.run()
    assert world.shop.customer(new)["phones"] == [PHONE] and len(world.pos()) == 1


def test_who_is_in_another_group_on_a_second_record_is_asked_about(world: CustomerWorld) -> None:
    """A second record is never written to, but what it says of prices is not passed over in silence (R38)."""
    world.office.add_groups(["Trade", "Retail"])
    world.shop.add_groups(["Trade", "Retail"])
    first = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"], group="Trade")
    world.shop.place_order([("MUG", 1)], customer=first)
    world.run()
    world.shop.upsert_customer(first, phones=[PHONE])
    world.shop.place_order([("MUG", 1)], customer=first)
    world.run()
    second = world.shop.upsert_customer(name="Ann", phones=[PHONE], group="Retail")
    world.shop.place_order([("MUG", 1)], customer=second)
    world.run()
    assert ("alias",) in world.rows("SELECT role FROM link WHERE party = 'shop'")
    assert world.holds() == [("customer", "which group?")]


def test_who_ticks_the_box_with_his_second_order_is_subscribed_though_the_shop_tells_no_times(
    world: CustomerWorld,
) -> None:
    """The back office's no is the one that we told it, as the shop said it then: it is no younger than the shop's."""
    world.set_store("shop", consent_times=False)
    ann = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.shop.set_consent(ann, "email", "unsubscribed")
    world.shop.place_order([("MUG", 1)], customer=ann)
    world.run()
    world.run()
    assert state_of(world.pos()[0]) == "unsubscribed"
    world.shop.set_consent(ann, "email", "subscribed")
    world.shop.place_order([("MUG", 1)], customer=ann)
    for _ in range(3):
        world.run()
    assert state_of(world.shop.customer(ann)) == "subscribed" == state_of(world.pos()[0])
    assert world.writes() == []


# --- ids are never given twice ---------------------------------------------------------------------------------------


def test_a_customer_gets_no_id_that_was_that_of_another(world: CustomerWorld) -> None:
    """People and holds name customers by it: `customers push 2` must not send whoever came after the second one."""
    world.change(customers={"back_office_to_web": True})
    bob = world.office.upsert_customer(name="Bob", emails=["bob@shop.example"])
    world.run()
    before = world.hub_id("Bob")
    world.office.delete_customer(bob)
    world.run()
    assert world.rows("SELECT * FROM customer") == []
    world.office.upsert_customer(name="Cyd", emails=["cyd@shop.example"])
    world.run()
    assert world.hub_id("Cyd") > before


def test_who_comes_after_somebody_who_was_deleted_goes_to_the_back_office_too(world: CustomerWorld) -> None:
    """Who is new is known by the ids of links: none that is new may have one that was looked at before."""
    world.change(customers={"trigger": "any", "back_office_to_web": True})
    world.settle(6)
    bob = world.office.upsert_customer(name="Bob", emails=["bob@shop.example"])
    world.run()
    world.run()
    world.office.delete_customer(bob)
    world.run()
    world.shop.upsert_customer(name="Cyd", emails=["cyd@shop.example"])
    world.settle(6)
    assert world.names()[1] == ["Cyd"]


def test_nothing_is_asked_of_somebody_who_is_there_no_more(world: CustomerWorld) -> None:
    world.change(customers={"back_office_to_web": True, "upload": "all"})
    bob = world.office.upsert_customer(name="Bob", emails=["bob@shop.example"])
    world.run(plans={"shop": [Singly(on("push_customers", None), lambda key: Refused(key=key, reason="locked"))]})
    assert world.holds() == [("customer", "locked")]
    with world.hub() as hub:
        hub.uploads.unassign([world.hub_id("Bob")], "shop")
    world.office.delete_customer(bob)
    world.run()
    assert world.rows("SELECT * FROM customer") == [] and world.holds() == []


# --- a person who asks twice -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("settle", ["0s", "60s"])
def test_a_new_record_that_was_asked_for_twice_is_made_once_though_the_reply_was_lost(
    world: CustomerWorld, settle: str
) -> None:
    for name in ("Other Ann", "Third Ann"):
        world.office.upsert_customer(name=name, emails=["ann@shop.example"])
    world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.run()
    world.change(safety={"settle": settle})
    ann = world.hub_id("Ann")

    def ask() -> Any:
        work = partial(link_to_new, party="back-office", hub_id=ann)
        return run_one(world.settings, command="test", work=work, parties=["back-office"])

    with world.connected({"back-office": [lost_reply("push_customers")]}), pytest.raises(Unreachable):
        ask()
    with world.connected():
        asked = ask()
    assert world.names()[1] == ["Ann", "Other Ann", "Third Ann"]
    assert bool(asked.held) == (settle != "0s"), "what may not be seen there yet is waited for"


def test_a_mark_that_the_store_refuses_is_not_asked_for_each_cycle(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, invites="mark", customers={"send_invite": True})
    world.office.upsert_customer(name="Pat", emails=["pat@pos.example"])
    world.know()
    world.assign("Pat")
    refused = {"shop": [Singly(on("mark_invited", None), lambda key: Refused(key=key, reason="locked"))]}
    world.run(plans=refused)
    assert world.rows("SELECT state FROM invitation") == [("refused",)]
    world.run(plans=refused)
    assert world.writes() == []


# --- customers cannot be read or written, and the rest can -----------------------------------------------------------

DOWN = [Unreachable("down"), SignInNeeded("no right to see customers"), DataError("not understood")]


def down(*methods: str, error: SyncctlError) -> list[Any]:
    return [FailBefore(on(method, None), error) for method in methods]


@pytest.mark.parametrize("error", DOWN)
def test_where_a_stores_customers_cannot_be_read_its_orders_and_levels_are(
    world: CustomerWorld, error: SyncctlError
) -> None:
    world.change(customers={"trigger": "any"})
    world.settle(6)
    world.office.receive("MUG", 5)
    world.shop.place_order([("MUG", 1)])
    report = world.run(plans={"shop": down("fetch_customers", error=error)})
    assert len(world.totals()) == 1 and world.level("MUG") == 104
    assert report.exit_code == error.exit_code
    assert [(one.step, one.party) for one in report.steps if one.state == "failed"] == [("customers", "shop")]


@pytest.mark.parametrize("error", DOWN)
def test_where_the_back_offices_customers_cannot_be_read_levels_and_prices_go_on(
    world: CustomerWorld, error: SyncctlError
) -> None:
    world.change(customers={"back_office_to_web": True})
    world.settle(6)
    world.office.receive("MUG", 5)
    world.office.set_price("MUG", "7.77")
    report = world.run(plans={"back-office": down("fetch_customers", error=error)})
    assert world.level("MUG") == 105 and report.exit_code == error.exit_code
    assert world.shop.price("MUG") == "7.77"
    assert [(one.step, one.party) for one in report.steps if one.state == "failed"] == [("customers", "back-office")]
    world.office.receive("MUG", 1)
    world.run("push-data")
    assert world.level("MUG") == 105, "from the reading that there is"


@pytest.mark.parametrize("error", DOWN)
def test_where_customers_cannot_be_brought_to_the_back_office_orders_without_any_are(
    world: CustomerWorld, error: SyncctlError
) -> None:
    """The others wait: they are booked on nobody else's account."""
    world.change(customers={"trigger": "any"})
    world.settle(6)
    ann = world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.shop.place_order([("MUG", 1)])
    world.shop.place_order([("MUG", 2)], customer=ann)
    report = world.run(plans={"back-office": down("find_customers", "push_customers", error=error)})
    assert report.exit_code == error.exit_code and len(world.totals()) == 1 and world.holds() == []
    world.run()
    assert len(world.totals()) == 2 and world.names()[1] == ["Ann"]


# --- settings changed between runs, and references that are the merchant's own ---------------------------------------


def test_whom_a_number_fits_is_seen_by_the_country_that_is_set_now(world: CustomerWorld) -> None:
    """Also by what a person asks for before the next cycle: the keys in the hub are of the country set before."""
    world.change(customers={"country": "US", "back_office_to_web": True})
    world.office.upsert_customer(name="Family Archer", phones=[PHONE])
    for name in ("Ann Archer", "Bob Archer"):
        world.shop.upsert_customer(name=name, emails=[f"{name[:3].lower()}@shop.example"], phones=[PHONE])
    world.run()
    world.change(customers={"country": "GB"})
    work = partial(push_one, party="back-office", hub_id=world.hub_id("Ann Archer"))
    with world.connected():
        pushed = run_one(world.settings, command="test", work=work, parties=["back-office"])
    assert pushed.held and not pushed.remote_id, "it is Bob's number, too"


@pytest.mark.parametrize("own", ["CUST-{}", "CUSTOMERNUMBER{}", "shop/{}/customer"])
def test_references_that_the_merchant_gave_cost_no_look_at_everybody_for_each(tmp_path: Path, own: str) -> None:
    customers, asked = CustomerSettings(), 0

    def arrival(remote_id: str, reference: str | None = None) -> Arrival:
        one = Customer(id=remote_id, name=f"Name {remote_id}", reference=reference)
        return Arrival(remote_id, one, times.now(), (), frozenset())

    def names(_party: str, hub_ids: Iterable[int]) -> dict[int, str]:
        nonlocal asked
        asked += len(found := {hub_id: f"reference of {hub_id}" for hub_id in hub_ids})
        return found

    with Hub.open(tmp_path / "hub.db") as hub:
        with hub.transaction():
            web = [arrival(f"w{number}") for number in range(50)]
            hub.customers.take("shop", web, full=True, settings=customers)
            letters = [chr(65 + number // 26) + chr(65 + number % 26) for number in range(50)]
            office = [arrival(f"p{one}", own.format(one)) for one in letters]
            hub.customers.take("back-office", office, full=True, settings=customers)
        assert hub.matching.by_reference(names) == []
    assert asked <= 50


def test_what_a_second_record_says_and_a_person_takes_is_told_to_the_first_one_too(world: CustomerWorld) -> None:
    world.change(customers={"winner": {"name": "ask"}, "back_office_to_web": True, "trigger": "any"})
    world.shop.upsert_customer(name="Ann Other", phones=[PHONE])
    world.settle(6)
    second = world.shop.upsert_customer(name="Ann Other", phones=[PHONE])
    world.settle(6)
    world.office.upsert_customer(world.pos()[0]["id"], name="Anne Other")
    world.settle(6)
    world.shop.upsert_customer(second, name="Annie Other")
    world.run()
    [(hold,)] = world.rows("SELECT id FROM hold WHERE reason = 'changed on both sides'")
    with world.hub() as hub:
        asked, customers = resolving.question(hub, hold), world.settings.customers
        resolving.resolve(hub, asked, answers(("shop",), asked.fields, asked.party, customers), customers)
    world.settle(6)
    assert world.names() == (["Annie Other", "Annie Other"], ["Annie Other"]) and world.holds() == []


@pytest.mark.parametrize("side", ["back-office", "shop"])
def test_after_a_wrong_join_was_undone_each_of_the_two_has_a_record_of_his_own(world: CustomerWorld, side: str) -> None:
    """Where every web customer is in the back office, the one who was taken for another is made there."""
    world.change(customers={"trigger": "any", "back_office_to_web": True})
    world.shop.upsert_customer(name="Ann", phones=[PHONE], emails=["ann@shop.example"])
    world.office.upsert_customer(name="Bob", phones=[PHONE])
    world.settle(6)
    [(remote_id,)] = world.rows("SELECT remote_id FROM link WHERE party = ? AND kind = 'customer'", side)
    assert len(world.pos()) == 1
    with world.hub() as hub:
        hub.joining.unlink(side, remote_id, world.settings.customers)
    world.settle(6)
    assert len(world.pos()) == 2 and len(world.web()) == 1
    assert len(world.rows("SELECT hub_id FROM link WHERE kind = 'customer' GROUP BY hub_id")) == 2
    world.run()
    assert world.writes() == []
