"""R23-R40: counter and web shop have the same customers, groups and marketing preferences."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.scenarios.people import ANN, BOB, CY, HOME
from tests.scenarios.shopkeeper import Shopkeeper


def both_know(keeper: Shopkeeper, **ann: Any) -> tuple[str, str]:
    """Ann is a customer of the shop and of the counter, and linked; her ids there."""
    web = keeper.shop.upsert_customer(**ANN, **ann)
    keeper.buys(web)
    keeper.syncs()
    return web, keeper.pos()["Ann Other"].id


def groups(keeper: Shopkeeper) -> tuple[dict[str, str], dict[str, str]]:
    """The group of everybody who is in one: in the shop, and at the counter."""
    web = {name: one["group"] for name, one in keeper.web().items() if one.get("group")}
    return web, {name: one.group for name, one in keeper.pos().items() if one.group}


def preferences(keeper: Shopkeeper, channel: str = "email") -> tuple[dict[str, str], dict[str, str]]:
    """Everybody's answer about marketing: in the shop, and at the counter."""
    web = {
        name: answer["state"]
        for name, one in keeper.web().items()
        for answer in one.get("consents", ())
        if answer["channel"] == channel
    }
    pos = {
        name: answer.state for name, one in keeper.pos().items() for answer in one.consents if answer.channel == channel
    }
    return web, pos


def test_r23_online_customers_are_kept_and_managed_at_the_counter(keeper: Shopkeeper) -> None:
    web, pos = both_know(keeper)
    keeper.office.add_groups(["Trade"])
    keeper.office.upsert_customer(
        pos, name="Ann Wed", company="Wed & Co", emails=["wed@example.org"], phones=[], addresses=[HOME], group="Trade"
    )
    keeper.office.set_consent(pos, "email", "unsubscribed")
    keeper.syncs()
    there = keeper.shop.customer(web)
    assert (there["name"], there["company"], there["emails"]) == ("Ann Wed", "Wed & Co", ["wed@example.org"])
    assert (there["phones"], there["addresses"][0]["city"], there["group"]) == ([], "York", "Trade")
    assert preferences(keeper) == ({"Ann Wed": "unsubscribed"},) * 2


def test_r24_both_sides_are_alike_after_each_cycle_whoever_changed_what(keeper: Shopkeeper) -> None:
    keeper.sets(trigger="any")
    web, pos = both_know(keeper)
    keeper.shop.upsert_customer(web, phones=["020 7946 0777"], note="asked for a quote")
    keeper.office.upsert_customer(pos, company="Other & Co", emails=["ann@example.org", "office@example.org"])
    keeper.syncs()
    here, there = keeper.web()["Ann Other"], keeper.pos()["Ann Other"]
    alike = ("Other & Co", ["ann@example.org", "office@example.org"], ["020 7946 0777"], "asked for a quote")
    assert (here["company"], here["emails"], here["phones"], here["note"]) == alike
    assert (there.company, list(there.emails), list(there.phones), there.note) == alike


@pytest.mark.parametrize("where", ["shop", "counter"])
def test_r25_groups_emails_and_marketing_preference_are_kept_in_sync(keeper: Shopkeeper, where: str) -> None:
    keeper.sets(trigger="any")
    ids = both_know(keeper)
    for side in (keeper.shop, keeper.office):
        side.add_groups(["VIP"])
    side, number = (keeper.shop, ids[0]) if where == "shop" else (keeper.office, ids[1])
    side.upsert_customer(number, emails=["new@example.org"], group="VIP")
    side.set_consent(number, "email", "subscribed")
    keeper.syncs()
    assert groups(keeper) == ({"Ann Other": "VIP"}, {"Ann Other": "VIP"})
    assert preferences(keeper) == ({"Ann Other": "subscribed"}, {"Ann Other": "subscribed"})
    assert keeper.web()["Ann Other"]["emails"] == list(keeper.pos()["Ann Other"].emails) == ["new@example.org"]
    side.upsert_customer(number, group="")
    side.set_consent(number, "email", "unsubscribed")
    keeper.syncs()
    assert groups(keeper) == ({}, {})
    assert preferences(keeper) == ({"Ann Other": "unsubscribed"}, {"Ann Other": "unsubscribed"})


def test_r26_a_group_sets_prices_so_nobody_is_ever_put_into_another_than_was_said(keeper: Shopkeeper) -> None:
    keeper.shop.add_groups(["VIP", "wholesale"])
    keeper.office.add_groups(["VIP"])
    _, pos = both_know(keeper, group="VIP")
    keeper.office.add_groups(["Wholesale"])
    keeper.office.upsert_customer(pos, group="Wholesale", note="buys by the pallet")
    keeper.syncs(code=1)
    assert groups(keeper) == ({"Ann Other": "VIP"}, {"Ann Other": "Wholesale"})  # neither "wholesale" nor none
    assert keeper.web()["Ann Other"]["note"] == "buys by the pallet"
    [question] = keeper.questions()
    assert (question["record"], question["reason"]) == ("Ann Other", "group missing")
    shown = keeper.types("holds", "show", str(question["id"]))
    assert "'Wholesale'" in shown and "syncctl customers groups --create" in shown
    keeper.types("customers", "groups", "--create")
    keeper.syncs()
    assert groups(keeper) == ({"Ann Other": "Wholesale"}, {"Ann Other": "Wholesale"}) and keeper.questions() == []


def test_r27_for_customers_on_both_sides_already_groups_are_brought_in_line_once(keeper: Shopkeeper) -> None:
    keeper.shop.add_groups(["VIP", "Club"])
    keeper.office.add_groups(["Trade"])
    for customer, group in ((ANN, "VIP"), (BOB, "Club"), (CY, "")):
        keeper.shop.upsert_customer(**customer, group=group)
        keeper.office.upsert_customer(**customer, group="Trade" if customer is CY else "")
    keeper.syncs(code=1)
    assert groups(keeper) == ({"Ann Other": "VIP", "Bob Third": "Club"}, {"Cy Fourth": "Trade"})
    rows = {row["title"]: row for row in keeper.asks("customers", "groups")["groups"]}
    assert {title: row["sides"]["back-office"] for title, row in rows.items()} == {
        "VIP": "missing",
        "Club": "missing",
        "Trade": "yes",
    }
    assert rows["VIP"]["customers"] == [int(keeper.number_of("Ann"))]
    keeper.types("customers", "groups", "--create")
    keeper.syncs()
    everybody = {"Ann Other": "VIP", "Bob Third": "Club", "Cy Fourth": "Trade"}
    assert groups(keeper) == (everybody, everybody)


def test_r28_after_that_first_step_all_is_automatic(keeper: Shopkeeper) -> None:
    keeper.shop.add_groups(["VIP"])
    keeper.office.add_groups(["Trade"])
    keeper.types("customers", "groups", "--create")
    web, pos = both_know(keeper, group="VIP")
    bob = keeper.shop.upsert_customer(**BOB, group="Trade")
    keeper.buys(bob)
    keeper.office.upsert_customer(pos, group="Trade")
    keeper.syncs()
    assert groups(keeper) == ({"Ann Other": "Trade", "Bob Third": "Trade"},) * 2
    keeper.shop.upsert_customer(bob, group="VIP", emails=["b3@example.org"])
    keeper.shop.set_consent(web, "email", "unsubscribed")
    for customer in (web, bob):
        keeper.buys(customer)
    keeper.syncs()
    assert groups(keeper) == ({"Ann Other": "Trade", "Bob Third": "VIP"},) * 2
    assert keeper.pos()["Bob Third"].emails == ("b3@example.org",)
    assert preferences(keeper) == ({"Ann Other": "unsubscribed"},) * 2


def test_r29_where_only_the_counter_has_groups_they_enable_themselves(keeper: Shopkeeper) -> None:
    keeper.office.add_groups(["VIP", "Trade"])
    keeper.office.upsert_customer(**ANN, group="VIP")
    keeper.office.upsert_customer(**BOB, group="Trade")
    for customer in (ANN, BOB):
        keeper.buys(keeper.shop.upsert_customer(**customer))
    assert keeper.shop.groups() == []
    keeper.syncs()
    assert set(keeper.shop.groups()) == {"VIP", "Trade"}
    assert groups(keeper) == ({"Ann Other": "VIP", "Bob Third": "Trade"},) * 2


def test_r30_the_setup_makes_each_group_of_the_shop_at_the_counter_with_exactly_its_title(keeper: Shopkeeper) -> None:
    titles = ["VIP", "vip", "Trade (10 %)", " early  birds ", "Søster & Söhne 🛒", "قطاعي"]
    keeper.shop.add_groups(titles)
    keeper.office.add_groups(["Staff"])
    assert {row["title"] for row in keeper.asks("customers", "groups")["groups"]} == {*titles, "Staff"}
    assert keeper.office.groups() == ["Staff"]
    keeper.types("customers", "groups", "--create")
    assert set(keeper.office.groups()) == set(keeper.shop.groups()) == {*titles, "Staff"}


def test_r31_groups_match_by_exact_title_and_setting_them_up_again_does_no_harm(keeper: Shopkeeper) -> None:
    keeper.shop.add_groups(["VIP", "Trade"])
    keeper.office.add_groups(["vip", "Trade"])
    text = keeper.types("customers", "groups")
    assert "back-office: VIP" in text and "shop: vip" in text  # what is missing where
    rows = {row["title"]: row for row in keeper.asks("customers", "groups")["groups"]}
    assert rows["Trade"]["sides"] == {"back-office": "yes", "shop": "yes"}
    assert "back-office has 'vip'" in rows["VIP"]["note"]  # which may be a slip of the pen
    keeper.types("customers", "groups", "--create")
    after = keeper.everything()
    keeper.types("customers", "groups", "--create")
    assert keeper.everything() == after
    assert set(keeper.shop.groups()) == set(keeper.office.groups()) == {"VIP", "vip", "Trade"}


def test_r32_a_customer_on_both_sides_is_synced_without_an_order(keeper: Shopkeeper) -> None:
    keeper.shop.upsert_customer(name="Ann O.", emails=["ANN@example.org"])
    ann = keeper.office.upsert_customer(**ANN)
    keeper.shop.upsert_customer(name="B. Third", phones=["+44 20 7946 0002"])
    bob = keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    assert (len(keeper.shop.customers()), len(list(keeper.office.customers()))) == (2, 2)
    links = {one["name"]: one["sides"]["back-office"]["remote_id"] for one in keeper.listed().values()}
    assert links == {"Ann O.": ann, "B. Third": bob}
    keeper.office.upsert_customer(ann, note="pays cash")
    keeper.office.upsert_customer(bob, company="Third & Sons")
    keeper.syncs()
    assert keeper.web()["Ann O."]["note"] == "pays cash" and keeper.web()["B. Third"]["company"] == "Third & Sons"


@pytest.mark.parametrize("event", ["order", "login"])
def test_r33_a_customer_of_the_counter_alone_is_linked_at_the_first_online_order_or_login(
    keeper: Shopkeeper, event: str
) -> None:
    """A login is seen by what it leaves: the account in the shop, which `trigger: any` reads."""
    keeper.sets(trigger="order" if event == "order" else "any")
    ann = keeper.office.upsert_customer(**ANN, company="Other & Co")
    keeper.syncs()
    assert keeper.web() == {}
    web = keeper.shop.upsert_customer(name="Ann Other", emails=["ann@example.org"])
    if event == "order":
        keeper.buys(web)
    else:
        keeper.shop.register(web)
    keeper.syncs()
    assert (keeper.web()["Ann Other"]["company"], keeper.web()["Ann Other"]["phones"]) == ("Other & Co", ANN["phones"])
    keeper.office.upsert_customer(ann, note="pays cash")
    keeper.syncs()
    assert keeper.web()["Ann Other"]["note"] == "pays cash"
    assert {one.id for one in keeper.office.customers()} == {ann}


def test_r34_a_customer_of_the_shop_alone_is_synced_only_after_a_purchase(keeper: Shopkeeper) -> None:
    ann, _ = keeper.shop.upsert_customer(**ANN), keeper.shop.upsert_customer(**BOB)
    keeper.buys(ann)
    keeper.shop.cancel_order(keeper.buys(keeper.shop.upsert_customer(**CY)), refund=True)  # which is no purchase
    for _ in range(2):
        keeper.syncs()
    assert list(keeper.pos()) == ["Ann Other"]


def test_r35_who_never_bought_is_listed_and_can_be_added_by_hand(keeper: Shopkeeper) -> None:
    keeper.shop.upsert_customer(**ANN)
    cy = keeper.shop.upsert_customer(**CY)
    keeper.buys(keeper.shop.upsert_customer(**BOB))
    keeper.syncs()
    waiting = keeper.listed("--web-only")
    assert set(waiting) == {"Ann Other", "Cy Fourth"} and list(keeper.pos()) == ["Bob Third"]
    words = waiting["Ann Other"]["waits_for"]
    assert words == f"an order, or: syncctl customers push {waiting['Ann Other']['id']} --to back-office"
    keeper.types(*words.partition("syncctl ")[2].split())
    assert set(keeper.pos()) == {"Bob Third", "Ann Other"}
    keeper.buys(cy)  # or he buys after all
    keeper.syncs()
    assert set(keeper.pos()) == {"Bob Third", "Ann Other", "Cy Fourth"} and keeper.listed("--web-only") == {}
    keeper.shop.upsert_customer(name="Dee Fifth", emails=["dee@example.org"])  # since the shop was read whole
    keeper.syncs()
    assert "to read them now: syncctl customers match" in keeper.types("customers", "list", "--web-only")
    keeper.types("customers", "match")
    assert set(keeper.listed("--web-only")) == {"Dee Fifth"} and "Dee Fifth" not in keeper.pos()


def test_r36_by_hand_is_needed_once_and_everything_after_that_is_automatic(keeper: Shopkeeper) -> None:
    web = keeper.shop.upsert_customer(**ANN)
    keeper.syncs()
    keeper.types("customers", "push", keeper.number_of("Ann"), "--to", "back-office")
    pos = keeper.pos()["Ann Other"].id
    keeper.shop.upsert_customer(web, phones=["020 7946 0777"])
    keeper.office.upsert_customer(pos, note="pays cash")
    keeper.buys(keeper.shop.upsert_customer(**BOB))
    keeper.syncs()
    assert keeper.web()["Ann Other"]["note"] == "pays cash" and "Bob Third" in keeper.pos()
    keeper.syncs()
    assert keeper.office.customer(pos).phones == ("020 7946 0777",)


def test_r37_a_customer_is_in_one_group_only(keeper: Shopkeeper) -> None:
    for side in (keeper.shop, keeper.office):
        side.add_groups(["VIP", "Trade", "Club"])
    keeper.sets(trigger="any")
    web, pos = both_know(keeper, group="VIP")
    for side, number, group in ((keeper.office, pos, "Trade"), (keeper.shop, web, "Club"), (keeper.office, pos, "VIP")):
        side.upsert_customer(number, group=group)
        keeper.syncs()
        assert groups(keeper) == ({"Ann Other": group}, {"Ann Other": group})
        members = {row["title"]: row["customers"] for row in keeper.asks("customers", "groups")["groups"]}
        assert sum(keeper.asks("customers", "find", "--group", title)["total"] for title in members) == 1


@pytest.mark.parametrize("winner", ["ask", "newest", "web"])
@pytest.mark.parametrize(("take", "kept"), [("web", "VIP"), ("back-office", "Trade")])
def test_r38_of_two_different_groups_the_user_chooses(keeper: Shopkeeper, take: str, kept: str, winner: str) -> None:
    """Whatever is set for later changes: which of the two was meant at first, no rule can know."""
    keeper.sets(winner={"group": winner})
    for side, group in ((keeper.shop, "VIP"), (keeper.office, "Trade")):
        side.add_groups(["VIP", "Trade"])
        side.upsert_customer(**ANN, group=group)
    keeper.syncs(code=1)
    keeper.syncs()  # asked once
    assert groups(keeper) == ({"Ann Other": "VIP"}, {"Ann Other": "Trade"})
    [question] = keeper.questions()
    assert question["reason"] == "which group?"
    shown = keeper.types("holds", "show", str(question["id"]))
    assert "VIP" in shown and "Trade" in shown and f"holds resolve {question['id']} --take" in shown
    keeper.types("holds", "resolve", str(question["id"]), "--take", take)
    keeper.syncs()
    assert groups(keeper) == ({"Ann Other": kept}, {"Ann Other": kept}) and keeper.questions() == []


@pytest.mark.parametrize("last", ["shop", "counter"])
def test_r39_the_most_recent_email_and_preference_is_everywhere(keeper: Shopkeeper, last: str) -> None:
    """Both sides change both between two cycles: the later word holds, on both sides."""
    keeper.sets(trigger="any")
    web, pos = both_know(keeper)
    words = [
        (keeper.shop, web, "shop@example.org", "subscribed" if last == "shop" else "unsubscribed"),
        (keeper.office, pos, "counter@example.org", "subscribed" if last == "counter" else "unsubscribed"),
    ]
    for side, number, email, state in words if last == "counter" else reversed(words):
        side.upsert_customer(number, emails=[email])
        side.set_consent(number, "email", state)
    keeper.syncs()
    assert keeper.web()["Ann Other"]["emails"] == list(keeper.pos()["Ann Other"].emails) == [f"{last}@example.org"]
    assert preferences(keeper) == ({"Ann Other": "subscribed"}, {"Ann Other": "subscribed"})
    shown = keeper.asks("customers", "show", keeper.number_of("Ann"))
    assert {row["field"]: row["from"] for row in shown["fields"]}["emails"] == {"counter": "back-office"}.get(
        last, last
    )


PLACES: dict[str, Callable[[Shopkeeper, str, str, str], object]] = {
    "counter": lambda keeper, _, pos, state: keeper.office.set_consent(pos, "email", state),
    "admin of the shop": lambda keeper, web, _, state: keeper.shop.set_consent(web, "email", state, source="admin"),
    "mobile app": lambda keeper, web, _, state: keeper.shop.set_consent(web, "email", state, source="app"),
    "checkout": lambda keeper, web, _, state: (
        keeper.shop.set_consent(web, "email", state, source="checkout"),
        keeper.buys(web),
    ),
}


@pytest.mark.parametrize("last", PLACES)
@pytest.mark.parametrize("state", ["subscribed", "unsubscribed"])
def test_r40_it_counts_wherever_it_was_changed_last(keeper: Shopkeeper, last: str, state: str) -> None:
    keeper.sets(trigger="any")
    web, pos = both_know(keeper)
    other = {"subscribed": "unsubscribed", "unsubscribed": "subscribed"}[state]
    for place in (*(one for one in PLACES if one != last), last):
        PLACES[place](keeper, web, pos, state if place == last else other)
    keeper.syncs()
    assert preferences(keeper) == ({"Ann Other": state}, {"Ann Other": state})
    [here], [there] = keeper.web()["Ann Other"]["consents"], keeper.pos()["Ann Other"].consents
    assert here["source"] == there.source == {"admin of the shop": "admin", "mobile app": "app"}.get(last, last)
    assert there.changed_at is not None and here["changed_at"].startswith(f"{there.changed_at:%Y-%m-%dT%H:%M:%S}")


def test_r40_where_neither_side_tells_times_what_was_seen_last_counts(keeper: Shopkeeper) -> None:
    untimed = {"consent_times": False}
    keeper.change(stores={"shop": {**keeper.sections["stores"]["shop"], **untimed}}, back_office=untimed)
    keeper.sets(trigger="any")
    web, pos = both_know(keeper)
    for place, state in (("checkout", "subscribed"), ("counter", "unsubscribed"), ("mobile app", "subscribed")):
        PLACES[place](keeper, web, pos, state)
        for _ in range(2):
            keeper.syncs()
        assert preferences(keeper) == ({"Ann Other": state}, {"Ann Other": state})
    PLACES["counter"](keeper, web, pos, "unsubscribed")
    PLACES["admin of the shop"](keeper, web, pos, "unsubscribed")
    PLACES["checkout"](keeper, web, pos, "subscribed")  # of one cycle nobody knows what came last: the no counts
    keeper.syncs()
    assert preferences(keeper) == ({"Ann Other": "unsubscribed"}, {"Ann Other": "unsubscribed"})
