"""Units, prices and people of both sides against each other, and against what the people of the tests noted."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from tests.tryton.audit import Books, Row, Store

_OPEN = ("draft", "staging", "assigned")


def net_web_units(store: Store, ledger: Any) -> Counter[str]:
    """Units by SKU that web orders took for good: ordered, less what can be sold again."""
    units = Counter[str]()
    for body in store.orders:
        if body["id"] in ledger.never_booked:
            continue
        skus = {line["id"]: line["sku"] for line in body["lines"]}
        left = Counter({line["id"]: line["quantity"] for line in body["lines"]})
        for fulfilled in (line for one in body["fulfilments"] for line in one["lines"]):
            left[fulfilled["line_id"]] -= fulfilled["quantity"]
        for back in (back for refund in body["refunds"] for back in refund["lines"]):
            left[back["line_id"]] -= back["unshipped"]
            units[skus[back["line_id"]]] -= back["quantity"] if back["restock"] else 0
        for line in body["lines"]:
            units[line["sku"]] += line["quantity"] - (left[line["id"]] if body.get("cancelled_at") else 0)
    return units


def sellable(store: Store, ledger: Any, *, promised: bool = True) -> dict[str, int]:
    """Opening stock and receipts, less counter sales (with those that wait to be sent, or without), less web units."""
    web = net_web_units(store, ledger)
    return {
        sku: units + ledger.received[sku] - ledger.taken[sku] - (ledger.promised[sku] if promised else 0) - web[sku]
        for sku, units in ledger.opening.items()
    }


def oversold(store: Store, ledger: Any, *, promised: bool) -> Iterator[str]:
    """Levels that the store shows above what can be sold."""
    for sku, units in sellable(store, ledger, promised=promised).items():
        shown = store.listings[sku]["quantity"]
        if shown > max(0, units):
            yield f"the store shows {shown} of {sku!r}, and {units} can be sold"


def compare_stock(store: Store, books: Books, ledger: Any, falls_on: str) -> Iterator[str]:
    """Tryton's shelf less what is to leave it, and the level in the store, are what the count says."""
    leaving = Counter[str]()
    for move in books.told["moves"]:
        if move["state"] in _OPEN and not move["back"]:
            leaving[move["sku"]] += int(move["quantity"])
    shelf = {one["code"]: int(one["quantity"]) for one in books.told["products"] if one["type"] == "goods"}
    shown = sellable(store, ledger, promised=falls_on == "order")
    for sku, units in sellable(store, ledger).items():
        if shelf.get(sku) is None or shelf[sku] - leaving[sku] != units:
            yield f"Tryton has {shelf.get(sku)} of {sku!r}, of which {leaving[sku]} are to leave; the count is {units}"
        if store.listings[sku]["quantity"] != max(0, shown[sku]):
            yield f"the store shows {store.listings[sku]['quantity']} of {sku!r}, not {max(0, shown[sku])}"
    if extra := set(shelf) ^ set(ledger.opening):
        yield f"goods that only one side knows: {sorted(extra)[:5]}"


def compare_prices(store: Store, books: Books, price_list: str) -> Iterator[str]:
    for one in books.told["products"]:
        if one["type"] == "goods":
            price = one["prices"][price_list] if price_list else one["list_price_used"]
            shown = store.listings[one["code"]]["price"]
            if Decimal(shown) != Decimal(price):
                yield f"the store asks {shown} for {one['code']!r}, Tryton's price is {price}"


# --- people -----------------------------------------------------------------------------------------------------------


def compare_people(store: Store, books: Books, nobody: frozenset[str]) -> Iterator[str]:
    """Everybody is on both sides, once, and the same; `nobody`: names of parties that are no customers."""
    web = Counter(_web_person(one) for one in store.customers)
    strangers = [body for body in store.orders if not (body.get("customer") or {}).get("id")]
    guests = {sale["party"] for body in strangers for sale in books.by_number[body["name"]]}
    emails = {email for body in strangers for email in (body.get("customer") or {}).get("emails", ())}
    parties = [one for one in books.told["parties"] if one["active"] and one["name"] not in nobody]
    known = [one for one in parties if one["id"] not in guests and not emails.intersection(_contacts(one, "email"))]
    there = Counter(map(_party, known))
    for person in web - there:
        yield f"only the store has {person}"
    for person in there - web:
        yield f"only Tryton has {person}"
    for one in parties:
        if (one["code"] or "").startswith("guest-") and one["id"] not in guests:
            yield f"the party {one['code']} stands for no order"
    met = Counter(email for one in parties for email in emails.intersection(_contacts(one, "email")))
    yield from (f"the guest {email} is {times} parties" for email, times in met.items() if times > 1)


def compare_changes(store: Store, wanted: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """What people changed is so in the end, and nobody's change was taken back; `wanted`: by customer and field."""
    people = {one["id"]: one for one in store.customers}
    for (customer, field), value in wanted.items():
        found = people[customer].get(field) or ""
        text = found if isinstance(found, str) else json.dumps(found)
        plain, want = text.replace(" ", ""), value.replace(" ", "")
        if want not in plain or (not want and plain):
            yield f"customer {customer}: {field}: {text}, where {value!r} was to be"


def compare_buyers(store: Store, books: Books, ledger: Any) -> Iterator[str]:
    """Each order is booked on the party of its customer, each guest's on one of its own."""
    parties = {one["id"]: one for one in books.told["parties"]}
    people = {one["id"]: one for one in store.customers}
    guests = Counter[int]()
    for body in store.orders:
        sales = books.by_number.get(body["name"], [])
        booked = {sale["party"] for sale in sales}
        customer = people.get((body.get("customer") or {}).get("id", ""))
        if customer is None:
            guests.update(booked)
        wanted = customer["emails"] if customer else (body.get("customer") or {}).get("emails", [])
        for party in booked:
            has = _folded(_contacts(parties[party], "email"))
            if has != _folded(wanted):
                yield f"order {body['name']} of {wanted} is booked on a party with {has}"
        if len(booked) > 1:
            yield f"order {body['name']} is booked on {len(booked)} parties"
    yield from (f"party {party} stands for {times} guests" for party, times in guests.items() if times > 1)


def _web_person(body: Row) -> tuple[object, ...]:
    addresses = [_place(one, one.get("kind", ""), one.get("name", "")) for one in body.get("addresses", ())]
    phones = sorted(map(_digits, body.get("phones", ())))
    emails = _folded(body.get("emails", ()))
    return (body["name"], tuple(emails), tuple(phones), tuple(sorted(addresses)), body.get("group") or "")


def _party(row: Row) -> tuple[object, ...]:
    addresses = []
    for one in row["addresses."]:
        kind = "shipping" if one["delivery"] else "billing" if one["invoice"] else "other"
        country = one.get("country.") or {}
        place = _place({**one, "country": country.get("code")}, kind, one["party_name"])
        if one["active"] and any(place[1:]):  # one that says nothing is none
            addresses.append(place)
    phones = sorted(map(_digits, [*_contacts(row, "phone"), *_contacts(row, "mobile")]))
    group = ", ".join(one["name"] for one in row["categories."])
    return (row["name"], tuple(_folded(_contacts(row, "email"))), tuple(phones), tuple(sorted(addresses)), group)


def _folded(emails: Iterable[str]) -> list[str]:
    """Upper and lower case are the same in an e-mail address."""
    return sorted(one.casefold() for one in emails)


def _contacts(row: Row, kind: str) -> list[str]:
    return [one["value"] for one in row["contact_mechanisms."] if one["active"] and one["type"] == kind]


def _place(row: Row, kind: str, name: str | None) -> tuple[str, ...]:
    return (kind, name or "", *(row.get(part) or "" for part in ("street", "city", "postal_code", "country")))


def _digits(phone: str) -> str:
    return "".join(one for one in phone if one.isdigit() or one == "+")
