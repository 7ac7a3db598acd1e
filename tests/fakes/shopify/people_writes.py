"""Writing customers: made and changed with all they hold, or not at all. What a list leaves out is deleted by it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.fakes.shopify import people_rules
from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.people_addresses import add_address
from tests.fakes.shopify.people_records import Consent, Customer
from tests.fakes.shopify.records import user_error
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Args, Call, NotOffered, field

PLAIN = {"firstName": "first_name", "lastName": "last_name", "note": "note", "locale": "locale"}
LONGEST = {"firstName": 255, "lastName": 255, "note": 5000}
CONSENTS = {"emailMarketingConsent": "email", "smsMarketingConsent": "phone"}
Error = dict[str, Any]


def refused(errors: list[Error], **more: Any) -> dict[str, Any]:
    return {"customer": None, **more, "userErrors": errors}


def written(site: Site, customer: Customer, what: str, **detail: Any) -> None:
    """Something of a customer was written over the API."""
    customer.touch(site.time)
    site.revision += 1
    site.oracle.event(site.time, "api", what, "customer", customer.id, **detail)


def who(call: Call, given: str | None) -> Customer | None:
    return call.site.customers.get(number_of(given, "Customer") or 0)


@field("Mutation", "customerCreate")
def create(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    site, told = call.site, {name: value for name, value in args["input"].items() if value is not None}
    errors = [*_troubles(site, told, None), *_nobody(told)]
    if errors:
        return refused(errors)
    made = Customer(site.next_id(), site.time, site.time)
    _fill(site, made, told)
    for address in told.get("addresses", ()):
        add_address(site, made, address)
    trouble = people_rules.add_tags(site, made, told.get("tags", ()))
    errors = [user_error(trouble, ["tags"])] if trouble else list(_answers(site, made, told))
    if errors:
        return refused(errors)
    _keep_metafields(site, made, told.get("metafields", ()))
    site.customers[made.id] = made
    written(site, made, "created", **_told_of(told))
    return {"customer": made, "userErrors": []}


def _nobody(told: Mapping[str, Any]) -> Iterator[Error]:
    if not any(told.get(name) for name in ("firstName", "lastName", "email", "phone")):
        yield user_error("Customer must have a name, phone number or email address")


@field("Mutation", "customerUpdate")
def update(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    """Only what is named. Consents have mutations of their own; lists of tags and addresses replace what is there."""
    site, told = call.site, dict(args["input"])
    customer = who(call, told.pop("id", None))
    if customer is None:
        return refused([user_error("Customer does not exist", ["id"])])
    errors = [*_troubles(site, told, customer), *_own_mutations(told)]
    if errors:
        return refused(errors)
    for name in ("addresses", "tags"):
        if name in told:
            site.oracle.violations.append(f"customerUpdate with {name} deletes those that are left out")
    _fill(site, customer, told)
    _keep_metafields(site, customer, told.get("metafields") or ())
    written(site, customer, "updated", **_told_of(told))
    return {"customer": customer, "userErrors": []}


def _own_mutations(told: Mapping[str, Any]) -> Iterator[Error]:
    for name in ("emailMarketingConsent", "smsMarketingConsent"):
        if told.get(name) is not None:
            mutation = f"customer{name[0].upper()}{name[1:]}Update"
            yield user_error(f"To update {name}, please use the {mutation} Mutation instead", [name])


def _troubles(site: Site, told: Mapping[str, Any], customer: Customer | None) -> Iterator[Error]:
    """What is wrong with single fields."""
    mine = customer.id if customer else 0
    checks: dict[str, Callable[..., str | None]] = {
        "email": people_rules.email_trouble,
        "phone": people_rules.phone_trouble,
    }
    for name, check in checks.items():
        trouble = check(site, told[name], mine) if told.get(name) else None
        if trouble:
            yield user_error(trouble, [name])
    for name, longest in LONGEST.items():
        if len(told.get(name) or "") > longest:
            label = {"firstName": "First name", "lastName": "Last name", "note": "Note"}[name]
            yield user_error(f"{label} is too long (maximum is {longest} characters)", [name])
    for index, each in enumerate(told.get("metafields") or ()):
        if not each.get("value") or not each.get("type") or not each.get("key"):
            yield user_error("Type can't be blank", ["metafields", str(index), "type"])


def _fill(site: Site, customer: Customer, told: Mapping[str, Any]) -> None:
    for name, attribute in PLAIN.items():
        if name in told:
            setattr(customer, attribute, told[name] or None)
    before = (customer.email, customer.phone)
    if "email" in told:
        email = told["email"].strip() if told["email"] else None
        customer.email = email.lower() if email and site.options.lowers_email else email
    if "phone" in told:
        customer.phone = people_rules.normal_phone(told["phone"]) if told["phone"] else None
    if site.options.new_contact_is_asked_anew:
        _ask_anew(customer, *before)
    if told.get("taxExempt") is not None:
        customer.tax_exempt = told["taxExempt"]


def _ask_anew(customer: Customer, email: str | None, phone: str | None) -> None:
    if (customer.email or "").casefold() != (email or "").casefold():
        customer.email_consent = Consent()
    if customer.phone != phone:
        customer.sms_consent = Consent()


def _answers(site: Site, customer: Customer, told: Mapping[str, Any]) -> Iterator[Error]:
    for name, needed in CONSENTS.items():
        if name in told:
            trouble = answer(site, customer, told[name], needed)
            if trouble:
                yield user_error(trouble, [name])


def answer(site: Site, customer: Customer, told: Mapping[str, Any], needed: str) -> str | None:
    """One answer, with its own time. `needed`: email or phone, which the customer must have for it."""
    if not getattr(customer, needed):
        return f"{'Email' if needed == 'email' else 'Phone number'} must be set to update the marketing consent"
    said = customer.email_consent if needed == "email" else customer.sms_consent
    at = told.get("consentUpdatedAt")
    moment = datetime.fromisoformat(at.replace("Z", "+00:00")) if isinstance(at, str) else at
    return people_rules.answer(site, said, told["marketingState"], told.get("marketingOptInLevel"), moment)


def _keep_metafields(site: Site, customer: Customer, rows: Any) -> None:
    for each in rows:
        key = (each.get("namespace") or "", each["key"])
        number = customer.metafields[key][0] if key in customer.metafields else site.next_id()
        customer.metafields[key] = (number, each["value"], each["type"])


def _told_of(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"fields": sorted(told)}


def _deletes(name: str) -> Callable[[Any, Call, Args], Any]:
    def resolver(_root: Any, call: Call, _args: Args) -> Any:
        call.site.oracle.violations.append(f"{name} deletes or overwrites what it does not name")
        raise NotOffered(f"Mutation.{name}")

    return resolver


for _name in ("customerSet", "orderUpdate", "productSet", "customerDelete", "customerAddressDelete", "productUpdate"):
    field("Mutation", _name)(_deletes(_name))
