"""Kits: what the back office sells as one and keeps as several. A kit has no stock of its own, its components have."""

from collections.abc import Mapping, Sequence

from syncctl.hub.bulk import in_chunks, insert_values, marks
from syncctl.hub.family import Family
from syncctl.model import Variant

Parts = dict[str, int]
"""Units of each component in one kit."""

# What stock is sold through what: first down (an order of a kit takes its components), then up (a component that moved
# moves every kit with it). UNION ends it, whatever circles the back office may have.
_STALE_WITH_KITS = """
WITH RECURSIVE down(sku) AS (
  SELECT sku FROM stale_sku UNION SELECT c.sku FROM down JOIN component c ON c.kit = down.sku
), up(sku) AS (
  SELECT sku FROM down UNION SELECT c.kit FROM up JOIN component c ON c.sku = up.sku
)
INSERT OR IGNORE INTO stale_sku SELECT sku FROM up
"""


class Kits(Family):
    """Table `component`."""

    def any(self) -> bool:
        """Whether the back office has kits at all."""
        return bool(self.connection.execute("SELECT EXISTS (SELECT 1 FROM component)").fetchone()[0])

    def record(self, variants: Sequence[Variant]) -> int:
        """Make the hub hold what these variants are made of, inside the caller's transaction; returns how many differ.

        A kit that changed is stale, with all that it was and is made of.
        """
        wanted = {one.sku: _parts(one) for one in variants}
        if not any(wanted.values()) and not self.any():
            return 0
        known = self._known(list(wanted))
        changed = [sku for sku, parts in wanted.items() if parts != known.get(sku, {})]
        self.connection.executemany("DELETE FROM component WHERE kit = ?", [(kit,) for kit in changed])
        rows = [(kit, sku, quantity) for kit in changed for sku, quantity in wanted[kit].items()]
        insert_values(self.connection, "INSERT INTO component (kit, sku, quantity) VALUES", rows)
        self.hub.stock.count_again_of([kit for kit in changed if kit not in known])
        touched = {*changed, *(sku for kit in changed for sku in (*wanted[kit], *known.get(kit, {})))}
        insert_values(self.connection, "INSERT OR IGNORE INTO stale_sku VALUES", [(sku,) for sku in sorted(touched)])
        return len(changed)

    def _known(self, skus: Sequence[str]) -> dict[str, Parts]:
        found: dict[str, Parts] = {}
        for chunk in in_chunks(skus):
            rows = self.connection.execute(
                f"SELECT kit, sku, quantity FROM component WHERE kit IN ({marks(chunk)})", chunk
            )
            for kit, sku, quantity in rows:
                found.setdefault(kit, {})[sku] = quantity
        return found

    def close_over_stale(self) -> None:
        """What is stale makes the kits around it stale, and what they are made of; nothing where there are no kits."""
        self.connection.execute(_STALE_WITH_KITS)

    def stale(self) -> dict[str, Parts]:
        """Every kit that is to be worked out again, with what it is made of and can run out of: not a component of
        which the back office keeps no stock."""
        found: dict[str, Parts] = {}
        for kit, sku, quantity, limits in self.connection.execute(
            "SELECT c.kit, c.sku, c.quantity, NOT EXISTS (SELECT 1 FROM variant v WHERE v.sku = c.sku "
            "AND v.tracked = 0 AND NOT EXISTS (SELECT 1 FROM component i WHERE i.kit = c.sku)) "
            "FROM stale_sku t CROSS JOIN component c ON c.kit = t.sku ORDER BY c.kit, c.sku"  # few are stale
        ):
            parts = found.setdefault(kit, {})
            if limits:
                parts[sku] = quantity
        return found

    def nested(self, kits: Mapping[str, Parts]) -> dict[str, str]:
        """Those of these kits that have a kit in them, with one that is; a connector should have taken it apart."""
        inner = set(self._known([sku for parts in kits.values() for sku in parts]))
        return {kit: min(inner & parts.keys()) for kit, parts in kits.items() if inner & parts.keys()}


def _parts(variant: Variant) -> Parts:
    """A component that stands twice counts twice; one of which there is none in a kit (an option, a by-product) takes
    no stock."""
    parts: Parts = {}
    for one in variant.components:
        if one.quantity > 0:
            parts[one.sku] = parts.get(one.sku, 0) + one.quantity
    return parts
