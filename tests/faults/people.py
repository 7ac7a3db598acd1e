"""Customers of both sides, and a day of theirs that one cycle must carry: made, changed, put in groups, sent up and
invited. Everything that is known of them is told by a word of its own, which no log may hold.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from syncctl.model import Address, Consent
from tests.crash.oracle import State
from tests.faults import oracle
from tests.faults.world import FaultWorld, Scene

WORD = "Quokka"  # in every name, address, note, tax identifier, title of a group; e-mail addresses and numbers beside
MAILS, NUMBERS = "quokka.example", "7700900"
PRIVATE = (WORD, MAILS, NUMBERS)
GROUP = f"{WORD} Club"
YES = Consent(channel="email", state="subscribed", source="checkout")
ASSIGNED = ("Vera", "Otto")


def person(name: str, number: int, **more: Any) -> dict[str, Any]:
    """Somebody of whom all is known."""
    address = Address(name=f"{name} {WORD}", street=f"{number} {WORD} Lane", city=f"{WORD}ton", country="GB")
    return {
        "name": f"{name} {WORD}",
        "company": f"{name} {WORD} Ltd",
        "emails": (f"{name.lower()}@{MAILS}",),
        "phones": (f"+44{NUMBERS}{number}",),
        "addresses": (address,),
        "note": f"{WORD} number {number}",
        "tax_id": f"{WORD} {number}",
        **more,
    }


class PeopleWorld(FaultWorld):
    """`invites`: how the shop tells of invitations."""

    def __init__(self, folder: Path, *, invites: str, **options: Any) -> None:
        customers = {"trigger": "any", "send_invite": True, "country": "GB"}
        super().__init__(folder, orders={"reread_open": "0s"}, customers=customers, **options)
        self.change(stores={"shop": {"connector": "sandbox", "path": "shop.db", "invites": invites}})

    def people(self) -> State:
        """Who is in the shop, with what is known of them, and the groups of both sides."""
        names = ("name", "company", "emails", "phones", "addresses", "group", "note", "tax_id", "reference")
        rows = [
            (*(json.dumps(one.get(name) or None) for name in names), _states(one.get("consents") or ()))
            for one in self.shop.customers()
        ]
        kept = self.office.connection.execute(
            "SELECT name, group_title, note, tax_id, consents FROM customer"
        ).fetchall()
        kept = [(*said, _states(json.loads(consents or "[]"))) for *said, consents in kept]
        groups = [(*self.shop.groups(),), (*self.office.groups(),)]
        return {"people in the shop": sorted(rows), "people in the books": sorted(kept), "groups": groups}

    def invited(self) -> Counter[str]:
        """How often each was invited, by name."""
        names = {one["id"]: one["name"].split()[0] for one in self.shop.customers()}
        return Counter(names[customer_id] for customer_id, _ in self.shop.invitations())


def _states(consents: Any) -> tuple[str, ...]:
    return tuple(sorted(f"{one['channel']} {one['state']}" for one in consents))


def set_people(folder: Path, *, grouped: str, invites: str) -> Scene:
    """The scene; `grouped`: which side has a group, where the other has none yet: shop or office."""
    world = PeopleWorld(folder, invites=invites)
    ada = world.shop.upsert_customer(**person("Ada", 101, consents=(YES,)))
    ben = world.shop.upsert_customer(**person("Ben", 102))
    for one in (ada, ben):
        world.shop.place_order([("MUG", 1)], customer=one, order_id=f"of-{one}")
    for number, name in enumerate(ASSIGNED, 103):
        world.office.upsert_customer(**person(name, number))
    world.settle()
    _go_on(world, ada, grouped)
    world.close()
    return Scene(folder, {"invites": invites}, PeopleWorld)


def _go_on(world: PeopleWorld, ada: str, grouped: str) -> None:
    shop, office = world.shop, world.office
    ids = {one.name.split()[0]: one.id for one in office.customers()}
    with world.hub() as hub:
        known = dict(world.rows("SELECT name, id FROM customer"))
        hub.uploads.assign([known[f"{name} {WORD}"] for name in ASSIGNED], "shop")
    (shop if grouped == "shop" else office).add_groups([GROUP])
    office.upsert_customer(ids["Vera"], **({"group": GROUP} if grouped == "office" else {"note": f"{WORD} again"}))
    office.upsert_customer(ids["Ben"], company=f"Ben {WORD} & Sons")
    shop.upsert_customer(ada, phones=(f"+44{NUMBERS}201",))
    shop.set_consent(ada, "sms", "subscribed")
    for number, name in enumerate(("Nia", "Noa"), 202):
        new = shop.upsert_customer(**person(name, number, **({"group": GROUP} if grouped == "shop" else {})))
    shop.place_order([("TRAY", 1)], customer=new, order_id="of-noa")
    shop.place_order([("TRAY", 1)], customer={"name": f"Gus {WORD}", "emails": [f"gus@{MAILS}"]}, order_id="of-a-guest")


def state_of(world: FaultWorld) -> State:
    """Both sides and the hub, with all that is known of customers."""
    assert isinstance(world, PeopleWorld)
    return oracle.state_of(world) | world.people()


def wrong(world: PeopleWorld) -> Iterator[str]:
    """Nobody is invited twice, or is in the shop twice."""
    yield from (f"{name} was invited {times} times" for name, times in world.invited().items() if times > 1)
    mails = Counter(mail for one in world.shop.customers() for mail in one.get("emails", ()))
    yield from (f"{mail} is in the shop {times} times" for mail, times in mails.items() if times > 1)


def told(world: PeopleWorld, text: str) -> Iterator[str]:
    """What is private and stands in a text, or in a crash file."""
    texts = {"it was printed": text} | {
        f"it is in {path.name}": path.read_text() for path in world.folder.glob("syncctl-crash-*")
    }
    yield from (f"{where}: {word}" for where, one in texts.items() for word in PRIVATE if word in one)
