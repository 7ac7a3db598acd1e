"""How a customer is searched for: an e-mail or a phone number as it is compared, or a part of one."""

from syncctl.model import Customer
from syncctl.rules.matching import contacts_of
from syncctl.settings import CustomerSettings

_WHOLE_NUMBER = 8  # digits: fewer may be dialled somewhere, but are more likely a part of a number


def contact_criteria(email: str | None, phone: str | None, settings: CustomerSettings) -> dict[str, str]:
    """What to look for: `email` or `phone` as a normalised key; `email_part`, `phone_part` where it is no whole one.

    >>> contact_criteria(" Ann@Example.org ", "7946", CustomerSettings())
    {'email': 'ann@example.org', 'phone_part': '7946'}
    """
    found = {}
    typed = Customer(id="", emails=(email,) if email else (), phones=(phone,) if phone else ())
    for kind, text, key in contacts_of(typed, settings):
        part = text.strip() if kind == "email" else "".join(one for one in text if one in "0123456789")
        if key and not (kind == "phone" and len(part) < _WHOLE_NUMBER):
            found[kind] = key
        else:
            found[f"{kind}_part"] = part
    return found
