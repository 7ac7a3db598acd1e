"""The model's world with people in it: how each side keeps its customers is drawn, and orders are only a way to come.

What the runs are made of (recorders, faults, deaths, copies of the hub, the clocks) is that of `tests.model.world`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from syncctl.errors import SyncctlError
from syncctl.settings import Settings
from tests.fakes.faulty import Fault
from tests.model.recorder import Points, Recorder
from tests.model.world import BEGAN, OFFICE, ModelWorld, Run
from tests.people.oracle import Oracle


class PeopleWorld(ModelWorld):
    """`sides`: by party, what its settings say of customers; `answers`: of the back office. Levels are left alone."""

    def __init__(self, stores: Sequence[str], answers: str, sides: Mapping[str, Mapping[str, Any]]) -> None:
        super().__init__(stores, "order", answers)
        self.violated = False
        self.sides = {name: dict(side) for name, side in sides.items()}
        self.options["stock"]["enabled"] = False
        self.options["products"] = {"enabled": False}
        self.office.clock = self.clock.stores
        self.office.connection.execute("DELETE FROM customer")
        self.office.connection.execute("UPDATE meta SET value = 'office' WHERE key = 'identity'")
        files = {OFFICE: self.office.connection, **{name: shop.connection for name, shop in self.shops.items()}}
        self.oracle = Oracle(files, [name for name in files if self.sides.get(name, {}).get("contacts") == "one"])

    @property
    def settings(self) -> Settings:
        stores = json.dumps({name: self.sides.get(name, {}) for name in self.shops})
        office = json.dumps({"answers": self.answers, **self.sides.get(OFFICE, {})})
        return _settings(str(self.folder), stores, office, json.dumps(self.options, sort_keys=True))

    def cycle(self, *steps: str, **options: Any) -> Run:
        """As the model's; what it did to customers is judged when it ends. A dry run does nothing to them."""
        run = super().cycle(*steps, **options)
        self._look()
        return run

    def _look(self) -> None:
        with self.read_hub() as hub:
            rows = hub.execute("SELECT hub_id, party, remote_id FROM link WHERE kind = 'customer'").fetchall()
        hub.close()
        groups: dict[int, list[tuple[str, str]]] = {}
        for hub_id, *whose in rows:
            groups.setdefault(hub_id, []).append((whose[0], whose[1]))
        self.oracle.linked(groups.values())
        self.oracle.look(by_hand=False)

    def by_hand(self, work: Callable[[Settings], Any], faults: Mapping[str, Sequence[Fault]] | None = None) -> Any:
        """What a person asks for at once, on the command line; None if it is refused or fails, which is told."""
        self.run, self.points = Run(()), Points(self.folder)
        faults = faults or {}

        def record(party: str, connector: Any) -> Any:
            return Recorder(self, party, connector, faults.get(party, ()))

        self.runs += 1
        try:
            with self._connected(record):
                return work(self.settings)
        except SyncctlError as error:
            self.tell(f"  it says: {error}")
            return None
        finally:
            if self._watching is not None:
                self._watching.close()
                self._watching = None
            self._look()


@lru_cache(64)
def _settings(folder: str, stores: str, office: str, options: str) -> Settings:
    sections = json.loads(options)
    named = {
        name: {"connector": "sandbox", "path": f"{folder}/{name}.db", **side}
        for name, side in json.loads(stores).items()
    }
    return Settings.model_validate(
        {
            "back_office": {"connector": "sandbox", "path": f"{folder}/books.db", **json.loads(office)},
            "stores": named,
            "hub": {"path": f"{folder}/hub.db", "keep_backups": 2},
            **sections,
            "orders": {"book_from": BEGAN, **sections.pop("orders")},
        }
    )
