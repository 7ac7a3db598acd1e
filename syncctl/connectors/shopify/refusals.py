"""What Shopify's refusals mean, and what a person can do about each. Source: the vendor's page on HTTP status codes."""

from syncctl.connectors.http import Rejected
from syncctl.errors import BatchRefused, DataError, SignInNeeded, SyncctlError, Unreachable

LATER = "The other side has a problem of its own; the next run tries again."
_PROTECTED = ("protected-customer-data", "not approved")


class ShutOut(Unreachable):
    """Shopify takes us for an attack: asking on makes it worse."""


def refused(error: Rejected, store: str, *, writes: bool) -> SyncctlError:
    """What an HTTP status means that is no success. Nothing was done."""
    if error.status == 402:
        return frozen(store)
    if error.status == 423:
        hint = "Its owner can ask Shopify's support why."
        return Unreachable(f"{store}: the shop is locked by Shopify, which answers nothing", hint=hint)
    if error.status == 430:
        text = f"{store}: Shopify takes our requests for an attack; it is not asked any more in this run"
        return ShutOut(text, hint="Run it again in some hours; if it stays so, ask Shopify's support.")
    if error.status == 404:
        hint = f"Check stores.{store}.url, which ends in .myshopify.com, and stores.{store}.version."
        return DataError(f"{store}: there is no such shop, or it knows no such version of the API", hint=hint)
    return BatchRefused(str(error), hint=error.hint) if writes else DataError(str(error), hint=error.hint)


def unknown(error: SignInNeeded, store: str, setting: str) -> SignInNeeded:
    """What it means that we were not let in. `setting`: where that stands which let us in so far."""
    if error.status == 401:
        text = f"{store}: Shopify does not take stores.{store}.{setting}"
        hint = "See in the shop's admin, under Settings > Apps, that the app is still installed; then copy it again."
    else:
        text = f"{store}: Shopify forbids what was asked: {error}"
        hint = "See in the shop's admin, under Settings > Apps, what the app may do; `syncctl doctor` lists its rights."
    return SignInNeeded(text, hint=hint, status=error.status, code=error.code)


def denied(what: str, message: str, needed: str, store: str, *, people: bool) -> SignInNeeded:
    """A right that the app lacks. `needed`: the access scope, as Shopify names it, "" where it does not.

    `people`: customers are asked for, as the settings say. Orders are protected even where they name nobody.
    """
    if any(word in message for word in _PROTECTED):
        hint = "Ask for access to protected customer data in the app's settings at Shopify"
        if people and "Order object" not in message:
            hint += f": name, e-mail, phone, address. Or do without customers: stores.{store}.customer_data: false"
        else:
            hint += ": orders need it even without any of its fields."
    else:
        wanted = f" It needs {needed}" if needed else ""
        hint = (
            f"Give the app that access at Shopify, and install it anew.{wanted} `syncctl doctor` lists what it needs."
        )
    return SignInNeeded(f"{what}: {message or 'access denied'}", hint=hint, code="ACCESS_DENIED")


def frozen(what: str) -> Unreachable:
    """What a shop is that Shopify has put to rest."""
    return Unreachable(
        f"{what}: the shop is frozen, for its plan has not been paid, or it was closed",
        hint="Its owner can mend that in the shop's admin, under Settings > Plan.",
    )
