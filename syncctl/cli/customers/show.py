"""The customer commands that only read: `list`, `find`, `show`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from syncctl.cli.app import HUB_ID, App
from syncctl.cli.customers.options import ORDER_BY, criteria, cut, parties_of, say_cut, whom
from syncctl.cli.holds import FORMAT, compact
from syncctl.errors import ConfigError

if TYPE_CHECKING:
    from syncctl.hub import Hub
    from syncctl.hub.people import Criteria

Row = dict[str, Any]


@click.command("list")
@click.option("--web-only", "side", flag_value="web-only", help="Only those that no back office has.")
@click.option("--pos-only", "side", flag_value="pos-only", help="Only those that no store has.")
@click.option("--unlinked", "side", flag_value="unlinked", help="Only those that one side lacks.")
@click.option("--held", "side", flag_value="held", help="Only those that wait for a person.")
@click.option("--store", metavar="NAME", help="Take this store for the web; the other stores do not count.")
@cut
@FORMAT
@click.pass_obj
def list_customers(app: App, side: str | None, store: str | None, limit: int, offset: int, output_format: str) -> None:
    """List customers: how each stands with every side, and what it waits for."""
    if store is not None:
        app.check_stores([store])
    with app.open_hub() as hub:
        meant = criteria(app, hub.connection, {}, side=side or "", store=store)
        total, found = _found(app, hub, meant, limit, offset)
        unread = _unread(app, hub, store) if side in ("web-only", "unlinked") else ""
    if output_format == "json":
        app.show_json({"total": total, "offset": offset, "rows": found})
    elif found:
        parties = parties_of(app)
        columns = ("id", "name", "e-mail", "phone", *parties, "invited", "waits for")
        app.show_rows(columns, [_line(one, parties) for one in found])
    else:
        app.say("There is no such customer.")
    say_cut(app, len(found), total, offset)
    if unread:
        app.say(unread)


def _unread(app: App, hub: "Hub", store: str | None) -> str:
    """Who opened an account since the stores' customers were read last, and did not buy, is in no list."""
    from syncctl import times
    from syncctl.hub.sync import CUSTOMERS_READ

    settings = app.settings.customers
    if settings.trigger == "any" and settings.enabled and settings.web_to_back_office:
        return ""
    read = [hub.cursors.moved_at(one, CUSTOMERS_READ) for one in ([store] if store else app.settings.stores)]
    since = min((times.to_text(at) for at in read if at is not None), default="") if None not in read else ""
    as_of = f"those of {since}" if since else "not read yet"
    return f"Web customers without an order are {as_of}; to read them now: syncctl customers match"


@click.command("find")
@whom
@click.option("--by", type=click.Choice(ORDER_BY), help="The most, or the latest, first; only those who bought.")
@cut
@FORMAT
@click.pass_obj
def find(app: App, /, by: str | None, limit: int, offset: int, output_format: str, **given: Any) -> None:
    """Find customers: all that is given must hold. `customers assign` takes the same options."""
    from syncctl.hub import people

    with app.open_hub() as hub:
        meant = criteria(app, hub.connection, given, by=by or "")
        if not (meant.narrow or by):
            raise click.UsageError("Say whom: --name, --email, --phone, --group, --min-spend, --text, or --by.")
        total, found = _found(app, hub, meant, limit, offset)
        bought = people.bought(hub.connection, [one["id"] for one in found])
    found = [{**one, **bought[one["id"]]} for one in found]
    if output_format == "json":
        app.show_json({"total": total, "offset": offset, "rows": found})
    elif found:
        columns = ("id", "name", "e-mail", "phone", "group", "orders", "spend", "last order", *parties_of(app))
        app.show_rows(columns, [_bought_line(one, parties_of(app)) for one in found])
    else:
        app.say("Nobody is like that.")
    say_cut(app, len(found), total, offset)


def _found(app: App, hub: "Hub", meant: "Criteria", limit: int, offset: int) -> tuple[int, list[Row]]:
    """How many there are, and those of this page, each with what it waits for."""
    from syncctl.hub import people
    from syncctl.rules.waiting import waits_for

    ids = people.find(hub.connection, meant, limit, offset)
    total = offset + len(ids) if 0 < len(ids) < limit else people.count(hub.connection, meant)
    found = people.summaries(hub.connection, ids, parties_of(app))
    for one in found:
        states = {party: side["state"] for party, side in one["sides"].items() if party in parties_of(app)}
        one["waits_for"] = waits_for(
            one["id"], states, one["holds"], app.settings.customers, frozenset(one["assigned"])
        )
    return total, found


_INVITED = {
    "refused": "refused (customers show says why; customers assign asks again)",
    "unknown": "not applicable, or not known",
}
"""Plain words for what became of an invitation; any other state says itself."""


def _line(one: Row, parties: Sequence[str]) -> list[object]:
    invited = ", ".join(f"{store}: {_INVITED.get(state, state)}" for store, state in one["invitations"].items())
    return [*_who(one), *_sides(one, parties), invited, one["waits_for"]]


def _bought_line(one: Row, parties: Sequence[str]) -> list[object]:
    bought = [one["orders"], ", ".join(one["spend"]), (one["last_order_at"] or "")[:10]]
    return [*_who(one), one["group"], *bought, *_sides(one, parties)]


def _who(one: Row) -> list[object]:
    name = one["name"] or one["company"]
    guest = any(side["state"] == "guest" for side in one["sides"].values())
    return [one["id"], f"{name} (guest)".strip() if guest else name, ", ".join(one["emails"]), ", ".join(one["phones"])]


def _sides(one: Row, parties: Sequence[str]) -> list[str]:
    return ["-" if (state := one["sides"][party]["state"]) == "none" else state for party in parties]


@click.command("show")
@click.argument("customer_id", metavar="ID", type=HUB_ID)
@FORMAT
@click.pass_obj
def show(app: App, customer_id: int, output_format: str) -> None:
    """Show all of one customer: each field with who said it, links, consents, orders, history."""
    from syncctl.hub.person import person

    with app.open_hub() as hub:
        found = person(hub, customer_id)
    if found is None:
        raise ConfigError(f"there is no customer {customer_id}", hint="See who there is: syncctl customers list")
    if output_format == "json":
        app.show_json(found)
        return
    app.show_facts(
        [("customer", customer_id), ("guest", "yes" if found["guest"] else None), ("since", found["made_at"])]
    )
    _rows(app, "fields", [{**row, "value": compact(row["value"])} for row in found["fields"]])
    _rows(app, "links", [_link(link) for link in found["links"]])
    for title in ("uploads", "invitations", "consents", "marketing", "kept_apart", "holds"):
        _rows(app, title, found[title])
    bought = found["bought"]
    app.show_line()
    app.show_facts([("orders", bought["orders"]), ("spend", ", ".join(bought["spend"]) or None)])
    _rows(app, "last orders", found["orders"])
    _rows(app, "history", [{**row, "fields": ", ".join(row["fields"])} for row in found["history"]])


def _rows(app: App, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        app.show_line()
        app.show_line(f"{title.replace('_', ' ').capitalize()}:")
        app.show_rows([name.replace("_", " ") for name in rows[0]], [list(row.values()) for row in rows])


def _link(link: Row) -> Row:
    differs = "; ".join(f"{one['field']}: {compact(one['theirs'])}" for one in link["differs"])
    return {**link, "pending": ", ".join(link["pending"]), "differs": differs}
