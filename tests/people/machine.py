"""The machine: runs of all kinds between what happens in `life`, and what is asserted of them. See `oracle`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from syncctl.cycle import STEPS
from syncctl.errors import Throttled, Unreachable
from tests.fakes.faulty import Between, FailAfter, FailBefore, Fault, at, on
from tests.model import invariants
from tests.model.world import Violation
from tests.people import loss
from tests.people.life import numbers, states
from tests.people.merchant import Merchant
from tests.people.records import Record

CALLS = ("fetch_customers", "find_customers", "push_customers", "fetch_orders", "send_invites", "mark_invited")
BOTH = ("name", "note", "phones", "addresses")
READS = ("fetch_customers", "find_customers", "fetch_orders", "fetch_stock")
happenings = st.sampled_from(["edit", "list", "yes", "no", "order"])


class Told(AssertionError):
    """A violation, with the list of actions that led to it."""


class Machine(Merchant):
    """Life goes on, and syncctl is run, disturbed, killed and put back."""

    @rule(minutes=st.sampled_from([0, 5]))
    def cycle(self, minutes: int) -> None:
        self.world.clock.at += timedelta(minutes=minutes)
        self._run("a cycle")

    @rule(which=numbers, states=st.tuples(states, states), cycles=st.tuples(st.booleans(), st.booleans()))
    def both_sides_answer(self, which: int, states: tuple[str, str], cycles: tuple[bool, bool]) -> None:
        """One whom we made, and the one he was made for: one after the other, with cycles between."""
        for record, state, run in zip(self.a_pair(which), states, cycles, strict=False):
            self.deeds.answer(record, "email", state)
            if run:
                self._run("a cycle")

    @rule(which=numbers, other=numbers, state=states, turn=st.booleans(), run=st.booleans())
    def a_join_is_undone(self, which: int, other: int, state: str, *, turn: bool, run: bool) -> None:
        """One of two answered, the other was told; a person finds that they are two, and whom the other one is."""
        pair = self.joined_pair(which)
        if len(pair) < 2:
            return
        one, told = reversed(pair) if turn else pair
        self.deeds.answer(one, "email", state)
        self._run("a cycle")
        self.unlink_record(told)
        if run:
            self._run("a cycle")
        mates = self._read("SELECT DISTINCT hub_id FROM link WHERE kind = 'customer' AND party <> ?", told.party)
        if mates:
            self.link_record(mates[other % len(mates)][0], told)
        self._run("a cycle")

    @rule(
        which=numbers,
        name=st.sampled_from(["name", "note", "phones", "addresses"]),
        run=st.booleans(),
        turn=st.booleans(),
    )
    def both_sides_change(self, which: int, name: str, *, run: bool, turn: bool) -> None:
        pair = self.a_pair(which)
        for record in reversed(pair) if turn else pair:
            if name in ("phones", "addresses"):
                self.deeds.edit_list(record, name, "add", 0, None)
            else:
                self.deeds.edit(record, name, blank=False)
            if run:
                self._run("a cycle")

    @rule(party=numbers, copy=st.integers(1, 14))
    def cycle_of_which_a_copy_is_kept(self, party: int, copy: int) -> None:
        self._run(f"a cycle, with a copy at call {copy}", copy_at=(self.party(party), copy))

    @rule(steps=st.sets(st.sampled_from(STEPS), min_size=1, max_size=3))
    def some_steps(self, steps: set[str]) -> None:
        chosen = [step for step in STEPS if step in steps]
        self._run(f"the steps {chosen}", *chosen)

    @rule(party=numbers, method=st.sampled_from(CALLS), nth=st.integers(1, 2), how=st.sampled_from(["before", "after"]))
    def cycle_with_a_fault(self, party: int, method: str, nth: int, how: str) -> None:
        error = Unreachable("the line went dead")
        fault: Fault = FailAfter(on(method, nth), error) if how == "after" else FailBefore(on(method, nth), error)
        name = self.party(party)
        told = f"a cycle in which {method} {nth} of {name} fails ({how})"
        self._run(told, faults={name: [fault]}, disturbed=True)

    @rule(party=numbers, number=st.integers(1, 14))
    def cycle_that_is_throttled(self, party: int, number: int) -> None:
        fault = FailBefore(at(number), Throttled("too many", retry_after=1))
        name = self.party(party)
        self._run(f"a cycle in which call {number} of {name} is too many", faults={name: [fault]}, disturbed=True)

    @rule(party=numbers, method=st.sampled_from(READS), nth=st.integers(1, 2), what=happenings, which=numbers)
    def cycle_in_which_something_happens(self, party: int, method: str, nth: int, what: str, which: int) -> None:
        name = self.party(party)
        faults = [Between(on(method, nth), lambda: self._happens(what, which))]
        self._run(f"a cycle in which something happens before {method} {nth} of {name}", faults={name: faults})

    @rule(point=st.integers(1, 400))
    def crash(self, point: int) -> None:
        self._run(f"a cycle that is killed at point {point}", die_at=point, disturbed=True)

    @precondition(lambda self: self.world is not None and self.world.copies)
    @rule(which=numbers, sidecar=st.sampled_from([True, True, False]))
    def restore(self, which: int, *, sidecar: bool) -> None:
        copy = self.world.copies[-1 - which % len(self.world.copies)]
        sidecar = sidecar or copy is self.world.copies[0]  # a hub without runs and without sidecar is a new one
        self.world.restore(copy, sidecar=sidecar)
        self.world.oracle.restored()
        self.world.tell(f"the hub is restored from the copy taken {copy.taken} {'' if sidecar else 'elsewhere'}")

    @rule()
    def plan(self) -> None:
        """A dry run changes nothing anywhere, not even a byte of the hub."""
        self.world.office.work_queue()  # what the back office does by itself whenever it is asked something
        before = (self.world.folder / "hub.db").read_bytes(), dict(invariants.dumps_of_the_sides(self.world))
        self._run("a dry run", dry_run=True, disturbed=True)
        after = (self.world.folder / "hub.db").read_bytes(), dict(invariants.dumps_of_the_sides(self.world))
        if before != after or self.world.run.writes:
            self._judge(lambda: _violated("a dry run changed something"))

    # --- what is asserted -------------------------------------------------------------------------------------------

    @invariant()
    def counted(self) -> None:
        if self.world is not None:
            self.tally["rules"] += 1

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            if not self.world.violated:
                self._judge(self._assert_settled)
            for name in ("runs", "crashes", "restores"):
                self.tally[name] += getattr(self.world, name)
        finally:
            self.world.close()

    def _assert_settled(self) -> None:
        """A few clean cycles, and nothing moves any more; what was typed anywhere is everywhere."""
        if len(self.world.actions) % 2:
            customers = self.world.options["customers"]
            customers.update(web_to_back_office=True, back_office_to_web=True, trigger="any", upload="linked")
            self.world.tell("settings: both ways, any, linked")
        for number in range(7):
            self.world.clock.at += timedelta(minutes=15)
            self._run("a clean cycle")
            if number and not self.world.run.writes and not self.world.queued:
                break
        invariants.a_cycle_is_quiet(self.world)
        self.tally["quiet"] += 1
        customers = self.world.options["customers"]
        both = customers.get("web_to_back_office", True) and customers.get("back_office_to_web", True)
        if both and customers["trigger"] == "any" and customers["upload"] != "assigned":
            with self.world.read_hub() as hub:
                self.tally["agreed"] += loss.assert_agreed(self.world.oracle, hub)
            hub.close()

    # --- helpers ---

    def a_pair(self, number: int) -> list[Record]:
        """A record that we made, if there is one, and that for which it was made."""
        records = self.world.oracle.records
        made = [one for one in records.values() if one.now and one.home and not records[one.home].is_guest]
        if not made:
            return [one for one in [self.a_record(number)] if one]
        one = made[number % len(made)]
        return [each for each in (one, records[one.home]) if each.now]

    def joined_pair(self, number: int) -> list[Record]:
        """Two records that the hub takes for one person."""
        rows = self._read(
            "SELECT a.party, a.remote_id, b.party, b.remote_id FROM link a JOIN link b ON b.kind = a.kind "
            "AND b.hub_id = a.hub_id AND b.party > a.party AND b.role = 'primary' WHERE a.kind = 'customer' "
            "AND a.role = 'primary' ORDER BY a.id, b.id"
        )
        records = self.world.oracle.records
        pairs = [[records[one] for one in ((row[0], row[1]), (row[2], row[3])) if one in records] for row in rows]
        pairs = [pair for pair in pairs if len([one for one in pair if one.now]) == 2]
        return pairs[number % len(pairs)] if pairs else []

    def _happens(self, what: str, which: int) -> None:
        record = self.a_record(which, web=what == "order")
        if record is None:
            return
        if what == "edit":
            self.deeds.edit(record, ("name", "note", "tax_id")[which % 3], blank=False)
        elif what == "list":
            self.deeds.edit_list(record, ("emails", "phones", "addresses")[which % 3], "add", which, None)
        elif what == "order":
            self.deeds.order(record)
        else:
            self.deeds.answer(record, "email", "subscribed" if what == "yes" else "unsubscribed")

    def _run(self, told: str, *steps: str, disturbed: bool = False, **options: Any) -> None:
        self.world.tell(told)

        def work() -> None:
            run = self.world.cycle(*steps, **options)
            if disturbed:
                self.world.oracle.disturbed = self.world.oracle.looks
            self.tally["writes"] += len(run.writes)
            if run.died_at:
                self.world.tell(f"  it died {run.died_at}")
            elif run.report is not None:
                failed = [f"{part.step} {part.party}: {part.reason}" for part in run.report.steps if part.reason]
                self.world.tell(f"  exit {run.report.exit_code}, writes {run.writes} {'; '.join(failed)}")
                if not disturbed and run.report.exit_code > 1:
                    raise Violation(f"an undisturbed cycle ended with {run.report.exit_code}: {failed}")
            invariants.each_write_has_its_outcome(self.world, run, disturbed=disturbed)

        self._judge(work)

    def _judge(self, work: Callable[[], None]) -> None:
        """A violation is told with everything that led to it."""
        try:
            work()
        except Told:
            raise
        except Exception as error:
            self.world.violated = True
            story = "\n".join(f"{number:4} {action}" for number, action in enumerate(self.world.actions, 1))
            raise Told(f"{type(error).__name__}: {error}\n--- what happened ---\n{story}") from error


def _violated(what: str) -> None:
    raise Violation(what)
