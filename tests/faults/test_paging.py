"""Paging horrors: whatever order, size or number the pages come in, nothing is missed and nothing is twice, and each
reading has an end: where the pages go wrong it is an error that names the party, and the next sound one makes all well.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors import paging
from syncctl.connectors.base import Page
from syncctl.model import Report
from tests.fakes.faulty import Between, Fault, Repaged, on
from tests.faults.world import OFFICE, FaultWorld, Scene, in_memory, small_steps
from tests.stock_world import states

Pages = Iterator[Page[Any]]
Change = Callable[[Pages], Pages]
Record = Callable[[str, object], None]
READINGS = {  # reading -> the party, and the step that fails with it
    "fetch_orders": ("shop", "pull-orders"),
    "fetch_shipments": (OFFICE, "pull-data"),
    "fetch_variants": (OFFICE, "pull-data"),
    "fetch_stock": (OFFICE, "pull-data"),
    "fetch_listings": ("shop", "push-data"),
}
SKUS = [f"SKU-{number}" for number in range(6)]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Pages of two; in step, and then news of every kind on at least three pages of each reading."""
    with small_steps(2), in_memory() as place:
        folder = place / "start"
        folder.mkdir()
        world = FaultWorld(folder, goods=[(sku, "2.00", 50) for sku in SKUS])
        first = [world.shop.place_order([(sku, 1)]) for sku in SKUS]
        world.settle()
        for order_id in first:
            [reference] = [one.reference for one in world.documents(order_id) if one.kind == "sale"]
            world.office.ship(reference, tracking_number=f"T-{order_id}")
        for sku in SKUS:
            world.shop.place_order([(sku, 2), (SKUS[0], 1)])
            world.office.sell(sku)
            world.office.set_price(sku, "2.50")
        world.close()
        yield Scene(folder, {})


def assert_nothing_is_missed_and_nothing_twice(world: FaultWorld) -> None:
    """Asked of the shop and of the books."""
    world.settle()
    world.assert_exact()
    world.assert_booked_once()
    assert sorted(total for _, total in world.totals()) == [200] * 6 + [600] * 6
    assert {one.order_id for one in world.documents()} == set(world.shop.order_ids())
    bodies = [world.shop.order(order_id) for order_id in world.shop.order_ids()]
    assert sorted(len(body["fulfilments"]) for body in bodies) == [0] * 6 + [1] * 6
    assert {world.shop.price(sku) for sku in SKUS} == {"2.50"}
    assert world.rows("SELECT count(*) FROM listing") == [(len(SKUS),)]


def run(world: FaultWorld, method: str, *faults: Fault) -> Report:
    return world.run(plans={READINGS[method][0]: list(faults)})


# --- what is only odd ----------------------------------------------------------------------------------------------


def each_page_twice(pages: Pages) -> Pages:
    for page in pages:
        yield from (page, page)


def each_record_twice(pages: Pages) -> Pages:
    for page in pages:
        yield replace(page, records=[*page.records, *page.records])


def backwards(pages: Pages) -> Pages:
    for page in pages:
        yield replace(page, records=page.records[::-1])


def in_another_order(pages: Pages) -> Pages:
    """Also from page to page; the cursors come in their turn."""
    sound = list(pages)
    records = [record for page in sound for record in page.records]
    random.Random(20).shuffle(records)
    for page in sound:
        size = len(page.records)
        yield replace(page, records=records[:size])
        records = records[size:]


def empty_pages_between(pages: Pages) -> Pages:
    """With a next page each, and the cursor of the page before."""
    for page in pages:
        yield page
        for _ in range(7):
            yield replace(page, records=())


def one_page(pages: Pages) -> Pages:
    """The page size that was asked for is not kept."""
    sound = list(pages)
    yield replace(sound[-1], records=[record for page in sound for record in page.records])


def one_record_a_page(pages: Pages) -> Pages:
    """With the cursor of its own page: it resumes after its last record, and none but that may stand there."""
    for page in pages:
        if len(page.records) < 2:
            yield page
            continue
        first, *rest = page.records
        yield replace(page, records=[first, *rest[:-1]])
        yield replace(page, records=rest[-1:])


ODD = [
    each_page_twice,
    each_record_twice,
    backwards,
    in_another_order,
    empty_pages_between,
    one_page,
    one_record_a_page,
]


@pytest.mark.parametrize("method", READINGS)
def test_odd_pages_are_read_as_if_they_were_sound(scene: Scene, method: str, record_property: Record) -> None:
    for change in ODD:
        with scene.copy() as world:
            report = run(world, method, Repaged(method, change))
            assert set(states(report).values()) == {"done"}, (change.__name__, report)
            assert_nothing_is_missed_and_nothing_twice(world)
    record_property("fault paging cells", len(ODD))


@pytest.mark.parametrize("method", READINGS)
@pytest.mark.parametrize("nth", [2, 3])
def test_what_moves_to_another_page_while_they_are_read_is_not_missed(scene: Scene, method: str, nth: int) -> None:
    """The last record comes first, or what was read already comes last, as any reading by the time of change moves."""
    with scene.copy() as world:
        first, *_, last = world.shop.order_ids()

        def move() -> None:
            for order_id in (first, last):
                world.shop.touch(order_id)
            for sku in (SKUS[0], SKUS[-1]):
                world.office.receive(sku, 3)
                world.shop.set_price(sku, "9.00")

        run(world, method, Between(on(method, nth), move))
        assert_nothing_is_missed_and_nothing_twice(world)


# --- what is wrong -------------------------------------------------------------------------------------------------


def the_first_page_for_ever(pages: Pages) -> Pages:
    """The cursor does not move."""
    first = next(pages)
    while True:
        yield first


def a_loop_of_pages(pages: Pages) -> Pages:
    """The next of the last page is the first again."""
    sound = list(pages)
    while True:
        yield from sound


def the_number_of_the_page_is_ignored(pages: Pages) -> Pages:
    """The first page answers to every number, and its cursor claims that those pages were read."""
    sound = list(pages)
    for page in sound:
        yield replace(page, records=sound[0].records)


def empty_for_ever(pages: Pages) -> Pages:
    """A next page each time, and never anything on it."""
    first = next(pages)
    yield first
    while True:
        yield replace(first, records=())


@pytest.mark.parametrize("change", [the_first_page_for_ever, a_loop_of_pages, the_number_of_the_page_is_ignored])
@pytest.mark.parametrize("method", READINGS)
def test_pages_that_go_in_a_circle_end_the_reading_with_an_error(
    scene: Scene, method: str, change: Change, record_property: Record
) -> None:
    party, step = READINGS[method]
    with scene.copy() as world:
        report = run(world, method, Repaged(method, change))
        assert report.exit_code == 3
        [failed] = [part for part in report.steps if part.state == "failed"]
        assert (failed.step, failed.party) == (step, party)
        assert party in failed.reason and "circle" in failed.reason
        assert party in failed.hint and "again" in failed.hint
        assert world.calls(method, party) <= 20
        world.assert_booked_once()
        assert_nothing_is_missed_and_nothing_twice(world)
    record_property("fault paging cells", 1)


@pytest.mark.parametrize("method", READINGS)
def test_pages_without_end_are_ended(scene: Scene, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    assert paging.MOST_THIN_PAGES == 10_000
    if method != "fetch_stock":  # the real number once
        monkeypatch.setattr(paging, "MOST_THIN_PAGES", 200)
    party, _ = READINGS[method]
    with scene.copy() as world:
        report = run(world, method, Repaged(method, empty_for_ever))
        [failed] = [part for part in report.steps if part.state == "failed"]
        assert (failed.party, report.exit_code) == (party, 3)
        assert "no end" in failed.reason and failed.hint
        assert world.calls(method, party) <= paging.MOST_THIN_PAGES + 2
        assert_nothing_is_missed_and_nothing_twice(world)


def test_ten_thousand_records_in_one_page_are_read(memory: Path) -> None:
    with small_steps(10_000):
        world = FaultWorld(memory, goods=())
        skus = [f"S-{number}" for number in range(10_000)]
        world.office.load_variants((sku, sku, "1.00", 5) for sku in skus)
        with world.shop.atomic():
            for sku in skus:
                world.shop.add_listing(sku, sku, "1.00", 4)
            body = world.shop.order(world.shop.place_order([("S-0", 1)]))
            for number in range(20_000, 29_999):
                world.shop.put_raw(str(number), json.dumps({**body, "id": str(number), "test": True}))
        report = world.run("pull-orders", "pull-data", "push-data")
        assert set(states(report).values()) == {"done"}
        assert world.calls("fetch_stock") == world.calls("fetch_variants") == 2
        assert world.rows("SELECT count(*), count(DISTINCT remote_id) FROM sales_order") == [(10_000, 10_000)]
        assert world.rows("SELECT count(*), sum(available) FROM stock_level") == [(10_000, 50_000)]
        shown = world.shop.connection.execute("SELECT sum(quantity = 5), count(*) FROM listing").fetchone()
        assert shown == (9_999, 10_000)
        world.close()


def test_a_large_catalog_in_pages_of_a_hundred_is_no_reading_without_end() -> None:
    def pages() -> Pages:
        for number in range(12_000):
            yield Page(records=[(number, place) for place in range(100)], cursor=str(number))

    assert sum(len(page.records) for page in paging.guarded("shop", "listings", pages())) == 1_200_000
