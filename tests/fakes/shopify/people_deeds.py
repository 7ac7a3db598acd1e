"""What has a mutation of its own: answers about marketing, tags, metafields, invitations."""

from typing import Any

from tests.fakes.shopify import people_rules
from tests.fakes.shopify.ids import parts_of
from tests.fakes.shopify.people_records import Customer, metafield_gid
from tests.fakes.shopify.people_writes import answer, refused, who, written
from tests.fakes.shopify.records import user_error
from tests.fakes.shopify.table import Args, Call, NotOffered, field


def _answered(call: Call, told: dict[str, Any], name: str, needed: str) -> dict[str, Any]:
    customer = who(call, told["customerId"])
    if customer is None:
        return refused([user_error("Customer not found", ["input", "customerId"], "INVALID")])
    given = told[name]
    if given["marketingState"] not in ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING"):
        message = f"Cannot specify {given['marketingState']} as a marketing state input"
        return refused([user_error(message, ["input", name, "marketingState"], "INVALID")], customer=customer)
    trouble = answer(call.site, customer, given, needed)
    if trouble:
        return refused([user_error(trouble, ["input", name], "INVALID")], customer=customer)
    written(call.site, customer, "answered", channel=needed, state=given["marketingState"])
    return {"customer": customer, "userErrors": []}


@field("Mutation", "customerEmailMarketingConsentUpdate")
def email_answer(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    return _answered(call, args["input"], "emailMarketingConsent", "email")


@field("Mutation", "customerSmsMarketingConsentUpdate")
def sms_answer(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    return _answered(call, args["input"], "smsMarketingConsent", "phone")


def _tagged(call: Call, given: str) -> Customer | None:
    parts = parts_of(given)
    if parts and parts[0] != "Customer":
        raise NotOffered(f"tags of {parts[0]}")
    return who(call, given)


@field("Mutation", "tagsAdd")
def add_tags(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    customer = _tagged(call, args["id"])
    if customer is None:
        return {"node": None, "userErrors": [user_error("Resource not found", ["id"])]}
    before = list(customer.tags)
    trouble = people_rules.add_tags(call.site, customer, args["tags"])
    if trouble:
        customer.tags = before
        return {"node": customer, "userErrors": [user_error(trouble, ["tags"])]}
    written(call.site, customer, "tagged", tags=list(args["tags"]))
    return {"node": customer, "userErrors": []}


@field("Mutation", "tagsRemove")
def remove_tags(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    """One that is not there is no error."""
    customer = _tagged(call, args["id"])
    if customer is None:
        return {"node": None, "userErrors": [user_error("Resource not found", ["id"])]}
    people_rules.remove_tags(call.site, customer, args["tags"])
    written(call.site, customer, "untagged", tags=list(args["tags"]))
    return {"node": customer, "userErrors": []}


@field("Mutation", "metafieldsSet")
def set_metafields(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    """All or nothing."""
    rows = args["metafields"]
    owners = [who(call, row["ownerId"]) for row in rows]
    errors = [
        user_error("Owner does not exist", ["metafields", str(at), "ownerId"], "INVALID", elementIndex=None)
        for at, owner in enumerate(owners)
        if owner is None
    ]
    if errors:
        return {"metafields": None, "userErrors": errors}
    made = []
    for row, owner in zip(rows, owners, strict=True):
        assert owner is not None
        key = (row.get("namespace") or "", row["key"])
        number = owner.metafields[key][0] if key in owner.metafields else call.site.next_id()
        owner.metafields[key] = (number, row["value"], row.get("type") or "single_line_text_field")
        made.append({"__typename": "Metafield", "id": metafield_gid(number), **row, "type": owner.metafields[key][2]})
        written(call.site, owner, "metafield", key=row["key"])
    return {"metafields": made, "userErrors": []}


@field("Mutation", "customerSendAccountInviteEmail")
def invite(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    """Only by the old kind of accounts. Each call is a mail; who has an account gets none."""
    site, customer = call.site, who(call, args["customerId"])
    if customer is None:
        return _not_invited("Customer not found")
    if site.options.customer_accounts != "CLASSIC":
        return _not_invited("Account invites are not available with new customer accounts", customer)
    if not customer.email:
        return _not_invited("Customer must have an email address to be invited", customer)
    if customer.state == "ENABLED":
        return _not_invited("Account already enabled", customer)
    customer.state = "INVITED"
    written(site, customer, "invited")
    site.oracle.mail("account_invite", customer.id)
    return {"customer": customer, "userErrors": []}


def _not_invited(message: str, customer: Customer | None = None) -> dict[str, Any]:
    return {"customer": customer, "userErrors": [user_error(message, ["customerId"], "INVALID")]}
