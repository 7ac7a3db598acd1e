"""One customer to one side, at once, because a person says so (R18-R21, R35, R36)."""

from dataclasses import dataclass

from syncctl.errors import ConfigError
from syncctl.steps.link_customers import Linked
from syncctl.steps.push_customers import goes_to, make_known
from syncctl.steps.run import BACK_OFFICE, Run
from syncctl.steps.side import side_of
from syncctl.steps.update_customers import tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What became of it. `written`: the fields that were sent, none where both sides say the same already.

    `hub_id`: another one than was asked for, where he turned out to be somebody whom the hub knew from a store.
    `held`: why it was not written, or not all of it; "" if it was.
    """

    hub_id: int
    remote_id: str = ""
    written: tuple[str, ...] = ()
    created: bool = False
    held: str = ""


def push_one(run: Run, party: str, hub_id: int) -> Pushed:
    """Bring this one customer to this side now, whatever is queued, was refused before, or is set to go by itself.

    Afterwards he is kept in step there. Errors: ConfigError if there is no such customer, or no customers go there.
    """
    side = side_of(run, party)
    if hub_id not in run.hub.customers.load([hub_id]):
        raise ConfigError(f"there is no customer {hub_id}", hint="See: syncctl customers find")
    if not goes_to(run, party) or not side.can.customer_batch:
        switch = "web_to_back_office" if party == BACK_OFFICE else "back_office_to_web"
        raise ConfigError(
            f"customers do not go to {side.called}; nothing was written",
            hint=f"Set customers.enabled and customers.{switch} to true, if its connector can take customers.",
        )
    linked = Linked()
    make_known(run, side, [hub_id], linked, again=True)
    now = linked.joined.get(hub_id, hub_id)
    told = tell(run, side, [now], again=True)
    if now in linked.ids:
        run.hub.uploads.assign([now], party, "by hand")
        with run.hub.transaction():
            run.hub.uploads.sent(party, [now])
    return Pushed(
        hub_id=now,
        remote_id=linked.ids.get(now, ""),
        written=tuple(dict.fromkeys([*linked.written.get(now, ()), *told.written.get(now, ())])),
        created=now in linked.made,
        held=_held(run, party, now, waiting=bool(linked.waiting)),
    )


def _held(run: Run, party: str, hub_id: int, *, waiting: bool) -> str:
    """Why something of this customer is not on this side."""
    hold = run.hub.holds.of_party(party, "customer", [str(hub_id)]).get(str(hub_id))
    link = run.hub.links.primaries(party, "customer", [hub_id]).get(hub_id)
    if hold is not None and (link is None or link.pending or link.gone or hold.reason):
        return hold.message
    if waiting or (link is not None and link.pending):
        return "it was sent, and its outcome is not known yet; the next run looks before it sends it again"
    return ""
