"""Where a store takes a level and the price of its listing in one write, they go out together; what goes wrong with the
two is sorted out one by one, and nothing is sent twice.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl.errors import BatchRefused, Unreachable
from syncctl.model import Mismatch, Queued, Refused, Unclear
from tests.fakes.faulty import FailBefore, Fault, Singly, lost_reply, on
from tests.fakes.shops import PricedStore
from tests.stock_world import StockWorld, counts_of, tomorrow

Row = tuple[str, str, str]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StockWorld:
    """One such shop and a back office, in step; then both the level and the price of MUG change, and TRAY's price."""
    monkeypatch.setattr(syncctl.cycle, "open_store", PricedStore)
    world = StockWorld(tmp_path)
    world.settle()
    world.office.receive("MUG", 5)
    world.office.set_price("MUG", "11.50")
    world.office.set_price("TRAY", "4.50")
    return world


def sent(world: StockWorld) -> list[tuple[str, str, object, str | None]]:
    """What the last run sent: the write, the SKU, the units or None, the price or None."""
    levels = [("levels", one.listing_id, one.quantity, one.price) for one in world.writes("push_levels")]
    prices = [("prices", one.listing_id, None, one.price) for one in world.writes("push_prices")]
    found = [(method, world.shop.listing(one).sku, units, price) for method, one, units, price in levels + prices]
    return sorted(found, key=lambda row: (row[0], row[1]))


def shown(world: StockWorld, sku: str = "MUG") -> tuple[int | None, str | None]:
    """In the shop's own file."""
    return world.level(sku), world.shop.price(sku)


def journal(world: StockWorld) -> list[Row]:
    """Operation, SKU and outcome of every write of a level or a price so far, but those of the first runs."""
    return world.rows(
        "SELECT operation, substr(record, 5), state FROM journal "
        "WHERE operation IN ('level.set', 'price.set') ORDER BY id"
    )


def believed(world: StockWorld) -> list[tuple[object, ...]]:
    """What the hub believes each listing to show: SKU, units, price."""
    return world.rows(
        "SELECT l.sku, s.quantity, l.price FROM listing l JOIN shown s ON s.listing_id = l.id ORDER BY l.sku"
    )


def faulty(world: StockWorld, *faults: Fault) -> None:
    world.run(plans={"shop": list(faults)})


def test_they_go_out_in_one_write_with_a_row_of_the_journal_each(world: StockWorld) -> None:
    report = world.run()
    assert shown(world) == (105, "11.50") and shown(world, "TRAY") == (50, "4.50")
    assert sent(world) == [("levels", "MUG", 105, "11.50"), ("prices", "TRAY", None, "4.50")]
    assert world.calls("fetch_prices", "shop") == 0, "what is known is not read"
    assert journal(world) == [
        ("level.set", "MUG", "done"),
        ("price.set", "MUG", "done"),
        ("price.set", "TRAY", "done"),
    ]
    [(payload,)] = world.rows("SELECT payload FROM journal WHERE operation = 'price.set' AND record = 'sku MUG'")
    assert json.loads(payload) == {"to": "11.5", "from": "10"}
    counts = counts_of(report, "push-data")
    assert (counts["levels written"], counts["prices written"]) == (1, 2)
    world.run()
    assert world.writes() == []


def test_a_store_that_takes_them_one_by_one_is_sent_them_one_by_one(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.settle()
    world.office.receive("MUG", 5)
    world.office.set_price("MUG", "11.50")
    world.run()
    assert sent(world) == [("levels", "MUG", 105, None), ("prices", "MUG", None, "11.50")]


@pytest.mark.parametrize("section", [{"push_prices": False}, {"enabled": False}])
def test_a_price_that_may_not_go_out_rides_with_no_level(world: StockWorld, section: dict[str, bool]) -> None:
    world.change(products=section)
    world.run()
    assert sent(world) == [("levels", "MUG", 105, None)]
    assert shown(world) == (105, "10.00")


def test_prices_that_look_too_strange_ride_with_no_level(world: StockWorld) -> None:
    world.change(safety={"min_shrink": 1})
    for sku in ("MUG", "TRAY"):
        world.office.set_price(sku, "99.00")
    assert world.run().exit_code == 5
    for steps in ([], ["push-data"]):
        world.run(*steps)
        assert [one for one in sent(world) if one[3]] == []
    assert shown(world)[1] == "10.00"


def test_after_a_lost_reply_both_are_unknown_and_read_before_anything_is_sent(world: StockWorld) -> None:
    faulty(world, lost_reply("push_levels"))
    assert shown(world) == (105, "11.50"), "it was done"
    assert ("MUG", None, None) in believed(world)
    assert [state for _, sku, state in journal(world) if sku == "MUG"] == ["sending", "sending"]
    world.run()
    assert [one for one in sent(world) if one[1] == "MUG"] == []
    assert ("MUG", 105, "11.5") in believed(world)
    assert {state for _, sku, state in journal(world) if sku == "MUG"} == {"superseded"}


def test_a_lost_reply_leaves_no_write_open_where_the_store_does_not_tell_what_changed(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = replace(PricedStore.abilities, listing_changes=False)
    monkeypatch.setattr(PricedStore, "abilities", silent)
    faulty(world, lost_reply("push_levels"))
    assert [state for _, sku, state in journal(world) if sku == "MUG"] == ["sending", "sending"]
    world.run()
    assert [one for one in sent(world) if one[1] == "MUG"] == []
    assert {state for _, sku, state in journal(world) if sku == "MUG"} == {"superseded"}


def test_a_write_that_never_arrived_is_sent_again_each_by_itself(world: StockWorld) -> None:
    """Where the store does not tell what changed: what is shown is unknown until it is read."""
    faulty(world, FailBefore(on("push_levels"), Unreachable("no route")))
    assert shown(world) == (100, "10.00")
    world.run()
    assert shown(world) == (105, "11.50")
    world.run()
    assert world.writes() == []


def test_a_level_that_moved_meanwhile_is_tried_again_and_its_price_goes_alone(world: StockWorld) -> None:
    faulty(world, Singly(on("push_levels"), lambda key: Mismatch(key=key, actual=99)))
    assert sent(world)[:2] == [("levels", "MUG", 105, "11.50"), ("levels", "MUG", 105, None)]
    assert ("prices", "MUG", None, "11.50") in sent(world)
    assert shown(world) == (105, "11.50")
    assert [row for row in journal(world) if row[1] == "MUG"] == [
        ("level.set", "MUG", "mismatch"),
        ("price.set", "MUG", "mismatch"),
        ("level.set", "MUG", "done"),
        ("price.set", "MUG", "done"),
    ]


@pytest.mark.parametrize("answer", [Unclear, Queued])
@pytest.mark.parametrize("done", [True, False])
def test_an_answer_that_settles_nothing_leaves_both_unknown_and_the_price_is_read(
    world: StockWorld, answer: type[Unclear] | type[Queued], done: bool
) -> None:
    faulty(world, Singly(on("push_levels"), lambda key: answer(key=key), done=done))
    assert world.calls("fetch_prices", "shop") == 1
    again = [("prices", "MUG", None, "11.50")] if not done else []
    assert [one for one in sent(world) if one[1] == "MUG"] == [("levels", "MUG", 105, "11.50"), *again]
    for _ in range(2):
        world.run()
    assert world.writes() == [] and shown(world) == (105, "11.50")


def test_a_bad_price_does_not_hold_up_the_level(world: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PricedStore, "bad_price", staticmethod(lambda sku, _price: sku == "MUG"))
    world.run()
    assert sent(world) == [
        ("levels", "MUG", 105, "11.50"),
        ("levels", "MUG", 105, None),
        ("prices", "MUG", None, "11.50"),
        ("prices", "TRAY", None, "4.50"),
    ]
    assert shown(world) == (105, "10.00") and shown(world, "TRAY") == (50, "4.50")
    assert world.holds() == [("price", "invalid")]
    world.office.receive("MUG", 5)
    world.run()
    assert sent(world) == [("levels", "MUG", 110, None)], "the same price is not tried again in each cycle"
    world.office.set_price("MUG", "12.00")
    monkeypatch.undo()
    monkeypatch.setattr(syncctl.cycle, "open_store", PricedStore)
    world.run()
    assert shown(world) == (110, "12.00") and world.holds() == []


def test_a_bad_level_does_not_hold_up_the_price(world: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PricedStore, "bad_level", staticmethod(lambda sku, _units: sku == "MUG"))
    world.run()
    assert sent(world)[:3] == [
        ("levels", "MUG", 105, "11.50"),
        ("levels", "MUG", 105, None),
        ("prices", "MUG", None, "11.50"),
    ]
    assert shown(world) == (100, "11.50")
    assert world.holds() == [("stock", "invalid")]
    world.run()
    assert world.writes() == []
    world.office.set_price("MUG", "12.00")
    world.run()
    assert sent(world) == [("prices", "MUG", None, "12.00")]
    monkeypatch.setattr(PricedStore, "bad_level", staticmethod(lambda _sku, _units: False))
    tomorrow(world)
    assert shown(world) == (105, "12.00") and world.holds() == []


def test_a_whole_batch_that_is_refused_is_halved_till_the_bad_one_is_alone(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PricedStore.push_levels

    def all_or_none(store: PricedStore, changes: list[Any]) -> list[Any]:
        if any(one.price is not None and store.shop.listing(one.listing_id).sku == "MUG" for one in changes):
            raise BatchRefused("The request is malformed.")
        return real(store, changes)

    monkeypatch.setattr(PricedStore, "push_levels", all_or_none)
    world.office.receive("TRAY", 5)
    world.run()
    assert shown(world) == (105, "11.50") and shown(world, "TRAY") == (55, "4.50")
    assert world.holds() == []


def test_a_dry_run_shows_both_and_each_once(world: StockWorld) -> None:
    report = world.run(dry_run=True)
    planned = sorted((one.operation, world.shop.listing(one.record.split()[1]).sku) for one in report.planned)
    assert planned == [("level.set", "MUG"), ("price.set", "MUG"), ("price.set", "TRAY")]
    assert shown(world) == (100, "10.00")


def test_a_price_that_is_unknown_rides_with_no_level(world: StockWorld) -> None:
    """Else a price that is right already would be written again."""
    faulty(world, lost_reply("push_prices"))
    world.office.sell("TRAY", 1)
    world.run()
    assert sent(world) == [("levels", "TRAY", 49, None)]


def test_what_is_refused_for_good_is_refused_for_that_record_alone(world: StockWorld) -> None:
    world.office.receive("TRAY", 5)
    faulty(world, Singly(on("push_levels"), lambda key: Refused(key=key, reason="invalid"), which=0))
    assert shown(world) == (105, "11.50") and shown(world, "TRAY") == (55, "4.50")
