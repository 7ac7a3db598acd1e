"""Customers out to both sides: made once, told of what changed, never overwritten unseen, and quiet after that."""

from pathlib import Path
from typing import Any

import pytest

from syncctl.errors import Unreachable
from syncctl.model import Address
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import Between, FailBefore, lost_reply, on

PAT: dict[str, Any] = {
    "name": "Pat Poole",
    "company": "Poole & Sons",
    "emails": ["pat@pos.example"],
    "phones": ["020 7946 0123"],
    "addresses": [Address(kind="billing", street="1 High Street", city="London", country="GB")],
    "note": "prefers mornings",
}
WEB: dict[str, Any] = {"name": "Wes Webb", "emails": ["wes@shop.example"], "phones": ["020 7946 0456"]}


@pytest.fixture
def world(tmp_path: Path) -> CustomerWorld:
    return CustomerWorld(tmp_path)


def linked(world: CustomerWorld, **fields: Any) -> tuple[str, str]:
    """A web customer who bought once and is in step on both sides: (id in the shop, id in the back office)."""
    ann = world.shop.upsert_customer(**{**WEB, **fields})
    world.shop.place_order([("MUG", 1)], customer=ann)
    world.settle(6)
    return ann, world.pos()[0]["id"]


def assert_quiet(world: CustomerWorld) -> None:
    for _ in range(2):
        world.run()
        assert world.writes() == []


# --- up to the store -------------------------------------------------------------------------------------------------


def test_an_assigned_customer_is_made_in_the_store_once_with_all_that_it_keeps(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole")
    report = world.run()
    [made] = world.web()
    assert {name: made[name] for name in ("name", "company", "emails", "phones", "note")} == {
        name: PAT[name] for name in ("name", "company", "emails", "phones", "note")
    }
    assert made["addresses"] == [{"kind": "billing", "street": "1 High Street", "city": "London", "country": "GB"}]
    assert report.exit_code == 0 and len(world.pos()) == 1
    assert_quiet(world)
    assert world.rows("SELECT sent_at IS NULL FROM upload") == [(0,)] and world.pending("shop") == []


def test_nobody_goes_up_unasked(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.know()
    world.run()
    assert world.web() == []


def test_under_all_everybody_of_the_back_office_goes_up_and_new_ones_follow(world: CustomerWorld) -> None:
    world.change(customers={"upload": "all"})
    world.office.upsert_customer(**PAT)
    world.know()
    world.run()
    assert world.names()[0] == ["Pat Poole"]
    world.office.upsert_customer(name="Second")
    world.know()
    world.run()
    assert world.names()[0] == ["Pat Poole", "Second"]
    assert_quiet(world)


def test_who_was_queued_by_a_setting_that_is_off_again_stays_where_he_is(world: CustomerWorld) -> None:
    world.change(customers={"upload": "all"})
    world.office.upsert_customer(**PAT)
    world.know()
    world.run(plans={"shop": [FailBefore(on("find_customers"), Unreachable("down"))]})
    world.change(customers={"upload": "linked"})
    world.run()
    assert world.web() == []


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_reply_makes_nobody_twice_in_the_store(world: CustomerWorld, lost: bool) -> None:
    world.change(customers={"match": "create_new"})
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole")
    fault = lost_reply("push_customers") if lost else FailBefore(on("push_customers"), Unreachable("down"))
    assert world.run(plans={"shop": [fault]}).exit_code == 3
    world.run()
    assert len(world.web()) == 1
    assert_quiet(world)


def test_a_creation_in_the_store_that_may_be_settling_is_waited_for(world: CustomerWorld) -> None:
    world.change(safety={"settle": "60s"})
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole")
    world.run(plans={"shop": [lost_reply("push_customers")]})
    world.run()
    assert world.calls("push_customers", "shop") == 0 and world.rows("SELECT sent_at FROM upload") == [(None,)]


def test_an_assigned_customer_who_has_an_account_already_is_joined_to_it(world: CustomerWorld) -> None:
    pat = world.office.upsert_customer(**PAT)
    web = world.shop.upsert_customer(name="Patricia", emails=["PAT@pos.example"])
    world.know()
    world.assign("Pat Poole")
    world.run()
    assert [one["id"] for one in world.web()] == [web] and [one["id"] for one in world.pos()] == [pat]
    links = world.rows("SELECT party, remote_id, rule FROM link WHERE kind = 'customer' ORDER BY party")
    assert [(party, remote_id) for party, remote_id, _ in links] == [("back-office", pat), ("shop", web)]
    assert world.rows("SELECT count(*) FROM customer") == [(1,)]
    assert world.web()[0]["company"] == "Poole & Sons", "what it lacked it was told"
    world.settle(6)
    assert_quiet(world)


def test_a_store_that_refuses_somebody_is_not_asked_each_cycle(world: CustomerWorld) -> None:
    world.change(customers={"match": "create_new"})
    world.shop.upsert_customer(name="Other", emails=["pat@pos.example"])
    pat = world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole")
    world.run()
    assert world.holds() == [("customer", "email_taken")] and "shop refused" in world.messages()[0]
    world.run()
    assert world.calls("find_customers", "shop") == world.calls("push_customers", "shop") == 0
    world.office.upsert_customer(pat, emails=["pat@elsewhere.example"])
    world.know()
    world.run()
    assert world.names()[0] == ["Other", "Pat Poole"] and world.holds() == []


def test_two_who_may_be_meant_are_held_and_nobody_is_made_or_changed(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.shop.upsert_customer(name="One", emails=["pat@pos.example"])
    world.shop.upsert_customer(name="Two", phones=["+44 20 7946 0123"])
    world.know()
    world.assign("Pat Poole")
    before = world.web()
    world.run()
    assert world.web() == before and ("customer", "which customer?") in world.holds()
    world.run()
    assert world.calls("find_customers", "shop") == 0, "it is not looked up again before somebody changed"


# --- what changed ----------------------------------------------------------------------------------------------------


def test_a_change_in_the_back_office_goes_to_the_store_and_does_not_come_back(world: CustomerWorld) -> None:
    ann, made = linked(world)
    world.office.upsert_customer(made, phones=["020 7946 0999"], company="New & Co")
    world.know()
    world.run()
    body = world.shop.customer(ann)
    assert body["phones"] == ["020 7946 0999"] and body["company"] == "New & Co" and body["name"] == "Wes Webb"
    [change] = world.writes("push_customers")
    assert set(change.fields) == {"phones", "company"}
    world.know()
    assert_quiet(world)


def test_what_was_typed_in_the_store_meanwhile_is_merged_and_not_overwritten(world: CustomerWorld) -> None:
    ann, made = linked(world)
    world.office.upsert_customer(made, company="New & Co")
    world.know()
    world.shop.upsert_customer(ann, name="Wes Married", phones=["020 7946 0456", "020 7946 0777"])
    world.run()
    body = world.shop.customer(ann)
    assert (body["name"], body["company"]) == ("Wes Married", "New & Co")
    assert body["phones"] == ["020 7946 0456", "020 7946 0777"]
    world.settle(6)
    [there] = world.pos()
    assert (there["name"], there["company"], there["phones"]) == ("Wes Married", "New & Co", body["phones"])
    assert_quiet(world)


def test_where_both_changed_a_field_the_younger_holds_though_nobody_told_us_of_it(world: CustomerWorld) -> None:
    ann, made = linked(world)
    world.office.upsert_customer(made, name="Wes of the books")
    world.know()
    world.shop.upsert_customer(ann, name="Wes of the web")
    world.run()
    world.settle(6)
    assert world.names() == (["Wes of the web"], ["Wes of the web"])
    assert_quiet(world)


def test_what_is_typed_there_while_it_is_written_is_not_lost_either(world: CustomerWorld) -> None:
    ann, made = linked(world)
    world.office.upsert_customer(made, company="New & Co")
    world.know()

    def marry() -> None:
        world.shop.upsert_customer(ann, name="Wes Married")

    world.run(plans={"shop": [Between(on("push_customers"), marry)]})
    world.settle(6)
    assert world.shop.customer(ann)["name"] == world.pos()[0]["name"] == "Wes Married"
    assert world.shop.customer(ann)["company"] == "New & Co"


def test_a_back_office_that_cuts_a_name_has_not_edited_it(world: CustomerWorld) -> None:
    long = "Wes " + "Webb-" * 20
    ann, made = linked(world, name=long)
    assert world.pos()[0]["name"] == long[:60]
    world.know()
    world.settle(6)
    world.office.upsert_customer(made, company="New & Co")
    world.know()
    world.settle(6)
    assert world.shop.customer(ann)["name"] == long and world.shop.customer(ann)["company"] == "New & Co"


@pytest.mark.parametrize("winner", ["newest", "back_office"])
def test_a_lost_reply_to_a_change_does_not_make_what_was_cut_an_edit(world: CustomerWorld, winner: str) -> None:
    world.change(customers={"winner": {"name": winner}})
    ann, _made = linked(world)
    long = "Wes " + "Webb-" * 20
    world.shop.upsert_customer(ann, name=long)
    world.know()
    assert world.run(plans={"back-office": [lost_reply("push_customers")]}).exit_code == 3
    assert world.pos()[0]["name"] == long[:60]
    world.settle(6)
    assert world.shop.customer(ann)["name"] == long and world.holds() == []
    assert_quiet(world)


def test_a_change_that_never_arrived_is_sent_again(world: CustomerWorld) -> None:
    ann, _made = linked(world)
    world.shop.upsert_customer(ann, name="Wes Married")
    world.know()
    world.run(plans={"back-office": [FailBefore(on("push_customers"), Unreachable("down"))]})
    assert world.pos()[0]["name"] == "Wes Webb"
    world.run()
    assert world.pos()[0]["name"] == "Wes Married"
    assert_quiet(world)


def test_a_change_in_one_store_reaches_the_other_by_way_of_the_back_office(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, stores=("one", "two"))
    ids = {name: shop.upsert_customer(**WEB) for name, shop in world.shops.items()}
    for name, shop in world.shops.items():
        shop.place_order([("MUG", 1)], customer=ids[name])
    world.settle(6)
    assert len(world.pos()) == 1
    world.shops["one"].upsert_customer(ids["one"], company="Webb & Co")
    world.know()
    world.settle(6)
    assert world.pos()[0]["company"] == world.shops["two"].customer(ids["two"])["company"] == "Webb & Co"
    assert_quiet(world)


def test_under_assigned_only_who_is_assigned_is_told(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, customers={"upload": "assigned"})
    ann, made = linked(world)
    world.office.upsert_customer(made, company="New & Co")
    world.know()
    world.run()
    assert world.shop.customer(ann).get("company", "") == ""
    world.assign("Wes Webb")
    world.run()
    assert world.shop.customer(ann)["company"] == "New & Co"


def test_a_customer_that_a_store_deleted_is_held_and_not_made_again_by_itself(world: CustomerWorld) -> None:
    ann, made = linked(world)
    world.shop.delete_customer(ann)
    world.office.upsert_customer(made, company="New & Co")
    world.know()
    for _ in range(2):
        world.run()
        assert world.web() == [] and ("customer", "gone") in world.holds()
    assert world.calls("find_customers", "shop") == 0


def test_a_refused_change_is_held_and_sent_again_when_he_changes(world: CustomerWorld) -> None:
    ann, made = linked(world)
    world.shop.upsert_customer(name="Other", emails=["taken@shop.example"])
    world.office.upsert_customer(made, emails=["taken@shop.example"])
    world.know()
    world.run()
    assert ("customer", "email_taken") in world.holds() and world.shop.customer(ann)["emails"] == WEB["emails"]
    world.run()
    assert world.calls("push_customers", "shop") == 0
    world.office.upsert_customer(made, emails=["free@shop.example"])
    world.know()
    world.run()
    assert world.shop.customer(ann)["emails"] == ["free@shop.example"] and world.holds() == []


def test_a_guest_has_no_account_that_could_be_told_or_be_missed(world: CustomerWorld) -> None:
    world.shop.place_order([("MUG", 1)], customer={"name": "Gus", "emails": ["gus@shop.example"]})
    world.settle(6)
    [made] = world.pos()
    world.office.upsert_customer(made["id"], company="Guest & Co")
    world.know()
    world.run()
    assert world.web() == [] and world.holds() == [] and world.pending("shop") == []
    assert world.calls("find_customers", "shop") == 0


def test_a_guest_who_is_assigned_gets_an_account(world: CustomerWorld) -> None:
    world.shop.place_order([("MUG", 1)], customer={"name": "Gus", "emails": ["gus@shop.example"]})
    world.settle(6)
    world.assign("Gus")
    world.run()
    [made] = world.web()
    assert made["name"] == "Gus"
    world.office.upsert_customer(world.pos()[0]["id"], company="Guest & Co")
    world.know()
    world.run()
    assert world.shop.customer(made["id"])["company"] == "Guest & Co" and len(world.pos()) == 1
    assert_quiet(world)


# --- groups and consent ----------------------------------------------------------------------------------------------


def test_groups_of_one_side_only_begin_on_the_other_by_themselves(world: CustomerWorld) -> None:
    world.office.add_groups(["Trade", "VIP"])
    world.office.upsert_customer(**PAT, group="Trade")
    world.office.upsert_customer(name="Vi", group="VIP")
    world.know()
    world.assign("Pat Poole", "Vi")
    world.run()
    assert world.shop.groups() == ["Trade", "VIP"]
    assert {one["name"]: one["group"] for one in world.web()} == {"Pat Poole": "Trade", "Vi": "VIP"}
    assert_quiet(world)


def test_a_group_that_a_side_with_groups_lacks_is_held_and_follows_when_it_is_there(world: CustomerWorld) -> None:
    world.shop.add_group("Retail")
    world.office.add_groups(["Trade"])
    world.office.upsert_customer(**PAT, group="Trade")
    world.know()
    world.assign("Pat Poole")
    world.run()
    [made] = world.web()
    assert made.get("group", "") == "" and world.holds() == [("customer", "group missing")]
    assert world.shop.groups() == ["Retail"]
    world.run()
    assert world.calls("push_customers", "shop") == 0
    world.shop.add_group("Trade")
    world.run()
    assert world.web()[0]["group"] == "Trade" and world.holds() == []
    assert_quiet(world)


def test_a_no_is_told_and_what_nobody_said_is_not(world: CustomerWorld) -> None:
    ann, _made = linked(world)
    assert world.pos()[0]["consents"] == []
    world.shop.set_consent(ann, "email", "unsubscribed")
    world.shop.set_consent(ann, "sms", "subscribed")
    world.know()
    world.run()
    [said] = world.pos()[0]["consents"]
    assert (said["channel"], said["state"], said["source"]) == ("email", "unsubscribed", "account page")
    [ours] = [one for one in world.shop.customer(ann)["consents"] if one["channel"] == "email"]
    assert said["changed_at"][:19] == ours["changed_at"][:19]
    world.know()
    assert_quiet(world)


def test_an_untimed_echo_of_a_yes_does_not_beat_a_no_that_came_between(world: CustomerWorld) -> None:
    world.change(back_office={"consent_times": False})
    ann, _made = linked(world)
    world.shop.set_consent(ann, "email", "subscribed")
    world.know()
    world.run()
    assert world.pos()[0]["consents"][0]["state"] == "subscribed"
    world.shop.set_consent(ann, "email", "unsubscribed")
    world.know()
    world.settle(6)
    world.know()
    world.settle(6)
    assert world.pos()[0]["consents"][0]["state"] == "unsubscribed"
    [ours] = world.shop.customer(ann)["consents"]
    assert ours["state"] == "unsubscribed"


# --- switches, failures ----------------------------------------------------------------------------------------------


def test_where_nothing_goes_to_the_web_nothing_is_written_there(world: CustomerWorld) -> None:
    world.change(customers={"back_office_to_web": False, "upload": "all"})
    ann, made = linked(world)
    world.office.upsert_customer(made, company="New & Co")
    world.office.upsert_customer(**PAT)
    world.know()
    world.run()
    assert world.calls("push_customers", "shop") == world.calls("find_customers", "shop") == 0
    assert world.names()[0] == ["Wes Webb"] and world.shop.customer(ann).get("company", "") == ""


def test_where_nothing_goes_to_the_back_office_buyers_are_looked_up_and_neither_made_nor_changed(
    world: CustomerWorld,
) -> None:
    world.change(customers={"web_to_back_office": False})
    known = world.office.upsert_customer(name="Wes Webb", emails=WEB["emails"])
    before = world.pos()
    orders = [world.shop.place_order([("MUG", 1)], customer=world.shop.upsert_customer(**WEB))]
    orders.append(world.shop.place_order([("MUG", 1)], customer=world.shop.upsert_customer(name="Stranger")))
    world.run()
    sales = {one.order_id: one.customer_id for one in world.documents() if one.kind == "sale"}
    assert sales == {orders[0]: known, orders[1]: None}
    assert world.pos() == before and world.calls("push_customers") == 0


def test_by_trigger_any_a_web_customer_goes_over_without_an_order(world: CustomerWorld) -> None:
    world.shop.upsert_customer(**WEB)
    world.know()
    world.run()
    assert world.pos() == []
    world.change(customers={"trigger": "any"})
    world.run()
    assert world.names() == (["Wes Webb"], ["Wes Webb"])
    assert_quiet(world)


def test_a_customer_side_that_is_down_stops_no_levels(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole")
    world.office.receive("MUG", 5)
    down = FailBefore(on("find_customers", None), Unreachable("down"))
    report = world.run(plans={"shop": [down]})
    assert report.exit_code == 3 and world.level("MUG") == 105 and world.web() == []


def test_a_store_whose_orders_could_not_be_read_gets_no_customers(world: CustomerWorld) -> None:
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole")
    world.run(plans={"shop": [FailBefore(on("fetch_orders"), Unreachable("down"))]})
    assert world.web() == []
    world.run()
    assert len(world.web()) == 1


def test_a_run_for_one_store_tells_nothing_of_the_others_customers(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, stores=("one", "two"), customers={"trigger": "any"})
    world.run()
    for name, shop in world.shops.items():
        shop.upsert_customer(name=f"Of {name}")
    world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole", to="one")
    world.assign("Pat Poole", to="two")
    world.run(stores=["one"])
    assert world.names("two") == (["Of two"], ["Of one", "Pat Poole"])
    assert world.names("one")[0] == ["Of one", "Pat Poole"]
    world.run()
    assert world.names("two") == (["Of two", "Pat Poole"], ["Of one", "Of two", "Pat Poole"])


def test_what_is_on_its_way_to_one_store_keeps_nobody_from_another(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path, stores=("one", "two"), safety={"settle": "60s"})
    world.office.upsert_customer(**PAT)
    world.know()
    for store in world.shops:
        world.assign("Pat Poole", to=store)
    world.run(plans={"one": [lost_reply("push_customers")]})
    assert world.names("two")[0] == ["Pat Poole"]


@pytest.mark.parametrize("match", ["phone_or_email", "create_new"])
def test_a_restored_hub_makes_nobody_twice_and_loses_nothing(tmp_path: Path, match: str) -> None:
    world = CustomerWorld(tmp_path, customers={"match": match, "trigger": "any", "upload": "all"})
    world.shop.upsert_customer(**WEB)
    world.office.upsert_customer(**PAT)
    world.know()
    saved = world.save()
    world.settle(6)
    people = world.web(), world.pos()
    assert [len(some) for some in people] == [2, 2]
    world.restore(saved)
    world.settle(6)
    assert world.names() == (["Pat Poole", "Wes Webb"], ["Pat Poole", "Wes Webb"])
    assert [len(some) for some in (world.web(), world.pos())] == [2, 2]
    world.know()
    assert_quiet(world)
