"""What a customer waits for, by how it stands with each side and by the settings."""

from typing import Any

import pytest

from syncctl.rules.waiting import waits_for
from syncctl.settings import CustomerSettings

NEXT = "the next run: syncctl sync-all"
ASSIGN = "being assigned (customers.upload): syncctl customers assign 7 --to shop"


@pytest.mark.parametrize(
    ("office", "shop", "changes", "waits"),
    [
        ("linked", "linked", {}, ""),
        ("linked", "alias", {}, ""),
        ("pending", "linked", {}, NEXT),
        ("pending", "pending", {}, NEXT),
        ("pending", "linked", {"web_to_back_office": False}, "customers.web_to_back_office is off"),
        ("linked", "pending", {"back_office_to_web": False}, "customers.back_office_to_web is off"),
        ("linked", "pending", {"upload": "assigned"}, ASSIGN),
        ("none", "linked", {}, "an order, or: syncctl customers push 7 --to back-office"),
        ("none", "linked", {"web_to_back_office": False}, "customers.web_to_back_office is off"),
        ("queued", "linked", {}, NEXT),
        ("linked", "none", {}, "an order in a web store, or: syncctl customers assign 7 --to shop"),
        (
            "linked",
            "none",
            {"back_office_to_web": False},
            "an order in a web store (customers.back_office_to_web is off)",
        ),
        ("linked", "queued", {}, NEXT),
        ("linked", "queued", {"back_office_to_web": False}, "customers.back_office_to_web is off"),
        ("pending", "linked", {"enabled": False}, "customers.enabled is off"),
        ("none", "none", {}, ""),
    ],
)
def test_it_names_what_has_to_happen(office: str, shop: str, changes: dict[str, Any], waits: str) -> None:
    settings = CustomerSettings.model_validate(changes)
    assert waits_for(7, {"back-office": office, "shop": shop}, [], settings) == waits


def test_a_hold_comes_first_whatever_else_there_is() -> None:
    states = {"back-office": "pending", "shop": "held"}
    assert waits_for(7, states, [3, 9], CustomerSettings()) == "you: syncctl holds show 3"


def test_who_was_assigned_waits_for_the_next_run_alone() -> None:
    settings = CustomerSettings(upload="assigned")
    states = {"back-office": "linked", "shop": "pending", "outlet": "pending"}
    assert waits_for(7, states, [], settings, frozenset({"shop"})) == f"{NEXT}; {ASSIGN.replace('shop', 'outlet')}"
