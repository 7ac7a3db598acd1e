"""The items of the sandbox's back office: what it sells, at which price, and how much of it lies where."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from syncctl import money
from syncctl.connectors.sandbox.files import atomic, get_meta, next_number, open_file
from syncctl.connectors.sandbox.office_documents import add_units
from syncctl.connectors.sandbox.office_readings import VARIANTS, to_variant
from syncctl.connectors.sandbox.office_tables import ADDED, APPLICATION_ID, DDL, MAIN, OfficeRefusal
from syncctl.connectors.strict_json import storable
from syncctl.model import Variant
from syncctl.units import floored

VariantRow = tuple[str, str, str | None, int | None]
"""SKU, title, price text (None: no price), opening units (None: nobody keeps stock of it)."""


class Items:
    """One back office's file, and the items in it."""

    def __init__(self, path: Path | str) -> None:
        self.connection: sqlite3.Connection = open_file(Path(path), DDL, APPLICATION_ID, ADDED)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    @property
    def currency(self) -> str:
        """The currency of the books."""
        return get_meta(self.connection, "currency")

    def add_item(self, sku: str, title: str = "", price: str | None = None, units: int | None = 0) -> None:
        """Add an item, or give one that exists this title, price and level. `units` None: no stock is kept."""
        self.load_variants([(sku, title or sku, price, units)])

    def load_variants(self, rows: Iterable[VariantRow]) -> int:
        """Add or overwrite many items at once; return how many rows came. Of two equal SKUs the last counts."""
        with atomic(self.connection) as connection:
            changed = next_number(connection, "change")
            connection.execute("DROP TABLE IF EXISTS temp.staged")
            connection.execute("CREATE TEMP TABLE staged (sku TEXT, title TEXT, price TEXT, units INTEGER)")
            loaded = connection.executemany(
                "INSERT INTO staged VALUES (?, ?, ?, ?)",
                ((sku, storable(title), _price(price), units) for sku, title, price, units in rows),
            ).rowcount
            for statement in _UNSTAGE:
                connection.execute(statement, {"changed": changed, "location": MAIN})
            connection.execute("DROP TABLE temp.staged")
        return max(loaded, 0)

    def create_items(self, variants: Sequence[Variant]) -> dict[str, str]:
        """Add the items that are missing, without stock, and leave the others alone; the id of each by SKU."""
        with atomic(self.connection):
            missing = [variant for variant in variants if self._find_item(variant.sku) is None]
            self.load_variants(
                (variant.sku, variant.title or variant.sku, None, _opening(variant)) for variant in missing
            )
            for variant in missing:
                for price in variant.prices:
                    self.set_price(variant.sku, price.amount, price_list=price.price_list, compare_at=price.compare_at)
            return {variant.sku: str(self._item(variant.sku)) for variant in variants}

    def rename_item(self, sku: str, title: str, *, new_sku: str | None = None) -> None:
        """Give an item another title, and another SKU where one is given."""
        with atomic(self.connection) as connection:
            item = self._item(sku)
            if new_sku and new_sku != sku and self._find_item(new_sku):
                raise OfficeRefusal("sku_taken", f"There is an item {new_sku[:60]!r} already.")
            values = (storable(title), new_sku or sku, next_number(connection, "change"), item)
            connection.execute("UPDATE item SET title = ?, sku = ?, changed = ? WHERE id = ?", values)
            if new_sku:
                connection.execute("UPDATE level SET changed = ? WHERE item_id = ?", values[2:])
                kits = "SELECT kit_id FROM component WHERE item_id = ?"
                connection.execute(f"UPDATE item SET changed = ? WHERE id IN ({kits})", values[2:])

    def set_type(self, sku: str, product_type: str) -> None:
        """Say what kind of goods it is, in a word of the merchant's own."""
        with atomic(self.connection) as connection:
            values = (storable(product_type), next_number(connection, "change"), self._item(sku))
            connection.execute("UPDATE item SET product_type = ?, changed = ? WHERE id = ?", values)

    def make_kit(self, sku: str, components: Mapping[str, int]) -> None:
        """Sell an item as so many units of others, whose stock it takes from now on; of none: it is no kit any more.

        Errors: OfficeRefusal for an unknown SKU, no positive quantity, or a kit in a kit.
        """
        with atomic(self.connection) as connection:
            kit = self._item(sku)
            parts = [(kit, self._item(part), quantity) for part, quantity in components.items()]
            for _, part, quantity in parts:
                check_quantity(quantity)
                if part == kit or connection.execute("SELECT 1 FROM component WHERE kit_id = ?", (part,)).fetchone():
                    raise OfficeRefusal("nested_kit", "A kit is not made of kits.")
            if parts and connection.execute("SELECT 1 FROM component WHERE item_id = ?", (kit,)).fetchone():
                raise OfficeRefusal("nested_kit", f"{sku[:60]!r} is a part of a kit.")
            connection.execute("DELETE FROM component WHERE kit_id = ?", (kit,))
            connection.executemany("INSERT INTO component VALUES (?, ?, ?)", parts)
            values = (next_number(connection, "change"), kit)
            connection.execute("UPDATE item SET changed = ? WHERE id = ?", values)

    def deactivate_item(self, sku: str) -> None:
        """Stop selling an item: it stays in the list, but no document may name it."""
        with atomic(self.connection) as connection:
            values = (next_number(connection, "change"), self._item(sku))
            connection.execute("UPDATE item SET active = 0, changed = ? WHERE id = ?", values)

    def set_price(self, sku: str, amount: str, *, price_list: str = "", compare_at: str | None = None) -> None:
        """Set the ordinary price, or that of a price list; decimal text in the books' currency."""
        with atomic(self.connection) as connection:
            item = self._item(sku)
            connection.execute(
                "INSERT OR REPLACE INTO price (item_id, price_list, amount, compare_at) VALUES (?, ?, ?, ?)",
                (item, price_list, _price(amount), _price(compare_at)),
            )
            values = (next_number(connection, "change"), item)
            connection.execute("UPDATE item SET changed = ? WHERE id = ?", values)

    def set_stock(self, sku: str, units: int | str, *, location: str = MAIN) -> None:
        """A count: on the shelf at this location are exactly so many; decimal text where they are no whole units."""
        with atomic(self.connection) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO level (item_id, location, on_hand, changed) VALUES (?, ?, ?, ?)",
                (self._item(sku), location, units, next_number(connection, "change")),
            )

    def receive(self, sku: str, quantity: int = 1, *, location: str = MAIN) -> None:
        """A goods receipt. Errors: OfficeRefusal for an unknown SKU or no positive quantity."""
        check_quantity(quantity)
        with atomic(self.connection):
            self._add_units(sku, quantity, location)

    def on_hand(self, sku: str, *, location: str = MAIN) -> int | None:
        """The whole units reported as available; None where no stock is kept. Errors: OfficeRefusal, unknown SKU."""
        row = self.connection.execute(
            "SELECT on_hand FROM level WHERE item_id = ? AND location = ?", (self._item(sku), location)
        ).fetchone()
        return floored(str(row[0])) if row else None

    def levels(self, limit: int = -1) -> Iterator[tuple[str, str, int]]:
        """SKU, location and whole units on hand, by SKU."""
        rows = self.connection.execute(
            "SELECT i.sku, l.location, l.on_hand FROM item i JOIN level l ON l.item_id = i.id WHERE i.tracked"
            " ORDER BY i.sku, l.location LIMIT ?",
            (limit,),
        )
        for sku, location, on_hand in rows:
            yield sku, location, floored(str(on_hand))

    def variants(self, skus: Sequence[str]) -> list[Variant]:
        """Those of these SKUs that can be sold, compared exactly."""
        rows = self.connection.execute(
            f"{VARIANTS.query} AND i.active AND i.sku IN (SELECT value FROM json_each(?)) ORDER BY i.sku",
            (json.dumps(list(skus)),),
        )
        return [to_variant(row, self.currency) for row in rows]

    def _add_units(self, sku: str, units: int, location: str) -> None:
        item, changed = self._item(sku), next_number(self.connection, "change")
        add_units(self.connection, item, units, changed, location)

    def _find_item(self, sku: str) -> Any:
        return self.connection.execute("SELECT id FROM item WHERE sku = ?", (storable(sku),)).fetchone()

    def _item(self, sku: str) -> int:
        row = self._find_item(sku)
        if row is None:
            raise OfficeRefusal("unknown_sku", f"The back office has no item {sku[:60]!r}.")
        return int(row[0])


_UNSTAGE = (
    """INSERT INTO item (sku, title, tracked, active, changed)
    SELECT sku, title, units IS NOT NULL, 1, :changed FROM staged WHERE 1
    ON CONFLICT (sku) DO UPDATE SET
        title = excluded.title, tracked = excluded.tracked, active = 1, changed = excluded.changed""",
    """INSERT OR REPLACE INTO level (item_id, location, on_hand, changed)
    SELECT i.id, :location, s.units, :changed FROM staged s JOIN item i ON i.sku = s.sku WHERE s.units IS NOT NULL""",
    """INSERT OR REPLACE INTO price (item_id, price_list, amount)
    SELECT i.id, '', s.price FROM staged s JOIN item i ON i.sku = s.sku WHERE s.price IS NOT NULL""",
)


def _price(text: str | None) -> str | None:
    if text is not None:
        money.round_minor(text, "USD")  # a plain decimal, or MoneyError
    return text


def _opening(variant: Variant) -> int | None:
    return 0 if variant.tracked else None


def check_quantity(quantity: int) -> None:
    """Errors: OfficeRefusal unless there is something to move."""
    if quantity <= 0:
        raise OfficeRefusal("bad_quantity", f"A quantity is a positive number, not {quantity}.")
