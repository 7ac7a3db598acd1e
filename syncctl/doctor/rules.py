"""What the settings themselves say that a person should know before the first run."""

from collections.abc import Iterator
from datetime import timedelta

from syncctl import times
from syncctl.hub.peek import Peek
from syncctl.model import Finding
from syncctl.settings import Settings

_RECENT = timedelta(days=2)


def look_at_settings(settings: Settings, known: Peek | None) -> Iterator[Finding]:
    """The settings as they are; `known`: what the hub says, None where there is none yet."""
    stores = ", ".join(settings.stores)
    yield Finding(level="ok", subject="settings", text=f"they can be read; web stores: {stores}")
    yield from _book_from(settings, first_run=known is None or known.last_run_at is None)
    if settings.safety.assume_booked_after is not None:
        text = "safety.assume_booked_after is set: documents are taken as booked without anybody saying so"
        yield _warn(text, "Take it out where the back office confirms what it books.")
    yield from _shared_stock(settings)


def _book_from(settings: Settings, *, first_run: bool) -> Iterator[Finding]:
    book_from, now = settings.orders.book_from, times.now()
    if not settings.orders.enabled or not settings.orders.import_sales:
        yield _warn("web sales are not booked: orders.enabled or orders.import_sales is off")
    elif book_from > now:
        yield _warn(f"orders are booked only from {book_from:%Y-%m-%d %H:%M} UTC on, which is still to come")
    elif first_run and now - book_from > _RECENT:
        fix = "If your books have them already, set orders.book_from to the moment of going live."
        yield _warn(f"the first run books every order placed since {book_from:%Y-%m-%d %H:%M} UTC", fix)


def _shared_stock(settings: Settings) -> Iterator[Finding]:
    """What two stores can both sell between two cycles is covered by safety stock alone."""
    names = list(settings.stores)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if settings.takes_from(a, b)]
    if settings.stock.enabled and pairs and not keeps_some_back(settings):
        text = f"{' and '.join(pairs[0])} sell the same stock: between two cycles both can sell the last unit"
        yield _warn(text, "Set stock.safety_stock to what usually sells between two cycles.")


def keeps_some_back(settings: Settings) -> bool:
    """Whether any safety stock is set at all."""
    stock = settings.stock
    return bool(stock.safety_stock or any((*stock.safety_stock_by_type.values(), *stock.safety_stock_by_sku.values())))


def _warn(text: str, fix: str = "") -> Finding:
    return Finding(level="warn", subject="settings", text=text, fix=fix)
