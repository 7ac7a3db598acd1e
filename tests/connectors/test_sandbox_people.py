"""The customers of both halves of the sandbox, as real systems keep them: merged, grouped, invited, asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.errors import DataError
from syncctl.model import Booked, Consent, Customer, CustomerChange, CustomerKey, Queued, Refused, Written
from syncctl.settings import SandboxBooksSettings, SandboxStoreSettings
from tests.conformance.back_office import document, line
from tests.connectors.sandbox_world import Clock

ADA: dict[str, Any] = {"name": "Ada Byron", "emails": ("ada@example.com",), "phones": ("+447700900123",)}
BOB: dict[str, Any] = {"name": "Bob", "emails": ("bob@example.com",), "note": "rings twice"}


def yes(channel: str = "email") -> Consent:
    return Consent(channel=channel, state="subscribed")


def no(channel: str = "email") -> Consent:
    return Consent(channel=channel, state="unsubscribed")


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Iterator[Office]:
    with closing(Office(tmp_path / "office.db", demo=False, clock=clock)) as office:
        yield office


@pytest.fixture
def books(office: Office, tmp_path: Path) -> Iterator[SandboxBooks]:
    settings = SandboxBooksSettings(connector="sandbox", path=tmp_path / "office.db")
    with closing(SandboxBooks("back-office", settings)) as books:
        yield books


def with_settings(shop: Shop, **settings: object) -> SandboxStore:
    made = SandboxStoreSettings.model_validate({"connector": "sandbox", "path": shop.path, **settings})
    return SandboxStore("web", made)


def told(pages: Iterator[Page[Customer]]) -> dict[str, Customer]:
    return {one.id: one for page in pages for one in page.records}


def found(side: SandboxStore | SandboxBooks, customer_id: str) -> Customer:
    [[customer]] = side.find_customers([CustomerKey(id=customer_id)])
    return customer


class TestMerging:
    def test_the_shops_orders_keys_and_answers_follow(self, store: SandboxStore, shop: Shop, clock: Clock) -> None:
        shop.add_group("Trade")
        ada = shop.upsert_customer(reference="ref-ada", **ADA, group="Trade", consents=(no(), yes("sms")))
        bob = shop.upsert_customer(**BOB, consents=(yes(),))
        shop.add_listing("A", units=5)
        order = shop.place_order([("A", 1)], customer=ada)
        clock.at += timedelta(hours=1)
        *_, last = store.fetch_customers(None)
        shop.merge_customers(ada, into=bob)
        changed = told(store.fetch_customers(last.cursor))
        assert (changed[ada].deleted, changed[ada].merged_into) == (True, bob)
        both = changed[bob]
        assert (both.name, both.note, both.group, both.reference) == ("Bob", "rings twice", "Trade", "ref-ada")
        assert both.emails == ("bob@example.com", "ada@example.com")
        assert {one.channel: one.state for one in both.consents} == {"email": "unsubscribed", "sms": "subscribed"}
        keys = [CustomerKey(email="ada@example.com"), CustomerKey(reference="ref-ada"), CustomerKey(id=ada)]
        assert [[one.id for one in each] for each in store.find_customers(keys)] == [[bob], [bob], []]
        [told_order] = store.fetch_orders_by_id([order]).records
        assert told_order.customer is not None and told_order.customer.id == bob
        assert told_order.changed_at == clock.at

    def test_the_offices_documents_follow_also_those_that_wait(self, tmp_path: Path) -> None:
        with closing(Office(tmp_path / "office.db", demo=False, answers="later")) as office:
            office.add_item("CUP", "Cup", "2.50", 10)
            one, two = office.upsert_customer(**ADA), office.upsert_customer(**BOB)
            [outcome] = office.push([document("order-1", line("1", "CUP"), customer_id=one)])
            assert isinstance(outcome, Queued)
            office.merge_customers(one, into=two)
            assert [type(each) for each in office.work_queue()] == [Booked]
            office.merge_customers(two, into=office.upsert_customer(name="Three"))
            assert [each.document.customer_id for each in office.documents()] == ["3"]

    def test_the_offices_other_one_is_told_as_merged(self, books: SandboxBooks, office: Office) -> None:
        ada = {**ADA, "tax_id": "GB980780684"}
        one, two = office.upsert_customer(reference="r-1", **ada), office.upsert_customer(**BOB, tax_exempt=True)
        *_, last = books.fetch_customers(None)
        office.merge_customers(one, into=two)
        changed = told(books.fetch_customers(last.cursor))
        assert (changed[one].deleted, changed[one].merged_into) == (True, two)
        assert (changed[two].reference, changed[two].phones) == ("r-1", ("+447700900123",))
        assert (changed[two].tax_id, changed[two].tax_exempt) == ("GB980780684", True)
        [refused] = books.push_customers([CustomerChange(key="k", id=one, reference="", fields={"note": "?"})])
        assert isinstance(refused, Refused) and refused.reason == "unknown_customer"

    def test_nobody_is_merged_into_himself_or_into_nobody(self, shop: Shop, office: Office) -> None:
        ada, anne = shop.upsert_customer(**ADA), office.upsert_customer(**ADA)
        for into, reason in ((ada, "same_customer"), ("999", "unknown_customer")):
            with pytest.raises(ShopRefusal) as refusal:
                shop.merge_customers(ada, into=into)
            assert refusal.value.reason == reason
        for into, reason in ((anne, "same_customer"), ("999", "unknown_customer")):
            with pytest.raises(OfficeRefusal) as refused:
                office.merge_customers(anne, into=into)
            assert refused.value.reason == reason
        assert [one["id"] for one in shop.customers()] == [ada]
        assert [one.id for one in office.customers()] == [anne]


def test_a_file_of_before_there_were_tax_identifiers_opens_with_all_that_is_in_it(tmp_path: Path) -> None:
    with closing(Office(tmp_path / "office.db", demo=False)) as office:
        ada = office.upsert_customer(**ADA)
    with closing(sqlite3.connect(tmp_path / "office.db")) as connection:
        connection.execute("ALTER TABLE customer DROP COLUMN tax_id")
    for text in ("", "GB980780684"):
        with closing(Office(tmp_path / "office.db", demo=False)) as office:
            assert (office.customer(ada).emails, office.customer(ada).tax_id) == (("ada@example.com",), text)
            office.upsert_customer(ada, tax_id="GB980780684")


def test_the_back_office_takes_an_e_mail_twice_and_none_at_all_and_the_shop_no_e_mail_twice(
    books: SandboxBooks, store: SandboxStore
) -> None:
    def change(key: str, **fields: object) -> CustomerChange:
        return CustomerChange(key=key, id=None, reference=key, fields=fields)

    changes = [change("a", **ADA), change("b", **ADA), change("c", name="No contact at all")]
    assert [type(one) for one in books.push_customers(changes)] == [Written] * 3
    first, second, third = store.push_customers(changes)
    assert isinstance(second, Refused) and second.reason == "email_taken"
    assert [type(one) for one in (first, third)] == [Written] * 2


class TestGroups:
    def test_members_follow_a_new_title_and_are_in_no_group_when_it_goes(
        self, store: SandboxStore, shop: Shop, books: SandboxBooks, office: Office, clock: Clock
    ) -> None:
        for side, people in ((shop, store), (office, books)):
            (side.add_group("Trade") if isinstance(side, Shop) else side.add_groups(["Trade"]))
            member, other = side.upsert_customer(**ADA, group="Trade"), side.upsert_customer(**BOB)
            assert (found(people, member).group, found(people, other).group) == ("Trade", "")
            clock.at += timedelta(hours=1)
            *_, last = people.fetch_customers(None)
            side.rename_group("Trade", "Wholesale")
            assert {one: each.group for one, each in told(people.fetch_customers(last.cursor)).items()} == {
                member: "Wholesale"
            }
            assert side.groups() == ["Wholesale"]
            clock.at += timedelta(hours=1)
            *_, last = people.fetch_customers(last.cursor)
            side.delete_group("Wholesale")
            assert {one: each.group for one, each in told(people.fetch_customers(last.cursor)).items()} == {member: ""}
            assert side.groups() == []

    def test_a_group_that_is_not_there_cannot_be_renamed_nor_take_a_title_that_is(
        self, shop: Shop, office: Office
    ) -> None:
        for side, refusal in ((shop, ShopRefusal), (office, OfficeRefusal)):
            for title in ("Trade", "Staff"):
                (side.add_group(title) if isinstance(side, Shop) else side.add_groups([title]))
            for old, new, reason in (("trade", "x", "unknown_group"), ("Trade", "Staff", "group_exists")):
                with pytest.raises(refusal) as refused:
                    side.rename_group(old, new)
                assert refused.value.reason == reason
            assert side.groups() == ["Staff", "Trade"]


class TestInvitations:
    @pytest.mark.parametrize("how", ["state", "mark", "blind"])
    def test_each_way_tells_what_it_can(self, shop: Shop, how: str) -> None:
        ada = shop.upsert_customer(**ADA)
        with closing(with_settings(shop, invites=how)) as store:
            assert store.abilities.invites == how
            none_yet = None if how == "blind" else False
            assert found(store, ada).invited is none_yet
            [marked] = store.mark_invited([ada])
            assert isinstance(marked, Written if how == "mark" else Refused)
            assert found(store, ada).invited is (True if how == "mark" else none_yet)
            assert shop.invitations() == []
            [sent] = store.send_invites([ada])
            assert sent == Written(key=ada)
            assert [one for one, _ in shop.invitations()] == [ada]
            assert found(store, ada).invited is (None if how == "blind" else True)

    def test_none_sends_none(self, shop: Shop) -> None:
        ada = shop.upsert_customer(**ADA)
        with closing(with_settings(shop, invites="none")) as store:
            assert store.abilities.invites == ""
            assert [type(one) for one in (*store.send_invites([ada]), *store.mark_invited([ada]))] == [Refused] * 2
        assert shop.invitations() == []

    def test_asked_twice_the_shop_sends_twice_and_keeps_both_on_record(
        self, store: SandboxStore, shop: Shop, clock: Clock
    ) -> None:
        ada = shop.upsert_customer(**ADA)
        first = shop.invite(ada)
        clock.at += timedelta(hours=1)
        store.send_invites([ada])
        assert shop.invitations() == [(ada, first), (ada, clock.at)]
        rows = sqlite3.connect(shop.path).execute("SELECT customer_id, email FROM invitation").fetchall()
        assert rows == [(ada, "ada@example.com")] * 2

    def test_each_refusal_has_its_word_and_stops_no_other(self, store: SandboxStore, shop: Shop) -> None:
        ada, bob = shop.upsert_customer(**ADA), shop.upsert_customer(**BOB)
        mute = shop.upsert_customer(name="No address")
        shop.register(ada)
        assert found(store, ada).invited is True
        outcomes = store.send_invites([ada, mute, "999", bob])
        assert [getattr(one, "reason", "") for one in outcomes] == ["has_account", "no_email", "unknown_customer", ""]
        assert [one for one, _ in shop.invitations()] == [bob]

    def test_an_order_does_not_say_who_was_invited(self, store: SandboxStore, shop: Shop) -> None:
        ada = shop.upsert_customer(**ADA)
        shop.invite(ada)
        [order] = store.fetch_orders_by_id([shop.place_order([], customer=ada)]).records
        assert order.customer is not None and order.customer.invited is None

    def test_who_is_invited_has_changed(self, store: SandboxStore, shop: Shop, clock: Clock) -> None:
        ada, _ = shop.upsert_customer(**ADA), shop.upsert_customer(**BOB)
        clock.at += timedelta(hours=1)
        *_, last = store.fetch_customers(None)
        shop.invite(ada)
        assert {one: each.changed_at for one, each in told(store.fetch_customers(last.cursor)).items()} == {
            ada: clock.at
        }

    def test_the_one_who_stands_for_another_was_invited_if_either_was(self, store: SandboxStore, shop: Shop) -> None:
        ada, bob = shop.upsert_customer(**ADA), shop.upsert_customer(**BOB)
        shop.invite(ada)
        shop.merge_customers(ada, into=bob)
        assert found(store, bob).invited is True


class TestConsent:
    def test_an_answer_for_one_channel_leaves_the_other_alone(self, store: SandboxStore, shop: Shop) -> None:
        ada = shop.upsert_customer(**ADA, consents=(yes("sms"), yes()))
        store.push_customers([CustomerChange(key="k", id=ada, reference="", fields={"consents": (no(),)})])
        assert found(store, ada).consents == (yes("sms"), no())
        store.push_customers([CustomerChange(key="k", id=ada, reference="", fields={"consents": ()})])
        assert found(store, ada).consents == (yes("sms"), no())

    def test_by_hand_it_is_given_withdrawn_and_forgotten_at_the_sides_own_time(
        self, store: SandboxStore, shop: Shop, books: SandboxBooks, office: Office, clock: Clock
    ) -> None:
        for side, people in ((shop, store), (office, books)):
            ada = side.upsert_customer(**ADA)
            assert found(people, ada).consents == ()
            for state in ("subscribed", "unsubscribed"):
                clock.at += timedelta(hours=1)
                side.set_consent(ada, "email", state, source="desk")
                expected = Consent(channel="email", state=state, changed_at=clock.at, source="desk")
                assert found(people, ada).consents == (expected,)
                assert found(people, ada).changed_at == clock.at
            side.set_consent(ada, "email", None)
            assert found(people, ada).consents == ()

    def test_a_side_without_times_forgets_the_time_that_it_was_sent(self, shop: Shop, tmp_path: Path) -> None:
        settings = SandboxBooksSettings(connector="sandbox", path=tmp_path / "office.db", consent_times=False)
        asked = Consent(channel="email", state="unsubscribed", changed_at=shop.clock(), source="web")
        for side in (with_settings(shop, consent_times=False), SandboxBooks("back-office", settings)):
            change = CustomerChange(key="k", id=None, reference="r", fields={**ADA, "consents": (asked,)})
            [made] = side.push_customers([change])
            assert isinstance(made, Written)
            untimed = Consent(channel="email", state="unsubscribed", source="web")
            assert found(side, made.remote_id).consents == (untimed,)
            side.close()
        kept = sqlite3.connect(tmp_path / "office.db").execute("SELECT consents FROM customer").fetchone()[0]
        assert "2026" not in kept

    def test_an_order_tells_no_time_either(self, shop: Shop) -> None:
        ada = shop.upsert_customer(**ADA)
        shop.set_consent(ada, "email", "subscribed")
        order_id = shop.place_order([], customer=ada)
        with closing(with_settings(shop, consent_times=False, consent_channels=["email"])) as store:
            [order] = store.fetch_orders_by_id([order_id]).records
        assert order.customer is not None
        assert [one.changed_at for one in order.customer.consents] == [None]

    def test_a_channel_that_is_not_kept_is_refused_alone_and_not_told(self, shop: Shop, office: Office) -> None:
        ada = shop.upsert_customer(**ADA)
        shop.set_consent(ada, "sms", "subscribed")
        with closing(with_settings(shop, consent_channels=["email"])) as store:
            assert store.abilities.consent_channels == {"email"}
            assert found(store, ada).consents == ()
            outcomes = store.push_customers(
                [
                    CustomerChange(key="a", id=ada, reference="", fields={"consents": (no("sms"),)}),
                    CustomerChange(key="b", id=ada, reference="", fields={"consents": (no(),)}),
                ]
            )
        assert [getattr(one, "reason", "") for one in outcomes] == ["unknown_channel", ""]


def test_a_side_that_keeps_one_contact_cuts_the_others_without_a_word(shop: Shop, tmp_path: Path) -> None:
    settings = SandboxBooksSettings(connector="sandbox", path=tmp_path / "office.db", contacts="one")
    several = {"name": "Ada", "emails": ("a@example.com", "b@example.com"), "phones": ("1234567", "7654321")}
    for side in (with_settings(shop, contacts="one"), SandboxBooks("back-office", settings)):
        [made] = side.push_customers([CustomerChange(key="k", id=None, reference="r", fields=several)])
        assert isinstance(made, Written)
        assert (found(side, made.remote_id).emails, found(side, made.remote_id).phones) == (
            ("a@example.com",),
            ("1234567",),
        )
        side.close()
    assert [one["emails"] for one in shop.customers()] == [["a@example.com"]]


class TestUnreadable:
    @pytest.mark.parametrize("body", ['{"id": "half-writt', '{"id": "9001", "emails": "ada@example.com"}', "{}"])
    def test_a_record_that_cannot_be_read_is_told_as_that_and_is_nobody_in_a_search(
        self, store: SandboxStore, shop: Shop, body: str
    ) -> None:
        ada, bob = shop.upsert_customer(**ADA), shop.upsert_customer(**BOB)
        shop.put_raw_customer(ada, body)
        [page] = store.fetch_customers(None)
        assert ([one.id for one in page.records], [one.id for one in page.unreadable]) == ([bob], [ada])
        with pytest.raises(DataError, match=f"Customer '{ada}' of web cannot be read"):
            store.find_customers([CustomerKey(email="ada@example.com")])


def test_a_fresh_pair_has_one_customer_on_both_sides_and_one_at_the_counter_only(tmp_path: Path) -> None:
    with closing(Shop(tmp_path / "demo.db")) as shop, closing(Office(tmp_path / "books.db")) as office:
        assert [(one["name"], one["emails"]) for one in shop.customers()] == [("Ada Byron", ["ada@example.com"])]
        assert [(one.name, one.emails) for one in office.customers()] == [
            ("Ada Byron", ("ada@example.com",)),
            ("Tom Pike", ()),
        ]
        assert shop.groups() == office.groups() == ["Trade"]
