"""What the customer commands share: options that say whom, whose store, how a list is cut, and what was written."""

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncctl.cli.app import App, as_text
from syncctl.errors import ConfigError, MoneyError

if TYPE_CHECKING:
    import sqlite3

    from syncctl.by_hand import Pushed
    from syncctl.hub.people import Criteria

BACK_OFFICE = "back-office"
TO = click.option("--to", "party", required=True, metavar="STORE|back-office", help="Which side.")
ORDER_BY = ("spend", "orders", "last-order")

Function = TypeVar("Function", bound=Callable[..., Any])


def _moment(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A date or time as the hub's text; one without an offset is UTC."""
    if value is None:
        return None
    from syncctl import times

    try:
        at = datetime.fromisoformat(value)
        return times.to_text(at.replace(tzinfo=UTC) if at.tzinfo is None else at)
    except (ValueError, OverflowError):
        raise click.BadParameter(f"{value!r} is no date; write 2026-11-21 or 2026-11-21T09:00:00Z.") from None


def whom(function: Function) -> Function:
    """The options that say which customers are meant; all that are given must hold."""
    for option in (
        click.option(
            "--text",
            callback=as_text,
            help="A part of any name, company, note, tax identifier, e-mail, phone or address.",
        ),
        click.option("--last-order-before", metavar="DATE", callback=_moment, help="... before it."),
        click.option(
            "--last-order-since", metavar="DATE", callback=_moment, help="The last order came on or after it."
        ),
        click.option("--min-spend", metavar="AMOUNT", help="Booked orders less refunds: 250, or '250 EUR'."),
        click.option("--group", metavar="TITLE", callback=as_text, help="The exact title of the group."),
        click.option("--phone", callback=as_text, help="A phone number in any spelling, or digits of one."),
        click.option("--email", callback=as_text, help="An e-mail address in any case, or a part of one."),
        click.option("--name", callback=as_text, help="A part of the name, in any case."),
    ):
        function = option(function)
    return function


def cut(function: Function) -> Function:
    """The options that cut a long list; what is left out is always told."""
    function = click.option("--offset", type=click.IntRange(0), default=0, help="Leave out so many at the beginning.")(
        function
    )
    return click.option(
        "--limit", type=click.IntRange(1, 10_000_000), default=50, show_default=True, help="Show so many at most."
    )(function)


def criteria(app: App, connection: "sqlite3.Connection", given: dict[str, Any], **more: Any) -> "Criteria":
    """What was asked for, ready for the hub. Errors: ConfigError if an amount or a number is none."""
    from syncctl.hub.people import Criteria, least_spend, usual_currency
    from syncctl.rules.searching import contact_criteria

    given = {name: value for name, value in given.items() if value is not None}
    empty = [name for name, value in given.items() if not str(value).strip()]
    if empty:  # as from a variable that is not set: it would mean everybody
        raise ConfigError(f"--{empty[0].replace('_', '-')} is empty", hint="Leave it out, or say what to look for.")
    found: dict[str, Any] = contact_criteria(given.pop("email", None), given.pop("phone", None), app.settings.customers)
    if found.get("phone_part", "x") == "" or found.get("email_part", "x") == "":
        raise ConfigError("an empty e-mail or phone is nobody's", hint="Give at least a part of one.")
    currency = usual_currency(connection)
    spend = given.pop("min_spend", None)
    if spend is not None:
        try:
            found["min_spend"], currency = least_spend(connection, spend)
        except MoneyError as error:
            raise ConfigError(f"--min-spend: {error}", hint="Write 250, 250.00 or '250.00 EUR'.") from None
    return Criteria(**given, **found, currency=currency, **more)


def say_cut(app: App, shown: int, total: int, offset: int) -> None:
    """Tell what a list leaves out, if anything."""
    if offset + shown < total:
        app.warn(f"{shown:,} of {total:,} customers shown. Next: --offset {offset + shown}, or --limit {total}")


def parties_of(app: App) -> list[str]:
    """The other sides by name, the back office first."""
    return [BACK_OFFICE, *app.settings.stores]


def the_store(app: App, name: str | None) -> str:
    """The store that is meant. Errors: ConfigError if there are several and none was named."""
    if name is not None:
        app.check_stores([name])
        return name
    stores = list(app.settings.stores)
    if len(stores) != 1:
        raise ConfigError(f"there are {len(stores)} stores", hint=f"Say which: --to {' or '.join(stores)}")
    return stores[0]


def check_party(app: App, name: str) -> str:
    """Errors: ConfigError if it is neither a store nor the back office."""
    from syncctl.cli.app import did_you_mean

    if name not in parties_of(app):
        raise ConfigError(f"there is no store {name!r}", hint=did_you_mean(name, parties_of(app)))
    return name


def refuse_unknown(unknown: Sequence[int]) -> None:
    """Errors: ConfigError if a customer that was named is none."""
    if unknown:
        names = ", ".join(map(str, unknown[:10]))
        raise ConfigError(
            f"there is no customer {names}; nothing was done", hint="See who there is: syncctl customers list"
        )


def listed(names: Iterable[str], most: int = 20) -> str:
    """Names in a line, the first ones where there are many."""
    known = list(names)
    more = f" and {len(known) - most:,} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def show_pushed(app: App, party: str, pushed: "Pushed", output_format: str) -> None:
    """Confirm what was written and where; exit with 1 if it was not, or not all of it."""
    if output_format == "json":
        app.show_json(
            {
                "customer": pushed.hub_id,
                "party": party,
                "remote_id": pushed.remote_id,
                "created": pushed.created,
                "written": list(pushed.written),
                "held": pushed.held,
            }
        )
    elif pushed.remote_id and (pushed.written or not pushed.held):
        what = "was made" if pushed.created else "is"
        written = f"written: {', '.join(pushed.written)}" if pushed.written else "both sides say the same already"
        app.show_line(f"Customer {pushed.hub_id} {what} {pushed.remote_id} in {party}; {written}.")
    if pushed.held:
        app.warn(f"Not {'all ' if pushed.written else ''}written to {party}: {pushed.held}")
        app.warn(f"Next: syncctl customers show {pushed.hub_id}")
        sys.exit(1)
