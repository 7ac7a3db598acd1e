"""Badly written customers, by the command line, from each side to the other: they arrive as they are, or are held with
their number and the next command; the rest goes on, nothing is half-written, and no output steers a terminal.
"""

import json
from pathlib import Path
from typing import Any

import pytest

import syncctl.connectors.sandbox.store
from syncctl.connectors.sandbox.office_customers import NAME_LENGTH
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.connectors.strict_json import storable
from syncctl.hub.damage import find_damage
from syncctl.model import Address
from tests.customer_world import CustomerWorld
from tests.faults.world import Ended, FaultWorld
from tests.hostile import NASTY
from tests.test_render import harmless

ANN: dict[str, Any] = {"name": "Ann Archer", "emails": ("ann@shop.example",)}
TEXTS = {**NASTY, "a megabyte": "x" * 1_000_000}
FIELDS = ("name", "company", "note", "emails", "phones", "street", "city")


class BadWorld(FaultWorld, CustomerWorld):
    """All customers of each side go to the other."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **{"customers": {"trigger": "any", "upload": "all"}, **options})

    def cycles(self, code: int, times: int = 3) -> str:
        """So many runs of the command; what the worst of them printed. None crashes, and `code` is the greatest."""
        ends = [self.told("sync-all") for _ in range(times)]
        assert max(one.code for one in ends) == code, [one.text[-3000:] for one in ends]
        return max(ends, key=lambda one: one.code).text

    def told(self, *arguments: str) -> Ended:
        """What a command prints; at its most talkative, without a traceback, and without what steers a terminal."""
        ended = self.command({}, "-vv", *arguments)
        assert "Traceback" not in ended.text and not list(self.folder.glob("syncctl-crash-*"))
        assert harmless(ended.text, but="\n\t"), [one for one in ended.text if not harmless(one, but="\n\t")][:5]
        return ended

    def held(self) -> list[dict[str, Any]]:
        """The holds as a merchant sees them."""
        shown = self.told("holds", "list", "--format", "json")
        return list(json.loads(shown.text)["rows"])

    def next_of(self, hold: dict[str, Any]) -> str:
        """The command that the merchant is told to type next, as the hold shows it."""
        assert hold["next"] == f"syncctl holds show {hold['id']}"
        [*_, last] = self.told("holds", "show", str(hold["id"])).text.strip().splitlines()
        return last

    def quiet(self) -> None:
        """Another run writes nothing."""
        assert self.command({}, "sync-all").code == 0 and self.writes() == []


@pytest.fixture
def world(tmp_path: Path) -> BadWorld:
    return BadWorld(tmp_path)


def nasty(number: int, field: str, text: str) -> dict[str, Any]:
    """Somebody with this text in one field."""
    person: dict[str, Any] = {"name": f"Nasty {number}", "emails": (f"nasty{number}@shop.example",)}
    if field in ("street", "city"):
        return {**person, "addresses": (Address(**{"street": "1 Lane", "country": "GB", field: text}),)}
    return {**person, field: (text,) if field in ("emails", "phones") else text}


@pytest.mark.parametrize("where", ["shop", "office"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_nasty_text_in_any_field_goes_across_or_is_held_and_holds_up_nobody(
    world: BadWorld, where: str, name: str
) -> None:
    home = world.shop if where == "shop" else world.office
    text = TEXTS[name] if where == "shop" else storable(TEXTS[name])
    for number, field in enumerate(FIELDS):
        if field != "name" or where == "shop" or text.strip():  # the books take nobody without a name
            home.upsert_customer(**nasty(number, field, text))
    home.upsert_customer(**ANN)
    before = world.web() if where == "shop" else world.pos()
    world.cycles(0)
    web, pos = world.web(), world.pos()
    assert len(web) == len(pos) == len(before) >= len(FIELDS)
    assert [one["name"] for one in (web if where == "shop" else pos)] == [one["name"] for one in before]
    if text.strip():
        arrived = pos if where == "shop" else web
        assert storable(text).strip()[:NAME_LENGTH] in {one["name"].strip() for one in arrived}
        assert storable(text).strip() in {(one.get("note") or "").strip() for one in arrived}
    world.quiet()
    assert find_damage(world.folder / "hub.db") == ""
    for arguments in (["list"], ["list", "--format", "json"], ["find", "--name", "Nasty"], ["groups"]):
        assert world.told("customers", *arguments).code == 0
    for (hub_id,) in world.rows("SELECT id FROM customer"):
        assert world.told("customers", "show", str(hub_id)).code == 0


def both(world: BadWorld, **fields: Any) -> tuple[str, str]:
    """Ann on both sides, linked: (id in the shop, id in the back office)."""
    ids = world.shop.upsert_customer(**ANN, **fields), world.office.upsert_customer(**ANN, **fields)
    world.cycles(0)
    world.quiet()
    return ids


def test_an_address_of_another_account_is_refused_by_the_shop_and_the_other_details_of_others_go_on(
    world: BadWorld,
) -> None:
    ann, made = both(world)
    bob = world.shop.upsert_customer(name="Bob", emails=("bob@shop.example",))
    world.cycles(0)
    [bob_made] = [one["id"] for one in world.pos() if one["name"] == "Bob"]
    world.office.upsert_customer(made, emails=("bob@shop.example",), company="Archer & Co")
    world.office.upsert_customer(bob_made, company="Bob & Co")
    world.cycles(1, times=1)
    [hold] = world.held()
    [(hub_id,)] = world.rows("SELECT id FROM customer WHERE name = 'Ann Archer'")
    assert (hold["kind"], hold["reason"]) == ("customer", "email_taken")
    assert f"customer {hub_id}: shop refused" in world.messages()[0] and "syncctl" in world.next_of(hold)
    there = {one["id"]: one for one in world.web()}
    assert there[ann]["emails"] == ["ann@shop.example"] and not there[ann].get("company"), "all of a change, or none"
    assert there[bob]["company"] == "Bob & Co"
    world.quiet()
    world.office.upsert_customer(made, emails=("ann@new.example",))
    world.cycles(0, times=1)
    there = {one["id"]: one for one in world.web()}
    assert (there[ann]["emails"], there[ann]["company"]) == (["ann@new.example"], "Archer & Co")
    assert world.held() == []


@pytest.mark.parametrize("where", ["shop", "office"])
def test_a_customer_deleted_on_one_side_is_held_with_the_next_command_and_not_written_to(
    world: BadWorld, where: str
) -> None:
    ann, made = both(world)
    home, gone, other = (world.shop, ann, made) if where == "shop" else (world.office, made, ann)
    home.delete_customer(gone)
    (world.office if where == "shop" else world.shop).upsert_customer(other, company="Archer & Co")
    world.cycles(1, times=1)
    [hold] = world.held()
    assert hold["reason"] == "gone" and "syncctl customers" in world.next_of(hold)
    assert len(world.web()) + len(world.pos()) == 1, "he is not made again, and the other record stays"
    world.quiet()


@pytest.mark.parametrize("where", ["shop", "office"])
def test_a_group_that_is_renamed_is_missing_on_the_other_side_until_a_person_has_it_made(
    world: BadWorld, where: str
) -> None:
    for side in (world.shop, world.office):
        side.add_groups(["Trade", "Staff"])
    ann, _ = both(world, group="Trade")
    (world.shop if where == "shop" else world.office).rename_group("Trade", "Wholesale")
    world.cycles(1, times=2)
    [hold] = world.held()
    assert hold["reason"] == "group missing"
    assert "syncctl customers groups --create" in world.told("holds", "show", str(hold["id"])).text
    assert world.told("customers", "groups", "--create").code == 0
    world.cycles(0)
    assert world.shop.customer(ann)["group"] == world.pos()[0]["group_title"] == "Wholesale"
    assert world.held() == []
    world.quiet()


@pytest.mark.parametrize("where", ["shop", "office"])
def test_a_group_that_is_deleted_takes_its_members_out_on_the_other_side_too(world: BadWorld, where: str) -> None:
    for side in (world.shop, world.office):
        side.add_groups(["Trade", "Staff"])
    ann, _ = both(world, group="Trade")
    (world.shop if where == "shop" else world.office).delete_group("Trade")
    world.cycles(0)
    assert not world.shop.customer(ann).get("group") and not world.pos()[0]["group_title"]
    assert "Trade" in (world.office if where == "shop" else world.shop).groups(), "the group itself is that side's own"
    world.quiet()


@pytest.mark.parametrize("where", ["shop", "office"])
def test_five_thousand_addresses_of_one_customer_arrive_and_one_more_is_added_to_them(
    world: BadWorld, where: str
) -> None:
    homes = tuple(Address(street=f"{number} High Street", city="Leeds", country="GB") for number in range(5_000))
    home = world.shop if where == "shop" else world.office
    made = home.upsert_customer(**ANN, addresses=homes)
    world.cycles(0)
    home.upsert_customer(made, addresses=(*homes, Address(street="The last", country="GB")))
    world.cycles(0)
    [(kept,)] = world.office.connection.execute("SELECT addresses FROM customer")
    assert len(json.loads(kept)) == len(world.web()[0]["addresses"]) == 5_001
    world.quiet()


def test_two_accounts_with_one_address_are_held_and_the_shop_itself_refuses_a_third(world: BadWorld) -> None:
    made = world.office.upsert_customer(**ANN)
    first = world.shop.upsert_customer(**ANN)
    second = world.shop.upsert_customer(name="Anna Other", emails=("anna@shop.example",))
    body = {**world.shop.customer(second), "emails": list(ANN["emails"])}
    world.shop.put_raw_customer(second, json.dumps(body))  # as an import may have left them
    with pytest.raises(ShopRefusal):
        world.shop.upsert_customer(name="A third", emails=ANN["emails"])
    world.cycles(1)
    held = world.held()
    assert {one["reason"] for one in held} == {"which customer?"}
    assert all("syncctl customers link" in world.told("holds", "show", str(one["id"])).text for one in held)
    assert [one["id"] for one in world.pos()] == [made], "nobody is made or joined until a person says who is who"
    assert [one["name"] for one in world.web()] == ["Ann Archer", "Anna Other"] and first != second


def test_ten_thousand_customers_in_one_page(world: BadWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncctl.connectors.sandbox.store, "PAGE_SIZE", 20_000)
    world.change(customers={"trigger": "order", "upload": "linked"})
    with world.shop.atomic():
        for number in range(10_000):
            world.shop.upsert_customer(name=f"Customer {number}", emails=(f"c{number}@shop.example",))
    world.office.upsert_customer(name="Customer 7", emails=("c7@shop.example",), company="Seven")
    world.cycles(0, times=1)
    assert world.rows("SELECT count(*) FROM customer") == [(10_000,)]
    assert [one["name"] for one in world.web() if one.get("company")] == ["Customer 7"]
    world.quiet()
