"""200 real orders through `sync-all` and a real Tryton, read back by `proteus` and compared with the store to the cent.

What the program's own hub says is not looked at. SYNCCTL_TRYTON_ORDERS is how many orders each season gets; else the
one whose stock falls with the order has 200, and the one whose stock falls with shipments, an ordinary user's, 33.
"""

import os
import shutil
from pathlib import Path

import pytest

from bench.retail import DATA
from tests.tryton.audit import Books, Store
from tests.tryton.audit_stock import oversold
from tests.tryton.audited import differences, play, read_back
from tests.tryton.client import Client
from tests.tryton.damages import Damages
from tests.tryton.season import Season
from tests.tryton.season_people import RULES
from tests.tryton.server import TrytonServer
from tests.tryton.test_doctor import GROUPS, user

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the online-retail data set is not here; SYNCCTL_DATA names its folder"
)
ASKED = os.environ.get("SYNCCTL_TRYTON_ORDERS")
MANY, SOME = int(ASKED or 200), int(ASKED or 33)
CLERK = (*GROUPS, "Party Administration")


def test_a_season_of_real_orders_is_the_same_on_both_sides(tmp_path: Path, server: TrytonServer) -> None:
    season = Season(tmp_path, server, MANY, customers=RULES)
    assert play(season, "order") == []
    assert len(season.shop.order_ids()) == MANY
    assert list(differences(season, read_back(server), "order")) == []


class Ended:
    """A season that is over, and can be put back to its end: an ordinary user's, with a price list."""

    def __init__(self, folder: Path, server: TrytonServer) -> None:
        clerk = user(Client(server.address), *CLERK)
        books = {**clerk, "stock_falls_on": "shipment", "price_lists": ["Trade"]}
        self.season = Season(folder, server, SOME, books=books, products={"price_list": "Trade"}, customers=RULES)
        assert play(self.season, "shipment") == []
        self.server, self._tryton, self._store = server, server.keep("ended"), folder / "shop.kept"
        shutil.copyfile(folder / "shop.db", self._store)

    def put_back(self) -> None:
        self.server.reset(self._tryton)
        shutil.copyfile(self._store, self.season.folder / "shop.db")

    def differences(self, *web_ids: str) -> tuple[Books, list[str]]:
        books = read_back(self.server, *web_ids)
        return books, list(differences(self.season, books, "shipment", "Trade"))


def test_an_ordinary_user_is_enough_for_all_of_it_and_each_difference_would_be_told(
    tmp_path: Path, server: TrytonServer
) -> None:
    """Stock falls with shipments here. One test, for the season takes a while."""
    ended = Ended(tmp_path, server)
    books, found = ended.differences()
    assert found == []
    each_difference_that_is_planted_is_told(ended, books)
    ended.put_back()
    sales_are_the_same_as_records_of_the_library(ended, books)


def each_difference_that_is_planted_is_told(ended: Ended, books: Books) -> None:
    planted = Damages(ended.season, ended.server, books).plant()
    told = "\n".join(ended.differences()[1])
    assert len(planted) >= 12
    assert [name for name, words in planted.items() if words not in told] == []
    store = Store.read(ended.season.folder / "shop.db")
    assert len(list(oversold(store, ended.season.ledger, promised=False))) == 1, "the level that is one too high"


def sales_are_the_same_as_records_of_the_library(ended: Ended, books: Books) -> None:
    """`read_back` asks the library for many at once; here it is used as in its own examples."""
    some = [sale for sales in list(books.by_number.values())[:4:2] for sale in sales]
    records = {one["web_id"]: one for one in ended.differences(*(sale["web_id"] for sale in some))[0].told["records"]}
    for sale in some:
        record = records[sale["web_id"]]
        lines = [[line["sku"], line["quantity"], line["amount"], line["note"]] for line in sale["lines"]]
        assert record["lines"] == sorted(lines, key=str)
        for name in ("reference", "state", "total_amount", "party_name"):
            assert record[name] == sale[name]
