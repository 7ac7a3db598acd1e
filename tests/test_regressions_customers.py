"""Customers, found wrong by review: who must be told of an answer, and what a merge may cost."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncctl import by_hand
from syncctl.errors import BatchRefused
from syncctl.hub import Hub
from syncctl.hub.customer_rows import Arrival
from syncctl.model import Consent, Customer
from syncctl.rules.consent import effective
from syncctl.rules.matching import contacts_of, joining
from syncctl.settings import CustomerSettings
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailBefore, Lie, on

SETTINGS = CustomerSettings(country="GB")
START = datetime(2026, 3, 1, tzinfo=UTC)
ANN = Customer(id="", name="Ann Archer", emails=("ann@shop.example",))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.open(tmp_path / "hub.db") as hub:
        yield hub


def arrival(remote_id: str, day: int, *consents: Consent) -> Arrival:
    """Ann's record as of a day."""
    one = Customer(id=remote_id, name=ANN.name, emails=ANN.emails, consents=consents)
    contacts = contacts_of(one, SETTINGS)
    return Arrival(remote_id, one, START + timedelta(days=day), contacts, joining(contacts, SETTINGS))


def said(state: str, day: int | None = None) -> Consent:
    return Consent(channel="email", state=state, changed_at=None if day is None else START + timedelta(days=day))


def take(hub: Hub, party: str, *arrivals: Arrival) -> int:
    """Read these records of a party; the hub id of the first."""
    with hub.transaction():
        taken = hub.customers.take(party, arrivals, full=True, settings=SETTINGS)
    return taken.ids[arrivals[0].remote_id]


def joined(hub: Hub, *answers: Consent) -> int:
    """Ann in the shop and in the back office, joined, with nothing to tell; the back office's record has answers."""
    hub_id = take(hub, "shop", arrival("w1", 0))
    other = take(hub, "back-office", arrival("b1", 0, *answers))
    hub.joining.join(hub_id, other, "email", SETTINGS)
    with hub.transaction() as connection:
        connection.execute("UPDATE link SET pending = 0")
    return hub_id


def test_a_shop_that_says_yes_against_an_earlier_no_is_told_of_the_no(hub: Hub) -> None:
    """It tells no times: who said no at the till may have been on its list for years."""
    hub_id = joined(hub, said("unsubscribed", 0))
    take(hub, "shop", arrival("w1", 2, said("subscribed")))
    assert effective(hub.consents.heard([hub_id])[hub_id])["email"].state == "unsubscribed"
    assert hub.links.pending("shop", 10) == [hub_id]


def test_a_no_on_a_second_record_is_told_to_the_first_though_both_are_read_at_once(hub: Hub) -> None:
    hub_id = take(hub, "shop", arrival("w1", 0, said("subscribed", 0)))
    assert take(hub, "shop", arrival("w2", 0, said("subscribed", 0))) == hub_id
    with hub.transaction() as connection:
        connection.execute("UPDATE link SET pending = 0")
    take(hub, "shop", arrival("w2", 2, said("unsubscribed", 2)), arrival("w1", 2, said("subscribed", 1)))
    assert effective(hub.consents.heard([hub_id])[hub_id])["email"].state == "unsubscribed"
    assert hub.links.pending("shop", 10) == [hub_id]


def test_nobody_is_told_of_an_answer_that_he_gave_himself(hub: Hub) -> None:
    hub_id = joined(hub)
    take(hub, "shop", arrival("w1", 2, said("unsubscribed", 2)))
    assert hub.links.pending("shop", 10) == [] and hub.links.pending("back-office", 10) == [hub_id]


@pytest.mark.parametrize("known", [True, False])
def test_a_no_on_a_record_that_was_merged_into_another_is_told_to_that_one(hub: Hub, known: bool) -> None:
    """Whether the store brings the answer along when it merges them is not for us to guess."""
    hub_id = take(hub, "shop", arrival("w1", 0, said("unsubscribed", 5)))
    take(hub, "back-office", arrival("b1", 0))
    if known:
        take(hub, "shop", arrival("w2", 0, said("subscribed", 1)))
    with hub.transaction() as connection:
        connection.execute("UPDATE link SET pending = 0")
        hub.departures.depart("shop", "w1", "w2", SETTINGS)
    take(hub, "shop", arrival("w2", 6, said("subscribed", 1)))
    assert effective(hub.consents.heard([hub_id])[hub_id])["email"].state == "unsubscribed"
    assert hub.links.primaries("shop", "customer", [hub_id])[hub_id].remote_id == "w2"
    assert hub.links.pending("shop", 10) == [hub_id]
    told = {one.channel: one for one in hub.consents.heard([hub_id])[hub_id] if one.party == "shop"}
    assert told["email"].state == "subscribed", "so it is to be told"


def test_a_second_record_takes_the_place_of_one_that_was_deleted(hub: Hub) -> None:
    hub_id = take(hub, "shop", arrival("w1", 0, said("unsubscribed", 5)))
    take(hub, "shop", arrival("w2", 0))
    with hub.transaction() as connection:
        connection.execute("UPDATE link SET pending = 0")
        hub.departures.depart("shop", "w1", None, SETTINGS)
    assert hub.links.primaries("shop", "customer", [hub_id])[hub_id].remote_id == "w2"
    assert hub.links.pending("shop", 10) == [hub_id], "it does not know of the no"
    assert hub.holds.get("customer", [str(hub_id)]) == {}


def test_what_an_orders_copy_of_its_buyer_leaves_out_is_a_blank_that_may_be_filled(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path)
    for side in (world.shop, world.office):
        side.add_groups(["VIP"])
    world.shop.place_order(
        [("MUG", 1)], customer=world.shop.upsert_customer(name="Ann", emails=["a@b.example"], group="VIP")
    )
    world.run()
    world.office.upsert_customer(world.pos()[0]["id"], note="pays cash", company="Ann & Co")
    world.run()
    assert (world.web()[0].get("note"), world.web()[0].get("company")) == ("pays cash", "Ann & Co")
    assert world.pending("shop") == []


@pytest.mark.parametrize("here", ["wanted", "refused", "unknown"])
@pytest.mark.parametrize("there", ["sent", "sent before", "sending", "unclear"])
def test_who_may_have_been_invited_as_one_of_two_is_not_invited_as_the_other(hub: Hub, here: str, there: str) -> None:
    stays = take(hub, "shop", arrival("w1", 0))
    goes = take(hub, "back-office", arrival("b1", 0))
    for hub_id, state in ((stays, here), (goes, there)):
        hub.invitations.want("shop", [hub_id])
        hub.invitations.put("shop", {hub_id: state})
    hub.joining.join(stays, goes, "by hand", SETTINGS)
    assert hub.invitations.states("shop", [stays]) == {stays: there}
    hub.invitations.want("shop", [stays])
    assert hub.invitations.states("shop", [stays]) == {stays: there}


def test_a_hub_that_was_restored_tells_no_shop_what_the_back_office_made_of_nothing(tmp_path: Path) -> None:
    """Who was made there without a word about taxes is not exempt there: nobody said so."""
    world = CustomerWorld(tmp_path)
    world.run()
    copy = world.save()
    world.shop.place_order([("MUG", 1)], customer=world.shop.upsert_customer(name="Ann", emails=["a@b.example"]))
    world.settle()
    before = world.web()
    world.restore(copy)
    world.settle()
    assert len(world.pos()) == 1
    assert world.web() == before and before[0].get("tax_exempt") is None


def test_a_group_that_the_back_office_refuses_holds_up_who_is_to_be_in_it_and_no_order(tmp_path: Path) -> None:
    world = CustomerWorld(tmp_path)
    world.shop.add_groups(["VIP"])
    for name, group in (("Ann", "VIP"), ("Bob", "VIP"), ("Cid", "")):
        buyer = world.shop.upsert_customer(name=name, emails=[f"{name}@b.example"], group=group)
        world.shop.place_order([("MUG", 1)], customer=buyer)
    refused = FailBefore(on("create_groups", None), BatchRefused("no more groups"))
    assert world.run(plans={"back-office": [refused]}).exit_code == 1
    assert world.totals() == [("sale", 1000)] * 3
    assert [(one["name"], one["group_title"]) for one in world.pos()] == [("Ann", ""), ("Bob", ""), ("Cid", "")]
    assert world.holds() == [("customer", "group missing")] * 2
    assert world.calls("create_groups") == 1
    world.run()
    assert [one["group_title"] for one in world.pos()] == ["VIP", "VIP", ""]
    assert world.holds() == []


def test_whose_record_was_merged_away_can_still_be_sent_to_a_shop(tmp_path: Path) -> None:
    """The record that stood for both was given to somebody else since: only the one that is gone is left of him."""
    world = CustomerWorld(tmp_path)
    gone = world.office.upsert_customer(name="Pat Gone", emails=["pat@pos.example"])
    kept = world.office.upsert_customer(name="Pat Kept", emails=["pat@else.example"])
    world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    world.settle()
    pat = world.hub_id("Pat Gone")
    world.office.merge_customers(gone, into=kept)
    world.settle()
    with world.hub() as hub:
        hub.joining.link(world.hub_id("Ann"), "back-office", kept, "by hand", SETTINGS)
        assert [link.remote_id for link in hub.links.of_customers([pat])[pat]] == [gone]
    pushed = by_hand.push(world.settings, "shop", pat, progress=lambda _text: None)
    assert pushed.created and len(world.web()) == 2


def test_one_empty_answer_does_not_make_every_group_that_is_missing_from_then_on(tmp_path: Path) -> None:
    """Groups set prices (R30, R31): only where there never were any do they begin with ours (R29)."""
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.office.add_groups(["Retail"])
    world.shop.add_groups(["Retail", "Reatil"])
    world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"], group="Retail")
    world.run()
    world.settle(6)
    assert len(world.pos()) == 1
    bob = world.shop.upsert_customer(name="Bob", emails=["bob@shop.example"], group="Retail")
    world.run(plans={"back-office": [Lie(on("fetch_groups"), lambda _titles: [])]})
    world.shop.upsert_customer(bob, group="Reatil")
    world.settle(6)
    assert world.office.groups() == ["Retail"] and world.holds() == [("customer", "group missing")]
