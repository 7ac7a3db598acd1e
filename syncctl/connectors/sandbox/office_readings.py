"""How the sandbox's back office is read: page by page, everything in the order of its keys, or what changed since.

A full reading goes by a key that never moves, so a row that changes meanwhile is still seen once; a delta goes by the
number of the change, up to the number at which the reading began. Both end with that number as the new lower bound, so
what changes while the pages are read is seen by this reading or the next.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.files import reading
from syncctl.connectors.sandbox.office_customers import COLUMNS, to_customer
from syncctl.errors import CursorLost, DataError
from syncctl.model import Component, Customer, FulfilmentLine, Price, Shipment, StockLevel, Unreadable, Variant
from syncctl.times import from_text
from syncctl.units import floored

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Reading(Generic[Record]):
    """One kind of record: its query, the key it is sorted by, and how its rows become records.

    `query` selects the key's columns first, then the change number as `changed`, then what `to_records` needs.
    """

    query: str
    key: tuple[str, ...]
    changed: str
    to_records: Callable[[Iterable[tuple[Any, ...]], str], list[Record]]
    only_full: str = "1"  # a condition that holds for full readings alone


@dataclass(frozen=True, slots=True)
class Span:
    """Where a reading stands. `since` None: a full one; `until` None: it has not begun; `after`: the last key read."""

    since: int | None
    until: int | None = None
    after: tuple[str | int, ...] = ()

    @classmethod
    def parse(cls, cursor: str | None) -> "Span":
        """Errors: CursorLost for a text that is no cursor of ours."""
        if cursor is None:
            return cls(None)
        try:
            since, until, after = json.loads(cursor)
            numbers = [number for number in (since, until) if number is not None]
            if not all(type(number) is int for number in numbers) or not all(type(k) in (int, str) for k in after):
                raise ValueError(cursor)
            return cls(since, until, tuple(after))
        except (ValueError, TypeError):
            raise CursorLost(f"{cursor[:60]!r} is no cursor of the sandbox's back office.") from None

    def text(self) -> str:
        """The cursor that resumes here."""
        return json.dumps([self.since, self.until, list(self.after)], separators=(",", ":"))


def read_pages(
    connection: sqlite3.Connection, source: Reading[Record], cursor: str | None, page_size: int, currency: str
) -> Iterator[Page[Record]]:
    """All pages from `cursor` on; at least one, even if it is empty. No transaction is open between two pages."""
    span = Span.parse(cursor)
    full = span.since is None
    while True:
        with reading(connection):
            until = _last_change(connection) if span.until is None else span.until
            rows = _rows(connection, source, Span(span.since, until, span.after), page_size)
        last = len(rows) < page_size
        span = Span(until) if last else Span(span.since, until, _position(rows[-1], source, full))
        records, unreadable = _records(rows, source, currency)
        yield Page(records=records, cursor=span.text(), unreadable=unreadable, full=full, sequence=until)
        if last:
            return


def _records(
    rows: list[tuple[Any, ...]], source: Reading[Record], currency: str
) -> tuple[list[Record], list[Unreadable]]:
    """The rows as records; where one cannot be read, each by itself."""
    try:
        return source.to_records(rows, currency), []
    except DataError:
        records, unreadable = list[Record](), list[Unreadable]()
    for row in rows:
        try:
            records += source.to_records([row], currency)
        except DataError as error:
            unreadable.append(Unreadable(id=str(row[0]), reason=str(error)))
    return records, unreadable


def _rows(connection: sqlite3.Connection, source: Reading[Any], span: Span, page_size: int) -> list[tuple[Any, ...]]:
    key = source.key if span.since is None else (source.changed, *source.key)
    where, values = [source.only_full if span.since is None else "1"], list[Any]()
    if span.after:
        where.append(f"({', '.join(key)}) > ({', '.join('?' for _ in key)})")
        values += span.after
    if span.since is not None:
        where.append(f"{source.changed} > ? AND {source.changed} <= ?")
        values += (max(span.since, int(span.after[0]) - 1) if span.after else span.since, span.until)
    query = f"{source.query} AND {' AND '.join(where)} ORDER BY {', '.join(key)} LIMIT ?"
    return connection.execute(query, [*values, page_size]).fetchall()


def _position(row: tuple[Any, ...], source: Reading[Any], full: bool) -> tuple[str | int, ...]:
    *key, changed = row[: len(source.key) + 1]
    return tuple(key) if full else (changed, *key)


def _last_change(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM sequence WHERE name = 'change'").fetchone()
    return int(row[0]) if row else 0


def _to_levels(rows: Iterable[tuple[Any, ...]], _currency: str) -> list[StockLevel]:
    return [
        StockLevel(sku, units := on_hand if type(on_hand) is int else floored(str(on_hand)), location, units)
        for sku, location, _changed, on_hand in rows
    ]


def _to_variants(rows: Iterable[tuple[Any, ...]], currency: str) -> list[Variant]:
    return [to_variant(row, currency) for row in rows]


def to_variant(row: tuple[Any, ...], currency: str) -> Variant:
    """A row of `VARIANTS` as a variant; its prices are in the books' currency."""
    sku, _changed, number, title, product_type, tracked, active, prices, components = row
    return Variant(
        sku=sku,
        title=title,
        remote_id=str(number),
        product_id=str(number),
        product_title=title,
        product_type=product_type,
        tracked=bool(tracked),
        active=bool(active),
        prices=tuple(
            Price(amount=amount, currency=currency, price_list=price_list, compare_at=compare_at)
            for price_list, amount, compare_at in sorted(json.loads(prices))
        ),
        components=_components(components),
    )


def _components(text: str) -> tuple[Component, ...]:
    if text == "[]":  # as for nearly all
        return ()
    return tuple(Component(sku=sku, quantity=quantity) for sku, quantity in sorted(json.loads(text)))


def _to_shipments(rows: Iterable[tuple[Any, ...]], _currency: str) -> list[Shipment]:
    return [_to_shipment(row) for row in rows]


def _to_shipment(row: tuple[Any, ...]) -> Shipment:
    number, changed, document_id, tracking_number, carrier, tracking_url, shipped_at, cancelled, lines = row
    return Shipment(
        id=str(number),
        document_id=str(document_id),
        lines=tuple(
            FulfilmentLine(line_id=line_id, sku=sku, quantity=quantity)
            for _, line_id, sku, quantity in sorted(json.loads(lines))
        ),
        tracking_number=tracking_number,
        carrier=carrier,
        tracking_url=tracking_url,
        shipped_at=from_text(shipped_at),
        sequence=changed,
        cancelled=bool(cancelled),
    )


def _to_customers(rows: Iterable[tuple[Any, ...]], _currency: str) -> list[Customer]:
    return [to_customer(row[2:]) for row in rows]


LEVELS = Reading(
    query="SELECT i.sku, l.location, l.changed, l.on_hand FROM item i JOIN level l ON l.item_id = i.id WHERE i.tracked",
    key=("i.sku", "l.location"),
    changed="l.changed",
    to_records=_to_levels,
)
VARIANTS = Reading(
    query="""SELECT i.sku, i.changed, i.id, i.title, i.product_type, i.tracked, i.active,
        (SELECT json_group_array(json_array(p.price_list, p.amount, p.compare_at)) FROM price p WHERE p.item_id = i.id),
        (SELECT json_group_array(json_array(m.sku, c.quantity)) FROM component c JOIN item m ON m.id = c.item_id
           WHERE c.kit_id = i.id)
        FROM item i WHERE 1""",
    key=("i.sku",),
    changed="i.changed",
    to_records=_to_variants,
)
SHIPMENTS = Reading(
    query="""SELECT s.id, s.changed, s.document_id, s.tracking_number, s.carrier, s.tracking_url, s.shipped_at,
        s.cancelled, (SELECT json_group_array(json_array(t.position, t.line_id, t.sku, t.quantity))
           FROM shipment_line t WHERE t.shipment_id = s.id)
        FROM shipment s WHERE 1""",
    key=("s.id",),
    changed="s.changed",
    to_records=_to_shipments,
)
CUSTOMERS = Reading(
    query=f"SELECT id, changed, {COLUMNS} FROM customer WHERE 1",
    key=("id",),
    changed="changed",
    to_records=_to_customers,
    only_full="NOT deleted",
)
