"""Weeks of customers at a Shopify shop and a till, by chance, with faults on the wire: at the end both sides agree.

Whatever happens nobody is made twice, no address and no tag of the merchant's own is lost, an answer about marketing is
one that somebody gave, and after a few quiet runs nothing is written any more. `SYNCCTL_PEOPLE_STORIES=N` tells more.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from syncctl.model import Address
from tests.connectors.test_shopify_people_cycle import opened
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.people_records import Customer
from tests.fakes.wire import WireFault
from tests.shopify_world import ShopifyCycles

FAULTS = [
    *(WireFault(kind, done=done) for kind in ("502", "reset") for done in (True, False)),
    *(WireFault(kind) for kind in ("truncated", "reset_mid_body", "empty")),
]
NAMES = ("Ann Archer", "Bob Baker", "Cyd Cole", "Dee Dunn", "Eve East", "Fay Ford")
STATES = ("subscribed", "unsubscribed")
HOUR = timedelta(hours=1)


@dataclass
class Story:
    """What happens, by one number. `told`: in words, for whoever must find out why."""

    world: ShopifyCycles
    chance: Random
    told: list[str] = field(default_factory=list)
    most: Counter[int] = field(default_factory=Counter)  # addresses that each customer of the shop ever had
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)  # (name, state) that somebody gave

    def tell(self) -> None:
        deeds = (
            self.appears,
            self.changes,
            self.is_changed,
            self.moves,
            self.is_moved,
            self.answers_there,
            self.orders,
        )
        for _ in range(8):
            self.appears()
        for _ in range(self.chance.randrange(3, 6)):
            for _ in range(self.chance.randrange(2, 8)):
                self.chance.choice(deeds)()
            if self.chance.random() < 0.6:
                fault, number = self.chance.choice(FAULTS), self.chance.randrange(1, 9)
                self.world.server.fail(fault, at=self.world.server.count + number)
                self.note(f"{fault.kind} at request {number}, {'done' if fault.works else 'not done'}")
                self.run()  # whoever was made and changed before he was seen again keeps what each side says
            self.run()

    def run(self) -> None:
        self.note(f"a run ends with {self.world.run().exit_code}")
        self.world.server.heal()
        self.world.hurry += self.chance.choice((1, 1, 30)) * HOUR
        for one in self.world.site.customers.values():
            assert len(one.addresses) >= self.most[one.id], "an address was deleted"
            self.most[one.id] = len(one.addresses)

    def note(self, text: str) -> None:
        self.told.append(text)

    def somebody(self) -> Customer | None:
        people = list(self.world.site.customers.values())
        return self.chance.choice(people) if people else None

    # --- what people do ---------------------------------------------------------------------------------------------

    def appears(self) -> None:
        """Somebody new comes to one side or the other, never to both before they know one another."""
        name = self.chance.choice(NAMES)
        first, last = name.split()
        mail, number = f"{first.lower()}@web.example", f"+4477009001{20 + NAMES.index(name)}"
        if any(mail in one["emails"] for one in self.world.people()):
            return
        if any(one.email == mail for one in self.world.site.customers.values()):
            return
        phone = self.chance.choice((number, None))
        if self.chance.random() < 0.5:
            self.world.hands.add_customer(mail, first_name=first, last_name=last, phone=phone, tags=["VIP"])
        else:
            self.world.office.upsert_customer(name=name, emails=[mail], phones=[phone] if phone else [])
        self.note(f"{name} appears")

    def changes(self) -> None:
        """In the shop."""
        one = self.somebody()
        if one is None:
            return
        group = self.chance.choice(([], ["group:Trade"], ["group:Staff"]))
        own = [tag for tag in one.tags if not tag.startswith("group:")]
        what = self.chance.choice(
            (
                {"note": f"web {self.chance.random()}"},
                {"last_name": f"Web{self.chance.randrange(9)}"},
                {"tags": own + group},
            )
        )
        self.world.hands.change_customer(one.id, **what)
        self.note(f"in the shop {one.id} is {what}")

    def is_changed(self) -> None:
        """At the till."""
        people = list(self.world.office.customers())
        if not people:
            return
        one = self.chance.choice(people)
        name = f"{one.name.split()[0]} Pos{self.chance.randrange(9)}"
        what = self.chance.choice(
            (
                {"note": f"till {self.chance.random()}"},
                {"name": name},
                {"group": self.chance.choice(("", "Trade", "Staff"))},
            )
        )
        self.world.office.upsert_customer(one.id, **what)
        self.note(f"at the till {one.id} is {what}")

    def moves(self) -> None:
        one = self.somebody()
        if one is not None:
            street = f"{self.chance.randrange(99)} Web St"
            own = {"first_name": one.first_name, "last_name": one.last_name}
            self.world.hands.add_address(
                one.id, address1=street, city="York", default=self.chance.random() < 0.3, **own
            )
            self.note(f"in the shop {one.id} has {street}")

    def is_moved(self) -> None:
        people = list(self.world.office.customers())
        if not people:
            return
        one = self.chance.choice(people)
        places, street = list(one.addresses), f"{self.chance.randrange(99)} Till St"
        new = Address(kind=self.chance.choice(("billing", "shipping")), street=street, city="Leeds")
        if places and self.chance.random() < 0.5:
            places[self.chance.randrange(len(places))] = new
        else:
            places.append(new)
        self.world.office.upsert_customer(one.id, addresses=places)
        self.note(f"at the till {one.id} has {street}, and {len(places)} in all")

    def answers_there(self) -> None:
        """On one of the sides."""
        state, one = self.chance.choice(STATES), self.somebody()
        people = list(self.world.office.customers())
        if self.chance.random() < 0.5 and one is not None:
            self.world.hands.set_consent(one.id, "email", state)
            self.answers[str(one.email), state] += 1
            self.note(f"in the shop {one.id} is {state}")
        elif people:
            other = self.chance.choice(people)
            self.world.office.set_consent(other.id, "email", state)
            self.answers[other.emails[0], state] += 1
            self.note(f"at the till {other.id} is {state}")

    def orders(self) -> None:
        one = self.somebody()
        if one is not None:
            self.world.hands.place([Buy(next(iter(self.world.site.variants)))], customer=one.id, email=one.email)
            self.note(f"{one.id} orders")

    # --- how it ends ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        world = self.world
        for _ in range(6):
            self.run()
        world.run()
        world.hurry += HOUR
        world.run()
        assert world.holds() == []
        assert (world.asked(), world.writes_to_office()) == (["orders+customers"], 0), "nothing is left to be said"
        web = {str(one.email): one for one in world.site.customers.values()}
        till = {one.emails[0]: one for one in world.office.customers()}
        assert len(web) == len(world.site.customers) == len(till) == len(list(world.office.customers())), "nobody twice"
        for mail, one in web.items():
            self.check_one(one, mail)

    def check_one(self, one: Customer, mail: str) -> None:
        [there] = [other for other in self.world.office.customers() if mail in other.emails]
        groups = [tag.removeprefix("group:") for tag in one.tags if tag.startswith("group:")]
        assert (f"{one.first_name} {one.last_name}", one.note or "") == (there.name, there.note)
        assert groups == ([there.group] if there.group else [])
        assert ("VIP" in one.tags) == (("syncctl", "reference") not in one.metafields), "the merchant's own tag"
        assert {place.street for place in there.addresses} <= {str(place.address1) for place in one.addresses}
        state = next((answer.state for answer in there.consents), "not_subscribed")
        assert one.email_consent.state.lower() == state
        assert state == "not_subscribed" or self.answers[mail, state], "nobody ever said that"


@pytest.mark.parametrize("number", range(int(os.environ.get("SYNCCTL_PEOPLE_STORIES", "6"))))
def test_both_sides_agree_in_the_end_whatever_happened(tmp_path: Path, number: int) -> None:
    winner = {"group": "newest"}
    with opened(tmp_path, winner=winner) as world:
        world.sell("MUG")
        story = Story(world, Random(number))
        try:
            story.tell()
            story.check()
        except BaseException as error:
            error.add_note("\n".join(story.told))
            raise
