"""One document is asked, and what comes back is an answer or an error that says what the run does next."""

import logging
from typing import Any

import pytest

from syncctl.connectors.shopify.answers import Answer, NotSpoken, Spoilt, TooDear, UserError, by_index
from syncctl.connectors.shopify.documents import Document
from syncctl.errors import BatchRefused, DataError, SafetyStop, SignInNeeded, SyncctlError, Throttled, Unreachable
from tests.connectors.shopify_server import (
    APART,
    API,
    READ,
    ROWS,
    TOKEN,
    WRITE,
    Clock,
    Shop,
    admin_of,
    cost,
    failed,
)
from tests.fakes.wire import Answer as Sent
from tests.fakes.wire import reply

DONE = {"data": {"a": {"id": "1"}, "b": {"id": "2"}}}


def asked(server: Shop, document: Document, *, keyed: bool = False, **more: Any) -> Answer:
    admin = admin_of(server, **more)
    try:
        return admin.write(document, {}, keyed=keyed) if document.writes else admin.read(document, {})
    finally:
        admin.close()


def test_a_document_is_sent_with_its_variables_to_one_address() -> None:
    with Shop(
        {"data": {"orders": {"nodes": [{"id": "gid://shopify/Order/1"}]}}, "extensions": cost(5, 1990)}
    ) as server:
        answer = admin_of(server).read(READ, {"first": 2, "query": 'a "quoted" text'})
        [request] = server.log
    assert (request.method, request.path, request.query_text) == ("POST", API, "")
    assert request.json() == {"query": READ.text, "variables": {"first": 2, "query": 'a "quoted" text'}}
    assert request.header("X-Shopify-Access-Token") == TOKEN
    assert answer.data == {"orders": {"nodes": [{"id": "gid://shopify/Order/1"}]}}
    assert answer.at is not None
    assert answer.cost is not None and (answer.cost.requested, answer.cost.available) == (5, 1990)


def test_rows_come_with_the_very_text_that_they_were_read_from() -> None:
    text = b'{"data":{"orders":{"nodes":[ {"id": "1", "total":"1.50"},null,{"id":"\\u0032"} ],"pageInfo":{}}}}'
    with Shop(Sent(text)) as server:
        answer = asked(server, ROWS)
    assert answer.rows == [
        ({"id": "1", "total": "1.50"}, '{"id": "1", "total":"1.50"}'),
        ({"id": "2"}, '{"id":"\\u0032"}'),
    ]
    assert answer.data["orders"] == {"nodes": [{"id": "1", "total": "1.50"}, None, {"id": "2"}], "pageInfo": {}}


# --- errors on top ----------------------------------------------------------------------------------------------------

NOTHING = {"orders": None}
SCOPE = "`read_customers` access scope."
REFUSED = [
    (failed("MAX_COST_EXCEEDED", "Query cost is 2500, which exceeds the limit (1000)."), TooDear, "2500", ""),
    (
        failed("ACCESS_DENIED", "Access denied for customers field.", NOTHING, requiredAccess=SCOPE),
        SignInNeeded,
        "Access denied for customers field.",
        "`read_customers` access scope",
    ),
    (
        failed("ACCESS_DENIED", "This app is not approved to access the Customer object.", NOTHING),
        SignInNeeded,
        "not approved",
        "stores.shop.customer_data: false",
    ),
    (failed("SHOP_INACTIVE"), Unreachable, "the shop is frozen", "Plan"),
    (
        failed("undefinedField", "Field 'x' doesn't exist on type 'Order'"),
        NotSpoken,
        "Field 'x'",
        "stores.shop.version",
    ),
    (failed("argumentNotAccepted"), NotSpoken, "is not understood", "version"),
    ({"errors": [{"message": "Parse error", "locations": [{"line": 1, "column": 2}]}]}, NotSpoken, "Parse error", ""),
]


@pytest.mark.parametrize(("body", "error", "text", "hint"), REFUSED)
@pytest.mark.parametrize("document", [READ, WRITE])
def test_what_shopify_refuses_is_said_once_with_what_to_do(
    document: Document, body: dict[str, Any], error: type[SyncctlError], text: str, hint: str
) -> None:
    with Shop(body) as server:
        with pytest.raises(error) as refused:
            asked(server, document)
        assert server.count == 1
    assert type(refused.value) is error
    assert text in str(refused.value) and hint in refused.value.hint
    assert str(refused.value).startswith("shop: ")


def test_a_value_that_does_not_fit_refuses_a_whole_write_and_spoils_a_reading() -> None:
    body = failed("INVALID_VARIABLE", "Variable $x was provided invalid value")
    with Shop(body) as server, pytest.raises(BatchRefused, match="invalid value"):
        asked(server, WRITE)
    with Shop(body) as server, pytest.raises(NotSpoken, match="invalid value"):
        asked(server, READ)


UNWELL = [
    failed("INTERNAL_SERVER_ERROR", "Internal error. Looks like something went wrong on our end."),
    failed("INTERNAL_SERVER_ERROR", data=None),
    failed("INTERNAL_SERVER_ERROR", data={"a": {"id": "1"}, "b": None, "orders": {}}),
    failed("TIMEOUT"),
    failed("SOMETHING_NEW"),
    {"errors": [{"message": "no", "locations": [{"line": 1, "column": 2}], "path": ["a"]}], "data": None},
    {"errors": "Not Found"},
    {"errors": {"base": "no"}},
    {"errors": ["no", 3]},
    {"errors": [{"message": None}]},
    {"errors": [{"extensions": 3}]},
]


@pytest.mark.parametrize("body", UNWELL)
def test_what_went_wrong_over_there_is_asked_again_and_then_unreachable(body: dict[str, Any]) -> None:
    with Shop(body) as server:
        with pytest.raises(Unreachable) as failure:
            asked(server, READ)
        assert server.count == 5
    assert failure.value.exit_code == 3 and "outcome" not in str(failure.value)
    with Shop(body, {"data": {"orders": {}}}) as server:
        assert asked(server, READ).data == {"orders": {}}


@pytest.mark.parametrize("body", UNWELL)
def test_a_write_that_went_wrong_over_there_is_made_again_only_if_it_is_keyed(body: dict[str, Any]) -> None:
    with Shop(body, DONE) as server:
        with pytest.raises(Unreachable, match="its outcome is not known"):
            asked(server, WRITE)
        assert server.count == 1
    with Shop(body, DONE) as server:
        assert asked(server, WRITE, keyed=True).data == DONE["data"]
        assert server.count == 2


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{}", "without data"),
        (b'{"data":null}', "without data"),
        (b'{"data":[]}', "without data"),
        (b"[]", "cannot be read"),
        (b"3", "cannot be read"),
        (b"", "with nothing"),
        (b'{"data":{"orders":{}}', "cannot be read"),
        (b'{"data":{},"data":{}}', "cannot be read"),
        (b"<html>sign in</html>", "a web page instead of data"),
    ],
)
def test_what_is_no_answer_is_an_error_and_never_an_empty_shop(body: bytes, text: str) -> None:
    for document in (READ, ROWS, WRITE):
        with Shop(Sent(body)) as server:
            with pytest.raises(DataError, match=text) as refused:
                asked(server, document)
            assert server.count == 1
        assert ("; the outcome is not known" in str(refused.value)) == document.writes


# --- errors in one record ---------------------------------------------------------------------------------------------


def within(*path: object, code: str = "INTERNAL_SERVER_ERROR", **data: Any) -> dict[str, Any]:
    return {"data": data, "errors": [{"message": "broken", "path": list(path), "extensions": {"code": code}}]}


def test_an_error_within_one_record_spoils_that_one_alone() -> None:
    rows = [{"id": "1"}, {"id": "2", "customer": None}, {"id": "3"}]
    with Shop(within("orders", "nodes", 1, "customer", orders={"nodes": rows})) as server:
        answer = asked(server, ROWS)
    assert [row["id"] for row, _ in answer.rows] == ["1", "3"]
    assert answer.spoilt == [Spoilt(1, rows[1], "broken")]


def test_an_error_within_one_field_of_a_mutation_leaves_the_others_known() -> None:
    with Shop(within("b", "id", a={"id": "1"}, b=None)) as server:
        answer = asked(server, APART)
        assert server.count == 1
    assert answer.data["a"] == {"id": "1"} and answer.spoilt == [Spoilt("b", None, "broken")]


@pytest.mark.parametrize(
    "body",
    [
        within("orders", "pageInfo", orders={"nodes": []}),
        within("orders", orders=None),
        within("shop", orders={"nodes": []}),
        within("orders", "nodes", True, orders={"nodes": []}),
        {"data": {"orders": {"nodes": []}}, "errors": [{"message": "no path"}]},
        {
            "data": {"orders": {"nodes": [{"id": "1"}]}},
            "errors": [
                {"message": "in it", "path": ["orders", "nodes", 0]},
                {"message": "beside it", "path": ["shop"]},
            ],
        },
    ],
)
def test_an_error_that_lies_elsewhere_spoils_all(body: dict[str, Any]) -> None:
    with Shop(body) as server, pytest.raises(Unreachable):
        asked(server, ROWS)


def test_a_right_that_is_lacking_is_no_matter_of_one_record() -> None:
    body = within("orders", "nodes", 0, "customer", code="ACCESS_DENIED", orders={"nodes": [{"id": "1"}]})
    with Shop(body) as server, pytest.raises(SignInNeeded):
        asked(server, ROWS)


def test_what_is_told_beside_an_answer_is_no_word_on_the_document() -> None:
    body = within("b", code="argumentLiteralsIncompatible", a={"id": "1"}, b=None)
    with Shop(body) as server, pytest.raises(Unreachable, match="its outcome is not known"):
        asked(server, WRITE)


def test_without_being_asked_for_it_no_part_of_an_answer_with_errors_is_believed() -> None:
    rows = [{"id": "1"}, {"id": "2", "customer": None}]
    with Shop(within("orders", "nodes", 1, "customer", orders={"nodes": rows})) as server, pytest.raises(Unreachable):
        asked(server, READ)


# --- HTTP -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "text", "hint"),
    [
        (401, SignInNeeded, "does not take stores.shop.access_token", "installed"),
        (402, Unreachable, "the shop is frozen", "Plan"),
        (403, SignInNeeded, "forbids what was asked", "Settings > Apps"),
        (404, DataError, "no such shop", "stores.shop.url"),
        (423, Unreachable, "is locked", "support"),
        (430, Unreachable, "takes our requests for an attack", "hours"),
    ],
)
@pytest.mark.parametrize("document", [READ, WRITE])
def test_each_status_has_its_consequence(
    document: Document, status: int, error: type[SyncctlError], text: str, hint: str
) -> None:
    with Shop(reply({"errors": "Unavailable Shop"}, status)) as server:
        with pytest.raises(error, match=text) as refused:
            asked(server, document)
        assert server.count == 1
    assert hint in refused.value.hint


@pytest.mark.parametrize("status", [400, 406, 413, 422])
def test_any_other_refusal_is_of_the_whole_batch(status: int) -> None:
    with Shop(reply({"errors": {"query": "Required parameter missing or invalid"}}, status)) as server:
        with pytest.raises(BatchRefused, match=f"HTTP {status}"):
            asked(server, WRITE)
        with pytest.raises(DataError, match=f"HTTP {status}"):
            asked(server, READ)


def test_who_is_taken_for_an_attack_asks_no_more() -> None:
    with Shop(reply({"errors": "Security Rejection"}, 430), {"data": {"orders": {}}}) as server:
        admin = admin_of(server)
        for _ in range(3):
            with pytest.raises(Unreachable, match="not asked any more in this run"):
                admin.read(READ, {})
        assert server.count == 1


@pytest.mark.parametrize("kind", ["500", "503", "reset", "timeout_after", "short_body"])
def test_a_reading_and_a_keyed_write_go_out_again_after_a_fault_and_no_other_write(kind: str) -> None:
    with Shop(DONE) as server:
        server.fail(kind)
        assert asked(server, READ).data == DONE["data"]
        server.fail(kind)
        assert asked(server, WRITE, keyed=True).data == DONE["data"]
        before = server.count
        server.fail(kind)
        with pytest.raises(Unreachable, match="outcome"):
            asked(server, WRITE)
        assert server.count == before + 1


def test_a_shop_that_sends_us_on_is_not_followed() -> None:
    with Shop() as elsewhere, Shop(Sent(b"", 307, {"Location": elsewhere.url + API})) as server:
        with pytest.raises(SafetyStop):
            asked(server, WRITE)
        assert elsewhere.count == 0


def test_a_version_that_was_answered_by_another_is_remembered() -> None:
    with Shop(reply({"data": {}}, X_Shopify_API_Version="2026-10")) as server:
        admin = admin_of(server, version="2026-01")
        assert admin.version_answered == ""
        admin.read(READ, {})
        assert server.log[0].path == "/admin/api/2026-01/graphql.json"
    assert admin.version_answered == "2026-10"


# --- what is said -----------------------------------------------------------------------------------------------------


def test_no_message_repeats_what_was_sent_nor_who_we_are(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sent = {"input": {"email": "canary@shop.example", "lastName": "Canaryson", "phone": "+441632960123"}}
    message = f"Email canary@shop.example of Canaryson, +441632960123 is bad for {TOKEN}" + "x" * 5000
    said = []
    for body in (failed("INVALID_VARIABLE", message), failed("INTERNAL_SERVER_ERROR", message), failed("x", message)):
        with Shop(body) as server, pytest.raises(SyncctlError) as refused:
            admin_of(server).write(WRITE, sent)
        said += [str(refused.value), refused.value.hint]
    assert not [one for one in (*said, caplog.text) if "anary" in one or "960123" in one]
    assert max(map(len, said)) < 400


def test_user_errors_are_told_by_their_place_in_the_list() -> None:
    errors = [
        {
            "code": "STALE",
            "field": ["input", "quantities", "3", "changeFromQuantity"],
            "message": "stale +441632960123",
        },
        {"code": "SECOND", "field": ["input", "quantities", "3", "quantity"], "message": "and another"},
        {"code": None, "field": ["input", "name"], "message": "no such name"},
        {"field": None, "message": "whole"},
        {"code": "ODD", "field": ["quantities"], "message": "no index"},
        {"code": "FAR", "field": ["quantities", "9" * 5000], "message": "no index either"},
        {"code": "LAST", "field": ["quantities", "0"], "message": "x" * 500},
    ]
    found = by_index(errors, "quantities", {})
    assert set(found) == {3, None, 0}
    assert found[3] == UserError("STALE", "stale ***")
    assert found[None] == UserError("", "no such name")
    assert found[0].code == "LAST" and len(found[0].message) == 200


# --- points -----------------------------------------------------------------------------------------------------------


def throttled(requested: float, available: float, **more: Any) -> dict[str, Any]:
    return {**failed("THROTTLED", "Throttled"), "extensions": cost(requested, available, **more)}


@pytest.mark.parametrize("status", [200, 429])
@pytest.mark.parametrize("document", [READ, WRITE])
def test_who_is_turned_away_waits_just_as_long_as_the_points_take_to_come(document: Document, status: int) -> None:
    clock = Clock()
    with Shop(reply(throttled(750, 250), status), DONE) as server:
        assert asked(server, document, clock=clock).data == DONE["data"]
        assert server.count == 2
    assert clock.waited == pytest.approx(5)


def test_who_is_turned_away_without_a_word_waits_some_time() -> None:
    for first in (failed("THROTTLED"), reply({"errors": "Too many"}, 429), Sent(b"<html>", 429)):
        clock = Clock()
        with Shop(first, DONE) as server:
            assert asked(server, WRITE, clock=clock).data == DONE["data"]
            assert server.count == 2
        assert clock.waited > 0


def test_who_is_turned_away_again_and_again_gives_up() -> None:
    with Shop(throttled(750, 250)) as server:
        with pytest.raises(Throttled) as refused:
            asked(server, WRITE)
        assert server.count == 5
    assert "outcome" not in str(refused.value)


def test_a_wait_that_the_run_cannot_afford_ends_it_at_once() -> None:
    with Shop(throttled(1000, -400, rate=1)) as server:
        with pytest.raises(Throttled):
            asked(server, READ, most=60)
        assert server.count == 1


@pytest.mark.parametrize(
    "told", [None, 3, {"cost": None}, {"cost": {}}, cost(5, float("1e10")), cost(5, 5, rate=0), cost(5, 5, maximum=0)]
)
def test_an_answer_that_says_nothing_believable_of_its_cost_is_an_answer(told: Any) -> None:
    with Shop({"data": {"orders": {}}, "extensions": told}) as server:
        answer = asked(server, READ)
    assert answer.data == {"orders": {}} and answer.cost is None
