"""The lines of an order: one by one, and as columns."""

from collections.abc import Iterator, Sequence
from typing import Any

from syncctl.model.record import record


@record(frozen=True, slots=True)
class LineItem:
    """One line of an order, keyed by the platform's line id. `amount` is before discounts, net of tax."""

    id: str
    sku: str | None
    title: str
    quantity: int  # ordered; later refunds do not change it, edits do
    unit_price: str  # decimal text as sent, net or gross as the order's `tax_included` says
    amount: int
    tax: int = 0


class Lines(Sequence[LineItem]):
    """Line items kept as columns, each of which is made when it is asked for.

    There are twenty to an order, and most that is asked of one is asked of all: a whole column is checked, summed or
    written at a fraction of the cost of its objects. `Lines.of(order.lines)` gives the columns of any lines.
    """

    __slots__ = ("amounts", "ids", "quantities", "skus", "taxes", "titles", "unit_prices")

    def __init__(
        self,
        ids: Sequence[str],
        skus: Sequence[str | None],
        titles: Sequence[str],
        quantities: Sequence[int],
        unit_prices: Sequence[str],
        amounts: Sequence[int],
        taxes: Sequence[int],
    ) -> None:
        self.ids, self.skus, self.titles, self.quantities = ids, skus, titles, quantities
        self.unit_prices, self.amounts, self.taxes = unit_prices, amounts, taxes

    @classmethod
    def of(cls, lines: Sequence[LineItem]) -> "Lines":
        """These lines as columns."""
        if isinstance(lines, Lines):
            return lines
        return cls(
            [line.id for line in lines],
            [line.sku for line in lines],
            [line.title for line in lines],
            [line.quantity for line in lines],
            [line.unit_price for line in lines],
            [line.amount for line in lines],
            [line.tax for line in lines],
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def columns(self) -> tuple[Sequence[Any], ...]:
        """In the order of a line item's fields."""
        return self.ids, self.skus, self.titles, self.quantities, self.unit_prices, self.amounts, self.taxes

    def __iter__(self) -> Iterator[LineItem]:
        return map(LineItem, *self.columns)

    def __getitem__(self, index: Any) -> Any:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Lines | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Lines{self.columns}"
