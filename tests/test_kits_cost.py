"""What is worked out again costs by what changed, however many kits there are; and no more where there are none."""

from pathlib import Path

import pytest

from syncctl.hub import Hub
from syncctl.model import Component, StockLevel, Variant

PARTS = 3  # in each kit, none of them shared


def hub_of(path: Path, kits: int, others: int = 100) -> Hub:
    """A hub with kits of components of their own, and SKUs that are in none; nothing is stale."""
    hub = Hub.open(path)
    hub.runs.begin("test")
    parts = [[f"PART-{kit}-{number}" for number in range(PARTS)] for kit in range(kits)]
    made = [
        Variant(sku=f"KIT-{kit}", tracked=False, components=tuple(Component(sku=sku, quantity=2) for sku in some))
        for kit, some in enumerate(parts)
    ]
    goods = [sku for some in parts for sku in some] + [f"OTHER-{number}" for number in range(others)]
    as_of = hub.stock.begin_reading()
    hub.stock.stage([StockLevel(sku, 10, "main") for sku in sorted(goods)], whole=True)
    hub.stock.end_reading(whole=True)
    with hub.transaction() as connection:
        hub.catalog.record_variants([*made, *(Variant(sku=sku) for sku in goods)])
        connection.execute("DELETE FROM stale_sku")
    assert as_of == 0
    return hub


def steps(hub: Hub, *stale: str) -> tuple[int, list[str]]:
    """Steps of SQLite to learn what is to be worked out when these SKUs are stale, and the SKUs that it is then."""
    hub.connection.executemany("INSERT OR IGNORE INTO stale_sku VALUES (?)", [(sku,) for sku in stale])
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    hub.connection.set_progress_handler(step, 1)
    try:
        if hub.kits.any():
            hub.kits.close_over_stale()
        kits = hub.kits.stale()
        hub.kits.nested(kits)
        rows = list(hub.shown.stale(0, "order", (), kits=bool(kits)))
    finally:
        hub.connection.set_progress_handler(None, 0)
    hub.shown.forget_stale()
    return taken, sorted(sku for sku, *_ in rows)


@pytest.mark.parametrize("stale", ["PART-3-1", "KIT-3", "OTHER-3"])
def test_one_stale_sku_costs_the_same_among_10_kits_and_among_2000(tmp_path: Path, stale: str) -> None:
    few, many = (hub_of(tmp_path / f"{kits}.db", kits) for kits in (10, 2000))
    (small, worked_out), (large, same) = steps(few, stale), steps(many, stale)
    assert worked_out == same
    whole = ["KIT-3", *(f"PART-3-{number}" for number in range(PARTS))]
    assert worked_out == (["OTHER-3"] if stale == "OTHER-3" else whole)
    assert small > 100 and large <= 1.1 * small
    few.close()
    many.close()


def test_a_page_of_the_catalog_without_kits_is_not_looked_up(tmp_path: Path) -> None:
    hub = hub_of(tmp_path / "hub.db", kits=0)
    asked: list[str] = []
    hub.connection.set_trace_callback(asked.append)
    with hub.transaction():
        hub.catalog.record_variants([Variant(sku=f"OTHER-{number}") for number in range(100)])
    hub.connection.set_trace_callback(None)
    about_kits = [statement for statement in asked if "component" in statement]
    assert about_kits == ["SELECT EXISTS (SELECT 1 FROM component)"]
    hub.close()
