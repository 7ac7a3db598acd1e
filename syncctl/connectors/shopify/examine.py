"""What `doctor` asks of a Shopify shop: at most ten requests, no write, and nobody's data."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from syncctl.connectors.shopify.answers import Answer
from syncctl.connectors.shopify.base import HORIZON_DAYS, ShopStore, about_of
from syncctl.connectors.shopify.documents import Row
from syncctl.connectors.shopify.examine_documents import (
    locations,
    oldest_order,
    shop_in_full,
    some_people,
    some_variants,
)
from syncctl.connectors.shopify.gids import digits_of, gid
from syncctl.connectors.shopify.rights import allowed, needed
from syncctl.errors import SignInNeeded, SyncctlError
from syncctl.model import Finding

ALL_ORDERS = "read_all_orders"
_PAGES = 4  # of variants
_SOME = 3  # how many SKUs are named
_APP = "In the shop's admin, Settings > Apps > Develop apps, or in the developer dashboard: the app's access scopes."


def examined(store: ShopStore) -> Iterator[Finding]:
    """One finding after the other; after one that shuts the way, no more is asked."""
    try:
        answer = store.admin.read(shop_in_full(), {})
        may = allowed(one["handle"] for one in answer.data["currentAppInstallation"]["accessScopes"])
        yield from _shop(store, answer)
    except SyncctlError as error:
        yield _failed(store, error)
        return
    yield from _rights(store, may)
    for right, part in (
        ("read_locations", _places(store)),
        ("read_orders", _history(store, ALL_ORDERS in may)),
        ("read_customers" if store.settings.customer_data else "", _people(store)),
        ("read_products", _goods(store)),
    ):
        try:
            yield from part if not right or right in may else ()
        except SignInNeeded as error:
            yield _failed(store, error)  # what needs other rights can still be looked at
        except SyncctlError as error:
            yield _failed(store, error)
            return


def _shop(store: ShopStore, answer: Answer) -> Iterator[Finding]:
    shop, settings = answer.data["shop"], store.settings
    way = "access_token" if settings.access_token else "client_id and client_secret, which give it a token for a day"
    yield _line(store, "ok", f"answers at {urlsplit(settings.url).netloc}, signed in by {way}")
    about = about_of(shop, answer)
    yield replace(_line(store, "ok", f"is {about.name} ({about.identity}) and sells in {about.currency}"), about=about)
    pace = "" if answer.cost is None else f", which grants {answer.cost.rate:.0f} points a second"
    yield _line(store, "ok", f"is on the plan {shop['plan']['publicDisplayName']}{pace}")
    yield from _version(store, answer.data["publicApiVersions"])
    how = "with tax: the back office's prices must be, too" if shop["taxesIncluded"] else "without tax"
    yield _line(store, "ok", f"prices are kept {how}")
    yield _accounts(store, shop["customerAccountsV2"]["customerAccountsVersion"] == "CLASSIC")


def _version(store: ShopStore, versions: list[Row]) -> Iterator[Finding]:
    wanted, answered = store.settings.version, store.admin.version_answered
    served = [one["handle"] for one in versions if one["supported"]]
    fix = f"Set stores.{store.name}.version to one of: {', '.join(served)}. If none is taken, update syncctl."
    if answered not in ("", wanted):
        text = f"version {wanted} of its API is not served any more: it answers by {answered}"
        yield _line(store, "warn", text, fix)
    elif wanted not in served:
        yield _line(store, "warn", f"version {wanted} of its API is not supported", fix)
    else:
        yield _line(store, "ok", f"version {wanted} of its API is supported")


def _accounts(store: ShopStore, legacy: bool) -> Finding:
    setting = f"stores.{store.name}.customer_accounts"
    if legacy and store.settings.customer_accounts == "new":
        return _line(store, "ok", "it has legacy customer accounts", f"To invite people to them: {setting}: legacy")
    if not legacy and store.settings.customer_accounts == "legacy":
        text = "it has new customer accounts, to which nobody needs an invitation: sending one will fail"
        return _line(store, "warn", text, f"Set {setting}: new")
    return _line(store, "ok", f"it has {'legacy' if legacy else 'new'} customer accounts")


def _rights(store: ShopStore, may: frozenset[str]) -> Iterator[Finding]:
    lacking = [one for one in needed(store.settings) if may.isdisjoint({one.scope, *one.others})]
    for right in lacking:
        level, code = ("fail", SignInNeeded.exit_code) if right.vital else ("warn", 0)
        instead = ""
        if right.scope == "read_customers":
            instead = f" Or do without customers: stores.{store.name}.customer_data: false"
        yield _line(store, level, f"the app lacks {right.scope}: {right.without}", _APP + instead, code)
    if not lacking:
        yield _line(store, "ok", "the app has every right that is needed")


def _places(store: ShopStore) -> Iterator[Finding]:
    rows = store.admin.read(locations(), {}).data["locations"]["nodes"]
    there = {digits_of(row["id"]): row for row in rows}
    listed = ", ".join(f"{number} ({row['name']})" for number, row in there.items()) or "none"
    chosen, setting = store.settings.location, f"stores.{store.name}.location"
    if not chosen:
        fix = f'Set {setting}: "{next(iter(there))}"' if len(there) == 1 else f"Choose one: {setting}"
        yield _line(store, "warn", f"no location is set: no level is written. Its locations: {listed}", fix)
    elif chosen not in there:
        text = f"location {chosen} is not among its active locations: {listed}"
        yield _line(store, "fail", text, f"Set {setting} to one of them.", 2)
    else:
        others = f"; {len(there) - 1} others are left alone" if len(there) > 1 else ""
        online = [number for number, row in there.items() if row["fulfillsOnlineOrders"] and number != chosen]
        if online:
            others += f", but what {len(online)} of them have is offered to web customers as well: {', '.join(online)}"
        yield _line(store, "ok", f"levels are kept in step at {there[chosen]['name']} ({chosen}){others}")
        if not there[chosen]["fulfillsOnlineOrders"]:
            text = f"{there[chosen]['name']} does not fulfil online orders: what the web shop offers is not its stock"
            yield _line(store, "warn", text, "Change that in its admin, Settings > Locations, or choose another.")


def _history(store: ShopStore, sees_all: bool) -> Iterator[Finding]:
    rows = store.admin.read(oldest_order(), {}).data["orders"]["nodes"]
    oldest = f"; the oldest that it shows is of {rows[0]['createdAt'][:10]}" if rows else "; it shows none"
    setting = f"stores.{store.name}.all_orders"
    if store.settings.all_orders and not sees_all:
        text = f"the app lacks {ALL_ORDERS}: orders older than {HORIZON_DAYS} days are not to be seen{oldest}"
        yield _line(store, "fail", text, f"{_APP} Or set {setting}: false", SignInNeeded.exit_code)
    elif sees_all and not store.settings.all_orders:
        text = f"the app may see all orders, and is asked for those of {HORIZON_DAYS} days{oldest}"
        yield _line(store, "ok", text, f"To read older ones, too: {setting}: true")
    else:
        which = "all orders are" if sees_all else f"orders of the last {HORIZON_DAYS} days are"
        yield _line(store, "ok", f"{which} to be seen{oldest}")


def _people(store: ShopStore) -> Iterator[Finding]:
    """Whether what is protected comes at all: without leave it may be null, and nothing else tells."""
    if not store.settings.customer_data:
        yield _line(store, "ok", "no customer is read or written, as it is set up (customer_data)")
        return
    rows = store.admin.read(some_people(), {}).data["customers"]["nodes"]
    if rows and not any(value for row in rows for value in row.values()):
        text = "customers come without name, e-mail and phone: the app has no leave for protected customer data"
        fix = f"Ask for it at Shopify, in the app's settings; or set stores.{store.name}.customer_data: false"
        yield _line(store, "fail", text, fix, SignInNeeded.exit_code)
    elif rows:
        yield _line(store, "ok", "customers come with their names and addresses")


def _goods(store: ShopStore) -> Iterator[Finding]:
    """The first thousand variants."""
    rows, total = _variants(store)
    tracked = [row for row in rows if row["inventoryItem"]["tracked"] and not row["requiresComponents"]]
    seen = f"{len(rows)} variants" if total == str(len(rows)) else f"the first {len(rows)} of {total} variants"
    if rows and not tracked:
        fix = "Tick Track quantity at each product whose level is to be written."
        yield _line(store, "warn", f"none of {seen} has its stock tracked: no level can be written", fix)
    elif rows:
        yield _line(store, "ok", f"{len(tracked)} with tracked stock among {seen}")
    counted = Counter(row["sku"] or "" for row in tracked)
    if without := counted.pop("", 0):
        text = f"{without} with tracked stock have no SKU: their levels and prices are not written"
        yield _line(store, "warn", text, "Give each its SKU, exactly as the back office writes it.")
    away = sum(row["inventoryItem"]["inventoryLevel"] is None for row in tracked) if store.settings.location else 0
    if tracked and away == len(tracked):
        text = "none of those with tracked stock is kept at the location that is set: no level can be written"
        yield _line(store, "warn", text, "Stock them there, in the shop's admin, or choose another location.")
    elif away:
        yield _line(store, "ok", f"{away} of them are not kept at the location that is set: they are left alone")
    if twice := [sku for sku, count in counted.items() if count > 1]:
        text = f"{len(twice)} SKUs stand at more than one variant: {', '.join(twice[:_SOME])}"
        yield _line(store, "warn", text, "All of them are given the same level; name each SKU once.")


def _variants(store: ShopStore) -> tuple[list[Row], str]:
    """Some variants, and how many there are, in words."""
    rows: list[Row] = []
    at = {"location": gid("Location", store.settings.location)} if store.settings.location else {}
    after: str | None = None
    for _ in range(_PAGES):
        data: dict[str, Any] = store.admin.read(some_variants(located=bool(at)), {"after": after, **at}).data
        rows += data["productVariants"]["nodes"]
        page, count = data["productVariants"]["pageInfo"], data["productVariantsCount"]
        after = page["endCursor"]
        if not page["hasNextPage"]:
            break
    return rows, f"{count['count']}{'' if count['precision'] == 'EXACT' else ' or more'}"


def _failed(store: ShopStore, error: SyncctlError) -> Finding:
    return _line(store, "fail", str(error).removeprefix(f"{store.name}: "), error.hint, error.exit_code)


def _line(store: ShopStore, level: str, text: str, fix: str = "", exit_code: int = 0) -> Finding:
    return Finding(level=level, subject=store.name, text=text, fix=fix, exit_code=exit_code)
