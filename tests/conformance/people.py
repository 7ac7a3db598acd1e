"""What both interfaces promise of customers: read by change, told when they go, grouped by exact title, asked once.

Both suites bring a `Crowd`: the connector, the people on the other side, and a wait after which a cursor lies behind.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from syncctl.connectors.base import BackOffice, WebStore
from syncctl.errors import BatchRefused
from syncctl.model import Consent, Customer, CustomerChange, CustomerKey, Refused, Written

VAT = "GB980780684"
ASKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Staff(Protocol):
    """What people do to customers on the other side. What a system has no way to do calls `pytest.skip`."""

    def delete_customer(self, customer_id: str) -> None: ...
    def merge_customers(self, customer_id: str, *, into: str) -> None: ...
    def set_consent(self, customer_id: str, channel: str, state: str | None) -> None: ...
    def rename_group(self, title: str, new: str) -> None: ...
    def delete_group(self, title: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Crowd:
    """`again`: the connector as the next run makes it. `wait`: what was read is not read again by mere overlap."""

    again: Callable[[], WebStore | BackOffice]
    staff: Staff
    wait: Callable[[], None]

    @property
    def field(self) -> str:
        """A field of plain text that the connector keeps, for tests to change."""
        return a_field(self.again())

    def field_of(self, customer: Customer) -> str:
        return str(getattr(customer, self.field))

    def tells_changes(self) -> None:
        """Skips where nobody is told of who changed, or went."""
        if not self.again().abilities.customer_changes:
            pytest.skip("it does not tell which customers changed")

    def tells_departures(self) -> bool:
        """Whether somebody who was deleted or merged is told of."""
        can = self.again().abilities
        return can.customer_changes and can.customer_departures

    def needs(self, field: str) -> None:
        if field not in self.again().abilities.customer_fields:
            pytest.skip(f"it does not keep {field}")

    def keys(self, known_as: str, customer_id: str) -> list[CustomerKey]:
        """All by which somebody can be found there; as `creation` made him."""
        made = creation(known_as)
        keys = {
            "id": CustomerKey(id=customer_id),
            "reference": CustomerKey(reference=made.reference),
            "email": CustomerKey(email=made.fields["emails"][0]),  # type: ignore[index]
        }
        return [key for by, key in keys.items() if by in self.again().abilities.customer_search]

    def made(self, *named: str, **fields: object) -> list[str]:
        """Create one customer of each name (or what `fields` say); their ids, in order. Skips where that cannot be."""
        side = self.again()
        if not side.abilities.customer_batch:
            pytest.skip("customers cannot be written")
        outcomes = side.push_customers([creation(each, **fields) for each in named])
        assert all(isinstance(one, Written) for one in outcomes), outcomes
        return [one.remote_id for one in outcomes if isinstance(one, Written)]

    def change(self, customer_id: str, **fields: object) -> None:
        assert self.again().push_customers([change(customer_id, **fields)]) == [
            Written(key=customer_id, remote_id=self.remote_id(customer_id))
        ]

    def remote_id(self, customer_id: str) -> str:
        """A change may answer with the id or leave it out; which is asked of the connector itself."""
        [outcome] = self.again().push_customers([change(customer_id)])
        assert isinstance(outcome, Written) and outcome.remote_id in ("", customer_id)
        return outcome.remote_id

    def now(self, customer_id: str) -> Customer:
        [found] = self.search(CustomerKey(id=customer_id))
        return found

    def search(self, key: CustomerKey) -> list[Customer]:
        [found] = self.again().find_customers([key])
        return found

    def read(self, cursor: str | None) -> tuple[dict[str, Customer], str]:
        """The last that was told of each, and where to go on."""
        told: dict[str, Customer] = {}
        for page in self.again().fetch_customers(cursor):
            told |= {one.id: one for one in page.records}
            assert not page.unreadable
            cursor = page.cursor
        assert cursor is not None, "a reading has one page at least"
        return told, cursor


def creation(known_as: str, **fields: object) -> CustomerChange:
    given = {"name": known_as, "emails": (f"{known_as.casefold()}@example.com",), **fields}
    return CustomerChange(key=f"key-{known_as}", id=None, reference=f"ref-{known_as}", fields=given)


def change(customer_id: str, **fields: object) -> CustomerChange:
    return CustomerChange(key=customer_id, id=customer_id, reference="", fields=fields)


def a_field(side: WebStore | BackOffice) -> str:
    """A field of plain text that it keeps of a customer: the note, the company, or else the name."""
    return next(name for name in ("note", "company", "name") if name in side.abilities.customer_fields)


class Promises:
    """Run by both suites; `crowd` reads at most three customers to a page."""

    @pytest.fixture
    def crowd(self) -> Crowd:
        raise NotImplementedError("a suite gives the crowd")

    # --- read by change -----------------------------------------------------------------------------------------------

    def test_customers_are_told_as_they_are_found(self, crowd: Crowd) -> None:
        ids = []
        for number, each in enumerate(("Ann", "Bob", "Cyd", "Dee")):
            phones = (f"+44770090012{number}",)  # some let a number be one customer's only
            more = {"phones": phones} if "phones" in crowd.again().abilities.customer_fields else {}
            ids += crowd.made(each, **{crowd.field: "rings twice"}, **more)
        told, _ = crowd.read(None)
        assert [told[one] for one in ids] == [crowd.now(one) for one in ids]

    def test_only_who_changed_is_in_the_next_reading(self, crowd: Crowd) -> None:
        crowd.tells_changes()
        ids = crowd.made("Ann", "Bob", "Cyd", "Dee", "Eve")
        crowd.wait()
        _, cursor = crowd.read(None)
        crowd.change(ids[3], **{crowd.field: "moved"})
        told, _ = crowd.read(cursor)
        assert {one: crowd.field_of(each) for one, each in told.items()} == {ids[3]: "moved"}

    def test_who_is_new_is_in_the_next_reading_and_who_was_read_need_not_be(self, crowd: Crowd) -> None:
        crowd.made("Ann", "Bob", "Cyd", "Dee", "Eve")
        crowd.wait()
        _, cursor = crowd.read(None)
        told, cursor = crowd.read(cursor)
        assert told == {}
        new = crowd.made("Flo", "Gus")
        told, cursor = crowd.read(cursor)
        assert told.keys() == set(new)
        crowd.wait()
        _, cursor = crowd.read(cursor)
        assert crowd.read(cursor)[0] == {}

    @pytest.mark.parametrize("place", [0, 3, 6])
    def test_who_changes_or_goes_between_two_pages_is_seen_now_or_later(self, crowd: Crowd, place: int) -> None:
        ids = crowd.made(*"ABCDEFG")
        gone = ids[place - 1]
        side = crowd.again()
        pages = side.fetch_customers(None)
        told = {one.id: one for one in next(pages).records}
        field = a_field(side)
        moved = change(ids[place], **{field: "moved"})
        assert all(isinstance(one, Written) for one in side.push_customers([moved]))
        crowd.staff.delete_customer(gone)
        cursor = ""
        for page in pages:
            told |= {one.id: one for one in page.records}
            cursor = page.cursor
        later, _ = crowd.read(cursor)
        known = told | later
        assert known.keys() | {gone} == set(ids)
        if side.abilities.customer_changes:
            assert getattr(known[ids[place]], field) == "moved"
        if crowd.tells_departures():
            assert gone not in known or known[gone].deleted

    def test_the_cursor_of_any_page_resumes_after_it(self, crowd: Crowd) -> None:
        ids = crowd.made(*"ABCDEFG")
        pages = list(crowd.again().fetch_customers(None))
        assert len(pages) > 2, "the suite needs small pages"
        for stop, page in enumerate(pages[:-1]):
            rest, _ = crowd.read(page.cursor)
            assert {one.id for part in pages[: stop + 1] for one in part.records} | rest.keys() == set(ids)

    def test_a_change_has_its_time(self, crowd: Crowd) -> None:
        [ann] = crowd.made("Ann")
        before = crowd.now(ann).changed_at
        if before is None:
            pytest.skip("it does not tell when a customer changed")
        crowd.wait()
        crowd.change(ann, **{crowd.field: "moved"})
        after = crowd.now(ann).changed_at
        assert after is not None and after.tzinfo is not None and after >= before

    # --- gone ---------------------------------------------------------------------------------------------------------

    def test_a_deleted_customer_is_told_by_its_id_and_found_no_more(self, crowd: Crowd) -> None:
        ann, bob = crowd.made("Ann", "Bob")
        crowd.wait()
        _, cursor = crowd.read(None)
        crowd.staff.delete_customer(ann)
        told, _ = crowd.read(cursor)
        if crowd.tells_departures():
            assert {one: (each.deleted, each.merged_into) for one, each in told.items()} == {ann: (True, None)}
        else:
            assert told == {}
        for key in crowd.keys("Ann", ann):
            assert crowd.search(key) == []
        again, _ = crowd.read(None)
        assert again[bob].deleted is False
        assert ann not in again or again[ann].deleted

    def test_a_merged_customer_names_who_stands_for_it(self, crowd: Crowd) -> None:
        if not crowd.tells_departures():
            pytest.skip("it does not tell who was deleted or merged")
        ann, bob = crowd.made("Ann", "Bob")
        crowd.wait()
        _, cursor = crowd.read(None)
        crowd.staff.merge_customers(ann, into=bob)
        told, _ = crowd.read(cursor)
        assert (told[ann].deleted, told[ann].merged_into) == (True, bob)
        assert (told[bob].deleted, told[bob].merged_into, told[bob].name) == (False, None, "Bob")
        assert crowd.search(CustomerKey(id=ann)) == []
        for key in crowd.keys("Bob", bob):
            assert bob in [one.id for one in crowd.search(key)]
            assert ann not in [one.id for one in crowd.search(key)]

    def test_who_is_gone_cannot_be_written_and_stops_no_other(self, crowd: Crowd) -> None:
        ann, bob = crowd.made("Ann", "Bob")
        crowd.staff.delete_customer(ann)
        self.refused_but_the_last(crowd, ann, bob)

    def test_who_was_merged_cannot_be_written_and_stops_no_other(self, crowd: Crowd) -> None:
        ann, bob = crowd.made("Ann", "Bob")
        crowd.staff.merge_customers(ann, into=bob)
        self.refused_but_the_last(crowd, ann, bob)

    def refused_but_the_last(self, crowd: Crowd, gone: str, here: str) -> None:
        outcomes = crowd.again().push_customers([change(one, **{crowd.field: "?"}) for one in (gone, here)])
        assert [(one.key, type(one)) for one in outcomes] == [(gone, Refused), (here, Written)]

    # --- what is kept -------------------------------------------------------------------------------------------------

    def test_of_several_contacts_all_are_kept_or_the_first(self, crowd: Crowd) -> None:
        """What comes back is the beginning of what was sent: a system that keeps less cuts, and makes nothing up."""
        crowd.needs("phones")
        emails, phones = ("ann@example.com", "a@example.org"), ("+447700900123", "+447700900124")
        [ann] = crowd.made("Ann", emails=emails, phones=phones)
        found = crowd.now(ann)
        assert found.emails and found.emails == emails[: len(found.emails)]
        assert found.phones and found.phones == phones[: len(found.phones)]
        crowd.change(ann, phones=())
        assert (crowd.now(ann).phones, crowd.now(ann).emails) == ((), found.emails)

    def test_of_a_long_name_all_is_kept_or_the_beginning(self, crowd: Crowd) -> None:
        name = "Ann " + "Archer-" * 30
        [ann] = crowd.made("Ann", name=name)
        found = crowd.now(ann).name
        assert found and name.startswith(found)

    def test_a_reference_as_long_as_it_may_be_is_found_again_and_stays(self, crowd: Crowd) -> None:
        side = crowd.again()
        reference = ("r" * side.abilities.reference_length)[: side.abilities.reference_length]
        crowd.made("Bob")
        [outcome] = side.push_customers([replace(creation("Ann"), reference=reference)])
        assert isinstance(outcome, Written)
        crowd.change(outcome.remote_id, **{crowd.field: "moved"})
        by_reference = "reference" in side.abilities.customer_search
        key = CustomerKey(reference=reference) if by_reference else CustomerKey(email="ann@example.com")
        found = [one for one in crowd.search(key) if one.reference == reference]
        assert [(one.id, crowd.field_of(one)) for one in found] == [(outcome.remote_id, "moved")]

    def test_too_many_at_once_are_refused_whole(self, crowd: Crowd) -> None:
        side = crowd.again()
        most = side.abilities.customer_batch
        [ann] = crowd.made("Ann")
        before = crowd.now(ann)
        with pytest.raises(BatchRefused):
            crowd.again().push_customers([change(ann, **{crowd.field: "too many"})] * (most + 1))
        with pytest.raises(BatchRefused):
            crowd.again().find_customers([CustomerKey(id=ann)] * (most + 1))
        assert crowd.now(ann) == before
        assert len(crowd.again().find_customers([CustomerKey(id=ann)] * most)) == most

    def test_a_tax_identifier_is_kept_changed_and_taken_away_and_nothing_else_is(self, crowd: Crowd) -> None:
        crowd.needs("tax_id")
        ann, bob = crowd.made("Ann", tax_id=VAT), crowd.made("Bob")
        assert (crowd.now(*ann).tax_id, crowd.now(*bob).tax_id) == (VAT, "")
        crowd.change(*bob, tax_id=VAT)
        crowd.change(*ann, name="Ann Archer")
        assert (crowd.now(*ann).tax_id, crowd.now(*bob).tax_id) == (VAT, VAT), "several may share one"
        crowd.change(*ann, tax_id="DE136695976")
        assert (crowd.now(*ann).tax_id, crowd.now(*ann).name) == ("DE136695976", "Ann Archer")
        crowd.change(*ann, tax_id="")
        assert (crowd.now(*ann).tax_id, crowd.now(*bob).tax_id) == ("", VAT)
        crowd.change(*ann, tax_id=VAT)
        assert crowd.now(*ann).tax_id == VAT, "it can be given again"

    def test_any_text_may_be_a_tax_identifier_and_is_told_as_it_is_kept(self, crowd: Crowd) -> None:
        """What comes back is the same but for blanks and signs between: a system may write it as is usual there."""
        crowd.needs("tax_id")
        for name, text in {"Ann": "12-3456789", "Bob": "gb 980 7806 84", "Cyd": "NT 000/7 Ü"}.items():
            [made] = crowd.made(name, tax_id=text)
            found = crowd.now(made).tax_id
            assert signs(found) == signs(text)
            assert crowd.read(None)[0][made].tax_id == found

    def test_a_change_of_a_tax_identifier_is_in_the_next_reading(self, crowd: Crowd) -> None:
        crowd.needs("tax_id")
        crowd.tells_changes()
        [ann] = crowd.made("Ann")
        for text in (VAT, ""):
            crowd.wait()
            _, cursor = crowd.read(None)
            crowd.change(ann, tax_id=text)
            told, _ = crowd.read(cursor)
            assert {one: each.tax_id for one, each in told.items()} == {ann: text}

    # --- groups -------------------------------------------------------------------------------------------------------

    def groups(self, crowd: Crowd, *titles: str) -> None:
        """There are groups of these titles, made now or named in the settings; skips where there are not."""
        side = crowd.again()
        if not side.abilities.groups:
            pytest.skip("it has no customer groups")
        if side.abilities.makes_groups:
            side.create_groups(titles)
        elif not set(titles) <= set(side.fetch_groups()):
            pytest.skip(f"the settings name no groups {', '.join(titles)}")

    def test_who_is_in_no_group_is_told_so(self, crowd: Crowd) -> None:
        self.groups(crowd, "Trade")
        [ann] = crowd.made("Ann")
        assert crowd.now(ann).group == ""
        crowd.change(ann, group="Trade")
        crowd.change(ann, **{crowd.field: "a change of something else"})
        assert crowd.now(ann).group == "Trade"
        crowd.change(ann, group="")
        assert crowd.now(ann).group == ""

    def test_a_group_of_another_title_is_refused_and_not_made(self, crowd: Crowd) -> None:
        self.groups(crowd, "Trade")
        before = crowd.again().fetch_groups()
        assert "Trade" in before
        [ann] = crowd.made("Ann", group="Trade")
        for title in ("trade", "Trade ", "Wholesale"):
            [outcome] = crowd.again().push_customers([change(ann, group=title)])
            assert isinstance(outcome, Refused) and outcome.reason == "unknown_group", title
        assert crowd.now(ann).group == "Trade"
        assert crowd.again().fetch_groups() == before

    def test_groups_that_the_settings_name_are_all_there_are(self, crowd: Crowd) -> None:
        side = crowd.again()
        if not side.abilities.groups or side.abilities.makes_groups:
            pytest.skip("it makes groups, or has none")
        before = side.fetch_groups()
        side.create_groups(before)
        with pytest.raises(BatchRefused):
            side.create_groups([*before, "Unheard of"])
        assert crowd.again().fetch_groups() == before

    def test_each_member_of_a_group_that_is_renamed_or_goes_is_told(self, crowd: Crowd) -> None:
        crowd.tells_changes()
        if not crowd.again().abilities.makes_groups:
            pytest.skip("the settings name its groups")
        self.groups(crowd, "Trade", "Staff")
        ids = crowd.made(*"ABCDE", group="Trade")
        crowd.made("Other", group="Staff")
        crowd.wait()
        _, cursor = crowd.read(None)
        crowd.staff.rename_group("Trade", "Wholesale")
        told, _ = crowd.read(cursor)
        assert {one: each.group for one, each in told.items()} == dict.fromkeys(ids, "Wholesale")
        assert sorted(crowd.again().fetch_groups()) == ["Staff", "Wholesale"]
        crowd.wait()
        _, cursor = crowd.read(cursor)
        crowd.staff.delete_group("Wholesale")
        told, _ = crowd.read(cursor)  # where a deletion leaves no trace, everybody is told again
        assert {one: told[one].group for one in ids} == dict.fromkeys(ids, "")

    # --- consent ------------------------------------------------------------------------------------------------------

    def channels(self, crowd: Crowd, least: int) -> list[str]:
        channels = sorted(crowd.again().abilities.consent_channels)
        if len(channels) < least:
            pytest.skip(f"it keeps answers of {len(channels)} channels")
        return channels

    def test_an_answer_has_the_time_that_was_sent_or_none_at_all(self, crowd: Crowd) -> None:
        channel = self.channels(crowd, 1)[0]
        answer = Consent(channel=channel, state="unsubscribed", changed_at=ASKED_AT, source="checkout")
        [ann] = crowd.made("Ann", consents=(answer,))
        [bob] = crowd.made("Bob")
        [found] = crowd.now(ann).consents
        assert (found.channel, found.state) == (channel, "unsubscribed")
        assert found.changed_at in (ASKED_AT, None)
        assert crowd.now(bob).consents == (), "not asked is not answered"

    def test_an_answer_for_one_channel_is_none_for_another(self, crowd: Crowd) -> None:
        first, second = self.channels(crowd, 2)[:2]
        more = {"phones": ("+447700900123",)} if "phones" in crowd.again().abilities.customer_fields else {}
        [ann] = crowd.made("Ann", consents=(Consent(channel=first, state="subscribed"),), **more)
        assert states(crowd.now(ann)) == {first: "subscribed"}
        crowd.change(ann, consents=(Consent(channel=second, state="unsubscribed"),))
        assert states(crowd.now(ann)) == {first: "subscribed", second: "unsubscribed"}

    def test_an_answer_changes_nothing_else_and_nothing_else_an_answer(self, crowd: Crowd) -> None:
        channel = self.channels(crowd, 1)[0]
        no = Consent(channel=channel, state="unsubscribed")
        [ann] = crowd.made("Ann", **{crowd.field: "rings twice"}, consents=(no,))
        crowd.change(ann, **{crowd.field: "", "name": "Ann Archer"})
        assert states(crowd.now(ann)) == {channel: "unsubscribed"}
        crowd.change(ann, consents=(Consent(channel=channel, state="subscribed"),))
        assert (crowd.now(ann).name, states(crowd.now(ann))) == ("Ann Archer", {channel: "subscribed"})

    def test_an_answer_given_or_withdrawn_over_there_is_told(self, crowd: Crowd) -> None:
        channel = self.channels(crowd, 1)[0]
        crowd.tells_changes()
        [ann] = crowd.made("Ann")
        _, cursor = crowd.read(None)
        for state in ("subscribed", "unsubscribed"):
            crowd.wait()
            crowd.staff.set_consent(ann, channel, state)
            told, cursor = crowd.read(cursor)
            assert states(told[ann]) == {channel: state}

    def test_an_answer_that_it_does_not_keep_is_refused(self, crowd: Crowd) -> None:
        if not (strange := {"email", "sms"} - crowd.again().abilities.consent_channels):
            pytest.skip("it keeps answers of every channel")
        [ann] = crowd.made("Ann")
        lost = Consent(channel=min(strange), state="unsubscribed")
        [outcome] = crowd.again().push_customers([change(ann, consents=(lost,))])
        assert isinstance(outcome, Refused)
        assert states(crowd.now(ann)) == {}


def signs(text: str) -> str:
    """The letters and digits of a text."""
    return "".join(sign for sign in text if sign.isalnum()).casefold()


def states(customer: Customer) -> dict[str, Any]:
    return {one.channel: one.state for one in customer.consents}
