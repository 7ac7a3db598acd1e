"""Which record of another side is which record here, and what both sides agreed on last."""

from collections.abc import Iterable, Mapping
from typing import Any

from syncctl import times
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.hub.family import Family
from syncctl.model.record import record
from syncctl.rules.merging import Plain, from_text, text_of

BACK_OFFICE = "back-office"
GUEST = "guest:"
"""How the id of somebody begins whom a store knows from orders alone: there is no record that could be written."""
GONE = "gone"
"""Instead of the hash of a record that the other side deleted."""

Fields = Mapping[str, object]


@record(frozen=True, slots=True, kw_only=True)
class Link:
    """This hub record is that remote record, by this rule.

    `agreed_ours`, `agreed_theirs`: fields as JSON, ours and theirs as they returned it, when both agreed last.
    `seen_hash`, `seen_at`: of the remote record as it was read last. `pending`: it is to be told something.
    """

    party: str
    kind: str
    remote_id: str
    hub_id: int
    rule: str
    role: str = "primary"
    reference: str | None = None
    agreed_ours: str | None = None
    agreed_theirs: str | None = None
    seen_hash: str | None = None
    seen_at: str | None = None
    pending: bool = False

    @property
    def ours(self) -> Plain:
        """Our fields when both sides agreed last; a field that is missing has no base."""
        return from_text(self.agreed_ours)

    @property
    def theirs(self) -> Plain:
        """Their fields when both sides agreed last; a field that is missing has no base."""
        return from_text(self.agreed_theirs)

    @property
    def is_guest(self) -> bool:
        """Whether it is nothing but a name on orders, and so always an alias."""
        return self.remote_id.startswith(GUEST)

    @property
    def gone(self) -> bool:
        """Whether the other side deleted the record."""
        return self.seen_hash == GONE


_COLUMNS = "party kind remote_id hub_id rule role reference agreed_ours agreed_theirs seen_hash seen_at pending"
_LINK = ", ".join(_COLUMNS.split())
_INSERT = Insert("link", f"{_COLUMNS} made_at")


class Links(Family):
    """Table `link`: at most one primary per hub record and party; aliases are read from only, and so are guests."""

    def add(self, *links: Link) -> None:
        """Record links. IntegrityError if one's remote record, or its primary, is taken."""
        now = times.to_text(times.now())
        with self.hub.transaction() as connection:
            _INSERT.run(connection, ((*_row(link), now) for link in links))

    def agree(self, link: Link, ours: str, theirs: str | None) -> None:
        """Record what both sides hold now, for the next merge; `theirs` None: not read back yet."""
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE link SET agreed_ours = ?, agreed_theirs = ? WHERE party = ? AND kind = ? AND remote_id = ?",
                [ours, theirs, link.party, link.kind, link.remote_id],
            )

    def settle(
        self,
        link: Link,
        agreed_ours: Fields,
        agreed_theirs: Fields,
        seen_hash: str | None,
        seen_at: str | None,
        *,
        pending: bool,
    ) -> None:
        """Record what was agreed with one side, and of which state of its record (None: as before)."""
        values = [text_of(agreed_ours), text_of(agreed_theirs), seen_hash, seen_at, int(pending)]
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE link SET agreed_ours = ?, agreed_theirs = ?, seen_hash = coalesce(?, seen_hash), "
                "seen_at = coalesce(?, seen_at), pending = ? WHERE party = ? AND kind = ? AND remote_id = ?",
                [*values, link.party, link.kind, link.remote_id],
            )

    def pending(self, party: str, limit: int, after: int = 0) -> list[int]:
        """Hub customers of which this party is to be told something, ascending; found by partial index."""
        rows = self.connection.execute(
            "SELECT hub_id FROM link INDEXED BY link_pending WHERE party = ? AND pending = 1 AND kind = 'customer' "
            "AND role = 'primary' AND hub_id > ? ORDER BY hub_id LIMIT ?",
            [party, after, limit],
        )
        return [hub_id for (hub_id,) in rows]

    def mark_pending(self, hub_ids: Iterable[int], said_by: Link | None = None, party: str | None = None) -> None:
        """Every side, or this one, is to be told of these customers; but for the record that said it itself."""
        known = (said_by.party, said_by.remote_id) if said_by else ("", "")
        with self.hub.transaction() as connection:
            for chunk in in_chunks(hub_ids):
                connection.execute(
                    "UPDATE link SET pending = 1 WHERE kind = 'customer' AND role = 'primary' AND pending = 0 "
                    f"AND hub_id IN ({marks(chunk)}) AND (party, remote_id) IS NOT (?, ?) AND seen_hash IS NOT ? "
                    "AND party = coalesce(?, party)",
                    [*chunk, *known, GONE, party],
                )

    def primaries(self, party: str, kind: str, hub_ids: Iterable[int]) -> dict[int, Link]:
        """The primary links of these hub records at `party`."""
        found = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT {_LINK} FROM link WHERE party = ? AND kind = ? AND role = 'primary' "
                f"AND hub_id IN ({marks(chunk)})",
                [party, kind, *chunk],
            )
            found.update({link.hub_id: link for link in map(_link, rows)})
        return found

    def by_remote(self, party: str, kind: str, remote_ids: Iterable[str]) -> dict[str, Link]:
        """The links of these remote records."""
        found = {}
        for chunk in in_chunks(remote_ids):
            rows = self.connection.execute(
                f"SELECT {_LINK} FROM link WHERE party = ? AND kind = ? AND remote_id IN ({marks(chunk)})",
                [party, kind, *chunk],
            )
            found.update({link.remote_id: link for link in map(_link, rows)})
        return found

    def of_customers(self, hub_ids: Iterable[int]) -> dict[int, list[Link]]:
        """All links of these customers, oldest first."""
        found: dict[int, list[Link]] = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT {_LINK} FROM link WHERE kind = 'customer' AND hub_id IN ({marks(chunk)}) ORDER BY id", chunk
            )
            for link in map(_link, rows):
                found.setdefault(link.hub_id, []).append(link)
        return found

    def remove(self, link: Link) -> None:
        """Forget that this remote record is anybody's."""
        with self.hub.transaction() as connection:
            connection.execute(
                "DELETE FROM link WHERE party = ? AND kind = ? AND remote_id = ?",
                [link.party, link.kind, link.remote_id],
            )

    def move(self, link: Link, hub_id: int, rule: str) -> str:
        """Make this remote record that of another customer; returns its role there: alias where one is primary."""
        alias = link.is_guest or self.primaries(link.party, link.kind, [hub_id])
        role = "alias" if alias else "primary"
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE link SET hub_id = ?, rule = ?, role = ?, pending = 0 "
                "WHERE party = ? AND kind = ? AND remote_id = ?",
                [hub_id, rule, role, link.party, link.kind, link.remote_id],
            )
        return role

    def set_role(self, link: Link, role: str) -> None:
        """Make this record the one of its customer that is written to there (primary), or one more (alias)."""
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE link SET role = ? WHERE party = ? AND kind = ? AND remote_id = ?",
                [role, link.party, link.kind, link.remote_id],
            )


def _row(link: Link) -> tuple[object, ...]:
    return (
        link.party,
        link.kind,
        link.remote_id,
        link.hub_id,
        link.rule,
        link.role,
        link.reference,
        link.agreed_ours,
        link.agreed_theirs,
        link.seen_hash,
        link.seen_at,
        int(link.pending),
    )


def _link(row: tuple[Any, ...]) -> Link:
    party, kind, remote_id, hub_id, rule, role, reference, ours, theirs, seen_hash, seen_at, pending = row
    return Link(
        party=party,
        kind=kind,
        remote_id=remote_id,
        hub_id=hub_id,
        rule=rule,
        role=role,
        reference=reference,
        agreed_ours=ours,
        agreed_theirs=theirs,
        seen_hash=seen_hash,
        seen_at=seen_at,
        pending=bool(pending),
    )
