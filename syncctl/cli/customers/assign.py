"""The commands that put customers in a store's queue, or take them out: local, sent by the next run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from syncctl.cli.app import HUB_ID, App
from syncctl.cli.customers.options import ORDER_BY, criteria, listed, refuse_unknown, the_store, whom
from syncctl.errors import ConfigError

if TYPE_CHECKING:
    from syncctl.hub import Hub

_ALL = 10_000_000
TO = click.option("--to", "store", metavar="STORE", help="The web store; needed where there are several.")


@click.command("assign")
@click.argument("hub_ids", metavar="[ID]...", nargs=-1, type=HUB_ID)
@click.option("--top", type=click.IntRange(1, _ALL), metavar="N", help="The first N of those who bought, by --by.")
@click.option("--by", type=click.Choice(ORDER_BY), default="spend", show_default=True, help="What --top goes by.")
@whom
@TO
@click.option("--dry-run", is_flag=True, help="Show who would be assigned; assign nobody.")
@click.pass_obj
def assign(
    app: App, /, hub_ids: tuple[int, ...], top: int | None, by: str, store: str | None, dry_run: bool, **given: Any
) -> None:
    """Assign customers to a web store: the next run makes them there, or links them, and invites them if told to.

    By id, by what `customers find` takes, or the top customers among those. They wait until they are sent.
    """
    store = the_store(app, store)
    _refuse_if_off(app)
    from syncctl.hub import people

    with app.open_hub(read_only=dry_run) as hub:
        chosen = _chosen(app, hub, hub_ids, top, by, given)
        before = people.assigned_already(hub.connection, store, chosen)
        there = hub.links.primaries(store, "customer", chosen)
        new = [hub_id for hub_id in chosen if hub_id not in before]
        if not dry_run:
            hub.uploads.assign(new, store)
    _show_assigned(app, store, new, len(there.keys() & set(new)), dry_run)
    if before:
        app.say(f"Assigned to {store} already: {listed(map(str, before))}.")


@click.command("unassign")
@click.argument("hub_ids", metavar="ID...", nargs=-1, type=HUB_ID, required=True)
@TO
@click.pass_obj
def unassign(app: App, hub_ids: tuple[int, ...], store: str | None) -> None:
    """Take customers out of a store's queue. Who was sent already stays in the store, and stays linked."""
    store = the_store(app, store)
    from syncctl.hub import people

    with app.open_hub(read_only=False) as hub:
        refuse_unknown(people.missing(hub.connection, hub_ids))
        before = hub.uploads.among(store, hub_ids)
        hub.uploads.unassign(before, store)
        there = hub.links.primaries(store, "customer", before)
    if not before:
        raise ConfigError(f"none of them is assigned to {store}", hint="See: syncctl customers list")
    app.say(f"{listed(map(str, sorted(before)))}: no longer assigned to {store}.")
    if there:
        app.say(
            f"{listed(map(str, sorted(there)))}: in {store} already; to part them: "
            f"syncctl customers unlink {min(there)} --from {store}"
        )


def _refuse_if_off(app: App) -> None:
    settings = app.settings.customers
    off = "enabled" if not settings.enabled else "back_office_to_web" if not settings.back_office_to_web else ""
    if off:
        raise ConfigError(
            f"customers.{off} is off, so nobody would be sent to a web store; nobody was assigned",
            hint=f"Set customers.{off}: true in the configuration, and assign them again.",
        )


def _chosen(app: App, hub: "Hub", hub_ids: Sequence[int], top: int | None, by: str, given: dict[str, Any]) -> list[int]:
    """Who is meant, by id or as they are found. Errors: ConfigError if one is unknown, or nobody is like that."""
    from syncctl.hub import people

    refuse_unknown(people.missing(hub.connection, hub_ids))
    meant = criteria(app, hub.connection, given, by=by if top else "")
    if not (hub_ids or meant.narrow or top):
        raise click.UsageError("Say whom: by ID, by --top N, or as with customers find.")
    found = people.find(hub.connection, meant, top or _ALL) if meant.narrow or top else []
    chosen = list(dict.fromkeys([*hub_ids, *found]))
    if not chosen:
        raise ConfigError("nobody is like that; nobody was assigned", hint="Try it first: syncctl customers find")
    return chosen


def _show_assigned(app: App, store: str, new: Sequence[int], linked: int, dry_run: bool) -> None:
    if not new:
        app.say("Nobody new was assigned.")
        return
    one = len(new) == 1
    verb = "would be" if dry_run else "is" if one else "are"
    app.say(f"{len(new):,} {'customer' if one else 'customers'} {verb} assigned to {store}: {listed(map(str, new))}.")
    if linked:
        app.say(f"Linked there already, and kept in step: {linked:,} of them.")
    if app.settings.customers.send_invite:
        app.say(f"{store} invites each of them to an account, unless that was done before (customers.send_invite).")
    if not dry_run:
        app.say("Next: syncctl sync-all sends them.")
