"""The tax identifier of a party, among identifiers of many kinds, on a real Tryton."""

import json
from pathlib import Path
from typing import Any

import pytest

from syncctl.model import Booked, Customer, CustomerKey, Refused, Written
from tests.conformance.back_office_kit import document, line
from tests.conformance.people import VAT, change, creation
from tests.tryton.client import Client
from tests.tryton.desk import Desk
from tests.tryton.server import TrytonServer, until_the_next_second
from tests.tryton.world import TrytonWorld

GERMAN, OTHER = "DE136695976", "GB107320122"
WRONG = "DE111111111"
CARD, UTR = {"code": "CARD 77"}, {"type": "gb_utr", "code": "1955839661"}
ALL_OF_IT = ("type", "code", "active", "sequence", "write_date", "create_date")


@pytest.fixture
def desk(server: TrytonServer, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr("syncctl.connectors.tryton.cursors.OVERLAP_SECONDS", 0)
    return Desk(server)


def party(desk: Desk, name: str, *identifiers: dict[str, Any]) -> str:
    values = {"name": name, "identifiers": [["create", list(identifiers)]] if identifiers else []}
    (made,) = desk.do("party.party", "create", [values])
    return str(made)


def identifiers(do: Client, customer: str) -> list[dict[str, Any]]:
    """All of a party's identifiers, those out of use too."""
    domain = [["party", "=", int(customer)], ["active", "in", [True, False]]]
    return do.rows("party.identifier", domain, *ALL_OF_IT, active_test=False)


def codes(do: Client, customer: str) -> list[tuple[str | None, str]]:
    return [(one["type"], one["code"]) for one in identifiers(do, customer) if one["active"]]


def now(desk: Desk, customer: str) -> Customer:
    [[found]] = desk.books.find_customers([CustomerKey(id=customer)])
    return found


def read(desk: Desk, cursor: str | None = None) -> tuple[dict[str, str], str]:
    """The tax identifier of each who is told, and where to go on."""
    told: dict[str, str] = {}
    for page in desk.books.fetch_customers(cursor):
        told |= {one.id: one.tax_id for one in page.records}
        cursor = page.cursor
    assert cursor is not None
    return told, cursor


def write(desk: Desk, customer: str, text: str) -> None:
    [outcome] = desk.books.push_customers([change(customer, tax_id=text)])
    assert isinstance(outcome, Written), outcome


def test_one_that_is_changed_added_put_out_of_use_or_deleted_there_is_in_the_next_reading(desk: Desk) -> None:
    changed, gone, parted = (party(desk, name, {"type": "gb_vat", "code": VAT}) for name in ("Ann", "Bea", "Cyd"))
    given, still = party(desk, "Dee"), party(desk, "Eve", {"type": "eu_vat", "code": GERMAN})
    until_the_next_second()
    told, cursor = read(desk)
    assert told == {**dict.fromkeys((changed, gone, parted), VAT), given: "", still: GERMAN}
    desk.do("party.identifier", "write", [identifiers(desk.do, changed)[0]["id"]], {"code": OTHER})
    desk.do("party.identifier", "create", [{"party": int(given), "type": "eu_vat", "code": GERMAN}])
    desk.do("party.identifier", "write", [identifiers(desk.do, parted)[0]["id"]], {"active": False})
    told, cursor = read(desk, cursor)
    assert told == {changed: OTHER, given: GERMAN, parted: ""}
    until_the_next_second()
    _, cursor = read(desk, cursor)
    desk.do("party.identifier", "delete", [identifiers(desk.do, gone)[0]["id"]])
    desk.do("party.party", "write", [int(still)], {"name": "Eve Baker"})
    told, _ = read(desk, cursor)
    assert told == {changed: OTHER, given: GERMAN, parted: "", gone: "", still: GERMAN}, "it left no trace: all is told"
    times = {one.id: one.changed_at for page in desk.books.fetch_customers(cursor) for one in page.records}
    assert times == {**dict.fromkeys(told), still: now(desk, still).changed_at}, "when it was deleted is not known"
    assert times[still] is not None


def test_a_cursor_of_before_they_were_counted_begins_anew_once_and_each_page_of_that_resumes(desk: Desk) -> None:
    ann, bea = (party(desk, name, {"type": "gb_vat", "code": VAT}) for name in ("Ann", "Bea"))
    span, counts = json.loads(read(desk)[1])
    desk.books.page_size = 1
    first = next(iter(desk.books.fetch_customers(json.dumps([span, counts[:3]]))))
    assert ([one.id for one in first.records], first.full) == ([ann], True)
    assert read(desk, first.cursor)[0] == {bea: VAT}


def test_of_several_the_one_that_tryton_takes_for_taxes_is_changed_and_no_other_is_touched(desk: Desk) -> None:
    vat, german = {"type": "gb_vat", "code": VAT}, {"type": "eu_vat", "code": GERMAN}
    ann = party(desk, "Ann", CARD, UTR, vat, german)
    before = identifiers(desk.do, ann)
    assert now(desk, ann).tax_id == VAT
    write(desk, ann, OTHER)
    assert now(desk, ann).tax_id == OTHER
    write(desk, ann, "")
    assert now(desk, ann).tax_id == GERMAN, "the next one is taken for taxes then"
    after = identifiers(desk.do, ann)
    assert [one["active"] for one in after] == [1, 1, 0, 1], "nothing is deleted: invoices may stand on it"
    assert [after[place] for place in (0, 1, 3)] == [before[place] for place in (0, 1, 3)]
    write(desk, ann, "DE115235681")
    write(desk, ann, VAT)
    assert codes(desk.do, ann) == [(None, "CARD 77"), ("gb_utr", UTR["code"]), ("gb_vat", "980 7806 84")]
    assert now(desk, ann).tax_id == VAT


def test_one_of_no_kind_counts_where_there_is_none_for_taxes_and_one_of_another_kind_never(desk: Desk) -> None:
    ann, bea = party(desk, "Ann", UTR, {"code": "12-3456789"}), party(desk, "Bea", UTR)
    assert (now(desk, ann).tax_id, now(desk, bea).tax_id) == ("12-3456789", "")
    for customer in (ann, bea):
        write(desk, customer, "98-7654321")
        assert now(desk, customer).tax_id == "98-7654321"
        assert codes(desk.do, customer) == [("gb_utr", UTR["code"]), (None, "98-7654321")]
    write(desk, bea, GERMAN)
    assert codes(desk.do, bea) == [("gb_utr", UTR["code"]), ("eu_vat", GERMAN)], "the text tells its kind"


def test_a_national_type_stays_and_its_numbers_go_out_with_their_country(desk: Desk) -> None:
    ann = party(desk, "Ann", {"type": "de_vat", "code": "136 695 976"})
    assert now(desk, ann).tax_id == GERMAN
    before = identifiers(desk.do, ann)
    write(desk, ann, "de 136 695 976")
    assert identifiers(desk.do, ann) == before, "it says so already"
    write(desk, ann, "DE115235681")
    assert codes(desk.do, ann) == [("de_vat", "DE115235681")]


def test_what_came_with_a_party_that_was_merged_into_another_does_not_count(desk: Desk) -> None:
    gone, kept = party(desk, "Ann", {"type": "gb_vat", "code": VAT}), party(desk, "Ann")
    alone = party(desk, "Bea")
    desk.do("party.identifier", "create", [{"party": int(kept), "type": "eu_vat", "code": GERMAN}])
    desk.vendor.merge_customers(gone, into=kept)
    desk.vendor.merge_customers(party(desk, "Bea", {"type": "gb_vat", "code": VAT}), into=alone)
    assert (now(desk, kept).tax_id, now(desk, alone).tax_id) == (GERMAN, "")
    told, _ = read(desk)
    assert (told[kept], told[alone]) == (GERMAN, "")


def test_one_that_tryton_does_not_take_is_refused_with_its_sentence_and_stops_no_other(desk: Desk) -> None:
    ann, bea = party(desk, "Ann Canary", {"type": "gb_vat", "code": VAT}), party(desk, "Bea")
    outcomes = desk.books.push_customers(
        [
            change(ann, tax_id=WRONG, name="Ann Baker"),
            change(bea, tax_id=GERMAN),
            creation("Cyd Canary", tax_id=WRONG),
            creation("Dee", tax_id=VAT),
        ]
    )
    assert [type(one) for one in outcomes] == [Refused, Written, Refused, Written]
    for one in outcomes[::2]:
        assert isinstance(one, Refused) and "VAT Number … for party … is not valid" in one.message
    assert (now(desk, ann).name, now(desk, ann).tax_id, now(desk, bea).tax_id) == ("Ann Canary", VAT, GERMAN)
    assert desk.do.rows("party.party", [["name", "like", "Cyd%"]]) == []


def test_an_invoice_keeps_the_number_that_it_was_made_out_with(desk: Desk) -> None:
    desk.vendor.add_item("CUP", "The cup", "2.50", 10)
    ann = party(desk, "Ann", {"type": "gb_vat", "code": VAT})
    [booked] = desk.book(document("order-1", line("1", "CUP", 1), customer_id=ann))
    assert isinstance(booked, Booked), booked
    desk.do("account.invoice", "post", desk.sale("order-1", "invoices")["invoices"])
    [other] = desk.do("party.identifier", "create", [{"party": int(ann), "type": "gb_vat", "code": OTHER}])
    [refused] = desk.books.push_customers([change(ann, tax_id=GERMAN)])
    assert isinstance(refused, Refused) and "invoices stand on its tax identifier" in refused.message
    desk.do("party.identifier", "write", [other], {"active": False})
    write(desk, ann, GERMAN)
    assert (now(desk, ann).tax_id, codes(desk.do, ann)) == (GERMAN, [("eu_vat", GERMAN)])
    posted = desk.do.one("account.invoice", [["state", "=", "posted"]], "party_tax_identifier.code")
    assert posted["party_tax_identifier."]["code"] == "980 7806 84"


# --- whole cycles -----------------------------------------------------------------------------------------------------


def life_of(world: TrytonWorld, web: str, customer: str) -> tuple[Any, ...]:
    """What no cycle with nothing new may move: when either record was written."""
    return world.shop.customer(web)["updated_at"], identifiers(world.people.do, customer)


def test_it_goes_from_the_web_into_tryton_and_back_and_is_written_once(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server, customers={"trigger": "any", "country": "GB"})
    spelled = "GB 980 7806 84"
    web = world.shop.upsert_customer(name="Ann Archer", emails=["ann@mail.example"], tax_id=spelled)
    world.shop.place_order([("MUG", 1)], customer=web)
    assert world.run().exit_code == 0
    do = world.people.do
    ann = str(do.one("party.party", [["name", "=", "Ann Archer"]])["id"])
    assert codes(do, ann) == [("gb_vat", "980 7806 84")]
    quiet(world, web, ann)
    assert world.shop.customer(web)["tax_id"] == spelled, "it is written otherwise there, and is the same"
    until_the_next_second()
    [number] = identifiers(do, ann)
    do("party.identifier", "write", [number["id"]], {"type": "eu_vat", "code": GERMAN})
    [mail] = do("party.contact_mechanism", "create", [{"type": "email", "value": "b@mail.example", "party": int(ann)}])
    assert world.run().exit_code == 0
    found = world.shop.customer(web)
    assert (found["tax_id"], found["emails"]) == (GERMAN, ["ann@mail.example", "b@mail.example"])
    do("party.identifier", "delete", [number["id"]])
    do("party.contact_mechanism", "delete", [mail])
    assert world.run().exit_code == 0
    found = world.shop.customer(web)
    assert (found["tax_id"], found["emails"]) == ("", ["ann@mail.example"]), "though she looks older without them"
    world.shop.upsert_customer(web, tax_id=GERMAN)
    assert world.run().exit_code == 0
    assert (codes(do, ann), world.holds()) == ([("eu_vat", GERMAN)], [])
    quiet(world, web, ann)


def quiet(world: TrytonWorld, web: str, customer: str) -> None:
    before = life_of(world, web, customer)
    assert world.run().exit_code == 0
    assert life_of(world, web, customer) == before


def test_two_that_are_one_number_are_no_question_and_two_numbers_are(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server, customers={"trigger": "any", "match": "email"})
    do = world.people.do
    for name, code in (("Ann", VAT), ("Bea", OTHER)):
        mail = {"type": "email", "value": f"{name}@mail.example".lower()}
        number = [["create", [{"type": "gb_vat", "code": code}]]]
        do("party.party", "create", [{"name": name, "contact_mechanisms": [["create", [mail]]], "identifiers": number}])
        world.shop.upsert_customer(name=name, emails=[mail["value"]], tax_id="gb 980 780 684")
    world.run()
    assert [reason for _, reason in world.holds()] == ["changed on both sides"]
    numbers = {one["party.name"]: one["code"] for one in _named(do)}
    assert numbers == {"Ann": "980 7806 84", "Bea": "107 3201 22"}
    assert [one["tax_id"] for one in world.shop.customers()] == ["gb 980 780 684"] * 2


def _named(do: Client) -> list[dict[str, Any]]:
    rows = do.rows("party.identifier", [], "code", "party.name")
    return [{**one, "party.name": one["party."]["name"]} for one in rows]


def test_a_wrong_one_is_a_hold_that_tells_nobodys_name_and_what_else_there_is_goes_on(
    tmp_path: Path, server: TrytonServer
) -> None:
    world = TrytonWorld(tmp_path, server, customers={"trigger": "any"})
    ann = world.shop.upsert_customer(name="Ann Canary", emails=["ann.canary@mail.example"], tax_id=WRONG)
    bea = world.shop.upsert_customer(name="Bea", emails=["bea@mail.example"], tax_id=GERMAN)
    for customer in (ann, bea):
        world.shop.place_order([("MUG", 1)], customer=customer)
    assert world.run().exit_code == 1
    said = " ".join(world.messages())
    assert "VAT Number … for party … is not valid" in said
    assert not any(private in said for private in ("Canary", WRONG))
    assert [one["code"] for one in _named(world.people.do)] == [GERMAN]
    assert [state for _, state, _ in world.sales()] == ["processing"] * 2, "hers as a guest's"
    world.shop.upsert_customer(ann, tax_id=VAT)
    assert world.run().exit_code == 0
    assert (sorted(one["code"] for one in _named(world.people.do)), world.holds()) == (["980 7806 84", GERMAN], [])
