"""What is asked of customers, and written of them."""

from typing import Any

from syncctl.connectors.shopify.customer_documents import MOST_FIELDS, books, change, customers, some_customers
from tests.connectors.shopify_samples import Samples

ME = "gid://shopify/Customer/7"
HOME = "gid://shopify/MailingAddress/9"
PLACE = {
    "firstName": "Ann",
    "lastName": "Archer",
    "company": "",
    "address1": "3 Mill Lane",
    "address2": "",
    "city": "York",
    "provinceCode": None,
    "zip": "YO1 1AA",
    "countryCode": "GB",
    "phone": "",
}
ELSEWHERE = {name: value for name, value in PLACE.items() if name != "provinceCode"} | {"province": "Nevada"}
YES = {
    "marketingState": "SUBSCRIBED",
    "marketingOptInLevel": "SINGLE_OPT_IN",
    "consentUpdatedAt": "2026-01-02T03:04:05.000Z",
}
MADE = {
    "firstName": "Ann",
    "lastName": "Archer",
    "email": "ann@web.example",
    "phone": "+447700900123",
    "note": "rings twice",
    "taxExempt": True,
    "tags": ["group:Trade"],
    "addresses": [PLACE, ELSEWHERE],
    "metafields": [{"namespace": "syncctl", "key": "reference", "type": "single_line_text_field", "value": "ref-1"}],
    "emailMarketingConsent": YES,
    "smsMarketingConsent": {"marketingState": "UNSUBSCRIBED"},
}
ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "customerCreate": {"input": MADE},
    "customerUpdate": {"input": {"id": ME, "email": None, "phone": None, "taxExempt": False}},
    "customerAddressCreate": {"customerId": ME, "address": ELSEWHERE, "setAsDefault": True},
    "customerAddressUpdate": {"customerId": ME, "addressId": HOME, "address": PLACE, "setAsDefault": None},
    "customerUpdateDefaultAddress": {"customerId": ME, "addressId": HOME},
    "tagsAdd": {"id": ME, "tags": ["group:Trade"]},
    "tagsRemove": {"id": ME, "tags": ["group:Staff"]},
    "customerEmailMarketingConsentUpdate": {"input": {"customerId": ME, "emailMarketingConsent": YES}},
    "customerSmsMarketingConsentUpdate": {
        "input": {
            "customerId": ME,
            "smsMarketingConsent": {"marketingState": "PENDING", "marketingOptInLevel": "CONFIRMED_OPT_IN"},
        }
    },
    "customerSendAccountInviteEmail": {"customerId": ME},
}


def variables(*fields: str) -> dict[str, Any]:
    return {f"m{at}_{name}": value for at, field in enumerate(fields) for name, value in ONE_OF_EACH[field].items()}


def page(first: int, sort: str, after: str | None = None) -> dict[str, Any]:
    return {"first": first, "after": after, "sort": sort, "reverse": sort == "UPDATED_AT"}


CREATIONS = ["customerCreate"] * MOST_FIELDS
SAMPLES: Samples = {
    customers: [(customers(50), page(50, "UPDATED_AT")), (customers(250), page(250, "ID", "abc"))],
    some_customers: [
        (some_customers(0, 1, 0), {"email0": "ann@web.example"}),
        (some_customers(50, 0, 0), {"ids": [ME] * 50}),
        (some_customers(1, 1, 1), {"ids": [ME], "email0": "ann@web.example", "phone0": "+447700900123"}),
        (
            some_customers(0, 25, 25),
            {f"email{one}": "ann@web.example" for one in range(25)}
            | {f"phone{one}": "+447700900123" for one in range(25)},
        ),
    ],
    books: [(books(1), {"ids": [ME]}), (books(50), {"ids": [ME] * 50})],
    change: [
        (change(CREATIONS), variables(*CREATIONS)),
        (change([*ONE_OF_EACH]), variables(*ONE_OF_EACH)),
        *((change([one]), variables(one)) for one in ONE_OF_EACH),
    ],
}
