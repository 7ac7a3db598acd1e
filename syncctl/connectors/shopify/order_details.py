"""What is asked of a few orders after a page of them: their refunds, and the lines that were too many for the page.

An order may change between the two answers, and then they do not fit each other: it is read once more.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from syncctl.connectors.http import Again
from syncctl.connectors.shopify.about_documents import about
from syncctl.connectors.shopify.admin import Admin
from syncctl.connectors.shopify.answers import Answer, NotSpoken, TooDear
from syncctl.connectors.shopify.documents import Document
from syncctl.connectors.shopify.order_documents import (
    line_totals,
    order_lines,
    order_refunds,
    orders_by_id,
    refund_parts,
)
from syncctl.connectors.shopify.order_fields import digits, told_page
from syncctl.connectors.shopify.order_words import Body, kept_text, with_lists, with_refunds
from syncctl.connectors.shopify.refusals import ShutOut
from syncctl.errors import DataError, Throttled, Unreachable
from syncctl.model import Unreadable

Rows = list[tuple[Body, str]]
AT_ONCE = 9  # orders in one document, where each of them costs as much as all others
_TIMES = 3  # how often an order is read that changes all the while
_MOST_PAGES = 100
_PAUSE = 0.5  # seconds, before fewer are asked for
OF_ALL = (Throttled, ShutOut, NotSpoken, TooDear)  # errors that are no matter of one order

Found = TypeVar("Found")

Details = dict[str, Body] | str | Unreadable | None
"""What was asked of an order besides: None where it is gone, a text where an error spoilt it in this answer, Unreadable
where it does so each time."""


class OrderReader:
    """Reads orders of one shop by id, and what is missing in those of a page. `people`: who bought is asked, too."""

    def __init__(self, admin: Admin, people: bool) -> None:
        self.admin = admin
        self.people = people
        self._at_once: defaultdict[str, int] = defaultdict(lambda: AT_ONCE)

    def by_ids(self, gids: Sequence[str]) -> tuple[Rows, list[Unreadable]]:
        """Those of these orders that are there, without what is missing; and those that errors spoil."""
        rows: Rows = []
        spoilt: list[Unreadable] = []
        for part, answer in self._in_parts(gids, lambda count: orders_by_id(count, self.people)):
            if isinstance(answer, Unreadable):
                spoilt.append(answer)
                continue
            rows += answer.rows
            for one in answer.spoilt:
                gid = part[one.key] if isinstance(one.key, int) else ""
                spoilt.append(Unreadable(id=digits(gid, "Order") or gid, reason=one.message))
        return rows, spoilt

    def completed(self, rows: Rows) -> tuple[Rows, list[Unreadable]]:
        """The same orders with all that belongs to them; one that is not there any more is left out."""
        found: dict[int, tuple[Body, str]] = {}
        spoilt: list[Unreadable] = []
        waiting = {place: row for place, row in enumerate(rows) if _has_id(row[0])}
        found |= {place: row for place, row in enumerate(rows) if place not in waiting}  # whoever reads them says so
        for time in range(_TIMES):
            changed: dict[int, str] = {}
            is_last = time == _TIMES - 1
            details = self._details([body for body, _ in waiting.values()])
            for place, (body, text) in waiting.items():
                beside = details[body["id"]]
                if beside is None:
                    continue
                if isinstance(beside, Unreadable):
                    spoilt.append(beside)
                elif isinstance(beside, str) and is_last:
                    spoilt.append(Unreadable(id=digits(body["id"], "Order") or body["id"], reason=beside))
                elif isinstance(beside, str) or (not is_last and _is_of_another_time(beside, body)):
                    changed[place] = body["id"]
                else:
                    found[place] = _merged(body, text, beside)
            if not changed:
                break
            again, bad = self.by_ids(list(changed.values()))
            spoilt += bad
            by_id = {body["id"]: (body, text) for body, text in again}
            waiting = {place: by_id[gid] for place, gid in changed.items() if gid in by_id}
        return [found[place] for place in sorted(found)], spoilt

    def line_totals(self, gids: Sequence[str]) -> dict[str, list[Body]]:
        """By the order's id the lines with what each came to, of those of these orders that tell it of all of them."""
        found: dict[str, list[Body]] = {}
        for _, answer in self._in_parts(gids, line_totals):
            for row, _ in [] if isinstance(answer, Unreadable) else answer.rows:
                if _has_id(row) and not _goes_on(row["lineItems"]):
                    found[row["id"]] = row["lineItems"]["nodes"]
        return found

    def _details(self, bodies: Sequence[Body]) -> dict[str, Details]:
        """By the order's id what was asked of it besides."""
        found: dict[str, Details] = {body["id"]: {} for body in bodies}
        wanted = [body["id"] for body in bodies if _lacks_refunds(body)]
        for part, answer in self._in_parts(wanted, order_refunds):
            if isinstance(answer, Unreadable):
                found[part[0]] = answer
                continue
            spoilt, rows = {one.key: one.message for one in answer.spoilt}, answer.data["nodes"]
            if not isinstance(rows, list) or len(rows) != len(part):
                raise DataError("Shopify's answer has not one record for each order that was asked for")
            for index, (gid, row) in enumerate(zip(part, rows, strict=True)):
                if index in spoilt:
                    found[gid] = spoilt[index]
                else:
                    found[gid] = None if row is None else self._refunds(gid, row)
        for gid in [body["id"] for body in bodies if _lacks_lines(body)]:
            beside = found[gid]
            if isinstance(beside, dict):
                found[gid] = self._with_lines(gid, beside)
        return found

    def _with_lines(self, gid: str, beside: dict[str, Body]) -> Details:
        lines = self._tried(gid, lambda: self._lines(gid))
        return lines if lines is None or isinstance(lines, Unreadable) else {**beside, "lines": lines}

    def _refunds(self, gid: str, order: Body) -> Details:
        """An order's refunds, each with all of its lines."""
        refunds = self._tried(gid, lambda: [self._whole_refund(refund) for refund in order["refunds"]])
        return refunds if isinstance(refunds, Unreadable) else {"refunds": {**order, "refunds": refunds}}

    def _tried(self, gid: str, read: Callable[[], Found]) -> Found | Unreadable:
        """What is read of one order; that this one cannot be read, where Shopify fails at it and at nothing else."""
        for is_last in (False, True):
            try:
                return read()
            except (Unreachable, DataError) as error:
                if isinstance(error, OF_ALL):
                    raise
                if is_last:
                    return Unreadable(id=digits(gid, "Order") or gid, reason=str(error))
            self.admin.read(about(), {})  # whoever is not well says so here
        raise AssertionError("it was read twice")

    def _whole_refund(self, refund: Body) -> Body:
        lists = ("refundLineItems", "refundShippingLines", "orderAdjustments")
        if not any(_goes_on(refund[name]) for name in lists):
            return refund
        pages = list(self._pages(refund_parts(), refund["id"], "node", "refundLineItems"))
        if not pages:
            raise DataError("a refund went away while it was read")
        return {**refund, **_joined(pages, lists)}

    def _lines(self, gid: str) -> Body | None:
        """All lines of a long order, and all its shipping lines; None where it is gone."""
        pages = list(self._pages(order_lines(), gid, "order", "lineItems"))
        if not pages:
            return None
        return {"updatedAt": pages[-1]["updatedAt"], **_joined(pages, ("lineItems", "shippingLines"))}

    def _pages(self, document: Document, gid: str, root: str, name: str) -> Iterator[Body]:
        """Each page of a list of one record. Errors: DataError where it does not move on."""
        after: str | None = None
        for _ in range(_MOST_PAGES):
            row = self.admin.read(document, {"id": gid, "after": after}).data[root]
            if row is None and after is None:
                return
            if row is None:
                raise DataError(f"what {document.name} were read of went away in the middle")
            rows, more, behind = told_page(row, name)
            yield row
            if not more:
                return
            if behind == after or not rows:
                break
            after = behind
        raise DataError(f"the {document.name} {digits(gid, gid.split('/')[-2]) or ''} have no end")

    def _in_parts(
        self, gids: Sequence[str], make: Callable[[int], Document]
    ) -> Iterator[tuple[Sequence[str], Answer | Unreadable]]:
        """The answers to a document about these ids, as many at once as are not too dear, and as Shopify can do."""
        start, most = 0, len(gids)
        while start < len(gids):
            name = make(1).name
            part = gids[start : start + min(most, self._at_once[name])]
            try:
                answer = self._of_part(part, make(len(part)))
            except TooDear:
                if len(part) == 1:
                    raise
                self._at_once[name] = len(part) // 2
                continue
            if answer is None:
                most = len(part) // 2
                self.admin.patience.sleep(_PAUSE, self.admin.store, "it failed at some orders")
                continue
            yield part, answer
            start, most = start + len(part), len(gids)

    def _of_part(self, part: Sequence[str], document: Document) -> Answer | Unreadable | None:
        """Several are asked for once: if Shopify fails at that, it is one of them, maybe. None, then."""
        variables = {"ids": list(part)}
        if len(part) == 1:
            return self._tried(part[0], lambda: self.admin.read(document, variables))
        try:
            return self.admin.read(document, variables, once=True)
        except Again as failure:
            return self.admin.read(document, variables) if isinstance(failure.error, Throttled) else None
        except DataError as error:
            if isinstance(error, OF_ALL):
                raise
            return None


def _is_of_another_time(beside: Mapping[str, Body], body: Body) -> bool:
    return any(one["updatedAt"] != body["updatedAt"] for one in beside.values())


def _has_id(body: Body) -> bool:
    return "id" in body and digits(body["id"], "Order") is not None


def _lacks_refunds(body: Body) -> bool:
    """Whether something was given back, or edited."""
    try:
        return bool(body["refunds"] or body["edited"] or any(map(_is_less, body["lineItems"]["nodes"])))
    except (TypeError, KeyError):
        return False  # it is no list, or no object: whoever reads the order says so


def _is_less(line: Body) -> bool:
    """Whether some of its units are not on the order any more."""
    ordered, left = line["quantity"], line["currentQuantity"]
    return bool(ordered != left)


def _lacks_lines(body: Body) -> bool:
    try:
        return _goes_on(body["lineItems"]) or _goes_on(body["shippingLines"])
    except (TypeError, KeyError):
        return False


def _goes_on(connection: Body) -> bool:
    return connection["pageInfo"]["hasNextPage"] is True


def _joined(pages: Sequence[Body], names: Sequence[str]) -> Body:
    """The first list of these names over all pages; the others as on the last page, which has all of them."""
    first = names[0]
    rows = [row for page in pages for row in page[first]["nodes"]]
    joined = {first: {"nodes": rows, "pageInfo": {"hasNextPage": False}}}
    return {**joined, **{name: pages[-1][name] for name in names[1:]}}


def _merged(body: Body, text: str, beside: Mapping[str, Body]) -> tuple[Body, str]:
    """An order with what was asked of it besides, and all that it was read from."""
    if "lines" in beside:
        body, text = with_lists(body, text, _without_time(beside["lines"]))
    text = kept_text(body, text)
    if "refunds" in beside:
        body, text = with_refunds(body, text, _without_time(beside["refunds"]))
    return body, text


def _without_time(row: Body) -> Body:
    """Without the time that it was compared by."""
    return {name: value for name, value in row.items() if name != "updatedAt"}
