"""Finding customers, and how they stand with each side: what `customers list` and `customers find` show.

Reads only. Rows come back as plain dictionaries, ready to be printed as JSON. What narrows by an e-mail, a phone, a
link, an upload or an order does so through an index; a name or a text is looked for in all customers.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from syncctl import money
from syncctl.errors import MoneyError
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.links import GONE, GUEST
from syncctl.hub.views import Row, amount, rows

# What a customer bought: what was booked or is history, less refunds; nothing that was cancelled.
_BOUGHT = "o.decision IN ('book', 'history') AND o.cancelled_at IS NULL"
_SPEND = (
    "coalesce((SELECT sum(o.total - coalesce((SELECT sum(r.total) FROM refund r WHERE r.order_id = o.id), 0)) "
    f"FROM sales_order o WHERE o.customer_id = c.id AND o.currency = :currency AND {_BOUGHT}), 0)"
)
_ORDERS = f"(SELECT count(*) FROM sales_order o WHERE o.customer_id = c.id AND o.kind = 'sale' AND {_BOUGHT})"
_LAST_ORDER = (
    f"(SELECT max(o.placed_at) FROM sales_order o WHERE o.customer_id = c.id AND o.kind = 'sale' AND {_BOUGHT})"
)
ORDER_BY = {"spend": _SPEND, "orders": _ORDERS, "last-order": _LAST_ORDER}
"""What customers can be put in order by, the most or the latest first."""

_LINKED = "EXISTS (SELECT 1 FROM link l WHERE l.kind = 'customer' AND l.hub_id = c.id AND {})"
_IN_OFFICE = _LINKED.format("l.party = 'back-office'")
_IN_WEB = _LINKED.format("l.party <> 'back-office' AND (:store IS NULL OR l.party = :store)")
_QUEUED = "EXISTS (SELECT 1 FROM upload u WHERE u.customer_id = c.id AND u.party = :store)"
_HELD = (
    "EXISTS (SELECT 1 FROM hold h WHERE h.kind = 'customer' AND h.record = CAST(c.id AS TEXT) "
    "AND (:store IS NULL OR :store IN (h.party, json_extract(h.detail, '$.party'))))"
)
SIDES = {
    "": f"(:store IS NULL OR {_IN_WEB} OR {_QUEUED})",
    "web-only": f"{_IN_WEB} AND NOT {_IN_OFFICE}",
    "pos-only": f"{_IN_OFFICE} AND NOT {_IN_WEB}",
    "unlinked": f"NOT ({_IN_OFFICE} AND {_IN_WEB})",
    "held": _HELD,
}
"""Which customers, by the sides that have them; `store` makes "web" mean that one."""

_CONTACT = "c.id IN (SELECT customer_id FROM contact WHERE kind = '{kind}' AND {how})"
_CRITERIA = {
    "name": "instr(casefold(c.name), :name) > 0",
    "email": _CONTACT.format(kind="email", how="normalised = :email"),
    "email_part": _CONTACT.format(kind="email", how="instr(casefold(value), :email_part) > 0"),
    "phone": _CONTACT.format(kind="phone", how="normalised = :phone"),
    "phone_part": _CONTACT.format(kind="phone", how="instr(digits(value), :phone_part) > 0"),
    "group": "c.group_title = :group",
    "min_spend": f"{_SPEND} >= :min_spend",
    "last_order_since": f"{_LAST_ORDER} >= :last_order_since",
    "last_order_before": f"{_LAST_ORDER} < :last_order_before",
    "text": "(instr(casefold(c.name || ' ' || c.company || ' ' || c.note || ' ' || c.tax_id), :text) > 0 "
    "OR c.id IN (SELECT customer_id FROM contact WHERE instr(casefold(value), :text) > 0) "
    "OR c.id IN (SELECT customer_id FROM address WHERE instr(address_text(fields), :text) > 0))",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """Which customers are meant: all that is set must hold.

    `name`, `text`, `email_part`, `phone_part`: parts of the text, in any case; `email`, `phone`: normalised keys.
    `min_spend`: minor units of `currency`; times are the hub's text. `side`: one of `SIDES`; `by`: one of `ORDER_BY`,
    "" for the order in which the hub met them.
    """

    side: str = ""
    store: str | None = None
    name: str | None = None
    email: str | None = None
    email_part: str | None = None
    phone: str | None = None
    phone_part: str | None = None
    group: str | None = None
    text: str | None = None
    min_spend: int | None = None
    currency: str | None = None
    last_order_since: str | None = None
    last_order_before: str | None = None
    by: str = ""

    @property
    def narrow(self) -> bool:
        """Whether anything is asked for but everybody."""
        return bool(self.side) or any(getattr(self, name) is not None for name in _CRITERIA)


def count(connection: sqlite3.Connection, criteria: Criteria) -> int:
    """How many customers are meant."""
    where, parameters = _where(connection, criteria)
    return int(connection.execute(f"SELECT count(*) FROM customer c WHERE {where}", parameters).fetchone()[0])


def find(connection: sqlite3.Connection, criteria: Criteria, limit: int, offset: int = 0) -> list[int]:
    """The hub ids of the customers that are meant, in order."""
    where, parameters = _where(connection, criteria)
    order = f"{ORDER_BY[criteria.by]} DESC, c.id" if criteria.by else "c.id"
    found = connection.execute(
        f"SELECT c.id FROM customer c WHERE {where} ORDER BY {order} LIMIT :limit OFFSET :offset",
        {**parameters, "limit": limit, "offset": offset},
    )
    return [hub_id for (hub_id,) in found]


def _where(connection: sqlite3.Connection, criteria: Criteria) -> tuple[str, dict[str, object]]:
    connection.create_function("casefold", 1, str.casefold, deterministic=True)
    connection.create_function("digits", 1, digits, deterministic=True)
    connection.create_function("address_text", 1, _address_text, deterministic=True)
    parameters: dict[str, object] = {"store": criteria.store, "currency": criteria.currency}
    parts = [SIDES[criteria.side]]
    if criteria.by:  # who never bought is no top customer
        parts.append(f"{_LAST_ORDER} IS NOT NULL")
    for name, sql in _CRITERIA.items():
        value = getattr(criteria, name)
        if value is not None:
            parts.append(sql)
            parameters[name] = value.casefold() if name in ("name", "email_part", "text") else value
    return " AND ".join(f"({part})" for part in parts), parameters


def _address_text(fields: str) -> str:
    """What an address says, case-folded: not the names of its parts."""
    said = json.loads(fields)
    return " ".join(str(text) for name, text in said.items() if name not in ("kind", "is_default")).casefold()


def digits(text: str) -> str:
    """The digits of a text.

    >>> digits("+44 (0)20-7946")
    '440207946'
    """
    return "".join(character for character in text if character in "0123456789")


def least_spend(connection: sqlite3.Connection, text: str) -> tuple[int, str]:
    """An amount as it was typed, `250.00` or `250.00 EUR`, in minor units of its currency, else of the usual one.

    Errors: MoneyError if it is no amount, or there is no usual currency.
    """
    number, _, currency = text.strip().partition(" ")
    currency = currency.strip().upper() or usual_currency(connection) or ""
    if not currency:
        raise MoneyError("no currency is known yet: write it behind the amount, as in 250.00 EUR")
    return money.to_minor(number, currency), currency


def usual_currency(connection: sqlite3.Connection) -> str | None:
    """The books' currency; where they do not say, that of most orders; None if there are none."""
    row = (
        connection.execute("SELECT currency FROM party WHERE name = 'back-office' AND currency IS NOT NULL").fetchone()
        or connection.execute(
            "SELECT currency FROM (SELECT currency FROM sales_order ORDER BY id DESC LIMIT 1000) "
            "GROUP BY currency ORDER BY count(*) DESC"
        ).fetchone()
    )
    return None if row is None else str(row[0])


def missing(connection: sqlite3.Connection, hub_ids: Sequence[int]) -> list[int]:
    """Those of these ids that no customer has."""
    known: set[int] = set()
    for chunk in in_chunks(hub_ids):
        known |= {row[0] for row in connection.execute(f"SELECT id FROM customer WHERE id IN ({marks(chunk)})", chunk)}
    return [hub_id for hub_id in hub_ids if hub_id not in known]


def assigned_already(connection: sqlite3.Connection, party: str, hub_ids: Sequence[int]) -> list[int]:
    """Those of these customers whom a person assigned to this party, and who wait for it or are linked there."""
    found: set[int] = set()
    for chunk in in_chunks(hub_ids):
        known = connection.execute(
            "SELECT customer_id FROM upload u WHERE party = ? AND why = 'assigned' AND (sent_at IS NULL OR EXISTS "
            "(SELECT 1 FROM link l WHERE l.party = u.party AND l.kind = 'customer' AND l.hub_id = u.customer_id)) "
            f"AND customer_id IN ({marks(chunk)})",
            [party, *chunk],
        )
        found |= {hub_id for (hub_id,) in known}
    return [hub_id for hub_id in hub_ids if hub_id in found]


def summaries(connection: sqlite3.Connection, hub_ids: Sequence[int], parties: Sequence[str]) -> list[Row]:
    """These customers with how they stand with each of these parties, in the order of the ids."""
    found: dict[int, Row] = {}
    for chunk in in_chunks(hub_ids):
        for row in _of(connection, _CUSTOMERS, chunk):
            row["guest"] = bool(row["guest"])
            found[row["id"]] = {
                **row,
                "emails": [],
                "phones": [],
                "sides": {},
                "assigned": [],
                "invitations": {},
                "holds": [],
            }
        for row in _of(connection, _CONTACTS, chunk):
            found[row["id"]][f"{row['kind']}s"].append(row["value"])
        for row in _of(connection, "SELECT customer_id AS id, party, state FROM invitation WHERE customer_id", chunk):
            found[row["id"]]["invitations"][row["party"]] = row["state"]
        _add_sides(connection, found, chunk, parties)
    return [found[hub_id] for hub_id in hub_ids if hub_id in found]


_CUSTOMERS = 'SELECT id, name, company, guest, group_title AS "group" FROM customer WHERE id'
_CONTACTS = "SELECT customer_id AS id, kind, value FROM contact WHERE customer_id"
_UPLOADS = "SELECT customer_id AS id, party, sent_at FROM upload WHERE customer_id"
_LINKS = (
    "SELECT hub_id AS id, party, remote_id, role, pending, seen_hash FROM link "
    "WHERE kind = 'customer' AND role = '{}' AND hub_id"
)
_HOLDS = (
    "SELECT CAST(record AS INTEGER) AS id, id AS hold, coalesce(json_extract(detail, '$.party'), party) AS party "
    "FROM hold WHERE kind = 'customer' AND record"
)


def _of(connection: sqlite3.Connection, sql: str, hub_ids: Sequence[object]) -> list[Row]:
    return rows(connection, f"{sql} IN ({marks(hub_ids)})", hub_ids)


def _add_sides(
    connection: sqlite3.Connection, found: dict[int, Row], chunk: Sequence[int], parties: Sequence[str]
) -> None:
    """The state at each party: guest, alias, linked, pending, gone, queued, held, or none; the later one here holds."""
    for one in found.values():
        one["sides"] = one["sides"] or {party: {"state": "none", "remote_id": None} for party in parties}
    for role in ("alias", "primary"):
        for row in _of(connection, _LINKS.format(role), chunk):
            alias = "guest" if row["remote_id"].startswith(GUEST) else "alias"
            state = alias if role == "alias" else "pending" if row["pending"] else "linked"
            gone = row["seen_hash"] == GONE
            _put(found[row["id"]], row["party"], "gone" if gone else state, row["remote_id"])
    for row in _of(connection, _UPLOADS, chunk):
        found[row["id"]]["assigned"].append(row["party"])
        side = found[row["id"]]["sides"].get(row["party"], {"state": "none"})
        if row["sent_at"] is None and side["state"] in ("none", "guest", "alias"):
            _put(found[row["id"]], row["party"], "queued")
    for row in _of(connection, _HOLDS, [str(hub_id) for hub_id in chunk]):
        found[row["id"]]["holds"].append(row["hold"])
        _put(found[row["id"]], row["party"], "held")


def _put(customer: Row, party: str, state: str, remote_id: str | None = None) -> None:
    side = customer["sides"].setdefault(party, {"state": "none", "remote_id": None})
    side["state"], side["remote_id"] = state, remote_id or side["remote_id"]


def bought(connection: sqlite3.Connection, hub_ids: Sequence[int]) -> dict[int, Row]:
    """What these customers bought: `orders`, `last_order_at`, and `spend` as decimal text, one per currency."""
    found: dict[int, Row] = {hub_id: {"orders": 0, "last_order_at": None, "spend": []} for hub_id in hub_ids}
    for chunk in in_chunks(hub_ids):
        for row in rows(connection, f"{_BOUGHT_BY} IN ({marks(chunk)}) GROUP BY customer_id, currency", chunk):
            one = found[row["customer_id"]]
            one["orders"] += row["orders"]
            one["last_order_at"] = max(filter(None, [one["last_order_at"], row["last"]]), default=None)
            one["spend"].append(amount(row["total"] - row["refunded"], row["currency"]))
    return found


_BOUGHT_BY = f"""
SELECT o.customer_id, o.currency, sum(o.total) AS total, sum(o.kind = 'sale') AS orders,
       max(CASE WHEN o.kind = 'sale' THEN o.placed_at END) AS last,
       sum(coalesce((SELECT sum(r.total) FROM refund r WHERE r.order_id = o.id), 0)) AS refunded
FROM sales_order o WHERE {_BOUGHT} AND o.customer_id
"""


def groups_at(connection: sqlite3.Connection, party: str) -> dict[str, list[int]]:
    """The customers with a record at this party, by the title of their group."""
    found: dict[str, list[int]] = {}
    known = connection.execute(
        "SELECT c.group_title, c.id FROM link l JOIN customer c ON c.id = l.hub_id WHERE l.party = ? "
        "AND l.kind = 'customer' AND l.role = 'primary' AND c.group_title <> '' ORDER BY c.id",
        [party],
    )
    for title, hub_id in known:
        found.setdefault(title, []).append(hub_id)
    return found
