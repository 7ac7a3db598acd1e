"""What a customer waits for, in words: the next run, a person, an order, or a setting (R33-R36)."""

from collections.abc import Mapping, Sequence

from syncctl.settings import CustomerSettings

BACK_OFFICE = "back-office"
_NEXT_RUN = "the next run: syncctl sync-all"


def waits_for(
    customer_id: int,
    states: Mapping[str, str],
    holds: Sequence[int],
    settings: CustomerSettings,
    assigned: frozenset[str] = frozenset(),
) -> str:
    """What has to happen before this customer is the same everywhere; "" for nothing.

    `states` by party: linked, alias, pending, queued, held or none, as the hub lists them. `assigned`: the stores that
    he was assigned to by name.
    """
    if holds:
        return f"you: syncctl holds show {holds[0]}"
    if not settings.enabled:
        return "customers.enabled is off"
    waits = [_pending(customer_id, party, settings, party in assigned) for party, s in states.items() if s == "pending"]
    waits += [_queued(party, settings) for party, state in states.items() if state == "queued"]
    in_office = states.get(BACK_OFFICE, "none") not in ("none", "queued")
    web = [party for party in states if party != BACK_OFFICE]
    in_web = [party for party in web if states[party] not in ("none", "queued")]
    queued = {party for party, state in states.items() if state == "queued"}
    if in_web and not in_office and BACK_OFFICE not in queued:
        waits.append(_web_only(customer_id, settings))
    elif in_office and not in_web and not queued & set(web):
        waits.append(_pos_only(customer_id, web, settings))
    return "; ".join(dict.fromkeys(waits))


def _pending(customer_id: int, party: str, settings: CustomerSettings, assigned: bool) -> str:
    if not _is_on(party, settings):
        return _off(party)
    if party != BACK_OFFICE and settings.upload == "assigned" and not assigned:
        return f"being assigned (customers.upload): syncctl customers assign {customer_id} --to {party}"
    return _NEXT_RUN


def _queued(party: str, settings: CustomerSettings) -> str:
    return _NEXT_RUN if _is_on(party, settings) else _off(party)


def _web_only(customer_id: int, settings: CustomerSettings) -> str:
    if not settings.web_to_back_office:
        return _off(BACK_OFFICE)
    return f"an order, or: syncctl customers push {customer_id} --to {BACK_OFFICE}"


def _pos_only(customer_id: int, stores: Sequence[str], settings: CustomerSettings) -> str:
    if not stores or not settings.back_office_to_web:
        return "an order in a web store (customers.back_office_to_web is off)"
    return f"an order in a web store, or: syncctl customers assign {customer_id} --to {stores[0]}"


def _is_on(party: str, settings: CustomerSettings) -> bool:
    return settings.web_to_back_office if party == BACK_OFFICE else settings.back_office_to_web


def _off(party: str) -> str:
    return f"customers.{'web_to_back_office' if party == BACK_OFFICE else 'back_office_to_web'} is off"
