"""Invitations to an account: told as far as the store can tell, sent when it is asked to, to whom it is asked to."""

import pytest

from syncctl.connectors.base import WebStore
from syncctl.errors import BatchRefused
from syncctl.model import Customer, CustomerChange, CustomerKey, Refused, Written
from tests.conformance.people import a_field
from tests.conformance.web_store_kit import LONG, Kit, World

WAYS = ("state", "mark", "blind")


class Invitations(Kit):
    """`World.invitations` is the other side's own record of what left it."""

    def people(self, store: WebStore, *names: str) -> list[str]:
        if not store.abilities.customer_batch:
            pytest.skip("the store does not take customers")
        outcomes = store.push_customers(
            [
                CustomerChange(
                    key=name, id=None, reference=name, fields={"name": name, "emails": (f"{name}@example.com",)}
                )
                for name in names
            ]
        )
        return [one.remote_id for one in outcomes if isinstance(one, Written)]

    def now(self, store: WebStore, customer_id: str) -> Customer:
        ((found,),) = store.find_customers([CustomerKey(id=customer_id)])
        return found

    def can(self, store: WebStore, *ways: str) -> None:
        if store.abilities.invites not in ways:
            pytest.skip(f"its way to tell of invitations is {store.abilities.invites or 'none'!r}")

    def sent(self, world: World) -> list[str]:
        return [customer_id for customer_id, _ in world.invitations()]

    def test_its_way_to_tell_is_one_that_is_known(self, store: WebStore) -> None:
        assert store.abilities.invites in ("", *WAYS)

    def test_nobody_is_invited_by_being_made_or_changed(self, store: WebStore, world: World) -> None:
        (ann,) = self.people(store, "ann")
        store.push_customers([CustomerChange(key="k", id=ann, reference="", fields={"emails": ("new@example.com",)})])
        assert self.sent(world) == []
        assert self.now(store, ann).invited is (None if store.abilities.invites in ("", "blind") else False)

    def test_each_one_asked_for_is_invited_once(self, store: WebStore, world: World) -> None:
        self.can(store, *WAYS)
        ann, bob, cyd = self.people(store, "ann", "bob", "cyd")
        assert [(one.key, type(one)) for one in store.send_invites([cyd, ann])] == [(cyd, Written), (ann, Written)]
        assert sorted(self.sent(world)) == sorted([ann, cyd])
        assert store.send_invites([]) == []
        del bob

    def test_one_who_cannot_be_invited_is_refused_alone(self, store: WebStore, world: World) -> None:
        self.can(store, *WAYS)
        ann, gone, bob = self.people(store, "ann", "gone", "bob")
        world.staff.delete_customer(gone)
        outcomes = store.send_invites([ann, gone, "no-such-customer", bob])
        assert [one.key for one in outcomes] == [ann, gone, "no-such-customer", bob]
        assert [type(one) for one in outcomes] == [Written, Refused, Refused, Written]
        assert self.sent(world) == [ann, bob]

    def test_too_many_invitations_at_once_are_refused_whole(self, store: WebStore, world: World) -> None:
        self.can(store, *WAYS)
        (ann,) = self.people(store, "ann")
        with pytest.raises(BatchRefused):
            store.send_invites([ann] * (store.abilities.customer_batch + 1))
        assert self.sent(world) == []

    def test_a_store_without_invitations_sends_none(self, store: WebStore, world: World) -> None:
        self.can(store, "")
        (ann,) = self.people(store, "ann")
        for outcomes in (store.send_invites([ann]), store.mark_invited([ann])):
            assert [(one.key, type(one)) for one in outcomes] == [(ann, Refused)]
        assert self.sent(world) == []

    def test_a_store_with_a_state_tells_of_everyone_who_was_invited_by_whomsoever(
        self, store: WebStore, world: World
    ) -> None:
        self.can(store, "state")
        ours, theirs, alone, nobody = self.people(store, "ours", "theirs", "alone", "nobody")
        world.advance(LONG)
        *_, last = store.fetch_customers(None)
        store.send_invites([ours])
        world.invite(theirs)
        world.register(alone)
        assert [self.now(store, one).invited for one in (ours, theirs, alone, nobody)] == [True, True, True, False]
        if store.abilities.customer_changes:
            told = {one.id: one.invited for page in store.fetch_customers(last.cursor) for one in page.records}
            assert told == dict.fromkeys([ours, theirs, alone], True)

    def test_a_mark_is_told_and_sends_nothing(self, store: WebStore, world: World) -> None:
        self.can(store, "mark")
        ann, bob = self.people(store, "ann", "bob")
        outcomes = store.mark_invited([ann, "no-such-customer", bob])
        assert [type(one) for one in outcomes] == [Written, Refused, Written]
        assert store.mark_invited([ann]) == [outcomes[0]], "again is the same"
        assert [self.now(store, one).invited for one in (ann, bob)] == [True, True]
        store.push_customers([CustomerChange(key="k", id=ann, reference="", fields={a_field(store): "moved"})])
        assert self.now(store, ann).invited is True
        assert self.sent(world) == []

    def test_a_mark_cannot_be_set_where_there_is_none(self, store: WebStore, world: World) -> None:
        self.can(store, "state", "blind")
        (ann,) = self.people(store, "ann")
        assert [type(one) for one in store.mark_invited([ann])] == [Refused]
        assert self.now(store, ann).invited is (False if store.abilities.invites == "state" else None)

    def test_a_blind_store_never_tells(self, store: WebStore, world: World) -> None:
        self.can(store, "blind")
        (ann,) = self.people(store, "ann")
        store.send_invites([ann])
        assert self.sent(world) == [ann]
        assert self.now(store, ann).invited is None
