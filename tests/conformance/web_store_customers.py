"""Customers, their consent and their groups."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from syncctl.connectors.base import WebStore
from syncctl.model import (
    Consent,
    Customer,
    CustomerChange,
    CustomerKey,
    Refused,
    Written,
)
from tests.conformance.people import Crowd, Promises, a_field
from tests.conformance.web_store_invitations import Invitations
from tests.conformance.web_store_kit import LONG, World


class Customers(Promises, Invitations):
    """Looked up by key, written field by field."""

    @pytest.fixture
    def crowd(self, store: WebStore, world: World) -> Crowd:
        return Crowd(lambda: store, world.staff, lambda: world.advance(LONG))

    def create(self, store: WebStore, email: str, reference: str = "ref-1", **fields: object) -> str:
        if not store.abilities.customer_batch:
            pytest.skip("the store does not take customers")
        given = {"name": "Ada Byron", "emails": (email,), **fields}
        (outcome,) = store.push_customers([CustomerChange(key="c", id=None, reference=reference, fields=given)])
        assert isinstance(outcome, Written), outcome
        return outcome.remote_id

    def found(self, store: WebStore, key: CustomerKey) -> list[Customer]:
        (candidates,) = store.find_customers([key])
        return candidates

    def test_a_customer_is_found_by_each_key(self, store: WebStore) -> None:
        made = self.create(store, "ada@example.com", phones=("+447700900123",))
        self.create(store, "bob@example.com", reference="ref-2")
        keys = {
            "reference": CustomerKey(reference="ref-1"),
            "id": CustomerKey(id=made),
            "email": CustomerKey(email="ada@example.com"),
            "phone": CustomerKey(phone="+447700900123"),
        }
        asked = [key for by, key in keys.items() if by in store.abilities.customer_search]
        answers = store.find_customers([*asked, CustomerKey(email="nobody@example.com")])
        found = [made in {each.id for each in candidates} for candidates in answers]
        assert found == [True] * len(asked) + [False] and len(asked) > 1
        assert [one.reference for group in answers for one in group if one.id == made] == ["ref-1"] * len(asked)

    def test_only_the_named_fields_of_a_customer_change(self, store: WebStore) -> None:
        field = next(name for name in ("note", "company") if name in store.abilities.customer_fields)
        made = self.create(store, "ada@example.com", phones=("+447700900123",), **{field: "likes tea"})
        store.push_customers([CustomerChange(key="c", id=made, reference="", fields={"name": "Ada King"})])
        (after,) = self.found(store, CustomerKey(id=made))
        assert (after.name, getattr(after, field), after.phones) == ("Ada King", "likes tea", ("+447700900123",))
        assert (after.emails, after.reference) == (("ada@example.com",), "ref-1")

    def test_customers_that_cannot_be_are_refused_alone(self, store: WebStore) -> None:
        self.create(store, "ada@example.com")
        outcomes = store.push_customers(
            [
                CustomerChange(key="a", id=None, reference="r-a", fields={"emails": ("ADA@example.com",)}),
                CustomerChange(key="b", id="no-such-customer", reference="", fields={"name": "X"}),
                CustomerChange(key="c", id=None, reference="r-c", fields={"emails": ("eve@example.com",)}),
            ]
        )
        assert [(each.key, type(each)) for each in outcomes] == [("a", Refused), ("b", Refused), ("c", Written)]
        assert isinstance(outcomes[0], Refused)
        assert outcomes[0].reason == "email_taken"

    def test_no_answer_about_marketing_is_not_a_no(self, store: WebStore) -> None:
        if "email" not in store.abilities.consent_channels:
            pytest.skip("the store keeps no consent to e-mail")
        asked_at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        answer = Consent(channel="email", state="unsubscribed", changed_at=asked_at, source="checkout")
        silent = self.create(store, "silent@example.com")
        said_no = self.create(store, "no@example.com", reference="ref-2", consents=(answer,))
        assert self.found(store, CustomerKey(id=silent))[0].consents == ()
        (told,) = self.found(store, CustomerKey(id=said_no))[0].consents
        assert told.source in (answer.source, ""), "it may keep nothing of where it was given"
        told = replace(told, source=answer.source)
        assert told in (answer, replace(answer, changed_at=None)), "it may keep no time, and never another one"

    def test_changed_and_deleted_customers_are_told(self, store: WebStore, world: World) -> None:
        if not (store.abilities.customer_changes and store.abilities.customer_departures):
            pytest.skip("the store does not tell which customers changed, or were deleted")
        field = a_field(store)
        still, changed, gone = (self.create(store, f"{each}@example.com", each) for each in ("a", "b", "c"))
        world.advance(LONG)
        *_, last = store.fetch_customers(None)
        store.push_customers([CustomerChange(key="c", id=changed, reference="", fields={field: "new"})])
        world.staff.delete_customer(gone)
        told = {each.id: each for page in store.fetch_customers(last.cursor) for each in page.records}
        assert still not in told
        assert (getattr(told[changed], field), told[changed].deleted, told[gone].deleted) == ("new", False, True)
        assert self.found(store, CustomerKey(id=gone)) == []

    # --- expected beside the orders -----------------------------------------------------------------------------------

    def test_customers_who_were_expected_are_told_whole(self, store: WebStore, world: World, crowd: Crowd) -> None:
        ids = crowd.made(*"ABCDEFG")
        world.advance(LONG)
        told, cursor = self.expected(store, crowd, None)
        assert told.keys() == set(ids)
        new = crowd.made("H", "I")
        told, _ = self.expected(store, crowd, cursor)
        assert told.keys() == set(new)

    @pytest.mark.parametrize("place", [0, 3, 6])
    def test_who_changes_between_the_orders_and_the_customers_is_seen_now_or_later(
        self, store: WebStore, world: World, crowd: Crowd, place: int
    ) -> None:
        crowd.tells_changes()
        ids = crowd.made(*"ABCDEFG")
        world.advance(LONG)
        _, cursor = crowd.read(None)
        store.expect_customers(cursor)
        for _ in store.fetch_orders(None, None):
            pass
        crowd.change(ids[place], **{crowd.field: "moved"})
        told, cursor = crowd.read(cursor)
        later, _ = crowd.read(cursor)
        assert crowd.field_of((told | later)[ids[place]]) == "moved"

    def test_an_expectation_that_came_to_nothing_hides_nobody(
        self, store: WebStore, world: World, crowd: Crowd
    ) -> None:
        """The orders broke off, or customers were asked for from elsewhere; what was kept is kept for nobody then."""
        world.add_listing("SKU-2", 50)
        for _ in range(4):
            world.place([("SKU-2", 1, "5.00", "0")])
        ids = crowd.made(*"ABCDE")
        world.advance(LONG)
        _, cursor = crowd.read(None)
        store.expect_customers(cursor)
        next(iter(store.fetch_orders(None, None)))
        new = crowd.made("F", "G")
        told, after = crowd.read(cursor)
        later, _ = crowd.read(after)
        assert told.keys() | later.keys() >= set(new)
        store.expect_customers(cursor)
        next(iter(store.fetch_orders(None, None)))
        assert crowd.read(None)[0].keys() >= {*ids, *new}

    def expected(self, store: WebStore, crowd: Crowd, cursor: str | None) -> tuple[dict[str, Customer], str]:
        """Orders and then customers, as a run reads them."""
        store.expect_customers(cursor)
        for _ in store.fetch_orders(None, None):
            pass
        return crowd.read(cursor)

    # --- groups -------------------------------------------------------------------------------------------------------

    def test_groups_are_made_once(self, store: WebStore) -> None:
        if not store.abilities.groups:
            pytest.skip("the store has no customer groups")
        if not store.abilities.makes_groups:
            pytest.skip("the settings name its groups")
        before = set(store.fetch_groups())
        store.create_groups(["Trade [UK]", "trade [uk]"])
        store.create_groups(["Trade [UK]"])
        assert sorted(set(store.fetch_groups()) - before) == ["Trade [UK]", "trade [uk]"]
        assert len(store.fetch_groups()) == len(set(store.fetch_groups()))
