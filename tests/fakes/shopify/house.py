"""The shop itself: its name and settings, the versions that it serves, the app's installation, records by id."""

from typing import Any

from graphql import GraphQLError

from tests.fakes.shopify import scopes
from tests.fakes.shopify.ids import gid, parts_of
from tests.fakes.shopify.table import NODES, SIGHTS, Args, Call, NotOffered, field


@field("QueryRoot", "shop")
def shop(_root: Any, call: Call, _args: Args) -> dict[str, Any]:
    options = call.site.options
    return {
        "__typename": "Shop",
        "id": gid("Shop", call.site.shop_id),
        "name": options.name,
        "myshopifyDomain": "shop.myshopify.com",
        "currencyCode": options.currency,
        "ianaTimezone": options.zone,
        "taxesIncluded": options.taxes_included,
        "plan": {
            "publicDisplayName": options.plan,
            "shopifyPlus": options.plan == "Plus",
            "partnerDevelopment": options.plan == "Development",
        },
        "customerAccountsV2": {"customerAccountsVersion": options.customer_accounts},
    }


@field("QueryRoot", "publicApiVersions")
def versions(_root: Any, call: Call, _args: Args) -> list[dict[str, Any]]:
    served = [{"handle": each, "displayName": each, "supported": True} for each in call.site.options.versions]
    return [*served, {"handle": "unstable", "displayName": "unstable", "supported": False}]


@field("QueryRoot", "currentAppInstallation")
def installation(_root: Any, call: Call, _args: Args) -> dict[str, Any]:
    return {
        "__typename": "AppInstallation",
        "id": gid("AppInstallation", call.site.shop_id + 1),
        "accessScopes": [{"handle": scope} for scope in sorted(call.scopes)],
    }


@field("QueryRoot", "node")
def one_node(_root: Any, call: Call, args: Args) -> Any:
    return _found(call, args["id"])


@field("QueryRoot", "nodes")
def many_nodes(_root: Any, call: Call, args: Args) -> list[Any]:
    """In the order of the ids, an id that comes twice twice; null where there is none."""
    return [_found(call, each) for each in args["ids"]]


def _found(call: Call, given: str) -> Any:
    parts = parts_of(given)
    if parts is None:
        raise GraphQLError(f"Invalid global id '{given}'", extensions={"code": "argumentLiteralsIncompatible"})
    kind, number = parts
    if kind not in NODES:
        raise NotOffered(f"node(id:) of {kind}")
    record = NODES[kind](call.site, number)
    if record is not None and kind in SIGHTS and not SIGHTS[kind](call, record):
        return None
    try:
        return record if record is None or scopes.allow(call, scopes.of(kind), "node") else None
    except GraphQLError as error:
        return error  # of this one alone
