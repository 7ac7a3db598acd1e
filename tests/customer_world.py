"""The world of the stock tests for customers: both sides' people as their own files have them, and the hub's list.

world = CustomerWorld(tmp_path, customers={"upload": "assigned"})
pat = world.office.upsert_customer(name="Pat", emails=["pat@pos.example"])
world.know()                        # both sides are read into the hub, as at the first cycle
world.assign("Pat")                 # what a person does between runs
world.run()
assert world.web()[0]["name"] == "Pat"
"""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from syncctl import times
from syncctl.connectors import open_back_office, open_store
from syncctl.hub import Hub
from syncctl.hub.customer_rows import Arrival
from syncctl.model import Customer
from syncctl.rules.matching import contacts_of, joining
from syncctl.steps.run import BACK_OFFICE
from tests.stock_world import StockWorld

COLUMNS = "id, name, company, emails, phones, group_title, note, consents, reference, deleted"


class CustomerWorld(StockWorld):
    """Shops and a back office whose customers the tests compare; phones are British."""

    def __init__(self, folder: Path, *, invites: str = "", **options: Any) -> None:
        super().__init__(folder, **{**options, "customers": {"country": "GB", **options.get("customers", {})}})
        if invites:
            for name in self.shops:
                self.set_store(name, invites=invites)

    def set_store(self, name: str, **settings: Any) -> None:
        """Change how one sandbox shop behaves."""
        stores = self.sections["stores"]
        self.change(stores={**stores, name: {**stores[name], **settings}})

    # --- both sides, by their own files -------------------------------------------------------------------------

    def web(self, shop: str = "") -> list[dict[str, Any]]:
        """Everybody a shop has, in its own words."""
        return (self.shops[shop] if shop else self.shop).customers()

    def pos(self) -> list[dict[str, Any]]:
        """Everybody the back office has."""
        rows = self.office.connection.execute(f"SELECT {COLUMNS} FROM customer WHERE NOT deleted ORDER BY id")
        people = [dict(zip(COLUMNS.split(", "), row, strict=True)) for row in rows]
        for one in people:
            one |= {name: json.loads(one[name]) for name in ("emails", "phones", "consents")}
            one["id"] = str(one["id"])
        return people

    def names(self, shop: str = "") -> tuple[list[str], list[str]]:
        """The names of all: in a shop, and in the back office."""
        return sorted(one["name"] for one in self.web(shop)), sorted(one["name"] for one in self.pos())

    # --- the hub ------------------------------------------------------------------------------------------------

    def know(self) -> None:
        """Read all customers of all sides into the hub."""
        with self.hub() as hub, hub.transaction():
            hub.runs.begin("test")
            for party, side in self._open().items():
                hub.parties.confirm(party, side.about())
                for page in side.fetch_customers(None):
                    self._take(hub, party, page.records)
                side.close()
            hub.runs.end(0, "")

    def hub_id(self, name: str) -> int:
        [(found,)] = self.rows("SELECT id FROM customer WHERE name = ?", name)
        return int(found)

    def assign(self, *names: str, to: str = "shop") -> None:
        with self.hub() as hub:
            hub.uploads.assign([self.hub_id(name) for name in names], to)

    def save(self) -> Path:
        """A copy of the hub, to be put back later."""
        copy = self.folder / "saved.db"
        shutil.copyfile(self.folder / "hub.db", copy)
        return copy

    def restore(self, copy: Path) -> None:
        """Put an older hub back, as a person would: the file alone."""
        for suffix in ("-wal", "-shm"):
            (self.folder / f"hub.db{suffix}").unlink(missing_ok=True)
        shutil.copyfile(copy, self.folder / "hub.db")

    def pending(self, party: str) -> list[int]:
        rows = self.rows("SELECT hub_id FROM link WHERE party = ? AND pending = 1 AND kind = 'customer'", party)
        return [hub_id for (hub_id,) in rows]

    def _open(self) -> dict[str, Any]:
        settings = self.settings
        stores = {name: open_store(name, one) for name, one in settings.stores.items()}
        return {BACK_OFFICE: open_back_office(settings.back_office), **stores}

    def _take(self, hub: Hub, party: str, people: Sequence[Customer]) -> None:
        settings = self.settings.customers
        arrivals = []
        for one in people:
            if not one.deleted:
                contacts = contacts_of(one, settings)
                keys = joining(contacts, settings)
                arrivals.append(Arrival(one.id, one, one.changed_at or times.now(), contacts, keys))
        hub.customers.take(party, arrivals, full=True, settings=settings)
