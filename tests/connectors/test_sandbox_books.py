"""The sandbox's back office passes the suite in all four ways of running it, and has the oddities of a real one."""

from datetime import date
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.catalog import DEMO_CATALOG
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.errors import BatchRefused, ConfigError, DataError
from syncctl.model import Booked, CustomerChange, CustomerKey, DocumentKind, Found, Refused, Written
from syncctl.settings import SandboxBooksSettings
from tests.conformance.back_office import BackOfficeConformance, document, line


class SmallPages(SandboxBooks):
    page_size = 3


class TestStockFallsOnOrder(BackOfficeConformance):
    stock_falls_on, answers = "order", "now"
    amend: tuple[str, ...] = ("amend", "void")

    def start_vendor(self, folder: Path) -> Office:
        return Office(folder / "office.db", demo=False, stock_falls_on=self.stock_falls_on, answers=self.answers)

    def connect(self, folder: Path) -> SmallPages:
        settings = SandboxBooksSettings.model_validate(
            {
                "connector": "sandbox",
                "path": folder / "office.db",
                "stock_falls_on": self.stock_falls_on,
                "answers": self.answers,
                "amend": self.amend,
            }
        )
        return SmallPages("back-office", settings)


class TestAmendsNothing(TestStockFallsOnOrder):
    amend = ()


class TestStockFallsOnShipment(TestStockFallsOnOrder):
    stock_falls_on = "shipment"


class TestAnswersLater(TestStockFallsOnOrder):
    answers = "later"


class TestAnswersLaterAndStockFallsOnShipment(TestStockFallsOnOrder):
    stock_falls_on, answers = "shipment", "later"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office.db")


def books(tmp_path: Path) -> SandboxBooks:
    settings = SandboxBooksSettings(connector="sandbox", path=tmp_path / "office.db")
    return SandboxBooks("back-office", settings)


def refusal(office: Office, made: object) -> str:
    [outcome] = office.push([made])  # type: ignore[list-item]
    assert isinstance(outcome, Refused)
    assert office.references() == []
    return outcome.reason


def test_a_fresh_office_has_the_demo_catalog(office: Office) -> None:
    levels = {sku: on_hand for sku, _, on_hand in office.levels()}
    assert levels == {item.sku: item.units for item in DEMO_CATALOG if item.units is not None}
    assert [one.prices[0].amount for one in office.variants(["GIFT-WRAP"])] == ["3.00"]


def test_opening_it_again_changes_nothing(office: Office, tmp_path: Path) -> None:
    office.sell("MUG-RED", 3)
    again = Office(tmp_path / "office.db")
    assert again.about().identity == office.about().identity
    assert again.on_hand("MUG-RED") == 37


def test_making_the_connector_touches_no_file(tmp_path: Path) -> None:
    books(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "office.db").write_text("my novel " * 1000)
    with pytest.raises(ConfigError):
        books(tmp_path).about()
    assert (tmp_path / "office.db").read_text().startswith("my novel")


def test_the_same_reference_twice_makes_two_documents(office: Office) -> None:
    for _ in range(2):
        [outcome] = office.push([document("order-1", line("1", "MUG-RED", 2))])
        assert isinstance(outcome, Booked)
    assert office.references() == ["order-1", "order-1"]
    assert [found.remote_id for found in office.find(["order-1"]) if isinstance(found, Found)] == ["1"]
    assert office.on_hand("MUG-RED") == 36


def test_each_refusal_has_its_word(office: Office) -> None:
    cup = line("1", "MUG-RED")
    assert refusal(office, document("r", line("1", "nope"))) == "unknown_sku"
    assert refusal(office, document("r", cup, total=251)) == "totals_differ"
    assert refusal(office, document("r", cup, customer_id="7")) == "unknown_customer"
    assert refusal(office, document("r", cup, customer_id="no number")) == "unknown_customer"
    assert refusal(office, document("x" * 41, cup)) == "reference_too_long"
    assert refusal(office, document("r", cup, currency="USD")) == "wrong_currency"
    assert refusal(office, document("r", line("1", "MUG-RED", 0))) == "bad_quantity"
    assert refusal(office, document("r", line("1", "MUG-RED", 10**30))) == "bad_quantity"
    assert refusal(office, document("r")) == "empty_document"
    assert refusal(office, document("r", kind=DocumentKind.PAYMENT)) == "empty_document"
    office.deactivate_item("MUG-RED")
    assert refusal(office, document("r", cup)) == "inactive_item"


def test_a_closed_period_ends_with_its_last_day(office: Office) -> None:
    office.close_period(date(2026, 3, 14))
    assert office.closed_through == date(2026, 3, 14)
    assert refusal(office, document("r", line("1", "MUG-RED"))) == "closed_period"
    [outcome] = office.push([document("r", line("1", "MUG-RED"), dated_on=date(2026, 3, 15))])
    assert isinstance(outcome, Booked)
    office.close_period(None)
    [outcome] = office.push([document("s", line("1", "MUG-RED"))])
    assert isinstance(outcome, Booked)


def test_a_deleted_customer_buys_no_more(office: Office, tmp_path: Path) -> None:
    customer = office.upsert_customer(name="Ann")
    cursor = list(books(tmp_path).fetch_customers(None))[-1].cursor
    office.delete_customer(customer)
    assert refusal(office, document("r", line("1", "MUG-RED"), customer_id=customer)) == "unknown_customer"
    assert office.search_customers([CustomerKey(id=customer)]) == [[]]
    [gone] = [one for page in books(tmp_path).fetch_customers(cursor) for one in page.records]
    assert gone.deleted
    with pytest.raises(OfficeRefusal):
        office.delete_customer(customer)


def test_money_is_not_credited_twice(office: Office) -> None:
    office.push([document("order-1", line("1", "MUG-RED", 2))])
    first = document("c-1", line("1", "MUG-RED"), kind=DocumentKind.CREDIT, original="order-1", total=250)
    too_much = document("c-2", line("1", "MUG-RED", price=251), kind=DocumentKind.CREDIT, original="order-1")
    outcomes = office.push([first, too_much])
    assert [type(outcome) for outcome in outcomes] == [Booked, Refused]


def test_a_counter_sale_is_booked_at_the_price_of_the_shelf(office: Office) -> None:
    office.sell("MUG-RED", 3)
    [posted] = office.documents()
    assert (posted.document.total, posted.document.reference, office.on_hand("MUG-RED")) == (2550, "", 37)


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_a_counter_sale_takes_its_units_at_once(tmp_path: Path, falls_on: str) -> None:
    office = Office(tmp_path / "office.db", stock_falls_on=falls_on)
    office.sell("MUG-RED", 3)
    assert office.on_hand("MUG-RED") == 37
    with pytest.raises(OfficeRefusal):
        office.ship("1")


def test_no_more_is_shipped_than_is_left(office: Office) -> None:
    office.push([document("order-1", line("a", "MUG-RED", 2))])
    for wrong in ({"a": 3}, {"a": 0}, {"b": 1}, {}):
        with pytest.raises(OfficeRefusal):
            office.ship("order-1", wrong)
    office.ship("#order-1", {"a": 1})
    office.ship("S-000001", {"a": 1})
    with pytest.raises(OfficeRefusal):
        office.ship("order-1")


def test_an_order_number_of_two_stores_is_ambiguous(office: Office) -> None:
    office.push([document(reference, line("a", "MUG-RED"), number="#7") for reference in ("eu-7", "us-7")])
    with pytest.raises(OfficeRefusal, match="eu-7, us-7"):
        office.ship("#7")
    office.ship("us-7")


def test_documents_read_back_as_they_were_pushed(office: Office) -> None:
    sent = document("order-1", line("1", "MUG-RED", 2, tax=20), store_number=98, tax_included=True, tender="web")
    office.push([sent])
    [posted] = office.documents("order-1")
    assert posted.document == sent


def test_text_that_utf8_cannot_hold_is_no_reason_to_fail(office: Office) -> None:
    odd = document("order-1", line("1", "MUG-RED"), number="#\ud8001")
    [outcome] = office.push([odd])
    assert isinstance(outcome, Booked)
    [refused] = office.push([document("order-2", line("1", "MUG\ud800"))])
    assert isinstance(refused, Refused)


def test_a_queued_document_survives_text_that_utf8_cannot_hold(tmp_path: Path) -> None:
    office = Office(tmp_path / "office.db", answers="later")
    office.push([document("order-1", line("1", "MUG-RED"), number="#\ud8001")])
    assert [type(outcome) for outcome in office.work_queue()] == [Booked]


def test_a_late_refusal_is_told_until_the_document_is_pushed_again(tmp_path: Path) -> None:
    office = Office(tmp_path / "office.db", answers="later")
    office.push([document("order-1", line("1", "nope"))])
    office.work_queue()
    for _ in range(2):
        [outcome] = office.outcomes(["order-1"])
        assert isinstance(outcome, Refused)
    office.push([document("order-1", line("1", "MUG-RED"))])
    office.work_queue()
    assert [type(outcome) for outcome in office.outcomes(["order-1", "never"])] == [Booked, Refused]


def test_long_names_are_cut_in_silence(tmp_path: Path) -> None:
    connector = books(tmp_path)
    change = CustomerChange(key="k", id=None, reference="c-1", fields={"name": "x" * 70})
    [outcome] = connector.push_customers([change])
    assert isinstance(outcome, Written)
    [[found]] = connector.find_customers([CustomerKey(id=outcome.remote_id)])
    assert found.name == "x" * 60


def test_the_search_is_loose(office: Office) -> None:
    office.upsert_customer(name="Jo", emails=("JoAnn@Example.com.au",), phones=("0113 496 0000",))
    found = office.search_customers([CustomerKey(email="ann@example.com"), CustomerKey(phone="01134960000")])
    assert [len(candidates) for candidates in found] == [1, 0]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "  "}, "name_required"),
        ({"name": "Ann", "shoe_size": 5}, "unknown_field"),
        ({"name": "Ann", "group": "Nobles"}, "unknown_group"),
    ],
)
def test_a_customer_is_refused_with_a_word(office: Office, fields: dict[str, object], reason: str) -> None:
    change = CustomerChange(key="k", id=None, reference="c-1", fields=fields)
    assert [outcome.reason for outcome in office.write_customers([change]) if isinstance(outcome, Refused)] == [reason]


def test_the_same_reference_makes_a_second_customer(office: Office) -> None:
    ids = {office.upsert_customer(reference="c-1", name="Ann") for _ in range(2)}
    assert len(ids) == 2


def test_price_lists_come_beside_the_ordinary_price(office: Office) -> None:
    office.set_price("MUG-RED", "7.00", price_list="trade", compare_at="9.00")
    [found] = office.variants(["MUG-RED"])
    assert [(price.price_list, price.amount, price.compare_at) for price in found.prices] == [
        ("", "8.50", None),
        ("trade", "7.00", "9.00"),
    ]


def test_levels_are_kept_per_location(office: Office, tmp_path: Path) -> None:
    office.set_stock("MUG-RED", 5, location="attic")
    levels = [one for page in books(tmp_path).fetch_stock(None) for one in page.records if one.sku == "MUG-RED"]
    assert {one.location: one.available for one in levels} == {"attic": 5, "main": 40}


def test_a_renamed_sku_is_a_change_of_item_and_level(office: Office, tmp_path: Path) -> None:
    connector = books(tmp_path)
    cursors = [list(read(None))[-1].cursor for read in (connector.fetch_stock, connector.fetch_variants)]
    office.rename_item("MUG-RED", "Mug", new_sku="MUG-R")
    assert [one.sku for page in connector.fetch_stock(cursors[0]) for one in page.records] == ["MUG-R"]
    assert [one.title for page in connector.fetch_variants(cursors[1]) for one in page.records] == ["Mug"]
    with pytest.raises(OfficeRefusal):
        office.rename_item("MUG-R", "Mug", new_sku="MUG-BLUE")


def test_many_items_are_loaded_at_once_and_the_last_of_equals_counts(office: Office) -> None:
    rows = [(f"S{number}", "Thing", "1.25", number) for number in range(3000)]
    assert office.load_variants([*rows, ("S7", "Other", None, 70)]) == 3001
    assert (office.on_hand("S7"), office.on_hand("S2999")) == (70, 2999)
    assert office.variants(["S7"])[0].title == "Other"


def test_many_changes_of_one_moment_fill_several_pages(tmp_path: Path) -> None:
    vendor = Office(tmp_path / "office.db", demo=False)
    small = SmallPages("back-office", SandboxBooksSettings(connector="sandbox", path=tmp_path / "office.db"))
    cursor = list(small.fetch_stock(None))[-1].cursor
    vendor.load_variants((f"S{number}", "", "1.00", 1) for number in range(8))
    pages = list(small.fetch_stock(cursor))
    assert [[level.sku for level in page.records] for page in pages] == [
        ["S0", "S1", "S2"],
        ["S3", "S4", "S5"],
        ["S6", "S7"],
    ]
    assert not any(page.full for page in pages)


def test_a_counter_sale_is_named_by_nothing_that_is_shipped(office: Office) -> None:
    office.sell("MUG-RED")
    for name in ("", "1", "S-000001"):
        with pytest.raises(OfficeRefusal):
            office.ship(name)


def test_an_order_number_goes_before_a_document_that_is_numbered_like_it(office: Office, tmp_path: Path) -> None:
    office.push([document(f"ref-{number}", line("a", "MUG-RED"), number=f"#{number}") for number in (2, 1)])
    office.ship("1")
    shipped = [one.document_id for page in books(tmp_path).fetch_shipments(None) for one in page.records]
    assert shipped == ["2"]


def test_an_empty_office_still_gives_a_page(tmp_path: Path) -> None:
    Office(tmp_path / "office.db", demo=False).close()
    [page] = books(tmp_path).fetch_stock(None)
    assert (list(page.records), page.full) == ([], True)


@pytest.mark.parametrize("cursor", ["", "[]", "{}", '["x", 1, []]', "[1, 2, [null]]", "[true, 1, []]", "null"])
def test_a_cursor_of_somebody_else_is_refused(tmp_path: Path, cursor: str) -> None:
    with pytest.raises(DataError):
        list(books(tmp_path).fetch_stock(cursor))


def test_a_batch_that_is_too_large_is_refused_whole(tmp_path: Path) -> None:
    connector = books(tmp_path)
    with pytest.raises(BatchRefused):
        connector.push_documents([document(f"r-{number}", line("1", "MUG-RED")) for number in range(101)])
    assert connector.office.references() == []


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_is_sold_or_received_in_no_quantity(office: Office, quantity: int) -> None:
    for act in (office.sell, office.receive):
        with pytest.raises(OfficeRefusal):
            act("MUG-RED", quantity)
