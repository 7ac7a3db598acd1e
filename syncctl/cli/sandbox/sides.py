"""What the sandbox commands share: the files that the settings name, opened, and what they refuse."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from syncctl.cli.app import App
from syncctl.errors import ConfigError, DataError, MoneyError

if TYPE_CHECKING:  # for the start-up time of --help
    from pathlib import Path

    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

BOOKS = "back-office"
STORE = click.option("--store", metavar="NAME", help="Which web store, where there are several.")
ON = click.option("--on", metavar="SIDE", help="Whose: a store's name, or back-office. Default: the only store's.")
FORMAT = click.option(
    "--format", "output_format", type=click.Choice(["table", "json"]), default="table", help="How to print it."
)


@contextmanager
def refusals() -> Iterator[None]:
    """What the sandbox refuses was asked for on the command line."""
    try:
        yield
    except (DataError, MoneyError) as error:
        raise ConfigError(str(error), hint=error.hint or "See what is there: syncctl sandbox show") from error


def paths(app: App) -> dict[str, "Path"]:
    """The sandbox's files by name; other connectors are none of our business. Errors: ConfigError if there are none."""
    from syncctl.settings import SandboxBooksSettings, SandboxStoreSettings

    parties = {BOOKS: app.settings.back_office, **app.settings.stores}
    sandboxes = (SandboxBooksSettings, SandboxStoreSettings)
    found = {name: party.path for name, party in parties.items() if isinstance(party, sandboxes)}
    if not found:
        raise ConfigError("nothing in the configuration is a sandbox", hint="Set connector: sandbox for a party.")
    return found


def open_office(app: App) -> "Office":
    """Errors: ConfigError where the back office is no sandbox."""
    from syncctl.connectors.sandbox.office import Office
    from syncctl.settings import SandboxBooksSettings

    books = app.settings.back_office
    if not isinstance(books, SandboxBooksSettings):
        raise ConfigError("the back office is no sandbox", hint="Set back_office.connector: sandbox.")
    return Office(books.path, stock_falls_on=books.stock_falls_on, answers=books.answers)


def open_shop(app: App, name: str) -> "Shop":
    from syncctl.connectors.sandbox.shop import Shop

    return Shop(paths(app)[name])


@contextmanager
def the_office(app: App) -> Iterator["Office"]:
    paths(app)  # which says so where nothing at all is one
    with closing(open_office(app)) as office:
        yield office


@contextmanager
def the_shop(app: App, store: str | None) -> Iterator["Shop"]:
    names = [name for name in paths(app) if name != BOOKS]
    if store is not None:
        app.check_stores([store])
    name = store or (names[0] if len(names) == 1 else None)
    if name is None or name not in names:
        what = f"the store {store!r} is no sandbox" if store else f"there are {len(names)} sandbox stores"
        raise ConfigError(what, hint=f"Name one of: {', '.join(names)}." if names else "")
    with closing(open_shop(app, name)) as shop:
        yield shop


@contextmanager
def the_side(app: App, name: str | None) -> Iterator["Shop | Office"]:
    """The back office, or a store; None: the only store."""
    with the_office(app) if name == BOOKS else the_shop(app, name) as side:
        yield side
