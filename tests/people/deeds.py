"""What customers, clerks and merchants do to customers; each deed is done on the real files and seen by the oracle.

A value that is typed is new each time, so that where it turns up tells where it came from. What a side refuses does not
happen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.model import Address
from tests.people.records import OFFICE, Record, seen_as
from tests.people.world import PeopleWorld


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of flesh and blood, with what he may be recognised by."""

    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


PEOPLE = {
    "ada": Person("Ada Archer", ("ada@example.org", "family@example.org"), ("+442079460101",)),
    "ann": Person("Ann Archer", ("family@example.org", "ann@example.org"), ("020 7946 0101", "020 7946 0102")),
    "bob": Person("Bob Baker", ("Bob@example.org", "test@shop.example"), ("020 7946 0103",)),
    "cy": Person("Cy Cook", (), ("020 7946 0104", "+442079460104")),
    "dee": Person("Dee Dunn", ("noemail@example.org",), ("0000000000", "020 7946 0105")),
    "ada two": Person("ada  archer", ("ada@example.org",), ("020 7946 0109",)),
}


class Deeds:
    """Everything that happens to customers outside of syncctl."""

    def __init__(self, world: PeopleWorld) -> None:
        self.world = world
        self.count = 0

    def new(self, what: str) -> str:
        """A value that was never typed before."""
        self.count += 1
        return {
            "emails": f"mail{self.count}@example.org",
            "phones": f"+44207946{1000 + self.count}",
            "addresses": f"{self.count} Mill Lane",
        }.get(what, f"{what.capitalize()} {self.count}")

    def side(self, party: str) -> Any:
        return self.world.office if party == OFFICE else self.world.shops[party]

    def create(self, party: str, who: str, first: int, *, email: bool, phone: bool) -> None:
        """Somebody is entered by hand, with one of his e-mail addresses or phones, both or neither."""
        person = PEOPLE[who]
        fields: dict[str, Any] = {"name": person.name}
        if email and person.emails:
            fields["emails"] = (person.emails[first % len(person.emails)],)
        if phone and person.phones:
            fields["phones"] = (person.phones[first % len(person.phones)],)
        self.do(f"{who} is entered in {party}: {fields}", lambda: self.side(party).upsert_customer(None, **fields))

    def edit(self, record: Record, name: str, *, blank: bool) -> None:
        value: Any = "" if blank and name != "name" else self.new(name)
        if name == "tax_exempt":
            value = not (record.now and record.now.fields[name])
        self._change(record, {name: value})

    def edit_list(self, record: Record, name: str, how: str, place: int, value: str | None) -> None:
        """Add, replace or remove one element; `value`: the new one, if not one that nobody has."""
        assert record.now is not None
        old = list(record.now.fields[name])
        at = place % len(old) if old else 0
        new = value if value and name != "addresses" else self.new(name)
        one = record.party in self.world.oracle.short and name != "addresses"
        if how == "remove":
            wanted = old[:at] + old[at + 1 :]
        elif how == "replace" or (one and old):
            wanted = [*old[:at], new, *old[at + 1 :]]
        else:
            wanted = [*old, new]
        wanted = list(dict.fromkeys(wanted))
        if name == "addresses":
            self._change(record, {name: tuple(Address(street=street, country="GB") for street in wanted)})
        else:
            self._change(record, {name: tuple(wanted)})

    def answer(self, record: Record, channel: str, state: str) -> None:
        """Somebody is asked about marketing."""
        self.do(
            f"{record.title} is {state} to {channel}",
            lambda: self.side(record.party).set_consent(record.whose[1], channel, state),
        )

    def order(self, record: Record) -> None:
        """Somebody with an account buys."""
        shop = self.world.shops[record.party]
        self.do(f"{record.title} buys", lambda: shop.place_order([("MUG", 1)], customer=record.whose[1]))

    def guest(self, store: str, who: str, first: int) -> None:
        """Somebody without an account buys."""
        person, shop = PEOPLE[who], self.world.shops[store]
        buyer: dict[str, Any] = {"name": person.name}
        buyer["emails"] = list(person.emails[first % 2 : first % 2 + 1])
        buyer["phones"] = list(person.phones[:1]) if not buyer["emails"] else []
        self.world.oracle.guest(store, seen_as(buyer))
        self.do(f"{who} buys in {store} as a guest: {buyer}", lambda: shop.place_order([("MUG", 1)], customer=buyer))

    def do(self, told: str, deed: Callable[[], object]) -> None:
        """What was done by us before is judged, and what is done now is a person's."""
        oracle = self.world.oracle
        oracle.look(by_hand=False)
        try:
            deed()
        except (ShopRefusal, OfficeRefusal) as refusal:
            told += f" (refused: {refusal})"
        oracle.look(by_hand=True)
        self.world.tell(told)

    def _change(self, record: Record, fields: dict[str, Any]) -> None:
        side, number = self.side(record.party), record.whose[1]
        streets = {name: [one.street for one in value] for name, value in fields.items() if name == "addresses"}
        told = f"{record.title} is changed by hand: {fields | streets}"
        self.do(told, lambda: side.upsert_customer(number, **fields))
