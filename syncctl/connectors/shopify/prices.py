"""Prices of a shop's variants: read now, and written with nothing else of the variant."""

from collections.abc import Sequence

from syncctl.connectors.shopify import catalog_documents as documents
from syncctl.connectors.shopify.answers import by_index
from syncctl.connectors.shopify.base import ShopStore
from syncctl.connectors.shopify.groups import Payload, payloads, write
from syncctl.connectors.shopify.price_words import Family, families, judged, refusal
from syncctl.connectors.shopify.variant_words import Ids
from syncctl.model import PriceChange, Refused, Unclear, WriteOutcome


class PriceStore(ShopStore):
    """Reading and writing of prices."""

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        self.called("fetch_prices", listing_ids, self.abilities.price_batch)
        variants = {one: ids.variant for one in listing_ids if (ids := Ids.of(one)) is not None}
        if not variants:
            return {}
        asked = list(dict.fromkeys(variants.values()))
        answer = self.admin.read(documents.prices(1, len(asked)), {"ids0": asked})
        found = {row["id"]: row["price"] for row in answer.data["a0"] if row is not None}
        return {one: found[variant] for one, variant in variants.items() if variant in found}

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        self.called("push_prices", changes, self.abilities.price_batch)
        outcomes: dict[str, WriteOutcome] = {one.key: no for one in changes if (no := refusal(one)) is not None}

        def send(group: Sequence[Family]) -> list[Payload]:
            products = {f"product{number}": one.product for number, one in enumerate(group)}
            variants = {f"variants{number}": one.rows for number, one in enumerate(group)}
            answer = self.admin.write(documents.set_prices(len(group)), {**products, **variants}, keyed=True)
            return payloads(answer, len(group))

        def judge(family: Family, payload: Payload) -> list[Family]:
            told, again = _judged(family, payload)
            outcomes.update(told)
            return again

        for family in write(families(one for one in changes if one.key not in outcomes), send, judge):
            outcomes |= _unclear(family, "it was refused too often, together with others")
        return [outcomes[one.key] for one in changes]


def _judged(family: Family, payload: Payload) -> tuple[dict[str, WriteOutcome], list[Family]]:
    if isinstance(payload, str):
        return _unclear(family, payload), []
    if isinstance(payload, Exception):
        if len(family.tags) > 1:
            return {}, family.halves()
        [one] = family.tags
        return {one.key: Refused(key=one.key, reason="refused", message=str(payload))}, []
    return judged(family, payload, by_index(payload["userErrors"], "variants", {"variants": family.rows}))


def _unclear(family: Family, message: str) -> dict[str, WriteOutcome]:
    return {one.key: Unclear(key=one.key, message=message) for one in family.tags}
