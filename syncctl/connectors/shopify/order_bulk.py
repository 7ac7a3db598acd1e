"""A first reading of many orders: Shopify makes a file of them, which costs no points and takes as long as it takes.

The file has a line for each order, and behind it one for each part of its lists, which names what it is part of. Where
there can be no such file, or none comes, orders are read page by page.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from syncctl.connectors import strict_json
from syncctl.connectors.http import Rejected
from syncctl.connectors.shopify.admin import Admin
from syncctl.connectors.shopify.answers import NotSpoken, TooDear
from syncctl.connectors.shopify.customer_fragments import ADDRESSES
from syncctl.connectors.shopify.order_cursor import Cursor
from syncctl.connectors.shopify.order_details import Rows
from syncctl.connectors.shopify.order_documents import bulk_state, orders_count, orders_in_bulk, start_bulk
from syncctl.connectors.shopify.order_words import Body, page_text
from syncctl.errors import BatchRefused, DataError, Throttled, Unreachable
from syncctl.settings import ShopifyStoreSettings

_UNDER_WAY = frozenset({"CREATED", "RUNNING", "CANCELING"})
_LONGEST = 10.0  # seconds between two questions how far it is
_LONG = timedelta(hours=3)  # then it has to get on while it is watched
_TRIES = 3  # files that are not whole, or cannot be fetched


class Bulk:
    """Reading orders from a file."""

    def __init__(self, admin: Admin, settings: ShopifyStoreSettings) -> None:
        self.admin = admin
        self.people = settings.customer_data
        self.from_so_many = settings.bulk_from
        self.page = settings.page_size

    def begun(self, at: Cursor, search: str) -> Cursor:
        """The cursor of a file that is being made now; the same where there are few orders, or no file can be made."""
        most = self.from_so_many
        if not most:
            return at
        found = self.admin.read(orders_count(), {"query": search, "limit": most}).data["ordersCount"]
        if found is None or found["count"] < most:
            return at
        try:
            answer = self.admin.write(start_bulk(), {"query": orders_in_bulk(search, self.people)})
        except (BatchRefused, NotSpoken, TooDear, Unreachable, DataError):
            return at  # it may be made all the same: nobody asks for it then
        operation = answer.data["bulkOperationRunQuery"]["bulkOperation"]
        return at if operation is None else replace(at.begun(answer.at), bulk=operation["id"])

    def read(self, at: Cursor) -> Iterator[tuple[Rows, Cursor]]:
        """Pages of the file, when it is there. The last one's cursor has no `bulk`; no page at all: there is no file.

        Errors: DataError where the file is not all that Shopify says it is; then the next reading makes another.
        Unreachable where it cannot be fetched; then the next reading tries again. The third time there is no file.
        """
        state = self._made(at)
        if state is None or state["url"] is None:
            return  # also where it says that there are no orders: there were, when it was asked for
        try:
            yield from self._from_file(at, state)
        except Rejected:
            return  # it is there no more, nor was anything read of it
        except Throttled:
            raise
        except (DataError, Unreachable) as error:
            failed = at.failed + 1
            if failed == _TRIES:
                self._done_without(str(error))
                return
            is_bad = isinstance(error, DataError)
            yield [], Cursor(failed=failed) if is_bad else replace(at, failed=failed)
            hint = f"The next run tries again; the {_TRIES}rd in a row without a file reads orders page by page."
            raise (DataError if is_bad else Unreachable)(str(error), hint=hint) from None

    def _done_without(self, why: str) -> None:
        self.admin.patience.tell(
            f"{self.admin.store}: {why}; its orders are read page by page instead, which takes longer"
        )

    def _made(self, at: Cursor) -> Body | None:
        """How it stands with the file once it is made; None where it will not be.

        Other sides need their share of what a run may wait. Errors: Throttled where half of it is gone.
        """
        pause, patience = 1.0, self.admin.patience
        before: Body | None = None
        while True:
            answer = self.admin.read(bulk_state(), {"id": at.bulk})
            state: Body | None = answer.data["bulkOperation"]
            if state is not None and state["status"] == "COMPLETED":
                return state
            if state is None or state["status"] not in _UNDER_WAY:
                said = "is not known any more" if state is None else f"is {str(state['status'])[:30]}"
                self._done_without(f"the file of all orders {said} at Shopify")
                return None
            before = before or state
            if patience.left - pause < patience.most / 2:
                if _hangs(at, answer.at, before, state):
                    self._done_without("Shopify does not get on with the file of all orders")
                    return None
                setting = f"stores.{self.admin.store}.bulk_from: 0"
                raise Throttled(
                    f"{self.admin.store}: Shopify has not made the file of all orders yet",
                    hint=f"The next run asks for it again. To read orders page by page instead: {setting}",
                )
            patience.sleep(pause, self.admin.store, "Shopify makes a file of all orders")
            pause = min(_LONGEST, 2 * pause)

    def _from_file(self, at: Cursor, state: Body) -> Iterator[tuple[Rows, Cursor]]:
        rows: Rows = []
        count = 0
        with self.admin.http.stream(state["url"]) as lines:
            counted = _Counted(lines)
            for body, text in _orders(counted):
                count += 1
                if count <= at.done:
                    continue
                if len(rows) == self.page:
                    yield rows, replace(at, done=count - 1)
                    rows = []
                rows.append((body, text))
        told = int(state["rootObjectCount"]), int(state["objectCount"])
        if (count, counted.lines) != told:
            raise DataError(
                f"Shopify's file has {count} orders in {counted.lines} lines, and should have {told[0]} in {told[1]}"
            )
        yield rows, at.ended()


def _hangs(at: Cursor, now: datetime | None, before: Body, state: Body) -> bool:
    """Whether it is long under way, and has not got on while it was asked for."""
    is_late = at.started is not None and now is not None and now - at.started > _LONG
    return is_late and bool(before["objectCount"] == state["objectCount"])


class _Counted:
    """Lines that are counted as they come."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = 0
        self._lines = lines

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if line.strip():
                self.lines += 1
                yield line


def _orders(lines: _Counted) -> Iterator[tuple[Body, str]]:
    """Each order with its lists, and the text that it would have stood in on a page of orders. Errors: DataError."""
    order: Body | None = None
    escaped = True
    for text in lines:
        row = strict_json.parse_reply(text)
        if not isinstance(row, dict):
            raise DataError("Shopify's file has a line that is no object")
        if "__parentId" not in row:
            if order is not None:
                yield order, page_text(order, escaped=escaped)
            order, escaped = _begun(row), True
        elif order is None:
            raise DataError("Shopify's file begins with a part of an order")
        else:
            _put(order, row)
        escaped = escaped and text.isascii()
    if order is not None:
        yield order, page_text(order, escaped=escaped)


def _begun(row: Body) -> Body:
    """An order whose lists are empty as yet, each where it stands on a page of orders."""
    for name in ("lineItems", "shippingLines"):
        row[name] = {"nodes": [], "pageInfo": {"hasNextPage": False}}
    if "customer" in row:
        customer = row.pop("customer")
        row["customer"] = _with_addresses(customer) if isinstance(customer, dict) else customer
    return row


def _with_addresses(customer: Body) -> Body:
    """The customer with a book of addresses, which comes after the default one."""
    found: Body = {}
    for name, value in customer.items():
        found[name] = value
        if name == "defaultAddress":
            found["addressesV2"] = {"nodes": [], "pageInfo": {"hasNextPage": False}}
    return found


def _put(order: Body, row: Body) -> None:
    """A part into the list of its order. Errors: DataError where it is of another, or of no list that was asked for."""
    parent, gid = row.pop("__parentId"), row["id"]
    if isinstance(gid, str) and gid.startswith("gid://shopify/MailingAddress/"):
        customer = order["customer"]
        if customer is not None and parent in (order["id"], customer["id"]):
            book = customer["addressesV2"]
            book["pageInfo"]["hasNextPage"] = len(book["nodes"]) == ADDRESSES
            book["nodes"] += [] if book["pageInfo"]["hasNextPage"] else [row]
            return
    elif parent == order["id"]:
        order["lineItems" if "quantity" in row else "shippingLines"]["nodes"].append(row)
        return
    raise DataError(f"Shopify's file has a part of {str(parent)[:60]!r} among those of {str(order['id'])[:60]!r}")
