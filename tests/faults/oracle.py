"""What must hold right after any fault, and what clean cycles must reach: read from both sides' files, not from us.

`wrong` is the list of what does not hold (I1 to I8, as far as each can be seen at that moment); `settle` runs clean
cycles until the state is that of the twin to whom nothing ever happened (documents with lines and totals, levels,
prices, shipments, customers, and what the hub makes of them), and then one more, which must be quiet.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator

from tests.crash import oracle
from tests.fakes.faulty import WRITES, Call, Fault, Plan, key_of
from tests.faults.world import OFFICE, FaultWorld, Scene

MOST_CYCLES = 3
_LAST = "SELECT max(id) FROM run)"
OPERATIONS = {
    "push_levels": "level.set",
    "push_prices": "price.set",
    "push_fulfilments": "fulfilment.create",
    "push_documents": "document.create",
    "amend_documents": "document.amend",
    "create_variants": "variant.create",
    "mark_invited": "customer.mark",
    "send_invites": "customer.invite",
    "create_groups": "group.create",
}
PEOPLE = ("push_customers", "mark_invited", "send_invites", "create_groups")


def watched(world: FaultWorld, faults: dict[str, list[Fault]], wrong: list[str]) -> dict[str, Plan]:
    """Plans with these faults; each write that comes without a journal row of its own is added to `wrong` (I8)."""
    judged: Counter[str] = Counter()

    def look(party: str, phase: str, call: Call) -> None:
        if phase != "before" or not call.method.startswith(WRITES):
            return
        sent = world.sides[party].sent
        new, judged[party] = sent[judged[party] :], len(sent)
        open_rows = _open_rows(world, party)
        for method, record in new:
            operation = OPERATIONS.get(method) or f"customer.{'create' if record.id is None else 'update'}"
            key = f"{party}:{key_of(record)}" if method in PEOPLE and party != OFFICE else key_of(record)
            if (operation, key) not in open_rows:
                wrong.append(f"I8: {operation} {key} was sent to {party} without a journal row")

    def plan(party: str) -> Plan:
        return Plan(list(faults.get(party, [])), hook=lambda phase, call: look(party, phase, call))

    return {party: plan(party) for party in (OFFICE, *world.shops)}


def _open_rows(world: FaultWorld, party: str) -> set[tuple[str, str]]:
    """What another connection sees, that is, what is committed. Stores' customers have their store in the key."""
    return set(world.rows("SELECT operation, key FROM journal WHERE state = 'sending' AND party = ?", party))


def wrong(world: FaultWorld) -> list[str]:
    """What does not hold right now, whatever has happened to the last run."""
    return [*_twice(world), *_oversold(world), *_money(world), *_people(world), *_open_writes(world)]


def _twice(world: FaultWorld) -> Iterator[str]:
    counts = Counter(world.office.references())
    yield from (f"I2: {reference} is {times} times in the books" for reference, times in counts.items() if times > 1)
    shown = Counter(
        (body["id"], one["tracking_number"], json.dumps(one["lines"]))
        for shop in world.shops.values()
        for body in map(shop.order, shop.order_ids())
        for one in body["fulfilments"]
    )
    yield from (f"I2: shipment {one} is shown {times} times" for one, times in shown.items() if times > 1)


def _oversold(world: FaultWorld) -> Iterator[str]:
    """Of what this run wrote: nothing happens in the cells beside the run, so what is there now was so then.

    Orders that this run could not read are not known to it: while there is one, levels may only fall.
    """
    blind = {party for (party,) in world.rows("SELECT party FROM hold WHERE kind = 'unreadable'")}
    states = dict(world.rows("SELECT party, state FROM run_step WHERE step = 'pull-orders' AND run_id = (" + _LAST))
    pulled = {party for party, state in states.items() if state == "done"} - blind
    for store in world.shops:
        side = world.sides.get(store)
        for change in [record for method, record in side.sent if method == "push_levels"] if side else []:
            listing = world.shops[store].listing(change.listing_id)
            if listing.quantity != change.quantity:
                continue  # it was refused
            units = world.unknown_units(listing.sku).items()
            unknown = sum(rest for (party, *_), rest in units if party in pulled or party == store not in blind)
            most = max(0, world.available(listing.sku) - unknown)
            if change.quantity > most:
                yield f"I3: {store} shows {change.quantity} of {listing.sku}, at most {most}"
            if pulled != set(world.shops) and change.quantity > change.expected:
                yield f"I3: {store} lets {listing.sku} rise from {change.expected} to {change.quantity}"


def _money(world: FaultWorld) -> Iterator[str]:
    """Every document adds up; a sale is what its order came to at some time, which the hub has seen and kept."""
    rows = world.office.connection.execute(
        "SELECT reference, kind, total, order_id, "
        "(SELECT coalesce(sum(amount + tax), 0) FROM document_line l WHERE l.document_id = d.id) + "
        "(SELECT coalesce(sum(amount + tax), 0) FROM document_charge c WHERE c.document_id = d.id) "
        "FROM document d WHERE reference <> ''"
    ).fetchall()
    for reference, kind, total, order_id, parts in rows:
        if kind != "payment" and total != parts:
            yield f"I6: {reference} has a total of {total} and parts of {parts}"
        if kind == "sale" and order_id != "edited":
            [body] = [shop.order(order_id) for shop in world.shops.values() if order_id in shop.order_ids()]
            if total != round(float(body["total"]) * 100):
                yield f"I6: {reference} is booked with {total}, the order says {body['total']}"


def _people(world: FaultWorld) -> Iterator[str]:
    """Nobody is in the books twice (I4), and nobody's consent came from anywhere but the shop (I5)."""
    rows = world.office.connection.execute("SELECT emails, consents FROM customer WHERE NOT deleted").fetchall()
    emails = Counter(email for text, _ in rows for email in json.loads(text))
    yield from (f"I4: {email} is in the books {times} times" for email, times in emails.items() if times > 1)
    states = {one["state"] for _, text in rows for one in json.loads(text or "[]")}
    yield from (f"I5: nobody ever said {state!r}" for state in states - {"subscribed"})


def _open_writes(world: FaultWorld) -> Iterator[str]:
    """At most one row of a write is open (I8)."""
    rows = world.rows("SELECT party, operation, key FROM journal WHERE state IN ('sending', 'unclear')")
    yield from (f"I8: {row} is open {times} times" for row, times in Counter(rows).items() if times > 1)


def state_of(world: FaultWorld) -> oracle.State:
    """Both sides and the hub, in a form that does not depend on the way there."""
    return oracle.read(world.folder, _shops(world))


def _shops(world: FaultWorld) -> list[str]:
    return [f"{name}.db" for name in world.shops]


def twin_of(scene: Scene) -> oracle.State:
    """What clean cycles make of the scene."""
    with scene.copy() as world:
        for _ in range(MOST_CYCLES):
            world.run()
        return state_of(world)


def without_the_refused(twin: oracle.State, world: FaultWorld) -> oracle.State:
    """The twin as it is where a customer was refused: who is held is not made for an order that was booked since."""
    state = state_of(world)
    numbers = {str(number) for (number,) in world.rows("SELECT id FROM customer WHERE name = 'Greta'")}
    held = [row for row in state["hub holds"] if row[1] == "customer" and row[2] in numbers]
    if not held or "Greta" in {row[0] for row in state["customers"]}:
        return twin
    return twin | {
        "documents": [(*row[:-1], None) if row[-1] == "Greta" else row for row in twin["documents"]],
        "customers": [row for row in twin["customers"] if row[0] != "Greta"],
        "hub links": [row for row in twin["hub links"] if (row[0], row[3]) != (OFFICE, "Greta")],
        "hub holds": [*twin["hub holds"], *held],
    }


def settle(
    world: FaultWorld,
    twin: oracle.State,
    *,
    quiet: bool = True,
    state_of: Callable[[FaultWorld], oracle.State] = state_of,
) -> list[str]:
    """Clean cycles, at most three, must reach the twin's state; one more is quiet (I7), and no order is lost (I1)."""
    found = ["no cycle was run"]
    for _ in range(MOST_CYCLES):
        report = world.run()
        if report.exit_code not in (0, 1):
            return [f"a clean cycle ended with {report.exit_code}: {report}"]
        found = oracle.differences(state_of(world), twin)
        if not found:
            break
    return [*found, *(_loud(world) if quiet else ()), *_lost(world), *wrong(world)]


def _loud(world: FaultWorld) -> Iterator[str]:
    before = oracle.marks(world.folder, _shops(world))
    world.run()
    after = oracle.marks(world.folder, _shops(world)) | {"documents": []}
    yield from (f"I7: {one}" for one in oracle.differences(after, before))


def _lost(world: FaultWorld) -> Iterator[str]:
    known = {(party, remote_id) for party, remote_id in world.rows("SELECT party, remote_id FROM sales_order")}
    there = {(name, order_id) for name, shop in world.shops.items() for order_id in shop.order_ids()}
    yield from (f"I1: order {one} is lost" for one in there - known)
