"""A real shop's year of orders through `sandbox load` and `sync-all`, against `csv` and `Decimal` alone."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench import ledgers
from bench.ledgers import Paper
from bench.measure import Usage
from bench.retail import DATA, History, Invoice, by_day, read_history
from bench.sandboxes import OPENING_STOCK, PLACEHOLDER, load_data, syncctl, write_config

_SHOWN_PROBLEMS = 10


@dataclass(slots=True)
class Outcome:
    """What the three files hold, against the data. `problems`: sentences, each on something that differs."""

    history: History
    booked: int  # orders with a document in the back office
    left_out: dict[str, int]  # by reason
    held: int
    unexplained: int = 0  # minor units that store, hub, books and data do not agree on, day by day
    problems: list[str] = field(default_factory=list)
    usages: dict[str, Usage] = field(default_factory=dict)
    second_cycle_writes: int = 0


def run() -> dict[str, object]:
    """The whole file; the back office knows every SKU. Errors: RuntimeError listing what does not agree."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as folder:
        outcome = sync_history(Path(folder), DATA)
    if outcome.problems:
        raise RuntimeError("\n".join(outcome.problems[:_SHOWN_PROBLEMS]))
    return {
        "orders": len(outcome.history.invoices),
        "booked": outcome.booked,
        "left_out": sum(outcome.left_out.values()),
        "held": outcome.held,
        "unexplained_minor_units": outcome.unexplained,
        "second_cycle_writes": outcome.second_cycle_writes,
        "rss_mb": max(usage.rss_mb for usage in outcome.usages.values()),
        "wall_s": outcome.usages["first"].wall_s,
        "cpu_s": outcome.usages["first"].cpu_s,
        "load_cpu_s": outcome.usages["load"].cpu_s,
        "second_cpu_s": outcome.usages["second"].cpu_s,
    }


def sync_history(folder: Path, data: Path, *, unknown_every: int = 0) -> Outcome:
    """Load `data` into a new sandbox in `folder`, run two cycles, and compare all that is left with the data.

    `unknown_every`: the back office has never heard of every so manieth SKU; 0: it knows them all.
    """
    skus = read_history(data).skus
    unknown = frozenset(skus[::unknown_every] if unknown_every else ())
    write_config(folder)
    known = [sku for sku in skus if sku not in unknown] if unknown else None
    usages = {"load": load_data(folder, data, known=known), "first": syncctl(folder, "sync-all")}
    before = _state(folder)
    usages["second"] = syncctl(folder, "sync-all")
    after = _state(folder)
    outcome = compare(folder, data, unknown)
    outcome.usages, outcome.second_cycle_writes = usages, _moved(before, after)
    if outcome.second_cycle_writes:
        outcome.problems.append(f"a second cycle with nothing to do made {outcome.second_cycle_writes} writes")
    return outcome


def compare(folder: Path, data: Path, unknown: frozenset[str] = frozenset()) -> Outcome:
    """Compare the three files with the data; lines of `unknown` SKUs must be on the placeholder."""
    shop, hub, office = (folder / name for name in ("shop.db", "hub.db", "books.db"))
    decided = ledgers.decisions(hub)
    outcome = Outcome(
        history=read_history(data),
        booked=ledgers.count(office, "SELECT count(DISTINCT order_id) FROM document"),
        left_out={reason: number for (decision, reason), number in decided.items() if decision == "left_out"},
        held=ledgers.count(hub, "SELECT count(*) FROM hold"),
    )
    _check_orders(outcome, {"store": ledgers.store_orders(shop), "hub": ledgers.hub_orders(hub)})
    documents = {"hub": ledgers.hub_documents(hub), "back office": ledgers.office_documents(office)}
    _check_documents(outcome, documents, unknown)
    _check_counts(outcome, decided)
    _check_stock(outcome, ledgers.office_levels(office), ledgers.store_levels(shop), unknown)
    _check_customers(outcome, ledgers.office_customers(office))
    return outcome


def _state(folder: Path) -> dict[str, object]:
    """All that a cycle with nothing to do must leave as it is."""
    hub = folder / "hub.db"
    parties = {name: ledgers.changes(folder / name) for name in ("shop.db", "books.db")}
    journal = ledgers.count(hub, "SELECT count(*) FROM journal")
    return {**parties, "journal": journal, **ledgers.digests(hub)}


def _moved(before: Mapping[str, object], after: Mapping[str, object]) -> int:
    """Journal rows and changes of either side, counted; a table of the hub that differs counts as one."""
    assert before.keys() == after.keys()
    moved = 0
    for name, value in after.items():
        former = before[name]
        moved += value - former if isinstance(value, int) and isinstance(former, int) else int(value != former)
    return moved


def _check_orders(outcome: Outcome, sides: Mapping[str, Mapping[str, Paper]]) -> None:
    """Every invoice stands in the store and in the hub, with its money and its goods; and so does every day."""
    invoices = outcome.history.invoices
    days = by_day((one.day, one.total) for one in invoices.values())
    for side, papers in sides.items():
        outcome.problems += _differing_days(outcome, side, days, papers.values())
        if papers.keys() != invoices.keys():
            outcome.problems.append(f"{side}: not the invoices of the file: {len(papers)} of {len(invoices)}")
            continue
        for number, invoice in invoices.items():
            if (text := _differs(papers[number], invoice, _units(invoice))) is not None:
                outcome.problems.append(f"{side}: order {number}: {text}")


def _check_documents(outcome: Outcome, sides: Mapping[str, Mapping[str, list[Paper]]], unknown: frozenset[str]) -> None:
    """Every sale and return is one document, with its money and its goods; nothing else is in the books."""
    booked = {one.number: one for one in outcome.history.booked}
    days = by_day((one.day, one.total) for one in booked.values())
    for side, papers in sides.items():
        every = [paper for some in papers.values() for paper in some]
        outcome.problems += _differing_days(outcome, f"documents of the {side}", days, every)
        if papers.keys() != booked.keys() or len(every) != len(booked):
            outcome.problems.append(f"{side}: {len(every)} documents of {len(papers)} orders, not {len(booked)}")
            continue
        for number, invoice in booked.items():
            if (text := _differs(papers[number][0], invoice, _units(invoice, unknown))) is not None:
                outcome.problems.append(f"{side}: document of {number}: {text}")


def _differing_days(outcome: Outcome, side: str, days: Mapping[str, int], papers: Iterable[Paper]) -> Iterator[str]:
    found = by_day((paper.day, paper.total) for paper in papers)
    for day in sorted(days.keys() | found.keys()):
        difference = found.get(day, 0) - days.get(day, 0)
        if difference:
            outcome.unexplained += abs(difference)
            yield f"{side}: {day} differs by {difference} minor units"


def _differs(paper: Paper, invoice: Invoice, units: Counter[str]) -> str | None:
    want = (invoice.day, invoice.total, len(invoice.lines), {sku: n for sku, n in units.items() if n})
    has = (paper.day, paper.total, paper.lines, {sku: n for sku, n in paper.units.items() if n})
    return None if has == want else f"has {has}, the file says {want}"


def _units(invoice: Invoice, unknown: frozenset[str] = frozenset()) -> Counter[str]:
    """Units by SKU, those of unknown SKUs under the placeholder."""
    units: Counter[str] = Counter()
    for sku, number, _ in invoice.lines:
        units[PLACEHOLDER if sku in unknown else sku] += number
    return units


def _check_counts(outcome: Outcome, decided: Mapping[tuple[str, str], int]) -> None:
    """Each order ends under the one reason that the file gives for it."""
    kinds = outcome.history.count()
    want = {("left_out", reason): kinds[reason] for reason in ("adjustment", "stock note", "zero value")}
    want["book", ""] = kinds["sale"] + kinds["return"]
    if dict(decided) != {reason: number for reason, number in want.items() if number}:
        outcome.problems.append(f"the orders ended as {dict(decided)}, not as {want}")
    if outcome.held:
        outcome.problems.append(f"{outcome.held} records are held")


def _check_stock(outcome: Outcome, office: Mapping[str, int], shop: Mapping[str, int], unknown: frozenset[str]) -> None:
    """The books' shelf lacks what was sold and has what came back; the shop shows that, and never less than nothing."""
    taken: Counter[str] = Counter()
    for invoice in outcome.history.booked:
        taken.update(_units(invoice))
    want = {sku: OPENING_STOCK - taken[sku] for sku in outcome.history.skus if sku not in unknown}
    for sku, left in want.items():
        if office.get(sku) != left:
            outcome.problems.append(f"the back office has {office.get(sku)} of {sku!r}, the file leaves {left}")
        if shop.get(sku) != max(0, left):
            outcome.problems.append(f"the shop shows {shop.get(sku)} of {sku!r}, it should be {max(0, left)}")


def _check_customers(outcome: Outcome, customers: Sequence[str]) -> None:
    """Every customer of a booked invoice is in the back office, once, and nobody else."""
    named = {f"Customer {one.customer}" for one in outcome.history.booked if one.customer}
    if sorted(customers) != sorted(named):
        outcome.problems.append(f"the back office has {len(customers)} customers, the invoices name {len(named)}")
