"""The customers of a sandbox, as people change them on either side; nothing of this goes across by itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncctl.cli.app import App, as_text
from syncctl.cli.sandbox.sides import FORMAT, ON, paths, refusals, the_side
from syncctl.errors import ConfigError

if TYPE_CHECKING:
    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

COLUMNS = ("side", "id", "name", "email", "phone", "group", "consent", "account")
_SEVERAL = ("emails", "phones")
_ID = click.argument("customer_id", metavar="ID", callback=as_text)

Function = TypeVar("Function", bound=Callable[..., Any])


def _facts(function: Function) -> Function:
    """The options that say what stands on a customer's record; what is not given stays as it is."""
    for option in (
        click.option("--tax-exempt/--no-tax-exempt", default=None, help="Whether no tax is charged."),
        click.option("--tax-id", callback=as_text, help="The tax identifier, such as a VAT number."),
        click.option("--note", callback=as_text, help="A note."),
        click.option("--group", metavar="TITLE", callback=as_text, help="The customer group; empty: none."),
        click.option("--phone", "phones", multiple=True, metavar="NUMBER", help="A phone number; repeatable."),
        click.option("--email", "emails", multiple=True, metavar="ADDRESS", help="An e-mail address; repeatable."),
        click.option("--company", callback=as_text, help="The company."),
    ):
        function = option(function)
    return function


@click.command("customers", short_help="List the customers of each side.")
@ON
@FORMAT
@click.pass_obj
def customers(app: App, on: str | None, output_format: str) -> None:
    """List the customers of a side, or of all of them, as they stand there."""
    with refusals():
        rows = [row for side in ([on] if on else paths(app)) for row in _rows(app, side)]
    app.show_rows(COLUMNS, rows, output_format)


@click.group("customer", short_help="Add, change, delete or merge customers.")
def customer() -> None:
    """Add, change, delete or merge customers on one side, as somebody there would."""


@customer.command("add", short_help="Make a customer.")
@click.argument("name", callback=as_text)
@_facts
@ON
@click.pass_obj
def add(app: App, /, name: str, on: str | None, **facts: Any) -> None:
    """Make a customer; one without an e-mail address is welcome too."""
    with refusals(), the_side(app, on) as side:
        made = side.upsert_customer(name=name, **_given(facts))
    app.say(f"Customer {made} was made.")


@customer.command("change", short_help="Change what stands on a record.")
@_ID
@click.option("--name", callback=as_text, help="The name.")
@_facts
@ON
@click.pass_obj
def change(app: App, /, customer_id: str, on: str | None, **facts: Any) -> None:
    """Change what is given and leave the rest; several addresses or numbers replace those that are there."""
    fields = _given(facts)
    if not fields:
        raise ConfigError("nothing to change was given", hint="See: syncctl sandbox customer change --help")
    with refusals(), the_side(app, on) as side:
        side.upsert_customer(customer_id, **fields)
    app.say(f"Customer {customer_id} was changed.")


@customer.command("delete", short_help="Delete a customer.")
@_ID
@ON
@click.pass_obj
def delete(app: App, customer_id: str, on: str | None) -> None:
    """Delete a customer; who reads the changes is told."""
    with refusals(), the_side(app, on) as side:
        side.delete_customer(customer_id)
    app.say(f"Customer {customer_id} was deleted.")


@customer.command("merge", short_help="Make one of two records.")
@_ID
@click.argument("into", metavar="INTO", callback=as_text)
@ON
@click.pass_obj
def merge(app: App, customer_id: str, into: str, on: str | None) -> None:
    """Make one of two records: the first goes, the second gets what it had, and its orders or sales."""
    with refusals(), the_side(app, on) as side:
        side.merge_customers(customer_id, into=into)
    app.say(f"Customer {customer_id} was merged into {into}.")


@click.group("group", short_help="Add, rename or delete customer groups.")
def group() -> None:
    """Add, rename or delete customer groups on one side."""


@group.command("add", short_help="Make a group.")
@click.argument("title", callback=as_text)
@ON
@click.pass_obj
def add_group(app: App, title: str, on: str | None) -> None:
    """Make a customer group; one that exists is left as it is."""
    with refusals(), the_side(app, on) as side:
        side.add_groups([title])
    app.say(f"There is a group {title!r}.")


@group.command("rename", short_help="Give a group another title.")
@click.argument("title", callback=as_text)
@click.argument("new", callback=as_text)
@ON
@click.pass_obj
def rename_group(app: App, title: str, new: str, on: str | None) -> None:
    """Give a group another title; its members follow."""
    with refusals(), the_side(app, on) as side:
        side.rename_group(title, new)
    app.say(f"The group {title!r} is {new!r} now.")


@group.command("delete", short_help="Do away with a group.")
@click.argument("title", callback=as_text)
@ON
@click.pass_obj
def delete_group(app: App, title: str, on: str | None) -> None:
    """Do away with a group; its members are in none then."""
    with refusals(), the_side(app, on) as side:
        side.delete_group(title)
    app.say(f"The group {title!r} is gone.")


@click.command("consent", short_help="Say yes or no to marketing, as a customer.")
@_ID
@click.argument("channel", type=click.Choice(["email", "sms"]))
@click.argument("state", type=click.Choice(["subscribed", "unsubscribed", "pending", "unknown"]))
@ON
@click.pass_obj
def consent(app: App, customer_id: str, channel: str, state: str, on: str | None) -> None:
    """Record a customer's answer to "may we send marketing?"; unknown: as if nobody had ever asked."""
    with refusals(), the_side(app, on) as side:
        side.set_consent(customer_id, channel, None if state == "unknown" else state)
    app.say(f"Customer {customer_id}: {channel} {state}.")


def _given(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None and (name not in _SEVERAL or value)}


def _rows(app: App, name: str) -> list[tuple[object, ...]]:
    with the_side(app, name) as side:
        return [_row(name, one) for one in _people(side)]


def _people(side: "Shop | Office") -> Iterator[dict[str, Any]]:
    for one in side.customers():
        yield one if isinstance(one, dict) else asdict(one)


def _row(side: str, one: Mapping[str, Any]) -> tuple[object, ...]:
    answers = ", ".join(f"{each['channel']} {each['state']}" for each in one.get("consents") or ())
    account = "has one" if one.get("registered_at") else "invited" if one.get("invited_at") else ""
    contacts = (", ".join(one.get(each) or ()) for each in _SEVERAL)
    return (side, one["id"], one.get("name", ""), *contacts, one.get("group") or "", answers, account)
