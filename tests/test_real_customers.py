"""A real shop's customers: who bought is in the back office once, however often it is run and whatever is restored.

The oracle is the file itself, by `csv`: who is named on an invoice that has to be booked. An invoice without a customer
id is a guest's of whom nothing is known: he is nobody. Taken from the file are each customer's first sale and first
return, and all invoices that name nobody, of each invoice its first line: every customer of the file is in that.
`tests/test_real_shop.py` counts those of the whole file.
"""

import csv
import json
import lzma
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from bench import ledgers, sandboxes
from bench.retail import DATA, History, read_history
from syncctl import times
from syncctl.connectors.sandbox.load import load_history
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop
from syncctl.hub import Hub

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the online-retail data set is not here; SYNCCTL_DATA names its folder"
)
CUSTOMERS = 4_372
SOME = 1_500  # invoices of each shop, where a part will do
AT_THE_COUNTER = 40
STORES = ("web", "other")
COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
CONFIG = f"""\
back_office: {{connector: sandbox, path: books.db}}
stores:
  web: {{connector: sandbox, path: web.db}}
  other: {{connector: sandbox, path: other.db}}
orders:
  book_from: 2000-01-01
  unknown_sku: placeholder
  placeholder_sku: {sandboxes.PLACEHOLDER}
  zero_value: leave_out
safety: {{settle: 0s}}
hub: {{path: hub.db}}
"""


def invoices() -> Iterator[list[str]]:
    """The rows of the file that are taken, in its order."""
    numbers: set[str] = set()
    taken: set[tuple[str, str]] = set()
    with lzma.open(DATA, "rt", encoding="utf-8", newline="") as file:
        for row in islice(csv.reader(file), 1, None):
            number, customer = row[0], row[6]
            if number not in numbers and (not customer or (customer, number[0]) not in taken):
                yield row
            numbers.add(number)
            taken.add((customer, number[0]))


class Trade:
    """Two shops, a back office and a hub in a folder, and what was bought in each of the shops."""

    def __init__(self, folder: Path, **customers: str) -> None:
        self.folder = folder
        self.bought = {name: History({}) for name in STORES}
        (folder / "syncctl.yaml").write_text(f"{CONFIG}customers: {json.dumps(customers)}\n", "utf-8")
        for name in STORES:
            Shop(folder / f"{name}.db", demo=False).close()
        with closing(Office(folder / "books.db", demo=False)) as office:
            office.add_item(sandboxes.PLACEHOLDER, "An item of the web", None, None)

    def load(self, store: str, rows: Iterable[list[str]]) -> None:
        """These invoices were made in a shop."""
        path = self.folder / f"{store}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        with closing(Shop(self.folder / f"{store}.db", demo=False)) as shop:
            [(last,)] = shop.connection.execute("SELECT coalesce(max(position), 0) FROM sales_order")
            load_history(path, shop, None, opening_stock=None)
            if last:  # the shop was read already: these are not as old as they say
                now = times.to_text(times.now())
                shop.connection.execute("UPDATE sales_order SET changed_at = ? WHERE position > ?", [now, last])
        self.bought[store].invoices.update(read_history(path).invoices)

    def give_addresses(self, store: str) -> None:
        """Each customer of a shop has an e-mail address of his own, the same in every shop."""
        with closing(Shop(self.folder / f"{store}.db", demo=False)) as shop, shop.atomic():
            for one in shop.customers():
                shop.upsert_customer(one["id"], emails=(address_of(one["name"]),))

    def cycle(self) -> None:
        sandboxes.syncctl(self.folder, "sync-all")

    def save(self, name: str) -> Path:
        """A copy of the hub, which is made if there is none yet."""
        Hub.open(self.folder / "hub.db").close()
        return Path(shutil.copyfile(self.folder / "hub.db", self.folder / name))

    def restore(self, copy: Path) -> None:
        """Put a copy of the hub back, as a person would: the file alone."""
        shutil.copyfile(copy, self.folder / "hub.db")

    # --- what the file says, and what there is ---

    def customers(self, *stores: str, booked: bool = True) -> Counter[str]:
        """The names of who is on invoices of these shops, once each; `booked`: on those that have to be booked."""
        histories = [self.bought[name] for name in stores]
        found = [one for each in histories for one in (each.booked if booked else each.invoices.values())]
        return Counter({name_of(one.customer) for one in found if one.customer})

    def in_the_books(self) -> Counter[str]:
        """The names of all in the back office, as often as each is there."""
        return Counter(name for (name,) in self._books("SELECT name FROM customer WHERE NOT deleted"))

    def in_shop(self, store: str) -> Counter[str]:
        with ledgers.opened(self.folder / f"{store}.db") as connection:
            bodies = connection.execute("SELECT body FROM customer WHERE NOT deleted").fetchall()
        return Counter(json.loads(body)["name"] for (body,) in bodies)

    def misbooked(self) -> list[tuple[str, str | None, str | None]]:
        """Invoices that are booked on somebody else than the file says: number, who has it, who should."""
        booked = {one.number: one for history in self.bought.values() for one in history.booked}
        want = {number: name_of(one.customer) if one.customer else None for number, one in booked.items()}
        has = dict(self._books(_BUYERS))
        return [(one, has.get(one), want.get(one)) for one in want.keys() | has if has.get(one, "") != want.get(one)]

    def _books(self, query: str) -> list[tuple[str, str | None]]:
        with ledgers.opened(self.folder / "books.db") as connection:
            return connection.execute(query).fetchall()


_BUYERS = (
    "SELECT d.order_id, c.name FROM document d LEFT JOIN customer c ON c.id = CAST(d.customer_id AS INTEGER) "
    "WHERE d.kind <> 'payment'"
)


def name_of(customer: str) -> str:
    """What the customer of this number is called in the shop."""
    return f"Customer {customer}"


def address_of(name: str) -> str:
    return f"{name.split()[-1]}@shop.example"


def check(trade: Trade, want: Counter[str]) -> None:
    """In the books are these, once each, and everything is booked on whom the file names."""
    assert trade.in_the_books() == want
    assert trade.misbooked() == []


def test_whoever_bought_is_in_the_books_once_after_three_more_cycles_and_after_each_restore(memory: Path) -> None:
    trade, rows = Trade(memory), list(invoices())
    before = trade.save("before-the-first-run.db")
    trade.load("web", rows[: len(rows) // 2])
    trade.cycle()
    check(trade, trade.customers("web"))
    middle = trade.save("in-the-middle.db")
    trade.load("web", rows[len(rows) // 2 :])
    for _ in range(4):
        trade.cycle()
        check(trade, trade.customers("web"))
    for copy in (before, middle):
        trade.restore(copy)
        trade.cycle()
        check(trade, trade.customers("web"))
    everybody = trade.customers("web", booked=False)
    assert len(everybody) == CUSTOMERS and CUSTOMERS - 5 <= len(trade.customers("web")) < CUSTOMERS
    assert trade.in_shop("web") == everybody


def test_with_trigger_any_all_of_the_shop_are_in_the_books_and_none_is_made_of_a_guest(memory: Path) -> None:
    trade = Trade(memory, trigger="any")
    trade.load("web", islice(invoices(), SOME))
    with closing(Shop(memory / "web.db", demo=False)) as shop:
        shop.upsert_customer(name="Signed up, and bought nothing")
    want = trade.customers("web", booked=False) + Counter(["Signed up, and bought nothing"])
    before = trade.save("before-the-first-run.db")
    trade.cycle()  # who bought nothing waits until all were matched
    for number in range(5):
        if number == 4:
            trade.restore(before)
        trade.cycle()
        check(trade, want)


def test_of_two_shops_who_buys_in_both_is_one_and_who_buys_at_the_counter_goes_up_to_each(memory: Path) -> None:
    trade, rows = Trade(memory, trigger="any", upload="all"), list(islice(invoices(), SOME))
    before = trade.save("before-the-first-run.db")
    for store, some in (("web", rows[: SOME * 2 // 3]), ("other", rows[SOME // 3 :])):
        trade.load(store, some)
        trade.give_addresses(store)
    online, counter = trade.customers(*STORES, booked=False), Counter(f"Counter {one}" for one in range(AT_THE_COUNTER))
    shopping = {store: trade.customers(store, booked=False) for store in STORES}
    assert len(shopping["web"] & shopping["other"]) > 100
    with closing(Office(memory / "books.db", demo=False)) as office:
        for name in [*counter, *sorted(shopping["other"])[:50]]:  # some bought at the counter before
            office.upsert_customer(name=name, emails=(address_of(name),))
    for number in range(5):
        if number == 4:
            trade.restore(before)
        trade.cycle()
        check(trade, online + counter)
        assert {store: trade.in_shop(store) for store in STORES} == {
            store: there + counter for store, there in shopping.items()
        }
