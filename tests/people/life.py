"""The rules by which things happen to customers outside of syncctl, and by which it is set and moved in time."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.people.deeds import PEOPLE, Deeds
from tests.people.records import LISTS, TYPED, Record
from tests.people.world import OFFICE, PeopleWorld

numbers = st.integers(0, 1000)
people = st.sampled_from(sorted(PEOPLE))
states = st.sampled_from(["subscribed", "unsubscribed", "unsubscribed", "pending"])
channels = st.sampled_from(["email", "email", "sms"])
known = st.sampled_from(["ada@example.org", "family@example.org", "bob@example.org", "020 7946 0103"])
winners = st.sampled_from(["newest", "newest", "web", "back_office", "ask"])
entries = st.tuples(numbers, people, st.integers(0, 1), st.sampled_from([(True, True), (True, False), (False, True)]))
sides = st.fixed_dictionaries(
    {
        "contacts": st.sampled_from(["many", "many", "one"]),
        "consent_times": st.booleans(),
        "consent_channels": st.sampled_from([["email"], ["email", "sms"]]),
    }
)


class Life(RuleBasedStateMachine):
    """One or two shops, a back office and a hub; nobody runs anything yet. `tally` counts over all examples."""

    def __init__(self, tally: Counter[str]) -> None:
        super().__init__()
        self.tally = tally
        self.tally["examples"] += 1
        self.world: Any = None

    @initialize(
        two=st.sampled_from([False, False, True]),
        answers=st.sampled_from(["now", "now", "later"]),
        office=sides,
        store=sides,
        invites=st.sampled_from(["state", "mark", "blind"]),
        match=st.sampled_from(["phone_or_email", "phone_or_email", "email", "create_new"]),
        trigger=st.sampled_from(["order", "any", "any"]),
        upload=st.sampled_from(["linked", "linked", "assigned", "all"]),
        winner=winners,
        fallback=st.sampled_from(["guest_account", "create"]),
        entered=st.lists(entries, min_size=2, max_size=5),
    )
    def begin(
        self, *, two: bool, answers: str, office: Any, store: Any, invites: str, entered: Any, **customers: Any
    ) -> None:
        stores = ["shop", "mart"] if two else ["shop"]
        settings = {OFFICE: office, **{name: {**store, "invites": invites} for name in stores}}
        world = PeopleWorld(stores, answers, settings)
        self.world: PeopleWorld = world
        self.deeds = Deeds(world)
        fields = (*TYPED, "group", "tax_exempt", *LISTS)
        customers["winner"] = dict.fromkeys(fields, customers["winner"])
        world.options["customers"] = {**customers, "country": "GB", "send_invite": True}
        world.oracle.channels = {name: side["consent_channels"] for name, side in settings.items()}
        world.oracle.timed = {name for name, side in settings.items() if side["consent_times"]}
        world.oracle.set_match(customers["match"])
        world.tell(f"the back office answers {answers}; {settings}; {world.options['customers']}")
        for number, who, first, (email, phone) in entered:
            self.deeds.create(self.party(number), who, first, email=email, phone=phone)
        world.keep_copy("before the first run")

    # --- customers --------------------------------------------------------------------------------------------------

    @rule(entry=entries)
    def enter(self, entry: Any) -> None:
        number, who, first, (email, phone) = entry
        self.deeds.create(self.party(number), who, first, email=email, phone=phone)

    @rule(which=numbers, name=st.sampled_from([*TYPED, "tax_exempt"]), blank=st.booleans())
    def edit(self, which: int, name: str, *, blank: bool) -> None:
        if record := self.a_record(which):
            self.deeds.edit(record, name, blank=blank)

    @rule(
        which=numbers,
        name=st.sampled_from(LISTS),
        how=st.sampled_from(["add", "add", "replace", "remove"]),
        place=numbers,
        value=st.none() | known,
    )
    def edit_list(self, which: int, name: str, how: str, place: int, value: str | None) -> None:
        if value and ("@" in value) != (name == "emails"):
            value = None
        if record := self.a_record(which):
            self.deeds.edit_list(record, name, how, place, value)

    @rule(which=numbers, channel=channels, state=states)
    def answer(self, which: int, channel: str, state: str) -> None:
        if record := self.a_record(which):
            self.deeds.answer(record, channel, state)

    @rule(which=numbers)
    def buy(self, which: int) -> None:
        if record := self.a_record(which, web=True):
            self.deeds.order(record)

    @rule(store=numbers, who=people, first=st.integers(0, 1))
    def buy_as_a_guest(self, store: int, who: str, first: int) -> None:
        self.deeds.guest(self.store(store), who, first)

    # --- settings and clocks ----------------------------------------------------------------------------------------

    @rule(
        trigger=st.sampled_from(["order", "any"]),
        upload=st.sampled_from(["linked", "assigned", "all"]),
        winner=winners,
        ways=st.sampled_from([(True, True), (True, True), (True, False), (False, True)]),
        invite=st.booleans(),
    )
    def set_otherwise(self, trigger: str, upload: str, winner: str, ways: tuple[bool, bool], *, invite: bool) -> None:
        customers = self.world.options["customers"]
        customers.update(trigger=trigger, upload=upload, send_invite=invite)
        customers.update(web_to_back_office=ways[0], back_office_to_web=ways[1])
        if not ways[0]:
            customers["fallback"] = "guest_account"  # else nobody could be created to book on
        customers["winner"] = dict.fromkeys(customers["winner"], winner)
        self.world.tell(f"settings: {customers}")

    @rule(match=st.sampled_from(["phone_or_email", "email", "create_new"]))
    def match_otherwise(self, match: str) -> None:
        self.world.options["customers"]["match"] = match
        self.world.oracle.set_match(match)
        self.world.tell(f"settings: match {match}")

    @rule(hours=st.sampled_from([1, 5, 25]))
    def time_passes(self, hours: int) -> None:
        self.world.clock.at += timedelta(hours=hours)
        self.world.tell(f"{hours} hours pass")

    @rule(minutes=st.integers(-4, 4))
    def our_clock_is_set(self, minutes: int) -> None:
        self.world.clock.skew = timedelta(minutes=minutes)
        self.world.tell(f"our clock stands {minutes} minutes before the others'")

    # --- helpers ---

    def store(self, number: int) -> str:
        return sorted(self.world.shops)[number % len(self.world.shops)]

    def party(self, number: int) -> str:
        parties = [OFFICE, *sorted(self.world.shops)]
        return parties[number % len(parties)]

    def a_record(self, number: int, *, web: bool = False) -> Record | None:
        """One that is there."""
        records = self.world.oracle.records.values()
        found = [one for one in records if one.now and not one.is_guest and (one.is_web or not web)]
        return found[number % len(found)] if found else None
