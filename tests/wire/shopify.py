"""Shopify in the tests of the wire: what its requests are, what its site holds, and what must hold of it."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import syncctl.connectors.shopify.admin
from syncctl.connectors.shopify.admin import wire_of
from tests.crash.oracle import State
from tests.fakes.shopify import CLIENT_ID, CLIENT_SECRET, Frozen, Hands, add_app
from tests.fakes.shopify.order_records import Order
from tests.fakes.shopify.schema import schema_of
from tests.fakes.wire import Request
from tests.shopify_world import ShopifyCycles
from tests.wire import shopify_codes, shopify_day
from tests.wire.world import DEADLINE, PAGE, SILENCE, Answered, Asked, Codes, Level, Passing, Shares, WireWorld

_NAMED = re.compile(r"\s*(query|mutation)\s+(\w+)")


class ShopifyWire(WireWorld, ShopifyCycles):
    """A Shopify shop, entered by an app that asks for its tokens. It compares a level before it writes it."""

    compares = True

    shares = Shares(cells=40, cells_on=67, races=8, pairs=10, storms=2, kills=8)
    happenings = shopify_day.HAPPENINGS
    client_secret = CLIENT_SECRET

    def __init__(self, folder: Path, **sections: Any) -> None:
        keys = {"access_token": None, "client_id": CLIENT_ID, "client_secret": self.client_secret}
        store = {**keys, **shopify_day.STORE, "page_size": PAGE}
        super().__init__(folder, store=store, options=shopify_day.SHOP, **sections)
        schema_of("2026-07", own=True)  # a silence is short here, and shorter than this takes the first time
        self.change(customers={"send_invite": True})
        add_app(self.site)

    @staticmethod
    def hurried(patch: pytest.MonkeyPatch, passing: Passing) -> None:
        def short(settings: Any) -> Any:
            return replace(wire_of(settings), timeout=3 * SILENCE, deadline=3 * DEADLINE, max_bytes=2**21)

        patch.setattr(syncctl.connectors.shopify.admin, "wire_of", short)

    def set_scene(self) -> None:
        shopify_day.set_scene(self)

    def frozen(self) -> Frozen:
        return self.site.freeze()

    def thaw(self, frozen: Frozen) -> None:
        self.site = self.server.site = frozen.thaw(self.exactly)
        self.hands = Hands(self.site)

    # --- what is asked ---

    def named(self, request: Request) -> Asked:
        if not request.path.endswith("graphql.json"):
            return "sign in", request.path.rpartition("/")[2]
        found = _NAMED.match(str(request.json()["query"]))
        assert found, request.body
        return found[1], found[2]

    def writes(self, asked: Asked) -> bool:
        return asked[0] == "mutation"

    def begins_walk(self, request: Request) -> bool:
        return self.named(request) == ("query", "orders") and not request.json()["variables"].get("after")

    def reads_levels(self, request: Request) -> bool:
        return self.named(request) == ("query", "levels")

    def codes_of(self, kind: str, asked: Asked) -> Codes:
        return shopify_codes.codes_of(kind, asked)

    def codes_of_all(self, kind: str, *, late: bool) -> Codes:
        return shopify_codes.codes_of_all(kind, late=late)

    # --- what is secret ---

    def secrets(self) -> Collection[str]:
        return (self.client_secret, *self.site.tokens)

    def may_keep(self, path: Path) -> bool:
        tokens = path.name == "hub.db.tokens"
        assert not tokens or path.stat().st_mode & 0o777 == 0o600
        return tokens or super().may_keep(path)

    # --- what it holds ---

    def held(self) -> State:
        site = self.site
        return {
            "levels in the shop": sorted(
                (str(item.sku), place, level.available, level.on_hand)
                for item in site.items.values()
                for place, level in item.levels.items()
            ),
            "prices in the shop": sorted(
                (str(site.items[one.item].sku), str(one.price), str(one.compare_at_price))
                for one in site.variants.values()
            ),
            "orders in the shop": sorted(
                (one.id, one.cancelled_at is not None, sum(each.current_quantity for each in one.lines), _sent(one))
                for one in site.orders.values()
            ),
            "people in the shop": sorted(map(self._person, site.customers.values())),
            "answers in the books": sorted(self._answers()),
        }

    def _person(self, one: Any) -> tuple[Any, ...]:
        places = sorted((str(each.address1), str(each.city), str(each.zip)) for each in one.addresses)
        answers = one.email_consent.state, one.sms_consent.state
        names = str(one.first_name), str(one.last_name), str(one.email), str(one.phone), str(one.note)
        was_asked = one.state != "DISABLED" or one.email in self._not_invited()
        return (*names, *sorted(one.tags), *answers, "asked to have an account" * was_asked, *places)

    def _not_invited(self) -> set[str]:
        """Who is never invited, since the shop refused it once: that is told when it happens."""
        query = "SELECT k.value FROM invitation i JOIN contact k USING (customer_id) WHERE i.state = 'refused'"
        return {email for (email,) in self.rows(query)}

    def _answers(self) -> Iterator[tuple[str, ...]]:
        """What everybody answered, and his group, as the books have it."""
        rows = self.office.connection.execute("SELECT name, group_title, consents FROM customer WHERE NOT deleted")
        for name, group, consents in rows:
            yield name, group or "", *sorted(f"{one['channel']} {one['state']}" for one in json.loads(consents or "[]"))

    def events(self) -> int:
        return len(self.site.oracle.events)

    def violations(self) -> list[str]:
        return [*self.site.oracle.violations, *self._wrong_people()]

    def _wrong_people(self) -> Iterator[str]:
        people = self.site.customers.values()
        for what in ("email", "phone"):
            seen = Counter(str(getattr(one, what)).casefold() for one in people if getattr(one, what))
            yield from (f"I4: {one} is {times} times in the shop" for one, times in seen.items() if times > 1)
        mails = Counter((kind, number) for _, kind, number in self.site.oracle.mails)
        yield from (f"I2: {one} left {times} times" for one, times in mails.items() if times > 1)
        for one in people:
            answers = {("email", one.email_consent.state.lower()), ("sms", one.sms_consent.state.lower())}
            told = {(channel, state) for channel, state in answers if state != "not_subscribed"}
            yield from (f"I5: {one.email} never said {each}" for each in told - self.said(one.email))

    def said(self, email: str | None) -> Collection[Answered]:
        return shopify_day.SAID.get((email or "").casefold(), set())

    def order_ids(self) -> Collection[str]:
        return [str(one) for one in self.site.orders]

    def tracking_numbers(self) -> Mapping[str, list[str]]:
        return {
            str(one.id): [
                str(each["number"])
                for made in one.fulfilments_made
                if made.status != "CANCELLED"
                for each in made.tracking
                if each["number"]
            ]
            for one in self.site.orders.values()
        }

    def goods(self) -> Mapping[str, str]:
        return {str(one.id): one.sku for one in self.site.items.values() if one.tracked and one.sku}

    def levels_of(self, goods_id: str) -> list[Level]:
        levels = self.site.oracle.levels.get((int(goods_id), self.location), ())
        return [Level(one.number, one.available, one.by == "api") for one in levels]

    def ordered(self, sku: str) -> Iterator[tuple[str, str, int, int]]:
        for order in self.site.orders.values():
            for line in order.lines if order.cancelled_at is None else ():
                if line.sku == sku:
                    yield str(order.id), str(line.id), line.quantity - line.removed, _restocked(order, line.id)


def _restocked(order: Order, line_id: int) -> int:
    """Units of a line that came back and can be sold again."""
    parts = [each for made in order.refunds_made for each in made.lines if each.line_id == line_id]
    return sum(each.quantity for each in parts if each.restocked)


def _sent(order: Order) -> str:
    """What has left of it, whatever it is called there."""
    rows = [
        (made.status, sorted((each.line_id, each.quantity) for each in made.lines), made.tracking)
        for made in order.fulfilments_made
    ]
    return json.dumps(sorted(rows, key=repr))
