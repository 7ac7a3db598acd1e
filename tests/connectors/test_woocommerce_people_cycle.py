"""Customers both ways between a WooCommerce site and a back office: whole cycles on a real socket."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.model import Address
from tests.fakes.wire import WireFault
from tests.fakes.woo.shop import Line
from tests.woo_world import WooCycles

PAT: dict[str, Any] = {
    "name": "Pat Poole",
    "company": "Poole & Sons",
    "emails": ["pat@pos.example"],
    "phones": ["020 7946 0123"],
    "addresses": [Address(kind="billing", street="1 High St\nFlat 2", city="Leeds", country="GB")],
}
ANN = {"first_name": "Ann", "last_name": "Archer"}
HOME = {"address_1": "3 Mill Lane", "city": "York", "postcode": "YO1 1AA", "country": "GB"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WooCycles]:
    """Everybody goes both ways, and all accounts are read in each cycle."""
    store = {"group_by": "meta", "group_key": "club", "groups": ["Trade", "Staff"], "customers_pass": "1s"}
    customers = {"trigger": "any", "upload": "all", "country": "GB"}
    with WooCycles(tmp_path, store=store, customers=customers) as world:
        world.office.add_groups(["Trade", "Staff"])
        yield world


def cycles(world: WooCycles, count: int = 3) -> None:
    """Until all is told; each a while after the one before."""
    for _ in range(count):
        assert world.run().exit_code == 0
        world.hurry += timedelta(hours=1)


def assert_quiet(world: WooCycles) -> None:
    for _ in range(2):
        world.hurry += timedelta(hours=1)
        world.run()
        assert world.asked("POST", "PUT") == [] and world.writes_to_office() == 0


def club(world: WooCycles, email: str) -> str:
    return next((meta.value for meta in world.account(email).metas if meta.key == "club"), "")


def test_an_account_comes_into_the_back_office_with_all_that_stands_in_it(world: WooCycles) -> None:
    world.hands.add_customer(
        "ann@web.example", **ANN, billing={**ANN, **HOME, "company": "A & B", "phone": "0113 4960"}
    )
    cycles(world)
    [ann] = world.people()
    assert (ann["name"], ann["company"], ann["emails"]) == ("Ann Archer", "A & B", ("ann@web.example",))
    assert (ann["phones"], [one.city for one in ann["addresses"]]) == (("0113 4960",), ["York"])
    assert_quiet(world)


def test_a_customer_of_the_back_office_becomes_an_account_with_all_that_it_keeps(world: WooCycles) -> None:
    world.office.upsert_customer(**PAT, group="Trade")
    cycles(world)
    pat = world.account("pat@pos.example")
    assert (pat.first_name, pat.last_name, pat.billing["company"]) == ("Pat", "Poole", "Poole & Sons")
    assert (pat.billing["email"], pat.billing["phone"]) == ("pat@pos.example", "020 7946 0123")
    assert (pat.billing["address_1"], pat.billing["address_2"], pat.billing["city"]) == ("1 High St", "Flat 2", "Leeds")
    assert club(world, "pat@pos.example") == "Trade"
    assert len(list(world.people())) == 1
    assert_quiet(world)


def test_a_tax_identifier_stays_where_it_is_kept_whatever_else_is_changed_on_the_site(world: WooCycles) -> None:
    """The site has no place for one: that it says none is no word against it."""
    pat = world.office.upsert_customer(**{**PAT, "emails": ["pat@web.example"], "tax_id": "GB980780684"})
    names = {"first_name": "Pat", "last_name": "Poole"}
    account = world.hands.add_customer("pat@web.example", **names, billing={"phone": "01904 49600"})
    cycles(world)
    world.office.upsert_customer(pat, tax_id="DE136695976")
    world.hurry += timedelta(hours=1)
    world.run()
    assert world.asked("POST", "PUT") == [] and world.writes_to_office() == 0
    world.hands.change_customer(account, billing={"phone": "01904 49601"})
    cycles(world)
    now = world.office.customer(pat)
    assert ("01904 49601" in now.phones, now.tax_id) == (True, "DE136695976")
    assert_quiet(world)


def test_the_two_records_of_one_person_are_joined_by_the_address_and_each_fills_the_others_blanks(
    world: WooCycles,
) -> None:
    world.office.upsert_customer(**{**PAT, "emails": ["PAT@web.example"], "phones": []})
    world.hands.add_customer("pat@web.example", first_name="Pat", last_name="Poole", billing={"phone": "01904 49600"})
    cycles(world)
    [pos] = world.people()
    web = world.account("pat@web.example")
    assert pos["phones"] == ("01904 49600",)
    assert (web.billing["company"], web.billing["city"]) == ("Poole & Sons", "Leeds")
    assert_quiet(world)


def test_what_changed_on_both_sides_is_on_both_after_that(world: WooCycles) -> None:
    pos = world.office.upsert_customer(**PAT)
    cycles(world)
    web = world.account("pat@pos.example")
    world.office.upsert_customer(pos, company="Poole Brothers", group="Staff")
    world.hands.change_customer(web.id, billing={"phone": "01904 49600", "city": "Bradford"})
    cycles(world)
    [told] = world.people()
    web = world.account("pat@pos.example")
    assert (told["company"], told["phones"], told["group"]) == ("Poole Brothers", ("01904 49600",), "Staff")
    assert [one.city for one in told["addresses"]] == ["Bradford"]
    assert (web.billing["company"], web.billing["phone"], web.billing["city"]) == (
        "Poole Brothers",
        "01904 49600",
        "Bradford",
    )
    assert club(world, "pat@pos.example") == "Staff"
    assert_quiet(world)


def test_a_group_goes_both_ways(world: WooCycles) -> None:
    pos = world.office.upsert_customer(**PAT, group="Trade")
    cycles(world)
    web = world.account("pat@pos.example")
    [mark] = [meta for meta in web.metas if meta.key == "club"]
    mark.value = "Staff"
    world.hands.change_customer(web.id)
    cycles(world)
    assert [one["group"] for one in world.people()] == ["Staff"]
    world.office.upsert_customer(pos, group="")
    cycles(world)
    assert club(world, "pat@pos.example") == ""
    assert_quiet(world)


def test_a_new_name_and_address_of_the_till_do_not_change_the_login(world: WooCycles) -> None:
    pos = world.office.upsert_customer(**PAT)
    cycles(world)
    world.office.upsert_customer(pos, name="Patricia Ann Poole", emails=["patricia@pos.example"])
    cycles(world)
    web = world.account("pat@pos.example")
    assert (web.first_name, web.last_name) == ("Patricia Ann", "Poole")
    assert web.billing["email"] == "patricia@pos.example"
    assert_quiet(world)


MAKING = "POST customers/batch"


# An address of another kind, or with a name on it, has no place of its own in an account.
NAMED = Address(kind="billing", name="Pat Poole", company="Poole & Sons", street="1 High St\nFlat 2", city="Leeds")


def upload(folder: Path, match: str) -> WooCycles:
    """One customer who is about to go up."""
    world = WooCycles(folder, customers={"upload": "all", "match": match, "country": "GB"})
    world.office.upsert_customer(**{**PAT, "addresses": [NAMED]} if match == "create_new" else PAT)
    if match != "create_new":
        world.run("pull-orders", "push-orders", "pull-data")
    return world


@pytest.mark.parametrize("match", ["phone_or_email", "create_new"])
@pytest.mark.parametrize(
    "fault",
    [
        WireFault("reset_mid_body"),
        WireFault("truncated"),
        WireFault("empty"),
        WireFault("reset", done=True),
        WireFault("502", done=True),
        WireFault("500", done=False),
    ],
    ids=lambda fault: f"{fault.kind}{'' if fault.works else ', not done'}",
)
def test_a_lost_reply_to_a_creation_makes_no_second_account(tmp_path: Path, fault: WireFault, match: str) -> None:
    (tmp_path / "twin").mkdir()
    (tmp_path / "real").mkdir()
    with upload(tmp_path / "twin", match) as twin:
        twin.run()
        number = twin.asked().index(MAKING) + 1
    with upload(tmp_path / "real", match) as world:
        world.server.fail(fault, at=world.server.count + number)
        assert world.run().exit_code == 3
        assert world.asked().count(MAKING) == 1, "what may have been done is not sent again"
        assert len(world.site.customers) == int(fault.works)
        till = list(world.people())
        assert world.run().exit_code == 0
        [pat] = world.site.customers.values()
        assert list(world.people()) == till, "what the shop made of it is no news"
        assert (pat.email, pat.billing["city"]) == ("pat@pos.example", "Leeds")
        links = world.rows("SELECT remote_id FROM link WHERE kind = 'customer' AND party = 'shop'")
        assert links == [(str(pat.id),)] and world.holds() == []
        assert world.site.oracle.mails == [mail for mail in world.site.oracle.mails if mail[2] == pat.id]
        world.run()
        assert world.asked("POST") == [] and world.writes_to_office() == 0


def order(world: WooCycles, customer: int, **more: Any) -> int:
    return world.hands.place([Line(world.hands.made["MUG"])], customer=customer, **more)


def test_an_orders_copy_of_its_buyer_takes_nothing_away_from_his_account(world: WooCycles) -> None:
    """Bought with goods to somebody else, whose name and phone are not the buyer's."""
    world.sell("MUG")
    billing = {**ANN, **HOME, "email": "accounts@web.example", "phone": "0113 4960", "company": "A & B"}
    ann = world.hands.add_customer("ann@web.example", **ANN, billing=billing)
    cycles(world)
    before = list(world.people())
    gift = {"first_name": "Bo", "last_name": "Baker", "address_1": "9 Low Rd", "city": "Hull", "phone": "07700 900999"}
    order(world, ann, shipping_to=gift)
    order(world, ann)
    cycles(world)
    [after] = world.people()
    assert (after["name"], after["emails"], after["phones"]) == (
        "Ann Archer",
        ("accounts@web.example",),
        ("0113 4960",),
    )
    assert set(before[0]["addresses"]) <= set(after["addresses"])
    account = world.account("ann@web.example")
    assert {name: account.billing[name] for name in billing} == billing
    assert_quiet(world)


def test_a_buyer_is_booked_under_the_account_that_he_is_linked_to(tmp_path: Path) -> None:
    """Customers by order: nobody's account is read, and nothing but the order is asked for."""
    with WooCycles(tmp_path, customers={"country": "GB"}) as world:
        world.sell("MUG")
        pos = world.office.upsert_customer(name="Ann Archer", emails=["ann@web.example"])
        cycles(world, 2)
        ann = world.hands.add_customer("ann@web.example", **ANN, billing={**ANN, **HOME})
        order(world, ann)
        cycles(world, 1)
        [told] = world.people()
        assert (told["id"], [one.city for one in told["addresses"]]) == (pos, ["York"])
        assert {one.customer_id for one in world.documents()} == {pos}
        cycles(world, 2)
        assert world.asked() == ["GET orders"] and world.writes_to_office() == 0


def test_a_guests_order_makes_no_account(world: WooCycles) -> None:
    world.sell("MUG")
    order(world, 0, billing={**ANN, **HOME, "email": "ann@web.example"})
    cycles(world)
    assert [one["name"] for one in world.people()] == ["Ann Archer"]
    assert world.site.oracle.mails == [mail for mail in world.site.oracle.mails if mail[1] != "customer_new_account"]
    assert_quiet(world)


def test_a_role_tells_the_till_a_group_and_the_tills_group_moves_no_role(tmp_path: Path) -> None:
    store = {"group_by": "role", "roles": {"wholesale_customer": "Trade"}, "customers_pass": "1s"}
    customers = {"trigger": "any", "upload": "all", "country": "GB"}
    roles = ("customer", "administrator", "wholesale_customer")
    with WooCycles(tmp_path, store=store, customers=customers, options={"roles": roles}) as world:
        world.office.add_groups(["Trade", "Staff"])
        ann = world.hands.add_customer("ann@web.example", **ANN, role="wholesale_customer")
        world.office.upsert_customer(**PAT, group="Staff")
        cycles(world)
        told = {one["name"]: one for one in world.people()}
        assert {name: one["group"] for name, one in told.items()} == {"Ann Archer": "Trade", "Pat Poole": "Staff"}
        assert (world.account("pat@pos.example").role, world.holds()) == ("customer", [])
        world.office.upsert_customer(told["Ann Archer"]["id"], group="Staff")
        world.hands.change_customer(ann, first_name="Anna")
        cycles(world)
        told = {one["name"]: one for one in world.people()}
        assert (told["Anna Archer"]["group"], world.account("ann@web.example").role) == ("Staff", "wholesale_customer")
        assert world.holds() == []
        assert_quiet(world)


def test_a_group_that_moved_no_date_of_change_is_told_by_the_next_reading_of_all(world: WooCycles) -> None:
    """Plug-ins and the page of users set roles and meta fields past WooCommerce."""
    ann = world.hands.add_customer("ann@web.example", **ANN, metas=[world.site.meta("club", "Trade")])
    cycles(world)
    assert [one["group"] for one in world.people()] == ["Trade"]
    account = world.site.customers[ann]
    account.metas[0].value, account.stamp = "Staff", account.stamp + 1
    assert account.modified is None
    cycles(world)
    assert [one["group"] for one in world.people()] == ["Staff"]
    assert_quiet(world)
