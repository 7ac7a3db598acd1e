"""Which order lines a shipment of the back office is for, and whether a store shows it already."""

from collections.abc import Sequence

from syncctl.model import Fulfilment, FulfilmentLine


def allocate(shipped: Sequence[FulfilmentLine], ordered: Sequence[tuple[str, str, int]]) -> dict[str, int]:
    """Units per line id. `ordered`: (line id, SKU, units) of the document.

    A shipped line without our line id is put on the lines of its SKU, in order; units beyond them are left out.

    >>> allocate([FulfilmentLine(quantity=3, sku="A")], [("1", "A", 2), ("2", "B", 1), ("3", "A", 2)])
    {'1': 2, '3': 1}
    """
    units: dict[str, int] = {}
    for line in shipped:
        rest = line.quantity
        for line_id, sku, quantity in ordered:
            if line.line_id not in (None, line_id) or (line.line_id is None and line.sku != sku):
                continue
            taken = min(rest, quantity - units.get(line_id, 0))
            if taken > 0:
                units[line_id] = units.get(line_id, 0) + taken
                rest -= taken
    return units


def shown_already(
    tracking_number: str, lines: Sequence[FulfilmentLine], there: Sequence[Fulfilment], *, alone: bool = True
) -> Fulfilment | None:
    """The store's own record of this shipment: by tracking number and units, else by either of them.

    `alone`: no other shipment of the order has its tracking number; else that number alone proves nothing.
    """
    ours = _units(lines)
    same = [one for one in there if tracking_number and one.tracking_number == tracking_number]
    exact = next((one for one in same if _units(one.lines) == ours), None)
    if exact is not None or (same and alone):
        return exact or same[0]
    for one in there:
        if _units(one.lines) == ours and (not tracking_number or not one.tracking_number):
            return one
    return None


def _units(lines: Sequence[FulfilmentLine]) -> list[tuple[str, int]]:
    return sorted((line.line_id or "", line.quantity) for line in lines)
