"""Customers: found by what identifies them (the caller compares), changed field by field, grouped."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.model import Address, Booked, Consent, Customer, CustomerChange, CustomerKey, Refused, Written
from tests.conformance.back_office_kit import BackOfficeSuite, Runs, document, line
from tests.conformance.people import Crowd, Promises

ADDRESS = Address(name="Ann Lee", street="1 High Street", city="Leeds", postal_code="LS1 1AA", country="GB")
ANN: Mapping[str, Any] = {
    "name": "Ann Lee",
    "company": "Lee & Daughters",
    "emails": ("ann@example.com",),
    "phones": ("+441134960000",),
    "addresses": (ADDRESS,),
    "tax_id": "GB980780684",
    "note": "leave with [the] neighbour 🙂",
}


def create(reference: str, **fields: object) -> CustomerChange:
    return CustomerChange(key=reference, id=None, reference=reference, fields={**ANN, **fields})


def change(customer_id: str, **fields: object) -> CustomerChange:
    return CustomerChange(key=customer_id, id=customer_id, reference="", fields=fields)


class Customers(Promises, BackOfficeSuite):
    @pytest.fixture
    def crowd(self, runs: Runs) -> Crowd:
        return Crowd(runs.again, runs.vendor, lambda: None)

    def make(self, runs: Runs, *changes: CustomerChange) -> list[str]:
        """Create customers; skip where that is impossible; their ids."""
        if not runs.books.abilities.customer_batch:
            pytest.skip("customers cannot be written")
        outcomes = runs.books.push_customers(changes)
        assert all(isinstance(outcome, Written) for outcome in outcomes), outcomes
        return [outcome.remote_id for outcome in outcomes if isinstance(outcome, Written)]

    def by_id(self, runs: Runs, customer_id: str) -> Customer:
        [candidates] = runs.books.find_customers([CustomerKey(id=customer_id)])
        [found] = [candidate for candidate in candidates if candidate.id == customer_id]
        return found

    @pytest.mark.parametrize(
        ("key", "is_it"),
        [
            (CustomerKey(reference="c-1"), lambda one: one.reference == "c-1"),
            (CustomerKey(email="ann@example.com"), lambda one: "ann@example.com" in one.emails),
            (CustomerKey(phone="+441134960000"), lambda one: "+441134960000" in one.phones),
        ],
        ids=["reference", "email", "phone"],
    )
    def test_a_customer_is_among_the_candidates(
        self, runs: Runs, key: CustomerKey, is_it: Callable[[Customer], bool]
    ) -> None:
        by = next(name for name in ("reference", "email", "phone") if getattr(key, name))
        if by not in runs.books.abilities.customer_search:
            pytest.skip(f"it does not search by {by}")
        others = {"emails": ("joann@example.com.au",), "phones": ("+441134960001",)}
        ids = self.make(runs, create("c-10", **others), create("c-1"), create("c-2", emails=(), phones=()))
        [candidates] = runs.again().find_customers([key])
        assert [one.id for one in candidates if is_it(one)] == [ids[1]]

    def test_what_was_written_is_read_back(self, runs: Runs) -> None:
        [made] = self.make(runs, create("c-1"))
        found = self.by_id(runs, made)
        kept = sorted(ANN.keys() & runs.books.abilities.customer_fields)
        assert {name: getattr(found, name) for name in kept} == {name: ANN[name] for name in kept}
        assert found.reference in ("c-1", None)

    def test_nobody_is_found_by_what_nobody_has(self, runs: Runs) -> None:
        self.make(runs, create("c-1"))
        keys = [CustomerKey(email="nobody@example.org"), CustomerKey(id="999999"), CustomerKey()]
        assert runs.books.find_customers(keys) == [[], [], []]

    def test_candidates_come_in_the_order_of_the_keys(self, runs: Runs) -> None:
        ids = self.make(runs, create("c-1", emails=("a@x.org",)), create("c-2", emails=("b@x.org",)))
        keys = [CustomerKey(id=ids[1]), CustomerKey(email="none@x.net"), CustomerKey(id=ids[0])]
        found = runs.books.find_customers(keys)
        assert [[one.id for one in candidates] for candidates in found] == [[ids[1]], [], [ids[0]]]

    def test_a_change_leaves_the_other_fields_alone(self, runs: Runs) -> None:
        [made] = self.make(runs, create("c-1"))
        before = self.by_id(runs, made)
        [outcome] = runs.books.push_customers([change(made, phones=("+441134960009",))])
        assert isinstance(outcome, Written)
        after = self.by_id(runs, made)
        assert after.phones == ("+441134960009",)
        assert replace(after, phones=before.phones, changed_at=before.changed_at) == before

    def test_a_refused_customer_stops_no_others(self, runs: Runs) -> None:
        self.make(runs)
        changes = [create("c-1"), create("c-2", name=""), change("999999", note="?"), create("c-3")]
        outcomes = runs.books.push_customers(changes)
        assert [outcome.key for outcome in outcomes] == ["c-1", "c-2", "999999", "c-3"]
        assert [type(outcome) for outcome in outcomes] == [Written, Refused, Refused, Written]
        references = {one.id for page in runs.books.fetch_customers(None) for one in page.records}
        assert len(references) == 2

    def test_a_document_can_name_its_customer_and_no_other(self, runs: Runs) -> None:
        [made] = self.make(runs, create("c-1"))
        outcomes = runs.book(
            document("order-1", line("1", "CUP"), customer_id=made),
            document("order-2", line("1", "CUP"), customer_id="999999"),
        )
        assert [type(outcome) for outcome in outcomes] == [Booked, Refused]

    def test_groups_are_made_once_under_their_exact_title(self, runs: Runs) -> None:
        if not runs.books.abilities.groups:
            pytest.skip("it has no customer groups")
        titles = ["Trade", "trade", "Wholesale [/b]"]
        for _ in range(2):
            runs.books.create_groups(titles)
        assert sorted(runs.again().fetch_groups()) == sorted(titles)
        runs.books.create_groups([])
        assert len(runs.books.fetch_groups()) == 3

    def test_a_customer_is_put_in_a_group(self, runs: Runs) -> None:
        if not runs.books.abilities.groups:
            pytest.skip("it has no customer groups")
        runs.books.create_groups(["Trade"])
        [made] = self.make(runs, create("c-1", group="Trade"))
        assert self.by_id(runs, made).group == "Trade"

    def test_consent_is_kept_with_its_source_and_its_time_or_none(self, runs: Runs) -> None:
        if not runs.books.abilities.consent_channels:
            pytest.skip("it keeps no consent")
        channel = sorted(runs.books.abilities.consent_channels)[0]
        at = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
        given = Consent(channel=channel, state="unsubscribed", changed_at=at, source="web")
        ids = self.make(runs, create("c-1", consents=(given,)), create("c-2"))
        [told] = self.by_id(runs, ids[0]).consents
        assert told in (given, replace(given, changed_at=None))
        assert self.by_id(runs, ids[1]).consents == ()
