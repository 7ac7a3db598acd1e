"""The commands that play the other sides: the buyer, the counter, the warehouse, and the people behind both desks."""

import click

from syncctl.cli.sandbox.files import init, load, show
from syncctl.cli.sandbox.people import consent, customer, customers, group
from syncctl.cli.sandbox.trade import cancel, kit, order, receive, refund, sell, ship


@click.group("sandbox")
def sandbox() -> None:
    """A web store and a back office in local files, to try things out on."""


for command in (init, load, show, order, cancel, refund, sell, receive, kit, ship, customers, customer, group, consent):
    sandbox.add_command(command)
