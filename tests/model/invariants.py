"""The invariants of the design, each as one function over what the machine knows and what the files hold.

I3 and I8 are judged where it happens, see `world`; what is left of I8 to be seen afterwards is here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from tests.model import files
from tests.model.files import Booked, Fate
from tests.model.ledger import BOOKABLE, GHOST, PEOPLE, Refund, WebOrder
from tests.model.world import ModelWorld, Run, Violation

Books = dict[tuple[str, str], list[Booked]]


def books_of(world: ModelWorld) -> Books:
    """What the back office holds or has queued, by order."""
    found: Books = defaultdict(list)
    for one in files.documents(world.office.connection):
        found[one.store, one.order_id].append(one)
    return found


# --- I1 ----------------------------------------------------------------------------------------------------------


def nothing_is_lost(world: ModelWorld, books: Books, *, complete: bool) -> None:
    """I1: each order is handed over, held, rejected or left out, with a reason, and as it should be.

    `complete`: the back office had the time to answer, so all documents of an order must be there.
    """
    with world.read_hub() as hub:
        fates = files.fates(hub)
    hub.close()
    for order in world.ledger.orders.values():
        if order.old and order.key not in fates:
            continue  # from before anything was brought in
        if order.key not in fates:
            raise Violation(f"I1: {order.name} is nowhere in the hub")
        wrong = _misplaced(world, order, fates[order.key], books.get(order.key, []), complete=complete)
        if wrong:
            raise Violation(f"I1: {order.name}: {wrong}; {fates[order.key]}; in the books: {books.get(order.key, [])}")


def _misplaced(world: ModelWorld, order: WebOrder, fate: Fate, documents: list[Booked], *, complete: bool) -> str:
    """Why an order is not where it should be; empty if it is."""
    if order.key in world.memory.skipped:
        return "" if fate.reason == "skipped by hand" and fate.hold is None else "it was skipped by hand"
    if fate.hold is not None:
        refused = world.closed_once and fate.hold == "closed_period"
        rightly = (refused or may_be_held(world, order, documents)) and fate.message
        return "" if rightly else "nothing is wrong with it, but it is held"
    sales = [one for one in documents if one.kind == "sale"]
    if not sales:
        return _not_booked(world, order, fate)
    if not _fits(order, sales[0], world):
        return "it was edited after it was booked, and nobody is told"
    if not complete:
        return ""
    return lacking(order, documents, world) or ("it is complete, but waits" if fate.pending else "")


def may_be_held(world: ModelWorld, order: WebOrder, documents: list[Booked]) -> bool:
    """Whether there is something that a person must look at."""
    if any(line.sku == GHOST for line in order.lines.values()):
        return True
    if not order.lines:
        return True
    sales = [one for one in documents if one.kind == "sale"]
    last = len(order.states) - 1
    return any(not _is_sale_of(order, one, last, world) or not _payments_fit(order, one, documents) for one in sales)


def _payments_fit(order: WebOrder, sale: Booked, documents: list[Booked]) -> bool:
    """Whether each booked payment is what its transaction pays of the sale as it stands: never more than is left.

    One that was booked beside a smaller or a greater sale is not adopted again by a hub that lost its memory.
    """
    booked = {one.event: one.total for one in documents if one.kind == "payment"}
    left = sale.total
    for payment_id, amount in order.payments.items():
        paid = min(amount, left)
        left -= paid
        if booked.get(payment_id, paid) != paid:
            return False
    return True


def _not_booked(world: ModelWorld, order: WebOrder, fate: Fate) -> str:
    if not fate.reason:
        return "it is not booked, and no reason is given"
    if order.old:
        return "" if fate.decision == "history" else "it was in the books before"
    left_out = left_out_because(world, order)
    if order.cancelled or left_out:
        return "" if fate.decision in ("left_out", "rejected") else "it should be left out"
    return "it should be in the books"


def left_out_because(world: ModelWorld, order: WebOrder) -> str:
    """Why the filter, as it is set now, does not want it."""
    settings = world.options["orders"]
    if order.test:
        return "test"
    if order.channel in settings.get("skip_channels", ["pos"]):
        return "channel"
    return "" if order.status in settings.get("financial_statuses", BOOKABLE) else "status"


def _fits(order: WebOrder, sale: Booked, world: ModelWorld) -> bool:
    """Whether a sale is that of the order as it is now; a cancelled one is taken back as it was booked, at any time."""
    if order.cancelled and any(_is_sale_of(order, sale, number, world) for number in range(len(order.states))):
        return True
    return _is_sale_of(order, sale, len(order.states) - 1, world)


def lacking(order: WebOrder, documents: list[Booked], world: ModelWorld) -> str:
    """What the books lack of an order whose sale they have; empty if nothing."""
    events = {one.event for one in documents}
    sale = next(one for one in documents if one.kind == "sale")
    if any(one.queued for one in documents):
        return "it still waits in the back office's queue"
    if order.cancelled:
        credited = sum(one.total for one in documents if one.kind == "credit")
        refunded = sum(refund.total - (0 if taxed(world) else refund.tax) for refund in order.refunds)
        return "" if credited in (sale.total, refunded) else f"cancelled, but {credited} of {sale.total} taken back"
    missing = [refund.id for refund in order.refunds if refund.id not in events]
    return f"refunds {missing} are not in the books" if missing else ""


# --- I2 ----------------------------------------------------------------------------------------------------------


def booked_once(world: ModelWorld, books: Books) -> None:
    """I2: never two documents for one event of an order."""
    for key, documents in books.items():
        booked = [one for one in documents if not one.queued]
        twice = [what for what, n in Counter((one.kind, one.event) for one in booked).items() if n > 1]
        twice += [what for what, n in Counter(one.reference for one in booked).items() if n > 1]  # type: ignore[misc]
        if twice:
            raise Violation(f"I2: {key} has {twice} twice in the books")
    references = [row[0] for row in world.office.connection.execute("SELECT reference FROM customer") if row[0]]
    if len(references) != len(set(references)):
        raise Violation(f"I2: a customer was created twice: {sorted(references)}")


# --- I4 ----------------------------------------------------------------------------------------------------------


def customers_are_joined_by_rule(world: ModelWorld, books: Books, joined: dict[str, set[tuple[str, str]]]) -> None:
    """I4: whose documents stand on a customer of the back office is either made for them, or shares a key with it.

    `joined` remembers, by customer, whose documents were ever booked on it: (store, person).
    """
    rule = world.options["customers"].get("match", "phone_or_email")
    kinds = {"phone_or_email": {"email", "phone"}, "email": {"email"}, "create_new": set()}[rule]
    there = files.customers(world.office.connection)
    for key, documents in books.items():
        order = world.ledger.orders.get(key)
        for one in documents:
            if one.kind != "sale" or one.customer is None or order is None or order.person is None:
                if one.customer is not None and (order is None or order.person is None):
                    raise Violation(f"I4: {key} names nobody, yet it stands on customer {one.customer}")
                continue
            _judge_join(order, there[one.customer], kinds, joined.setdefault(one.customer, set()))


def _judge_join(order: WebOrder, customer: files.OfficeCustomer, kinds: set[str], others: set[tuple[str, str]]) -> None:
    person = PEOPLE[order.person or ""]
    mine = (order.store, order.person or "")
    if mine in others:
        return
    names = {_name(PEOPLE[other].name) for _, other in others}
    what = f"{order.name} of {order.person} stands on customer {customer.id} ({customer.name}), with those of {others}"
    if names - {_name(person.name)}:
        raise Violation(f"I4: {what}: they have different names")
    by_key = {key for key in person.keys & customer.keys if key[0] in kinds}
    made_for_it = customer.reference is not None and _name(customer.name) == _name(person.name)
    if others and not by_key:
        raise Violation(f"I4: {what}: nothing joins them")
    if not by_key and not made_for_it:
        raise Violation(f"I4: {what}: nothing joins the two")
    if customer.reference is None and ("email", "twin@example.org") in person.keys:
        raise Violation(f"I4: {what}: two customers have that address")
    others.add(mine)


def _name(text: str) -> str:
    return " ".join(text.casefold().split())


# --- I5 ----------------------------------------------------------------------------------------------------------


def consent_is_only_copied(world: ModelWorld, *, settled: bool) -> None:
    """I5: nobody is "subscribed" anywhere who did not say so; once all is read, a younger "no" has won."""
    said = {answer for answers in world.ledger.answers.values() for answer in answers}
    yes = {_text(at) for at, state in said if state == "subscribed"}
    for customer in files.customers(world.office.connection).values():
        for consent in customer.consents:
            if consent["state"] == "subscribed" and _text(consent.get("changed_at")) not in yes:
                raise Violation(f"I5: the back office has a consent of {customer.name} that nobody gave: {consent}")
    with world.read_hub() as hub:
        rows = hub.execute(
            "SELECT l.party, l.remote_id, c.state, c.changed_at FROM consent c JOIN link l ON l.kind = 'customer' "
            "AND l.hub_id = c.customer_id AND l.party = c.party AND l.role = 'primary'"
        ).fetchall()
    hub.close()
    for party, remote_id, state, changed_at in rows:
        if state == "subscribed":
            _judge_yes(world, party, remote_id, _text(changed_at), yes, settled=settled)


def _judge_yes(world: ModelWorld, party: str, remote_id: str, changed_at: str, yes: set[str], *, settled: bool) -> None:
    """Whether a yes of this time may be known of a record: given here, or carried over from where it was given."""
    person = world.accounts.get((party, remote_id))
    given = {
        _text(at)
        for (_, who), answers in world.ledger.answers.items()
        for at, state in answers
        if who == person and state == "subscribed"
    }
    if changed_at not in (given if person else yes):
        raise Violation(f"I5: the hub has a consent of {person} in {party} that was never given: {changed_at}")
    refused = [_text(at) for at, state in world.ledger.told.get((party, person or ""), ()) if state != "subscribed"]
    if settled and refused and max(refused) >= changed_at:
        raise Violation(
            f"I5: {person} said no in {party} at {max(refused)}, and the hub still has a yes of {changed_at}"
        )


def _text(at: object) -> str:
    """A time to the millisecond, in which texts are in the order of time: people answer twice in a second."""
    return datetime.fromisoformat(str(at)).astimezone(UTC).isoformat(timespec="milliseconds") if at else ""


# --- I6 ----------------------------------------------------------------------------------------------------------


def money_adds_up(world: ModelWorld, books: Books) -> None:
    """I6: each document is worth what the machine reckons, to the minor unit, and so are its parts."""
    for key, documents in books.items():
        order = world.ledger.orders.get(key)
        if order is None:
            raise Violation(f"I6: there are documents for {key}, which was never placed")
        for one in documents:
            if one.kind != "payment" and one.parts != one.total:
                raise Violation(f"I6: {one}: its parts make {one.parts}")
            if not _is_worth(world, order, one, documents):
                raise Violation(f"I6: {order.name}: {one} is not what the shop has; {order}")


def _is_worth(world: ModelWorld, order: WebOrder, one: Booked, documents: list[Booked]) -> bool:
    if one.kind == "sale":
        return any(_is_sale_of(order, one, number, world) for number in range(len(order.states)))
    sale = next((other for other in documents if other.kind == "sale"), None)
    if sale is None:
        return False
    if one.kind == "payment":
        return one.total <= order.payments.get(one.event, 0) and one.total > 0
    refund = next((refund for refund in order.refunds if refund.id == one.event), None)
    if refund is not None:
        return _is_credit_of(refund, one, world)
    credited = sum(other.total for other in documents if other.kind == "credit")
    return one.event == "cancel" and order.cancelled and credited <= sale.total and one.restock <= {True}


def _is_sale_of(order: WebOrder, sale: Booked, number: int, world: ModelWorld) -> bool:
    """Whether the sale is that of the order as it was in this state."""
    state = order.states[number]
    units = {line_id: count for line_id, _, count in state.lines}
    skus = {line_id: {sku, "WEB-ITEM"} if sku == GHOST else {sku} for line_id, sku, _ in state.lines}
    booked = Counter(dict.fromkeys(units, 0))
    for (line_id, sku), count in sale.units.items():
        if sku not in skus.get(line_id, ()):
            return False
        booked[line_id] += count
    return dict(booked) == units and sale.total == state.total - (0 if taxed(world) else state.tax)


def _is_credit_of(refund: Refund, one: Booked, world: ModelWorld) -> bool:
    units: Counter[str] = Counter()
    for (line_id, _), count in one.units.items():
        units[line_id] += count
    total = refund.total - (0 if taxed(world) else refund.tax)
    return dict(units) == refund.units and one.total == total and one.restock <= {refund.restock}


def taxed(world: ModelWorld) -> bool:
    """Whether tax goes into the books; one example never changes it."""
    return bool(world.options["orders"].get("import_taxes", True))


# --- I7 ----------------------------------------------------------------------------------------------------------

MAY_MOVE = frozenset({"run", "run_step", "cursor", "snapshot", "sqlite_sequence"})


def a_cycle_is_quiet(world: ModelWorld) -> None:
    """I7: one more cycle with nothing new changes nothing on either side, and of the hub only what may move."""
    before = dict(_dumps(world))
    run = world.cycle()
    after = dict(_dumps(world))
    loud = [f"{name}: {one}" for name in before for one in files.differences(before[name], after[name])]
    loud += [f"sent: {one}" for one in run.writes]
    if loud:
        raise Violation("I7: a cycle with nothing new changed something:\n  " + "\n  ".join(loud))


def dumps_of_the_sides(world: ModelWorld) -> Iterator[tuple[str, files.Dump]]:
    yield "books", files.dump(world.office.connection)
    for name, shop in world.shops.items():
        yield name, files.dump(shop.connection)


def _dumps(world: ModelWorld) -> Iterator[tuple[str, files.Dump]]:
    yield from dumps_of_the_sides(world)
    with world.read_hub() as hub:
        yield "hub", files.dump(hub, MAY_MOVE)
    hub.close()


def all_is_shown(world: ModelWorld) -> None:
    """What I3 allows is also what is shown, and the back office's prices are: once all is quiet."""
    with world.read_hub() as hub:
        held = {key for key, fate in files.fates(hub).items() if fate.hold is not None}
    hub.close()
    # Of a held order the hub may know less than the machine: that it is in the books, for one. And a closed one may
    # have been booked, so that its units count, which the machine does not look at. Then less is shown.
    doubtful = {
        line.sku
        for key, order in world.ledger.orders.items()
        if key in held or order.closed
        for line in order.lines.values()
    }
    for store, shop in world.shops.items():
        for sku, shown, managed in files.levels(shop.connection).values():
            most, terms = world.most(store, sku)
            if not managed or shown is None or most is None or shown == most:
                continue
            if shown > most or sku not in doubtful:
                raise Violation(f"{store} shows {shown} of {sku}, and there are {most} to sell ({terms})")
        _prices_are_shown(world, store)


def _prices_are_shown(world: ModelWorld, store: str) -> None:
    prices = "SELECT i.sku, p.amount FROM item i JOIN price p ON p.item_id = i.id"
    theirs = dict(world.office.connection.execute(prices))
    for sku, price in files.prices(world.shops[store].connection).items():
        if sku in theirs and Decimal(theirs[sku]) != Decimal(price):
            raise Violation(f"{store} sells {sku} for {price}, not for {theirs[sku]}")


# --- I8 ----------------------------------------------------------------------------------------------------------


def each_write_has_its_outcome(world: ModelWorld, run: Run, *, disturbed: bool) -> None:
    """I8: of a run that was not disturbed, each write has one row in the journal, with an outcome, and no more."""
    if disturbed or run.report is None:
        return
    with world.read_hub() as hub:
        rows = files.journal(hub, run.report.run_id)
    hub.close()
    sent = Counter(run.writes)
    for what, states in rows.items():
        closed = [state for state in states if state not in ("not sent", "found")]
        if "sending" in states or len(closed) != sent[what]:
            raise Violation(f"I8: {what} was sent {sent[what]} times, its rows in the journal: {states}")
    if missing := set(sent) - set(rows):
        raise Violation(f"I8: no row in the journal for {missing}")
