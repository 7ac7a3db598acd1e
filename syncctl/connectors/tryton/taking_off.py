"""Taking units of a booked sale off what the warehouse is to send.

Each call is one transaction, and the process may end after any of them. So the shipment is made a draft first, which
nobody sends; then units leave it for a move that is in no shipment, in one call; that is cancelled, and Tryton told not
to make another in its place; and the shipment waits again. Nothing between these steps would send what was cancelled,
or not send what was not. What an attempt that ended has left is told by moves in no shipment, and by draft shipments.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncctl.connectors.tryton.base import MOST_LINES, ShopBooks
from syncctl.connectors.tryton.booking import UNBOOKED
from syncctl.connectors.tryton.halving import each, loads
from syncctl.connectors.tryton.originals import SHIPMENT, Move, Original, originals
from syncctl.connectors.tryton.rpc import Declined

_COPIED = ("product", "unit", "from_location", "to_location", "unit_price", "currency", "planned_date")


@dataclass(frozen=True, slots=True)
class Unsent:
    """What a credit takes off a sale: units by the web store's line id. `credit`: its draft; `lines` of the sale."""

    credit: int
    original: str
    units: Mapping[str, int]
    lines: int


class TakingOff:
    """Takes off what the credits of one batch want."""

    def __init__(self, books: ShopBooks) -> None:
        self._books = books
        self._drafted: set[int] = set()  # shipments that we made drafts: they are to wait again

    def take_off(self, wanted: Sequence[Unsent]) -> dict[int, Declined]:
        """Do it for all of them at once; what Tryton refuses, by the credit."""
        answers = [
            answer
            for load in loads(wanted, MOST_LINES, lambda one: one.lines)
            for answer in each(load, self._taken_off)
        ]
        return {one.credit: answer for one, answer in answers if isinstance(answer, Declined)}

    def tidy(self, sales: Iterable[str]) -> None:
        """Finish what an attempt that ended has begun with these sales. Errors: Declined."""
        found = list(originals(self._books, sales).values())
        self._drafted |= {id_ for one in found for id_, state in one.shipments.items() if state == "draft"}
        self._finish(found, [move for one in found for move in one.moves if move.alone and move.open])

    def _taken_off(self, wanted: Sequence[Unsent]) -> Sequence[None]:
        """As things stand now: part of it may have been done before.

        Another run that books the same throws the draft away before it takes anything off. So where the draft is there
        after the lines were read, and nobody changes them before they are cut, it is done by one of the two alone.
        """
        sales = [one.original for one in wanted]
        there = originals(self._books, sales)
        self._still_begun(wanted)
        cuts = [cut for one in wanted if one.original in there for cut in _cuts(one, there[one.original])]
        shipments = {move.shipment: move.row["shipment."]["state"] for move, _ in cuts if move.shipment is not None}
        to_draft = [one for one, state in shipments.items() if state != "draft"]
        self._step("wait", [one for one in to_draft if shipments[one] == "assigned"])
        self._drafted |= set(to_draft)
        self._step("draft", to_draft)
        known = {move.id for one in there.values() for move in one.moves}
        known -= {move.id for move, units in cuts if move.alone and units == move.units}
        self._split(cuts, {name: at for one in there.values() for name, at in one.as_read.items()})
        fresh = list(originals(self._books, sales).values())
        alone = [move for one in fresh for move in one.moves if move.alone and move.open and move.id not in known]
        self._finish(fresh, alone)
        return [None] * len(wanted)

    def _still_begun(self, wanted: Sequence[Unsent]) -> None:
        domain = [["id", "in", [one.credit for one in wanted]], ["state", "in", list(UNBOOKED)]]
        there = {row["id"] for row in self._books.rows("sale.sale", domain, ["state"])}
        if gone := [one.credit for one in wanted if one.credit not in there]:
            raise Declined(f"credit {gone[0]}", "gone", "another run has begun it anew")

    def _split(self, cuts: Sequence[tuple[Move, int]], as_read: Mapping[str, str]) -> None:
        """Each cut leaves its move for one of its own, which is in no shipment. What is alone already is only shared.

        A move of which nothing is left stays, with no units: the shipment would else be known to no sale.
        """
        steps: defaultdict[int, list[Any]] = defaultdict(list)
        for move, units in cuts:
            if move.alone and units == move.units:
                continue
            steps[move.line].append(["write", [move.id], {"quantity": move.units - units}])
            split = {name: move.row[name] for name in _COPIED}
            split |= {"quantity": units, "company": self._books.shop.company}
            steps[move.line].append(["create", [split]])
        arguments = [part for line, moves in steps.items() for part in ([line], {"moves": moves})]
        if arguments:
            read = {name: as_read[name] for name in (f"sale.line,{line}" for line in steps)}
            self._books.write("sale.line", "write", *arguments, as_read=read)

    def _finish(self, sales: Sequence[Original], alone: Sequence[Move]) -> None:
        """Cancel what was taken out; the shipments wait again, but for those of which nothing is left."""
        if alone:
            self._books.write("stock.move", "cancel", [one.id for one in alone])
        emptied = self._put_back(sales)
        done = {one.id for one in alone} | {one.id for one in emptied}
        ignored: defaultdict[int, list[int]] = defaultdict(list)
        for move in (move for one in sales for move in one.moves):
            if move.id in done or (move.off and (move.alone or not move.units) and not move.ignored):
                ignored[move.line].append(move.id)
        if ignored:
            lines = [part for line, ids in ignored.items() for part in ([line], {"moves_ignored": [["add", ids]]})]
            self._books.write("sale.line", "write", *lines)
        if sales:  # also where that was done before: what Tryton says of the sale follows from it
            self._books.write("sale.sale", "process", [one.id for one in sales])

    def _put_back(self, sales: Sequence[Original]) -> list[Move]:
        """Shipments that we made drafts wait again, or are cancelled; returns the moves that went with them."""
        ours = {shipment: moves for one in sales for shipment, moves in one.full.items() if shipment in self._drafted}
        self._step("wait", [one for one, full in ours.items() if full])
        self._step("cancel", [one for one, full in ours.items() if not full])
        self._drafted -= set(ours)
        return [move for one in sales for move in one.moves if move.open and ours.get(move.shipment or 0) is False]

    def _step(self, step: str, shipments: Sequence[int]) -> None:
        if shipments:
            self._books.write(SHIPMENT, step, list(shipments))


def _cuts(wanted: Unsent, original: Original) -> Iterator[tuple[Move, int]]:
    """Moves, and how many units to take off each. Errors: Declined where there are not so many any more."""
    for line_id, units in wanted.units.items():
        left = units - original.off(line_id)
        for move in original.waiting(line_id):
            if left > 0 and move.units:
                yield move, min(left, move.units)
                left -= min(left, move.units)
        if left > 0:
            raise Declined(f"credit {wanted.credit}", "being_packed", "somebody has begun to pack it")
