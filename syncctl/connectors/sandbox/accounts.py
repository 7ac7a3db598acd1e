"""The shop's customer groups, and who is invited to an account: the vendor's side."""

from collections.abc import Sequence
from datetime import datetime

from syncctl import times
from syncctl.connectors.sandbox.buyers import Buyers
from syncctl.connectors.sandbox.people import MARK
from syncctl.connectors.sandbox.tables import ShopRefusal, loaded
from syncctl.connectors.strict_json import storable


class Accounts(Buyers):
    """Groups by their exact title; each customer is in one at most. Every invitation that leaves stays on record."""

    def add_group(self, title: str) -> None:
        """Make a customer group; one that exists is left as it is. Errors: ShopRefusal (bad_value)."""
        if not title.strip():
            raise ShopRefusal("bad_value", "A customer group needs a title.")
        with self.atomic():
            self.connection.execute("INSERT OR IGNORE INTO customer_group (title) VALUES (?)", (storable(title),))

    def add_groups(self, titles: Sequence[str]) -> None:
        """Make the groups that are missing, all or none. Errors: ShopRefusal (bad_value)."""
        with self.atomic():
            for title in titles:
                self.add_group(title)

    def groups(self) -> list[str]:
        """Exact titles."""
        return [row[0] for row in self.connection.execute("SELECT title FROM customer_group ORDER BY title")]

    def rename_group(self, title: str, new: str) -> None:
        """Give it another title; its members follow. Errors: ShopRefusal (unknown_group, group_exists, bad_value)."""
        with self.atomic():
            if new in self.groups():
                raise ShopRefusal("group_exists", f"The shop has a customer group {new[:60]!r} already.")
            self.add_group(new)
            self._dissolve(title, new)

    def delete_group(self, title: str) -> None:
        """Do away with it; its members are in no group then. Errors: ShopRefusal (unknown_group)."""
        with self.atomic():
            self._dissolve(title, "")

    def invite(self, customer_id: str) -> datetime:
        """Send an invitation to an account, whether one was sent before or not; returns when.

        Errors: ShopRefusal (unknown_customer, no_email, has_account).
        """
        with self.atomic():
            body = self.customer(customer_id)
            if body.get("registered_at"):
                raise ShopRefusal("has_account", f"Customer {customer_id[:60]!r} has an account.")
            if not body.get("emails"):
                raise ShopRefusal("no_email", f"Customer {customer_id[:60]!r} has no e-mail address.")
            now = self._now()
            self.connection.execute(
                "INSERT INTO invitation (customer_id, email, sent_at) VALUES (?, ?, ?)",
                (customer_id, body["emails"][0], now),
            )
            self._store_customer({**body, "invited_at": now, "updated_at": now})
        return times.from_text(now)

    def register(self, customer_id: str) -> None:
        """The customer makes an account, invited or not."""
        with self.atomic():
            now = self._now()
            self._store_customer({**self.customer(customer_id), "registered_at": now, "updated_at": now})

    def mark_invited(self, customer_id: str) -> None:
        """Put our mark on the customer; again changes nothing."""
        with self.atomic():
            body = self.customer(customer_id)
            if not body.get(MARK):
                self._store_customer({**body, MARK: True, "updated_at": self._now()})

    def invitations(self) -> list[tuple[str, datetime]]:
        """(customer id, time) of every invitation that ever left, oldest first."""
        rows = self.connection.execute("SELECT customer_id, sent_at FROM invitation ORDER BY position")
        return [(customer_id, times.from_text(sent_at)) for customer_id, sent_at in rows]

    def _dissolve(self, title: str, new: str) -> None:
        gone = self.connection.execute("DELETE FROM customer_group WHERE title = ?", (storable(title),))
        if not gone.rowcount:
            raise ShopRefusal("unknown_group", f"The shop has no customer group {title[:60]!r}.")
        members = self.connection.execute(
            "SELECT body FROM customer WHERE NOT deleted"
            " AND CASE WHEN json_valid(body) THEN json_extract(body, '$.group') END = ? ORDER BY position",
            (storable(title),),
        )
        for (body,) in members.fetchall():
            self._store_customer({**loaded(body), "group": new, "updated_at": self._now()})
