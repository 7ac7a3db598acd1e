"""What `doctor` asks of a WooCommerce shop: a dozen reads, no write, and nobody's data.

Source: the vendor's pages on settings and system status; WooCommerce 7 to 11.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from syncctl.connectors.http import Reply
from syncctl.connectors.patience import Patience
from syncctl.connectors.woocommerce.about import SiteStore
from syncctl.connectors.woocommerce.reaching import Reaching
from syncctl.connectors.woocommerce.site import Declined
from syncctl.errors import MoneyError, SignInNeeded, SyncctlError
from syncctl.model import Finding
from syncctl.money import places

_TESTED = range(7, 12)
_STATUS = "environment.version,environment.wp_version,settings.HPOS_enabled"
_MANAGED = ("simple", "variation", "variable")
_SOME = 3  # how many SKUs are named

Values = dict[str, Any]


def examined(store: SiteStore, patience: Patience) -> Iterator[Finding]:
    """One finding after the other; after one that shuts the way, no more is asked."""
    reaching = Reaching(store, patience)
    yield from reaching.index()
    if reaching.open:
        yield from reaching.access()
    if reaching.open:
        try:
            yield from _told(store, reaching.told)
        except SyncctlError as error:
            yield _line(store, "fail", str(error), error.hint, error.exit_code)


def _told(store: SiteStore, index: Values) -> Iterator[Finding]:
    about = store.about()
    name = index.get("name")
    about = replace(about, name=name if isinstance(name, str) and name else about.name, time_zone=time_zone(index))
    yield replace(_line(store, "ok", f"sells in {about.currency}"), about=about)
    for part in (_house(store, about.currency or ""), _goods(store)):
        try:
            yield from part
        except SignInNeeded as error:
            text = f"some of its settings may not be read by the user of the key: {error}"
            yield _line(store, "warn", text, "Make the key for an administrator or a shop manager.")
        except Declined as error:
            yield _line(store, "warn", f"it does not tell all that was asked: {error}")


def time_zone(index: Values) -> str | None:
    """The shop's time zone by its name; None where its index does not say, or one that has no name.

    >>> time_zone({"timezone_string": "Europe/Paris"}), time_zone({"timezone_string": "", "gmt_offset": "-5"})
    ('Europe/Paris', 'Etc/GMT+5')
    """
    name, offset = index.get("timezone_string"), index.get("gmt_offset")
    if isinstance(name, str) and name:
        return name
    try:
        hours = int(str(offset).removesuffix(".0"))
    except ValueError:
        return None
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def _house(store: SiteStore, currency: str) -> Iterator[Finding]:
    status = store.site.get("system_status", {"_fields": _STATUS}).fields()
    yield from _version(store, _below(status, "environment").get("version"))
    yield from _storage(store, _below(status, "settings").get("HPOS_enabled"))
    yield from _money(store, currency)
    if _option(_settings(store, "products"), "manage_stock") == "no":
        fix = "Switch it on: WooCommerce > Settings > Products > Inventory > Enable stock management."
        yield _line(store, "fail", "it keeps no stock at all: no level can be written", fix, 1)
    yield from _mails(store)


def _version(store: SiteStore, version: object) -> Iterator[Finding]:
    major = version.partition(".")[0] if isinstance(version, str) else ""
    if not major.isdecimal():
        yield _line(store, "warn", "it does not say its version", "Versions 7 to 11 are tested.")
    elif int(major) in _TESTED:
        yield _line(store, "ok", f"WooCommerce {version}")
    else:
        way = "older" if int(major) < _TESTED.start else "newer"
        fix = "Update it there." if way == "older" else "Look at `syncctl plan` before the first run."
        yield _line(store, "warn", f"WooCommerce {version} is {way} than the versions that are tested, 7 to 11", fix)


def _storage(store: SiteStore, tables: object) -> Iterator[Finding]:
    if tables is True:
        yield _line(store, "ok", "orders are kept in tables of their own (HPOS)")
    elif tables is False:
        text = "orders are kept as posts: an edited line may not show as a change, so open orders are read again daily"
        yield _line(store, "ok", text)


def _money(store: SiteStore, currency: str) -> Iterator[Finding]:
    decimals = str(_option(_settings(store, "general"), "price_num_decimals") or "")
    try:
        wanted = places(currency)
    except MoneyError:
        yield _line(store, "fail", f"its currency {currency} is not known", "Choose one of ISO 4217 there.", 1)
        return
    if decimals.isdecimal() and int(decimals) != wanted:
        text = f"it shows prices with {decimals} decimals, {currency} has {wanted}: totals may not add up to the cent"
        yield _line(store, "warn", text, f"WooCommerce > Settings > General: number of decimals {wanted}.")
    included = _option(_settings(store, "tax"), "prices_include_tax") == "yes"
    how = "with tax: the back office's prices must be, too" if included else "without tax"
    yield _line(store, "ok", f"prices are kept {how}")


def _mails(store: SiteStore) -> Iterator[Finding]:
    """What the shop writes to customers because of what is written to it."""
    if store.settings.complete_orders and _is_on(store, "email_customer_completed_order"):
        text = "an order whose goods have all left is set to completed, and the shop then writes to the customer"
        yield _line(store, "ok", text, f"If you do not want that: stores.{store.name}.complete_orders: false")
    if _is_on(store, "email_customer_new_account"):
        yield _line(store, "ok", "who is made a customer there gets the shop's e-mail about a new account")


def _is_on(store: SiteStore, group: str) -> bool:
    return _settings(store, group).get("enabled") == "yes"


def _goods(store: SiteStore) -> Iterator[Finding]:
    """The first page of products, and of variations where the version lists them."""
    query = {"context": "edit", "status": "any", "per_page": "100", "orderby": "id", "order": "asc"}
    fields = {"_fields": "id,type,sku,manage_stock,backorders"}
    products = store.site.get("products", {**query, **fields})
    variations = store.site.optional("variations", "variations", {**query, **fields})
    rows = [row for row, _ in products.rows()]
    below = [{**row, "type": "variation"} for row, _ in variations.rows()] if variations else []
    seen = _seen(products, len(rows))
    managed = [one for one in (*rows, *below) if one.get("manage_stock") is True and one.get("type") in _MANAGED]
    unseen = variations is None and any(row.get("type") == "variable" for row in rows)
    if not managed and not unseen:
        fix = "Tick Stock management at each product whose level is to be written."
        yield _line(store, "warn", f"none of {seen} has its stock managed: no level can be written", fix)
    elif managed:
        yield _line(store, "ok", f"{len(managed)} with managed stock among {seen}")
    yield from _skus(store, managed)
    if backordered := sum(row.get("backorders") in ("yes", "notify") for row in managed):
        yield _line(store, "ok", f"{backordered} of them are sold on backorder, below zero, as the shop is set")


def _seen(products: Reply, count: int) -> str:
    total = products.headers.get("X-WP-Total", "")
    more = f"the first {count} of {total} products" if total.isdecimal() and int(total) > count else f"{count} products"
    return f"{more} and their variations"


def _skus(store: SiteStore, managed: list[Values]) -> Iterator[Finding]:
    counted = Counter(str(row.get("sku") or "") for row in managed)
    if missing := counted.pop("", 0):
        text = f"{missing} with managed stock have no SKU: their levels and prices are not written"
        yield _line(store, "warn", text, "Give each its SKU, exactly as the back office writes it.")
    if twice := [sku for sku, count in counted.items() if count > 1]:
        text = f"{len(twice)} SKUs stand at more than one product: {', '.join(twice[:_SOME])}"
        yield _line(store, "warn", text, "All of them are given the same level; name each SKU once.")


def _settings(store: SiteStore, group: str) -> Values:
    """The options of a group by their id; none where this version has no such group."""
    try:
        rows = store.site.rows(f"settings/{group}", {"_fields": "id,value"})
    except Declined as error:
        if error.status != 404:
            raise
        return {}
    return {str(row.get("id")): row.get("value") for row in rows}


def _option(settings: Values, name: str) -> object:
    return settings.get(f"woocommerce_{name}")


def _below(values: Values, name: str) -> Values:
    below = values.get(name)
    return below if isinstance(below, dict) else {}


def _line(store: SiteStore, level: str, text: str, fix: str = "", exit_code: int = 0) -> Finding:
    return Finding(level=level, subject=store.name, text=text, fix=fix, exit_code=exit_code)
