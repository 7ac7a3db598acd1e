"""What stands around a connector: nothing of the interface goes past it, and an answer is for what was asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from syncctl.connectors.base import BackOffice, WebStore
from syncctl.connectors.checked import CheckedStore
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.connectors.wrapped import WrappedBackOffice, WrappedStore
from syncctl.errors import DataError
from syncctl.model import CustomerKey, Refused
from tests.fakes.faulty import Faulty, Lie, Singly, on


@pytest.mark.parametrize("wrapper, interface", [(WrappedStore, WebStore), (WrappedBackOffice, BackOffice)])
def test_every_method_goes_through_a_wrapper_also_one_that_has_a_default(wrapper: type, interface: type) -> None:
    methods = {name for name, value in vars(interface).items() if callable(value) and not name.startswith("_")}
    assert methods - vars(wrapper).keys() == set()


WRONG: list[Callable[[Sequence[Any]], list[Any]]] = [
    lambda outcomes: list(outcomes[:-1]),
    lambda outcomes: list(outcomes[::-1]),
    lambda outcomes: [*outcomes, outcomes[0]],
]


@pytest.mark.parametrize("change", WRONG, ids=["one too few", "another order", "one too many"])
@pytest.mark.parametrize("method", ["mark_invited", "send_invites"])
def test_an_answer_about_other_customers_is_an_error(
    store: SandboxStore, shop: Shop, method: str, change: Callable[[Sequence[Any]], list[Any]]
) -> None:
    store.abilities = replace(store.abilities, invites="mark")
    ids = [shop.upsert_customer(name=name, emails=(f"{name}@example.com",)) for name in ("ann", "bob")]
    assert [one.key for one in getattr(CheckedStore(store), method)(ids)] == ids
    with pytest.raises(DataError, match=method):
        getattr(CheckedStore(Faulty(store, [Lie(on(method), change)])), method)(ids)  # type: ignore[arg-type]


def test_a_search_answers_each_key(store: SandboxStore) -> None:
    faulty: Any = Faulty(store, [Lie(on("find_customers"), lambda found: found[1:])])
    with pytest.raises(DataError, match="find_customers"):
        CheckedStore(faulty).find_customers([CustomerKey(id="1"), CustomerKey(id="2")])


def test_one_invitation_can_go_wrong_alone(store: SandboxStore, shop: Shop) -> None:
    ids = [shop.upsert_customer(name=name, emails=(f"{name}@example.com",)) for name in ("ann", "bob")]
    faulty: Any = Faulty(store, [Singly(on("send_invites"), lambda key: Refused(key=key, reason="no"), 0)])
    assert [type(one).__name__ for one in CheckedStore(faulty).send_invites(ids)] == ["Refused", "Written"]
    assert [one for one, _ in shop.invitations()] == ids[1:]


def test_more_keys_than_fit_into_one_call_are_asked_in_several(store: SandboxStore, shop: Shop) -> None:
    store.abilities = replace(store.abilities, customer_batch=2)
    ids = [shop.upsert_customer(name=name) for name in "ABCDE"]
    found = CheckedStore(store).find_customers([CustomerKey(id=one) for one in [*ids, "nobody"]])
    assert [[one.id for one in each] for each in found] == [*([one] for one in ids), []]
    assert store.calls["find_customers"] == 3
