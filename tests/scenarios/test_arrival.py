"""R1-R8: customers arrive with their orders."""

import subprocess
import sys
from datetime import UTC, datetime

from tests.scenarios.people import ANN, BOB, HOME, WORK
from tests.scenarios.shopkeeper import Shopkeeper


def test_r1_the_first_connection_imports_the_orders_with_all_customer_data_on_them(keeper: Shopkeeper) -> None:
    keeper.shop.add_group("Trade")
    ann = keeper.shop.upsert_customer(
        **ANN, company="Other & Co", addresses=[HOME, WORK], note="rings twice", group="Trade", tax_exempt=True
    )
    keeper.shop.set_consent(ann, "email", "subscribed", source="checkout")
    order = keeper.buys(ann)
    keeper.syncs()
    there = keeper.pos()["Ann Other"]
    assert (there.company, there.emails, there.phones) == ("Other & Co", ("ann@example.org",), ("020 7946 0001",))
    assert (there.addresses, there.note, there.group, there.tax_exempt) == ((HOME, WORK), "rings twice", "Trade", True)
    [answer] = there.consents
    [given] = keeper.shop.customer(ann)["consents"]
    assert (answer.channel, answer.state, answer.source) == ("email", "subscribed", "checkout")
    assert answer.changed_at is not None and given["changed_at"].startswith(f"{answer.changed_at:%Y-%m-%dT%H:%M:%S}")
    assert keeper.buyer_in_books(order) == "Ann Other"


def test_r2_many_orders_of_one_customer_make_one_customer(keeper: Shopkeeper) -> None:
    ann = keeper.shop.upsert_customer(**ANN)
    orders = [
        keeper.buys(ann),
        keeper.buys(ann),
        keeper.buys({**ANN, "name": " ann  OTHER", "emails": ["Ann@Example.org"]}),
    ]
    keeper.syncs()
    orders.append(keeper.buys(ann))
    keeper.syncs()
    assert list(keeper.pos()) == ["Ann Other"]
    assert [keeper.buyer_in_books(order) for order in orders] == ["Ann Other"] * 4
    [row] = keeper.asks("customers", "find", "--email", "ann@example.org")["rows"]
    assert (row["orders"], row["spend"]) == (4, ["40.00 GBP"])
    assert keeper.asks("customers", "list")["total"] == 1


def test_r2_orders_of_before_the_books_began_are_the_base_of_the_customer_file_too(keeper: Shopkeeper) -> None:
    keeper.change(orders={"import_from": "2019-01-01"})
    ann = keeper.shop.upsert_customer(**ANN)
    for month in (5, 6):
        keeper.buys(ann, placed_at=datetime(2019, month, 1, tzinfo=UTC))
    keeper.buys({**BOB, "name": "Bob Third"}, placed_at=datetime(2018, 6, 1, tzinfo=UTC))  # older than what is imported
    keeper.syncs()
    [row] = keeper.asks("customers", "find", "--by", "spend")["rows"]
    assert (row["name"], row["orders"], row["spend"]) == ("Ann Other", 2, ["20.00 GBP"])
    assert keeper.documents() == [] and keeper.pos() == {}  # nothing of that is booked again
    order = keeper.buys(ann)
    keeper.syncs()
    assert keeper.buyer_in_books(order) == "Ann Other"
    assert keeper.asks("customers", "find", "--by", "spend")["rows"][0]["orders"] == 3


def test_r3_a_new_web_customer_comes_over_when_an_order_is_placed_and_not_before(keeper: Shopkeeper) -> None:
    keeper.syncs()
    ann, _ = keeper.shop.upsert_customer(**ANN), keeper.shop.upsert_customer(**BOB)
    keeper.syncs()
    assert keeper.pos() == {}
    keeper.buys(ann)
    keeper.syncs()
    assert list(keeper.pos()) == ["Ann Other"]


def test_r4_changed_details_come_over_with_the_next_order_into_the_same_record(keeper: Shopkeeper) -> None:
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.buys(ann)
    keeper.syncs()
    before = keeper.pos()["Ann Other"]
    keeper.shop.upsert_customer(ann, phones=["020 7946 0999"], addresses=[HOME])
    keeper.syncs()
    assert keeper.pos() == {"Ann Other": before}
    keeper.buys(ann)
    keeper.syncs()
    [after] = keeper.pos().values()
    assert after.id == before.id
    assert (after.phones, after.addresses, after.emails) == (("020 7946 0999",), (HOME,), before.emails)


def test_r4_a_guest_who_comes_again_is_the_same_customer_with_what_is_new(keeper: Shopkeeper) -> None:
    keeper.buys(ANN)
    keeper.syncs()
    before = keeper.pos()["Ann Other"].id
    keeper.buys({**ANN, "phones": ["020 7946 0777"], "addresses": [{"street": "1 High Street", "city": "York"}]})
    keeper.syncs()
    [after] = keeper.pos().values()
    assert (after.id, after.phones) == (before, ("020 7946 0001", "020 7946 0777"))
    assert [one.city for one in after.addresses] == ["York"]


def test_r5_the_link_holds_though_name_and_address_are_others_now(keeper: Shopkeeper) -> None:
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.buys(ann)
    keeper.syncs()
    record = keeper.pos()["Ann Other"].id
    links = keeper.asks("customers", "show", keeper.number_of("Ann"))["links"]
    keeper.shop.upsert_customer(ann, name="Ann Wed", emails=["wed@example.org"], phones=["020 7946 0555"])
    order = keeper.buys(ann)
    keeper.syncs()
    assert {one.name: one.id for one in keeper.office.customers()} == {"Ann Wed": record}
    assert keeper.buyer_in_books(order) == "Ann Wed"
    now = keeper.asks("customers", "show", keeper.number_of("Ann Wed"))["links"]
    assert [(one["party"], one["remote_id"]) for one in now] == [(one["party"], one["remote_id"]) for one in links]
    assert {one["remote_id"] for one in now} == {record, ann}


def test_r6_whatever_was_bought_is_over_there_after_the_next_run_of_cron(keeper: Shopkeeper) -> None:
    """Nobody types anything and nothing asks: the real process, as the line in cron/crontab runs it."""
    for customer in (ANN, BOB):
        keeper.buys(keeper.shop.upsert_customer(**customer))
        cron = [
            sys.executable,
            "-m",
            "syncctl",
            "--config",
            str(keeper.config),
            "-q",
            "sync-all",
            "--if-busy",
            "wait:60",
        ]
        done = subprocess.run(cron, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        assert done.stdout + done.stderr == ""
        assert customer["name"] in keeper.pos()


def test_r7_fresh_details_are_there_before_the_order_is_in_the_same_cycle(keeper: Shopkeeper) -> None:
    """The back office refuses the order, for its books are closed; what the customer changed is there all the same."""
    ann = keeper.shop.upsert_customer(**ANN)
    keeper.buys(ann)
    keeper.syncs()
    keeper.shop.upsert_customer(ann, phones=["020 7946 0999"])
    order, first = keeper.buys(ann), keeper.buys({**BOB, "name": "Bob New"})
    keeper.close_period(keeper.moment().date())
    keeper.syncs(code=1)
    assert keeper.documents(order) == keeper.documents(first) == []
    assert keeper.pos()["Ann Other"].phones == ("020 7946 0999",)
    assert keeper.pos()["Bob New"].emails == ("bob@example.org",)
    keeper.close_period(None)
    keeper.types("holds", "retry", "--all")
    keeper.syncs()
    assert (keeper.buyer_in_books(order), keeper.buyer_in_books(first)) == ("Ann Other", "Bob New")


def test_r8_whether_both_sides_agree_is_said_by_a_command(keeper: Shopkeeper) -> None:
    keeper.buys(keeper.shop.upsert_customer(**ANN))
    keeper.office.upsert_customer(**BOB)
    keeper.syncs()
    assert set(keeper.listed("--unlinked")) == {"Bob Third"}
    ann = keeper.pos()["Ann Other"].id
    assert {one["state"] for one in keeper.listed()["Ann Other"]["sides"].values()} == {"linked"}
    keeper.office.upsert_customer(ann, note="pays cash")
    keeper.types("pull-data")
    row = keeper.listed()["Ann Other"]
    assert (row["sides"]["shop"]["state"], row["waits_for"]) == ("pending", "the next run: syncctl sync-all")
    shop = next(one for one in keeper.asks("customers", "show", str(row["id"]))["links"] if one["party"] == "shop")
    assert shop["pending"] == ["note"]
    keeper.syncs()
    assert keeper.web()["Ann Other"]["note"] == "pays cash"
    assert keeper.listed()["Ann Other"]["waits_for"] == ""
