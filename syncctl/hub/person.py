"""All that the hub knows of one customer, with who said it and when: what `customers show` shows. Reads only."""

import json
import sqlite3
from typing import TYPE_CHECKING

from syncctl import times
from syncctl.hub.customer_rows import load_customers
from syncctl.hub.links import GONE, GUEST
from syncctl.hub.people import bought
from syncctl.hub.views import Row, amount, rows
from syncctl.rules.consent import effective
from syncctl.rules.merging import FIELDS, from_text, plain, untold

if TYPE_CHECKING:
    from syncctl.hub import Hub

_LAST_ORDERS = 20


def person(hub: "Hub", hub_id: int) -> Row | None:
    """One customer with its links, consents, orders, holds and history; None if there is none.

    `consents`: what each side says; `marketing`: what counts of it, by channel.
    """
    connection = hub.connection
    found = rows(connection, "SELECT * FROM customer WHERE id = ?", [hub_id])
    if not found:
        return None
    fields = fields_of(connection, hub_id)
    return {
        "id": hub_id,
        "guest": bool(found[0]["guest"]),
        "made_at": found[0]["made_at"],
        "fields": _with_origins(connection, found[0], fields),
        "links": [_link(link, fields) for link in rows(connection, _LINKS, [hub_id])],
        "uploads": rows(connection, "SELECT party, why, since, sent_at FROM upload WHERE customer_id = ?", [hub_id]),
        "invitations": rows(connection, _INVITATIONS, [hub_id]),
        "consents": rows(connection, _CONSENTS, [hub_id]),
        "marketing": _marketing(hub, hub_id),
        "kept_apart": rows(
            connection, "SELECT party, remote_id, since FROM kept_apart WHERE customer_id = ?", [hub_id]
        ),
        "holds": rows(connection, _HOLDS, [str(hub_id)]),
        "bought": bought(connection, [hub_id])[hub_id],
        "orders": _orders(connection, hub_id),
        "history": [_write(row) for row in rows(connection, _HISTORY, {"id": hub_id, "record": f"customer {hub_id}"})],
    }


_LINKS = """
SELECT party, remote_id, role, rule, reference, made_at AS since, seen_at AS read_at, pending, agreed_ours,
       agreed_theirs, seen_hash
FROM link WHERE kind = 'customer' AND hub_id = ? ORDER BY party <> 'back-office', party, role = 'alias', id
"""
_INVITATIONS = "SELECT party, state, changed_at FROM invitation WHERE customer_id = ?"
_CONSENTS = """
SELECT channel, party, state, changed_at, source, seen_at, seen_before, told, json_extract(own, '$[0]') AS said_itself
FROM consent
WHERE customer_id = ? ORDER BY channel, party
"""
_HOLDS = "SELECT id, party, reason, message, since FROM hold WHERE kind = 'customer' AND record = ? ORDER BY id"
# The journal has no index by record: this reads it through, which a person who asks can wait for and no run has to.
# By the keys, too: what was written for a customer that was joined to this one later.
_HISTORY = """
SELECT id, party, operation, key, state, sent_at, closed_at, message, payload FROM journal
WHERE record = :record OR (operation LIKE 'customer%' AND key IN (
  SELECT remote_id FROM link WHERE kind = 'customer' AND hub_id = :id AND party = journal.party
  UNION ALL SELECT party || ':' || remote_id FROM link WHERE kind = 'customer' AND hub_id = :id
  UNION ALL SELECT reference FROM link WHERE kind = 'customer' AND hub_id = :id AND party = journal.party
  UNION ALL SELECT party || ':' || reference FROM link WHERE kind = 'customer' AND hub_id = :id))
ORDER BY id
"""


def fields_of(connection: sqlite3.Connection, hub_id: int) -> Row:
    """The fields that go across, in their plain form; None where the hub does not say."""
    said = plain(load_customers(connection, [hub_id])[hub_id], True)
    return {field: said.get(field) for field in FIELDS}


def _with_origins(connection: sqlite3.Connection, customer: Row, fields: Row) -> list[Row]:
    facts = rows(
        connection, "SELECT field, party, changed_at FROM customer_fact WHERE customer_id = ?", [customer["id"]]
    )
    origins = {fact["field"]: (fact["party"], fact["changed_at"]) for fact in facts}
    origin = (customer["origin"], customer["made_at"])
    return [
        {"field": field, "value": value, "from": origins.get(field, origin)[0], "at": origins.get(field, origin)[1]}
        for field, value in fields.items()
    ]


def _link(link: Row, fields: Row) -> Row:
    """`pending`: fields that this side is to be told; `differs`: those in which each side keeps its own, agreed."""
    ours, theirs = link.pop("agreed_ours"), link.pop("agreed_theirs")
    pending = link.pop("pending")
    told, agreed = from_text(ours), from_text(theirs)
    said = {name: value for name, value in fields.items() if value is not None}
    link["pending"] = list(untold(said, told)) if pending else []
    gone = link.pop("seen_hash") == GONE
    alias = "guest" if link["remote_id"].startswith(GUEST) else "alias"
    link["state"] = "gone" if gone else "pending" if pending else alias if link["role"] == "alias" else "in step"
    link["differs"] = [
        {"field": field, "ours": told[field], "theirs": agreed[field]}
        for field in FIELDS
        if field in told and field in agreed and told[field] != agreed[field]
    ]
    return link


def _marketing(hub: "Hub", hub_id: int) -> list[Row]:
    answers = effective(hub.consents.heard([hub_id]).get(hub_id, []))
    return [
        {
            "channel": channel,
            "state": one.state,
            "since": one.changed_at and times.to_text(one.changed_at),
            "source": one.source,
        }
        for channel, one in answers.items()
    ]


def _write(row: Row) -> Row:
    """A write of the journal: what it was about instead of all that it said."""
    payload = row.pop("payload") or "{}"
    try:
        said = json.loads(payload)
    except ValueError:
        said = {}
    return {**row, "fields": sorted(said) if isinstance(said, dict) else []}


def _orders(connection: sqlite3.Connection, hub_id: int) -> list[Row]:
    found = rows(
        connection,
        "SELECT party AS store, number, placed_at, total, currency, financial_status, decision, reason, cancelled_at "
        "FROM sales_order WHERE customer_id = ? ORDER BY placed_at DESC, id DESC LIMIT ?",
        [hub_id, _LAST_ORDERS],
    )
    for row in found:
        row["total"] = amount(row["total"], row.pop("currency"))
    return found
