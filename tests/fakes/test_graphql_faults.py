"""Each fault of GraphQL is what its name says, as a plain client sees it."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.graphql_faults import DONE, GRAPHQL_KINDS, NOT_DONE, STATUSES, GraphqlFault
from tests.fakes.wire import Answer, Request, Server, reply

pytestmark = pytest.mark.wire
DATA = {"orders": {"nodes": [{"id": "1"}, {"id": "2"}]}, "nodes": [{"id": "3"}, {"id": "4"}]}
TRUE = {"data": DATA, "extensions": {"cost": {"requestedQueryCost": 7}}}
ASKED = "query Orders { orders(first: 2) { nodes { id } } nodes(ids: [3, 4]) { id } }"
SET = """mutation Set($a: Input!) {
  a: inventorySetQuantities(input: $a) @idempotent(key: "k") { inventoryAdjustmentGroup { id } userErrors { code } }
}"""


class Shop(Server):
    """Answers the same to all; `work` counts what reached it."""

    work = 0

    def handle(self, request: Request) -> Answer:
        self.work += 1
        return reply(TRUE, X_Shopify_API_Version="2026-07")


@pytest.fixture
def server() -> Iterator[Shop]:
    with Shop() as server:
        yield server
        assert server.errors == []


def ask(server: Server, query: str = ASKED) -> tuple[int, Any, dict[str, str]]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=1)
    connection.request("POST", "/admin/api/2026-07/graphql.json", json.dumps({"query": query, "variables": {}}))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read()), dict(answer.getheaders())


@pytest.mark.parametrize("kind", GRAPHQL_KINDS)
def test_each_strikes_once_and_does_the_work_or_does_not(server: Shop, kind: str) -> None:
    server.fail(GraphqlFault(kind))
    assert ask(server) != ask(server)
    assert server.work == (2 if kind in DONE else 1)
    assert ask(server)[1] == TRUE


@pytest.mark.parametrize("kind", STATUSES)
def test_a_status_has_a_text_in_place_of_errors(server: Shop, kind: str) -> None:
    server.fail(GraphqlFault(kind))
    status, body, _ = ask(server)
    assert status == int(kind) and isinstance(body["errors"], str)


@pytest.mark.parametrize("kind", NOT_DONE)
def test_what_was_not_done_has_errors_and_no_data(server: Shop, kind: str) -> None:
    server.fail(GraphqlFault(kind))
    status, body, headers = ask(server)
    assert status == (429 if kind == "throttled_429" else 200)
    assert body["errors"] and "data" not in body
    assert (headers.get("Retry-After") == "2.0") == (kind == "throttled_429")
    cost = body.get("extensions", {}).get("cost", {})
    assert cost.get("actualQueryCost") is None and (kind != "throttled" or cost["throttleStatus"]["restoreRate"])


def test_what_was_done_comes_back_spoilt(server: Shop) -> None:
    bodies = {}
    for kind in DONE:
        server.fail(GraphqlFault(kind))
        bodies[kind] = ask(server)[1]
    assert bodies["internal_after"]["data"] is None and bodies["internal_after"]["errors"]
    assert bodies["beside"]["data"] == DATA and bodies["beside"]["errors"]
    assert bodies["partly"]["data"] == {**DATA, "orders": None} and bodies["partly"]["errors"][0]["path"] == ["orders"]
    assert bodies["failed_after"]["data"] is None and bodies["failed_after"]["errors"][0]["path"] == ["orders"]
    assert bodies["data_null"] == {**TRUE, "data": None} and "data" not in bodies["data_missing"]
    assert bodies["extensions_missing"] == {"data": DATA}
    assert bodies["node_null"]["data"] == {**DATA, "nodes": [None, {"id": "4"}]}
    assert bodies["fallen_forward"] == TRUE


def test_a_version_that_fell_forward_is_told_by_its_header(server: Shop) -> None:
    server.fail(GraphqlFault("fallen_forward"))
    assert [ask(server)[2]["X-Shopify-API-Version"] for _ in range(2)] == ["2031-01", "2026-07"]


def test_work_can_be_done_though_nobody_hears_of_it(server: Shop) -> None:
    server.fail(GraphqlFault("internal_before", done=True))
    assert "data" not in ask(server)[1] and server.work == 1


def test_a_mutation_is_refused_for_a_row(server: Shop) -> None:
    server.fail(GraphqlFault("user_error", code="CHANGE_FROM_QUANTITY_STALE", row=3))
    _, body, _ = ask(server, SET)
    [error] = body["data"]["a"].pop("userErrors")
    assert (error["code"], error["field"]) == ("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "3"])
    assert body["data"] == {"a": {"inventoryAdjustmentGroup": None}} and server.work == 0
