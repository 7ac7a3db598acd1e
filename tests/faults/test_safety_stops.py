"""Readings that cannot be right stop the run before the first write of what is in doubt, with exit code 5 and the
command that goes on; typed as it is told, it goes on exactly once. The bounds, to the unit, are in `test_rules_guards`.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.model import About, Report
from tests.fakes.faulty import Fault, Lie, Repaged, on
from tests.faults.world import OFFICE, FaultWorld, Scene, in_memory, small_steps
from tests.stock_world import states

SKUS = [f"SKU-{number:03}" for number in range(120)]
Records = Sequence[Any]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """120 SKUs with levels and prices as any shop has them, in step; then an order, deliveries and new prices."""
    draw = random.Random(10)
    with small_steps(50), in_memory() as place:
        folder = place / "start"
        folder.mkdir()
        goods = [(sku, f"{2 ** draw.uniform(0, 9):.2f}", draw.randint(1, 100)) for sku in SKUS]
        world = FaultWorld(folder, goods=goods, stock={"verify": "0s"}, stores=("shop", "other"))
        world.settle()
        world.shop.place_order([(SKUS[0], 1)])
        for sku in SKUS[:3]:
            world.office.receive(sku, 3)
            world.office.set_price(sku, "7.00")
        world.close()
        yield Scene(folder, {"stock": {"verify": "0s"}, "stores": ("shop", "other")})


def whole(method: str, change: Callable[[Records], Records]) -> Repaged:
    """The reading comes as one page, with other records."""

    def pages(sound: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
        read = list(sound)
        yield replace(read[-1], records=change([record for page in read for record in page.records]))

    return Repaged(method, pages)


def none(_records: Records) -> Records:
    return []


def half(records: Records) -> Records:
    return records[::2]


def all_at_zero(records: Records) -> Records:
    return [one._replace(available=0, on_hand=0) for one in records]


def slipped(records: Records) -> Records:
    """The column of SKUs slipped by a row: each has its neighbour's numbers."""
    return [one._replace(sku=other.sku) for one, other in pairwise(records)]


def priced(change: Callable[[str], str]) -> Callable[[Records], Records]:
    def all_of_them(records: Records) -> Records:
        return [
            replace(one, prices=tuple(replace(price, amount=change(price.amount)) for price in one.prices))
            for one in records
        ]

    return all_of_them


def slipped_prices(records: Records) -> Records:
    return [replace(one, prices=other.prices) for one, other in pairwise(records)]


BOOKS = [
    ("fetch_stock", none, "120 of 120"),
    ("fetch_stock", half, "60 of 120"),
    ("fetch_stock", all_at_zero, "120 of 120"),
    ("fetch_stock", slipped, r"of 120 levels \d+ rose and \d+ fell"),
    ("fetch_variants", priced(lambda _amount: "0.00"), "120 of 120 prices"),
    ("fetch_variants", priced(lambda amount: f"{float(amount) * 100:.2f}"), "120 of 120 prices"),
    ("fetch_variants", slipped_prices, r"\d+ of 120 prices"),
]


def overridden(report: Report) -> int:
    """The number in the command that the stop names."""
    [failed] = [part for part in report.steps if part.state == "failed"]
    found = re.fullmatch(r"If it is right: syncctl sync-all --allow-shrink (\d+)", failed.hint)
    assert found, failed
    return int(found[1])


@pytest.mark.parametrize("method, change, numbers", BOOKS)
def test_a_reading_of_the_books_that_cannot_be_right_writes_no_level_and_no_price(
    scene: Scene, method: str, change: Callable[[Records], Records], numbers: str
) -> None:
    fault: dict[str, list[Fault]] = {OFFICE: [whole(method, change)]}
    with scene.copy() as world:
        before = world.levels(), [shop.price(sku) for shop in world.shops.values() for sku in SKUS]
        for _ in range(2):
            report = world.run(plans=fault)
            assert report.exit_code == 5
            [failed] = [part for part in report.steps if part.state == "failed"]
            assert (failed.step, failed.party) == ("pull-data", OFFICE)
            assert re.search(numbers, failed.reason), failed.reason
            assert "no stock and no prices were written" in failed.reason
            assert not world.writes("push_levels") and not world.writes("push_prices")
            assert before == (world.levels(), [shop.price(sku) for shop in world.shops.values() for sku in SKUS])
        assert [kind for kind, _ in world.totals()] == ["sale"], "orders go on"
        allowed = overridden(report)
        assert world.run(plans=fault, allow_shrink=allowed - 1).exit_code == 5, "one more than was confirmed"
        assert world.run(plans=fault, allow_shrink=allowed).exit_code in (0, 1)
        assert world.writes("push_levels") or world.writes("push_prices") or change in (none, half)
        if change not in (none, half, all_at_zero):  # what was gone comes back: nothing strange about that
            assert world.run().exit_code == 5, "it was let through once: the way back is as strange"
            assert world.run(allow_shrink=1000).exit_code == 0
        world.settle()
        world.assert_exact()
        world.assert_booked_once()


@pytest.mark.parametrize("change, gone", [(none, 120), (half, 60)])
def test_a_store_that_suddenly_lists_little_is_not_believed(
    scene: Scene, change: Callable[[Records], Records], gone: int
) -> None:
    """Its listings were forgotten for a day, and their levels with them."""
    fault: dict[str, list[Fault]] = {"shop": [whole("fetch_listings", change)]}
    with scene.copy() as world:
        report = world.run(plans=fault)
        assert report.exit_code == 5
        assert [part for part, state in states(report).items() if state != "done"] == [("push-data", "shop")]
        assert not world.writes(party="shop") and world.writes("push_levels", "other")
        [reason] = [part.reason for part in report.steps if part.state == "failed"]
        assert f"{gone} of 120" in reason
        assert world.rows("SELECT count(*) FROM listing WHERE party = 'shop'") == [(120,)]
        assert overridden(report) == gone
        assert world.run(plans=fault, allow_shrink=gone).exit_code == 0
        assert world.rows("SELECT count(*) FROM listing WHERE party = 'shop'") == [(120 - gone,)]
        world.settle()
        world.assert_exact()


@pytest.mark.parametrize("changed", [{"identity": "another"}, {"currency": "USD"}])
@pytest.mark.parametrize("party", [OFFICE, "shop", "other"])
def test_another_company_shop_or_currency_is_written_nothing_to(
    scene: Scene, party: str, changed: dict[str, str]
) -> None:
    def another(about: About) -> About:
        return replace(about, **changed)

    with scene.copy() as world:
        report = world.run(plans={party: [Lie(on("about", None), another)]})
        assert report.exit_code == 5
        failed = [part for part in report.steps if part.state == "failed"]
        assert failed and {part.party for part in failed} == {party}
        for part in failed:
            assert next(iter(changed.values())) in part.reason and "nothing was written" in part.reason and part.hint
        assert not world.writes(party=party)
        assert {world.sides[party].count(method) for method in ("push_documents", "push_levels")} == {0}
        world.settle()
        world.assert_exact()
        world.assert_booked_once()
