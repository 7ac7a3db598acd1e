"""Defects of the run as a whole that a review once found: each must stay mended."""

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import BatchRefused, Busy, DataError, SyncctlError, Unreachable
from syncctl.lock import hold_lock
from tests.fakes.faulty import FailBefore, on
from tests.stock_world import StockWorld, states

OFFICE = "back-office"
LINES = [("MUG", 2)]


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """Two shops in step with a back office; then everything there is to read and to write has something new."""
    world = StockWorld(tmp_path, stores=("shop", "other"))
    first = {name: shop.place_order([("MUG", 1)]) for name, shop in world.shops.items()}
    world.settle()
    world.office.set_price("TRAY", "4.40")
    world.run(plans={name: [FailBefore(on("push_prices"), Unreachable("cut"))] for name in world.shops})
    for name, shop in world.shops.items():
        shop.place_order(LINES, customer={"name": "Ann", "emails": ["ann@shop.example"]})
        [sale] = [one for one in world.documents(first[name]) if one.kind == "sale" and _is_of(world, name, one)]
        world.office.ship(sale.reference, tracking_number=f"T-{name}")
    world.add("NEW", units=5)
    world.shop.place_order([("NEW", 1)])
    world.office.sell("TRAY", 5)
    return world


def _is_of(world: StockWorld, name: str, document: object) -> bool:
    return str(getattr(document, "reference", "")).startswith(f"{world.shops[name].identity}/")


def outcome(world: StockWorld) -> dict[str, object]:
    """How far the world's news have come, asked of the other sides."""
    return {
        "sales": sum(kind == "sale" for kind, _ in world.totals()),
        "levels": [world.level("TRAY", name) for name in world.shops],
        "prices": [shop.price("TRAY") for shop in world.shops.values()],
        "parcels": [len(shop.order(shop.order_ids()[0])["fulfilments"]) for shop in world.shops.values()],
    }


ALL_DONE = {"sales": 5, "levels": [45, 45], "prices": ["4.40", "4.40"], "parcels": [1, 1]}
PARTS = [
    (OFFICE, "about", {"push-orders", "pull-data"}),
    (OFFICE, "find_documents", {"push-orders"}),
    (OFFICE, "find_customers", {"customers"}),
    (OFFICE, "find_variants", {"push-orders"}),
    (OFFICE, "fetch_shipments", {"pull-data"}),
    (OFFICE, "fetch_variants", {"pull-data"}),
    (OFFICE, "fetch_stock", {"pull-data"}),
    ("shop", "about", {"pull-orders"}),
    ("shop", "fetch_orders", {"pull-orders"}),
    ("shop", "fetch_listings", {"push-data"}),
    ("shop", "fetch_levels", {"push-data"}),
    ("shop", "fetch_prices", {"push-data"}),
    ("shop", "find_fulfilments", {"push-data"}),
]


@pytest.mark.parametrize("error", [DataError("no sense"), BatchRefused("too many")], ids=["nonsense", "refused"])
@pytest.mark.parametrize("party, method, failed", PARTS, ids=[f"{party} {method}" for party, method, _ in PARTS])
def test_a_reading_that_fails_ends_its_part_with_exit_code_3_and_the_others_go_on(
    world: StockWorld,
    monkeypatch: pytest.MonkeyPatch,
    party: str,
    method: str,
    failed: set[str],
    error: SyncctlError,
) -> None:
    with monkeypatch.context() as patch:
        if method == "fetch_prices":  # it is asked where the listings do not tell
            patch.setattr(SandboxStore, "abilities", replace(SandboxStore.abilities, listing_changes=False))
        report = world.run(plans={party: [FailBefore(on(method, None), error)]})
    assert world.calls(method, party) > 0, "else nothing was proved"
    found = states(report)
    assert {step for (step, of), state in found.items() if state == "failed" and of == party} == failed
    assert {of for (_, of), state in found.items() if state == "failed"} == {party}
    assert report.exit_code == 3
    assert found["push-data", "other"] == "done"
    assert len(world.shops["other"].order(world.shops["other"].order_ids()[0])["fulfilments"]) == (
        method not in ("about", "fetch_shipments") or party != OFFICE
    )
    world.run()
    world.run()
    assert outcome(world) == ALL_DONE
    world.assert_exact()
    world.assert_booked_once()


def test_a_cursor_that_its_connector_does_not_understand_is_begun_anew_and_nothing_is_booked_twice(
    world: StockWorld,
) -> None:
    world.shop.place_order(LINES)
    world.run()
    connection = sqlite3.connect(world.folder / "hub.db")
    with connection:
        connection.execute("UPDATE cursor SET value = 'x' WHERE stream = 'orders' AND party = 'shop'")
    connection.close()
    report = world.run()
    assert report.exit_code == 0 and set(states(report).values()) == {"done"}
    assert world.rows("SELECT count(*) FROM cursor WHERE value = 'x'") == [(0,)]
    world.assert_booked_once()
    world.assert_exact()


def test_one_shop_under_two_names_is_a_safety_stop_and_is_not_booked_twice(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.shop.place_order(LINES)
    world.run()
    (tmp_path / "twin.db").symlink_to(tmp_path / "shop.db")
    world.change(stores={"twin": {"connector": "sandbox", "path": "twin.db"}})
    for _ in range(2):
        report = world.run()
        assert report.exit_code == 5
        assert states(report)["pull-orders", "twin"] == "failed"
        assert states(report)["push-data", "twin"] == "not run"
    assert world.totals() == [("sale", 2000)]


# --- a hub that has two names --------------------------------------------------------------------------------------


@pytest.fixture
def linked(tmp_path: Path) -> StockWorld:
    """A hub in a folder of its own, and a link of another name to its file."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "hub.db")
    world = StockWorld(tmp_path, hub={"path": "real/hub.db"})
    world.run()
    return world


@pytest.mark.parametrize("name", ["link.db", "folder/hub.db"])
def test_a_hub_by_two_names_has_one_lock(tmp_path: Path, name: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "hub.db").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "real" / "hub.db")
    (tmp_path / "folder").symlink_to(tmp_path / "real")
    for first, second in (("real/hub.db", name), (name, "real/hub.db")):
        with hold_lock(tmp_path / first), pytest.raises(Busy), hold_lock(tmp_path / second):
            pass


def test_a_hub_by_two_names_has_one_memory_of_its_last_run(linked: StockWorld, tmp_path: Path) -> None:
    """Else the one name would take a restored copy for the newest, or the newest for a restored copy."""
    shutil.copyfile(tmp_path / "real" / "hub.db", tmp_path / "copy.db")
    linked.change(hub={"path": "link.db"})
    order_id = linked.shop.place_order(LINES)
    assert linked.run().notes == (), "it is no older copy"
    assert linked.totals(order_id) == [("sale", 2000)]
    linked.change(hub={"path": "real/hub.db"})
    assert linked.run().notes == ()
    for leftover in ("hub.db-wal", "hub.db-shm"):
        (tmp_path / "real" / leftover).unlink(missing_ok=True)
    shutil.copyfile(tmp_path / "copy.db", tmp_path / "real" / "hub.db")
    linked.change(hub={"path": "link.db"})
    [note] = linked.run().notes
    assert "older copy" in note
    assert linked.totals(order_id) == [("sale", 2000)]
    assert sorted(path.name for path in tmp_path.glob("*.last-run")) == []
