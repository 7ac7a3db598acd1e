"""What the shop keeps of sending: fulfilment orders, and the fulfilments that were made of them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from tests.fakes.shopify.part_records import Part
from tests.fakes.shopify.records import Record


@dataclass
class FulfilmentOrderLine(Part):
    typename: ClassVar[str] = "FulfillmentOrderLineItem"

    line_id: int
    total_quantity: int
    remaining_quantity: int


@dataclass
class FulfilmentOrder(Record):
    typename: ClassVar[str] = "FulfillmentOrder"

    order_id: int = 0
    location_id: int = 0
    lines: list[FulfilmentOrderLine] = field(default_factory=list)
    status: str = "OPEN"
    request_status: str = "UNSUBMITTED"
    holds: list[str] = field(default_factory=list)  # reasons
    fulfill_at: datetime | None = None

    @property
    def remaining(self) -> int:
        return sum(each.remaining_quantity for each in self.lines)


@dataclass
class FulfilmentLine(Part):
    typename: ClassVar[str] = "FulfillmentLineItem"

    line_id: int
    quantity: int


@dataclass
class Fulfilment(Record):
    """`tracking`: rows of number, company, url."""

    typename: ClassVar[str] = "Fulfillment"

    order_id: int = 0
    name: str = ""
    location_id: int | None = None
    lines: list[FulfilmentLine] = field(default_factory=list)
    tracking: list[dict[str, str | None]] = field(default_factory=list)
    status: str = "SUCCESS"
    display_status: str | None = "FULFILLED"
    fulfilment_orders: list[int] = field(default_factory=list)
