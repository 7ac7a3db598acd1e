"""R61-R66, R71-R78, R80, R85, R86: customers of web sales are matched, linked and kept in step."""

from typing import Any

import pytest

from tests.scenarios.people import ANN, BOB, CY, HOME, WORK
from tests.scenarios.shopkeeper import Shopkeeper


def linked_ann(keeper: Shopkeeper) -> tuple[str, str]:
    """Ann bought in the shop and is known at the counter since; her ids there."""
    web = keeper.shop.upsert_customer(**ANN, addresses=[HOME])
    keeper.buys(web)
    keeper.syncs()
    return web, keeper.pos()["Ann Other"].id


def how_linked(keeper: Shopkeeper, name: str) -> dict[str, tuple[str, str]]:
    """By party: the id there of a customer, and the rule by which it is known to be his."""
    links = keeper.asks("customers", "show", keeper.number_of(name))["links"]
    return {one["party"]: (one["remote_id"], one["rule"]) for one in links}


@pytest.mark.parametrize("where", ["shop", "counter"])
def test_r61_email_phone_and_address_changes_are_kept_in_sync(keeper: Shopkeeper, where: str) -> None:
    web, pos = linked_ann(keeper)
    side, number = (keeper.shop, web) if where == "shop" else (keeper.office, pos)
    side.upsert_customer(number, emails=["new@example.org"], phones=["020 7946 0777"], addresses=[WORK])
    if where == "shop":
        keeper.buys(web)
    keeper.syncs()
    here, there = keeper.shop.customer(web), keeper.office.customer(pos)
    assert here["emails"] == list(there.emails) == ["new@example.org"]
    assert here["phones"] == list(there.phones) == ["020 7946 0777"]
    assert [one["city"] for one in here["addresses"]] == [one.city for one in there.addresses] == ["Leeds"]


def test_r62_web_sales_on_customers_need_customers_to_be_synced(keeper: Shopkeeper) -> None:
    """Sales may be booked on the guest account without them; on customers of their own they may not, and it is said."""
    keeper.sets(enabled=False, fallback="create")
    order = keeper.buys(keeper.shop.upsert_customer(**ANN))
    before = keeper.everything()
    text = keeper.syncs(code=2)
    assert "customers.fallback: create needs customers.enabled and customers.web_to_back_office" in text
    assert keeper.everything() == before
    keeper.sets(enabled=True)
    keeper.syncs()
    assert keeper.buyer_in_books(order) == "Ann Other"


@pytest.mark.parametrize("event", ["the counter's record changes", "the customer buys"])
def test_r63_a_change_on_the_web_comes_over_with_the_next_sync_of_the_record_or_the_next_order(
    keeper: Shopkeeper, event: str
) -> None:
    """Shopify gives no signal; that its changes are not asked for by themselves is `trigger: order`, the default."""
    web, pos = linked_ann(keeper)
    keeper.shop.upsert_customer(web, phones=["020 7946 0777"])
    keeper.syncs()
    assert keeper.office.customer(pos).phones == ("020 7946 0001",)
    if event == "the customer buys":
        keeper.buys(web)
    else:
        keeper.office.upsert_customer(pos, note="pays cash")
    keeper.syncs()
    keeper.syncs()
    assert keeper.office.customer(pos).phones == ("020 7946 0777",)


def test_r64_what_was_typed_in_the_shop_is_merged_before_the_counters_change_goes_up(keeper: Shopkeeper) -> None:
    web, pos = linked_ann(keeper)
    keeper.shop.upsert_customer(web, phones=["020 7946 0777"], company="Other & Co")
    keeper.office.upsert_customer(pos, name="Ann Wed", emails=["ann@example.org", "wed@example.org"])
    keeper.syncs()
    keeper.syncs()
    here, there = keeper.shop.customer(web), keeper.office.customer(pos)
    everything = ("Ann Wed", "Other & Co", ["ann@example.org", "wed@example.org"], ["020 7946 0777"])
    assert (here["name"], here["company"], here["emails"], here["phones"]) == everything
    assert (there.name, there.company, list(there.emails), list(there.phones)) == everything


def test_r65_the_customers_of_the_counter_are_not_all_sent_up(keeper: Shopkeeper) -> None:
    linked_ann(keeper)
    for number in range(30):
        keeper.office.upsert_customer(name=f"Walk-in {number:02}", emails=[f"walkin{number}@example.org"])
    for _ in range(3):
        keeper.syncs()
    assert list(keeper.web()) == ["Ann Other"] and len(keeper.pos()) == 31
    keeper.sets(upload="all")  # only where somebody says so
    keeper.syncs()
    assert len(keeper.web()) == 31


def test_r66_a_customer_is_linked_by_hand_or_automatically(keeper: Shopkeeper) -> None:
    ann, bob, cy = (keeper.office.upsert_customer(**one) for one in (ANN, BOB, {**CY, "emails": [], "phones": []}))
    keeper.syncs()
    keeper.buys(web := keeper.shop.upsert_customer(name="A. Other", emails=["ann@example.org"]))
    keeper.syncs()
    assert how_linked(keeper, "A. Other") == {"back-office": (ann, "email"), "shop": (web, "came with an order")}
    keeper.types("customers", "assign", keeper.number_of("Bob"))
    keeper.syncs()
    assert how_linked(keeper, "Bob Third")["shop"] == (keeper.web()["Bob Third"]["id"], "created")
    stranger = keeper.shop.upsert_customer(name="Cyrus", emails=["cy@example.org"])
    keeper.types("customers", "link", keeper.number_of("Cy"), "--to", "shop", "--as", stranger)
    assert how_linked(keeper, "Cy Fourth") == {"back-office": (cy, "made it"), "shop": (stranger, "by hand")}
    for _ in range(2):  # what he says in the shop comes with the first, and goes to the counter with the second
        keeper.syncs()
    assert keeper.office.customer(cy).emails == ("cy@example.org",)
    assert keeper.office.customer(bob).emails == ("bob@example.org",)


@pytest.mark.parametrize(
    ("buyer", "known_by"),
    [
        ({"name": "Ann Other", "emails": ["ann@example.org"]}, "email"),
        ({"name": "Ann Other", "phones": ["020 7946 0001"]}, "phone"),
        (ANN, "both"),
        ({"name": "Ann Other"}, "nothing"),
        (None, "nothing"),
    ],
)
def test_r71_the_buyer_is_known_by_email_or_phone(
    keeper: Shopkeeper, buyer: dict[str, Any] | None, known_by: str
) -> None:
    orders = [keeper.buys(buyer), keeper.buys(buyer)]
    keeper.syncs()
    if known_by == "nothing":  # nobody could tell who that was: the sale is booked all the same
        assert [keeper.buyer_in_books(one) for one in orders] == [None, None] and keeper.pos() == {}
    else:
        assert [keeper.buyer_in_books(one) for one in orders] == ["Ann Other"] * 2
        there = keeper.pos()["Ann Other"]
        assert there.emails == (() if known_by == "phone" else ("ann@example.org",))
        assert there.phones == (() if known_by == "email" else ("020 7946 0001",))


def test_r72_the_sale_is_booked_as_a_web_sale_of_its_customer(keeper: Shopkeeper) -> None:
    keeper.change(orders={"store_number": 98})
    order = keeper.buys(keeper.shop.upsert_customer(**ANN))
    keeper.syncs()
    [sale] = [one for one in keeper.documents(order) if one.kind == "sale"]
    assert (sale.store_number, sale.total, sale.number) == (98, 1000, f"#{order}")
    assert sale.customer_id == keeper.pos()["Ann Other"].id


@pytest.mark.parametrize(
    ("web", "rule"),
    [
        ({"emails": [" ANN@Example.ORG"]}, "email"),
        ({"phones": ["+44 (0)20 7946-0001"]}, "phone"),
        ({"emails": ["other@example.org"], "phones": ["0044 20 79460001"]}, "phone"),
    ],
)
def test_r73_the_buyer_is_matched_by_phone_or_email_however_it_is_spelled(
    keeper: Shopkeeper, web: dict[str, Any], rule: str
) -> None:
    ann = keeper.office.upsert_customer(**ANN)
    order = keeper.buys(keeper.shop.upsert_customer(name="Ann O.", **web))
    keeper.syncs()
    assert [one.id for one in keeper.office.customers()] == [ann]
    assert keeper.buyer_in_books(order) == "Ann Other"
    assert how_linked(keeper, "Ann O.")["back-office"] == (ann, rule)


def test_r74_with_phone_or_email_either_of_them_is_a_match(keeper: Shopkeeper) -> None:
    keeper.sets(match="phone_or_email")
    assert matched(keeper) == {"Ann Web": "email", "Bob Web": "phone"}
    assert set(keeper.pos()) == {"Ann Other", "Bob Third"}


def test_r75_with_email_only_the_same_phone_is_somebody_else(keeper: Shopkeeper) -> None:
    keeper.sets(match="email")
    assert matched(keeper) == {"Ann Web": "email", "Bob Web": "nobody"}
    assert set(keeper.pos()) == {"Ann Other", "Bob Third", "Bob Web"}
    assert keeper.pos()["Bob Third"].emails == ()


def matched(keeper: Shopkeeper) -> dict[str, str]:
    """Two buy, of whom the counter knows one by her e-mail and one by his phone: by what each was found, if at all."""
    known = {
        keeper.office.upsert_customer(name="Ann Other", emails=["ann@example.org"]): "email",
        keeper.office.upsert_customer(name="Bob Third", phones=["020 7946 0002"]): "phone",
    }
    keeper.buys(keeper.shop.upsert_customer(name="Ann Web", emails=["ann@example.org"], phones=["020 7946 0888"]))
    keeper.buys(keeper.shop.upsert_customer(name="Bob Web", emails=["web@example.org"], phones=["020 7946 0002"]))
    keeper.syncs()
    there = {name: how_linked(keeper, name)["back-office"] for name in ("Ann Web", "Bob Web")}
    assert all(known.get(number, rule) == rule for number, rule in there.values())
    return {name: known.get(number, "nobody") for name, (number, _) in there.items()}


def test_r76_who_matched_is_linked_and_syncs_from_then_on(keeper: Shopkeeper) -> None:
    ann = keeper.office.upsert_customer(**ANN)
    web = keeper.shop.upsert_customer(name="Ann Other", emails=["ann@example.org"])
    keeper.buys(web)
    keeper.syncs()
    assert how_linked(keeper, "Ann Other")["back-office"] == (ann, "email")
    keeper.office.upsert_customer(ann, emails=["new@example.org"])
    keeper.syncs()
    assert keeper.shop.customer(web)["emails"] == ["new@example.org"]
    keeper.shop.upsert_customer(web, company="Other & Co")
    keeper.buys(web)
    keeper.syncs()
    assert keeper.office.customer(ann).company == "Other & Co"


def test_r77_create_new_matches_nobody_and_makes_each_customer_once(keeper: Shopkeeper) -> None:
    keeper.sets(match="create_new")
    old = keeper.office.upsert_customer(**ANN)
    web = keeper.shop.upsert_customer(**ANN)
    orders = [keeper.buys(web)]
    for _ in range(2):
        keeper.syncs()
        orders.append(keeper.buys(web))
    keeper.syncs()
    keeper.types("backup")
    keeper.types("restore", "latest", "--yes")
    keeper.syncs()
    [new] = [one.id for one in keeper.office.customers() if one.id != old]
    assert {one.customer_id for order in orders for one in keeper.documents(order)} == {new}


def test_r78_a_phone_of_one_and_an_email_of_another_is_a_question_for_a_person(keeper: Shopkeeper) -> None:
    ann = keeper.office.upsert_customer(name="Ann Other", phones=["020 7946 0001"])
    bob = keeper.office.upsert_customer(name="Bob Third", emails=["bob@example.org"])
    order = keeper.buys(
        keeper.shop.upsert_customer(name="Web Buyer", emails=["bob@example.org"], phones=["020 7946 0001"])
    )
    keeper.syncs(code=1)
    keeper.syncs()
    assert keeper.buyer_in_books(order) is None  # the sale is not held up
    assert (keeper.office.customer(ann).emails, keeper.office.customer(bob).phones) == ((), ())
    [question] = keeper.questions()
    assert question["reason"] == "which customer?"
    shown = keeper.types("holds", "show", str(question["id"]))
    assert ann in shown and bob in shown and "customers link" in shown
    keeper.types("customers", "link", keeper.number_of("Web"), "--to", "back-office", "--as", bob)
    later = keeper.buys(keeper.web()["Web Buyer"]["id"])
    keeper.syncs()
    assert keeper.buyer_in_books(later) == keeper.office.customer(bob).name
    assert keeper.questions() == [] and len(list(keeper.office.customers())) == 2


def test_r78_it_is_asked_of_those_who_never_bought_too_and_of_two_who_share_an_email(keeper: Shopkeeper) -> None:
    twins = [keeper.office.upsert_customer(name=name, emails=["ann@example.org"]) for name in ("Ann One", "Ann Two")]
    before = [keeper.office.customer(one) for one in twins]
    keeper.shop.upsert_customer(**ANN, company="Other & Co")
    keeper.syncs(code=1)
    keeper.syncs()
    assert list(keeper.office.customers()) == before and "company" in keeper.web()["Ann Other"]
    [question] = keeper.questions()
    assert question["reason"] == "which customer?"
    text = keeper.types("customers", "push", keeper.number_of("Ann Other"), "--to", "back-office", code=1)
    assert "Not written to back-office" in text
    keeper.types("customers", "link", keeper.number_of("Ann Other"), "--to", "back-office", "--new")
    assert set(keeper.pos()) == {"Ann One", "Ann Two", "Ann Other"} and keeper.questions() == []


def test_r80_without_a_web_store_there_is_nothing_to_bring_in_and_it_is_said(keeper: Shopkeeper) -> None:
    """There is no licence that could lack a web store; what is checked is that the configuration has one."""
    keeper.sections["stores"] = {}
    keeper.change()
    before = keeper.everything()
    assert f"{keeper.config}:1: stores" in keeper.syncs(code=2)
    assert keeper.everything() == before


@pytest.mark.parametrize("trigger", ["order", "any", "by hand"])
def test_r85_what_brings_a_customer_over_is_a_setting(keeper: Shopkeeper, trigger: str) -> None:
    keeper.sets(trigger="any" if trigger == "any" else "order")
    keeper.syncs()
    web = keeper.shop.upsert_customer(**ANN)
    keeper.shop.upsert_customer(**BOB)
    keeper.syncs()
    assert set(keeper.pos()) == ({"Ann Other", "Bob Third"} if trigger == "any" else set())
    if trigger == "order":
        keeper.buys(web)
        keeper.syncs()
        assert set(keeper.pos()) == {"Ann Other"}
    if trigger == "by hand":
        keeper.types("customers", "match")  # reads who is in the shop
        keeper.types("customers", "push", keeper.number_of("Ann"), "--to", "back-office")
        assert set(keeper.pos()) == {"Ann Other"}


@pytest.mark.parametrize(
    ("winner", "last", "name"),
    [
        ("newest", "shop", "Ann Web"),
        ("newest", "counter", "Ann Counter"),
        ("web", "counter", "Ann Web"),
        ("back_office", "shop", "Ann Counter"),
    ],
)
def test_r86_who_wins_is_a_setting_of_each_field(keeper: Shopkeeper, winner: str, last: str, name: str) -> None:
    """The note has the setting that the name has not, so that the two go different ways."""
    opposite = {"web": "back_office", "back_office": "web", "newest": "ask"}[winner]
    keeper.sets(trigger="any", winner={"name": winner, "note": opposite})
    web, pos = linked_ann(keeper)
    for side in ("shop", "counter") if last == "counter" else ("counter", "shop"):
        if side == "shop":
            keeper.shop.upsert_customer(web, name="Ann Web", note="web")
        else:
            keeper.office.upsert_customer(pos, name="Ann Counter", note="counter")
    keeper.syncs(code=1 if opposite == "ask" else 0)
    here, there = keeper.shop.customer(web), keeper.office.customer(pos)
    assert (here["name"], there.name) == (name, name)
    note = {"web": ("web", "web"), "back_office": ("counter", "counter"), "ask": ("web", "counter")}[opposite]
    assert (here["note"], there.note) == note
