"""Which SKUs the back office can sell, and under what terms a store's orders become documents."""

import json
from collections.abc import Iterable

from syncctl.hub.bulk import in_chunks
from syncctl.hub.journal import Entry
from syncctl.model import Refused, Variant, Written
from syncctl.rules.documents import Terms
from syncctl.steps.run import BACK_OFFICE, Run

_LOOK_UP = 100


class Items:
    """The back office's items, asked for when an order names a SKU that the hub does not know."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: set[str] = set()
        self._unknown: set[str] = set()
        self._terms: dict[str, Terms] = {}

    def learn(self, skus: Iterable[str | None]) -> None:
        """Find out about these SKUs: from the hub, else from the back office, else by creating them if so set."""
        new = {sku for sku in skus if sku} - self._known - self._unknown
        self._known |= self._run.hub.catalog.known_skus(new)
        for chunk in in_chunks(sorted(new - self._known), _LOOK_UP):
            found = self._run.back_office.find_variants(chunk)
            self._run.hub.catalog.record_variants(found)
            self._known |= {variant.sku for variant in found if variant.active}
            missing = [sku for sku in chunk if sku not in self._known]
            if self._run.settings.orders.unknown_sku == "create":
                self._create(missing)
        self._unknown |= new - self._known

    def item(self, sku: str | None) -> str | None:
        """The back office's item for a SKU: itself, the placeholder if so set, or None."""
        if sku is not None and sku in self._known:
            return sku
        settings = self._run.settings.orders
        return settings.placeholder_sku if settings.unknown_sku == "placeholder" else None

    def terms(self, store: str) -> Terms:
        """Under what terms orders of this store become documents."""
        if store not in self._terms:
            abilities = self._run.back_office.abilities
            self._terms[store] = Terms(
                store_id=self._run.hub.parties.identity(store),
                settings=self._run.settings.orders,
                kinds=abilities.kinds,
                reference_length=abilities.reference_length,
                time_zone=self._run.settings.stores[store].time_zone,
                item=self.item,
            )
        return self._terms[store]

    def _create(self, skus: list[str]) -> None:
        if not skus or not self._run.back_office.abilities.creates_variants:
            return
        rows = self._run.hub.journal.open(
            [Entry(BACK_OFFICE, "variant.create", sku, f"sku {sku}", json.dumps({"sku": sku})) for sku in skus]
        )
        variants = [Variant(sku=sku, title=sku) for sku in skus]
        outcomes = self._run.back_office.create_variants(variants)
        made = [variant for variant, one in zip(variants, outcomes, strict=True) if isinstance(one, Written)]
        with self._run.hub.transaction():
            self._run.hub.journal.close(
                (
                    row,
                    "done" if isinstance(one, Written) else "refused",
                    one.message if isinstance(one, Refused) else "",
                )
                for row, one in zip(rows, outcomes, strict=True)
            )
            self._run.hub.catalog.record_variants(made)
        self._known |= {variant.sku for variant in made}
