"""Whole cycles over shops that differ in what is said nowhere of Shopify: each comes to rest, and loses nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.model import Address
from tests.fakes.shopify.checkout import Buy, Off, Ship
from tests.shopify_world import ShopifyCycles

SHOPS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "small letters, all answers taken": {"lowers_email": True, "older_consent": "taken"},
    "older answers refused, orders move nobody": {"older_consent": "refused", "orders_move_customers": False},
    "the same address twice": {"refuses_same_address": False, "tips": "apart", "refund_subtotal": "net"},
    "edits leave no refunds": {"removal_makes_refund": False, "adjusted_total": False, "archives": False},
    "totals are converted whole, old accounts": {"converted_totals": True, "customer_accounts": "CLASSIC"},
    "an index that lags by a minute": {"index_lag": 60.0},
    "lines are converted whole": {"converted_lines": True},
    "the small schema, gift cards wait": {"own_schema": True, "sends_gift_cards": False},
}
HOME = {"address1": "3 Mill Lane", "city": "York", "zip": "YO1 1AA", "country_code_v2": "GB"}
PAT: dict[str, Any] = {
    "name": "Pat Poole",
    "emails": ["Pat@Pos.Example"],
    "phones": ["020 7946 0123"],
    "addresses": [Address(kind="billing", street="1 High St\nFlat 2", city="Leeds", country="GB")],
    "group": "Trade",
}


def busy(world: ShopifyCycles) -> list[int]:
    """A day in the shop and at the counter; the orders of it."""
    hands, office = world.hands, world.office
    mug, tray = world.sell("MUG", "10.00", 100), world.sell("TRAY", "4.00", 50)
    card = hands.add_variant("CARD", None, "25.00", is_gift_card=True)
    office.add_groups(["Trade", "Staff"])
    office.upsert_customer(**PAT)
    ann = hands.add_customer("ann@web.example", first_name="Ann", phone="+441904496000", tags=["VIP"], address=HOME)
    hands.set_consent(ann, "email", "subscribed")
    bare: dict[str, Any] = {"taxes_included": True, "shipping_to": HOME}
    plain = hands.place([Buy(mug, 2, rate="0.2"), Buy(tray)], ships=[Ship("4.95")], customer=ann, **bare)
    cheap = hands.place([Buy(mug, 3)], offs=[Off("1.00")], tip="2.00", email="guest@web.example")
    gift = hands.place([Buy(card), Buy(tray, 2)], gift_card="5.00", presented=("EUR", "0.9"), customer=ann)
    return [plain, cheap, gift]


def later(world: ShopifyCycles, orders: list[int]) -> None:
    """What happens to them on the next day."""
    plain, cheap, gift = orders
    hands = world.hands
    hands.refund(plain, {world.site.orders[plain].lines[0].id: 1}, shipping="2.00")
    hands.edit(cheap, world.site.orders[cheap].lines[0].id, 2)
    hands.fulfil(gift)


def run(world: ShopifyCycles, times: int = 1) -> None:
    for _ in range(times):
        report = world.run()
        assert report.exit_code in (0, 1), report
        world.hurry += timedelta(hours=1)


@pytest.mark.parametrize("options", SHOPS.values(), ids=SHOPS)
def test_a_shop_of_any_kind_comes_to_rest_with_both_sides_agreed(tmp_path: Path, options: dict[str, Any]) -> None:
    store = {"group_prefix": "group:", "groups": ["Trade", "Staff"]}
    customers = {"trigger": "any", "upload": "all", "country": "GB"}
    with ShopifyCycles(tmp_path, options=options, store=store, customers=customers) as world:
        orders = busy(world)
        run(world, 3)
        later(world, orders)
        run(world, 3)
        wrote, mails = len(world.site.oracle.writes()), list(world.site.oracle.mails)
        run(world, 2)
        assert len(world.site.oracle.writes()) == wrote, world.site.oracle.writes()[wrote:]
        assert world.writes_to_office() == 0
        assert (mails, world.rows("SELECT kind, record, reason FROM hold")) == ([], [])
        agreed(world, orders)


def agreed(world: ShopifyCycles, orders: list[int]) -> None:
    assert {one["name"] for one in world.people()} >= {"Pat Poole", "Ann"}
    assert world.person("pat@pos.example" if world.site.options.lowers_email else "Pat@Pos.Example").tags == [
        "group:Trade"
    ]
    for order_id in orders:
        assert [kind for kind, _ in world.totals(str(order_id))].count("sale") == 1
    there = {sku: available for sku, _, available in world.office.levels()}
    assert world.levels() == {sku: there[sku] for sku in world.levels()}


@pytest.mark.parametrize("anew", [False, True])
def test_a_no_is_never_a_yes_when_the_e_mail_it_was_given_for_is_another_now(tmp_path: Path, anew: bool) -> None:
    """Some shops ask anew who has a new address: that he was not asked there is no answer."""
    options = {"new_contact_is_asked_anew": anew}
    customers = {"trigger": "any", "upload": "all", "country": "GB"}
    with ShopifyCycles(tmp_path, options=options, customers=customers) as world:
        ann = world.hands.add_customer("ann@web.example", first_name="Ann")
        world.hands.set_consent(ann, "email", "unsubscribed")
        run(world, 3)
        [person] = world.office.customers()
        assert [(one.channel, one.state) for one in person.consents] == [("email", "unsubscribed")]
        world.office.upsert_customer(person.id, name="Ann", emails=["ann@new.example"])
        run(world, 3)
        kept = world.site.customers[ann]
        assert kept.email == "ann@new.example"
        assert "SUBSCRIBED" not in {kept.email_consent.state, *(state for state, _ in kept.email_consent.history)}
        [person] = world.office.customers()
        assert [(one.channel, one.state) for one in person.consents] == [("email", "unsubscribed")]
        wrote = len(world.site.oracle.writes())
        run(world, 2)
        assert (len(world.site.oracle.writes()), world.writes_to_office()) == (wrote, 0)
