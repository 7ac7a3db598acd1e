"""One request as the site's routes see it, and what every route shares: pages, single rows, batches."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tests.fakes.woo import auth, params, php, reading
from tests.fakes.woo.params import Refusal
from tests.fakes.woo.records import Key
from tests.fakes.woo.rows_orders import root
from tests.fakes.woo.site import Site


@dataclass(frozen=True)
class Reply:
    """What a route answers: text of JSON, a status, headers."""

    text: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Call:
    site: Site
    key: Key | None
    method: str
    route: str  # below wc/v3, without slashes around it
    given: Mapping[str, Any]  # the query, as PHP reads it
    raw: bytes = b""
    is_json: bool = True
    ids: tuple[int, ...] = ()  # the numbers in the route

    @property
    def id(self) -> int:
        return self.ids[-1]

    @cached_property
    def mask(self) -> str:
        asked = self.given.get("_fields", "")
        return asked if isinstance(asked, str) else ",".join(asked)

    @cached_property
    def paying(self) -> set[int]:
        """Who has paid an order."""
        return {order.customer_id for order in self.site.orders.values() if order.paid}

    def query(self, table: params.Table) -> dict[str, Any]:
        """The parameters of a listing."""
        most = self.site.options.page_limit
        return params.read({**table, "per_page": (params.whole(1, most), min(10, most))}, self.given)

    def permit(self, code: str, message: str) -> None:
        auth.permit(self.key, code, message)

    def body(self) -> dict[str, Any]:
        """What was sent, as parameters; what is no JSON by its header is not read."""
        if not self.is_json or not self.raw.strip():
            return {}
        try:
            parsed = json.loads(self.raw)
        except ValueError as error:
            raise Refusal("rest_invalid_json", "Invalid JSON body passed.", 400, json_error_code=4) from error
        return parsed if isinstance(parsed, dict) else {}

    def list_of(self, texts: list[str], headers: Mapping[str, str]) -> Reply:
        return Reply(f"[{','.join(texts)}]", headers=headers)

    def text_of_one(self, text: str) -> Reply:
        return Reply(text)

    def made(self, text: str, path: str) -> Reply:
        return Reply(text, 201, {"Location": f"{root(self.site)}/{path}"})


Work = Callable[[Mapping[str, Any]], str]


def single(call: Call, text: str) -> Reply:
    return Reply(text)


def batch(call: Call, *, create: Work | None = None, update: Work | None = None, delete: Work | None = None) -> Reply:
    """Item by item, none of them validated; one that fails says so in its own place, and the answer is 200.

    A batch of nothing is answered by an empty list. `_fields` finds nothing inside the lists.
    """
    body = call.body()
    given = {name: body.get(name) for name in ("create", "update", "delete")}
    parts = {name: items for name, items in given.items() if isinstance(items, list) and items}
    count = sum(len(items) for items in parts.values())
    if count > call.site.options.batch_limit:
        raise Refusal(
            "woocommerce_rest_request_entity_too_large",
            f"Unable to accept more than {call.site.options.batch_limit} items for this request.",
            413,
        )
    works = {"create": create, "update": update, "delete": delete}
    answered = [f'"{name}":[{",".join(_item(call, name, works[name], one) for one in parts[name])}]' for name in parts]
    text = f"{{{','.join(answered)}}}" if answered else "[]"
    return Reply(_filtered(call, text))


def _item(call: Call, part: str, work: Work | None, item: Any) -> str:
    if work is None:
        raise NotOffered(f"batch {part} of {call.route}")
    _may_die(call.site)
    sent = item if isinstance(item, Mapping) else {"id": item}
    try:
        return work(sent)
    except Fatal:
        raise
    except Refusal as error:
        row = {"id": 0 if part == "create" else sent.get("id")}
        return php.dump({**row, "error": error.body()})


def _may_die(site: Site) -> None:
    left = site.options.fatal_after
    if left is not None:
        site.options.fatal_after = left - 1 if left else None
        if not left:
            told = "<p>There has been a critical error on this website.</p>"
            raise Fatal("internal_server_error", told, 500)


def _filtered(call: Call, text: str) -> str:
    mask = reading.mask_of(call.given)
    return php.dump(reading.cut(json.loads(text), mask)) if mask else text


class Fatal(Refusal):
    """PHP came to an end: of memory, of time, in a plug-in. What was done by then is done."""


class NotOffered(Exception):
    """The real site has this, the fake has not: a test that needs it must be told."""
