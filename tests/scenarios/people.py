"""Who buys in the scenarios."""

from typing import Any

from syncctl.model import Address

HOME = Address(
    name="Ann Other", street="1 High Street", city="York", postal_code="YO1 1AA", country="GB", is_default=True
)
WORK = Address(kind="billing", name="Ann Other", street="2 Mill Lane", city="Leeds", country="GB")
ANN: dict[str, Any] = {"name": "Ann Other", "emails": ["ann@example.org"], "phones": ["020 7946 0001"]}
BOB: dict[str, Any] = {"name": "Bob Third", "emails": ["bob@example.org"], "phones": ["020 7946 0002"]}
CY: dict[str, Any] = {"name": "Cy Fourth", "emails": ["cy@example.org"], "phones": ["020 7946 0003"]}
