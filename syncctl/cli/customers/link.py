"""The customer commands that say who is who: `link` and `unlink`."""

import click

from syncctl.cli.app import HUB_ID, App
from syncctl.cli.customers.options import TO, check_party, listed, refuse_unknown, show_pushed
from syncctl.cli.holds import FORMAT
from syncctl.errors import ConfigError


@click.command("link")
@click.argument("customer_id", metavar="ID", type=HUB_ID)
@TO
@click.option("--as", "remote_id", metavar="REMOTE_ID", help="The id of the record there.")
@click.option("--new", is_flag=True, help="It is none of those there: have a new one made.")
@FORMAT
@click.pass_obj
def link(app: App, customer_id: int, party: str, remote_id: str | None, new: bool, output_format: str) -> None:
    """Say that a customer is that record of a side, or none of those there.

    \b
    syncctl customers link 12 --to back-office --as C-1001
    syncctl customers link 12 --to back-office --new
    """
    if bool(remote_id) == new:
        raise click.UsageError("Say which: --as REMOTE_ID, or --new.")
    party = check_party(app, party)
    from syncctl import by_hand

    if remote_id is None:
        pushed = by_hand.link_new(app.settings, party, customer_id, progress=app.progress)
        show_pushed(app, party, pushed, output_format)
        return
    there = by_hand.link(app.settings, party, customer_id, remote_id, progress=app.progress)
    if output_format == "json":
        app.show_json({"customer": customer_id, "party": party, "remote_id": there.id, "name": there.name})
    else:
        app.show_line(f"Customer {customer_id} is {there.id} ({there.name}) in {party} now.")
    app.say(f"Next: syncctl sync-all merges the two. To undo it: syncctl customers unlink {customer_id} --from {party}")


@click.command("unlink")
@click.argument("customer_id", metavar="ID", type=HUB_ID)
@click.option("--from", "party", required=True, metavar="STORE|back-office", help="Which side.")
@click.option("--record", "remote_id", metavar="REMOTE_ID", help="Which of its records there, where it has several.")
@click.pass_obj
def unlink(app: App, customer_id: int, party: str, remote_id: str | None) -> None:
    """Part a customer from its record at a side: the two are never joined again by a rule. Changes nothing there."""
    party = check_party(app, party)
    from syncctl.hub import people

    with app.open_hub(read_only=False) as hub:
        refuse_unknown(people.missing(hub.connection, [customer_id]))
        links = [one for one in hub.links.of_customers([customer_id]).get(customer_id, []) if one.party == party]
        chosen = [one for one in links if one.remote_id == remote_id] if remote_id else links
        if len(chosen) != 1:
            raise ConfigError(_not_one(customer_id, party, remote_id, [one.remote_id for one in links]))
        parted = hub.joining.unlink(party, chosen[0].remote_id, app.settings.customers)
        orders = people.bought(hub.connection, [parted])[parted]["orders"]
        astray = hub.consents.astray([customer_id, parted])
    if parted == customer_id:  # the record was gone already
        app.say(f"Customer {customer_id} has no record in {party} any more.")
        app.say(f"Next, to have one made there: syncctl customers push {customer_id} --to {party}")
        return
    app.say(f"{party}'s {chosen[0].remote_id} is customer {parted} now, apart from customer {customer_id}.")
    app.say(f"Orders that went with it: {orders:,}. What was booked stays on the customer it was booked on.")
    app.say(
        "What was carried from one to the other while they were one stays. Look at both: "
        f"syncctl customers show {customer_id}, syncctl customers show {parted}"
    )
    for one in astray:
        app.say(
            f"{one.party}'s {one.remote_id} is {one.state} to {one.channel} because that was carried there. Nobody is "
            "told it from there; put it right there, for nobody knows that this customer said so."
        )
    app.say(
        "From the next run on each is kept in step by itself; neither is joined to the other again, unless you say so: "
        f"syncctl customers link {customer_id} --to {party} --as {chosen[0].remote_id}"
    )


def _not_one(customer_id: int, party: str, remote_id: str | None, known: list[str]) -> str:
    if not known:
        return f"customer {customer_id} has no record in {party}; nothing was done"
    if remote_id:
        return f"customer {customer_id} is not {remote_id[:60]!r} in {party}, but {listed(known)}; nothing was done"
    return f"customer {customer_id} has several records in {party}: say which with --record: {listed(known)}"
