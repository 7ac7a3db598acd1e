"""Consent as it comes with orders (I5): an older answer never replaces a younger one, and of equal age "no" wins."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncctl.model import Consent
from tests.builders import World

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
Answer = tuple[str, datetime | None]


def buy(world: World, customer_id: str | None, answer: Answer) -> tuple[str, str]:
    """An order of somebody who has just answered; returns the ids of customer and order."""
    state, at = answer
    consent = Consent(channel="email", state=state, changed_at=at, source="checkout")
    customer_id = world.shop.upsert_customer(customer_id, name="Ada", emails=("ada@shop.example",), consents=(consent,))
    return customer_id, world.shop.place_order([("MUG", 1)], customer=customer_id)


@pytest.mark.parametrize(
    "first, second, state",
    [
        (("subscribed", EARLY), ("unsubscribed", LATE), "unsubscribed"),
        (("unsubscribed", LATE), ("subscribed", EARLY), "unsubscribed"),
        (("unsubscribed", EARLY), ("subscribed", LATE), "subscribed"),
        (("subscribed", LATE), ("unsubscribed", EARLY), "subscribed"),
        (("subscribed", EARLY), ("unsubscribed", EARLY), "unsubscribed"),
        (("unsubscribed", EARLY), ("subscribed", EARLY), "unsubscribed"),
        (("subscribed", None), ("unsubscribed", None), "unsubscribed"),
    ],
)
def test_which_of_two_answers_counts_whichever_order_is_read_last(
    tmp_path: Path, first: Answer, second: Answer, state: str
) -> None:
    """The shop says of both that the customer changed in the same instant, so only the answers tell their age."""
    world = World(tmp_path)
    instant = datetime.now(UTC) - timedelta(minutes=1)
    real, world.shop.clock = world.shop.clock, lambda: instant
    customer_id, order_id = buy(world, None, first)
    world.run()
    _, later = buy(world, customer_id, second)
    world.shop.clock = real
    world.run()
    assert world.rows("SELECT state FROM consent WHERE party = 'shop'") == [(state,)]
    if None not in (first[1], second[1]):
        world.shop.refund_all(order_id)
        world.run()
        assert world.rows("SELECT state FROM consent WHERE party = 'shop'") == [(state,)], (
            "an old order tells the answer of its day again"
        )
    assert world.totals(later) == [("sale", 1000)]


@pytest.mark.parametrize("first", ["mart", "shop"])
def test_a_no_is_heard_though_another_store_has_younger_details_of_the_same_person(tmp_path: Path, first: str) -> None:
    world = World(tmp_path, stores=sorted(["mart", "shop"], key=lambda name: name != first))
    began = datetime.now(UTC) - timedelta(minutes=5)

    def buys(store: str, minute: int, state: str, customer_id: str | None = None) -> str:
        at = began + timedelta(minutes=minute)
        shop = world.shops[store]
        real, shop.clock = shop.clock, lambda: at
        answer = Consent(channel="email", state=state, changed_at=at, source="account page")
        who = shop.upsert_customer(customer_id, name="Ada", emails=("ada@shop.example",), consents=(answer,))
        shop.place_order([("MUG", 1)], customer=who)
        shop.clock = real
        return who

    def answers() -> set[tuple[str, str]]:
        return set(world.rows("SELECT party, state FROM consent WHERE party <> 'back-office'"))

    shop, mart = buys("shop", 1, "subscribed"), buys("mart", 2, "subscribed")
    world.run()
    assert answers() == {("shop", "subscribed"), ("mart", "subscribed")}, "also of whom it joined"
    buys("shop", 3, "unsubscribed", shop)
    buys("mart", 4, "unsubscribed", mart)
    world.run()
    assert answers() == {("shop", "unsubscribed"), ("mart", "unsubscribed")}
    assert world.rows("SELECT count(*) FROM customer") == [(1,)]


def test_of_two_accounts_in_one_store_that_are_one_person_a_younger_no_counts_and_a_yes_does_not(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, customers={"country": "GB"})
    for state, at in (("subscribed", EARLY), ("unsubscribed", LATE), ("subscribed", LATE + timedelta(days=1))):
        answer = Consent(channel="email", state=state, changed_at=at, source="checkout")
        who = world.shop.upsert_customer(name="Ada", phones=("+442079460001",), consents=(answer,))
        world.shop.place_order([("MUG", 1)], customer=who)
        world.run()
    assert world.rows("SELECT role FROM link WHERE party = 'shop' ORDER BY id") == [
        ("primary",),
        ("alias",),
        ("alias",),
    ]
    with world.hub() as hub:
        [answer] = hub.customers.load([1])[1].consents
    assert answer.state == "unsubscribed", "a yes counts again when it is younger than all that was said before"
