"""A small world for tests of the cycle: one back office, one or two shops, a hub, and runs over them.

    world = World(tmp_path, orders={"unknown_sku": "placeholder"})   # sections of the settings, as in the YAML
    order_id = world.shop.place_order([("MUG", 2)])                  # the vendor's side: `world.shop`, `world.office`
    report = world.run()                                             # all four steps; or world.run("pull-orders")
    assert world.totals() == [("sale", 2000)]                        # what the books hold, read from the office

Both sides know MUG (10.00, 100 units) and TRAY (4.00, 50 units) and nothing else; the currency is GBP. Lost replies are
looked up at once (`settle` 0s). Claims about the other side are to be made on `shop` and `office`, never on the hub.
"""

import json
import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl import times
from syncctl.config import load_config
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop
from syncctl.cycle import STEPS, run_cycle
from syncctl.hub import Hub
from syncctl.model import Document, Report
from syncctl.settings import Settings
from tests.fakes.faulty import Fault, Faulty

GOODS = (("MUG", "10.00", 100), ("TRAY", "4.00", 50))


@lru_cache(maxsize=16)
def _settings(path: Path, _text: str) -> Settings:
    """What stands there as before is not read again: in thousands of quiet runs that counts."""
    return load_config(path, {})


class World:
    """Both sides in `folder`, and the settings of the runs over them, which `change` changes for later runs.

    `sides`: the connectors of the last run by party ("back-office", "shop" …), with their log of calls.
    `goods`: what both sides know at first; none, where the folder holds both sides already.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stores: Sequence[str] = ("shop",),
        goods: Sequence[tuple[str, str, int]] = GOODS,
        **sections: Any,
    ) -> None:
        self.folder = folder
        self.config = folder / "syncctl.yaml"
        self.sections: dict[str, Any] = {
            "back_office": {"connector": "sandbox", "path": "books.db"},
            "stores": {name: {"connector": "sandbox", "path": f"{name}.db"} for name in stores},
            "orders": {"book_from": "2020-01-01"},
            "safety": {"settle": "0s"},
            "hub": {"path": "hub.db"},
        }
        self.sides: dict[str, Faulty] = {}
        self.office = Office(folder / "books.db", demo=False)
        self.shops = {name: Shop(folder / f"{name}.db", demo=False) for name in stores}
        self.change(**sections)
        for sku, price, units in goods:
            self.add(sku, price, units)

    @property
    def shop(self) -> Shop:
        """The first shop."""
        return next(iter(self.shops.values()))

    def change(self, **sections: Any) -> None:
        """Change settings, key by key within each section: `change(orders={"import_taxes": False})`."""
        for name, values in sections.items():
            self.sections[name] = {**self.sections.get(name, {}), **values}
        self.config.write_text(json.dumps(self.sections, default=str))
        self.config.chmod(0o600)
        for name, value in self.sections["back_office"].items():
            if name in ("stock_falls_on", "answers"):
                setattr(self.office, name, value)

    @property
    def settings(self) -> Settings:
        """The settings as the program reads them."""
        return _settings(self.config, self.config.read_text())

    def add(self, sku: str, price: str = "1.00", units: int = 10) -> None:
        """Sell one more SKU, in the back office and in every shop."""
        self.office.add_item(sku, f"Title of {sku}", price, units)
        for shop in self.shops.values():
            shop.add_listing(sku, f"Title of {sku}", price, units)

    def run(
        self,
        *steps: str,
        office: Sequence[Fault] = (),
        shop: Sequence[Fault] = (),
        later: timedelta = timedelta(0),
        **options: Any,
    ) -> Report:
        """One run of these steps (none: all four). `office` and `shop` are the faults of the back office and of every
        shop; `later`: so much time has passed for us; `options` are those of `run_cycle`."""
        real_office, real_store, real_now = syncctl.cycle.open_back_office, syncctl.cycle.open_store, times.now

        def keep(party: str, side: Any, faults: Sequence[Fault]) -> Any:
            self.sides[party] = Faulty(side, list(faults))
            return self.sides[party]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                syncctl.cycle, "open_back_office", lambda *one: keep("back-office", real_office(*one), office)
            )
            patch.setattr(syncctl.cycle, "open_store", lambda name, *rest: keep(name, real_store(name, *rest), shop))
            patch.setattr(times, "now", lambda: real_now() + later)
            return run_cycle(self.settings, command="test", steps=steps or STEPS, **options)

    def calls(self, method: str, party: str = "back-office") -> int:
        """How often the last run called this method of a party; for readings: how many pages."""
        return self.sides[party].count(method)

    # --- what the other side holds ---

    def documents(self, order_id: str | None = None) -> list[Document]:
        """What is in the books for our orders (or this one), in the order of booking; nothing that is void."""
        found = [one.document for one in self.office.documents() if one.document.reference and not one.void]
        return [one for one in found if order_id in (None, one.order_id)]

    def totals(self, order_id: str | None = None, *, payments: bool = False) -> list[tuple[str, int]]:
        """(kind, total in minor units) of these documents; payments only where asked for."""
        found = [(str(one.kind), one.total) for one in self.documents(order_id)]
        return [one for one in found if payments or one[0] != "payment"]

    def line_ids(self, order_id: str, shop: str = "") -> list[str]:
        """The shop's ids of an order's lines."""
        return [line["id"] for line in (self.shops[shop] if shop else self.shop).order(order_id)["lines"]]

    def close_period(self, through: date | None) -> None:
        """Close the books through this day, or open them again."""
        self.office.close_period(through)

    # --- what the hub says ---

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the hub, read by plain sqlite3."""
        connection = sqlite3.connect(self.folder / "hub.db")
        try:
            return connection.execute(query, parameters).fetchall()
        finally:
            connection.close()

    def holds(self) -> list[tuple[str, str]]:
        """(kind, reason) of every hold, oldest first."""
        return self.rows("SELECT kind, reason FROM hold ORDER BY id")

    def messages(self) -> list[str]:
        """The text of every hold, oldest first."""
        return [text for (text,) in self.rows("SELECT message FROM hold ORDER BY id")]

    def decisions(self) -> dict[str, tuple[str, str]]:
        """What becomes of each order: its store's id -> (decision, reason)."""
        rows = self.rows("SELECT remote_id, decision, reason FROM sales_order ORDER BY id")
        return {order_id: (decision, reason) for order_id, decision, reason in rows}

    def hub(self) -> Hub:
        """The hub itself, for what a person does to it between runs; close it before the next run."""
        return Hub.open(self.folder / "hub.db")
