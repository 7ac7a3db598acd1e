"""The machine: its rules draw what happens, its invariants are asserted after each step. See `invariants`."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.cycle import STEPS
from syncctl.errors import Throttled, Unreachable
from tests.fakes.faulty import Between, FailAfter, FailBefore, Fault, at, on
from tests.model import invariants
from tests.model.deeds import Deeds
from tests.model.ledger import PEOPLE, WebOrder
from tests.model.world import GOODS, OFFICE, ModelWorld, Violation

numbers = st.integers(0, 1000)
few = st.integers(1, 3)
skus = st.sampled_from(sorted(GOODS))
lines = st.lists(
    st.tuples(st.sampled_from([*sorted(GOODS) * 3, "GIFT", "GHOST"]), few, st.sampled_from([0, 0, 7])),
    min_size=1,
    max_size=3,
)
people = st.sampled_from([None, *PEOPLE])
happenings = st.tuples(st.sampled_from(["order", "sale", "level down", "level up", "receipt"]), skus, few)
READS = frozenset(["about", "fetch_orders", "fetch_stock", "fetch_variants", "fetch_shipments", "find_documents"])


class Told(AssertionError):
    """A violation, with the list of actions that led to it."""


class Machine(RuleBasedStateMachine):
    """One or two shops, a back office, a hub. `tally` counts over all examples."""

    def __init__(self, falls_on: str, answers: str, tally: Counter[str]) -> None:
        super().__init__()
        self.kind = falls_on, answers
        self.tally = tally
        self.tally["examples"] += 1
        self.joined: dict[str, set[tuple[str, str]]] = {}
        self.world: Any = None
        self.judged = 0  # runs

    @initialize(
        two=st.booleans(),
        taxes=st.sampled_from([True, True, False]),
        match=st.sampled_from(["phone_or_email", "email", "create_new"]),
        fallback=st.sampled_from(["guest_account", "create"]),
        safety=st.sampled_from([0, 0, 2]),
        told=st.booleans(),
        batch=st.sampled_from([1, 2, 100]),
        orders=st.lists(st.tuples(numbers, lines, people), min_size=2, max_size=4),
    )
    def begin(
        self, *, two: bool, taxes: bool, match: str, fallback: str, safety: int, told: bool, batch: int, orders: Any
    ) -> None:
        world = ModelWorld(["shop", "mart"] if two else ["shop"], *self.kind)
        world.options["orders"]["import_taxes"] = taxes
        world.options["customers"] = {"match": match, "fallback": fallback, "country": "GB"}
        world.options["stock"]["safety_stock"] = safety
        world.tells_changes, world.batch = told, batch
        world.tell(f"the stores {'list' if told else 'do not list'} what changed, batches are of {batch}")
        world.tell(f"stock falls on {self.kind[0]}, the back office answers {self.kind[1]}; {world.options}")
        self.world: ModelWorld = world
        self.deeds = Deeds(world)
        for store, wanted, person in orders:
            self.deeds.order(self.store(store), wanted, person=person, shipping=350)
        world.keep_copy("before the first run")

    # --- the shops --------------------------------------------------------------------------------------------------

    def store(self, number: int) -> str:
        return sorted(self.world.shops)[number % len(self.world.shops)]

    def an_order(self, number: int, wanted: Callable[[WebOrder], bool]) -> WebOrder | None:
        """One of the orders of which something can be asked."""
        found = [order for order in self.world.ledger.orders.values() if wanted(order)]
        return found[-1 - number % len(found)] if found else None

    def open_order(self, number: int) -> WebOrder | None:
        return self.an_order(number, lambda order: not order.cancelled and not order.closed and not order.old)

    @rule(store=numbers, lines=lines, person=people, shipping=st.sampled_from([0, 350]), included=st.booleans())
    def order(self, store: int, lines: Any, person: str | None, shipping: int, *, included: bool) -> None:
        self._do(
            lambda: self.deeds.order(self.store(store), lines, person=person, shipping=shipping, tax_included=included)
        )

    @rule(
        store=numbers,
        lines=lines,
        person=people,
        how=st.sampled_from(["pending", "authorized", "test", "pos", "old", "discount"]),
    )
    def odd_order(self, store: int, lines: Any, person: str | None, how: str) -> None:
        odd: dict[str, Any] = {
            "test": {"test": True},
            "pos": {"channel": "pos"},
            "old": {"old": True},
            "discount": {"discount": 150, "shipping": 350},
        }.get(how, {"status": how})
        self._do(lambda: self.deeds.order(self.store(store), lines, person=person, **odd))

    @rule(which=numbers, line=numbers, units=st.integers(0, 4), added=st.one_of(st.just([]), lines))
    def edit(self, which: int, line: int, units: int, added: Any) -> None:
        order = self.open_order(which)
        if order is not None and not order.refunds and order.lines:
            changes = {sorted(order.lines)[line % len(order.lines)]: units}
            self._do(lambda: self.deeds.edit(order, changes, added[:1]))

    @rule(which=numbers, restock=st.booleans(), refund=st.booleans())
    def cancel(self, which: int, *, restock: bool, refund: bool) -> None:
        order = self.open_order(which)
        if order is not None:
            self._do(lambda: self.deeds.cancel(order, restock=restock, refund=refund and order.status != "pending"))

    @rule(which=numbers, line=numbers, units=few, restock=st.booleans(), shipping=st.booleans())
    def refund(self, which: int, line: int, units: int, *, restock: bool, shipping: bool) -> None:
        order = self.an_order(which, lambda one: bool(one.payments and one.lines) and not one.cancelled)
        if order is not None:
            back = {sorted(order.lines)[line % len(order.lines)]: units}
            self._do(lambda: self.deeds.refund(order, back, restock=restock, shipping=shipping))

    @rule(which=numbers, restock=st.booleans())
    def refund_all(self, which: int, *, restock: bool) -> None:
        order = self.an_order(which, lambda one: bool(one.payments))
        if order is not None:
            self._do(lambda: self.deeds.refund_all(order, restock=restock))

    @rule(which=numbers)
    def pay(self, which: int) -> None:
        order = self.an_order(which, lambda one: one.status in ("pending", "authorized") and not one.closed)
        if order is not None:
            self._do(lambda: self.deeds.pay(order))

    @rule(which=numbers, count=few)
    def fulfil_in_the_store(self, which: int, count: int) -> None:
        order = self.open_order(which)
        if order is not None:
            self._do(lambda: self.deeds.fulfil(order, count))

    @rule(which=numbers)
    def close_order(self, which: int) -> None:
        order = self.an_order(which, lambda one: one.status in ("pending", "authorized") and not one.closed)
        if order is not None:
            self._do(lambda: self.deeds.close(order))

    @rule(store=numbers, sku=skus, units=st.integers(0, 30))
    def edit_level_by_hand(self, store: int, sku: str, units: int) -> None:
        self._do(lambda: self.deeds.set_level(self.store(store), sku, units))

    @rule(store=numbers, sku=skus, price=st.integers(1, 2000))
    def edit_price_by_hand(self, store: int, sku: str, price: int) -> None:
        self._do(lambda: self.deeds.set_web_price(self.store(store), sku, price))

    @rule(store=numbers, person=st.sampled_from(["ada", "bob"]), state=st.sampled_from(["subscribed", "unsubscribed"]))
    def answer_about_marketing(self, store: int, person: str, state: str) -> None:
        self._do(lambda: self.deeds.answer(self.store(store), person, state))

    # --- the back office --------------------------------------------------------------------------------------------

    @rule(sku=skus, units=few)
    def counter_sale(self, sku: str, units: int) -> None:
        self._do(lambda: self.deeds.sell(sku, units))

    @rule(sku=skus, units=st.integers(1, 9))
    def goods_receipt(self, sku: str, units: int) -> None:
        self._do(lambda: self.deeds.receive(sku, units))

    @rule(sku=skus, price=st.integers(1, 2000))
    def new_price(self, sku: str, price: int) -> None:
        self._do(lambda: self.deeds.set_price(sku, price))

    @rule(which=numbers, count=few, tracked=st.booleans())
    def ship(self, which: int, count: int, *, tracked: bool) -> None:
        self._do(lambda: self.deeds.ship(which, count, tracked=tracked))

    # --- settings, clocks, people at the hub ------------------------------------------------------------------------

    @rule(
        statuses=st.sampled_from([None, ["paid"], ["pending", "authorized", "paid", "partially_refunded", "refunded"]]),
        channels=st.sampled_from([["pos"], []]),
        unknown=st.sampled_from(["hold", "placeholder", "create"]),
        safety=st.sampled_from([0, 1, 3]),
    )
    def change_settings(self, statuses: Any, channels: Any, unknown: str, safety: int) -> None:
        orders = self.world.options["orders"]
        orders.update(skip_channels=channels, unknown_sku=unknown)
        orders.pop("financial_statuses", None)
        if statuses is not None:
            orders["financial_statuses"] = statuses
        self.world.options["stock"]["safety_stock"] = safety
        self.world.tell(f"settings: {self.world.options}")

    @rule(hours=st.sampled_from([1, 5, 23, 25, 60]))
    def time_passes(self, hours: int) -> None:
        self.world.clock.at += timedelta(hours=hours)
        self.world.tell(f"{hours} hours pass")

    @rule(minutes=st.integers(-4, 4))
    def our_clock_is_set(self, minutes: int) -> None:
        self.world.clock.skew = timedelta(minutes=minutes)
        self.world.tell(f"our clock stands {minutes} minutes before the stores'")

    @rule(which=numbers, skip=st.booleans())
    def look_at_a_hold(self, which: int, *, skip: bool) -> None:
        with self.world.clocked, self.world.hub() as hub:
            held = hub.connection.execute(
                "SELECT h.id, o.party, o.remote_id FROM hold h JOIN sales_order o ON h.record = CAST(o.id AS TEXT) "
                "WHERE h.kind = 'order' ORDER BY h.id"
            ).fetchall()
            if not held:
                return
            number, *order = held[which % len(held)]
            if skip:
                hub.holds.skip(number)
                self.world.memory.skipped.add(tuple(order))
            else:
                hub.holds.retry(number)
        self.world.tell(f"a person {'skips' if skip else 'retries'} order {order}")

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
        method=st.sampled_from(["", "", "push_levels", "fetch_orders", "fetch_stock"]),
        what=happenings,
        store=numbers,
    )
    def cycle_in_which_something_happens(self, party: int, number: int, method: str, what: Any, store: int) -> None:
        name = self.party(party)
        when = on(method, 1 + number % 3) if method else at(number)
        faults = [Between(when, lambda: self._happens(what, self.store(store)))]
        told = f"a cycle in which, before {when.method or 'call'} {when.nth or number} of {name}, this happens: {what}"
        self._run(told, faults={name: faults})

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
        if not self.world.tells_changes:
            self.world.clock.at += timedelta(hours=25)  # what was edited by hand is only found once a day
        for _ in range(3):
            self.world.clock.at += timedelta(minutes=5)
            self._run("a clean cycle")
        self._assert_sound(settled=True)
        later = self.kind[1] == "later"
        invariants.nothing_is_lost(self.world, invariants.books_of(self.world), complete=False)
        for _ in range(4 if later else 1):
            self._run("one more clean cycle")
        invariants.nothing_is_lost(self.world, invariants.books_of(self.world), complete=True)
        invariants.all_is_shown(self.world)
        invariants.a_cycle_is_quiet(self.world)

    # --- ------------------------------------------------------------------------------------------------------------

    def party(self, number: int) -> str:
        parties = [OFFICE, *sorted(self.world.shops)]
        return parties[number % len(parties)]

    def _do(self, deed: Callable[[], object]) -> None:
        """What the shop refuses does not happen."""
        try:
            deed()
        except ShopRefusal as refusal:
            self.world.tell(f"(refused: {refusal})")

    def _happens(self, what: tuple[str, str, int], store: str) -> None:
        kind, sku, units = what
        if kind == "order":
            self.deeds.order(store, [(sku, units, 0)])
        elif kind == "sale":
            self.deeds.sell(sku, units)
        elif kind == "receipt":
            self.deeds.receive(sku, units)
        else:
            shown = next(level for name, level, _ in self.world.shown(store).values() if name == sku) or 0
            self.deeds.set_level(store, sku, shown + (units if kind == "level up" else -units))

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
