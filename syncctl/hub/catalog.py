"""The back office's catalog, and what each store lists of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncctl.hub.bulk import Insert, in_chunks, insert_values, marks, upsert
from syncctl.hub.family import Family
from syncctl.model import Listing, Variant

_VARIANT = upsert("variant", "sku product_id remote_id title product_type tracked active", "sku")
_PLAIN = (1, "")  # tracked, of no type: as what is new was until now, for whoever publishes
_PRICE = upsert("price", "sku price_list amount currency compare_at", "sku price_list")
_LISTING = upsert("listing", "party remote_id sku title managed why price priced", "party remote_id")
# What a listing shows when it is first read, or shows as wanted, is what both sides agree on.
_SHOWN = Insert(
    "shown",
    "listing_id party quantity agreed",
    "ON CONFLICT (listing_id) DO UPDATE SET quantity = excluded.quantity, "
    "agreed = iif(excluded.quantity IS want, excluded.quantity, agreed), "
    "moved = iif(excluded.quantity IS want, 0, moved) "
    "WHERE excluded.quantity IS NOT quantity OR "
    "(excluded.quantity IS want AND (excluded.quantity IS NOT agreed OR moved <> 0))",
)


@dataclass(frozen=True, slots=True)
class ShownPrice:
    """One listing whose price should change; canonical decimal texts. `price` None: what is shown is unknown."""

    listing_id: int
    remote_id: str
    sku: str
    want: str
    price: str | None


class Catalog(Family):
    """Tables `product`, `variant`, `price` and `listing`."""

    edited_by_hand = 0  # listings of this run whose level or price somebody else changed

    def known_skus(self, skus: Iterable[str]) -> set[str]:
        """Those of these SKUs that the back office can sell, as far as the hub knows."""
        found = set()
        for chunk in in_chunks(skus):
            rows = self.connection.execute(
                f"SELECT sku FROM variant WHERE active = 1 AND sku IN ({marks(chunk)})", chunk
            )
            found |= {row[0] for row in rows}
        return found

    def record_variants(self, variants: Sequence[Variant]) -> int:
        """Make the hub hold these variants; returns how many differed. Prices are recorded apart, behind a guard."""
        with self.hub.transaction() as connection:
            products = self._products(variants)
            self._note_turned(variants)
            kits = self.hub.kits.record(variants)
            rows = [_variant_row(one, products.get(one.product_id)) for one in variants]
            return max(_VARIANT.run(connection, rows), kits)  # a new kit differs in both

    def _note_turned(self, variants: Sequence[Variant]) -> None:
        """A level that the back office begins or ceases to own, or of another type, is to be worked out again."""
        special: dict[str, tuple[int, str]] = {}
        for chunk in in_chunks(one.sku for one in variants):
            rows = self.connection.execute(
                "SELECT sku, tracked, product_type FROM variant INDEXED BY variant_special "
                f"WHERE (tracked = 0 OR product_type <> '') AND sku IN ({marks(chunk)})",
                chunk,
            )
            special |= {sku: (tracked, product_type) for sku, tracked, product_type in rows}
        turned = [
            (one.sku,) for one in variants if special.get(one.sku, _PLAIN) != (int(one.tracked), one.product_type)
        ]
        self.connection.executemany("INSERT OR IGNORE INTO stale_sku VALUES (?)", turned)
        untracked = {sku for sku, (tracked, _) in special.items() if not tracked}
        self.hub.stock.count_again_of([one.sku for one in variants if one.tracked and one.sku in untracked])

    def _products(self, variants: Sequence[Variant]) -> dict[str, int]:
        titles = {one.product_id: one.product_title for one in variants if one.product_id}
        self.connection.executemany(
            "INSERT INTO product (remote_id, title) VALUES (?, ?) ON CONFLICT (remote_id) DO UPDATE "
            "SET title = excluded.title WHERE excluded.title IS NOT product.title",
            list(titles.items()),
        )
        found = {}
        for chunk in in_chunks(titles):
            rows = self.connection.execute(
                f"SELECT remote_id, id FROM product WHERE remote_id IN ({marks(chunk)})", chunk
            )
            found.update(dict(rows.fetchall()))
        return found

    def stage_prices(self, variants: Sequence[Variant]) -> None:
        """Put prices aside until the whole reading is judged; `begin_prices` first."""
        insert_values(
            self.connection,
            "INSERT OR REPLACE INTO new_price VALUES",
            [
                (one.sku, price.price_list, price.amount, price.currency, price.compare_at)
                for one in variants
                for price in one.prices
            ],
        )

    def begin_prices(self) -> None:
        """An empty place for a price reading; gone with the connection."""
        self.connection.execute("DROP TABLE IF EXISTS temp.new_price")
        self.connection.execute(
            "CREATE TEMP TABLE new_price (sku TEXT, price_list TEXT, amount TEXT, currency TEXT, compare_at TEXT, "
            "PRIMARY KEY (sku, price_list)) WITHOUT ROWID"
        )

    def price_changes(self) -> list[tuple[str, str]]:
        """(old, new) decimal text of those staged prices that were known before and differ."""
        return self.connection.execute(
            "SELECT p.amount, n.amount FROM new_price n JOIN price p USING (sku, price_list) "
            "WHERE p.amount IS NOT n.amount"
        ).fetchall()

    def known_prices(self) -> int:
        """How many prices the last accepted readings gave."""
        return int(self.connection.execute("SELECT count(*) FROM price").fetchone()[0])

    def accept_prices(self, price_list: str) -> int:
        """Take the staged prices over; returns how many differed. Listings get the price they should show."""
        with self.hub.transaction() as connection:
            changed = connection.execute(
                "INSERT INTO price SELECT * FROM new_price WHERE true ON CONFLICT (sku, price_list) DO UPDATE SET "
                "amount = excluded.amount, currency = excluded.currency, compare_at = excluded.compare_at WHERE "
                "(excluded.amount, excluded.currency, excluded.compare_at) "
                "IS NOT (price.amount, price.currency, price.compare_at)"
            ).rowcount
            connection.execute(
                "UPDATE listing SET want_price = p.amount FROM new_price n JOIN price p USING (sku, price_list) "
                "WHERE n.price_list = ? AND listing.sku = n.sku AND likely(priced) AND want_price IS NOT p.amount "
                "AND p.currency = (SELECT currency FROM party WHERE name = listing.party)",
                [price_list],
            )
        return changed

    def begin_listings(self) -> None:
        """Note from now on which listings are recorded; the note is gone with the connection."""
        self.connection.execute("DROP TABLE IF EXISTS temp.seen_listing")
        self.connection.execute("CREATE TEMP TABLE seen_listing (id INTEGER PRIMARY KEY)")

    def record_listings(self, party: str, listings: Sequence[Listing], price_list: str) -> int:
        """Make the hub hold what a store lists, levels and prices as read; returns how many rows differed.

        `begin_listings` first.
        """
        with self.hub.transaction() as connection:
            gone = [one.id for one in listings if one.deleted]
            self._remove_listings(party, gone)
            kept = [one for one in listings if not one.deleted]
            self.edited_by_hand += self._edits(party, kept)
            self._forget_other_skus(party, kept)
            changed = _LISTING.run(
                connection,
                [
                    (party, one.id, one.sku, one.title, int(one.managed), one.why, one.price, int(one.priced))
                    for one in kept
                ],
            )
            ids = self.listing_ids(party, [one.id for one in kept])
            _SHOWN.run(connection, [(ids[one.id], party, one.quantity, one.quantity) for one in kept])
            insert_values(connection, "INSERT OR IGNORE INTO seen_listing VALUES", [(one,) for one in ids.values()])
            if changed:
                self._want_for_new(list(ids.values()), price_list)
        return changed + len(gone)

    def _forget_other_skus(self, party: str, listings: Sequence[Listing]) -> None:
        """What a listing should show belongs to its SKU, and to its being ours to write: with them it goes."""
        listing = "party = ?1 AND remote_id = ?2"
        self.connection.executemany(
            "UPDATE shown SET want = NULL WHERE listing_id IN "
            f"(SELECT id FROM listing WHERE {listing} AND (sku, managed) IS NOT (?3, ?4))",
            [(party, one.id, one.sku, int(one.managed)) for one in listings],
        )
        self.connection.executemany(
            f"UPDATE listing SET want_price = NULL WHERE {listing} AND (sku, managed, priced) IS NOT (?3, ?4, ?5)",
            [(party, one.id, one.sku, int(one.managed), int(one.priced)) for one in listings],
        )

    def want_again(self, price_list: str) -> None:
        """The settings that decide what is shown have changed: work out every level and price again."""
        with self.hub.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO stale_sku SELECT DISTINCT sku FROM listing")
            connection.execute(
                "UPDATE listing SET want_price = (SELECT p.amount FROM price p JOIN party s ON s.name = listing.party "
                "AND s.currency = p.currency WHERE p.sku = listing.sku AND p.price_list = ?) WHERE priced = 1",
                [price_list],
            )

    def _edits(self, party: str, listings: Sequence[Listing]) -> int:
        """How many of these listings show something else than we believed: nobody of ours changed them."""
        read = {one.id: (one.quantity, one.price) for one in listings}
        edits = 0
        for chunk in in_chunks(read):
            rows = self.connection.execute(
                "SELECT l.remote_id, s.quantity, l.price FROM listing l JOIN shown s ON s.listing_id = l.id "
                f"WHERE l.party = ? AND l.remote_id IN ({marks(chunk)})",
                [party, *chunk],
            )
            for remote_id, *believed in rows:
                pairs = zip(believed, read[remote_id], strict=True)
                edits += any(ours is not None and ours != theirs for ours, theirs in pairs)
        return edits

    def listing_ids(self, party: str, remote_ids: Iterable[str]) -> dict[str, int]:
        """The hub's ids of a store's listings."""
        found = {}
        for chunk in in_chunks(remote_ids):
            rows = self.connection.execute(
                f"SELECT remote_id, id FROM listing WHERE party = ? AND remote_id IN ({marks(chunk)})", [party, *chunk]
            )
            found.update(dict(rows.fetchall()))
        return found

    def unlisted(self, party: str) -> tuple[int, int]:
        """After a full listing: how many there were before, and how many of those were not recorded since."""
        had, gone = self.connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE id NOT IN (SELECT id FROM seen_listing)) FROM listing "
            "WHERE party = ?",
            [party],
        ).fetchone()
        return int(had), int(gone)

    def remove_unlisted(self, party: str) -> int:
        """After a full listing: what was not recorded since `begin_listings` is forgotten; returns how many."""
        rows = self.connection.execute(
            "SELECT remote_id FROM listing WHERE party = ? AND id NOT IN (SELECT id FROM seen_listing)", [party]
        )
        gone = [row[0] for row in rows]
        if gone:
            with self.hub.transaction():
                self._remove_listings(party, gone)
        return len(gone)

    def _remove_listings(self, party: str, remote_ids: Sequence[str]) -> None:
        for chunk in in_chunks(self.listing_ids(party, remote_ids).values()):
            self.connection.execute(f"DELETE FROM shown WHERE listing_id IN ({marks(chunk)})", chunk)
            self.connection.execute(f"DELETE FROM listing WHERE id IN ({marks(chunk)})", chunk)

    def _want_for_new(self, listing_ids: Sequence[int], price_list: str) -> None:
        """Changed listings may be new, or have a new SKU: their price and level must be worked out."""
        for chunk in in_chunks(listing_ids):
            self.connection.execute(
                "UPDATE listing SET want_price = p.amount FROM price p WHERE p.sku = listing.sku AND p.price_list = ? "
                "AND p.currency = (SELECT currency FROM party WHERE name = listing.party) "
                f"AND priced = 1 AND listing.want_price IS NOT p.amount AND listing.id IN ({marks(chunk)})",
                [price_list, *chunk],
            )
            self.connection.execute(
                "INSERT OR IGNORE INTO stale_sku SELECT l.sku FROM listing l JOIN shown s ON s.listing_id = l.id "
                f"WHERE s.want IS NULL AND l.id IN ({marks(chunk)})",
                chunk,
            )

    def wanted_prices(self, party: str, remote_ids: Sequence[str]) -> dict[str, str]:
        """The prices that these listings of a store should show, where there is one."""
        found = {}
        for chunk in in_chunks(remote_ids):
            rows = self.connection.execute(
                "SELECT remote_id, want_price FROM listing WHERE want_price IS NOT NULL AND party = ? "
                f"AND remote_id IN ({marks(chunk)})",
                [party, *chunk],
            )
            found.update(dict(rows.fetchall()))
        return found

    def pending_prices(self, party: str, limit: int, after: int) -> list[ShownPrice]:
        """Listings whose price differs, by id, after `after`; found by partial index."""
        rows = self.connection.execute(
            "SELECT id, remote_id, sku, want_price, price FROM listing WHERE party = ? AND id > ? "
            "AND want_price IS NOT NULL AND want_price IS NOT price ORDER BY id LIMIT ?",
            [party, after, limit],
        )
        return [ShownPrice(*row) for row in rows]

    def differing_prices(self, listing_ids: Sequence[int]) -> list[ShownPrice]:
        """Those of these listings whose price differs, or is unknown."""
        found = []
        for chunk in in_chunks(listing_ids):
            rows = self.connection.execute(
                "SELECT id, remote_id, sku, want_price, price FROM listing WHERE want_price IS NOT NULL "
                f"AND want_price IS NOT price AND id IN ({marks(chunk)})",
                chunk,
            )
            found += [ShownPrice(*row) for row in rows]
        return found

    def set_shown_prices(self, prices: Mapping[int, str | None]) -> None:
        """What the store shows now for these listings; None if that is not known."""
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE listing SET price = ? WHERE id = ?", [(price, one) for one, price in prices.items()]
            )


def _variant_row(one: Variant, product_id: int | None) -> tuple[object, ...]:
    return one.sku, product_id, one.remote_id, one.title, one.product_type, int(one.tracked), int(one.active)
