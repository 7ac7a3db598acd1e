"""What a sandbox keeps and tells of its customers, as its settings say: real systems differ in this. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from syncctl.model import Consent, Customer, CustomerChange, Refused
from syncctl.settings import SandboxBooksSettings, SandboxStoreSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """`contacts`: e-mail addresses and phone numbers that it keeps of each, None for all; more are cut silently.

    `consent_times`: whether it keeps and tells when an answer was given. `channels`: those it keeps answers of.
    """

    contacts: int | None
    consent_times: bool
    channels: frozenset[str]

    @classmethod
    def of(cls, settings: SandboxStoreSettings | SandboxBooksSettings) -> "Manners":
        return cls(
            contacts=1 if settings.contacts == "one" else None,
            consent_times=settings.consent_times,
            channels=frozenset(settings.consent_channels),
        )

    def told(self, customer: Customer) -> Customer:
        """A customer as the file has it, as this side tells of it."""
        return replace(
            customer,
            emails=customer.emails[: self.contacts],
            phones=customer.phones[: self.contacts],
            consents=tuple(self._timed(one) for one in customer.consents if one.channel in self.channels),
        )

    def taken(self, change: CustomerChange) -> CustomerChange | Refused:
        """A change that came in, as this side takes it."""
        fields: dict[str, Any] = dict(change.fields)
        if strange := {one.channel for one in _consents(fields)} - self.channels:
            message = f"No answers are kept for {min(strange)[:40]!r}."
            return Refused(key=change.key, reason="unknown_channel", message=message)
        for name in fields.keys() & {"emails", "phones"}:
            fields[name] = tuple(fields[name])[: self.contacts]
        if "consents" in fields:
            fields["consents"] = tuple(self._timed(one) for one in _consents(fields))
        return replace(change, fields=fields)

    def _timed(self, consent: Consent) -> Consent:
        return consent if self.consent_times else replace(consent, changed_at=None)


ALL = Manners(contacts=None, consent_times=True, channels=frozenset({"email", "sms"}))
"""Of a side that keeps and tells everything."""


def answered(before: tuple[Consent, ...], said: tuple[Consent, ...]) -> tuple[Consent, ...]:
    """The answers after these were given: those for other channels stand, and none is ever taken away."""
    new = {consent.channel: consent for consent in said}
    kept = [new.pop(consent.channel, consent) for consent in before]
    return (*kept, *new.values())


def joined(gone: Customer, kept: Customer) -> dict[str, Any]:
    """The fields of `kept` after `gone` was merged into it: lists together, blanks filled, a no stays a no."""
    fields: dict[str, Any] = {
        name: getattr(kept, name) or getattr(gone, name) for name in ("name", "company", "note", "tax_id", "group")
    }
    for name in ("emails", "phones", "addresses"):
        fields[name] = tuple(dict.fromkeys((*getattr(kept, name), *getattr(gone, name))))
    if kept.tax_exempt is None:
        fields["tax_exempt"] = gone.tax_exempt
    refused = tuple(one for one in gone.consents if one.state == "unsubscribed")
    fields["consents"] = answered(answered(gone.consents, kept.consents), refused)
    return fields


def _consents(fields: Mapping[str, Any]) -> tuple[Consent, ...]:
    return tuple(fields.get("consents") or ())
