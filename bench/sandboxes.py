"""A folder with a configuration, an empty sandbox shop and an empty sandbox back office, and real orders in them."""

import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from bench.measure import Usage, measured

STORE = "web"
PLACEHOLDER = "WEB-ITEM"
OPENING_STOCK = 1000

CONFIG = f"""\
back_office: {{connector: sandbox, path: BOOKS}}
stores:
  {STORE}: {{connector: sandbox, path: shop.db}}
orders:
  book_from: 2000-01-01
  unknown_sku: placeholder
  placeholder_sku: {PLACEHOLDER}
  zero_value: leave_out
hub: {{path: hub.db}}
"""


def write_config(folder: Path) -> None:
    """`syncctl.yaml` for the cycle, and `load.yaml`, whose back office is another file that nobody reads again."""
    (folder / "syncctl.yaml").write_text(CONFIG.replace("BOOKS", "books.db"), "utf-8")
    (folder / "load.yaml").write_text(CONFIG.replace("BOOKS", "loaded.db"), "utf-8")


def load_data(folder: Path, data: Path, *, known: Iterable[str] | None = None) -> Usage:
    """Load the history into a shop without demo orders; the back office has a placeholder and knows `known` SKUs.

    `known` None: all of them, by the same load.
    """
    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

    with (
        closing(Shop(folder / "shop.db", demo=False)),
        closing(Office(folder / "loaded.db", demo=False)),
        closing(Office(folder / "books.db", demo=False)) as office,
    ):
        office.add_item(PLACEHOLDER, "An item of the web", None, None)
        office.load_variants((sku, sku, None, OPENING_STOCK) for sku in known or ())
    config = "syncctl.yaml" if known is None else "load.yaml"
    return syncctl(folder, "sandbox", "load", str(data), "--opening-stock", str(OPENING_STOCK), config=config)


def syncctl(folder: Path, *arguments: str, config: str = "syncctl.yaml") -> Usage:
    """Run the real command as a process of its own. Errors: RuntimeError if it does not end with 0."""
    command = [sys.executable, "-m", "syncctl", "--config", str(folder / config), *arguments]
    usage = measured(command, folder)
    if usage.code:
        raise RuntimeError(f"syncctl {' '.join(arguments)} ended with {usage.code}: {usage.output[-2000:]}")
    return usage
