"""The machine: runs of all kinds between what happens in `trade`, and what is asserted after each step.

See `invariants` for what holds.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from syncctl.cycle import STEPS
from syncctl.errors import Throttled, Unreachable
from tests.fakes.faulty import Between, FailAfter, FailBefore, Fault, at, on
from tests.model import invariants
from tests.model.trade import Trade, happenings, lines, numbers, people
from tests.model.world import Violation

READS = frozenset(["about", "fetch_orders", "fetch_stock", "fetch_variants", "fetch_shipments", "find_documents"])


class Told(AssertionError):
    """A violation, with the list of actions that led to it."""


class Machine(Trade):
    """Trade goes on, and syncctl is run, disturbed, killed and put back."""

    # --- runs -------------------------------------------------------------------------------------------------------

    @rule()
    def cycle(self) -> None:
        self._run("a cycle")

    @rule(store=numbers, lines=lines, person=people, party=numbers, copy=st.integers(1, 14))
    def order_and_cycle(self, store: int, lines: Any, person: str | None, party: int, copy: int) -> None:
        self.deeds.order(self.store(store), lines, person=person)
        self._run("a cycle", copy_at=(self.party(party), copy))

    @rule(later=st.sampled_from([0, 1, 10]), copy=st.integers(1, 14), party=numbers)
    def cycle_of_which_a_copy_is_kept(self, later: int, copy: int, party: int) -> None:
        self.world.clock.at += timedelta(minutes=later)
        self._run(f"{later} minutes later a cycle, with a copy at call {copy}", copy_at=(self.party(party), copy))

    @rule(steps=st.sets(st.sampled_from(STEPS), min_size=1, max_size=3))
    def some_steps(self, steps: set[str]) -> None:
        chosen = [step for step in STEPS if step in steps]
        self._run(f"the steps {chosen}", *chosen)

    @precondition(lambda self: self.world is not None and len(self.world.shops) > 1)
    @rule(store=numbers)
    def one_store_alone(self, store: int) -> None:
        self._run(f"a cycle of {self.store(store)} alone", stores=[self.store(store)])

    @rule(party=numbers, method=st.sampled_from(sorted(READS)))
    def cycle_without_somebody(self, party: int, method: str) -> None:
        name = self.party(party)
        faults = [FailBefore(on(one, None), Unreachable("down")) for one in (method, "about")]
        self._run(f"a cycle in which {name} is unreachable", faults={name: faults}, disturbed=True)

    @rule(party=numbers, number=st.integers(1, 14), how=st.sampled_from(["before", "after", "throttled"]))
    def cycle_with_a_fault(self, party: int, number: int, how: str) -> None:
        error = Throttled("too many", retry_after=1) if how == "throttled" else Unreachable("the line went dead")
        fault: Fault = FailAfter(at(number), error) if how == "after" else FailBefore(at(number), error)
        name = self.party(party)
        self._run(f"a cycle in which call {number} of {name} fails ({how})", faults={name: [fault]}, disturbed=True)

    @rule(
        party=numbers,
        number=st.integers(1, 14),
        method=st.sampled_from(
            ["", "", "push_levels", "fetch_levels", "fetch_orders", "fetch_stock", "push_documents"]
        ),
        what=happenings,
        store=numbers,
        due=st.booleans(),
    )
    def cycle_in_which_something_happens(
        self, party: int, number: int, method: str, what: Any, store: int, *, due: bool
    ) -> None:
        """`due`: there is a level to be written, too."""
        if due:
            self.deeds.receive(what[1], 5)
        name = self.party(party)
        when = on(method, 1 + number % 3) if method else at(number)
        faults = [Between(when, lambda: self._happens(what, self.store(store)))]
        told = f"a cycle in which, before {when.method or 'call'} {when.nth or number} of {name}, this happens: {what}"
        self._run(told, faults={name: faults})

    @rule(first=st.integers(1, 9), second=st.integers(1, 9), party=numbers, what=st.sampled_from(["order", "sale"]))
    def cycle_in_which_two_things_happen(self, first: int, second: int, party: int, what: str) -> None:
        """An order, and an order or a counter sale; of another kind of two a store that compares can be fooled."""
        self.deeds.receive("MUG", 6)
        store, other = self.store(party), self.party(party + 1)
        faults: dict[str, list[Fault]] = {store: [], other: []}
        faults[store].append(Between(at(first), lambda: self._happens(("order", "MUG", 1), store)))
        faults[other].append(Between(at(second), lambda: self._happens((what, "MUG", 2), store)))
        told = f"a cycle in which an order comes before call {first} of {store}, and {what} before {second} of {other}"
        self._run(told, faults=faults)

    @rule()
    def plan(self) -> None:
        """A dry run changes nothing anywhere, not even a byte of the hub."""
        self.world.office.work_queue()  # what the back office does by itself whenever it is asked something
        before = (self.world.folder / "hub.db").read_bytes(), dict(invariants.dumps_of_the_sides(self.world))
        self._run("a dry run", dry_run=True, disturbed=True)
        after = (self.world.folder / "hub.db").read_bytes(), dict(invariants.dumps_of_the_sides(self.world))
        if before != after or self.world.run.writes:
            self._judge(lambda: _violated("a dry run changed something"))

    @rule(point=st.integers(1, 260), party=numbers, number=st.integers(1, 14), what=st.none() | happenings)
    def crash(self, point: int, party: int, number: int, what: Any) -> None:
        faults: dict[str, list[Fault]] = {}
        if what is not None:
            faults[self.party(party)] = [Between(at(number), lambda: self._happens(what, self.store(number)))]
        self._run(f"a cycle that is killed at point {point} ({what})", faults=faults, die_at=point, disturbed=True)

    @precondition(lambda self: self.world is not None and self.world.copies)
    @rule(which=numbers, sidecar=st.sampled_from([True, True, False]))
    def restore(self, which: int, *, sidecar: bool) -> None:
        copy = self.world.copies[-1 - which % len(self.world.copies)]
        sidecar = sidecar or copy is self.world.copies[0]  # a hub without runs and without sidecar is a new one
        self.world.restore(copy, sidecar=sidecar)
        self.world.tell(f"the hub is restored from the copy taken {copy.taken} {'' if sidecar else 'elsewhere'}")

    # --- what is asserted -------------------------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        if self.world is None:
            return
        self.tally["rules"] += 1
        if self.judged != self.world.runs:  # what the machine does itself changes nothing of what is asserted here
            self.judged = self.world.runs
            self._judge(lambda: self._assert_sound(settled=False))

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            self._judge(self._assert_converged)
            for name in ("runs", "crashes", "restores"):
                self.tally[name] += getattr(self.world, name)
        finally:
            self.world.close()

    def _assert_sound(self, *, settled: bool) -> None:
        books = invariants.books_of(self.world)
        invariants.booked_once(self.world, books)
        invariants.money_adds_up(self.world, books)
        invariants.customers_are_joined_by_rule(self.world, books, self.joined)
        invariants.consent_is_only_copied(self.world, settled=settled)

    def _assert_converged(self) -> None:
        """Three clean cycles, five minutes apart, hand everything over; then nothing moves any more."""
        if not self.world.tells_changes and self.world.edited_unseen:
            self.world.clock.at += timedelta(hours=25)  # what was edited by hand is only found once a day
        for _ in range(3):
            self.world.clock.at += timedelta(minutes=5)
            self._run("a clean cycle")
        self._assert_sound(settled=True)
        invariants.nothing_is_lost(self.world, invariants.books_of(self.world), complete=False)
        for _ in range(4):  # a credit may wait for its sale, and its sale for the back office
            if not self.world.run.writes and not self.world.queued:
                break
            self._run("one more clean cycle")
        invariants.nothing_is_lost(self.world, invariants.books_of(self.world), complete=True)
        invariants.all_is_shown(self.world)
        invariants.a_cycle_is_quiet(self.world)

    # --- helpers ---

    def _run(self, told: str, *steps: str, disturbed: bool = False, **options: Any) -> None:
        self.world.tell(told)

        def work() -> None:
            run = self.world.cycle(*steps, **options)
            if run.died_at:
                self.world.tell(f"  it died {run.died_at}")
            elif run.report is not None:
                failed = [f"{part.step} {part.party}: {part.reason}" for part in run.report.steps if part.reason]
                self.world.tell(f"  exit {run.report.exit_code}, {len(run.writes)} writes {'; '.join(failed)}")
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
            story = "\n".join(f"{number:4} {action}" for number, action in enumerate(self.world.actions, 1))
            raise Told(f"{type(error).__name__}: {error}\n--- what happened ---\n{story}") from error


def _violated(what: str) -> None:
    raise Violation(what)
