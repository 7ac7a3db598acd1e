"""What WooCommerce answers to a batch of customers, account by account. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from syncctl.connectors.woocommerce.customer_words import REFERENCE, meta_text, refused
from syncctl.model import CustomerChange, Unclear, WriteOutcome, Written

Row = Mapping[str, Any]

_SILENT = "WooCommerce's reply says nothing of it"


def created(changes: Sequence[CustomerChange], rows: Sequence[Row]) -> list[WriteOutcome]:
    """Outcomes of creations. An account that was made carries our reference; an error carries nothing.

    Where there are as many errors as there are creations without an account, each was refused: they are told in their
    order. Where there are not, nobody knows of which of them the reply says nothing.
    """
    made = {meta_text(row, REFERENCE): row["id"] for row in rows if "error" not in row and type(row.get("id")) is int}
    left = [change for change in changes if change.reference not in made]
    errors = [row["error"] for row in rows if "error" in row]
    told: dict[str, WriteOutcome] = {change.key: Unclear(key=change.key, message=_SILENT) for change in left}
    if len(errors) == len(left):
        told = {one.key: refused(one.key, error) for one, error in zip(left, errors, strict=True)}
    return [
        Written(key=one.key, remote_id=str(made[one.reference])) if one.reference in made else told[one.key]
        for one in changes
    ]


def updated(changes: Sequence[CustomerChange], rows: Sequence[Row]) -> list[WriteOutcome]:
    """Outcomes of changes, by the ids of their accounts."""
    found = {str(row.get("id")): row for row in rows}
    return [_updated(change, found.get(str(change.id))) for change in changes]


def _updated(change: CustomerChange, row: Row | None) -> WriteOutcome:
    if row is None:
        return Unclear(key=change.key, message=_SILENT)
    if "error" in row:
        return refused(change.key, row["error"])
    return Written(key=change.key, remote_id=str(change.id))
