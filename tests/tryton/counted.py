"""What must hold after a busy day, counted in Tryton by a client of the tests and in the shop; our hub is not asked."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.crash import oracle
from tests.tryton.busy import BusyWorld
from tests.tryton.client import Client

Row = Mapping[str, Any]
Wanted = Sequence[tuple[str, int]]
"""Of one SKU, lines of the shop's orders and the units that are wanted of them."""
MOST_CYCLES = 3
_SALE = (
    *("web_id", "web_shop", "reference", "state", "total_amount", "comment", "origin", "party.name", "party.code"),
    *("shipment_address.street", "attachments.name", "attachments.description"),
    *("invoices.state", "invoices.total_amount"),
    *("lines.note", "lines.quantity", "lines.amount", "lines.product.code"),
)
_LINES = ("web_id", "web_shop", "reference", "state", "lines.note", "lines.quantity", "lines.product.code")
_MOVE = ("quantity", "state", "product.code", "from_location.type", "to_location.type", "origin", "shipment")
_PARTY = (
    *("name", "code", "contact_mechanisms.type", "contact_mechanisms.value", "categories.name"),
    *("addresses.street", "addresses.city", "identifiers.code"),
)
_UNBOOKED = ("draft", "quotation", "cancelled")


@dataclass
class Counted:
    """All of Tryton that a cycle could change, read at once."""

    sales: list[Row] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    parties: list[Row] = field(default_factory=list)
    shipments: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, people: Client) -> "Counted":
        return cls(
            people.rows("sale.sale", [], *_SALE),
            people.rows("stock.move", [["state", "!=", "cancelled"]], *_MOVE),
            people.rows("party.party", [], *_PARTY),
            people.rows("stock.shipment.out", [["state", "!=", "cancelled"]], "state", "reference", "outgoing_moves"),
        )

    @classmethod
    def goods_of(cls, people: Client) -> "Counted":
        """The same without people and papers: what is sold and what moved."""
        lines = people.rows("sale.sale", [["web_shop", "!=", None]], *_LINES)
        return cls(lines, people.rows("stock.move", [["state", "!=", "cancelled"]], *_MOVE))

    @property
    def ours(self) -> list[Row]:
        """The sales of the web shop."""
        return [one for one in self.sales if one["web_shop"] is not None]

    def state(self) -> oracle.State:
        """In a form that does not depend on the way there."""
        lines = {line["id"]: (sale["web_id"], line["note"]) for sale in self.ours for line in sale["lines."]}
        moved: Counter[tuple[Any, ...]] = Counter()
        for move in self.moves:
            model, _, number = (move["origin"] or "").partition(",")
            whose = lines.get(int(number)) if model == "sale.line" else None
            way = move["from_location."]["type"], move["to_location."]["type"]
            moved[(*(whose or ("", "")), move["product."]["code"], *way, _open(move))] += int(move["quantity"])
        return {
            "sales in Tryton": sorted(map(_sale, self.sales), key=repr),
            "units moved in Tryton": sorted(((*key, units) for key, units in moved.items()), key=repr),
            "parties in Tryton": sorted(map(_party, self.parties)),
            "shipments in Tryton": sorted((one["state"], one["reference"] or "") for one in self.shipments),
        }

    def shelf(self, sku: str) -> int:
        """Units that are in the warehouse."""
        done = [one for one in self.moves if one["state"] == "done" and one["product."]["code"] == sku]
        inside = sum(int(one["quantity"]) for one in done if one["to_location."]["type"] == "storage")
        return inside - sum(int(one["quantity"]) for one in done if one["from_location."]["type"] == "storage")

    def promised(self, sku: str) -> int:
        """Units that are to leave it."""
        return sum(
            int(one["quantity"])
            for one in self.moves
            if one["state"] not in ("done", "cancelled")
            and one["product."]["code"] == sku
            and one["to_location."]["type"] == "customer"
        )

    def reflected(self, falls_on: str) -> Counter[str]:
        """Of each line of the shop, the units of which the number knows that Tryton's stock is told by.

        `falls_on`: they are in the books (order), or have left (shipment).
        """
        lines = {line["id"]: line for sale in self.ours if sale["state"] not in _UNBOOKED for line in sale["lines."]}
        units = Counter[str]()
        if falls_on == "order":
            sold = [one for one in lines.values() if one["quantity"] > 0 and one["note"]]
            units.update({one["note"].removeprefix("web line "): int(one["quantity"]) for one in sold})
            return units
        for move in self.moves:
            model, _, number = (move["origin"] or "").partition(",")
            if model == "sale.line" and int(number) in lines and not _open(move) and lines[int(number)]["quantity"] > 0:
                units[lines[int(number)]["note"].removeprefix("web line ")] += int(move["quantity"])
        return units

    def most(self, wanted: Mapping[str, Wanted], falls_on: str) -> dict[str, int]:
        """By SKU, the most that may be shown (I3): what Tryton has, less what the web sold that it cannot know of."""
        reflected = self.reflected(falls_on)
        most = {}
        for sku, lines in wanted.items():
            there = self.shelf(sku) - (self.promised(sku) if falls_on == "order" else 0)
            most[sku] = max(0, there - sum(max(0, units - reflected[line]) for line, units in lines))
        return most


def wanted_of(world: BusyWorld) -> dict[str, Wanted]:
    """By SKU, what the shop's customers want. To be asked in the thread that opened the shop."""
    return {sku: list(_wanted(world, sku)) for sku in world.shown()}


def _wanted(world: BusyWorld, sku: str) -> Iterator[tuple[str, int]]:
    for order_id in world.shop.order_ids():
        order = world.shop.order(order_id)
        for line in order["lines"]:
            if line["sku"] == sku:
                given = [each for one in order["refunds"] for each in one["lines"] if each["line_id"] == line["id"]]
                back = sum(one["quantity"] for one in given if one["restock"])
                yield line["id"], 0 if order.get("cancelled_at") else line["quantity"] - back


def _open(move: Row) -> bool:
    return bool(move["state"] != "done")


def _sale(row: Row) -> tuple[Any, ...]:
    lines = sorted(
        (line["note"] or "", (line["product."] or {"code": ""})["code"], line["quantity"], str(line["amount"]))
        for line in row["lines."]
    )
    notes = sorted((one["name"], one["description"] or "") for one in row["attachments."])
    invoices = sorted((one["state"], str(one["total_amount"])) for one in row["invoices."])
    party, address = row["party."], row["shipment_address."] or {"street": ""}
    head = row["web_id"] or "", row["reference"] or "", row["state"], str(row["total_amount"]), row["comment"] or ""
    return (*head, party["name"], address["street"] or "", tuple(lines), tuple(notes), tuple(invoices))


def _party(row: Row) -> tuple[Any, ...]:
    guest = row["code"] if (row["code"] or "").startswith("guest-") else ""
    contacts = sorted((one["type"], one["value"]) for one in row["contact_mechanisms."])
    addresses = sorted((one["street"] or "", one["city"] or "") for one in row["addresses."])
    groups = sorted(one["name"] for one in row["categories."])
    numbers = sorted(one["code"] for one in row["identifiers."])
    return row["name"] or "", guest, tuple(contacts), tuple(addresses), tuple(groups), tuple(numbers)


# --- laws -------------------------------------------------------------------------------------------------------------


def wrong(world: BusyWorld, counted: Counted | None = None) -> list[str]:
    """What does not hold at any moment, however far a cycle came: what is twice, or promised more than it is there."""
    counted = counted or Counted.of(world.people.do)
    return [*_twice(world, counted), *_people(counted), *_told_twice(world), *_too_many_units(world, counted)]


def _twice(world: BusyWorld, counted: Counted) -> Iterator[str]:
    orders = {f"#{one}": world.shop.order(one) for one in world.shop.order_ids()}
    sales, credits = defaultdict(list), defaultdict(list)
    for sale in counted.ours:
        (credits if sale["total_amount"] < 0 else sales)[sale["reference"]].append(sale)
    for number, rows in sales.items():
        totals = [one["total_amount"] for one in rows]
        if totals != [Decimal(orders[number]["total"])]:
            yield f"I2: order {number} of {orders[number]['total']} is in the books with {totals}"
        if len(_noted(rows)) > len(_paid(orders[number])):
            yield f"I2: the payments of order {number} are noted as {_noted(rows)}"
    for number, rows in credits.items():
        most = len(orders[number]["refunds"]) + (orders[number].get("cancelled_at") is not None)
        if len(rows) > most or sum(one["total_amount"] for one in rows) < -Decimal(orders[number]["total"]):
            yield f"I2: order {number} is credited {len(rows)} times"


def _people(counted: Counted) -> Iterator[str]:
    codes = Counter(one["code"] for one in counted.parties)
    known = [one for one in counted.parties if not (one["code"] or "").startswith("guest-")]
    values = Counter(each["value"].casefold() for one in known for each in one["contact_mechanisms."])
    values += Counter(each["code"] for one in known for each in one["identifiers."])
    names = Counter(one["name"] for one in known)
    yield from (f"I4: {one!r} stands {times} times in Tryton" for one, times in values.items() if times > 1)
    yield from (f"I4: {one!r} is {times} parties" for one, times in (names | codes).items() if times > 1)


def _told_twice(world: BusyWorld) -> Iterator[str]:
    for order_id in world.shop.order_ids():
        told = Counter(one["tracking_number"] for one in world.shop.order(order_id)["fulfilments"])
        yield from (f"I2: order {order_id} shows {one!r} {times} times" for one, times in told.items() if times > 1)


def _too_many_units(world: BusyWorld, counted: Counted) -> Iterator[str]:
    """Never are fewer units taken off than people took, and never more than people and the web took together."""
    for sku, units in world.units.items():
        there = counted.shelf(sku) - counted.promised(sku)
        taken = _web_units(world, sku)
        if not units - taken[0] <= there <= units:
            yield f"units: {there} of {sku} are there to sell in Tryton, of {units} and {taken[0]} sold on the web"


def settled(world: BusyWorld, counted: Counted) -> list[str]:
    """What does not hold once all is booked: each order its total, each unit where it belongs, each level as it is."""
    return [*_not_booked(world, counted), *_units_astray(world, counted), *_levels(world, counted)]


def _not_booked(world: BusyWorld, counted: Counted) -> Iterator[str]:
    for order_id in world.shop.order_ids():
        order = world.shop.order(order_id)
        rows = [one for one in counted.ours if one["reference"] == f"#{order_id}"]
        back = sum((Decimal(one["total"]) for one in order["refunds"]), Decimal(0))
        due = Decimal(0) if order.get("cancelled_at") else Decimal(order["total"]) - back
        if not rows or sum(one["total_amount"] for one in rows) != due:
            yield f"I1: of order {order_id} {[str(one['total_amount']) for one in rows]} are booked, {due} are due"
        if _noted(rows) != _paid(order):
            yield f"I1: order {order_id} was paid {_paid(order)}, and {_noted(rows)} are noted"


def _paid(order: Row) -> list[str]:
    """What came in for an order of the shop."""
    return sorted(one["amount"] for one in order["payments"] if Decimal(one["amount"]) > 0)


def _noted(sales: Sequence[Row]) -> list[str]:
    """The amounts that are noted on sales in Tryton as paid."""
    told = [one["description"] for sale in sales for one in sale["attachments."]]
    return sorted(one.removeprefix("syncctl payment: ").partition(" ")[0] for one in told)


def _units_astray(world: BusyWorld, counted: Counted) -> Iterator[str]:
    for sku, units in world.units.items():
        there = counted.shelf(sku) - counted.promised(sku)
        sold, back = _web_units(world, sku)
        if there != units - sold + back:
            yield f"units: {there} of {sku} are there to sell, not {units} - {sold} + {back}"


def _levels(world: BusyWorld, counted: Counted) -> Iterator[str]:
    for sku, shown in world.shown().items():
        there = counted.shelf(sku) - counted.promised(sku)
        if shown != there:
            yield f"I3: {shown} of {sku} are shown, and {there} are there to sell"


def _web_units(world: BusyWorld, sku: str) -> tuple[int, int]:
    """Units sold on the web, and of those the ones that can be sold again."""
    orders = [world.shop.order(one) for one in world.shop.order_ids()]
    sold = sum(line["quantity"] for order in orders for line in order["lines"] if line["sku"] == sku)
    return sold, sold - sum(units for _, units in _wanted(world, sku))


# --- after what has happened ------------------------------------------------------------------------------------------


def state_of(world: BusyWorld, counted: Counted | None = None) -> oracle.State:
    """Both sides and the hub. What the shop was seen to show is left out: of a shipment we learn that a cycle later."""
    hub = oracle.read(world.folder)
    hub["hub fulfilments"] = [row for row in hub["hub fulfilments"] if row[0] != "shown"]
    return hub | (counted or Counted.of(world.people.do)).state()


def settle(world: BusyWorld, twin: oracle.State) -> list[str]:
    """What does not hold after clean cycles, at most three of them (I1): it must be what came of an undisturbed day."""
    world.relay.heal()
    found = ["no cycle was run"]
    for _ in range(MOST_CYCLES):
        ended = world.command()
        if ended.code not in (0, 1):
            return [f"a clean cycle ended with {ended.code}: {ended.text[-600:]}"]
        counted = Counted.of(world.people.do)
        found = [
            *oracle.differences(state_of(world, counted), twin),
            *wrong(world, counted),
            *settled(world, counted),
            *oracle.sound(world.folder),
        ]
        if not found:
            break
    return found
