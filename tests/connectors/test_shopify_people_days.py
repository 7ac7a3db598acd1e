"""Days among customers: in the shop and at the counter people come, move, answer, and change groups, at the same time.

At the end nothing moves any more, nobody stands twice on a side, who is linked is the same on both, a "no" that came
last is a "no" everywhere, and nothing was deleted or mailed. SYNCCTL_DAYS: how many such times.
"""

import os
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from syncctl.model import Consent
from syncctl.model import Customer as Person
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.people_records import Customer
from tests.shopify_world import ShopifyCycles

SEEDS = range(int(os.environ.get("SYNCCTL_DAYS", "5")))
GROUPS = ("Trade", "Staff")
STEPS = 14


@dataclass
class Days:
    world: ShopifyCycles
    draw: random.Random
    count: int = 0
    answers: dict[str, tuple[datetime, str]] = field(default_factory=dict)  # by first name: the last answer of all

    def maybe(self, chance: float = 0.3) -> bool:
        return self.draw.random() < chance

    def run(self) -> None:
        report = self.world.run()
        assert report.exit_code in (0, 1), report
        self.world.hurry += timedelta(minutes=self.draw.choice([1, 30, 300]))

    def step(self) -> None:
        deeds = [self.comes_to_the_shop, self.comes_to_the_counter, self.moves, self.moves, self.answers_now, self.buys]
        self.draw.choice(deeds)()
        self.world.hurry += timedelta(seconds=2)
        if self.maybe(0.5):
            self.run()

    # --- who there is -------------------------------------------------------------------------------------------------

    def name(self) -> str:
        self.count += 1
        return f"P{self.count}"

    def phone(self) -> str:
        return f"+4420794{self.draw.randint(10000, 99999)}"

    def comes_to_the_shop(self) -> None:
        name = self.name()
        tags = ["vip", *([f"group:{self.draw.choice(GROUPS)}"] if self.maybe() else [])]
        home = (
            {"address1": f"{self.count} Mill Lane", "city": "York", "country_code_v2": "GB"} if self.maybe() else None
        )
        more = {"phone": self.phone()} if self.maybe(0.5) else {}
        self.world.hands.add_customer(
            f"{name}@web.example".lower(), first_name=name, last_name="Drawn", tags=tags, address=home, **more
        )

    def comes_to_the_counter(self) -> None:
        name = self.name()
        group = {"group": self.draw.choice(GROUPS)} if self.maybe() else {}
        phones = [self.phone()] if self.maybe(0.5) else []
        emails = [f"{name}@pos.example".lower()]
        self.world.office.upsert_customer(name=f"{name} Drawn", emails=emails, phones=phones, **group)

    def moves(self) -> None:
        """Something of somebody changes, on one side."""
        if self.maybe(0.5) and self.world.site.customers:
            self.changes_in_the_shop(self.draw.choice(list(self.world.site.customers.values())))
            return
        people = list(self.world.office.customers())
        if people:
            one = self.draw.choice(people)
            change = self.draw.choice(["note", "phones", "group"])
            values = {"note": f"n{self.draw.random()}", "phones": [self.phone()], "group": self.draw.choice(GROUPS)}
            self.world.office.upsert_customer(one.id, **{change: values[change]})

    def changes_in_the_shop(self, one: Customer) -> None:
        hands, what = self.world.hands, self.draw.choice(["note", "phone", "group", "address"])
        if what == "group":
            other = [tag for tag in one.tags if not tag.startswith("group:")]
            hands.change_customer(one.id, tags=[*other, f"group:{self.draw.choice(GROUPS)}"])
        elif what == "address":
            hands.add_address(one.id, address1=f"{self.draw.random()} New Street", city="Leeds", country_code_v2="GB")
        else:
            hands.change_customer(one.id, **{what: f"n{self.draw.random()}" if what == "note" else self.phone()})

    def answers_now(self) -> None:
        """Somebody answers about e-mail, on one side."""
        state = self.draw.choice(["subscribed", "unsubscribed"])
        now = self.world.site.clock()
        if self.maybe(0.5) and self.world.site.customers:
            one = self.draw.choice(list(self.world.site.customers.values()))
            self.world.hands.set_consent(one.id, "email", state)
            self.answers[one.first_name or ""] = (now, state)
            return
        people = list(self.world.office.customers())
        if people:
            person = self.draw.choice(people)
            answer = Consent(channel="email", state=state, changed_at=now.replace(microsecond=0), source="till")
            self.world.office.upsert_customer(person.id, consents=[answer])
            self.answers[person.name.split()[0]] = (now, state)

    def buys(self) -> None:
        people = [*self.world.site.customers, None]
        self.world.hands.place([Buy(price="1.00", title="Something")], customer=self.draw.choice(people), test=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_days_of_comings_and_goings_both_sides_know_the_same_of_everybody(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    options = {
        "lowers_email": draw.random() < 0.5,
        "older_consent": draw.choice(["kept", "taken", "refused"]),
        "refuses_same_address": draw.random() < 0.5,
        "orders_move_customers": draw.random() < 0.5,
    }
    store = {"group_prefix": "group:", "groups": list(GROUPS)}
    customers = {"trigger": "any", "upload": "all", "country": "GB"}
    with ShopifyCycles(tmp_path, options=options, store=store, customers=customers) as world:
        world.office.add_groups(list(GROUPS))
        days = Days(world, draw)
        for _ in range(STEPS):
            days.step()
        for _ in range(4):
            world.hurry += timedelta(days=1)
            days.run()
        wrote = len(world.site.oracle.writes())
        days.run()
        assert (world.site.oracle.writes()[wrote:], world.writes_to_office(), world.site.oracle.mails) == ([], 0, [])
        nobody_twice(world)
        for mine, theirs in linked(world):
            the_same(world, mine, theirs)
            no_is_no(days, mine, theirs)


def nobody_twice(world: ShopifyCycles) -> None:
    for names in (
        [one.first_name for one in world.site.customers.values()],
        [one.name.split()[0] for one in world.office.customers()],
    ):
        assert len(names) == len(set(names)), names
    assert {one.first_name for one in world.site.customers.values()} == {
        one.name.split()[0] for one in world.office.customers()
    }


def linked(world: ShopifyCycles) -> list[tuple[Customer, Person]]:
    there = {one.name.split()[0]: one for one in world.office.customers()}
    return [(one, there[one.first_name or ""]) for one in world.site.customers.values()]


def the_same(world: ShopifyCycles, mine: Customer, theirs: Person) -> None:
    """What both keep of somebody, unless it is held for a person to decide."""
    held = {detail for (detail,) in world.rows("SELECT message || detail FROM hold WHERE kind = 'customer'")}
    if any((mine.first_name or "?") in text for text in held):
        return
    group = [tag.removeprefix("group:") for tag in mine.tags if tag.startswith("group:")]
    assert (group or [""]) == [theirs.group or ""], mine.tags
    assert (mine.email or "").casefold() == theirs.emails[0].casefold()
    assert mine.note == (theirs.note or None)
    assert [mine.phone] == list(theirs.phones[:1] or [None])


def no_is_no(days: Days, mine: Customer, theirs: Person) -> None:
    here = mine.email_consent.state.lower()
    there = next((one.state for one in theirs.consents if one.channel == "email"), "not_subscribed")
    _, last = days.answers.get(mine.first_name or "", (None, "not_subscribed"))
    assert (here, there) == (last, last), mine.email_consent.history
