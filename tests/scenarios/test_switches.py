"""R9-R22: the switches and directions of customers, and one customer sent by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import syncctl.cycle
from syncctl.errors import SignInNeeded
from tests.fakes.faulty import FailBefore, Faulty, on
from tests.scenarios.people import ANN, BOB, CY, HOME
from tests.scenarios.shopkeeper import Shopkeeper

Shown = pytest.CaptureFixture[str]
INBOUND = {"web_to_back_office": True, "back_office_to_web": False, "trigger": "any"}
OUTBOUND = {"web_to_back_office": False, "back_office_to_web": True, "upload": "all"}
BOTH = {"web_to_back_office": True, "back_office_to_web": True, "trigger": "any", "upload": "all"}


def test_r9_nothing_moves_before_both_sides_are_set_up_and_signed_in(
    keeper: Shopkeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no plugin to install, and the sandbox asks for no OAuth. What stands in its place: a side that is not
    configured stops every command before anything is contacted, and one that refuses our sign-in ends the run with 4.
    """
    keeper.sets(**BOTH)
    keeper.buys(keeper.shop.upsert_customer(**ANN))
    keeper.office.upsert_customer(**BOB)
    before = keeper.everything()
    stores = keeper.sections.pop("stores")
    keeper.change()
    text = keeper.syncs(code=2)
    assert "stores" in text and "required" in text.lower()
    keeper.change(stores=stores)
    real = syncctl.cycle.open_store
    refusal = FailBefore(on("about", None), SignInNeeded("shop: the token was revoked", hint="syncctl auth shop"))
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda name, *rest: Faulty(real(name, *rest), [refusal]))
    text = keeper.syncs(code=4)
    assert "the token was revoked" in text and "syncctl auth shop" in text
    assert keeper.everything() == before
    monkeypatch.undo()
    keeper.syncs()
    assert set(keeper.pos()) == set(keeper.web()) == {"Ann Other", "Bob Third"}


def test_r10_orders_products_and_customers_have_sections_of_their_own(keeper: Shopkeeper) -> None:
    keeper.sets(**BOTH)
    keeper.change(orders={"enabled": False}, stock={"enabled": False}, products={"enabled": False})
    keeper.syncs()  # who is on both sides is matched first
    keeper.office.set_price("MUG", "11.00")
    order = keeper.buys(keeper.shop.upsert_customer(**ANN))
    keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    assert set(keeper.pos()) == set(keeper.web()) == {"Ann Other", "Bob Third"}
    assert (keeper.documents(order), keeper.shop.listing("MUG").price) == ([], "10.00")
    keeper.change(orders={"enabled": True})
    keeper.syncs()
    assert keeper.buyer_in_books(order) == "Ann Other" and keeper.shop.listing("MUG").price == "10.00"
    keeper.change(products={"enabled": True})
    keeper.syncs()
    assert keeper.shop.listing("MUG").price == "11.00"


def test_r11_the_main_switch_of_customers_stops_them_and_nothing_else(keeper: Shopkeeper) -> None:
    keeper.sets(**BOTH, enabled=False)
    ann = keeper.shop.upsert_customer(**ANN)
    order = keeper.buys(ann)
    keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    assert (list(keeper.pos()), list(keeper.web())) == (["Bob Third"], ["Ann Other"])
    assert keeper.buyer_in_books(order) is None  # booked, on the guest account
    keeper.sets(enabled=True)
    later = keeper.buys(ann)
    keeper.syncs()
    assert set(keeper.pos()) == set(keeper.web()) == {"Ann Other", "Bob Third"}
    assert keeper.buyer_in_books(later) == "Ann Other"
    keeper.shop.upsert_customer(ann, note="from the web")
    keeper.office.upsert_customer(keeper.pos()["Bob Third"].id, note="from the counter")
    keeper.types("pull-orders")
    keeper.types("pull-data")  # both are on their way when it is switched off
    keeper.sets(enabled=False)
    keeper.syncs()
    assert (keeper.pos()["Ann Other"].note, keeper.web()["Bob Third"].get("note", "")) == ("", "")
    keeper.sets(enabled=True)
    keeper.syncs()
    assert (keeper.pos()["Ann Other"].note, keeper.web()["Bob Third"]["note"]) == ("from the web", "from the counter")


def test_r12_the_inbound_switch_brings_who_is_made_or_changed_on_the_web(keeper: Shopkeeper) -> None:
    keeper.sets(**INBOUND)
    keeper.syncs()
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.syncs()
    record = keeper.pos()["Ann Other"].id
    keeper.shop.upsert_customer(ann, company="Other & Co")
    keeper.syncs()
    assert [(one.id, one.company) for one in keeper.office.customers()] == [(record, "Other & Co")]


def test_r13_the_outbound_switch_brings_who_is_made_or_changed_in_the_back_office(keeper: Shopkeeper) -> None:
    keeper.sets(**OUTBOUND)
    keeper.syncs()
    bob = keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    record = keeper.web()["Bob Third"]["id"]
    keeper.office.upsert_customer(bob, company="Third & Sons")
    keeper.syncs()
    assert [(one["id"], one["company"]) for one in keeper.shop.customers()] == [(record, "Third & Sons")]


@pytest.mark.parametrize("direction", ["in", "out"])
def test_r14_with_one_direction_on_nothing_moves_the_other_way(keeper: Shopkeeper, direction: str) -> None:
    keeper.sets(**BOTH)
    keeper.syncs()
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.syncs()
    record = keeper.pos()["Ann Other"].id
    keeper.sets(**(INBOUND if direction == "in" else OUTBOUND))
    keeper.shop.upsert_customer(ann, note="from the web")
    keeper.shop.upsert_customer(**CY)
    keeper.office.upsert_customer(record, company="From the counter")
    keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    keeper.syncs()
    inward = {name: one.note for name, one in keeper.pos().items()}
    outward = {name: one.get("company", "") for name, one in keeper.web().items()}
    if direction == "in":
        assert inward == {"Ann Other": "from the web", "Bob Third": "", "Cy Fourth": ""}
        assert outward == {"Ann Other": "", "Cy Fourth": ""}
    else:
        assert inward == {"Ann Other": "", "Bob Third": ""}
        assert outward == {"Ann Other": "From the counter", "Bob Third": "", "Cy Fourth": ""}


def test_r14_with_both_on_a_change_goes_across_once_and_does_not_come_back(keeper: Shopkeeper) -> None:
    keeper.sets(**BOTH)
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.syncs()
    keeper.shop.upsert_customer(ann, name="Ann " + "very " * 20 + "long")  # the back office cuts it at 60
    keeper.office.upsert_customer(keeper.office.upsert_customer(**BOB), phones=["020 7946 0777"])
    keeper.syncs()
    after = keeper.everything()
    assert {len(name) for name in keeper.web()} == {108, 9} and {len(name) for name in keeper.pos()} == {60, 9}
    for _ in range(3):
        keeper.syncs()
    assert keeper.everything() == after


def test_r15_on_with_no_direction_is_refused_with_the_line_to_change(keeper: Shopkeeper) -> None:
    keeper.sets(web_to_back_office=False, back_office_to_web=False)
    keeper.buys(keeper.shop.upsert_customer(**ANN))
    before = keeper.everything()
    text = keeper.syncs(code=2)
    assert f"{keeper.config}:1: customers.enabled: is on, but nothing moves" in text
    assert "set customers.web_to_back_office: true or customers.back_office_to_web: true" in text
    assert keeper.everything() == before and not (keeper.folder / "hub.db").exists()
    keeper.sets(enabled=False)
    keeper.syncs()


def test_r16_a_changed_file_counts_as_a_whole_or_not_at_all(keeper: Shopkeeper) -> None:
    keeper.sets(**INBOUND)
    keeper.syncs()
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.office.upsert_customer(**BOB)
    keeper.sets(**BOTH, match="by_looks")
    before = keeper.everything()
    assert "customers.match" in keeper.syncs(code=2)
    assert keeper.everything() == before
    keeper.sets(match="email")
    keeper.syncs()
    assert set(keeper.pos()) == set(keeper.web()) == {"Ann Other", "Bob Third"}
    assert keeper.web()["Ann Other"]["id"] == ann


def test_r17_once_it_is_saved_creates_and_updates_follow_by_themselves(keeper: Shopkeeper) -> None:
    ann = keeper.shop.upsert_customer(**ANN)
    bob = keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    assert (list(keeper.pos()), list(keeper.web())) == (["Bob Third"], ["Ann Other"])
    keeper.sets(**BOTH)
    keeper.syncs()  # who was there before the switch, too
    assert set(keeper.pos()) == set(keeper.web()) == {"Ann Other", "Bob Third"}
    keeper.shop.upsert_customer(ann, note="new door")
    keeper.office.upsert_customer(bob, addresses=[HOME])
    keeper.shop.upsert_customer(**CY)
    keeper.syncs()
    assert keeper.pos()["Ann Other"].note == "new door" and "Cy Fourth" in keeper.pos()
    assert [one["city"] for one in keeper.web()["Bob Third"]["addresses"]] == ["York"]


def test_r18_one_existing_customer_is_sent_up_from_the_list_at_once(keeper: Shopkeeper) -> None:
    keeper.office.upsert_customer(**BOB, company="Third & Sons")
    keeper.syncs()
    assert keeper.web() == {}
    row = keeper.listed("--pos-only")["Bob Third"]
    keeper.types("customers", "push", str(row["id"]), "--to", "shop")
    there = keeper.web()["Bob Third"]
    assert (there["emails"], there["phones"], there["company"]) == (BOB["emails"], BOB["phones"], "Third & Sons")


def test_r19_the_push_takes_that_record_only_and_waits_for_no_schedule(keeper: Shopkeeper) -> None:
    for customer in (BOB, CY):
        keeper.office.upsert_customer(**customer)
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.buys(ann)
    keeper.syncs()
    keeper.types("customers", "assign", keeper.number_of("Cy"))
    keeper.office.upsert_customer(keeper.pos()["Ann Other"].id, note="changed meanwhile")
    keeper.types("customers", "push", keeper.number_of("Bob"), "--to", "shop")
    assert set(keeper.web()) == {"Ann Other", "Bob Third"}  # Cy's turn is the next run's
    assert "note" not in keeper.web()["Ann Other"]
    keeper.syncs()
    assert set(keeper.web()) == {"Ann Other", "Bob Third", "Cy Fourth"}
    assert keeper.web()["Ann Other"]["note"] == "changed meanwhile"


def test_r20_the_push_ends_with_a_message_of_what_was_written_or_fails(keeper: Shopkeeper) -> None:
    bob = keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    push = ("customers", "push", keeper.number_of("Bob"), "--to", "shop")
    text = keeper.types(*push)
    assert f"was made {keeper.web()['Bob Third']['id']} in shop; written: emails, name, phones" in text
    assert "say the same already" in keeper.types(*push)
    keeper.office.upsert_customer(bob, note="pays cash")
    keeper.types("pull-data")
    assert "written: note" in keeper.types(*push)
    keeper.office.upsert_customer(bob, emails=["bob@example.org", "cy@example.org"])
    keeper.shop.upsert_customer(**CY)
    keeper.types("pull-data")
    text = keeper.types(*push, code=1)
    assert "Not written to shop" in text and "has the e-mail address already" in text
    assert keeper.web()["Bob Third"]["emails"] == ["bob@example.org"]


def test_r21_the_list_shows_how_each_customer_stands_with_each_store(keeper: Shopkeeper) -> None:
    keeper.buys(keeper.shop.upsert_customer(**ANN))
    for customer in (BOB, CY):
        keeper.office.upsert_customer(**customer)
    keeper.syncs()
    keeper.types("customers", "assign", keeper.number_of("Cy"))
    states = {name: one["sides"]["shop"]["state"] for name, one in keeper.listed().items()}
    assert states == {"Ann Other": "linked", "Bob Third": "none", "Cy Fourth": "queued"}
    assert keeper.listed()["Ann Other"]["sides"]["shop"]["remote_id"] == keeper.web()["Ann Other"]["id"]
    lines = keeper.types("customers", "list").splitlines()
    header = lines[0].split("\t")
    assert "shop" in header and "back-office" in header
    shown = {
        cells[header.index("name")]: cells[header.index("shop")] for cells in (one.split("\t") for one in lines[1:])
    }
    assert shown == {"Ann Other": "linked", "Bob Third": "-", "Cy Fourth": "queued"}


def test_r22_polling_reaches_the_state_that_every_webhook_would_have(tmp_path: Path, capsys: Shown) -> None:
    """Nothing calls us here. The same changes happen twice: once with a run after each, as if a webhook had told of it,
    and once with a run at the end; both end with the same customers on both sides."""
    ends = []
    for name, told_of_each in (("webhooks", True), ("polling", False)):
        (tmp_path / name).mkdir()
        keeper = Shopkeeper(tmp_path / name, capsys)
        keeper.sets(**BOTH)
        keeper.syncs()
        for _ in a_busy_day(keeper):
            if told_of_each:
                keeper.syncs()
        keeper.syncs()
        web = {name: (one["phones"], one.get("note", ""), one.get("group", "")) for name, one in keeper.web().items()}
        pos = {name: (list(one.phones), one.note, one.group) for name, one in keeper.pos().items()}
        ends.append((web, pos))
    everybody = {
        "Ann Wed": (["020 7946 0001", "020 7946 0777"], "new door", ""),
        "Bob Third": (["020 7946 0002"], "", "Trade"),
        "Cy Fourth": (["020 7946 0003"], "", ""),
    }
    assert ends == [(everybody, everybody)] * 2


def a_busy_day(keeper: Shopkeeper) -> Iterator[None]:
    """Made, changed, changed back, and moved to a group, on either side; pauses after each change."""
    ann = keeper.shop.upsert_customer(**ANN)
    yield
    bob = keeper.office.upsert_customer(**BOB)
    yield
    keeper.shop.upsert_customer(ann, name="Ann Wed")
    yield
    keeper.office.upsert_customer(bob, note="a slip of the pen")
    yield
    keeper.shop.upsert_customer(ann, phones=["020 7946 0001", "020 7946 0777"])
    keeper.shop.upsert_customer(**CY)
    yield
    keeper.office.add_groups(["Trade"])
    keeper.office.upsert_customer(bob, note="", group="Trade")
    yield
    keeper.shop.upsert_customer(ann, note="new door")
    yield
