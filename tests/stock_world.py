"""The small world of `builders`, with the oracle of the stock tests: what may be shown is reckoned here from the shops'
own orders and the back office's own books, never from the hub. It also keeps every record that a run asked to write.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl import times
from syncctl.connectors.sandbox.shop import Shop
from syncctl.cycle import STEPS, run_cycle
from syncctl.model import Report
from tests.builders import World
from tests.fakes.faulty import Fault, Faulty, Plan

WRITES = frozenset(
    "push_levels push_prices push_fulfilments push_customers push_documents amend_documents void_documents "
    "create_variants create_groups mark_invited send_invites".split()
)
_REAL_NOW = times.now
Levels = dict[tuple[str, str, str], int | None]
"""Units shown, by store, SKU and listing."""


class Logged(Faulty):
    """A connector with faults that keeps every record it was asked to write, by method."""

    def __init__(self, connector: Any, plan: Plan | list[Fault] | None = None) -> None:
        super().__init__(connector, plan)
        self.sent: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if name not in WRITES:
            return found

        def write(records: Sequence[Any]) -> Any:
            self.sent += [(name, record) for record in records]
            return found(records)

        return write


class StockWorld(World):
    """Shops, one back office, one hub. `plans` of a run: faults by party ("back-office", "shop" …)."""

    def __init__(self, folder: Path, *, falls_on: str = "order", answers: str = "now", **options: Any) -> None:
        super().__init__(folder, back_office={"stock_falls_on": falls_on, "answers": answers}, **options)
        self.not_counted: set[tuple[str, str]] = set()  # orders that somebody skipped, or that are history
        self.fed_from: dict[str, set[str]] = {}  # by store: the locations that feed it, where not all do
        self.counts_in: dict[str, set[str]] = {}  # by store: the stores whose orders take what it shows
        self.hurry = timedelta(0)  # so much time has passed, for us and for the shops
        for shop in self.shops.values():
            shop.clock = lambda: _REAL_NOW() + self.hurry

    def run(self, *steps: str, plans: Mapping[str, Plan | list[Fault]] | None = None, **options: Any) -> Report:
        """One run of these steps (none: all four) over connectors with these faults; `options` as `run_cycle`'s."""
        with self.connected(plans):
            return run_cycle(self.settings, command="test", steps=steps or STEPS, **options)

    @contextmanager
    def connected(self, plans: Mapping[str, Plan | list[Fault]] | None = None) -> Iterator[None]:
        """Every run in here speaks to connectors with these faults."""
        real_office, real_store = syncctl.cycle.open_back_office, syncctl.cycle.open_store
        plans = plans or {}

        def keep(party: str, side: Any) -> Any:
            self.sides[party] = Logged(side, plans.get(party))
            return self.sides[party]

        self.sides.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(syncctl.cycle, "open_back_office", lambda *rest: keep("back-office", real_office(*rest)))
            patch.setattr(syncctl.cycle, "open_store", lambda name, *rest: keep(name, real_store(name, *rest)))
            if self.hurry:
                patch.setattr(times, "now", lambda: _REAL_NOW() + self.hurry)
            yield

    def settle(self, most: int = 4) -> None:
        """Run until a run writes nothing more."""
        for _ in range(most):
            self.run()
            if not self.writes():
                return
        raise AssertionError(f"still writing after {most} runs: {self.writes()}")

    def writes(self, method: str = "", party: str = "") -> list[Any]:
        """What the last run sent: records by this method, or (method, record) of all of them."""
        sent = [one for name, side in self.sides.items() if party in ("", name) for one in side.sent]
        return [record for name, record in sent if name == method] if method else sent

    def close(self) -> None:
        for side in (self.office, *self.shops.values()):
            side.close()

    # --- the other sides, as they are --------------------------------------------------------------------------

    def levels(self) -> Levels:
        return {(name, one.sku, one.id): one.quantity for name, shop in self.shops.items() for one in shop.listings()}

    def level(self, sku: str, store: str = "") -> int | None:
        return (self.shops[store] if store else self.shop).level(sku)

    def available(self, sku: str, store: str = "") -> int:
        """What the back office reports now, at all locations, or at those that feed a store (`fed_from`)."""
        fed = self.fed_from.get(store)
        return sum(units for one, place, units in self.office.levels() if one == sku and (fed is None or place in fed))

    def most(self, sku: str, store: str = "") -> int:
        """The most that may be shown (I3) in a store, if the back office is read now."""
        by_sku = self.settings.stock.safety_stock_by_sku
        if parts := self.parts(sku):
            whole = min(self._left(part, store) // units for part, units in parts.items() if self._keeps_stock(part))
            return max(0, whole - by_sku.get(sku, 0))
        return max(0, self._left(sku, store))

    def _keeps_stock(self, sku: str) -> bool:
        rows = self.office.connection.execute("SELECT 1 FROM item WHERE sku = ? AND tracked", (sku,))
        return rows.fetchone() is not None

    def _left(self, sku: str, store: str) -> int:
        """What is left of a SKU, below zero where too much of it is sold; what is sold in kits is gone, too."""
        unknown = self._counting(sku, store)
        for kit in self.kits():
            unknown += self._counting(kit, store) * self.parts(kit).get(sku, 0)
        stock = self.settings.stock
        return self.available(sku, store) - unknown - stock.safety_stock_by_sku.get(sku, stock.safety_stock)

    def _counting(self, sku: str, store: str) -> int:
        """Units that the books do not know of and that count in a store (`counts_in`; else everybody's)."""
        units = self.unknown_units(sku)
        return sum(units[one] for one in units if not self.counts_in or one[0] in self.counts_in[store])

    def kits(self) -> list[str]:
        """The SKUs of the back office's kits."""
        rows = self.office.connection.execute(
            "SELECT DISTINCT i.sku FROM component c JOIN item i ON i.id = c.kit_id ORDER BY i.sku"
        )
        return [sku for (sku,) in rows]

    def parts(self, kit: str) -> dict[str, int]:
        """What a kit is made of, as the books have it; nothing for what is no kit."""
        rows = self.office.connection.execute(
            "SELECT m.sku, c.quantity FROM component c JOIN item k ON k.id = c.kit_id JOIN item m ON m.id = c.item_id"
            " WHERE k.sku = ?",
            (kit,),
        )
        return dict(rows.fetchall())

    def add_kit(self, sku: str, parts: Mapping[str, int], price: str = "20.00") -> None:
        """Sell some items together, in the back office and in every shop."""
        self.office.add_item(sku, f"Title of {sku}", price, None)
        self.office.make_kit(sku, parts)
        for shop in self.shops.values():
            shop.add_listing(sku, f"Title of {sku}", price, 0)

    def unknown_units(self, sku: str) -> Counter[tuple[str, str, str]]:
        """Units on the shops' orders that the back office's number does not lack, by store, order and line."""
        units: Counter[tuple[str, str, str]] = Counter()
        for name, shop in self.shops.items():
            for order_id in shop.order_ids():
                body = shop.order(order_id)
                if (name, order_id) in self.not_counted or _gone(body):
                    continue
                for line_id, wanted in _demand(body, sku).items():
                    rest = wanted - self._taken_off(shop, order_id, line_id, sku)
                    if rest > 0:
                        units[name, order_id, line_id] = rest
        return units

    def _taken_off(self, shop: Shop, order_id: str, line_id: str, sku: str) -> int:
        """Units of one order line that this SKU's number in the back office lacks: sold (or shipped), less what came
        back."""
        rows = self.office.connection.execute(
            """SELECT iif(d.kind = 'sale', d.reference, d.original), d.kind, l.quantity, l.restock,
            coalesce((SELECT sum(s.quantity) FROM shipment h
            JOIN shipment_line s ON s.shipment_id = h.id AND NOT h.cancelled
            WHERE h.document_id = d.id AND s.line_id = l.line_id AND s.sku = i.sku), 0)
            FROM document d JOIN document_line l ON l.document_id = d.id JOIN item i ON i.id = l.item_id
            WHERE d.order_id = ? AND l.line_id = ? AND i.sku = ? AND NOT d.void AND d.reference LIKE ? || '/%'""",
            (order_id, line_id, sku, shop.identity),
        ).fetchall()
        off = 0
        for one in {row[0] for row in rows}:  # an order may have been booked again: sale by sale, with its credits
            sold = sum(quantity for of, kind, quantity, _, _ in rows if of == one and kind == "sale")
            shipped = sum(gone for of, kind, _, _, gone in rows if of == one and kind == "sale")
            back = sum(
                quantity for of, kind, quantity, restock, _ in rows if of == one and kind == "credit" and restock
            )
            left = sold if self.office.stock_falls_on == "order" else shipped
            off += left - max(0, back - (sold - left))
        return off

    def assert_never_oversold(self, where: object = "") -> None:
        """I3, for every listing that keeps stock."""
        for (store, sku, _), shown in self.levels().items():
            if shown is not None and self.office.variants([sku]):
                most = self.most(sku, store)
                assert shown <= most, f"{where}: {store} shows {shown} of {sku}; at most {most}"

    def assert_exact(self, where: object = "") -> None:
        """Every listing shows exactly what may be sold."""
        for (store, sku, _), shown in self.levels().items():
            if shown is not None and self.office.variants([sku]):
                most = self.most(sku, store)
                assert shown == most, f"{where}: {store} shows {shown} of {sku}, not {most}"

    def assert_booked_once(self) -> None:
        """I2, asked of the books."""
        assert not {reference: n for reference, n in Counter(self.office.references()).items() if n > 1}


def _gone(body: Mapping[str, Any]) -> bool:
    """Whether the units of an order are nobody's any more, or never were: cancelled, or closed and never paid."""
    never_booked = body["financial_status"] in ("pending", "authorized", "voided", "expired")
    return bool(body.get("cancelled_at") or body["kind"] != "sale" or (body["closed"] and never_booked))


def _demand(body: Mapping[str, Any], sku: str) -> Counter[str]:
    """Units by line id that an order still takes: ordered, less what was put back on sale."""
    units = Counter({line["id"]: line["quantity"] for line in body["lines"] if line["sku"] == sku})
    for refund in body["refunds"]:
        for line in refund["lines"]:
            if line["restock"] and line["line_id"] in units:
                units[line["line_id"]] -= line["quantity"]
    return units


def dump(path: Path, *, without: Iterable[str] = ()) -> dict[str, list[Any]]:
    """Every row of every table of a SQLite file, sorted."""
    connection = sqlite3.connect(path)
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
            if name not in set(without)
        }
    finally:
        connection.close()


def differences(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, tuple[list[Any], list[Any]]]:
    """By table: rows that went, rows that came."""
    found = {}
    for table in before.keys() | after.keys():
        old, new = before.get(table, []), after.get(table, [])
        if old != new:
            found[table] = ([row for row in old if row not in new], [row for row in new if row not in old])
    return found


def counts_of(report: Report, step: str) -> Counter[str]:
    """The counts of one step, all parties together."""
    counts: Counter[str] = Counter()
    for part in report.steps:
        if part.step == step:
            counts.update(dict(part.counts))
    return counts


def states(report: Report) -> dict[tuple[str, str], str]:
    """How each part went."""
    return {(part.step, part.party): part.state for part in report.steps}


def tomorrow(world: StockWorld, days: int = 1) -> None:
    """A run a good day later, when all is read in full and what was refused or queued is old."""
    world.hurry += timedelta(days=days, hours=1)
    world.run()
