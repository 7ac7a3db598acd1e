"""What can go wrong with a GraphQL request of the Shopify kind beside what can go wrong with any: each by name.

Most of it comes with HTTP status 200. Each fault is a function of the request and, where the work was done, of the true
answer, so that it can strike any server that answers GraphQL.

    server.fail(GraphqlFault("throttled"))
    server.fail(GraphqlFault("user_error", code="CHANGE_FROM_QUANTITY_STALE", row=0), at=7)
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, parse

from tests.fakes.wire_faults import WireFault
from tests.fakes.wire_messages import Answer, Request, reply

Body = dict[str, Any]
COST = {
    "requestedQueryCost": 90,
    "actualQueryCost": None,
    "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 12, "restoreRate": 100.0},
}
STATUSES = {
    "401": "[API] Invalid API key or access token (unrecognized login or wrong password)",
    "402": "Unavailable Shop",
    "403": "[API] This action requires merchant approval for read_orders scope.",
    "404": "Not Found",
    "423": "This shop is unavailable",
    "430": "Shopify Security Rejection",
}
"""What is answered with another status than 200 has a text in place of a list."""

NOT_DONE = {
    "throttled": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "throttled_429": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "throttled_bare": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    "internal_before": [{"message": "Internal error.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}],
    "out_of_time": [{"message": "Timeout", "extensions": {"code": "TIMEOUT"}}],
    "unknown_code": [{"message": "It rains.", "extensions": {"code": "RAIN"}}],
    "no_code": [{"message": "Something went wrong"}],
    "access_denied": [
        {
            "message": "Access denied for orders field. Required access: `read_orders` access scope.",
            "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_orders` access scope."},
        }
    ],
    "max_cost": [
        {
            "message": "Query cost is 1001, which exceeds the single query max cost limit (1000).",
            "extensions": {"code": "MAX_COST_EXCEEDED", "cost": 1001, "maxCost": 1000},
        }
    ],
    "errors_text": "Something went wrong",
    "errors_object": {"base": ["Something went wrong"]},
    "errors_of_texts": ["Something went wrong"],
}
"""Errors of a request of which nothing was done."""


def _internal_after(body: Body) -> Body:
    return {"errors": NOT_DONE["internal_before"], "data": None, "extensions": body.get("extensions")}


def _beside(body: Body) -> Body:
    """All the data is there, and an error beside it."""
    return {"errors": NOT_DONE["internal_before"], **body}


def _partly(body: Body) -> Body:
    """The first of what was asked for is null, and an error says that it went wrong."""
    name = next(iter(body["data"]))
    error = {"message": "Internal error.", "path": [name], "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    return {"errors": [error], **body, "data": {**body["data"], name: None}}


def _failed_after(body: Body) -> Body:
    """As a field fails that may not be null: it was begun, for it has a path, and has no code."""
    name = next(iter(body["data"]))
    error = {"message": "Something went wrong", "locations": [{"line": 2, "column": 3}], "path": [name]}
    return {**body, "errors": [error], "data": None}


def _data_null(body: Body) -> Body:
    return {**body, "data": None}


def _data_missing(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "data"}


def _extensions_missing(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "extensions"}


def _node_null(body: Body) -> Body:
    """The first of the records that were asked for by their ids is null, as one is that is gone."""
    return {**body, "data": {name: _without_first(value) for name, value in body["data"].items()}}


def _without_first(value: Any) -> Any:
    return [None, *value[1:]] if isinstance(value, list) and value else value


DONE: Mapping[str, Callable[[Body], Body]] = {
    "internal_after": _internal_after,
    "beside": _beside,
    "partly": _partly,
    "failed_after": _failed_after,
    "data_null": _data_null,
    "data_missing": _data_missing,
    "extensions_missing": _extensions_missing,
    "node_null": _node_null,
    "fallen_forward": dict,
}
"""What becomes of the true answer where the work was done."""

GRAPHQL_KINDS = (*NOT_DONE, *STATUSES, *DONE)
USER_ERROR = "user_error"


@dataclass(frozen=True)
class GraphqlFault(WireFault):
    """One such fault. `user_error`: every mutation of the request is refused with `code`, for its row `row` if given.

    `list_name`: the argument that the row stands in.
    """

    code: str = "INVALID"
    row: int | None = None
    list_name: str = "quantities"

    def __post_init__(self) -> None:
        assert self.kind in (*GRAPHQL_KINDS, USER_ERROR), f"no fault {self.kind!r}"

    @property
    def works(self) -> bool:
        return self.done if self.done is not None else self.kind in DONE

    def broken(self, request: Request, answer: Answer | None) -> Answer:
        if self.kind in STATUSES:
            return reply({"errors": STATUSES[self.kind]}, status=int(self.kind))
        if self.kind == USER_ERROR:
            return reply({"data": self._refused(request), "extensions": {"cost": COST}})
        if self.kind in NOT_DONE:
            return _turned_away(self.kind)
        assert answer is not None
        version = {"X-Shopify-API-Version": "2031-01"} if self.kind == "fallen_forward" else {}
        changed = DONE[self.kind](json.loads(answer.body))
        return replace(answer, body=json.dumps(changed).encode(), headers={**answer.headers, **version})

    def _refused(self, request: Request) -> Body:
        where = None if self.row is None else ["input", self.list_name, str(self.row)]
        errors = [{"code": self.code, "field": where, "message": f"It is {self.code}."}]
        found = _fields_of(request)
        assert found, "a fault of mutations strikes a request that has some"
        return {alias: {**dict.fromkeys(asked), "userErrors": errors} for alias, asked in found.items()}


def _turned_away(kind: str) -> Answer:
    body: Body = {"errors": NOT_DONE[kind]}
    if kind not in ("throttled_bare", "no_code", "errors_text", "errors_object"):
        body["extensions"] = {"cost": COST}
    return reply(body, status=429, Retry_After="2.0") if kind == "throttled_429" else reply(body)


def _fields_of(request: Request) -> dict[str, list[str]]:
    """Of each mutation in the request, by its alias, the fields that are asked of its payload."""
    [operation] = [
        one for one in parse(request.json()["query"]).definitions if isinstance(one, OperationDefinitionNode)
    ]
    fields = [one for one in operation.selection_set.selections if isinstance(one, FieldNode)]
    if operation.operation.value != "mutation":
        return {}
    return {_name(one): [_name(each) for each in _inside(one)] for one in fields}


def _inside(field: FieldNode) -> list[FieldNode]:
    assert field.selection_set
    return [one for one in field.selection_set.selections if isinstance(one, FieldNode)]


def _name(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value
