"""A merchant at the command line, with a web shop and a back office of which everything can be seen."""

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl import cli, times
from syncctl.model import Customer
from tests.builders import World

Told = dict[str, Any]


class Shopkeeper(World):
    """The small world of `builders`, of which every run and every question is typed: `types`, `syncs`, `asks`.

    What is done in `shop` and `office` happens there, by their people; no two changes have the same time.
    """

    def __init__(self, folder: Path, shown: pytest.CaptureFixture[str], stores: Sequence[str] = ("shop",)) -> None:
        super().__init__(folder, stores=stores, customers={"country": "GB"})
        self._shown = shown
        self._last = times.now()
        for side in (self.office, *self.shops.values()):
            side.clock = self.moment

    # --- what the merchant types --------------------------------------------------------------------------------

    def types(self, *words: str, code: int = 0) -> str:
        """Run `syncctl WORDS`; returns what it says on both streams. It must end with this exit code."""
        return "".join(self._run(words, code))

    def syncs(self, *, code: int = 0) -> str:
        """A whole cycle, as cron runs it."""
        return self.types("sync-all", code=code)

    def asks(self, *words: str) -> Any:
        """What a command that reads says, as JSON."""
        return json.loads(self._run([*words, "--format", "json"], 0)[0])

    def sets(self, **customers: object) -> None:
        """Write other settings of customers into the configuration file."""
        self.change(customers=customers)

    def listed(self, *options: str) -> dict[str, Told]:
        """The rows of `customers list`, by name."""
        return {row["name"]: row for row in self.asks("customers", "list", *options)["rows"]}

    def number_of(self, name: str) -> str:
        """The number under which a customer is known to the commands."""
        [row] = self.asks("customers", "find", "--name", name)["rows"]
        return str(row["id"])

    def questions(self) -> list[Told]:
        """What waits for a person, as `holds list` says it."""
        return list(self.asks("holds", "list")["rows"])

    # --- what happens in the shop -------------------------------------------------------------------------------

    def buys(self, customer: str | Mapping[str, object] | None, *, shop: str = "", **options: Any) -> str:
        """Somebody orders a mug, as a customer (by id) or as a guest (by what he types); returns the order's id."""
        return (self.shops[shop] if shop else self.shop).place_order([("MUG", 1)], customer=customer, **options)

    # --- what both sides have -----------------------------------------------------------------------------------

    def web(self, shop: str = "") -> dict[str, Told]:
        """Everybody the shop has, by name, in its own words."""
        found = (self.shops[shop] if shop else self.shop).customers()
        assert len({one["name"] for one in found}) == len(found), "two of one name: look at shop.customers()"
        return {one["name"]: one for one in found}

    def pos(self) -> dict[str, Customer]:
        """Everybody the back office has, by name."""
        found = list(self.office.customers())
        assert len({one.name for one in found}) == len(found), "two of one name: look at office.customers()"
        return {one.name: one for one in found}

    def buyer_in_books(self, order_id: str) -> str | None:
        """The name of the customer on whom the sale of an order is booked; None: the guest account."""
        [sale] = [one for one in self.documents(order_id) if one.kind == "sale"]
        return None if sale.customer_id is None else self.office.customer(sale.customer_id).name

    def everything(self) -> list[tuple[Any, ...]]:
        """Every row about customers, groups, invitations and documents in the files of both sides."""
        wanted = {"books": ("customer", "customer_group", "document"), **dict.fromkeys(self.shops, _OF_A_SHOP)}
        found = []
        for name, tables in wanted.items():
            connection = sqlite3.connect(self.folder / f"{name}.db")
            for table in tables:
                found += [(name, table, *row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
            connection.close()
        return found

    def _run(self, words: Sequence[str], code: int) -> tuple[str, str]:
        self._shown.readouterr()
        umask = os.umask(0o022)
        try:
            with pytest.raises(SystemExit) as ended:
                cli.run(["--config", str(self.config), *words])
        finally:
            os.umask(umask)
        shown = self._shown.readouterr()
        assert ended.value.code == code, shown.out + shown.err
        return shown.out, shown.err

    def moment(self) -> datetime:
        """Now, and later than anything that was done before."""
        self._last = max(times.now(), self._last + timedelta(milliseconds=1))
        return self._last


_OF_A_SHOP = ("customer", "customer_group", "invitation", "sales_order")
