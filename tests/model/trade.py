"""The rules by which things happen outside of syncctl, and by which it is set, moved in time and looked after."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from syncctl.connectors.sandbox.tables import ShopRefusal
from tests.model.deeds import Deeds
from tests.model.ledger import PEOPLE, WebOrder
from tests.model.world import GOODS, OFFICE, ModelWorld

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


class Trade(RuleBasedStateMachine):
    """One or two shops, a back office and a hub; nobody runs anything yet. `tally` counts over all examples."""

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
        batch=st.sampled_from([2, 100]),
        priced=st.booleans(),
        orders=st.lists(st.tuples(numbers, lines, people), min_size=2, max_size=4),
    )
    def begin(
        self,
        *,
        two: bool,
        taxes: bool,
        match: str,
        fallback: str,
        safety: int,
        told: bool,
        batch: int,
        priced: bool,
        orders: Any,
    ) -> None:
        world = ModelWorld(["shop", "mart"] if two else ["shop"], *self.kind)
        world.options["orders"]["import_taxes"] = taxes
        world.options["customers"] = {"match": match, "fallback": fallback, "country": "GB"}
        world.options["stock"]["safety_stock"] = safety
        world.tells_changes, world.batch, world.priced = told, batch, priced
        world.tell(f"the stores {'list' if told else 'do not list'} what changed, batches are of {batch}")
        world.tell(f"they take a level and a price {'in one write' if priced else 'apart'}")
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

    @rule(store=numbers, person=st.sampled_from(["ada", "bob"]))
    def answer_about_marketing_and_order(self, store: int, person: str) -> None:
        """Yes at first, then no, and so on."""
        self._do(lambda: self.deeds.answer(self.store(store), person))
        self._do(lambda: self.deeds.order(self.store(store), [("TRAY", 1, 0)], person=person))

    @rule(store=numbers, person=st.sampled_from(["ada", "bob", "carl"]), number=st.integers(10, 99))
    def change_details(self, store: int, person: str, number: int) -> None:
        self._do(lambda: self.deeds.new_details(self.store(store), person, number))

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

    @rule(closed=st.booleans())
    def close_the_books(self, *, closed: bool) -> None:
        self._do(lambda: self.deeds.close_period(closed=closed))

    @rule(which=numbers, count=few, tracked=st.booleans())
    def ship(self, which: int, count: int, *, tracked: bool) -> None:
        self._do(lambda: self.deeds.ship(which, count, tracked=tracked))

    # --- settings, clocks, people at the hub ------------------------------------------------------------------------

    @rule(
        statuses=st.sampled_from([None, ["paid"], ["pending", "authorized", "paid", "partially_refunded", "refunded"]]),
        channels=st.sampled_from([["pos"], []]),
        unknown=st.sampled_from(["hold", "placeholder", "create"]),
        safety=st.sampled_from([0, 1, 3]),
        by_sku=st.sampled_from([{}, {"MUG": 4}, {"TRAY": 0, "Mug": 1}]),
    )
    def change_settings(self, statuses: Any, channels: Any, unknown: str, safety: int, by_sku: Any) -> None:
        orders = self.world.options["orders"]
        orders.update(skip_channels=channels, unknown_sku=unknown)
        orders.pop("financial_statuses", None)
        if statuses is not None:
            orders["financial_statuses"] = statuses
        self.world.options["stock"].update(safety_stock=safety, safety_stock_by_sku=by_sku)
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

    # --- helpers ---

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
