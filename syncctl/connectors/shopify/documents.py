"""What can be sent to Shopify: GraphQL documents, each made in one place, so that all of them can be checked.

A document is made by a function of a module `*_documents.py`, marked with `@registered`, and nowhere else:

    @registered
    def levels(lists: int) -> Document:
        '''The levels of up to 250 items for each of `lists` variables.'''
        return Document(name="the levels", text=f"query levels($location: ID!, …) {{ … }}", size=lists, cost=7 * lists)

    answer = self.admin.read(levels(1), {"location": gid("Location", "1"), "ids0": ids})
    for row in answer.data["ids0"]: …

Values always travel as variables, never in the text: what differs between two calls of the function are names and
numbers of ours, such as how many fields stand beside each other. Each function has samples, with variables, in
`tests/connectors/shopify_samples`: they are held to the vendor's schema there, as to their fields and their cost.
What was asked for is there, so fields are read with `[...]`, never with `get`; which may be null, the schema says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

Row = dict[str, Any]
Parameters = ParamSpec("Parameters")

HIGHEST_COST = 1000
"""Points that one document may ask for, whatever the shop's plan. Source: the vendor's page on API limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One query or mutation.

    `name`: a thing, for messages, and what its cost is remembered by, together with `size`: whatever else the cost
    depends on, such as the page size that goes as a variable, or how many fields stand beside each other. `cost`: the
    points that it is expected to ask for, before Shopify has said so once: rather too many than too few. `rows`: the
    path to the list below `data` of which `Answer.rows` gives each record with the text it was read from. `apart`: an
    error within one of those records, or within one field of a mutation, spoils that one alone (`Answer.spoilt`); else
    it spoils the whole answer. `beside`: the field of a query that others can do without: what spoils it spoils that.
    `alone`: it asks of single records, so that Shopify may fail at it each time, and at nothing else.
    """

    name: str
    text: str
    cost: int
    size: int = 0
    rows: tuple[str, ...] = ()
    apart: bool = False
    beside: str = ""
    alone: bool = False

    @property
    def label(self) -> str:
        """How messages speak of it."""
        return self.name if self.writes else f"asking for {self.name}"

    @property
    def writes(self) -> bool:
        """Whether it changes anything there."""
        return self.text.lstrip().startswith("mutation")


REGISTERED: list[Callable[..., Document]] = []
"""Every function that makes a document: filled when the modules are imported."""


def registered(maker: Callable[Parameters, Document]) -> Callable[Parameters, Document]:
    """Mark a function that makes a document."""
    REGISTERED.append(maker)
    return maker
