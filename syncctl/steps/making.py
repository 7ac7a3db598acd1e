"""Somebody who is to be created at one side: what is sent of him, and what is agreed after that."""

from dataclasses import dataclass, field, replace

from syncctl.hub.links import Link
from syncctl.model import Consent, Customer, CustomerChange
from syncctl.rules.merging import FIELDS, Plain, is_blank, plain, text_of, typed
from syncctl.steps.side import Side, Write


@dataclass(slots=True)
class Making:
    """Somebody who is to be created: the fields that the side keeps, without what is blank."""

    hub_id: int
    ours: Customer
    side: Side
    answers: tuple[Consent, ...]
    send: Plain = field(default_factory=dict)
    without_group: bool = False

    def __post_init__(self) -> None:
        said = plain(self.ours, True)
        self.send = {name: value for name, value in said.items() if name in self.side.fields and not is_blank(value)}
        if not self.side.has_group(str(self.send.get("group", ""))):
            del self.send["group"]
            self.without_group = True

    @property
    def names(self) -> tuple[str, ...]:
        return (*sorted(self.send), *(["consents"] if self.answers else []))

    def change(self, reference: str) -> CustomerChange:
        fields = typed(self.send) | {"name": _name(self.ours)}
        if self.answers:
            fields["consents"] = self.answers
        return CustomerChange(key=reference, id=None, reference=reference, fields=fields)

    def link(self, write: Write, reference: str) -> Link:
        """With all fields agreed as they were sent, and as they look there now."""
        ours = dict.fromkeys(FIELDS) | plain(self.ours, True)
        if self.without_group:
            ours["group"] = None
        theirs = {} if write.there is None else plain(write.there, True)
        link = link_to(self.side, write.remote_id, self.hub_id, "created", reference)
        return replace(link, agreed_ours=text_of(ours), agreed_theirs=text_of(theirs), pending=self.without_group)


def link_to(side: Side, remote_id: str, hub_id: int, rule: str, reference: str) -> Link:
    """That record there is this customer here; of what both say nothing is agreed yet."""
    return Link(
        party=side.party,
        kind="customer",
        remote_id=remote_id,
        hub_id=hub_id,
        rule=rule,
        reference=reference,
        pending=True,
    )


def _name(customer: Customer) -> str:
    return customer.name.strip() or customer.company.strip() or next(iter(customer.emails), "") or "Web customer"
