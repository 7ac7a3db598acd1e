"""The commands for customers: who is linked where, who goes up, and what a person decides."""

import click

from syncctl.cli.customers.assign import assign, unassign
from syncctl.cli.customers.link import link, unlink
from syncctl.cli.customers.show import find, list_customers, show
from syncctl.cli.customers.sides import groups, match, push


@click.group("customers")
def customers() -> None:
    """Who is linked where, and who goes to which side.

    \b
    syncctl customers list --web-only          who never bought, or is not linked yet
    syncctl customers find --min-spend 500     who bought for 500 or more
    syncctl customers assign --top 20          send the best customers up to the web store
    syncctl customers show 12                  all that is known of one, and who said it
    """


for command in (list_customers, find, show, assign, unassign, push, match, link, unlink, groups):
    customers.add_command(command)
