"""A cycle with 100 changed customers of 100,000 linked ones against 100 of 1,000: at most 1.5 in CPU and SQL steps."""

import json
import sys
import tempfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import measured
from bench.quiet import CONFIG, SETTINGS, counted, cycle

SMALL, LARGE = 1000, 100_000
CHANGED = 100  # in each cycle: half of them in the shop, half in the back office
PAIRS = 7
MOST_CYCLES = 4  # until all are matched, and a cycle has nothing left to do
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)  # who was made within the overlap would be read again
_ANY = "customers: {trigger: any, country: GB}\n"


def run(pairs: int = PAIRS, small: int = SMALL, large: int = LARGE) -> dict[str, object]:
    """Interleaved pairs of cycles, each a fresh process whose imports are over before the clock starts."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        folders = {size: Path(name) / str(size) for size in (small, large)}
        for size, folder in folders.items():
            make(folder, size)
        counts = {size: _measure(folder, "count")[0] for size, folder in folders.items()}
        if counts[small]["calls"] != counts[large]["calls"] or counts[small]["done"] != counts[large]["done"]:
            raise RuntimeError(f"not the same was done: {counts[small]} and {counts[large]}")
        cycles = [{size: _measure(folder, "cycle") for size, folder in folders.items()} for _ in range(pairs)]
    return {
        "ratio": median(one[large][0]["cpu_s"] / one[small][0]["cpu_s"] for one in cycles),
        "steps_ratio": counts[large]["steps"] / counts[small]["steps"],
        "cpu_s": median(one[large][0]["cpu_s"] for one in cycles),
        "small_cpu_s": median(one[small][0]["cpu_s"] for one in cycles),
        "steps": counts[large]["steps"],
        "small_steps": counts[small]["steps"],
        "calls": sum(counts[large]["calls"].values()),
        "updated": counts[large]["done"]["customers updated"],
        "rss_mb": max(one[large][1] for one in cycles),
        "customers": large,
    }


def make(folder: Path, customers: int) -> None:
    """Both sides with the same people, linked by the first cycle; after that nothing is left to do."""
    from syncctl.connectors.sandbox.files import atomic

    folder.mkdir()
    (folder / CONFIG).write_text(SETTINGS + _ANY, "utf-8")
    with closing(_shop(folder, long_ago=True)) as shop, shop.atomic():
        for number in range(customers):
            shop.upsert_customer(**_person(number))
    with closing(_office(folder, long_ago=True)) as office, atomic(office.connection):
        for number in range(customers):
            office.upsert_customer(**_person(number))
    for _ in range(MOST_CYCLES):
        _, done = cycle(folder)
        if not done - Counter({"customers read": done["customers read"]}):
            return
    raise RuntimeError(f"a cycle that was to be quiet was not: {done}")


def change(folder: Path) -> None:
    """Half of the changed people move in the shop, the others in the back office; everybody to where nobody was."""
    with closing(_shop(folder)) as shop, closing(_office(folder)) as office:
        company = f"Company of {datetime.now(UTC).isoformat()}"
        ids = [
            row[0] for row in shop.connection.execute("SELECT id FROM customer ORDER BY position LIMIT ?", [CHANGED])
        ]
        with shop.atomic():
            for customer_id in ids[::2]:
                shop.upsert_customer(customer_id, company=company)
        for number in range(2, CHANGED + 1, 2):
            office.upsert_customer(str(number), company=company)


def count(folder: Path) -> dict[str, Any]:
    """What such a cycle takes on any machine: SQL steps, calls and pages; and what it did."""
    change(folder)
    with counted() as (steps, calls):
        _, done = cycle(folder)
    told = {name: done[name] for name in ("customers changed", "customers updated")}
    return {"steps": steps.total(), "by_file": dict(steps), "calls": dict(calls), "done": told}


def _timed(folder: Path) -> dict[str, Any]:
    change(folder)
    return {"cpu_s": cycle(folder)[0]}


def _person(number: int) -> dict[str, Any]:
    return {
        "name": f"Person {number}",
        "emails": (f"person{number}@example.com",),
        "phones": (f"+4420{79460000 + number:08}",),
        "tax_exempt": False,
    }


def _shop(folder: Path, *, long_ago: bool = False) -> Any:
    from syncctl.connectors.sandbox.shop import Shop

    return Shop(folder / "shop.db", demo=False, **({"clock": lambda: _LONG_AGO} if long_ago else {}))


def _office(folder: Path, *, long_ago: bool = False) -> Any:
    from syncctl.connectors.sandbox.office import Office

    return Office(folder / "books.db", demo=False, clock=(lambda: _LONG_AGO) if long_ago else None)


def _measure(folder: Path, what: str) -> tuple[dict[str, Any], float]:
    usage = measured([sys.executable, "-m", "bench.changed_customers", what], folder)
    if usage.code:
        raise RuntimeError(f"the {what} ended with {usage.code}: {usage.output}")
    return json.loads(usage.output), usage.rss_mb


if __name__ == "__main__":
    print(json.dumps(count(Path()) if sys.argv[1] == "count" else _timed(Path())))
