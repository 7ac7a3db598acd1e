"""The shop's customers and their groups: the vendor's side."""

from collections.abc import Mapping
from typing import Any

from syncctl.connectors.reading import Fields
from syncctl.connectors.sandbox.manners import answered, joined
from syncctl.connectors.sandbox.people import ACCOUNT, search_keys, to_record, to_words
from syncctl.connectors.sandbox.tables import ShopFile, ShopRefusal, loaded
from syncctl.connectors.strict_json import canonical, storable
from syncctl.model import Consent, Customer


class Buyers(ShopFile):
    """Customers by id. Two of them never share an e-mail address; phones they may share."""

    def upsert_customer(self, customer_id: str | None = None, *, reference: str | None = None, **fields: object) -> str:
        """`write_customer` with the fields as keywords."""
        return self.write_customer(customer_id, fields, reference=reference)

    def write_customer(
        self,
        customer_id: str | None,
        fields: Mapping[str, object],
        *,
        reference: str | None = None,
        new_id: str | None = None,
    ) -> str:
        """Make (`customer_id` None) or change a customer; names and shapes of `fields` are those of `Customer`.

        Of `consents`, the channels that are not named stay as they are. `new_id`: the id that a new one gets, if not
        the next number. Errors: ShopRefusal (unknown_customer, email_taken, unknown_group, bad_value).
        """
        with self.atomic():
            if customer_id is None:
                body: dict[str, Any] = {"id": new_id or self._number("customer", 9001), "created_at": self._now()}
                if reference:
                    body["reference"] = storable(reference)
            else:
                body = self.customer(customer_id)
            before = canonical(body)
            body.update(self._words(self._with_consents(body, fields)))
            if customer_id is None or canonical(body) != before:
                body["updated_at"] = self._now()
                self._store_customer(body)
        return str(body["id"])

    def customer(self, customer_id: str) -> dict[str, Any]:
        """The customer's body, in the shop's words. Errors: ShopRefusal (unknown_customer)."""
        found = self._one("SELECT body FROM customer WHERE id = ? AND NOT deleted", storable(customer_id))
        if found is None:
            raise ShopRefusal("unknown_customer", f"The shop has no customer {customer_id[:60]!r}.")
        return loaded(found)

    def customers(self) -> list[dict[str, Any]]:
        """All bodies, in the order of making."""
        rows = self.connection.execute("SELECT body FROM customer WHERE NOT deleted ORDER BY position")
        return [loaded(row[0]) for row in rows]

    def set_consent(self, customer_id: str, channel: str, state: str | None, *, source: str = "account page") -> None:
        """The customer gives an answer now, or withdraws it; None: the shop forgets that it was ever asked."""
        with self.atomic():
            body = self.customer(customer_id)
            if state is not None:
                consent = Consent(channel=channel, state=state, changed_at=self.clock(), source=source)
                self.write_customer(customer_id, {"consents": (consent,)})
                return
            body["consents"] = [one for one in body.get("consents", ()) if one["channel"] != channel]
            self._store_customer({**body, "updated_at": self._now()})

    def delete_customer(self, customer_id: str) -> None:
        """Forget a customer; only the id is kept, so that readers of changes are told."""
        with self.atomic():
            self.customer(customer_id)
            self._forget(customer_id)

    def merge_customers(self, customer_id: str, *, into: str) -> None:
        """Make one of two: the first is deleted and says which one stands for it; what it had, and its orders, follow.

        Errors: ShopRefusal (unknown_customer, same_customer).
        """
        with self.atomic():
            gone, kept = self.customer(customer_id), self.customer(into)
            if gone["id"] == kept["id"]:
                raise ShopRefusal("same_customer", f"Customer {into[:60]!r} cannot be merged into itself.")
            self._forget(customer_id, merged_into=into)
            account = {name: gone[name] for name in (*ACCOUNT, "reference") if gone.get(name)}
            body = {**account, **kept, **to_words(joined(_model(gone), _model(kept))), "updated_at": self._now()}
            self._store_customer(body)
            self._move_orders(customer_id, body)

    def put_raw_customer(self, customer_id: str, body: str) -> None:
        """Store any text as a customer's body, readable or not; what it is searched by stays as it was."""
        with self.atomic():
            self.connection.execute(
                "INSERT INTO customer (id, changed_at, change, body) VALUES (?, ?, ?, ?) ON CONFLICT (id)"
                " DO UPDATE SET changed_at = excluded.changed_at, change = excluded.change, body = excluded.body",
                (storable(customer_id), self._now(), self._change(), storable(body)),
            )

    def _with_consents(self, body: Mapping[str, Any], fields: Mapping[str, object]) -> Mapping[str, object]:
        said = fields.get("consents")
        if not isinstance(said, tuple | list) or not all(isinstance(one, Consent) for one in said):
            return fields
        return {**fields, "consents": answered(_model(dict(body)).consents, tuple(said))}

    def _words(self, fields: Mapping[str, object]) -> dict[str, Any]:
        try:
            words = to_words(fields)
        except ValueError as error:
            raise ShopRefusal("bad_value", f"{error}.") from error
        group = words.get("group")
        if group and not self._one("SELECT 1 FROM customer_group WHERE title = ?", storable(group)):
            raise ShopRefusal("unknown_group", f"The shop has no customer group {group[:60]!r}.")
        return words

    def _forget(self, customer_id: str, merged_into: str | None = None) -> None:
        now = self._now()
        body = {"id": customer_id, "updated_at": now} | ({"merged_into": merged_into} if merged_into else {})
        self.connection.execute("DELETE FROM customer_key WHERE customer_id = ?", (customer_id,))
        self.connection.execute(
            "UPDATE customer SET deleted = 1, reference = NULL, body = ?, changed_at = ?, change = ? WHERE id = ?",
            (canonical(body), now, self._change(), customer_id),
        )

    def _move_orders(self, customer_id: str, body: Mapping[str, Any]) -> None:
        """An order names its buyer in full: from now on the one who stands for the other."""
        rows = self.connection.execute(
            "SELECT id, body FROM sales_order"
            " WHERE CASE WHEN json_valid(body) THEN json_extract(body, '$.customer.id') END = ?",
            (customer_id,),
        )
        now = self._now()
        for order_id, text in rows.fetchall():
            order = {**loaded(text), "customer": buyer(body), "updated_at": now}
            self.connection.execute(
                "UPDATE sales_order SET body = ?, changed_at = ?, change = ? WHERE id = ?",
                (canonical(order), now, self._change(), order_id),
            )

    def _store_customer(self, body: dict[str, Any]) -> None:
        customer_id = storable(body["id"])
        keys = {(kind, storable(value)) for kind, value in search_keys(body)}
        for kind, value in keys:
            other = self._one(
                "SELECT customer_id FROM customer_key WHERE kind = ? AND value = ? AND customer_id <> ?",
                kind,
                value,
                customer_id,
            )
            if kind == "email" and other is not None:
                raise ShopRefusal("email_taken", f"Customer {other} has the e-mail address already.")
        self.connection.execute(
            "INSERT INTO customer (id, reference, changed_at, change, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id)"
            " DO UPDATE SET reference = excluded.reference, changed_at = excluded.changed_at, change = excluded.change,"
            " body = excluded.body",
            (customer_id, body.get("reference"), body["updated_at"], self._change(), canonical(body)),
        )
        self.connection.execute("DELETE FROM customer_key WHERE customer_id = ?", (customer_id,))
        self.connection.executemany(
            "INSERT INTO customer_key (kind, value, customer_id) VALUES (?, ?, ?)",
            [(*key, customer_id) for key in sorted(keys)],
        )


def buyer(body: Mapping[str, Any]) -> dict[str, Any]:
    """A customer's body as it is copied onto an order: it says nothing of the account."""
    return {name: value for name, value in body.items() if name not in ACCOUNT}


def _model(body: dict[str, Any]) -> Customer:
    return to_record(Fields(body, "customer", []))
