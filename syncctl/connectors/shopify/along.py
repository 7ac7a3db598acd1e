"""Customers who come with the first page of orders, where the caller has said that he will ask for them next."""

from dataclasses import dataclass, replace

from syncctl.connectors.shopify.answers import Answer

CUSTOMERS = "customers"
"""The field that they come in."""


@dataclass(slots=True)
class Along:
    """`cursor`: the caller will read customers from there; None: he said nothing, or what he will read is no first page
    of those who changed last. Who reads orders asks for them beside its first page where that is `wanted`."""

    cursor: str | None = None
    _kept: tuple[str, Answer] | None = None

    @property
    def wanted(self) -> bool:
        return self.cursor is not None

    def keep(self, answer: Answer) -> None:
        """They came, as `customers` in this answer's data; unless that was spoilt: then they are asked for alone."""
        if self.cursor is not None and not any(one.key == CUSTOMERS for one in answer.spoilt):
            self._kept = self.cursor, replace(answer, rows=[], spoilt=())  # those are orders
        self.cursor = None

    def take(self, cursor: str | None) -> Answer | None:
        """What came for this cursor, once; None where nothing did."""
        kept, self._kept, self.cursor = self._kept, None, None
        return kept[1] if kept is not None and kept[0] == cursor else None
