"""What Shopify answers to a change of customers, customer by customer. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from syncctl.connectors.http import foreign
from syncctl.connectors.shopify.answers import Answer
from syncctl.connectors.shopify.customer_changes import Deed, unknown_customer
from syncctl.connectors.shopify.gids import digits_of
from syncctl.model import Refused, Unclear, WriteOutcome, Written

Row = Mapping[str, Any]

_GONE = re.compile(r"does not exist|not found|can't be found|could not be found", re.IGNORECASE)
_TAKEN = re.compile(r"\btaken\b", re.IGNORECASE)
_MERGE = "merge the two at Shopify, or take it away from one of them"
_OF_CONTACTS = {
    ("email", True): ("email_taken", f"another customer there has this e-mail address: {_MERGE}"),
    ("email", False): ("bad_email", "Shopify takes it for no e-mail address"),
    ("phone", True): ("phone_taken", f"another customer there has this phone number: {_MERGE}"),
    ("phone", False): ("phone_invalid", "Shopify takes it for no phone number"),
}
_CONSENTS = {"customerEmailMarketingConsentUpdate", "customerSmsMarketingConsentUpdate"}
_ADDRESSES = {"customerAddressCreate", "customerAddressUpdate", "customerUpdateDefaultAddress"}


def outcome_of(key: str, deeds: Sequence[Deed], answer: Answer, first: int) -> WriteOutcome:
    """What became of one customer's deeds, which were the fields `first` … of the mutation.

    Done, where all of it was. Where some of it was refused he is refused; but if an answer of his about marketing was
    written meanwhile that is Unclear, so that it is known for ours when it is read.
    """
    results = [_result(key, one, answer, first + at) for at, one in enumerate(deeds)]
    unclear = next((one for one in results if isinstance(one, Unclear)), None)
    refused = next((one for one in results if isinstance(one, Refused)), None)
    answered = any(
        one.field in _CONSENTS for one, done in zip(deeds, results, strict=True) if isinstance(done, Written)
    )
    if unclear is not None:
        return unclear
    if refused is not None:
        return Unclear(key=key, message=refused.message) if answered else refused
    made = next((one.remote_id for one in results if isinstance(one, Written) and one.remote_id), "")
    return Written(key=key, remote_id=made)


def _result(key: str, deed: Deed, answer: Answer, number: int) -> Written | Refused | Unclear:
    name = f"m{number}"
    told = answer.data[name]
    spoilt = next((one.message for one in answer.spoilt if one.key == name), "")
    if told is None or spoilt:
        return Unclear(key=key, message=spoilt or "Shopify's reply says nothing of it")
    if errors := told["userErrors"]:
        return _refused(key, deed, errors[0])
    if deed.field != "customerCreate":
        return Written(key=key)
    if told["customer"] is None:
        return Unclear(key=key, message="Shopify's reply does not name who was made")
    return Written(key=key, remote_id=digits_of(told["customer"]["id"]))


def _refused(key: str, deed: Deed, error: Row) -> Refused | Unclear:
    """One error in our words. Shopify's own are repeated without what we sent."""
    message = foreign(error["message"], deed.arguments)
    code = foreign(error["code"], deed.arguments) if "code" in error else ""
    path = [str(part) for part in error["field"] or ()]
    if code == "INTERNAL_ERROR":
        return Unclear(key=key, message=message)
    if _GONE.search(message):
        return unknown_customer(key)
    if deed.field in _ADDRESSES or "addresses" in path:
        return Refused(key=key, reason="bad_address", message=message)
    about = next((part for part in path if part in ("email", "phone")), "")
    if about and deed.field not in _CONSENTS:
        reason, text = _OF_CONTACTS[about, bool(_TAKEN.search(message))]
        return Refused(key=key, reason=reason, message=text)
    return Refused(key=key, reason=code.lower() or "refused", message=message)
