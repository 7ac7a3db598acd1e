"""The routes of orders, their refunds and notes."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.woo import params, php, reading, selling
from tests.fakes.woo.call import Call, Reply, batch, single
from tests.fakes.woo.params import Bad, Refusal
from tests.fakes.woo.records import Note, Order, Refund
from tests.fakes.woo.rows_orders import order_row, refund_row
from tests.fakes.woo.rows_others import note_row
from tests.fakes.woo.site import Site

POST = "woocommerce_rest_shop_order"
SORTS = {
    "date": lambda order: order.created,
    "modified": lambda order: order.modified,
    "title": lambda order: order.id,
    "slug": lambda order: order.id,
}


def places(site: Site, given: Mapping[str, Any]) -> int:
    asked = given.get("dp")
    return site.options.decimals if asked in (None, "") else abs(php.integer(asked))


def text(call: Call, order: Order, places: int, mask: str) -> str:
    stamp = (order.stamp, call.site.catalog)
    return reading.text_of(
        call.site, ("order", order.id, places), stamp, mask, lambda: order_row(call.site, order, places)
    )


def listed(call: Call) -> Reply:
    """GET /orders."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    site = call.site
    words = ("any", "trash", "auto-draft", *site.order_statuses)
    table = {
        **params.DATED,
        "status": (params.some_of(*words), ["any"]),
        "customer": (params.whole(), None),
        "product": (params.whole(), None),
        "dp": (params.whole(), None),
    }
    query = call.query(table)
    found = _with_status(site, query)
    found = reading.selected(found, query)
    found = reading.dated(site, found, query, lambda order: order.created, lambda order: order.modified)
    page, counted = reading.paged(call.site, reading.ordered(found, query, SORTS), query)
    decimals = places(site, call.given)
    return call.list_of([text(call, order, decimals, call.mask) for order in page], counted)


def _with_status(site: Site, query: Mapping[str, Any]) -> list[Order]:
    """Of these statuses; of a parent, a customer, a product where that is asked."""
    asked = set(query["status"])
    if "any" in asked:
        found = [order for order in site.orders.values() if _any(site, order.status)]
    else:
        found = [order for order in site.orders.values() if order.status in asked]
    if query["customer"] is not None:
        found = [order for order in found if order.customer_id == query["customer"]]
    if query["product"] is not None:
        found = [order for order in found if any(item.product_id == query["product"] for item in order.of("line_item"))]
    if query["parent"]:
        found = [order for order in found if order.parent_id in query["parent"]]
    return found


def _any(site: Site, status: str) -> bool:
    """What `any` means: in tables of its own registered statuses, newly without drafts; in posts all but the trash.

    So the orders of a plug-in that was switched off cannot be seen where the site has tables of its own.
    """
    if site.options.storage == "legacy":
        return status not in ("trash", "auto-draft")
    if status == "checkout-draft":
        return not site.options.at_least("10.0")
    return status in site.order_statuses


def one(call: Call) -> Reply:
    """GET /orders/ID: also of one in the trash."""
    order = call.site.orders.get(call.id)
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
    if order is None:
        raise Refusal(f"{POST}_invalid_id", "Invalid ID.", 404)
    return call.text_of_one(text(call, order, places(call.site, call.given), call.mask))


def update(call: Call) -> Reply:
    """PUT /orders/ID, validated; a batch is not."""
    body = call.body()
    checked: dict[str, Bad] = {}
    if "status" in body and body["status"] not in ("auto-draft", *call.site.order_statuses):
        checked["status"] = Bad("rest_not_in_enum", "status is not one of the statuses.")
    for name, kind in (("meta_data", list), ("billing", dict), ("shipping", dict), ("line_items", list)):
        if name in body and not isinstance(body[name], kind):
            checked[name] = Bad("rest_invalid_type", f"{name} is not of type {'array' if kind is list else 'object'}.")
    params.refuse(checked)
    return single(call, _update(call, {**body, "id": call.id}))


def batched(call: Call) -> Reply:
    call.permit("woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch manipulate this resource.")
    return batch(call, update=lambda item: _update(call, item))


WRITABLE = ("parent_id", "customer_id", "customer_note", "payment_method", "payment_method_title", "transaction_id")


def _update(call: Call, sent: Mapping[str, Any]) -> str:
    site = call.site
    order = site.orders.get(php.integer(sent.get("id")))
    if order is None:
        raise Refusal(f"{POST}_invalid_id", "Invalid ID.", 400)
    if sent.get("customer_id") and sent["customer_id"] not in site.customers:
        raise Refusal("woocommerce_rest_invalid_customer_id", "Customer ID is invalid.", 400)
    unknown = [
        name for name in ("line_items", "shipping_lines", "fee_lines", "coupon_lines", "set_paid") if name in sent
    ]
    if unknown:
        site.oracle.violations.append(f"order {order.id}: {', '.join(unknown)} sent; the site adds the order up anew")
    for name in WRITABLE:
        if sent.get(name) is not None:
            setattr(order, name, sent[name])
    for name in ("billing", "shipping"):
        if isinstance(sent.get(name), Mapping):
            held = getattr(order, name)
            held.update({word: str(value) for word, value in sent[name].items() if word in held})
            selling.add_up(site, order)
            site.oracle.violations.append(f"order {order.id}: {name} sent; the site adds the order up anew")
    site.oracle.event(site.time, "api", "updated", "order", order.id, sent=dict(sent))
    selling.write_metas(site, order.metas, sent.get("meta_data"))
    site.touch(order, date=site.options.line_edits_move_date)
    if sent.get("status"):
        selling.set_status(site, order, str(sent["status"]), "api")
    return text(call, order, site.options.decimals, "")


# --- refunds ----------------------------------------------------------------------------------------------------------


def refund_text(call: Call, refund: Refund, decimals: int, *, with_parent: bool) -> str:
    key, stamp = ("refund", refund.id, decimals, with_parent), (call.site.catalog,)
    return reading.text_of(
        call.site, key, stamp, call.mask, lambda: refund_row(call.site, refund, decimals, with_parent=with_parent)
    )


def refunds_of_one(call: Call) -> Reply:
    """GET /orders/ID/refunds: of an unknown order, nothing."""
    return _refunds(call, [one for one in call.site.refunds.values() if one.parent_id == call.id], with_parent=False)


def refunds(call: Call) -> Reply:
    """GET /refunds, across orders, since 9.0."""
    return _refunds(call, list(call.site.refunds.values()), with_parent=True)


def _refunds(call: Call, found: list[Refund], *, with_parent: bool) -> Reply:
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    query = call.query({**params.DATED, "dp": (params.whole(), None)})
    found = reading.selected(found, query)
    found = reading.dated(call.site, found, query, lambda refund: refund.created, lambda refund: refund.created)
    page, counted = reading.paged(call.site, reading.ordered(found, query, SORTS), query)
    decimals = places(call.site, call.given)
    return call.list_of([refund_text(call, one, decimals, with_parent=with_parent) for one in page], counted)


# --- notes ------------------------------------------------------------------------------------------------------------


def notes(call: Call) -> Reply:
    """GET /orders/ID/notes, newest first."""
    site = call.site
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    _order_of_notes(call)
    query = params.read({"type": (params.one_of("any", "customer", "internal"), "any")}, call.given)
    found = [note for note in site.notes.values() if note.order_id == call.id]
    if query["type"] != "any":
        found = [note for note in found if note.for_customer == (query["type"] == "customer")]
    mask = reading.mask_of(call.given)
    rows = [reading.cut(note_row(site, note), mask) for note in sorted(found, key=lambda note: -note.id)]
    return call.list_of([php.dump(row) for row in rows], {})


def add_note(call: Call) -> Reply:
    """POST /orders/ID/notes; one for the customer is mailed at once."""
    site = call.site
    call.permit("woocommerce_rest_cannot_create", "Sorry, you are not allowed to create resources.")
    body = call.body()
    order = _order_of_notes(call)
    if "note" not in body:
        raise Refusal("rest_missing_callback_param", "Missing parameter(s): note", 400, params=["note"])
    if not isinstance(body["note"], str):
        params.refuse({"note": Bad("rest_invalid_type", "note is not of type string.")})
    for_customer, by_user = php.truth(body.get("customer_note")), php.truth(body.get("added_by_user"))
    note = Note(site.next("post"), order.id, site.time, body["note"], for_customer, by_user)
    site.notes[note.id] = note
    site.oracle.event(site.time, "api", "created", "note", note.id, order=order.id, sent=body)
    if for_customer:
        site.oracle.mail("customer_note", order.id)
    return call.made(php.dump(note_row(site, note)), f"orders/{order.id}/notes/{note.id}")


def _order_of_notes(call: Call) -> Order:
    order = call.site.orders.get(call.id)
    if order is None:
        raise Refusal("woocommerce_rest_order_invalid_id", "Invalid order ID.", 404)
    return order
