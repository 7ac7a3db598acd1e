"""Records of customers that the other side deleted, or merged into another one of its own."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from syncctl.hub.family import Family
from syncctl.hub.holds import Hold
from syncctl.hub.links import GONE, Link
from syncctl.settings import CustomerSettings

MERGED = "merged there"
_NOBODYS = (
    "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sales_order WHERE customer_id = ?1) "
    "AND NOT EXISTS (SELECT 1 FROM upload WHERE customer_id = ?1) "
    "AND NOT EXISTS (SELECT 1 FROM invitation WHERE customer_id = ?1)"
)


class Departures(Family):
    """What becomes of the links of such records; the links themselves are never forgotten."""

    def depart(self, party: str, remote_id: str, merged_into: str | None, settings: CustomerSettings) -> Counter[str]:
        """A record is there no more; `merged_into`: another one stands for it now. One that is not known is nothing.

        A customer of whom there is nothing else goes with its record; of any other, a person says what follows.
        """
        link = self.hub.links.by_remote(party, "customer", [remote_id]).get(remote_id)
        if link is None or link.gone:
            return Counter()
        rest = [one for one in self.hub.links.of_customers([link.hub_id])[link.hub_id] if one != link]
        if merged_into is not None and merged_into != remote_id:
            return self._follow(link, rest, merged_into, settings)
        if not rest and self.connection.execute(_NOBODYS, [link.hub_id]).fetchone():
            self.hub.links.remove(link)
            self.hub.joining.forget(link.hub_id)
        elif not self.succeed(link):
            self._mark(link)
            if rest and link.role == "primary":
                self._hold(link, "gone", f"{party} has deleted its customer {remote_id[:60]}; it is told nothing more")
        return Counter({"customers gone": 1})

    def succeed(self, link: Link) -> bool:
        """Whether another record of the same customer and party, which is there still, takes this one's place."""
        links = self.hub.links.of_customers([link.hub_id])[link.hub_id]
        living = [one for one in links if one.party == link.party and not (one.gone or one.is_guest)]
        heir = next((one for one in living if one.remote_id != link.remote_id), None)
        if link.role != "primary" or heir is None:
            return False
        self._mark(link)
        self._change_places(link, heir)
        return True

    def came_back(self, party: str, remote_ids: Iterable[str]) -> None:
        """These records are there: nobody waits because they were deleted, and each is told what it has missed."""
        held = self.hub.holds.held_for(party, "customer", "gone")
        if held:
            links = self.hub.links.by_remote(party, "customer", remote_ids)
            back = held & {str(link.hub_id) for link in links.values() if link.role == "primary"}
            self.hub.holds.clear("customer", back, party=party)
            self.hub.links.mark_pending(map(int, back), party=party)

    def _follow(self, link: Link, rest: list[Link], target: str, settings: CustomerSettings) -> Counter[str]:
        """The link moves to the record that stands for this one now, if nobody else's place is taken by that."""
        there = self.hub.links.by_remote(link.party, "customer", [target]).get(target)
        self._mark(link)
        if there is None:
            self._rename(link, target)
        elif there.hub_id == link.hub_id:
            self._change_places(link, there)
        elif not self._elsewhere(there):
            self.hub.joining.join(link.hub_id, there.hub_id, MERGED, settings)
            self._change_places(link, there)
            self.hub.consents.doubt(link.hub_id, [link.party], made=False)
        elif all(one.party == link.party for one in rest):
            self.hub.joining.join(there.hub_id, link.hub_id, MERGED, settings)
            self.hub.consents.doubt(there.hub_id, [link.party], made=False)
        else:
            text = (
                f"{link.party} has merged its customer {link.remote_id[:60]} into {target[:60]}, which is customer "
                f"{there.hub_id} here; the two are kept apart until you say that they are one"
            )
            self._hold(link, MERGED, text, following=f"--to {link.party} --as {target[:60]}")
            return Counter({"newly held": 1})
        return Counter({"customers merged": 1})

    def _elsewhere(self, link: Link) -> bool:
        """Whether its customer has a record of another party."""
        return any(one.party != link.party for one in self.hub.links.of_customers([link.hub_id])[link.hub_id])

    def _mark(self, link: Link) -> None:
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE link SET seen_hash = ?, seen_at = NULL, pending = 0 "
                "WHERE party = ? AND kind = ? AND remote_id = ?",
                [GONE, link.party, link.kind, link.remote_id],
            )

    def _rename(self, link: Link, target: str) -> None:
        """The record that stands for this one was not read yet: it merges as on a first meeting once it is."""
        self.hub.joining.retire(link)
        self.hub.links.add(
            Link(
                party=link.party,
                kind=link.kind,
                remote_id=target,
                hub_id=link.hub_id,
                rule=MERGED,
                role=link.role,
                reference=link.reference,
                pending=link.role == "primary",
            )
        )

    def _change_places(self, link: Link, there: Link) -> None:
        """Of two records of one customer the living one is written to."""
        if link.role == "primary":
            self.hub.joining.retire(link)
            self.hub.joining.promote(replace(there, hub_id=link.hub_id, role="alias"))

    def _hold(self, link: Link, reason: str, message: str, *, following: str = "") -> None:
        following = f"link {link.hub_id} {following}" if following else f"unlink {link.hub_id} --from {link.party}"
        hold = Hold(
            party=link.party,
            kind="customer",
            record=str(link.hub_id),
            reason=reason,
            message=f"customer {link.hub_id}: {message}",
            detail={"party": link.party, "remote_id": link.remote_id, "next": f"syncctl customers {following}"},
        )
        self.hub.holds.put(hold)
