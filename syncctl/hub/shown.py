"""What each store shows and should show: the `want` of every listing, and what is believed to be there."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.family import Family
from syncctl.hub.units import DEMAND, FROM_HERE, RELIEF, UNREFLECTED
from syncctl.model import Published


@dataclass(frozen=True, slots=True)
class Shown:
    """One listing and its level. `want` None: nothing is published; `quantity` None: what is shown is unknown."""

    listing_id: int
    remote_id: str
    sku: str
    want: int | None
    quantity: int | None
    agreed: int | None
    moved: int
    missed: int = 0  # units that left its level, and that no order explains


class Beside(NamedTuple):
    """Another listing that sells from the same stock. `is_source`: it is of the same SKU, or of a component of it.

    `units`: so many of what the one listing has are taken by one of the other, at most.
    """

    listing_id: int
    is_source: bool
    units: int


_BESIDE = """
SELECT a.id, b.id, 1, 1 FROM listing a JOIN listing b ON b.sku = a.sku AND b.party = a.party AND b.id <> a.id
JOIN shown s ON s.listing_id = b.id WHERE a.id IN ({ids}) AND b.managed ORDER BY a.id, b.id
"""

# What stands for a SKU's stock is the SKU, and each component that the back office keeps stock of.
_BESIDE_KITS = """
WITH mine AS (SELECT id, party, sku FROM listing WHERE id IN ({ids})), part(id, party, sku) AS (
  SELECT id, party, sku FROM mine
  UNION SELECT m.id, m.party, c.sku FROM mine m JOIN component c ON c.kit = m.sku
  WHERE NOT EXISTS (SELECT 1 FROM variant v WHERE v.sku = c.sku AND v.tracked = 0)
), other(id, party, sku, is_source, units) AS (
  SELECT id, party, sku, 1, 1 FROM part
  UNION ALL SELECT p.id, p.party, c.kit, 0, c.quantity FROM part p JOIN component c ON c.sku = p.sku
)
SELECT o.id, b.id, max(o.is_source), max(o.units) FROM other o
JOIN listing b ON b.sku = o.sku AND b.party = o.party AND b.id <> o.id JOIN shown s ON s.listing_id = b.id
WHERE b.managed GROUP BY o.id, b.id ORDER BY o.id, max(o.is_source) DESC, b.id
"""


class ShownLevels(Family):
    """Tables `shown` and `stale_sku`."""

    def any_stale(self) -> bool:
        """Whether some SKU is to be worked out again."""
        return bool(self.connection.execute("SELECT EXISTS (SELECT 1 FROM stale_sku)").fetchone()[0])

    def stale(
        self, as_of: int, falls_on: str, locations: Sequence[str], apart: Sequence[str] = (), *, kits: bool
    ) -> Iterator[tuple[str, str, int | None, int]]:
        """(SKU, type, available or None where unknown, units not reflected) of every SKU to be worked out again, read
        as they are asked for: meanwhile nothing but what is shown may change.

        `locations`: those that are summed, empty: all. `apart`: stores whose orders take nothing there. `kits`: there
        are kits among them; then their components are told, too, and the units sold through kits.
        """
        here = {f"l{index}": location for index, location in enumerate(locations)}
        there = {f"p{index}": party for index, party in enumerate(apart)}
        unreflected = UNREFLECTED.format(relief=RELIEF[falls_on])
        if apart:
            unreflected += FROM_HERE.format(apart=_names(there), locations=_names(here))
        if kits:
            parts = "SELECT c.sku FROM stale_sku s CROSS JOIN component c ON c.kit = s.sku"  # few are stale
            skus = f"SELECT sku FROM stale_sku UNION {parts}"
            units = DEMAND.format(unreflected=unreflected)
        else:
            skus = "SELECT sku FROM stale_sku"
            only = f"{unreflected} AND l.sku IN (SELECT sku FROM stale_sku)"
            units = f"SELECT sku, sum(units) AS units FROM ({only}) GROUP BY sku"
        # What the back office has only elsewhere it has not here: none, which is not the same as unknown.
        units_here = f"iif(s.location IN ({_names(here)}), s.available, 0)" if locations else "s.available"
        yield from self.connection.execute(
            "SELECT t.sku, coalesce(v.product_type, ''), iif(v.tracked IS 0, NULL, "
            f"(SELECT sum({units_here}) FROM stock_level s WHERE s.sku = t.sku)), coalesce(u.units, 0) "
            f"FROM ({skus}) t LEFT JOIN variant v ON v.sku = t.sku LEFT JOIN ({units}) u ON u.sku = t.sku",
            {"as_of": as_of, **here, **there},
        )

    def set_wants(self, published: Mapping[str, Published | None], stores: Sequence[str]) -> None:
        """Record what every managed listing of these SKUs should show in these stores; None: publish nothing."""
        only = ",".join(f"?{number}" for number in range(4, 4 + len(stores)))
        rows = [
            (one and one.quantity, json.dumps(dict(one.terms)) if one else "{}", sku, *stores)
            for sku, one in published.items()
        ]
        self.connection.executemany(
            "UPDATE shown SET want = iif(l.managed, ?1, NULL), terms = ?2, "
            "agreed = iif(l.managed AND shown.quantity = ?1, ?1, shown.agreed), "  # it shows that already
            "moved = iif(l.managed AND shown.quantity = ?1, 0, shown.moved) FROM listing l WHERE l.sku = ?3 "
            f"AND l.party IN ({only}) AND shown.listing_id = l.id "
            "AND (shown.want, shown.terms) IS NOT (iif(l.managed, ?1, NULL), ?2)",
            rows,
        )

    def stale_among(self, skus: Iterable[str]) -> set[str]:
        """Those of these SKUs that are to be worked out again."""
        found = set()
        for chunk in in_chunks(skus):
            rows = self.connection.execute(f"SELECT sku FROM stale_sku WHERE sku IN ({marks(chunk)})", chunk)
            found |= {sku for (sku,) in rows}
        return found

    def forget_stale(self) -> None:
        """All that was stale has been worked out, in the caller's transaction."""
        self.connection.execute("DELETE FROM stale_sku")

    def pending(self, party: str, limit: int, after: int) -> list[Shown]:
        """Listings whose level should change, by id, after `after`; found by partial index, whatever the catalog."""
        rows = self.connection.execute(
            "SELECT s.listing_id, l.remote_id, l.sku, s.want, s.quantity, s.agreed, s.moved FROM shown s "
            "JOIN listing l ON l.id = s.listing_id WHERE s.party = ? AND s.listing_id > ? AND s.want IS NOT NULL "
            "AND s.want IS NOT s.quantity ORDER BY s.listing_id LIMIT ?",
            [party, after, limit],
        )
        return [Shown(*row) for row in rows]

    def again(self, listing_ids: Sequence[int]) -> list[Shown]:
        """These listings as they stand now; those whose levels are not ours any more are absent."""
        rows = self.connection.execute(
            "SELECT s.listing_id, l.remote_id, l.sku, s.want, s.quantity, s.agreed, s.moved FROM shown s "
            f"JOIN listing l ON l.id = s.listing_id WHERE s.listing_id IN ({marks(listing_ids)}) "
            "AND l.managed ORDER BY s.listing_id",
            list(listing_ids),
        )
        return [Shown(*row) for row in rows]

    def moved(self, party: str, remote_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
        """(listing, units that orders moved since both sides agreed on its level) of these listings of a store."""
        found: dict[str, tuple[int, int]] = {}
        for chunk in in_chunks(remote_ids):
            rows = self.connection.execute(
                "SELECT l.remote_id, s.listing_id, s.moved FROM listing l JOIN shown s ON s.listing_id = l.id "
                f"WHERE l.party = ? AND l.remote_id IN ({marks(chunk)})",
                [party, *chunk],
            )
            found |= {remote_id: (listing_id, moved) for remote_id, listing_id, moved in rows}
        return found

    def beside(self, listing_ids: Sequence[int]) -> dict[int, list[Beside]]:
        """By these listings, the others of the same store whose orders take from the same stock, where there are any:
        those of the same SKU, of its components, of kits that it is in, and of kits that have a component with it in
        common. What it has its stock from comes first. They are sold from, whether a level is published or not."""
        rows = self.connection.execute(
            (_BESIDE_KITS if self.hub.kits.any() else _BESIDE).format(ids=marks(listing_ids)), list(listing_ids)
        )
        found: dict[int, list[Beside]] = {}
        for listing_id, other, is_source, units in rows:
            found.setdefault(listing_id, []).append(Beside(other, bool(is_source), units))
        return found

    def agree(self, levels: Mapping[int, int], missed: Mapping[int, int]) -> None:
        """Both sides agree on these levels now: an acknowledged write, or a fresh reading that needs none.

        `missed`: units that were left out of them, and that are still waited for.
        """
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE shown SET quantity = ?1, agreed = ?2, moved = 0 WHERE listing_id = ?3 "
                "AND (quantity, agreed, moved) IS NOT (?1, ?2, 0)",
                [(level, level + missed.get(listing_id, 0), listing_id) for listing_id, level in levels.items()],
            )

    def set_shown(self, levels: Mapping[int, int]) -> None:
        """What these listings show, as it was read; nobody agreed on it."""
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE shown SET quantity = ? WHERE listing_id = ?",
                [(level, listing_id) for listing_id, level in levels.items()],
            )

    def forget_shown(self, listing_ids: Sequence[int]) -> None:
        """What these listings show is not known any more: a lost reply, a mismatch."""
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE shown SET quantity = NULL WHERE listing_id = ? AND quantity IS NOT NULL",
                [(listing_id,) for listing_id in listing_ids],
            )


def _names(parameters: Mapping[str, str]) -> str:
    """Named parameters for `IN (...)`."""
    return ",".join(f":{name}" for name in parameters)
