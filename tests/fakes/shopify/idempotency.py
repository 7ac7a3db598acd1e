"""Keys of @idempotent: kept for a day, for each app; a request that comes again with its key is not done again."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graphql import GraphQLError

from tests.fakes.shopify.records import user_error
from tests.fakes.shopify.table import Call

KEPT = timedelta(hours=24)
Payload = dict[str, Any]


@dataclass
class Used:
    """A key that was used. `payload`: what came of it, which a replay shows as it stands now."""

    parameters: str
    at: datetime
    payload: Payload

    @property
    def failed(self) -> bool:
        return bool(self.payload["userErrors"])


def once(call: Call, mutation: str, parameters: Any, empty: Payload, work: Callable[[], Payload]) -> Payload:
    """Do the work, unless this key has seen it done. `empty`: the payload of a mutation that did nothing.

    From 2026-04 on there must be a key.
    """
    if call.key is None:
        if call.at_least("2026-04"):
            message = "The @idempotent directive is required for this mutation but was not provided."
            raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
        return work()
    if not call.key.strip():
        raise GraphQLError("The idempotency key can't be blank.", extensions={"code": "BAD_REQUEST"})
    site, asked = call.site, json.dumps([mutation, parameters], sort_keys=True, default=str)
    used: Used | None = site.keys.get((call.app, call.key))
    if used is not None and site.clock() - used.at < KEPT:
        return _again(call, used, asked, empty, work)
    if site.options.concurrent_once:
        site.options.concurrent_once = False
        return _refused(empty, "This request is currently in progress, please try again.", "CONCURRENT_REQUEST")
    payload = work()
    site.keys[call.app, call.key] = Used(asked, site.clock(), payload)
    return payload


def _again(call: Call, used: Used, asked: str, empty: Payload, work: Callable[[], Payload]) -> Payload:
    if used.parameters != asked:
        call.site.oracle.violations.append(f"the key {call.key} was used again for something else")
        message = "The same idempotency key cannot be used with different operation parameters."
        return _refused(empty, message, "KEY_PARAMETER_MISMATCH")
    if used.failed and not call.site.options.failed_key_replays:
        message = "A previous request with this idempotency key failed. Retry with a new idempotency key."
        return _refused(empty, message, "PREVIOUS_ATTEMPT_FAILED")
    call.site.oracle.calls["replay"] += 1
    return work() if call.site.options.replay_compares else used.payload


def _refused(empty: Payload, message: str, code: str) -> Payload:
    return {**empty, "userErrors": [user_error(message, None, f"IDEMPOTENCY_{code}")]}
