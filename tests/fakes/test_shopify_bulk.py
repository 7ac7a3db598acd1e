"""The shop's bulk operations: a query over everything, its states over time, its result on another host."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify.checkout import Buy, Ship

RUN = """mutation Run($query: String!, $grouped: Boolean!) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status url objectCount } userErrors { code field message } } }"""
LOOK = """query Look($id: ID!) {
  bulkOperation(id: $id) { status errorCode objectCount rootObjectCount fileSize url completedAt } }"""
ORDERS = """{ orders(query: "created_at:>='2020-01-01T00:00:00Z'") { edges { node {
  id name currentTotalPriceSet { shopMoney { amount } } refunds { id }
  lineItems { edges { node { id sku quantity } } } shippingLines { edges { node { title } } } } } } }"""


def run(case: Case, query: str = ORDERS, *, grouped: bool = True) -> Any:
    return case.client.ask(RUN, query=query, grouped=grouped).data["bulkOperationRunQuery"]


def look(case: Case, gid: str) -> Any:
    return case.client.ask(LOOK, id=gid).data["bulkOperation"]


def finished(case: Case, query: str = ORDERS, *, grouped: bool = True) -> Any:
    begun = run(case, query, grouped=grouped)["bulkOperation"]
    case.clock.advance(case.site.options.bulk_seconds)
    return look(case, begun["id"])


def fetched(url: str, **headers: str) -> tuple[int, bytes]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
    got = connection.getresponse()
    body = got.read()
    connection.close()
    return got.status, body


def rows(url: str) -> list[dict[str, Any]]:
    status, body = fetched(url)
    assert status == 200
    return [json.loads(line) for line in body.splitlines()]


def three_orders(case: Case) -> list[int]:
    mug = case.hands.add_variant("MUG", 1000, "2.50")
    placed = [case.hands.place([Buy(mug, 1), Buy(mug, 2)], ships=[Ship("4.95")]) for _ in range(2)]
    return [*placed, case.hands.place([Buy(mug, 1) for _ in range(300)])]


def test_a_result_has_a_line_for_each_record_and_children_name_their_parent(case: Case, own: bool) -> None:
    first, second, long = three_orders(case)
    done = finished(case)
    assert (done["status"], done["rootObjectCount"], done["errorCode"]) == ("COMPLETED", "3", None)
    told = rows(done["url"])
    assert done["objectCount"] == str(len(told)) == str(3 + 2 + 2 + 300 + 2)
    assert sorted(row["id"] for row in told if "__parentId" not in row) == [
        f"gid://shopify/Order/{one}" for one in (first, second, long)
    ]
    assert told[0]["currentTotalPriceSet"] == {"shopMoney": {"amount": "12.45"}}
    assert [
        row["quantity"] for row in told if row.get("__parentId") == f"gid://shopify/Order/{second}" if "sku" in row
    ] == [1, 2]
    assert all("lineItems" not in row for row in told)


def test_fragments_are_read_where_they_are_spread(case: Case) -> None:
    three_orders(case)
    plain = rows(finished(case)["url"])
    spread = ORDERS.replace("id name currentTotalPriceSet", "...Words currentTotalPriceSet")
    assert rows(finished(case, f"{spread} fragment Words on Order {{ id name }}")["url"]) == plain


def test_children_follow_their_parent_where_that_is_asked_for_and_come_last_otherwise(case: Case) -> None:
    three_orders(case)
    grouped, loose = (rows(finished(case, grouped=each)["url"]) for each in (True, False))
    for at, row in enumerate(grouped):
        parent = next(each["id"] for each in reversed(grouped[: at + 1]) if "__parentId" not in each)
        assert row.get("__parentId", parent) == parent
    assert ["__parentId" in row for row in loose] == [False] * 3 + [True] * 306
    assert sorted(map(json.dumps, loose)) == sorted(map(json.dumps, grouped))


def test_an_operation_is_created_runs_and_ends_by_the_shop_s_clock(case: Case) -> None:
    three_orders(case)
    case.site.options.bulk_seconds = 10
    begun = run(case)["bulkOperation"]
    assert (begun["status"], begun["url"], begun["objectCount"]) == ("CREATED", None, "0")
    case.clock.advance(9)
    assert (look(case, begun["id"])["status"], look(case, begun["id"])["url"]) == ("RUNNING", None)
    case.clock.advance(1)
    done = look(case, begun["id"])
    assert (done["status"], done["completedAt"], bool(done["url"])) == ("COMPLETED", "2026-03-01T12:00:10Z", True)


def test_what_found_nothing_has_no_file(case: Case) -> None:
    done = finished(case)
    assert (done["status"], done["url"], done["objectCount"], done["fileSize"]) == ("COMPLETED", None, "0", None)


@pytest.mark.parametrize(("fate", "error"), [("FAILED", "TIMEOUT"), ("CANCELED", None), ("EXPIRED", None)])
def test_an_operation_that_comes_to_nothing_says_what_became_of_it(case: Case, fate: str, error: str | None) -> None:
    three_orders(case)
    case.site.options.bulk_fate, case.site.options.bulk_error = fate, error
    done = finished(case)
    assert (done["status"], done["errorCode"], done["url"], done["objectCount"]) == (fate, error, None, "0")


@pytest.mark.parametrize(("most", "code"), [(1, "OPERATION_IN_PROGRESS"), (2, "LIMIT_REACHED")])
def test_only_so_many_run_at_once(case: Case, most: int, code: str) -> None:
    case.site.options.bulks_at_once = most
    assert all(run(case)["userErrors"] == [] for _ in range(most))
    refused = run(case)
    assert (refused["bulkOperation"], [each["code"] for each in refused["userErrors"]]) == (None, [code])
    case.clock.advance(case.site.options.bulk_seconds)
    assert run(case)["userErrors"] == []


@pytest.mark.parametrize(
    "query",
    [
        "{ shop { name } }",
        "{ orders { edges { node { nothing } } } }",
        "{ orders { edges { node { refunds { refundLineItems { edges { node { id } } } } } } } }",
        "{ orders { edges { node { id } } } customers { edges { node { id } } } }",
        "query Q($id: ID!) { order(id: $id) { lineItems { edges { node { id } } } } }",
        "not a query",
    ],
)
def test_a_query_that_cannot_be_run_in_bulk_is_refused(case: Case, query: str) -> None:
    refused = run(case, query)
    assert (refused["bulkOperation"], [each["code"] for each in refused["userErrors"]]) == (None, ["INVALID"])
    assert case.site.bulks == {}


def test_the_file_is_on_another_host_that_knows_no_token_and_wants_its_signature(case: Case) -> None:
    three_orders(case)
    url = finished(case)["url"]
    assert urlsplit(url).netloc != urlsplit(case.server.address).netloc
    assert fetched(url.replace("Signature=", "Signature=0"))[0] == 403
    assert case.site.oracle.violations == []
    fetched(url, **{"X-Shopify-Access-Token": "any"})
    assert case.site.oracle.violations == ["a token was sent to the host of the files"]
    case.clock.advance(8 * 24 * 3600)
    assert fetched(url)[0] == 403


@pytest.mark.parametrize("how", ["short", "cut"])
def test_a_file_may_end_before_it_is_whole(case: Case, how: str) -> None:
    three_orders(case)
    done = finished(case)
    _, whole = fetched(done["url"])
    case.site.options.bulk_file = how
    status, less = fetched(done["url"])
    assert status == 200 and whole.startswith(less) and len(less) < len(whole) == int(done["fileSize"])
    assert less.endswith(b"\n") is (how == "short")


def test_the_result_is_what_is_there_when_it_ends_and_does_not_change_afterwards(case: Case) -> None:
    three_orders(case)
    begun = run(case)["bulkOperation"]
    case.hands.place([Buy(price="1.00", title="Late")])
    case.clock.advance(case.site.options.bulk_seconds)
    done = look(case, begun["id"])
    case.hands.place([Buy(price="1.00", title="Too late")])
    assert (done["rootObjectCount"], look(case, begun["id"])["rootObjectCount"]) == ("4", "4")


def test_an_operation_can_be_stopped(case: Case) -> None:
    begun = run(case)["bulkOperation"]
    stop = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    assert case.client.ask(stop, id=begun["id"]).data["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELING"
    case.clock.advance(case.site.options.bulk_seconds)
    assert look(case, begun["id"])["status"] == "CANCELED"
