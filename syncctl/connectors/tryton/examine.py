"""What `doctor` asks of Tryton: at most eight calls, no write, and nobody's data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncctl.connectors.tryton.base import ShopBooks
from syncctl.errors import SignInNeeded, SyncctlError
from syncctl.model import Finding

VERSION = "8.2"
MODULES = ("sale", "sale_shipment_cost", "stock", "web_shop")
PRICE_LISTS = "sale_price_list"
_USER = "In Tryton, Administration > Users: give it the groups Sales, Sales Administrator and Stock, and the company."
_GROUPS = "To allow it: the group Party Administration."
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Right:
    """What must be allowed with a model, and what does not work without it. `level`: of the finding that it is not."""

    model: str
    ways: tuple[str, ...]
    without: str
    level: str = "fail"
    fix: str = _USER


_ALL = ("read", "write", "create", "delete")
RIGHTS = (
    Right("sale.sale", _ALL, "no order is booked"),
    Right("sale.line", _ALL, "no order is booked"),
    Right("product.product", ("read",), "no order is booked, no price and no level is read"),
    Right("stock.location", ("read",), "no level is read"),
    Right("stock.move", _ALL, "no level is read, and what is cancelled or comes back is not put on the shelf"),
    Right("stock.shipment.out", ("read", "write"), "no shipment is read, and what is cancelled is sent all the same"),
    Right("party.party", ("read", "write", "create"), "no customer and no guest is kept"),
    Right("party.address", ("read", "write", "create"), "no address is kept"),
    Right("party.contact_mechanism", ("read", "write", "create"), "no e-mail address and no phone number is kept"),
    Right("party.identifier", ("read", "write", "create"), "no tax identifier is kept"),
    Right("account.invoice", ("read",), "no tax identifier is changed"),
    Right("country.country", ("read",), "addresses have no country"),
    Right("party.category", ("read",), "no customer's group is known"),
    Right("party.category", ("create",), "groups that are missing must be made there by hand", "ok", _GROUPS),
    # What a Sales Administrator may do beside it cannot be asked in one call: process a sale whose goods were cut.
    Right("web.shop", ("write",), "what is cancelled before it left cannot be taken off what is to be sent", "warn"),
)


def examined(books: ShopBooks) -> Iterator[Finding]:
    """One finding after the other; after one that shuts the way, no more is asked."""
    for part in (_server, _rights, _shop, _term, _lists, _tax, _goods):
        try:
            findings = list(part(books))
        except SyncctlError as error:
            yield _line(books, "fail", str(error).removeprefix(f"{books.name}: "), error.hint, error.exit_code)
            return
        yield from findings
        if part in (_server, _rights) and any(one.level == "fail" for one in findings):
            return


def _server(books: ShopBooks) -> Iterator[Finding]:
    """The first call: whether it is there, lets us in, and is what we know how to speak to."""
    needed = [*MODULES, *([PRICE_LISTS] if books.settings.price_lists else [])]
    rows = _read(books, "ir.module", [["name", "in", needed], ["state", "=", "activated"]], ["name", "version"])
    there = {row["name"]: row["version"] or "" for row in rows}
    yield _line(books, "ok", f"answers as {books.address.removeprefix('tryton ')}, signed in as {books.settings.user}")
    if lacking := [name for name in needed if name not in there]:
        fix = "Have whoever runs Tryton activate them: trytond-admin -u, with --activate-dependencies."
        yield _line(books, "fail", f"modules that are needed are not activated: {', '.join(lacking)}", fix, 2)
    if version := there.get("sale", ""):
        known = version.startswith(f"{VERSION}.")
        fix = "" if known else f"Only {VERSION} was tried. Try it on a copy of the database first."
        yield _line(books, "ok" if known else "warn", f"is version {version}", fix)


def _shop(books: ShopBooks) -> Iterator[Finding]:
    shop = books.shop
    about = replace(books.about(), server_time=books.rpc.at)
    text = f"keeps the books of {about.name} ({about.identity}), in {about.currency}"
    yield replace(_line(books, "ok", text), about=about)
    first = min(shop.warehouses, key=lambda name: shop.warehouses[name])
    many = f"; orders that name none leave from {first}" if len(shop.warehouses) > 1 else ""
    listed = ", ".join(sorted(shop.warehouses))
    yield _line(books, "ok", f"the web shop {books.settings.web_shop} sells from: {listed}{many}")
    zone = shop.time_zone or "not set: what Tryton dates itself is dated by its server"
    yield _line(books, "ok", f"the company's time zone is {zone}")
    yield _line(books, "ok", "each guest's order gets a party of its own; the web shop's guest party is left alone")


def _rights(books: ShopBooks) -> Iterator[Finding]:
    models = sorted({right.model for right in RIGHTS})
    may = books.rpc.read("ir.model.access", "get_access", models)
    complete = True
    for right in RIGHTS:
        lacking = [way for way in right.ways if not may[right.model][way]]
        if lacking:
            complete = False
            text = f"its user may not {', '.join(lacking)} {right.model}: {right.without}"
            code = SignInNeeded.exit_code if right.level == "fail" else 0
            yield _line(books, right.level, text, right.fix, code)
    if complete:
        yield _line(books, "ok", "its user has every right that is needed")


def _term(books: ShopBooks) -> Iterator[Finding]:
    if name := books.settings.payment_term:
        rows = _read(books, "account.invoice.payment_term", [["name", "=", name]], ["name"])
        yield from _named(books, "payment_term", "payment term", [name], rows)


def _lists(books: ShopBooks) -> Iterator[Finding]:
    if names := books.settings.price_lists:
        rows = _read(books, "product.price_list", [["name", "in", list(names)]], ["name"])
        yield from _named(books, "price_lists", "price list", names, rows)


def _named(books: ShopBooks, setting: str, what: str, names: Sequence[str], rows: Sequence[Row]) -> Iterator[Finding]:
    for name in names:
        count = sum(row["name"] == name for row in rows)
        if count == 1:
            yield _line(books, "ok", f"the {what} {name} is there")
        else:
            text = f"there is no {what} {name!r}" if not count else f"{count} have the name of the {what} {name!r}"
            yield _line(books, "fail", text, f"Set back_office.{setting} to an exact name in Tryton.", 2)


def _tax(books: ShopBooks) -> Iterator[Finding]:
    sku = books.settings.tax_item
    if not sku:
        fix = "Set back_office.tax_item to the SKU of a service, or orders.import_taxes: false"
        yield _line(books, "warn", "no item is set for taxes: orders with tax that is imported are held", fix)
        return
    rows = _read(books, "product.product", [["code", "=", sku]], ["code", "type", "salable"])
    found = [row for row in rows if row["code"] == sku]
    if len(found) == 1 and found[0]["type"] == "service" and found[0]["salable"]:
        yield _line(books, "ok", f"taxes are booked on the service {sku}")
        return
    text = f"the item for taxes, {sku!r}, is none that is sold as a service" if found else f"there is no item {sku!r}"
    yield _line(books, "fail", text, "In Tryton, make it a salable service, or set back_office.tax_item to one.", 2)


def _goods(books: ShopBooks) -> Iterator[Finding]:
    domain = [["code", "in", [None, ""]], ["salable", "=", True], ["active", "=", True]]
    without = books.rpc.read("product.product", "search_count", domain, context=books.shop.context)
    if without:
        text = f"{without} products that are sold have no code: they have no SKU, and are left out"
        yield _line(books, "warn", text, "Give each its code, exactly as the web store writes its SKU.")
    else:
        yield _line(books, "ok", "every product that is sold has a code, which is its SKU")


def _read(books: ShopBooks, model: str, domain: list[Any], fields: list[str]) -> list[Row]:
    rows: list[Row] = books.rpc.read(model, "search_read", domain, 0, None, None, fields)
    return rows


def _line(books: ShopBooks, level: str, text: str, fix: str = "", exit_code: int = 0) -> Finding:
    return Finding(level=level, subject=books.name, text=text, fix=fix, exit_code=exit_code)
