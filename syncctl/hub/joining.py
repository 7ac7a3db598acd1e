"""Two customers that are one, and one that is two: joining, unlinking, and records that moved (I4).

Every join is recorded with its rule in the link, and can be undone; what a person took apart is not joined again.
"""

from collections.abc import Iterable
from dataclasses import replace

from syncctl import times
from syncctl.errors import ConfigError
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.consents import source_of
from syncctl.hub.customer_rows import Arrival, insert_customers, next_customer_id
from syncctl.hub.family import Family
from syncctl.hub.links import BACK_OFFICE, Link
from syncctl.hub.taking import Taking, customer_of
from syncctl.rules.consent import joined, unsure
from syncctl.rules.matching import contacts_of
from syncctl.settings import CustomerSettings

# What else belongs to a customer, and how it follows a join; of two invitations, the one that may have been sent stays,
# and of two rows for one party, the one by which a person still waits for something.
_MOVES = (
    "UPDATE sales_order SET customer_id = ?1 WHERE customer_id = ?2",
    "DELETE FROM invitation WHERE customer_id = ?1 AND state IN ('wanted', 'refused', 'unknown') AND party IN "
    "(SELECT party FROM invitation WHERE customer_id = ?2 AND state NOT IN ('wanted', 'refused', 'unknown'))",
    "UPDATE OR IGNORE invitation SET customer_id = ?1 WHERE customer_id = ?2",
    "DELETE FROM upload WHERE customer_id = ?1 AND party IN "
    "(SELECT party FROM upload WHERE customer_id = ?2 AND why = 'assigned' AND sent_at IS NULL)",
    "UPDATE OR IGNORE upload SET customer_id = ?1 WHERE customer_id = ?2",
    "UPDATE OR IGNORE kept_apart SET customer_id = ?1 WHERE customer_id = ?2",
)
_TABLES = ("customer_fact", "contact", "address", "consent", "upload", "invitation", "kept_apart")


class Joining(Family):
    """Joins and parts customers; table `kept_apart`."""

    def join(self, winner: int, other: int, rule: str, settings: CustomerSettings) -> None:
        """Make two customers one: `winner` stays, the other's records become its own, by this rule.

        Fields merge as on a first meeting, which writes into blanks only; of consents, no wins whatever its age.
        """
        with self.hub.transaction() as connection:
            self.hub.holds.clear("customer", [str(winner), str(other)])
            heard = self.hub.consents.heard([winner, other])
            for link in self.hub.links.of_customers([other]).get(other, []):
                self._move(link, winner, rule, settings)
            connection.execute(
                "UPDATE customer SET guest = min(guest, (SELECT guest FROM customer WHERE id = ?2)) WHERE id = ?1",
                [winner, other],
            )
            for statement in _MOVES:
                connection.execute(statement, [winner, other])
            self.forget(other)
            if rule == "reference":
                made = [one for one in self.hub.links.of_customers([winner])[winner] if one.reference is not None]
                self.hub.consents.doubt(winner, map(source_of, made), made=True)
            elif self.hub.state("restored_at") is not None:
                known = self.hub.consents.heard([winner]).get(winner, [])
                apart = heard.get(winner, [])
                self.hub.consents.put(winner, unsure(apart, [one for one in known if one not in apart]))
            self.hub.consents.put(winner, joined(heard.get(winner, []), heard.get(other, [])).values())
            self.hub.consents.mark_untold([winner])

    def link(self, hub_id: int, party: str, remote_id: str, rule: str, settings: CustomerSettings) -> None:
        """Make this remote record that of this customer, by hand: nothing that was said before stands against it."""
        with self.hub.transaction() as connection:
            connection.execute(
                "DELETE FROM kept_apart WHERE party = ? AND remote_id = ? AND customer_id = ?",
                [party, remote_id, hub_id],
            )
            found = self.hub.links.by_remote(party, "customer", [remote_id]).get(remote_id)
            if found is None:
                role = "alias" if self.hub.links.primaries(party, "customer", [hub_id]) else "primary"
                self.hub.links.add(
                    Link(
                        party=party,
                        kind="customer",
                        remote_id=remote_id,
                        hub_id=hub_id,
                        rule=rule,
                        role=role,
                        pending=role == "primary",
                    )
                )
                self.hub.holds.clear("customer", [str(hub_id)])
            elif found.hub_id != hub_id:
                self._link_known(hub_id, found, rule, settings)

    def unlink(self, party: str, remote_id: str, settings: CustomerSettings) -> int:
        """Undo a join: the remote record gets a customer of its own again, made of what it said; returns its hub id.

        Each of the two keeps the answers about marketing that it gave itself; see `Consents.astray` for the others.
        One that was deleted there is forgotten, so that the customer can be made there again; he keeps his hub id.
        Errors: ConfigError if the record is nobody's, or its customer has no other.
        """
        link = self.hub.links.by_remote(party, "customer", [remote_id]).get(remote_id)
        if link is None:
            raise ConfigError(f"{party} has no customer {remote_id[:100]!r} that the hub knows")
        rest = [one for one in self.hub.links.of_customers([link.hub_id])[link.hub_id] if one != link]
        if not rest:
            raise ConfigError(f"customer {link.hub_id} has no other record than {remote_id[:100]!r} in {party}")
        with self.hub.transaction():
            self.hub.holds.clear("customer", [str(link.hub_id)])
            if link.gone:
                self._keep_apart(link, link.hub_id, ())
                self.retire(link)
                self.hub.links.remove(link)
                return link.hub_id
            self.hub.consents.part(link.hub_id, source_of(link), alone=len(rest) == 1)
            hub_id = self._made_of(link, settings)
            self._keep_apart(link, hub_id, rest)
            self.hub.links.move(link, hub_id, "unlinked")
            self.hub.consents.move(link.hub_id, source_of(link), hub_id, source_of(link) if link.is_guest else party)
            self._leave(link, rest)
            self.hub.consents.mark_untold([link.hub_id, hub_id])
            if (link.role == "primary" or link.is_guest) and all(one.party != party for one in rest):
                self.connection.execute(
                    "UPDATE sales_order SET customer_id = ? WHERE customer_id = ? AND party = ?",
                    [hub_id, link.hub_id, party],
                )
            self._queue_again(link, hub_id, rest, settings)
        return hub_id

    def keep_apart(self, hub_id: int, party: str, remote_ids: Iterable[str]) -> None:
        """A person says that these records of a party are not this customer."""
        now = times.to_text(times.now())
        with self.hub.transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO kept_apart VALUES (?, ?, ?, ?)",
                [(party, remote_id, hub_id, now) for remote_id in remote_ids],
            )

    def apart(self, hub_ids: Iterable[int], party: str) -> dict[int, set[str]]:
        """The records of a party that a person said are not these customers."""
        found: dict[int, set[str]] = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT customer_id, remote_id FROM kept_apart WHERE customer_id IN ({marks(chunk)}) AND party = ?",
                [*chunk, party],
            )
            for hub_id, remote_id in rows:
                found.setdefault(hub_id, set()).add(remote_id)
        return found

    def waiting_with(self, keys: Iterable[tuple[str, str]], party: str) -> dict[tuple[str, str], set[int]]:
        """Customers of the other side without a record at `party`, by the (kind, normalised value) keys they have."""
        found: dict[tuple[str, str], set[int]] = {}
        for kind in ("email", "phone"):
            for chunk in in_chunks(key for of, key in keys if of == kind):
                rows = self.connection.execute(
                    "SELECT DISTINCT k.normalised, l.hub_id FROM contact k "
                    "JOIN link l ON l.kind = 'customer' AND l.hub_id = k.customer_id "
                    f"WHERE k.kind = ? AND k.normalised IN ({marks(chunk)}) "
                    "AND (l.party = 'back-office') <> (? = 'back-office') AND NOT EXISTS "
                    "(SELECT 1 FROM link o WHERE o.kind = 'customer' AND o.hub_id = l.hub_id AND o.party = ?)",
                    [kind, *chunk, party, party],
                )
                for key, hub_id in rows:
                    found.setdefault((kind, key), set()).add(hub_id)
        return found

    def how_often_apart(self, hub_ids: Iterable[int], party: str) -> dict[int, int]:
        """How many records of a party these customers were taken apart from; who never was is absent."""
        return {hub_id: len(remote_ids) for hub_id, remote_ids in self.apart(hub_ids, party).items()}

    def forget(self, hub_id: int) -> None:
        """Remove a customer who has no records left, with all that was asked about him."""
        self.hub.holds.clear("customer", [str(hub_id)])
        for table in _TABLES:
            self.connection.execute(f"DELETE FROM {table} WHERE customer_id = ?", [hub_id])
        self.connection.execute("DELETE FROM customer WHERE id = ?", [hub_id])

    def retire(self, link: Link) -> None:
        """This record is there no more: what it said stays known, and another one may take its place."""
        if link.role == "primary":
            self.hub.links.set_role(link, "alias")
            as_alias = source_of(replace(link, role="alias"))
            self.hub.consents.move(link.hub_id, link.party, link.hub_id, as_alias)

    def promote(self, heir: Link) -> None:
        """Make this second record of its customer the one that is written to, now that there is no other."""
        self.hub.links.set_role(heir, "primary")
        self.hub.consents.move(heir.hub_id, source_of(heir), heir.hub_id, heir.party)
        self.hub.links.mark_pending([heir.hub_id], party=heir.party)

    def _move(self, link: Link, hub_id: int, rule: str, settings: CustomerSettings) -> None:
        """Make a record that of another customer, with what it said; it merges as on a first meeting."""
        role = self.hub.links.move(link, hub_id, rule)
        moved = replace(link, hub_id=hub_id, role=role, rule=rule, pending=False)
        self.hub.consents.move(link.hub_id, source_of(link), hub_id, source_of(moved))
        Taking(self.hub, settings).join(moved)

    def _leave(self, link: Link, rest: Iterable[Link]) -> None:
        """This record is its customer's no more: a second one of the same party takes its place."""
        heir = next((one for one in rest if one.party == link.party and not (one.is_guest or one.gone)), None)
        if link.role == "primary" and heir is not None:
            self.promote(heir)

    def _queue_again(self, link: Link, hub_id: int, rest: Iterable[Link], settings: CustomerSettings) -> None:
        """Where web customers go to the back office by themselves, each of the two who is not there now does, too."""
        if settings.trigger != "any" or not settings.web_to_back_office:
            return
        parties = {one.party for one in rest}
        absent = [hub_id] if link.party != BACK_OFFICE and not link.is_guest else []
        if link.party == BACK_OFFICE and BACK_OFFICE not in parties:
            absent = [link.hub_id]
        self.connection.executemany(
            "DELETE FROM upload WHERE party = ? AND customer_id = ?", [(BACK_OFFICE, one) for one in absent]
        )
        self.hub.uploads.assign(absent, BACK_OFFICE, "any")

    def _link_known(self, hub_id: int, found: Link, rule: str, settings: CustomerSettings) -> None:
        """Link by hand a record that is another customer's: with all of it, if it has no other record."""
        rest = [one for one in self.hub.links.of_customers([found.hub_id])[found.hub_id] if one != found]
        if not rest:
            self.join(hub_id, found.hub_id, rule, settings)
            return
        self.hub.holds.clear("customer", [str(hub_id), str(found.hub_id)])
        self.hub.consents.part(found.hub_id, source_of(found), alone=len(rest) == 1)
        self._move(found, hub_id, rule, settings)
        self._leave(found, rest)
        self.hub.consents.mark_untold([found.hub_id, hub_id])

    def _made_of(self, link: Link, settings: CustomerSettings) -> int:
        """A new customer as this record said it was; as we told it to be, if it never said."""
        fields = link.theirs or link.ours
        one = replace(customer_of(0, fields), guest=link.is_guest)
        as_of = times.now() if link.seen_at is None else times.from_text(link.seen_at)
        hub_id = next_customer_id(self.connection)
        arrival = Arrival(link.remote_id, one, as_of, contacts_of(one, settings), frozenset())
        insert_customers(self.connection, link.party, [(hub_id, arrival)])
        self.hub.links.settle(link, fields, fields, None, None, pending=False)
        return hub_id

    def _keep_apart(self, link: Link, hub_id: int, rest: Iterable[Link]) -> None:
        """Neither of the two is taken for the other again, whichever is looked for."""
        now = times.to_text(times.now())
        pairs = [(link.party, link.remote_id, link.hub_id, now)]
        pairs += [(one.party, one.remote_id, hub_id, now) for one in rest]
        self.connection.executemany("INSERT OR IGNORE INTO kept_apart VALUES (?, ?, ?, ?)", pairs)
