"""The shop's customers and their groups: the vendor's side."""

from collections.abc import Mapping
from typing import Any

from syncctl.connectors.sandbox.files import storable
from syncctl.connectors.sandbox.people import search_keys, to_words
from syncctl.connectors.sandbox.strict_json import canonical
from syncctl.connectors.sandbox.tables import ShopFile, ShopRefusal, loaded


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

        `new_id`: the id that a new one gets, if not the next number. Errors: ShopRefusal (unknown_customer,
        email_taken, unknown_group, bad_value).
        """
        with self.atomic():
            if customer_id is None:
                body: dict[str, Any] = {"id": new_id or self._number("customer", 9001), "created_at": self._now()}
                if reference:
                    body["reference"] = storable(reference)
            else:
                body = self.customer(customer_id)
            before = canonical(body)
            body.update(self._words(fields))
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

    def delete_customer(self, customer_id: str) -> None:
        """Forget a customer; only the id is kept, so that readers of changes are told."""
        with self.atomic():
            self.customer(customer_id)
            now = self._now()
            self.connection.execute("DELETE FROM customer_key WHERE customer_id = ?", (customer_id,))
            self.connection.execute(
                "UPDATE customer SET deleted = 1, reference = NULL, body = ?, changed_at = ?, change = ? WHERE id = ?",
                (canonical({"id": customer_id, "updated_at": now}), now, self._change(), customer_id),
            )

    def add_group(self, title: str) -> None:
        """Make a customer group; one that exists is left as it is."""
        with self.atomic():
            self.connection.execute("INSERT OR IGNORE INTO customer_group (title) VALUES (?)", (storable(title),))

    def groups(self) -> list[str]:
        """Exact titles."""
        return [row[0] for row in self.connection.execute("SELECT title FROM customer_group ORDER BY title")]

    def _words(self, fields: Mapping[str, object]) -> dict[str, Any]:
        try:
            words = to_words(fields)
        except ValueError as error:
            raise ShopRefusal("bad_value", f"{error}.") from error
        group = words.get("group")
        if group is not None and group not in self.groups():
            raise ShopRefusal("unknown_group", f"The shop has no customer group {group[:60]!r}.")
        return words

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
            " DO UPDATE SET changed_at = excluded.changed_at, change = excluded.change, body = excluded.body",
            (customer_id, body.get("reference"), body["updated_at"], self._change(), canonical(body)),
        )
        self.connection.execute("DELETE FROM customer_key WHERE customer_id = ?", (customer_id,))
        self.connection.executemany(
            "INSERT INTO customer_key (kind, value, customer_id) VALUES (?, ?, ?)",
            [(*key, customer_id) for key in sorted(keys)],
        )
