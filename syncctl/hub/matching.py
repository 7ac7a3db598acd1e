"""Who of the web is whom in the back office, for all that are not linked, in one pass over the keys (R32, I4).

What is read here are rows that share a key; what is decided about them, the rules say.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.family import Family
from syncctl.hub.links import BACK_OFFICE
from syncctl.hub.sync import CUSTOMERS_MATCHED
from syncctl.rules.matching import KINDS, Decision, Hit, contact_key, decide
from syncctl.rules.references import is_hash
from syncctl.settings import CustomerSettings

_KEYED = "contacts keyed"  # state: the settings under which the keys of contacts were worked out
Names = Callable[[str, Iterable[int]], Mapping[int, str]]
"""The references by which customers are made at a party: of the party and hub ids, by hub id."""

_IN_OFFICE = (
    "EXISTS (SELECT 1 FROM link x WHERE x.kind = 'customer' AND x.hub_id = {} AND x.party = 'back-office' "
    "AND x.seen_hash IS NOT 'gone')"
)
_IN_WEB = "EXISTS (SELECT 1 FROM link x WHERE x.kind = 'customer' AND x.hub_id = {} AND x.party <> 'back-office')"

_ALL_UNLINKED = (
    "SELECT DISTINCT l.hub_id FROM link l WHERE l.kind = 'customer' AND l.party <> 'back-office' "
    "AND NOT EXISTS (SELECT 1 FROM link x WHERE x.kind = 'customer' AND x.hub_id = l.hub_id "
    "AND x.party = 'back-office')"
)
_SOME_UNLINKED = (
    f"SELECT value FROM json_each(?) WHERE {_IN_WEB.format('value')} "
    "AND NOT EXISTS (SELECT 1 FROM link x WHERE x.kind = 'customer' AND x.hub_id = value AND x.party = 'back-office')"
)

# Of the web customers in temp.unlinked: with whom they share a key, if the back office has that one.
_HITS = f"""
SELECT h.web, h.other, h.rule, w.name, w.guest, o.name, {_IN_WEB.format("h.other")}
FROM (
  SELECT k.customer_id AS web, s.customer_id AS other, min(k.kind) AS rule
  FROM temp.unlinked u CROSS JOIN contact k ON k.customer_id = u.id AND k.normalised IS NOT NULL AND k.kind IN (?, ?)
  CROSS JOIN contact s ON s.kind = k.kind AND s.normalised = k.normalised AND s.customer_id <> k.customer_id
  GROUP BY 1, 2
) h JOIN customer w ON w.id = h.web JOIN customer o ON o.id = h.other
WHERE {_IN_OFFICE.format("h.other")}
ORDER BY h.web, h.other
"""
_SHARING = """
SELECT DISTINCT s.customer_id FROM json_each(?) i CROSS JOIN contact k ON k.customer_id = i.value
  AND k.normalised IS NOT NULL AND k.kind IN (?, ?)
CROSS JOIN contact s ON s.kind = k.kind AND s.normalised = k.normalised
"""


class Matching(Family):
    """Decides who is joined with whom; it joins nobody itself."""

    def rekey(self, settings: CustomerSettings) -> int:
        """Work the keys of all contacts out again if what decides about them was changed; returns how many differ."""
        under = json.dumps([settings.country, settings.placeholder_emails, settings.placeholder_phones])
        if self.hub.state(_KEYED) == under:
            return 0
        changed = 0
        with self.hub.transaction() as connection:
            rows = connection.execute("SELECT customer_id, kind, position, value, normalised FROM contact").fetchall()
            for hub_id, kind, position, value, known in rows:
                key = contact_key(kind, value, settings)
                if key != known:
                    changed += 1
                    connection.execute(
                        "UPDATE contact SET normalised = ? WHERE customer_id = ? AND kind = ? AND position = ?",
                        [key, hub_id, kind, position],
                    )
            self.hub.set_state(_KEYED, under)
        return changed

    @property
    def matched(self) -> set[str]:
        """The parties whose customers were all read and matched."""
        return set((self.hub.state(CUSTOMERS_MATCHED) or "").split("\n")) - {""}

    def match_all(self, settings: CustomerSettings) -> list[Decision]:
        """What becomes of every web customer that is not in the back office and shares a key with somebody there."""
        return self._decide(settings, _ALL_UNLINKED, ())

    def match_some(self, hub_ids: Iterable[int], settings: CustomerSettings) -> list[Decision]:
        """The same for these customers, of either side, and for those of the web with whom they share a key."""
        kinds = _kinds(settings)
        near = set(hub_ids)
        for _ in range(2):  # whom they share a key with, and who else shares one with those
            rows = self.connection.execute(_SHARING, [json.dumps(sorted(near)), *kinds])
            near |= {hub_id for (hub_id,) in rows}
        return self._decide(settings, _SOME_UNLINKED, (json.dumps(sorted(near)),))

    def by_reference(self, names: Names, hub_ids: Iterable[int] | None = None) -> list[Decision]:
        """Records that carry the reference of a customer who is not known to have one there: a hub that was restored
        made them and does not know. `hub_ids`: only records of these customers."""
        found = []
        by_name: dict[str, dict[str, list[int]]] = {}  # asked for once: a merchant may have numbers of his own
        for party, remote_id, hub_id, reference in self._unclaimed(hub_ids):
            if not is_hash(reference):
                owners = self._owners(party, reference, names)
            else:
                if party not in by_name:
                    by_name[party] = self._by_name(party, names)
                owners = by_name[party].get(reference, [])
            if len(owners) == 1 and (owner := owners[0]) != hub_id:
                web, other = (owner, hub_id) if party == BACK_OFFICE else (hub_id, owner)
                made_as = (party, reference)
                found.append(Decision(web, other, "reference", (remote_id,), made_as=made_as))
        return found

    def _unclaimed(self, hub_ids: Iterable[int] | None) -> list[tuple[str, str, int, str]]:
        """(party, id there, hub id, reference) of records with a reference of ours that made their own customer."""
        query = (
            "SELECT l.party, l.remote_id, l.hub_id, l.reference FROM link l WHERE l.kind = 'customer' "
            "AND l.reference IS NOT NULL AND l.rule IN ('made it', 'came with an order') AND NOT EXISTS "
            "(SELECT 1 FROM link o WHERE o.kind = 'customer' AND o.hub_id = l.hub_id "
            "AND (o.party = 'back-office') <> (l.party = 'back-office'))"
        )
        if hub_ids is None:
            return self.connection.execute(query).fetchall()
        rows = []
        for chunk in in_chunks(hub_ids):
            rows += self.connection.execute(f"{query} AND l.hub_id IN ({marks(chunk)})", chunk).fetchall()
        return rows

    def _owners(self, party: str, reference: str, names: Names) -> list[int]:
        """Whose reference at `party` this is: it names the record that it was made of, whoever has that now."""
        identity, _, rest = reference.partition("/")
        remote_id, _, _ = rest.partition("/")
        near = " AND l.party = (SELECT name FROM party WHERE identity = ?) AND l.remote_id = ?"
        rows = self.connection.execute(_without_record(party) + near, [identity, remote_id]) if rest else []
        return [hub_id for hub_id, name in names(party, [row[0] for row in rows]).items() if name == reference]

    def _by_name(self, party: str, names: Names) -> dict[str, list[int]]:
        """Who has which reference at `party`, of all who have no record there: a hash does not tell whose it is."""
        found: dict[str, list[int]] = {}
        rows = self.connection.execute(_without_record(party))
        for hub_id, name in names(party, [row[0] for row in rows]).items():
            found.setdefault(name, []).append(hub_id)
        return found

    def _decide(self, settings: CustomerSettings, unlinked: str, parameters: Sequence[object]) -> list[Decision]:
        connection = self.connection
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS unlinked (id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.unlinked")
        connection.execute(f"INSERT INTO temp.unlinked {unlinked}", parameters)
        rows = self._not_apart(connection.execute(_HITS, _kinds(settings)).fetchall())
        asking = Counter(other for _, other, *_ in rows)
        records = self._records({other for _, other, *_ in rows})
        hits: dict[int, list[Hit]] = {}
        who: dict[int, tuple[str, bool]] = {}
        for web, other, rule, name, guest, other_name, linked in rows:
            who[web] = (name, bool(guest))
            hit = Hit(other, rule, other_name, bool(linked), asking[other] - 1, records[other])
            hits.setdefault(web, []).append(hit)
        return [decide(web, who[web][0], guest=who[web][1], hits=found) for web, found in hits.items()]

    def _not_apart(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Without pairs of whom a person said that they are two."""
        near = json.dumps(sorted({hub_id for row in rows for hub_id in row[:2]}))
        apart = {
            frozenset(pair)
            for pair in self.connection.execute(
                "SELECT k.customer_id, l.hub_id FROM json_each(?) i CROSS JOIN kept_apart k ON k.customer_id = i.value "
                "CROSS JOIN link l ON l.party = k.party AND l.kind = 'customer' AND l.remote_id = k.remote_id",
                [near],
            )
        }
        return [row for row in rows if frozenset(row[:2]) not in apart] if apart else rows

    def _records(self, hub_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """The ids in the back office of these customers."""
        found: dict[int, tuple[str, ...]] = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT hub_id, remote_id FROM link WHERE kind = 'customer' AND hub_id IN ({marks(chunk)}) "
                "AND party = 'back-office' ORDER BY id",
                chunk,
            )
            for hub_id, remote_id in rows:
                found[hub_id] = (*found.get(hub_id, ()), remote_id)
        return found


def _kinds(settings: CustomerSettings) -> tuple[str, str]:
    """The two kinds of keys that join; one of them twice, or none, as the setting says."""
    kinds = KINDS[settings.match]
    return (kinds[0], kinds[-1]) if kinds else ("", "")


def _without_record(party: str) -> str:
    """The query for all customers of the other side who have no record at this one."""
    office = "{}.party = 'back-office'"
    there = office if party == BACK_OFFICE else f"NOT {office}"
    return (
        f"SELECT DISTINCT l.hub_id FROM link l WHERE l.kind = 'customer' AND NOT {there.format('l')} AND NOT EXISTS "
        f"(SELECT 1 FROM link o WHERE o.kind = 'customer' AND o.hub_id = l.hub_id AND {there.format('o')})"
    )
