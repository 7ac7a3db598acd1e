"""The customer commands that say who is who: `unlink`."""

import click

from syncctl.cli.app import App
from syncctl.cli.customers.options import check_party, listed, refuse_unknown
from syncctl.errors import ConfigError


@click.command("unlink")
@click.argument("customer_id", metavar="ID", type=int)
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
    app.say(f"{party}'s {chosen[0].remote_id} is customer {parted} now, apart from customer {customer_id}.")
    app.say(f"Orders that went with it: {orders:,}. What was booked stays on the customer it was booked on.")
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
