"""What the shop lists, with its levels and prices: the vendor's side, changed by hand or by orders."""

import sqlite3
from collections.abc import Sequence

from syncctl.connectors.sandbox.tables import ShopFile, ShopRefusal
from syncctl.connectors.strict_json import storable
from syncctl.errors import MoneyError
from syncctl.model import Listing
from syncctl.money import round_minor
from syncctl.units import LIMIT, floored

LISTING_COLUMNS = "id, sku, title, quantity, price, managed, why, deleted"


def to_listing(row: sqlite3.Row | tuple[object, ...]) -> Listing:
    """Turn a row of LISTING_COLUMNS into ours; a level in fractions is floored."""
    listing_id, sku, title, quantity, price, managed, why, deleted = row
    return Listing(
        id=str(listing_id),
        sku=str(sku),
        title=str(title),
        quantity=units_of(quantity),
        price=None if price is None else str(price),
        managed=bool(managed),
        why=str(why),
        deleted=bool(deleted),
    )


def units_of(level: object) -> int | None:
    """A level as the file keeps it, in whole units; None where the shop keeps no stock of it."""
    return None if level is None else floored(level if isinstance(level, int) else str(level))


class Goods(ShopFile):
    """Listings. A `key` is a listing's id, or a SKU, compared exactly; of several listings of it the first."""

    def add_listing(
        self,
        sku: str,
        title: str = "",
        price: str | None = None,
        units: int | None = 0,
        *,
        managed: bool = True,
        why: str = "",
    ) -> str:
        """List a SKU and return the listing's id. `units` None: the shop keeps no stock of it."""
        with self.atomic():
            listing_id = self._number("listing", 501)
            self.connection.execute(
                "INSERT INTO listing (id, sku, title, price, quantity, managed, why, changed_at, change)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    listing_id,
                    storable(sku),
                    storable(title),
                    price,
                    units,
                    managed and units is not None,
                    why or ("untracked" if units is None else ""),
                    self._now(),
                    self._change(),
                ),
            )
        return listing_id

    def remove_listing(self, key: str) -> None:
        """Take it off the shop; who reads only changes is told that it is gone."""
        self._update_listing(self.listing(key).id, "deleted", 1)

    def set_level(self, key: str, units: int | None) -> None:
        """Change a level by hand. Errors: ShopRefusal."""
        if units is not None and (type(units) is not int or abs(units) >= LIMIT):
            raise ShopRefusal("bad_quantity", f"{units!r:.40} is no number of units.")
        with self.atomic():
            listing = self.listing(key)
            if listing.quantity != units:
                self._update_listing(listing.id, "quantity", units)

    def set_price(self, key: str, price: str) -> None:
        """Change a price by hand; decimal text, not negative. Errors: ShopRefusal."""
        try:
            if round_minor(price, self.currency) < 0:
                raise MoneyError("a price is not negative")
        except MoneyError as error:
            raise ShopRefusal("bad_price", str(error)) from error
        with self.atomic():
            listing = self.listing(key)
            if listing.price != price:
                self._update_listing(listing.id, "price", price)

    def listing(self, key: str) -> Listing:
        """The listing as it is now. Errors: ShopRefusal (unknown_listing) where there is none, or no longer."""
        row = self.connection.execute(
            f"SELECT {LISTING_COLUMNS} FROM listing WHERE (id = ? OR sku = ?) AND NOT deleted"
            " ORDER BY id <> ?, position LIMIT 1",
            (storable(key), storable(key), storable(key)),
        ).fetchone()
        if row is None:
            raise ShopRefusal("unknown_listing", f"The shop lists no {key[:60]!r}.")
        return to_listing(row)

    def listings(self) -> list[Listing]:
        """Everything that is listed, in the order of making."""
        rows = self.connection.execute(f"SELECT {LISTING_COLUMNS} FROM listing WHERE NOT deleted ORDER BY position")
        return [to_listing(row) for row in rows]

    def level(self, key: str) -> int | None:
        """Units that the shop shows; None where it keeps no stock of it."""
        return self.listing(key).quantity

    def price(self, key: str) -> str | None:
        return self.listing(key).price

    def _move_stock(self, moves: Sequence[tuple[str | None, int]]) -> None:
        """Add units to the first listing of each SKU, where it is listed and tracked; may go below zero."""
        for sku, units in moves:
            try:
                listing = self.listing(sku) if sku and units else None
            except ShopRefusal:
                continue
            if listing is not None and listing.quantity is not None:
                self._update_listing(listing.id, "quantity", listing.quantity + units)

    def _update_listing(self, listing_id: str, column: str, value: object) -> None:
        with self.atomic():
            self.connection.execute(
                f"UPDATE listing SET {column} = ?, changed_at = ?, change = ? WHERE id = ?",
                (value, self._now(), self._change(), listing_id),
            )
