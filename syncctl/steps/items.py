"""Which SKUs the back office can sell, and under what terms a store's orders become documents."""

import json
from collections.abc import Iterable

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.journal import Entry
from syncctl.model import Refused, Variant, WriteOutcome, Written
from syncctl.rules.wanted import Terms
from syncctl.steps.batches import push_halving
from syncctl.steps.run import BACK_OFFICE, Run
from syncctl.steps.side import journal_state

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
        here = new & self._known
        self._run.hub.holds.clear("item", self._run.hub.holds.get("item", here))
        self._run.hub.journal.supersede(BACK_OFFICE, "variant.create", here)

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
                taxed=self._run.settings.orders.import_taxes,
                location=self._run.settings.leaving_from(store),
            )
        return self._terms[store]

    def _create(self, skus: list[str]) -> None:
        """Make items for unknown SKUs; one that was not made is sent again daily, not each cycle."""
        holds = self._run.hub.holds.get("item", skus)
        skus = [sku for sku in skus if sku not in holds or not holds[sku].stands_for(sku)]
        if not skus or not self._run.back_office.abilities.creates_variants:
            return
        rows = self._run.hub.journal.open(
            [Entry(BACK_OFFICE, "variant.create", sku, f"sku {sku}", json.dumps({"sku": sku})) for sku in skus]
        )
        variants = [Variant(sku=sku, title=sku) for sku in skus]
        outcomes = push_halving(self._run.back_office.create_variants, variants, lambda variant: variant.sku)
        with self._run.hub.transaction():
            for variant, row, outcome in zip(variants, rows, outcomes, strict=True):
                self._record(variant, row, outcome)

    def _record(self, variant: Variant, row: int, outcome: WriteOutcome) -> None:
        hub = self._run.hub
        hub.journal.close([(row, journal_state(outcome), getattr(outcome, "message", ""))])
        if isinstance(outcome, Written):
            hub.catalog.record_variants([variant])
            self._known.add(variant.sku)
            return
        reason = outcome.reason if isinstance(outcome, Refused) else "no clear answer"
        text = f"SKU {variant.sku}: the back office did not create it: {getattr(outcome, 'message', '') or reason}"
        hub.holds.put(
            Hold(
                party=BACK_OFFICE,
                kind="item",
                record=variant.sku,
                reason=reason,
                message=text,
                fingerprint=variant.sku,
                tried_at=times.to_text(times.now()),
            )
        )
