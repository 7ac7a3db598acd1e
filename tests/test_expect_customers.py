"""A store that can answer orders and customers at once is told before the orders that customers follow, and from where.

Never otherwise: what it would read then is read for nothing, or is read and believed too late.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl import by_hand, times
from syncctl.connectors.base import Page, WebStore
from syncctl.connectors.wrapped import WrappedStore
from syncctl.errors import CursorLost, Unreachable
from syncctl.model import Customer, Order
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import Between, Cut, FailBefore, on
from tests.woo_world import WooCycles

Said = tuple[str, str | None]


class Diary(WrappedStore):
    """A store that writes down what it is told and asked of its orders and customers."""

    def __init__(self, store: WebStore, said: list[Said]) -> None:
        super().__init__(store)
        self.said = said

    def expect_customers(self, cursor: str | None) -> None:
        self.said.append(("expect", cursor))
        super().expect_customers(cursor)

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        self.said.append(("orders", cursor))
        return super().fetch_orders(cursor, since)

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        self.said.append(("customers", cursor))
        return super().fetch_customers(cursor)


class AtOnce(WrappedStore):
    """A store that answers orders and customers at once: the first page of both, kept for one reading of customers."""

    def __init__(self, store: WebStore) -> None:
        super().__init__(store)
        self.expected: list[str | None] = []
        self.kept: dict[str | None, tuple[Page[Customer], Iterator[Page[Customer]]]] = {}
        self.readings = 0  # of customers, that were not kept

    def expect_customers(self, cursor: str | None) -> None:
        self.expected = [cursor]

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        expected, self.expected, self.kept = self.expected, [], {}
        for place, page in enumerate(self.store.fetch_orders(cursor, since)):
            if place == 0:
                readings = {one: self.store.fetch_customers(one) for one in expected}
                self.kept = {one: (next(pages), pages) for one, pages in readings.items()}
            yield page

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        kept = self.kept.pop(cursor, None)
        self.kept = {}
        if kept is None:
            self.readings += 1
            yield from self.store.fetch_customers(cursor)
        else:
            yield kept[0]
            yield from kept[1]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[Said]:
    """What every store is told and asked, in its order."""
    said: list[Said] = []
    real = syncctl.cycle.open_store
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda *rest: Diary(real(*rest), said))
    return said


def of_the_next(said: list[Said], world: Any, *steps: str, **options: Any) -> list[str]:
    said.clear()
    world.run(*steps, **options)
    return [what for what, _ in said]


BOTH = ["expect", "orders", "customers"]


@pytest.mark.parametrize("kind", ["sandbox", "woocommerce"])
def test_with_any_change_wanted_each_run_expects_what_it_then_asks(tmp_path: Path, said: list[Said], kind: str) -> None:
    sections = {"customers": {"trigger": "any"}}
    world: Any = CustomerWorld(tmp_path, **sections) if kind == "sandbox" else WooCycles(tmp_path, **sections)
    world.run()
    first = dict(said)
    assert [what for what, _ in said][:3] == BOTH and first["expect"] is first["customers"] is None
    assert of_the_next(said, world)[:3] == BOTH
    cursors = dict(said)
    assert cursors["expect"] == cursors["customers"] is not None


def test_with_orders_alone_customers_are_expected_until_they_are_matched(tmp_path: Path, said: list[Said]) -> None:
    world = CustomerWorld(tmp_path)
    assert of_the_next(said, world, "pull-orders") == BOTH
    while (asked := of_the_next(said, world)) != ["orders"]:
        assert asked[:3] == BOTH
        assert len(asked) < 10
    assert of_the_next(said, world) == ["orders"]


@pytest.mark.parametrize(
    "sections",
    [
        {"customers": {"enabled": False, "fallback": "guest_account"}},
        {"customers": {"match": "create_new"}},
        {
            "customers": {
                "match": "create_new",
                "trigger": "any",
                "web_to_back_office": False,
                "fallback": "guest_account",
            }
        },
    ],
    ids=["off", "nobody is compared", "nothing comes from the web"],
)
def test_nobody_is_expected_where_nobody_is_asked_for(
    tmp_path: Path, said: list[Said], sections: dict[str, Any]
) -> None:
    world = CustomerWorld(tmp_path, **sections)
    assert of_the_next(said, world) == ["orders"]
    assert of_the_next(said, world) == ["orders"]


def test_where_orders_are_off_customers_are_asked_for_alone(tmp_path: Path, said: list[Said]) -> None:
    world = CustomerWorld(tmp_path, orders={"enabled": False}, stock={"enabled": False}, customers={"trigger": "any"})
    assert of_the_next(said, world) == ["customers"]


def test_when_levels_are_written_orders_are_read_again_and_nobody_is_expected(tmp_path: Path, said: list[Said]) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.run()
    world.office.sell("MUG", 4)
    assert of_the_next(said, world) == [*BOTH, "orders"]


def test_a_lost_cursor_begins_both_readings_anew(tmp_path: Path, said: list[Said]) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.run()
    of_the_next(said, world, "pull-orders", plans={"shop": [FailBefore(on("fetch_orders"), CursorLost("too old"))]})
    assert said[2:] == [("expect", None), ("orders", None), ("customers", None)]


def test_a_lost_cursor_of_the_customers_leaves_the_orders_where_they_are(tmp_path: Path, said: list[Said]) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.run()
    world.shop.upsert_customer(name="Ann", emails=("ann@web.example",))
    lost = FailBefore(on("fetch_customers"), CursorLost("too old"))
    assert of_the_next(said, world, "pull-orders", plans={"shop": [lost]}) == [*BOTH, "customers"]
    assert said[1][1] is not None and said[-1] == ("customers", None)
    assert world.rows("SELECT name FROM customer") == [("Ann",)]
    assert of_the_next(said, world, "pull-orders") == BOTH and said[-1][1] is not None


def test_by_hand_everybody_is_read_and_nobody_was_expected(tmp_path: Path, said: list[Said]) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.run()
    said.clear()
    by_hand.match(world.settings, dry_run=False, progress=lambda _text: None)
    assert {what for what, _ in said} == {"customers"}


# --- a store that does answer both at once --------------------------------------------------------------------------


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> list[AtOnce]:
    """The connectors of all runs, each of which answers both at once and reads two records to a page."""
    stores: list[AtOnce] = []
    real = syncctl.cycle.open_store

    def opened(*rest: Any) -> AtOnce:
        inner: Any = real(*rest)
        inner.page_size = 2
        stores.append(AtOnce(inner))
        return stores[-1]

    monkeypatch.setattr(syncctl.cycle, "open_store", opened)
    return stores


def names_in_hub(world: CustomerWorld) -> list[str]:
    return [name for (name,) in world.rows("SELECT name FROM customer ORDER BY name")]


def test_what_came_with_the_orders_is_not_asked_for_again(tmp_path: Path, stores: list[AtOnce]) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    names = [f"Person {number}" for number in range(5)]
    for name in names:
        world.shop.upsert_customer(name=name, emails=(f"{name[-1]}@web.example",))
    for _ in range(3):
        world.shop.place_order([("MUG", 1)])
    world.run()
    assert set(names) <= set(names_in_hub(world))
    world.shop.upsert_customer(name="Person 5", emails=("5@web.example",))
    world.run()
    assert "Person 5" in names_in_hub(world) and world.names()[1] == names_in_hub(world)
    assert [one.readings for one in stores] == [0, 0]


def test_who_was_edited_while_the_orders_came_is_taken_as_edited(tmp_path: Path, stores: list[AtOnce]) -> None:
    """The customers' page is older then than what the later orders say of their buyer."""
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    ann = world.shop.upsert_customer(name="Ann", emails=("ann@web.example",))
    for _ in range(4):
        world.shop.place_order([("MUG", 1)], customer=ann)
    world.run()

    def marries() -> None:
        [(page, _)] = stores[-1].kept.values()
        assert [one.name for one in page.records] == ["Ann"], "she was read before"
        world.shop.upsert_customer(ann, name="Ann King")
        world.shop.place_order([("MUG", 1)], customer=ann)

    world.shop.upsert_customer(ann, note="rings twice")
    for _ in range(4):
        world.shop.place_order([("MUG", 1)], customer=ann)
    world.run("pull-orders", plans={"shop": [Between(on("fetch_orders", 2), marries)]})
    assert world.sides["shop"].struck and names_in_hub(world) == ["Ann King"]
    world.settle()
    assert world.names() == (["Ann King"], ["Ann King"])


@pytest.mark.parametrize("pages", [1, 2])
def test_orders_that_broke_off_take_nobody_with_them(tmp_path: Path, stores: list[AtOnce], pages: int) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.run()
    for number in range(3):
        world.shop.upsert_customer(name=f"Person {number}", emails=(f"{number}@web.example",))
        world.shop.place_order([("MUG", 1)])
        world.shop.place_order([("MUG", 1)])
    report = world.run(plans={"shop": [Cut(on("fetch_orders", pages), Unreachable("shop: down"))]})
    assert report.exit_code == 3 and names_in_hub(world) == []
    world.settle()
    assert world.names()[1] == names_in_hub(world) == ["Person 0", "Person 1", "Person 2"]


def test_a_lost_cursor_of_the_orders_leaves_no_page_of_another_reading(tmp_path: Path, stores: list[AtOnce]) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.shop.upsert_customer(name="Ann", emails=("ann@web.example",))
    world.run()
    world.shop.upsert_customer(name="Bob", emails=("bob@web.example",))
    world.run(plans={"shop": [FailBefore(on("fetch_orders"), CursorLost("too old"))]})
    assert names_in_hub(world) == ["Ann", "Bob"] and stores[-1].readings == 0


def test_an_answer_of_the_time_while_the_orders_came_is_no_younger_than_it_can_be(
    tmp_path: Path, stores: list[AtOnce]
) -> None:
    """She says yes on the web, which keeps no times, and then no at the counter, which does: the no is the newer one.

    Nobody saw the web's customers between those two, for they were read before the orders, which took half an hour.
    """
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.set_store("shop", consent_times=False)
    world.office.clock = world.shop.clock
    web, counter = [
        side.upsert_customer(name="Ann", emails=("ann@web.example",)) for side in (world.shop, world.office)
    ]
    world.shop.set_consent(web, "email", "unsubscribed")
    world.office.set_consent(counter, "email", "unsubscribed")
    for _ in range(3):
        world.run()
    for _ in range(3):
        world.shop.place_order([("MUG", 1)])

    def meanwhile() -> None:
        world.hurry += timedelta(minutes=1)
        world.shop.set_consent(web, "email", "subscribed")
        for state in ("subscribed", "unsubscribed"):
            world.hurry += timedelta(minutes=2)
            world.office.set_consent(counter, "email", state)
        world.hurry += timedelta(minutes=26)

    world.hurry = timedelta(hours=1)
    world.run(plans={"shop": [Between(on("fetch_orders", 2), meanwhile)]})
    assert world.sides["shop"].struck
    for _ in range(3):
        world.hurry += timedelta(minutes=15)
        world.run()
    states = {one["consents"][0]["state"] for one in (*world.web(), *world.pos())}
    assert states == {"unsubscribed"}


def test_a_reading_that_went_on_in_a_later_run_is_as_old_as_its_beginning(tmp_path: Path, stores: list[AtOnce]) -> None:
    """Who was read in its first part may have changed since, and nobody told."""
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    for number in range(5):
        world.shop.upsert_customer(name=f"Person {number}", emails=(f"{number}@web.example",))
    begun = times.now()
    world.run(plans={"shop": [Cut(on("fetch_customers"), Unreachable("shop: down"))]})
    world.hurry = timedelta(hours=5)
    assert world.run().exit_code == 0
    read = "SELECT moved_at FROM cursor WHERE party = 'shop' AND stream = 'customers-read'"
    [(told,)] = world.rows(read)
    assert begun <= times.from_text(told) <= begun + timedelta(minutes=1)
    world.run()
    [(told,)] = world.rows(read)
    assert times.from_text(told) > begun + timedelta(hours=4)
