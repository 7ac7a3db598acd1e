"""A backlog of 1,000 real orders booked in a real Tryton of 5,000 SKUs, and all read back: wall at most 1.15 times.

The orders have up to ten lines, as those of people have: Tryton works 30 ms at each line, so that the wholesale orders
of the data, of up to 1,000, take it a quarter of an hour, beside which nothing that is ours would show.

Held against a bare script that sends the same server, over a copy of the same database, the same writes and the same
pages of readings, one after the other, and reads the answers: it looks nothing up, compares nothing and keeps nothing.
Both go through one proxy, which writes down what ours sends. SYNCCTL_TRYTON names the folder of the server, as for the
tests; `python -m bench.tryton_backlog run ORDERS PAIRS LINES` measures other numbers.
"""

import csv
import json
import lzma
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench.measure import measured
from bench.retail import DATA, Invoice, read_history
from bench.sandboxes import OPENING_STOCK, load_data, syncctl, write_config

if TYPE_CHECKING:
    from tests.tryton.server import TrytonServer

ORDERS, SKUS, PAIRS, LINES = 1000, 5000, 1, 10
CONFIG = Path("syncctl.yaml")
_READS = ("search", "search_read", "search_count", "read")
_SETTINGS = """\
back_office:
  {connector: tryton, url: "ADDRESS", database: retail, user: admin, password: admin-pw, web_shop: store,
  timeout: 10m, deadline: 20m}  # the largest order has 1,000 lines, and this machine may be busy
stores:
  web: {connector: sandbox, path: shop.db}
orders:
  book_from: 2000-01-01
  unknown_sku: hold
  zero_value: leave_out
hub: {path: hub.db}
"""
BOOKS = (
    "SELECT web_id, state, total_amount_cache FROM sale_sale ORDER BY id",
    "SELECT product, quantity, state, origin FROM stock_move ORDER BY id",
    "SELECT name, description, resource FROM ir_attachment ORDER BY id",
    "SELECT name, code FROM party_party ORDER BY id",
)
"""What both must have left in Tryton's own file."""


def run(
    orders: int = ORDERS, pairs: int = PAIRS, lines: int = LINES, data: Path = DATA, skus: int = SKUS
) -> dict[str, object]:
    """Medians of pairs of fresh processes over orders of at most so many lines; `cpu_ratio` counts Tryton's CPU, too.

    Without a server or the data: only why there are no figures.
    """
    from tests.tryton.server import folder as made_for_tests

    made = made_for_tests()
    if made is None or not data.exists():
        return {"skipped": "SYNCCTL_TRYTON_names_no_server" if made is None else "there_is_no_data"}
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        folder = Path(name)
        booked = prepare(folder, made, _first_sales(data, orders, lines), data, skus)
        results = [pair(folder, made) for _ in range(pairs)]
    return {
        "wall_ratio": median(ours["wall_s"] / bare["wall_s"] for ours, bare in results),
        "cpu_ratio": median(ours["all_cpu_s"] / bare["all_cpu_s"] for ours, bare in results),
        "wall_s": median(ours["wall_s"] for ours, _ in results),
        "bare_s": median(bare["wall_s"] for _, bare in results),
        "cpu_s": median(ours["cpu_s"] for ours, _ in results),
        "server_cpu_s": median(ours["all_cpu_s"] - ours["cpu_s"] for ours, _ in results),
        "rss_mb": max(ours["rss_mb"] for ours, _ in results),
        "calls": results[0][0]["calls"],
        "bare_calls": results[0][1]["calls"],
        "orders": results[0][0]["orders"],
        "lines": booked,
        "skus": results[0][0]["levels"],
        "pairs": pairs,
    }


# --- before the clock starts ---


def prepare(folder: Path, made: Path, chosen: Sequence[Invoice], data: Path, skus: int) -> int:
    """Tryton's database with its goods, and a hub that has pulled the orders; returns how many lines these have."""
    _copy_rows(data, folder / "orders.csv", {one.number for one in chosen})
    sold = dict.fromkeys(sku for one in chosen for sku, _, _ in one.lines)
    goods = [*sold, *(f"FILL-{number:05}" for number in range(skus - len(sold)))]
    _stock(folder, made, goods)
    write_config(folder)
    load_data(folder, folder / "orders.csv", known=goods)
    _configure(folder, "http://127.0.0.1:1")
    syncctl(folder, "-q", "pull-orders")
    _keep(folder, "pulled")
    return sum(len(one.lines) for one in chosen)


def _first_sales(data: Path, orders: int, lines: int) -> list[Invoice]:
    """The oldest sales of so many lines at most, of which none is a return."""
    invoices = read_history(data).invoices.values()
    sales = [one for one in invoices if one.kind == "sale" and len(one.lines) <= lines]
    sales = [one for one in sales if min(units for _, units, _ in one.lines) > 0]
    return sorted(sales, key=lambda one: (one.placed_at, one.number))[:orders]


def _copy_rows(data: Path, target: Path, numbers: set[str]) -> None:
    with lzma.open(data, "rt", encoding="utf-8", newline="") as source, target.open("w", newline="") as file:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(file, rows.fieldnames or ())
        writer.writeheader()
        writer.writerows(row for row in rows if row["InvoiceNo"] in numbers)


def _stock(folder: Path, made: Path, goods: Sequence[str]) -> None:
    """Each of these on the shelf, as a person's imports would have put them there."""
    from tests.tryton.client import Client
    from tests.tryton.hands import Hands

    with _server(folder, made, None) as server:
        hands = Hands(Client(server.address))
        hands.add_goods(goods, "2.50")
        for start in range(0, len(goods), 250):
            hands.count(goods[start : start + 250], OPENING_STOCK)
        server.keep("stocked").replace(folder / "stocked.sqlite")


def _configure(folder: Path, address: str) -> None:
    (folder / CONFIG).chmod(0o600)  # it holds a password
    (folder / CONFIG).write_text(_SETTINGS.replace("ADDRESS", address), "utf-8")


def _keep(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    for file in [*folder.glob("hub.db*"), folder / "shop.db"]:
        shutil.copy(file, folder / name)


# --- a pair ---


def pair(folder: Path, made: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ours, then the bare script, each in a fresh process, against a fresh server over a copy of the same database.

    Errors: RuntimeError where they did not leave the same books.
    """
    for file in (folder / "pulled").iterdir():
        shutil.copy(file, folder)
    ours, sent, books = _measured(folder, made, "ours")
    (folder / "calls.json").write_text(json.dumps(needed(sent)), "utf-8")
    bare, _, same = _measured(folder, made, "bare")
    if books != same:
        raise RuntimeError("ours and the bare script did not leave the same books")
    return ours, bare


def _measured(folder: Path, made: Path, which: str) -> tuple[dict[str, Any], list[str], list[list[Any]]]:
    """One process: what it tells with its calls, what it sent, and what is in Tryton's file then."""
    from tests.tryton.client import Client
    from tests.tryton.proxy import CountingProxy

    with _server(folder, made, folder / "stocked.sqlite") as server:
        Client(server.address)("web.shop", "search", [])  # Tryton sets itself up at the first call
        proxy = CountingProxy(server.port)
        _configure(folder, proxy.address)
        before = _cpu(server)
        usage = measured([sys.executable, "-m", "bench.tryton_backlog", which], folder)
        sent = [body.decode() for body in proxy.bodies]
        proxy.close()
        if usage.code:
            raise RuntimeError(f"{which} ended with {usage.code}: {usage.output[-2000:]}")
        told = {**json.loads(usage.output), "rss_mb": usage.rss_mb, "calls": len(sent)}
        told["all_cpu_s"] = told["cpu_s"] + _cpu(server) - before
        with closing(sqlite3.connect(server.path)) as books:
            return told, sent, [books.execute(query).fetchall() for query in BOOKS]


def _cpu(server: "TrytonServer") -> float:
    """CPU seconds of Tryton's process so far: unlike wall they say the same on a busy machine."""
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def needed(sent: Sequence[str]) -> list[dict[str, Any]]:
    """Of what ours sent: its writes, and after the last of them the readings; the looking up is ours alone."""
    calls = [call for text in sent if (call := json.loads(text))["method"] != "common.db.login"]
    writes = [call["method"].rpartition(".")[2] not in _READS for call in calls]
    last = len(writes) - 1 - writes[::-1].index(True)
    return [call for place, call in enumerate(calls) if writes[place] or place > last]


@contextmanager
def _server(folder: Path, made: Path, kept: Path | None) -> Iterator["TrytonServer"]:
    from tests.tryton.server import TrytonServer

    with tempfile.TemporaryDirectory(dir=folder) as here:
        server = TrytonServer(made, Path(here))
        try:
            server.reset(kept)
            yield server
        finally:
            server.close()


# --- in a process of its own ---


def _ours() -> None:
    from syncctl.config import load_config
    from syncctl.connectors.sandbox import store
    from syncctl.connectors.tryton import books
    from syncctl.cycle import run_cycle

    assert books and store  # imported before the clock starts, as the bare script has its own
    settings = load_config(CONFIG, os.environ)
    wall, cpu = time.perf_counter(), time.process_time()
    report = run_cycle(settings, command="backlog", steps=("push-orders", "pull-data"))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    pushed, pulled = (step.counts for step in report.steps)
    if report.exit_code:
        raise SystemExit(f"{report}")
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "orders": pushed["booked"], "levels": pulled["levels read"]}))


def _bare() -> None:
    settings = CONFIG.read_text("utf-8")
    address = urlsplit(settings.partition('url: "')[2].partition('"')[0])
    calls = json.loads(Path("calls.json").read_text("utf-8"))
    wall, cpu = time.perf_counter(), time.process_time()
    server = HTTPConnection(address.netloc, timeout=600)
    login = {"id": 0, "method": "common.db.login", "params": ["admin", {"password": "admin-pw"}, "en"]}
    user, token, *_ = _asked(server, login, "")
    session = "Session " + b64encode(f"admin:{user}:{token}".encode()).decode()
    for call in calls:
        _asked(server, call, session)
    print(json.dumps({"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}))


def _asked(server: HTTPConnection, call: dict[str, Any], session: str) -> Any:
    headers = {"Content-Type": "application/json", **({"Authorization": session} if session else {})}
    server.request("POST", "/retail/rpc/", json.dumps(call), headers)
    answer = json.loads(server.getresponse().read())
    if "error" in answer:
        raise SystemExit(f"{call['method']}: {str(answer['error'])[:500]}")
    return answer["result"]


def main(arguments: Sequence[str]) -> None:
    """`run ORDERS PAIRS LINES`; the two processes call themselves."""
    if arguments[0] == "run":
        from bench.__main__ import line

        print(line("tryton-backlog", run(*map(int, arguments[1:]))))
    else:
        {"ours": _ours, "bare": _bare}[arguments[0]]()


if __name__ == "__main__":
    main(sys.argv[1:])
