"""The routes of customers: no filter by change, an e-mail that must be there and be nobody else's, no groups."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.woo import params, php, reading, selling
from tests.fakes.woo.call import Call, Reply, batch, single
from tests.fakes.woo.params import Bad, Refusal
from tests.fakes.woo.records import Customer
from tests.fakes.woo.rows_others import customer_row
from tests.fakes.woo.site import Site

SORTS = {
    "name": lambda customer: customer.username,
    "registered_date": lambda customer: customer.registered,
}
PERSON = ("first_name", "last_name")


def text(call: Call, customer: Customer, mask: str) -> str:
    site = call.site
    paying = customer.id in call.paying
    return reading.text_of(
        site, ("customer", customer.id), (customer.stamp, paying), mask, lambda: customer_row(site, customer, paying)
    )


def listed(call: Call) -> Reply:
    """GET /customers: of the role `customer`, by name, unless something else is asked for."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    site = call.site
    table = {
        **params.COLLECTION,
        "order": (params.one_of("asc", "desc"), "asc"),
        "orderby": (params.one_of("id", "include", "name", "registered_date"), "name"),
        "email": (params.email, None),
        "role": (params.one_of("all", *site.options.roles, *site.options.more_roles), "customer"),
    }
    query = call.query(table)
    found = [one for one in site.customers.values() if query["role"] in ("all", one.role)]
    if query["email"]:
        found = [one for one in found if one.email.casefold() == query["email"].casefold()]
    elif query["search"]:
        wanted = query["search"].casefold()
        found = [one for one in found if wanted in one.email.casefold() or wanted in one.username.casefold()]
    query["offset"] = query["offset"] or None
    found = reading.selected(found, query)
    page, counted = reading.paged(call.site, reading.ordered(found, query, SORTS), query)
    return call.list_of([text(call, one, call.mask) for one in page], counted)


def one(call: Call) -> Reply:
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
    return call.text_of_one(text(call, _held(call.site, call.id, 404), call.mask))


def create(call: Call) -> Reply:
    """POST /customers, validated; a batch is not."""
    body = call.body()
    call.permit("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources.")
    if "email" not in body:
        raise Refusal("rest_missing_callback_param", "Missing parameter(s): email", 400, params=["email"])
    _validate(body)
    made = _create(call, body)
    newest = max(call.site.customers)
    return call.made(made, f"customers/{newest}")


def update(call: Call) -> Reply:
    body = call.body()
    _held(call.site, call.id, 404)
    _validate(body)
    return single(call, _update(call, {**body, "id": call.id}))


def delete(call: Call) -> Reply:
    if not php.truth(call.given.get("force", call.body().get("force", False))):
        raise Refusal("woocommerce_rest_trash_not_supported", "Customers do not support trashing.", 501)
    return single(call, _delete(call, {"id": call.id}))


def batched(call: Call) -> Reply:
    call.permit("woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch manipulate this resource.")
    return batch(
        call,
        create=lambda item: _create(call, item),
        update=lambda item: _update(call, item),
        delete=lambda item: _delete(call, item),
    )


def _held(site: Site, customer_id: int, status: int) -> Customer:
    customer = site.customers.get(customer_id)
    if customer is None:
        if status == 404:
            raise Refusal("wc_user_invalid_id", "Invalid user ID.", 404)
        raise Refusal("woocommerce_rest_invalid_id", "Invalid resource ID.", 400)
    return customer


def _validate(body: Mapping[str, Any]) -> None:
    bad: dict[str, Bad] = {}
    for name in (*PERSON, "username", "password"):
        if body.get(name) is not None and not isinstance(body[name], str):
            bad[name] = Bad("rest_invalid_type", f"{name} is not of type string.")
    if body.get("email") is not None and not params.is_email(body["email"]):
        bad["email"] = Bad("rest_invalid_email", "Invalid email address.")
    for name in ("billing", "shipping"):
        given = body.get(name)
        if given is None:
            continue
        wrong = [word for word, value in given.items() if not isinstance(value, str)] if isinstance(given, dict) else []
        if not isinstance(given, dict):
            bad[name] = Bad("rest_invalid_type", f"{name} is not of type object.")
        elif wrong:
            bad[name] = Bad("rest_invalid_type", f"{name}[{wrong[0]}] is not of type string.")
        elif given.get("email") and not params.is_email(given["email"]):
            bad[name] = Bad("rest_invalid_email", "Invalid email address.")
    if "meta_data" in body and not isinstance(body["meta_data"], list):
        bad["meta_data"] = Bad("rest_invalid_type", "meta_data is not of type array.")
    params.refuse(bad)


def _create(call: Call, sent: Mapping[str, Any]) -> str:
    site = call.site
    if sent.get("id"):
        raise Refusal("woocommerce_rest_customer_exists", "Cannot create existing resource.", 400)
    email = sent.get("email")
    if email and not params.is_email(email):
        raise Refusal("customer_invalid_email", "Invalid email address", 400)
    customer = Customer(0, str(email or ""), str(sent.get("username") or ""), site.time)
    _write(site, customer, sent)
    if not email:
        raise Refusal("registration-error-invalid-email", "Please provide a valid email address.", 400)
    if _taken(site, customer.email, None):
        raise Refusal("registration-error-email-exists", f"An account is already registered with {email}.", 400)
    customer.id = site.next("user")
    customer.username = customer.username or customer.email.partition("@")[0]
    customer.modified = site.time
    site.customers[customer.id] = customer
    site.oracle.event(site.time, "api", "created", "customer", customer.id, sent=dict(sent))
    if site.options.mail_new_accounts:
        site.oracle.mail("customer_new_account", customer.id)
    return text(call, customer, "")


def _update(call: Call, sent: Mapping[str, Any]) -> str:
    site = call.site
    customer = _held(site, php.integer(sent.get("id")), 400)
    email = sent.get("email")
    if email and email != customer.email and _taken(site, str(email), None):
        raise Refusal("woocommerce_rest_customer_invalid_email", "Email address is invalid.", 400)
    if sent.get("username") and sent["username"] != customer.username:
        raise Refusal("woocommerce_rest_customer_invalid_argument", "Username isn't editable.", 400)
    if email and not params.is_email(email):
        raise Refusal("customer_invalid_email", "Invalid email address", 400)
    _write(site, customer, sent)
    customer.email = str(email) if email else customer.email
    customer.modified = site.time
    customer.stamp += 1
    site.oracle.event(site.time, "api", "updated", "customer", customer.id, sent=dict(sent))
    return text(call, customer, "")


def _delete(call: Call, sent: Mapping[str, Any]) -> str:
    site = call.site
    customer = _held(site, php.integer(sent.get("id")), 404)
    gone = text(call, customer, "")
    del site.customers[customer.id]
    for order in site.orders.values():
        if order.customer_id == customer.id:
            order.customer_id = 0
            order.stamp += 1
    site.oracle.event(site.time, "api", "deleted", "customer", customer.id)
    return gone


def _write(site: Site, customer: Customer, sent: Mapping[str, Any]) -> None:
    """Only what is named, word by word. The whole is refused for a bad e-mail of the bill, before anything is kept."""
    bill = sent.get("billing")
    if isinstance(bill, Mapping) and bill.get("email") and not params.is_email(bill["email"]):
        raise Refusal("customer_invalid_billing_email", "Invalid billing email address", 400)
    for name in PERSON:
        if sent.get(name) is not None:
            setattr(customer, name, php.clean(str(sent[name])))
    for name in ("billing", "shipping"):
        if isinstance(sent.get(name), Mapping):
            held = getattr(customer, name)
            held.update({word: str(value) for word, value in sent[name].items() if word in held and value is not None})
    selling.write_metas(site, customer.metas, sent.get("meta_data"))


def _taken(site: Site, email: str, mine: Customer | None) -> bool:
    return any(one.email.casefold() == email.casefold() and one is not mine for one in site.customers.values())
