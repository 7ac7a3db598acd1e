"""Which of the back office's locations there are, as far as its stock readings told."""

from collections.abc import Sequence

from syncctl.hub.family import Family


class Locations(Family):
    """What the settings name, held against table `stock_level`."""

    def missing(self, named: Sequence[str]) -> list[str]:
        """Those of these locations at which no SKU has a level; none before there was a full reading with levels.

        Where each of them is, the first levels tell; only for one that is not there all of them are gone through.
        """
        return [location for location in named if not self._is_there(location)] if named and self._were_read() else []

    def _were_read(self) -> bool:
        row = self.connection.execute(
            "SELECT EXISTS (SELECT 1 FROM stock_level) AND EXISTS "
            "(SELECT 1 FROM snapshot WHERE what = 'stock' AND complete = 1 AND whole = 1)"
        ).fetchone()
        return bool(row[0])

    def _is_there(self, location: str) -> bool:
        row = self.connection.execute("SELECT EXISTS (SELECT 1 FROM stock_level WHERE location = ?)", [location])
        return bool(row.fetchone()[0])
